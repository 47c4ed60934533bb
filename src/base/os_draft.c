// SPDX-License-Identifier: BSD-2-Clause
/* Files that are replaced, by what each system does of it. */
#include <string.h>
#include "base/os.h"

#define LINKS_MAX 40u

bool irl_os_follow(const char *path, char place[IRL_OS_PATH])
{
	if (snprintf(place, IRL_OS_PATH, "%s", path) >= IRL_OS_PATH)
		return false;
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		char link[IRL_OS_PATH];
		size_t base;

		if (!irl_os_read_link(place, link, sizeof(link)))
			return true;
		base = irl_os_is_whole(link) ? 0 : irl_os_base(place);
		if ((size_t)snprintf(place + base, IRL_OS_PATH - base, "%s",
				     link) >= IRL_OS_PATH - base)
			return false;
	}
	return false;
}

/* Devices and pipes are nothing that can be replaced. */
static bool is_replaced(const char *path)
{
	struct irl_os_file file;

	return !irl_os_look(path, &file) || file.regular;
}

static bool name_draft(struct irl_os_draft *draft, const char *path)
{
	return is_replaced(path) && irl_os_follow(path, draft->place) &&
	       snprintf(draft->name, sizeof(draft->name), "%s" IRL_OS_DRAFT,
			draft->place) < (int)sizeof(draft->name);
}

/* For want of room there will be none in the file either. */
bool irl_os_is_no_place(int number)
{
	return number == EACCES || number == EPERM || number == EROFS ||
	       number == ENAMETOOLONG;
}

int irl_os_draft_open(struct irl_os_draft *draft, const char *path)
{
	*draft = (struct irl_os_draft){0};
	if (name_draft(draft, path)) {
		draft->file = irl_os_fopen(draft->name, "w");
		if (draft->file) {
			irl_os_take_after(draft->file, path);
			return 0;
		}
		if (!irl_os_is_no_place(errno))
			return -1;
	}
	draft->name[0] = '\0';
	draft->file = irl_os_fopen(path, "w");
	return draft->file ? 0 : -1;
}

/* What stdio has kept of a failure is only that there was one. */
static int finish(struct irl_os_draft *draft)
{
	int failed = 0;

	if (fflush(draft->file) || (*draft->name && irl_os_sync(draft->file)))
		failed = errno;
	else if (ferror(draft->file))
		failed = EIO;
	if (fclose(draft->file) && !failed)
		failed = errno;
	return failed;
}

int irl_os_copy(const char *path, const char *copy)
{
	FILE *from = irl_os_fopen(path, "r");
	FILE *to = from ? irl_os_fopen(copy, "w") : NULL;
	int failed = to ? 0 : errno;
	char part[4096];
	size_t n;

	if (to)
		irl_os_take_after(to, path);
	while (!failed && (n = fread(part, 1, sizeof(part), from)) > 0)
		if (fwrite(part, 1, n, to) != n)
			failed = errno;
	if (!failed && ferror(from))
		failed = EIO;
	if (to && (fflush(to) || irl_os_sync(to)) && !failed)
		failed = errno;
	if (to && fclose(to) && !failed)
		failed = errno;
	if (from)
		fclose(from);
	errno = failed;
	return failed ? -1 : 0;
}

static int take_place(const struct irl_os_draft *draft)
{
	int failed;

	if (!irl_os_rename(draft->name, draft->place))
		return 0;
	failed = errno;
	if (failed == EBUSY) {
		/* Of a mount point, as in a container, the name cannot be
		 * taken, but the draft is whole meanwhile. */
		if (irl_os_copy(draft->name, draft->place))
			return errno; /* the draft is all there is */
		failed = 0;
	}
	irl_os_remove(draft->name);
	return failed;
}

int irl_os_draft_close(struct irl_os_draft *draft)
{
	int failed = finish(draft);

	if (*draft->name && failed)
		irl_os_remove(draft->name);
	else if (*draft->name)
		failed = take_place(draft);
	errno = failed;
	return failed ? -1 : 0;
}
