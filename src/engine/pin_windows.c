// SPDX-License-Identifier: BSD-2-Clause
#include <windows.h>
#include "engine/pin.h"

#define PROCESSORS 64 /* of the group that a process begins in */

/* Only they are chosen from: threads of another group are not ours to move. */
static DWORD_PTR allowed(void)
{
	DWORD_PTR process, system;

	if (!GetProcessAffinityMask(GetCurrentProcess(), &process, &system))
		return 0;
	return process;
}

int irl_pin_choose(unsigned n, unsigned workers)
{
	DWORD_PTR set = allowed();
	unsigned skip = n + ((unsigned)__builtin_popcountll(set) > workers);

	for (int cpu = 0; cpu < PROCESSORS; cpu++)
		if (set >> cpu & 1 && !skip--)
			return cpu;
	return -1;
}

void irl_pin(int cpu)
{
	/* Only for speed: a refusal changes nothing else. */
	if (cpu >= 0)
		SetThreadAffinityMask(GetCurrentThread(), (DWORD_PTR)1 << cpu);
}
