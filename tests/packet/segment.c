// SPDX-License-Identifier: BSD-2-Clause
#include <irl/error.h>
#include "segment.h"
#include "text.h"
#include <stdarg.h>
#include <stdio.h>

/* ---- reading ------------------------------------------------------------ */

static const struct {
	char letter;
	uint8_t flag;
} letters[] = {{'S', SYN}, {'F', FIN}, {'R', RST}, {'P', PSH},
	       {'U', URG}, {'E', ECE}, {'W', CWR}, {'.', ACK}};

static bool parse_flags(struct text *text, uint8_t *flags)
{
	const char *begin;

	text_space(text);
	begin = text->at;
	*flags = 0;
	if (text_mark(text, "-"))
		return true;
	for (;;) {
		size_t i = 0;

		while (i < sizeof(letters) / sizeof(letters[0]) &&
		       letters[i].letter != *text->at)
			i++;
		if (i == sizeof(letters) / sizeof(letters[0]))
			break;
		*flags |= letters[i].flag;
		text->at++;
	}
	return text->at > begin;
}

static bool parse_number(struct text *text, struct number *out)
{
	long long value = 0;

	out->value = 0;
	if (text_mark(text, "*")) {
		out->kind = ANY;
		return true;
	}
	out->kind = EXACT;
	if (text_mark(text, ">"))
		out->kind = ABOVE;
	else if (text_mark(text, "ours"))
		out->kind = OURS;
	else if (text_mark(text, "all") || text_mark(text, "next"))
		out->kind = NEXT;
	if (!text_number(text, &value) &&
	    (out->kind == EXACT || out->kind == ABOVE))
		return false;
	out->value = (uint32_t)value;
	return true;
}

/* "1:101(100)", "next(100)" or "*". */
static bool parse_sequence(struct text *text, struct segment *out)
{
	long long begin = 0, end = 0, length = 0;

	out->seq = (struct number){.kind = NEXT};
	if (text_mark(text, "*"))
		out->seq.kind = ANY;
	else if (text_mark(text, "next")) {
		text_number(text, &begin);
		out->seq.value = (uint32_t)begin;
	} else if (!text_number(text, &begin) || !text_mark(text, ":") ||
		   !text_number(text, &end))
		return false;
	else
		out->seq = (struct number){EXACT, (uint32_t)begin};
	if (!text_mark(text, "("))
		return out->seq.kind == ANY;
	if (!text_number(text, &length) || !text_mark(text, ")"))
		return false;
	out->length = (uint32_t)length;
	return out->seq.kind != EXACT || begin + length == end;
}

static bool parse_blocks(struct text *text, struct option *out)
{
	long long begin, end;

	out->kind = OPT_SACK;
	while (out->blocks < 4) {
		if (!text_number(text, &begin))
			break;
		if (!text_mark(text, ":") || !text_number(text, &end))
			return false;
		out->block[out->blocks][0] = (uint32_t)begin;
		out->block[out->blocks++][1] = (uint32_t)end;
	}
	return out->blocks > 0;
}

static bool parse_raw(struct text *text, struct option *out)
{
	unsigned byte;
	int used;

	out->kind = OPT_RAW;
	text_space(text);
	while (out->raw_length < sizeof(out->raw) &&
	       sscanf(text->at, "%2x%n", &byte, &used) == 1 && used == 2) {
		out->raw[out->raw_length++] = (uint8_t)byte;
		text->at += used;
	}
	return out->raw_length > 0;
}

static bool parse_option(struct text *text, struct option *out)
{
	if (text_word(text, "mss")) {
		out->kind = OPT_MSS;
		return parse_number(text, &out->value[0]);
	}
	if (text_word(text, "wscale")) {
		out->kind = OPT_SCALE;
		return parse_number(text, &out->value[0]);
	}
	if (text_word(text, "TS")) {
		out->kind = OPT_TS;
		return text_word(text, "val") &&
		       parse_number(text, &out->value[0]) &&
		       text_word(text, "ecr") &&
		       parse_number(text, &out->value[1]);
	}
	if (text_word(text, "sack"))
		return parse_blocks(text, out);
	if (text_word(text, "raw"))
		return parse_raw(text, out);
	if (text_word(text, "sackOK"))
		out->kind = OPT_SACK_OK;
	else if (text_word(text, "nop"))
		out->kind = OPT_NOP;
	else if (!text_word(text, "eol"))
		return false;
	return true;
}

static bool parse_options(struct text *text, struct segment *out)
{
	out->options_given = true;
	while (!text_mark(text, ">")) {
		text_mark(text, ",");
		if (text_mark(text, "...")) {
			out->options_more = true;
			continue;
		}
		if (out->options == 16 ||
		    !parse_option(text, &out->option[out->options]))
			return false;
		out->options++;
	}
	return true;
}

