// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fetches in parts, each begun where the one before it stood when it was
 * stopped, or killed at any moment: every target has one record, whatever of
 * the records was kept.
 */
#include "engine/unfinished.h"
#include "fetch_lab.h"

#define TARGETS 2048u

/* ---- the table against a plain one --------------------------------------- */

#define SPAN 4096u

static void check_look(struct irl_unfinished *u, const uint8_t steps[])
{
	const uint64_t *list;
	size_t again, done, n = 0, both = 0;

	assert_int_equal(irl_unfinished_look(u, &list, &again, &done), 0);
	for (uint64_t i = 0; i < SPAN; i++) {
		bool open = i < u->next && steps[i] == IRL_STEP_BEGUN;
		bool ahead = i >= u->next && steps[i] & IRL_STEP_DONE;

		both += i >= u->next &&
			steps[i] == (IRL_STEP_BEGUN | IRL_STEP_DONE);
		if (!open && !ahead)
			continue;
		assert_true(n < again + done);
		assert_int_equal(list[n], i);
		assert_true(open == (n < again));
		n++;
	}
	assert_int_equal(n, again + done);
	assert_in_range(u->ahead, both, u->count);
}

static void test_unfinished(void **state)
{
	static uint8_t steps[SPAN];
	struct irl_unfinished u = {0};

	(void)state;
	srand(7);
	for (unsigned i = 0; i < 40000; i++) {
		uint64_t at = (uint64_t)rand() % SPAN;
		enum irl_step step =
		    rand() % 2 ? IRL_STEP_BEGUN : IRL_STEP_DONE;

		if (steps[at] & step)
			continue;
		steps[at] = (uint8_t)(steps[at] | step);
		assert_int_equal(irl_unfinished_note(&u, at, step), 0);
		if (i % 97 == 0)
			irl_unfinished_advance(&u, u.next + at % 30);
		if (i % 499 == 0)
			check_look(&u, steps);
	}
	irl_unfinished_advance(&u, SPAN);
	check_look(&u, steps);
	irl_unfinished_advance(&u, SPAN + 1);
	assert_int_equal(u.ahead, 0);
	irl_unfinished_fini(&u);
}

/* Forgotten once finished: as large as what is on its way. */
static void test_unfinished_stays_small(void **state)
{
	struct irl_unfinished u = {0};

	(void)state;
	for (uint64_t i = 0; i < 100000; i++) {
		irl_unfinished_advance(&u, i + 1);
		irl_unfinished_note(&u, i, IRL_STEP_BEGUN);
		irl_unfinished_told(&u, i);
		if (i >= 100)
			irl_unfinished_kept(&u, i - 100);
	}
	assert_in_range(u.count, 100, 102);
	assert_int_equal(u.ahead, 0);
	assert_in_range(u.size, 128, 1024);
	assert_in_range(u.told_size, 100, 1024);
	irl_unfinished_fini(&u);
}

/* ---- parts --------------------------------------------------------------- */

/* All parts of one fetch. */
struct parts {
	uint32_t random;
	bool list, probe;
	uint8_t times[TARGETS]; /* in kept records */
	struct irl_fetch_place place;
	unsigned count, killed, twice_taken;
	/* Of this part. */
	uint32_t told[8 * TARGETS];
	unsigned told_count;
};

static struct parts *this_parts; /* of the callback, whose context the lab is */

static uint32_t below(struct parts *parts, uint32_t limit)
{
	parts->random = parts->random * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)parts->random * limit >> 32);
}

static int note_record(void *context, const struct irl_fetch_record *record)
{
	struct parts *parts = this_parts;
	uint32_t at = irl_ip_addr4(&record->target.addr) - BASE;

	(void)context;
	assert_true(at < TARGETS);
	assert_false(
	    memmem(record->json, record->json_bytes, "\"stopped\"", 9));
	parts->told[parts->told_count++] = at;
	return 0;
}

static void part_init(struct lab *lab, struct parts *parts)
{
	lab_init(lab, "10.1.0.0/21", below(parts, 3) ? "http" : "banner");
	lab->options.list = parts->list;
	lab->listed = TARGETS;
	lab->options.probe = parts->probe;
	lab->options.track = true;
	lab->options.from = parts->place;
	lab->options.scan.start = parts->list ? 0 : parts->place.next;
	lab->options.scan.workers = 1 + below(parts, 2);
	lab->options.scan.rate_pps = 500 + below(parts, 2000);
	lab->options.rate = below(parts, 2) ? 0 : 2000;
	lab->options.connections = 16u << below(parts, 8);
	lab->link_options.delay_ns = (1 + below(parts, 600)) * IRL_NS_PER_MS;
	lab->options.scan.cooldown_s = 1.5;
	lab->options.grace_ns = (below(parts, 2) ? 10 : 1) * IRL_NS_PER_S;
	lab->faulty = below(parts, 2);
	lab->fault.refuse[IRL_TX_FULL] = 0.8;
	lab->options.scan.retries = 100000;
}

