/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory descriptor lists, and user memory that only a mapping reaches. */
#include "internal.h"

#include <stdlib.h>

#define USER_BIT (1ull << 56)
#define MDL_LARGEST 0x7fff

static int mappings; /* of partial lists, made and not undone */

PVOID nt_to_user(const void *address)
{
	return address ? (PVOID)((ULONG_PTR)address | USER_BIT) : NULL;
}

PVOID nt_from_user(const void *address)
{
	return (PVOID)((ULONG_PTR)address & ~USER_BIT);
}

void nt_mdl_check(void)
{
	int left = __atomic_exchange_n(&mappings, 0, __ATOMIC_RELAXED);

	if (left)
		nt_bug("%d mappings of partial MDLs leaked "
		       "(MmPrepareMdlForReuse)",
		       left);
}

static PMDL allocate(const void *address, size_t length)
{
	size_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, length);
	PMDL mdl = calloc(1, sizeof(MDL) + pages * sizeof(PFN_NUMBER));

	mdl->Size = (CSHORT)(sizeof(MDL) + (pages < 4000 ? pages : 4000) * 8);
	mdl->StartVa = PAGE_ALIGN(address);
	mdl->ByteOffset = BYTE_OFFSET(address);
	mdl->ByteCount = (ULONG)length;
	return mdl;
}

PMDL nt_mdl_user(const void *buffer, size_t length)
{
	PMDL mdl = allocate(nt_to_user(buffer), length);

	mdl->MdlFlags = MDL_PAGES_LOCKED;
	return mdl;
}

PMDL nt_mdl_kernel(void *buffer, size_t length)
{
	PMDL mdl = allocate(buffer, length);

	MmBuildMdlForNonPagedPool(mdl);
	return mdl;
}

void nt_mdl_release(PMDL mdl)
{
	free(mdl);
}

SIZE_T NTAPI MmSizeOfMdl(PVOID base, SIZE_T length)
{
	return sizeof(MDL) + sizeof(PFN_NUMBER) *
				 ADDRESS_AND_SIZE_TO_SPAN_PAGES(base, length);
}

PMDL NTAPI IoAllocateMdl(PVOID address, ULONG length, BOOLEAN secondary,
			 BOOLEAN quota, PIRP irp)
{
	(void)quota;
	nt_at_most(DISPATCH_LEVEL, "IoAllocateMdl");
	if (secondary || irp)
		nt_bug("IoAllocateMdl for an IRP: not in the double");
	if (nt_no_memory())
		return NULL;
	return allocate(address, length);
}

VOID NTAPI IoFreeMdl(PMDL mdl)
{
	MmPrepareMdlForReuse(mdl);
	nt_mdl_release(mdl);
}

VOID NTAPI MmBuildMdlForNonPagedPool(PMDL mdl)
{
	mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
	mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
}

/* The list may be asked for by several at once, as on several processors. */
PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL mdl, KPROCESSOR_MODE mode,
					 MEMORY_CACHING_TYPE cache, PVOID base,
					 ULONG bugcheck, ULONG priority)
{
	(void)cache;
	(void)base;
	(void)bugcheck;
	if (mode != KernelMode)
		nt_bug("a mapping into user space");
	if (!(priority & MdlMappingNoExecute))
		nt_bug("executable mapping asked for: refused under HVCI");
	nt_at_most(DISPATCH_LEVEL, "MmMapLockedPagesSpecifyCache");
	if (!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL)))
		nt_bug("MDL mapped whose pages are not locked");
	if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
		nt_bug("MDL mapped twice");
	if (nt_may_fail())
		return NULL;
	if (mdl->MdlFlags & MDL_PARTIAL) {
		mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
		__atomic_add_fetch(&mappings, 1, __ATOMIC_RELAXED);
	}
	mdl->MappedSystemVa = nt_from_user(MmGetMdlVirtualAddress(mdl));
	mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
	return mdl->MappedSystemVa;
}

VOID NTAPI MmUnmapLockedPages(PVOID address, PMDL mdl)
{
	if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) ||
	    address != mdl->MappedSystemVa)
		nt_bug("MDL unmapped that is not mapped there");
	if (mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED)
		__atomic_sub_fetch(&mappings, 1, __ATOMIC_RELAXED);
	mdl->MdlFlags &=
	    ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
	mdl->MappedSystemVa = NULL;
}

VOID NTAPI IoBuildPartialMdl(PMDL source, PMDL target, PVOID address,
			     ULONG length)
{
	PUCHAR begin = MmGetMdlVirtualAddress(source);
	ULONG_PTR offset = (ULONG_PTR)((PUCHAR)address - begin);

	if (offset > source->ByteCount)
		nt_bug("IoBuildPartialMdl begins outside its source");
	if (!length)
		length = source->ByteCount - (ULONG)offset;
	if (length > source->ByteCount - offset)
		nt_bug("IoBuildPartialMdl ends outside its source");
	if (MmSizeOfMdl(address, length) > (SIZE_T)target->Size)
		nt_bug("IoBuildPartialMdl: target too small");
	if (target->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED)
		nt_bug("IoBuildPartialMdl on a list still mapped");
	if (!(source->MdlFlags &
	      (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL)))
		nt_bug("IoBuildPartialMdl: source not locked");
	target->Process = source->Process;
	target->StartVa = PAGE_ALIGN(address);
	target->ByteOffset = BYTE_OFFSET(address);
	target->ByteCount = length;
	target->MappedSystemVa = NULL;
	target->MdlFlags &= MDL_ALLOCATED_FIXED_SIZE;
	target->MdlFlags |= MDL_PARTIAL;
	if (source->MdlFlags &
	    (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) {
		target->MdlFlags |=
		    source->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL
			? MDL_SOURCE_IS_NONPAGED_POOL
			: MDL_MAPPED_TO_SYSTEM_VA;
		target->MappedSystemVa =
		    (PUCHAR)source->MappedSystemVa + offset;
	}
}

void nt_mdl_copy(PMDL mdl, ULONG offset, void *to, size_t length)
{
	PUCHAR out = to;

	for (; length; mdl = mdl->Next) {
		size_t here;
		PUCHAR from;

		if (!mdl)
			nt_bug("MDL chain shorter than its frame");
		if (offset >= mdl->ByteCount) {
			offset -= mdl->ByteCount;
			continue;
		}
		here = mdl->ByteCount - offset;
		if (here > length)
			here = length;
		from = nt_from_user(MmGetMdlVirtualAddress(mdl));
		memcpy(out, from + offset, here);
		out += here;
		length -= here;
		offset = 0;
	}
}
