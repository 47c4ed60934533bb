// SPDX-License-Identifier: BSD-2-Clause
/* Any text as a configuration file, over options of every type. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "config.c"
#include "nearest.c"
#include "value.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
	bool flag;
	const char *text, *kind;
	struct cli_list list;
	uint64_t count;
	double real, time, rate, bits;
};

#define OPTION(n, t, m)                                                        \
	{                                                                      \
		.name = n, .argument = "X", .type = t,                         \
		.offset = offsetof(struct values, m), .help = n                \
	}

static const struct cli_option options[] = {
    OPTION("flag", CLI_FLAG, flag),
    OPTION("text", CLI_STRING, text),
    OPTION("list", CLI_LIST, list),
    OPTION("count", CLI_UINT, count),
    OPTION("real", CLI_REAL, real),
    OPTION("time", CLI_TIME, time),
    OPTION("rate", CLI_RATE, rate),
    OPTION("bandwidth", CLI_BITS, bits),
    {.name = "kind",
     .argument = "KIND",
     .type = CLI_STRING,
     .offset = offsetof(struct values, kind),
     .choices = "auto|live|packet"},
};

static const struct cli_command command = {
    .name = "try",
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .values_size = sizeof(struct values),
};

const struct cli_option *cli_find(const struct cli_command *c, const char *name)
{
	for (size_t i = 0; i < c->option_count; i++)
		if (!strcmp(c->options[i].name, name))
			return &c->options[i];
	return NULL;
}

/* Values stay within what their types promise. */
static void check(const struct values *v, size_t length)
{
	const double numbers[] = {v->real, v->time, v->rate, v->bits};

	for (unsigned i = 0; i < CLI_COUNT_OF(numbers); i++)
		if (!isfinite(numbers[i]) || numbers[i] < 0)
			abort();
	if (v->kind && strcmp(v->kind, "auto") && strcmp(v->kind, "live") &&
	    strcmp(v->kind, "packet"))
		abort();
	for (size_t i = 0; i < v->list.count; i++)
		if (strlen(v->list.item[i]) > length)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct values v = {0};
	struct irl_error err = {0};

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (cli_config_apply(&command, &v, "file", text, &err) == 0)
		check(&v, size);
	else if (strncmp(err.text, "file:", 5))
		abort();
	free(v.list.item);
	free(text);
	return 0;
}
