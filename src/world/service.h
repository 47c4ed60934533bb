/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What runs behind an open port, as inline code for the XDP responder and for
 * the library; pure, like core.h, and as unchanging.
 *
 * The head of a page has the same length for all, so that the kernel writes it
 * without looking for places: lines are filled up with spaces behind the
 * reason or the value, where HTTP allows them (RFC 9112, 4 and 5), numbers with
 * zeros in front (RFC 9110, 8.6; RFC 9112, 7.1).
 *
 *   head 192 | body                              length, until close
 *   head 192 | size 8 | body | CRLF 0 CRLF CRLF  chunked; more chunks when long
 */
#ifndef IRL_WORLD_SERVICE_H
#define IRL_WORLD_SERVICE_H

#include "world/core.h"

#define IRL_WORLD_HEAD 192u
#define IRL_WORLD_CHUNK_HEAD 8u
#define IRL_WORLD_CHUNK_TAIL 2u
#define IRL_WORLD_CHUNK_END 5u
#define IRL_WORLD_ONE_SEGMENT 1400u /* bytes of an answer that XDP gives */
#define IRL_WORLD_TIME_OPTION 12    /* with its padding */
#define IRL_WORLD_BANNER_SIZE 64u
#define IRL_WORLD_TOKEN_AT 46u /* in a banner */

/* The lines of a head, and the places of what varies in them. */
#define IRL_WORLD_SERVER_AT 40u
#define IRL_WORLD_FRAMING_AT 80u
#define IRL_WORLD_LENGTH_AT 100u /* its last 10 digits */
#define IRL_WORLD_CLOSE_AT 112u
#define IRL_WORLD_LAST_AT 144u
#define IRL_WORLD_PATH_AT 161u

/* Copied a word at a time; without a zero at their ends. */
#define IRL_WORLD_WORDS __attribute__((aligned(8)))

static const char irl_world_status_line[4][40] IRL_WORLD_WORDS = {
    "HTTP/1.1 200 OK                       \r\n",
    "HTTP/1.1 301 Moved Permanently        \r\n",
    "HTTP/1.1 404 Not Found                \r\n",
    "HTTP/1.1 500 Internal Server Error    \r\n",
};

static const char irl_world_server_line[8][40] IRL_WORLD_WORDS = {
    "Server: nginx                         \r\n",
    "Server: nginx/1.22.1                  \r\n",
    "Server: Apache                        \r\n",
    "Server: Apache/2.4.57 (Debian)        \r\n",
    "Server: Microsoft-IIS/10.0            \r\n",
    "Server: lighttpd/1.4.69               \r\n",
    "Server: cloudflare                    \r\n",
    "Server: mini_httpd/1.30 26Oct2018     \r\n",
};

static const char irl_world_framing_line[3][32] IRL_WORLD_WORDS = {
    "Content-Length: 00000000000000\r\n",
    "Transfer-Encoding: chunked    \r\n",
    "Cache-Control: no-store       \r\n",
};

static const char irl_world_close_line[2][32] IRL_WORLD_WORDS = {
    "Connection: keep-alive        \r\n",
    "Connection: close             \r\n",
};

/* The head's end is theirs. */
static const char irl_world_last_line[2][48] IRL_WORLD_WORDS = {
    "Content-Type: text/plain                    \r\n\r\n",
    "Location: /moved/0123456789abcdef           \r\n\r\n",
};

/* The first bytes name the protocol; 16 letters make each unlike any other. */
static const char irl_world_banner[8][64] IRL_WORLD_WORDS = {
    "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2        0123456789abcdef\r\n",
    "SSH-2.0-dropbear_2022.83                      0123456789abcdef\r\n",
    "SSH-2.0-Cisco-1.25                            0123456789abcdef\r\n",
    "220 mail.example ESMTP Postfix                0123456789abcdef\r\n",
    "220 mail.example ESMTP Exim 4.96              0123456789abcdef\r\n",
    "220 ProFTPD Server (Debian)                   0123456789abcdef\r\n",
    "220 (vsFTPd 3.0.3)                            0123456789abcdef\r\n",
    "220 Microsoft FTP Service                     0123456789abcdef\r\n",
};

