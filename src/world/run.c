// SPDX-License-Identifier: BSD-2-Clause
/*
 * A command in a private world.
 *
 *   caller --fork--> init (PID 1 of a PID namespace; makes and holds the world)
 *                      --fork--> command
 *
 * When the caller dies, however it dies, the kernel kills init (parent-death
 * signal); with init dies all in its PID namespace; with the last process go
 * the namespaces, the veth and the XDP program.  Nothing needs cleaning up.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "world/space.h"

/* What init tells the caller before the command runs; nothing: all is well. */
struct report {
	int code; /* irl_error_code; 0: the command could not be executed */
	int errnum;
	struct irl_error error;
};

struct run {
	const struct irl_world_options *options;
	const char *path_first;
	char *const *argv;
	sigset_t watched, before; /* signals */
	int pipe[2];              /* reports; close-on-exec */
	int alive[2];             /* closed by the caller's end */
};

/* ---- inside ----------------------------------------------------------------
 */

/* Bind what @fd is onto @path. */
static int bind_again(int fd, const char *path)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return mount(self, path, NULL, MS_BIND | MS_REC, NULL);
}

static bool is_bpffs(int fd)
{
	struct statfs fs;

	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

/* /sys of the new network namespace, with the cgroups and the BPF file system
 * that the old one has inside; the latter anew if there was none. */
static int show_sys(struct irl_error *err)
{
	int groups = open("/sys/fs/cgroup", O_PATH | O_CLOEXEC);
	int bpf = open("/sys/fs/bpf", O_PATH | O_CLOEXEC);
	int r = 0;

	if (mount("irl", "/sys", "sysfs", 0, NULL) ||
	    (groups >= 0 && bind_again(groups, "/sys/fs/cgroup")) ||
	    (is_bpffs(bpf) && bind_again(bpf, "/sys/fs/bpf")))
		r = irl_error_errno(err, errno, "cannot mount /sys");
	else if (!is_bpffs(bpf) && mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		r = 0; /* for tools that pin; nothing of ours does */
	if (groups >= 0)
		close(groups);
	if (bpf >= 0)
		close(bpf);
	return r;
}

/* Names of its own for namespaces: bound to those of the host, what is made
 * here would leave names behind that lead nowhere once it is over. */
static int hide_names(struct irl_error *err)
{
	if (mkdir(IRL_SPACE_NAMES, 0755) && errno != EEXIST)
		return 0; /* nor can there be names */
	if (mount("irl", IRL_SPACE_NAMES, "tmpfs", MS_NOSUID | MS_NODEV,
		  "mode=755"))
		return irl_error_errno(err, errno,
				       "cannot mount " IRL_SPACE_NAMES);
	return 0;
}

/* Mounts of our own, seen by nobody else. */
static int make_mounts(struct irl_error *err)
{
	int r;

	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return irl_error_errno(err, errno,
				       "cannot make a mount namespace");
	r = show_sys(err);
	if (r == 0)
		r = hide_names(err);
	if (r < 0)
		return r;
	if (mount("irl", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL))
		return irl_error_errno(err, errno, "cannot mount /proc");
	return 0;
}

static int set_environment(const struct run *run, struct irl_error *err)
{
	uint32_t a = run->options->model.range_addr;
	uint32_t mask = run->options->model.range_mask;
	const char *path = getenv("PATH");
	char range[32], *joined;
	int r = 0;

	snprintf(range, sizeof(range), "%u.%u.%u.%u/%d", a >> 24, a >> 16 & 255,
		 a >> 8 & 255, a & 255, __builtin_popcount(mask));
	if (asprintf(&joined, "%s%s%s", run->path_first ? run->path_first : "",
		     run->path_first && path ? ":" : "", path ? path : "") < 0)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	if (setenv("IRL_WORLD", range, 1) || setenv("PATH", joined, 1))
		r = irl_error_set(err, IRL_ENOMEM, "out of memory");
	free(joined);
	return r;
}

/* Less than PIPE_BUF: whole or not at all; nobody to tell if not. */
static void send_all(int fd, const void *data, size_t size)
{
	ssize_t n = write(fd, data, size);

	(void)n;
}

static void send_report(int fd, const struct report *report)
{
	send_all(fd, report, sizeof(*report));
}

static _Noreturn void command_main(const struct run *run)
{
	struct report report = {0};

	sigprocmask(SIG_SETMASK, &run->before, NULL);
	execvp(run->argv[0], run->argv);
	report.errnum = errno;
	send_report(run->pipe[1], &report);
	_exit(errno == ENOENT ? 127 : 126);
}

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Signals of the terminal reach the command by themselves (it is in the same
 * process group); those that somebody sent to us are handed on. */
static bool hand_on(const siginfo_t *info)
{
	return info->si_signo != SIGCHLD && info->si_code <= 0;
}

/* Wait for @pid, handing signals on to it; returns its exit code. */
static int wait_for(const struct run *run, pid_t pid, bool reap_all)
{
	for (;;) {
		siginfo_t info;
		pid_t dead;
		int status;

		while ((dead = waitpid(reap_all ? -1 : pid, &status, WNOHANG)) >
		       0)
			if (dead == pid)
				return code_of(status);
		if (sigwaitinfo(&run->watched, &info) > 0 && hand_on(&info))
			kill(pid, info.si_signo);
	}
}

/* What the server's process says once: all is well, or why it is not. */
static void say_ready(void *context)
{
	struct irl_error none = {0};

	send_all(*(int *)context, &none, sizeof(none));
}

static _Noreturn void server_main(const struct irl_world *world, int fd)
{
	struct irl_world_serving serving = {.ready = say_ready, .context = &fd};
	struct irl_error err = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	irl_world_serve_private(world, &serving, NULL, &err);
	send_all(fd, &err, sizeof(err));
	_exit(1);
}

/* A process of its own, so that the command's signals and end are not its
 * concern; it dies with init. */
static int start_server(const struct irl_world *world, struct irl_error *err)
{
	struct irl_error said = {.code = IRL_EIO};
	int fd[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC))
		return irl_error_errno(err, errno, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		server_main(world, fd[1]);
	close(fd[1]);
	n = pid < 0 ? -1 : read(fd[0], &said, sizeof(said));
	close(fd[0]);
	if (n != (ssize_t)sizeof(said))
		return irl_error_set(err, IRL_EIO,
				     "cannot start the world's server");
	if (said.code && err)
		*err = said;
	return -said.code;
}

static int prepare(const struct run *run, struct irl_error *err)
{
	uint32_t serve = run->options->model.services.serve;
	struct irl_world *world;
	int r = irl_world_new(&world, run->options, err);

	if (r == 0 && serve >= IRL_WORLD_SERVE_ALL)
		r = start_server(world, err);
	if (r == 0)
		r = irl_world_enter(world, IRL_WORLD_SIDE_SCANNER, err);
	if (r == 0)
		r = make_mounts(err);
	if (r == 0)
		r = set_environment(run, err);
	/* The world stays open for as long as this process lives: its
	 * descriptors are close-on-exec, so the command has none. */
	return r;
}

static bool caller_is_gone(const struct run *run)
{
	struct pollfd p = {.fd = run->alive[0]};

	return poll(&p, 1, 0) > 0 && (p.revents & POLLHUP);
}

static _Noreturn void init_main(const struct run *run)
{
	struct report report = {0};
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(run->alive[1]);
	close(run->pipe[0]);
	if (caller_is_gone(run))
		_exit(1);
	report.code = -prepare(run, &report.error);
	pid = report.code ? -1 : fork();
	if (pid == 0)
		command_main(run);
	if (pid < 0 && !report.code)
		report.code = -irl_error_errno(&report.error, errno,
					       "cannot start a process");
	if (report.code)
		send_report(run->pipe[1], &report);
	close(run->pipe[1]);
	_exit(pid < 0 ? 1 : wait_for(run, pid, true));
}

/* ---- outside ---------------------------------------------------------------
 */

/* Fork into a new PID namespace, without staying bound to it ourselves. */
static pid_t fork_init(struct run *run, struct irl_error *err)
{
	int own = open("/proc/self/ns/pid_for_children", O_RDONLY | O_CLOEXEC);
	pid_t pid;

	if (own < 0 || unshare(CLONE_NEWPID)) {
		int r = irl_error_errno(err, errno,
					"cannot make a PID namespace (root is "
					"needed: sudo)");

		if (own >= 0)
			close(own);
		return r;
	}
	pid = fork();
	if (pid == 0)
		init_main(run);
	if (pid < 0)
		pid = irl_error_errno(err, errno, "cannot start a process");
	if (setns(own, CLONE_NEWPID) && pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		pid = irl_error_errno(err, errno,
				      "cannot leave the PID namespace");
	}
	close(own);
	return pid;
}

/* The report, or 0 when the command is running. */
static int read_report(const struct run *run, struct irl_error *err)
{
	struct report report;
	ssize_t n;

	do
		n = read(run->pipe[0], &report, sizeof(report));
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(report))
		return 0;
	if (report.code == 0)
		return irl_error_errno(err, report.errnum, "cannot run '%s'",
				       run->argv[0]);
	if (err)
		*err = report.error;
	return -report.code;
}

static int run_inside(struct run *run, struct irl_error *err)
{
	pid_t pid = fork_init(run, err);
	int r, code;

	close(run->pipe[1]);
	run->pipe[1] = -1;
	if (pid < 0)
		return pid;
	r = read_report(run, err);
	code = wait_for(run, pid, false);
	/* 126 and 127 tell of the command; other failures are the world's. */
	return r < 0 && code != 126 && code != 127 ? r : code;
}

static void watch_signals(struct run *run)
{
	static const int watched[] = {SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
				      SIGUSR1, SIGUSR2, SIGCHLD};

	sigemptyset(&run->watched);
	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
		sigaddset(&run->watched, watched[i]);
	sigprocmask(SIG_BLOCK, &run->watched, &run->before);
}

int irl_world_run(const struct irl_world_options *options,
		  const char *path_first, char *const argv[],
		  struct irl_error *err)
{
	struct run run = {.options = options,
			  .path_first = path_first,
			  .argv = argv,
			  .pipe = {-1, -1},
			  .alive = {-1, -1}};
	struct sigaction child = {.sa_handler = SIG_DFL}, before;
	int r;

	if (err)
		*err = (struct irl_error){0};
	if (pipe2(run.pipe, O_CLOEXEC) || pipe2(run.alive, O_CLOEXEC)) {
		r = irl_error_errno(err, errno, "cannot make a pipe");
		goto out;
	}
	sigaction(SIGCHLD, &child, &before);
	watch_signals(&run);
	r = run_inside(&run, err);
	sigprocmask(SIG_SETMASK, &run.before, NULL);
	sigaction(SIGCHLD, &before, NULL);
out:
	for (int i = 0; i < 2; i++) {
		if (run.pipe[i] >= 0)
			close(run.pipe[i]);
		if (run.alive[i] >= 0)
			close(run.alive[i]);
	}
	return r;
}
