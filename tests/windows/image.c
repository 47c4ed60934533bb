/* SPDX-License-Identifier: BSD-2-Clause */
#include "image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Offsets of the PE format (Microsoft, "PE Format"). */
enum {
	DOS_NEW_HEADER = 0x3c,
	FILE_SECTIONS = 6,
	FILE_OPTIONAL_SIZE = 20,
	OPTIONAL = 24,
	OPT_ENTRY = 16,
	OPT_BASE = 24,
	OPT_IMAGE_SIZE = 56,
	OPT_HEADERS_SIZE = 60,
	OPT_SUBSYSTEM = 68,
	OPT_DIRECTORIES = 112,
	DIR_IMPORT = 1,
	DIR_RELOCATION = 5,
	DIR_LOAD_CONFIG = 10,
	CONFIG_DISPATCH = 120, /* of the load configuration: pointers, counts */
	CONFIG_TABLE = 128,
	CONFIG_COUNT = 136,
	CONFIG_FLAGS = 144,
	CONFIG_STRIDE_SHIFT = 28,
	SECTION_SIZE = 40,
	SECTION_EXECUTE = 0x20000000,
	SECTION_WRITE = 0x80000000u,
	REL_ABSOLUTE = 0,
	REL_DIR64 = 10,
};

static _Noreturn void refuse(const char *path, const char *why)
{
	fprintf(stderr, "%s: %s\n", path, why);
	exit(1);
}

static uint16_t u16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, 2);
	return value;
}

static uint32_t u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, 4);
	return value;
}

static uint64_t u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, 8);
	return value;
}

static uint8_t *whole_file(const char *path, size_t *size)
{
	int file = open(path, O_RDONLY);
	struct stat stat;
	uint8_t *bytes;

	if (file < 0 || fstat(file, &stat) || stat.st_size < 1024)
		refuse(path, "cannot be read");
	*size = (size_t)stat.st_size;
	bytes = malloc(*size);
	if (read(file, bytes, *size) != (ssize_t)*size)
		refuse(path, "cannot be read");
	close(file);
	return bytes;
}

static const uint8_t *optional_of(const uint8_t *image)
{
	return image + u32(image + DOS_NEW_HEADER) + OPTIONAL;
}

static const uint8_t *section(const uint8_t *image, unsigned i)
{
	const uint8_t *header = image + u32(image + DOS_NEW_HEADER);

	return header + OPTIONAL + u16(header + FILE_OPTIONAL_SIZE) +
	       i * SECTION_SIZE;
}

static unsigned sections(const uint8_t *image)
{
	return u16(image + u32(image + DOS_NEW_HEADER) + FILE_SECTIONS);
}

