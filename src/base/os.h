/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the operating system is asked for: os_linux.c and os_windows.c answer,
 * build lists choose one.  Beside the ways to the wire nothing else of ours
 * differs.
 *
 * Paths, arguments and the names in messages are UTF-8 everywhere.  Files are
 * bytes: no line end is ever translated.  What fails sets errno.  All functions
 * may be called from any thread, unless they say otherwise.
 */
#ifndef IRL_BASE_OS_H
#define IRL_BASE_OS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

/* ---- time ----------------------------------------------------------------
 */

/* Never set, never goes back. */
uint64_t irl_os_clock_ns(void);

/* Since 1970, UTC. */
uint64_t irl_os_wall_ns(void);

/* Let the sleeps of the calling thread end when they should. */
void irl_os_sleep_precisely(void);

/* Until irl_os_clock_ns() is @ns; a signal ends it early. */
void irl_os_sleep_until(uint64_t ns);

/* The local time of @second; returns the seconds that it is east of UTC. */
long irl_os_local_time(uint64_t second, struct tm *tm);

/* ---- the machine ---------------------------------------------------------
 */

/* Processors that threads can run on. */
unsigned irl_os_cores(void);

struct irl_os_cpu {
	double user_s, system_s;  /* this process, all threads */
	double busy_s, softirq_s; /* all cores; both 0: not known */
};
void irl_os_cpu(struct irl_os_cpu *out);

/* Of the kernel's generator; 0 or -1. */
int irl_os_random(void *bytes, size_t count);

struct irl_os_host {
	char name[256], system[65], kernel[65], machine[65];
};
bool irl_os_host(struct irl_os_host *out);

/* ---- files ---------------------------------------------------------------
 */

/* Some systems have no quota, and some no word for it: then never seen. */
#ifndef EDQUOT
#define EDQUOT 1133
#endif

enum irl_os_open {
	IRL_OS_READ,
	IRL_OS_WRITE,  /* what is there, as it is */
	IRL_OS_NEW,    /* EEXIST where there is one */
	IRL_OS_EMPTY,  /* made or emptied */
	IRL_OS_APPEND, /* made or gone on with */
};

/* A file descriptor that child processes do not get, or -1. */
int irl_os_open(const char *path, enum irl_os_open how);
int irl_os_duplicate(int fd);

/* As fopen(); of @mode only r, w and a. */
FILE *irl_os_fopen(const char *path, const char *mode);

/* Which file it is; two names of one file have the same. */
struct irl_os_file {
	uint64_t device, number, bytes;
	bool regular, directory;
};

/* False: there is none. */
bool irl_os_look(const char *path, struct irl_os_file *out);
bool irl_os_look_fd(int fd, struct irl_os_file *out);
bool irl_os_exists(const char *path);

/* The text of a symbolic link.  False: @path is none, or its text has @room
 * bytes or more. */
bool irl_os_read_link(const char *path, char *text, size_t room);
/* It begins at a root: not to be looked for beside another file. */
bool irl_os_is_whole(const char *path);
/* Of two names in one directory: do they name one file? */
bool irl_os_same_name(const char *a, const char *b);

/* Where the last component of @path begins; 0: there is only one. */
size_t irl_os_base(const char *path);
/* @path from anywhere, to be freed, or NULL. */
char *irl_os_whole_path(const char *path);

int irl_os_remove(const char *path);
/* Instead of @to, if there is one; nobody ever sees half of it.  To the disk.
 */
int irl_os_rename(const char *from, const char *to);
/* To the disk. */
int irl_os_sync(FILE *file);
/* Likewise, but for times and the like. */
int irl_os_sync_data(int fd);
/* The names in the directory of @path, where a system needs that. */
void irl_os_sync_directory(const char *path);
/* @file is whose and for whom @path is, as far as that can be. */
void irl_os_take_after(FILE *file, const char *path);
int irl_os_truncate(int fd, uint64_t bytes);

/* Of all processes one has it at a time, until it gives it back or ends: a file
 * of that name, which may stay where a process was killed.  A file descriptor,
 * or -1; EBUSY: another has it. */
int irl_os_lock(const char *path);
void irl_os_unlock(int fd, const char *path);

/* For a read that must not wait: 1, it would not (bytes, the end or a failure
 * are there); 0, not within @timeout_ms (negative: as long as it takes) or
 * before a signal.  Of a console on Windows a read that was not to wait may
 * take until the line is whole that somebody has begun. */
int irl_os_await_input(int fd, int timeout_ms);

/* As write(), but a pipe without reader is EPIPE and never a signal. */
ssize_t irl_os_write(int fd, const void *data, size_t bytes);
/* What a write to @fd that failed with @number is: EPIPE where the reader has
 * gone, whatever the C library calls that. */
int irl_os_write_error(int fd, int number);
/* Of a pipe, as far as that can be told without writing. */
bool irl_os_reader_has_gone(int fd);
/* That a pipe may hold; of what is none, those of most pipes. */
uint64_t irl_os_pipe_bytes(int fd);
/* For a descriptor that does not block; a second at most. */
void irl_os_await_room(int fd);

/* ---- files that are replaced, os_draft.c ----------------------------------
 */

#define IRL_OS_PATH 4096
/* Of a file beside another, by that one's path and an ending. */
#define IRL_OS_BESIDE (IRL_OS_PATH + 16)

/* Where opening @path would make a file: behind links that lead to nothing yet.
 * False: there is no such place. */
bool irl_os_follow(const char *path, char place[IRL_OS_PATH]);
/* Does errno's @number say that a file cannot be made there, and nothing of one
 * that is?  Not want of room. */
bool irl_os_is_no_place(int number);

/* @path's content, owner and mode into @copy, to the disk.  -1: @copy holds
 * part of it, if anything. */
int irl_os_copy(const char *path, const char *copy);

#define IRL_OS_DRAFT ".new" /* behind the file's path */

/*
 * What is to be in a file, written beside it, behind links: the file has its
 * old content until the new one is whole.  Devices, pipes, and files in a
 * directory in which none can be made are written directly; where the file is a
 * mount point, the draft is copied into it.
 */
struct irl_os_draft {
	FILE *file;
	char place[IRL_OS_PATH], name[IRL_OS_BESIDE]; /* empty: directly */
};
int irl_os_draft_open(struct irl_os_draft *draft, const char *path);
/* To the disk, and in the file's place.  -1: the file is as it was, or, where
 * copying failed, the draft is left. */
int irl_os_draft_close(struct irl_os_draft *draft);

/* ---- the console ---------------------------------------------------------
 */

/* First of all in main: bytes as they are on the standard streams, colours and
 * UTF-8 on a console, the arguments in UTF-8.  0, or -1 without memory. */
int irl_os_begin(int *argc, char ***argv);

/* Is there a person? */
bool irl_os_is_terminal(int fd);
/* Does it understand escape sequences? */
bool irl_os_shows_colours(int fd);

enum irl_os_wish {
	IRL_OS_STOP,   /* Ctrl-C, SIGTERM */
	IRL_OS_HANGUP, /* the console is closed */
};

/* @on is called, one wish at a time, in a signal handler or in a thread of its
 * own: it may do only what both allow.  Once in a process. */
void irl_os_on_wish(void (*on)(enum irl_os_wish wish));

/* From @on: end the process as if it had not been called. */
void irl_os_end_at_once(void);

#endif
