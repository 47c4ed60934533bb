/* SPDX-License-Identifier: BSD-2-Clause */
/* SIGINT, SIGTERM and a closed terminal: the first ends a run well, the next
 * at once. */
#ifndef IRL_APP_INTERRUPT_H
#define IRL_APP_INTERRUPT_H

#include <stdbool.h>

/* Call @stop, which must be async-signal-safe, with @context at the first
 * signal.  Also ignores SIGPIPE: a write's error tells. */
void interrupt_catch(void (*stop)(void *context), void *context);
/* @stop is not called any more. */
void interrupt_forget(void);
/* Has there been a signal? */
bool interrupt_seen(void);

#endif
