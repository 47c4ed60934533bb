/* SPDX-License-Identifier: BSD-2-Clause */
/* Options with their defaults filled in and the request ready to be made. */
#ifndef IRL_PROTO_CONFIG_H
#define IRL_PROTO_CONFIG_H

#include <irl/proto.h>
#include "proto/request.h"

#define IRL_PROTO_HEADERS 256u

struct irl_proto_config {
	struct irl_proto_options limit; /* without its pointers */
	struct irl_request *request;    /* NULL: none */
	bool head;                      /* HEAD: the answer has no body */
	bool connect;                   /* CONNECT: 2xx has none either */
};

/* The most bytes that a connection asks with; it can be queued whole. */
uint32_t irl_proto_request_most(const struct irl_proto_config *config);

/* The protocols that there are. */
extern const struct irl_proto irl_proto_banner, irl_proto_raw, irl_proto_http;

#endif
