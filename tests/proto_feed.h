/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A protocol fed with a stream that is cut in some way, and what it made of
 * it, as text: the record and the speech.
 */
#ifndef IRL_TESTS_PROTO_FEED_H
#define IRL_TESTS_PROTO_FEED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <irl/proto.h>

/* How a stream is cut: at once, into bytes, or any other number: at random. */
#define FEED_WHOLE 0u
#define FEED_BYTES 1u

static inline size_t feed_cut(uint64_t *cut, size_t left)
{
	size_t n;

	if (*cut == FEED_WHOLE)
		return left;
	if (*cut == FEED_BYTES)
		return 1;
	*cut = *cut * 6364136223846793005u + 1442695040888963407u;
	n = (size_t)1 + (*cut >> 33) % ((*cut >> 60) < 12 ? 7 : 2000);
	return n < left ? n : left;
}

static const struct irl_proto_target feed_target = {
    .address = {10, 1, 2, 3}, .port = 8080, .domain = "example.test"};

struct feed {
	const struct irl_proto *proto;
	const struct irl_proto_config *config;
	struct irl_proto_budget *budget;
	const void *bytes;
	size_t size;
	uint64_t cut;
	enum irl_proto_end how; /* when the bytes are not enough */
};

/* Every piece is a block of its own, so that a read beyond it is seen. */
static inline enum irl_proto_next feed_input(const struct feed *f, void *state)
{
	const uint8_t *at = f->bytes;
	size_t left = f->size;
	uint64_t cut = f->cut;
	enum irl_proto_next next = IRL_PROTO_MORE;

	while (left && next != IRL_PROTO_DONE && next != IRL_PROTO_ERROR) {
		size_t n = feed_cut(&cut, left);
		uint8_t *piece = malloc(n);

		if (!piece)
			abort();
		memcpy(piece, at, n);
		next = f->proto->input(state, piece, n, 0);
		free(piece);
		at += n;
		left -= n;
	}
	return next;
}

/* The record as text, to be freed; @verdict may be NULL. */
static inline char *feed(const struct feed *f,
			 struct irl_proto_verdict *verdict)
{
	void *state = malloc(f->proto->state_bytes);
	struct irl_json json = {.compact = true};
	struct irl_proto_verdict v;
	enum irl_proto_next next;
	char request[500];

	if (!state)
		abort();
	f->proto->start(state, f->config, f->budget, 0);
	while (f->proto->request(state, &feed_target, request, sizeof(request)))
		;
	next = feed_input(f, state);
	v = f->proto->end(state,
			  next == IRL_PROTO_DONE || next == IRL_PROTO_ERROR
			      ? IRL_PROTO_END_DONE
			      : f->how);
	irl_json_object(&json, NULL);
	irl_proto_record(&json, f->proto, state, &feed_target, &v, 0);
	irl_json_uint(&json, "speech", v.speech);
	irl_json_bool(&json, "redirect", v.redirect);
	irl_json_end_object(&json);
	f->proto->fini(state);
	free(state);
	if (json.failed)
		abort();
	if (verdict)
		*verdict = v;
	return json.text;
}

#endif
