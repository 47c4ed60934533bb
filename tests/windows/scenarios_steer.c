/* SPDX-License-Identifier: BSD-2-Clause */
/* What is ours: who may claim it, and what stands when a claim fails. */
#include "scenarios.h"

static NTSTATUS claim(struct nt_file *file, const struct irl_steer *rule,
		      unsigned queue, unsigned queues)
{
	struct irl_win_steer steer = {.head = {IRL_WIN_VERSION, sizeof(steer)},
				      .queue = queue,
				      .queues = queues,
				      .rule = *rule};

	return lab_control(file, IRL_WIN_STEER, &steer, sizeof(steer), NULL, 0);
}

/* What one has another does not get, by whatever rule; nor after a refusal,
 * which leaves the rule that stood. */
void test_claims(void **state)
{
	const struct irl_steer all = {.own = {{0xc6120000, 15}},
				      .own_count = 1},
			       host = {.host_addr = 0xc6140001,
				       .port_first = 100,
				       .port_last = 199},
			       ports = {.host_addr = 0xc6140001,
					.port_first = 150,
					.port_last = 250},
			       others = {.host_addr = 0xc6140001,
					 .port_first = 200,
					 .port_last = 250},
			       inside = {.own = {{0xc6130203, 32}},
					 .own_count = 1},
			       six = {.own6 = {{{{0x20, 1, 0xd, 0xb8}}, 32}},
				      .own6_count = 1},
			       none = {0};
	struct nt_file *a, *b;
	struct lab lab;

	(void)state;
	a = scene_up(&lab, LAB_TWO, 1, 1, false);
	b = scene_open(1, 1, false);
	assert_int_equal(claim(a, &all, 0, 2), STATUS_SUCCESS);
	assert_int_equal(claim(b, &inside, 0, 1), STATUS_SHARING_VIOLATION);
	assert_int_equal(claim(b, &all, 0, 2), STATUS_SHARING_VIOLATION);
	assert_int_equal(claim(b, &all, 0, 1), STATUS_SHARING_VIOLATION);
	assert_int_equal(claim(b, &all, 1, 2), STATUS_SUCCESS);
	assert_int_equal(claim(b, &inside, 0, 1), STATUS_SHARING_VIOLATION);
	assert_int_equal(claim(b, &host, 0, 1), STATUS_SUCCESS);
	assert_int_equal(claim(a, &host, 0, 1), STATUS_SHARING_VIOLATION);
	assert_int_equal(claim(a, &ports, 0, 1), STATUS_SHARING_VIOLATION);
	assert_int_equal(claim(a, &others, 0, 1), STATUS_SUCCESS);
	assert_int_equal(claim(b, &six, 0, 1), STATUS_SUCCESS);
	assert_int_equal(claim(a, &six, 0, 1), STATUS_SHARING_VIOLATION);
	assert_int_equal(claim(b, &none, 0, 1), STATUS_SUCCESS);
	assert_int_equal(claim(a, &six, 0, 1), STATUS_SUCCESS);
	nt_close(a);
	assert_int_equal(claim(b, &six, 0, 1), STATUS_SUCCESS);
	scene_down(&lab, b);
}

/* A rule that is refused changes nothing of what the adapter is asked for. */
void test_claims_multicast(void **state)
{
	const struct irl_steer all = {.own = {{0xc6120000, 15}},
				      .own_count = 1},
			       six = {.own6 = {{{{0x20, 1, 0xd, 0xb8}}, 32}},
				      .own6_count = 1};
	struct irl_steer both = six;
	struct nt_file *a, *b;
	struct lab lab;

	(void)state;
	both.own[0] = all.own[0];
	both.own_count = 1;
	a = scene_up(&lab, 0, 1, 1, false);
	b = scene_open(1, 1, false);
	assert_int_equal(claim(b, &all, 0, 1), STATUS_SUCCESS);
	assert_int_equal(claim(a, &both, 0, 1), STATUS_SHARING_VIOLATION);
	assert_int_equal(nd_packet_filter(lab.nic[0].adapter), 0);
	assert_int_equal(claim(a, &six, 0, 1), STATUS_SUCCESS);
	assert_int_not_equal(nd_packet_filter(lab.nic[0].adapter), 0);
	assert_int_equal(claim(a, &all, 0, 1), STATUS_SHARING_VIOLATION);
	assert_int_not_equal(nd_packet_filter(lab.nic[0].adapter), 0);
	nt_close(a);
	assert_int_equal(nd_packet_filter(lab.nic[0].adapter), 0);
	scene_down(&lab, b);
}

