// SPDX-License-Identifier: BSD-2-Clause
/*
 * Scans of a link: every target is probed at its own Ethernet address, who does
 * not answer ARP is not probed.
 *
 *   here                     there
 *   va 10.9.0.1/24 -- veth -- vb 10.9.0.2/24, gateway of 10.50.0.0/15
 *                             |- m0 10.9.0.20 .. 32
 *                             |- m1 10.9.0.60 .. 72   (macvlan: each its
 *                             `- m2 10.9.0.100 .. 112   own MAC)
 *
 * Port 80 is open over there, all others are closed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <irl/net.h>
#include <irl/scan.h>
#include <irl/privilege.h>
#include "net/neighbours.h"
#include "netns/net_lab.h"

#define NET ADDR(10, 9, 0, 0)
#define HOST ADDR(10, 9, 0, 1)
#define OURS ADDR(10, 9, 0, 50) /* nobody's */
#define THERE 40                /* addresses that answer, vb's included */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct lab lab;
static uint8_t mac_there[4][6]; /* vb's, m0's, m1's, m2's */

/* Whose address it is over there: an index of mac_there, or -1. */
static int owner(uint32_t addr)
{
	uint32_t host = addr - NET;

	if (host == 2)
		return 0;
	if (host >= 20 && host <= 32)
		return 1;
	if (host >= 60 && host <= 72)
		return 2;
	return host >= 100 && host <= 112 ? 3 : -1;
}

/* ---- what arrives there ---------------------------------------------------
 */

struct heard {
	int fd;
	unsigned arp, syn, wrong_mac, to_nobody;
	unsigned asked; /* addresses: a late answer is asked for again */
	bool is_asked[256];
};

/* ARP and what goes to 10.9.0.0/24. */
static struct heard listen_there(void)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 4, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 4),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 30),
	    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffffff00),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NET, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, 64),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = {.len = COUNT_OF(code), .filter = code};
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL)};
	struct heard heard = {0};
	int room = 64 << 20;

	lab_enter(lab.there);
	heard.fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	at.sll_ifindex = (int)if_nametoindex("vb");
	assert_int_equal(setsockopt(heard.fd, SOL_SOCKET, SO_ATTACH_FILTER,
				    &filter, sizeof(filter)),
			 0);
	setsockopt(heard.fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	assert_int_equal(bind(heard.fd, (struct sockaddr *)&at, sizeof(at)), 0);
	lab_enter(lab.here);
	return heard;
}

static void hear_one(struct heard *heard, const uint8_t *frame)
{
	uint32_t dest;
	int who;

	if (frame[12] == 8 && frame[13] == 6) {
		if (frame[21] != 1) /* requests */
			return;
		heard->arp++;
		heard->asked += !heard->is_asked[frame[41]];
		heard->is_asked[frame[41]] = true;
		return;
	}
	memcpy(&dest, frame + 30, 4);
	dest = ntohl(dest);
	if (frame[23] != 6 || frame[47] != 2)
		return;
	heard->syn++;
	who = owner(dest);
	if (who < 0)
		heard->to_nobody++;
	else
		heard->wrong_mac += memcmp(frame, mac_there[who], 6) != 0;
}

static void hear_all(struct heard *heard)
{
	uint8_t frame[64] = {0};
	struct sockaddr_ll from = {0};
	socklen_t length = sizeof(from);

	while (recvfrom(heard->fd, frame, sizeof(frame), 0,
			(struct sockaddr *)&from, &length) > 0)
		if (from.sll_pkttype != PACKET_OUTGOING)
			hear_one(heard, frame);
	close(heard->fd);
}

/* ---- a scan ---------------------------------------------------------------
 */

/* Linked in place of net_neighbours_new: who is silent here is silent at once,
 * and a second for each of three requests shows no more than a quarter. */
struct net_neighbours *
__real_net_neighbours_new(const struct net_neighbours_options *options);
struct net_neighbours *
__wrap_net_neighbours_new(const struct net_neighbours_options *options);

struct net_neighbours *
__wrap_net_neighbours_new(const struct net_neighbours_options *options)
{
	struct net_neighbours_options hasty = *options;

	hasty.wait_ns = 250000000;
	return __real_net_neighbours_new(&hasty);
}

