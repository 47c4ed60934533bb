// SPDX-License-Identifier: BSD-2-Clause
/* Named worlds, kept as "ip netns" keeps its namespaces: bound to a file. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "world/space.h"

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

struct names {
	const char *name;
	char path[2][64]; /* by enum irl_world_side */
};

static int make_names(struct names *n, const char *name, struct irl_error *err)
{
	if (!name)
		name = IRL_WORLD_NAME;
	n->name = name;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			goto bad;
	if (!*name || *name == '.' || strlen(name) > IRL_WORLD_NAME_MAX)
		goto bad;
	snprintf(n->path[IRL_WORLD_SIDE_SCANNER], sizeof(n->path[0]),
		 IRL_SPACE_NAMES "/%s", name);
	snprintf(n->path[IRL_WORLD_SIDE_WORLD], sizeof(n->path[0]),
		 IRL_SPACE_NAMES "/%s-world", name);
	return 0;
bad:
	return irl_error_set(err, IRL_EINVAL,
			     "name '%s': give 1 to %d letters, digits, '-', "
			     "'_' or '.'",
			     name, IRL_WORLD_NAME_MAX);
}

/* ---- looking --------------------------------------------------------------
 */

struct reading {
	struct irl_world_model *model;
	uint64_t *counts;
};

static int read_responder(void *context, struct irl_error *err)
{
	struct reading *r = context;

	return irl_responder_read(r->model, r->counts, err);
}

int irl_world_counts(const struct irl_world *world,
		     uint64_t counts[IRL_WORLD_COUNTS], struct irl_error *err)
{
	struct reading reading = {NULL, counts};

	return irl_space_run(world->space[IRL_WORLD_SIDE_WORLD], read_responder,
			     &reading, err);
}

/* A descriptor of the namespace, -IRL_ENODEV without one; a plain file is what
 * an attempt left that ended before its mount. */
static int open_space(const char *path, struct irl_error *err)
{
	struct statfs fs;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC)
		return fd;
	if (fd >= 0)
		close(fd);
	else if (errno != ENOENT)
		return irl_error_errno(err, errno, "cannot open %s", path);
	return irl_error_set(err, IRL_ENODEV, "there is no namespace %s", path);
}

static int status(const struct names *n, struct irl_world_model *model,
		  uint64_t *counts, struct irl_error *err)
{
	struct reading reading = {model, counts};
	int scanner, world, r;

	scanner = open_space(n->path[IRL_WORLD_SIDE_SCANNER], err);
	if (scanner >= 0)
		close(scanner);
	world = scanner < 0 ? scanner
			    : open_space(n->path[IRL_WORLD_SIDE_WORLD], err);
	if (world < 0)
		return world;
	r = irl_space_run(world, read_responder, &reading, err);
	close(world);
	return r;
}

/* @result of looking for it, told by its name where it is missing. */
static int tell_missing(const struct names *n, int result,
			struct irl_error *err)
{
	if (result == -IRL_ENODEV)
		irl_error_set(err, IRL_ENODEV,
			      "world '%s' is not up; 'irl world up -n %s' "
			      "makes it",
			      n->name, n->name);
	return result;
}

int irl_world_open_space(const char *name, struct irl_error *err)
{
	struct names n;
	int r = make_names(&n, name, err);

	return r < 0
		   ? r
		   : tell_missing(&n,
				  open_space(n.path[IRL_WORLD_SIDE_WORLD], err),
				  err);
}

int irl_world_status(const char *name, struct irl_world_model *model,
		     uint64_t counts[IRL_WORLD_COUNTS], struct irl_error *err)
{
	struct names n;
	int r = make_names(&n, name, err);

	return r < 0 ? r
		     : tell_missing(&n, status(&n, model, counts, err), err);
}

/* ---- taking away ------------------------------------------------------------
 */

/* 1: ours or nothing at all; 0: somebody else's; or -IRL_E... . */
static int may_remove(const char *path, struct irl_error *err)
{
	int r, fd = open_space(path, err);

	if (fd == -IRL_ENODEV)
		return 1;
	if (fd < 0)
		return fd;
	r = irl_space_ours(fd, err);
	close(fd);
	return r;
}

