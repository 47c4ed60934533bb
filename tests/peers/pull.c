// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client on the user-space stack, by the public headers alone: connect, send
 * a request, take what comes, write it to a file, and a line of JSON for each
 * connection.  One after the other, so that a capture is easy to read.
 *
 *   pull [OPTION...] ADDRESS PORT
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/evp.h>
#include <irl/json.h>
#include <irl/net.h>
#include <irl/tcp.h>
#include <irl/wrap.h>

#define BATCH 256u
#define WAIT_NS 20000000
#define EXIT_SKIP 77

static const char usage[] =
    "pull [OPTION...] ADDRESS PORT\n"
    "  -i NAME    interface (va)\n"
    "  -k KIND    port: live or packet (live)\n"
    "  -s ADDR    send from an address that only we own (the host's)\n"
    "  -n COUNT   connections, one after the other (1)\n"
    "  -r TEXT    request; \\r and \\n are known\n"
    "  -f FILE    request from a file, after TEXT\n"
    "  -u UNTIL   close, line, or so many bytes (close)\n"
    "  -x HOW     end by rst, fin, or shut: FIN after the request (rst)\n"
    "  -o FILE    write what the last connection received\n"
    "  -w FILE    pcapng of all frames sent and received\n"
    "  -b BYTES   receive window (256 KiB)\n"
    "  -d SECONDS for each connection (100)\n"
    "  -l         a lossy path: more SYNs and timeouts, and shorter ones\n";

struct options {
	const char *ifname, *kind, *out, *pcapng;
	struct in_addr source, remote;
	uint16_t port;
	unsigned count, seconds;
	uint32_t window;
	char *request;
	uint32_t size;
	uint64_t bytes; /* UINT64_MAX: until it is closed */
	bool line, fin, shut, lossy;
};

struct pull {
	struct options o;
	struct irl_port *port;
	struct irl_pcapng *pcapng;
	struct irl_steer steer;
	struct irl_tcp_stack *stack;
	struct irl_frame frames[BATCH];
	uint8_t memory[BATCH][IRL_FRAME_MAX];
	/* the connection */
	uint64_t id, got;
	uint32_t sent;
	bool shut, ended, done;
	uint8_t last;
	FILE *out;
	EVP_MD_CTX *digest;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void die(int code, const char *what, const char *why)
{
	fprintf(stderr, "pull: %s: %s\n", what, why);
	exit(code);
}

/* ---- options ------------------------------------------------------------ */

static void add_text(struct options *o, const char *text)
{
	o->request = realloc(o->request, o->size + strlen(text) + 1);
	for (; *text; text++) {
		char c = *text;

		if (c == '\\' && (text[1] == 'r' || text[1] == 'n'))
			c = *++text == 'r' ? '\r' : '\n';
		o->request[o->size++] = c;
	}
}

static void add_file(struct options *o, const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file)
		die(2, path, strerror(errno));
	do {
		o->request = realloc(o->request, o->size + 65536);
		n = fread(o->request + o->size, 1, 65536, file);
		o->size += (uint32_t)n;
	} while (n);
	fclose(file);
}

static void set_until(struct options *o, const char *text)
{
	o->line = !strcmp(text, "line");
	if (!o->line && strcmp(text, "close"))
		o->bytes = strtoull(text, NULL, 10);
}

static void set_option(struct options *o, int c, const char *arg)
{
	switch (c) {
	case 'i':
		o->ifname = arg;
		break;
	case 'k':
		o->kind = arg;
		break;
	case 's':
		o->source.s_addr = inet_addr(arg);
		break;
	case 'n':
		o->count = (unsigned)atoi(arg);
		break;
	case 'r':
		add_text(o, arg);
		break;
	case 'f':
		add_file(o, arg);
		break;
	case 'u':
		set_until(o, arg);
		break;
	case 'x':
		o->shut = !strcmp(arg, "shut");
		o->fin = o->shut || !strcmp(arg, "fin");
		break;
	case 'o':
		o->out = arg;
		break;
	case 'w':
		o->pcapng = arg;
		break;
	case 'b':
		o->window = (uint32_t)atoi(arg);
		break;
	case 'd':
		o->seconds = (unsigned)atoi(arg);
		break;
	case 'l':
		o->lossy = true;
		break;
	default:
		die(2, "usage", usage);
	}
}

