/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A stand-in for the part of the Windows kernel that the drivers live in, in a
 * Linux process: what a test asks of it.
 *
 * Kernel interfaces carry no context, so there is one machine in a process.
 * It either steps (one thread, virtual time: whatever the kernel would do on
 * another processor happens in nt_step() or while somebody waits) or runs (two
 * threads of its own do it meanwhile).  A mistake of a driver ends the process
 * with "BUGCHECK: " and a sentence on stderr.
 *
 * User memory has addresses that no processor accepts (bit 56 set), so a driver
 * reaches it through a mapping or not at all.  Requests and their memory
 * descriptor lists are freed as they complete: AddressSanitizer sees who looks
 * at them afterwards.
 */
#ifndef IRL_TESTS_WINDOWS_NT_HOST_H
#define IRL_TESTS_WINDOWS_NT_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ntddk.h>

enum nt_mode { NT_STEPS, NT_RUNS };

struct nt_counters {
	uint64_t locks;       /* spin locks taken */
	uint64_t allocations; /* of pool, lists of frames, MDLs */
	uint64_t requests;    /* sent to drivers */
	uint64_t cancelled;   /* completed as cancelled */
};

/* Begin with nothing loaded; ends the process if an earlier machine still runs.
 */
void nt_start(enum nt_mode mode);

/* End: everything unloaded, nothing leaked, or the process ends. */
void nt_stop(void);

bool nt_steps(void);
uint64_t nt_now_ns(void);
void nt_count(struct nt_counters *counters);

/* Fail the nth attempt from now to get memory of any kind (0: the next); -1
 * none.  Says afterwards whether the failure has happened. */
void nt_fail_at(long nth);
bool nt_failed(void);

/* -- what happens elsewhere; in steps only -- */
bool nt_step(void);             /* one deferred call; false: none is due */
void nt_settle(void);           /* until none is due */
void nt_advance(uint64_t ns);   /* let time pass, and what is due happen */
void nt_shuffle(uint64_t seed); /* deferred calls in any order; 0: as queued */

/* Whether the program whose call this is could be suspended here. */
bool nt_suspendable(void);

/* -- drivers -- */
struct nt_driver;

/* Load: runs the entry; NULL and *status when it refuses. */
struct nt_driver *nt_load(const char *name, DRIVER_INITIALIZE *entry,
			  NTSTATUS *status);

/* Unload once nobody has it open; then its devices must be gone. */
void nt_unload(struct nt_driver *driver);

/* -- a process's handle on a device ("\\Device\\X" or its link) -- */
struct nt_file;
struct nt_request;

/* Whether the device's access list lets administrators in. */
bool nt_admits_admins(const char *device);

/* NULL and *status when refused. */
struct nt_file *nt_open(const char *device, NTSTATUS *status);

/* Requests, answered now or later.  Buffers belong to the caller and stay
 * until nt_done(). */
struct nt_request *nt_write(struct nt_file *file, const void *buffer,
			    size_t length);
struct nt_request *nt_read(struct nt_file *file, void *buffer, size_t length);
struct nt_request *nt_control(struct nt_file *file, uint32_t code,
			      const void *in, size_t in_length, void *out,
			      size_t out_length);

bool nt_done(struct nt_request *request);
void nt_cancel(struct nt_request *request);
/* Every request of a file (struct nt_file): CancelIoEx. */
void nt_cancel_all(void *file);
/* Inside of the next cancel routine, as it gives up the cancel lock: what
 * another processor does then; once. */
void nt_after_cancel(void (*call)(void *context), void *context);
/* From now on requests are cancelled already when the driver gets them. */
void nt_arrive_cancelled(bool cancelled);
/* Wait; the process ends if nothing is left that could complete it. */
void nt_wait(struct nt_request *request);
/* Free a request that is done, or wait for it; its status, and bytes if not
 * NULL. */
NTSTATUS nt_finish(struct nt_request *request, size_t *bytes);

/* The last handle goes (IRP_MJ_CLEANUP); requests may still be under way. */
void nt_cleanup(struct nt_file *file);
/* All of closing: cleanup unless done, every request complete; IRP_MJ_CLOSE
 * when no driver holds the file any more. */
void nt_close(struct nt_file *file);
/* The process dies: its requests are cancelled, then its handle closed. */
void nt_kill(struct nt_file *file);

#endif
