// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include <time.h>
#include "base/os.h"
#include "report.h"

#define BUSY 0.8 /* of a worker's core */

uint64_t report_wall_ns(void)
{
	return irl_os_wall_ns();
}

uint64_t report_sum(const uint64_t *values, unsigned count)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < count; i++)
		total += values[i];
	return total;
}

const char *report_onward(char text[REPORT_ONWARD], uint64_t seed,
			  uint64_t start)
{
	snprintf(text, REPORT_ONWARD,
		 "the same options and --seed=%llu --start=%llu",
		 (unsigned long long)seed, (unsigned long long)start);
	return text;
}

bool report_missed_rate(double asked, uint64_t sent, double seconds,
			double *reached)
{
	*reached = seconds > 0 ? (double)sent / seconds : 0;
	return asked > 0 && seconds >= 1 && *reached < REPORT_NEAR * asked;
}

bool report_is_busy(double cpu_s, double seconds, unsigned workers)
{
	return cpu_s >= BUSY * seconds * workers;
}

void report_lost(const char *command, uint64_t lost, const char *rate,
		 double was, const char *port, const char *remedy)
{
	if (lost)
		cli_complain(command,
			     "%llu frames that came for this %s were lost "
			     "here, their buffer being full: some answers are "
			     "missing; lower the %s (it was %.0f/s)%s, or %s",
			     (unsigned long long)lost, command, rate, was,
			     strcmp(port, "live") ? ", add --workers" : "",
			     remedy);
}

bool report_is_clock(const char *limit)
{
	return limit && !strcmp(limit, "max-runtime");
}

void report_put_time(struct irl_json *j, const char *key, uint64_t ns)
{
	time_t second = (time_t)(ns / 1000000000u);
	char text[40];
	struct tm tm;
	size_t n;

	gmtime_r(&second, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03uZ",
		 (unsigned)(ns / 1000000u % 1000u));
	irl_json_string(j, key, text);
}

static void put_list(struct irl_json *j, const char *key, size_t count,
		     const char *const *items)
{
	irl_json_array(j, key);
	for (size_t i = 0; i < count; i++)
		irl_json_string(j, NULL, items[i]);
	irl_json_end_array(j);
}

static void put_option(struct irl_json *j, const struct cli_option *option,
		       const void *values)
{
	const void *member = (const char *)values + option->offset;
	const struct cli_list *list = member;

	switch (option->type) {
	case CLI_FLAG:
		irl_json_bool(j, option->name, *(const bool *)member);
		break;
	case CLI_STRING:
	case CLI_CONFIG:
		irl_json_string(j, option->name, *(const char *const *)member);
		break;
	case CLI_LIST:
		put_list(j, option->name, list->count, list->item);
		break;
	case CLI_UINT:
		irl_json_uint(j, option->name, *(const uint64_t *)member);
		break;
	default:
		irl_json_real(j, option->name, *(const double *)member);
	}
}

void report_put_causes(struct irl_json *j, const char *key,
		       const uint64_t causes[IRL_TX_STATUSES])
{
	irl_json_object(j, key);
	for (unsigned i = 1; i < IRL_TX_STATUSES; i++)
		irl_json_uint(j, irl_tx_status_name((enum irl_tx_status)i),
			      causes[i]);
	irl_json_end_object(j);
}

void report_put_host(struct irl_json *j)
{
	struct irl_os_host host;

	irl_json_object(j, "host");
	if (irl_os_host(&host)) {
		irl_json_string(j, "name", host.name);
		irl_json_string(j, "system", host.system);
		irl_json_string(j, "kernel", host.kernel);
		irl_json_string(j, "machine", host.machine);
	}
	irl_json_uint(j, "cores", irl_os_cores());
	irl_json_end_object(j);
}

void report_put_address(struct irl_json *j, const char *key, uint32_t addr)
{
	char text[24];

	snprintf(text, sizeof(text), "%u.%u.%u.%u", addr >> 24,
		 addr >> 16 & 255, addr >> 8 & 255, addr & 255);
	irl_json_string(j, key, text);
}

void report_put_options(struct irl_json *j, const struct cli_command *command,
			const void *values, int operand_count, char **operands)
{
	irl_json_object(j, "options");
	put_list(j, "operands", (size_t)operand_count,
		 (const char *const *)operands);
	for (size_t i = 0; i < command->option_count; i++)
		put_option(j, &command->options[i], values);
	irl_json_end_object(j);
}

/* The first of its names that nobody has. */
static int name_kept(char kept[], size_t room, const char *place,
		     struct irl_error *err)
{
	unsigned part = 1;

	do
		if (snprintf(kept, room, "%s.%u", place, part++) >= (int)room)
			return irl_error_set(err, IRL_EINVAL,
					     "--metadata-file: the name is too "
					     "long");
	while (irl_os_exists(kept));
	return 0;
}

/* By a copy, so that there always is a whole one in its place. */
static int write_beside(struct irl_json *j, const char *place,
			struct irl_error *err)
{
	char kept[IRL_OS_PATH];
	int rc = name_kept(kept, sizeof(kept), place, err);

	if (rc)
		return rc;
	if (irl_os_copy(place, kept)) {
		rc = irl_error_errno(err, errno, "cannot keep %s as %s", place,
				     kept);
		irl_os_remove(kept);
		return rc;
	}
	rc = irl_json_write(j, place, err);
	if (rc) /* back, but for a mount point, which may be half written */
		irl_os_rename(kept, place);
	return rc;
}

int report_write(struct irl_json *j, const char *path, bool keep,
		 struct irl_error *err)
{
	char place[IRL_OS_PATH];
	struct irl_os_file file;

	keep = keep && strcmp(path, "-") && irl_os_look(path, &file) &&
	       file.regular && irl_os_follow(path, place);
	return keep ? write_beside(j, place, err)
		    : irl_json_write(j, path, err);
}
