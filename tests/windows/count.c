/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames through the drivers and back, for an instruction counter around this
 * program: windows_count copy|zero BATCH ROUNDS.  See instructions.  Prints
 * what a second of the processor's time, the double's in it, is enough for:
 * see frames.
 */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct nt_file *ready(struct lab *lab, unsigned batch, bool zero_copy)
{
	struct irl_win_bind bind = lab_bind(0, 1, batch, zero_copy);
	NTSTATUS status;
	struct nt_file *file;

	lab_up(lab, LAB_NO_FILTER);
	file = lab_open(&bind, &status);
	if (!file)
		exit(1);
	return file;
}

/* Of this process: others on the machine matter less. */
static double spent_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char *argv[])
{
	unsigned batch, rounds;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;
	double begin;

	if (argc != 4) {
		fputs("usage: windows_count copy|zero BATCH ROUNDS\n", stderr);
		return 2;
	}
	batch = (unsigned)strtoul(argv[2], NULL, 10);
	rounds = (unsigned)strtoul(argv[3], NULL, 10);
	file = ready(&lab, batch, argv[1][0] == 'z');
	buffer = lab_batch(batch, 60, &size);
	begin = spent_s();
	for (unsigned i = 0; i < rounds; i++)
		if (nt_finish(nt_write(file, buffer, size), NULL))
			return 1;
	printf("%.0f frames/s\n", (double)batch * rounds / (spent_s() - begin));
	if (lab.nic[0].frames != (uint64_t)batch * rounds)
		return 1;
	free(buffer);
	nt_close(file);
	lab_down(&lab);
	return 0;
}
