// SPDX-License-Identifier: BSD-2-Clause
/* Connections by flow: an open table with linear probing; places that become
 * free are closed up, so that there are no tombstones. */
#include <stdlib.h>
#include <string.h>
#include "world/server.h"

bool irl_server_table_init(struct irl_world_server *s, unsigned room)
{
	uint32_t size = 16;

	while (size < room * 2)
		size *= 2;
	s->connection = calloc(room, sizeof(*s->connection));
	s->table = calloc(size, sizeof(*s->table));
	s->table_mask = size - 1;
	s->room = room;
	s->free = IRL_WORLD_CONNECTION_NONE;
	return s->connection && s->table;
}

void irl_server_table_fini(struct irl_world_server *s)
{
	free(s->connection);
	free(s->table);
}

static uint32_t place(const struct irl_world_server *s, uint32_t client,
		      uint32_t server, uint16_t client_port,
		      uint16_t server_port)
{
	uint64_t x = (uint64_t)client << 32 | server;

	x = irl_world_mix(x + ((uint32_t)client_port << 16 | server_port) *
				  0x9e3779b97f4a7c15ull);
	return (uint32_t)x & s->table_mask;
}

static uint32_t home(const struct irl_world_server *s, uint32_t index)
{
	const struct irl_world_connection *c = &s->connection[index];

	return place(s, c->client, c->server, c->client_port, c->server_port);
}

static bool is_of(const struct irl_world_connection *c,
		  const struct irl_world_packet *p)
{
	return c->client == p->client && c->server == p->server &&
	       c->client_port == p->client_port &&
	       c->server_port == p->server_port;
}

struct irl_world_connection *irl_server_find(struct irl_world_server *s,
					     const struct irl_world_packet *p)
{
	uint32_t at =
	    place(s, p->client, p->server, p->client_port, p->server_port);

	for (; s->table[at]; at = (at + 1) & s->table_mask) {
		struct irl_world_connection *c =
		    &s->connection[s->table[at] - 1];

		if (is_of(c, p))
			return c;
	}
	return NULL;
}

struct irl_world_connection *irl_server_open(struct irl_world_server *s,
					     const struct irl_world_packet *p)
{
	uint32_t index = s->free, at;
	struct irl_world_connection *c;

	if (index != IRL_WORLD_CONNECTION_NONE)
		s->free = s->connection[index].end;
	else if (s->used < s->room)
		index = s->used++;
	else
		return NULL;
	c = &s->connection[index];
	memset(c, 0, sizeof(*c));
	c->client = p->client;
	c->server = p->server;
	c->client_port = p->client_port;
	c->server_port = p->server_port;
	c->timer = IRL_WORLD_WHEEL_NONE;
	memcpy(c->mac, p->mac, 6);
	at = home(s, index);
	while (s->table[at])
		at = (at + 1) & s->table_mask;
	s->table[at] = index + 1;
	s->open++;
	return c;
}

/* Whoever stands behind the hole and may stand in it moves up. */
static void close_up(struct irl_world_server *s, uint32_t hole)
{
	uint32_t at = hole;

	for (;;) {
		uint32_t want;

		at = (at + 1) & s->table_mask;
		if (!s->table[at])
			break;
		want = home(s, s->table[at] - 1);
		if (((at - want) & s->table_mask) <
		    ((at - hole) & s->table_mask))
			continue;
		s->table[hole] = s->table[at];
		hole = at;
	}
	s->table[hole] = 0;
}

void irl_server_close(struct irl_world_server *s,
		      struct irl_world_connection *c)
{
	uint32_t index = (uint32_t)(c - s->connection), at = home(s, index);

	while (s->table[at] != index + 1)
		at = (at + 1) & s->table_mask;
	close_up(s, at);
	if (c->timer != IRL_WORLD_WHEEL_NONE) {
		irl_world_wheel_remove(&s->wheel, c->timer);
		irl_world_wheel_give(&s->wheel, c->timer);
	}
	c->state = IRL_WORLD_CONNECTION_FREE;
	c->end = s->free;
	s->free = index;
	s->open--;
}

/* One that rings too early is set again when it rings; one that would ring too
 * late is moved. */
void irl_server_arm(struct irl_world_server *s, struct irl_world_connection *c,
		    uint64_t at_ns)
{
	struct irl_world_event *e;

	c->deadline_ns = at_ns;
	if (!at_ns)
		return;
	if (c->timer != IRL_WORLD_WHEEL_NONE) {
		e = &s->wheel.event[c->timer];
		if (e->tick == UINT64_MAX ||
		    e->tick * IRL_WORLD_WHEEL_TICK_NS <= at_ns)
			return;
		irl_world_wheel_remove(&s->wheel, c->timer);
	} else {
		c->timer = irl_world_wheel_take(&s->wheel);
		if (c->timer == IRL_WORLD_WHEEL_NONE)
			return;
		e = &s->wheel.event[c->timer];
		e->kind = IRL_WORLD_EVENT_TIMER;
		e->connection = (uint32_t)(c - s->connection);
	}
	irl_world_wheel_add(&s->wheel, c->timer, at_ns);
}
