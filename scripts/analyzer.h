/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For clang-tidy only (see check-tidy): what its analyzer cannot see from one
 * file, that telling an error never returns 0.
 */
#include <irl/error.h>

#define irl_error_set(err, code, ...)                                          \
	(irl_error_set(err, code, __VA_ARGS__), -(code))
#define irl_error_errno(err, errnum, ...)                                      \
	(irl_error_errno(err, errnum, __VA_ARGS__), -IRL_ESYSTEM)
