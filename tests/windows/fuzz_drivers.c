/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A script of programs' requests and NDIS's events, as the input's bytes say:
 * the double ends the process for whatever the drivers do wrong, and at the end
 * everything is closed, unloaded and accounted for.
 */
#include "lab.h"

#include <stdlib.h>

#define FILES 4
#define REQUESTS 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct script {
	const uint8_t *at, *end;
	struct lab lab;
	struct nt_file *file[FILES];
	unsigned nic[FILES]; /* that it is bound to */
	struct lab_tally tally[2];
	bool filter_reloaded;
	struct pending {
		struct nt_request *request;
		struct nt_file *file;
		void *buffer;
	} pending[REQUESTS];
};

static uint8_t byte(struct script *s)
{
	return s->at < s->end ? *s->at++ : 0;
}

static uint32_t word(struct script *s)
{
	uint32_t low = byte(s);

	return low | (uint32_t)byte(s) << 8;
}

/* Up to so many bytes of the input, in a block of just that size. */
static uint8_t *bytes(struct script *s, size_t most, size_t *size)
{
	uint8_t *copy;

	*size = word(s) % (most + 1);
	copy = calloc(1, *size ? *size : 1);
	for (size_t i = 0; i < *size && s->at < s->end; i++)
		copy[i] = byte(s);
	return copy;
}

static void finish(struct pending *p)
{
	nt_finish(p->request, NULL);
	free(p->buffer);
	*p = (struct pending){0};
}

static void keep(struct script *s, struct nt_request *request,
		 struct nt_file *file, void *buffer)
{
	unsigned i = 0;

	while (i < REQUESTS && s->pending[i].request)
		i++;
	if (i == REQUESTS) {
		i = byte(s) % REQUESTS;
		nt_cancel(s->pending[i].request);
		finish(&s->pending[i]);
	}
	s->pending[i] = (struct pending){request, file, buffer};
}

/* Before a handle goes: its requests end as they do, and are forgotten. */
static void forget(struct script *s, struct nt_file *file)
{
	for (unsigned i = 0; i < REQUESTS; i++)
		if (s->pending[i].request && s->pending[i].file == file)
			finish(&s->pending[i]);
}

static void close_file(struct script *s, unsigned i)
{
	struct nt_file *file = s->file[i];

	if (!file)
		return;
	s->file[i] = NULL;
	nt_cleanup(file);
	forget(s, file);
	lab_tally(&s->tally[s->nic[i]], file);
	nt_close(file);
}

static void open_file(struct script *s, unsigned i)
{
	unsigned nic = byte(s) & 1, requests = 1 + byte(s) % 3;
	unsigned batch = 1 + byte(s) % 8, how = byte(s);
	struct irl_win_bind bind = lab_bind(nic, requests, batch, how & 1);
	NTSTATUS status;

	bind.ring_bytes <<= how >> 1 & 1;

	if (byte(s) == 0xff) /* any BIND at all */
		for (size_t k = 0; k < sizeof(bind) && s->at < s->end; k++)
			((uint8_t *)&bind)[k] ^= byte(s);
	if (bind.requests > 64 || bind.batch > 256)
		bind.requests = 0; /* refused; memory is not the point here */
	close_file(s, i);
	s->nic[i] = nic;
	if (s->lab.protocol)
		s->file[i] = lab_open(&bind, &status);
}

static void steer(struct script *s, struct nt_file *file)
{
	struct irl_win_steer any = {.head = {IRL_WIN_VERSION, sizeof(any)},
				    .queue = byte(s),
				    .queues = byte(s)};

	if (byte(s) & 1) {
		lab_steer(file, any.queue % 2, 2);
		return;
	}
	for (size_t k = 0; k < sizeof(any.rule) && s->at < s->end; k++)
		((uint8_t *)&any.rule)[k] = byte(s);
	lab_control(file, IRL_WIN_STEER, &any, sizeof(any), NULL, 0);
}

static void control(struct script *s, struct nt_file *file)
{
	size_t in_size, out_size = byte(s) * 2u;
	uint32_t code = byte(s) & 1 ? IRL_WIN_CODE(byte(s) % 7, byte(s) % 4)
				    : word(s) << 16 | word(s);
	uint8_t *in = bytes(s, 400, &in_size);
	uint8_t *out = calloc(1, out_size + 1);

	/* METHOD_NEITHER would keep user pointers; only completion matters. */
	keep(s, nt_control(file, code, in, in_size, out, out_size), file, out);
	free(in);
}

