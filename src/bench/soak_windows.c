// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hours of batches of every size and length, ports opened and closed all the
 * time, while somebody else kills programs, restarts drivers and switches the
 * adapter off and on.  After each port its counters must add up to what it
 * told; what does not ends the run.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <irl/port.h>
#include "base/os.h"
#include "bench/peer_windows.h"

#define CALLS_MAX 200u /* of one port */
#define STRIDE 1536u
#define TAKEN 256u
#define AWAY_NS 200000000ull

struct soak {
	const struct bench_options *options;
	struct bench_peer peer;
	bool asks; /* the channel stands */
	char ifname[16];
	const char *kind; /* of the ports */
	uint64_t seed;
	struct bench_datagrams frames;
	struct irl_frame frame[IRL_BATCH_MAX];
	enum irl_tx_status status[IRL_BATCH_MAX];
	uint64_t ports, calls, away;
	uint64_t tx[IRL_TX_STATUSES], offered, compared, arrived;
	uint8_t bytes[IRL_BATCH_MAX][STRIDE];
};

/* What one port's calls told. */
struct told {
	uint64_t tx[IRL_TX_STATUSES], offered;
};

static uint32_t below(struct soak *s, uint32_t bound)
{
	/* Marsaglia's xorshift */
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 7;
	s->seed ^= s->seed << 17;
	return (uint32_t)(s->seed >> 16) % bound;
}

static unsigned make_batch(struct soak *s)
{
	/* As often few as many. */
	unsigned count = 1 + below(s, 1u << below(s, 13));

	for (unsigned i = 0; i < count; i++) {
		bench_datagrams_write(&s->frames, s->frame[i].data);
		s->frame[i].length = s->frames.length;
	}
	return count;
}

/* 0, or an error of the port's. */
static int send_batch(struct soak *s, struct irl_port *port, struct told *told)
{
	unsigned count = make_batch(s);
	int r = irl_port_send(port, 0, s->frame, count, s->status);

	s->calls++;
	if (r < 0)
		return r;
	told->offered += count;
	for (unsigned i = 0; i < count; i++)
		told->tx[s->status[i]]++;
	return 0;
}

static void use(struct soak *s, struct irl_port *port, struct told *told,
		uint64_t end_ns)
{
	struct irl_frame taken[TAKEN];
	int r = 0;

	for (unsigned left = 1 + below(s, CALLS_MAX);
	     r == 0 && left && irl_os_clock_ns() < end_ns; left--) {
		r = send_batch(s, port, told);
		if (r == 0)
			r = irl_port_recv(port, 0, taken, TAKEN);
		r = r < 0 ? r : 0;
		if (told->tx[IRL_TX_GONE])
			break;
	}
}

/* The port's own counters against what its calls told. */
static int check(const struct irl_port_stats *stats, const struct told *told,
		 struct irl_error *err)
{
	uint64_t sum = 0;
	bool same = stats->tx_offered == told->offered && !stats->tx_unknown;

	for (unsigned i = 0; i < IRL_TX_STATUSES; i++) {
		sum += stats->tx[i];
		same &= stats->tx[i] == told->tx[i];
	}
	if (!same || sum != stats->tx_offered)
		return irl_error_set(
		    err, IRL_ELEDGER,
		    "sent: offered %" PRIu64 ", in the counters %" PRIu64
		    ", of which %" PRIu64 " accepted, unknown %" PRIu64,
		    told->offered, sum, stats->tx[IRL_TX_ACCEPTED],
		    stats->tx_unknown);
	if (stats->rx_frames != stats->rx_ours + stats->rx_host ||
	    stats->rx_ours < stats->rx_delivered + stats->rx_full)
		return irl_error_set(err, IRL_ELEDGER,
				     "received: %" PRIu64 " frames, ours "
				     "%" PRIu64 ", the host's %" PRIu64
				     ", delivered %" PRIu64,
				     stats->rx_frames, stats->rx_ours,
				     stats->rx_host, stats->rx_delivered);
	return 0;
}

/* With the peer, if it can be asked: how many arrived of those accepted. */
static void compare(struct soak *s, const struct bench_far_count *before,
		    const struct told *told)
{
	uint64_t accepted = told->tx[IRL_TX_ACCEPTED];
	uint64_t so_far = before->frames + before->full;
	struct bench_far_count after;

	if (!s->asks)
		return;
	if (bench_peer_settled(&s->peer, so_far + accepted, &after) < 0) {
		s->asks = false;
		return;
	}
	s->compared += accepted;
	s->arrived += after.frames + after.full - so_far;
}

