// SPDX-License-Identifier: BSD-2-Clause
#include "bench/tcp.h"

void bench_cost_note(const struct bench_cost *cost, struct bench_row *row,
		     uint64_t done, uint64_t failed)
{
	double seconds = bench_cost_seconds(cost);
	double spent = bench_cost_spent(cost);

	bench_row_add(row, "connections_per_s", (double)done / seconds);
	bench_row_add(row, "cpu_ns_per_connection",
		      spent * 1e9 / (double)(done ? done : 1));
	bench_row_add(row, "cores", spent / seconds);
	bench_row_add(row, "failed", (double)failed);
}
