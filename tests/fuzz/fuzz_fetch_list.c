// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lists of targets for a fetch, any bytes: what comes out is whole, errors name
 * the line, are fit for a terminal and end nothing, but for UTF-16's mark, and
 * it is the same whether the list comes at once or in pieces.  An object of
 * JSON that is good is not without its last byte.
 *
 * Input: a byte for the size of the pieces, then the list.
 */
#include <fcntl.h>
#include <unistd.h>
#include "app/fetch_json.c"
#include "app/fetch_list.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LISTS_MAX 32768u /* a pipe takes so much at once */
#define LONGEST 4096u    /* line, so that some are too long */

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* What a list came to. */
struct told {
	uint64_t targets, errors, hash;
	int rc;
	struct irl_error err;
};

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	while (size--)
		hash = (hash ^ *at++) * 0x100000001b3u;
	return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
	return mix(hash, text ? text : "\1", text ? strlen(text) + 1 : 1);
}

static void take(struct told *told, const struct irl_fetch_target *target)
{
	require(target->port != 0);
	require(!target->domain || strlen(target->domain) <= 255);
	require(!target->tag || strlen(target->tag) <= IRL_FETCH_TAG_MAX);
	told->targets++;
	told->hash = mix(told->hash, &target->addr, sizeof(target->addr));
	told->hash = mix(told->hash, &target->port, sizeof(target->port));
	told->hash = mix_text(told->hash, target->domain);
	told->hash = mix_text(told->hash, target->tag);
}

static void take_error(struct told *told)
{
	size_t n = strnlen(told->err.text, sizeof(told->err.text));

	require(told->err.code == -told->rc);
	require(n < sizeof(told->err.text));
	require(told->rc == -IRL_EPARSE
		    ? !strncmp(told->err.text, "list:", 5)
		    : !strncmp(told->err.text, "list is UTF-16", 14) ||
			  !strncmp(told->err.text, "list is compressed", 18));
	for (size_t i = 0; i < n; i++)
		require(told->err.text[i] >= 0x20 && told->err.text[i] < 0x7f);
	told->errors++;
	told->hash = mix_text(told->hash, told->err.text);
}

/* Read it through a pipe that gets @piece bytes whenever it is empty. */
static void read_list(const uint8_t *data, size_t size, size_t piece,
		      struct told *told)
{
	struct irl_fetch_target target;
	struct fetch_list *list;
	int ends[2];

	*told = (struct told){.hash = 1};
	require(!fetch_list_open(&list, "/dev/null", 80, NULL));
	require(!pipe2(ends, O_CLOEXEC));
	close(list->fd);
	list->fd = ends[0];
	list->name = "list";
	list->line_max = LONGEST;
	do {
		if (!told->rc && size) {
			size_t n = size < piece ? size : piece;

			require(write(ends[1], data, n) == (ssize_t)n);
			data += n;
			size -= n;
		} else if (!told->rc && ends[1] >= 0) {
			close(ends[1]);
			ends[1] = -1;
		}
		told->rc = fetch_list_next(list, &target, &told->err);
		if (told->rc == 1)
			take(told, &target);
		if (told->rc < 0)
			take_error(told);
	} while (told->rc != IRL_FETCH_END && told->rc != -IRL_EINVAL);
	if (ends[1] >= 0)
		close(ends[1]);
	fetch_list_close(list);
}

/* Is the line of @size bytes an object?  What is said lies in it, and ends. */
static bool is_object(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1);
	struct fetch_field said[FIELDS];
	struct fetch_fault fault;
	bool good;

	require(line);
	memcpy(line, data, size);
	line[size] = '\0';
	memcpy(said, nothing_said, sizeof(said));
	good = fetch_json_read(line, said, FIELDS, &fault);
	require(good == !fault.what);
	require(good || (fault.at >= line && fault.at <= line + size));
	for (unsigned i = 0; good && i < FIELDS; i++)
		require(!said[i].text ||
			(said[i].text > line &&
			 said[i].text + said[i].length < line + size &&
			 strlen(said[i].text) == said[i].length));
	free(line);
	return good;
}

/* The first line; blanks behind it are nobody's. */
static void check_object(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);

	size = end ? (size_t)(end - data) : size;
	size = strnlen((const char *)data, size);
	while (size && strchr(" \t\r", data[size - 1]))
		size--;
	if (size)
		require(!is_object(data, size) || !is_object(data, size - 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct told whole, pieces;

	if (size < 1 || size > LISTS_MAX)
		return 0;
	check_object(data + 1, size - 1);
	read_list(data + 1, size - 1, LISTS_MAX, &whole);
	read_list(data + 1, size - 1, 1 + data[0], &pieces);
	require(whole.targets == pieces.targets && whole.hash == pieces.hash);
	require(whole.errors == pieces.errors);
	return 0;
}
