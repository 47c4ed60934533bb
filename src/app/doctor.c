// SPDX-License-Identifier: BSD-2-Clause
/* irl doctor [INTERFACE] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <irl/doctor.h>
#include <irl/json.h>
#include "base/os.h"
#include "option.h"

#define INTERFACES 64u

struct doctor_values {
	bool json;
	const char *target;
};

static const struct cli_option options[] = {
    {.name = "json",
     .type = CLI_FLAG,
     .offset = offsetof(struct doctor_values, json),
     .group = "Report",
     .help = "as one JSON document"},
    {.name = "target",
     .argument = "ADDRESS",
     .type = CLI_STRING,
     .offset = offsetof(struct doctor_values, target),
     .help = "whose route is looked at; default: the widest"},
};

/* ---- text -------------------------------------------------------------- */

struct paint {
	const char *level[3]; /* by enum irl_doctor_level */
	const char *bold, *dim, *off;
};

static const struct paint plain = {{"", "", ""}, "", "", ""};
static const struct paint colours = {
    {"\033[32m", "\033[33m", "\033[31m"}, "\033[1m", "\033[2m", "\033[0m"};

static const struct paint *choose_paint(void)
{
	const char *no = getenv("NO_COLOR");

	return irl_os_shows_colours(1) && !(no && *no) ? &colours : &plain;
}

static int widest_name(const struct irl_doctor_report *report)
{
	size_t most = 0;

	for (unsigned i = 0; i < report->fact_count; i++) {
		size_t n = strlen(report->fact[i].name);

		most = n > most ? n : most;
	}
	return (int)most;
}

static void print_report(const struct irl_doctor_report *report,
			 const struct paint *paint)
{
	int width = widest_name(report);

	printf("%s%s%s\n", paint->bold, report->link.name, paint->off);
	for (unsigned i = 0; i < report->fact_count; i++) {
		const struct irl_doctor_fact *f = &report->fact[i];

		printf("  %s%-4s%s  %-*s  %s\n", paint->level[f->level],
		       irl_doctor_level_name(f->level), paint->off, width,
		       f->name, f->text);
		if (f->mend[0])
			printf("        %-*s  %s-> %s%s\n", width, "",
			       paint->dim, f->mend, paint->off);
	}
	printf("%sport: %s%s\n",
	       paint->level[report->works ? IRL_DOCTOR_OK : IRL_DOCTOR_BAD],
	       report->verdict, paint->off);
}

/* ---- JSON -------------------------------------------------------------- */

static void put_report(struct irl_json *json,
		       const struct irl_doctor_report *report)
{
	irl_json_object(json, NULL);
	irl_json_string(json, "interface", report->link.name);
	irl_json_uint(json, "ifindex", report->link.ifindex);
	irl_json_bool(json, "works", report->works);
	irl_json_string(json, "port", report->port[0] ? report->port : NULL);
	irl_json_string(json, "verdict", report->verdict);
	irl_json_array(json, "facts");
	for (unsigned i = 0; i < report->fact_count; i++) {
		const struct irl_doctor_fact *f = &report->fact[i];

		irl_json_object(json, NULL);
		irl_json_string(json, "name", f->name);
		irl_json_string(json, "level", irl_doctor_level_name(f->level));
		irl_json_string(json, "text", f->text);
		irl_json_string(json, "mend", f->mend[0] ? f->mend : NULL);
		irl_json_end_object(json);
	}
	irl_json_end_array(json);
	irl_json_end_object(json);
}

/* ---- the command ------------------------------------------------------- */

/* Examine them one after the other; 1: a scan would work on one at least. */
static int examine(const struct irl_interface list[], unsigned count,
		   uint32_t target, struct irl_json *json,
		   struct irl_error *err)
{
	int works = 0;

	for (unsigned i = 0; i < count; i++) {
		struct irl_doctor_report report;
		int result = irl_doctor_run(list[i].name, target, &report, err);

		if (result < 0)
			return result;
		works |= report.works;
		if (json) {
			put_report(json, &report);
			continue;
		}
		if (i)
			printf("\n");
		print_report(&report, choose_paint());
		fflush(stdout);
	}
	return works;
}

static int report_all(const struct irl_interface list[], unsigned count,
		      uint32_t target, bool as_json, struct irl_error *err)
{
	struct irl_json json = {0};
	int works, result = 0;

	if (!as_json)
		return examine(list, count, target, NULL, err);
	irl_json_array(&json, NULL);
	works = examine(list, count, target, &json, err);
	irl_json_end_array(&json);
	if (works >= 0)
		result = irl_json_write(&json, "-", err);
	irl_json_fini(&json);
	return result < 0 ? result : works;
}

static int choose(const struct doctor_values *values, int argc, char **argv,
		  uint32_t *target, struct irl_interface list[],
		  struct irl_error *err)
{
	struct irl_ip addr = irl_ip4(0);

	if (argc > 1)
		return irl_error_set(err, IRL_EINVAL,
				     "'%s' is one word too many; name one "
				     "interface or none",
				     argv[1]);
	if (values->target &&
	    (!irl_ip_read(values->target, &addr) || !irl_ip_is4(&addr)))
		return irl_error_set(err, IRL_EINVAL,
				     "--target %s: give an IPv4 address, "
				     "10.1.2.3",
				     values->target);
	*target = irl_ip_addr4(&addr);
	if (argc == 0)
		return irl_doctor_choose(*target, list, INTERFACES, err);
	return irl_interface_get(argv[0], &list[0], err) < 0 ? -err->code : 1;
}

static int run(void *context, int argc, char **argv)
{
	const struct doctor_values *values = context;
	struct irl_interface list[INTERFACES];
	struct irl_error err = {0};
	uint32_t target = 0;
	int n = choose(values, argc, argv, &target, list, &err);

	if (n == 0)
		n = irl_error_set(&err, IRL_ENODEV,
				  "no interface here besides loopback");
	if (n > 0)
		n = report_all(list,
			       n < (int)INTERFACES ? (unsigned)n : INTERFACES,
			       target, values->json, &err);
	if (n >= 0)
		return n ? CLI_DONE : CLI_FAILED;
	cli_complain("doctor", "%s", err.text);
	return n == -IRL_EINVAL ? CLI_USAGE : CLI_FAILED;
}

const struct cli_command cmd_doctor = {
    .name = "doctor",
    .summary = "tell what an interface can do, and what to change",
    .operands = "[INTERFACE]",
    .text =
	"Looks at an interface, its driver and queues, the kernel (on Windows "
	"also our two drivers), the route, the gateway and the privileges of "
	"this process, tells which port a "
	"scan would use and why, and what to change.  Without INTERFACE: that "
	"of the default route, or else all but loopback.\n\n"
	"Nothing that lasts is changed.  The kernel may confirm its gateway by "
	"ARP, and the port that would be used is opened and closed again; "
	"drivers that reset themselves for XDP may lose the link for a moment."
	"\n\n"
	"tcpdump on the interface does not see what a live port sends and "
	"receives there; irl-scan(1) says what does.\n\n"
	"Exit status: 0 a scan would work (with several interfaces: on one of "
	"them at least), 1 it would not, 2 usage.",
    .examples = "irl doctor\n  the interface of the default route\n"
		"irl world run -- irl doctor\n  the simulated Internet\n"
		"irl doctor --json eth0 | jq '.[0].port'\n  for a program",
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .values_size = sizeof(struct doctor_values),
    .run = run,
};
