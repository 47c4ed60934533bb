// SPDX-License-Identifier: BSD-2-Clause
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>
#include "base/links_windows.h"
#include "base/os.h"

#define PATH_UNITS 32768u /* the longest path there is */
#define NT_PREFIX L"\\??\\"
#define NT_UNC L"\\??\\UNC\\"

/* MS-FSCC 2.1.2.4, as the user's headers have it not. */
struct link_data {
	uint32_t tag;
	uint16_t data_bytes, reserved;
	uint16_t substitute_at, substitute_bytes, print_at, print_bytes;
	uint32_t flags;
	/* both names, in UTF-16 */
};

/* @prefix in place of the first @skip units. */
static bool put(char *text, size_t room, const char *prefix,
		const wchar_t *name, size_t skip)
{
	size_t n = strlen(prefix);

	if (n >= room)
		return false;
	memcpy(text, prefix, n);
	return WideCharToMultiByte(CP_UTF8, 0, name + skip, -1, text + n,
				   (int)(room - n), NULL, NULL) > 1;
}

static bool starts(const wchar_t *name, const wchar_t *with)
{
	return !wcsncmp(name, with, wcslen(with));
}

bool irl_link_text(const void *data, size_t bytes, char *text, size_t room)
{
	struct link_data link;
	wchar_t *name;
	size_t at;
	bool ok;

	if (bytes < sizeof(link))
		return false;
	memcpy(&link, data, sizeof(link));
	at = sizeof(link) + link.substitute_at;
	if (link.tag != (uint32_t)IO_REPARSE_TAG_SYMLINK ||
	    at + link.substitute_bytes > bytes)
		return false;
	name = calloc(1, link.substitute_bytes + sizeof(*name));
	if (!name)
		return false;
	memcpy(name, (const char *)data + at,
	       link.substitute_bytes & ~(sizeof(*name) - 1));
	if (starts(name, NT_UNC))
		ok = put(text, room, "\\\\", name, wcslen(NT_UNC));
	else
		ok = put(text, room, "", name,
			 starts(name, NT_PREFIX) ? wcslen(NT_PREFIX) : 0);
	free(name);
	return ok;
}

static size_t read_data(const char *path, void *data, DWORD room)
{
	wchar_t *name = calloc(PATH_UNITS, sizeof(*name));
	HANDLE handle = INVALID_HANDLE_VALUE;
	DWORD bytes = 0;

	if (name && MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1,
					name, PATH_UNITS))
		handle = CreateFileW(
		    name, 0,
		    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
		    NULL, OPEN_EXISTING,
		    FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS,
		    NULL);
	free(name);
	if (handle == INVALID_HANDLE_VALUE)
		return 0;
	if (!DeviceIoControl(handle, FSCTL_GET_REPARSE_POINT, NULL, 0, data,
			     room, &bytes, NULL))
		bytes = 0;
	CloseHandle(handle);
	return bytes;
}

/* "\list" is of the drive where the link is. */
static bool add_drive(const char *path, char *text, size_t room)
{
	char *whole = irl_os_whole_path(path);
	size_t n = strlen(text);
	bool ok = whole && n + 3 <= room;

	if (ok && whole[1] == ':') {
		memmove(text + 2, text, n + 1);
		memcpy(text, whole, 2);
	}
	free(whole);
	return ok;
}

bool irl_os_read_link(const char *path, char *text, size_t room)
{
	void *data = malloc(MAXIMUM_REPARSE_DATA_BUFFER_SIZE);
	size_t bytes =
	    data ? read_data(path, data, MAXIMUM_REPARSE_DATA_BUFFER_SIZE) : 0;
	bool found = irl_link_text(data, bytes, text, room);

	free(data);
	return found && (text[0] != '\\' || text[1] == '\\' ||
			 add_drive(path, text, room));
}
