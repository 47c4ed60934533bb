// SPDX-License-Identifier: BSD-2-Clause
/* "banner": the peer speaks first; "raw": we do.  The rest is the same. */
#include <string.h>
#include "proto/config.h"
#include "proto/digest.h"
#include "proto/store.h"

struct banner {
	const struct irl_proto_config *config;
	struct irl_proto_budget *budget;
	struct irl_store store;
	struct irl_digest *digest;
	uint64_t deadline_ns;
	uint64_t sent, received;
	bool speak;     /* our request is due, or under way, or sent */
	bool content;   /* a byte that is no line end has come */
	bool truncated; /* by our limit or budget */
	bool done;
};

static void start(struct banner *b, const struct irl_proto_config *config,
		  struct irl_proto_budget *budget)
{
	*b = (struct banner){
	    .config = config,
	    .budget = budget,
	    .deadline_ns = UINT64_MAX,
	    .digest = config->limit.sha256 ? irl_digest_open() : NULL,
	};
}

static void start_banner(void *state, const struct irl_proto_config *config,
			 struct irl_proto_budget *budget, uint64_t now_ns)
{
	struct banner *b = state;

	start(b, config, budget);
	if (config->request)
		b->deadline_ns = now_ns + config->limit.wait_ns;
}

static void start_raw(void *state, const struct irl_proto_config *config,
		      struct irl_proto_budget *budget, uint64_t now_ns)
{
	struct banner *b = state;

	(void)now_ns;
	start(b, config, budget);
	b->speak = true;
}

static uint32_t request(void *state, const struct irl_proto_target *target,
			void *buf, uint32_t room)
{
	struct banner *b = state;
	uint32_t n;

	if (!b->speak)
		return 0;
	n = irl_request_render(b->config->request, target, b->sent, buf, room);
	b->sent += n;
	return n;
}

/* How many of @size bytes belong to the answer: to the end of the first line
 * that holds something, if only a line is wanted. */
static size_t wanted(struct banner *b, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; b->config->limit.line && i < size; i++) {
		if (bytes[i] == '\n' && b->content) {
			b->done = true;
			return i + 1;
		}
		b->content |= bytes[i] != '\r' && bytes[i] != '\n';
	}
	return size;
}

/* How much of an answer there is to learn: what is kept, or with a digest all.
 */
static uint64_t most(const struct banner *b)
{
	const struct irl_proto_options *limit = &b->config->limit;

	return b->digest ? limit->body_max_bytes : limit->keep_max_bytes;
}

static void keep(struct banner *b, const uint8_t *bytes, size_t size)
{
	size_t room = b->config->limit.keep_max_bytes - b->store.length;
	size_t kept = size < room ? size : room;

	b->truncated |= kept < size;
	if (!kept || irl_store_put(&b->store, b->budget, bytes, (uint32_t)kept))
		return;
	b->truncated = true;
	b->done |= !b->digest;
}

static void take(struct banner *b, const uint8_t *bytes, size_t size)
{
	uint64_t room = most(b) - b->received;

	/* At the limit it ends, whether or not more would have come. */
	if (size > room || (size == room && !b->done)) {
		b->done = b->truncated = true;
		size = (size_t)room;
	}
	irl_digest_add(b->digest, bytes, size);
	b->received += size;
	keep(b, bytes, size);
}

static enum irl_proto_next input(void *state, const void *bytes, size_t size,
				 uint64_t now_ns)
{
	struct banner *b = state;

	if (b->done)
		return IRL_PROTO_DONE;
	if (!size)
		return IRL_PROTO_MORE;
	b->deadline_ns = now_ns + b->config->limit.quiet_ns;
	take(b, bytes, wanted(b, bytes, size));
	return b->done ? IRL_PROTO_DONE : IRL_PROTO_MORE;
}

static uint64_t deadline_ns(const void *state)
{
	const struct banner *b = state;

	return b->done ? UINT64_MAX : b->deadline_ns;
}

static enum irl_proto_next tick(void *state, uint64_t now_ns)
{
	struct banner *b = state;

	if (b->done)
		return IRL_PROTO_DONE;
	if (now_ns < b->deadline_ns)
		return IRL_PROTO_MORE;
	b->deadline_ns = UINT64_MAX;
	if (!b->received && !b->speak) {
		b->speak = true;
		return IRL_PROTO_SEND;
	}
	b->done = true;
	return IRL_PROTO_DONE;
}

static enum irl_proto_speech speech(const struct banner *b)
{
	if (!b->received)
		return IRL_PROTO_SPEECH_NONE;
	if (b->sent && irl_request_echoed(b->config->request, b->store.bytes,
					  b->store.length))
		return IRL_PROTO_SPEECH_NONE;
	return IRL_PROTO_SPEECH_ASKED;
}

static struct irl_proto_verdict end(void *state, enum irl_proto_end how)
{
	struct banner *b = state;
	struct irl_proto_verdict v = irl_proto_unopened(how);

	b->done = true;
	if (!b->received)
		return v;
	v.status = IRL_PROTO_SUCCESS;
	v.error = NULL;
	v.speech = speech(b);
	return v;
}

static void result(const void *state, struct irl_json *json)
{
	const struct banner *b = state;

	if (!b->received)
		return;
	if (b->config->limit.hex)
		irl_json_hex(json, "banner", b->store.bytes, b->store.length);
	else
		irl_json_bytes(json, "banner", b->store.bytes, b->store.length);
	irl_json_uint(json, "length", b->received);
	irl_digest_tell(b->digest, json, "sha256");
	if (b->truncated)
		irl_json_bool(json, "truncated", true);
}

static void fini(void *state)
{
	struct banner *b = state;

	irl_digest_close(b->digest);
	irl_store_fini(&b->store, b->budget);
}

#define REST                                                                   \
	.state_bytes = sizeof(struct banner), .request = request,              \
	.input = input, .deadline_ns = deadline_ns, .tick = tick, .end = end,  \
	.result = result, .fini = fini

const struct irl_proto irl_proto_banner = {
    .name = "banner", .start = start_banner, REST};
const struct irl_proto irl_proto_raw = {
    .name = "raw", .start = start_raw, REST};
