// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "world/server.h"

#define CONNECTIONS 131072u
#define CONNECTIONS_MAX 33554432u
#define EVENTS_EACH 4u
#define EVENTS_MORE 65536u /* at most: windows full of segments */
#define EVENTS_OF_FEW 256u

int irl_world_server_new(struct irl_world_server **out,
			 const struct irl_world_model *model,
			 const struct irl_world_server_options *options,
			 struct irl_error *err)
{
	unsigned room =
	    options->connections ? options->connections : CONNECTIONS;
	unsigned more = room < EVENTS_MORE / EVENTS_OF_FEW
			    ? room * EVENTS_OF_FEW
			    : EVENTS_MORE;
	struct irl_world_server *s;
	int r = irl_world_model_check(model, err);

	*out = NULL;
	if (r < 0)
		return r;
	if (room > CONNECTIONS_MAX)
		return irl_error_set(err, IRL_EINVAL,
				     "%u connections: give up to %u", room,
				     CONNECTIONS_MAX);
	s = calloc(1, sizeof(*s));
	if (!s)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	s->model = *model;
	s->plain = irl_path_is_plain(model);
	memcpy(s->mac, options->mac, 6);
	if (!irl_world_wheel_init(&s->wheel, room * EVENTS_EACH + more) ||
	    !irl_server_table_init(s, room)) {
		irl_world_server_free(s);
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	}
	*out = s;
	return 0;
}

void irl_world_server_free(struct irl_world_server *s)
{
	if (!s)
		return;
	irl_server_table_fini(s);
	irl_world_wheel_fini(&s->wheel);
	free(s);
}

/* ---- the way ---------------------------------------------------------------
 */

/* Of a flow without a connection every frame is a path's first; the time makes
 * a SYN's repetition fare differently. */
static struct irl_path path_of(const struct irl_world_server *s,
			       const struct irl_world_packet *p)
{
	uint64_t flow = (uint64_t)p->client << 32 | p->server;
	uint64_t ports = (uint64_t)p->client_port << 16 | p->server_port;

	return (struct irl_path){
	    .key = irl_world_mix(irl_world_mix(flow ^ s->model.seed) ^ ports ^
				 s->now_ns / IRL_WORLD_WHEEL_TICK_NS << 32)};
}

static bool hold(struct irl_world_server *s, const struct irl_world_packet *p,
		 enum irl_world_event_kind kind, uint64_t delay_ns)
{
	uint32_t index = irl_world_wheel_take(&s->wheel);

	if (index == IRL_WORLD_WHEEL_NONE)
		return false;
	s->wheel.event[index].kind = kind;
	s->wheel.event[index].packet = *p;
	if (delay_ns)
		irl_world_wheel_add(&s->wheel, index, s->now_ns + delay_ns);
	else
		irl_world_wheel_add_now(&s->wheel, index, s->now_ns);
	return true;
}

static struct irl_path_fate draw(struct irl_world_server *s,
				 struct irl_world_connection *c,
				 const struct irl_world_packet *p,
				 enum irl_path_way way)
{
	struct irl_path path = c ? c->path : path_of(s, p);
	struct irl_path_fate fate;

	fate = irl_path_draw(&s->model, &path, way,
			     c ? c->rtt_ns
			       : irl_world_rtt_ns(&s->model, p->server));
	if (c)
		c->path = path;
	if (fate.lost)
		return fate;
	s->counts[IRL_WORLD_S_COPIED] += fate.copied;
	s->counts[IRL_WORLD_S_REORDERED] += fate.late;
	return fate;
}

void irl_server_send(struct irl_world_server *s, struct irl_world_connection *c,
		     const struct irl_world_packet *p)
{
	struct irl_path_fate fate = {0};

	if (!s->plain)
		fate = draw(s, c, p, IRL_PATH_OUT);
	if (fate.lost)
		s->counts[IRL_WORLD_S_LOST_OUT]++;
	else if (!hold(s, p, IRL_WORLD_EVENT_OUT, fate.delay_ns))
		s->counts[IRL_WORLD_S_DROPPED]++;
	else if (fate.copied)
		hold(s, p, IRL_WORLD_EVENT_OUT, fate.copy_delay_ns);
}

