// SPDX-License-Identifier: BSD-2-Clause
/* Values, command lines and configuration files against one table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "option.h"

struct values {
	bool flag, other;
	const char *text, *kind, *state;
	struct cli_list list;
	uint64_t count, port;
	double real, time, rate, bits;
	uint64_t few;
};

#define AT(m) offsetof(struct values, m)

static const struct cli_option options[] = {
    {.letter = 'f', .name = "flag", .offset = AT(flag), .help = "a flag"},
    {.letter = 'g', .name = "other-flag", .offset = AT(other), .help = "one"},
    {.letter = 't',
     .name = "text",
     .argument = "TEXT",
     .type = CLI_STRING,
     .offset = AT(text),
     .help = "a text",
     .initial = "hello",
     .aliases = "words,phrase"},
    {.name = "kind",
     .argument = "KIND",
     .type = CLI_STRING,
     .offset = AT(kind),
     .help = "a choice",
     .choices = "auto|live|packet"},
    {.name = "state",
     .argument = "FILE",
     .type = CLI_CONFIG,
     .offset = AT(state),
     .help = "a configuration file"},
    {.letter = 'l',
     .name = "list",
     .argument = "ITEM",
     .type = CLI_LIST,
     .offset = AT(list),
     .help = "a list"},
    {.letter = 'n',
     .name = "count",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(count),
     .help = "a number"},
    {.name = "port",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(port),
     .help = "1 to 65535",
     .initial = "7",
     .min = 1,
     .max = 65535},
    {.name = "real",
     .argument = "X",
     .type = CLI_REAL,
     .offset = AT(real),
     .help = "at least a half",
     .min = 0.5},
    {.letter = 'c',
     .name = "time",
     .argument = "TIME",
     .type = CLI_TIME,
     .offset = AT(time),
     .help = "a time"},
    {.letter = 'r',
     .name = "rate",
     .argument = "PPS",
     .type = CLI_RATE,
     .offset = AT(rate),
     .help = "a rate"},
    {.letter = 'B',
     .name = "bandwidth",
     .argument = "BPS",
     .type = CLI_BITS,
     .offset = AT(bits),
     .help = "a bandwidth"},
    {.name = "few",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(few),
     .help = "a number",
     .initial = "3",
     .only_with = "kind=live|packet,list,!flag",
     .at_most = "port"},
};

static int run_nothing(void *values, int argc, char **argv)
{
	(void)values;
	(void)argc;
	(void)argv;
	return CLI_DONE;
}

static const struct cli_command command = {
    .name = "try",
    .summary = "try it",
    .operands = "[WORD...]",
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .values_size = sizeof(struct values),
    .run = run_nothing,
};

/* ---- values ---------------------------------------------------------------
 */

static void test_numbers(void **state)
{
	static const struct {
		const char *name, *text;
		double value;
	} rows[] = {
	    {"count", "0", 0},           {"count", "10k", 10e3},
	    {"count", "10K", 10e3},      {"count", "5M", 5e6},
	    {"count", "5m", 5e6},        {"count", "1G", 1e9},
	    {"count", "2T", 2e12},       {"count", "1.5M", 1.5e6},
	    {"count", "1e6", 1e6},       {"count", "0x1f", 31},
	    {"count", "007", 7},         {"real", "0.5", 0.5},
	    {"real", "2.5k", 2500},      {"time", "10", 10},
	    {"time", "1.5s", 1.5},       {"time", "200ms", 0.2},
	    {"time", "50us", 50e-6},     {"time", "5m", 300},
	    {"time", "5min", 300},       {"time", "2h", 7200},
	    {"time", "1d", 86400},       {"rate", "10k", 10e3},
	    {"rate", "1.5Mpps", 1.5e6},  {"rate", "100pps", 100},
	    {"rate", "1Mp/s", 1e6},      {"bandwidth", "100M", 100e6},
	    {"bandwidth", "1Gbps", 1e9}, {"bandwidth", "10Gbit/s", 10e9},
	};

	(void)state;
	for (size_t i = 0; i < CLI_COUNT_OF(rows); i++) {
		const struct cli_option *o = cli_find(&command, rows[i].name);
		struct values v = {0};
		struct irl_error err = {0};
		const void *member = (char *)&v + o->offset;
		double got;

		if (cli_set(o, &v, rows[i].text, "--x", &err))
			fail_msg("%s: %s", rows[i].text, err.text);
		got = o->type == CLI_UINT ? (double)*(const uint64_t *)member
					  : *(const double *)member;
		if (fabs(got - rows[i].value) > 1e-9 * rows[i].value)
			fail_msg("%s %s gives %.17g", rows[i].name,
				 rows[i].text, got);
	}
}

