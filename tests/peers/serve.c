// SPDX-License-Identifier: BSD-2-Clause
/*
 * The host's TCP as a peer: send back what comes, until its end; with a file,
 * send that to whoever has sent anything, and close.
 *
 *   serve PORT [FILE]
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_on(const char *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(fd, 64)) {
		perror("serve");
		exit(1);
	}
	return fd;
}

static void echo(int fd)
{
	static char bytes[1 << 16];
	ssize_t n, done, part;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		for (done = 0; done < n; done += part) {
			part = write(fd, bytes + done, (size_t)(n - done));
			if (part <= 0)
				return;
		}
}

static void give(int fd, const char *path)
{
	int file = open(path, O_RDONLY);
	char bytes[4096];

	if (file < 0) {
		perror(path);
		return;
	}
	if (read(fd, bytes, sizeof(bytes)) > 0)
		while (sendfile(fd, file, NULL, 1 << 20) > 0)
			;
	shutdown(fd, SHUT_WR);
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

int main(int argc, char **argv)
{
	int listener, fd;

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "serve PORT [FILE]\n");
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	listener = listen_on(argv[1]);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		if (!fork()) {
			close(listener);
			if (argc == 3)
				give(fd, argv[2]);
			else
				echo(fd);
			return 0;
		}
		close(fd);
	}
	return 1;
}
