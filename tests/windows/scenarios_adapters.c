/* SPDX-License-Identifier: BSD-2-Clause */
/* What adapters and drivers say of themselves; several adapters, other ones. */
#include "scenarios.h"

#include <stdlib.h>

static unsigned list(struct nt_file *file, struct irl_win_adapter to[],
		     unsigned room)
{
	struct nt_request *request =
	    nt_control(file, IRL_WIN_ADAPTERS, NULL, 0, to, room * sizeof(*to));
	size_t bytes;

	assert_int_equal(nt_finish(request, &bytes), STATUS_SUCCESS);
	assert_int_equal(bytes % sizeof(*to), 0);
	return (unsigned)(bytes / sizeof(*to));
}

static struct irl_win_adapter first(struct nt_file *file)
{
	struct irl_win_adapter adapters[4];

	assert_int_equal(list(file, adapters, 4), 1);
	return adapters[0];
}

void test_described(void **state)
{
	struct irl_win_bind bind = lab_bind(1, 1, 1, false);
	struct irl_win_adapter a[4];
	struct nt_file *file;
	struct lab lab;

	(void)state;
	file = scene_up(&lab, LAB_TWO, 1, 1, false);
	assert_int_equal(list(file, a, 1), 1);
	assert_int_equal(list(file, a, 4), 2);
	assert_int_equal(a[1].head.version, IRL_WIN_VERSION);
	assert_int_equal(a[1].head.size, sizeof(a[1]));
	assert_memory_equal(a[1].name, bind.name, sizeof(bind.name));
	assert_int_equal(a[1].luid, 2ull << 24 | 6ull << 48);
	assert_int_equal(a[1].if_index, 2);
	assert_int_equal(a[1].mtu, LAB_MTU);
	assert_int_equal(a[1].speed_bps, 10000000000);
	assert_int_equal(a[1].state, IRL_WIN_ADAPTER_RUNNING);
	assert_int_equal(a[1].link, 1);
	assert_memory_equal(a[1].mac, "\2\0\0\0\0\2\0\0", 8);
	scene_down(&lab, file);
}

void test_described_state(void **state)
{
	struct nd_adapter *adapter;
	struct nt_file *file;
	struct lab lab;

	(void)state;
	file = scene_up(&lab, 0, 1, 1, false);
	adapter = lab.nic[0].adapter;
	nd_pause(adapter);
	assert_int_equal(first(file).state, IRL_WIN_ADAPTER_PAUSED);
	nd_restart(adapter);
	assert_int_equal(first(file).state, IRL_WIN_ADAPTER_RUNNING);
	nd_link(adapter, false);
	assert_int_equal(first(file).link, 0);
	/* bound while there is no cable */
	nd_unbind(adapter);
	nd_bind(adapter);
	assert_int_equal(first(file).link, 0);
	nd_link(adapter, true);
	assert_int_equal(first(file).link, 1);
	scene_down(&lab, file);
}

/* The same rule on both, and each handle is of its own. */
void test_two_adapters(void **state)
{
	uint8_t bytes[60], in[128] __attribute__((aligned(8)));
	struct nd_frame frame = {.bytes = bytes, .length = 60};
	struct nt_file *file[2];
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	lab_udp(bytes, 0xc6120001, 9);
	lab_up(&lab, LAB_TWO);
	buffer = lab_batch(3, 60, &size);
	for (unsigned i = 0; i < 2; i++) {
		file[i] = scene_open_at(i, 1, 3, i);
		assert_int_equal(lab_steer(file[i], 0, 1), STATUS_SUCCESS);
	}
	assert_int_equal(scene_write(file[1], buffer, size), STATUS_SUCCESS);
	assert_int_equal(lab.nic[0].frames, 0);
	assert_int_equal(lab.nic[1].frames, 3);
	for (unsigned i = 0; i < 2; i++) {
		nd_receive(lab.nic[i].adapter, &frame, 1, 0);
		assert_int_equal(scene_read(file[!i], in, sizeof(in)), 0);
		assert_int_equal(scene_read(file[i], in, sizeof(in)),
				 irl_win_space(60));
	}
	for (unsigned i = 0; i < 2; i++)
		lab_balance(file[i], &lab.nic[i]);
	/* a change on one is none on the other */
	nt_close(file[0]);
	nd_receive(lab.nic[1].adapter, &frame, 1, 0);
	assert_int_equal(scene_read(file[1], in, sizeof(in)),
			 irl_win_space(60));
	nd_pause(lab.nic[0].adapter);
	assert_int_equal(scene_write(file[1], buffer, size), STATUS_SUCCESS);
	lab_balance(file[1], &lab.nic[1]);
	free(buffer);
	scene_down(&lab, file[1]);
}

