// SPDX-License-Identifier: BSD-2-Clause
#include <windows.h>
#include "wire.h"

struct wire *wire_map(void)
{
	HANDLE file = CreateFileA(WIRE_FILE, GENERIC_READ | GENERIC_WRITE,
				  FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				  OPEN_EXISTING, 0, NULL);
	HANDLE mapping = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0,
					    sizeof(struct wire), NULL);
	struct wire *wire = mapping
				? MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0,
						0, sizeof(struct wire))
				: NULL;

	CloseHandle(mapping);
	CloseHandle(file);
	return wire;
}

void wire_unmap(struct wire *wire)
{
	UnmapViewOfFile(wire);
}
