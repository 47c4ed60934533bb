// SPDX-License-Identifier: BSD-2-Clause
/*
 * The pacer in virtual time, with a sender whose wake-ups come late and whose
 * sending takes time:
 *
 *   pacer --due--> sender --count at time t--> a log of events --> the bounds
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/pacer.h"

#define SECOND 1000000000ull
#define MS 1000000ull

struct event {
	uint64_t ns;
	uint64_t count;
};

struct log {
	struct event *event;
	size_t count, room;
	uint64_t frames, wakes;
};

/* How badly the machine treats the sender. */
struct noise {
	uint64_t late_ns;   /* each wake-up, up to */
	unsigned hiccup;    /* one wake-up in so many, 0: none */
	uint64_t hiccup_ns; /* is later by up to this */
	uint64_t frame_ns;  /* sending a frame takes */
};

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void log_add(struct log *log, uint64_t ns, uint64_t count)
{
	if (log->count == log->room) {
		log->room = log->room ? 2 * log->room : 4096;
		log->event =
		    realloc(log->event, log->room * sizeof(*log->event));
		assert_non_null(log->event);
	}
	log->event[log->count++] = (struct event){ns, count};
	log->frames += count;
}

static void run(struct log *log, double rate, unsigned parts,
		const struct noise *noise, uint64_t duration_ns)
{
	uint64_t state = 88172645463325252ull, now[8];
	struct irl_pacer pacer[8];

	for (unsigned i = 0; i < parts; i++) {
		now[i] = 12345;
		irl_pacer_init(&pacer[i], rate, i, parts, now[i]);
	}
	for (;;) {
		unsigned who = 0; /* whoever wakes first */
		uint32_t due;

		for (unsigned i = 1; i < parts; i++)
			if (now[i] < now[who])
				who = i;
		if (now[who] >= duration_ns + 12345)
			return;
		due = irl_pacer_due(&pacer[who], now[who]);
		if (due)
			log_add(log, now[who], due);
		irl_pacer_sent(&pacer[who], due);
		log->wakes++;
		now[who] += due * noise->frame_ns;
		{
			uint64_t next = irl_pacer_next_ns(&pacer[who], now[who],
							  UINT64_MAX);

			assert_true(next > now[who]);
			now[who] = next;
		}
		if (noise->late_ns)
			now[who] += draw(&state) % noise->late_ns;
		/* The last ones do without: nobody makes up for a hiccup that
		 * the run ends with. */
		if (noise->hiccup && draw(&state) % noise->hiccup == 0 &&
		    now[who] + 50 * MS < duration_ns)
			now[who] += draw(&state) % noise->hiccup_ns;
	}
}

/* The most frames in any window of @window_ns. */
static uint64_t densest(const struct log *log, uint64_t window_ns)
{
	uint64_t inside = 0, most = 0;

	for (size_t last = 0, first = 0; last < log->count; last++) {
		inside += log->event[last].count;
		while (log->event[first].ns + window_ns <= log->event[last].ns)
			inside -= log->event[first++].count;
		most = inside > most ? inside : most;
	}
	return most;
}

/* Largest deviation of a second's frames from the rate, seconds begun every
 * 100 ms. */
static double worst_second(const struct log *log, double rate,
			   uint64_t duration_ns)
{
	double worst = 0;

	for (uint64_t from = 12345; from + SECOND <= duration_ns;
	     from += SECOND / 10) {
		double frames = 0;

		for (size_t i = 0; i < log->count; i++)
			if (log->event[i].ns >= from &&
			    log->event[i].ns < from + SECOND)
				frames += (double)log->event[i].count;
		worst = fmax(worst, fabs(frames - rate));
	}
	return worst;
}

static double max(double a, double b)
{
	return a > b ? a : b;
}

static void holds(double rate, unsigned parts, const struct noise *noise)
{
	const uint64_t duration = 10 * SECOND;
	double batch = max(1, fmin(rate / 1000, IRL_PACER_BATCH));
	struct log log = {0};
	double span, exact;

	run(&log, rate, parts, noise, duration);
	/* The run: first frame to last, against the line. */
	span = (double)(log.event[log.count - 1].ns - log.event[0].ns) / SECOND;
	exact = span * rate + 1;
	assert_true(fabs((double)log.frames - exact) <= max(1e-4 * exact, 1));
	assert_true(worst_second(&log, rate, duration) <= max(0.005 * rate, 2));
	/* Parts that must be able to send one frame each may do so at once. */
	assert_true((double)densest(&log, MS) <=
		    2 * rate / 1000 + max(batch, parts));
	free(log.event);
}

static const double rates[] = {100,    333.3, 1000, 1334, 10e3,
			       63.9e3, 64e3,  1e5,  1e6,  10e6};
#define RATES (sizeof(rates) / sizeof(rates[0]))

static void test_quiet(void **state)
{
	const struct noise none = {0};

	(void)state;
	for (size_t i = 0; i < RATES; i++)
		holds(rates[i], 1, &none);
}

/* Wake-ups 60 us late, one in 200 up to 3 ms, and sending takes its time. */
static void test_noisy(void **state)
{
	const struct noise noise = {60000, 200, 3 * MS, 40};

	(void)state;
	for (size_t i = 0; i < RATES; i++)
		holds(rates[i], 1, &noise);
}

