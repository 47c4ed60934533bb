// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "world/link.h"
#include "world/space.h"

#define LOOPBACK 1u /* its index in every namespace */
#define MARK "irl world"
#define QUEUES_MAX 1024u
#define HOST_QUEUE 1000u /* frames, as an Ethernet interface has */
#define CARRIER_NS 10000000000ull

static const uint8_t scanner_mac[6] = {0x02, 'i', 'r', 'l', 0, 1};
static const uint8_t world_mac[6] = {0x02, 'i', 'r', 'l', 0, 2};

/* ---- work inside a namespace ----------------------------------------------
 */

struct errand {
	int space;
	int (*work)(void *context, struct irl_error *err);
	void *context;
	struct irl_error *err;
	int result;
};

static int move_in(const struct errand *e)
{
	if (e->space >= 0)
		return setns(e->space, CLONE_NEWNET);
	if (unshare(CLONE_NEWNS))
		return -1;
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static void *errand_main(void *context)
{
	struct errand *e = context;

	if (move_in(e))
		e->result = irl_error_errno(
		    e->err, errno,
		    "cannot enter a namespace (root is needed: sudo)");
	else
		e->result = e->work(e->context, e->err);
	return NULL;
}

/* A thread, because a thread's namespaces are its own and end with it. */
int irl_space_run(int space, int (*work)(void *context, struct irl_error *err),
		  void *context, struct irl_error *err)
{
	struct errand e = {space, work, context, err, 0};
	pthread_t thread;
	int r = pthread_create(&thread, NULL, errand_main, &e);

	if (r)
		return irl_error_errno(err, r, "cannot start a thread");
	pthread_join(thread, NULL);
	return e.result;
}

/* ---- making
 * ------------------------------------------------------------------ */

static int write_text(const char *path, const char *text, struct irl_error *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(text);
	int r = 0;

	if (fd < 0 || write(fd, text, length) != (ssize_t)length)
		r = irl_error_errno(err, errno, "cannot write '%s' to %s", text,
				    path);
	if (fd >= 0)
		close(fd);
	return r;
}

/* What a new namespace inherits from the host is set to what a world needs:
 * nothing is forwarded, no IPv6 noise, any source address is heard, order is
 * kept. */
static int set_sysctls(struct irl_error *err)
{
	static const char *const set[][2] = {
	    {"/proc/sys/net/ipv4/ip_forward", "0"},
	    {"/proc/sys/net/ipv4/conf/all/rp_filter", "0"},
	    {"/proc/sys/net/ipv4/conf/default/rp_filter", "0"},
	    {"/proc/sys/net/ipv6/conf/all/disable_ipv6", "1"},
	    {"/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"},
	    /* Fewer frames of a flow than the veth's ring has room for, as
	     * BQL sees to on real interfaces: what finds the ring full goes
	     * behind frames that wait, out of order. */
	    {"/proc/sys/net/ipv4/tcp_limit_output_bytes", "131072"},
	};

	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
		int r;

		if (access(set[i][0], F_OK))
			continue; /* a kernel without IPv6 */
		r = write_text(set[i][0], set[i][1], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* All queues but the last are left to XDP, which picks by CPU. */
static int set_xps(const char *link, unsigned queues, struct irl_error *err)
{
	char path[128], mask[512] = "";
	unsigned cpus = queues - 1, words = (cpus + 31) / 32;
	size_t used = 0;
	int r = 0;

	for (unsigned w = words; w-- > 0 && used + 16 < sizeof(mask);) {
		unsigned bits = cpus - w * 32 < 32 ? cpus - w * 32 : 32;
		uint32_t word = bits == 32 ? ~0u : (1u << bits) - 1;

		used += (size_t)snprintf(mask + used, sizeof(mask) - used,
					 "%x%s", word, w ? "," : "");
	}
	for (unsigned q = 0; r == 0 && q < queues; q++) {
		snprintf(path, sizeof(path),
			 "/sys/class/net/%s/queues/tx-%u/xps_cpus", link, q);
		r = write_text(path, q + 1 == queues ? mask : "0", err);
	}
	return r;
}

/* NAPI must run on the scanner's end for XDP_TX of the other to reach it while
 * no XDP program of the scanner is attached; GRO turns it on. */
static int set_gro(const char *link)
{
	struct ethtool_value value = {.cmd = ETHTOOL_SGRO, .data = 1};
	struct ifreq request = {.ifr_data = (void *)&value};
	int r, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", link);
	r = ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
	close(fd);
	return r;
}

struct making {
	const struct irl_world_options *options;
	unsigned queues;
	int space[2];
};

/* A new network namespace for this thread, and /sys to show it. */
static int make_space(int *space, struct irl_error *err)
{
	int r;

	if (unshare(CLONE_NEWNET))
		return irl_error_errno(err, errno,
				       "cannot make a network namespace (root "
				       "is needed: sudo)");
	*space = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (*space < 0)
		return irl_error_errno(err, errno,
				       "cannot open a network namespace");
	r = set_sysctls(err);
	if (r < 0)
		return r;
	r = world_link_set_alias(LOOPBACK, MARK);
	if (r == 0)
		r = world_link_up(LOOPBACK);
	if (r < 0)
		return irl_error_errno(err, -r, "cannot set up a loopback");
	return 0;
}

static int show_sys(struct irl_error *err)
{
	if (mount("irl", "/sys", "sysfs", 0, NULL))
		return irl_error_errno(err, errno, "cannot mount /sys");
	return 0;
}

static int set_end(const char *link, uint32_t addr, uint8_t length,
		   unsigned queues, struct irl_error *err)
{
	unsigned ifindex = if_nametoindex(link);
	int r = set_gro(link);

	if (r == 0)
		r = world_link_address(ifindex, addr, length);
	if (r == 0)
		r = world_link_queue(ifindex, HOST_QUEUE);
	if (r == 0)
		r = world_link_up(ifindex);
	if (r < 0)
		return irl_error_errno(err, -r, "cannot set up %s", link);
	r = show_sys(err);
	return r < 0 ? r : set_xps(link, queues, err);
}

static int make_scanner_side(struct making *m, struct irl_error *err)
{
	struct world_link_end near = {.name = IRL_WORLD_SCANNER_LINK,
				      .space = -1};
	struct world_link_end far = {.name = IRL_WORLD_LINK,
				     .space = m->space[IRL_WORLD_SIDE_WORLD]};
	int r;

	memcpy(near.mac, scanner_mac, 6);
	memcpy(far.mac, world_mac, 6);
	r = make_space(&m->space[IRL_WORLD_SIDE_SCANNER], err);
	if (r < 0)
		return r;
	r = world_link_veth(&near, &far, m->queues);
	if (r < 0)
		return irl_error_errno(err, -r, "cannot make a veth pair");
	r = set_end(near.name, IRL_WORLD_SCANNER, 30, m->queues, err);
	if (r < 0)
		return r;
	r = world_link_default_route(if_nametoindex(near.name),
				     IRL_WORLD_GATEWAY);
	if (r < 0)
		return irl_error_errno(err, -r, "cannot set the route");
	return 0;
}

static int make_world_side(struct making *m, struct irl_error *err)
{
	int r;

	if (setns(m->space[IRL_WORLD_SIDE_WORLD], CLONE_NEWNET))
		return irl_error_errno(err, errno, "cannot enter the world");
	r = irl_responder_attach(&m->options->model, world_mac, m->queues, err);
	if (r < 0)
		return r;
	return set_end(IRL_WORLD_LINK, IRL_WORLD_GATEWAY, 24, m->queues, err);
}

/* The kernel drops what a host sends until a work queue of its own has seen the
 * carrier, which may take a second beside other load. */
static int wait_for(int space, const char *link, struct irl_error *err)
{
	uint64_t end_ns = irl_clock_ns() + CARRIER_NS;
	unsigned ifindex;
	int r;

	if (setns(space, CLONE_NEWNET))
		return irl_error_errno(err, errno, "cannot enter the world");
	ifindex = if_nametoindex(link);
	while ((r = world_link_runs(ifindex)) == 0 && irl_clock_ns() < end_ns)
		irl_clock_sleep_until(irl_clock_ns() + 1000000);
	if (r < 0)
		return irl_error_errno(err, -r, "cannot look at %s", link);
	return r ? 0
		 : irl_error_set(err, IRL_ELINK, "%s has no carrier after %u s",
				 link, (unsigned)(CARRIER_NS / 1000000000));
}

static int make(void *context, struct irl_error *err)
{
	struct making *m = context;
	int r = make_space(&m->space[IRL_WORLD_SIDE_WORLD], err);

	if (r == 0)
		r = make_scanner_side(m, err);
	if (r == 0)
		r = make_world_side(m, err);
	if (r == 0)
		r = wait_for(m->space[IRL_WORLD_SIDE_WORLD], IRL_WORLD_LINK,
			     err);
	if (r == 0)
		r = wait_for(m->space[IRL_WORLD_SIDE_SCANNER],
			     IRL_WORLD_SCANNER_LINK, err);
	return r;
}

static int count_queues(const struct irl_world_options *options)
{
	if (options->queues)
		return (int)options->queues;
	return (int)sysconf(_SC_NPROCESSORS_CONF) + 1;
}

int irl_world_new(struct irl_world **out,
		  const struct irl_world_options *options,
		  struct irl_error *err)
{
	struct making m = {options, (unsigned)count_queues(options), {-1, -1}};
	struct irl_world *world;
	int r = irl_world_model_check(&options->model, err);

	*out = NULL;
	if (r < 0)
		return r;
	if (m.queues < 2 || m.queues > QUEUES_MAX)
		return irl_error_set(err, IRL_EINVAL, "%u queues: give 2 to %u",
				     m.queues, QUEUES_MAX);
	world = calloc(1, sizeof(*world));
	if (!world)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	r = irl_space_run(-1, make, &m, err);
	world->space[0] = m.space[0];
	world->space[1] = m.space[1];
	if (r < 0) {
		irl_world_free(world);
		return r;
	}
	*out = world;
	return 0;
}

void irl_world_free(struct irl_world *world)
{
	if (!world)
		return;
	for (int i = 0; i < 2; i++)
		if (world->space[i] >= 0)
			close(world->space[i]);
	free(world);
}

int irl_world_enter(const struct irl_world *world, enum irl_world_side side,
		    struct irl_error *err)
{
	if (setns(world->space[side], CLONE_NEWNET))
		return irl_error_errno(err, errno, "cannot enter the world");
	return 0;
}

/* ---- looking and taking away
 * ------------------------------------------------- */

static int is_ours(void *context, struct irl_error *err)
{
	char alias[256];
	int r = world_link_get_alias(LOOPBACK, alias, sizeof(alias));

	(void)context;
	if (r < 0)
		return irl_error_errno(err, -r, "cannot look at a loopback");
	return strcmp(alias, MARK) == 0;
}

int irl_space_ours(int space, struct irl_error *err)
{
	return irl_space_run(space, is_ours, NULL, err);
}

static int strip(void *context, struct irl_error *err)
{
	unsigned ifindex = if_nametoindex(IRL_WORLD_SCANNER_LINK);
	int r = ifindex ? world_link_delete(ifindex) : 0;

	(void)context;
	/* The kernel may have been at it: its other end's namespace is gone. */
	if (r < 0 && r != -ENODEV)
		return irl_error_errno(err, -r, "cannot remove the veth");
	return 0;
}

int irl_space_strip(int space, struct irl_error *err)
{
	return irl_space_run(space, strip, NULL, err);
}
