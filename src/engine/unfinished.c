// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <irl/error.h>
#include "engine/unfinished.h"

#define SIZE_FIRST 1024u
#define STEPS_FIRST 256u
#define BOTH (IRL_STEP_BEGUN | IRL_STEP_DONE)

void irl_unfinished_fini(struct irl_unfinished *u)
{
	free(u->key);
	free(u->steps);
	free(u->list);
	free(u->told);
	*u = (struct irl_unfinished){0};
}

/* ---- the table ----------------------------------------------------------- */

static size_t home_of(uint64_t key, size_t size)
{
	return (size_t)(key * 0x9e3779b97f4a7c15ull >> 20) & (size - 1);
}

/* Its place, or the empty one that it may have. */
static size_t find(const uint64_t keys[], size_t size, uint64_t key)
{
	size_t at = home_of(key, size);

	while (keys[at] && keys[at] != key)
		at = (at + 1) & (size - 1);
	return at;
}

static int grow(struct irl_unfinished *u)
{
	size_t size = u->size ? 2 * u->size : SIZE_FIRST;
	uint64_t *key = calloc(size, sizeof(*key));
	uint8_t *steps = calloc(size, sizeof(*steps));

	if (!key || !steps) {
		free(key);
		free(steps);
		return -IRL_ENOMEM;
	}
	for (size_t i = 0; i < u->size; i++) {
		size_t at;

		if (!u->key[i])
			continue;
		at = find(key, size, u->key[i]);
		key[at] = u->key[i];
		steps[at] = u->steps[i];
	}
	free(u->key);
	free(u->steps);
	u->key = key;
	u->steps = steps;
	u->size = size;
	return 0;
}

/* Whoever stands behind it for want of its place moves up. */
static void drop(struct irl_unfinished *u, size_t at)
{
	size_t mask = u->size - 1, from = at;

	for (;;) {
		from = (from + 1) & mask;
		if (!u->key[from])
			break;
		if (((from - home_of(u->key[from], u->size)) & mask) <
		    ((from - at) & mask))
			continue;
		u->key[at] = u->key[from];
		u->steps[at] = u->steps[from];
		at = from;
	}
	u->key[at] = 0;
	u->count--;
}

int irl_unfinished_note(struct irl_unfinished *u, uint64_t position,
			enum irl_step step)
{
	size_t at;

	if (4 * (u->count + 1) > 3 * u->size && grow(u))
		return -IRL_ENOMEM;
	at = find(u->key, u->size, position + 1);
	if (!u->key[at]) {
		u->key[at] = position + 1;
		u->steps[at] = 0;
		u->count++;
	}
	u->steps[at] = (uint8_t)(u->steps[at] | step);
	if (u->steps[at] != BOTH)
		return 0;
	if (position < u->next)
		drop(u, at);
	else
		u->ahead++;
	return 0;
}

bool irl_unfinished_has(const struct irl_unfinished *u, uint64_t position)
{
	return u->size && u->key[find(u->key, u->size, position + 1)];
}

/* ---- records ------------------------------------------------------------- */

static int grow_told(struct irl_unfinished *u)
{
	size_t old = u->told_size, size = old ? 2 * old : SIZE_FIRST;
	uint64_t *more = malloc(size * sizeof(*more));

	if (!more)
		return -IRL_ENOMEM;
	for (uint64_t i = u->first; old && i < u->last; i++)
		more[i % size] = u->told[i % old];
	free(u->told);
	u->told = more;
	u->told_size = size;
	return 0;
}

int irl_unfinished_told(struct irl_unfinished *u, uint64_t position)
{
	if (u->last - u->first == u->told_size && grow_told(u))
		return -IRL_ENOMEM;
	u->told[u->last++ % u->told_size] = position;
	return 0;
}

int irl_unfinished_kept(struct irl_unfinished *u, uint64_t count)
{
	int rc = 0;

	for (; !rc && u->first < count && u->first < u->last; u->first++)
		rc = irl_unfinished_note(u, u->told[u->first % u->told_size],
					 IRL_STEP_DONE);
	return rc;
}

/* ---- going on ------------------------------------------------------------ */

/* From the end: what moves up has been looked at, or will be. */
void irl_unfinished_advance(struct irl_unfinished *u, uint64_t next)
{
	if (next <= u->next)
		return;
	u->next = next;
	for (size_t i = u->size; u->ahead && i-- > 0;)
		while (u->key[i] && u->key[i] <= next && u->steps[i] == BOTH) {
			drop(u, i);
			u->ahead--;
		}
}

/* ---- a look -------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* One that is done and was not told to be begun yet is done all the same. */
static bool is_shown(const struct irl_unfinished *u, size_t at)
{
	return u->key[at] &&
	       (u->key[at] <= u->next) == !(u->steps[at] & IRL_STEP_DONE);
}

int irl_unfinished_look(struct irl_unfinished *u, const uint64_t **list,
			size_t *again, size_t *done)
{
	uint64_t *all = realloc(u->list, (u->count + 1) * sizeof(*all));
	size_t n = 0;

	if (!all)
		return -IRL_ENOMEM;
	*list = u->list = all;
	for (size_t i = 0; i < u->size; i++)
		if (is_shown(u, i))
			all[n++] = u->key[i] - 1;
	qsort(all, n, sizeof(*all), compare);
	for (*again = 0; *again < n && all[*again] < u->next;)
		++*again;
	*done = n - *again;
	return 0;
}

/* ---- from workers to the main thread -------------------------------------
 */

bool irl_steps_add(struct irl_steps **steps, uint64_t position,
		   enum irl_step step)
{
	struct irl_steps *s = *steps;
	size_t room = s ? s->room : 0;

	if (!s || s->count == room) {
		room = room ? 2 * room : STEPS_FIRST;
		s = realloc(s, sizeof(*s) + room * sizeof(s->step[0]));
		if (!s)
			return false;
		if (!*steps)
			s->count = 0;
		s->room = room;
		*steps = s;
	}
	s->step[s->count++] = position * 4 + step;
	return true;
}

int irl_steps_take(const struct irl_steps *s, struct irl_unfinished *u)
{
	int rc = 0;

	for (size_t i = 0; s && !rc && i < s->count; i++)
		rc = irl_unfinished_note(u, s->step[i] / 4,
					 (enum irl_step)(s->step[i] % 4));
	return rc;
}
