// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench/process.h"

/* The error of execvp comes through the pipe; nothing: it runs. */
static _Noreturn void child(const char *const argv[], int pipe)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	cpu_set_t all;
	int failed;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	for (int fd = 0; fd < 3 && nowhere >= 0; fd++)
		dup2(nowhere, fd);
	execvp(argv[0], (char *const *)argv);
	failed = errno;
	if (write(pipe, &failed, sizeof(failed)) < 0)
		_exit(126);
	_exit(127);
}

int bench_process_start(pid_t *pid, const char *const argv[],
			struct irl_error *err)
{
	int ends[2], failed = 0;

	if (pipe2(ends, O_CLOEXEC))
		return irl_error_errno(err, errno, "cannot make a pipe");
	*pid = fork();
	if (*pid == 0)
		child(argv, ends[1]);
	close(ends[1]);
	if (*pid < 0) {
		close(ends[0]);
		return irl_error_errno(err, errno, "cannot start %s", argv[0]);
	}
	if (read(ends[0], &failed, sizeof(failed)) <= 0)
		failed = 0;
	close(ends[0]);
	if (!failed)
		return 0;
	waitpid(*pid, NULL, 0);
	if (failed == ENOENT)
		return irl_error_set(err, IRL_ENODEV, "%s is not installed",
				     argv[0]);
	return irl_error_errno(err, failed, "cannot start %s", argv[0]);
}

int bench_process_runs(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
		   0 &&
	       info.si_pid == 0;
}

void bench_process_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Fields 14 and 15 of /proc/PID/stat, see proc(5). */
double bench_process_cpu_s(pid_t pid)
{
	char path[64], text[1024], *behind;
	unsigned long user = 0, system = 0;
	size_t n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file) {
		n = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[n] = '\0';
	behind = strrchr(text, ')'); /* the name may hold anything */
	if (!behind || sscanf(behind,
			      ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
			      "%lu %lu",
			      &user, &system) != 2)
		return 0;
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}