static void test_large_numbers(void **state)
{
	const struct cli_option *o = cli_find(&command, "count");
	struct values v = {0};

	(void)state;
	assert_int_equal(cli_set(o, &v, "18446744073709551615", "", NULL), 0);
	assert_true(v.count == UINT64_MAX);
	assert_int_equal(cli_set(o, &v, "0xFFFFFFFFFFFFFFFF", "", NULL), 0);
	assert_true(v.count == UINT64_MAX);
	/* exact where a double is not */
	assert_int_equal(cli_set(o, &v, "9007199254740993k", "", NULL), 0);
	assert_true(v.count == 9007199254740993000u);
}

static void test_bad_values(void **state)
{
	static const struct {
		const char *name, *text, *said;
	} rows[] = {
	    {"count", "", "'' is not a whole number"},
	    {"count", "-1", "'-1' is not a whole number"},
	    {"count", "+1", "not a whole number"},
	    {"count", " 1", "not a whole number"},
	    {"count", "1.5", "not a whole number"},
	    {"count", "1.0000001k", "not a whole number"},
	    {"count", "10x", "not a whole number"},
	    {"count", "10kk", "not a whole number"},
	    {"count", "0x", "not a whole number"},
	    {"count", "0xg", "not a whole number"},
	    {"count", "18446744073709551616", "not a whole number"},
	    {"count", "99999999T", "not a whole number"},
	    {"count", "1e400", "not a whole number"},
	    {"count", "abc", "give, say, 1000, 10k, 5M or 0x1f"},
	    {"port", "0", "0 is out of range; give 1 to 65535"},
	    {"port", "65536", "65536 is out of range; give 1 to 65535"},
	    {"port", "70k", "70k is out of range"},
	    {"real", "0.4", "0.4 is too small; give 0.5 or more"},
	    {"real", "nan", "'nan' is not a number"},
	    {"real", "inf", "not a number"},
	    {"real", "0x10", "not a number"},
	    {"real", "1e999", "not a number"},
	    {"real", ".", "not a number"},
	    {"time", "5 m", "is not a time; give seconds or, say, 1.5s"},
	    {"time", "-5", "is not a time"},
	    {"rate", "5bps", "is not a rate; give packets per second"},
	    {"bandwidth", "5pps", "is not a bandwidth; give bits per second"},
	    {"kind", "liv", "'liv' is not known; give one of auto|live"},
	    {"kind", "auto|live", "is not known"},
	    {"kind", "", "is not known"},
	    {"flag", "maybe", "'maybe' is neither yes nor no"},
	};

	(void)state;
	for (size_t i = 0; i < CLI_COUNT_OF(rows); i++) {
		const struct cli_option *o = cli_find(&command, rows[i].name);
		struct values v = {0};
		struct irl_error err = {0};

		if (cli_set(o, &v, rows[i].text, "--x", &err) != -IRL_EPARSE)
			fail_msg("%s '%s' passes", rows[i].name, rows[i].text);
		if (!strstr(err.text, rows[i].said) ||
		    strncmp(err.text, "--x: ", 5))
			fail_msg("%s '%s' says: %s", rows[i].name, rows[i].text,
				 err.text);
	}
}

/* ---- command lines --------------------------------------------------------
 */

/* Split @line at blanks and parse it; "try" is put before. */
static int parse(struct cli_parsed *p, const struct cli_command *c,
		 const char *line, struct irl_error *err)
{
	static char words[512];
	static char *argv[64];
	int argc = 0;

	snprintf(words, sizeof(words), "try %s", line);
	for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	return cli_parse(p, c, argc, argv, err);
}

static void parse_well(struct cli_parsed *p, const char *line)
{
	struct irl_error err = {0};

	if (parse(p, &command, line, &err))
		fail_msg("%s: %s", line, err.text);
}

static void test_forms(void **state)
{
	struct cli_parsed p;
	const struct values *v;

	(void)state;
	parse_well(&p, "one -fg -n5 --text=a=b two -l x -ly --list z --kind "
		       "live --rate 1k -- -three");
	v = p.values;
	assert_true(v->flag && v->other);
	assert_int_equal(v->count, 5);
	assert_string_equal(v->text, "a=b");
	assert_string_equal(v->kind, "live");
	assert_true(v->rate == 1000);
	assert_int_equal(v->list.count, 3);
	assert_string_equal(v->list.item[0], "x");
	assert_string_equal(v->list.item[2], "z");
	assert_int_equal(p.argc, 3);
	assert_string_equal(p.argv[0], "one");
	assert_string_equal(p.argv[1], "two");
	assert_string_equal(p.argv[2], "-three");
	cli_parsed_fini(&p, &command);
}

