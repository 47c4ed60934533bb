/* SPDX-License-Identifier: BSD-2-Clause */
/* The processor time of a run: public, because benchmarks report it too. */
#ifndef IRL_BASE_CPU_H
#define IRL_BASE_CPU_H

#include <irl/cpu.h>

#endif
