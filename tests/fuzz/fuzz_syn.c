// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any frame as an answer to a stateless SYN: nothing is read past its end, and
 * nobody who has not seen the SYN is believed.  Then a sound answer, of which
 * the input says what is changed: only those changes may pass that the cookie
 * does not cover.
 * Input: the frame.
 */
#include <stdlib.h>
#include <string.h>
#include "probe/syn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static struct irl_syn make_syn(void)
{
	const struct irl_probe_options options = {.seed = 5,
						  .source_addr = 0x0a000003,
						  .source_count = 2,
						  .port_first = 40000,
						  .port_last = 44095,
						  .options =
						      IRL_TCP_OPTIONS_LINUX};
	const struct irl_ip source6 = {{0xfd, [15] = 3}};
	struct irl_syn syn;

	irl_syn_init(&syn, &options, &source6);
	return syn;
}

/* The answer to what was sent: addresses and ports exchanged, acknowledged. */
static void turn(uint8_t *frame, bool six)
{
	uint32_t at = six ? 22 : 26, bytes = six ? 16 : 4;
	uint8_t *tcp = frame + (six ? 54 : 34), was[16];
	uint32_t seq = (uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 |
		       (uint32_t)tcp[6] << 8 | tcp[7];

	memcpy(was, frame + at, bytes);
	memcpy(frame + at, frame + at + bytes, bytes);
	memcpy(frame + at + bytes, was, bytes);
	memcpy(was, tcp, 2);
	memcpy(tcp, tcp + 2, 2);
	memcpy(tcp + 2, was, 2);
	for (unsigned i = 0; i < 4; i++)
		tcp[8 + i] = (uint8_t)((seq + 1) >> (24 - 8 * i));
	tcp[13] = 0x12;
}

static void check_turned(const struct irl_syn *syn, const uint8_t *data,
			 size_t size, bool six)
{
	struct irl_ip addr =
	    six ? (struct irl_ip){{0xfd, 7, [15] = 1}} : irl_ip4(0x0a010203);
	const uint64_t now = 9000000000u;
	uint8_t frame[IRL_SYN_MAX];
	struct irl_syn_hit hit;
	uint32_t length =
	    irl_syn_make(syn, &addr, 80, irl_probe_time(now), frame);

	turn(frame, six);
	require(irl_syn_check(syn, frame, length, now, &hit) ==
		IRL_ANSWER_SYNACK);
	require(irl_ip_equal(&hit.addr, &addr) && hit.port == 80);
	for (size_t i = 0; i + 1 < size; i += 2)
		frame[data[i] % length] ^= data[i + 1];
	if (irl_syn_check(syn, frame, length, now, &hit) == IRL_ANSWER_SYNACK)
		require(irl_ip_equal(&hit.addr, &addr) && hit.port == 80);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct irl_syn syn = make_syn();
	struct irl_syn_hit hit;
	uint8_t *copy = malloc(size ? size : 1); /* its end is guarded */

	require(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	irl_syn_check(&syn, copy, (uint32_t)size, 9000000000u, &hit);
	check_turned(&syn, data, size, false);
	check_turned(&syn, data, size, true);
	free(copy);
	return 0;
}