static void test_parts(void **state)
{
	const struct noise noise = {60000, 200, 2 * MS, 40};

	(void)state;
	for (size_t i = 0; i < RATES; i++) {
		holds(rates[i], 2, &noise);
		holds(rates[i], 3, &noise);
	}
}

/* Held up for 100 ms now and then: the millisecond's bound still holds, and
 * the debt is paid. */
static void test_long_hiccup(void **state)
{
	const struct noise noise = {60000, 3000, 200 * MS, 10};

	(void)state;
	for (size_t i = 0; i < RATES; i++) {
		double batch = max(1, fmin(rates[i] / 1000, IRL_PACER_BATCH));
		struct log log = {0};

		run(&log, rates[i], 1, &noise, 10 * SECOND);
		assert_true((double)densest(&log, MS) <=
			    2 * rates[i] / 1000 + batch);
		assert_true((double)log.frames >= 9.6 * rates[i]);
		assert_true((double)log.frames <= 10.01 * rates[i] + 1);
		free(log.event);
	}
}

/* A process that was stopped for an hour owes a second, no more. */
static void test_debt_is_forgiven(void **state)
{
	struct irl_pacer pacer;
	uint64_t now = 3600 * SECOND, sent = 0;

	(void)state;
	irl_pacer_init(&pacer, 1e6, 0, 1, 0);
	while (now < 3610 * SECOND) {
		uint32_t due = irl_pacer_due(&pacer, now);

		irl_pacer_sent(&pacer, due);
		sent += due;
		now = irl_pacer_next_ns(&pacer, now, UINT64_MAX);
	}
	assert_in_range(sent, 10990000, 11002000);
}

static void test_few_wakes(void **state)
{
	const struct noise none = {0};
	const struct {
		double rate;
		uint64_t wakes; /* in ten seconds, at most */
	} want[] = {{100, 1010}, {10e3, 10100}, {1e6, 13500}, {10e6, 13500}};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct log log = {0};

		run(&log, want[i].rate, 1, &none, 10 * SECOND);
		assert_true(log.wakes <= want[i].wakes);
		free(log.event);
	}
}

/* A run of 7 frames beyond a tick ends when the 7th is due. */
static void test_the_end_is_exact(void **state)
{
	uint64_t now = 0, left = 100007;
	struct irl_pacer pacer;

	(void)state;
	irl_pacer_init(&pacer, 10e3, 0, 1, 0);
	for (;;) {
		uint32_t due = irl_pacer_due(&pacer, now);

		if (due > left)
			due = (uint32_t)left;
		irl_pacer_sent(&pacer, due);
		left -= due;
		if (!left)
			break;
		now = irl_pacer_next_ns(&pacer, now, left);
	}
	assert_in_range(now, 10000600000ull, 10000600100ull);
}

static void test_refused_frames_are_still_due(void **state)
{
	struct irl_pacer pacer;

	(void)state;
	irl_pacer_init(&pacer, 10e3, 0, 1, 0);
	assert_int_equal(irl_pacer_due(&pacer, 0), 1);
	assert_int_equal(irl_pacer_due(&pacer, 0), 1);
	irl_pacer_sent(&pacer, 1);
	assert_int_equal(irl_pacer_due(&pacer, 0), 0);
}

static void test_unlimited(void **state)
{
	struct irl_pacer pacer;

	(void)state;
	irl_pacer_init(&pacer, 0, 0, 1, 5);
	assert_true(irl_pacer_due(&pacer, 5) == UINT32_MAX);
	irl_pacer_sent(&pacer, 1000000);
	assert_true(irl_pacer_due(&pacer, 6) == UINT32_MAX);
}

/* IEEE 802.3: 1,488,095 smallest frames a second at 1 Gbit/s. */
static void test_line_rate(void **state)
{
	(void)state;
	assert_int_equal((int)irl_pacer_line_rate(1000000000, 60), 1488095);
	assert_int_equal((int)irl_pacer_line_rate(1000000000, 14), 1488095);
	assert_int_equal((int)irl_pacer_line_rate(1000000000, 1514), 81274);
	assert_true(irl_pacer_line_rate(0, 60) < 1);
}

/* Sending takes time, in which further frames fall due: they wait for the next
 * tick, or the pacer would not let a core sleep at all. */
static void test_sending_takes_time(void **state)
{
	struct irl_pacer pacer;
	uint64_t now = 1000000000, end = now + 2000000000, sent = 0;
	unsigned calls = 0;

	(void)state;
	irl_pacer_init(&pacer, 1e6, 0, 1, now);
	while (now < end) {
		uint32_t due = irl_pacer_due(&pacer, now);

		if (due) {
			irl_pacer_sent(&pacer, due);
			sent += due;
			now += 10000 + due * 80; /* as the live port does */
			calls++;
		}
		now = irl_pacer_next_ns(&pacer, now, UINT64_MAX);
	}
	assert_in_range(sent, 1998000, 2001000);
	assert_true(calls < 3000); /* 2 s of 0.75 ms are 2,667 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_quiet),
	    cmocka_unit_test(test_noisy),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_long_hiccup),
	    cmocka_unit_test(test_debt_is_forgiven),
	    cmocka_unit_test(test_few_wakes),
	    cmocka_unit_test(test_the_end_is_exact),
	    cmocka_unit_test(test_refused_frames_are_still_due),
	    cmocka_unit_test(test_unlimited),
	    cmocka_unit_test(test_line_rate),
	    cmocka_unit_test(test_sending_takes_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
