/* SPDX-License-Identifier: BSD-2-Clause */
/* A request with places for what differs by target; see irl_proto_options. */
#ifndef IRL_PROTO_REQUEST_H
#define IRL_PROTO_REQUEST_H

#include <irl/proto.h>
#include "wire/text.h"

struct irl_request;

/* NULL: out of memory.  free() ends it. */
struct irl_request *irl_request_new(const void *text, size_t bytes);

/* Up to @room bytes of the request for @target, from byte @skip on; 0 at its
 * end.  Any cutting gives the same bytes. */
uint32_t irl_request_render(const struct irl_request *t,
			    const struct irl_proto_target *target,
			    uint64_t skip, void *buf, uint32_t room);

/* The most bytes that it has, whatever the target. */
uint64_t irl_request_most(const struct irl_request *t);

/* Do @bytes begin as the request begins, up to the first place in it? */
bool irl_request_echoed(const struct irl_request *t, const void *bytes,
			size_t n);

/* The address of @target into @text, which is returned. */
char *irl_proto_ip_text(const struct irl_proto_target *target,
			char text[IRL_TEXT6]);

bool irl_request_begins(const struct irl_request *t, const char *word);

#endif
