// SPDX-License-Identifier: BSD-2-Clause
/* The server in user space at the world's end of the veth. */
#include <string.h>
#include <unistd.h>
#include <irl/port.h>
#include "base/clock.h"
#include "world/server.h"
#include "world/space.h"

#define SLEEP_MOST_NS (50 * IRL_NS_PER_MS)

struct work {
	const struct irl_world_serving *serving;
	uint64_t *counts;
};

static bool is_stopped(const struct work *w)
{
	return w->serving->stop && *w->serving->stop;
}

static int serve(struct irl_world_server *server, struct irl_port *port,
		 const struct work *w)
{
	int r = 0;

	while (r >= 0 && !is_stopped(w)) {
		uint64_t now = irl_clock_ns(), next;

		r = irl_world_server_pump(server, port, 0, now);
		if (r != 0)
			continue;
		next = irl_world_server_next(server);
		if (next > now + SLEEP_MOST_NS)
			next = now + SLEEP_MOST_NS;
		if (next > now)
			irl_port_wait(port, 0, (int64_t)(next - now));
	}
	return r < 0 ? r : 0;
}

static int open_port(struct irl_port **out, const struct irl_world_model *model,
		     struct irl_error *err)
{
	struct irl_steer steer = {
	    .own = {{model->range_addr,
		     (uint32_t)__builtin_popcount(model->range_mask)}},
	    .own_count = 1};
	struct irl_port_options options = {.ifname = IRL_WORLD_LINK,
					   .kind = "packet",
					   .steer = &steer,
					   .rx_ring_bytes = 64u << 20};

	return irl_port_open(out, &options, err);
}

/* Inside the world's namespace, in a thread of its own. */
static int work(void *context, struct irl_error *err)
{
	struct work *w = context;
	struct irl_world_server_options options = {.connections =
						       w->serving->connections};
	struct irl_world_server *server = NULL;
	struct irl_world_model model;
	struct irl_port *port = NULL;
	int r = irl_responder_read(&model, NULL, err);

	if (r == 0 && model.services.serve < IRL_WORLD_SERVE_ALL)
		r = irl_error_set(err, IRL_EINVAL,
				  "this world passes nothing to a server: it "
				  "was made with serve '%s', not 'all' or "
				  "'user'",
				  irl_world_serve_name(model.services.serve));
	if (r == 0)
		r = open_port(&port, &model, err);
	if (r < 0)
		return r;
	memcpy(options.mac, irl_port_info(port)->mac, 6);
	r = irl_world_server_new(&server, &model, &options, err);
	if (r == 0 && w->serving->ready)
		w->serving->ready(w->serving->context);
	if (r == 0 && serve(server, port, w) < 0)
		r = irl_error_set(err, IRL_EIO,
				  "the world's interface is gone");
	if (server && w->counts)
		irl_world_server_counts(server, w->counts);
	irl_world_server_free(server);
	irl_port_close(port);
	return r;
}

int irl_world_serve_private(const struct irl_world *world,
			    const struct irl_world_serving *serving,
			    uint64_t counts[IRL_WORLD_S_COUNTS],
			    struct irl_error *err)
{
	struct work w = {serving, counts};

	return irl_space_run(world->space[IRL_WORLD_SIDE_WORLD], work, &w, err);
}

int irl_world_serve(const char *name, const struct irl_world_serving *serving,
		    uint64_t counts[IRL_WORLD_S_COUNTS], struct irl_error *err)
{
	struct work w = {serving, counts};
	int r, space = irl_world_open_space(name, err);

	if (space < 0)
		return space;
	r = irl_space_run(space, work, &w, err);
	close(space);
	return r;
}