static int remove_space(const char *path, struct irl_error *err)
{
	struct stat st;
	int fd = open_space(path, NULL);

	if (fd >= 0) {
		int r = irl_space_strip(fd, err);

		close(fd);
		if (r < 0)
			return r;
		while (umount2(path, MNT_DETACH) == 0)
			continue;
		if (errno != EINVAL)
			return irl_error_errno(err, errno, "cannot unmount %s",
					       path);
	}
	if (stat(path, &st) && errno == ENOENT)
		return 0;
	if (unlink(path))
		return irl_error_errno(err, errno, "cannot remove %s", path);
	return 0;
}

static int take_down(const struct names *n, struct irl_error *err)
{
	int r;

	for (int side = 0; side < 2; side++) {
		r = may_remove(n->path[side], err);
		if (r < 0)
			return r;
		if (r == 0)
			return irl_error_set(
			    err, IRL_EBUSY,
			    "%s is a namespace that no world made; give "
			    "another name",
			    n->path[side]);
	}
	r = remove_space(n->path[IRL_WORLD_SIDE_SCANNER], err);
	if (r == 0)
		r = remove_space(n->path[IRL_WORLD_SIDE_WORLD], err);
	return r;
}

int irl_world_down(const char *name, struct irl_error *err)
{
	struct names n;
	int r = make_names(&n, name, err);

	return r < 0 ? r : take_down(&n, err);
}

/* ---- bringing up
 * --------------------------------------------------------------- */

/* Do mounts below the folder stay in a copy that this process has of another's,
 * as "ip netns exec" makes it?  They end with it, but for the files. */
static bool is_copy(void)
{
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	char line[1024];
	bool copy = false;

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, " " IRL_SPACE_NAMES " "))
			copy = strstr(line, " master:") != NULL;
	if (file)
		fclose(file);
	return copy;
}

/* Mounts below the folder must reach all mount namespaces, as ip makes it. */
static int share_folder(struct irl_error *err)
{
	if (is_copy())
		return irl_error_set(err, IRL_ENOTSUP,
				     "a world made here would end with mounts "
				     "that others do not see (ip netns exec, "
				     "unshare): bring it up outside");
	if (mkdir(IRL_SPACE_NAMES, 0755) && errno != EEXIST)
		goto failed;
	if (mount("", IRL_SPACE_NAMES, "none", MS_SHARED | MS_REC, NULL) == 0)
		return 0;
	if (errno == EINVAL &&
	    mount(IRL_SPACE_NAMES, IRL_SPACE_NAMES, "none", MS_BIND | MS_REC,
		  NULL) == 0 &&
	    mount("", IRL_SPACE_NAMES, "none", MS_SHARED | MS_REC, NULL) == 0)
		return 0;
failed:
	return irl_error_errno(err, errno,
			       "cannot set up " IRL_SPACE_NAMES
			       " (root is needed: sudo)");
}

static int bind_space(int space, const char *path, struct irl_error *err)
{
	char self[64];
	int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);

	if (fd < 0)
		return irl_error_errno(err, errno, "cannot create %s", path);
	close(fd);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", space);
	if (mount(self, path, "none", MS_BIND, NULL))
		return irl_error_errno(err, errno, "cannot mount %s", path);
	return 0;
}

static int bring_up(const struct names *n,
		    const struct irl_world_options *options,
		    struct irl_error *err)
{
	struct irl_world *world = NULL;
	int r = share_folder(err);

	if (r == 0)
		r = take_down(n, err);
	if (r == 0)
		r = irl_world_new(&world, options, err);
	if (r < 0)
		return r;
	for (int side = 0; r == 0 && side < 2; side++)
		r = bind_space(world->space[side], n->path[side], err);
	irl_world_free(world);
	if (r < 0)
		take_down(n, NULL);
	return r;
}

int irl_world_up(const char *name, const struct irl_world_options *options,
		 struct irl_error *err)
{
	struct irl_world_model now;
	struct names n;
	int r = make_names(&n, name, err);

	if (r == 0)
		r = irl_world_model_check(&options->model, err);
	if (r < 0)
		return r;
	if (status(&n, &now, NULL, NULL) < 0)
		return bring_up(&n, options, err);
	if (memcmp(&now, &options->model, sizeof(now)) == 0)
		return 0;
	return irl_error_set(err, IRL_EBUSY,
			     "world '%s' is up with another model; 'irl world "
			     "down --name %s' first",
			     n.name, n.name);
}
