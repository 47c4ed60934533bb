// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lists of targets and ports: any bytes, as text and as a file.  Both ways
 * must agree where they can; what is accepted must seal into a set whose two
 * directions are inverse.
 * Input: a byte that chooses, then the list.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <stdio.h>
#include <irl/target.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* As a file without a file system: errors name the line, never crash. */
static int read_file(struct irl_targets *t, bool block, const uint8_t *data,
		     size_t size, struct irl_error *err)
{
	int fd = memfd_create("list", 0), rc;
	char path[64];

	require(fd >= 0);
	require(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = block ? irl_targets_block_file(t, path, err)
		   : irl_targets_allow_file(t, path, err);
	close(fd);
	return rc;
}

static void check_set(const struct irl_targets *t)
{
	uint64_t count = irl_targets_count(t);

	require(count == irl_targets_addresses(t) * irl_targets_port_count(t));
	require(count > 0 && count <= 1ull << 48);
	for (uint64_t i = 0; i < 64; i++) {
		uint64_t index =
		    i < 2 ? i * (count - 1) : i * 0x9E3779B97F4A7C15ull % count;
		uint64_t back = UINT64_MAX;

		require(irl_targets_index(t, irl_targets_at(t, index), &back));
		require(back == index);
	}
}

static void check_error(int rc, const struct irl_error *err)
{
	size_t n = strnlen(err->text, sizeof(err->text));

	require(rc < 0 && err->code == -rc);
	require(n > 0 && n < sizeof(err->text));
	/* hostile bytes do not reach a terminal */
	for (size_t i = 0; i < n; i++)
		require(err->text[i] >= 0x20 && err->text[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct irl_targets *t = NULL;
	struct irl_error err = {0}, other = {0};
	uint8_t choice;
	char *text;
	int rc, by_text;

	if (size < 1)
		return 0;
	choice = *data++;
	size--;
	text = malloc(size + 1);
	require(text && irl_targets_new(&t, &err) == 0);
	memcpy(text, data, size);
	text[size] = 0;
	if (choice & 1) {
		rc = irl_targets_ports(t, text, &err);
	} else {
		rc = read_file(t, choice & 2, data, size, &err);
		by_text = choice & 2 ? irl_targets_block(t, text, &other)
				     : irl_targets_allow(t, text, &other);
		if (by_text)
			check_error(by_text, &other);
		/* A text without comments means the same in a file. */
		if (!memchr(data, '#', size) && !memchr(data, 0, size) &&
		    by_text == 0)
			require(rc == 0);
	}
	if (rc)
		check_error(rc, &err);
	if (choice & 4)
		irl_targets_allow_special(t, "all", NULL);
	if (!(choice & 1) || rc)
		irl_targets_ports(t, "80,443", NULL);
	/* To seal costs a hundred times what parsing does: not every time. */
	if (!(choice & 0xf8)) {
		rc = irl_targets_seal(t, &err);
		if (rc)
			check_error(rc, &err);
		else
			check_set(t);
	}
	irl_targets_free(t);
	free(text);
	return 0;
}
