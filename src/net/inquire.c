// SPDX-License-Identifier: BSD-2-Clause
#include <time.h>
#include "base/clock.h"
#include "net/inquire.h"
#include "net/shell.h"
#include "port/port.h"

#define FRAMES 64u
#define FULL_TRIES 10 /* a millisecond apart, of a frame that finds no room */
#define PAUSE_NS 1000000
#define WAIT_MAX_NS 10000000u
#define TICK_NS 1000000000u

struct inquiry {
	struct irl_port *port;
	struct net_neighbours *table;
	const struct irl_prefix4 *own;
	unsigned own_count;
	const struct net_inquire_watch *watch;
	uint64_t tick_ns; /* of the next one */
};

/* A frame that stays refused is one try of three that failed. */
static int send_one(struct irl_port *port, uint8_t *bytes, uint32_t length)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	struct irl_frame frame = {.data = bytes, .length = length};
	enum irl_tx_status status = IRL_TX_UNSENT;

	for (int i = 0; i < FULL_TRIES; i++) {
		int rc = irl_port_send(port, 0, &frame, 1, &status);

		if (rc != 0)
			return rc < 0 ? rc : 0;
		if (status == IRL_TX_LINK_DOWN)
			return -IRL_ELINK;
		if (status == IRL_TX_GONE)
			return -IRL_ENODEV;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int send_requests(const struct inquiry *inquiry)
{
	uint8_t request[NET_NEIGHBOURS_FRAME];
	uint32_t length;
	int rc = 0;

	while (!rc && (length = net_neighbours_request(
			   inquiry->table, irl_clock_ns(), request)))
		rc = send_one(inquiry->port, request, length);
	return rc;
}

static int take_replies(const struct inquiry *inquiry)
{
	struct irl_frame frame[FRAMES];
	uint8_t answer[IRL_FRAME_MAX];
	int n = irl_port_recv(inquiry->port, 0, frame, FRAMES), rc = 0;

	for (int i = 0; i < n && !rc; i++) {
		uint32_t length;

		if (net_neighbours_feed(inquiry->table, frame[i].data,
					frame[i].length))
			continue;
		/* a neighbour may want to know us before it replies */
		length = irl_answer(inquiry->own, inquiry->own_count,
				    irl_port_info(inquiry->port)->mac,
				    frame[i].data, frame[i].length, answer);
		if (length)
			rc = send_one(inquiry->port, answer, length);
	}
	return n < 0 ? n : rc;
}

static int wait(const struct inquiry *inquiry)
{
	uint64_t now = irl_clock_ns();
	uint64_t next = net_neighbours_next_ns(inquiry->table, now);
	uint64_t most = next > now ? next - now : 0;
	int rc;

	if (most > WAIT_MAX_NS)
		most = WAIT_MAX_NS;
	rc = irl_port_wait(inquiry->port, 0, (int64_t)most);
	return rc < 0 ? rc : 0;
}

/* @rc of the wait, which a signal may have ended. */
static int tell(struct inquiry *inquiry, int rc)
{
	const struct net_inquire_watch *watch = inquiry->watch;
	uint64_t now = irl_clock_ns();

	if (!watch || (rc != -IRL_EINTR && (rc < 0 || now < inquiry->tick_ns)))
		return rc;
	if (now >= inquiry->tick_ns)
		inquiry->tick_ns = now + TICK_NS;
	return watch->tick(watch->context, inquiry->table);
}

int net_inquire(struct irl_port *port, struct net_neighbours *table,
		const struct irl_prefix4 own[], unsigned own_count,
		const struct net_inquire_watch *watch, struct irl_error *err)
{
	struct inquiry inquiry = {.port = port,
				  .table = table,
				  .own = own,
				  .own_count = own_count,
				  .watch = watch,
				  .tick_ns = irl_clock_ns() + TICK_NS};
	const struct irl_port_info *info = irl_port_info(port);
	char up[NET_SHELL_TEXT];
	int rc = 0;

	while (!rc && net_neighbours_open(table)) {
		rc = send_requests(&inquiry);
		if (!rc)
			rc = tell(&inquiry, wait(&inquiry));
		if (!rc)
			rc = take_replies(&inquiry);
	}
	if (rc == -IRL_ELINK)
		return irl_error_set(
		    err, IRL_ELINK,
		    "the link of %s is down: cannot ask for "
		    "neighbours; %s, check the cable",
		    info->ifname,
		    net_shell_up(info->ifname, info->ifindex, up));
	if (rc < 0)
		return irl_error_set(err, -rc,
				     "cannot ask for neighbours on %s: %s",
				     info->ifname, irl_error_name(rc));
	return 0;
}
