/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Write frames to a pcapng file (draft-ietf-opsawg-pcapng), nanosecond times.
 *
 * Frames are buffered; whole blocks only are written.  When the disk is full
 * or the reader of a pipe goes away, what was written before stays a valid
 * file, the first call to meet the failure tells it, and every later one
 * returns the same code and writes nothing.  No signal is raised (SIGPIPE is
 * held back).  All calls may come from any thread.
 */
#ifndef IRL_PCAPNG_H
#define IRL_PCAPNG_H

#include <stdint.h>
#include <irl/error.h>

struct irl_pcapng;

enum irl_pcapng_direction {
	IRL_PCAPNG_UNKNOWN = 0,
	IRL_PCAPNG_RECEIVED = 1,
	IRL_PCAPNG_SENT = 2,
};

/** Create or replace the file @path; "-" is standard output. */
IRL_API int irl_pcapng_open(struct irl_pcapng **out, const char *path,
			    struct irl_error *err);
/**
 * Describe an interface; frames name it by the number that is returned.
 *
 * @mac              may be NULL
 * @bits_per_second  0: unknown
 */
IRL_API int irl_pcapng_interface(struct irl_pcapng *pcapng, const char *name,
				 const uint8_t mac[6], uint64_t bits_per_second,
				 struct irl_error *err);
/** @time_ns since 1970 (CLOCK_REALTIME), or of any other clock. */
IRL_API int irl_pcapng_write(struct irl_pcapng *pcapng, unsigned interface_id,
			     uint64_t time_ns, const void *frame,
			     uint32_t length,
			     enum irl_pcapng_direction direction,
			     struct irl_error *err);
/** Hand what is buffered to the system. */
IRL_API int irl_pcapng_flush(struct irl_pcapng *pcapng, struct irl_error *err);
/** Flush, close and free, always; 0 only if every frame was written. */
IRL_API int irl_pcapng_close(struct irl_pcapng *pcapng, struct irl_error *err);

#endif
