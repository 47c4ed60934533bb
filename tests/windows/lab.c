/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const names[] = {
    "\\DEVICE\\{11111111-2222-3333-4444-555555555555}",
    "\\DEVICE\\{aaaaaaaa-BBBB-cccc-dddd-eeeeeeeeeeee}"};

uint32_t lab_hash(const uint8_t *bytes, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash;
}

static void sent(void *context, const uint8_t *frame, size_t length,
		 uint64_t checksum)
{
	struct lab_nic *nic = context;
	uint64_t at = __atomic_fetch_add(&nic->frames, 1, __ATOMIC_RELAXED);

	__atomic_fetch_add(&nic->bytes, length, __ATOMIC_RELAXED);
	if (nt_steps() && at < LAB_LOG)
		nic->log[at] =
		    (struct lab_sent){.length = (uint32_t)length,
				      .hash = lab_hash(frame, length),
				      .checksum = checksum};
}

NTSTATUS lab_load_protocol(struct lab *lab)
{
	DRIVER_INITIALIZE *protocol, *filter;
	NTSTATUS status;

	lab_entries(&protocol, &filter);
	lab->protocol = nt_load("irlstackp", protocol, &status);
	return status;
}

NTSTATUS lab_load_filter(struct lab *lab)
{
	DRIVER_INITIALIZE *protocol, *filter;
	NTSTATUS status;

	lab_entries(&protocol, &filter);
	lab->filter = nt_load("irlstackf", filter, &status);
	return status;
}

void lab_plug(struct lab *lab, unsigned i, unsigned flags)
{
	struct nd_config config = {.name = names[i],
				   .mac = {2, 0, 0, 0, 0, (uint8_t)(i + 1)},
				   .mtu = flags & LAB_JUMBO ? 65000 : LAB_MTU,
				   .index = i + 1,
				   .medium = flags & LAB_TUNNEL ? 15 : 0,
				   .pend = flags & LAB_PEND,
				   .checksums = flags & LAB_CHECKSUMS,
				   .sent = sent,
				   .context = &lab->nic[i]};

	lab->nic[i].adapter = nd_add(&config);
}

static void must(NTSTATUS status, const char *what)
{
	if (status >= 0)
		return;
	fprintf(stderr, "%s: %#x\n", what, (unsigned)status);
	abort();
}

void lab_up(struct lab *lab, unsigned flags)
{
	memset(lab, 0, sizeof(*lab));
	nt_start(flags & LAB_RUNS ? NT_RUNS : NT_STEPS);
	nd_start();
	if (flags & LAB_NDIS_630)
		nd_version(0x6001e);
	/* One adapter is there before the drivers, the other comes later. */
	lab_plug(lab, lab->nics++, flags);
	if (!(flags & LAB_NO_DRIVERS))
		must(lab_load_protocol(lab), "irlstackp");
	if (!(flags & (LAB_NO_FILTER | LAB_NO_DRIVERS)))
		must(lab_load_filter(lab), "irlstackf");
	if (flags & LAB_TWO)
		lab_plug(lab, lab->nics++, flags);
}

void lab_down(struct lab *lab)
{
	if (lab->filter)
		nt_unload(lab->filter);
	if (lab->protocol)
		nt_unload(lab->protocol);
	for (unsigned i = 0; i < lab->nics; i++)
		if (lab->nic[i].adapter)
			nd_remove(lab->nic[i].adapter, false);
	nd_stop();
	nt_stop();
}

struct irl_win_bind lab_bind(unsigned nic, unsigned requests, unsigned batch,
			     bool zero_copy)
{
	struct irl_win_bind bind = {.head = {IRL_WIN_VERSION, sizeof(bind)},
				    .flags =
					zero_copy ? IRL_WIN_BIND_ZERO_COPY : 0,
				    .requests = requests,
				    .batch = batch,
				    .ring_bytes = IRL_WIN_RING_MIN};

	for (unsigned i = 0; names[nic][i]; i++)
		bind.name[i] = (uint16_t)names[nic][i];
	return bind;
}

NTSTATUS lab_control(struct nt_file *file, uint32_t code, const void *in,
		     size_t in_length, void *out, size_t out_length)
{
	return nt_finish(nt_control(file, code, in, in_length, out, out_length),
			 NULL);
}

struct nt_file *lab_open(const struct irl_win_bind *bind, NTSTATUS *status)
{
	struct nt_file *file = nt_open("\\DosDevices\\IRLstackP", status);
	struct irl_win_adapter adapter;

