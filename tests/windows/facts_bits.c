/* SPDX-License-Identifier: BSD-2-Clause */
/* Where bits of a field are no constant: facts_drivers.c, asked. */
#include <stdio.h>

const char *irl_facts_bits(void);

int main(void)
{
	const char *wrong = irl_facts_bits();

	if (wrong)
		fprintf(stderr, "bits elsewhere: %s\n", wrong);
	return wrong != NULL;
}
