/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Errors: our fault or the system's, told to a person.
 *
 * Functions that can fail return >= 0 on success or -IRL_E... .  Those that a
 * user sees fail (open, parse, load) also take a struct irl_error, which
 * receives one sentence: what failed, where, and what to do.  It may be NULL.
 * On failure an out-parameter is set to NULL and nothing is left behind.
 *
 * Malformed packets are never errors (they are drops, counted by cause), and
 * what a target did is never an error either (it is an outcome).
 */
#ifndef IRL_ERROR_H
#define IRL_ERROR_H

#ifndef IRL_API
#ifdef _WIN32
#define IRL_API
#else
#define IRL_API __attribute__((visibility("default")))
#endif
#endif

/** Formats are those of C11 on every system. */
#if defined(__MINGW32__) && !defined(__clang__) /* clang knows one only */
#define IRL_PRINTF(format_at, first_at)                                        \
	__attribute__((format(gnu_printf, format_at, first_at)))
#else
#define IRL_PRINTF(format_at, first_at)                                        \
	__attribute__((format(printf, format_at, first_at)))
#endif

enum irl_error_code {
	IRL_EINVAL = 1, /* an argument or option makes no sense */
	IRL_ENOMEM,
	IRL_EPERM,    /* a capability is missing */
	IRL_ENODEV,   /* no such interface, or it has gone */
	IRL_ENOTSUP,  /* this kernel, driver or build cannot do it */
	IRL_EBUSY,    /* somebody else holds it (XDP attached, port in use) */
	IRL_ENOROUTE, /* no route to the targets */
	IRL_ENEIGH,   /* the gateway or neighbour does not answer ARP */
	IRL_ELINK,    /* the link is down */
	IRL_EPARSE,   /* a list, file or option value: text names file, line */
	IRL_EIO,      /* reading or writing a file failed */
	IRL_ENOSPC,   /* disk full */
	IRL_EPIPE,    /* the reader of our output went away */
	IRL_EINTR,    /* a signal ended the wait */
	IRL_ELEDGER,  /* the counters do not balance: do not trust the run */
	IRL_ESYSTEM,  /* any other failure of a system call */
	IRL_ENOCONN,  /* no such connection, or it has ended */
	IRL_EEMPTY,   /* of the targets none is left */
	IRL_ECLAIM,   /* another port receives it already */
};

struct irl_error {
	int code; /* enum irl_error_code, 0 when unset */
	char text[500];
};

/** Fill @err (unless NULL) and return -@code. */
IRL_API int irl_error_set(struct irl_error *err, int code, const char *fmt, ...)
    IRL_PRINTF(3, 4);

/** As irl_error_set, code from an errno; ": strerror" is appended. */
IRL_API int irl_error_errno(struct irl_error *err, int errnum, const char *fmt,
			    ...) IRL_PRINTF(3, 4);

/** A short name, "no such interface"; @code positive or negative. */
IRL_API const char *irl_error_name(int code);

#endif
