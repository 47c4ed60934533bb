// SPDX-License-Identifier: BSD-2-Clause
/*
 * HTTP/1.x responses (RFC 9112).  A head is gathered and read once it is
 * whole; a body passes in pieces as large as they come.
 */
#include <string.h>
#include "proto/http.h"

static void fail(struct irl_http *h, const char *error)
{
	h->phase = IRL_HTTP_FAILED;
	h->error = error;
}

static bool running(const struct irl_http *h)
{
	return h->phase < IRL_HTTP_DONE;
}

static uint32_t at_most(uint64_t n, uint64_t most)
{
	return (uint32_t)(n < most ? n : most);
}

static bool keep(struct irl_http *h, const uint8_t *bytes, uint32_t n)
{
	if (irl_store_put(&h->store, h->budget, bytes, n))
		return true;
	fail(h, "no memory left");
	return false;
}

static void start(void *state, const struct irl_proto_config *config,
		  struct irl_proto_budget *budget, uint64_t now_ns)
{
	(void)now_ns;
	*(struct irl_http *)state = (struct irl_http){
	    .config = config,
	    .budget = budget,
	    .deadline_ns = UINT64_MAX,
	    .digest = config->limit.sha256 ? irl_digest_open() : NULL,
	};
}

static uint32_t request(void *state, const struct irl_proto_target *target,
			void *buf, uint32_t room)
{
	struct irl_http *h = state;
	uint32_t n =
	    irl_request_render(h->config->request, target, h->sent, buf, room);

	h->sent += n;
	return n;
}

/* ---- the body ---------------------------------------------------------- */

static void deliver(void *state, const uint8_t *bytes, size_t n)
{
	struct irl_http *h = state;
	uint32_t room = h->config->limit.keep_max_bytes - h->body_length;
	uint32_t kept = at_most(n, room);

	h->total += n;
	irl_digest_add(h->digest, bytes, n);
	if (kept && irl_store_put(&h->store, h->budget, bytes, kept))
		h->body_length += kept;
}

static void finish(struct irl_http *h)
{
	h->phase = IRL_HTTP_DONE;
	if (h->decoder && !h->decoder_over &&
	    irl_decoder_end(h->decoder, deliver, h) != IRL_DECODED_MORE)
		h->body_end = "coding";
}

static void decode(struct irl_http *h, const uint8_t *bytes, size_t n)
{
	enum irl_decoded end;

	if (h->decoder_over)
		return;
	end = irl_decoder_input(h->decoder, bytes, n, deliver, h);
	h->decoder_over = end != IRL_DECODED_MORE;
	if (end == IRL_DECODED_BAD)
		h->body_end = "coding";
	if (end == IRL_DECODED_LIMIT) {
		h->body_end = "decode-limit";
		h->decode_limit = true;
		h->phase = IRL_HTTP_DONE;
	}
}

/* Returns how much was taken: less than @n only where the limit ends it. */
static uint32_t body(struct irl_http *h, const uint8_t *bytes, size_t n)
{
	uint64_t room = h->config->limit.body_max_bytes - h->received;
	uint32_t taken = at_most(n, room < 1u << 30 ? room : 1u << 30);

	h->received += taken;
	if (h->decoder)
		decode(h, bytes, taken);
	else
		deliver(h, bytes, taken);
	if (taken < n && room == taken && running(h)) {
		finish(h);
		h->body_end = "limit";
	}
	return taken;
}

static bool has_body(const struct irl_http *h)
{
	return h->code >= 200 && h->code != 204 && h->code != 304 &&
	       !h->config->head && !(h->config->connect && h->code < 300);
}

static void begin_coding(struct irl_http *h)
{
	const struct irl_http_framing *f = &h->framing;

	if (f->coding == IRL_CODING_GZIP || f->coding == IRL_CODING_DEFLATE)
		h->decoder =
		    irl_decoder_open(f->coding, &h->config->limit, h->budget);
}

/* RFC 9112, 6.3. */
static void begin_body(struct irl_http *h)
{
	const struct irl_http_framing *f = &h->framing;

	if (!has_body(h)) {
		h->phase = IRL_HTTP_DONE;
		return;
	}
	if (f->chunked) {
		h->phase = IRL_HTTP_CHUNK_SIZE;
	} else if (f->transfer || !(f->has_length || f->bad_length)) {
		h->phase = IRL_HTTP_CLOSE;
	} else if (f->bad_length) {
		fail(h, "Content-Length is no number, or not one");
		return;
	} else if (!f->length) {
		h->phase = IRL_HTTP_DONE;
		return;
	} else {
		h->phase = IRL_HTTP_LENGTH;
		h->left = f->length;
	}
	begin_coding(h);
}

