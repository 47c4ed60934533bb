/* SPDX-License-Identifier: BSD-2-Clause */
/* Included before all else in tests for Windows: words of POSIX that they use
 * and the C library there spells otherwise. */
#ifndef IRL_TESTS_SHIM_POSIX_H
#define IRL_TESTS_SHIM_POSIX_H

#include <fcntl.h>
#include <io.h>
#include <stdlib.h>

#define pipe(ends) _pipe(ends, 65536, _O_BINARY)
#define random rand
#define srandom srand

#endif