static void place(struct image *image, const uint8_t *file, size_t size,
		  const char *path)
{
	const uint8_t *optional = optional_of(file);

	if (u16(file) != 0x5a4d || u16(optional) != 0x20b)
		refuse(path, "is no image for 64 bits");
	if (u16(optional + OPT_SUBSYSTEM) != 1)
		refuse(path, "is not of the native subsystem");
	image->size = u32(optional + OPT_IMAGE_SIZE);
	image->base = mmap(NULL, image->size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(image->base, file, u32(optional + OPT_HEADERS_SIZE));
	for (unsigned i = 0; i < sections(file); i++) {
		const uint8_t *s = section(file, i);
		uint32_t at = u32(s + 12), raw = u32(s + 16),
			 from = u32(s + 20);

		if (from + (size_t)raw > size || at > image->size)
			refuse(path, "has a section outside of itself");
		if (raw > image->size - at)
			raw = (uint32_t)(image->size - at);
		memcpy(image->base + at, file + from, raw);
	}
}

static const uint8_t *directory(const struct image *image, unsigned which,
				uint32_t *size)
{
	const uint8_t *entry =
	    optional_of(image->base) + OPT_DIRECTORIES + 8 * which;

	*size = u32(entry + 4);
	return u32(entry) ? image->base + u32(entry) : NULL;
}

static void relocate_one(struct image *image, uint32_t page, uint16_t entry,
			 uint64_t by, const char *path)
{
	uint8_t *at = image->base + page + (entry & 0xfff);
	uint64_t value;

	if (entry >> 12 == REL_ABSOLUTE)
		return;
	if (entry >> 12 != REL_DIR64 || at + 8 > image->base + image->size)
		refuse(path, "has a relocation that x64 does not know");
	value = u64(at) + by;
	memcpy(at, &value, 8);
	image->relocations++;
}

static void relocate(struct image *image, const char *path)
{
	uint64_t prefers = u64(optional_of(image->base) + OPT_BASE);
	uint64_t by = (uint64_t)(uintptr_t)image->base - prefers;
	uint32_t size, at = 0, length;
	const uint8_t *block = directory(image, DIR_RELOCATION, &size);

	for (; block && at + 8 <= size; at += length) {
		length = u32(block + at + 4);
		if (length < 8 || length > size - at)
			refuse(path, "has relocations that lie");
		for (uint32_t i = 8; i + 1 < length; i += 2)
			relocate_one(image, u32(block + at),
				     u16(block + at + i), by, path);
	}
	if (!by || !image->relocations)
		refuse(path, "was not relocated: the test tests nothing");
}

static void bind_one(struct image *image, const uint8_t *thunk, uint8_t *slot,
		     const char *path)
{
	const char *name = (const char *)image->base + u32(thunk) + 2;
	PVOID function = image_export(name);

	if (!function) {
		fprintf(stderr, "%s imports %s, which the double lacks\n", path,
			name);
		exit(1);
	}
	memcpy(slot, &function, 8);
	image->imports++;
}

static void bind(struct image *image, const char *path)
{
	uint32_t size;
	const uint8_t *from = directory(image, DIR_IMPORT, &size);

	for (; from && u32(from + 12); from += 20) {
		const uint8_t *thunk = image->base + u32(from);
		uint8_t *slot = image->base + u32(from + 16);

		for (; u64(thunk); thunk += 8, slot += 8)
			bind_one(image, thunk, slot, path);
	}
}

/* -- Control Flow Guard, as a system that enforces it -- */
static struct {
	struct guarded {
		const uint8_t *base, *table;
		size_t size;
		uint64_t count;
		uint32_t stride;
	} * images;
	unsigned count;
	uint64_t calls;
} guard;

static bool lists(const struct guarded *image, uint64_t target)
{
	for (uint64_t i = 0; i < image->count; i++)
		if (u32(image->table + i * image->stride) ==
		    target - (uintptr_t)image->base)
			return true;
	return false;
}

/* The last one first: images that have gone stay where they were. */
NTAPI void image_check_target(uint64_t target);
NTAPI void image_check_target(uint64_t target)
{
	for (unsigned i = guard.count; i-- > 0;) {
		const struct guarded *image = &guard.images[i];

		if (target - (uintptr_t)image->base < image->size &&
		    lists(image, target)) {
			guard.calls++;
			return;
		}
	}
	fprintf(stderr, "BUGCHECK: an indirect call to %#llx, unlisted\n",
		(unsigned long long)target);
	abort();
}

/* As __guard_dispatch_icall_fptr wants it: the target in rax, all arguments
 * where they belong. */
void image_dispatch(void);
__asm__("	.text\n"
	"	.globl	image_dispatch\n"
	"image_dispatch:\n"
	"	push	%rax\n"
	"	push	%rcx\n"
	"	push	%rdx\n"
	"	push	%r8\n"
	"	push	%r9\n"
	"	push	%r10\n"
	"	push	%r11\n"
	"	sub	$32, %rsp\n"
	"	mov	%rax, %rcx\n"
	"	call	image_check_target\n"
	"	add	$32, %rsp\n"
	"	pop	%r11\n"
	"	pop	%r10\n"
	"	pop	%r9\n"
	"	pop	%r8\n"
	"	pop	%rdx\n"
	"	pop	%rcx\n"
	"	pop	%rax\n"
	"	jmp	*%rax\n");

static void enforce(struct image *image)
{
	uint32_t size;
	const uint8_t *config = directory(image, DIR_LOAD_CONFIG, &size);
	PVOID dispatch = (PVOID)(uintptr_t)image_dispatch;

	if (!config)
		return;
	memcpy((PVOID)(uintptr_t)u64(config + CONFIG_DISPATCH), &dispatch, 8);
	guard.images =
	    realloc(guard.images, (guard.count + 1) * sizeof(*guard.images));
	guard.images[guard.count++] = (struct guarded){
	    .base = image->base,
	    .size = image->size,
	    .table = (PVOID)(uintptr_t)u64(config + CONFIG_TABLE),
	    .count = u64(config + CONFIG_COUNT),
	    .stride = 4 + (u32(config + CONFIG_FLAGS) >> CONFIG_STRIDE_SHIFT)};
}

uint64_t image_guarded_calls(void)
{
	return guard.calls;
}

bool image_guarded(void)
{
	return guard.count != 0;
}

static void protect(struct image *image, const char *path)
{
	mprotect(image->base, 4096, PROT_READ);
	for (unsigned i = 0; i < sections(image->base); i++) {
		const uint8_t *s = section(image->base, i);
		uint32_t flags = u32(s + 36);
		int protection = PROT_READ;

		if (flags & SECTION_WRITE)
			protection |= PROT_WRITE;
		if (flags & SECTION_EXECUTE)
			protection |= PROT_EXEC;
		if (flags & SECTION_WRITE && flags & SECTION_EXECUTE)
			refuse(path, "has a section to write and to execute");
		if (u32(s + 8) &&
		    mprotect(image->base + u32(s + 12), u32(s + 8), protection))
			refuse(path, "has sections that overlap a page");
	}
}

void image_load(struct image *image, const char *path)
{
	size_t size;
	uint8_t *file = whole_file(path, &size);
	uint32_t entry;

	memset(image, 0, sizeof(*image));
	place(image, file, size, path);
	free(file);
	relocate(image, path);
	bind(image, path);
	enforce(image);
	entry = u32(optional_of(image->base) + OPT_ENTRY);
	protect(image, path);
	image->entry = (DRIVER_INITIALIZE *)(uintptr_t)(image->base + entry);
}

void image_free(struct image *image)
{
	if (image->base)
		munmap(image->base, image->size);
	image->base = NULL;
}
