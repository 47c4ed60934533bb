// SPDX-License-Identifier: BSD-2-Clause
/* Fetches over links and devices that are bad, and the sample of frames. */
#include <unistd.h>
#include "base/os.h"
#include "fetch_lab.h"

/* SYNs are repeated; a device that refuses is offered frames again. */
static void test_refusing_device(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "http");
	lab.faulty = true;
	lab.fault.seed = 3;
	lab.fault.refuse[IRL_TX_FULL] = 0.5;
	lab_run(&lab);
	expect_all(&lab, 256, false);
	assert_true(lab.result.counts.again > 100);
	assert_int_equal(lab.result.counts.given_up, 0);
	lab_fini(&lab);
}

/* A device that takes nothing is offered a frame so often, and no more. */
static void test_deaf_device(void **state)
{
	struct lab lab;

	(void)state;
	for (unsigned list = 0; list < 2; list++) {
		if (list)
			probe_list(&lab, 256);
		else
			lab_init(&lab, "10.1.0.0/24", "http");
		lab.faulty = true;
		lab.fault.refuse[IRL_TX_FULL] = 1;
		lab.options.scan.retries = 3;
		lab.options.tell_unopened = false;
		lab_run(&lab);
		assert_int_equal(lab.server->frames, 0);
		/* Three SYNs at most, each so often. */
		assert_in_range(lab.result.counts.again +
				    lab.result.counts.probes_again,
				256, 256 * 3 * 3);
		assert_true(lab.result.counts.given_up +
				lab.result.counts.probes_given_up >=
			    256);
		lab_fini(&lab);
	}
}

/* Every frame comes twice; late ones are strays, and answered by RST. */
static void test_doubled_frames(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "http");
	lab.link_options.duplicate = 1;
	lab_run(&lab);
	expect_all(&lab, 256, false);
	assert_true(lab.result.counts.stray > 0);
	lab_fini(&lab);
}

/* Corrupted frames are dropped by cause, and the books still balance. */
static void test_corrupted_frames(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "banner");
	lab.faulty = true;
	lab.fault.rx_corrupt = 0.3;
	lab.options.deadline_ns = 5 * IRL_NS_PER_S;
	lab_run(&lab);
	assert_true(lab.result.counts.checksum > 10);
	assert_int_equal(lab.records, 256);
	lab_fini(&lab);
}

/* The process sleeps on: many answers have come and then their SYNs' time is
 * over, but only the silent get another. */
static void test_late_reader(void **state)
{
	unsigned silent = 0;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/19", "http");
	lab.options.connections = 8192;
	lab.link_options.delay_ns = 300 * IRL_NS_PER_MS;
	lab.link_options.frames = lab.link_options.rx_frames = 32768;
	lab_open(&lab);
	irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
	while (lab.now < START + 400 * IRL_NS_PER_MS)
		lab_turn(&lab, 500 * IRL_NS_PER_US);
	assert_int_equal(lab.server->syns, 8192);
	lab.now = START + 1200 * IRL_NS_PER_MS;
	while (lab.now < START + 2 * IRL_NS_PER_S)
		lab_turn(&lab, 500 * IRL_NS_PER_US);
	for (unsigned i = 0; i < 8192; i++)
		silent += server_kind(BASE + i) == SERVER_SILENT;
	assert_int_equal(lab.server->syns, 8192 + silent);
	while (!lab_turn(&lab, 500 * IRL_NS_PER_US))
		;
	assert_int_equal(lab_end(&lab), 0);
	expect_all(&lab, 8192, false);
	lab_fini(&lab);
}

/* Likewise, and a router has said of all that they cannot be reached: none of
 * its words is lost. */
static void test_late_errors(void **state)
{
	unsigned silent = 0, told = 0;
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/19", "http");
	lab.options.connections = 8192;
	lab.options.syn_retries = 1;
	lab.link_options.frames = lab.link_options.rx_frames = 32768;
	lab.server->router = 1 + 1;
	lab_open(&lab);
	irl_fetch_begin(lab.fetch, events_of(&lab), lab.now);
	while (lab.server->syns < 8192)
		lab_turn(&lab, 50 * IRL_NS_PER_US);
	lab.now += 500 * IRL_NS_PER_MS;
	for (unsigned i = 0; i < 4; i++) /* some thousands each */
		lab_turn(&lab, 500 * IRL_NS_PER_US);
	for (unsigned i = 0; i < 8192; i++) {
		const struct irl_session *s = &lab.fetch->worker[0].session[i];

		silent += server_kind(BASE + i) == SERVER_SILENT;
		told += s->id && s->icmp_type == 3;
	}
	assert_int_equal(told, silent);
	lab_fini(&lab);
}

