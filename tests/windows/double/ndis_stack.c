/* SPDX-License-Identifier: BSD-2-Clause */
/* The stack on an adapter: TCP/IP stand-in and protocol above, filter, wire. */
#include "ndis_stack.h"

#include <stdlib.h>

struct ndis ndis = {.lock = PTHREAD_MUTEX_INITIALIZER};

void nd_lock(struct nd_adapter *a)
{
	pthread_mutex_lock(&a->lock);
}

void nd_unlock(struct nd_adapter *a)
{
	pthread_mutex_unlock(&a->lock);
}

/* Hold off close and detach while a driver is called. */
struct nt_frame nd_begin(struct nd_adapter *a, KIRQL level)
{
	nd_lock(a);
	a->calls++;
	nd_unlock(a);
	return nt_enter(level);
}

void nd_end(struct nd_adapter *a, struct nt_frame frame, const char *what)
{
	nt_leave(frame, what);
	nd_lock(a);
	a->calls--;
	nd_unlock(a);
	nt_changed();
}

struct nd_adapter *nd_adapter_of(NDIS_HANDLE handle, const char *function)
{
	struct nd_adapter *found = NULL;

	pthread_mutex_lock(&ndis.lock);
	for (unsigned i = 0; i < ADAPTERS; i++)
		if (handle && ndis.adapters[i] == handle)
			found = handle;
	pthread_mutex_unlock(&ndis.lock);
	if (!found)
		nt_bug("%s: handle of nothing", function);
	return found;
}

void nd_each(void (*call)(struct nd_adapter *))
{
	for (unsigned i = 0; i < ADAPTERS; i++)
		if (ndis.adapters[i])
			call(ndis.adapters[i]);
}

/* -- completions that may come later -- */
static bool completed(void *context)
{
	struct nd_completion *c = context;

	return __atomic_load_n(&c->done, __ATOMIC_ACQUIRE);
}

void nd_expect(struct nd_completion *c)
{
	__atomic_store_n(&c->done, false, __ATOMIC_RELEASE);
}

void nd_conclude(struct nd_completion *c, int status, const char *what)
{
	if (__atomic_load_n(&c->done, __ATOMIC_ACQUIRE))
		nt_bug("%s completed twice", what);
	c->status = status;
	nt_lock();
	__atomic_store_n(&c->done, true, __ATOMIC_RELEASE);
	nt_unlock();
	nt_changed();
}

/* The answer of a handler: now, or when it is completed. */
int nd_answer(struct nd_completion *c, int status, const char *what)
{
	if (status != NDIS_STATUS_PENDING)
		return status;
	nt_wait_until(completed, c, 0, what);
	return c->status;
}

/* -- pause and restart: protocols above, the filter below -- */
void nd_set_state(struct nd_adapter *a, _Atomic(enum state) *of,
		  enum state state)
{
	nd_lock(a);
	*of = state;
	nd_unlock(a);
}

static int tell_protocol(struct nd_adapter *a, int event)
{
	NET_PNP_EVENT_NOTIFICATION n = {
	    .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, 0xa4},
	    .NetPnPEvent = {.NetEvent = event}};
	struct nt_frame frame;
	int status;

	nd_expect(&a->event);
	frame = nd_begin(a, PASSIVE_LEVEL);
	status = ndis.protocol.NetPnPEventHandler(a->binding_context, &n);
	nd_end(a, frame, "ProtocolNetPnPEvent");
	return nd_answer(&a->event, status, "NdisCompleteNetPnPEvent");
}

void nd_pause_binding(struct nd_adapter *a)
{
	if (a->binding != RUNNING)
		return;
	nd_set_state(a, &a->binding, PAUSING);
	if (tell_protocol(a, NetEventPause))
		nt_bug("the protocol refused to pause");
	nd_lock(a);
	if (a->outstanding)
		nt_bug("paused with %u sends outstanding", a->outstanding);
	a->binding = PAUSED;
	nd_unlock(a);
}

void nd_restart_binding(struct nd_adapter *a)
{
	if (a->binding != PAUSED || !a->open)
		return;
	nd_set_state(a, &a->binding, RUNNING);
	if (tell_protocol(a, NetEventRestart))
		nd_set_state(a, &a->binding, PAUSED);
}

static bool all_returned(void *context)
{
	struct nd_adapter *a = context;
	bool result;

	nd_lock(a);
	result = a->counters.indicated == a->counters.returned && !a->calls;
	nd_unlock(a);
	return result;
}

static void pause_module(struct nd_adapter *a)
{
	NDIS_FILTER_PAUSE_PARAMETERS p = {
	    {NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS, 1, sizeof(p)}, 0, 0};
	struct nt_frame frame;
	int status;

	if (a->module != RUNNING)
		return;
	nd_set_state(a, &a->module, PAUSING);
	nd_return_kept(a);
	nd_expect(&a->filter_event);
	frame = nd_begin(a, PASSIVE_LEVEL);
	status = ndis.filter.PauseHandler(a->module_context, &p);
	nd_end(a, frame, "FilterPause");
	if (nd_answer(&a->filter_event, status, "NdisFPauseComplete"))
		nt_bug("the filter refused to pause");
	nt_wait_until(all_returned, a, 0, "received lists to be returned");
	nd_set_state(a, &a->module, PAUSED);
}

