// SPDX-License-Identifier: BSD-2-Clause
/*
 * ndis.sys under Wine, NT's half: the double's adapter on the wire, and what of
 * the kernel neither Wine nor the double has as the drivers need it.
 */
#include "double/ndis_internal.h"
#include "wine.h"

#define BATCH 64u /* frames of one indication, as of a moderated card */

static struct {
	struct wire *wire;
	struct nd_adapter *adapter;
	char name[64];
} here;

/* ---- the wire ---------------------------------------------------------- */

static void sent(void *context, const uint8_t *frame, size_t length,
		 uint64_t checksum)
{
	struct wire_ring *ring = &here.wire->out;
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	struct wire_slot *slot;

	(void)context;
	if (checksum || length > WIRE_FRAME_MAX)
		nt_bug("a frame of %u bytes, checksums %#x: not in this double",
		       (unsigned)length, (unsigned)checksum);
	pthread_mutex_lock(&one);
	while (!(slot = wire_room(ring)))
		wine_yield();
	slot->length = (uint32_t)length;
	memcpy(slot->frame, frame, length);
	wire_put(ring);
	pthread_mutex_unlock(&one);
}

static bool receive(void)
{
	struct wire_ring *ring = &here.wire->in;
	struct nd_frame frames[BATCH];
	uint32_t count = wire_waiting(ring);

	if (count > BATCH)
		count = BATCH;
	for (uint32_t i = 0; i < count; i++) {
		const struct wire_slot *slot = wire_next(ring, i);

		frames[i] = (struct nd_frame){
		    .bytes = slot->frame,
		    .length = slot->length,
		    .coalesced = slot->coalesced,
		    /* every other frame in two pieces of memory */
		    .split = i & 1 && slot->length > 40 ? 40 : 0};
	}
	if (count)
		here.wire->unheard +=
		    count - nd_receive(here.adapter, frames, count, 0);
	wire_took(ring, count);
	return count > 0;
}

/* To the stand-in; one thread receives. */
static void host(void *context, const uint8_t *frame, size_t length)
{
	struct wire_ring *ring = &here.wire->up;
	struct wire_slot *slot = wire_room(ring);

	(void)context;
	if (!slot || length > WIRE_FRAME_MAX)
		return;
	slot->length = (uint32_t)length;
	memcpy(slot->frame, frame, length);
	wire_put(ring);
}

static void add(void)
{
	struct wire *w = here.wire;
	struct nd_config config = {.name = here.name,
				   .mtu = w->mtu,
				   .index = w->ifindex,
				   .sent = sent,
				   .host = host};

	memcpy(config.mac, w->mac, sizeof(config.mac));
	/* As Wine calls the interface of that index. */
	snprintf(here.name, sizeof(here.name),
		 "\\DEVICE\\{%08X-0000-0000-0000-4E6574446576}", w->ifindex);
	here.adapter = nd_add(&config);
}

/* What the test wants, if it is not so; returns whether to tell. */
static bool wanted(const uint32_t *what, uint32_t is)
{
	return __atomic_load_n(what, __ATOMIC_ACQUIRE) != is;
}

static void told(uint32_t *is)
{
	__atomic_store_n(is, !*is, __ATOMIC_RELEASE);
}

static void obey(void)
{
	struct wire *w = here.wire;

	if (wanted(&w->gone, w->is_gone)) {
		if (here.adapter)
			nd_remove(here.adapter, true);
		here.adapter = NULL;
		if (w->is_gone)
			add();
		told(&w->is_gone);
	}
	if (!here.adapter)
		return;
	if (wanted(&w->down, w->is_down)) {
		nd_fail_sends(here.adapter,
			      w->is_down ? 0 : NDIS_STATUS_MEDIA_DISCONNECTED);
		nd_link(here.adapter, w->is_down);
		told(&w->is_down);
	}
	if (wanted(&w->later, w->is_later)) {
		nd_complete_mode(here.adapter,
				 w->is_later ? ND_AT_ONCE : ND_LATER);
		told(&w->is_later);
	}
}

