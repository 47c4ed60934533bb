/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments as the scripts write them: numbers are relative to the initial
 * sequence numbers, so that "P. 1:101(100) ack 1" is the first request on any
 * connection.  README.md has the notation.
 */
#ifndef IRL_TESTS_PACKET_SEGMENT_H
#define IRL_TESTS_PACKET_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	PSH = 0x08,
	ACK = 0x10,
	URG = 0x20,
	ECE = 0x40,
	CWR = 0x80,
};

enum {
	OPT_EOL = 0,
	OPT_NOP = 1,
	OPT_MSS = 2,
	OPT_SCALE = 3,
	OPT_SACK_OK = 4,
	OPT_SACK = 5,
	OPT_TS = 8,
	OPT_RAW = 255, /* bytes as they stand in the script */
};

/* A number in a script; "*" is any, "all", "ours" and "next" are filled in. */
struct number {
	enum {
		EXACT,
		ANY,
		ABOVE,
		OURS, /* the last time stamp that we sent, and value more */
		NEXT, /* all: what was sent so far; next: behind it */
	} kind;
	uint32_t value;
};

struct option {
	uint8_t kind;
	struct number value[2]; /* of MSS and scale one, of TS two */
	unsigned blocks;        /* of SACK */
	uint32_t block[4][2];
	uint8_t raw[40];
	unsigned raw_length;
};

/* What only odd segments have; all 0 is usual. */
struct oddity {
	bool bad_checksum, bad_ip_checksum, partial_checksum;
	bool junk;       /* data that differs from the stream's */
	bool other_host; /* from an address that is nobody's */
	bool group;      /* from a multicast address */
	bool to_group;   /* to a multicast address */
	bool ip_options; /* v4: a timestamp option; v6: hop by hop */
	bool fragment;   /* the first, more follow */
	bool later;      /* a fragment that is not the first */
	bool pad;        /* Ethernet padding behind the packet */
	bool df;         /* of ours: don't fragment */
	unsigned cut;    /* bytes missing at the end of the frame */
	unsigned offset; /* the header's length in words; 0: right */
	unsigned reserved;
	unsigned tos, ttl;
	unsigned sport, dport; /* 0: the connection's */
	unsigned below;        /* of ours: data of fewer bytes */
};

struct segment {
	bool any; /* the whole of it */
	uint8_t flags;
	struct number seq; /* exact, any or next */
	uint32_t length;
	struct number ack, win, urg;
	struct option option[16];
	unsigned options;
	bool options_given, options_more;
	struct oddity odd;
};

/*
 * Read a segment.  Returns where it stops to understand the text: "" if it
 * is a segment.
 */
const char *segment_parse(struct segment *out, const char *text);

/* Write @segment in the notation of scripts. */
void segment_print(char *to, size_t size, const struct segment *segment);

/* Is @got what @want says? */
bool segment_match(const struct segment *want, const struct segment *got);

/* The first option of this kind, or NULL. */
const struct option *segment_option(const struct segment *segment,
				    uint8_t kind);

#endif
