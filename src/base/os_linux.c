// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/memory.h"
#include "base/os.h"

#define NS_PER_S 1000000000ull
#define HUGE_PAGE (2u << 20)

/* ---- time ----------------------------------------------------------------
 */

static uint64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t irl_os_clock_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t irl_os_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

/* The kernel's default slack is 50 us, half of a tick of the pacer's. */
void irl_os_sleep_precisely(void)
{
	prctl(PR_SET_TIMERSLACK, 1ul); /* cannot fail with this argument */
}

void irl_os_sleep_until(uint64_t ns)
{
	struct timespec t = {.tv_sec = (time_t)(ns / NS_PER_S),
			     .tv_nsec = (long)(ns % NS_PER_S)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

long irl_os_local_time(uint64_t second, struct tm *tm)
{
	time_t t = (time_t)second;

	localtime_r(&t, tm);
	return tm->tm_gmtoff;
}

/* ---- the machine ---------------------------------------------------------
 */

unsigned irl_os_cores(void)
{
	return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

/* The first line of /proc/stat sums all cores; see proc(5). */
static void read_cores(struct irl_os_cpu *out)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq;
	double hz = (double)sysconf(_SC_CLK_TCK);
	FILE *file = fopen("/proc/stat", "re");

	if (!file)
		return;
	if (fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
		   &system, &idle, &iowait, &irq, &softirq) == 7) {
		out->busy_s =
		    (double)(user + nice + system + irq + softirq) / hz;
		out->softirq_s = (double)softirq / hz;
	}
	fclose(file);
}

void irl_os_cpu(struct irl_os_cpu *out)
{
	struct rusage usage;

	*out = (struct irl_os_cpu){0};
	getrusage(RUSAGE_SELF, &usage);
	out->user_s = seconds(usage.ru_utime);
	out->system_s = seconds(usage.ru_stime);
	read_cores(out);
}

int irl_os_random(void *bytes, size_t count)
{
	return getrandom(bytes, count, 0) == (ssize_t)count ? 0 : -1;
}

bool irl_os_host(struct irl_os_host *out)
{
	struct utsname name;

	if (uname(&name))
		return false;
	snprintf(out->name, sizeof(out->name), "%s", name.nodename);
	snprintf(out->system, sizeof(out->system), "%s", name.sysname);
	snprintf(out->kernel, sizeof(out->kernel), "%s", name.release);
	snprintf(out->machine, sizeof(out->machine), "%s", name.machine);
	return true;
}

static void *map(size_t bytes, int flags)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void *irl_memory_take(size_t bytes)
{
	void *memory = map(bytes, 0);

	/* Random access to gigabytes waits for the TLB otherwise.  It is a
	 * wish: where it is not granted nothing is lost but time. */
	if (memory && bytes >= 2 * HUGE_PAGE)
		madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}

void *irl_memory_reserve(size_t bytes)
{
	return map(bytes, MAP_NORESERVE);
}

void irl_memory_give(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, bytes);
}

void *irl_aligned_take(size_t bytes)
{
	return aligned_alloc(64, bytes);
}

void irl_aligned_give(void *memory)
{
	free(memory);
}

/* ---- files ---------------------------------------------------------------
 */