/* ---- which service --------------------------------------------------------
 */

IRL_WORLD_INLINE uint64_t irl_world_port_hash(uint64_t hash, uint16_t port)
{
	return irl_world_mix(hash ^
			     (port + 0x10001ull) * 0xc2b2ae3d27d4eb4full);
}

/* @n plus a share of it that is drawn: n .. 2n - 1. */
IRL_WORLD_INLINE uint32_t irl_world_octave(uint32_t n, uint32_t draw)
{
	return n + (uint32_t)((uint64_t)n * draw >> 32);
}

/* The body's length: in octaves, each as likely as the other. */
IRL_WORLD_INLINE uint32_t
irl_world_body_size(const struct irl_world_services *s, uint64_t hash)
{
	uint64_t more = irl_world_mix(hash + 0x9e3779b97f4a7c15ull);
	uint32_t draw = (uint32_t)(more >> 32), low = (uint32_t)more;
	uint32_t size;

	if (s->serve != IRL_WORLD_SERVE_SHORT && draw < s->large)
		return 65536 +
		       (uint32_t)((uint64_t)(s->body_max - 65536) * low >> 32);
	more = irl_world_mix(more);
	if (s->serve != IRL_WORLD_SERVE_SHORT && draw < s->large + s->medium)
		return irl_world_octave(4096u << (more >> 33 & 3), low);
	size = 100u << ((more >> 32 & 0xffff) * 6 >> 16);
	size = irl_world_octave(size, low);
	if (size > 4096)
		size -= 2304;
	if (s->serve == IRL_WORLD_SERVE_SHORT && size > 1024)
		size = 100 + (size & 1023);
	if (s->serve == IRL_WORLD_SERVE_SHORT && size > s->body_max)
		size = 100 + (size - 100) % (s->body_max - 99);
	return size;
}

IRL_WORLD_INLINE void irl_world_make_page(const struct irl_world_services *s,
					  struct irl_world_service *out)
{
	uint32_t draw = (uint32_t)out->page, chunks;

	out->kind = IRL_WORLD_HTTP;
	out->body = irl_world_body_size(s, out->page);
	out->status = 200;
	if ((draw & 15) >= 11)
		out->status = (draw & 15) < 13 ? 301 : 404;
	if ((draw & 15) == 15)
		out->status = 500;
	out->framing = IRL_WORLD_LENGTH;
	if ((draw >> 4 & 3) >= 2)
		out->framing =
		    (draw >> 4 & 3) == 2 ? IRL_WORLD_CHUNKED : IRL_WORLD_CLOSE;
	out->text = draw >> 6 & 7;
	out->closes = out->framing == IRL_WORLD_CLOSE || (draw >> 9 & 1);
	out->chunk = 4096u << (draw >> 10 & 3);
	out->stream = IRL_WORLD_HEAD + out->body;
	if (out->framing == IRL_WORLD_CHUNKED) {
		chunks = (out->body + out->chunk - 1) / out->chunk;
		out->stream +=
		    chunks * (IRL_WORLD_CHUNK_HEAD + IRL_WORLD_CHUNK_TAIL) +
		    IRL_WORLD_CHUNK_END;
	}
	if (s->serve == IRL_WORLD_SERVE_SHORT)
		return;
	out->deaf = (out->page >> 32) < s->deaf;
}

/* @hash is the host's; the port is open. */
IRL_WORLD_INLINE void irl_world_serve_of(const struct irl_world_services *s,
					 struct irl_world_host host,
					 uint16_t port,
					 struct irl_world_service *out)
{
	uint64_t hash = irl_world_port_hash(host.hash, port);
	uint64_t draw = hash >> 32, tarpit = s->tarpit;

