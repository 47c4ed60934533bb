// SPDX-License-Identifier: BSD-2-Clause
#include <bpf/libbpf.h>
#include <pthread.h>
#include "base/quiet.h"

/* As global as what they keep. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned depth;
static libbpf_print_fn_t users;

void irl_quiet_begin(void)
{
	pthread_mutex_lock(&lock);
	if (!depth++)
		users = libbpf_set_print(NULL);
	pthread_mutex_unlock(&lock);
}

void irl_quiet_end(void)
{
	pthread_mutex_lock(&lock);
	if (!--depth)
		libbpf_set_print(users);
	pthread_mutex_unlock(&lock);
}
