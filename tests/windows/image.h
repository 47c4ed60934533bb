/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Load a .sys file into this process, as the kernel loads it: sections where
 * the headers say, relocated to where the image lies, imports bound to the
 * double, each section protected as its characteristics demand.  A file that
 * has Control Flow Guard is guarded: an indirect call to what its image does
 * not list ends the process.
 */
#ifndef IRL_TESTS_WINDOWS_IMAGE_H
#define IRL_TESTS_WINDOWS_IMAGE_H

#include <stdbool.h>
#include <ntddk.h>

struct image {
	uint8_t *base;
	size_t size;
	unsigned imports, relocations;
	DRIVER_INITIALIZE *entry;
};

/* Never at the base that the file prefers.  Ends the process with a sentence
 * when the kernel would refuse the file. */
void image_load(struct image *image, const char *path);
void image_free(struct image *image);

/* Indirect calls of guarded images so far, and whether there is such an image.
 */
uint64_t image_guarded_calls(void);
bool image_guarded(void);

/* What the double exports, by name; NULL: no such function. */
PVOID image_export(const char *name);

#endif
