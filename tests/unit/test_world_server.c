// SPDX-License-Identifier: BSD-2-Clause
/*
 * The world's server in virtual time: segment by segment, then many fetches
 * over the memory port with each impairment; every byte must be the truth's.
 *
 *   fetchers --frames--> [ memory link a ==== b ] --pump--> server
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <irl/link.h>
#include "world/server.h"
#include "world_client.h"

#define MS 1000000ull
#define SECOND 1000000000ull
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static struct irl_world_model model_of(enum irl_world_serve serve)
{
	struct irl_world_model m;

	irl_world_model_init(&m);
	m.seed = 11;
	m.alive = IRL_WORLD_ONE;
	m.unreachable = 0;
	m.open = IRL_WORLD_ONE;
	m.closed = 0;
	m.services.serve = serve;
	return m;
}

static struct irl_world_server *new_server(const struct irl_world_model *m,
					   unsigned connections)
{
	struct irl_world_server_options o = {.connections = connections};
	struct irl_world_server *s;
	struct irl_error err = {0};

	memcpy(o.mac, world_server_mac, 6);
	if (irl_world_server_new(&s, m, &o, &err) < 0)
		fail_msg("%s", err.text);
	return s;
}

/* ---- segment by segment
 * -------------------------------------------------------
 */

/* One flow by hand. */
struct hand {
	struct irl_world_server *server;
	struct world_fetcher f;
	uint64_t now_ns;
	struct irl_tcp tcp; /* the last segment that came */
	uint32_t length;    /* its data */
	struct irl_tcp_seen seen;
};

static const struct world_request plain_request = {.text = GET};

/* The first target of that kind. */
static bool wanted_kind(const struct irl_world_service *s, unsigned kind,
			unsigned tarpit, bool deaf)
{
	return s->kind == kind && s->tarpit == tarpit && s->deaf == deaf &&
	       (kind != IRL_WORLD_HTTP || s->stream < 1400);
}

static struct hand begin(const struct irl_world_model *m, unsigned kind,
			 unsigned tarpit, bool deaf)
{
	struct hand h = {.server = new_server(m, 16), .now_ns = SECOND};

	h.f.request = &plain_request;
	h.f.port = 40000;
	h.f.server_port = 80;
	h.f.server = 0x0a400000;
	do
		h.f.service =
		    irl_world_service(m, ++h.f.server, h.f.server_port);
	while (!wanted_kind(&h.f.service, kind, tarpit, deaf));
	return h;
}

/* What comes by now; false: nothing. */
static bool comes(struct hand *h)
{
	uint8_t frame[IRL_FRAME_MAX];
	struct irl_bytes data = {0};
	struct irl_ipv4 ip = {0};
	uint32_t n = irl_world_server_output(h->server, h->now_ns, frame);

	if (!n)
		return false;
	assert_true(world_client_read(frame, n, &ip, &h->tcp, &data));
	assert_int_equal(ip.source, h->f.server);
	assert_int_equal(h->tcp.dest, h->f.port);
	h->length = (uint32_t)data.left;
	irl_tcp_see(h->tcp.options, &h->seen);
	return true;
}

static void give(struct hand *h, uint8_t flags, uint32_t seq, const char *data)
{
	uint8_t frame[IRL_FRAME_MAX];
	uint32_t n = world_client_frame(&h->f, flags, seq, data,
					(uint32_t)strlen(data), frame);

	irl_world_server_input(h->server, h->now_ns, frame, n);
}

static void assert_quiet(struct hand *h)
{
	assert_false(comes(h));
}

static void assert_comes(struct hand *h, uint8_t flags, uint32_t length)
{
	assert_true(comes(h));
	assert_int_equal(h->tcp.flags, flags);
	assert_int_equal(h->length, length);
}

static void handshake(struct hand *h)
{
	give(h, IRL_TCP_SYN, 1000, "");
	assert_comes(h, IRL_TCP_SYN | IRL_TCP_ACK, 0);
	assert_int_equal(h->tcp.ack, 1001);
	h->f.theirs = h->tcp.seq + 1;
}

