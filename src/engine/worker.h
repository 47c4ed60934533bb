/* SPDX-License-Identifier: BSD-2-Clause */
/* One queue's thread: claims, chunks, pace, refused probes, reception. */
#ifndef IRL_ENGINE_WORKER_H
#define IRL_ENGINE_WORKER_H

struct irl_scan;
struct irl_worker;

/* Memory for one worker; 0 or -IRL_ENOMEM. */
int irl_worker_init(struct irl_worker *worker, struct irl_scan *scan,
		    unsigned queue);
void irl_worker_fini(struct irl_worker *worker);

/* Start a thread for this pass; it ends when scan->over is set. */
int irl_worker_start(struct irl_worker *worker);
void irl_worker_join(struct irl_worker *worker);

#endif