static void get_options(struct options *o, int argc, char **argv)
{
	int c;

	*o = (struct options){.ifname = "va",
			      .kind = "live",
			      .count = 1,
			      .seconds = 100,
			      .bytes = UINT64_MAX};
	while ((c = getopt(argc, argv, "i:k:s:n:r:f:u:x:o:w:b:d:l")) != -1)
		set_option(o, c, optarg);
	if (argc - optind != 2 || !inet_aton(argv[optind], &o->remote))
		die(2, "usage", usage);
	o->port = (uint16_t)atoi(argv[optind + 1]);
}

/* ---- opening ------------------------------------------------------------ */

/* Which frames are ours: an address of our own, or ports of the host's. */
static void choose_source(struct pull *p, uint32_t host,
			  struct irl_tcp_local *local)
{
	struct irl_error err;
	uint32_t own = ntohl(p->o.source.s_addr);
	struct irl_steer *steer = &p->steer;

	*local = (struct irl_tcp_local){irl_ip4(own ? own : host), 1024, 65535};
	if (own) {
		steer->own[steer->own_count++] = (struct irl_prefix4){own, 32};
		return;
	}
	if (irl_port_range_choose(host, 0, &local->port_first,
				  &local->port_last, &err) < 0)
		die(1, "source ports", err.text);
	steer->host_addr = host;
	steer->port_first = local->port_first;
	steer->port_last = local->port_last;
}

static void open_port(struct pull *p)
{
	struct irl_error err;
	struct irl_port_options options = {
	    .ifname = p->o.ifname, .kind = p->o.kind, .steer = &p->steer};

	if (irl_port_open(&p->port, &options, &err) < 0)
		die(EXIT_SKIP, p->o.kind, err.text);
	/* Else the host would reset what it knows nothing of. */
	if (p->steer.host_addr &&
	    !(irl_port_info(p->port)->caps & IRL_PORT_EXCLUSIVE))
		die(2, p->o.kind, "the host sees its frames too: give -s");
	if (!p->o.pcapng)
		return;
	if (irl_pcapng_open(&p->pcapng, p->o.pcapng, &err) < 0 ||
	    irl_port_record(&p->port, p->port, p->pcapng, NULL, &err) < 0)
		die(1, p->o.pcapng, err.text);
}

static void open_stack(struct pull *p, const struct irl_tcp_local *local,
		       const uint8_t gateway_mac[6])
{
	const struct irl_port_info *info = irl_port_info(p->port);
	struct irl_error err;
	struct irl_tcp_stack_options options = {
	    .locals = local,
	    .local_count = 1,
	    .mtu = (uint16_t)(info->mtu < 1500 ? info->mtu : 1500),
	    .partial_checksums = true,
	    .seed = now_ns(),
	    .connections = 64,
	    .statistics = true,
	    .receive_bytes = p->o.window,
	    .total_ns = p->o.seconds * UINT64_C(1000000000),
	};

	/* A busy machine may keep us from the processor: no sign of loss. */
	options.probe_min_ns = 3000000000;
	if (p->o.lossy) {
		options.probe_min_ns = 0;
		options.syn_timeout_ns = 200000000;
		options.syn_retries = 6;
		options.rto_min_ns = 50000000;
		options.rto_max_ns = 1000000000;
		options.data_retries = 20;
	}
	memcpy(options.mac, info->mac, 6);
	memcpy(options.gateway_mac, gateway_mac, 6);
	if (irl_tcp_new(&p->stack, &options, &err) < 0)
		die(1, "stack", err.text);
	for (unsigned i = 0; i < BATCH; i++)
		p->frames[i].data = p->memory[i];
}

static void open_all(struct pull *p)
{
	struct irl_error err;
	struct irl_route route;
	struct irl_tcp_local local;
	uint32_t remote = ntohl(p->o.remote.s_addr);
	uint8_t mac[6];

	if (irl_route_get(remote, p->o.ifname, &route, &err) < 0)
		die(1, "route", err.text);
	choose_source(p, route.source, &local);
	open_port(p);
	if (irl_next_hop(p->port, &route, irl_ip_addr4(&local.addr), remote,
			 mac, &err) < 0)
		die(1, "next hop", err.text);
	open_stack(p, &local, mac);
}

/* ---- running ------------------------------------------------------------ */

