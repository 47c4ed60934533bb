// SPDX-License-Identifier: BSD-2-Clause
/*
 * Resume files: any bytes as the whole of one, which is refused or taken; then
 * as its body, behind a header and a check that fit.  What is taken then says
 * the same when it is written again, and is taken again.
 * Input: the file.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include "config.c"
#include "nearest.c"
#include "value.c"
#include "app/interrupt.c"
#include "app/resume.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NEAR 65536u

struct values {
	struct cli_list target, again, done;
	uint64_t seed, shards, shard, start;
	const char *targets_hash, *resume, *output;
};

#define OPTION(n, t, m)                                                        \
	{                                                                      \
		.name = n, .argument = "X", .type = t,                         \
		.offset = offsetof(struct values, m), .help = n                \
	}

static const struct cli_option options[] = {
    OPTION("target", CLI_LIST, target),
    OPTION("again", CLI_LIST, again),
    OPTION("done", CLI_LIST, done),
    OPTION("seed", CLI_UINT, seed),
    OPTION("shards", CLI_UINT, shards),
    OPTION("shard", CLI_UINT, shard),
    OPTION("start", CLI_UINT, start),
    OPTION("targets-hash", CLI_STRING, targets_hash),
    OPTION("resume", CLI_CONFIG, resume),
    OPTION("output-file", CLI_STRING, output),
};

static const struct cli_command command = {
    .name = "fetch",
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .values_size = sizeof(struct values),
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* ---- what the program has around it --------------------------------------
 */

const struct cli_option *cli_find(const struct cli_command *c, const char *name)
{
	for (size_t i = 0; i < c->option_count; i++)
		if (!strcmp(c->options[i].name, name))
			return &c->options[i];
	return NULL;
}

void cli_complain(const char *name, const char *fmt, ...)
{
	(void)name;
	(void)fmt;
}

static char *content(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text;
	long size;

	require(file && !fseek(file, 0, SEEK_END));
	size = ftell(file);
	rewind(file);
	text = calloc(1, (size_t)size + 1);
	require(text && fread(text, 1, (size_t)size, file) == (size_t)size);
	fclose(file);
	return text;
}

/* Of "fetch --resume FILE" the file. */
int cli_parse(struct cli_parsed *out, const struct cli_command *c, int argc,
	      char **argv, struct irl_error *err)
{
	struct values *v = calloc(1, sizeof(*v));

	int rc;

	require(v && argc == 3);
	*out = (struct cli_parsed){.values = v,
				   .kept = calloc(1, sizeof(*out->kept)),
				   .kept_count = 1};
	require(out->kept);
	out->kept[0] = content(argv[2]);
	rc = cli_config_apply(c, v, argv[2], out->kept[0], err);
	v->resume = argv[2]; /* the command line wins */
	v->output = "-";
	return rc;
}

void cli_parsed_fini(struct cli_parsed *parsed, const struct cli_command *c)
{
	struct values *v = parsed->values;

	(void)c;
	free(v->target.item);
	free(v->again.item);
	free(v->done.item);
	free(v);
	free(parsed->kept[0]);
	free(parsed->kept);
}

/* ---- the file ------------------------------------------------------------ */

struct file {
	int fd;
	char path[32];
	struct cli_parsed parsed;
};

static void put(struct file *file, const void *text, size_t size)
{
	file->fd = memfd_create("resume", 0);
	require(file->fd >= 0);
	require(write(file->fd, text, size) == (ssize_t)size);
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
}

static int parse(struct file *file, struct irl_error *err)
{
	char name[] = "fetch", option[] = "--resume";
	char *argv[] = {name, option, file->path};

	return cli_parse(&file->parsed, &command, 3, argv, err);
}

/* As a user names it. */
static int take(struct file *file, struct irl_error *err)
{
	int rc = parse(file, err);

	if (!rc)
		rc = resume_check(&command, file->parsed.values, err);
	require(!rc || (rc < 0 && err->code == -rc && *err->text));
	return rc;
}

static void drop(struct file *file)
{
	cli_parsed_fini(&file->parsed, &command);
	close(file->fd);
}

static bool read_place(const struct values *v, struct resume_positions *again,
		       struct resume_positions *done)
{
	struct irl_error err;

	/* Of more there is no more to see. */
	if (v->start > NEAR ||
	    resume_read_positions(again, "again", &v->again, 0, v->start, &err))
		return false;
	if (!resume_read_positions(done, "done", &v->done, v->start, 2 * NEAR,
				   &err))
		return true;
	resume_free_positions(again);
	return false;
}

static bool are_same(const struct resume_positions *a,
		     const struct resume_positions *b)
{
	return a->count == b->count &&
	       (!a->count || !memcmp(a->at, b->at, a->count * sizeof(*a->at)));
}

static void write_again(struct file *file, const struct values *v,
			const struct irl_fetch_place *place)
{
	const struct resume_job job = {.command = &command,
				       .values = v,
				       .seed = v->seed,
				       .hash = v->targets_hash};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	require(out != NULL);
	put_all(out, &job, place);
	fclose(out);
	put(file, text, size);
	free(text);
}

static void check_again(const struct values *v)
{
	struct resume_positions again, done, again2, done2;
	const struct values *w;
	struct irl_error err = {0};
	struct file file;

	if (!read_place(v, &again, &done))
		return;
	write_again(&file, v,
		    &(struct irl_fetch_place){.next = v->start,
					      .again = again.at,
					      .again_count = again.count,
					      .done = done.at,
					      .done_count = done.count});
	require(!take(&file, &err));
	w = file.parsed.values;
	require(read_place(w, &again2, &done2));
	require(w->start == v->start && w->seed == v->seed);
	require(are_same(&again, &again2) && are_same(&done, &done2));
	resume_free_positions(&again);
	resume_free_positions(&done);
	resume_free_positions(&again2);
	resume_free_positions(&done2);
	drop(&file);
}

static bool is_hash(const char *text)
{
	return text && strlen(text) == 16 &&
	       strspn(text, "0123456789abcdef") == 16;
}

/* Behind the header that fits what the body says. */
static void check_body(const uint8_t *data, size_t size)
{
	char *whole = calloc(1, size + 2 * MAGIC_MAX);
	struct irl_error err = {0};
	struct file body, file;
	const struct values *v;
	int n;

	require(whole != NULL);
	put(&body, data, size);
	n = parse(&body, &err);
	v = body.parsed.values;
	if (!n && is_hash(v->targets_hash)) {
		n = snprintf(whole, 2 * MAGIC_MAX, MAGIC CHECK, command.name,
			     (unsigned long long)check_read(&command, v));
		memcpy(whole + n, data, size);
		put(&file, whole, (size_t)n + size);
		require(!take(&file, &err));
		check_again(file.parsed.values);
		drop(&file);
	}
	drop(&body);
	free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct irl_error err = {0};
	struct file file;

	put(&file, data, size);
	take(&file, &err);
	drop(&file);
	check_body(data, size);
	return 0;
}
