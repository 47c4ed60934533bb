// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include <time.h>
#include "proto/config.h"
#include "proto/request.h"

static const struct irl_proto *const protos[] = {
    &irl_proto_banner,
    &irl_proto_http,
    &irl_proto_raw,
};

#define PROTOS (sizeof(protos) / sizeof(protos[0]))

const struct irl_proto *irl_proto_at(size_t i)
{
	return i < PROTOS ? protos[i] : NULL;
}

const struct irl_proto *irl_proto_find(const char *name)
{
	for (size_t i = 0; i < PROTOS; i++)
		if (!strcmp(protos[i]->name, name))
			return protos[i];
	return NULL;
}

const char *irl_proto_status_name(enum irl_proto_status status)
{
	static const char *const name[IRL_PROTO_STATUSES] = {
	    [IRL_PROTO_SUCCESS] = "success",
	    [IRL_PROTO_CONNECTION_REFUSED] = "connection-refused",
	    [IRL_PROTO_CONNECTION_TIMEOUT] = "connection-timeout",
	    [IRL_PROTO_CONNECTION_CLOSED] = "connection-closed",
	    [IRL_PROTO_IO_TIMEOUT] = "io-timeout",
	    [IRL_PROTO_PROTOCOL_ERROR] = "protocol-error",
	    [IRL_PROTO_APPLICATION_ERROR] = "application-error",
	    [IRL_PROTO_UNKNOWN_ERROR] = "unknown-error",
	};

	return status < IRL_PROTO_STATUSES ? name[status] : "unknown-error";
}

struct irl_proto_verdict irl_proto_unopened(enum irl_proto_end how)
{
	static const struct irl_proto_verdict verdict[] = {
	    [IRL_PROTO_END_DONE] = {.status = IRL_PROTO_IO_TIMEOUT,
				    .error = "no answer in time"},
	    [IRL_PROTO_END_FIN] = {.status = IRL_PROTO_CONNECTION_CLOSED,
				   .error = "closed by the peer"},
	    [IRL_PROTO_END_RESET] = {.status = IRL_PROTO_CONNECTION_CLOSED,
				     .error = "reset by the peer"},
	    [IRL_PROTO_END_TIMEOUT] = {.status = IRL_PROTO_IO_TIMEOUT,
				       .error = "no answer in time"},
	    [IRL_PROTO_END_LOCAL] = {.status = IRL_PROTO_UNKNOWN_ERROR,
				     .error = "given up by us"},
	    [IRL_PROTO_END_REFUSED] = {.status = IRL_PROTO_CONNECTION_REFUSED,
				       .error = "refused"},
	    [IRL_PROTO_END_NO_ANSWER] = {.status = IRL_PROTO_CONNECTION_TIMEOUT,
					 .error = "no answer to SYN"},
	};

	if ((size_t)how >= sizeof(verdict) / sizeof(verdict[0]))
		how = IRL_PROTO_END_LOCAL;
	return verdict[how];
}

static void put_time(struct irl_json *json, uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / 1000000000);
	struct tm tm;
	char text[40];

	if (gmtime_r(&seconds, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		irl_json_string(json, "timestamp", text);
}

static void put_service(struct irl_json *json, const struct irl_proto *proto,
			const void *state,
			const struct irl_proto_target *target,
			const struct irl_proto_verdict *verdict,
			uint64_t wall_ns)
{
	irl_json_object(json, proto->name);
	irl_json_string(json, "status", irl_proto_status_name(verdict->status));
	irl_json_string(json, "protocol", proto->name);
	irl_json_uint(json, "port", target->port);
	if (state) {
		irl_json_object(json, "result");
		proto->result(state, json);
		irl_json_end_object(json);
	}
	put_time(json, wall_ns);
	if (verdict->error)
		irl_json_string(json, "error", verdict->error);
	irl_json_end_object(json);
}

void irl_proto_record(struct irl_json *json, const struct irl_proto *proto,
		      const void *state, const struct irl_proto_target *target,
		      const struct irl_proto_verdict *verdict, uint64_t wall_ns)
{
	char ip[IRL_TEXT6];

	irl_json_string(json, "ip", irl_proto_ip_text(target, ip));
	if (target->domain && target->domain[0])
		irl_json_bytes(json, "domain", target->domain,
			       strlen(target->domain));
	irl_json_object(json, "data");
	put_service(json, proto, state, target, verdict, wall_ns);
	irl_json_end_object(json);
}