	out->page = irl_world_mix(hash + 0x9e3779b97f4a7c15ull);
	out->middlebox = host.state == IRL_WORLD_MIDDLEBOX;
	if (s->serve == IRL_WORLD_SERVE_SHORT)
		tarpit = 0;
	if (out->middlebox) { /* the box decides, not the port */
		out->kind =
		    host.hash >> 20 & 1 ? IRL_WORLD_HOLE : IRL_WORLD_MUTE;
	} else if (draw < s->banner) {
		out->kind = IRL_WORLD_BANNER;
		out->text = out->page & 7;
		out->body = out->stream = IRL_WORLD_BANNER_SIZE;
	} else if (draw < s->banner + s->mute) {
		out->kind = IRL_WORLD_MUTE;
	} else {
		irl_world_make_page(s, out);
		if (draw < s->banner + s->mute + tarpit) {
			out->tarpit = hash & 1 ? IRL_WORLD_TARPIT_DRIP
					       : IRL_WORLD_TARPIT_WINDOW;
			out->deaf = false;
		}
	}
}

/* May the kernel answer for it, without state?  A banner that is lost can only
 * be sent again by who remembers it. */
IRL_WORLD_INLINE bool irl_world_stateless(const struct irl_world_model *m,
					  const struct irl_world_service *s)
{
	if (m->services.serve == IRL_WORLD_SERVE_SHORT)
		return true;
	if (m->services.serve != IRL_WORLD_SERVE_ALL)
		return false;
	return s->stream <= IRL_WORLD_ONE_SEGMENT && !s->deaf && !s->tarpit &&
	       !(m->loss && s->kind == IRL_WORLD_BANNER);
}

/* ---- its bytes ------------------------------------------------------------
 */

/* Eight letters of 'a' to 'p', in memory order of a little-endian word. */
IRL_WORLD_INLINE uint64_t irl_world_word(uint64_t page, uint32_t index)
{
	uint64_t x = page + index * 0x9e3779b97f4a7c15ull;

	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	x ^= x >> 32;
	return (x & 0x0f0f0f0f0f0f0f0full) + 0x6161616161616161ull;
}

/* Two words of the content's far end, which no body reaches. */
IRL_WORLD_INLINE void irl_world_token(uint8_t to[16], uint64_t page)
{
	const uint64_t word[2] = {irl_world_word(page, ~0u),
				  irl_world_word(page, ~1u)};

	__builtin_memcpy(to, word, 16);
}

IRL_WORLD_INLINE void irl_world_digits(uint8_t to[10], uint32_t value)
{
	for (int i = 9; i >= 0; i--) {
		/* value / 10, without a division. */
		uint32_t tenth =
		    (uint32_t)((uint64_t)value * 0xcccccccdull >> 35);

		to[i] = (uint8_t)('0' + (value - tenth * 10));
		value = tenth;
	}
}

IRL_WORLD_INLINE void irl_world_head(uint8_t to[IRL_WORLD_HEAD],
				     const struct irl_world_service *s)
{
	/* As bytes: the kernel's verifier trusts no bool of an argument. */
	const uint8_t closes = *(const uint8_t *)&s->closes & 1;
	uint32_t status = 0;

	if (s->status == 301)
		status = 1;
	if (s->status == 404)
		status = 2;
	if (s->status == 500)
		status = 3;
	__builtin_memcpy(to, irl_world_status_line[status], 40);
	__builtin_memcpy(to + IRL_WORLD_SERVER_AT,
			 irl_world_server_line[s->text & 7], 40);
	__builtin_memcpy(
	    to + IRL_WORLD_FRAMING_AT,
	    irl_world_framing_line[s->framing < 3 ? s->framing : 0], 32);
	__builtin_memcpy(to + IRL_WORLD_CLOSE_AT, irl_world_close_line[closes],
			 32);
	__builtin_memcpy(to + IRL_WORLD_LAST_AT,
			 irl_world_last_line[s->status == 301 ? 1 : 0], 48);
	if (s->framing == IRL_WORLD_LENGTH)
		irl_world_digits(to + IRL_WORLD_LENGTH_AT, s->body);
	if (s->status == 301)
		irl_world_token(to + IRL_WORLD_PATH_AT, s->page);
}