/* ---- the head ---------------------------------------------------------- */

static void take_for_other(struct irl_http *h)
{
	h->phase = IRL_HTTP_OTHER;
	h->code = 0;
	if (h->store.length >= h->config->limit.other_max_bytes)
		fail(h, "not HTTP");
}

static struct irl_text stored(const struct irl_http *h, uint32_t from,
			      uint32_t to)
{
	return (struct irl_text){h->store.bytes + from, to - from};
}

static void status_line(struct irl_http *h, struct irl_text line)
{
	struct irl_http_status status;

	if (!irl_http_status_parse(&status, line)) {
		take_for_other(h);
		return;
	}
	h->code = status.code;
	h->spoke = true;
	h->headers_at = h->store.length;
}

/* RFC 9110, 15.2: any number of 1xx before the response. */
static void skip_interim(struct irl_http *h)
{
	h->interim++;
	h->interim_bytes += h->store.length;
	h->store.length = 0;
	h->line = h->status_at = 0;
	h->code = 0;
	h->recognised = false;
}

static void end_of_head(struct irl_http *h)
{
	if (h->code < 200 && h->code != 101) {
		skip_interim(h);
		return;
	}
	h->head_length = h->store.length;
	irl_http_unfold(h->store.bytes + h->headers_at,
			h->head_length - h->headers_at);
	irl_http_framing_read(&h->framing,
			      stored(h, h->headers_at, h->head_length));
	begin_body(h);
}

static void end_of_line(struct irl_http *h)
{
	struct irl_text line = stored(h, h->line, h->store.length - 1);

	if (line.length && line.at[line.length - 1] == '\r')
		line.length--;
	h->line = h->store.length;
	if (!h->code)
		status_line(h, line);
	else if (!line.length)
		end_of_head(h);
}

/*
 * Does it begin as a response does?  One byte at a time, since what is kept of
 * anything else must not depend on how it was cut.  Empty lines before it are
 * skipped.
 */
static void recognise(struct irl_http *h, uint8_t byte)
{
	uint32_t n = h->store.length - h->status_at;

	if (!keep(h, &byte, 1))
		return;
	if (!n && (byte == '\r' || byte == '\n')) {
		h->line = h->status_at = h->store.length;
		if (h->store.length >= h->config->limit.other_max_bytes)
			fail(h, "not HTTP");
	} else if (byte != (uint8_t) "HTTP/"[n]) {
		take_for_other(h);
	} else {
		h->recognised = n == 4;
	}
}

static size_t head(struct irl_http *h, const uint8_t *bytes, size_t size)
{
	uint32_t room = h->config->limit.head_max_bytes - h->interim_bytes -
			h->store.length;
	const uint8_t *lf;
	uint32_t n;

	if (!room) {
		fail(h, "the head is longer than the limit");
		return 0;
	}
	if (!h->recognised) {
		recognise(h, *bytes);
		return 1;
	}
	lf = memchr(bytes, '\n', at_most(size, room));
	n = lf ? (uint32_t)(lf - bytes) + 1 : at_most(size, room);
	if (keep(h, bytes, n) && lf)
		end_of_line(h);
	return n;
}

static size_t other(struct irl_http *h, const uint8_t *bytes, size_t size)
{
	uint32_t room = h->config->limit.other_max_bytes - h->store.length;
	uint32_t n = at_most(size, room);

	if (keep(h, bytes, n) && n == room)
		fail(h, "not HTTP");
	return n;
}

/* ---- chunks (RFC 9112, 7.1) -------------------------------------------- */

/* Framing may be this much longer than what it frames: one byte a chunk is
 * odd; extensions without end are hostile. */
#define OVERHEAD 16u

static size_t framing_room(const struct irl_http *h)
{
	uint64_t most =
	    h->config->limit.head_max_bytes + OVERHEAD * h->received;

	return (size_t)(most - h->overhead);
}