/* While any handle has an own IPv6 address; of this adapter alone. */
void test_multicast(void **state)
{
	const struct irl_steer a = {.own6 = {{{{0x20, 1, 0xd, 0xb8}}, 32}},
				    .own6_count = 1},
			       b = {.own6 = {{{{0x20, 1, 0xd, 0xb9}}, 32}},
				    .own6_count = 1};
	struct nt_file *file[2];
	struct lab lab;

	(void)state;
	file[0] = scene_up(&lab, LAB_TWO | LAB_PEND, 1, 1, false);
	file[1] = scene_open(1, 1, false);
	assert_int_equal(claim(file[0], &a, 0, 1), STATUS_SUCCESS);
	assert_int_equal(nd_packet_filter(lab.nic[0].adapter), 4);
	assert_int_equal(nd_packet_filter(lab.nic[1].adapter), 0);
	assert_int_equal(claim(file[1], &b, 0, 1), STATUS_SUCCESS);
	assert_int_equal(claim(file[1], &b, 0, 1), STATUS_SUCCESS);
	nt_close(file[1]);
	assert_int_equal(nd_packet_filter(lab.nic[0].adapter), 4);
	nt_close(file[0]);
	assert_int_equal(nd_packet_filter(lab.nic[0].adapter), 0);
	lab_down(&lab);
}

/* -- rules that lie -- */
void test_steer_lies(void **state)
{
	static const struct {
		uint32_t queue, queues;
		struct irl_steer rule;
		NTSTATUS status;
	} cases[] = {
	    {0, 0, {.own_count = 1}, STATUS_INVALID_PARAMETER},
	    {0, 64, {.own_count = 1}, STATUS_SUCCESS},
	    {63, 64, {.own_count = 1}, STATUS_SUCCESS},
	    {0, 65, {.own_count = 1}, STATUS_INVALID_PARAMETER},
	    {1, 1, {.own_count = 1}, STATUS_INVALID_PARAMETER},
	    {64, 64, {.own_count = 1}, STATUS_INVALID_PARAMETER},
	    {0xffffffff, 2, {.own_count = 1}, STATUS_INVALID_PARAMETER},
	    {0, 1, {.own_count = 16}, STATUS_SUCCESS},
	    {0, 1, {.own_count = 17}, STATUS_INVALID_PARAMETER},
	    {0, 1, {.own6_count = 8}, STATUS_SUCCESS},
	    {0, 1, {.own6_count = 9}, STATUS_INVALID_PARAMETER},
	    {0,
	     1,
	     {.own_count = 1, .port_first = 2, .port_last = 2},
	     STATUS_SUCCESS},
	    {0,
	     1,
	     {.own_count = 1, .port_first = 3, .port_last = 2},
	     STATUS_INVALID_PARAMETER},
	    {0, 1, {.own = {{0xc6120001, 32}}, .own_count = 1}, STATUS_SUCCESS},
	    {0,
	     1,
	     {.own = {{0xc6120001, 33}}, .own_count = 1},
	     STATUS_INVALID_PARAMETER},
	    {0,
	     1,
	     {.own6 = {{{{0x20, 1}}, 128}}, .own6_count = 1},
	     STATUS_SUCCESS},
	    {0,
	     1,
	     {.own6 = {{{{0x20, 1}}, 129}}, .own6_count = 1},
	     STATUS_INVALID_PARAMETER},
	};
	struct nt_file *file;
	struct lab lab;

	(void)state;
	file = scene_up(&lab, 0, 1, 1, false);
	for (unsigned i = 0; i < RTL_NUMBER_OF(cases); i++)
		assert_int_equal(claim(file, &cases[i].rule, cases[i].queue,
				       cases[i].queues),
				 cases[i].status);
	scene_down(&lab, file);
}

/* -- memory that is not there -- */
static const struct irl_steer prefix = {.own = {{0xc6120000, 15}},
					.own_count = 1},
			      host = {.host_addr = 0xc6140001,
				      .port_first = 100,
				      .port_last = 199},
			      other = {.own = {{0xc6160000, 16}},
				       .own_count = 1};