	if (!file)
		return NULL;
	*status = lab_control(file, IRL_WIN_BIND, bind, sizeof(*bind), &adapter,
			      sizeof(adapter));
	if (*status >= 0)
		return file;
	nt_close(file);
	return NULL;
}

struct irl_win_counters lab_count(struct nt_file *file)
{
	struct irl_win_counters counters;

	memset(&counters, 0xee, sizeof(counters));
	must(lab_control(file, IRL_WIN_COUNTERS, NULL, 0, &counters,
			 sizeof(counters)),
	     "COUNTERS");
	return counters;
}

void lab_rule(struct irl_steer *rule)
{
	memset(rule, 0, sizeof(*rule));
	rule->own[0] = (struct irl_prefix4){0xc6120000, 15};
	rule->own_count = 1;
}

NTSTATUS lab_steer(struct nt_file *file, unsigned queue, unsigned queues)
{
	struct irl_win_steer steer = {.head = {IRL_WIN_VERSION, sizeof(steer)},
				      .queue = queue,
				      .queues = queues};

	lab_rule(&steer.rule);
	return lab_control(file, IRL_WIN_STEER, &steer, sizeof(steer), NULL, 0);
}

struct irl_win_frame *lab_put(uint8_t *buffer, size_t *at, uint32_t length,
			      uint32_t seed)
{
	struct irl_win_frame *frame = (struct irl_win_frame *)(buffer + *at);
	uint8_t *bytes = (uint8_t *)(frame + 1);

	memset(frame, 0, sizeof(*frame));
	frame->length = length;
	for (uint32_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(seed * 31 + i * 7 + (i >> 8));
	*at += irl_win_space(length);
	return frame;
}

uint8_t *lab_batch(unsigned frames, uint32_t length, size_t *size)
{
	size_t at = 0;
	uint8_t *buffer;

	*size = (size_t)frames * irl_win_space(length);
	buffer = calloc(1, *size);
	for (unsigned i = 0; i < frames; i++)
		lab_put(buffer, &at, length, i);
	return buffer;
}

void lab_udp(uint8_t frame[60], uint32_t to, uint16_t port)
{
	memset(frame, 0, 60);
	frame[0] = 2;
	frame[6] = 2;
	frame[11] = 9;
	frame[12] = 8;
	frame[14] = 0x45;
	frame[17] = 46;
	frame[22] = 64;
	frame[23] = 17;
	frame[26] = 192;
	frame[29] = 1;
	for (unsigned i = 0; i < 4; i++)
		frame[30 + i] = (uint8_t)(to >> (24 - 8 * i));
	frame[35] = 53;
	frame[36] = (uint8_t)(port >> 8);
	frame[37] = (uint8_t)port;
	frame[39] = 26;
}

static void equal(uint64_t a, uint64_t b, const char *what)
{
	if (a == b)
		return;
	fprintf(stderr, "accounts: %s: %llu, %llu\n", what,
		(unsigned long long)a, (unsigned long long)b);
	abort();
}

void lab_tally(struct lab_tally *tally, struct nt_file *file)
{
	struct irl_win_counters c = lab_count(file);

	tally->buffers += c.tx_buffers;
	tally->frames += c.tx_frames;
	for (unsigned i = 0; i < IRL_WIN_OUTCOMES; i++)
		tally->done += c.outcome[i];
	tally->delivered +=
	    c.rx_frames + c.rx_ring_full + c.rx_too_long + c.rx_unreadable;
}

void lab_balance_sent(const struct lab_tally *tally, struct lab_nic *nic)
{
	struct nd_counters n;

	nd_count(nic->adapter, &n);
	equal(tally->frames, n.sent, "frames sent");
	equal(tally->done, n.completed, "frames completed");
	equal(tally->buffers, n.sends, "one call of NDIS for a buffer");
}

void lab_balance_received(const struct lab_tally *tally, struct nt_file *file,
			  struct lab_nic *nic)
{
	struct irl_win_filter f = lab_count(file).filter;
	struct nd_counters n;

	nd_count(nic->adapter, &n);
	equal(f.frames, n.indicated, "frames the filter saw");
	equal(f.frames, f.host + f.taken + f.no_queue + f.paused,
	      "what the filter did with them");
	equal(f.host, n.host, "frames for the host");
	equal(f.taken, tally->delivered, "frames delivered");
}

void lab_balance(struct nt_file *file, struct lab_nic *nic)
{
	struct lab_tally tally = {0};

	lab_tally(&tally, file);
	lab_balance_sent(&tally, nic);
	lab_balance_received(&tally, file, nic);
}
