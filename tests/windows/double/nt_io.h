/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Between the parts of the I/O manager (nt_io.c, nt_device.c, nt_irp.c,
 * nt_file.c).  Any thread may call what is here; "locked" means by the caller,
 * with nt_io_lock().
 */
#ifndef IRL_TESTS_WINDOWS_NT_IO_H
#define IRL_TESTS_WINDOWS_NT_IO_H

#include "internal.h"

#include <pthread.h>

#define NAME_LENGTH 128
#define STACK_LOCATIONS 2

struct nt_driver {
	struct nt_driver *next;
	DRIVER_OBJECT object;
	char name[NAME_LENGTH];
	unsigned open; /* file objects on its devices */
	bool leaving;
};

struct device {
	DEVICE_OBJECT object; /* first: it is what drivers see */
	struct device *next;
	char name[NAME_LENGTH];
	bool ready;   /* its driver has started */
	bool admins;  /* may open it, beside the system */
	bool guarded; /* has an access list of its own */
	unsigned handles;
};

struct link {
	struct link *next;
	char name[NAME_LENGTH], target[NAME_LENGTH];
};

struct nt_file {
	FILE_OBJECT object; /* first: it is what drivers see */
	struct nt_driver *driver;
	struct nt_request *requests; /* not freed yet */
	unsigned pending;
	unsigned references; /* of kernel code; a handle counts as one */
	bool clean;
};

struct irp {
	IRP irp;
	IO_STACK_LOCATION stack[STACK_LOCATIONS];
	struct irp *next; /* of those not complete */
	struct nt_request *request;
	int holders; /* 1 until complete, and one for a canceller */
};

struct nt_request {
	struct nt_request *next;
	struct nt_file *file; /* NULL: sent by a driver */
	struct irp *irp;      /* NULL: complete */
	void *out;            /* user's, buffered control */
	size_t out_length, limit;
	bool marked; /* as pending, when it completed */
	NTSTATUS status;
	size_t bytes;
};

extern struct nt_io {
	pthread_mutex_t lock; /* of all below and of every request */
	struct nt_driver *drivers, *loading;
	struct device *devices;
	struct link *links;
	struct irp *irps; /* not complete */
	bool arrive_cancelled;
	struct nt_counters counters;
} nt_io;

void nt_io_lock(void);
void nt_io_unlock(void);

/* A name as C has it, cut off where it is too long. */
void nt_narrow(char to[NAME_LENGTH], PCUNICODE_STRING from);
/* Locked, or before anybody else can be there: by its name or a link's. */
struct device *nt_find_device(const char *name);

/* A request block for a request, among those not complete. */
struct irp *nt_new_irp(struct nt_request *request);
/* Locked.  The last holder frees it. */
void nt_drop_irp(struct irp *irp);

#endif
