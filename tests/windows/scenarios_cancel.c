/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes that are cancelled: what waits in the adapter's queue comes back. */
#include "scenarios.h"

#include <stdlib.h>

static void outcomes(struct nt_file *file, uint64_t sent, uint64_t cancelled)
{
	struct irl_win_counters c = lab_count(file);

	assert_int_equal(c.outcome[IRL_WIN_SENT], sent);
	assert_int_equal(c.outcome[IRL_WIN_CANCELLED], cancelled);
	assert_int_equal(c.tx_frames, sent + cancelled);
}

static struct nd_adapter *queue_up(struct lab *lab)
{
	nd_complete_mode(lab->nic[0].adapter, ND_QUEUED);
	return lab->nic[0].adapter;
}

/* A write, or a send that reports; at once, later, both: none goes out. */
static void cancel_all(bool report, bool later)
{
	struct irl_win_frame *frame;
	struct nt_request *request;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	file = scene_up(&lab, 0, 1, 4, !report);
	buffer = lab_batch(4, 60, &size);
	frame = (struct irl_win_frame *)buffer;
	nd_cancel_later(queue_up(&lab), later);
	request = report ? nt_control(file, IRL_WIN_SEND, NULL, 0, buffer, size)
			 : nt_write(file, buffer, size);
	assert_false(nt_done(request));
	nt_cancel(request);
	assert_int_equal(nt_done(request), !later);
	nt_cancel(request);
	nt_settle();
	assert_true(nt_done(request));
	assert_int_equal(nt_finish(request, NULL), STATUS_CANCELLED);
	if (report)
		assert_int_equal(frame->outcome, IRL_WIN_CANCELLED);
	assert_int_equal(lab.nic[0].frames, 0);
	outcomes(file, 0, 4);
	/* The request is free again, and its next use is not cancelled. */
	nd_complete_mode(lab.nic[0].adapter, ND_AT_ONCE);
	assert_int_equal(scene_write(file, buffer, size), STATUS_SUCCESS);
	outcomes(file, 4, 4);
	free(buffer);
	scene_down_balanced(&lab, file);
}

void test_cancel_write(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		cancel_all(i & 1, i & 2);
}

/* Some frames have gone out; with all of them it was too late. */
void test_cancel_part(void **state)
{
	struct nt_request *request;
	struct nd_adapter *adapter;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	for (unsigned gone = 0; gone <= 4; gone++) {
		file = scene_up(&lab, 0, 1, 4, true);
		buffer = lab_batch(4, 60, &size);
		adapter = queue_up(&lab);
		nd_complete_singly(adapter, true);
		request = nt_write(file, buffer, size);
		nd_release(adapter, gone, gone & 1);
		nt_cancel(request);
		assert_true(nt_done(request));
		assert_int_equal(nt_finish(request, NULL),
				 gone < 4 ? STATUS_CANCELLED : STATUS_SUCCESS);
		assert_int_equal(lab.nic[0].frames, gone);
		outcomes(file, gone, 4 - gone);
		free(buffer);
		scene_down_balanced(&lab, file);
	}
	/* Out, but not given back: it is sent, and completes when it is. */
	file = scene_up(&lab, 0, 1, 4, true);
	buffer = lab_batch(4, 60, &size);
	scene_write_held(&lab, file, buffer, size, &request, 1);
	nt_cancel(request);
	assert_false(nt_done(request));
	nd_release(lab.nic[0].adapter, 1, false);
	assert_int_equal(nt_finish(request, NULL), STATUS_SUCCESS);
	outcomes(file, 4, 0);
	free(buffer);
	scene_down_balanced(&lab, file);
}

/* Cancelled before the adapter has its frames: they come back all the same. */
void test_cancel_early(void **state)
{
	struct nt_request *request;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = scene_up(&lab, 0, 1, 4, false);
	buffer = lab_batch(4, 60, &size);
	nd_before_send(queue_up(&lab), nt_cancel_all, file);
	request = nt_write(file, buffer, size);
	assert_true(nt_done(request));
	assert_int_equal(nt_finish(request, NULL), STATUS_CANCELLED);
	nt_arrive_cancelled(true);
	request = nt_write(file, buffer, size);
	nt_arrive_cancelled(false);
	assert_true(nt_done(request));
	assert_int_equal(nt_finish(request, NULL), STATUS_CANCELLED);
	outcomes(file, 0, 8);
	free(buffer);
	scene_down_balanced(&lab, file);
}

struct race {
	struct nd_adapter *adapter;
	struct nt_request *request;
};

/* The request is the cancel routine's, too: it is not complete yet. */
static void all_back(void *context)
{
	struct race *race = context;

	nd_release(race->adapter, 1, false);
	assert_false(nt_done(race->request));
}

/* The frames come back while the cancel routine is at work. */
void test_cancel_race(void **state)
{
	struct nt_file *file;
	struct race race;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = scene_up(&lab, 0, 1, 4, true);
	buffer = lab_batch(4, 60, &size);
	race.adapter = queue_up(&lab);
	for (unsigned i = 1; i <= 3; i++) {
		race.request = nt_write(file, buffer, size);
		nt_after_cancel(all_back, &race);
		nt_cancel(race.request);
		assert_true(nt_done(race.request));
		assert_int_equal(nt_finish(race.request, NULL), STATUS_SUCCESS);
		outcomes(file, 4 * i, 0);
	}
	free(buffer);
	scene_down_balanced(&lab, file);
}

/* The last handle goes, also while another thread is inside of a write. */
void test_cancel_closing(void **state)
{
	struct nt_request *request[2];
	struct nt_file *file, *other;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = scene_up(&lab, 0, 3, 4, false);
	other = scene_open(1, 4, true);
	buffer = lab_batch(4, 60, &size);
	request[0] = nt_write(other, buffer, size);
	assert_int_equal(nt_finish(request[0], NULL), STATUS_SUCCESS);
	queue_up(&lab);
	for (unsigned i = 0; i < 2; i++)
		request[i] = nt_write(file, buffer, size);
	nt_cleanup(file);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(nt_done(request[i]));
		assert_int_equal(nt_finish(request[i], NULL), STATUS_CANCELLED);
	}
	nt_close(file);
	nd_before_send(lab.nic[0].adapter, (void (*)(void *))nt_cleanup, other);
	request[0] = nt_write(other, buffer, size);
	assert_true(nt_done(request[0]));
	assert_int_equal(nt_finish(request[0], NULL), STATUS_CANCELLED);
	assert_int_equal(lab.nic[0].frames, 4);
	free(buffer);
	scene_down(&lab, other);
}

/* Of several only the one that is meant, whichever requests were used before.
 */
void test_cancel_one(void **state)
{
	struct nt_request *request[3];
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = scene_up(&lab, 0, 3, 4, false);
	buffer = lab_batch(4, 60, &size);
	for (unsigned round = 0; round < 6; round++) {
		queue_up(&lab);
		for (unsigned i = 0; i < 3; i++)
			request[i] = nt_write(file, buffer, size);
		nt_cancel(request[round % 3]);
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(nt_done(request[i]), i == round % 3);
		nd_release(lab.nic[0].adapter, 2, round & 1);
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(nt_finish(request[i], NULL),
					 i == round % 3 ? STATUS_CANCELLED
							: STATUS_SUCCESS);
	}
	outcomes(file, 48, 24);
	free(buffer);
	scene_down_balanced(&lab, file);
}