static void finish(struct hand *h)
{
	assert_quiet(h);
	irl_world_server_free(h->server);
}

static void test_page_then_end(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct hand h = begin(&m, IRL_WORLD_HTTP, 0, false);
	const uint8_t fin = h.f.service.closes ? IRL_TCP_FIN : 0;

	(void)state;
	handshake(&h);
	give(&h, IRL_TCP_ACK, 1001, "");
	assert_quiet(&h);
	give(&h, IRL_TCP_ACK, 1001, "GET / HTTP/1.1\r\n");
	assert_comes(&h, IRL_TCP_ACK, 0);
	assert_int_equal(h.tcp.ack, 1001 + 16);
	give(&h, IRL_TCP_ACK, 1001, "GET / HTTP/1.1\r\n"); /* again */
	assert_comes(&h, IRL_TCP_ACK, 0);
	give(&h, IRL_TCP_ACK, 1018, "\n"); /* a byte is missing */
	assert_comes(&h, IRL_TCP_ACK, 0);
	assert_int_equal(h.tcp.ack, 1001 + 16);
	give(&h, IRL_TCP_ACK, 1016, "\n\r\n"); /* overlaps */
	assert_comes(&h, IRL_TCP_ACK | IRL_TCP_PSH | fin, h.f.service.stream);
	assert_int_equal(h.tcp.ack, 1019);
	assert_int_equal(h.tcp.seq, h.f.theirs);
	h.f.got = h.f.service.stream;
	h.f.their_end = fin;
	give(&h, IRL_TCP_FIN | IRL_TCP_ACK, 1019, "");
	assert_comes(&h, IRL_TCP_ACK | (fin ^ IRL_TCP_FIN), 0);
	assert_int_equal(h.tcp.ack, 1020);
	if (!fin) {
		h.f.their_end = true;
		give(&h, IRL_TCP_ACK, 1020, "");
	}
	assert_int_equal(irl_world_server_connections(h.server), 0);
	finish(&h);
}

static void test_banner_speaks_first(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct hand h = begin(&m, IRL_WORLD_BANNER, 0, false);

	(void)state;
	handshake(&h);
	assert_quiet(&h);
	give(&h, IRL_TCP_ACK, 1001, "");
	assert_comes(&h, IRL_TCP_ACK | IRL_TCP_PSH, 64);
	h.f.got = 64;
	give(&h, IRL_TCP_ACK, 1001, GET);
	assert_comes(&h, IRL_TCP_ACK, 0);
	give(&h, IRL_TCP_RST, 1001 + sizeof(GET) - 1, "");
	assert_int_equal(irl_world_server_connections(h.server), 0);
	finish(&h);
}

static void test_deaf_drop_what_comes_early(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct hand h = begin(&m, IRL_WORLD_HTTP, 0, true);

	(void)state;
	handshake(&h);
	give(&h, IRL_TCP_ACK, 1001, GET);
	assert_quiet(&h);
	give(&h, IRL_TCP_ACK, 1001, GET);
	assert_true(comes(&h));
	assert_int_equal(h.length, h.f.service.stream);
	finish(&h);
}

static void test_mute_and_hole(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct hand h = begin(&m, IRL_WORLD_MUTE, 0, false);

	(void)state;
	handshake(&h);
	give(&h, IRL_TCP_ACK, 1001, GET);
	assert_comes(&h, IRL_TCP_ACK, 0);
	assert_int_equal(h.tcp.ack, 1001 + sizeof(GET) - 1);
	finish(&h);
	m.services.middlebox = IRL_WORLD_ONE;
	h = begin(&m, IRL_WORLD_HOLE, 0, false);
	handshake(&h);
	give(&h, IRL_TCP_ACK, 1001, GET);
	give(&h, IRL_TCP_FIN | IRL_TCP_ACK, 1001, GET);
	finish(&h);
}

