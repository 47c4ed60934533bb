// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "port/share_door.h"

/* Also part of the names: builds that differ in it do not meet. */
#define VERSION 1u
#define LOCK SHARE_HOLDERS /* the slot behind the last */
#define KNOCKING 16

static socklen_t name(struct sockaddr_un *at, unsigned ifindex, unsigned slot)
{
	memset(at, 0, sizeof(*at));
	at->sun_family = AF_UNIX;
	/* from the second byte on: abstract */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)snprintf(
			       at->sun_path + 1, sizeof(at->sun_path) - 1,
			       "irlstack/%u/%u/%u", VERSION, ifindex, slot));
}

static int open_socket(void)
{
	int fd =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int irl_door_bind(unsigned ifindex, unsigned slot)
{
	struct sockaddr_un at;
	socklen_t length = name(&at, ifindex, slot);
	int fd = open_socket(), err;

	if (fd < 0)
		return fd;
	if (!bind(fd, (struct sockaddr *)&at, length) && !listen(fd, KNOCKING))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int irl_door_try_lock(unsigned ifindex)
{
	int fd = irl_door_bind(ifindex, LOCK);

	return fd == -EADDRINUSE ? -EAGAIN : fd;
}

/* Root or ourselves; anyone may bind such a name. */
static bool is_stranger(int fd, int *pid)
{
	struct ucred who = {0};
	socklen_t size = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size))
		return true;
	*pid = who.pid;
	return who.uid != 0 && who.uid != geteuid();
}

int irl_door_connect(unsigned ifindex, unsigned slot, int *pid)
{
	struct sockaddr_un at;
	socklen_t length = name(&at, ifindex, slot);
	int fd = open_socket(), err = 0;

	*pid = 0;
	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&at, length))
		err = -errno;
	else if (is_stranger(fd, pid))
		err = -EPERM;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int irl_door_lock_pid(unsigned ifindex)
{
	int pid, fd = irl_door_connect(ifindex, LOCK, &pid);

	if (fd >= 0)
		close(fd);
	return pid;
}

int irl_door_accept(int listener, int *pid)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (!is_stranger(fd, pid))
		return fd;
	close(fd);
	return -EPERM;
}

/* A message and up to three descriptors; which, its first byte tells. */
union envelope {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(3 * sizeof(int))];
};

struct letter {
	uint32_t has; /* bits: link, array, root */
	struct irl_share_hello hello;
};

int irl_door_tell(int fd, const struct irl_share_hello *hello,
		  const struct irl_share_files *files)
{
	const int all[3] = {files->link, files->array, files->root};
	struct letter letter = {.hello = *hello};
	struct iovec part = {&letter, sizeof(letter)};
	union envelope control = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *head = &control.align;
	int send[3];
	unsigned n = 0;

	letter.hello.version = VERSION;
	for (unsigned i = 0; i < 3; i++)
		if (all[i] >= 0) {
			letter.has |= 1u << i;
			send[n++] = all[i];
		}
	if (n) {
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(head), send, n * sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno
								      : 0;
}

static unsigned descriptors(struct msghdr *message, int got[3])
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	size_t bytes;

	if (!head || head->cmsg_level != SOL_SOCKET ||
	    head->cmsg_type != SCM_RIGHTS)
		return 0;
	bytes = head->cmsg_len - CMSG_LEN(0);
	memcpy(got, CMSG_DATA(head), bytes);
	return (unsigned)(bytes / sizeof(int));
}

static int take_letter(int fd, struct letter *letter, int got[3],
		       unsigned *count)
{
	struct iovec part = {letter, sizeof(*letter)};
	union envelope control = {0};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*count = 0;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!n)
		return -ECONNRESET;
	*count = descriptors(&message, got);
	return n == (ssize_t)sizeof(*letter) &&
		       letter->hello.version == VERSION &&
		       letter->hello.slot < SHARE_HOLDERS &&
		       letter->hello.lanes <= SHARE_LANES &&
		       letter->hello.lane <= SHARE_LANES - letter->hello.lanes
		   ? 1
		   : -EPROTO;
}

int irl_door_hear(int fd, struct irl_share_hello *hello,
		  struct irl_share_files *files, int timeout_ms)
{
	int *all[3] = {&files->link, &files->array, &files->root};
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	struct letter letter = {0};
	int got[3] = {-1, -1, -1}, rc;
	unsigned count, n = 0;

	*files = (struct irl_share_files){-1, -1, -1};
	if (timeout_ms && poll(&ready, 1, timeout_ms) <= 0)
		return 0;
	rc = take_letter(fd, &letter, got, &count);
	for (unsigned i = 0; rc == 1 && i < 3 && n < count; i++)
		if (letter.has & 1u << i)
			*all[i] = got[n++];
	for (; n < count; n++)
		close(got[n]);
	if (rc == 1)
		*hello = letter.hello;
	return rc;
}
