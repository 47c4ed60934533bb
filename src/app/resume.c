// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/os.h"
#include "fnv.h"
#include "interrupt.h"
#include "resume.h"

/* The first line, of a command.  Another order of targets is another version.
 * The second is of where it goes on. */
#define MAGIC "# irl %s: resume file, version 2\n"
#define CHECK "# check %016llx\n"
#define MAGIC_MAX 64
#define RANGES_EACH 64u /* on a line */

/* Written below with their present values, or of no use in the file: who looks
 * on may want to hear more of the next part. */
static bool is_own(const char *name)
{
	static const char *const own[] = {"seed",    "start", "resume",
					  "again",   "done",  "targets-hash",
					  "dry-run", "quiet", NULL};

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
	static const char *const files[] = {
	    "input-file",  "allowlist-file", "blocklist-file",
	    "output-file", "metadata-file",  "status-updates-file",
	    "request",     "pcap",           NULL};

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

/* Of positions from @i on the last that follows without a gap. */
static size_t end_of_run(const uint64_t at[], size_t count, size_t i)
{
	while (i + 1 < count && at[i + 1] == at[i] + 1)
		i++;
	return i;
}

/* "3,5-9", on lines that an editor shows. */
static void put_positions(FILE *file, const char *name, const uint64_t at[],
			  size_t count)
{
	size_t last;

	for (size_t i = 0, n = 0; i < count; i = last + 1, n++) {
		last = end_of_run(at, count, i);
		if (n % RANGES_EACH)
			fputc(',', file);
		else
			fprintf(file, "%s%s = \"", n ? "\"\n" : "", name);
		fprintf(file, "%llu", (unsigned long long)at[i]);
		if (last > i)
			fprintf(file, "-%llu", (unsigned long long)at[last]);
	}
	if (count)
		fputs("\"\n", file);
}

static const void *member(const struct cli_command *command, const void *values,
			  const char *name)
{
	return (const char *)values + cli_find(command, name)->offset;
}

/* ---- positions, as they are read ------------------------------------------
 */

static bool read_number(const char **at, uint64_t *out)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*out = strtoull(*at, &end, 10);
	*at = end;
	return !errno;
}

/* "5" or "5-9", and a comma where more follows. */
static bool read_range(const char **at, uint64_t *first, uint64_t *last)
{
	if (!read_number(at, first))
		return false;
	*last = *first;
	if (**at == '-') {
		++*at;
		if (!read_number(at, last) || *last < *first)
			return false;
	}
	if (**at == ',')
		return *++*at != '\0';
	return !**at;
}

/* ---- the check: what nobody may change by hand ----------------------------
 */

static uint64_t check_number(uint64_t check, uint64_t n)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(n >> 8 * i);
	return fnv(check, bytes, sizeof(bytes));
}

static uint64_t check_place(uint64_t seed, uint64_t shards, uint64_t shard,
			    uint64_t start, const char *hash)
{
	const uint64_t numbers[] = {seed, shards, shard, start};
	uint64_t check = FNV_BEGIN;

	for (unsigned i = 0; i < CLI_COUNT_OF(numbers); i++)
		check = check_number(check, numbers[i]);
	return fnv(check, hash, strlen(hash));
}

static uint64_t check_positions(uint64_t check, const uint64_t at[],
				size_t count)
{
	size_t last;

	for (size_t i = 0; i < count; i = last + 1) {
		last = end_of_run(at, count, i);
		check = check_number(check_number(check, at[i]), at[last]);
	}
	return check_number(check, UINT64_MAX);
}

static uint64_t number(const struct cli_command *command, const void *values,
		       const char *name)
{
	return *(const uint64_t *)member(command, values, name);
}

static const char *string(const struct cli_command *command, const void *values,
			  const char *name)
{
	return *(const char *const *)member(command, values, name);
}

static uint64_t check_to_write(const struct resume_job *job,
			       const struct irl_fetch_place *place)
{
	uint64_t check = check_place(
	    job->seed, number(job->command, job->values, "shards"),
	    number(job->command, job->values, "shard"), place->next, job->hash);

	check = check_positions(check, place->again, place->again_count);
	return check_positions(check, place->done, place->done_count);
}

/* The same of what was read, where a scan has no such positions. */
static uint64_t check_list(uint64_t check, const struct cli_command *command,
			   const void *values, const char *name)
{
	const struct cli_option *option = cli_find(command, name);
	const struct cli_list none = {0}, *list = &none;
	uint64_t first, last;

	if (option)
		list = member(command, values, name);
	for (size_t i = 0; i < list->count; i++)
		for (const char *at = list->item[i];
		     *at && read_range(&at, &first, &last);)
			check = check_number(check_number(check, first), last);
	return check_number(check, UINT64_MAX);
}

