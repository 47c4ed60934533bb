// SPDX-License-Identifier: BSD-2-Clause
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include "interrupt.h"

#define ONE_WISH_NS 500000000LL

/* A handler has no other way to know. */
static void (*volatile stop_function)(void *);
static void *volatile stop_context;
static volatile sig_atomic_t seen;
static struct timespec first; /* written before seen, with signals blocked */

static long long since_first_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - first.tv_sec) * 1000000000LL +
	       (now.tv_nsec - first.tv_nsec);
}

static void end_well(void)
{
	void (*stop)(void *) = stop_function;

	clock_gettime(CLOCK_MONOTONIC, &first);
	seen = 1;
	if (stop)
		stop(stop_context);
}

/* Our caller blocks all three while it runs, so raise() acts on return. */
static void end_at_once(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

static void on_signal(int number)
{
	if (!seen)
		end_well();
	else if (number != SIGHUP && since_first_ns() > ONE_WISH_NS)
		end_at_once(number);
}

void interrupt_catch(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct sigaction hangup;

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGINT);
	sigaddset(&action.sa_mask, SIGTERM);
	sigaddset(&action.sa_mask, SIGHUP);
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
