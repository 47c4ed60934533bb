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
#include <irl/fetch.h>
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
	uint64_t first, count; /* positions of the shard; of a list 0 */
};

#define RESUME_LOCK ".irl-lock" /* behind the file's path */

/* One run at a time goes on with a file, from before it looks at it until its
 * end, where there can be a file beside it.  Without a file it does nothing. */
struct resume_lock {
	int fd;
	char *path; /* NULL: none is held */
};
int resume_lock(struct resume_lock *lock, const struct cli_command *command,
		const void *values, struct irl_error *err);
void resume_unlock(struct resume_lock *lock);

/* If the file is there, it must be of this command and version, and what the
 * user gave besides must not move the position: -IRL_EINVAL. */
int resume_check(const struct cli_command *command, const void *values,
		 struct irl_error *err);
/* Targets that are done at @place, of positions from @first on. */
uint64_t resume_done(const struct irl_fetch_place *place, uint64_t first);
/* To the file that its options name; of a scan the place is a position.  The
 * records are on the disk before.  After an error it is as it was. */
int resume_write(const struct resume_job *job,
		 const struct irl_fetch_place *place, struct irl_error *err);
/* Nothing is left: who repeats the command overwrites nothing.  Without a file
 * to be written it does nothing.  Returns the exit code. */
int resume_write_end(const struct resume_job *job, uint64_t end);
/* Does a run go on with what an earlier one wrote?  A file bears the hash of
 * its targets, also where it begins at 0. */
bool resume_goes_on(const struct cli_command *command, const void *values);
/* Tell that there is nothing left to do. */
void resume_tell_done(const struct cli_command *command, const void *values);

/* ---- while it runs: for one that is killed, also by a second interrupt --- */

struct resume_saver {
	double every_s, saved_s; /* tried */
	uint64_t next;
	bool saved, failed; /* the last time */
	bool hurried;       /* it was due by the interrupt */
};

/* Is it time to write the file?  After an interrupt it is at once. */
bool resume_is_due(struct resume_saver *saver, double elapsed_s);
/* Write it if a file is named and the place is another than the last.  An error
 * is the first since that went well: to be told. */
int resume_meanwhile(struct resume_saver *saver, const struct resume_job *job,
		     const struct irl_fetch_place *place, double elapsed_s,
		     struct irl_error *err);
void resume_tell_failure(const struct cli_command *command,
			 const struct irl_error *err);

/* ---- positions, "3,5-9" -------------------------------------------------- */

#define RESUME_POSITIONS_MAX (1u << 24) /* of one option */

struct resume_positions {
	uint64_t *at;
	size_t count;
};

/* All of an option's, which ascend from @first on and are before @end; free
 * them.  -IRL_EINVAL, -IRL_ENOMEM: there are none to free. */
int resume_read_positions(struct resume_positions *out, const char *option,
			  const struct cli_list *list, uint64_t first,
			  uint64_t end, struct irl_error *err);
void resume_free_positions(struct resume_positions *positions);

#endif
