/* SPDX-License-Identifier: BSD-2-Clause */
/** Capabilities of this process. */
#ifndef IRL_PRIVILEGE_H
#define IRL_PRIVILEGE_H

#include <stdint.h>
#include <irl/error.h>

#define IRL_PRIVILEGE_NET_ADMIN (1u << 0)
#define IRL_PRIVILEGE_NET_RAW (1u << 1)
#define IRL_PRIVILEGE_PERFMON (1u << 2)
#define IRL_PRIVILEGE_BPF (1u << 3)
#define IRL_PRIVILEGE_ALL 15u /* what the port live needs */

/** Which of @wanted the calling process lacks, as a set of the same bits. */
IRL_API uint32_t irl_privilege_missing(uint32_t wanted);

/** "cap_net_admin,cap_bpf" into @text (truncated to @size). */
IRL_API void irl_privilege_text(uint32_t set, char *text, unsigned size);

/** 0, or -IRL_EPERM naming what is missing and the line that grants it. */
IRL_API int irl_privilege_check(uint32_t wanted, struct irl_error *err);

#endif
