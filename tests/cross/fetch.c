// SPDX-License-Identifier: BSD-2-Clause
/* fetch records|frames: fetches in one process and in virtual time; their
 * records without the time of day, or each frame as pcapng, on standard
 * output. */
#include "base/os.h"
#include "unit/fetch_lab.h"

static bool tells; /* records */

static int write_record(void *context, const struct irl_fetch_record *record)
{
	static const char mark[] = "\"timestamp\":\"";
	const char *json = record->json, *from, *to = NULL;
	size_t head;

	(void)context;
	if (!tells)
		return 0;
	from = strstr(json, mark);
	if (from)
		to = strchr(from + sizeof(mark) - 1, '"');
	if (!to)
		fail_msg("no time of day: %s", json);
	head = (size_t)(from - json) + sizeof(mark) - 1;
	printf("%.*s%.*s\n", (int)head, json,
	       (int)(record->json_bytes - (size_t)(to - json)), to);
	return 0;
}

/* From its beginning to its end. */
static void fetch(struct lab *lab, struct irl_pcapng *frames)
{
	const struct irl_fetch_events events = {
	    .context = lab, .next = on_next, .record = write_record};

	lab->frames = frames;
	lab_open(lab);
	irl_fetch_begin(lab->fetch, &events, lab->now);
	while (!lab_turn(lab, 500 * IRL_NS_PER_US))
		;
	if (lab_end(lab))
		fail_msg("%s", lab->err.text);
	lab_fini(lab);
}

/* A set, connected to, and probed first; over a bad link. */
static void fetch_sets(struct irl_pcapng *frames)
{
	for (unsigned i = 0; i < 3; i++) {
		struct lab lab;

		lab_init(&lab, "10.1.0.0/22", i < 2 ? "http" : "banner");
		lab.options.probe = i > 0;
		lab.options.scan.rate_pps = 20000;
		lab.faulty = true;
		lab.fault = (struct irl_fault_options){
		    .seed = i,
		    .refuse = {[IRL_TX_FULL] = 0.05},
		    .rx_loss = 0.05,
		    .rx_duplicate = 0.02,
		};
		fetch(&lab, frames);
	}
}

static void fetch_list(struct irl_pcapng *frames, bool probe)
{
	static const char *const line[] = {
	    "0a010001 - - 80",         "0a010001 - - 80",
	    "0a010001 a.example - 80", "0a010002 b.example tag 8080",
	    "e0000001 - - 80",         "0a010003 - tag 0"};
	struct lab lab;

	lab_init(&lab, "10.1.0.1", "http");
	lab.options.list = true;
	lab.options.probe = probe;
	lab.options.scan.rate_pps = 1000;
	lab.line = line;
	lab.lines = sizeof(line) / sizeof(line[0]);
	fetch(&lab, frames);
}

static struct irl_pcapng *open_frames(void)
{
	const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
	struct irl_error err = {0};
	struct irl_pcapng *file;

	if (irl_pcapng_open(&file, "-", &err) ||
	    irl_pcapng_interface(file, "memory", mac, 0, &err) < 0)
		fail_msg("%s", err.text);
	return file;
}

int main(int argc, char **argv)
{
	struct irl_error err = {0};
	struct irl_pcapng *frames;

	if (irl_os_begin(&argc, &argv) || argc != 2)
		return 2;
	tells = !strcmp(argv[1], "records");
	frames = tells ? NULL : open_frames();
	fetch_sets(frames);
	fetch_list(frames, false);
	fetch_list(frames, true);
	if (frames && irl_pcapng_close(frames, &err))
		fail_msg("%s", err.text);
	return 0;
}
