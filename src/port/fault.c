// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "port/counters.h"
#include "port/random.h"
#include "port/wrap.h"

/* A batch without the frames that are refused here. */
struct batch {
	struct irl_frame frames[IRL_BATCH_MAX];
	enum irl_tx_status status[IRL_BATCH_MAX];
	unsigned place[IRL_BATCH_MAX]; /* in the caller's batch */
};

struct queue {
	uint64_t tx_random, rx_random;
	uint64_t refused[IRL_TX_STATUSES];
	uint64_t lost, doubled;
	struct batch *batch;
} __attribute__((aligned(64)));

struct fault {
	struct irl_wrap wrap;
	struct irl_fault_options options;
	struct queue *queue;
};

/* One draw; the shares lie one behind the other on [0, 1). */
static enum irl_tx_status draw(struct fault *f, struct queue *q)
{
	double x = (double)(irl_random(&q->tx_random) >> 11) * 0x1p-53;

	for (unsigned s = 1; s < IRL_TX_STATUSES; s++) {
		if (x < f->options.refuse[s])
			return (enum irl_tx_status)s;
		x -= f->options.refuse[s];
	}
	return IRL_TX_ACCEPTED;
}

static int fault_send(struct irl_port *port, unsigned queue,
		      const struct irl_frame frames[], unsigned count,
		      enum irl_tx_status status[])
{
	struct fault *f = (struct fault *)port;
	struct queue *q = &f->queue[queue];
	uint64_t random = q->tx_random;
	enum irl_tx_status why;
	unsigned n = 0;
	int rc;

	for (unsigned i = 0; i < count; i++)
		if (draw(f, q) == IRL_TX_ACCEPTED) {
			q->batch->frames[n] = frames[i];
			q->batch->place[n++] = i;
		}
	rc = irl_port_send(f->wrap.inside, queue, q->batch->frames, n,
			   q->batch->status);
	if (rc < 0)
		return rc;
	q->tx_random = random; /* the same draws once more, to be told */
	for (unsigned i = 0, k = 0; i < count; i++) {
		why = draw(f, q);
		status[i] = why;
		if (k < n && q->batch->place[k] == i)
			status[i] = q->batch->status[k++];
		else
			irl_count(&q->refused[why], 1);
	}
	return rc;
}

static int fault_recv(struct irl_port *port, unsigned queue,
		      struct irl_frame frames[], unsigned max)
{
	struct fault *f = (struct fault *)port;
	const struct irl_fault_options *o = &f->options;
	struct queue *q = &f->queue[queue];
	/* Half, so that each frame's double finds room; read from the end. */
	unsigned ask = o->rx_duplicate > 0 ? (max + 1) / 2 : max;
	unsigned from = max - ask, n = 0;
	int got = irl_port_recv(f->wrap.inside, queue, frames + from, ask);

	for (int i = 0; i < got; i++) {
		struct irl_frame frame = frames[from + (unsigned)i];
		bool lost = irl_random_share(&q->rx_random, o->rx_loss);
		bool twice = irl_random_share(&q->rx_random, o->rx_duplicate);
		bool spoil = irl_random_share(&q->rx_random, o->rx_corrupt);
		uint64_t bit = irl_random(&q->rx_random);

		if (lost) {
			irl_count(&q->lost, 1);
			continue;
		}
		bit %= (uint64_t)frame.length * 8;
		if (spoil)
			frame.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		frames[n++] = frame;
		if (twice && n <= from + (unsigned)i) {
			irl_count(&q->doubled, 1);
			frames[n++] = frame;
		}
	}
	return got < 0 ? got : (int)n;
}

static void fault_stats(struct irl_port *port, struct irl_port_stats *out)
{
	struct fault *f = (struct fault *)port;

	irl_port_stats(f->wrap.inside, out);
	for (unsigned i = 0; i < port->info.queues; i++) {
		struct queue *q = &f->queue[i];
		/* What did not happen and what happened once more. */
		uint64_t more =
		    irl_counted(&q->doubled) - irl_counted(&q->lost);

		for (unsigned s = 0; s < IRL_TX_STATUSES; s++) {
			out->tx[s] += irl_counted(&q->refused[s]);
			out->tx_offered += irl_counted(&q->refused[s]);
		}
		out->rx_frames += more;
		out->rx_ours += more;
		out->rx_delivered += more;
	}
}

static void free_queues(struct fault *f)
{
	for (unsigned i = 0; f->queue && i < f->wrap.port.info.queues; i++)
		free(f->queue[i].batch);
	irl_aligned_give(f->queue);
}

static void fault_close(struct irl_port *port)
{
	free_queues((struct fault *)port);
	irl_wrap_close(port);
}

static const struct irl_port_ops fault_ops = {
    .close = fault_close,
    .send = fault_send,
    .recv = fault_recv,
    .wait = irl_wrap_wait,
    .stats = fault_stats,
    .end_rx = irl_wrap_end_rx,
};

static int check(const struct irl_fault_options *o, struct irl_error *err)
{
	const double rx[] = {o->rx_loss, o->rx_duplicate, o->rx_corrupt};
	double sum = 0;
	bool sane = true;

	for (unsigned s = 1; s < IRL_TX_STATUSES; s++) {
		sane = sane && o->refuse[s] >= 0;
		sum += o->refuse[s];
	}
	for (unsigned i = 0; i < 3; i++)
		sane = sane && rx[i] >= 0 && rx[i] <= 1;
	if (sane && sum <= 1)
		return 0;
	return irl_error_set(err, IRL_EINVAL,
			     "shares of faults are from 0 to 1, and those of "
			     "refusal 1 together at most");
}

int irl_port_fault(struct irl_port **out, struct irl_port *inside,
		   const struct irl_fault_options *options,
		   struct irl_error *err)
{
	unsigned queues = inside->info.queues;
	struct fault *f;
	bool whole;
	int rc = check(options, err);

	*out = NULL;
	if (rc)
		return rc;
	f = irl_wrap_new(sizeof(*f), &fault_ops, inside, NULL);
	if (!f)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	f->options = *options;
	f->queue = irl_aligned_take(queues * sizeof(*f->queue));
	whole = f->queue;
	if (whole)
		memset(f->queue, 0, queues * sizeof(*f->queue));
	for (unsigned i = 0; whole && i < queues; i++) {
		f->queue[i].tx_random = options->seed + i * 2;
		f->queue[i].rx_random = options->seed + i * 2 + 1;
		f->queue[i].batch = calloc(1, sizeof(*f->queue[i].batch));
		whole = f->queue[i].batch;
	}
	if (!whole) {
		free_queues(f);
		free(f);
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	}
	*out = &f->wrap.port;
	return 0;
}
