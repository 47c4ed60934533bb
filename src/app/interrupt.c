// SPDX-License-Identifier: BSD-2-Clause
#include <signal.h>
#include <stddef.h>
#include "interrupt.h"

/* A handler has no other way to know. */
static void (*volatile stop_function)(void *);
static void *volatile stop_context;
static volatile sig_atomic_t seen;

static void on_signal(int number)
{
	void (*stop)(void *) = stop_function;

	(void)number;
	seen = 1;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (stop)
		stop(stop_context);
}

void interrupt_catch(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct sigaction hangup;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* A closed terminal interrupts, too, unless nohup says otherwise. */
	if (!sigaction(SIGHUP, NULL, &hangup) && hangup.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
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
