/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Protocols: incremental parsers without I/O.
 *
 * A protocol is a struct of functions over a state of its own.  Whoever holds
 * the connection drives it, and owns the clock:
 *
 *   start    once the connection is there, or will be (request in the ACK)
 *   request  after start, and after each input or tick that said SEND, until
 *            it returns 0: bytes to send
 *   input    whatever came, in any pieces: the result does not depend on how
 *            the stream was cut
 *   tick     at the deadline that the state asks for
 *   end      exactly once: after DONE or ERROR, or when the connection ended
 *   result   after end, any number of times
 *   fini     last
 *
 * Errors of ours are none of the parser's business, drops neither: what a peer
 * did, however odd, is an outcome, told in words that zgrab2 uses.
 *
 * A configuration and a protocol are read-only and may be shared by all
 * threads; a state and a budget belong to one thread each.
 */
#ifndef IRL_PROTO_H
#define IRL_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/json.h>

/** Whom a request is for. */
struct irl_proto_target {
	uint8_t address[16]; /* network order; the first 4 bytes for IPv4 */
	bool ipv6;
	uint16_t port;
	const char *domain; /* NULL: none; up to 255 bytes are used */
};

/* ---- configuration ----------------------------------------------------- */

/**
 * What to ask and how much to keep; 0 or NULL: the default.  Limits cut what
 * is kept or end the exchange, and the result tells so.
 */
struct irl_proto_options {
	/* http: the request, unless .request holds it whole */
	const char *method;     /* "GET" */
	const char *path;       /* "/"; also http://..., *, of CONNECT any */
	const char *user_agent; /* "Mozilla/5.0 irlstack" */
	/* "Name: value".  In the place of a header that is sent anyway where
	 * the name is the same: Host, User-Agent, Accept, Accept-Encoding,
	 * Connection. */
	const char *const *headers;
	unsigned header_count;

	/*
	 * raw: what to send; banner: what to send after waiting in vain; http:
	 * in place of all of the above.  Any bytes, in which are replaced:
	 *   {host}       the domain, or the address, IPv6 in brackets
	 *   {authority}  the same, with ":port" unless that is 80
	 *   {ip} {port} {domain}
	 * "{{host}" stands for "{host}"; other braces for themselves.
	 */
	const void *request;
	size_t request_bytes;

	uint32_t head_max_bytes; /* status line, headers, trailers: 65,536 */
	uint32_t header_max;     /* headers kept: 128, at most 256 */
	uint32_t keep_max_bytes; /* of body or banner: 262,144 */
	/* Received, then it ends: 67,108,864; a banner, unless .sha256, where
	 * no more is kept. */
	uint64_t body_max_bytes;
	uint64_t decode_max_bytes; /* decompressed, then it ends: 16,777,216 */
	uint32_t decode_max_ratio; /* above 1 MiB decompressed: 200 */
	uint32_t other_max_bytes;  /* of an answer that is not HTTP: 4,096 */

	uint64_t wait_ns;  /* banner: for the peer to speak first: 2 s */
	uint64_t quiet_ns; /* banner, raw: silence that ends it: 500 ms */

	bool line;   /* banner, raw: end at the first line that is not empty */
	bool hex;    /* banner, raw: the bytes as hexadecimal digits */
	bool sha256; /* of all of the body or banner; costs 1 to 3 ns a byte */
};

struct irl_proto_config;
struct irl_proto;

/** Copies all it needs.  -IRL_EINVAL names the option that makes no sense. */
IRL_API int irl_proto_config_open(struct irl_proto_config **out,
				  const struct irl_proto *proto,
				  const struct irl_proto_options *options,
				  struct irl_error *err);
IRL_API void irl_proto_config_close(struct irl_proto_config *config);

/* ---- a protocol -------------------------------------------------------- */

enum irl_proto_next {
	IRL_PROTO_MORE,  /* go on reading */
	IRL_PROTO_SEND,  /* call request, then go on reading */
	IRL_PROTO_DONE,  /* all there is to learn: close */
	IRL_PROTO_ERROR, /* not the protocol, or not as it should be: close */
};

/** How a connection, or the try of one, ended. */
enum irl_proto_end {
	IRL_PROTO_END_DONE,      /* input or tick said DONE or ERROR */
	IRL_PROTO_END_FIN,       /* the peer closed in order */
	IRL_PROTO_END_RESET,     /* the peer reset */
	IRL_PROTO_END_TIMEOUT,   /* ours ran out */
	IRL_PROTO_END_LOCAL,     /* we gave up: evicted, interrupted */
	IRL_PROTO_END_REFUSED,   /* never open: RST to the SYN, or ICMP */
	IRL_PROTO_END_NO_ANSWER, /* never open: silence */
};