_Bool adapter_turn(void)
{
	struct nd_counters counters;
	bool busy = false;

	obey();
	if (!here.adapter)
		return false;
	busy = receive();
	nd_count(here.adapter, &counters);
	__atomic_store_n(&here.wire->sends, counters.sends, __ATOMIC_RELAXED);
	__atomic_store_n(&here.wire->sent, counters.sent, __ATOMIC_RELAXED);
	__atomic_store_n(&here.wire->host, counters.host, __ATOMIC_RELAXED);
	return busy;
}

void adapter_start(struct wire *wire)
{
	here.wire = wire;
	wire->is_gone = wire->is_down = wire->is_later = 0;
	nt_start(NT_RUNS);
	nd_start();
	add();
}

void adapter_end(void)
{
	nt_pool_check();
	nd_nbl_check();
	fputs("all given back\n", stderr);
}

/* ---- what the double asks of its other parts --------------------------- */

void nt_io_start(void)
{
}

void nt_io_check(void)
{
}

void nt_io_count(struct nt_counters *counters)
{
	(void)counters;
}

/* ---- in place of Wine's ------------------------------------------------ */

/* Wine maps a request's buffer, but does not mark its pages as locked. */
static VOID lock_pages(PMDL mdl)
{
	if (!(mdl->MdlFlags & (MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL)))
		mdl->MdlFlags |= MDL_PAGES_LOCKED;
}

static PVOID NTAPI map_locked_pages(PMDL mdl, KPROCESSOR_MODE mode,
				    MEMORY_CACHING_TYPE cache, PVOID base,
				    ULONG bugcheck, ULONG priority)
{
	lock_pages(mdl);
	return MmMapLockedPagesSpecifyCache(mdl, mode, cache, base, bugcheck,
					    priority);
}

static VOID NTAPI build_partial(PMDL source, PMDL target, PVOID address,
				ULONG length)
{
	lock_pages(source);
	IoBuildPartialMdl(source, target, address, length);
}

typedef NTSTATUS(NTAPI *by_name)(PUNICODE_STRING, ULONG, PVOID, ULONG, PVOID,
				 KPROCESSOR_MODE, PVOID, PVOID *);

/* Wine's finds files only: \Device\X is looked for at \Driver\X. */
static NTSTATUS NTAPI get_device_pointer(PUNICODE_STRING name,
					 ACCESS_MASK access, PFILE_OBJECT *file,
					 PDEVICE_OBJECT *device)
{
	by_name find = wine_ntoskrnl("ObReferenceObjectByName");
	WCHAR text[64] = {'\\', 'D', 'r', 'i', 'v', 'e', 'r'};
	UNICODE_STRING driver = {.Buffer = text};
	PDRIVER_OBJECT found = NULL;
	USHORT units = name->Length / 2;

	(void)access;
	if (units < 7 || units >= 64)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	memcpy(text + 7, name->Buffer + 7, 2 * (units - 7u));
	driver.Length = driver.MaximumLength = name->Length;
	if (find(&driver, 0, NULL, 0, NULL, KernelMode, NULL,
		 (PVOID *)&found) ||
	    !found->DeviceObject)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	*device = found->DeviceObject;
	*file = NULL;
	return STATUS_SUCCESS;
}

/* Wine's devices have no access list that could be set: see README.md. */
static NTSTATUS NTAPI open_by_pointer(PVOID object, ULONG attributes,
				      PVOID state, ACCESS_MASK access,
				      PVOID type, KPROCESSOR_MODE mode,
				      HANDLE *handle)
{
	(void)object;
	(void)attributes;
	(void)state;
	(void)access;
	(void)type;
	(void)mode;
	*handle = NULL;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI set_security(HANDLE handle, ULONG what, PVOID descriptor)
{
	(void)handle;
	(void)what;
	(void)descriptor;
	return STATUS_SUCCESS;
}

void *adapter_instead(const char *name)
{
	static const struct {
		const char *name;
		void *function;
	} table[] = {
	    {"MmMapLockedPagesSpecifyCache", map_locked_pages},
	    {"IoBuildPartialMdl", build_partial},
	    {"IoGetDeviceObjectPointer", get_device_pointer},
	    {"ObOpenObjectByPointer", open_by_pointer},
	    {"ZwSetSecurityObject", set_security},
	};

	for (unsigned i = 0; i < RTL_NUMBER_OF(table); i++)
		if (!strcmp(table[i].name, name))
			return table[i].function;
	return NULL;
}
