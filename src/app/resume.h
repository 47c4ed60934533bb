/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file that --resume continues: a configuration file of its command, with
 * every option that differs from its default, the operands as "target", and
 * where to go on.  Written whole or not.  One whose position is the end of the
 * targets stays where it is, so that nothing is done twice.
 */
#ifndef IRL_APP_RESUME_H
#define IRL_APP_RESUME_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include "option.h"

/* What a file is made of. */
struct resume_job {
	const struct cli_command *command; /* has target, seed, shards, shard,
					      start, targets-hash, resume */
	const void *values;
	char **operands;
	int operand_count;
	uint64_t seed;
	const char *hash;      /* of the set of targets */
	uint64_t first, count; /* positions of the shard */
};

/* If the file is there, it must be of this command and version, and what the
 * user gave besides must not move the position: -IRL_EINVAL. */
int resume_check(const struct cli_command *command, const void *values,
		 struct irl_error *err);
/* Could it be written?  Leaves nothing behind. */
int resume_try(const char *path, struct irl_error *err);
/* To the file that its options name. */
int resume_write(const struct resume_job *job, uint64_t next,
		 struct irl_error *err);
/* Nothing is left: who repeats the command overwrites nothing.  Without a file
 * to be written it does nothing.  Returns the exit code. */
int resume_write_end(const struct resume_job *job, uint64_t end);
/* Does a run go on with what an earlier one wrote?  A file bears the hash of
 * its targets, also where it begins at 0. */
bool resume_goes_on(const struct cli_command *command, const void *values);
/* Tell that there is nothing left to do. */
void resume_tell_done(const struct cli_command *command, const void *values);

#endif