struct found {
	unsigned open[256], closed[256]; /* of 10.9.0.0/24, by host */
	unsigned far_closed;
};

static int on_record(void *context, const struct irl_record *record)
{
	struct found *found = context;
	uint32_t host = record->hit.addr - NET;

	if (record->repeat) /* the kernel sends its SYN-ACK again */
		return 0;
	if (host > 255)
		found->far_closed += !record->success;
	else if (record->success)
		found->open[host]++;
	else
		found->closed[host]++;
	return 0;
}

static struct irl_targets *new_targets(const char *set, const char *ports)
{
	struct irl_targets *targets;
	struct irl_error err = {0};

	if (irl_targets_new(&targets, &err) ||
	    irl_targets_allow(targets, set, &err) ||
	    irl_targets_allow_special(targets, "all", &err) ||
	    irl_targets_ports(targets, ports, &err) ||
	    irl_targets_seal(targets, &err))
		fail_msg("%s", err.text);
	return targets;
}

struct run {
	struct irl_scan_options options;
	struct irl_scan_result result;
	struct found found;
	struct heard heard;
};

/* Ports of its own each time: connections half open over there would take the
 * SYN of another scan for their own. */
static uint64_t last_seed;

static void scan(struct run *run, const char *set, const char *ports)
{
	const struct irl_scan_events events = {.context = &run->found,
					       .record = on_record};
	struct irl_targets *targets = new_targets(set, ports);
	struct irl_probe_options planned;
	struct irl_error err = {0};
	struct irl_scan *scan;

	run->options.targets = targets;
	run->options.ifname = "va";
	run->options.seed = ++last_seed;
	run->options.cooldown_s = 0.2;
	run->heard = listen_there();
	if (irl_scan_plan(&run->options, &planned, &err))
		fail_msg("%s", err.text);
	if (irl_scan_open(&scan, &run->options, &err))
		fail_msg("%s", err.text);
	if (irl_scan_run(scan, &events, &run->result, &err))
		fail_msg("%s", err.text);
	irl_scan_close(scan);
	hear_all(&run->heard);
	irl_targets_free(targets);
	/* What a dry run tells is what was done. */
	assert_int_equal(planned.source_addr, run->result.source_addr);
	assert_int_equal(planned.port_first, run->result.port_first);
	assert_int_equal(planned.port_last, run->result.port_last);
	assert_string_equal(run->result.imbalance, "");
	assert_true(run->result.complete);
	assert_int_equal(run->result.counts.lost, 0);
}

static void expect_link_found(const struct run *run, unsigned open)
{
	for (uint32_t host = 0; host < 256; host++) {
		unsigned there = owner(NET + host) >= 0;

		assert_int_equal(run->found.open[host], there * open);
		assert_int_equal(run->found.closed[host], there);
	}
	assert_int_equal(run->heard.to_nobody, 0);
	assert_int_equal(run->heard.wrong_mac, 0);
	assert_int_equal(run->result.on_link, 256);
	assert_int_equal(run->result.neighbours, THERE);
}

/* The whole /24, of which 40 are there. */
static void scan_link(struct run *run)
{
	const struct irl_scan_counts *c = &run->result.counts;

	scan(run, "10.9.0.0/24", "80,81");
	expect_link_found(run, 1);
	assert_int_equal(c->targets, 512);
	assert_int_equal(c->accepted, 2 * THERE);
	assert_int_equal(c->no_neighbour, 512 - 2 * THERE);
	assert_int_equal(run->heard.syn, 2 * THERE);
	/* Not asked: the host itself, network, broadcast, and what is ours;
	 * the silent thrice.  Besides, a kernel or two may want to know. */
	assert_in_range(run->heard.arp, 0, 3 * 256);
}

static void packet_from_an_own_address(void **state)
{
	struct run run = {
	    .options = {.port_kind = "packet", .source_addr = OURS}};

	(void)state;
	scan_link(&run);
	assert_false(run.result.in_kernel);
	assert_in_range(run.heard.arp, THERE + 3 * (252 - THERE),
			THERE + 3 * (252 - THERE) + 5);
}

