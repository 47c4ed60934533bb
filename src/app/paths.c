// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "paths.h"

#define PATH_ROOM 4096
#define LINKS_MAX 40u

/* A file that is there, or the place in a directory where it will be. */
struct place {
	dev_t device;
	ino_t inode;
	char name[PATH_ROOM]; /* empty: it is there */
};

/* Its directory's name, cut off at the last slash. */
static void directory_of(const char *path, char directory[PATH_ROOM])
{
	const char *slash = strrchr(path, '/');

	snprintf(directory, PATH_ROOM, "%.*s",
		 slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
}

/* Where opening @path would make a file: behind links that lead to nothing yet.
 * False: there is no such place. */
static bool follow(const char *path, char place[PATH_ROOM])
{
	if (snprintf(place, PATH_ROOM, "%s", path) >= PATH_ROOM)
		return false;
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		char link[PATH_ROOM], *slash = strrchr(place, '/');
		size_t room = PATH_ROOM;
		ssize_t n = readlink(place, link, sizeof(link) - 1);

		if (n < 0)
			return true;
		link[n] = '\0';
		if (*link != '/' && slash)
			room -= (size_t)(++slash - place);
		else
			slash = place;
		if ((size_t)snprintf(slash, room, "%s", link) >= room)
			return false;
	}
	return false;
}

/* False for what is no regular file: devices and pipes may be shared. */
static bool find(const char *path, int standard, struct place *place)
{
	char directory[PATH_ROOM], *slash;
	struct stat st;

	place->name[0] = '\0';
	if (strcmp(path, "-") ? stat(path, &st) : fstat(standard, &st)) {
		if (!follow(path, place->name))
			return false;
		directory_of(place->name, directory);
		slash = strrchr(place->name, '/');
		if (slash)
			memmove(place->name, slash + 1, strlen(slash));
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

static int check_inputs(const struct path_output *output,
			const struct path_input *input, struct irl_error *err)
{
	for (size_t i = 0; i < input->list->count; i++)
		if (are_same(output->path, input->list->item[i], STDIN_FILENO))
			return refuse(output->option, output->path,
				      input->option, err);
	return 0;
}

int paths_try(const char *path, struct irl_error *err)
{
	char place[PATH_ROOM];
	struct stat st;
	int fd;

	if (!path || !strcmp(path, "-"))
		return 0;
	if (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0; /* opening a pipe would wait for its reader */
	/* Of links that lead around, and of names that are too long, opening
	 * tells. */
	if (!follow(path, place))
		snprintf(place, sizeof(place), "%s", path);
	fd = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd >= 0)
		unlink(place);
	else if (errno == EEXIST)
		fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return irl_error_errno(err, errno, "cannot write %s", path);
	close(fd);
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
			if (are_same(output->path, outputs[k].path,
				     STDOUT_FILENO))
				rc = refuse(output->option, output->path,
					    outputs[k].option, err);
		for (unsigned k = 0; !rc && k < input_count; k++)
			rc = check_inputs(output, &inputs[k], err);
	}
	for (unsigned i = 0; !rc && i < output_count; i++)
		rc = paths_try(outputs[i].path, err);
	return rc;
}
