/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 of a stream, where it is asked for; NULL is a digest of nothing. */
#ifndef IRL_PROTO_DIGEST_H
#define IRL_PROTO_DIGEST_H

#include <openssl/evp.h>
#include <irl/proto.h>

#define IRL_DIGEST_BYTES 32u

/* NULL when there is no memory: no digest is told then. */
static inline EVP_MD_CTX *irl_digest_open(void)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	if (md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1)
		return md;
	EVP_MD_CTX_free(md);
	return NULL;
}

static inline void irl_digest_add(EVP_MD_CTX *md, const void *bytes, size_t n)
{
	if (md)
		EVP_DigestUpdate(md, bytes, n);
}

/* The digest of what was added so far, as a member of an open object. */
static inline void irl_digest_tell(const EVP_MD_CTX *md, struct irl_json *json,
				   const char *key)
{
	unsigned char value[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *copy = md ? EVP_MD_CTX_new() : NULL;

	if (copy && EVP_MD_CTX_copy_ex(copy, md) == 1 &&
	    EVP_DigestFinal_ex(copy, value, NULL) == 1)
		irl_json_hex(json, key, value, IRL_DIGEST_BYTES);
	EVP_MD_CTX_free(copy);
}

#endif
