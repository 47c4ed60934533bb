// SPDX-License-Identifier: BSD-2-Clause
/*
 * irl bench: the shape of its JSON, and that a run which ends, or is
 * interrupted, leaves no program and so no interface behind (the receiver is
 * attached by netlink: it lives as long as its veth).
 *
 *   test_bench IRL
 */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <cmocka.h>

#define PROGRAMS_MAX 64
#define DEADLINE_S 30

static const char *irl;

static void nap(void)
{
	const struct timespec t = {.tv_nsec = 10000000};

	nanosleep(&t, NULL);
}

static pid_t start(const char *const argv[])
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		execv(irl, (char *const *)argv);
		_exit(127);
	}
	return pid;
}

static json_t *run_json(const char *const argv[], const char *path)
{
	pid_t pid = start(argv);
	json_error_t error;
	json_t *json;
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	unlink(path);
	assert_non_null(json);
	return json;
}

static void assert_number(const json_t *object, const char *key)
{
	if (!json_is_number(json_object_get(object, key)))
		fail_msg("no number '%s'", key);
}

static void assert_host(const json_t *json)
{
	const json_t *host = json_object_get(json, "host");

	assert_true(json_is_string(json_object_get(host, "kernel")));
	assert_number(host, "cpus");
}

/* The row of that name and batch (0: whichever). */
static const json_t *row_of(const json_t *json, const char *name, int batch)
{
	const json_t *rows = json_object_get(json, "rows"), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const json_t *size = json_object_get(row, "batch");

		if (!strcmp(json_string_value(json_object_get(row, "name")),
			    name) &&
		    (!batch || json_integer_value(size) == batch))
			return row;
	}
	fail_msg("no row '%s' of batch %d", name, batch);
	return NULL;
}

static void test_tx(void **state)
{
	char path[] = "/tmp/irl-test-bench-XXXXXX";
	int fd = mkstemp(path);
	const char *const argv[] = {irl,      "bench",    "tx", "--seconds",
				    "0.05",   "--rounds", "1",  "--quiet",
				    "--json", path,       NULL};
	static const struct {
		const char *name;
		int batch;
	} rows[] = {{"send", 1},     {"sendmmsg", 256}, {"pcap", 1},
		    {"af_xdp", 256}, {"packet", 1},     {"packet", 256},
		    {"live", 1},     {"live", 4},       {"live", 16},
		    {"live", 64},    {"live", 256},     {"live", 1024},
		    {"limit", 0}};
	json_t *json;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	json = run_json(argv, path);
	assert_string_equal(json_string_value(json_object_get(json, "bench")),
			    "tx");
	assert_host(json);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const json_t *row = row_of(json, rows[i].name, rows[i].batch);

		assert_number(row, "min");
		assert_number(row, "max");
		assert_number(row, "cpu_ns_per_frame");
		assert_number(row, "lost");
		/* Frames arrived, and intact: the receiver looked. */
		assert_true(json_number_value(json_object_get(row, "mpps")) >
			    0);
	}
	/* Own frames are lost nowhere on a veth, whatever the machine does. */
	assert_true(json_number_value(json_object_get(row_of(json, "live", 256),
						      "lost")) == 0);
	assert_number(json_object_get(json, "ratios"), "live/sendmmsg");
	assert_number(json_object_get(json, "ratios"), "live/af_xdp");
	json_decref(json);
}

/* irl bench NAME ARGUMENT... for one round, and its JSON. */
static json_t *bench(const char *name, const char *const more[])
{
	char path[] = "/tmp/irl-test-bench-XXXXXX";
	const char *argv[24] = {irl, "bench",   name,     "--rounds",
				"1", "--quiet", "--json", path};
	size_t n = 8;
	int fd = mkstemp(path);
	json_t *json;

	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; more[i]; i++)
		argv[n++] = more[i];
	json = run_json(argv, path);
	assert_string_equal(json_string_value(json_object_get(json, "bench")),
			    name);
	assert_host(json);
	return json;
}