/* A byte a second. */
static void test_drip(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct hand h;

	(void)state;
	m.services.tarpit = irl_world_share(0.2);
	h = begin(&m, IRL_WORLD_HTTP, IRL_WORLD_TARPIT_DRIP, false);
	handshake(&h);
	give(&h, IRL_TCP_ACK, 1001, GET);
	for (int i = 0; i < 30; i++) {
		assert_comes(&h, IRL_TCP_ACK, 1);
		h.f.got++;
		give(&h, IRL_TCP_ACK, 1001 + sizeof(GET) - 1, "");
		h.now_ns += SECOND * 9 / 10;
		assert_quiet(&h);
		h.now_ns += SECOND / 5;
	}
	assert_true(comes(&h));
	finish(&h);
}

/* A window of one byte, whatever is sent into it, and no scale to multiply it.
 */
static void test_narrow(void **state)
{
	static const struct world_request scaled = {.text = GET,
						    .options = true};
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct hand h;

	(void)state;
	m.services.tarpit = irl_world_share(0.2);
	h = begin(&m, IRL_WORLD_HTTP, IRL_WORLD_TARPIT_WINDOW, false);
	while (!wanted_kind(&h.f.service, IRL_WORLD_HTTP,
			    IRL_WORLD_TARPIT_WINDOW, false) ||
	       irl_world_class(irl_world_host(&m, h.f.server).hash) !=
		   IRL_WORLD_LINUX)
		h.f.service =
		    irl_world_service(&m, ++h.f.server, h.f.server_port);
	h.f.request = &scaled;
	give(&h, IRL_TCP_SYN, 1000, "");
	assert_true(comes(&h));
	assert_true(h.seen.timestamps);
	assert_int_equal(h.seen.scale, -1);
	h.f.request = &plain_request;
	h.f.port++;
	handshake(&h);
	for (uint32_t i = 0; i < sizeof(GET) - 1; i++) {
		assert_int_equal(h.tcp.window, 1);
		give(&h, IRL_TCP_ACK, 1001 + i, &GET[i]);
		assert_true(comes(&h));
		assert_int_equal(h.tcp.ack, 1001 + i + 1);
	}
	assert_int_equal(h.length, h.f.service.stream);
	finish(&h);
}

/* Each kind of system has its own patience. */
static void test_synack_schedules(void **state)
{
	static const unsigned wait[3][6] = {
	    {1, 2, 4, 8, 16, 0}, {3, 6, 0}, {6, 24, 48, 0}};
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);

	(void)state;
	for (unsigned class = 0; class < 3; class ++) {
		struct hand h = begin(&m, IRL_WORLD_HTTP, 0, false);

		while (irl_world_class(irl_world_host(&m, h.f.server).hash) !=
		       class)
			h.f.server++;
		handshake(&h);
		for (unsigned i = 0; wait[class][i]; i++) {
			h.now_ns += wait[class][i] * SECOND - (i ? 2 : 1) * MS;
			assert_quiet(&h);
			assert_true(irl_world_server_next(h.server) <=
				    h.now_ns + 2 * MS);
			h.now_ns += 2 * MS;
			assert_comes(&h, IRL_TCP_SYN | IRL_TCP_ACK, 0);
		}
		h.now_ns += 60 * SECOND;
		assert_quiet(&h);
		assert_int_equal(irl_world_server_connections(h.server), 0);
		irl_world_server_free(h.server);
	}
}