static void keep_place(struct parts *parts, struct irl_fetch *fetch)
{
	struct irl_fetch_place at;
	uint64_t *copy;

	assert_int_equal(irl_fetch_place(fetch, &at), 0);
	copy = malloc((at.again_count + at.done_count + 1) * sizeof(*copy));
	assert_non_null(copy);
	memcpy(copy, at.again, at.again_count * sizeof(*copy));
	memcpy(copy + at.again_count, at.done, at.done_count * sizeof(*copy));
	free((void *)parts->place.again);
	parts->place = at;
	parts->place.again = copy;
	parts->place.done = copy + at.again_count;
}

/* True: nothing is left. */
static bool run_part(struct parts *parts, bool last)
{
	struct lab lab;
	struct irl_fetch_events events;
	uint64_t stop_ns, kill_ns = UINT64_MAX;
	bool over = false, complete = false;
	unsigned kept;

	part_init(&lab, parts);
	stop_ns = last ? UINT64_MAX : (1 + below(parts, 2500)) * IRL_NS_PER_MS;
	if (!last && below(parts, 2))
		kill_ns = stop_ns + below(parts, 900) * IRL_NS_PER_MS;
	parts->told_count = 0;
	lab_open(&lab);
	events = *events_of(&lab);
	events.record = note_record;
	irl_fetch_begin(lab.fetch, &events, lab.now);
	while (!over && lab.now - START < kill_ns) {
		over = lab_turn(&lab, 500 * IRL_NS_PER_US);
		if (lab.now - START >= stop_ns)
			irl_fetch_stop(lab.fetch);
	}
	/* Killed while the main thread has long not looked at its workers. */
	lab.hold = true;
	for (unsigned i = below(parts, 2) * 3000; !over && i > 0; i--)
		lab_turn(&lab, 500 * IRL_NS_PER_US);
	if (over)
		assert_int_equal(lab_end(&lab), 0);
	complete = over && lab.result.complete;
	parts->killed += !over;
	kept = parts->told_count;
	if (!last && below(parts, 2))
		kept -= below(parts, kept + 1);
	irl_fetch_kept(lab.fetch, kept);
	for (unsigned i = 0; i < kept; i++)
		parts->times[parts->told[i]]++;
	keep_place(parts, lab.fetch);
	lab_fini(&lab);
	return complete;
}

static void run_all(struct parts *parts)
{
	bool complete = false;

	this_parts = parts;
	while (!complete) {
		complete = run_part(parts, parts->count >= 3);
		parts->count++;
		parts->twice_taken += parts->place.again_count > 0;
		assert_true(parts->count < 10);
	}
	assert_int_equal(parts->place.again_count, 0);
	assert_int_equal(parts->place.next, TARGETS);
	free((void *)parts->place.again);
	for (uint32_t i = 0; i < TARGETS; i++) {
		bool answers = server_kind(BASE + i) >= SERVER_MUTE;
		/* Who probes remembers nobody that is silent. */
		unsigned want = answers || !parts->probe;

		if (parts->times[i] != want)
			fail_msg("%x has %u records after %u parts", BASE + i,
				 parts->times[i], parts->count);
	}
}

static void run_many(bool list, bool probe)
{
	static struct parts parts;
	unsigned killed = 0, again = 0;

	for (uint32_t seed = 1; seed <= 12; seed++) {
		parts = (struct parts){
		    .random = seed * 2654435761u, .list = list, .probe = probe};
		run_all(&parts);
		killed += parts.killed;
		again += parts.twice_taken;
	}
	assert_true(killed > 0 && again > 0);
}

static void test_set(void **state)
{
	(void)state;
	run_many(false, false);
}

static void test_probed_set(void **state)
{
	(void)state;
	run_many(false, true);
}

static void test_list(void **state)
{
	(void)state;
	run_many(true, false);
}

static void test_probed_list(void **state)
{
	(void)state;
	run_many(true, true);
}

/* The clock cuts a target off once: then it gets its time, though nobody who
 * interrupts waits for that. */
static void test_full_time(void **state)
{
	const uint64_t again[] = {0, 1, 2, 3, 4, 5, 6, 7};

	(void)state;
	for (unsigned hurried = 0; hurried < 2; hurried++) {
		struct lab lab;
		uint64_t began_ns;

		lab_init(&lab, "10.1.0.0/21", "http");
		lab.options.track = true;
		lab.options.from = (struct irl_fetch_place){
		    .next = 8, .again = again, .again_count = 8};
		lab.options.scan.start = 8;
		lab.options.scan.max_runtime_s = 0.5;
		lab.options.grace_ns = IRL_NS_PER_S;
		lab.options.rate = 100;
		lab.options.idle_ns = 20 * IRL_NS_PER_S;
		lab.options.deadline_ns = 25 * IRL_NS_PER_S;
		lab.options.connect_ns = 10 * IRL_NS_PER_S;
		lab.stop_ns = hurried ? 4 * IRL_NS_PER_S : 0;
		began_ns = lab.now;
		lab_run(&lab);
		if (hurried)
			assert_in_range(lab.now - began_ns, 3 * IRL_NS_PER_S,
					5 * IRL_NS_PER_S);
		else
			assert_in_range(lab.now - began_ns, 19 * IRL_NS_PER_S,
					90 * IRL_NS_PER_S);
		lab_fini(&lab);
	}
}

