/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Load a .sys file into this process, as the kernel loads it: sections where
 * the headers say, relocated to where the image lies, imports bound to the
 * double, each section protected as its characteristics demand.
 */
#ifndef IRL_TESTS_WINDOWS_IMAGE_H
#define IRL_TESTS_WINDOWS_IMAGE_H

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

/* What the double exports, by name; NULL: no such function. */
PVOID image_export(const char *name);

#endif
