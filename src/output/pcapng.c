// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <irl/frame.h>
#include <irl/pcapng.h>
#include "base/os.h"

#define BUFFER_BYTES (256u << 10)
#define NAME_MAX_BYTES 256u
#define FRAME_MAX_BYTES (128u << 10) /* GRO joins to 64 KiB; room to spare */

/* Block and option types: draft-ietf-opsawg-pcapng, 4 and 3.5. */
#define SECTION_HEADER 0x0a0d0d0au
#define INTERFACE_DESCRIPTION 1u
#define ENHANCED_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINKTYPE_ETHERNET 1
#define OPTION_END 0
#define OPTION_APPLICATION 4
#define OPTION_IF_NAME 2
#define OPTION_IF_MAC 6
#define OPTION_IF_SPEED 8
#define OPTION_IF_TSRESOL 9
#define OPTION_EPB_FLAGS 2

struct irl_pcapng {
	pthread_mutex_t lock;
	int fd;
	bool is_regular;
	int failed; /* the code that ended it, or 0 */
	unsigned interfaces;
	uint64_t written; /* bytes of whole blocks that the file holds */
	size_t used;      /* bytes in the buffer, whole blocks but the last */
	size_t block;     /* where the block being made begins */
	uint8_t buffer[BUFFER_BYTES];
};

/* ---- blocks in the buffer ---------------------------------------------- */

static void put(struct irl_pcapng *p, const void *data, size_t length)
{
	static const uint8_t zero[4];
	size_t pad = -length & 3;

	memcpy(p->buffer + p->used, data, length);
	p->used += length;
	memcpy(p->buffer + p->used, zero, pad);
	p->used += pad;
}

static void put32(struct irl_pcapng *p, uint32_t value)
{
	put(p, &value, sizeof(value));
}

static void put_option(struct irl_pcapng *p, uint16_t code, const void *data,
		       size_t length)
{
	const uint16_t head[2] = {code, (uint16_t)length};

	put(p, head, sizeof(head));
	put(p, data, length);
}

static void begin(struct irl_pcapng *p, uint32_t type)
{
	p->block = p->used;
	put32(p, type);
	put32(p, 0); /* its length, known at the end */
}

static void end(struct irl_pcapng *p)
{
	uint32_t length;

	put_option(p, OPTION_END, "", 0);
	length = (uint32_t)(p->used - p->block + sizeof(length));
	memcpy(p->buffer + p->block + 4, &length, sizeof(length));
	put32(p, length);
}

/* ---- the file ---------------------------------------------------------- */

/* How many of @bytes of the buffer are whole blocks. */
static size_t whole_blocks(const struct irl_pcapng *p, size_t bytes)
{
	size_t at = 0;
	uint32_t length;

	while (at + 8 <= bytes) {
		memcpy(&length, p->buffer + at + 4, sizeof(length));
		if (length > bytes - at)
			break;
		at += length;
	}
	return at;
}

static int fail(struct irl_pcapng *p, int errnum, size_t bytes,
		struct irl_error *err)
{
	p->written += whole_blocks(p, bytes);
	/* Half a block at the end would spoil the file for its readers. */
	if (p->is_regular && irl_os_truncate(p->fd, p->written))
		p->is_regular = false;
	p->failed =
	    -irl_error_errno(err, errnum, "writing pcapng after %llu bytes",
			     (unsigned long long)p->written);
	return -p->failed;
}

