/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of irl_tcp_* that does one exchange after another: connect, request
 * in the handshake's ACK, answer, RST.  Whoever carries its frames drives it.
 */
#ifndef IRL_BENCH_TCP_CLIENT_H
#define IRL_BENCH_TCP_CLIENT_H

#include <stdint.h>
#include <irl/error.h>
#include <irl/tcp.h>

#define BENCH_CLIENT_ADDR 0x0a000009u /* 10.0.0.9: nobody else's */
#define BENCH_CLIENT_SERVERS 0x0a010000u
#define BENCH_CLIENT_SERVER_COUNT 0x00f00000u /* then over again */
#define BENCH_CLIENT_LOCALS 200u

/*
 * What everybody asks for.  The world writes its answer into the frame of the
 * request, and one of the host's sockets has room for some 200 bytes more than
 * its length: so the request is no shorter than a browser's, and pages are
 * short.
 */
#define BENCH_CLIENT_REQUEST                                                   \
	"GET / HTTP/1.1\r\n"                                                   \
	"Host: server.example\r\n"                                             \
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) irl-bench/1.0\r\n"        \
	"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n\r\n"
#define BENCH_CLIENT_BODY_MAX 120u /* of the world's pages */

struct bench_client {
	struct irl_tcp_stack *stack;
	uint32_t limit; /* at once */
	uint32_t open;
	uint32_t servers, server_count;
	uint16_t port;
	uint64_t opened, established, done, failed;
};

struct bench_client_options {
	uint32_t limit;
	uint32_t locals; /* source addresses from @addr on */
	uint32_t addr;   /* 0: BENCH_CLIENT_ADDR */
	/* Where it connects to; all 0: BENCH_CLIENT_SERVERS. */
	uint32_t servers, server_count;
	uint16_t port;
	uint8_t mac[6], gateway_mac[6];
	uint64_t syn_timeout_ns; /* 0: the stack's */
	uint32_t established;    /* of them at once; 0: all */
	uint64_t buffer_bytes;   /* 0: 64 MiB */
};

int bench_client_open(struct bench_client *client,
		      const struct bench_client_options *options,
		      struct irl_error *err);
void bench_client_close(struct bench_client *client);

/* Connect, at most @most more, until the limit is reached. */
void bench_client_connect(struct bench_client *client, uint32_t most,
			  uint64_t now_ns);
/* Answer events: established by the request, an answer by RST. */
void bench_client_answer(struct bench_client *client);

#endif
