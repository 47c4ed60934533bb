/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine: time, deferred calls, waiting. */
#include "internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_LIMIT_NS 10000000000ull
#define WORKERS 2

struct deferred {
	struct deferred *next;
	nt_call *call;
	void *context;
	const void *key;
	uint64_t due_ns;
	KIRQL level;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum nt_mode mode;
	bool running;
	uint64_t now_ns; /* in steps */
	uint64_t shuffle;
	struct deferred *queue;
	unsigned busy; /* deferred calls under way */
	pthread_t worker[WORKERS];
	bool (*idle)(void);
} machine = {.lock = PTHREAD_MUTEX_INITIALIZER,
	     .changed = PTHREAD_COND_INITIALIZER};

void nt_bug(const char *format, ...)
{
	va_list arguments;

	fputs("BUGCHECK: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	fflush(stderr);
	abort();
}

void nt_lock(void)
{
	pthread_mutex_lock(&machine.lock);
}

void nt_unlock(void)
{
	pthread_mutex_unlock(&machine.lock);
}

void nt_changed(void)
{
	nt_lock();
	pthread_cond_broadcast(&machine.changed);
	nt_unlock();
}

bool nt_steps(void)
{
	return machine.mode == NT_STEPS;
}

static uint64_t real_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t nt_now_ns(void)
{
	return nt_steps() ? machine.now_ns : real_ns();
}

void nt_idle(bool (*idle)(void))
{
	machine.idle = idle;
}

void nt_shuffle(uint64_t seed)
{
	machine.shuffle = seed;
}

/* Locked. */
static bool is_queued(const void *key)
{
	struct deferred *entry;

	for (entry = machine.queue; entry && entry->key != key;
	     entry = entry->next)
		;
	return entry != NULL;
}

static bool enqueue(struct deferred call, bool once)
{
	struct deferred *entry, **end;
	bool again;

	nt_lock();
	again = once && is_queued(call.key);
	if (!again) {
		entry = malloc(sizeof(*entry));
		*entry = call;
		for (end = &machine.queue; *end; end = &(*end)->next)
			;
		*end = entry;
		pthread_cond_broadcast(&machine.changed);
	}
	nt_unlock();
	return !again;
}

void nt_queue(nt_call *call, void *context, KIRQL level, uint64_t delay_ns,
	      const void *key)
{
	enqueue((struct deferred){.call = call,
				  .context = context,
				  .key = key,
				  .due_ns = nt_now_ns() + delay_ns,
				  .level = level},
		false);
}

bool nt_queue_once(nt_call *call, void *context, KIRQL level, const void *key)
{
	return enqueue((struct deferred){.call = call,
					 .context = context,
					 .key = key,
					 .due_ns = nt_now_ns(),
					 .level = level},
		       true);
}

bool nt_unqueue(const void *key)
{
	struct deferred **at, *entry;
	bool found = false;

	nt_lock();
	for (at = &machine.queue; (entry = *at);) {
		if (entry->key != key) {
			at = &entry->next;
			continue;
		}
		*at = entry->next;
		free(entry);
		found = true;
	}
	nt_unlock();
	return found;
}

/* xorshift64: any order will do, the same one for a seed. */
static unsigned choose(unsigned count)
{
	if (!machine.shuffle)
		return 0;
	machine.shuffle ^= machine.shuffle << 13;
	machine.shuffle ^= machine.shuffle >> 7;
	machine.shuffle ^= machine.shuffle << 17;
	return (unsigned)(machine.shuffle % count);
}

/* Locked.  Take out a call that is due, NULL if none is. */
static struct deferred *take_due(uint64_t now_ns)
{
	struct deferred **at, *entry;
	unsigned due = 0, chosen;

	for (entry = machine.queue; entry; entry = entry->next)
		due += entry->due_ns <= now_ns;
	if (!due)
		return NULL;
	chosen = choose(due);
	for (at = &machine.queue;; at = &(*at)->next)
		if ((*at)->due_ns <= now_ns && !chosen--)
			break;
	entry = *at;
	*at = entry->next;
	machine.busy++;
	return entry;
}

static void run(struct deferred *entry)
{
	struct nt_frame frame = nt_enter(entry->level);

	entry->call(entry->context);
	nt_leave(frame, "a deferred call");
	free(entry);
	nt_lock();
	machine.busy--;
	pthread_cond_broadcast(&machine.changed);
	nt_unlock();
}

bool nt_step(void)
{
	struct deferred *entry;

	nt_lock();
	entry = take_due(machine.now_ns);
	nt_unlock();
	if (entry)
		run(entry);
	return entry != NULL;
}

void nt_settle(void)
{
	while (nt_step())
		;
}

/* Locked. */
static uint64_t earliest(void)
{
	uint64_t due_ns = UINT64_MAX;

	for (struct deferred *e = machine.queue; e; e = e->next)
		if (e->due_ns < due_ns)
			due_ns = e->due_ns;
	return due_ns;
}

void nt_advance(uint64_t ns)
{
	uint64_t end_ns = machine.now_ns + ns, due_ns;

	for (;;) {
		nt_settle();
		nt_lock();
		due_ns = earliest();
		nt_unlock();
		if (due_ns > end_ns)
			break;
		machine.now_ns = due_ns;
	}
	machine.now_ns = end_ns;
}

static bool holds(nt_condition *condition, void *context)
{
	bool result;

	nt_lock();
	result = condition(context);
	nt_unlock();
	return result;
}

static bool wait_in_steps(nt_condition *condition, void *context,
			  uint64_t timeout_ns, const char *what)
{
	uint64_t end_ns = timeout_ns ? machine.now_ns + timeout_ns : UINT64_MAX;
	uint64_t due_ns;

	while (!holds(condition, context)) {
		if (nt_step())
			continue;
		nt_lock();
		due_ns = earliest();
		nt_unlock();
		if (machine.idle && machine.idle())
			continue;
		if (due_ns < end_ns) {
			machine.now_ns = due_ns;
			continue;
		}
		if (end_ns == UINT64_MAX)
			nt_bug("waits for ever: nothing is left that could "
			       "end the wait for %s",
			       what);
		machine.now_ns = end_ns;
		return holds(condition, context);
	}
	return true;
}

bool nt_wait_until(nt_condition *condition, void *context, uint64_t timeout_ns,
		   const char *what)
{
	uint64_t end_ns;
	struct timespec until;
	bool result;

	if (nt_steps())
		return wait_in_steps(condition, context, timeout_ns, what);
	end_ns = real_ns() + (timeout_ns ? timeout_ns : WAIT_LIMIT_NS);
	nt_lock();
	while (!(result = condition(context)) && real_ns() < end_ns) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 1000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&machine.changed, &machine.lock, &until);
	}
	nt_unlock();
	if (!result && !timeout_ns)
		nt_bug("waited ten seconds for %s", what);
	return result;
}