/* Of a frame to @address: the handle that gets it, NULL if the host does. */
static void goes_to(struct lab *lab, uint32_t address, struct nt_file *file)
{
	uint8_t bytes[60], in[128] __attribute__((aligned(8)));
	struct nd_frame frame = {.bytes = bytes, .length = 60};
	struct nd_counters was, is;

	lab_udp(bytes, address, 150);
	nd_count(lab->nic[0].adapter, &was);
	nd_receive(lab->nic[0].adapter, &frame, 1, 0);
	nd_count(lab->nic[0].adapter, &is);
	assert_int_equal(is.host - was.host, file == NULL);
	if (file)
		assert_int_equal(scene_read(file, in, sizeof(in)),
				 irl_win_space(60));
}

/* A claim that fails for lack of memory changes nothing, of anybody's; with
 * the next attempt failing, then the one after it, and so on. */
static void claim_fails(bool replaces)
{
	struct nt_file *a, *b;
	struct lab lab;
	NTSTATUS status;
	bool failed = true;
	long nth = 0;

	for (; failed; nth++) {
		a = scene_up(&lab, 0, 1, 1, false);
		b = scene_open(1, 1, false);
		assert_int_equal(claim(a, &prefix, 0, 1), STATUS_SUCCESS);
		if (replaces)
			assert_int_equal(claim(b, &other, 0, 1),
					 STATUS_SUCCESS);
		nt_fail_at(nth);
		status = claim(b, &host, 0, 1);
		failed = nt_failed();
		nt_fail_at(-1);
		assert_int_equal(status, failed ? STATUS_INSUFFICIENT_RESOURCES
						: STATUS_SUCCESS);
		goes_to(&lab, 0xc6120001, a);
		goes_to(&lab, 0xc6140001, failed ? NULL : b);
		goes_to(&lab, 0xc6160001, failed && replaces ? b : NULL);
		assert_int_equal(claim(b, &host, 0, 1), STATUS_SUCCESS);
		goes_to(&lab, 0xc6120001, a);
		goes_to(&lab, 0xc6140001, b);
		nt_close(a);
		scene_down(&lab, b);
	}
	assert_true(nth > 2);
}

/* One goes, and there is no memory for what is left: it is left all the same.
 */
static void end_fails(bool close)
{
	struct nt_file *a, *b, *c;
	struct lab lab;
	bool failed = true;
	long nth = 0;

	for (; failed; nth++) {
		a = scene_up(&lab, 0, 1, 1, false);
		b = scene_open(1, 1, false);
		c = scene_open(1, 1, false);
		assert_int_equal(claim(a, &prefix, 0, 1), STATUS_SUCCESS);
		assert_int_equal(claim(b, &host, 0, 1), STATUS_SUCCESS);
		assert_int_equal(claim(c, &other, 0, 1), STATUS_SUCCESS);
		nt_fail_at(nth);
		if (close)
			nt_close(b);
		else
			claim(b, &(struct irl_steer){0}, 0, 1);
		failed = nt_failed();
		nt_fail_at(-1);
		goes_to(&lab, 0xc6120001, a);
		goes_to(&lab, 0xc6140001, NULL);
		goes_to(&lab, 0xc6160001, c);
		if (!close)
			nt_close(b);
		nt_close(c);
		scene_down(&lab, a);
	}
	assert_true(nth > 1);
}

void test_steer_no_memory(void **state)
{
	(void)state;
	claim_fails(false);
	claim_fails(true);
	end_fails(false);
	end_fails(true);
}

/* A rule on one adapter is none on another. */
void test_steer_adapters(void **state)
{
	struct nt_file *here, *there;
	struct lab lab;

	(void)state;
	lab_up(&lab, LAB_TWO);
	there = scene_open_at(1, 1, 1, false);
	here = scene_open(1, 1, false);
	assert_int_equal(claim(there, &prefix, 0, 1), STATUS_SUCCESS);
	assert_int_equal(claim(here, &host, 0, 1), STATUS_SUCCESS);
	goes_to(&lab, 0xc6140001, here);
	goes_to(&lab, 0xc6120001, NULL);
	nt_close(there);
	scene_down(&lab, here);
}

/* Of what the adapter lets in for us the host's frames stay the host's. */
void test_multicast_host(void **state)
{
	const struct irl_steer six = {.own6 = {{{{0x20, 1, 0xd, 0xb8}}, 32}},
				      .own6_count = 1};
	struct nt_file *file;
	struct lab lab;

	(void)state;
	file = scene_up(&lab, 0, 1, 1, false);
	assert_int_equal(claim(file, &six, 0, 1), STATUS_SUCCESS);
	goes_to(&lab, 0xc6120001, NULL);
	scene_down_balanced(&lab, file);
}
