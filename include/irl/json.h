/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A writer of JSON documents: metadata, results, records of what was fetched.
 *
 * Values are appended in order; inside an object every value has a key, inside
 * an array @key is NULL.  Lack of memory is remembered and told at the end.
 */
#ifndef IRL_JSON_H
#define IRL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <irl/error.h>

struct irl_json {
	char *text;
	size_t length, room;
	unsigned depth;
	bool comma;   /* a value stands before at this depth */
	bool failed;  /* out of memory */
	bool compact; /* a document on one line, without spaces: JSON Lines */
};

/** All zero is a fresh writer; fini frees. */
IRL_API void irl_json_fini(struct irl_json *json);
/** Begin the next document in the same memory, compact or not as before. */
IRL_API void irl_json_reset(struct irl_json *json);

IRL_API void irl_json_object(struct irl_json *json, const char *key);
IRL_API void irl_json_array(struct irl_json *json, const char *key);
IRL_API void irl_json_end_object(struct irl_json *json);
IRL_API void irl_json_end_array(struct irl_json *json);

/** UTF-8 is kept; bytes that are not UTF-8 become U+FFFD.  NULL: null. */
IRL_API void irl_json_string(struct irl_json *json, const char *key,
			     const char *value);
/** As irl_json_string for @length bytes, which may be any, zeros included. */
IRL_API void irl_json_bytes(struct irl_json *json, const char *key,
			    const void *bytes, size_t length);
/** A string of two hexadecimal digits a byte. */
IRL_API void irl_json_hex(struct irl_json *json, const char *key,
			  const void *bytes, size_t length);
IRL_API void irl_json_int(struct irl_json *json, const char *key,
			  int64_t value);
IRL_API void irl_json_uint(struct irl_json *json, const char *key,
			   uint64_t value);
/** NaN and infinities become null. */
IRL_API void irl_json_real(struct irl_json *json, const char *key,
			   double value);
IRL_API void irl_json_bool(struct irl_json *json, const char *key, bool value);

/** Write the document and a line end to @path; "-": standard output.  A file
 * that is there is replaced, by the whole or, after an error, not at all. */
IRL_API int irl_json_write(struct irl_json *json, const char *path,
			   struct irl_error *err);

#endif