static void *work(void *unused)
{
	struct deferred *entry;
	struct timespec until;

	nt_lock();
	while (machine.running) {
		entry = take_due(real_ns());
		if (entry) {
			nt_unlock();
			run(entry);
			nt_lock();
			continue;
		}
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 200000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&machine.changed, &machine.lock, &until);
	}
	nt_unlock();
	return unused;
}

void nt_start(enum nt_mode mode)
{
	if (machine.running)
		nt_bug("the machine runs already");
	machine.mode = mode;
	machine.running = true;
	machine.now_ns = 1000000000;
	machine.shuffle = 0;
	machine.idle = NULL;
	nt_pool_start();
	nt_sync_start();
	nt_io_start();
	for (unsigned i = 0; mode == NT_RUNS && i < WORKERS; i++)
		pthread_create(&machine.worker[i], NULL, work, NULL);
}

void nt_stop(void)
{
	nt_lock();
	machine.running = false;
	pthread_cond_broadcast(&machine.changed);
	nt_unlock();
	for (unsigned i = 0; machine.mode == NT_RUNS && i < WORKERS; i++)
		pthread_join(machine.worker[i], NULL);
	if (machine.queue)
		nt_bug("a deferred call is left that would run unloaded code");
	nt_io_check();
	nt_mdl_check();
	nt_pool_check();
}

static bool quiet(void *unused)
{
	(void)unused;
	for (struct deferred *e = machine.queue; e; e = e->next)
		if (e->level == DISPATCH_LEVEL && e->due_ns <= nt_now_ns())
			return false;
	return nt_steps() || !machine.busy;
}

VOID NTAPI KeFlushQueuedDpcs(VOID)
{
	nt_at_most(PASSIVE_LEVEL, "KeFlushQueuedDpcs");
	nt_wait_until(quiet, NULL, 0, "queued DPCs");
}

LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER frequency)
{
	LARGE_INTEGER now = {.QuadPart = (LONGLONG)(nt_now_ns() / 100)};

	if (frequency)
		frequency->QuadPart = 10000000;
	return now;
}

ULONG NTAPI KeQueryTimeIncrement(VOID)
{
	return 156250;
}

ULONGLONG NTAPI KeQueryInterruptTimePrecise(PULONG64 counter)
{
	*counter = nt_now_ns() / 100;
	return *counter;
}

void nt_count(struct nt_counters *counters)
{
	memset(counters, 0, sizeof(*counters));
	counters->locks = nt_locks_taken();
	counters->allocations = nt_pool_allocations();
	nt_io_count(counters);
}
