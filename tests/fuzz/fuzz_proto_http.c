// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as the answer to an HTTP request: the result does not depend on
 * how they were cut, memory stays within the budget, all of it comes back.
 * The limits and the cuts follow from the bytes, so that the corpus is plain
 * responses.
 */
#include "proto_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t hash(const uint8_t *data, size_t size)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < size; i++)
		h = (h ^ data[i]) * 0x100000001b3u;
	return h ^ h >> 32;
}

static struct irl_proto_config *configure(const struct irl_proto *proto,
					  uint64_t h)
{
	const struct irl_proto_options small = {
	    .method = h & 16 ? "HEAD" : "GET",
	    .head_max_bytes = 200,
	    .header_max = 3,
	    .keep_max_bytes = 40,
	    .body_max_bytes = 300,
	    .decode_max_bytes = 500,
	    .other_max_bytes = 30,
	    .sha256 = true,
	};
	const struct irl_proto_options wide = {.keep_max_bytes = 4096,
					       .decode_max_bytes = 1u << 16,
					       .sha256 = true};
	struct irl_proto_config *config;

	if (irl_proto_config_open(&config, proto, h % 4 ? &wide : &small, NULL))
		abort();
	return config;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t h = hash(data, size);
	const struct irl_proto *proto = irl_proto_find("http");
	struct irl_proto_config *config = configure(proto, h);
	struct irl_proto_budget budget = {.max_bytes = 1u << 22};
	struct feed f = {proto,
			 config,
			 &budget,
			 data,
			 size,
			 FEED_WHOLE,
			 h & 64 ? IRL_PROTO_END_FIN : IRL_PROTO_END_TIMEOUT};
	const uint64_t cuts[] = {FEED_BYTES, h | 2};
	char *whole = feed(&f, NULL);

	for (unsigned i = 0; i < 2; i++) {
		char *text;

		f.cut = cuts[i];
		text = feed(&f, NULL);
		if (strcmp(text, whole)) {
			fprintf(stderr, "%s\n%s\n", whole, text);
			abort();
		}
		free(text);
	}
	if (budget.used_bytes)
		abort();
	free(whole);
	irl_proto_config_close(config);
	return 0;
}
