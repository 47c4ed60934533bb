/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Records of a scan as CSV, JSON Lines or text; which of them (a filter) and
 * what of each (fields).  Names and meanings are zmap's where the meaning is
 * the same.
 *
 * fields  saddr saddr_raw daddr daddr_raw ipid ttl sport dport seqnum acknum
 *         window classification success repeat cooldown timestamp_str
 *         timestamp_ts timestamp_us icmp_responder icmp_type icmp_code
 *         icmp_unreach_str rtt_us pass
 *
 * An output belongs to one thread.  What irl_output_record has accepted is
 * written by the next flush, or the flush says why not.
 */
#ifndef IRL_OUTPUT_H
#define IRL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/scan.h>

struct irl_output;

enum irl_output_format {
	IRL_OUTPUT_CSV,  /* a header line where there is more than one field */
	IRL_OUTPUT_JSON, /* JSON Lines (RFC 8259 values) */
	IRL_OUTPUT_TEXT, /* columns for people */
};

#define IRL_OUTPUT_FILTER "success = 1 && repeat = 0" /* zmap's default */

struct irl_output_options {
	const char *path; /* NULL or "-": standard output, not closed */
	enum irl_output_format format;
	const char *fields; /* "saddr,sport", "*"; NULL: "saddr" */
	const char *filter; /* NULL: IRL_OUTPUT_FILTER; "": everything */
	bool no_header;
	bool append; /* to an existing file, behind its last whole line; a
			header only if it is empty */
};

/** Fields and filter alone, as irl_output_open; opens no file. */
IRL_API int irl_output_check(const struct irl_output_options *options,
			     struct irl_error *err);

/** Parses fields and filter, opens the file, writes the header. */
IRL_API int irl_output_open(struct irl_output **out,
			    const struct irl_output_options *options,
			    struct irl_error *err);

/**
 * Put a record into the buffer if the filter passes it.
 *
 * Returns 1 (accepted), 0 (filtered out), or -IRL_E... as irl_output_flush
 * when the buffer was full and could not be written.
 * Cost: about 100 ns; a write of 256 KiB when the buffer is full.
 */
IRL_API int irl_output_record(struct irl_output *output,
			      const struct irl_record *record);

/**
 * Write what is buffered.  Waits for a slow reader; survives signals and short
 * writes.
 *
 * -IRL_EPIPE when the reader has gone (also noticed with an empty buffer),
 * -IRL_ENOSPC, -IRL_EIO: the output is dead then, every later call returns the
 * same, nothing is written any more, and a regular file ends with a whole
 * record.  The caller must ignore SIGPIPE.
 */
IRL_API int irl_output_flush(struct irl_output *output, struct irl_error *err);

/** Records written in full, of those accepted. */
IRL_API uint64_t irl_output_written(const struct irl_output *output);
IRL_API uint64_t irl_output_accepted(const struct irl_output *output);

/** Flush and free; @output may be NULL.  Returns as irl_output_flush. */
IRL_API int irl_output_close(struct irl_output *output, struct irl_error *err);

/** Name and meaning of field @i; false when there is none. */
IRL_API bool irl_output_field(size_t i, const char **name, const char **help);

/* ---- lines of text --------------------------------------------------------
 */

struct irl_lines; /* to one file or pipe, from one thread */

/** @path NULL or "-": standard output. */
IRL_API int irl_lines_open(struct irl_lines **out, const char *path,
			   bool append, struct irl_error *err);
/** @size bytes without line end; 0, or -IRL_E... as irl_output_flush. */
IRL_API int irl_lines_put(struct irl_lines *lines, const char *text,
			  size_t size);
/** As irl_output_flush, irl_output_written and irl_output_close. */
IRL_API int irl_lines_flush(struct irl_lines *lines, struct irl_error *err);
IRL_API uint64_t irl_lines_written(const struct irl_lines *lines);
/** The descriptor that they are written to, which stays theirs. */
IRL_API int irl_lines_fd(const struct irl_lines *lines);
IRL_API int irl_lines_close(struct irl_lines *lines, struct irl_error *err);

/* ---- progress -------------------------------------------------------------
 */

/**
 * One line without line end, in the manner of zmap's monitor:
 * "0:05 42% (7s left); send: 4.2 M done, 1.00 Mp/s (980 Kp/s avg); recv: ..."
 * Returns its length, always < @room.
 */
IRL_API size_t irl_status_line(char *line, size_t room,
			       const struct irl_scan_status *status,
			       double answers_pps);

/** The same before the first probe. */
IRL_API size_t irl_status_asking(char *line, size_t room,
				 const struct irl_scan_asking *asking);

/** For a file of status updates; both end their line. */
IRL_API size_t irl_status_csv_header(char *line, size_t room);
IRL_API size_t irl_status_csv(char *line, size_t room,
			      const struct irl_scan_status *status,
			      double answers_pps, uint64_t wall_ns);

#endif