/* Records that nobody takes stop the opening; none is lost. */
static void test_slow_reader(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/20", "http");
	lab.hold = true;
	lab.options.keep_bytes = 16384; /* and a small ring */
	lab.options.connections = 4096;
	lab.options.deadline_ns = 60 * IRL_NS_PER_S;
	lab_run(&lab);
	expect_all(&lab, 4096, false);
	lab_fini(&lab);
}

/* ---- the sample --------------------------------------------------------- */

/* What a file holds of each host: frames with those flags. */
struct recorded {
	unsigned syn, synack, rst, unreachable, frames;
};

static uint32_t word_at(const uint8_t *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* A router's word about a SYN, which it quotes. */
static void count_error(const uint8_t *frame, struct recorded host[1024])
{
	struct recorded *r = &host[server_get(frame + 58, 4) % 1024];

	assert_int_equal(server_get(frame + 54, 4), SOURCE);
	r->frames++;
	r->unreachable++;
}

static void count_frame(const uint8_t *frame, struct recorded host[1024])
{
	bool sent = server_get(frame + 26, 4) == SOURCE;
	struct recorded *r =
	    &host[server_get(frame + (sent ? 30 : 26), 4) % 1024];
	uint8_t flags = frame[47];

	if (frame[23] == 1) {
		count_error(frame, host);
		return;
	}
	r->frames++;
	r->syn += sent && flags == 2;
	r->synack += !sent && (flags & 0x12) == 0x12;
	r->rst += !!(flags & 4);
}

static void read_recorded(int fd, off_t size, struct recorded host[1024])
{
	uint8_t *file = malloc((size_t)size);
	off_t at = 0;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(read(fd, file, (unsigned)size), size);
	for (; at < size; at += word_at(file + at + 4))
		if (word_at(file + at) == 6) /* an enhanced packet block */
			count_frame(file + at + 28, host);
	assert_int_equal(at, size);
	free(file);
}

/* A connection is there from its SYN to its RST, with what a router says about
 * it, or not at all. */
static void check_recorded(const struct recorded host[1024])
{
	unsigned sampled = 0;

	for (uint32_t i = 0; i < 1024; i++) {
		const struct recorded *r = &host[i];
		enum server_kind kind = server_kind(BASE + i);

		if (!r->frames)
			continue;
		sampled++;
		assert_int_equal(r->syn > 0, true);
		assert_int_equal(r->synack > 0, kind > SERVER_CLOSED);
		assert_int_equal(r->rst > 0, kind != SERVER_SILENT);
		assert_int_equal(r->unreachable,
				 kind == SERVER_SILENT ? r->syn : 0);
	}
	assert_in_range(sampled, 90, 170);
}

static void test_sample(void **state)
{
	struct recorded host[1024] = {{0}};
	char path[] = "/tmp/test_fetch_links.XXXXXX";
	struct irl_error err = {0};
	struct lab lab;
	off_t size;
	int fd;

	(void)state;
	assert_int_equal(close(mkstemp(path)), 0);
	lab_init(&lab, "10.1.0.0/22", "http");
	assert_int_equal(irl_pcapng_open(&lab.options.pcap, path, &err), 0);
	irl_pcapng_interface(lab.options.pcap, "x", NULL, 0, &err);
	lab.options.pcap_sample = 8;
	lab.server->router = 1 + 1; /* host unreachable: the SYN is repeated */
	lab_run(&lab);
	assert_int_equal(irl_pcapng_close(lab.options.pcap, &err), 0);
	fd = irl_os_open(path, IRL_OS_READ);
	size = lseek(fd, 0, SEEK_END);
	read_recorded(fd, size, host);
	check_recorded(host);
	close(fd);
	unlink(path);
	lab_fini(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refusing_device),
	    cmocka_unit_test(test_deaf_device),
	    cmocka_unit_test(test_doubled_frames),
	    cmocka_unit_test(test_corrupted_frames),
	    cmocka_unit_test(test_late_reader),
	    cmocka_unit_test(test_late_errors),
	    cmocka_unit_test(test_slow_reader),
	    cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
