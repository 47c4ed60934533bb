// SPDX-License-Identifier: BSD-2-Clause
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <irl/privilege.h>

/* In the order of the bits IRL_PRIVILEGE_... .  Debian 12's header knows all;
 * older ones lack the last two. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static const struct {
	unsigned number;
	const char *name;
} capability[] = {
    {CAP_NET_ADMIN, "cap_net_admin"},
    {CAP_NET_RAW, "cap_net_raw"},
    {CAP_PERFMON, "cap_perfmon"},
    {CAP_BPF, "cap_bpf"},
};
#define CAPABILITIES (sizeof(capability) / sizeof(capability[0]))

/* Older and wider than these two; kernels before 5.8 know it alone. */
static uint64_t with_implied(uint64_t set)
{
	if (set >> CAP_SYS_ADMIN & 1)
		set |= 1ull << CAP_PERFMON | 1ull << CAP_BPF;
	return set;
}

/* The effective set; none if it cannot be read. */
static uint64_t effective(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long long set = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &set) == 1)
			break;
	if (file)
		fclose(file);
	return set;
}

uint32_t irl_privilege_missing(uint32_t wanted)
{
	uint64_t have = with_implied(effective());
	uint32_t missing = 0;

	for (unsigned i = 0; i < CAPABILITIES; i++)
		if ((wanted & 1u << i) && !(have >> capability[i].number & 1))
			missing |= 1u << i;
	return missing;
}

void irl_privilege_text(uint32_t set, char *text, unsigned size)
{
	unsigned at = 0;

	if (size)
		text[0] = '\0';
	for (unsigned i = 0; i < CAPABILITIES && at < size; i++)
		if (set & 1u << i)
			at += (unsigned)snprintf(text + at, size - at, "%s%s",
						 at ? "," : "",
						 capability[i].name);
}

int irl_privilege_check(uint32_t wanted, struct irl_error *err)
{
	uint32_t missing = irl_privilege_missing(wanted);
	char lacks[100], needs[100], program[200] = "PROGRAM";
	ssize_t n;

	if (!missing)
		return 0;
	irl_privilege_text(missing, lacks, sizeof(lacks));
	irl_privilege_text(IRL_PRIVILEGE_ALL, needs, sizeof(needs));
	n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (n > 0)
		program[n] = '\0';
	return irl_error_set(err, IRL_EPERM,
			     "missing %s: run as root, or once: setcap %s=ep "
			     "%s",
			     lacks, needs, program);
}