static void test_defaults(void **state)
{
	struct cli_parsed p;
	const struct values *v;

	(void)state;
	parse_well(&p, "");
	v = p.values;
	assert_string_equal(v->text, "hello");
	assert_int_equal(v->port, 7);
	assert_null(v->kind);
	assert_false(v->flag);
	assert_int_equal(p.argc, 0);
	cli_parsed_fini(&p, &command);
}

static void test_abbreviation_alias_and_dash(void **state)
{
	struct cli_parsed p;
	const struct values *v;

	(void)state;
	parse_well(&p, "--phrase x --coun 3 -");
	v = p.values;
	assert_string_equal(v->text, "x");
	assert_int_equal(v->count, 3);
	assert_int_equal(p.argc, 1);
	assert_string_equal(p.argv[0], "-");
	cli_parsed_fini(&p, &command);
	/* the last one counts */
	parse_well(&p, "--words x -t y");
	v = p.values;
	assert_string_equal(v->text, "y");
	cli_parsed_fini(&p, &command);
}

static void test_raw_operands(void **state)
{
	struct cli_command raw = command;
	struct cli_parsed p;
	struct irl_error err;

	(void)state;
	raw.raw_operands = true;
	assert_int_equal(parse(&p, &raw, "-f run --text x", &err), 0);
	assert_int_equal(p.argc, 3);
	assert_string_equal(p.argv[1], "--text");
	cli_parsed_fini(&p, &raw);
}

static void test_help_comes_first(void **state)
{
	struct cli_parsed p;
	struct irl_error err;

	(void)state;
	/* even beside a bad value */
	assert_int_equal(parse(&p, &command, "--port 0 --help", &err), 0);
	assert_int_equal(p.wanted, CLI_WANT_HELP);
	cli_parsed_fini(&p, &command);
	assert_int_equal(parse(&p, &command, "-V", &err), 0);
	assert_int_equal(p.wanted, CLI_WANT_VERSION);
	cli_parsed_fini(&p, &command);
}

static void test_bad_lines(void **state)
{
	static const struct {
		const char *line, *said;
		int code;
	} rows[] = {
	    {"--bandwith 1",
	     "unknown option --bandwith; did you mean "
	     "--bandwidth?",
	     IRL_EPARSE},
	    {"--bandwith=1", "did you mean --bandwidth?", IRL_EPARSE},
	    {"--xyzzy", "unknown option --xyzzy; --help lists all", IRL_EPARSE},
	    {"-x", "unknown option -x; --help lists all", IRL_EPARSE},
	    {"-fx", "unknown option -x", IRL_EPARSE},
	    {"--t x", "--t could be any of --text, --time", IRL_EPARSE},
	    {"--flag=1", "--flag takes no value: leave out '=1'", IRL_EPARSE},
	    {"--count", "--count needs a value: --count N", IRL_EPARSE},
	    {"-n", "--count needs a value: --count N", IRL_EPARSE},
	    {"--port 0", "--port: 0 is out of range", IRL_EPARSE},
	    {"-n x", "-n (--count): 'x' is not a whole number", IRL_EPARSE},
	    {"-C /nonexistent", "cannot read /nonexistent: No such file",
	     IRL_EIO},
	    {"--config /", "cannot read /: Is a directory", IRL_EIO},
	};

	(void)state;
	for (size_t i = 0; i < CLI_COUNT_OF(rows); i++) {
		struct cli_parsed p;
		struct irl_error err = {0};

		if (parse(&p, &command, rows[i].line, &err) != -rows[i].code)
			fail_msg("%s: %s", rows[i].line, err.text);
		if (!strstr(err.text, rows[i].said))
			fail_msg("%s says: %s", rows[i].line, err.text);
		cli_parsed_fini(&p, &command);
	}
}

