/* SPDX-License-Identifier: BSD-2-Clause */
/* SIGINT (Ctrl-C), SIGTERM and a closed terminal: the first ends a run well, a
 * SIGINT or SIGTERM more than half a second later at once.  Closer ones are one
 * wish: timeout, for one, signals its child and then the whole group. */
#ifndef IRL_APP_INTERRUPT_H
#define IRL_APP_INTERRUPT_H

#include <stdbool.h>

/* From now on the first signal is noted.  Also ignores SIGPIPE: a write's error
 * tells. */
void interrupt_catch(void);
/* And it calls @stop, which must be async-signal-safe, with @context; at once
 * if it has come already. */
void interrupt_aim(void (*stop)(void *context), void *context);
/* @stop is not called any more. */
void interrupt_forget(void);
/* Has there been a signal? */
bool interrupt_seen(void);

#endif