static void live_from_an_own_address(void **state)
{
	struct run run = {
	    .options = {.port_kind = "live", .source_addr = OURS}};

	(void)state;
	scan_link(&run);
	assert_false(run.result.in_kernel);
}

/* What the last port of kind packet asked for. */
static uint32_t packet_ring_bytes;

int __real_irl_port_open(struct irl_port **out,
			 const struct irl_port_options *options,
			 struct irl_error *err);
int __wrap_irl_port_open(struct irl_port **out,
			 const struct irl_port_options *options,
			 struct irl_error *err);

int __wrap_irl_port_open(struct irl_port **out,
			 const struct irl_port_options *options,
			 struct irl_error *err)
{
	if (options->kind && !strcmp(options->kind, "packet"))
		packet_ring_bytes = options->rx_ring_bytes;
	return __real_irl_port_open(out, options, err);
}

static void live_from_the_hosts_address(void **state)
{
	struct run run = {.options = {.port_kind = "live"}};

	(void)state;
	scan_link(&run);
	assert_int_equal(run.result.source_addr, HOST);
	/* the port that heard the replies */
	assert_int_equal(packet_ring_bytes, 1 << 20);
}

static void live_in_the_kernel(void **state)
{
	struct run run = {.options = {.port_kind = "live",
				      .residence = IRL_RESIDENCE_KERNEL,
				      .source_addr = OURS}};

	(void)state;
	scan_link(&run);
	assert_true(run.result.in_kernel);
}

/* The silent ones are probed again, who is absent is not. */
static void later_passes_too(void **state)
{
	struct run run = {.options = {.port_kind = "live",
				      .passes = 2,
				      .residence = IRL_RESIDENCE_KERNEL,
				      .source_addr = OURS}};

	(void)state;
	scan(&run, "10.9.0.0/24", "80,81");
	expect_link_found(&run, 1);
	assert_int_equal(run.result.counts.accepted, 2 * THERE);
	assert_int_equal(run.result.counts.no_neighbour, 2 * (512 - 2 * THERE));
}

/* Neighbours beside what a gateway leads to: the few are made apart.  Half of
 * the others are silent, so that the second pass probes those by name. */
static void scan_both(struct run *run)
{
	run->options.rate_pps = 100000;
	run->options.passes = 2;
	scan(run, "10.9.0.0/24,10.50.128.0-10.51.127.255", "81");
	expect_link_found(run, 0);
	assert_int_equal(run->result.gateway, ADDR(10, 9, 0, 2));
	assert_int_equal(run->found.far_closed, 32768);
	assert_int_equal(run->result.counts.accepted, 3 * 32768 + THERE);
	assert_int_equal(run->result.counts.no_neighbour, 2 * (256 - THERE));
}

static void both_in_the_kernel(void **state)
{
	struct run run = {
	    .options = {.port_kind = "live", .source_addr = OURS}};

	(void)state;
	scan_both(&run);
	assert_true(run.result.in_kernel);
}

static void both_in_user_space(void **state)
{
	struct run run = {
	    .options = {.port_kind = "packet", .source_addr = OURS}};

	(void)state;
	scan_both(&run);
	assert_false(run.result.in_kernel);
}

/* Most samples are on link; the one that is not is found. */
static void one_beside_the_link(void **state)
{
	struct run run = {
	    .options = {.port_kind = "live", .source_addr = OURS}};

	(void)state;
	scan(&run, "10.9.0.0/24,10.50.7.7", "81");
	expect_link_found(&run, 0);
	assert_int_equal(run.found.far_closed, 1);
}

/* With the next hop given nobody is asked, and all goes there. */
static void a_given_mac_takes_all(void **state)
{
	struct run run = {
	    .options = {.port_kind = "live", .source_addr = OURS}};

	(void)state;
	memcpy(run.options.gateway_mac, mac_there[0], 6);
	scan(&run, "10.9.0.128/25", "81");
	assert_int_equal(run.heard.syn, 128);
	assert_int_equal(run.heard.to_nobody, 128);
	assert_int_equal(run.result.on_link, 0);
	assert_true(run.result.in_kernel);
}