static void test_effects(void **state)
{
	static const struct {
		const char *line, *said;
	} rows[] = {
	    {"--few 1", "--few has no effect without --kind live or packet; "
			"give that, too, or leave out --few"},
	    {"--few 1 --kind auto -l a", "without --kind live or packet"},
	    {"--few 1 --kind live", "--few has no effect without --list"},
	    {"--few 1 --kind packet -l a -f",
	     "--few has no effect beside --flag; leave out one of them"},
	    {"--few 8 --kind live -l a",
	     "--few 8 has no effect beyond --port, which is 7; raise that, or "
	     "lower --few"},
	    {"--few 7 --port 6 --kind live -l a", "which is 6"},
	    {"--few 8 --kind live -l a --port 8", NULL},
	    {"--few 7 --kind packet -l a", NULL},
	    /* a default is nothing that anybody gave */
	    {"--port 1", NULL},
	    {"-f", NULL},
	};

	(void)state;
	for (size_t i = 0; i < CLI_COUNT_OF(rows); i++) {
		struct cli_parsed p;
		struct irl_error err = {0};
		int rc = parse(&p, &command, rows[i].line, &err);

		if (rc != (rows[i].said ? -IRL_EPARSE : 0))
			fail_msg("%s: %d %s", rows[i].line, rc, err.text);
		if (rows[i].said && !strstr(err.text, rows[i].said))
			fail_msg("%s says: %s", rows[i].line, err.text);
		cli_parsed_fini(&p, &command);
	}
}

/* ---- configuration files --------------------------------------------------
 */

static const char *write_file(const char *text)
{
	static char path[64];
	FILE *file;

	strcpy(path, "/tmp/irl-option-XXXXXX");
	assert_int_not_equal(close(mkstemp(path)), -1);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	return path;
}

static void test_config(void **state)
{
	const char *path =
	    write_file("# all of it\n"
		       "\n"
		       "flag\n"
		       "other-flag = no\n"
		       "text = \"  # \\\"quoted\\\" \\\\ \" # so\n"
		       "  count=5k\t# five\r\n"
		       "rate 10k\n"
		       "time = 2m\n"
		       "list = a#b\n"
		       "list c = d\n"
		       "kind = packet");
	struct cli_parsed p;
	const struct values *v;
	char line[100];

	(void)state;
	/* the command line wins, wherever the file is named; lists add up */
	snprintf(line, sizeof(line), "-c 7 -l z --config=%s", path);
	parse_well(&p, line);
	v = p.values;
	assert_true(v->flag);
	assert_false(v->other);
	assert_string_equal(v->text, "  # \"quoted\" \\ ");
	assert_int_equal(v->count, 5000);
	assert_true(v->rate == 10000);
	assert_true(v->time == 7);
	assert_string_equal(v->kind, "packet");
	assert_int_equal(v->list.count, 3);
	assert_string_equal(v->list.item[0], "a#b");
	assert_string_equal(v->list.item[1], "c = d");
	assert_string_equal(v->list.item[2], "z");
	cli_parsed_fini(&p, &command);
	unlink(path);
}

/* What a file holds is beside what is given, and may itself be of no use. */
static void test_effects_of_config(void **state)
{
	const char *path = write_file("kind = live\nlist = a\nflag = no\n");
	struct cli_parsed p;
	struct irl_error err = {0};
	char line[100];

	(void)state;
	snprintf(line, sizeof(line), "--few 5 --state %s", path);
	parse_well(&p, line);
	cli_parsed_fini(&p, &command);
	snprintf(line, sizeof(line), "-f --few 5 -C %s", path);
	assert_int_equal(parse(&p, &command, line, &err), -IRL_EPARSE);
	assert_non_null(strstr(err.text, "beside --flag"));
	cli_parsed_fini(&p, &command);
	unlink(path);
	path = write_file("few = 70\n");
	snprintf(line, sizeof(line), "-C %s", path);
	parse_well(&p, line);
	cli_parsed_fini(&p, &command);
	unlink(path);
}

static void test_optional_config(void **state)
{
	const char *path = write_file("count = 5\n");
	struct cli_parsed p;
	const struct values *v;
	char line[100];

	(void)state;
	snprintf(line, sizeof(line), "--state %s", path);
	parse_well(&p, line);
	v = p.values;
	assert_int_equal(v->count, 5);
	assert_string_equal(v->state, path);
	cli_parsed_fini(&p, &command);
	unlink(path);
	parse_well(&p, line);
	v = p.values;
	assert_int_equal(v->count, 0);
	assert_string_equal(v->state, path);
	cli_parsed_fini(&p, &command);
}