static void chunk_begins(struct irl_http *h)
{
	h->digits = 0;
	h->line = h->store.length;
	h->phase = h->left ? IRL_HTTP_CHUNK_DATA : IRL_HTTP_TRAILER;
}

static int hex_digit(uint8_t c)
{
	unsigned letter = (c | 32u) - 'a';

	if (c >= '0' && c <= '9')
		return c - '0';
	return letter < 6 ? (int)letter + 10 : -1;
}

static size_t chunk_size(struct irl_http *h, uint8_t c)
{
	int digit = hex_digit(c);

	if (digit >= 0 && h->digits < 15) {
		h->left = h->left * 16 + (unsigned)digit;
		h->digits++;
	} else if (!h->digits || digit >= 0 || !memchr("\n\r; \t", c, 5)) {
		fail(h, "a chunk size is no number");
	} else if (c == '\n') {
		chunk_begins(h);
	} else {
		h->phase = IRL_HTTP_CHUNK_EXTENSION;
	}
	return 1;
}

static size_t chunk_extension(struct irl_http *h, const uint8_t *bytes,
			      size_t size)
{
	const uint8_t *lf = memchr(bytes, '\n', size);

	if (!lf)
		return size;
	chunk_begins(h);
	return (size_t)(lf - bytes) + 1;
}

static size_t chunk_end(struct irl_http *h, uint8_t c)
{
	if (c == '\n') {
		h->phase = IRL_HTTP_CHUNK_SIZE;
		h->digits = 0;
	} else if (c != '\r' || h->digits) {
		fail(h, "a chunk is longer than its size");
	}
	h->digits = c == '\r';
	return 1;
}

static size_t trailer(struct irl_http *h, const uint8_t *bytes, size_t size)
{
	uint32_t kept = h->store.length - h->head_length - h->body_length;
	size_t room = h->config->limit.head_max_bytes - kept;
	const uint8_t *lf = memchr(bytes, '\n', size < room ? size : room);
	uint32_t n = at_most(lf ? (size_t)(lf - bytes) + 1 : size, room);
	uint32_t length;

	if (!room)
		fail(h, "trailers are longer than the limit");
	if (!room || !keep(h, bytes, n) || !lf)
		return n;
	length = h->store.length - h->line;
	if (length == 1 || (length == 2 && h->store.bytes[h->line] == '\r'))
		finish(h);
	h->line = h->store.length;
	return n;
}

static size_t chunk_framing(struct irl_http *h, const uint8_t *bytes,
			    size_t size)
{
	size_t room = framing_room(h), n;

	if (!room) {
		fail(h, "chunks are framed beyond all measure");
		return 0;
	}
	if (size > room)
		size = room;
	if (h->phase == IRL_HTTP_CHUNK_SIZE)
		n = chunk_size(h, *bytes);
	else if (h->phase == IRL_HTTP_CHUNK_EXTENSION)
		n = chunk_extension(h, bytes, size);
	else if (h->phase == IRL_HTTP_CHUNK_END)
		n = chunk_end(h, *bytes);
	else
		n = trailer(h, bytes, size);
	h->overhead += n;
	return n;
}

/* ---- driven ------------------------------------------------------------ */

/* A piece of @left bytes: of the body or of a chunk. */
static size_t piece(struct irl_http *h, const uint8_t *bytes, size_t size)
{
	uint32_t n = body(h, bytes, size < h->left ? size : (size_t)h->left);

	h->left -= n;
	if (h->left || !running(h))
		return n;
	if (h->phase == IRL_HTTP_LENGTH)
		finish(h);
	else
		h->phase = IRL_HTTP_CHUNK_END;
	return n;
}

static size_t step(struct irl_http *h, const uint8_t *bytes, size_t size)
{
	switch ((enum irl_http_phase)h->phase) {
	case IRL_HTTP_HEAD:
		return head(h, bytes, size);
	case IRL_HTTP_LENGTH:
	case IRL_HTTP_CHUNK_DATA:
		return piece(h, bytes, size);
	case IRL_HTTP_CLOSE:
		return body(h, bytes, size);
	case IRL_HTTP_CHUNK_SIZE:
	case IRL_HTTP_CHUNK_EXTENSION:
	case IRL_HTTP_CHUNK_END:
	case IRL_HTTP_TRAILER:
		return chunk_framing(h, bytes, size);
	case IRL_HTTP_OTHER:
		return other(h, bytes, size);
	case IRL_HTTP_DONE:
	case IRL_HTTP_FAILED:
		break;
	}
	return size;
}