/* RFC 9293, 3.10.7; RFC 5961, 3.2 and 4.2. */
static void test_bad_segments(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct hand h = begin(&m, IRL_WORLD_MUTE, 0, false);
	uint32_t theirs;

	(void)state;
	give(&h, IRL_TCP_ACK, 1001, "x"); /* of no connection */
	assert_comes(&h, IRL_TCP_RST, 0);
	assert_int_equal(h.tcp.seq, 0);
	give(&h, 0, 1001, "x");
	give(&h, IRL_TCP_RST, 1001, "");
	give(&h, IRL_TCP_FIN | IRL_TCP_SYN, 1001, "");
	assert_quiet(&h);
	handshake(&h);
	theirs = h.f.theirs;
	h.f.theirs += 5; /* acknowledges what was not sent */
	give(&h, IRL_TCP_ACK, 1001, "");
	assert_comes(&h, IRL_TCP_RST, 0);
	assert_int_equal(h.tcp.seq, theirs + 5);
	h.f.theirs = theirs;
	give(&h, IRL_TCP_ACK, 1001, "");
	assert_quiet(&h);
	give(&h, IRL_TCP_RST, 1002, ""); /* inside the window */
	assert_comes(&h, IRL_TCP_ACK, 0);
	give(&h, IRL_TCP_RST, 1000, ""); /* outside */
	assert_quiet(&h);
	give(&h, IRL_TCP_SYN, 5000, "");
	assert_comes(&h, IRL_TCP_ACK, 0);
	h.f.theirs = theirs + 1;
	give(&h, IRL_TCP_ACK, 1001, "x");
	assert_comes(&h, IRL_TCP_ACK, 0);
	assert_int_equal(h.tcp.ack, 1001);
	assert_int_equal(irl_world_server_connections(h.server), 1);
	give(&h, IRL_TCP_RST, 1001, "");
	assert_int_equal(irl_world_server_connections(h.server), 0);
	finish(&h);
}

/* MSS and window of the client are kept to; a closed window is probed. */
static void test_small_segments_and_windows(void **state)
{
	static const struct world_request small = {
	    .text = GET, .mss = 100, .window = 250};
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct hand h = begin(&m, IRL_WORLD_HTTP, 0, false);
	struct world_request shut = small;

	(void)state;
	h.f.request = &small;
	handshake(&h);
	give(&h, IRL_TCP_ACK, 1001, GET);
	assert_comes(&h, IRL_TCP_ACK, 100);
	assert_comes(&h, IRL_TCP_ACK, 100);
	assert_quiet(&h);
	h.f.got = 200;
	shut.window = 1; /* 0 would mean the default to this client */
	h.f.request = &shut;
	give(&h, IRL_TCP_ACK, 1001 + sizeof(GET) - 1, "");
	assert_comes(&h, IRL_TCP_ACK, 1);
	assert_quiet(&h);
	h.now_ns += 300 * MS;
	assert_comes(&h, IRL_TCP_ACK, 1); /* lost: the same again */
	assert_int_equal(h.tcp.seq, h.f.theirs + 200);
	finish(&h);
}

/* Three copies of an acknowledgment: the hole, at once. */
static void test_fast_repetition(void **state)
{
	static const struct world_request small = {.text = GET, .mss = 100};
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct hand h = begin(&m, IRL_WORLD_HTTP, 0, false);
	const uint32_t next = 1001 + sizeof(GET) - 1;

	(void)state;
	h.f.request = &small;
	handshake(&h);
	give(&h, IRL_TCP_ACK, 1001, GET);
	while (comes(&h))
		continue;
	h.f.got = 100;
	give(&h, IRL_TCP_ACK, next, "");
	while (comes(&h))
		continue;
	for (int i = 0; i < 2; i++)
		give(&h, IRL_TCP_ACK, next, "");
	assert_quiet(&h);
	give(&h, IRL_TCP_ACK, next, "");
	assert_comes(&h, IRL_TCP_ACK, 100);
	assert_int_equal(h.tcp.seq, h.f.theirs + 100);
	finish(&h);
}

/* What the kernel's responder passes up for want of room: the same numbers. */
static void test_without_state(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_ALL);
	struct hand h = begin(&m, IRL_WORLD_HTTP, 0, false);
	uint64_t hash = irl_world_host(&m, h.f.server).hash;

	(void)state;
	h.f.theirs = irl_world_flow_isn(hash, WORLD_CLIENT, 40000, 80) + 1;
	give(&h, IRL_TCP_ACK, 1001, GET);
	assert_true(comes(&h));
	assert_int_equal(h.length, h.f.service.stream);
	assert_int_equal(h.tcp.seq, h.f.theirs);
	assert_int_equal(h.tcp.ack, 1001 + sizeof(GET) - 1);
	h.f.theirs += 100000;
	give(&h, IRL_TCP_ACK, 1001, GET);
	assert_comes(&h, IRL_TCP_RST, 0);
	finish(&h);
}