static double figure(const json_t *row, const char *key)
{
	assert_number(row, key);
	return json_number_value(json_object_get(row, key));
}

static void test_rx(void **state)
{
	const char *const more[] = {"--seconds", "0.05", "--contenders",
				    "live,live_slow", NULL};
	static const char *const names[] = {"live", "live_flat", "live_slow"};
	json_t *json = bench("rx", more);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const json_t *row = row_of(json, names[i], 0);

		assert_true(figure(row, "offered") > 0);
		assert_true(figure(row, "delivered") + figure(row, "dropped") ==
			    figure(row, "offered"));
		assert_true(figure(row, "disorder") == 0);
	}
	assert_true(figure(row_of(json, "live_slow", 0), "dropped") > 0);
	assert_true(figure(row_of(json, "live_slow", 0), "delivered") > 0);
	json_decref(json);
}

/* However short the window, or busy the machine: frames come within it. */
static void test_scan(void **state)
{
	const char *const more[] = {"--seconds", "0.0000001", "--contenders",
				    "limit,scan", NULL};
	json_t *json = bench("scan", more);
	const json_t *row = row_of(json, "scan", 0);

	(void)state;
	assert_true(figure(row, "mpps") > 0);
	assert_true(figure(row, "lost") == 0);
	assert_true(figure(row, "damaged") == 0);
	assert_number(json_object_get(json, "ratios"), "scan/limit");
	json_decref(json);
}

/* Of what is asked for of the whole set, a part of it is not judged by. */
static void test_part(void **state)
{
	const char *const more[] = {"--range", "10.1.0.0/20", "--rounds", "2",
				    NULL};
	json_t *json = bench("huge", more);
	const json_t *ranges = json_object_get(json, "ratio_ranges");
	const json_t *seconds = json_object_get(ranges, "huge: seconds");
	const json_t *equal =
	    json_object_get(ranges, "huge: equal to the truth");

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(json, "rounds")),
			 2);
	assert_number(seconds, "max");
	assert_null(json_object_get(seconds, "met"));
	assert_true(json_is_true(json_object_get(equal, "met")));
	json_decref(json);
}

static void assert_true_to(const char *bench_name, const char *const rows[],
			   const char *range)
{
	const char *const more[] = {"--range", range, NULL};
	json_t *json = bench(bench_name, more);

	for (; *rows; rows++) {
		const json_t *row = row_of(json, *rows, 0);

		assert_true(figure(row, "truth") > 0);
		assert_true(figure(row, "equal") == 1);
		assert_true(figure(row, "rows") == figure(row, "truth"));
	}
	json_decref(json);
}

static void test_truth(void **state)
{
	static const char *const one[] = {"answers", NULL};
	static const char *const both[] = {"answers", "answers2", NULL};
	static const char *const huge[] = {"huge", NULL};
	bool alone = sysconf(_SC_NPROCESSORS_ONLN) < 2;

	(void)state;
	assert_true_to("answers", alone ? one : both, "10.1.0.0/16");
	assert_true_to("huge", huge, "10.1.0.0/18");
}

static void test_pace(void **state)
{
	const char *const more[] = {"--seconds", "1", NULL};
	json_t *json = bench("pace", more);
	const json_t *row = row_of(json, "pace", 0);

	(void)state;
	assert_true(figure(row, "pps") == 100);
	assert_true(figure(row, "lost") == 0);
	assert_number(row, "cpu_percent");
	json_decref(json);
}

static void test_host(void **state)
{
	const char *const more[] = {"--seconds", "0.2", NULL};
	json_t *json = bench("host", more);
	const json_t *row = row_of(json, "host_beside_scan", 0);

	(void)state;
	assert_true(figure(row, "echoes") > 0);
	assert_true(figure(row, "scan_mpps") > 0);
	assert_true(figure(row, "scan_lost") == 0);
	assert_true(figure(row, "cores") > 0);
	assert_true(figure(row_of(json, "host_alone", 0), "cores") > 0);
	json_decref(json);
}