static uint64_t check_read(const struct cli_command *command,
			   const void *values)
{
	uint64_t check = check_place(
	    number(command, values, "seed"), number(command, values, "shards"),
	    number(command, values, "shard"), number(command, values, "start"),
	    string(command, values, "targets-hash"));

	check = check_list(check, command, values, "again");
	return check_list(check, command, values, "done");
}

uint64_t resume_done(const struct irl_fetch_place *place, uint64_t first)
{
	uint64_t done = place->next - first + place->done_count;

	for (size_t i = 0; i < place->again_count; i++)
		done -= place->again[i] < place->next;
	return done;
}

/* Of a list nobody knows how many it has. */
static void put_progress(FILE *file, const struct resume_job *job,
			 const struct irl_fetch_place *place)
{
	fprintf(file, "# %llu of ",
		(unsigned long long)resume_done(place, job->first));
	if (job->count)
		fprintf(file, "%llu targets of its shard are done.\n",
			(unsigned long long)job->count);
	else
		fputs("the list's targets are done.\n", file);
}

static void put_all(FILE *file, const struct resume_job *job,
		    const struct irl_fetch_place *place)
{
	const struct cli_command *command = job->command;
	const struct cli_list *known = member(command, job->values, "target");

	fprintf(file, MAGIC CHECK, command->name,
		(unsigned long long)check_to_write(job, place));
	fprintf(file, "# Continue with: irl %s --resume THIS-FILE\n",
		command->name);
	put_progress(file, job, place);
	for (size_t i = 0; i < command->option_count; i++)
		if (!is_own(command->options[i].name))
			put_option(file, &command->options[i], job->values);
	for (int i = 0; i < job->operand_count; i++) {
		if (!strcmp(job->operands[i], "-"))
			put_value(file, "allowlist-file", "-");
		else if (!is_repeated(known, known->count, job->operands[i]))
			put_value(file, "target", job->operands[i]);
	}
	put_positions(file, "again", place->again, place->again_count);
	put_positions(file, "done", place->done, place->done_count);
	/* Last, since a file without is cut short. */
	fprintf(file, "seed = %llu\nstart = %llu\ntargets-hash = %s\n",
		(unsigned long long)job->seed, (unsigned long long)place->next,
		job->hash);
}

/* 1: a resume file that can be read here, 0: none there, or an empty one.
 * @check: the second line. */
static int read_header(const struct cli_command *command, const char *path,
		       char check[MAGIC_MAX], struct irl_error *err)
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
	if (!ours || !fgets(check, MAGIC_MAX, file))
		*check = '\0';
	fclose(file);
	if (empty || ours)
		return ours;
	return irl_error_set(err, IRL_EINVAL,
			     "--resume: %s is no resume file of this version "
			     "of irl %s; begin anew with another name",
			     path, command->name);
}

/* All of it, as it was written. */
static int check_content(const struct cli_command *command, const void *said,
			 const char *check, const char *path,
			 struct irl_error *err)
{
	char expected[MAGIC_MAX];

	if (!string(command, said, "targets-hash"))
		return irl_error_set(err, IRL_EPARSE,
				     "--resume: the end of %s is missing; "
				     "begin anew with another name",
				     path);
	snprintf(expected, sizeof(expected), CHECK,
		 (unsigned long long)check_read(command, said));
	if (!strcmp(check, expected))
		return 0;
	return irl_error_set(err, IRL_EINVAL,
			     "--resume: %s has been changed where it says what "
			     "is done (seed, shards, shard, start, again, "
			     "done, targets-hash); put it back as it was, or "
			     "begin anew with another name",
			     path);
}

/* @said in the file and @given now must agree where they place the targets. */
static int compare(const struct cli_command *command, const void *said,
		   const void *given, const char *path, struct irl_error *err)
{
	static const char *const fixed[] = {"seed", "shards", "shard", "start"};

	for (unsigned i = 0; i < CLI_COUNT_OF(fixed); i++) {
		uint64_t old = number(command, said, fixed[i]);
		uint64_t new = number(command, given, fixed[i]);

		if (old != new)
			return irl_error_set(
			    err, IRL_EINVAL,
			    "--%s: %llu is not that of %s, %llu; leave it out, "
			    "or begin anew with another --resume FILE",
			    fixed[i], (unsigned long long)new, path,
			    (unsigned long long)old);
	}
	return 0;
}

/* Read once before it was ours alone, and once since then. */
static int compare_lists(const struct cli_command *command, const void *said,
			 const void *given, const char *path,
			 struct irl_error *err)
{
	const char *hash = string(command, given, "targets-hash");

