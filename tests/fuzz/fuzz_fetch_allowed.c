// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a fetch's list may hold: any bytes as a list of exclusions, in which
 * both families are mixed.  A file and a text without comments say the same; a
 * zero byte hides nothing; what is excluded is so to the last address of its
 * prefix, and no further, also where IPv4 is written as IPv6.
 * Input: the list.
 */
#include <sys/mman.h>
#include <unistd.h>
#include "app/fetch_allowed.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static int make(struct fetch_allowed **out, const char *text, const char *path,
		struct irl_error *err)
{
	const char *all = "all";
	struct fetch_values v = {.allow_special = {&all, 1}};

	if (text)
		v.exclude = (struct cli_list){&text, 1};
	if (path)
		v.block_file = (struct cli_list){&path, 1};
	return fetch_allowed_new(out, &v, err);
}

static void check_error(int rc, const struct irl_error *err)
{
	size_t n = strnlen(err->text, sizeof(err->text));

	require(rc < 0 && err->code == -rc);
	require(n > 0 && n < sizeof(err->text));
	for (size_t i = 0; i < n; i++)
		require(err->text[i] >= 0x20 && err->text[i] < 0x7f);
}

static void flip(struct irl_ip *addr, unsigned bit)
{
	addr->byte[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
}

/* The first and last address of a prefix are in it, its neighbour is not. */
static void check_prefix(const struct fetch_allowed *allowed,
			 const struct prefix *prefix)
{
	struct irl_ip addr = prefix->addr;

	require(!irl_ip_is4(&addr)); /* nobody would ask for it */
	require(!fetch_allowed_has(allowed, &addr));
	for (unsigned bit = prefix->length; bit < 128; bit++) {
		flip(&addr, bit);
		require(irl_ip_is4(&addr) ||
			!fetch_allowed_has(allowed, &addr));
	}
	if (!prefix->length)
		return;
	flip(&addr, prefix->length - 1);
	require(!holds(prefix, &addr));
}

/* Of an item like ::ffff:10.0.0.0/104, the first address and those that differ
 * from it by one bit are excluded. */
static void check_mapped(const struct fetch_allowed *allowed, const char *item)
{
	const char *slash = strchrnul(item, '/');
	unsigned long length = *slash ? strtoul(slash + 1, NULL, 10) : 128;
	struct irl_ip addr;
	char part[64];

	snprintf(part, sizeof(part), "%.*s", (int)(slash - item), item);
	if (!strchr(part, ':') || !irl_ip_read(part, &addr) ||
	    !irl_ip_is4(&addr))
		return;
	require(length >= 96);
	require(!fetch_allowed_has(allowed, &addr));
	for (unsigned bit = (unsigned)length; bit < 128; bit++) {
		flip(&addr, bit);
		require(!fetch_allowed_has(allowed, &addr));
		flip(&addr, bit);
	}
}

static void check_all_mapped(const struct fetch_allowed *allowed, char *text)
{
	char *rest = NULL, *item = strtok_r(text, SEPARATORS, &rest);

	for (; item; item = strtok_r(NULL, SEPARATORS, &rest))
		check_mapped(allowed, item);
}

/* Besides in comments. */
static bool has_zero(const uint8_t *data, size_t size)
{
	bool comment = false;

	for (size_t i = 0; i < size; i++) {
		if (!data[i] && !comment)
			return true;
		comment = data[i] != '\n' && (comment || data[i] == '#');
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A mark is no part of its list. */
	const int mark = irl_text_mark(data, size, "list", NULL);
	const size_t skip = mark > 0 ? (size_t)mark : 0;
	struct fetch_allowed *by_text = NULL, *by_file = NULL;
	struct irl_error err = {0}, other = {0};
	int fd = memfd_create("list", 0), rc, file_rc;
	char *text = malloc(size + 1), path[64];

	require(fd >= 0 && text);
	memcpy(text, data + skip, size - skip);
	text[size - skip] = '\0';
	require(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = make(&by_text, text, NULL, &err);
	file_rc = make(&by_file, NULL, path, &other);
	if (rc)
		check_error(rc, &err);
	if (file_rc)
		check_error(file_rc, &other);
	if (mark < 0)
		require(file_rc == mark);
	else if (!memchr(data, '#', size) && !memchr(data, 0, size)) {
		require(rc == file_rc);
		require(rc || by_text->blocked.count == by_file->blocked.count);
	}
	require(file_rc || !has_zero(data, size));
	for (unsigned i = 0; by_text && i < by_text->blocked.count; i++)
		check_prefix(by_text, &by_text->blocked.item[i]);
	if (by_text)
		check_all_mapped(by_text, text);
	fetch_allowed_free(by_text);
	fetch_allowed_free(by_file);
	close(fd);
	free(text);
	return 0;
}
