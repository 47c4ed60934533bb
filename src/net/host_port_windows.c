// SPDX-License-Identifier: BSD-2-Clause
#include "net/host_port_windows.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/os.h"
#include "net/arp.h"
#include "net/ndp.h"

#define JOBS_MAX 2048u /* questions on their way, a thread each */
#define STACK_BYTES (128u << 10)
#define NAP_NS 1000000 /* of who waits */

struct job {
	struct job *next;
	struct host *host;
	struct irl_ip target;
	uint32_t length;
	uint8_t frame[NET_NDP_FRAME]; /* the request, then the reply */
};

struct host {
	struct irl_port port;
	net_host_resolve *resolve;
	struct job *given; /* to who received last */
	uint64_t sent, received;
	pthread_mutex_t lock; /* of all below */
	struct job *asked, *answered;
	unsigned jobs; /* asked */
	bool closed;   /* the last thread frees it */
};

/* ---- frames -------------------------------------------------------------- */

static bool read_target(const uint8_t *frame, uint32_t length,
			struct irl_ip *target)
{
	struct net_ndp_ends ends;
	struct irl_eth eth;
	struct irl_arp arp;
	struct irl_ndp ndp;

	if (net_arp_read(frame, length, &eth, &arp)) {
		*target = irl_ip4(arp.target);
		return arp.operation == IRL_ARP_REQUEST;
	}
	if (!net_ndp_read(frame, length, &ends, &ndp))
		return false;
	memcpy(target->byte, ndp.target, sizeof(target->byte));
	return ndp.type == IRL_ICMP6_SOLICIT;
}

static void answer_arp(struct job *job, const uint8_t mac[6])
{
	struct irl_eth eth;
	struct irl_arp ask, reply = {.operation = IRL_ARP_REPLY};

	net_arp_read(job->frame, job->length, &eth, &ask);
	reply.sender = ask.target;
	reply.target = ask.sender;
	memcpy(reply.sender_mac, mac, 6);
	memcpy(reply.target_mac, ask.sender_mac, 6);
	net_arp_frame(job->frame, ask.sender_mac, &reply);
	job->length = NET_FRAME_PADDED;
}

/* Who asks from nobody is told as all nodes are: RFC 4861, 7.2.4. */
static void answer_ndp(struct job *job, const uint8_t mac[6])
{
	static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
	struct net_ndp_ends ask, ends;
	struct irl_ndp ndp;

	net_ndp_read(job->frame, job->length, &ask, &ndp);
	ndp.type = IRL_ICMP6_ADVERT;
	ndp.flags = IRL_NDP_OVERRIDE;
	ndp.has_mac = true;
	memcpy(ndp.mac, mac, 6);
	memcpy(ends.source, ndp.target, 16);
	memcpy(ends.source_mac, mac, 6);
	memcpy(ends.dest, all_nodes, 16);
	irl_ndp_group_mac(all_nodes, ends.dest_mac);
	if (!irl_ndp_is_unspecified(ask.source)) {
		ndp.flags |= IRL_NDP_SOLICITED;
		memcpy(ends.dest, ask.source, 16);
		memcpy(ends.dest_mac, ask.source_mac, 6);
	}
	job->length = net_ndp_frame(job->frame, &ends, &ndp);
}

/* ---- questions ----------------------------------------------------------- */

static void free_jobs(struct job *job)
{
	while (job) {
		struct job *next = job->next;

		free(job);
		job = next;
	}
}

static void free_host(struct host *host)
{
	free_jobs(host->given);
	free_jobs(host->answered);
	pthread_mutex_destroy(&host->lock);
	free(host);
}

static void take_out(struct host *host, const struct job *job)
{
	struct job **at = &host->asked;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	host->jobs--;
}

static void *resolve(void *argument)
{
	struct job *job = argument;
	struct host *host = job->host;
	uint8_t mac[6];
	bool known =
	    !host->resolve(host->port.info.ifindex, &job->target, 0, mac, NULL);
	bool last;

	pthread_mutex_lock(&host->lock);
	take_out(host, job);
	if (known) {
		if (irl_ip_is4(&job->target))
			answer_arp(job, mac);
		else
			answer_ndp(job, mac);
		job->next = host->answered;
		host->answered = job;
	}
	last = host->closed && !host->jobs;
	pthread_mutex_unlock(&host->lock);
	if (!known)
		free(job);
	if (last)
		free_host(host);
	return NULL;
}

static bool is_asked(const struct host *host, const struct irl_ip *target)
{
	const struct job *job = host->asked;

	while (job && !irl_ip_equal(&job->target, target))
		job = job->next;
	return job != NULL;
}

