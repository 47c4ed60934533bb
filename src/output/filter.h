/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * zmap's output filter, compiled once into comparisons that jump.
 *
 *   or      = and { "||" and }
 *   and     = not { "&&" not }
 *   not     = "!" not | "(" or ")" | compare
 *   compare = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
 *   value   = number | true | false | word | "text" | 'text'
 *
 * A comparison with a field that a record does not have (seqnum of an ICMP
 * error) is false.  Texts are turned into integers when compiled, so that no
 * text is compared for a record; only = and != apply to them.
 */
#ifndef IRL_OUTPUT_FILTER_H
#define IRL_OUTPUT_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include "output/field.h"

#define IRL_FILTER_STEPS 64u

enum irl_filter_op {
	IRL_FILTER_EQ,
	IRL_FILTER_NE,
	IRL_FILTER_LT,
	IRL_FILTER_LE,
	IRL_FILTER_GT,
	IRL_FILTER_GE,
};

/* Where a step leads: another step, or a verdict. */
#define IRL_FILTER_PASS 254u
#define IRL_FILTER_DROP 255u

struct irl_filter_step {
	uint64_t value;
	uint8_t field, op;
	uint8_t yes, no;
};

struct irl_filter {
	struct irl_filter_step step[IRL_FILTER_STEPS];
	unsigned count;
	uint8_t first; /* IRL_FILTER_PASS for an empty filter */
};

/* Empty text passes all.  Errors name the column and what was expected. */
int irl_filter_compile(struct irl_filter *filter, const char *text,
		       struct irl_error *err);

static inline bool irl_filter_holds(const struct irl_filter_step *step,
				    const struct irl_record *record)
{
	uint64_t value;

	if (!irl_field_value(record, (enum irl_field)step->field, &value))
		return false;
	switch ((enum irl_filter_op)step->op) {
	case IRL_FILTER_EQ:
		return value == step->value;
	case IRL_FILTER_NE:
		return value != step->value;
	case IRL_FILTER_LT:
		return value < step->value;
	case IRL_FILTER_LE:
		return value <= step->value;
	case IRL_FILTER_GT:
		return value > step->value;
	case IRL_FILTER_GE:
		return value >= step->value;
	}
	return false;
}

static inline bool irl_filter_passes(const struct irl_filter *filter,
				     const struct irl_record *record)
{
	unsigned at = filter->first;

	/* Steps only lead on, never back, so this ends. */
	while (at < IRL_FILTER_STEPS) {
		const struct irl_filter_step *step = &filter->step[at];

		at = irl_filter_holds(step, record) ? step->yes : step->no;
	}
	return at == IRL_FILTER_PASS;
}

#endif
