// SPDX-License-Identifier: BSD-2-Clause
/* Texts of option values -> typed members. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "option.h"

struct unit {
	const char *name;
	double factor;
};

static const struct unit scales[] = {
    {"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {NULL, 0},
};

static const struct unit times[] = {
    {"", 1},     {"s", 1},    {"ms", 1e-3}, {"us", 1e-6}, {"m", 60},
    {"min", 60}, {"h", 3600}, {"d", 86400}, {NULL, 0},
};

/* What may follow the scale: "1.5Mpps". */
static const char *const rate_ends[] = {"", "pps", "p/s", NULL};
static const char *const bit_ends[] = {"", "bps", "bit/s", NULL};
static const char *const no_ends[] = {"", NULL};

static bool one_of(const char *text, const char *const *ends)
{
	for (; *ends; ends++)
		if (!strcmp(text, *ends))
			return true;
	return false;
}

/* "M", "Mpps" -> 1e6; false if it is no unit. */
static bool find_unit(const char *text, const struct unit *units,
		      const char *const *ends, double *factor)
{
	for (; units->name; units++) {
		size_t n = strlen(units->name);
		/* k and K, M and m: nobody means milli packets. */
		bool same = ends == no_ends && units->factor < 1
				? !strncmp(text, units->name, n)
				: !strncasecmp(text, units->name, n);

		if (same && one_of(text + n, ends)) {
			*factor = units->factor;
			return true;
		}
	}
	return false;
}

/* Digits first, so that strtod sees no sign, "inf", "nan" or hexadecimal. */
static bool is_decimal(const char *text)
{
	return strspn(text, "0123456789.") > 0 &&
	       !(text[0] == '0' && (text[1] == 'x' || text[1] == 'X'));
}

static bool parse_real(const char *text, const struct unit *units,
		       const char *const *ends, double *value)
{
	char *end;
	double factor;

	if (!is_decimal(text))
		return false;
	*value = strtod(text, &end);
	if (end == text || !find_unit(end, units, ends, &factor))
		return false;
	*value *= factor;
	return __builtin_isfinite(*value);
}

/* Exact up to 2^64 - 1; "1.5M" and "1e6" too, if whole. */
static bool parse_uint(const char *text, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	unsigned long long digits;
	double factor, real;
	char *end;

	if (!hex && !is_decimal(text))
		return false;
	errno = 0;
	digits = strtoull(text, &end, hex ? 16 : 10);
	if (errno || (hex && (end == text + 1 || *end)))
		return false;
	if (hex || (end != text && !*end)) {
		*value = digits;
		return true;
	}
	if (end != text && find_unit(end, scales, no_ends, &factor))
		return !__builtin_mul_overflow(digits, (uint64_t)factor, value);
	if (!parse_real(text, scales, no_ends, &real) || real > 0x1p53 ||
	    real != floor(real))
		return false;
	*value = (uint64_t)real;
	return true;
}

static const char *example_of(enum cli_type type)
{
	switch (type) {
	case CLI_TIME:
		return "a time; give seconds or, say, 1.5s, 200ms, 5m, 2h";
	case CLI_RATE:
		return "a rate; give packets per second or, say, 10k, 1.5M";
	case CLI_BITS:
		return "a bandwidth; give bits per second or, say, 100M, 1G";
	case CLI_UINT:
		return "a whole number; give, say, 1000, 10k, 5M or 0x1f";
	default:
		return "a number; give, say, 0.5, 10k, 5M";
	}
}

static bool parse_number(enum cli_type type, const char *text, double *value)
{
	switch (type) {
	case CLI_TIME:
		return parse_real(text, times, no_ends, value);
	case CLI_RATE:
		return parse_real(text, scales, rate_ends, value);
	case CLI_BITS:
		return parse_real(text, scales, bit_ends, value);
	default:
		return parse_real(text, scales, no_ends, value);
	}
}

static int check_range(const struct cli_option *option, double value,
		       const char *text, const char *where,
		       struct irl_error *err)
{
	if (option->min == 0 && option->max == 0)
		return 0;
	if (value >= option->min && (option->max == 0 || value <= option->max))
		return 0;
	if (option->max == 0)
		return irl_error_set(err, IRL_EPARSE,
				     "%s: %s is too small; give %.15g or more",
				     where, text, option->min);
	return irl_error_set(err, IRL_EPARSE,
			     "%s: %s is out of range; give %.15g to %.15g",
			     where, text, option->min, option->max);
}

static int set_flag(bool *member, const char *text, const char *where,
		    struct irl_error *err)
{
	static const char *const yes[] = {"", "yes", "true", "on", "1", NULL};
	static const char *const no[] = {"no", "false", "off", "0", NULL};

	*member = one_of(text, yes);
	if (*member || one_of(text, no))
		return 0;
	return irl_error_set(err, IRL_EPARSE, "%s: '%s' is neither yes nor no",
			     where, text);
}

bool cli_is_choice(const char *choices, const char *text)
{
	size_t n = strcspn(text, "|");

	if (text[n])
		return false;
	for (const char *at = choices; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (!strncmp(at, text, n) && (at[n] == '|' || !at[n]))
			return n > 0;
	}
	return false;
}

static int set_string(const struct cli_option *option, const char **member,
		      const char *text, const char *where,
		      struct irl_error *err)
{
	if (option->choices && !cli_is_choice(option->choices, text))
		return irl_error_set(err, IRL_EPARSE,
				     "%s: '%s' is not known; give one of %s",
				     where, text, option->choices);
	*member = text;
	return 0;
}

static int add_item(struct cli_list *list, const char *text,
		    struct irl_error *err)
{
	const char **grown =
	    realloc(list->item, (list->count + 1) * sizeof(*grown));

	if (!grown)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	list->item = grown;
	list->item[list->count++] = text;
	return 0;
}

static int bad_value(const struct cli_option *option, const char *text,
		     const char *where, struct irl_error *err)
{
	return irl_error_set(err, IRL_EPARSE, "%s: '%s' is not %s", where, text,
			     example_of(option->type));
}

int cli_set(const struct cli_option *option, void *values, const char *text,
	    const char *where, struct irl_error *err)
{
	void *member = (char *)values + option->offset;
	double real;

	switch (option->type) {
	case CLI_FLAG:
		return set_flag(member, text, where, err);
	case CLI_STRING:
	case CLI_CONFIG:
		return set_string(option, member, text, where, err);
	case CLI_LIST:
		return add_item(member, text, err);
	case CLI_UINT:
		if (!parse_uint(text, member))
			return bad_value(option, text, where, err);
		return check_range(option, (double)*(uint64_t *)member, text,
				   where, err);
	default:
		if (!parse_number(option->type, text, &real))
			return bad_value(option, text, where, err);
		*(double *)member = real;
		return check_range(option, real, text, where, err);
	}
}
