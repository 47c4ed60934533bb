// SPDX-License-Identifier: BSD-2-Clause
/* Windows 10 and later; the CRT's descriptors, opened by wide paths. */
#define _CRT_RAND_S
#include <fcntl.h>
#include <io.h>
#include <malloc.h>
#include <share.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <windows.h>
#include <shellapi.h>
#include "base/memory.h"
#include "base/os.h"

#define NS_PER_S 1000000000ull
#define TICKS_PER_S 10000000ull /* of FILETIME, 100 ns */
#define EPOCH_S 11644473600ull  /* 1601 to 1970 */
#define PATH_UNITS 32768u       /* the longest path there is */
#define RETRIES 40u             /* of 25 ms */

/* ---- texts ---------------------------------------------------------------
 */

/* To be freed; NULL sets errno. */
static wchar_t *wide(const char *text)
{
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1,
				    NULL, 0);
	wchar_t *out = n > 0 ? malloc((size_t)n * sizeof(*out)) : NULL;

	if (n <= 0)
		errno = EILSEQ;
	else if (!out)
		errno = ENOMEM;
	else
		MultiByteToWideChar(CP_UTF8, 0, text, -1, out, n);
	return out;
}

static char *narrow(const wchar_t *text)
{
	int n = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
	char *out = n > 0 ? malloc((size_t)n) : NULL;

	if (out)
		WideCharToMultiByte(CP_UTF8, 0, text, -1, out, n, NULL, NULL);
	else
		errno = ENOMEM;
	return out;
}

/* What the C library would have said. */
static int fail_as(DWORD error)
{
	static const struct {
		DWORD error;
		int number;
	} known[] = {
	    {ERROR_FILE_NOT_FOUND, ENOENT},
	    {ERROR_PATH_NOT_FOUND, ENOENT},
	    {ERROR_INVALID_NAME, ENOENT},
	    {ERROR_ACCESS_DENIED, EACCES},
	    {ERROR_SHARING_VIOLATION, EACCES},
	    {ERROR_LOCK_VIOLATION, EACCES},
	    {ERROR_ALREADY_EXISTS, EEXIST},
	    {ERROR_FILE_EXISTS, EEXIST},
	    {ERROR_DISK_FULL, ENOSPC},
	    {ERROR_HANDLE_DISK_FULL, ENOSPC},
	    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
	    {ERROR_BROKEN_PIPE, EPIPE},
	    {ERROR_NO_DATA, EPIPE},
	    {ERROR_INVALID_HANDLE, EBADF},
	};

	errno = EIO;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].error == error)
			errno = known[i].number;
	return -1;
}

/* ---- time ----------------------------------------------------------------
 */

/* Parts of a second first: the product of all would overflow in a day. */
uint64_t irl_os_clock_ns(void)
{
	LARGE_INTEGER ticks, per_s;
	uint64_t n, f;

	QueryPerformanceCounter(&ticks);
	QueryPerformanceFrequency(&per_s);
	n = (uint64_t)ticks.QuadPart;
	f = (uint64_t)per_s.QuadPart;
	return n / f * NS_PER_S + n % f * NS_PER_S / f;
}

static uint64_t ticks_of(FILETIME t)
{
	return (uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime;
}

uint64_t irl_os_wall_ns(void)
{
	FILETIME now;

	GetSystemTimePreciseAsFileTime(&now);
	return (ticks_of(now) - EPOCH_S * TICKS_PER_S) * 100;
}

/* Each sleep asks for a precise timer of its own: see below. */
void irl_os_sleep_precisely(void)
{
}

#ifndef CREATE_WAITABLE_TIMER_HIGH_RESOLUTION /* Windows 10, 1803 */
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 2
#endif

static HANDLE precise_timer(void)
{
	HANDLE timer = CreateWaitableTimerExW(
	    NULL, NULL, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION,
	    TIMER_ALL_ACCESS);

	return timer ? timer
		     : CreateWaitableTimerExW(NULL, NULL, 0, TIMER_ALL_ACCESS);
}

void irl_os_sleep_until(uint64_t ns)
{
	uint64_t now = irl_os_clock_ns();
	LARGE_INTEGER due;
	HANDLE timer;

	if (ns <= now)
		return;
	due.QuadPart = -(LONGLONG)((ns - now + 99) / 100);
	timer = precise_timer();
	if (timer && SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE))
		WaitForSingleObject(timer, INFINITE);
	else
		Sleep((DWORD)((ns - now) / 1000000 + 1));
	if (timer)
		CloseHandle(timer);
}