static void test_closed_and_unreachable(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct hand h = begin(&m, IRL_WORLD_HTTP, 0, false);
	uint8_t frame[IRL_FRAME_MAX];

	(void)state;
	irl_world_server_free(h.server);
	m.open = 0;
	m.closed = IRL_WORLD_ONE;
	h.server = new_server(&m, 16);
	give(&h, IRL_TCP_SYN, 1000, "");
	assert_comes(&h, IRL_TCP_RST | IRL_TCP_ACK, 0);
	assert_int_equal(h.tcp.ack, 1001);
	irl_world_server_free(h.server);
	m.alive = 0;
	m.unreachable = IRL_WORLD_ONE;
	h.server = new_server(&m, 16);
	give(&h, IRL_TCP_SYN, 1000, "");
	assert_int_equal(irl_world_server_output(h.server, SECOND, frame), 70);
	assert_true(irl_checksum_valid(frame, 70));
	assert_int_equal(frame[34], 3);
	finish(&h);
}

/* ---- many at once
 * ---------------------------------------------------------------
 */

struct crowd {
	struct irl_world_model model;
	struct irl_world_server *server;
	struct irl_link *link;
	struct irl_port *near, *far;
	struct world_request request;
	struct world_fetcher *f;
	uint32_t count, begun, ended;
	uint32_t at_once;
	uint64_t now_ns;
	struct irl_frame out[IRL_BATCH_MAX];
	uint8_t byte[IRL_BATCH_MAX][160];
	unsigned waiting;
	uint64_t frames, trace; /* what came: how much, and a hash of it */
};

static void flush(struct crowd *c)
{
	static enum irl_tx_status status[IRL_BATCH_MAX];

	if (!c->waiting)
		return;
	assert_int_equal(irl_port_send(c->near, 0, c->out, c->waiting, status),
			 c->waiting);
	c->waiting = 0;
	irl_link_advance(c->link, c->now_ns);
	assert_true(irl_world_server_pump(c->server, c->far, 0, c->now_ns) >=
		    0);
}

static void crowd_send(void *context, const uint8_t *frame, uint32_t length)
{
	struct crowd *c = context;

	assert_true(length <= sizeof(c->byte[0]));
	if (c->waiting == 256)
		flush(c);
	memcpy(c->byte[c->waiting], frame, length);
	c->out[c->waiting] =
	    (struct irl_frame){.data = c->byte[c->waiting], .length = length};
	c->waiting++;
}

/* Fetcher i: a target and a port of its own. */
static void set_out(struct crowd *c, uint32_t i, uint32_t addr)
{
	struct world_fetcher *f = &c->f[i];

	f->request = &c->request;
	f->server = addr + i / 64;
	f->server_port = (uint16_t)(80 + i % 64);
	f->port = (uint16_t)(1024 + i % 60000);
	f->service = irl_world_service(&c->model, f->server, f->server_port);
}

static struct crowd *new_crowd(const struct irl_world_model *m, uint32_t count)
{
	struct irl_link_options o = {
	    .tx_frames = 8192, .rx_frames = 65536, .frames = 131072};
	struct crowd *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->model = *m;
	c->server = new_server(m, count + 16);
	c->count = c->at_once = count;
	c->request = (struct world_request){.text = GET, .early = true};
	c->f = calloc(count, sizeof(*c->f));
	assert_non_null(c->f);
	assert_int_equal(irl_link_new(&c->link, &o, &c->near, &c->far, NULL),
			 0);
	for (uint32_t i = 0; i < count; i++)
		set_out(c, i, 0x0a400000);
	return c;
}

static void free_crowd(struct crowd *c)
{
	irl_world_server_free(c->server);
	irl_port_close(c->near);
	irl_port_close(c->far);
	irl_link_free(c->link);
	free(c->f);
	free(c);
}