/* ---- in and out -----------------------------------------------------------
 */

static void deliver(struct irl_world_server *s,
		    const struct irl_world_packet *p)
{
	struct irl_world_connection *c = irl_server_find(s, p);

	if (c)
		irl_server_segment(s, c, p);
	else
		irl_server_listen(s, p);
}

void irl_world_server_input(struct irl_world_server *s, uint64_t now_ns,
			    const void *frame, uint32_t length)
{
	struct irl_world_packet p;
	struct irl_path_fate fate;

	s->now_ns = now_ns;
	if (!irl_server_read(s, frame, length, &p))
		return;
	if (s->plain) {
		s->counts[IRL_WORLD_S_SEGMENT]++;
		deliver(s, &p);
		return;
	}
	fate = draw(s, irl_server_find(s, &p), &p, IRL_PATH_IN);
	if (fate.lost)
		s->counts[IRL_WORLD_S_LOST_IN]++;
	else if (!hold(s, &p, IRL_WORLD_EVENT_IN, fate.delay_ns))
		s->counts[IRL_WORLD_S_CROWDED]++;
	else {
		s->counts[IRL_WORLD_S_SEGMENT]++;
		if (fate.copied)
			hold(s, &p, IRL_WORLD_EVENT_IN, fate.copy_delay_ns);
	}
}

uint32_t irl_world_server_output(struct irl_world_server *s, uint64_t now_ns,
				 uint8_t *to)
{
	uint32_t index, length = 0;

	while (!length && (index = irl_world_wheel_pop(&s->wheel, now_ns)) !=
			      IRL_WORLD_WHEEL_NONE) {
		struct irl_world_event *e = &s->wheel.event[index];

		/* Late calls do not make time jump. */
		s->now_ns = e->due_ns;
		if (e->kind == IRL_WORLD_EVENT_TIMER) {
			struct irl_world_connection *c =
			    &s->connection[e->connection];

			c->timer = IRL_WORLD_WHEEL_NONE;
			irl_world_wheel_give(&s->wheel, index);
			irl_server_timer(s, c);
			continue;
		}
		if (e->kind == IRL_WORLD_EVENT_OUT) {
			length = irl_server_write(s, &e->packet, to);
			s->counts[IRL_WORLD_S_SENT]++;
		} else {
			deliver(s, &e->packet);
		}
		irl_world_wheel_give(&s->wheel, index);
	}
	s->now_ns = now_ns;
	return length;
}

uint64_t irl_world_server_next(const struct irl_world_server *s)
{
	return irl_world_wheel_next(&s->wheel);
}

unsigned irl_world_server_connections(const struct irl_world_server *s)
{
	return s->open;
}

void irl_world_server_counts(const struct irl_world_server *s,
			     uint64_t counts[IRL_WORLD_S_COUNTS])
{
	memcpy(counts, s->counts, sizeof(s->counts));
}

const char *irl_world_server_count_name(enum irl_world_server_count which)
{
	static const char *const name[] = {
	    [IRL_WORLD_S_SEGMENT] = "segments",
	    [IRL_WORLD_S_LOST_IN] = "lost_in",
	    [IRL_WORLD_S_MALFORMED] = "malformed",
	    [IRL_WORLD_S_IGNORED] = "ignored",
	    [IRL_WORLD_S_CROWDED] = "crowded",
	    [IRL_WORLD_S_COPIED] = "copied",
	    [IRL_WORLD_S_REORDERED] = "reordered",
	    [IRL_WORLD_S_SENT] = "sent",
	    [IRL_WORLD_S_LOST_OUT] = "lost_out",
	    [IRL_WORLD_S_DROPPED] = "dropped",
	    [IRL_WORLD_S_OPENED] = "opened",
	    [IRL_WORLD_S_SERVED] = "served",
	    [IRL_WORLD_S_GIVEN_UP] = "given_up",
	    [IRL_WORLD_S_REPEATED] = "repeated",
	};

	return (unsigned)which < IRL_WORLD_S_COUNTS ? name[which] : "unknown";
}
