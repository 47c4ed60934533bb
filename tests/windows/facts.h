/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Assert facts.def, or IRL_FACTS, of the headers included before this one.
 */
#ifndef IRL_FACTS
#define IRL_FACTS "facts.def"
#endif
#define SIZE(type, bytes, source)                                              \
	_Static_assert(sizeof(type) == (bytes), "size of " #type ": " source);
#define OFFSET(type, field, offset, source)                                    \
	_Static_assert(__builtin_offsetof(type, field) == (offset),            \
		       "offset of " #type "." #field ": " source);
#define VALUE(name, value, source)                                             \
	_Static_assert((unsigned)(name) == (value), #name ": " source);
#ifndef BITS /* no constant expression: see facts_drivers.c */
#define BITS(type, field, word, mask, source)
#endif
#include IRL_FACTS
#undef BITS
#undef SIZE
#undef OFFSET
#undef VALUE
