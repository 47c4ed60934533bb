// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes as a banner, and as a request with places in it. */
#include "proto_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *fed(const struct irl_proto_config *config, const char *name,
		 const uint8_t *data, size_t size, uint64_t cut)
{
	struct irl_proto_budget budget = {0};
	const struct feed f = {
	    irl_proto_find(name), config, &budget, data, size, cut,
	    IRL_PROTO_END_FIN};
	char *text = feed(&f, NULL);

	if (budget.used_bytes)
		abort();
	return text;
}

static void compare(const char *name, const struct irl_proto_options *o,
		    const uint8_t *data, size_t size)
{
	struct irl_proto_config *config;
	char *whole;

	if (irl_proto_config_open(&config, irl_proto_find(name), o, NULL))
		abort();
	whole = fed(config, name, data, size, FEED_WHOLE);
	for (uint64_t cut = FEED_BYTES; cut < 4; cut++) {
		char *text = fed(config, name, data, size, cut);

		if (strcmp(text, whole))
			abort();
		free(text);
	}
	free(whole);
	irl_proto_config_close(config);
}

/* Cut into single bytes, the request is the same. */
static void render(const uint8_t *data, size_t size)
{
	const struct irl_proto *raw = irl_proto_find("raw");
	const struct irl_proto_options o = {.request = data,
					    .request_bytes = size};
	struct irl_proto_config *config;
	void *a = malloc(raw->state_bytes), *b = malloc(raw->state_bytes);
	uint8_t whole[4096];
	uint32_t n, i = 0;

	if (!a || !b || irl_proto_config_open(&config, raw, &o, NULL))
		abort();
	raw->start(a, config, NULL, 0);
	raw->start(b, config, NULL, 0);
	n = raw->request(a, &feed_target, whole, sizeof(whole));
	for (uint8_t byte; i < n && raw->request(b, &feed_target, &byte, 1);)
		if (byte != whole[i++])
			abort();
	if (i != n)
		abort();
	raw->fini(a);
	raw->fini(b);
	free(a);
	free(b);
	irl_proto_config_close(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct irl_proto_options options[] = {
	    {.sha256 = true},
	    {.line = true},
	    {.keep_max_bytes = 7, .line = true, .hex = true},
	};

	for (unsigned i = 0; i < 3; i++)
		compare("banner", &options[i], data, size);
	if (!size)
		return 0;
	for (unsigned i = 0; i < 3; i++) {
		struct irl_proto_options o = options[i];

		o.request = "GET ";
		o.request_bytes = 4;
		compare("raw", &o, data, size);
	}
	render(data, size);
	return 0;
}