/* Half of the neighbours that there are, so that nobody is waited for. */
#define PRESENT "10.9.0.20-10.9.0.32,10.9.0.60-10.9.0.72"
#define PRESENT_COUNT 26

static unsigned distinct(const struct found *found)
{
	unsigned n = 0;

	for (unsigned host = 0; host < 256; host++)
		n += found->open[host] || found->closed[host];
	return n;
}

/* Only the part that is scanned is asked for. */
static void scan_part(struct run *run, uint64_t targets)
{
	const struct irl_scan_counts *c = &run->result.counts;

	run->options.source_addr = OURS;
	scan(run, PRESENT, "81,82");
	assert_int_equal(c->targets, targets);
	assert_int_equal(c->accepted, targets);
	assert_int_equal(run->heard.syn, targets);
	assert_int_equal(run->heard.wrong_mac, 0);
	assert_int_equal(run->result.on_link, distinct(&run->found));
	assert_int_equal(run->result.neighbours, run->result.on_link);
	/* And for OURS, which another might have. */
	assert_int_equal(run->heard.asked, run->result.on_link + 1);
}

static void a_shard_asks_for_its_own(void **state)
{
	uint64_t seen = 0;

	(void)state;
	for (uint32_t shard = 0; shard < 5; shard++) {
		struct run run = {.options = {.port_kind = "packet",
					      .shards = 5,
					      .shard = shard}};
		uint64_t first, count;

		irl_shard(2 * PRESENT_COUNT, 5, shard, &first, &count);
		scan_part(&run, count);
		assert_true(run.result.on_link < PRESENT_COUNT);
		seen += count;
	}
	assert_int_equal(seen, 2 * PRESENT_COUNT);
}

static void so_do_start_and_max_targets(void **state)
{
	struct run last = {
	    .options = {.port_kind = "packet", .start = 2 * PRESENT_COUNT - 3}};
	struct run middle = {.options = {.port_kind = "live",
					 .residence = IRL_RESIDENCE_KERNEL,
					 .start = 9,
					 .max_targets = 7}};

	(void)state;
	scan_part(&last, 3);
	scan_part(&middle, 7);
	assert_true(middle.result.in_kernel);
}

/* Of a part, too, those beside the link go by the gateway. */
static void part_of_both(void **state)
{
	struct run run = {.options = {.port_kind = "live",
				      .source_addr = OURS,
				      .max_targets = 20000}};

	(void)state;
	scan(&run, PRESENT ",10.50.0.0/16", "81");
	assert_true(run.result.in_kernel);
	assert_int_equal(run.result.gateway, ADDR(10, 9, 0, 2));
	assert_int_equal(run.result.counts.accepted, 20000);
	assert_int_equal(run.heard.wrong_mac, 0);
	assert_int_equal(run.result.on_link, distinct(&run.found));
	assert_int_equal(run.found.far_closed, 20000 - run.result.on_link);
}

/* Where the next scan of it has that target. */
static uint64_t next_position(const char *set, struct irl_target target)
{
	struct irl_targets *targets = new_targets(set, "81");
	struct irl_permutation order;
	uint64_t index, position;

	irl_permutation_init(&order, irl_targets_count(targets), last_seed + 1);
	assert_true(irl_targets_index(targets, target, &index));
	assert_true(irl_permutation_inverse(&order, index, &position));
	irl_targets_free(targets);
	return position;
}

/* The part is beside the link, though all samples of the set are on it. */
static void a_part_beside_the_link(void **state)
{
	struct run run = {.options = {.port_kind = "packet",
				      .source_addr = OURS,
				      .max_targets = 1}};

	(void)state;
	run.options.start = next_position(
	    "10.9.0.0/24,10.50.7.7",
	    (struct irl_target){.addr = ADDR(10, 50, 7, 7), .port = 81});
	scan(&run, "10.9.0.0/24,10.50.7.7", "81");
	assert_int_equal(run.result.on_link, 0);
	assert_int_equal(run.found.far_closed, 1);
}

