// SPDX-License-Identifier: BSD-2-Clause
/*
 * The TCP stack over IPv6 against the kernel's own server: from an address that
 * only we own, whose neighbour we find and who is found by us, and from the
 * host's, beside the host.
 *
 *   here: port on va, stack ---- veth ---- there: a server, a capture on vb
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <irl/net.h>
#include <irl/tcp.h>
#include "netns/net_lab.h"
#include "octets.h"

#define BODY 10240u
#define SERVER_PORT 8080
#define ROOM (IRL_FRAME_MAX + 6)
#define BATCH 64u

static struct lab lab;
static uint8_t body[BODY];

static struct irl_ip ip(const char *text)
{
	struct irl_ip out;

	assert_true(irl_ip_read(text, &out));
	return out;
}

/* ---- there ----------------------------------------------------------------
 */

struct server {
	pthread_t thread;
	int fd;
	char asked[32];
	ssize_t asked_bytes;
};

/* One connection: a request comes, the body goes. */
static void *serve(void *context)
{
	struct server *s = context;
	ssize_t done = 0, n = 0;
	int fd;

	/* with a time limit it is not restarted (loading BPF signals) */
	do
		fd = accept(s->fd, NULL, NULL);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return NULL;
	s->asked_bytes = recv(fd, s->asked, sizeof(s->asked), 0);
	while (done < BODY &&
	       (n = send(fd, body + done, BODY - (size_t)done, 0)) > 0)
		done += n;
	shutdown(fd, SHUT_WR);
	recv(fd, s->asked + 16, 1, 0); /* until it is reset or closed */
	close(fd);
	return NULL;
}

static void start_server(struct server *s)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6,
				  .sin6_port = htons(SERVER_PORT)};
	struct timeval patience = {.tv_sec = 20};
	int yes = 1;

	memset(s, 0, sizeof(*s));
	lab_enter(lab.there);
	s->fd = socket(AF_INET6, SOCK_STREAM, 0);
	lab_enter(lab.here);
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s->fd, 4), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void end_server(struct server *s)
{
	pthread_join(s->thread, NULL);
	close(s->fd);
}

/* All that arrives on vb. */
static int open_capture(void)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(0x0003)};
	int yes = 1, room = 8 << 20, fd;

	lab_enter(lab.there);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	at.sll_ifindex = (int)if_nametoindex("vb");
	lab_enter(lab.here);
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* What came from @source. */
struct seen {
	unsigned segments, resets, solicitations, adverts;
};

static struct seen look(int fd, const struct irl_ip *source)
{
	struct seen seen = {0};
	uint8_t f[4096];
	ssize_t n;

	while ((n = recv(fd, f, sizeof(f), 0)) > 0) {
		if (n < 74 || get16(f + 12) != 0x86dd ||
		    memcmp(f + 22, source->byte, 16) != 0)
			continue;
		seen.segments += f[20] == 6;
		seen.resets += f[20] == 6 && (f[54 + 13] & 4);
		seen.solicitations += f[20] == 58 && f[54] == 135;
		seen.adverts += f[20] == 58 && f[54] == 136;
	}
	return seen;
}

/* ---- here -----------------------------------------------------------------
 */

struct client {
	struct irl_port *port;
	struct irl_tcp_stack *tcp;
	struct irl_steer steer;
	uint8_t mac[6];
	uint8_t frames[BATCH][ROOM];
	uint8_t got[BODY + 1];
	uint32_t length;
	bool closed;
	enum irl_tcp_outcome outcome;
	uint64_t id;
};

static uint64_t now_ns(void)
{
	return (uint64_t)(lab_now() * 1e9);
}

static void send_all(struct client *c, unsigned count, const uint32_t length[])
{
	struct irl_frame frames[BATCH];
	enum irl_tx_status status[BATCH];

	for (unsigned i = 0; i < count; i++)
		frames[i] = (struct irl_frame){.data = c->frames[i],
					       .length = length[i]};
	if (count)
		irl_port_send(c->port, 0, frames, count, status);
}

static void receive(struct client *c)
{
	enum irl_tcp_verdict verdict[BATCH];
	struct irl_frame in[BATCH];
	uint32_t length[BATCH];
	unsigned answers = 0;
	int n = irl_port_recv(c->port, 0, in, BATCH);

	if (n <= 0)
		return;
	irl_tcp_input(c->tcp, in, (unsigned)n, now_ns(), verdict);
	for (int i = 0; i < n; i++) {
		assert_int_not_equal(verdict[i], IRL_TCP_BAD);
		if (verdict[i] != IRL_TCP_FOREIGN)
			continue;
		length[answers] =
		    irl_answer_steered(&c->steer, c->mac, in[i].data,
				       in[i].length, c->frames[answers]);
		answers += length[answers] != 0;
	}
	send_all(c, answers, length);
}

static void transmit(struct client *c)
{
	struct irl_frame out[BATCH];
	uint32_t length[BATCH];
	unsigned n;

	for (unsigned i = 0; i < BATCH; i++)
		out[i] = (struct irl_frame){.data = c->frames[i]};
	n = irl_tcp_output(c->tcp, out, BATCH, now_ns());
	for (unsigned i = 0; i < n; i++)
		length[i] = out[i].length;
	send_all(c, n, length);
}

static void attend(struct client *c)
{
	struct irl_tcp_event event[8];
	unsigned n = irl_tcp_poll(c->tcp, event, 8);

	for (unsigned i = 0; i < n; i++) {
		uint64_t id = event[i].id;
		int got;

		if (event[i].kind == IRL_TCP_ESTABLISHED)
			assert_int_equal(irl_tcp_send(c->tcp, id, "GET", 3, 0),
					 3);
		while ((got = irl_tcp_read(c->tcp, id, c->got + c->length,
					   sizeof(c->got) - c->length)) > 0)
			c->length += (uint32_t)got;
		if (event[i].kind == IRL_TCP_ENDED)
			assert_int_equal(irl_tcp_abort(c->tcp, id), 0);
		if (event[i].kind == IRL_TCP_CLOSED) {
			c->closed = true;
			c->outcome = event[i].outcome;
		}
	}
}