void nd_restart_module(struct nd_adapter *a)
{
	NDIS_FILTER_RESTART_PARAMETERS p = {
	    .Header = {NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS, 1,
		       sizeof(p)},
	    .LowerIfIndex = a->config.index};
	struct nt_frame frame;
	int status;

	if (a->module != PAUSED)
		return;
	nd_expect(&a->filter_event);
	frame = nd_begin(a, PASSIVE_LEVEL);
	status = ndis.filter.RestartHandler(a->module_context, &p);
	nd_end(a, frame, "FilterRestart");
	if (!nd_answer(&a->filter_event, status, "NdisFRestartComplete"))
		nd_set_state(a, &a->module, RUNNING);
}

void nd_pause(struct nd_adapter *a)
{
	nd_pause_binding(a);
	pause_module(a);
}

void nd_restart(struct nd_adapter *a)
{
	nd_restart_module(a);
	nd_restart_binding(a);
}

VOID NTAPI NdisCompleteNetPnPEvent(NDIS_HANDLE handle,
				   PNET_PNP_EVENT_NOTIFICATION n,
				   NDIS_STATUS status)
{
	struct nd_adapter *a = nd_adapter_of(handle, "NdisCompleteNetPnPEvent");

	(void)n;
	nd_conclude(&a->event, status, "a PnP event");
}

VOID NTAPI NdisFPauseComplete(NDIS_HANDLE handle)
{
	nd_conclude(&nd_adapter_of(handle, "NdisFPauseComplete")->filter_event,
		    0, "a filter's pause");
}

VOID NTAPI NdisFRestartComplete(NDIS_HANDLE handle, NDIS_STATUS status)
{
	nd_conclude(
	    &nd_adapter_of(handle, "NdisFRestartComplete")->filter_event,
	    status, "a filter's restart");
}

/* -- adapters -- */
struct nd_adapter *nd_add(const struct nd_config *config)
{
	struct nd_adapter *a = calloc(1, sizeof(*a));
	unsigned i = 0;

	a->config = *config;
	a->link_up = true;
	pthread_mutex_init(&a->lock, NULL);
	for (; config->name[i] && i + 1 < RTL_NUMBER_OF(a->name_text); i++)
		a->name_text[i] = (WCHAR)config->name[i];
	a->name = (UNICODE_STRING){(USHORT)(2 * i), (USHORT)(2 * i + 2),
				   a->name_text};
	pthread_mutex_lock(&ndis.lock);
	for (i = 0; i < ADAPTERS && ndis.adapters[i]; i++)
		;
	if (i == ADAPTERS)
		nt_bug("test: more than %u adapters", ADAPTERS);
	ndis.adapters[i] = a;
	pthread_mutex_unlock(&ndis.lock);
	nd_checksums(a, config->checksums);
	if (ndis.has_filter) {
		nd_attach(a);
		nd_restart_module(a);
	}
	nd_bind(a);
	return a;
}

void nd_remove(struct nd_adapter *a, bool surprise)
{
	if (surprise) {
		nd_lock(a);
		a->gone = true;
		nd_unlock(a);
		while (nd_release_one(a, true))
			;
	}
	nd_unbind(a);
	nd_pause(a);
	nd_detach(a);
	nd_return_kept(a);
	nt_wait_until(all_returned, a, 0, "received lists to be returned");
	pthread_mutex_lock(&ndis.lock);
	for (unsigned i = 0; i < ADAPTERS; i++)
		if (ndis.adapters[i] == a)
			ndis.adapters[i] = NULL;
	pthread_mutex_unlock(&ndis.lock);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

void nd_complete_mode(struct nd_adapter *a, enum nd_complete mode)
{
	a->mode = mode;
}

void nd_complete_singly(struct nd_adapter *a, bool singly)
{
	a->singly = singly;
}

void nd_cancel_later(struct nd_adapter *a, bool later)
{
	a->cancel_later = later;
}

void nd_before_send(struct nd_adapter *a, void (*call)(void *), void *context)
{
	a->before_send = call;
	a->before_context = context;
}

void nd_fail_sends(struct nd_adapter *a, int status)
{
	a->fail = status;
}

bool nd_bound(struct nd_adapter *a)
{
	return a->binding == RUNNING;
}

bool nd_filtered(struct nd_adapter *a)
{
	return a->module != ABSENT;
}

void nd_count(struct nd_adapter *a, struct nd_counters *counters)
{
	nd_lock(a);
	*counters = a->counters;
	nd_unlock(a);
	counters->live = nd_nbl_live();
}

void nd_version(uint32_t version)
{
	ndis.version = version;
}

void nd_start(void)
{
	nd_version(NDIS_RUNTIME_VERSION_684);
	nt_idle(nd_hardware);
}

void nd_stop(void)
{
	if (ndis.has_protocol || ndis.has_filter)
		nt_bug("a driver is still registered with NDIS");
	for (unsigned i = 0; i < ADAPTERS; i++)
		if (ndis.adapters[i])
			nt_bug("test: an adapter was not removed");
	nd_nbl_check();
}
