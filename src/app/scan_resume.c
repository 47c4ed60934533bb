// SPDX-License-Identifier: BSD-2-Clause
/*
 * The resume file is a configuration file: every option that differs from its
 * default, the operands as "target", and where to go on.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "scan.h"

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
			put_value(file, option->name, text);
		break;
	case CLI_LIST:
		for (size_t i = 0; i < list->count; i++)
			put_value(file, option->name, list->item[i]);
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

static void put_all(FILE *file, const struct scan_job *job, uint64_t next)
{
	fprintf(file,
		"# An interrupted irl scan: continue it with\n"
		"#   irl scan --resume THIS-FILE\n"
		"# %llu of %llu targets of its shard are done.\n",
		(unsigned long long)(next - job->shard_first),
		(unsigned long long)job->shard_count);
	for (size_t i = 0; i < cmd_scan.option_count; i++)
		if (!is_own(cmd_scan.options[i].name))
			put_option(file, &cmd_scan.options[i], job->values);
	for (int i = 0; i < job->operand_count; i++)
		if (strcmp(job->operands[i], "-"))
			put_value(file, "target", job->operands[i]);
		else
			put_value(file, "allowlist-file", "-");
	fprintf(file, "seed = %llu\nstart = %llu\ntargets-hash = %s\n",
		(unsigned long long)job->options.seed, (unsigned long long)next,
		job->hash);
}

int scan_resume_write(const struct scan_job *job, const char *path,
		      uint64_t next, struct irl_error *err)
{
	char draft[4096];
	FILE *file;
	int rc = 0;

	if ((size_t)snprintf(draft, sizeof(draft), "%s.new", path) >=
	    sizeof(draft))
		return irl_error_set(err, IRL_EINVAL,
				     "--resume: the name is too long");
	file = fopen(draft, "we");
	if (!file)
		return irl_error_errno(err, errno, "cannot write %s", draft);
	put_all(file, job, next);
	if (fflush(file) || fsync(fileno(file)))
		rc = irl_error_errno(err, errno, "cannot write %s", draft);
	if (fclose(file) && !rc)
		rc = irl_error_errno(err, errno, "cannot write %s", draft);
	if (!rc && rename(draft, path))
		rc = irl_error_errno(err, errno, "cannot write %s", path);
	if (rc)
		unlink(draft);
	return rc;
}