/* The row of that name and so many connections. */
static const json_t *row_with(const json_t *json, const char *name,
			      int outstanding)
{
	const json_t *rows = json_object_get(json, "rows"), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (!strcmp(json_string_value(json_object_get(row, "name")),
			    name) &&
		    json_integer_value(json_object_get(row, "outstanding")) ==
			outstanding)
			return row;
	}
	fail_msg("no row '%s' with %d outstanding", name, outstanding);
	return NULL;
}

/* Exchanges are whole, by everybody, and the world leaves none unanswered. */
static void test_tcp(void **state)
{
	static const char contenders[] =
	    "sockets_one,sockets,tcp,server,memory,"
	    "server_of_tcp,server_of_sockets";
	const char *const more[] = {"--seconds", "0.1", "--contenders",
				    contenders, NULL};
	static const struct {
		const char *name;
		int outstanding;
		bool asks_world;
	} rows[] = {{"sockets_one", 256, true}, {"sockets", 64, true},
		    {"sockets", 1024, true},    {"tcp", 256, true},
		    {"tcp", 16384, true},       {"server", 256, true},
		    {"memory", 1000, false},    {"memory", 100000, false}};
	json_t *json = bench("tcp", more);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const json_t *row =
		    row_with(json, rows[i].name, rows[i].outstanding);

		assert_true(figure(row, "connections_per_s") > 0);
		assert_true(figure(row, "cpu_ns_per_connection") > 0);
		assert_true(figure(row, "failed") == 0);
		if (rows[i].asks_world)
			assert_true(figure(row, "unanswered") == 0);
	}
	/* A page is made in more than 10 ns, and is not all that it takes. */
	assert_true(figure(row_with(json, "server_of_tcp", 1024),
			   "server_ns_per_connection") > 10);
	assert_true(
	    figure(row_with(json, "server_of_tcp", 1024),
		   "server_ns_per_connection") <
	    figure(row_with(json, "tcp", 1024), "cpu_ns_per_connection"));
	assert_number(json_object_get(json, "ratios"), "tcp/sockets");
	assert_number(json_object_get(json, "ratios"),
		      "tcp/sockets: processor time, no server");
	assert_number(json_object_get(json, "ratios"), "tcp/server");
	assert_number(json_object_get(json, "ratios"), "tcp/memory");
	json_decref(json);
}

/* On the memory port, too: all are on their way at once, and however short the
 * time, connections end within it. */
static void test_tcp_short(void **state)
{
	const char *const more[] = {"--seconds", "0.0000001", "--contenders",
				    "memory", NULL};
	json_t *json = bench("tcp", more);

	(void)state;
	for (int n = 1000; n <= 100000; n *= 10) {
		const json_t *row = row_with(json, "memory", n);

		assert_true(figure(row, "connections_per_s") > 0);
		assert_true(figure(row, "at_once") == n);
	}
	json_decref(json);
}

static void test_bulk(void **state)
{
	const char *const more[] = {"--seconds", "0.2", "--contenders",
				    "bulk,bulk_sockets", NULL};
	json_t *json = bench("tcp", more);

	(void)state;
	for (int n = 1; n <= 1000; n += 999) {
		assert_number(row_with(json, "bulk_sockets", n), "gbps");
		assert_true(figure(row_with(json, "bulk", n), "gbps") > 0);
		assert_true(figure(row_with(json, "bulk", n), "dropped") == 0);
	}
	assert_number(json_object_get(json, "ratios"), "bulk/sockets");
	json_decref(json);
}

