// SPDX-License-Identifier: BSD-2-Clause
/* The files of a scan: each output its own, and one that can be written. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "scan.h"

/* A file that is there, or the place in a directory where it will be. */
struct place {
	dev_t device;
	ino_t inode;
	const char *name; /* empty: it is there */
};

/* Its directory's name, cut off at the last slash. */
static void directory_of(const char *path, char directory[4096])
{
	const char *slash = strrchr(path, '/');

	snprintf(directory, 4096, "%.*s", slash ? (int)(slash - path) + 1 : 1,
		 slash ? path : ".");
}

/* False for what is no regular file: devices and pipes may be shared. */
static bool find(const char *path, int standard, struct place *place)
{
	const char *slash = strrchr(path, '/');
	char directory[4096];
	struct stat st;

	place->name = "";
	if (strcmp(path, "-") ? stat(path, &st) : fstat(standard, &st)) {
		place->name = slash ? slash + 1 : path;
		directory_of(path, directory);
		if (stat(directory, &st))
			return false;
	} else if (!S_ISREG(st.st_mode)) {
		return false;
	}
	place->device = st.st_dev;
	place->inode = st.st_ino;
	return true;
}

static bool are_same(const char *output, const char *other, int standard)
{
	struct place a, b;

	return output && other && find(output, STDOUT_FILENO, &a) &&
	       find(other, standard, &b) && a.device == b.device &&
	       a.inode == b.inode && !strcmp(a.name, b.name);
}

static int refuse(const char *option, const char *path, const char *other,
		  struct irl_error *err)
{
	return irl_error_set(err, IRL_EINVAL,
			     "--%s: %s is the file of --%s, too; give another",
			     option, path, other);
}

static int check_list(const char *option, const char *path, const char *other,
		      const struct cli_list *list, struct irl_error *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (are_same(path, list->item[i], STDIN_FILENO))
			return refuse(option, path, other, err);
	return 0;
}

int scan_paths_try(const char *path, struct irl_error *err)
{
	struct stat st;
	int fd;

	if (!path || !strcmp(path, "-"))
		return 0;
	if (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0; /* opening a pipe would wait for its reader */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd >= 0)
		unlink(path);
	else if (errno == EEXIST)
		fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return irl_error_errno(err, errno, "cannot write %s", path);
	close(fd);
	return 0;
}

int scan_paths_check(const struct scan_values *v, struct irl_error *err)
{
	const struct {
		const char *option, *path;
	} output[] = {{"output-file", v->output_file},
		      {"metadata-file", v->metadata_file},
		      {"status-updates-file", v->status_file},
		      {"resume", v->resume}};
	unsigned count = CLI_COUNT_OF(output);
	int rc = 0;

	for (unsigned i = 0; !rc && i < count; i++) {
		const char *option = output[i].option, *path = output[i].path;

		for (unsigned k = 0; !rc && k < i; k++)
			if (are_same(path, output[k].path, STDOUT_FILENO))
				rc =
				    refuse(option, path, output[k].option, err);
		if (!rc)
			rc = check_list(option, path, "allowlist-file",
					&v->allow_file, err);
		if (!rc)
			rc = check_list(option, path, "blocklist-file",
					&v->block_file, err);
	}
	if (!rc)
		rc = scan_paths_try(v->metadata_file, err);
	return rc ? rc : scan_resume_try(v->resume, err);
}
