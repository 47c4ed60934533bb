/* SPDX-License-Identifier: BSD-2-Clause */
/* What every command's metadata have in common. */
#ifndef IRL_APP_REPORT_H
#define IRL_APP_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <irl/json.h>
#include <irl/port.h>
#include "option.h"

uint64_t report_wall_ns(void);
uint64_t report_sum(const uint64_t *values, unsigned count);

/* What to continue with, "the same options and --seed=7 --start=9", into @text,
 * which is returned. */
#define REPORT_ONWARD 96
const char *report_onward(char text[REPORT_ONWARD], uint64_t seed,
			  uint64_t start);

#define REPORT_NEAR 0.97 /* of a rate: that is kept */
/* Did probes miss the rate of @asked a second by more than 3 %?  Of less than a
 * second none can be told. */
bool report_missed_rate(double asked, uint64_t sent, double seconds,
			double *reached);
/* Was a worker's core busy all the time? */
bool report_is_busy(double cpu_s, double seconds, unsigned workers);
/* On standard error, if any were: @lost frames for lack of room here.
 * @rate     "--rate", and what it was
 * @remedy   what else to do, behind "or" */
void report_lost(const char *command, uint64_t lost, const char *rate,
		 double was, const char *port, const char *remedy);
/* A limit of which nobody knows beforehand what it leaves out. */
bool report_is_clock(const char *limit);

void report_put_time(struct irl_json *j, const char *key, uint64_t wall_ns);
void report_put_address(struct irl_json *j, const char *key, uint32_t addr);
/* Refused frames by cause, but for those accepted. */
void report_put_causes(struct irl_json *j, const char *key,
		       const uint64_t causes[IRL_TX_STATUSES]);
/* "host": its name, system, cores. */
void report_put_host(struct irl_json *j);
/* "options": operands, then every option of the command. */
void report_put_options(struct irl_json *j, const struct cli_command *command,
			const void *values, int operand_count, char **operands);

/* To @path.  Where @keep is set and an earlier part has written there, that
 * becomes FILE.1, of the part after it FILE.2 and so on; after an error it is
 * where it was. */
int report_write(struct irl_json *j, const char *path, bool keep,
		 struct irl_error *err);

#endif
