/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registered I/O of Winsock (Windows 8 and later), as much of it as is used:
 * mingw-w64 10 does not declare it.  From the reference of mswsock.h and
 * mswsockdef.h (learn.microsoft.com, "Winsock Registered I/O Extensions"); the
 * values also stand in Microsoft's Windows metadata (crate windows-sys).
 */
#ifndef IRL_BENCH_RIO_WINDOWS_H
#define IRL_BENCH_RIO_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>
#include <winsock2.h>
#include <windows.h>

#ifndef WSA_FLAG_REGISTERED_IO
#define WSA_FLAG_REGISTERED_IO 0x100
#endif
#define RIO_GET_MULTIPLE                                                       \
	0xc8000024u /* the control code, _WSAIORW(IOC_WS2,36)                  \
		     */
#define RIO_TABLE_ID                                                           \
	{                                                                      \
		0x8509e081, 0x96dd, 0x4005,                                    \
		{                                                              \
			0xb1, 0x65, 0x9e, 0x2e, 0xe8, 0xc7, 0x9e, 0x3f         \
		}                                                              \
	}
#define RIO_DEFER 0x02u /* RIO_MSG_DEFER: do not begin yet */
#define RIO_BAD_CQ ((rio_cq)0)
#define RIO_BAD_RQ ((rio_rq)0)
#define RIO_BAD_BUFFER ((rio_id)(uintptr_t)0xffffffff)
#define RIO_CORRUPT 0xfffffffful /* RIO_CORRUPT_CQ */

typedef struct rio_cq_tag *rio_cq;
typedef struct rio_rq_tag *rio_rq;
typedef struct rio_id_tag *rio_id;

struct rio_buffer { /* RIO_BUF */
	rio_id id;
	ULONG offset, length;
};

struct rio_result { /* RIORESULT */
	LONG status;
	ULONG bytes;
	ULONGLONG socket_context, request_context;
};

/* RIO_EXTENSION_FUNCTION_TABLE, in its order. */
struct rio_table {
	DWORD size;
	BOOL(WINAPI *receive)
	(rio_rq, struct rio_buffer *, ULONG, DWORD, void *);
	int(WINAPI *receive_ex)(rio_rq, struct rio_buffer *, ULONG,
				struct rio_buffer *, struct rio_buffer *,
				struct rio_buffer *, struct rio_buffer *, DWORD,
				void *);
	BOOL(WINAPI *send)(rio_rq, struct rio_buffer *, ULONG, DWORD, void *);
	BOOL(WINAPI *send_ex)
	(rio_rq, struct rio_buffer *, ULONG, struct rio_buffer *local,
	 struct rio_buffer *remote, struct rio_buffer *, struct rio_buffer *,
	 DWORD, void *);
	void(WINAPI *close_cq)(rio_cq);
	rio_cq(WINAPI *create_cq)(DWORD, void *notification);
	rio_rq(WINAPI *create_rq)(SOCKET, ULONG receives, ULONG receive_buffers,
				  ULONG sends, ULONG send_buffers, rio_cq,
				  rio_cq, void *context);
	ULONG(WINAPI *dequeue)(rio_cq, struct rio_result *, ULONG);
	void(WINAPI *deregister)(rio_id);
	INT(WINAPI *notify)(rio_cq);
	rio_id(WINAPI *register_buffer)(char *, DWORD);
	BOOL(WINAPI *resize_cq)(rio_cq, DWORD);
	BOOL(WINAPI *resize_rq)(rio_rq, DWORD, DWORD);
};

/* The functions that @socket's provider has; false: none. */
bool bench_rio_load(SOCKET socket, struct rio_table *out);

_Static_assert(sizeof(struct rio_buffer) == 16, "RIO_BUF");
_Static_assert(sizeof(struct rio_result) == 24, "RIORESULT");
_Static_assert(sizeof(struct rio_table) == 112, "the table");

#endif
