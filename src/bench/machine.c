// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "bench/machine.h"

/* What /proc/cpuinfo says behind "NAME : "; "" when nothing. */
static void read_cpu(const char *name, char *text, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	size_t length = strlen(name);
	char line[256];

	text[0] = '\0';
	while (file && !text[0] && fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		if (strncmp(line, name, length) || !colon ||
		    !strchr("\t ", line[length]))
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(text, size, "%s", colon + 2);
	}
	if (file)
		fclose(file);
}

static void add_mitigation(struct bench_machine *out, const char *name)
{
	struct bench_mitigation *m = &out->mitigation[out->mitigations];
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/vulnerabilities/%s", name);
	file = fopen(path, "re");
	if (file && !fgets(m->text, sizeof(m->text), file))
		m->text[0] = '\0';
	if (file)
		fclose(file);
	m->text[strcspn(m->text, ";\n")] = '\0';
	m->name = name;
	if (m->text[0] && strcmp(m->text, "Not affected") != 0)
		out->mitigations++;
}

void bench_machine_read(struct bench_machine *out)
{
	static const char *const names[BENCH_MITIGATIONS_MAX] = {
	    "spectre_v2", "spec_rstack_overflow", "retbleed"};

	struct utsname name = {0};

	*out = (struct bench_machine){0};
	uname(&name);
	snprintf(out->system, sizeof(out->system), "%s", name.sysname);
	snprintf(out->kernel, sizeof(out->kernel), "%s", name.release);
	snprintf(out->machine, sizeof(out->machine), "%s", name.machine);
	read_cpu("model name", out->model, sizeof(out->model));
	read_cpu("cpu family", out->cpu_family, sizeof(out->cpu_family));
	read_cpu("model", out->cpu_model, sizeof(out->cpu_model));
	for (unsigned i = 0; i < BENCH_MITIGATIONS_MAX; i++)
		add_mitigation(out, names[i]);
	out->cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	out->memory_bytes =
	    (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

double bench_machine_load(void)
{
	double load[1] = {0};

	return getloadavg(load, 1) == 1 ? load[0] : 0;
}