/* ARP is no faster than the scan: 31 are silent, thrice, at 50 a second. */
static void arp_keeps_the_rate(void **state)
{
	struct run run = {.options = {.port_kind = "packet",
				      .rate_pps = 50,
				      .source_addr = OURS}};
	double begin = lab_now();

	(void)state;
	scan(&run, "10.9.0.224/27", "81");
	assert_int_equal(run.result.neighbours, 0);
	assert_int_equal(run.result.counts.no_neighbour, 32);
	assert_in_range(run.heard.arp, 3 * 31, 3 * 31 + 5);
	assert_true(lab_now() - begin > (3 * 31 - 17) / 50.0);
}

/* ---- refusals -------------------------------------------------------------
 */

static void refused_with(struct irl_scan_options options, const char *set,
			 int code, const char *word)
{
	struct irl_targets *targets = new_targets(set, "81");
	struct irl_error err = {0};
	struct irl_scan *scan;

	options.targets = targets;
	options.seed = 1;
	assert_int_equal(irl_scan_open(&scan, &options, &err), code);
	if (!strstr(err.text, word))
		fail_msg("no '%s' in: %s", word, err.text);
	irl_targets_free(targets);
}

static void refused(const char *set, int code, const char *word)
{
	struct irl_scan_options options = {.port_kind = "live",
					   .source_addr = OURS};
	struct irl_targets *targets = new_targets(set, "81");
	struct irl_probe_options planned;
	struct irl_error err = {0};

	refused_with(options, set, code, word);
	/* by a dry run, too */
	options.targets = targets;
	assert_int_equal(irl_scan_plan(&options, &planned, &err), code);
	if (!strstr(err.text, word))
		fail_msg("planned: no '%s' in: %s", word, err.text);
	irl_targets_free(targets);
}

/* Where all go to one, and the host knows it, so does the plan. */
static void the_plan_has_the_next_hop(void **state)
{
	static const uint8_t unknown[6];
	struct irl_targets *far = new_targets("10.50.0.0/16", "81"),
			   *mixed = new_targets("10.9.0.2,10.50.0.0/16", "81");
	struct irl_scan_options options = {.targets = far};
	struct irl_probe_options planned;

	(void)state;
	lab_do("ip neigh replace 10.9.0.2 dev va lladdr 02:02:02:02:02:07");
	assert_int_equal(irl_scan_plan(&options, &planned, NULL), 0);
	assert_memory_equal(planned.gateway_mac, "\2\2\2\2\2\7", 6);
	assert_int_equal(planned.source_addr, HOST);
	options.targets = mixed;
	assert_int_equal(irl_scan_plan(&options, &planned, NULL), 0);
	assert_memory_equal(planned.gateway_mac, unknown, 6);
	lab_do("ip neigh del 10.9.0.2 dev va");
	irl_targets_free(far);
	irl_targets_free(mixed);
}

/* A port that cannot be had is told before anybody is asked for. */
static void without_a_port_nobody_is_asked(void **state)
{
	static const struct irl_scan_options cases[] = {
	    {.port_kind = "packet"},
	    {.port_kind = "packet",
	     .source_addr = OURS,
	     .residence = IRL_RESIDENCE_KERNEL},
	};
	static const char *const told[] = {
	    "cannot keep the kernel from resetting",
	    "cannot probe inside the kernel"};

	(void)state;
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct heard heard = listen_there();

		refused_with(cases[i], "10.9.0.0/24", -IRL_ENOTSUP, told[i]);
		refused_with(cases[i], "10.9.0.77,10.50.0.0/16", -IRL_ENOTSUP,
			     told[i]);
		hear_all(&heard);
		assert_int_equal(heard.arp, 0);
	}
}

/* ---- while they are asked for ---------------------------------------------
 */

struct watched {
	unsigned calls, give_up_at; /* 0: never */
	struct irl_scan_asking last;
};

static int on_asking(void *context, const struct irl_scan_asking *asking)
{
	struct watched *w = context;

	assert_true(asking->elapsed_s >= w->last.elapsed_s);
	w->last = *asking;
	return ++w->calls == w->give_up_at ? -IRL_EINTR : 0;
}

/* Linked in place of irl_port_close: as drivers do that reset themselves when a
 * program comes or goes, the link goes down for a moment. */
static bool link_resets;

void __real_irl_port_close(struct irl_port *port);
void __wrap_irl_port_close(struct irl_port *port);

