// SPDX-License-Identifier: BSD-2-Clause
#include <stdbool.h>
#include <stdio.h>
#include <irl/privilege.h>
#include <windows.h>

/* The driver opens to administrators only: all of Linux' capabilities are one
 * here. */
static bool is_administrator(void)
{
	SID_IDENTIFIER_AUTHORITY authority = {SECURITY_NT_AUTHORITY};
	BOOL member = FALSE;
	PSID group;

	if (!AllocateAndInitializeSid(
		&authority, 2, SECURITY_BUILTIN_DOMAIN_RID,
		DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0, &group))
		return false;
	if (!CheckTokenMembership(NULL, group, &member))
		member = FALSE;
	FreeSid(group);
	return member;
}

uint32_t irl_privilege_missing(uint32_t wanted)
{
	return is_administrator() ? 0 : wanted;
}

void irl_privilege_text(uint32_t set, char *text, unsigned size)
{
	if (size)
		snprintf(text, size, "%s", set ? "administrator" : "");
}

int irl_privilege_check(uint32_t wanted, struct irl_error *err)
{
	if (!irl_privilege_missing(wanted))
		return 0;
	return irl_error_set(err, IRL_EPERM,
			     "not an administrator: run it from a console that "
			     "was started as administrator");
}
