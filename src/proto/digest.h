/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 of a stream, where it is asked for, by the system's own library:
 * digest_linux.c, digest_windows.c.  NULL is a digest of nothing. */
#ifndef IRL_PROTO_DIGEST_H
#define IRL_PROTO_DIGEST_H

#include <irl/proto.h>

#define IRL_DIGEST_BYTES 32u

struct irl_digest;

/* NULL when there is no memory: no digest is told then. */
struct irl_digest *irl_digest_open(void);
void irl_digest_close(struct irl_digest *digest);
void irl_digest_add(struct irl_digest *digest, const void *bytes, size_t n);

/* The digest of what was added so far, as a member of an open object. */
void irl_digest_tell(const struct irl_digest *digest, struct irl_json *json,
		     const char *key);

#endif
