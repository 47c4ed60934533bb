// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/os.h"
#include "paths.h"
#include "resume.h"

/* A file that is there, or the place in a directory where it will be. */
struct place {
	struct irl_os_file file;
	char name[IRL_OS_PATH]; /* empty: it is there */
};

/* False for what is no regular file: devices and pipes may be shared. */
static bool find(const char *path, int standard, struct place *place)
{
	char directory[IRL_OS_PATH];
	size_t base;

	place->name[0] = '\0';
	if (strcmp(path, "-") ? irl_os_look(path, &place->file)
			      : irl_os_look_fd(standard, &place->file))
		return place->file.regular;
	if (!irl_os_follow(path, place->name))
		return false;
	base = irl_os_base(place->name);
	snprintf(directory, sizeof(directory), "%.*s", base ? (int)base : 1,
		 base ? place->name : ".");
	memmove(place->name, place->name + base,
		strlen(place->name + base) + 1);
	return irl_os_look(directory, &place->file);
}

static bool are_same(const char *output, const char *other, int standard)
{
	struct place a, b;

	return output && other && find(output, STDOUT_FILENO, &a) &&
	       find(other, standard, &b) && a.file.device == b.file.device &&
	       a.file.number == b.file.number &&
	       irl_os_same_name(a.name, b.name);
}

/* Is @other what stands beside @output while that is replaced? */
static bool is_beside(const struct path_output *output, const char *other,
		      int standard)
{
	static const char *const endings[] = {IRL_OS_DRAFT, RESUME_LOCK};
	char place[IRL_OS_PATH], beside[IRL_OS_BESIDE];
	bool same = false;

	if (!output->replaced || !output->path || !strcmp(output->path, "-") ||
	    !irl_os_follow(output->path, place))
		return false;
	for (unsigned i = 0; !same && i < CLI_COUNT_OF(endings); i++) {
		snprintf(beside, sizeof(beside), "%s%s", place, endings[i]);
		same = are_same(beside, other, standard);
	}
	return same;
}

static int refuse_beside(const char *option, const char *path,
			 const struct path_output *replaced,
			 struct irl_error *err)
{
	return irl_error_set(err, IRL_EINVAL,
			     "--%s: %s would be overwritten while --%s is; "
			     "give another",
			     option, path, replaced->option);
}

static int refuse(const char *option, const char *path, const char *other,
		  struct irl_error *err)
{
	return irl_error_set(err, IRL_EINVAL,
			     "--%s: %s is the file of --%s, too; give another",
			     option, path, other);
}

static int check_inputs(const struct path_output *output,
			const struct path_input *input, struct irl_error *err)
{
	for (size_t i = 0; i < input->list->count; i++) {
		const char *path = input->list->item[i];

		if (are_same(output->path, path, STDIN_FILENO))
			return refuse(output->option, output->path,
				      input->option, err);
		if (is_beside(output, path, STDIN_FILENO))
			return refuse_beside(input->option, path, output, err);
	}
	return 0;
}

static int check_outputs(const struct path_output *output,
			 const struct path_output *other, struct irl_error *err)
{
	if (are_same(output->path, other->path, STDOUT_FILENO))
		return refuse(output->option, output->path, other->option, err);
	if (is_beside(output, other->path, STDOUT_FILENO))
		return refuse_beside(other->option, other->path, output, err);
	if (is_beside(other, output->path, STDOUT_FILENO))
		return refuse_beside(output->option, output->path, other, err);
	return 0;
}

int paths_try(const char *path, struct irl_error *err)
{
	char place[IRL_OS_PATH];
	struct irl_os_file file;
	bool made;
	int fd;

	if (!path || !strcmp(path, "-"))
		return 0;
	if (irl_os_look(path, &file) && !file.regular && !file.directory)
		return 0; /* opening a pipe would wait for its reader */
	/* Of links that lead around, and of names that are too long, opening
	 * tells. */
	if (!irl_os_follow(path, place))
		snprintf(place, sizeof(place), "%s", path);
	fd = irl_os_open(place, IRL_OS_NEW);
	made = fd >= 0;
	if (!made && errno == EEXIST)
		fd = irl_os_open(path, IRL_OS_WRITE);
	if (fd < 0)
		return irl_error_errno(err, errno, "cannot write %s", path);
	close(fd);
	if (made) /* open files cannot be removed everywhere */
		irl_os_remove(place);
	return 0;
}

int paths_check(const struct path_output outputs[], unsigned output_count,
		const struct path_input inputs[], unsigned input_count,
		struct irl_error *err)
{
	int rc = 0;

	for (unsigned i = 0; !rc && i < output_count; i++) {
		const struct path_output *output = &outputs[i];

		for (unsigned k = 0; !rc && k < i; k++)
			rc = check_outputs(output, &outputs[k], err);
		for (unsigned k = 0; !rc && k < input_count; k++)
			rc = check_inputs(output, &inputs[k], err);
	}
	for (unsigned i = 0; !rc && i < output_count; i++)
		rc = paths_try(outputs[i].path, err);
	return rc;
}
