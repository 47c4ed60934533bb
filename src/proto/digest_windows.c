// SPDX-License-Identifier: BSD-2-Clause
#include <windows.h>
#include <bcrypt.h>
#include "proto/digest.h"

/* A struct irl_digest is what a BCRYPT_HASH_HANDLE points to. */
static BCRYPT_HASH_HANDLE handle(const struct irl_digest *digest)
{
	return (BCRYPT_HASH_HANDLE)(uintptr_t)digest;
}

/* Not all versions of Windows have the ready BCRYPT_SHA256_ALG_HANDLE. */
struct irl_digest *irl_digest_open(void)
{
	BCRYPT_ALG_HANDLE sha256;
	BCRYPT_HASH_HANDLE hash = NULL;

	if (BCryptOpenAlgorithmProvider(&sha256, BCRYPT_SHA256_ALGORITHM, NULL,
					0))
		return NULL;
	if (BCryptCreateHash(sha256, &hash, NULL, 0, NULL, 0, 0))
		hash = NULL;
	/* The hash holds what it needs of it. */
	BCryptCloseAlgorithmProvider(sha256, 0);
	return hash;
}

void irl_digest_close(struct irl_digest *digest)
{
	if (digest)
		BCryptDestroyHash(handle(digest));
}

void irl_digest_add(struct irl_digest *digest, const void *bytes, size_t n)
{
	while (digest && n) {
		ULONG part = n < 1u << 30 ? (ULONG)n : 1u << 30;

		BCryptHashData(handle(digest), (PUCHAR)(uintptr_t)bytes, part,
			       0);
		bytes = (const char *)bytes + part;
		n -= part;
	}
}

void irl_digest_tell(const struct irl_digest *digest, struct irl_json *json,
		     const char *key)
{
	unsigned char value[IRL_DIGEST_BYTES];
	BCRYPT_HASH_HANDLE copy;

	if (!digest || BCryptDuplicateHash(handle(digest), &copy, NULL, 0, 0))
		return;
	if (!BCryptFinishHash(copy, value, sizeof(value), 0))
		irl_json_hex(json, key, value, sizeof(value));
	BCryptDestroyHash(copy);
}