/** zgrab2's words, see irl_proto_status_name. */
enum irl_proto_status {
	IRL_PROTO_SUCCESS,
	IRL_PROTO_CONNECTION_REFUSED,
	IRL_PROTO_CONNECTION_TIMEOUT,
	IRL_PROTO_CONNECTION_CLOSED,
	IRL_PROTO_IO_TIMEOUT,
	IRL_PROTO_PROTOCOL_ERROR,
	IRL_PROTO_APPLICATION_ERROR,
	IRL_PROTO_UNKNOWN_ERROR,
	IRL_PROTO_STATUSES,
};

/** The third of the three states: did it speak?  Our own bytes come back (an
 * echo) are no speech. */
enum irl_proto_speech {
	IRL_PROTO_SPEECH_NONE,
	IRL_PROTO_SPEECH_OTHER, /* something, not the protocol asked for */
	IRL_PROTO_SPEECH_ASKED,
};

struct irl_proto_verdict {
	enum irl_proto_status status;
	enum irl_proto_speech speech;
	bool redirect;     /* http: 301, 302, 303, 307 or 308 with a Location */
	const char *error; /* a constant text, or NULL */
};

/** Memory of all states of one thread: kept bytes and decompressors.  What
 * does not fit is not kept; max_bytes 0: no limit. */
struct irl_proto_budget {
	uint64_t used_bytes, max_bytes;
	uint64_t refused; /* times that something did not fit */
};

struct irl_proto {
	const char *name; /* "http"; the key of its result */
	uint32_t state_bytes;

	/**
	 * @state   state_bytes, aligned as by malloc; written whole
	 * @config  of this protocol; outlives the state, as does @budget
	 */
	void (*start)(void *state, const struct irl_proto_config *config,
		      struct irl_proto_budget *budget, uint64_t now_ns);
	/** The next bytes to send, up to @room; 0: nothing now. */
	uint32_t (*request)(void *state, const struct irl_proto_target *target,
			    void *buf, uint32_t room);
	/**
	 * Bytes behind the end of the answer are not looked at; after DONE or
	 * ERROR nothing is.  Cost: constant for a call, a copy for what is
	 * kept; work for each byte only in heads and chunk sizes.
	 */
	enum irl_proto_next (*input)(void *state, const void *bytes,
				     size_t size, uint64_t now_ns);
	/** When to call tick; UINT64_MAX: never.  Changes with each call. */
	uint64_t (*deadline_ns)(const void *state);
	enum irl_proto_next (*tick)(void *state, uint64_t now_ns);
	struct irl_proto_verdict (*end)(void *state, enum irl_proto_end how);
	/** Members of the object "result", into an object that is open. */
	void (*result)(const void *state, struct irl_json *json);
	void (*fini)(void *state);
};

/**
 * "banner"  waits for the peer to speak; sends .request (if any) after
 *           .wait_ns of silence; ends by silence, line, limit or close
 * "raw"     sends .request and keeps the answer as banner does
 * "http"    HTTP/1.x (RFC 9112): one request, its final response
 *
 * NULL where there is no such.
 */
IRL_API const struct irl_proto *irl_proto_find(const char *name);
/** Protocol @i, or NULL behind the last. */
IRL_API const struct irl_proto *irl_proto_at(size_t i);

/* ---- records ----------------------------------------------------------- */

/** "success", "connection-refused", "io-timeout", ... */
IRL_API const char *irl_proto_status_name(enum irl_proto_status status);

/**
 * The verdict on a connection that never carried the protocol: what end would
 * have said without any bytes.
 */
IRL_API struct irl_proto_verdict irl_proto_unopened(enum irl_proto_end how);

/**
 * zgrab2's record as members of an object that is open, so that the caller can
 * add its own: "ip", "domain", "data": {NAME: {"status", "protocol", "port",
 * "result", "timestamp", "error"}}.
 *
 * @state    after end, or NULL: no result
 * @wall_ns  since 1970, of its beginning, as zgrab2 tells it
 */
IRL_API void irl_proto_record(struct irl_json *json,
			      const struct irl_proto *proto, const void *state,
			      const struct irl_proto_target *target,
			      const struct irl_proto_verdict *verdict,
			      uint64_t wall_ns);

#endif
