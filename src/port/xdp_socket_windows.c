// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "base/memory.h"
#include "port/xdp_socket.h"

int xdp_failed(struct irl_error *err, uint32_t error, const char *what)
{
	int code = error == XDP_NO_MEMORY || error == XDP_NO_RESOURCES
		       ? IRL_ENOMEM
		       : IRL_ESYSTEM;

	return irl_error_set(err, code, "XDP for Windows: %s: Windows error %u",
			     what, error);
}

static int not_opened(struct irl_error *err, uint32_t error, const char *what)
{
	if (error == XDP_NO_FILE || error == XDP_NO_PATH)
		return irl_error_set(
		    err, IRL_ENOTSUP,
		    "XDP for Windows does not run: install its runtime, 1.1 or "
		    "later, as docs/windows.md says, or start it: sc start "
		    "xdp");
	if (error == XDP_DENIED)
		return irl_error_set(
		    err, IRL_EPERM,
		    "XDP for Windows is for administrators: start this from a "
		    "prompt \"Run as administrator\", or have one give you "
		    "the right by xdpcfg.exe SetDeviceSddl");
	return xdp_failed(err, error, what);
}

int xdp_object_open(void **file, struct xdp_open *ea, uint32_t object,
		    const char *what, struct irl_error *err)
{
	const uint32_t extra =
	    object == XDP_OBJECT_PROGRAM ? sizeof(ea->program) : 0;
	uint32_t error;

	ea->name_length = sizeof(ea->name) - 1;
	ea->value_length = (uint16_t)(XDP_OPEN_PACKET_BYTES + extra);
	memcpy(ea->name, XDP_EA_NAME, sizeof(ea->name));
	ea->major = 1;
	ea->api = XDP_API;
	ea->object = object;
	error = xdp_open(file, ea,
			 (uint32_t)offsetof(struct xdp_open, program) + extra);
	return error ? not_opened(err, error, what) : 0;
}

uint32_t xdp_socket_set(const struct xdp_socket *s, uint32_t option,
			const void *value, uint32_t bytes)
{
	struct xsk_set_option in = {option, bytes, value};

	return xdp_control(s->file, XSK_SET_OPTION, &in, sizeof(in), NULL,
			   NULL);
}

uint32_t xdp_socket_bind(const struct xdp_socket *s, unsigned ifindex,
			 uint32_t queue, uint32_t flags)
{
	struct xsk_bind in = {ifindex, queue, flags};

	return xdp_control(s->file, XSK_BIND, &in, sizeof(in), NULL, NULL);
}

uint32_t xdp_socket_notify(const struct xdp_socket *s, uint32_t flags,
			   uint32_t timeout_ms)
{
	struct xsk_notify in = {flags, timeout_ms};

	return xdp_control(s->file, XSK_NOTIFY, &in, sizeof(in), NULL, NULL);
}

struct xsk_statistics xdp_socket_statistics(const struct xdp_socket *s)
{
	struct xsk_statistics out = {0};
	uint32_t option = XSK_STATISTICS, bytes = sizeof(out);

	if (xdp_control(s->file, XSK_GET_OPTION, &option, sizeof(option), &out,
			&bytes))
		out = (struct xsk_statistics){0};
	return out;
}

int xdp_socket_open(struct xdp_socket *s, struct irl_error *err)
{
	struct xdp_open ea = {0};

	return xdp_object_open(&s->file, &ea, XDP_OBJECT_XSK,
			       "opening a socket", err);
}

static struct xdp_ring map_ring(const struct xsk_ring_info *info)
{
	return (struct xdp_ring){
	    .producer = (uint32_t *)(void *)(info->ring + info->producer),
	    .consumer = (uint32_t *)(void *)(info->ring + info->consumer),
	    .flags = (uint32_t *)(void *)(info->ring + info->flags),
	    .elements = info->ring + info->elements,
	    .mask = info->size - 1,
	    .stride = info->stride,
	};
}

static uint32_t activate(struct xdp_socket *s)
{
	uint32_t option = XSK_RINGS, none = 0, error;
	struct xsk_rings rings = {0};
	uint32_t bytes = sizeof(rings);

	error =
	    xdp_control(s->file, XSK_ACTIVATE, &none, sizeof(none), NULL, NULL);
	if (!error)
		error = xdp_control(s->file, XSK_GET_OPTION, &option,
				    sizeof(option), &rings, &bytes);
	if (error)
		return error;
	s->tx = map_ring(&rings.tx);
	s->completion = map_ring(&rings.completion);
	if (rings.rx.size) {
		s->rx = map_ring(&rings.rx);
		s->fill = map_ring(&rings.fill);
	}
	return 0;
}

int xdp_socket_start(struct xdp_socket *s, uint32_t chunks, uint32_t first_ring,
		     struct irl_error *err)
{
	struct xsk_umem umem = {.bytes = (uint64_t)chunks * XDP_CHUNK,
				.chunk = XDP_CHUNK};
	uint32_t error;

	s->chunks = chunks;
	s->umem = umem.address = irl_memory_take((size_t)chunks * XDP_CHUNK);
	if (!s->umem)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	error = xdp_socket_set(s, XSK_UMEM, &umem, sizeof(umem));
	for (uint32_t ring = first_ring; !error && ring <= XSK_COMPLETION_RING;
	     ring++)
		error = xdp_socket_set(s, ring, &chunks, sizeof(chunks));
	if (!error)
		error = activate(s);
	return error ? xdp_failed(err, error, "setting up a socket") : 0;
}

void xdp_socket_close(struct xdp_socket *s)
{
	if (s->file)
		xdp_close(s->file);
	if (s->umem)
		irl_memory_give(s->umem, (size_t)s->chunks * XDP_CHUNK);
}
