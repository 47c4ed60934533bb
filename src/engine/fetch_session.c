// SPDX-License-Identifier: BSD-2-Clause
/*
 * One connection between stack and protocol.
 *
 * Whatever ends it, it ends with the stack's CLOSED: a protocol that has all
 * it wants aborts (or closes) the connection and waits for that event, too.
 */
#include "base/clock.h"
#include "engine/count.h"
#include "engine/fetch.h"
#include "wire/icmp6.h"

#define NO_SESSION UINT32_MAX

/* ---- taking and giving --------------------------------------------------- */

struct irl_session *irl_session_take(struct irl_fetch_worker *w,
				     const struct irl_item *item,
				     uint64_t begin_ns)
{
	uint32_t i = w->free_session;
	struct irl_session *session;

	if (i == NO_SESSION)
		return NULL;
	session = &w->session[i];
	w->free_session = session->next_free;
	*session = (struct irl_session){.item = *item, .begin_ns = begin_ns};
	w->open++;
	return session;
}

static uint32_t index_of(const struct irl_fetch_worker *w,
			 const struct irl_session *session)
{
	return (uint32_t)(session - w->session);
}

void irl_session_give(struct irl_fetch_worker *w, struct irl_session *session)
{
	session->id = 0;
	session->next_free = w->free_session;
	w->free_session = index_of(w, session);
	w->open--;
}

static void *state_of(const struct irl_fetch_worker *w,
		      const struct irl_session *session)
{
	return w->states +
	       (size_t)index_of(w, session) * w->fetch->state_stride;
}

/* ---- the protocol -------------------------------------------------------- */

static struct irl_proto_target target_of(const struct irl_session *session)
{
	const struct irl_item *item = &session->item;
	struct irl_proto_target target = {
	    .ipv6 = !irl_ip_is4(&item->addr),
	    .port = item->port,
	    .domain = item->names && *item->names ? item->names : NULL,
	};

	if (target.ipv6)
		memcpy(target.address, item->addr.byte, 16);
	else
		memcpy(target.address, item->addr.byte + 12, 4);
	return target;
}

static void disarm(struct irl_fetch_worker *w, struct irl_session *session)
{
	if (session->armed)
		irl_wheel_stop(&w->wheel, index_of(w, session));
	session->armed = false;
}

/* The protocol's deadline has changed, perhaps. */
static void arm(struct irl_fetch_worker *w, struct irl_session *session)
{
	uint64_t at = UINT64_MAX;

	if (!session->ended)
		at = w->fetch->options.proto->deadline_ns(state_of(w, session));
	if (session->armed && at == session->deadline_ns)
		return;
	disarm(w, session);
	session->deadline_ns = at;
	if (at == UINT64_MAX)
		return;
	irl_wheel_arm(&w->wheel, index_of(w, session),
		      (uint32_t)(at / IRL_NS_PER_MS) + 1);
	session->armed = true;
}

static void end(struct irl_fetch_worker *w, struct irl_session *session,
		enum irl_proto_end how)
{
	const struct irl_proto *proto = w->fetch->options.proto;

	if (session->ended)
		return;
	session->ended = true;
	session->verdict = session->started
			       ? proto->end(state_of(w, session), how)
			       : irl_proto_unopened(how);
	disarm(w, session);
}

static void hang_up(struct irl_fetch_worker *w, struct irl_session *session)
{
	if (w->fetch->options.close_by_fin)
		irl_tcp_close(w->tcp, session->id);
	else
		irl_tcp_abort(w->tcp, session->id);
}

/* All that the protocol wants to say now.  It is queued whole or the
 * connection is given up: budgets that cannot hold a request are too small. */
static void speak(struct irl_fetch_worker *w, struct irl_session *session)
{
	const struct irl_proto *proto = w->fetch->options.proto;
	struct irl_proto_target target = target_of(session);
	uint32_t n;

	while ((n = proto->request(state_of(w, session), &target, w->scratch,
				   IRL_FETCH_SCRATCH)) > 0) {
		int sent = irl_tcp_send(w->tcp, session->id, w->scratch, n, 0);

		if (sent == (int)n)
			continue;
		if (sent != -IRL_ENOCONN) {
			end(w, session, IRL_PROTO_END_LOCAL);
			irl_tcp_abort(w->tcp, session->id);
		}
		return;
	}
}

static void follow(struct irl_fetch_worker *w, struct irl_session *session,
		   enum irl_proto_next next)
{
	if (next == IRL_PROTO_SEND) {
		speak(w, session);
	} else if (next != IRL_PROTO_MORE) {
		end(w, session, IRL_PROTO_END_DONE);
		hang_up(w, session);
	}
}

static void listen(struct irl_fetch_worker *w, struct irl_session *session,
		   uint64_t now)
{
	const struct irl_proto *proto = w->fetch->options.proto;
	int n;

	while (!session->ended &&
	       (n = irl_tcp_read(w->tcp, session->id, w->scratch,
				 IRL_FETCH_SCRATCH)) > 0)
		follow(w, session,
		       proto->input(state_of(w, session), w->scratch, (size_t)n,
				    now));
}

/* ---- events -------------------------------------------------------------- */

static void start(struct irl_fetch_worker *w, struct irl_session *session,
		  uint64_t now)
{
	const struct irl_fetch_options *o = &w->fetch->options;

	if (session->ended)
		return;
	session->started = true;
	o->proto->start(state_of(w, session), o->config, &w->budget, now);
	speak(w, session);
}