/* GUIDs are written in letters of either case. */
void test_names(void **state)
{
	struct irl_win_bind bind = lab_bind(1, 1, 1, false);
	struct nt_file *file;
	struct lab lab;
	NTSTATUS status;

	(void)state;
	for (unsigned i = 0; bind.name[i]; i++)
		if (bind.name[i] >= 'a' && bind.name[i] <= 'z')
			bind.name[i] = (uint16_t)(bind.name[i] - 'a' + 'A');
	lab_up(&lab, LAB_TWO);
	file = lab_open(&bind, &status);
	assert_non_null(file);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	/* a handle is bound once */
	bind = lab_bind(0, 1, 1, false);
	assert_int_equal(lab_control(file, IRL_WIN_BIND, &bind, sizeof(bind),
				     &(struct irl_win_adapter){0},
				     sizeof(struct irl_win_adapter)),
			 STATUS_INVALID_DEVICE_STATE);
	scene_down(&lab, file);
}

/* An MTU beyond what we take is cut; a frame above it is refused. */
void test_jumbo(void **state)
{
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	for (unsigned zero_copy = 0; zero_copy < 2; zero_copy++) {
		file = scene_up(&lab, LAB_JUMBO, 1, 2, zero_copy);
		assert_int_equal(first(file).mtu, IRL_WIN_MTU_MAX);
		buffer = lab_batch(2, IRL_WIN_MTU_MAX + 14, &size);
		assert_int_equal(scene_write(file, buffer, size),
				 STATUS_SUCCESS);
		free(buffer);
		buffer = lab_batch(1, IRL_WIN_MTU_MAX + 15, &size);
		assert_int_equal(scene_write(file, buffer, size),
				 STATUS_INVALID_BUFFER_SIZE);
		assert_int_equal(
		    lab_count(file).refused[IRL_WIN_REFUSED_LENGTH], 1);
		free(buffer);
		scene_down_balanced(&lab, file);
	}
}

void test_no_ethernet(void **state)
{
	struct irl_win_adapter adapter;
	struct nt_file *file;
	struct lab lab;
	NTSTATUS status;

	(void)state;
	lab_up(&lab, LAB_TUNNEL);
	assert_false(nd_bound(lab.nic[0].adapter));
	assert_false(nd_filtered(lab.nic[0].adapter));
	file = nt_open("\\Device\\IRLstackP", &status);
	assert_int_equal(list(file, &adapter, 1), 0);
	scene_down(&lab, file);
}

/* -- versions -- */
static struct irl_win_version query(struct nt_file *file)
{
	struct irl_win_version version;

	assert_int_equal(lab_control(file, IRL_WIN_QUERY, NULL, 0, &version,
				     sizeof(version)),
			 STATUS_SUCCESS);
	return version;
}

void test_query(void **state)
{
	struct irl_win_version version;
	struct nt_file *file;
	LARGE_INTEGER frequency;
	struct lab lab;

	(void)state;
	KeQueryPerformanceCounter(&frequency);
	for (unsigned i = 0; i < 2; i++) {
		file = scene_up(&lab, i ? LAB_NO_FILTER : 0, 1, 1, false);
		version = query(file);
		assert_int_equal(version.head.version, IRL_WIN_VERSION);
		assert_int_equal(version.head.size, sizeof(version));
		assert_true(version.driver);
		assert_int_equal(version.ndis, 0x60050);
		assert_int_equal(version.frequency, frequency.QuadPart);
		assert_int_equal(version.filter, !i);
		scene_down(&lab, file);
	}
}

/* The newest that both know is registered; none that is too old. */
void test_ndis_versions(void **state)
{
	static const struct {
		uint32_t has, registered;
	} cases[] = {{0x60057, 0x60050}, {0x60050, 0x60050}, {0x60046, 0x60032},
		     {0x60032, 0x60032}, {0x60031, 0x60028}, {0x60028, 0x60028},
		     {0x6001e, 0x6001e}, {0x6001d, 0},       {0x60014, 0}};
	struct nt_file *file;
	struct lab lab;

	(void)state;
	for (unsigned i = 0; i < RTL_NUMBER_OF(cases); i++) {
		lab_up(&lab, LAB_NO_DRIVERS);
		nd_version(cases[i].has);
		if (!cases[i].registered) {
			assert_int_equal(lab_load_protocol(&lab),
					 STATUS_NOT_SUPPORTED);
			assert_int_equal(lab_load_filter(&lab),
					 STATUS_NOT_SUPPORTED);
			lab_down(&lab);
			continue;
		}
		assert_int_equal(lab_load_protocol(&lab), STATUS_SUCCESS);
		assert_int_equal(lab_load_filter(&lab), STATUS_SUCCESS);
		file = scene_open(1, 1, false);
		assert_int_equal(query(file).ndis, cases[i].registered);
		assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
		scene_down(&lab, file);
	}
}

/* irlstackf is for irlstackp only. */
void test_access(void **state)
{
	struct lab lab;

	(void)state;
	lab_up(&lab, 0);
	assert_true(nt_admits_admins("\\Device\\IRLstackP"));
	assert_false(nt_admits_admins("\\Device\\IRLstackF"));
	lab_down(&lab);
}