long irl_os_local_time(uint64_t second, struct tm *tm)
{
	__time64_t t = (__time64_t)second;

	if (_localtime64_s(tm, &t))
		*tm = (struct tm){.tm_mday = 1, .tm_year = 70};
	return (long)(_mkgmtime64(&(struct tm){.tm_sec = tm->tm_sec,
					       .tm_min = tm->tm_min,
					       .tm_hour = tm->tm_hour,
					       .tm_mday = tm->tm_mday,
					       .tm_mon = tm->tm_mon,
					       .tm_year = tm->tm_year}) -
		      t);
}

/* ---- the machine ---------------------------------------------------------
 */

unsigned irl_os_cores(void)
{
	return GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
}

static double seconds(FILETIME t)
{
	return (double)ticks_of(t) / (double)TICKS_PER_S;
}

void irl_os_cpu(struct irl_os_cpu *out)
{
	FILETIME made, ended, system, user, idle;

	*out = (struct irl_os_cpu){0};
	if (GetProcessTimes(GetCurrentProcess(), &made, &ended, &system,
			    &user)) {
		out->user_s = seconds(user);
		out->system_s = seconds(system);
	}
	/* The time in the kernel has the idle time in it; of what is spent in
	 * DPCs, as Windows calls softirqs, no call tells. */
	if (GetSystemTimes(&idle, &system, &user))
		out->busy_s = seconds(system) - seconds(idle) + seconds(user);
}

int irl_os_random(void *bytes, size_t count)
{
	for (size_t at = 0; at < count; at += sizeof(unsigned)) {
		size_t left = count - at;
		unsigned word;

		if (rand_s(&word))
			return -1;
		memcpy((char *)bytes + at, &word,
		       left < sizeof(word) ? left : sizeof(word));
	}
	return 0;
}

static void put_version(char text[65])
{
	LONG(WINAPI * get)(OSVERSIONINFOW *) = NULL;
	OSVERSIONINFOW v = {.dwOSVersionInfoSize = sizeof(v)};
	FARPROC found =
	    GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlGetVersion");

	/* GetVersionEx says what the manifest knows. */
	memcpy(&get, &found, sizeof(get));
	text[0] = '\0';
	if (get && !get(&v))
		snprintf(text, 65, "%lu.%lu.%lu", v.dwMajorVersion,
			 v.dwMinorVersion, v.dwBuildNumber);
}

bool irl_os_host(struct irl_os_host *out)
{
	wchar_t name[256];
	DWORD room = 256;
	char *text;

	*out = (struct irl_os_host){.system = "Windows", .machine = "x86_64"};
	put_version(out->kernel);
	if (!GetComputerNameExW(ComputerNameDnsHostname, name, &room))
		return true;
	text = narrow(name);
	if (text)
		snprintf(out->name, sizeof(out->name), "%.255s", text);
	free(text);
	return true;
}

/* Large pages need a privilege that few users have, and are memory at once:
 * they are not asked for. */
void *irl_memory_take(size_t bytes)
{
	return VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT,
			    PAGE_READWRITE);
}

/* Committed, so it counts against the page file, but costs no memory. */
void *irl_memory_reserve(size_t bytes)
{
	return irl_memory_take(bytes);
}

void irl_memory_give(void *memory, size_t bytes)
{
	(void)bytes;
	if (memory)
		VirtualFree(memory, 0, MEM_RELEASE);
}

void *irl_aligned_take(size_t bytes)
{
	return _aligned_malloc(bytes, 64);
}

void irl_aligned_give(void *memory)
{
	_aligned_free(memory);
}

/* ---- files ---------------------------------------------------------------
 */

