// SPDX-License-Identifier: BSD-2-Clause
/* What a script says before its first step. */
#include "script.h"
#include <stdio.h>

/* ---- options ------------------------------------------------------------- */

enum type { BOOL, U8, I8, U16, U32, U64, SECONDS };

#define OPTION(name, type, member)                                             \
	{                                                                      \
		name, type, offsetof(struct irl_tcp_stack_options, member)     \
	}
static const struct known {
	const char *name;
	enum type type;
	size_t at;
} known[] = {
    OPTION("mss", U16, offer.mss),
    OPTION("scale", I8, offer.scale),
    OPTION("sack", BOOL, offer.sack),
    OPTION("timestamps", BOOL, offer.timestamps),
    OPTION("plain", BOOL, plain),
    OPTION("soft_errors", BOOL, soft_errors),
    OPTION("mtu", U16, mtu),
    OPTION("ttl", U8, ttl),
    OPTION("partial", BOOL, partial_checksums),
    OPTION("seed", U64, seed),
    OPTION("connections", U32, connections),
    OPTION("statistics", BOOL, statistics),
    OPTION("established", U32, established),
    OPTION("time_waits", U32, time_waits),
    OPTION("buffer_bytes", U64, buffer_bytes),
    OPTION("receive_bytes", U32, receive_bytes),
    OPTION("send_bytes", U32, send_bytes),
    OPTION("syn_timeout", SECONDS, syn_timeout_ns),
    OPTION("syn_retries", U8, syn_retries),
    OPTION("rto_min", SECONDS, rto_min_ns),
    OPTION("probe_min", SECONDS, probe_min_ns),
    OPTION("rto_max", SECONDS, rto_max_ns),
    OPTION("data_retries", U8, data_retries),
    OPTION("initial_window", U8, initial_window),
    OPTION("delayed_ack", SECONDS, delayed_ack_ns),
    OPTION("ack_segments", U8, ack_segments),
    OPTION("time_wait", SECONDS, time_wait_ns),
    OPTION("idle", SECONDS, idle_ns),
    OPTION("total", SECONDS, total_ns),
};

static void store(void *to, enum type type, double value)
{
	switch (type) {
	case BOOL:
		*(bool *)to = value != 0;
		break;
	case U8:
		*(uint8_t *)to = (uint8_t)value;
		break;
	case I8:
		*(int8_t *)to = (int8_t)value;
		break;
	case U16:
		*(uint16_t *)to = (uint16_t)value;
		break;
	case U32:
		*(uint32_t *)to = (uint32_t)value;
		break;
	case U64:
		*(uint64_t *)to = (uint64_t)value;
		break;
	case SECONDS:
		*(uint64_t *)to = (uint64_t)(value * 1e9 + 0.5);
		break;
	}
}

static double real(struct bed *bed, struct text *text)
{
	char *end;
	double value;

	if (!text_mark(text, "="))
		bed_fail(bed, "no = in: %s", text->at);
	value = strtod(text->at, &end);
	text->at = end;
	return value;
}

static void take_options(struct bed *bed, struct text *text)
{
	while (!text_end(text)) {
		size_t i = 0, n = sizeof(known) / sizeof(known[0]);

		while (i < n && !text_word(text, known[i].name))
			i++;
		if (i == n)
			bed_fail(bed, "no such option: %s", text->at);
		store((char *)&bed->options + known[i].at, known[i].type,
		      real(bed, text));
	}
}

/* What the stateless SYN of an adopted connection offered. */
static void take_offer(struct bed *bed, struct text *text)
{
	struct irl_tcp_offer *offer = &bed->adopt_offer;

	while (!text_end(text)) {
		if (text_word(text, "mss"))
			offer->mss = (uint16_t)real(bed, text);
		else if (text_word(text, "scale"))
			offer->scale = (int8_t)real(bed, text);
		else if (text_word(text, "sack"))
			offer->sack = real(bed, text) != 0;
		else if (text_word(text, "timestamps"))
			offer->timestamps = real(bed, text) != 0;
		else
			bed_fail(bed, "no such offer: %s", text->at);
	}
}

/* ---- the rest ------------------------------------------------------------ */

/* runner.c leaves such a script out for the other family. */
static void take_ip(struct bed *bed, struct text *text)
{
	if (script_number(bed, text) != (bed->flow.v6 ? 6 : 4))
		bed_end(bed, 77);
}

static void take_isn(struct bed *bed, struct text *text)
{
	while (!text_end(text)) {
		if (text_word(text, "peer"))
			bed->flow.peer_isn = (uint32_t)real(bed, text);
		else if (text_word(text, "ours"))
			bed->flow.our_isn = (uint32_t)real(bed, text);
		else
			bed_fail(bed, "peer=N or ours=N: %s", text->at);
	}
}

static void take_peer_port(struct bed *bed, struct text *text)
{
	bed->flow.peer_port = (uint16_t)script_number(bed, text);
}

static void take_ports(struct bed *bed, struct text *text)
{
	bed->local.port_first = (uint16_t)script_number(bed, text);
	bed->local.port_last = (uint16_t)script_number(bed, text);
}

static void take_tolerance(struct bed *bed, struct text *text)
{
	unsigned long long ns;

	if (!text_seconds(text, &ns))
		bed_fail(bed, "no time: %s", text->at);
	bed->tolerance_ns = ns;
}

/* Files lie beside the script. */
static void take_include(struct bed *bed, struct text *text)
{
	const char *slash = strrchr(bed->file, '/');
	char path[1024];

	text_space(text);
	snprintf(path, sizeof(path), "%.*s/%s",
		 slash ? (int)(slash - bed->file) : 1, slash ? bed->file : ".",
		 text->at);
	text->at += strlen(text->at);
	script_file(bed, path);
}

step_fn *header_find(struct text *text)
{
	static const struct {
		const char *name;
		step_fn *step;
	} headers[] = {
	    {"options", take_options},
	    {"offer", take_offer},
	    {"ip", take_ip},
	    {"isn", take_isn},
	    {"ports", take_ports},
	    {"include", take_include},
	    {"tolerance", take_tolerance},
	    {"peer-port", take_peer_port},
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (text_word(text, headers[i].name))
			return headers[i].step;
	return NULL;
}
