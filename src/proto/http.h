/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of one HTTP exchange: http.c reads into it, http_result.c tells
 * what it holds. */
#ifndef IRL_PROTO_HTTP_H
#define IRL_PROTO_HTTP_H

#include "proto/config.h"
#include "proto/decode.h"
#include "proto/digest.h"
#include "proto/http_head.h"
#include "proto/store.h"

enum irl_http_phase {
	IRL_HTTP_HEAD,
	IRL_HTTP_LENGTH, /* body of a known length */
	IRL_HTTP_CLOSE,  /* body until the peer closes */
	IRL_HTTP_CHUNK_SIZE,
	IRL_HTTP_CHUNK_EXTENSION,
	IRL_HTTP_CHUNK_DATA,
	IRL_HTTP_CHUNK_END,
	IRL_HTTP_TRAILER,
	IRL_HTTP_OTHER, /* not HTTP: taken as a banner */
	IRL_HTTP_DONE,
	IRL_HTTP_FAILED,
};

struct irl_http {
	const struct irl_proto_config *config;
	struct irl_proto_budget *budget;
	struct irl_store store; /* head, body, trailers; or another's banner */
	struct irl_decoder *decoder; /* NULL: the body is kept as it comes */
	struct irl_digest *digest;
	const char *error;
	const char *body_end; /* how it ended too early, or NULL */
	uint64_t left;        /* of the body or chunk */
	uint64_t received;    /* of the body, without chunk framing */
	uint64_t total;       /* of the body, decompressed */
	uint64_t overhead;    /* bytes of chunk framing */
	uint64_t deadline_ns;
	uint64_t sent;
	struct irl_http_framing framing;
	uint32_t line;        /* where the line being received begins */
	uint32_t status_at;   /* where the status line begins */
	uint32_t headers_at;  /* what follows it */
	uint32_t head_length; /* up to the body */
	uint32_t body_length; /* kept */
	uint32_t interim;     /* 1xx responses */
	uint32_t interim_bytes;
	uint16_t code; /* 0: no status line yet */
	uint8_t phase; /* enum irl_http_phase */
	uint8_t digits;
	bool recognised; /* begins with "HTTP/" */
	bool spoke;      /* a status line has come, of 1xx at least */
	bool decoder_over;
	bool decode_limit; /* over since too much came out */
};

/* Members of "result". */
void irl_http_result(const void *state, struct irl_json *json);

#endif
