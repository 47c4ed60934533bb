// SPDX-License-Identifier: BSD-2-Clause
#include "bench/rio_windows.h"

bool bench_rio_load(SOCKET socket, struct rio_table *out)
{
	GUID id = RIO_TABLE_ID;
	DWORD bytes;

	*out = (struct rio_table){.size = sizeof(*out)};
	return !WSAIoctl(socket, RIO_GET_MULTIPLE, &id, sizeof(id), out,
			 sizeof(*out), &bytes, NULL, NULL) &&
	       out->send && out->send_ex && out->create_cq && out->create_rq &&
	       out->register_buffer && out->dequeue;
}