void __wrap_irl_port_close(struct irl_port *port)
{
	char command[200];

	__real_irl_port_close(port);
	if (!link_resets)
		return;
	link_resets = false;
	snprintf(command, sizeof(command),
		 "N='nsenter --net=/proc/%d/fd/%d ip link set vb'; $N down; "
		 "(sleep 0.5; $N up) >/dev/null 2>&1 &",
		 getpid(), lab.there);
	lab_do(command);
}

static void the_link_may_reset_after_the_trial(void **state)
{
	struct run run = {
	    .options = {.port_kind = "live", .source_addr = OURS}};

	(void)state;
	link_resets = true;
	scan(&run, PRESENT, "81");
	assert_false(link_resets);
	assert_int_equal(run.result.neighbours, PRESENT_COUNT);
	assert_int_equal(run.result.counts.accepted, PRESENT_COUNT);
}

static void asking_can_be_given_up(void **state)
{
	struct watched w = {.give_up_at = 1};

	(void)state;
	/* three answer, two are asked thrice */
	refused_with((struct irl_scan_options){.port_kind = "packet",
					       .source_addr = OURS,
					       .rate_pps = 6,
					       .asking = on_asking,
					       .asking_context = &w},
		     "10.9.0.30-10.9.0.34", -IRL_EINTR, "interrupted");
	assert_int_equal(w.calls, 1);
	assert_true(w.last.elapsed_s >= 1);
	assert_int_equal(w.last.addresses, 5);
	assert_int_equal(w.last.known, 3);
	assert_int_equal(w.last.open, 2);
}

#define SILENT "-i va -S 10.9.0.50 --port packet --seed 7 --allow-special all"

/* The program is killed while it asks, after @wait, which finds what it has
 * said so far in $said. */
static void expect_interrupted(const char *arguments, const char *wait,
			       const char *sign, const char *told)
{
	char text[1000];

	assert_int_equal(
	    lab_output(text, sizeof(text),
		       "said=$(mktemp); %s %s 2>$said >/dev/null & pid=$!; %s; "
		       "kill -%s $pid; wait $pid; code=$?; cat $said; "
		       "rm $said; exit $code",
		       IRL_PROGRAM, arguments, wait, sign),
	    75);
	if (!strstr(text, told))
		fail_msg("no '%s' in: %s", told, text);
}

static void interrupted_while_asking(void **state)
{
	char file[] = "/tmp/irl-on-link-XXXXXX", arguments[300], told[300];
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	unlink(file);
	expect_interrupted(
	    "scan -p 80 --status-updates " SILENT " 10.9.0.128/25",
	    "until grep -q 0:01 $said; do sleep 0.02; done", "TERM",
	    "0:01 asking for neighbours: 0 of 128 known, 127 "
	    "still to answer\nirl scan: interrupted before the first probe; "
	    "continue with the same options and --seed=7 "
	    "--start=0\n");
	snprintf(arguments, sizeof(arguments),
		 "scan -p 80 " SILENT " --resume %s 10.9.0.128/25", file);
	snprintf(told, sizeof(told), "continue with: irl scan --resume %s\n",
		 file);
	expect_interrupted(arguments, "sleep 0.4", "INT", told);
	assert_int_equal(unlink(file), 0);
	expect_interrupted("fetch -p 80 " SILENT " 10.9.0.128/25", "sleep 0.4",
			   "INT",
			   "irl fetch: interrupted; "
			   "continue with the same options and --seed=7 "
			   "--start=0\n");
}

/* ---- refusals, by the routes ----------------------------------------------
 */

static void two_gateways_are_refused(void **state)
{
	(void)state;
	lab_do("ip route add 10.60.0.0/16 via 10.9.0.20");
	refused("10.50.0.0/16,10.60.0.0/16", -IRL_ENOTSUP,
		"behind two gateways");
	lab_do("ip route del 10.60.0.0/16");
}