#define WORD(name, member)                                                     \
	{                                                                      \
		name, offsetof(struct oddity, member), true                    \
	}
#define VALUE(name, member)                                                    \
	{                                                                      \
		name, offsetof(struct oddity, member), false                   \
	}
static const struct {
	const char *name;
	size_t at;
	bool word; /* a bool, else an unsigned */
} oddities[] = {
    WORD("bad-checksum", bad_checksum),
    WORD("bad-ip-checksum", bad_ip_checksum),
    WORD("partial-checksum", partial_checksum),
    WORD("junk", junk),
    WORD("other-host", other_host),
    WORD("from-group", group),
    WORD("to-group", to_group),
    WORD("ip-options", ip_options),
    WORD("fragment", fragment),
    WORD("later-fragment", later),
    WORD("padding", pad),
    WORD("df", df),
    VALUE("cut", cut),
    VALUE("offset", offset),
    VALUE("reserved", reserved),
    VALUE("tos", tos),
    VALUE("ttl", ttl),
    VALUE("sport", sport),
    VALUE("dport", dport),
    VALUE("below", below),
};

/* Between braces. */
static bool parse_oddities(struct text *text, struct oddity *out)
{
	while (!text_mark(text, "}")) {
		size_t i = 0, n = sizeof(oddities) / sizeof(oddities[0]);
		long long value = 0;

		text_mark(text, ",");
		while (i < n && !text_word(text, oddities[i].name))
			i++;
		if (i == n)
			return false;
		if (oddities[i].word) {
			*(bool *)((char *)out + oddities[i].at) = true;
			continue;
		}
		if (!text_number(text, &value))
			return false;
		*(unsigned *)((char *)out + oddities[i].at) = (unsigned)value;
	}
	return true;
}

static bool parse_clause(struct text *text, struct segment *out)
{
	if (text_word(text, "ack"))
		return parse_number(text, &out->ack);
	if (text_word(text, "win"))
		return parse_number(text, &out->win);
	if (text_word(text, "urg"))
		return parse_number(text, &out->urg);
	if (text_mark(text, "<"))
		return parse_options(text, out);
	return text_mark(text, "{") && parse_oddities(text, &out->odd);
}

/* Where it stopped; never "", which says that all is well. */
static const char *wrong_at(const struct text *text)
{
	return *text->at ? text->at : "the numbers do not fit";
}

const char *segment_parse(struct segment *out, const char *line)
{
	struct text text = {line};

	*out =
	    (struct segment){.ack.kind = ANY, .win.kind = ANY, .urg.kind = ANY};
	if (text_mark(&text, "*")) {
		out->any = true;
		return text_end(&text) ? "" : text.at;
	}
	if (!parse_flags(&text, &out->flags) || !parse_sequence(&text, out))
		return wrong_at(&text);
	while (!text_end(&text))
		if (!parse_clause(&text, out))
			return wrong_at(&text);
	return "";
}

/* ---- writing ------------------------------------------------------------ */

struct sink {
	char *at;
	size_t left;
};

IRL_PRINTF(2, 3) static void put(struct sink *to, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to->at, to->left, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= to->left)
		n = to->left ? (int)to->left - 1 : 0;
	to->at += n;
	to->left -= (size_t)n;
}

/* Relative numbers just below 0 read as such. */
static long long near(uint32_t value)
{
	return value > 0xff000000 ? (long long)value - 0x100000000
				  : (long long)value;
}

static void put_number(struct sink *to, const char *name, struct number n)
{
	static const char *const words[] = {"", "*", ">", "ours", "all"};

	put(to, " %s%s%s", name, *name ? " " : "", words[n.kind]);
	if (n.kind == EXACT || n.kind == ABOVE || n.value)
		put(to, "%lld", near(n.value));
}

static void put_option(struct sink *to, const struct option *option)
{
	static const char *const names[] = {"eol",    "nop",    "mss",
					    "wscale", "sackOK", "sack"};

	if (option->kind == OPT_TS) {
		put_number(to, "TS val", option->value[0]);
		put_number(to, "ecr", option->value[1]);
		return;
	}
	if (option->kind == OPT_RAW) {
		put(to, "raw ");
		for (unsigned i = 0; i < option->raw_length; i++)
			put(to, "%02x", option->raw[i]);
		return;
	}
	put(to, "%s", names[option->kind]);
	if (option->kind == OPT_MSS || option->kind == OPT_SCALE)
		put_number(to, "", option->value[0]);
	for (unsigned i = 0; i < option->blocks; i++)
		put(to, " %lld:%lld", near(option->block[i][0]),
		    near(option->block[i][1]));
}

