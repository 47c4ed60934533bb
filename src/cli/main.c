// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

int main(void)
{
	fprintf(stderr, "usage: irl COMMAND [OPTIONS]\n");
	return 2;
}
