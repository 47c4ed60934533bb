// SPDX-License-Identifier: BSD-2-Clause
#include <windows.h>
#include <stdio.h>
#include "bench/wpcap.h"

/* Npcap's own folder; WinPcap and its compatible mode lie in the system's.
 * Nowhere else: a program of administrators loads no library from where it
 * happens to be started. */
static HMODULE find(void)
{
	static const char *const names[] = {"Npcap\\wpcap.dll", "wpcap.dll"};
	char system[MAX_PATH], path[MAX_PATH + 32];
	UINT length = GetSystemDirectoryA(system, sizeof(system));
	HMODULE found = NULL;

	for (unsigned i = 0; length && length < MAX_PATH && i < 2; i++) {
		snprintf(path, sizeof(path), "%s\\%s", system, names[i]);
		if (!found)
			found = LoadLibraryExA(path, NULL,
					       LOAD_WITH_ALTERED_SEARCH_PATH);
	}
	return found;
}

int wpcap_load(struct wpcap *out, struct irl_error *err)
{
	struct {
		const char *name;
		void **to;
	} table[] = {
	    {"pcap_open_live", (void **)&out->open_live},
	    {"pcap_close", (void **)&out->close},
	    {"pcap_geterr", (void **)&out->geterr},
	    {"pcap_sendpacket", (void **)&out->sendpacket},
	    {"pcap_sendqueue_alloc", (void **)&out->queue_alloc},
	    {"pcap_sendqueue_destroy", (void **)&out->queue_destroy},
	    {"pcap_sendqueue_queue", (void **)&out->queue_add},
	    {"pcap_sendqueue_transmit", (void **)&out->queue_transmit},
	};
	HMODULE library = find();

	*out = (struct wpcap){.library = library};
	if (!library)
		return irl_error_set(err, IRL_ENOTSUP,
				     "Npcap is not installed (npcap.com)");
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		*table[i].to =
		    (void *)(uintptr_t)GetProcAddress(library, table[i].name);
		if (!*table[i].to) {
			wpcap_unload(out);
			return irl_error_set(err, IRL_ENOTSUP,
					     "wpcap.dll has no %s",
					     table[i].name);
		}
	}
	return 0;
}

void wpcap_unload(struct wpcap *wpcap)
{
	if (wpcap->library)
		FreeLibrary(wpcap->library);
	wpcap->library = NULL;
}