static unsigned times_told[TARGETS];

static int count_position(void *context, const struct irl_fetch_record *record)
{
	(void)context;
	assert_true(record->position < TARGETS);
	times_told[record->position]++;
	return 0;
}

/* A part that finds all begun: the last is done, or was cut off with others and
 * gets its time as they do. */
static void run_last(const struct irl_fetch_place *from, bool probe,
		     double max_runtime_s)
{
	struct lab lab;
	struct irl_fetch_events events;
	struct irl_fetch_place at;

	lab_init(&lab, "10.1.0.0/21", "http");
	lab.options.track = true;
	lab.options.probe = probe;
	lab.options.from = *from;
	lab.options.scan.start = from->next;
	lab.options.scan.rate_pps = 1000;
	lab.options.scan.max_runtime_s = max_runtime_s;
	lab.options.grace_ns = IRL_NS_PER_S;
	lab.options.connect_ns = 10 * IRL_NS_PER_S;
	memset(times_told, 0, sizeof(times_told));
	lab_open(&lab);
	events = *events_of(&lab);
	events.record = count_position;
	irl_fetch_begin(lab.fetch, &events, lab.now);
	while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
		;
	assert_int_equal(lab_end(&lab), 0);
	for (uint32_t i = 0; i < TARGETS; i++)
		assert_int_equal(times_told[i],
				 i == from->again[0] || i == from->again[1]);
	irl_fetch_kept(lab.fetch, 2);
	assert_int_equal(irl_fetch_place(lab.fetch, &at), 0);
	assert_int_equal(at.again_count, 0);
	lab_fini(&lab);
}

static void test_last(void **state)
{
	const uint64_t again[] = {3, TARGETS - 2, TARGETS - 1};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		double max_runtime_s = i & 2 ? 0.5 : 0;

		run_last(&(struct irl_fetch_place){.next = TARGETS - 1,
						   .again = again,
						   .again_count = 2,
						   .done = again + 2,
						   .done_count = 1},
			 i & 1, max_runtime_s);
		run_last(&(struct irl_fetch_place){.next = TARGETS - 1,
						   .again = again + 1,
						   .again_count = 2},
			 i & 1, max_runtime_s);
	}
}

/* What answers next meets a queue that is full. */
static void crowd(struct lab *lab, unsigned synacks)
{
	struct irl_fetch_worker *worker = &lab->fetch->worker[0];
	uint32_t count = worker->waiting.count;

	while (worker->counts.synacks < synacks) {
		irl_link_advance(lab->link, lab->now);
		lab->server->now_ns = lab->now;
		server_pump(lab->server);
		irl_link_advance(lab->link, lab->now);
		worker->waiting.count = IRL_FETCH_WAITING;
		irl_fetch_receive(worker, lab->now);
		worker->waiting.count = count;
		lab->now += 500 * IRL_NS_PER_US;
	}
}

/* Two answer at once, and there is room for one: the other, who was reset and
 * never connected to, is not done, though the fetch came to its end. */
static void run_crowded(bool list)
{
	static const char *lines[2];
	static char text[2][32];
	char range[64] = "";
	uint32_t addr = BASE;
	struct irl_fetch_place at;
	struct lab lab;

	for (unsigned i = 0; i < 2; i++, addr++) {
		while (server_kind(addr) != SERVER_PAGE)
			addr++;
		snprintf(text[i], sizeof(text[i]), "%x - - 80", addr);
		lines[i] = text[i];
		snprintf(range + strlen(range), sizeof(range) - strlen(range),
			 " 10.1.%u.%u", addr >> 8 & 255, addr & 255);
	}
	lab_init(&lab, range, "http");
	lab.options.track = lab.options.probe = true;
	lab.options.list = list;
	lab.line = lines;
	lab.lines = 2;
	lab.options.connections = 1;
	lab_open(&lab);
	irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
	while (lab.fetch->worker[0].counts.probes < 2)
		lab_turn(&lab, 500 * IRL_NS_PER_US);
	crowd(&lab, 2);
	while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
		;
	assert_int_equal(lab_end(&lab), 0);
	assert_true(lab.result.complete);
	assert_int_equal(lab.result.counts.crowded, 1);
	assert_int_equal(lab.records, 1);
	irl_fetch_kept(lab.fetch, 1);
	assert_int_equal(irl_fetch_place(lab.fetch, &at), 0);
	assert_int_equal(at.next, 2);
	assert_int_equal(at.again_count, 1);
	lab_fini(&lab);
}

static void test_crowded(void **state)
{
	(void)state;
	run_crowded(false);
	run_crowded(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unfinished),
	    cmocka_unit_test(test_unfinished_stays_small),
	    cmocka_unit_test(test_set),
	    cmocka_unit_test(test_probed_set),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_probed_list),
	    cmocka_unit_test(test_full_time),
	    cmocka_unit_test(test_crowded),
	    cmocka_unit_test(test_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