	if (hash && check_read(command, said) == check_read(command, given))
		return 0;
	return irl_error_set(err, IRL_EINVAL,
			     "--resume: what %s says is done is not what is "
			     "given besides, or another run has changed it "
			     "meanwhile; give the file alone, once more",
			     path);
}

static const char *path_of(const struct cli_command *command,
			   const void *values)
{
	return string(command, values, "resume");
}

int resume_check(const struct cli_command *command, const void *values,
		 struct irl_error *err)
{
	const char *path = path_of(command, values);
	char name[MAGIC_MAX], option[] = "--resume", check[MAGIC_MAX];
	struct cli_parsed parsed;
	char *argv[] = {name, option, NULL, NULL};
	int rc;

	if (!path)
		return 0;
	rc = read_header(command, path, check, err);
	if (rc <= 0)
		return rc;
	snprintf(name, sizeof(name), "%s", command->name);
	argv[2] = strdup(path);
	if (!argv[2])
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	rc = cli_parse(&parsed, command, 3, argv, err);
	if (!rc)
		rc = check_content(command, parsed.values, check, path, err);
	if (!rc)
		rc = compare(command, parsed.values, values, path, err);
	if (!rc)
		rc = compare_lists(command, parsed.values, values, path, err);
	cli_parsed_fini(&parsed, command);
	free(argv[2]);
	return rc;
}

/* ---- one run at a time ---------------------------------------------------
 */

/* Where the file itself will be; a device has no place, and may be shared. */
static bool name_lock(const char *path, char name[IRL_OS_BESIDE])
{
	char place[IRL_OS_PATH];
	struct irl_os_file file;

	if (irl_os_look(path, &file) && !file.regular)
		return false;
	if (!irl_os_follow(path, place))
		snprintf(place, sizeof(place), "%s", path);
	snprintf(name, IRL_OS_BESIDE, "%s" RESUME_LOCK, place);
	return true;
}

/* Where nobody can have a lock the file may still be written, directly. */
static int cannot_lock(const struct cli_command *command, const char *path,
		       const char *name, int number, struct irl_error *err)
{
	if (number == ENOENT) /* nor can there be a file: that is told later */
		return 0;
	if (irl_os_is_no_place(number) && !irl_os_exists(name))
		return 0;
	if (number != EBUSY)
		return irl_error_errno(err, number, "cannot lock %s", name);
	return irl_error_set(err, IRL_EBUSY,
			     "--resume: another irl %s is at work with %s; "
			     "wait for its end, or give another FILE",
			     command->name, path);
}

/* Locks are empty; what is not is somebody's, and would go with the lock. */
static int check_lock(const char *path, const char *name, struct irl_error *err)
{
	struct irl_os_file file;

	if (!irl_os_look(name, &file) || !file.bytes || file.directory)
		return 0;
	return irl_error_set(err, IRL_EINVAL,
			     "--resume: %s, which would be the lock of %s, is "
			     "not empty; give another FILE, or move that away",
			     name, path);
}

int resume_lock(struct resume_lock *lock, const struct cli_command *command,
		const void *values, struct irl_error *err)
{
	const char *path = path_of(command, values);
	char name[IRL_OS_BESIDE];
	int rc;

	*lock = (struct resume_lock){0};
	if (!path || !name_lock(path, name))
		return 0;
	rc = check_lock(path, name, err);
	if (rc)
		return rc;
	lock->fd = irl_os_lock(name);
	if (lock->fd < 0)
		return cannot_lock(command, path, name, errno, err);
	lock->path = strdup(name);
	if (lock->path)
		return 0;
	irl_os_unlock(lock->fd, name);
	return irl_error_set(err, IRL_ENOMEM, "out of memory");
}

void resume_unlock(struct resume_lock *lock)
{
	if (lock->path)
		irl_os_unlock(lock->fd, lock->path);
	free(lock->path);
	*lock = (struct resume_lock){0};
}

bool resume_goes_on(const struct cli_command *command, const void *values)
{
	return number(command, values, "start") ||
	       (path_of(command, values) &&
		string(command, values, "targets-hash"));
}

void resume_tell_done(const struct cli_command *command, const void *values)
{
	cli_complain(command->name,
		     "this is done already, as %s says; to do it anew, remove "
		     "that file or give another --resume FILE",
		     path_of(command, values));
}

/* Records that the file is to call done are on the disk before it says so:
 * else a power cut might leave it, and not them. */
