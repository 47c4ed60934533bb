// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "world/path.h"
#include "world/service.h"

struct irl_world_service irl_world_service(const struct irl_world_model *model,
					   uint32_t addr, uint16_t port)
{
	struct irl_world_service s = {.kind = IRL_WORLD_NO_SERVICE};
	struct irl_world_host host;

	if (irl_world_reserved(addr) || !irl_world_owns(model, addr))
		return s;
	host = irl_world_host(model, addr);
	if (host.state != IRL_WORLD_ALIVE && host.state != IRL_WORLD_MIDDLEBOX)
		return s;
	if (irl_world_knock(model, host, port) == IRL_WORLD_SYNACK)
		irl_world_serve_of(&model->services, host, port, &s);
	return s;
}

/* ---- bytes ------------------------------------------------------------------
 */

static uint64_t to_memory(uint64_t little)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	little = __builtin_bswap64(little);
#endif
	return little;
}

/* Words in whole as far as they go, then parts of them. */
static void write_page(uint64_t page, uint32_t offset, uint8_t *to,
		       uint32_t length)
{
	while (length) {
		uint64_t word = to_memory(irl_world_word(page, offset / 8));
		uint32_t skip = offset % 8, n = 8 - skip;

		if (n > length)
			n = length;
		if (n == 8)
			memcpy(to, &word, 8);
		else
			memcpy(to, (uint8_t *)&word + skip, n);
		to += n;
		offset += n;
		length -= n;
	}
}

static uint32_t clip(uint32_t offset, uint32_t length, uint32_t end)
{
	if (offset >= end)
		return 0;
	return length < end - offset ? length : end - offset;
}

uint32_t irl_world_body(const struct irl_world_service *s, uint32_t offset,
			void *to, uint32_t length)
{
	uint8_t banner[IRL_WORLD_BANNER_SIZE];
	uint32_t n = clip(offset, length, s->body);

	if (s->kind == IRL_WORLD_HTTP) {
		write_page(s->page, offset, to, n);
	} else if (n) {
		irl_world_banner_of(banner, s);
		memcpy(to, banner + offset, n);
	}
	return n;
}

/* A piece of the stream: bytes at hand, or the body's from some place on. */
struct piece {
	uint8_t byte[IRL_WORLD_HEAD];
	uint32_t size, skip; /* of the piece; into it */
	bool body;
	uint32_t body_at;
};

/* Chunks of one size, so that a place is found by division. */
static void find_in_chunks(const struct irl_world_service *s, uint32_t at,
			   struct piece *p)
{
	const uint32_t whole =
	    IRL_WORLD_CHUNK_HEAD + s->chunk + IRL_WORLD_CHUNK_TAIL;
	uint32_t index = at / whole, in = at % whole;
	uint32_t size = s->body - index * s->chunk;

	if (index * s->chunk >= s->body) {
		memcpy(p->byte, "0\r\n\r\n", p->size = IRL_WORLD_CHUNK_END);
		p->skip = in;
		return;
	}
	if (size > s->chunk)
		size = s->chunk;
	if (in < IRL_WORLD_CHUNK_HEAD) {
		irl_world_chunk_head(p->byte, size);
		p->size = IRL_WORLD_CHUNK_HEAD;
		p->skip = in;
	} else if (in < IRL_WORLD_CHUNK_HEAD + size) {
		p->body = true;
		p->size = size;
		p->skip = in - IRL_WORLD_CHUNK_HEAD;
		p->body_at = index * s->chunk;
	} else if (in < IRL_WORLD_CHUNK_HEAD + size + IRL_WORLD_CHUNK_TAIL) {
		memcpy(p->byte, "\r\n", p->size = IRL_WORLD_CHUNK_TAIL);
		p->skip = in - IRL_WORLD_CHUNK_HEAD - size;
	} else { /* behind the last chunk, which is shorter */
		memcpy(p->byte, "0\r\n\r\n", p->size = IRL_WORLD_CHUNK_END);
		p->skip =
		    in - IRL_WORLD_CHUNK_HEAD - size - IRL_WORLD_CHUNK_TAIL;
	}
}

static void find_piece(const struct irl_world_service *s, uint32_t at,
		       struct piece *p)
{
	*p = (struct piece){.size = 0};
	if (s->kind == IRL_WORLD_BANNER) {
		irl_world_banner_of(p->byte, s);
		p->size = IRL_WORLD_BANNER_SIZE;
		p->skip = at;
	} else if (at < IRL_WORLD_HEAD) {
		irl_world_head(p->byte, s);
		p->size = IRL_WORLD_HEAD;
		p->skip = at;
	} else if (s->framing == IRL_WORLD_CHUNKED) {
		find_in_chunks(s, at - IRL_WORLD_HEAD, p);
	} else {
		p->body = true;
		p->size = s->body;
		p->skip = at - IRL_WORLD_HEAD;
	}
}

uint32_t irl_world_stream(const struct irl_world_service *s, uint32_t offset,
			  void *to, uint32_t length)
{
	uint32_t all = clip(offset, length, s->stream), left = all;
	uint8_t *out = to;

	while (left) {
		struct piece p;
		uint32_t n;

		find_piece(s, offset, &p);
		n = p.size - p.skip < left ? p.size - p.skip : left;
		if (p.body)
			write_page(s->page, p.body_at + p.skip, out, n);
		else
			memcpy(out, p.byte + p.skip, n);
		out += n;
		offset += n;
		left -= n;
	}
	return all;
}

/* ---- truth ------------------------------------------------------------------
 */

uint64_t irl_world_fnv(uint64_t hash, const void *data, size_t length)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ p[i]) * 0x100000001b3ull;
	return hash;
}

static uint64_t hash_body(const struct irl_world_service *s)
{
	uint64_t hash = IRL_WORLD_FNV;
	uint8_t part[4096];
	uint32_t at = 0, n;

	while ((n = irl_world_body(s, at, part, sizeof(part))) > 0) {
		hash = irl_world_fnv(hash, part, n);
		at += n;
	}
	return hash;
}

struct irl_world_fetch irl_world_fetch(const struct irl_world_model *model,
				       uint32_t addr, uint16_t port)
{
	struct irl_world_fetch f = {.service =
					irl_world_service(model, addr, port)};
	bool served = model->services.serve != IRL_WORLD_SERVE_NONE;

	f.synacked = f.service.kind != IRL_WORLD_NO_SERVICE;
	if (!f.synacked || !served)
		return f;
	f.acknowledged = f.service.kind != IRL_WORLD_HOLE;
	f.spoke = f.service.stream > 0;
	if (f.spoke)
		f.hash = hash_body(&f.service);
	if (model->services.serve == IRL_WORLD_SERVE_USER)
		f.rtt_ns = irl_world_rtt_ns(model, addr);
	return f;
}

/* ---- names ------------------------------------------------------------------
 */

const char *irl_world_service_name(unsigned kind)
{
	static const char *const name[] = {"none", "http", "banner", "mute",
					   "hole"};

	return kind < 5 ? name[kind] : "unknown";
}

const char *irl_world_framing_name(unsigned framing)
{
	static const char *const name[] = {"length", "chunked", "close"};

	return framing < 3 ? name[framing] : "unknown";
}

const char *irl_world_serve_name(unsigned serve)
{
	static const char *const name[] = {"none", "short", "all", "user"};

	return serve < IRL_WORLD_SERVES ? name[serve] : "unknown";
}
