// SPDX-License-Identifier: BSD-2-Clause
#include "script.h"
#include <stdio.h>

/* "0.5", "+0.5" behind the line before, "+0~0.5": until then. */
static void take_time(struct bed *bed, struct text *text)
{
	bool relative = text_mark(text, "+");
	uint64_t base = relative ? bed->step_ns : bed->start_ns;
	unsigned long long begin, end;

	bed->late_ns = 0;
	if (!text_seconds(text, &begin)) {
		if (relative)
			bed_fail(bed, "no time behind +");
		return;
	}
	end = begin;
	if (text_mark(text, "~") && !text_seconds(text, &end))
		bed_fail(bed, "no time behind ~");
	bed->step_ns = base + begin;
	bed->late_ns = end > begin ? end - begin : 0;
}

/* Everything but the arrival of an expected frame happens on time. */
static void keep_time(struct bed *bed)
{
	if (bed->step_ns + bed->tolerance_ns < bed->now_ns)
		bed_fail(bed, "this line lies in the past");
	if (bed->step_ns > bed->now_ns)
		bed_run(bed, bed->step_ns);
}

void script_step(struct bed *bed, const char *line)
{
	struct text text = {line};
	step_fn *step = header_find(&text);
	bool expects = *text.at == '>', drains = text_word(&text, "drain");

	if (step) {
		step(bed, &text);
		script_end(bed, &text);
		return;
	}
	text.at = line;
	step = step_find(&text);
	if (!step)
		bed_fail(bed, "no such step: %s", text.at);
	bed_stack(bed);
	if (!expects) {
		keep_time(bed);
		if (!drains)
			bed_expect_quiet(bed);
	}
	step(bed, &text);
	script_end(bed, &text);
}

void script_line(struct bed *bed, const char *line)
{
	struct text text = {line};

	take_time(bed, &text);
	text_space(&text);
	script_step(bed, text.at);
}

static void strip(char *line)
{
	char *end = strchr(line, '#');

	if (!end)
		end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	*end = 0;
}

void script_file(struct bed *bed, const char *path)
{
	const char *outer = bed->file;
	unsigned outer_line = bed->line, at = 0;
	char line[1024];
	FILE *file = bed->scripts < BED_SCRIPTS ? fopen(path, "r") : NULL;

	if (!file)
		bed_fail(bed, "cannot read %s", path);
	bed->script[bed->scripts++] = file;
	while (fgets(line, sizeof(line), file)) {
		struct text text = {line};

		bed->file = path;
		bed->line = ++at;
		bed->text = line;
		strip(line);
		if (!text_end(&text))
			script_line(bed, line);
	}
	fclose(bed->script[--bed->scripts]);
	bed->text = NULL;
	bed->file = outer;
	if (outer_line)
		bed->line = outer_line;
}
