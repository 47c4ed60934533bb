// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/queues.h"

bool net_mask_parse(const char *text, uint64_t *mask)
{
	unsigned digits = 0;

	*mask = 0;
	for (; *text && *text != '\n'; text++) {
		char digit[2] = {*text, '\0'};

		if (*text == ',')
			continue; /* every 32 bits */
		if (!isxdigit((unsigned char)*text))
			return false;
		*mask = *mask << 4 | strtoul(digit, NULL, 16);
		digits++;
	}
	return digits > 0;
}

void net_mask_text(unsigned cpus, char *text, size_t size)
{
	unsigned words = (cpus + 31) / 32;
	size_t used = 0;

	text[0] = '\0';
	for (unsigned w = words; w-- > 0 && used < size;) {
		unsigned bits = cpus - w * 32;
		uint32_t word = bits >= 32 ? UINT32_MAX : (1u << bits) - 1;

		used += (size_t)snprintf(text + used, size - used,
					 used ? ",%08x" : "%x", word);
	}
}

enum net_share net_queues_share(unsigned queues, unsigned cpus,
				const uint64_t masks[])
{
	uint64_t all, apart = 0;

	if (queues <= cpus)
		return NET_SHARE_FEW;
	if (!masks || cpus > NET_CPUS_MAX)
		return NET_SHARE_UNKNOWN;
	all = (1ull << cpus) - 1;
	for (unsigned q = 0; q < queues && q < NET_QUEUES_MAX; q++) {
		if (q < cpus && masks[q] & all)
			return NET_SHARE_SPREAD;
		if (q >= cpus)
			apart |= masks[q];
	}
	return (apart & all) == all ? NET_SHARE_NONE : NET_SHARE_SPREAD;
}

static bool read_text(const char *path, char *text, int size)
{
	FILE *file = fopen(path, "re");
	bool read = file && fgets(text, size, file);

	if (file)
		fclose(file);
	return read;
}

bool net_queues_read(const char *interface, unsigned ifindex, unsigned queues,
		     uint64_t masks[])
{
	char path[128], text[1024];

	snprintf(path, sizeof(path), "/sys/class/net/%s/ifindex", interface);
	if (!read_text(path, text, sizeof(text)) ||
	    strtoul(text, NULL, 10) != ifindex)
		return false;
	for (unsigned q = 0; q < queues && q < NET_QUEUES_MAX; q++) {
		snprintf(path, sizeof(path),
			 "/sys/class/net/%s/queues/tx-%u/xps_cpus", interface,
			 q);
		if (!read_text(path, text, sizeof(text)) ||
		    !net_mask_parse(text, &masks[q]))
			return false;
	}
	return true;
}
