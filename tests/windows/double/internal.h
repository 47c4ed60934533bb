/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Between the parts of the double.  Everything here may be called by any
 * thread; only nt_wait_until() blocks.
 */
#ifndef IRL_TESTS_WINDOWS_INTERNAL_H
#define IRL_TESTS_WINDOWS_INTERNAL_H

#include "nt_host.h"

/* End the process with a sentence that says what a driver did. */
_Noreturn void nt_bug(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* -- memory -- */
bool nt_may_fail(void);  /* true: this attempt is to fail */
bool nt_no_memory(void); /* likewise, and an allocation counts */
void nt_pool_check(void);
void nt_pool_start(void);
uint64_t nt_pool_allocations(void);
PVOID nt_from_user(const void *address); /* for a mapping only */
PVOID nt_to_user(const void *address);
void nt_mdl_check(void);
/* A list for a user's buffer, pages locked; freed by nt_mdl_release(). */
PMDL nt_mdl_user(const void *buffer, size_t length);
/* A list for memory of the kernel; likewise. */
PMDL nt_mdl_kernel(void *buffer, size_t length);
void nt_mdl_release(PMDL mdl);
/* Copy out of a chain as hardware does; what is missing ends the process. */
void nt_mdl_copy(PMDL mdl, ULONG offset, void *to, size_t length);

/* -- interrupt level: of the calling thread -- */
void nt_at_most(KIRQL level, const char *function);
struct nt_frame {
	KIRQL before, inside;
	unsigned locks, regions;
};
/* Around each call into a driver: it must leave level and locks as found. */
struct nt_frame nt_enter(KIRQL level);
void nt_leave(struct nt_frame frame, const char *function);
uint64_t nt_locks_taken(void);
void nt_sync_start(void);

/* -- deferred calls -- */
typedef void nt_call(void *context);

/* Call later, at a level; key names the caller's object for nt_unqueue(). */
void nt_queue(nt_call *call, void *context, KIRQL level, uint64_t delay_ns,
	      const void *key);
/* Take back what has not begun; true if there was something. */
bool nt_unqueue(const void *key);
/* Queue unless something with this key is queued; false: it was. */
bool nt_queue_once(nt_call *call, void *context, KIRQL level, const void *key);

typedef bool nt_condition(void *context);

/* Wait for a condition (checked under the machine's lock): until timeout_ns,
 * 0 for ever.  false: timed out.  Where nothing can make it true any more, or
 * ten seconds pass, the process ends with "what". */
bool nt_wait_until(nt_condition *condition, void *context, uint64_t timeout_ns,
		   const char *what);
/* Something changed that a waiter may look for; takes the machine's lock. */
void nt_lock(void);
void nt_unlock(void);
void nt_changed(void);

/* What "hardware" does when all else is idle: true if it did something. */
void nt_idle(bool (*idle)(void));

/* -- objects -- */
void nt_io_start(void);
void nt_io_check(void);
void nt_io_count(struct nt_counters *counters);
struct nt_driver *nt_driver_of(PDRIVER_OBJECT object);

#endif
