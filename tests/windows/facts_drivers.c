/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The drivers' own header agrees with facts.def, which was written without it.
 * Compiling is the test, on Linux and with what the .sys files are made of; but
 * where the bits of a field are only a program can tell.
 */
#include "ndis6.h"
#define IRL_FACTS_OF_DRIVERS
#include "facts.h"

const char *irl_facts_bits(void);

/* The first field whose bits are elsewhere, or NULL. */
const char *irl_facts_bits(void)
{
#define SIZE(type, bytes, source)
#define OFFSET(type, field, offset, source)
#define VALUE(name, value, source)
#define BITS(type, field, word, mask, source)                                  \
	{                                                                      \
		union {                                                        \
			type all;                                              \
			ULONG words[(sizeof(type) + 3) / 4];                   \
		} is = {.words = {0}};                                         \
                                                                               \
		is.all.field--;                                                \
		if (is.words[word] != (mask))                                  \
			return #type "." #field ": " source;                   \
	}
#include "facts.def"
	return NULL;
}
