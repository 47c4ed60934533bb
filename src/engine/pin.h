/* SPDX-License-Identifier: BSD-2-Clause */
/* Each worker on a core of its own, of those that the process may use. */
#ifndef IRL_ENGINE_PIN_H
#define IRL_ENGINE_PIN_H

/* The core for worker @n of @workers, -1: any.  Where there are more cores than
 * workers the first is left to the main thread. */
int irl_pin_choose(unsigned n, unsigned workers);

/* Keep the calling thread there.  Only for speed: a refusal changes nothing. */
void irl_pin(int cpu);

#endif
