// SPDX-License-Identifier: BSD-2-Clause
/* records csv|json|text|pcapng: ten thousand records or frames, drawn from a
 * seed, on standard output. */
#include <stdio.h>
#include <string.h>
#include <irl/output.h>
#include <irl/pcapng.h>
#include "base/os.h"

#define COUNT 10000u

static uint64_t state = 20260101;

static uint64_t draw(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 16;
}

static struct irl_record any_record(void)
{
	static const uint8_t verdicts[] = {IRL_ANSWER_SYNACK, IRL_ANSWER_RST,
					   IRL_ANSWER_ICMP};
	struct irl_record r = {.wall_ns = 1767225600u * UINT64_C(1000000000) +
					  draw() % UINT64_C(100000000000000)};

	r.hit.addr = (uint32_t)draw();
	r.hit.local = (uint32_t)draw();
	r.hit.port = (uint16_t)draw();
	r.hit.local_port = (uint16_t)draw();
	r.hit.window = (uint16_t)draw();
	r.hit.ipid = (uint16_t)draw();
	r.hit.ttl = (uint8_t)draw();
	r.hit.verdict = verdicts[draw() % 3];
	return r;
}

static int write_records(enum irl_output_format format, struct irl_error *err)
{
	const struct irl_output_options options = {
	    .format = format, .fields = "*", .filter = ""};
	struct irl_output *output;
	int rc = irl_output_open(&output, &options, err);

	for (unsigned i = 0; rc >= 0 && i < COUNT; i++) {
		const struct irl_record r = any_record();

		rc = irl_output_record(output, &r);
	}
	return rc < 0 ? rc : irl_output_close(output, err);
}

static int write_frames(struct irl_error *err)
{
	struct irl_pcapng *file;
	uint8_t mac[6] = {2}, frame[1514];
	int rc = irl_pcapng_open(&file, "-", err);

	if (!rc)
		rc = irl_pcapng_interface(file, "memory", mac, 10000000000u,
					  err);
	for (unsigned i = 0; rc >= 0 && i < COUNT; i++) {
		uint32_t length = 60 + (uint32_t)(draw() % 1454);

		memset(frame, (int)draw() & 255, sizeof(frame));
		rc = irl_pcapng_write(file, 0, i * UINT64_C(1000000007), frame,
				      length,
				      (enum irl_pcapng_direction)(i % 3), err);
	}
	return rc < 0 ? rc : irl_pcapng_close(file, err);
}

static int write_kind(const char *kind, struct irl_error *err)
{
	if (!strcmp(kind, "csv"))
		return write_records(IRL_OUTPUT_CSV, err);
	if (!strcmp(kind, "json"))
		return write_records(IRL_OUTPUT_JSON, err);
	if (!strcmp(kind, "text"))
		return write_records(IRL_OUTPUT_TEXT, err);
	return write_frames(err);
}

int main(int argc, char **argv)
{
	struct irl_error err = {0};

	if (irl_os_begin(&argc, &argv) || argc != 2)
		return 2;
	if (write_kind(argv[1], &err) >= 0)
		return 0;
	fprintf(stderr, "records: %s\n", err.text);
	return 1;
}