/* "00012c\r\n" */
IRL_WORLD_INLINE void irl_world_chunk_head(uint8_t to[IRL_WORLD_CHUNK_HEAD],
					   uint32_t size)
{
	for (int i = 0; i < 6; i++) {
		uint8_t digit = size >> (20 - 4 * i) & 15;

		to[i] = (uint8_t)(digit < 10 ? '0' + digit : 'a' + digit - 10);
	}
	to[6] = '\r';
	to[7] = '\n';
}

IRL_WORLD_INLINE void irl_world_banner_of(uint8_t to[IRL_WORLD_BANNER_SIZE],
					  const struct irl_world_service *s)
{
	__builtin_memcpy(to, irl_world_banner[s->text & 7],
			 IRL_WORLD_BANNER_SIZE);
	irl_world_token(to + IRL_WORLD_TOKEN_AT, s->page);
}

/* ---- TCP without state ----------------------------------------------------
 */

/* The flow's initial sequence number: a keyed hash, so that each later segment
 * shows by its acknowledgment how far its sender is. */
IRL_WORLD_INLINE uint32_t irl_world_flow_isn(uint64_t hash, uint32_t client,
					     uint16_t client_port,
					     uint16_t port)
{
	uint64_t flow =
	    (uint64_t)client << 32 | (uint32_t)client_port << 16 | port;

	return (uint32_t)irl_world_mix(irl_world_mix(hash + 0x1d0e5ull) ^ flow);
}

/* Its timestamps: about a millisecond each. */
IRL_WORLD_INLINE uint32_t irl_world_clock(uint64_t hash, uint64_t now_ns)
{
	return (uint32_t)irl_world_mix(hash) + (uint32_t)(now_ns >> 20);
}

/* What has come, to a target that is served without state. */
struct irl_world_segment {
	uint32_t seq, ack, isn;
	uint32_t data; /* bytes */
	bool fin;
	bool request; /* its data ends with an empty line */
};

enum irl_world_reply_kind {
	IRL_WORLD_REPLY_NONE,
	IRL_WORLD_REPLY_ANSWER,  /* with all the stream */
	IRL_WORLD_REPLY_ACK,     /* without data */
	IRL_WORLD_REPLY_RST,     /* seq only */
	IRL_WORLD_REPLY_FOREIGN, /* not a number of ours: RST, if nobody else
				    knows the flow */
};

struct irl_world_reply {
	uint32_t seq, ack;
	enum irl_world_reply_kind kind;
	bool fin;
};

/*
 * One request is answered, then the connection ends.  What the client has of
 * the answer is told by its acknowledgment: none, all of it, or our FIN too.
 */
IRL_WORLD_INLINE void irl_world_reply_to(const struct irl_world_service *s,
					 const struct irl_world_segment *in,
					 struct irl_world_reply *out)
{
	uint32_t got = in->ack - (in->isn + 1);

	out->seq = in->ack;
	out->ack = in->seq + in->data + in->fin;
	out->fin = false;
	out->kind = IRL_WORLD_REPLY_NONE;
	if (got > s->stream + 1) {
		out->kind = IRL_WORLD_REPLY_FOREIGN;
		return;
	}
	if (s->kind == IRL_WORLD_HOLE)
		return;
	if ((s->kind == IRL_WORLD_BANNER && got == 0) ||
	    (s->kind == IRL_WORLD_HTTP && in->data && in->request &&
	     got < s->stream)) {
		out->kind = IRL_WORLD_REPLY_ANSWER;
		out->seq = in->isn + 1;
		out->fin = s->closes || in->fin;
		return;
	}
	if (!in->data && !in->fin)
		return;
	out->kind = IRL_WORLD_REPLY_ACK;
	/* Ours again, unless the client has it already. */
	out->fin = (in->fin && got <= s->stream) ||
		   (s->kind == IRL_WORLD_HTTP && got == s->stream && in->data);
}

#endif