static int code_of(const char *const argv[])
{
	pid_t pid = start(argv);
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_usage(void **state)
{
	static const char *const wrong[][3] = {
	    {"nonsense", NULL},
	    {"tx", "--batches", "7"},
	    {"tx", "--contenders", "pigeons"},
	    {"tx", "--core", "999"},
	    {"tx", "--frame-bytes", "59"},
	    {"pace", "--seconds", "100"},
	    {"huge", "--seconds", "3"},
	    {"host", "--contenders", "scan"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *const argv[] = {
		    irl, "bench", wrong[i][0], wrong[i][1], wrong[i][2], NULL};

		assert_int_equal(code_of(argv), 2);
	}
}

/* The BPF programs that the process holds, by /proc/PID/fdinfo; @links: those
 * that it has attached by links to interfaces. */
static unsigned programs_of(pid_t pid, bool links, uint32_t ids[PROGRAMS_MAX])
{
	char path[300], line[128];
	struct dirent *entry;
	unsigned n = 0, id;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid,
			 entry->d_name);
		file = fopen(path, "re");
		for (bool is_link = false;
		     file && fgets(line, sizeof(line), file);) {
			is_link |= !strcmp(line, "link_type:\txdp\n");
			if ((is_link || !links) && n < PROGRAMS_MAX &&
			    sscanf(line, "prog_id: %u", &id) == 1)
				ids[n++] = id;
		}
		if (file)
			fclose(file);
	}
	if (folder)
		closedir(folder);
	return n;
}

static int is_loaded(uint32_t id)
{
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

/* Is a program of that name attached, by a link that the process holds? */
static bool has_attached(pid_t pid, const char *name)
{
	uint32_t ids[PROGRAMS_MAX];
	unsigned count = programs_of(pid, true, ids);
	bool found = false;

	for (unsigned i = 0; i < count && !found; i++) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(ids[i]);

		if (fd < 0)
			continue;
		found = !bpf_obj_get_info_by_fd(fd, &info, &size) &&
			!strcmp(info.name, name);
		close(fd);
	}
	return found;
}

/* The limit's runs are only then as cheap as can be. */
static void test_limit_attached(void **state)
{
	static const char *const kinds[] = {"scan", "tx"};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *const argv[] = {
		    irl,     "bench",     kinds[i], "--contenders",
		    "limit", "--seconds", "60",     "--quiet",
		    NULL};
		time_t end = time(NULL) + DEADLINE_S;
		pid_t pid = start(argv);
		bool attached = false;

		while (!attached && time(NULL) < end) {
			nap();
			attached = has_attached(pid, "bench_limit");
		}
		assert_int_equal(kill(pid, SIGINT), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_true(attached);
	}
}

static void test_interrupted(void **state)
{
	const char *const argv[] = {
	    irl,  "bench",   "tx",        "--contenders", "live", "--seconds",
	    "60", "--quiet", "--batches", "256",          NULL};
	time_t end = time(NULL) + DEADLINE_S;
	uint32_t ids[PROGRAMS_MAX];
	unsigned count = 0, left = 1;
	pid_t pid = start(argv);
	int status;

	(void)state;
	/* The benchmark's own programs and the live port's. */
	while (count < 5 && time(NULL) < end) {
		nap();
		count = programs_of(pid, false, ids);
	}
	assert_true(count >= 5);
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
	while (left && time(NULL) < end) {
		nap();
		left = 0;
		for (unsigned i = 0; i < count; i++)
			left += (unsigned)is_loaded(ids[i]);
	}
	assert_int_equal(left, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tx),
	    cmocka_unit_test(test_rx),
	    cmocka_unit_test(test_scan),
	    cmocka_unit_test(test_truth),
	    cmocka_unit_test(test_pace),
	    cmocka_unit_test(test_host),
	    cmocka_unit_test(test_tcp),
	    cmocka_unit_test(test_bulk),
	    cmocka_unit_test(test_usage),
	    cmocka_unit_test(test_interrupted),
	    cmocka_unit_test(test_tcp_short),
	    cmocka_unit_test(test_part),
	    cmocka_unit_test(test_limit_attached),
	};

	if (geteuid() != 0) {
		fprintf(stderr, "needs root\n");
		return 77;
	}
	irl = argc > 1 ? argv[1] : "irl";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