static void put_oddities(struct sink *to, const struct oddity *odd)
{
	const char *before = " {";

	for (size_t i = 0; i < sizeof(oddities) / sizeof(oddities[0]); i++) {
		const char *at = (const char *)odd + oddities[i].at;
		unsigned value = oddities[i].word
				     ? *(const bool *)(const void *)at
				     : *(const unsigned *)(const void *)at;

		if (!value)
			continue;
		put(to, "%s%s", before, oddities[i].name);
		if (!oddities[i].word)
			put(to, " %u", value);
		before = " ";
	}
	if (before[1] != '{')
		put(to, "}");
}

static void put_head(struct sink *to, const struct segment *segment)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (segment->flags & letters[i].flag)
			put(to, "%c", letters[i].letter);
	if (!segment->flags)
		put(to, "-");
	if (segment->seq.kind == EXACT)
		put(to, " %lld:%lld(%u)", near(segment->seq.value),
		    near(segment->seq.value) + segment->length,
		    segment->length);
	else
		put(to, segment->seq.kind == ANY ? " *(%u)" : " next(%u)",
		    segment->length);
}

void segment_print(char *to, size_t size, const struct segment *segment)
{
	struct sink sink = {to, size};

	if (segment->any) {
		put(&sink, "*");
		return;
	}
	put_head(&sink, segment);
	if (segment->flags & ACK)
		put_number(&sink, "ack", segment->ack);
	if (segment->win.kind != ANY)
		put_number(&sink, "win", segment->win);
	if (segment->urg.kind != ANY && segment->urg.value)
		put_number(&sink, "urg", segment->urg);
	if (segment->options_given) {
		put(&sink, " <");
		for (unsigned i = 0; i < segment->options; i++) {
			put(&sink, i ? "," : "");
			put_option(&sink, &segment->option[i]);
		}
		put(&sink, segment->options_more ? ",...>" : ">");
	}
	put_oddities(&sink, &segment->odd);
}

/* ---- comparing ---------------------------------------------------------- */

static bool number_match(struct number want, struct number got)
{
	if (want.kind == EXACT)
		return want.value == got.value;
	return want.kind != ABOVE || got.value > want.value;
}

static bool option_match(const struct option *want, const struct option *got)
{
	if (want->kind != got->kind || want->blocks != got->blocks ||
	    want->raw_length != got->raw_length)
		return false;
	return number_match(want->value[0], got->value[0]) &&
	       number_match(want->value[1], got->value[1]) &&
	       memcmp(want->block, got->block, sizeof(want->block)) == 0 &&
	       memcmp(want->raw, got->raw, want->raw_length) == 0;
}

static bool has_match(const struct option *want, const struct segment *got)
{
	for (unsigned i = 0; i < got->options; i++)
		if (option_match(want, &got->option[i]))
			return true;
	return false;
}

/* NOP and EOL stand where they like; time stamps only count where named. */
static bool surplus(const struct segment *want, const struct option *got)
{
	if (got->kind == OPT_NOP || got->kind == OPT_EOL ||
	    (got->kind == OPT_TS && !segment_option(want, OPT_TS)))
		return false;
	for (unsigned i = 0; i < want->options; i++)
		if (option_match(&want->option[i], got))
			return false;
	return true;
}

static bool options_match(const struct segment *want, const struct segment *got)
{
	if (!want->options_given)
		return true;
	for (unsigned i = 0; i < want->options; i++)
		if (want->option[i].kind != OPT_NOP &&
		    !has_match(&want->option[i], got))
			return false;
	if (want->options_more)
		return true;
	for (unsigned i = 0; i < got->options; i++)
		if (surplus(want, &got->option[i]))
			return false;
	return true;
}

bool segment_match(const struct segment *want, const struct segment *got)
{
	uint8_t flags = want->flags & PSH ? 0 : PSH; /* PSH counts if named */

	if (want->any)
		return true;
	/* How a RST came to its number does not matter where any will do. */
	if (want->flags == RST && want->seq.kind == ANY)
		flags |= ACK;
	if ((want->flags | flags) != (got->flags | flags))
		return false;
	if (!number_match(want->seq, got->seq) ||
	    (want->seq.kind != ANY && want->length != got->length))
		return false;
	if ((want->flags & ACK) && !number_match(want->ack, got->ack))
		return false;
	if ((want->odd.df && !got->odd.df) ||
	    (want->odd.below && got->length >= want->odd.below))
		return false;
	return number_match(want->win, got->win) &&
	       number_match(want->urg, got->urg) && options_match(want, got) &&
	       (!want->odd.tos || want->odd.tos == got->odd.tos) &&
	       (!want->odd.ttl || want->odd.ttl == got->odd.ttl);
}

const struct option *segment_option(const struct segment *segment, uint8_t kind)
{
	for (unsigned i = 0; i < segment->options; i++)
		if (segment->option[i].kind == kind)
			return &segment->option[i];
	return NULL;
}
