// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/os.h"
#include "paths.h"
#include "resume.h"

/* The first line, of a command.  Another order of targets is another version.
 */
#define MAGIC "# irl %s: resume file, version 1\n"
#define MAGIC_MAX 64

/* Written below with their present values, or of no use in the file. */
static bool is_own(const char *name)
{
	static const char *const own[] = {"seed",         "start",   "resume",
					  "targets-hash", "dry-run", NULL};

	for (unsigned i = 0; own[i]; i++)
		if (!strcmp(own[i], name))
			return true;
	return false;
}

static void put_value(FILE *file, const char *name, const char *value)
{
	fprintf(file, "%s = \"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fputc('\\', file);
		if (*value == '\n')
			fputs("\\n", file);
		else
			fputc(*value, file);
	}
	fputs("\"\n", file);
}

static bool is_file(const char *name)
{
	static const char *const files[] = {"allowlist-file",
					    "blocklist-file",
					    "output-file",
					    "metadata-file",
					    "status-updates-file",
					    "request",
					    "pcap",
					    NULL};

	for (unsigned i = 0; files[i]; i++)
		if (!strcmp(files[i], name))
			return true;
	return false;
}

/* Files by their whole names: it may be continued from another directory. */
static void put_text(FILE *file, const char *name, const char *text)
{
	char *whole = NULL;

	if (is_file(name) && strcmp(text, "-"))
		whole = irl_os_whole_path(text);
	put_value(file, name, whole ? whole : text);
	free(whole);
}

/* An option that was in the file and given again is there twice. */
static bool is_repeated(const struct cli_list *list, size_t end,
			const char *text)
{
	for (size_t i = 0; i < end; i++)
		if (!strcmp(list->item[i], text))
			return true;
	return false;
}

static void put_list(FILE *file, const char *name, const struct cli_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!is_repeated(list, i, list->item[i]))
			put_text(file, name, list->item[i]);
}

static void put_option(FILE *file, const struct cli_option *option,
		       const void *values)
{
	const void *member = (const char *)values + option->offset;
	const struct cli_list *list = member;
	const char *text;

	switch (option->type) {
	case CLI_FLAG:
		if (*(const bool *)member)
			fprintf(file, "%s\n", option->name);
		break;
	case CLI_STRING:
	case CLI_CONFIG:
		text = *(const char *const *)member;
		if (text && (!option->initial || strcmp(text, option->initial)))
			put_text(file, option->name, text);
		break;
	case CLI_LIST:
		put_list(file, option->name, list);
		break;
	case CLI_UINT:
		fprintf(file, "%s = %llu\n", option->name,
			(unsigned long long)*(const uint64_t *)member);
		break;
	default:
		fprintf(file, "%s = %.17g\n", option->name,
			*(const double *)member);
	}
}

static const void *member(const struct cli_command *command, const void *values,
			  const char *name)
{
	return (const char *)values + cli_find(command, name)->offset;
}

static void put_all(FILE *file, const struct resume_job *job, uint64_t next)
{
	const struct cli_command *command = job->command;
	const struct cli_list *known = member(command, job->values, "target");

	fprintf(file,
		MAGIC "# Continue with: irl %s --resume THIS-FILE\n"
		      "# %llu of %llu targets of its shard are done.\n",
		command->name, command->name,
		(unsigned long long)(next - job->first),
		(unsigned long long)job->count);
	for (size_t i = 0; i < command->option_count; i++)
		if (!is_own(command->options[i].name))
			put_option(file, &command->options[i], job->values);
	for (int i = 0; i < job->operand_count; i++) {
		if (!strcmp(job->operands[i], "-"))
			put_value(file, "allowlist-file", "-");
		else if (!is_repeated(known, known->count, job->operands[i]))
			put_value(file, "target", job->operands[i]);
	}
	fprintf(file, "seed = %llu\nstart = %llu\ntargets-hash = %s\n",
		(unsigned long long)job->seed, (unsigned long long)next,
		job->hash);
}

/* 1: a resume file that can be read here, 0: none there, or an empty one. */
static int check_version(const struct cli_command *command, const char *path,
			 struct irl_error *err)
{
	FILE *file = irl_os_fopen(path, "r");
	char line[MAGIC_MAX], magic[MAGIC_MAX];
	bool empty, ours;