/* Good frames, one of them damaged by the input now and then. */
static uint8_t *frames(struct script *s, size_t *size)
{
	uint32_t length = 14 + word(s) % (LAB_FRAME_MAX - 13);
	uint8_t *buffer = lab_batch(1 + byte(s) % 10, length, size);
	size_t where = word(s);

	if (where < *size)
		buffer[where] ^= byte(s);
	if (where == 0xffff)
		*size -= byte(s) % *size;
	return buffer;
}

/* Mostly short, but up to more than the longest that an adapter may make. */
static size_t length(struct script *s)
{
	uint8_t some = byte(s);

	return some < 240 ? 1 + some % 60u : 1 + word(s) * 2 % 66000;
}

static struct nd_frame frame(struct script *s, uint32_t to, bool coalesced)
{
	struct nd_frame frame = {.coalesced = coalesced};
	uint8_t head[60], *bytes, some;

	lab_udp(head, to, (uint16_t)word(s));
	some = byte(s);
	if (some & 1)
		head[byte(s) % 60] = byte(s);
	frame.tagged = some >= 240;
	if (some & 2)
		frame.checks = some;
	if (some & 64)
		frame.unreadable = some >> 3 & 7;
	frame.length = length(s);
	frame.bytes = bytes = calloc(1, frame.length);
	memcpy(bytes, head, frame.length < 60 ? frame.length : 60);
	frame.split = frame.length < 61 ? byte(s) : word(s);
	frame.split %= frame.length;
	return frame;
}

static void receive(struct script *s, struct nd_adapter *adapter)
{
	struct nd_frame list[4];
	unsigned count = 1 + byte(s) % 4, how = byte(s);

	for (unsigned i = 0; i < count; i++)
		list[i] = frame(s, i & how ? 0x0a000001 : 0xc6120001, how & 16);
	nd_receive(adapter, list, count, how & 32 ? ND_RESOURCES : 0);
	for (unsigned i = 0; i < count; i++)
		free((void *)list[i].bytes);
}

static void reload(struct script *s)
{
	if (byte(s) & 1) {
		s->filter_reloaded = true;
		if (s->lab.filter)
			nt_unload(s->lab.filter);
		s->lab.filter = NULL;
		lab_load_filter(&s->lab);
		return;
	}
	for (unsigned i = 0; i < FILES; i++)
		close_file(s, i);
	if (s->lab.protocol)
		nt_unload(s->lab.protocol);
	s->lab.protocol = NULL;
	lab_load_protocol(&s->lab);
}

static void cancel_all(void *context)
{
	struct script *s = context;

	for (unsigned i = 0; i < FILES; i++)
		if (s->file[i])
			nt_cancel_all(s->file[i]);
}

/* Sends come back and frames arrive. */
static void meanwhile(void *context)
{
	struct script *s = context;

	for (unsigned i = 0; i < s->lab.nics; i++) {
		nd_release(s->lab.nic[i].adapter, 2, byte(s) & 1);
		receive(s, s->lab.nic[i].adapter);
	}
}

static void offload(struct nd_adapter *adapter, uint8_t what)
{
	if (what & 2)
		nd_offload(adapter, what >> 2 & 3, what * 37u & 0x155,
			   what * 41u & 0x55);
	else
		nd_checksums(adapter, what & 1);
}

static void of_adapter(struct script *s, struct nd_adapter *adapter)
{
	if (!adapter)
		return;
	switch (byte(s) % 13) {
	case 0:
		nd_pause(adapter);
		break;
	case 1:
		nd_restart(adapter);
		break;
	case 2:
		nd_unbind(adapter);
		break;
	case 3:
		nd_bind(adapter);
		break;
	case 4:
		nd_link(adapter, byte(s) & 1);
		break;
	case 5:
		nd_complete_mode(adapter, byte(s) % 4);
		nd_complete_singly(adapter, byte(s) & 1);
		break;
	case 6:
		nd_release(adapter, byte(s) % 4, byte(s) & 1);
		break;
	case 7:
		nd_fail_sends(adapter,
			      byte(s) & 1 ? (int)(0xc0230000u + byte(s)) : 0);
		break;
	case 8:
		nd_host_keeps(adapter, byte(s) & 1);
		break;
	case 9:
		nd_cancel_later(adapter, byte(s) & 1);
		break;
	case 10:
		nd_before_send(adapter, cancel_all, s);
		break;
	case 11:
		offload(adapter, byte(s));
		break;
	default:
		receive(s, adapter);
	}
}

