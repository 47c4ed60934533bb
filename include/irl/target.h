/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Targets: which (address, port) pairs, and in which order.
 *
 *   position i  --permutation-->  index  --rank-->  (address, port)
 *
 * All three steps are pure functions of the set and the seed, random access
 * and reversible: shards, resume, duplicate suppression and retries need no
 * other state.  Exclusions cost nothing per rejected address: an index is the
 * i-th *allowed* address (rank), never a rejected draw.
 */
#ifndef IRL_TARGET_H
#define IRL_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <irl/error.h>

/* One target; host byte order. */
struct irl_target {
	uint32_t addr;
	uint16_t port;
};

/* ---- the set ---------------------------------------------------------- */

struct irl_targets; /* build, then seal; immutable and shareable after that */

IRL_API int irl_targets_new(struct irl_targets **out, struct irl_error *err);
IRL_API void irl_targets_free(struct irl_targets *targets);

/**
 * Add targets: "192.0.2.1", "192.0.2.0/24", "192.0.2.10-192.0.2.20", or
 * several of these separated by commas or white space.  No allow call at all
 * means the whole IPv4 space.  A prefix with host bits set is accepted and
 * masked, as zmap does.
 */
IRL_API int irl_targets_allow(struct irl_targets *targets, const char *text,
			      struct irl_error *err);
/** One item a line, # begins a comment; "-" is standard input.  Errors name
 * file and line. */
IRL_API int irl_targets_allow_file(struct irl_targets *targets,
				   const char *path, struct irl_error *err);
IRL_API int irl_targets_block(struct irl_targets *targets, const char *text,
			      struct irl_error *err);
IRL_API int irl_targets_block_file(struct irl_targets *targets,
				   const char *path, struct irl_error *err);
/** Ports and ranges, of 1 to 65535: "80", "80,443,8000-8100".  Default: none;
 * set once or added to.  Duplicates are merged. */
IRL_API int irl_targets_ports(struct irl_targets *targets, const char *text,
			      struct irl_error *err);
/**
 * IANA special-purpose ranges (RFC 6890 and its registry: 0/8, 10/8, 127/8,
 * 224/3, ...) are excluded unless allowed here: "all", or a prefix such as
 * "10.0.0.0/8", of which special addresses are then allowed.
 */
IRL_API int irl_targets_allow_special(struct irl_targets *targets,
				      const char *text, struct irl_error *err);
/** Sort, merge, subtract, build the rank tables.  -IRL_EEMPTY if nothing is
 * left, naming what excluded it. */
IRL_API int irl_targets_seal(struct irl_targets *targets,
			     struct irl_error *err);

/* After seal: */
IRL_API uint64_t irl_targets_count(const struct irl_targets *targets);
IRL_API uint64_t irl_targets_addresses(const struct irl_targets *targets);
IRL_API uint32_t irl_targets_port_count(const struct irl_targets *targets);
/** index 0 .. count - 1; index = address rank * ports + port rank. */
IRL_API struct irl_target irl_targets_at(const struct irl_targets *targets,
					 uint64_t index);
/** The inverse; false when not in the set. */
IRL_API bool irl_targets_index(const struct irl_targets *targets,
			       struct irl_target target, uint64_t *index);

/* ---- the order -------------------------------------------------------- */

/**
 * A pseudo-random permutation of 0 .. count - 1: an alternating Feistel
 * network over Z_a x Z_b with count <= a * b < 2 * count, walked until it
 * lands inside (Black and Rogaway, "Ciphers with arbitrary finite domains",
 * 2002).  b is the power of two next to sqrt(count) from below, so no step
 * divides, and a walk beyond the first step is rare (1 in sqrt(count)); walks
 * are bounded.  Three rounds are what Luby and Rackoff ("How to construct
 * pseudorandom permutations from pseudorandom functions", 1988) need.
 */
#define IRL_PERMUTATION_ROUNDS 3
struct irl_permutation {
	uint64_t count;
	uint32_t a, bits; /* b = 2^bits */
	uint64_t key[IRL_PERMUTATION_ROUNDS];
};

/** count 1 .. 2^48; a pure function of count and seed. */
IRL_API void irl_permutation_init(struct irl_permutation *permutation,
				  uint64_t count, uint64_t seed);
/** position -> index; false if the bounded walk failed (p < 2^-32) or the
 * position is not below count. */
IRL_API bool irl_permutation_at(const struct irl_permutation *permutation,
				uint64_t position, uint64_t *index);
/** index -> position. */
IRL_API bool irl_permutation_inverse(const struct irl_permutation *permutation,
				     uint64_t index, uint64_t *position);

/** Shard @shard of @shards (0: 1) owns positions *first .. *first +
 * *shard_count - 1; the shards partition 0 .. count - 1, and their sizes
 * differ by one at most.  A shard that does not exist owns nothing. */
IRL_API void irl_shard(uint64_t count, uint32_t shards, uint32_t shard,
		       uint64_t *first, uint64_t *shard_count);

#endif