static void drive(struct client *c)
{
	double end = lab_now() + 15;

	while (!c->closed && lab_now() < end) {
		irl_port_wait(c->port, 0, 1000000);
		receive(c);
		irl_tcp_advance(c->tcp, now_ns());
		attend(c);
		transmit(c);
	}
}

static void open_client(struct client *c, const char *kind,
			const struct irl_ip *source, bool own)
{
	const struct irl_ip server = ip("fd09::2");
	const struct irl_port_options options = {
	    .ifname = "va", .kind = kind, .steer = &c->steer};
	struct irl_tcp_local local = {*source, 61000, 61999};
	struct irl_tcp_stack_options o = {.locals = &local,
					  .local_count = 1,
					  .partial_checksums = true,
					  .seed = 7,
					  .connections = 16};
	struct irl_ip_route route;
	struct irl_error err = {0};

	memset(c, 0, sizeof(*c));
	c->steer.port_first = 61000;
	c->steer.port_last = 61999;
	if (own) {
		c->steer.own6[0] = (struct irl_prefix6){*source, 128};
		c->steer.own6_count = 1;
	} else {
		c->steer.host_addr6 = *source;
	}
	if (irl_port_open(&c->port, &options, &err))
		fail_msg("%s", err.text);
	memcpy(c->mac, irl_port_info(c->port)->mac, 6);
	memcpy(o.mac, c->mac, 6);
	if (irl_ip_route_get(&server, NULL, &route, &err) ||
	    irl_ip_next_hop(c->port, &route, source, &server, o.gateway_mac,
			    &err) ||
	    irl_tcp_new(&c->tcp, &o, &err))
		fail_msg("%s", err.text);
}

static void close_client(struct client *c)
{
	irl_tcp_free(c->tcp);
	irl_port_close(c->port);
}

/* Fetch the body; what went over the wire from @source. */
static struct seen fetch(const char *kind, const char *source, bool own)
{
	const struct irl_ip from = ip(source);
	struct irl_tcp_connect to = {.remote = ip("fd09::2"),
				     .port = SERVER_PORT};
	int capture = open_capture();
	static struct client c;
	struct server server;
	struct seen seen;

	start_server(&server);
	lab_do_there(&lab, "ip -6 neigh flush dev vb");
	open_client(&c, kind, &from, own);
	assert_int_equal(irl_tcp_connect(c.tcp, &to, 1, &c.id, now_ns()), 1);
	drive(&c);
	end_server(&server);
	assert_true(c.closed);
	assert_int_equal(c.outcome, IRL_TCP_ABORTED);
	assert_int_equal(c.length, BODY);
	assert_memory_equal(c.got, body, BODY);
	assert_int_equal(server.asked_bytes, 3);
	assert_memory_equal(server.asked, "GET", 3);
	close_client(&c);
	seen = look(capture, &from);
	close(capture);
	return seen;
}

static void own_address(void **state)
{
	static const char *const kinds[] = {"live", "packet"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct seen seen = fetch(kinds[i], "fd09::9", true);

		/* its neighbour asked by us, and told by us who we are */
		assert_true(seen.solicitations >= 1);
		assert_true(seen.segments >= 3);
		assert_int_equal(seen.resets, 1); /* ours, at the end */
	}
}

/* The host's kernel, which has no such connection, stays out of it. */
static void hosts_address(void **state)
{
	struct seen seen = fetch("live", "fd09::1", false);

	(void)state;
	assert_true(seen.segments >= 3);
	assert_int_equal(seen.resets, 1);
}

/* A neighbour that knows nothing of us asks, and a fetch waits for it. */
static void neighbour_asks_in_between(void **state)
{
	const struct irl_ip from = ip("fd09::9");
	struct irl_tcp_connect to = {.remote = ip("fd09::2"),
				     .port = SERVER_PORT};
	static struct client c;
	struct server server;
	struct seen seen;
	int capture;

	(void)state;
	start_server(&server);
	open_client(&c, "live", &from, true);
	lab_do_there(&lab, "ip -6 neigh flush dev vb");
	capture = open_capture();
	assert_int_equal(irl_tcp_connect(c.tcp, &to, 1, &c.id, now_ns()), 1);
	drive(&c);
	end_server(&server);
	assert_int_equal(c.length, BODY);
	assert_memory_equal(c.got, body, BODY);
	close_client(&c);
	seen = look(capture, &from);
	assert_true(seen.adverts >= 1);
	close(capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(own_address),
	    cmocka_unit_test(hosts_address),
	    cmocka_unit_test(neighbour_asks_in_between),
	};
	struct irl_port_options options = {.ifname = "va", .kind = "live"};
	struct irl_error err = {0};
	struct irl_port *port;

	for (unsigned i = 0; i < BODY; i++)
		body[i] = (uint8_t)(i * 31 + i / 256);
	lab = lab_new();
	if (lab_run("ip addr add fd09::1/64 dev va nodad"))
		return LAB_SKIPPED;
	lab_enter(lab.there);
	if (lab_run("ethtool -K vb gro on && "
		    "ip addr add fd09::2/64 dev vb nodad"))
		return LAB_SKIPPED;
	lab_enter(lab.here);
	if (irl_port_open(&port, &options, &err)) {
		fprintf(stderr, "skipped: %s\n", err.text);
		return LAB_SKIPPED;
	}
	irl_port_close(port);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
