// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include "bed_any.h"
#include "sink.skel.h"

uint64_t bed_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void bed_enter(int ns)
{
	if (setns(ns, CLONE_NEWNET)) {
		perror("setns");
		abort();
	}
}

int bed_run(int ns, const char *format, ...)
{
	char command[500];
	va_list args;
	int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), rc;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	bed_enter(ns);
	rc = system(command);
	bed_enter(here);
	close(here);
	return rc;
}

static int new_namespace(void)
{
	if (unshare(CLONE_NEWNET))
		return -1;
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* ---- veth -------------------------------------------------------------- */

static int attach_sink(struct bed *bed, char *why, size_t size)
{
	int map;

	bed->sink = sink__open();
	if (!bed->sink)
		goto fail;
	bpf_map__set_max_entries(bed->sink->maps.seen,
				 (uint32_t)(bed->numbers / 64 + 1));
	if (sink__load(bed->sink))
		goto fail;
	map = bpf_map__fd(bed->sink->maps.state);
	bed->state =
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	map = bpf_map__fd(bed->sink->maps.seen);
	bed->seen =
	    mmap(NULL, bed->numbers / 8 + 8, PROT_READ, MAP_SHARED, map, 0);
	bed_enter(bed->ns_peer);
	bed->sink_link = bpf_program__attach_xdp(bed->sink->progs.sink,
						 (int)if_nametoindex("vb"));
	bed_enter(bed->ns_own);
	if (bed->state == MAP_FAILED || bed->seen == MAP_FAILED ||
	    !bed->sink_link)
		goto fail;
	return 0;
fail:
	snprintf(why, size, "the far end's XDP program: %s", strerror(errno));
	return 77;
}

static int open_sender(void)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_ifindex = (int)if_nametoindex("vb")};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		abort();
	return fd;
}

static int open_veth(struct bed *bed, unsigned queues, char *why, size_t size)
{
	if (bed_run(bed->ns_own,
		    "ip link add va numtxqueues %u numrxqueues %u type veth "
		    "peer name vb netns /proc/%d/fd/%d numtxqueues %u "
		    "numrxqueues %u && ip link set va up && "
		    "ip addr add 10.1.0.1/24 dev va",
		    queues, queues, getpid(), bed->ns_peer, queues, queues) ||
	    bed_run(bed->ns_peer,
		    "ip link set vb up; ip addr add 10.1.0.2/24 dev vb")) {
		snprintf(why, size, "no veth can be made here");
		return 77;
	}
	bed_enter(bed->ns_peer);
	bed->sender = open_sender();
	bed_enter(bed->ns_own);
	return attach_sink(bed, why, size);
}

/* ---- tap --------------------------------------------------------------- */

static int open_tap(struct bed *bed, char *why, size_t size)
{
	struct ifreq request = {.ifr_name = "va",
				.ifr_flags = IFF_TAP | IFF_NO_PI};

	bed->tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (bed->tap < 0 || ioctl(bed->tap, TUNSETIFF, &request)) {
		snprintf(why, size, "/dev/net/tun: %s", strerror(errno));
		return 77;
	}
	bed->seen = calloc(bed->numbers / 64 + 1, 8);
	bed->state = &bed->tap_state;
	return bed_run(bed->ns_own,
		       "ip link set va up; ip addr add 10.1.0.1/24 dev va")
		   ? 77
		   : 0;
}

static void *read_tap(void *context)
{
	struct bed *bed = context;
	struct pollfd fd = {.fd = bed->tap, .events = POLLIN};
	uint8_t data[2048];
	ssize_t n;

	while (!__atomic_load_n(&bed->stop, __ATOMIC_RELAXED)) {
		n = read(bed->tap, data, sizeof(data));
		if (n > 0)
			bed_tick_off(bed, data, (size_t)n);
		else
			poll(&fd, 1, 10);
	}
	return NULL;
}

/* ---- open and close ---------------------------------------------------- */

static int open_port(struct bed *bed, const struct bed_options *options,
		     char *why, size_t size)
{
	int rc = bed_open_port(bed, options, why, size);

	if (!rc)
		return 0;
	/* What the kernel or this build cannot do is skipped, no more. */
	return rc == -IRL_ENOTSUP || rc == -IRL_EPERM ? 77 : 1;
}

int bed_open(struct bed *bed, const char *port_kind, const char *link,
	     const struct bed_options *options, char *why, size_t size)
{
	int rc;

	bed_init(bed, strcmp(link, "veth") ? BED_TAP : BED_VETH, port_kind,
		 options);
	bed->ns_peer = new_namespace();
	bed->ns_own = new_namespace();
	if (bed->ns_own < 0 || bed->ns_peer < 0) {
		snprintf(why, size, "network namespaces need root");
		bed_close(bed);
		return 77;
	}
	/* No frames but the test's. */
	for (int i = 0; i < 2; i++)
		bed_run(i ? bed->ns_own : bed->ns_peer,
			"for i in all default; do echo 1 > "
			"/proc/sys/net/ipv6/conf/$i/disable_ipv6; "
			"done 2>/dev/null; ip link set lo up");
	rc = bed->kind == BED_VETH
		 ? open_veth(bed, options->queues ? options->queues : 1, why,
			     size)
		 : open_tap(bed, why, size);
	if (!rc)
		rc = open_port(bed, options, why, size);
	if (rc) {
		bed_close(bed);
		return rc;
	}
	memcpy(bed->mac, irl_port_info(bed->port)->mac, 6);
	return 0;
}