static int flush(struct irl_pcapng *p, struct irl_error *err)
{
	size_t done = 0;

	if (p->failed)
		return -p->failed;
	while (done < p->used) {
		ssize_t n =
		    irl_os_write(p->fd, p->buffer + done, p->used - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(p, n ? errno : ENOSPC, done, err);
		done += (size_t)n;
	}
	p->written += done;
	p->used = 0;
	return 0;
}

static int make_room(struct irl_pcapng *p, size_t bytes, struct irl_error *err)
{
	if (p->failed)
		return -p->failed;
	return BUFFER_BYTES - p->used < bytes ? flush(p, err) : 0;
}

/* ---- public ------------------------------------------------------------ */

static void put_section(struct irl_pcapng *p)
{
	static const char application[] = "irlstack";
	const uint16_t version[2] = {1, 0};

	begin(p, SECTION_HEADER);
	put32(p, BYTE_ORDER_MAGIC);
	put(p, version, sizeof(version));
	put32(p, UINT32_MAX); /* section length: not told */
	put32(p, UINT32_MAX);
	put_option(p, OPTION_APPLICATION, application, sizeof(application) - 1);
	end(p);
}

int irl_pcapng_open(struct irl_pcapng **out, const char *path,
		    struct irl_error *err)
{
	struct irl_pcapng *p = calloc(1, sizeof(*p));
	struct irl_os_file file;
	int rc;

	*out = NULL;
	if (!p)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	p->fd = strcmp(path, "-") ? irl_os_open(path, IRL_OS_EMPTY)
				  : irl_os_duplicate(STDOUT_FILENO);
	if (p->fd < 0) {
		rc = irl_error_errno(err, errno, "%s", path);
		free(p);
		return rc;
	}
	/* Truncating needs offsets that are ours alone. */
	p->is_regular =
	    strcmp(path, "-") && irl_os_look_fd(p->fd, &file) && file.regular;
	pthread_mutex_init(&p->lock, NULL);
	put_section(p);
	*out = p;
	return 0;
}

int irl_pcapng_interface(struct irl_pcapng *p, const char *name,
			 const uint8_t mac[6], uint64_t bits_per_second,
			 struct irl_error *err)
{
	const uint16_t link[2] = {LINKTYPE_ETHERNET, 0};
	const uint8_t nanoseconds = 9;
	size_t length = strnlen(name, NAME_MAX_BYTES);
	int rc;

	pthread_mutex_lock(&p->lock);
	rc = make_room(p, length + 128, err);
	if (!rc) {
		begin(p, INTERFACE_DESCRIPTION);
		put(p, link, sizeof(link));
		put32(p, 0); /* no snap length */
		put_option(p, OPTION_IF_NAME, name, length);
		if (mac)
			put_option(p, OPTION_IF_MAC, mac, 6);
		if (bits_per_second)
			put_option(p, OPTION_IF_SPEED, &bits_per_second, 8);
		put_option(p, OPTION_IF_TSRESOL, &nanoseconds, 1);
		end(p);
		rc = (int)p->interfaces++;
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}

int irl_pcapng_write(struct irl_pcapng *p, unsigned interface, uint64_t time_ns,
		     const void *frame, uint32_t length,
		     enum irl_pcapng_direction direction, struct irl_error *err)
{
	const uint32_t flags = direction;
	int rc;

	pthread_mutex_lock(&p->lock);
	if (interface >= p->interfaces || length > FRAME_MAX_BYTES)
		rc = irl_error_set(err, IRL_EINVAL,
				   "pcapng: no interface %u, or a frame of %u "
				   "bytes",
				   interface, length);
	else
		rc = make_room(p, length + 64, err);
	if (!rc) {
		begin(p, ENHANCED_PACKET);
		put32(p, interface);
		put32(p, (uint32_t)(time_ns >> 32));
		put32(p, (uint32_t)time_ns);
		put32(p, length); /* captured */
		put32(p, length); /* on the wire */
		put(p, frame, length);
		if (flags)
			put_option(p, OPTION_EPB_FLAGS, &flags, sizeof(flags));
		end(p);
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}

int irl_pcapng_flush(struct irl_pcapng *p, struct irl_error *err)
{
	int rc;

	pthread_mutex_lock(&p->lock);
	rc = flush(p, err);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

int irl_pcapng_close(struct irl_pcapng *p, struct irl_error *err)
{
	int rc;

	if (!p)
		return 0;
	rc = flush(p, err);
	/* Some file systems tell a full disk here only. */
	if (close(p->fd) && !rc)
		rc = irl_error_errno(err, errno, "closing pcapng");
	pthread_mutex_destroy(&p->lock);
	free(p);
	return rc;
}
