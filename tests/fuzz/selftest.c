// SPDX-License-Identifier: BSD-2-Clause
/* Reads one byte behind an input that begins with '!'. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	volatile uint8_t sink;
	uint8_t *copy;

	if (size == 0 || data[0] != '!')
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	sink = copy[size];
	(void)sink;
	free(copy);
	return 0;
}