int irl_os_open(const char *path, enum irl_os_open how)
{
	static const int flags[] = {
	    [IRL_OS_READ] = _O_RDONLY,
	    [IRL_OS_WRITE] = _O_WRONLY,
	    [IRL_OS_NEW] = _O_WRONLY | _O_CREAT | _O_EXCL,
	    [IRL_OS_EMPTY] = _O_WRONLY | _O_CREAT | _O_TRUNC,
	    [IRL_OS_APPEND] = _O_WRONLY | _O_CREAT | _O_APPEND,
	};
	wchar_t *name = wide(path);
	int fd;

	if (!name)
		return -1;
	fd = _wopen(name, flags[how] | _O_BINARY | _O_NOINHERIT,
		    _S_IREAD | _S_IWRITE);
	free(name);
	return fd;
}

int irl_os_duplicate(int fd)
{
	int copy = _dup(fd);

	if (copy >= 0)
		SetHandleInformation((HANDLE)_get_osfhandle(copy),
				     HANDLE_FLAG_INHERIT, 0);
	return copy;
}

FILE *irl_os_fopen(const char *path, const char *mode)
{
	wchar_t *name = wide(path), with[8];
	FILE *file;

	if (!name)
		return NULL;
	swprintf(with, 8, L"%.3hsbN", mode);
	file = _wfopen(name, with);
	free(name);
	return file;
}

static bool look(HANDLE handle, struct irl_os_file *out)
{
	BY_HANDLE_FILE_INFORMATION info;

	*out = (struct irl_os_file){0};
	if (handle == INVALID_HANDLE_VALUE)
		return false;
	if (GetFileType(handle) != FILE_TYPE_DISK)
		return true;
	if (!GetFileInformationByHandle(handle, &info))
		return false;
	out->device = info.dwVolumeSerialNumber;
	out->number = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow;
	out->bytes = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
	out->directory = info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
	out->regular = !out->directory;
	return true;
}