void bed_close(struct bed *bed)
{
	bed_end_reader(bed);
	irl_port_close(bed->port);
	ring_buffer__free(bed->sink_ring);
	bpf_link__destroy(bed->sink_link);
	if (bed->kind != BED_VETH) {
		free(bed->seen);
	} else {
		if (bed->seen)
			munmap(bed->seen, bed->numbers / 8 + 8);
		if (bed->state)
			munmap(bed->state, 4096);
	}
	sink__destroy(bed->sink);
	for (int i = 0; i < 5; i++) {
		const int fds[] = {bed->sender, bed->tap, bed->host,
				   bed->ns_own, bed->ns_peer};

		if (fds[i] >= 0)
			close(fds[i]);
	}
	memset(bed, 0, sizeof(*bed));
}

/* ---- the far end receives ---------------------------------------------- */

static int on_frame(void *context, void *data, size_t size)
{
	struct bed_taken *t = context;
	const struct sink_frame *f = data;

	(void)size;
	t->length = (int)f->length;
	memcpy(t->data, f->data, f->length < t->size ? f->length : t->size);
	return -1; /* one at a time */
}

void bed_capture(struct bed *bed)
{
	if (bed->kind != BED_VETH)
		return;
	bed->sink_ring = ring_buffer__new(bpf_map__fd(bed->sink->maps.frames),
					  on_frame, &bed->taken, NULL);
	bed->state->mode = SINK_CAPTURE;
}

int bed_take(struct bed *bed, uint8_t *data, size_t size)
{
	if (bed->kind == BED_TAP)
		return (int)read(bed->tap, data, size);
	bed->taken = (struct bed_taken){data, size, -1};
	ring_buffer__consume(bed->sink_ring);
	return bed->taken.length;
}

void bed_tick(struct bed *bed)
{
	if (bed->kind == BED_VETH) {
		bed->state->mode = SINK_TICK;
	} else if (bed->kind == BED_TAP) {
		bed_start_reader(bed, read_tap);
	}
}

/* The sink and the tap's reader need no help. */
void bed_pump(struct bed *bed)
{
	(void)bed;
}

/* ---- the far end sends ------------------------------------------------- */

bool bed_inject(struct bed *bed, const void *frame, uint32_t length)
{
	if (bed->kind == BED_TAP)
		return write(bed->tap, frame, length) == (ssize_t)length;
	return send(bed->sender, frame, length, 0) == (ssize_t)length;
}

bool bed_landed(struct bed *bed, uint64_t ours)
{
	struct irl_port_stats s;

	irl_port_stats(bed->port, &s);
	/* AF_PACKET has them when they are sent, and counts as they are taken.
	 */
	return s.rx_ours >= ours || !strcmp(bed->port_kind, "packet");
}

bool bed_datagram(struct bed *bed, uint32_t dest, uint16_t port,
		  const char *text)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(dest)};
	const uint8_t *m = bed->mac;
	ssize_t sent = -1;
	int fd;

	if (bed_run(bed->ns_peer,
		    "ip neigh replace %s lladdr "
		    "%02x:%02x:%02x:%02x:%02x:%02x dev vb",
		    inet_ntoa(to.sin_addr), m[0], m[1], m[2], m[3], m[4], m[5]))
		return false;
	bed_enter(bed->ns_peer);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bed_enter(bed->ns_own);
	sent = sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to,
		      sizeof(to));
	close(fd);
	return sent == (ssize_t)strlen(text);
}

/* ---- the host ---------------------------------------------------------- */

void bed_host_open(struct bed *bed)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(HOST_PORT)};
	int bytes = 8 << 20;

	bed->host =
	    socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(bed->host, (struct sockaddr *)&address, sizeof(address)))
		abort();
	setsockopt(bed->host, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		   sizeof(bytes));
}

unsigned bed_host_take(struct bed *bed, uint32_t *next, uint32_t sent)
{
	uint8_t data[64];
	unsigned n = 0;
	uint32_t number;

	if (bed->host < 0) {
		n = sent - *next;
		*next = sent;
		return n;
	}
	while (recv(bed->host, data, sizeof(data), 0) == 26) {
		memcpy(&number, data + 22, 4);
		if (number == *next)
			++*next;
		n++;
	}
	return n;
}

/* ---- links ------------------------------------------------------------- */

static void set_link(int ns, const char *name, bool up)
{
	bed_run(ns, "ip link set %s %s", name, up ? "up" : "down");
}

void bed_own_link(struct bed *bed, bool up)
{
	set_link(bed->ns_own, "va", up);
}

void bed_peer_link(struct bed *bed, bool up)
{
	int carrier = up;

	if (bed->kind == BED_TAP)
		ioctl(bed->tap, TUNSETCARRIER, &carrier);
	else
		set_link(bed->ns_peer, "vb", up);
}

void bed_delete(struct bed *bed)
{
	bed_run(bed->ns_own, "ip link del va");
}