static void send_frames(struct pull *p, struct irl_frame *frames, unsigned n)
{
	enum irl_tx_status status[BATCH];

	/* What is refused is a lost segment: TCP mends it. */
	if (irl_port_send(p->port, 0, frames, n, status) < 0)
		die(1, "send", "the port is gone");
}

/* What is no TCP of ours may ask who we are. */
static void answer(struct pull *p, const struct irl_frame *frame)
{
	uint8_t bytes[IRL_FRAME_MAX];
	struct irl_frame reply = {.data = bytes};

	reply.length = irl_answer(p->steer.own, p->steer.own_count,
				  irl_port_info(p->port)->mac, frame->data,
				  frame->length, bytes);
	if (reply.length)
		send_frames(p, &reply, 1);
}

static int receive(struct pull *p)
{
	struct irl_frame frames[BATCH];
	enum irl_tcp_verdict verdict[BATCH];
	int n = irl_port_recv(p->port, 0, frames, BATCH);

	if (n < 0)
		die(1, "receive", irl_error_name(n));
	irl_tcp_input(p->stack, frames, (unsigned)n, now_ns(), verdict);
	for (int i = 0; i < n; i++)
		if (verdict[i] == IRL_TCP_FOREIGN)
			answer(p, &frames[i]);
	return n;
}

static void send_request(struct pull *p)
{
	const struct options *o = &p->o;
	int n = irl_tcp_send(p->stack, p->id, o->request + p->sent,
			     o->size - p->sent, 0);

	p->sent += n > 0 ? (uint32_t)n : 0;
	if (p->sent < o->size || !o->shut || p->shut)
		return;
	irl_tcp_shut(p->stack, p->id);
	p->shut = true;
}

static void read_all(struct pull *p)
{
	static uint8_t bytes[1 << 16];
	int n;

	while ((n = irl_tcp_read(p->stack, p->id, bytes, sizeof(bytes))) > 0) {
		EVP_DigestUpdate(p->digest, bytes, (size_t)n);
		if (p->out && fwrite(bytes, (size_t)n, 1, p->out) != 1)
			die(1, p->o.out, strerror(errno));
		p->got += (uint64_t)n;
		p->last = bytes[n - 1];
	}
}

static void finish(struct pull *p)
{
	if (p->done)
		return;
	p->done = true;
	if (p->o.fin)
		irl_tcp_close(p->stack, p->id);
	else
		irl_tcp_abort(p->stack, p->id);
}

static bool is_enough(const struct pull *p)
{
	if (p->o.line && p->got && p->last == '\n')
		return true;
	return p->ended || p->got >= p->o.bytes;
}

/* True at the connection's end. */
static bool take_events(struct pull *p)
{
	struct irl_tcp_event events[16];
	unsigned n = irl_tcp_poll(p->stack, events, 16);
	bool closed = false;

	for (unsigned i = 0; i < n; i++) {
		if (events[i].id != p->id)
			continue;
		p->ended |= events[i].kind == IRL_TCP_ENDED;
		closed |= events[i].kind == IRL_TCP_CLOSED;
		if (events[i].kind == IRL_TCP_ESTABLISHED ||
		    events[i].kind == IRL_TCP_WRITABLE)
			send_request(p);
	}
	read_all(p);
	if (!closed && is_enough(p))
		finish(p);
	return closed;
}

static void output(struct pull *p)
{
	unsigned n;

	do {
		n = irl_tcp_output(p->stack, p->frames, BATCH, now_ns());
		if (n)
			send_frames(p, p->frames, n);
	} while (n == BATCH);
}

static void wait_for_more(struct pull *p)
{
	uint64_t next = irl_tcp_next_ns(p->stack), now = now_ns();

	if (next <= now)
		return;
	irl_port_wait(p->port, 0,
		      (int64_t)(next - now < WAIT_NS ? next - now : WAIT_NS));
}

/* ---- telling ------------------------------------------------------------ */

static void tell_counts(const struct pull *p, struct irl_json *json)
{
	struct irl_tcp_stats stats;
	struct irl_port_stats port;

	irl_tcp_stats(p->stack, &stats);
	irl_port_stats(p->port, &port);
	irl_json_object(json, "stack");
	for (unsigned i = 0; i < IRL_TCP_COUNTS; i++)
		irl_json_uint(json, irl_tcp_count_name(i), stats.count[i]);
	irl_json_end_object(json);
	irl_json_uint(json, "too_long", port.rx_too_long);
	irl_json_uint(json, "full", port.rx_full);
	irl_json_uint(json, "refused", port.tx_offered - port.tx[0]);
}

