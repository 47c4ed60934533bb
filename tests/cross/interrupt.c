// SPDX-License-Identifier: BSD-2-Clause
/* interrupt: says "ready", then waits for the first wish to end; says "stopped"
 * when it has come, once; and a second later is still there unless another
 * came.  Exits with 9 then. */
#include <stdio.h>
#include <windows.h>
#include "base/os.h"
#include "interrupt.h"

#define WAIT_MS 20000

static volatile LONG stops;

static void count_stop(void *context)
{
	(void)context;
	InterlockedIncrement(&stops);
}

static void say(const char *word)
{
	puts(word);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (irl_os_begin(&argc, &argv))
		return 1;
	interrupt_catch();
	interrupt_aim(count_stop, NULL);
	say("ready");
	for (int waited = 0; !interrupt_seen() && waited < WAIT_MS;
	     waited += 10)
		Sleep(10);
	if (stops != 1)
		return 1;
	say("stopped");
	Sleep(WAIT_MS);
	return 9;
}
