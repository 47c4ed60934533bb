// SPDX-License-Identifier: BSD-2-Clause
#include <signal.h>
#include <stddef.h>
#include "base/os.h"
#include "interrupt.h"

#define ONE_WISH_NS 500000000u

/* A handler has no other way to know. */
static void (*volatile stop_function)(void *);
static void *volatile stop_context;
static volatile sig_atomic_t seen;
static uint64_t first_ns; /* written before seen; one wish at a time */

static void end_well(void)
{
	void (*stop)(void *) = stop_function;

	first_ns = irl_os_clock_ns();
	seen = 1;
	if (stop)
		stop(stop_context);
}

static void on_wish(enum irl_os_wish wish)
{
	if (!seen)
		end_well();
	else if (wish != IRL_OS_HANGUP &&
		 irl_os_clock_ns() - first_ns > ONE_WISH_NS)
		irl_os_end_at_once();
}

void interrupt_catch(void)
{
	irl_os_on_wish(on_wish);
}

void interrupt_aim(void (*stop)(void *context), void *context)
{
	stop_context = context;
	stop_function = stop;
	if (seen)
		stop(context);
}

void interrupt_forget(void)
{
	stop_function = NULL;
}

bool interrupt_seen(void)
{
	return seen != 0;
}