static void of_file(struct script *s, struct nt_file *file, unsigned op)
{
	struct irl_win_receive delay = {
	    .head = {IRL_WIN_VERSION, sizeof(delay)},
	    .batch = 1 + byte(s) % 8,
	    .delay_us = byte(s) * 10u};
	uint8_t *buffer;
	size_t size;

	switch (op) {
	case 0:
		buffer = frames(s, &size);
		keep(s, nt_write(file, buffer, size), file, buffer);
		break;
	case 1:
		buffer = bytes(s, 600, &size);
		keep(s, nt_write(file, buffer, size), file, buffer);
		break;
	case 2:
		buffer = frames(s, &size);
		keep(s, nt_control(file, IRL_WIN_SEND, NULL, 0, buffer, size),
		     file, buffer);
		break;
	case 3:
		size = word(s);
		size = size < 0xc000 ? size % 1024 : (size - 0xc000) * 8;
		buffer = malloc(size + 1);
		keep(s, nt_read(file, buffer, size), file, buffer);
		break;
	case 4:
		control(s, file);
		break;
	case 5:
		steer(s, file);
		break;
	default:
		lab_control(file, IRL_WIN_RECEIVE, &delay, sizeof(delay), NULL,
			    0);
	}
}

static void of_machine(struct script *s)
{
	unsigned i = byte(s) % REQUESTS;

	switch (byte(s) % 9) {
	case 0:
		if (s->pending[i].request)
			nt_cancel(s->pending[i].request);
		break;
	case 1:
		nt_advance(word(s) * 1000ull);
		break;
	case 2:
		nt_shuffle(word(s));
		break;
	case 3:
		nt_fail_at(byte(s));
		break;
	case 4:
		reload(s);
		break;
	case 5:
		nt_arrive_cancelled(byte(s) & 1);
		break;
	case 6:
		cancel_all(s);
		break;
	case 7:
		nt_after_cancel(meanwhile, s);
		break;
	default:
		nt_settle();
	}
}

static void play(struct script *s)
{
	unsigned op = byte(s), which = op % FILES;

	op /= FILES;
	if (op % 4 == 0)
		of_machine(s);
	else if (op % 4 == 1)
		of_adapter(s, s->lab.nic[which & 1].adapter);
	else if (!s->file[which] || op >= 62)
		open_file(s, which);
	else if (op >= 60)
		close_file(s, which);
	else
		of_file(s, s->file[which], op % 7);
}

/* All handles are closed: the sum of what they did. */
static void balance(struct script *s)
{
	NTSTATUS status;

	for (unsigned i = 0; i < s->lab.nics; i++) {
		struct irl_win_bind bind = lab_bind(i, 1, 1, false);
		struct nt_file *file;

		lab_balance_sent(&s->tally[i], &s->lab.nic[i]);
		if (s->filter_reloaded || !s->lab.protocol)
			continue;
		file = lab_open(&bind, &status);
		if (!file) /* unbound */
			continue;
		lab_balance_received(&s->tally[i], file, &s->lab.nic[i]);
		nt_close(file);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script *s;

	if (size > 4096)
		return 0;
	s = calloc(1, sizeof(*s));
	s->at = data;
	s->end = data + size;
	lab_up(&s->lab, byte(s) & (LAB_PEND | LAB_CHECKSUMS | LAB_TWO));
	while (s->at < s->end)
		play(s);
	nt_fail_at(-1);
	nt_arrive_cancelled(false);
	nt_after_cancel(NULL, NULL);
	for (unsigned i = 0; i < s->lab.nics; i++)
		if (data[0] & 128)
			nd_remove(s->lab.nic[i].adapter, data[0] & 64);
	if (data[0] & 128)
		s->lab.nics = 0;
	for (unsigned i = 0; i < FILES; i++) {
		/* Reads that nothing serves any more end with the handle. */
		close_file(s, i);
	}
	balance(s);
	lab_down(&s->lab);
	free(s);
	return 0;
}