static int sync_records(const struct resume_job *job, struct irl_error *err)
{
	const char *path = string(job->command, job->values, "output-file");
	bool is_stdout = !strcmp(path, "-");
	struct irl_os_file file;
	int fd, rc = 0;

	if (!(is_stdout ? irl_os_look_fd(STDOUT_FILENO, &file)
			: irl_os_look(path, &file)) ||
	    !file.regular)
		return 0;
	fd = is_stdout ? irl_os_duplicate(STDOUT_FILENO)
		       : irl_os_open(path, IRL_OS_WRITE);
	if (fd < 0 || irl_os_sync_data(fd))
		rc = irl_error_errno(err, errno, "cannot write %s",
				     is_stdout ? "standard output" : path);
	if (fd >= 0)
		close(fd);
	if (!is_stdout)
		irl_os_sync_directory(path);
	return rc;
}

int resume_write(const struct resume_job *job,
		 const struct irl_fetch_place *place, struct irl_error *err)
{
	const char *path = path_of(job->command, job->values);
	struct irl_os_draft draft;
	int rc = sync_records(job, err);

	if (rc)
		return rc;
	rc = irl_os_draft_open(&draft, path);
	if (!rc) {
		put_all(draft.file, job, place);
		rc = irl_os_draft_close(&draft);
	}
	return rc ? irl_error_errno(err, errno, "cannot write %s", path) : 0;
}

int resume_write_end(const struct resume_job *job, uint64_t end)
{
	const struct irl_fetch_place place = {.next = end};
	struct irl_error err = {0};

	if (!path_of(job->command, job->values) ||
	    !resume_write(job, &place, &err))
		return CLI_DONE;
	cli_complain(job->command->name, "all is done, but %s", err.text);
	return CLI_FAILED;
}

/* ---- while it runs -------------------------------------------------------
 */

bool resume_is_due(struct resume_saver *saver, double elapsed_s)
{
	bool hurry = interrupt_seen() && !saver->hurried;

	saver->hurried |= hurry;
	return hurry || elapsed_s - saver->saved_s >= saver->every_s;
}

int resume_meanwhile(struct resume_saver *saver, const struct resume_job *job,
		     const struct irl_fetch_place *place, double elapsed_s,
		     struct irl_error *err)
{
	bool moved = !saver->saved || place->next != saver->next ||
		     place->again_count || place->done_count;
	bool told = saver->failed;

	if (!path_of(job->command, job->values) || !moved)
		return 0;
	saver->saved_s = elapsed_s;
	saver->failed = resume_write(job, place, err) < 0;
	if (saver->failed)
		return told ? 0 : -err->code;
	saver->saved = true;
	saver->next = place->next;
	return 0;
}

void resume_tell_failure(const struct cli_command *command,
			 const struct irl_error *err)
{
	cli_complain(command->name,
		     "%s; the resume file stays as it was, and will be tried "
		     "again",
		     err->text);
}

/* ---- positions -----------------------------------------------------------
 */

static int add_range(struct resume_positions *out, uint64_t first,
		     uint64_t last)
{
	uint64_t *grown;

	if (last - first >= RESUME_POSITIONS_MAX - out->count)
		return -IRL_EINVAL;
	grown =
	    realloc(out->at, (out->count + last - first + 1) * sizeof(*grown));
	if (!grown)
		return -IRL_ENOMEM;
	out->at = grown;
	while (first <= last)
		out->at[out->count++] = first++;
	return 0;
}

/* Ascending, from *@least on and before @end. */
static int add_text(struct resume_positions *out, const char *text,
		    uint64_t *least, uint64_t end)
{
	uint64_t first, last;
	int rc = 0;

	while (!rc && *text) {
		if (!read_range(&text, &first, &last) || first < *least ||
		    last >= end)
			return -IRL_EINVAL;
		rc = add_range(out, first, last);
		*least = last + 1;
	}
	return rc;
}

int resume_read_positions(struct resume_positions *out, const char *option,
			  const struct cli_list *list, uint64_t first,
			  uint64_t end, struct irl_error *err)
{
	int rc = 0;

	*out = (struct resume_positions){0};
	for (size_t i = 0; !rc && i < list->count; i++)
		rc = *list->item[i] ? add_text(out, list->item[i], &first, end)
				    : -IRL_EINVAL;
	if (!rc)
		return 0;
	resume_free_positions(out);
	if (rc == -IRL_ENOMEM)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	return irl_error_set(err, IRL_EINVAL,
			     "--%s: not what a resume file of this part says, "
			     "which is ascending positions; has the file been "
			     "changed?  Begin anew with another --resume FILE",
			     option);
}

void resume_free_positions(struct resume_positions *positions)
{
	free(positions->at);
	*positions = (struct resume_positions){0};
}