/* However few they are among the targets, and however the set is sampled. */
static void another_links_targets_are_refused(void **state)
{
	const char *told = "10.7.7.0/24, such as 10.7.7.9, leave by va7, "
			   "others by va;";

	(void)state;
	lab_do("ip link add va7 link va type macvlan && ip addr add "
	       "10.7.7.1/24 dev va7 && ip link set va7 up");
	refused("10.50.0.0/16,10.7.7.9", -IRL_ENOTSUP, told);
	refused("10.7.7.9,10.9.0.0/24", -IRL_ENOTSUP, "others by va7;");
	/* of the prefix, what another route has on our link is ours */
	lab_do("ip route add 10.7.7.9 dev va");
	refused("10.50.0.0/16,10.7.7.9-10.7.7.10", -IRL_ENOTSUP,
		"such as 10.7.7.10, leave by va7");
	lab_do("ip link del va7 && ip route del 10.7.7.9");
}

static void too_many_on_link_are_refused(void **state)
{
	(void)state;
	lab_do("ip route add 10.64.0.0/15 dev va");
	refused("10.64.0.0/15", -IRL_EINVAL, "more than 65536");
	refused_with((struct irl_scan_options){.port_kind = "packet",
					       .max_targets = 65536},
		     "10.64.0.0/15", -IRL_ENOTSUP, "cannot keep the kernel");
	lab_do("ip route del 10.64.0.0/15");
}

/* ---- the other side -------------------------------------------------------
 */

static int make_neighbours(void)
{
	static const unsigned first[] = {20, 60, 100};
	int failed = lab_run("sysctl -qw net.ipv4.conf.all.arp_ignore=1 "
			     "net.ipv4.conf.all.rp_filter=0 "
			     "net.ipv4.tcp_max_syn_backlog=1024 && "
			     "ip route add local 10.50.0.0/16 dev lo");

	for (unsigned i = 0; i < 3; i++) {
		failed |= lab_run("ip link add m%u link vb type macvlan mode "
				  "bridge && ip link set m%u up",
				  i, i);
		for (unsigned k = 0; k < 13; k++)
			failed |= lab_run("ip addr add 10.9.0.%u/32 dev m%u",
					  first[i] + k, i);
	}
	return failed;
}

static void read_macs(void)
{
	static const char *const name[] = {"vb", "m0", "m1", "m2"};
	struct irl_interface link;

	for (unsigned i = 0; i < 4; i++) {
		if (irl_interface_get(name[i], &link, NULL))
			exit(1);
		memcpy(mac_there[i], link.mac, 6);
	}
}

/* Open port 80 of all addresses; the socket lives as long as the process. */
static void serve(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(80)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 1024))
		exit(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packet_from_an_own_address),
	    cmocka_unit_test(live_from_an_own_address),
	    cmocka_unit_test(live_from_the_hosts_address),
	    cmocka_unit_test(live_in_the_kernel),
	    cmocka_unit_test(later_passes_too),
	    cmocka_unit_test(both_in_the_kernel),
	    cmocka_unit_test(both_in_user_space),
	    cmocka_unit_test(one_beside_the_link),
	    cmocka_unit_test(a_given_mac_takes_all),
	    cmocka_unit_test(a_shard_asks_for_its_own),
	    cmocka_unit_test(so_do_start_and_max_targets),
	    cmocka_unit_test(part_of_both),
	    cmocka_unit_test(a_part_beside_the_link),
	    cmocka_unit_test(arp_keeps_the_rate),
	    cmocka_unit_test(without_a_port_nobody_is_asked),
	    cmocka_unit_test(the_link_may_reset_after_the_trial),
	    cmocka_unit_test(asking_can_be_given_up),
	    cmocka_unit_test(interrupted_while_asking),
	    cmocka_unit_test(the_plan_has_the_next_hop),
	    cmocka_unit_test(two_gateways_are_refused),
	    cmocka_unit_test(another_links_targets_are_refused),
	    cmocka_unit_test(too_many_on_link_are_refused),
	};

	lab = lab_new();
	lab_enter(lab.there);
	/* Without it this end of a veth takes no XDP frames. */
	if (lab_run("ethtool -K vb gro on") || make_neighbours())
		return LAB_SKIPPED;
	read_macs();
	serve();
	lab_enter(lab.here);
	if (lab_run("ip route add 10.50.0.0/15 via 10.9.0.2"))
		return 1;
	if (irl_privilege_missing(IRL_PRIVILEGE_ALL)) {
		printf("skipped: needs root\n");
		return LAB_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