	if (!file)
		return errno == ENOENT
			   ? 0
			   : irl_error_errno(err, errno, "cannot read %s",
					     path);
	snprintf(magic, sizeof(magic), MAGIC, command->name);
	empty = !fgets(line, sizeof(line), file);
	ours = !empty && !strcmp(line, magic);
	fclose(file);
	if (empty || ours)
		return ours;
	return irl_error_set(err, IRL_EINVAL,
			     "--resume: %s is no resume file of this version "
			     "of irl %s; begin anew with another name",
			     path, command->name);
}

/* @said in the file and @given now must agree where they place the targets. */
static int compare(const struct cli_command *command, const void *said,
		   const void *given, const char *path, struct irl_error *err)
{
	static const char *const fixed[] = {"seed", "shards", "shard", "start"};

	for (unsigned i = 0; i < CLI_COUNT_OF(fixed); i++) {
		uint64_t old =
		    *(const uint64_t *)member(command, said, fixed[i]);
		uint64_t new =
		    *(const uint64_t *)member(command, given, fixed[i]);

		if (old != new)
			return irl_error_set(
			    err, IRL_EINVAL,
			    "--%s: %llu is not that of the interrupted %s, "
			    "%llu; leave it out, or begin anew with another "
			    "--resume FILE than %s",
			    fixed[i], (unsigned long long)new, command->name,
			    (unsigned long long)old, path);
	}
	return 0;
}

static const char *path_of(const struct cli_command *command,
			   const void *values)
{
	return *(const char *const *)member(command, values, "resume");
}

int resume_check(const struct cli_command *command, const void *values,
		 struct irl_error *err)
{
	const char *path = path_of(command, values);
	char name[MAGIC_MAX], option[] = "--resume";
	struct cli_parsed parsed;
	char *argv[] = {name, option, NULL, NULL};
	int rc;

	if (!path)
		return 0;
	rc = check_version(command, path, err);
	if (rc <= 0)
		return rc;
	snprintf(name, sizeof(name), "%s", command->name);
	argv[2] = strdup(path);
	if (!argv[2])
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	rc = cli_parse(&parsed, command, 3, argv, err);
	if (!rc)
		rc = compare(command, parsed.values, values, path, err);
	cli_parsed_fini(&parsed, command);
	free(argv[2]);
	return rc;
}

bool resume_goes_on(const struct cli_command *command, const void *values)
{
	uint64_t start = *(const uint64_t *)member(command, values, "start");
	const char *hash =
	    *(const char *const *)member(command, values, "targets-hash");

	return start || (path_of(command, values) && hash);
}

void resume_tell_done(const struct cli_command *command, const void *values)
{
	cli_complain(command->name,
		     "this is done already, as %s says; to do it anew, remove "
		     "that file or give another --resume FILE",
		     path_of(command, values));
}

/* Written first, then renamed. */
static int name_draft(char draft[4096], const char *path, struct irl_error *err)
{
	if (snprintf(draft, 4096, "%s.new", path) < 4096)
		return 0;
	return irl_error_set(err, IRL_EINVAL, "--resume: the name is too long");
}

int resume_try(const char *path, struct irl_error *err)
{
	char draft[4096];
	int rc = path ? name_draft(draft, path, err) : 0;

	return path && !rc ? paths_try(draft, err) : rc;
}

int resume_write(const struct resume_job *job, uint64_t next,
		 struct irl_error *err)
{
	const char *path = path_of(job->command, job->values);
	char draft[4096];
	FILE *file;
	int rc = name_draft(draft, path, err);

	if (rc)
		return rc;
	file = irl_os_fopen(draft, "w");
	if (!file)
		return irl_error_errno(err, errno, "cannot write %s", draft);
	put_all(file, job, next);
	if (fflush(file) || irl_os_sync(file))
		rc = irl_error_errno(err, errno, "cannot write %s", draft);
	if (fclose(file) && !rc)
		rc = irl_error_errno(err, errno, "cannot write %s", draft);
	if (!rc && irl_os_rename(draft, path))
		rc = irl_error_errno(err, errno, "cannot write %s", path);
	if (rc)
		irl_os_remove(draft);
	return rc;
}

int resume_write_end(const struct resume_job *job, uint64_t end)
{
	struct irl_error err = {0};

	if (!path_of(job->command, job->values) ||
	    !resume_write(job, end, &err))
		return CLI_DONE;
	cli_complain(job->command->name, "all is done, but %s", err.text);
	return CLI_FAILED;
}