static bool is_over(const struct world_fetcher *f)
{
	/* The mute and the holes: silence is all that they are good for. */
	return f->stage >= WORLD_ENDED ||
	       (!f->service.stream && f->stage == WORLD_READING) ||
	       (f->service.kind == IRL_WORLD_HOLE && f->tries > 2);
}

static void take_frame(struct crowd *c, const struct irl_frame *frame)
{
	struct world_fetcher *f;
	struct irl_bytes data = {0};
	struct irl_ipv4 ip = {0};
	struct irl_tcp tcp = {0};
	uint32_t i;
	bool before;

	assert_true(
	    world_client_read(frame->data, frame->length, &ip, &tcp, &data));
	c->frames++;
	c->trace = irl_world_mix(c->trace ^ tcp.seq ^ c->now_ns ^
				 (uint64_t)ip.source << 32);
	i = (ip.source - 0x0a400000) * 64 + tcp.source - 80u;
	assert_true(i < c->count);
	f = &c->f[i];
	assert_int_equal(tcp.dest, f->port);
	before = is_over(f);
	world_client_take(f, &tcp, data, c->now_ns, crowd_send, c);
	c->ended += !before && is_over(f);
}

static void take_all(struct crowd *c)
{
	struct irl_frame frame[256];
	int n;

	do {
		irl_world_server_pump(c->server, c->far, 0, c->now_ns);
		irl_link_advance(c->link, c->now_ns);
		n = irl_port_recv(c->near, 0, frame, 256);
		for (int i = 0; i < n; i++)
			take_frame(c, &frame[i]);
		flush(c);
	} while (n > 0);
}

/* Those that have waited for a second: @from and every 64th behind it. */
static void look_after(struct crowd *c, uint32_t from)
{
	for (uint32_t i = from; i < c->begun; i += 64) {
		struct world_fetcher *f = &c->f[i];
		bool before = is_over(f);

		if (before || f->again_ns > c->now_ns)
			continue;
		world_client_again(f, c->now_ns, crowd_send, c);
		c->ended += is_over(f);
	}
	flush(c);
}

/* Until all are over, in steps to the server's next event. */
static void run_crowd(struct crowd *c)
{
	uint64_t look_ns = 0;
	uint32_t turn = 0;

	while (c->ended < c->count) {
		uint64_t next;

		while (c->begun < c->count &&
		       c->begun - c->ended < c->at_once) {
			world_client_begin(&c->f[c->begun++], c->now_ns,
					   crowd_send, c);
			if (c->waiting == 256) {
				flush(c);
				take_all(c);
			}
		}
		flush(c);
		take_all(c);
		next = irl_world_server_next(c->server);
		if (next > look_ns)
			next = look_ns;
		if (next > c->now_ns)
			c->now_ns = next;
		if (c->now_ns >= look_ns) {
			look_ns = c->now_ns + 5 * MS;
			look_after(c, turn++ % 64);
		}
		assert_true(c->now_ns < 3600 * SECOND);
	}
}

static void check_crowd(const struct crowd *c)
{
	uint64_t counts[IRL_WORLD_S_COUNTS];

	for (uint32_t i = 0; i < c->count; i++) {
		const struct world_fetcher *f = &c->f[i];
		struct irl_world_fetch truth =
		    irl_world_fetch(&c->model, f->server, f->server_port);

		assert_false(f->wrong);
		assert_int_equal(f->got, truth.service.stream);
		assert_true(truth.synacked);
		assert_int_equal(f->acked == strlen(GET) || f->got > 0,
				 truth.acknowledged);
		assert_int_not_equal(f->stage, WORLD_REFUSED);
	}
	irl_world_server_counts(c->server, counts);
	assert_int_equal(counts[IRL_WORLD_S_MALFORMED], 0);
	assert_int_equal(counts[IRL_WORLD_S_CROWDED], 0);
	assert_int_equal(counts[IRL_WORLD_S_DROPPED], 0);
}