bool irl_os_look(const char *path, struct irl_os_file *out)
{
	wchar_t *name = wide(path);
	HANDLE handle;
	bool found;

	if (!name)
		return false;
	handle =
	    CreateFileW(name, FILE_READ_ATTRIBUTES,
			FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
			NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	free(name);
	found = look(handle, out);
	if (handle != INVALID_HANDLE_VALUE)
		CloseHandle(handle);
	return found;
}

bool irl_os_look_fd(int fd, struct irl_os_file *out)
{
	return look((HANDLE)_get_osfhandle(fd), out);
}

bool irl_os_exists(const char *path)
{
	wchar_t *name = wide(path);
	bool found =
	    name && GetFileAttributesW(name) != INVALID_FILE_ATTRIBUTES;

	free(name);
	return found;
}

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

bool irl_os_is_whole(const char *path)
{
	return is_slash(path[0]) || (path[0] && path[1] == ':');
}

/* Blanks and dots at the end are no part of a name. */
static int significant(const wchar_t *name)
{
	size_t n = wcslen(name);

	while (n && (name[n - 1] == L' ' || name[n - 1] == L'.'))
		n--;
	return (int)n;
}

bool irl_os_same_name(const char *a, const char *b)
{
	wchar_t *x = wide(a), *y = wide(b);
	bool same = x && y &&
		    CompareStringOrdinal(x, significant(x), y, significant(y),
					 TRUE) == CSTR_EQUAL;

	free(x);
	free(y);
	return same;
}

/* Both slashes, and the colon of "C:list". */
size_t irl_os_base(const char *path)
{
	size_t base = 0;

	for (size_t i = 0; path[i]; i++)
		if (is_slash(path[i]) || (i == 1 && path[i] == ':'))
			base = i + 1;
	return base;
}

char *irl_os_whole_path(const char *path)
{
	wchar_t *name = wide(path);
	wchar_t *whole = malloc(PATH_UNITS * sizeof(*whole));
	DWORD n = 0;
	char *out = NULL;

	if (name && whole)
		n = GetFullPathNameW(name, PATH_UNITS, whole, NULL);
	if (n > 0 && n < PATH_UNITS)
		out = narrow(whole);
	free(whole);
	free(name);
	return out;
}

int irl_os_remove(const char *path)
{
	wchar_t *name = wide(path);
	int rc = -1;

	if (name)
		rc = DeleteFileW(name) ? 0 : fail_as(GetLastError());
	free(name);
	return rc;
}

/* A virus scanner or an indexer may have it open for a moment. */
static int rename_wide(const wchar_t *from, const wchar_t *to)
{
	DWORD error = 0;

	for (unsigned i = 0; i < RETRIES; i++) {
		if (MoveFileExW(from, to,
				MOVEFILE_REPLACE_EXISTING |
				    MOVEFILE_WRITE_THROUGH))
			return 0;
		error = GetLastError();
		if (error != ERROR_SHARING_VIOLATION &&
		    error != ERROR_ACCESS_DENIED)
			break;
		Sleep(25);
	}
	return fail_as(error);
}

int irl_os_rename(const char *from, const char *to)
{
	wchar_t *old = wide(from), *new = wide(to);
	int rc = old && new ? rename_wide(old, new) : -1;

	free(old);
	free(new);
	return rc;
}

int irl_os_sync(FILE *file)
{
	return _commit(_fileno(file));
}

int irl_os_sync_data(int fd)
{
	return _commit(fd);
}

/* It is written through. */
void irl_os_sync_directory(const char *path)
{
	(void)path;
}

/* The directory says it. */
void irl_os_take_after(FILE *file, const char *path)
{
	(void)file;
	(void)path;
}

int irl_os_truncate(int fd, uint64_t bytes)
{
	return _chsize_s(fd, (__int64)bytes) ? -1 : 0;
}

/* The file goes with its handle, however that is closed. */
int irl_os_lock(const char *path)
{
	wchar_t *name = wide(path);
	HANDLE handle;
	DWORD error;
	int fd;

	if (!name)
		return -1;
	handle = CreateFileW(name, GENERIC_WRITE | DELETE, 0, NULL, OPEN_ALWAYS,
			     FILE_FLAG_DELETE_ON_CLOSE, NULL);
	error = GetLastError();
	free(name);
	if (handle != INVALID_HANDLE_VALUE) {
		fd = _open_osfhandle((intptr_t)handle, 0);
		if (fd < 0) /* then the lock goes, too */
			CloseHandle(handle);
		return fd;
	}
	fail_as(error);
	if (error == ERROR_SHARING_VIOLATION)
		errno = EBUSY;
	return -1;
}

void irl_os_unlock(int fd, const char *path)
{
	(void)path;
	_close(fd);
}

/* Somebody has begun to type: the rest of the line is read with it.  Other
 * events are nobody's, and would be in the way. */
static bool is_typing(HANDLE console)
{
	INPUT_RECORD event;
	DWORD n;

	while (PeekConsoleInputW(console, &event, 1, &n) && n) {
		if (event.EventType == KEY_EVENT &&
		    event.Event.KeyEvent.bKeyDown)
			return true;
		ReadConsoleInputW(console, &event, 1, &n);
	}
	return false;
}

static bool has_input(HANDLE handle)
{
	DWORD mode, bytes;

	if (GetFileType(handle) == FILE_TYPE_PIPE)
		return !PeekNamedPipe(handle, NULL, 0, NULL, &bytes, NULL) ||
		       bytes;
	return !GetConsoleMode(handle, &mode) || is_typing(handle);
}

#define LOOK_MS 10

/* There is no waiting for a pipe but by a read: it is looked at. */
int irl_os_await_input(int fd, int timeout_ms)
{
	HANDLE handle = (HANDLE)_get_osfhandle(fd);
	uint64_t begin = irl_os_clock_ns();

	while (!has_input(handle)) {
		uint64_t ms = (irl_os_clock_ns() - begin) / 1000000;

		if (timeout_ms >= 0 && ms >= (unsigned)timeout_ms)
			return 0;
		Sleep(timeout_ms < 0 || (unsigned)timeout_ms - ms > LOOK_MS
			  ? LOOK_MS
			  : (DWORD)((unsigned)timeout_ms - ms));
	}
	return 1;
}

#define WRITE_MAX (1u << 20)

/* In parts: the CRT counts in int, and a pipe may take no more at once. */
ssize_t irl_os_write(int fd, const void *data, size_t bytes)
{
	ssize_t n =
	    _write(fd, data, (unsigned)(bytes < WRITE_MAX ? bytes : WRITE_MAX));

	/* Of a full disk the CRT says it by a short count. */
	if (n == 0 && bytes)
		return fail_as(ERROR_DISK_FULL);
	if (n < 0)
		errno = irl_os_write_error(fd, errno);
	return n;
}

/* Of a pipe whose reader has gone the CRT says EINVAL. */
int irl_os_write_error(int fd, int number)
{
	HANDLE handle = (HANDLE)_get_osfhandle(fd);

	return number == EINVAL && GetFileType(handle) == FILE_TYPE_PIPE
		   ? EPIPE
		   : number;
}

/* Only a write tells. */
bool irl_os_reader_has_gone(int fd)
{
	(void)fd;
	return false;
}

/* Whoever made it has said so much, and more is let in. */
uint64_t irl_os_pipe_bytes(int fd)
{
	DWORD out = 0, in = 0;

	if (!GetNamedPipeInfo((HANDLE)_get_osfhandle(fd), NULL, &out, &in,
			      NULL))
		return 65536;
	return 65536 + (out > in ? out : in);
}

/* Descriptors block. */
void irl_os_await_room(int fd)
{
	(void)fd;
	Sleep(1);
}

/* ---- the console ---------------------------------------------------------
 */

bool irl_os_is_terminal(int fd)
{
	DWORD mode;

	return GetConsoleMode((HANDLE)_get_osfhandle(fd), &mode);
}

/* Where irl_os_begin could ask for it. */
bool irl_os_shows_colours(int fd)
{
	DWORD mode;

	return GetConsoleMode((HANDLE)_get_osfhandle(fd), &mode) &&
	       mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING;
}

/* Escape sequences are understood by every Windows 10. */
static void use_console(int fd)
{
	HANDLE handle = (HANDLE)_get_osfhandle(fd);
	DWORD mode;

	_setmode(fd, _O_BINARY);
	if (GetConsoleMode(handle, &mode))
		SetConsoleMode(handle,
			       mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

/* The CRT makes arguments of the code page; these are all. */
static int take_arguments(int *argc, char ***argv)
{
	wchar_t **from = CommandLineToArgvW(GetCommandLineW(), argc);
	char **to = from ? calloc((size_t)*argc + 1, sizeof(*to)) : NULL;

	if (!to)
		return -1;
	for (int i = 0; i < *argc; i++) {
		to[i] = narrow(from[i]);
		if (!to[i])
			return -1;
	}
	LocalFree(from);
	*argv = to;
	return 0;
}

static UINT code_page; /* of the console, which others use after us */

static void restore_console(void)
{
	if (code_page)
		SetConsoleOutputCP(code_page);
}

int irl_os_begin(int *argc, char ***argv)
{
	_setmode(0, _O_BINARY);
	use_console(1);
	use_console(2);
	code_page = GetConsoleOutputCP();
	SetConsoleOutputCP(CP_UTF8);
	atexit(restore_console);
	/* No window asks what to do about a crash or an empty drive. */
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
	return take_arguments(argc, argv);
}

static void (*on_wish)(enum irl_os_wish wish);
static DWORD main_thread;
static CRITICAL_SECTION one_wish;

/* In a thread of its own.  When it returns from a closed console the process
 * ends, at the latest after five seconds: the main thread has those. */
static BOOL WINAPI on_event(DWORD event)
{
	bool stop = event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
	HANDLE main;

	EnterCriticalSection(&one_wish);
	on_wish(stop ? IRL_OS_STOP : IRL_OS_HANGUP);
	LeaveCriticalSection(&one_wish);
	if (stop)
		return TRUE;
	main = OpenThread(SYNCHRONIZE, FALSE, main_thread);
	if (main)
		WaitForSingleObject(main, INFINITE);
	return TRUE;
}

void irl_os_on_wish(void (*on)(enum irl_os_wish wish))
{
	on_wish = on;
	main_thread = GetCurrentThreadId();
	InitializeCriticalSection(&one_wish);
	SetConsoleCtrlHandler(on_event, TRUE);
}

/* What the console's own handler does. */
void irl_os_end_at_once(void)
{
	restore_console();
	ExitProcess((UINT)STATUS_CONTROL_C_EXIT);
}
