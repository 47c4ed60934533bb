// SPDX-License-Identifier: BSD-2-Clause
#include <windows.h>
#include <stdio.h>
#include <string.h>
#include "base/os.h"
#include "bench/machine.h"

/* A text that the system keeps of its first processor; "" when there is none.
 */
static void read_cpu(const char *name, char *text, DWORD size)
{
	if (RegGetValueA(HKEY_LOCAL_MACHINE,
			 "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0",
			 name, RRF_RT_REG_SZ, NULL, text, &size))
		text[0] = '\0';
}

/* "AMD64 Family 25 Model 33 Stepping 0" */
static void read_family(struct bench_machine *out)
{
	char text[128];
	unsigned family, model;

	read_cpu("Identifier", text, sizeof(text));
	if (sscanf(text, "%*s Family %u Model %u", &family, &model) != 2)
		return;
	snprintf(out->cpu_family, sizeof(out->cpu_family), "%u", family);
	snprintf(out->cpu_model, sizeof(out->cpu_model), "%u", model);
}

void bench_machine_read(struct bench_machine *out)
{
	MEMORYSTATUSEX memory = {.dwLength = sizeof(memory)};
	struct irl_os_host host;

	*out = (struct bench_machine){.cpus = irl_os_cores()};
	if (irl_os_host(&host)) {
		memcpy(out->system, host.system, sizeof(out->system));
		memcpy(out->kernel, host.kernel, sizeof(out->kernel));
		memcpy(out->machine, host.machine, sizeof(out->machine));
	}
	read_cpu("ProcessorNameString", out->model, sizeof(out->model));
	read_family(out);
	if (GlobalMemoryStatusEx(&memory))
		out->memory_bytes = memory.ullTotalPhys;
}

double bench_machine_load(void)
{
	return 0;
}