static void test_crowd_on_a_clean_way(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	uint64_t counts[IRL_WORLD_S_COUNTS];

	(void)state;
	m.services.middlebox = irl_world_share(0.1);
	for (int i = 0; i < 4; i++) {
		struct crowd *c = new_crowd(&m, 2000);

		c->request.early = i & 1;
		c->request.options = i & 2;
		run_crowd(c);
		check_crowd(c);
		irl_world_server_counts(c->server, counts);
		assert_int_equal(counts[IRL_WORLD_S_REPEATED], 0);
		assert_int_equal(counts[IRL_WORLD_S_GIVEN_UP], 0);
		free_crowd(c);
	}
}

/* Both must give the same frames at the same times. */
static void run_twice(const struct irl_world_model *m, uint32_t count)
{
	struct crowd *c[2];

	for (int i = 0; i < 2; i++) {
		c[i] = new_crowd(m, count);
		c[i]->request.options = true;
		run_crowd(c[i]);
		check_crowd(c[i]);
	}
	assert_true(c[0]->trace == c[1]->trace && c[0]->frames == c[1]->frames);
	assert_true(c[0]->now_ns == c[1]->now_ns);
	free_crowd(c[0]);
	free_crowd(c[1]);
}

static void test_crowd_on_bad_ways(void **state)
{
	static const double loss[] = {0, 0.01, 0.05, 0.2};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);

		m.loss = irl_world_share(loss[i]);
		m.services.rtt_min_us = 5000;
		m.services.rtt_max_us = 400000;
		m.services.reorder = irl_world_share(0.05);
		m.services.duplicate = irl_world_share(0.03);
		m.services.large = 0;
		run_twice(&m, 500);
	}
}

static void test_crowd_in_bursts_and_long_ways(void **state)
{
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);

	(void)state;
	/* Longer bursts outlast a server's patience now and then. */
	m.services.burst = irl_world_share(0.05);
	m.services.burst_frames = 2;
	m.services.rtt_min_us = 1000000;
	m.services.rtt_max_us = 3000000;
	m.services.large = 0;
	m.services.medium = 0;
	run_twice(&m, 500);
	m.services.burst = 0;
	m.services.rtt_max_us = 10000000;
	run_twice(&m, 500);
}

/* 10^5 at once by night, a tenth by day; and how fast that goes. */
static void test_very_many_at_once(void **state)
{
	const char *nightly = getenv("IRL_NIGHTLY");
	const uint32_t many = nightly && *nightly ? 100000 : 10000;
	struct irl_world_model m = model_of(IRL_WORLD_SERVE_USER);
	struct timespec a, b;
	struct crowd *c;
	double seconds;

	(void)state;
	m.services.rtt_min_us = 50000;
	m.services.rtt_max_us = 400000;
	m.services.medium = m.services.large = 0;
	m.services.mute = 0;
	c = new_crowd(&m, 3 * many);
	c->at_once = many;
	c->request.reset = true;
	clock_gettime(CLOCK_MONOTONIC, &a);
	run_crowd(c);
	clock_gettime(CLOCK_MONOTONIC, &b);
	seconds = (double)(b.tv_sec - a.tv_sec) +
		  (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("%u exchanges in %.2f s (%.2f s of the world's time): %.0f/s, "
	       "client and link included\n",
	       c->count, seconds, (double)c->now_ns / 1e9, c->count / seconds);
	check_crowd(c);
	free_crowd(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_page_then_end),
	    cmocka_unit_test(test_banner_speaks_first),
	    cmocka_unit_test(test_deaf_drop_what_comes_early),
	    cmocka_unit_test(test_mute_and_hole),
	    cmocka_unit_test(test_drip),
	    cmocka_unit_test(test_narrow),
	    cmocka_unit_test(test_synack_schedules),
	    cmocka_unit_test(test_bad_segments),
	    cmocka_unit_test(test_small_segments_and_windows),
	    cmocka_unit_test(test_fast_repetition),
	    cmocka_unit_test(test_without_state),
	    cmocka_unit_test(test_closed_and_unreachable),
	    cmocka_unit_test(test_crowd_on_a_clean_way),
	    cmocka_unit_test(test_crowd_on_bad_ways),
	    cmocka_unit_test(test_crowd_in_bursts_and_long_ways),
	    cmocka_unit_test(test_very_many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
