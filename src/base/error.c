// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <irl/error.h>
#include "base/os.h"

static int set(struct irl_error *err, int code, const char *fmt, va_list args)
{
	if (err) {
		err->code = code;
		vsnprintf(err->text, sizeof(err->text), fmt, args);
	}
	return -code;
}

int irl_error_set(struct irl_error *err, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set(err, code, fmt, args);
	va_end(args);
	return -code;
}

static int code_of(int errnum)
{
	switch (errnum) {
	case EPERM:
	case EACCES:
		return IRL_EPERM;
	case ENOMEM:
		return IRL_ENOMEM;
	case ENODEV:
	case ENXIO:
		return IRL_ENODEV;
	case EBUSY:
	case EADDRINUSE:
		return IRL_EBUSY;
	case EOPNOTSUPP:
	case ENOSYS:
	case EPROTONOSUPPORT:
		return IRL_ENOTSUP;
	case ENETDOWN:
		return IRL_ELINK;
	case ENETUNREACH:
	case EHOSTUNREACH:
		return IRL_ENOROUTE;
	case ENOSPC:
	case EDQUOT:
		return IRL_ENOSPC;
	case EPIPE:
		return IRL_EPIPE;
	case EINTR:
		return IRL_EINTR;
	case EIO:
	case ENOENT:
	case EISDIR:
		return IRL_EIO;
	case EINVAL:
		return IRL_EINVAL;
	default:
		return IRL_ESYSTEM;
	}
}

int irl_error_errno(struct irl_error *err, int errnum, const char *fmt, ...)
{
	int code = code_of(errnum);
	va_list args;

	va_start(args, fmt);
	set(err, code, fmt, args);
	va_end(args);
	if (err) {
		size_t n = strlen(err->text);

		snprintf(err->text + n, sizeof(err->text) - n, ": %s",
			 strerror(errnum));
	}
	return -code;
}

const char *irl_error_name(int code)
{
	static const char *const name[] = {
	    [0] = "no error",
	    [IRL_EINVAL] = "invalid argument",
	    [IRL_ENOMEM] = "out of memory",
	    [IRL_EPERM] = "no permission",
	    [IRL_ENODEV] = "no such interface",
	    [IRL_ENOTSUP] = "not supported",
	    [IRL_EBUSY] = "in use",
	    [IRL_ENOROUTE] = "no route",
	    [IRL_ENEIGH] = "neighbour does not answer",
	    [IRL_ELINK] = "link is down",
	    [IRL_EPARSE] = "cannot be parsed",
	    [IRL_EIO] = "input or output failed",
	    [IRL_ENOSPC] = "no space left",
	    [IRL_EPIPE] = "reader went away",
	    [IRL_EINTR] = "interrupted",
	    [IRL_ELEDGER] = "ledger does not balance",
	    [IRL_ESYSTEM] = "system call failed",
	    [IRL_ENOCONN] = "no such connection",
	    [IRL_EEMPTY] = "no targets left",
	    [IRL_ECLAIM] = "claimed already",
	};
	unsigned n = (unsigned)(code < 0 ? -code : code);

	return n < sizeof(name) / sizeof(name[0]) && name[n] ? name[n]
							     : "unknown error";
}