static bool begin(struct job *job)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error = pthread_attr_init(&attributes);

	if (error)
		return false;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	error = pthread_create(&thread, &attributes, resolve, job);
	pthread_attr_destroy(&attributes);
	return !error;
}

/* With the lock. */
static enum irl_tx_status ask(struct host *host, const struct irl_frame *frame)
{
	struct irl_ip target;
	struct job *job;

	if (frame->length > sizeof(job->frame) ||
	    !read_target(frame->data, frame->length, &target))
		return IRL_TX_REFUSED;
	if (is_asked(host, &target))
		return IRL_TX_ACCEPTED;
	job = host->jobs < JOBS_MAX ? malloc(sizeof(*job)) : NULL;
	if (!job)
		return IRL_TX_FULL;
	*job = (struct job){.next = host->asked,
			    .host = host,
			    .target = target,
			    .length = frame->length};
	memcpy(job->frame, frame->data, frame->length);
	host->asked = job;
	host->jobs++;
	if (begin(job))
		return IRL_TX_ACCEPTED;
	take_out(host, job);
	free(job);
	return IRL_TX_FULL;
}

/* ---- the port ------------------------------------------------------------ */

static int send_host(struct irl_port *port, unsigned queue,
		     const struct irl_frame frames[], unsigned count,
		     enum irl_tx_status status[])
{
	struct host *host = (struct host *)port;
	int accepted = 0;

	(void)queue;
	pthread_mutex_lock(&host->lock);
	for (unsigned i = 0; i < count; i++) {
		status[i] = ask(host, &frames[i]);
		accepted += status[i] == IRL_TX_ACCEPTED;
	}
	pthread_mutex_unlock(&host->lock);
	host->sent += (unsigned)accepted;
	return accepted;
}

static int recv_host(struct irl_port *port, unsigned queue,
		     struct irl_frame frames[], unsigned max)
{
	struct host *host = (struct host *)port;
	unsigned count = 0;

	(void)queue;
	free_jobs(host->given);
	host->given = NULL;
	pthread_mutex_lock(&host->lock);
	while (count < max && host->answered) {
		struct job *job = host->answered;

		host->answered = job->next;
		job->next = host->given;
		host->given = job;
		frames[count++] = (struct irl_frame){.data = job->frame,
						     .length = job->length};
	}
	pthread_mutex_unlock(&host->lock);
	host->received += count;
	return (int)count;
}

static int wait_host(struct irl_port *port, unsigned queue, int64_t timeout_ns)
{
	struct host *host = (struct host *)port;
	uint64_t end = irl_os_clock_ns() + (uint64_t)timeout_ns;
	bool any;

	(void)queue;
	for (;;) {
		uint64_t now = irl_os_clock_ns();

		pthread_mutex_lock(&host->lock);
		any = host->answered;
		pthread_mutex_unlock(&host->lock);
		if (any || now >= end)
			return any;
		irl_os_sleep_until(now + NAP_NS < end ? now + NAP_NS : end);
	}
}

static void stats_host(struct irl_port *port, struct irl_port_stats *out)
{
	const struct host *host = (const struct host *)port;

	out->tx_offered += host->sent;
	out->tx[IRL_TX_ACCEPTED] += host->sent;
	out->rx_frames += host->received;
	out->rx_ours += host->received;
	out->rx_delivered += host->received;
}

/* Windows cannot be told to ask no more: whoever is last cleans up. */
static void close_host(struct irl_port *port)
{
	struct host *host = (struct host *)port;
	bool last;

	pthread_mutex_lock(&host->lock);
	host->closed = true;
	last = !host->jobs;
	pthread_mutex_unlock(&host->lock);
	if (last)
		free_host(host);
}

static const struct irl_port_ops host_ops = {
    .close = close_host,
    .send = send_host,
    .recv = recv_host,
    .wait = wait_host,
    .stats = stats_host,
};

int net_host_port(struct irl_port **out, const struct irl_port_info *info,
		  net_host_resolve *ask_host, struct irl_error *err)
{
	struct host *host = calloc(1, sizeof(*host));

	*out = NULL;
	if (!host)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	host->port.ops = &host_ops;
	host->port.info = *info;
	host->port.info.kind = "host";
	host->port.info.queues = 1;
	host->resolve = ask_host;
	pthread_mutex_init(&host->lock, NULL);
	*out = &host->port;
	return 0;
}

bool net_is_host_port(const struct irl_port *port)
{
	return port->ops == &host_ops;
}
