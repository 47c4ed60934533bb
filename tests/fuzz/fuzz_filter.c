// SPDX-License-Identifier: BSD-2-Clause
/* Any text as an output filter: it compiles or says why not, and what
 * compiles comes to the same verdict each time. */
#include <stdlib.h>
#include <string.h>
#include "output/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct irl_filter *filter)
{
	for (unsigned i = 0; i < 16; i++) {
		const struct irl_record r = {
		    .hit = {.addr = i,
			    .port = (uint16_t)(i * 40),
			    .verdict = (uint8_t)(1 + i % 3),
			    .icmp_type = 3,
			    .icmp_code = (uint8_t)i},
		    .success = i % 3 == 0,
		    .repeat = i & 1,
		    .cooldown = i >> 1 & 1,
		};

		const bool once = irl_filter_passes(filter, &r);

		if (irl_filter_passes(filter, &r) != once)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct irl_filter filter;
	struct irl_error err = {0};

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (irl_filter_compile(&filter, text, &err) == 0)
		judge(&filter);
	else if (err.code != IRL_EPARSE || !err.text[0])
		abort();
	free(text);
	return 0;
}