static void tell_info(const struct irl_tcp_info *info, struct irl_json *json)
{
	irl_json_string(json, "outcome", irl_tcp_outcome_name(info->outcome));
	irl_json_uint(json, "local_port", info->local_port);
	irl_json_bool(json, "established", info->established);
	irl_json_bool(json, "request_acked", info->request_acked);
	irl_json_uint(json, "syn_rtt_ns", info->syn_rtt_ns);
	irl_json_uint(json, "srtt_ns", info->srtt_ns);
	irl_json_uint(json, "first_byte_ns", info->first_byte_ns);
	irl_json_uint(json, "total_ns", info->total_ns);
	irl_json_uint(json, "received", info->received);
	irl_json_uint(json, "sent", info->sent);
	irl_json_uint(json, "segments_in", info->segments_in);
	irl_json_uint(json, "segments_out", info->segments_out);
	irl_json_uint(json, "retransmits", info->retransmits);
	irl_json_uint(json, "sack_blocks_in", info->sack_blocks_in);
	irl_json_uint(json, "out_of_order", info->out_of_order);
	irl_json_uint(json, "duplicates", info->duplicates);
	irl_json_uint(json, "mss", info->mss);
	irl_json_int(json, "scale", info->scale);
	irl_json_bool(json, "sack", info->sack);
	irl_json_bool(json, "timestamps", info->timestamps);
}

static void tell(const struct pull *p, const struct irl_tcp_info *info)
{
	struct irl_json json = {.compact = true};
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	EVP_DigestFinal_ex(p->digest, hash, &size);
	irl_json_object(&json, NULL);
	irl_json_uint(&json, "bytes", p->got);
	irl_json_hex(&json, "sha256", hash, size);
	irl_json_bool(&json, "ended", p->ended);
	tell_info(info, &json);
	tell_counts(p, &json);
	irl_json_end_object(&json);
	irl_json_write(&json, "-", NULL);
	irl_json_fini(&json);
}

static void begin(struct pull *p)
{
	struct irl_tcp_connect request = {
	    .remote = irl_ip4(ntohl(p->o.remote.s_addr)),
	    .port = p->o.port,
	};

	p->got = p->sent = 0;
	p->shut = p->ended = p->done = false;
	EVP_DigestInit_ex(p->digest, EVP_sha256(), NULL);
	if (p->o.out && p->out)
		fclose(p->out);
	if (p->o.out && !(p->out = fopen(p->o.out, "wb")))
		die(1, p->o.out, strerror(errno));
	if (!irl_tcp_connect(p->stack, &request, 1, &p->id, now_ns()))
		die(1, "connect", "refused by the stack");
}

static void pull_one(struct pull *p)
{
	struct irl_tcp_info info = {0};
	bool closed = false;

	begin(p);
	while (!closed) {
		int n = receive(p);

		irl_tcp_advance(p->stack, now_ns());
		closed = take_events(p);
		if (closed)
			irl_tcp_info(p->stack, p->id, &info);
		output(p);
		if (!n && !closed)
			wait_for_more(p);
	}
	tell(p, &info);
	irl_tcp_release(p->stack, p->id);
}

/* What the peer still sends gets its answer: TIME-WAIT, the last ACK. */
static void linger(struct pull *p)
{
	uint64_t end = now_ns() + 100000000;

	while (now_ns() < end) {
		if (!receive(p))
			irl_port_wait(p->port, 0, 10000000);
		irl_tcp_advance(p->stack, now_ns());
		output(p);
	}
}

int main(int argc, char **argv)
{
	static struct pull p;
	struct irl_error err;

	get_options(&p.o, argc, argv);
	p.digest = EVP_MD_CTX_new();
	open_all(&p);
	for (unsigned i = 0; i < p.o.count; i++)
		pull_one(&p);
	linger(&p);
	irl_tcp_free(p.stack);
	irl_port_close(p.port);
	if (p.pcapng && irl_pcapng_close(p.pcapng, &err) < 0)
		die(1, p.o.pcapng, err.text);
	if (p.out && fclose(p.out))
		die(1, p.o.out, strerror(errno));
	EVP_MD_CTX_free(p.digest);
	free(p.o.request);
	return 0;
}