static enum irl_proto_next next(const struct irl_http *h)
{
	if (h->phase == IRL_HTTP_DONE)
		return IRL_PROTO_DONE;
	return h->phase == IRL_HTTP_FAILED ? IRL_PROTO_ERROR : IRL_PROTO_MORE;
}

static enum irl_proto_next input(void *state, const void *bytes, size_t size,
				 uint64_t now_ns)
{
	struct irl_http *h = state;
	const uint8_t *at = bytes;

	while (size && running(h)) {
		size_t n = step(h, at, size);

		at += n;
		size -= n;
	}
	if (h->phase == IRL_HTTP_OTHER)
		h->deadline_ns = now_ns + h->config->limit.quiet_ns;
	return next(h);
}

static uint64_t deadline_ns(const void *state)
{
	const struct irl_http *h = state;

	return h->phase == IRL_HTTP_OTHER ? h->deadline_ns : UINT64_MAX;
}

static enum irl_proto_next tick(void *state, uint64_t now_ns)
{
	struct irl_http *h = state;

	if (h->phase == IRL_HTTP_OTHER && now_ns >= h->deadline_ns)
		fail(h, "not HTTP");
	return next(h);
}

/* ---- the end ----------------------------------------------------------- */

/* The connection ended while more was expected. */
static void cut_off(struct irl_http *h, enum irl_proto_end how)
{
	static const char *const word[] = {
	    [IRL_PROTO_END_DONE] = "local",
	    [IRL_PROTO_END_FIN] = "closed",
	    [IRL_PROTO_END_RESET] = "reset",
	    [IRL_PROTO_END_TIMEOUT] = "timeout",
	    [IRL_PROTO_END_LOCAL] = "local",
	    [IRL_PROTO_END_REFUSED] = "reset",
	    [IRL_PROTO_END_NO_ANSWER] = "timeout",
	};

	if (h->phase == IRL_HTTP_CLOSE && how == IRL_PROTO_END_FIN) {
		finish(h);
	} else if (h->phase == IRL_HTTP_OTHER ||
		   (h->store.length && !h->recognised)) {
		fail(h, "not HTTP");
	} else if (h->phase != IRL_HTTP_HEAD) {
		/* Whatever was left in the decoder is wanted. */
		uint8_t phase = h->phase;

		finish(h);
		h->phase = phase;
		h->body_end = word[how];
	}
}

static enum irl_proto_speech speech(const struct irl_http *h)
{
	if (h->spoke)
		return IRL_PROTO_SPEECH_ASKED;
	if (!h->store.length ||
	    irl_request_echoed(h->config->request, h->store.bytes,
			       h->store.length))
		return IRL_PROTO_SPEECH_NONE;
	return IRL_PROTO_SPEECH_OTHER;
}

static bool is_redirect(const struct irl_http *h)
{
	return h->framing.location &&
	       (h->code == 301 || h->code == 302 || h->code == 303 ||
		h->code == 307 || h->code == 308);
}

static struct irl_proto_verdict end(void *state, enum irl_proto_end how)
{
	struct irl_http *h = state;
	struct irl_proto_verdict v = irl_proto_unopened(how);

	if (running(h))
		cut_off(h, how);
	if (h->phase == IRL_HTTP_FAILED) {
		v.status = h->store.refused ? IRL_PROTO_UNKNOWN_ERROR
					    : IRL_PROTO_PROTOCOL_ERROR;
		v.error = h->error;
	} else if (h->phase == IRL_HTTP_DONE) {
		v.status = IRL_PROTO_SUCCESS;
		v.error = NULL;
	}
	v.speech = speech(h);
	v.redirect = is_redirect(h);
	return v;
}

static void fini(void *state)
{
	struct irl_http *h = state;

	irl_decoder_close(h->decoder);
	irl_digest_close(h->digest);
	irl_store_fini(&h->store, h->budget);
}

const struct irl_proto irl_proto_http = {
    .name = "http",
    .state_bytes = sizeof(struct irl_http),
    .start = start,
    .request = request,
    .input = input,
    .deadline_ns = deadline_ns,
    .tick = tick,
    .end = end,
    .result = irl_http_result,
    .fini = fini,
};