/* How the protocol is to see the end of its connection. */
static enum irl_proto_end end_of(const struct irl_session *session,
				 enum irl_tcp_outcome outcome)
{
	switch (outcome) {
	case IRL_TCP_FINISHED:
		return IRL_PROTO_END_FIN;
	case IRL_TCP_REFUSED:
	case IRL_TCP_UNREACHABLE:
		return IRL_PROTO_END_REFUSED;
	case IRL_TCP_RESET:
		return IRL_PROTO_END_RESET;
	case IRL_TCP_SILENT:
		return IRL_PROTO_END_NO_ANSWER;
	case IRL_TCP_TIMED_OUT:
	case IRL_TCP_IDLE:
	case IRL_TCP_DEADLINE:
		return session->started ? IRL_PROTO_END_TIMEOUT
					: IRL_PROTO_END_NO_ANSWER;
	default:
		return IRL_PROTO_END_LOCAL;
	}
}

/* The last error is the one that counts. */
static void take_error(struct irl_session *session,
		       const struct irl_tcp_event *event)
{
	session->icmp_type = event->icmp_type;
	session->icmp_code = event->icmp_code;
}

const char *irl_session_icmp_name(const struct irl_session *session)
{
	if (irl_ip_is4(&session->item.addr))
		return irl_icmp_error_name(session->icmp_type,
					   session->icmp_code);
	return irl_icmp6_error_name(session->icmp_type, session->icmp_code);
}

/* It got no answer, and a router said why. */
static bool is_unreached(const struct irl_session *session,
			 enum irl_tcp_outcome outcome)
{
	return !session->started && session->icmp_type &&
	       (outcome == IRL_TCP_UNREACHABLE ||
		end_of(session, outcome) == IRL_PROTO_END_NO_ANSWER);
}

static void finish(struct irl_fetch_worker *w, struct irl_session *session,
		   const struct irl_tcp_event *event, uint64_t now)
{
	struct irl_tcp_info info = {0};

	irl_tcp_info(w->tcp, session->id, &info);
	info.outcome = event->outcome;
	if (event->outcome == IRL_TCP_UNREACHABLE)
		take_error(session, event);
	end(w, session, end_of(session, (enum irl_tcp_outcome)event->outcome));
	if (is_unreached(session, (enum irl_tcp_outcome)event->outcome))
		session->verdict.error = irl_session_icmp_name(session);
	irl_session_tell(w, session, &info);
	if (session->started)
		w->fetch->options.proto->fini(state_of(w, session));
	if (session->admitted) {
		irl_admission_release(&w->admission, &session->item.addr, now);
		w->waiting.vain = 0;
	}
	irl_tcp_release(w->tcp, session->id);
	irl_session_give(w, session);
	irl_fetch_settle(w);
}

static void handle(struct irl_fetch_worker *w,
		   const struct irl_tcp_event *event, uint64_t now)
{
	struct irl_session *session = &w->session[event->user];

	if (event->user >= w->sessions || session->id != event->id)
		return;
	switch ((enum irl_tcp_event_kind)event->kind) {
	case IRL_TCP_ESTABLISHED:
		start(w, session, now);
		break;
	case IRL_TCP_READABLE:
		listen(w, session, now);
		break;
	case IRL_TCP_WRITABLE:
		break;
	case IRL_TCP_ENDED:
		listen(w, session, now);
		if (!session->ended) {
			end(w, session, IRL_PROTO_END_FIN);
			hang_up(w, session);
		}
		break;
	case IRL_TCP_ICMP_ERROR:
		take_error(session, event);
		return;
	case IRL_TCP_CLOSED:
		listen(w, session, now);
		finish(w, session, event, now);
		return;
	}
	if (session->started)
		arm(w, session);
}

/* An event may make a record, so there must be room for one: else it waits,
 * and with it the stack, and the opening of connections. */
void irl_session_events(struct irl_fetch_worker *w, uint64_t now_ns)
{
	size_t most = w->fetch->json_max;

	for (;;) {
		while (w->event_at < w->event_count) {
			if (!irl_told_room(&w->out, most))
				return;
			handle(w, &w->event[w->event_at++], now_ns);
		}
		w->event_at = 0;
		w->event_count =
		    irl_tcp_poll(w->tcp, w->event, IRL_FETCH_EVENTS);
		if (!w->event_count)
			return;
	}
}

void irl_session_ticks(struct irl_fetch_worker *w, uint64_t now_ns)
{
	uint32_t tick = (uint32_t)(now_ns / IRL_NS_PER_MS), i;

	while ((i = irl_wheel_pop(&w->wheel, tick)) != IRL_WHEEL_NONE) {
		struct irl_session *session = &w->session[i];

		session->armed = false;
		if (session->deadline_ns <= now_ns)
			follow(w, session,
			       w->fetch->options.proto->tick(
				   state_of(w, session), now_ns));
		arm(w, session);
	}
}

/* Its record keeps what has come, and tells that more was expected. */
static void cut_off(struct irl_fetch_worker *w, struct irl_session *session)
{
	end(w, session, IRL_PROTO_END_LOCAL);
	session->verdict.status = IRL_PROTO_UNKNOWN_ERROR;
	session->verdict.error = irl_fetch_cause_name(IRL_FETCH_NOT_STOPPED);
	session->cut = true;
	irl_fetch_unfinished(w, session->item.position);
}

void irl_session_abort_all(struct irl_fetch_worker *w, bool again)
{
	for (uint32_t i = 0; i < w->sessions; i++) {
		struct irl_session *session = &w->session[i];

		if (!session->id || (session->item.again && !again))
			continue;
		if (!session->ended)
			cut_off(w, session);
		irl_tcp_abort(w->tcp, session->id);
	}
}
