/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Between the parts of the stack on an adapter (ndis_stack.c, ndis_send.c,
 * ndis_receive.c, ndis_filter.c, ndis_protocol.c, ndis_oid.c).  Any thread may
 * call what is here; an adapter's lock is held over no call into a driver.
 */
#ifndef IRL_TESTS_WINDOWS_NDIS_STACK_H
#define IRL_TESTS_WINDOWS_NDIS_STACK_H

#include "ndis_internal.h"

#define ADAPTERS 8

enum state { ABSENT, PAUSED, RUNNING, PAUSING };

struct nd_completion {
	bool done;
	int status;
};

struct nd_adapter {
	struct nd_config config;
	pthread_mutex_t lock;
	WCHAR name_text[64];
	UNICODE_STRING name;
	/* Read by whoever sends or receives, set by whoever tests. */
	_Atomic(enum nd_complete) mode;
	_Atomic(bool) singly, host_keeps, link_up, gone, cancel_later;
	_Atomic(int) fail;
	struct nbl_list {
		PNET_BUFFER_LIST head;
		struct nbl_list *next;
		struct nd_adapter *adapter;
		bool queued; /* has not gone out */
	} * held;            /* oldest first */
	void (*before_send)(void *context);
	void *before_context;
	struct nbl *kept; /* by the TCP/IP stand-in */
	struct {
		ULONG encapsulation, v4, v6;
	} offload;
	struct nd_counters counters;
	unsigned calls; /* of ours into a driver, under way */
	/* The protocol's binding. */
	_Atomic(enum state) binding;
	NDIS_HANDLE binding_context;
	bool open, closed;
	unsigned outstanding, oids;
	_Atomic(ULONG) packet_filter;
	/* The filter's module. */
	_Atomic(enum state) module;
	NDIS_HANDLE module_context;
	bool attributes;
	struct nd_completion opened, bound, unbound, event, filter_event;
};

extern struct ndis {
	pthread_mutex_t lock;
	struct nd_adapter *adapters[ADAPTERS];
	bool has_protocol, has_filter;
	UINT version;
	UCHAR partial_id; /* given out last: the protocol's */
	NDIS_PROTOCOL_DRIVER_CHARACTERISTICS protocol;
	NDIS_FILTER_DRIVER_CHARACTERISTICS filter;
	NDIS_HANDLE protocol_context, filter_context;
} ndis;

/* The lock of one adapter. */
void nd_lock(struct nd_adapter *a);
void nd_unlock(struct nd_adapter *a);
/* Around each call into a driver; close and detach wait meanwhile. */
struct nt_frame nd_begin(struct nd_adapter *a, KIRQL level);
void nd_end(struct nd_adapter *a, struct nt_frame frame, const char *what);
/* The adapter that a driver's handle means; ends the process if it is none. */
struct nd_adapter *nd_adapter_of(NDIS_HANDLE handle, const char *function);
void nd_each(void (*call)(struct nd_adapter *));
void nd_set_state(struct nd_adapter *a, _Atomic(enum state) *of,
		  enum state state);

/* -- completions that may come later; expect before the handler is called -- */
void nd_expect(struct nd_completion *c);
void nd_conclude(struct nd_completion *c, int status, const char *what);
/* The answer of a handler: now, or when it is completed. */
int nd_answer(struct nd_completion *c, int status, const char *what);

/* -- pause and restart; nothing where there is nothing to do -- */
void nd_pause_binding(struct nd_adapter *a);
void nd_restart_binding(struct nd_adapter *a);
void nd_restart_module(struct nd_adapter *a);

/* The filter's module on an adapter. */
void nd_attach(struct nd_adapter *a);
void nd_detach(struct nd_adapter *a);

/* Give back one held send; false: none is held. */
bool nd_release_one(struct nd_adapter *a, bool backwards);
/* When all else waits, hardware finishes what it has. */
bool nd_hardware(void);
/* Give back what the TCP/IP stand-in keeps. */
void nd_return_kept(struct nd_adapter *a);

#endif