int irl_os_open(const char *path, enum irl_os_open how)
{
	static const int flags[] = {
	    [IRL_OS_READ] = O_RDONLY,
	    [IRL_OS_WRITE] = O_WRONLY,
	    [IRL_OS_NEW] = O_WRONLY | O_CREAT | O_EXCL,
	    [IRL_OS_EMPTY] = O_WRONLY | O_CREAT | O_TRUNC,
	    [IRL_OS_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
	};

	return open(path, flags[how] | O_CLOEXEC, 0666);
}

int irl_os_duplicate(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

FILE *irl_os_fopen(const char *path, const char *mode)
{
	char with[8];

	snprintf(with, sizeof(with), "%.4se", mode);
	return fopen(path, with);
}

static void describe(const struct stat *st, struct irl_os_file *out)
{
	*out = (struct irl_os_file){
	    .device = st->st_dev,
	    .number = st->st_ino,
	    .bytes = (uint64_t)st->st_size,
	    .regular = S_ISREG(st->st_mode),
	    .directory = S_ISDIR(st->st_mode),
	};
}

bool irl_os_look(const char *path, struct irl_os_file *out)
{
	struct stat st;

	if (stat(path, &st))
		return false;
	describe(&st, out);
	return true;
}

bool irl_os_look_fd(int fd, struct irl_os_file *out)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	describe(&st, out);
	return true;
}

bool irl_os_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool irl_os_read_link(const char *path, char *text, size_t room)
{
	ssize_t n = readlink(path, text, room);

	if (n < 0 || (size_t)n >= room)
		return false;
	text[n] = '\0';
	return true;
}

bool irl_os_is_whole(const char *path)
{
	return *path == '/';
}

bool irl_os_same_name(const char *a, const char *b)
{
	return !strcmp(a, b);
}

size_t irl_os_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

char *irl_os_whole_path(const char *path)
{
	char *here, *whole = NULL;
	size_t room;

	if (*path == '/')
		return strdup(path);
	here = getcwd(NULL, 0);
	if (!here)
		return NULL;
	room = strlen(here) + strlen(path) + 2;
	whole = malloc(room);
	if (whole)
		snprintf(whole, room, "%s/%s", here, path);
	free(here);
	return whole;
}

int irl_os_remove(const char *path)
{
	return unlink(path);
}

/* What cannot be synced cannot be mended either: it is as good as before. */
void irl_os_sync_directory(const char *path)
{
	size_t base = irl_os_base(path);
	char *name = strndup(base ? path : ".", base ? base : 1);
	int fd = name ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	free(name);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int irl_os_rename(const char *from, const char *to)
{
	if (rename(from, to))
		return -1;
	irl_os_sync_directory(to);
	return 0;
}

int irl_os_sync(FILE *file)
{
	return fsync(fileno(file));
}

int irl_os_sync_data(int fd)
{
	return fdatasync(fd);
}

void irl_os_take_after(FILE *file, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return;
	if (!fchown(fileno(file), st.st_uid, st.st_gid))
		fchmod(fileno(file), st.st_mode & 0777);
	else /* not ours to give away */
		fchmod(fileno(file), st.st_mode & 0700);
}

int irl_os_truncate(int fd, uint64_t bytes)
{
	return ftruncate(fd, (off_t)bytes);
}

/* Whoever had it has removed it perhaps, and another made it anew. */
static bool is_still(int fd, const char *path)
{
	struct irl_os_file held, there;

	return irl_os_look_fd(fd, &held) && irl_os_look(path, &there) &&
	       held.device == there.device && held.number == there.number;
}

int irl_os_lock(const char *path)
{
	int fd;

	for (;;) {
		/* NFS locks only what is open for writing. */
		fd =
		    open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			int failed = errno == EWOULDBLOCK ? EBUSY : errno;

			close(fd);
			errno = failed;
			return -1;
		}
		if (is_still(fd, path))
			return fd;
		close(fd);
	}
}

void irl_os_unlock(int fd, const char *path)
{
	unlink(path);
	close(fd);
}

/* SIGPIPE is blocked meanwhile, and taken back if it came. */
ssize_t irl_os_write(int fd, const void *data, size_t bytes)
{
	const struct timespec now = {0};
	sigset_t pipe_set, before, waiting;
	ssize_t n;
	int saved;

	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	sigpending(&waiting);
	pthread_sigmask(SIG_BLOCK, &pipe_set, &before);
	n = write(fd, data, bytes);
	saved = errno;
	if (n < 0 && saved == EPIPE && !sigismember(&waiting, SIGPIPE))
		sigtimedwait(&pipe_set, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return n;
}

int irl_os_write_error(int fd, int number)
{
	(void)fd;
	return number;
}

int irl_os_await_input(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	int n = poll(&p, 1, timeout_ms);

	/* What cannot be waited for the read tells of. */
	return n > 0 || (n < 0 && errno != EINTR);
}

bool irl_os_reader_has_gone(int fd)
{
	struct pollfd p = {.fd = fd};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

uint64_t irl_os_pipe_bytes(int fd)
{
	int bytes = fcntl(fd, F_GETPIPE_SZ);

	return bytes > 0 ? (uint64_t)bytes : 65536;
}

void irl_os_await_room(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	poll(&p, 1, 1000);
}

/* ---- the console ---------------------------------------------------------
 */

int irl_os_begin(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

bool irl_os_is_terminal(int fd)
{
	return isatty(fd);
}

bool irl_os_shows_colours(int fd)
{
	const char *terminal = getenv("TERM");

	return isatty(fd) && terminal && strcmp(terminal, "dumb") != 0;
}

/* A handler has no other way to know. */
static void (*on_wish)(enum irl_os_wish wish);
static volatile sig_atomic_t last_signal;

static void on_signal(int number)
{
	last_signal = number;
	on_wish(number == SIGHUP ? IRL_OS_HANGUP : IRL_OS_STOP);
}

void irl_os_on_wish(void (*on)(enum irl_os_wish wish))
{
	struct sigaction action = {.sa_handler = on_signal};
	struct sigaction hangup;

	on_wish = on;
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGINT);
	sigaddset(&action.sa_mask, SIGTERM);
	sigaddset(&action.sa_mask, SIGHUP);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* A closed terminal interrupts, too, unless nohup says otherwise. */
	if (!sigaction(SIGHUP, NULL, &hangup) && hangup.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* All three are blocked while the handler runs, so raise() acts on return. */
void irl_os_end_at_once(void)
{
	signal(last_signal, SIG_DFL);
	raise(last_signal);
}
