// SPDX-License-Identifier: BSD-2-Clause
/*
 * The probes that a scan would send, one a line, planned and made by the same
 * functions and read back from their bytes.  Nothing is sent and no privilege
 * needed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <irl/net.h>
#include <irl/probe.h>
#include "base/os.h"
#include "scan.h"

#define FRAME_ROOM 128u

static bool is_zero(const uint8_t mac[6])
{
	static const uint8_t zero[6];

	return !memcmp(mac, zero, 6);
}

static uint32_t be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static unsigned be16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void print_mac(const uint8_t *mac)
{
	if (is_zero(mac))
		fputs("(not resolved)", stdout);
	else
		printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		       mac[3], mac[4], mac[5]);
}

/* Ethernet, IPv4 without options, TCP: what irl_probe_make writes. */
static void print_frame(const uint8_t *frame, uint32_t length)
{
	const uint8_t *ip = frame + 14, *tcp = ip + 20;
	unsigned header = (tcp[12] >> 4) * 4u;
	char source[IRL_ADDR_TEXT], target[IRL_ADDR_TEXT];

	printf("%s:%u -> %s:%u SYN seq %u win %u ttl %u id %u options ",
	       irl_addr_text(be32(ip + 12), source), be16(tcp),
	       irl_addr_text(be32(ip + 16), target), be16(tcp + 2),
	       be32(tcp + 4), be16(tcp + 14), ip[8], be16(ip + 4));
	if (header == 20)
		fputs("none", stdout);
	for (unsigned i = 20; i < header; i++)
		printf("%02x", tcp[i]);
	fputs(" via ", stdout);
	print_mac(frame);
	printf(" length %u\n", length);
}

static int print_all(const struct scan_job *job, const struct irl_probe *probe,
		     struct irl_error *err)
{
	const struct irl_scan_options *o = &job->options;
	uint64_t first = o->start ? o->start : job->shard_first;
	uint32_t length = irl_probe_length(probe);
	uint8_t frame[FRAME_ROOM];
	uint32_t now = irl_probe_time(irl_os_clock_ns());

	for (uint64_t i = first; i < job->end; i++) {
		struct irl_target target;

		if (!irl_probe_target(probe, i, &target))
			continue;
		irl_probe_make(probe, target, now, frame);
		print_frame(frame, length);
		if (ferror(stdout))
			break;
	}
	/* After a failed write there may be nothing left to flush. */
	if (ferror(stdout) || fflush(stdout))
		return irl_error_errno(
		    err, irl_os_write_error(fileno(stdout), errno),
		    "cannot write standard output");
	return 0;
}

int scan_dry_run(const struct scan_job *job, struct irl_error *err)
{
	struct irl_probe_options options;
	struct irl_probe *probe;
	int rc = irl_scan_plan(&job->options, &options, err);

	if (rc)
		return rc;
	rc = irl_probe_new(&probe, &options, err);
	if (rc)
		return rc;
	if (irl_probe_length(probe) <= FRAME_ROOM)
		rc = print_all(job, probe, err);
	irl_probe_free(probe);
	return rc;
}
