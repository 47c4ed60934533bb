/* SPDX-License-Identifier: BSD-2-Clause */
/* What the bed under Wine can do besides those of tests/port. */
#ifndef IRL_TESTS_WINE_BED_WINE_H
#define IRL_TESTS_WINE_BED_WINE_H

#include "bed.h"

/* As bed_inject, of up to 4,088 bytes that an adapter joined. */
bool bed_inject_joined(struct bed *bed, const void *frame, uint32_t length);
/* The adapter that bed_delete took away. */
void bed_restore(struct bed *bed);
/* Sends are completed within the call, or later by another thread. */
void bed_later(struct bed *bed, bool later);

#endif
