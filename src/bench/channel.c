// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "bench/channel.h"

void bench_channel_init(struct bench_channel *channel)
{
	*channel = (struct bench_channel){.listener = -1, .socket = -1};
}

int bench_channel_line(struct bench_channel *channel, char line[BENCH_LINE])
{
	char *end = memchr(channel->line, '\n', channel->length);
	unsigned length;
	int n;

	if (!end) {
		/* A line that is too long is nobody's of ours. */
		if (channel->length == BENCH_LINE)
			return -IRL_EPIPE;
		n = bench_channel_receive(channel,
					  channel->line + channel->length,
					  BENCH_LINE - channel->length);
		if (n <= 0)
			return n;
		channel->length += (unsigned)n;
		end = memchr(channel->line, '\n', channel->length);
		if (!end)
			return 0;
	}
	length = (unsigned)(end - channel->line);
	memcpy(line, channel->line, length);
	line[length] = '\0';
	channel->length -= length + 1;
	memmove(channel->line, end + 1, channel->length);
	return 1;
}
