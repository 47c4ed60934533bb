/* SPDX-License-Identifier: BSD-2-Clause */
/* What a symbolic link's data say, apart from how they are got. */
#ifndef IRL_BASE_LINKS_WINDOWS_H
#define IRL_BASE_LINKS_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>

/* Of @bytes of a reparse point (MS-FSCC 2.1.2.4) where it leads: "D:\list",
 * "\\server\share\list", "..\list" or "\list", in UTF-8.  False: it is no
 * symbolic link, its data are damaged, or the text has @room bytes or more. */
bool irl_link_text(const void *data, size_t bytes, char *text, size_t room);

#endif
