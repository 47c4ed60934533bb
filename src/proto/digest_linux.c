// SPDX-License-Identifier: BSD-2-Clause
#include <openssl/evp.h>
#include "proto/digest.h"

/* A struct irl_digest is an EVP_MD_CTX. */
static EVP_MD_CTX *context(const struct irl_digest *digest)
{
	return (EVP_MD_CTX *)(uintptr_t)digest;
}

struct irl_digest *irl_digest_open(void)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	if (md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1)
		return (struct irl_digest *)md;
	EVP_MD_CTX_free(md);
	return NULL;
}

void irl_digest_close(struct irl_digest *digest)
{
	EVP_MD_CTX_free(context(digest));
}

void irl_digest_add(struct irl_digest *digest, const void *bytes, size_t n)
{
	if (digest)
		EVP_DigestUpdate(context(digest), bytes, n);
}

void irl_digest_tell(const struct irl_digest *digest, struct irl_json *json,
		     const char *key)
{
	unsigned char value[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *copy = digest ? EVP_MD_CTX_new() : NULL;

	if (copy && EVP_MD_CTX_copy_ex(copy, context(digest)) == 1 &&
	    EVP_DigestFinal_ex(copy, value, NULL) == 1)
		irl_json_hex(json, key, value, IRL_DIGEST_BYTES);
	EVP_MD_CTX_free(copy);
}