static void test_bad_config(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
	    {"\n\ncuont = 5\n", ":3: unknown option 'cuont'; did you mean "
				"'count'?"},
	    {"xyzzy 5", ":1: unknown option 'xyzzy'; 'irl try --help' lists"},
	    {"--count = 5", ":1: unknown option '--count'; did you mean"},
	    {"flag\ncount = five\n", ":2: count: 'five' is not a whole number"},
	    {"count", ":1: count needs a value: count = N"},
	    {"count = # none", ":1: count needs a value"},
	    {"port = 0", ":1: port: 0 is out of range; give 1 to 65535"},
	    {"text = \"abc", ":1: text: the quotes do not match"},
	    {"text = \"abc\" def", ":1: text: the quotes do not match"},
	    {"text = \"abc\\\"", ":1: text: the quotes do not match"},
	    {"flag = perhaps", ":1: flag: 'perhaps' is neither yes nor no"},
	    {"config = other", ":1: unknown option 'config'"},
	    {"= 5", ":1: unknown option ''"},
	};

	(void)state;
	for (size_t i = 0; i < CLI_COUNT_OF(rows); i++) {
		const char *path = write_file(rows[i].text);
		struct cli_parsed p;
		struct irl_error err = {0};
		char line[100];

		snprintf(line, sizeof(line), "-C %s", path);
		assert_int_equal(parse(&p, &command, line, &err), -IRL_EPARSE);
		if (!strstr(err.text, rows[i].said) ||
		    strncmp(err.text, path, strlen(path)))
			fail_msg("%s says: %s", rows[i].text, err.text);
		cli_parsed_fini(&p, &command);
		unlink(path);
	}
}

static void test_empty_and_binary_config(void **state)
{
	const char *path = write_file("");
	struct cli_parsed p;
	struct irl_error err = {0};
	char line[100];
	FILE *file;

	(void)state;
	snprintf(line, sizeof(line), "-C %s", path);
	parse_well(&p, line);
	cli_parsed_fini(&p, &command);
	file = fopen(path, "w");
	fwrite("flag\n\0\1\2flag", 1, 12, file);
	fclose(file);
	assert_int_equal(parse(&p, &command, line, &err), -IRL_EPARSE);
	assert_non_null(strstr(err.text, "not a text file"));
	cli_parsed_fini(&p, &command);
	unlink(path);
}

/* ---- suggestions ----------------------------------------------------------
 */

static const char *fruit_at(const void *context, size_t i)
{
	static const char *const fruits[] = {"apple", "pear", "cherry", "fig"};

	(void)context;
	return i < CLI_COUNT_OF(fruits) ? fruits[i] : NULL;
}

static void test_nearest(void **state)
{
	static const struct {
		const char *word, *near;
	} rows[] = {
	    {"aple", "apple"},
	    {"appel", "apple"},
	    {"paer", "pear"},
	    {"chery", "cherry"},
	    {"figs", "fig"},
	    {"banana", NULL},
	    {"", NULL},
	    {"xyz", NULL},
	    /* half of a short word is another word */
	    {"bear", "pear"},
	    {"beer", NULL},
	    {"fix", "fig"},
	    {"fox", NULL},
	    {"chrery", "cherry"},
	    {"sherri", "cherry"},
	    {"sharri", NULL},
	    {"a-word-that-is-much-longer-than-any-name-could-ever-be", NULL},
	};

	(void)state;
	for (size_t i = 0; i < CLI_COUNT_OF(rows); i++) {
		const char *near = cli_nearest(rows[i].word, fruit_at, NULL);

		if (near != rows[i].near &&
		    (!near || !rows[i].near || strcmp(near, rows[i].near)))
			fail_msg("'%s' gives %s", rows[i].word,
				 near ? near : "nothing");
	}
}

/* ---- help -----------------------------------------------------------------
 */

static void test_help(void **state)
{
	char *text = NULL;
	size_t length = 0, width = 0;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	assert_non_null(out);
	cli_help_command(out, &command);
	fclose(out);
	assert_non_null(strstr(text, "Usage: irl try [OPTION]... [WORD...]\n"));
	assert_non_null(strstr(text,
			       "  -t, --text=TEXT           a text (default: "
			       "hello)\n"));
	assert_non_null(strstr(text, "      --kind=KIND           a choice: "
				     "auto|live|packet\n"));
	assert_non_null(strstr(text, "a number (default: 3; at most --port;"));
	for (size_t i = 0; i < CLI_COUNT_OF(options); i++)
		assert_non_null(strstr(text, options[i].name));
	for (const char *at = text; *at; at += width + (at[width] == '\n')) {
		width = strcspn(at, "\n");
		assert_true(width < 80);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_large_numbers),
	    cmocka_unit_test(test_bad_values),
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_abbreviation_alias_and_dash),
	    cmocka_unit_test(test_raw_operands),
	    cmocka_unit_test(test_help_comes_first),
	    cmocka_unit_test(test_bad_lines),
	    cmocka_unit_test(test_effects),
	    cmocka_unit_test(test_effects_of_config),
	    cmocka_unit_test(test_config),
	    cmocka_unit_test(test_optional_config),
	    cmocka_unit_test(test_bad_config),
	    cmocka_unit_test(test_empty_and_binary_config),
	    cmocka_unit_test(test_nearest),
	    cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
