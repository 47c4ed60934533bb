// SPDX-License-Identifier: BSD-2-Clause
#include "world/path.h"

#define LATE_LEAST_NS 1000000u

bool irl_path_is_plain(const struct irl_world_model *m)
{
	const struct irl_world_services *s = &m->services;

	return !m->loss && !s->burst && !s->duplicate && !s->reorder &&
	       !s->rtt_max_us;
}

static uint64_t root(uint64_t x)
{
	uint64_t r = 0, bit = 1ull << 62;

	while (bit > x)
		bit >>= 2;
	for (; bit; bit >>= 2) {
		bool fits = x >= r + bit;

		if (fits)
			x -= r + bit;
		r = (r >> 1) + (fits ? bit : 0);
	}
	return r;
}

/* The point @share / 2^16 of the way from @low to @high by ratio: the geometric
 * mean again and again, then a straight line. */
static uint64_t between(uint64_t low, uint64_t high, uint32_t share)
{
	for (int i = 0; i < 6; i++) {
		uint64_t middle = root(low * high);

		if (share & 0x8000)
			low = middle;
		else
			high = middle;
		share = share << 1 & 0xffff;
	}
	return low + ((high - low) * share >> 16);
}

uint64_t irl_world_rtt_ns(const struct irl_world_model *m, uint32_t addr)
{
	uint64_t draw, low = m->services.rtt_min_us * 1000ull;
	uint64_t high = m->services.rtt_max_us * 1000ull;
	uint32_t mean;

	if (!high)
		return 0;
	if (low >= high)
		return high;
	draw = irl_world_mix((m->seed + 3) * 0x9e3779b97f4a7c15ull ^ addr);
	mean = (uint32_t)((draw & 0xffff) + (draw >> 16 & 0xffff) +
			  (draw >> 32 & 0xffff) + (draw >> 48)) /
	       4;
	/* Microseconds inside, so that products fit. */
	return between(low / 1000 ? low / 1000 : 1, high / 1000, mean) * 1000;
}

static uint64_t draw_next(struct irl_path *path, enum irl_path_way way)
{
	return irl_world_mix(path->key + (uint64_t)way * 0x5851f42d4c957f2dull +
			     ++path->frames * 0x9e3779b97f4a7c15ull);
}

/* The chain of Gilbert: bursts of burst_frames on average that hold the share
 * burst of all frames.  A flow begins anywhere in it. */
static bool in_burst(const struct irl_world_services *s, struct irl_path *path,
		     enum irl_path_way way, uint32_t draw)
{
	const uint8_t bit = (uint8_t)(1u << way);
	uint64_t leave, enter;

	if (!s->burst)
		return false;
	if (s->burst >= IRL_WORLD_ONE)
		return true;
	leave = IRL_WORLD_ONE / (s->burst_frames ? s->burst_frames : 1);
	enter = leave * (s->burst >> 8) / ((IRL_WORLD_ONE - s->burst) >> 8);
	if (!(path->begun & bit)) {
		path->begun |= bit;
		if (draw < s->burst)
			path->bad |= bit;
	} else if (path->bad & bit ? draw < leave : draw < enter) {
		path->bad ^= bit;
	}
	return path->bad & bit;
}

struct irl_path_fate irl_path_draw(const struct irl_world_model *m,
				   struct irl_path *path, enum irl_path_way way,
				   uint64_t rtt_ns)
{
	const struct irl_world_services *s = &m->services;
	struct irl_path_fate f = {.delay_ns = rtt_ns / 2};
	uint64_t draw, more, late;

	if (irl_path_is_plain(m))
		return f;
	draw = draw_next(path, way);
	more = irl_world_mix(draw);
	f.lost = (uint32_t)(draw >> 32) < m->loss;
	f.lost |= in_burst(s, path, way, (uint32_t)draw);
	f.late = (uint32_t)(more >> 32) < s->reorder;
	f.copied = (uint32_t)more < s->duplicate;
	f.copy_delay_ns = f.delay_ns;
	late = rtt_ns / 2 < LATE_LEAST_NS ? LATE_LEAST_NS : rtt_ns / 2;
	if (f.late)
		f.delay_ns += LATE_LEAST_NS / 4 +
			      (late * (irl_world_mix(more) >> 40) >> 24);
	return f;
}
