/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which targets a fetch has begun and not finished, by position, and which it
 * has finished ahead of the position that it goes on at.  As large as what is
 * on its way; one thread.
 */
#ifndef IRL_ENGINE_UNFINISHED_H
#define IRL_ENGINE_UNFINISHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A target is begun once, then done once; told of in either order. */
enum irl_step {
	IRL_STEP_BEGUN = 1,
	IRL_STEP_DONE = 2,
};

struct irl_unfinished {
	uint64_t *key; /* open addressing; position + 1, 0: an empty place */
	uint8_t *steps;
	size_t size, count; /* of places, a power of two, or 0 */
	size_t ahead;       /* of count: begun and done, and not forgotten */
	uint64_t next;      /* all before it have been begun, or will not be */
	uint64_t *list;     /* of the last look */
	/* Told, and perhaps not kept: a ring from the first on. */
	uint64_t *told, first, last;
	size_t told_size;
};

void irl_unfinished_fini(struct irl_unfinished *unfinished);
/* 0 or -IRL_ENOMEM: it is not taken note of. */
int irl_unfinished_note(struct irl_unfinished *unfinished, uint64_t position,
			enum irl_step step);
/* Its record was told: it is done once that is kept.  Likewise. */
int irl_unfinished_told(struct irl_unfinished *unfinished, uint64_t position);
/* Of all that were told the first @count are kept. */
int irl_unfinished_kept(struct irl_unfinished *unfinished, uint64_t count);
/* Has anything of it been noted, and is it not forgotten yet? */
bool irl_unfinished_has(const struct irl_unfinished *unfinished,
			uint64_t position);
/* It only ever grows: what is finished before it is forgotten.  As long as
 * nothing is finished ahead of it that costs nothing, else a look at all. */
void irl_unfinished_advance(struct irl_unfinished *unfinished, uint64_t next);

/*
 * A look at all: ascending positions before next that are begun and not done,
 * then, from *@again on, those at it or behind it that are done.  They are good
 * until the next call.  0 or -IRL_ENOMEM.
 */
int irl_unfinished_look(struct irl_unfinished *unfinished,
			const uint64_t **list, size_t *again, size_t *done);

/* ---- from workers to the main thread -------------------------------------
 */

/* What a worker has begun and finished. */
struct irl_steps {
	size_t count, room;
	uint64_t step[]; /* position * 4 + enum irl_step */
};

/* To *@steps, made at need; false: out of memory. */
bool irl_steps_add(struct irl_steps **steps, uint64_t position,
		   enum irl_step step);
/* All of it; 0 or -IRL_ENOMEM. */
int irl_steps_take(const struct irl_steps *steps,
		   struct irl_unfinished *unfinished);

#endif
