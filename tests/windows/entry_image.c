/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The drivers' .sys files, from the directory that IRL_WINDOWS_DRIVERS names.
 * Each start of a driver is a load of its own, somewhere else.
 */
#include "image.h"
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Guarded, and every call allowed: then some have been looked at. */
static void check_guard(void)
{
	if (!image_guarded() || image_guarded_calls())
		return;
	fputs("Control Flow Guard has seen no call\n", stderr);
	_exit(1);
}

static void load(struct image *image, const char *name)
{
	const char *directory = getenv("IRL_WINDOWS_DRIVERS");
	char path[4096];

	if (!directory) {
		fputs("IRL_WINDOWS_DRIVERS is not set\n", stderr);
		exit(77);
	}
	snprintf(path, sizeof(path), "%s/%s.sys", directory, name);
	/* The one before may still run; a few hundred pages do not matter. */
	image_load(image, path);
}

void lab_entries(DRIVER_INITIALIZE **protocol, DRIVER_INITIALIZE **filter)
{
	static struct image images[2];

	if (!images[0].base)
		atexit(check_guard);
	load(&images[0], "irlstackp");
	load(&images[1], "irlstackf");
	*protocol = images[0].entry;
	*filter = images[1].entry;
}
