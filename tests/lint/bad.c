// SPDX-License-Identifier: BSD-2-Clause
/* Never built: what each checker must find, see static/lint.sh. */
#include <stdlib.h>
#include <string.h>

int defects(const char *text);

int defects(const char *text)
{
        int spaces_instead_of_a_tab = 0;
	int *nothing = NULL;
	int array[4];

	if (strlen(text) > 3)
		array[4] = *nothing;
	return array[0] + spaces_instead_of_a_tab;
}