static void ask_again(struct soak *s)
{
	struct irl_error err;

	if (s->asks)
		return;
	bench_peer_close(&s->peer);
	s->asks = !bench_peer_open(&s->peer, s->options->peer, &err);
}

/* One port, from its opening to its end; 1: the adapter is away.  What makes no
 * sense does not come back. */
static int one_port(struct soak *s, uint64_t end_ns, struct irl_error *err)
{
	struct irl_steer steer = {.own = {{s->frames.to.first, 32}},
				  .own_count = 1};
	struct irl_port_options options = {
	    .ifname = s->ifname, .kind = s->kind, .steer = &steer};
	struct bench_far_count before = {0};
	struct irl_port_stats stats;
	struct told told = {0};
	struct irl_port *port;
	int r;

	ask_again(s);
	r = irl_port_open(&port, &options, err);
	if (r < 0)
		return r == -IRL_EINVAL ? r : 1;
	if (s->asks && bench_peer_settled(&s->peer, UINT64_MAX, &before) < 0)
		s->asks = false;
	s->ports++;
	s->frames.length = 60 + below(s, 1455) / 2 * 2;
	bench_datagrams_init(&s->frames, s->frames.length, s->peer.near_mac,
			     s->peer.far_mac, s->peer.near_addr, &s->frames.to);
	/* A port that fails has told nothing of that call, and goes. */
	use(s, port, &told, end_ns);
	irl_port_stats(port, &stats);
	r = check(&stats, &told, err);
	irl_port_close(port);
	compare(s, &before, &told);
	for (unsigned i = 0; i < IRL_TX_STATUSES; i++)
		s->tx[i] += told.tx[i];
	s->offered += told.offered;
	return r;
}

static void note(struct bench_report *report, const struct soak *s)
{
	struct bench_row *row = bench_report_row(report, "soak", NULL, 0);
	const struct {
		const char *name;
		uint64_t value;
	} figures[] = {
	    {"ports", s->ports},
	    {"calls", s->calls},
	    {"offered", s->offered},
	    {"accepted", s->tx[IRL_TX_ACCEPTED]},
	    {"full", s->tx[IRL_TX_FULL]},
	    {"link_down", s->tx[IRL_TX_LINK_DOWN]},
	    {"gone", s->tx[IRL_TX_GONE]},
	    {"unsent", s->tx[IRL_TX_UNSENT]},
	    {"refused", s->tx[IRL_TX_REFUSED] + s->tx[IRL_TX_LENGTH]},
	    {"compared", s->compared},
	    {"arrived", s->arrived},
	    {"away", s->away},
	};

	for (unsigned i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		bench_row_add(row, figures[i].name, (double)figures[i].value);
}

static int run(struct soak *s, struct irl_error *err)
{
	uint64_t end =
	    irl_os_clock_ns() + (uint64_t)(s->options->seconds * 1e9);
	int r = 0;

	while (r >= 0 && irl_os_clock_ns() < end) {
		r = one_port(s, end, err);
		if (r == 1) {
			s->away++;
			irl_os_sleep_until(irl_os_clock_ns() + AWAY_NS);
		}
		bench_say(s->options,
			  "\r%" PRIu64 " ports, %" PRIu64
			  " frames accepted, %" PRIu64 " away\033[K",
			  s->ports, s->tx[IRL_TX_ACCEPTED], s->away);
	}
	bench_say(s->options, "\r\033[K");
	if (r < 0)
		return r;
	return s->tx[IRL_TX_ACCEPTED]
		   ? 0
		   : irl_error_set(err, IRL_ENODEV, "not one frame was sent");
}

int bench_soak(struct bench_report *report, const struct bench_options *options,
	       struct irl_error *err)
{
	struct soak *s = calloc(1, sizeof(*s));
	int r;

	bench_report_init(report, "soak", 1);
	if (!s)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	s->options = options;
	s->kind = options->port ? options->port : "windows";
	s->seed = 88172645463325252u ^ irl_os_clock_ns();
	for (unsigned i = 0; i < IRL_BATCH_MAX; i++)
		s->frame[i].data = s->bytes[i];
	r = bench_pin(options->core, err);
	if (r == 0)
		r = bench_peer_open(&s->peer, options->peer, err);
	if (r == 0) {
		s->asks = true;
		memcpy(s->ifname, s->peer.ifname, sizeof(s->ifname));
		s->frames.to = s->peer.range;
		r = run(s, err);
		note(report, s);
		bench_peer_close(&s->peer);
	}
	free(s);
	return r;
}
