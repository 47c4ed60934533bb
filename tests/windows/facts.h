/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Assert facts.def of the headers included before this one.
 */
#define SIZE(type, bytes, source)                                              \
	_Static_assert(sizeof(type) == (bytes), "size of " #type ": " source);
#define OFFSET(type, field, offset, source)                                    \
	_Static_assert(__builtin_offsetof(type, field) == (offset),            \
		       "offset of " #type "." #field ": " source);
#define VALUE(name, value, source)                                             \
	_Static_assert((unsigned)(name) == (value), #name ": " source);
#include "facts.def"
#undef SIZE
#undef OFFSET
#undef VALUE
