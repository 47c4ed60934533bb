// SPDX-License-Identifier: BSD-2-Clause
/* Progress in one line, and as CSV. */
#include <stdio.h>
#include <time.h>
#include <irl/output.h>

struct text {
	char s[32];
};

/* "4:05", "1:02:03", "2d03h". */
static struct text duration(double seconds)
{
	unsigned long s = seconds > 0 ? (unsigned long)seconds : 0;
	struct text t;

	if (s >= 172800)
		snprintf(t.s, sizeof(t.s), "%lud%02luh", s / 86400,
			 s / 3600 % 24);
	else if (s >= 3600)
		snprintf(t.s, sizeof(t.s), "%lu:%02lu:%02lu", s / 3600,
			 s / 60 % 60, s % 60);
	else
		snprintf(t.s, sizeof(t.s), "%lu:%02lu", s / 60, s % 60);
	return t;
}

/* Three significant digits and a scale, as zmap: "980 K", "1.00 M". */
static struct text scaled(double value)
{
	static const char scales[] = " KMGT";
	unsigned k = 0;
	struct text t;

	while (value >= 999.5 && k < 4) {
		value /= 1000;
		k++;
	}
	snprintf(t.s, sizeof(t.s), "%.*f%s%.*s",
		 k == 0 || value >= 99.95 ? 0
		 : value >= 9.995         ? 1
					  : 2,
		 value, k ? " " : "", k ? 1 : 0, &scales[k]);
	return t;
}

static uint64_t sum(const uint64_t *values, unsigned count)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < count; i++)
		total += values[i];
	return total;
}

/* Frames and answers that were lost on our side. */
static uint64_t drops(const struct irl_scan_counts *c)
{
	return c->lost + sum(c->given_up, IRL_TX_STATUSES);
}

static double hit_rate(const struct irl_scan_counts *c)
{
	return c->accepted ? 100.0 * (double)c->successes / (double)c->accepted
			   : 0;
}

static size_t clamp(int n, size_t room)
{
	if (n < 0 || room == 0)
		return 0;
	return (size_t)n < room ? (size_t)n : room - 1;
}

static struct text left(const struct irl_scan_status *s)
{
	struct text t;

	if (s->cooldown)
		snprintf(t.s, sizeof(t.s), " (cooldown)");
	else if (s->remaining_s >= 0)
		snprintf(t.s, sizeof(t.s), " (%.20s left)",
			 duration(s->remaining_s).s);
	else
		t.s[0] = '\0';
	return t;
}

static struct text pass(const struct irl_scan_status *s)
{
	struct text t = {""};

	if (s->passes > 1)
		snprintf(t.s, sizeof(t.s), " pass %u/%u", s->pass, s->passes);
	return t;
}

size_t irl_status_line(char *line, size_t room, const struct irl_scan_status *s,
		       double answers_pps)
{
	const struct irl_scan_counts *c = &s->counts;
	int n;

	n = snprintf(line, room,
		     "%s %.0f%%%s%s; sent: %s, %sp/s (%sp/s avg); recv: %s, "
		     "%sp/s; drops: %s; hits: %.2f%%",
		     duration(s->elapsed_s).s, s->percent, left(s).s, pass(s).s,
		     scaled((double)c->accepted).s, scaled(s->rate_pps).s,
		     scaled(s->rate_average_pps).s,
		     scaled((double)sum(c->valid, IRL_ANSWER_VERDICTS)).s,
		     scaled(answers_pps).s, scaled((double)drops(c)).s,
		     hit_rate(c));
	return clamp(n, room);
}

size_t irl_status_asking(char *line, size_t room,
			 const struct irl_scan_asking *asking)
{
	return clamp(snprintf(line, room,
			      "%s asking for neighbours: %u of %u known, %u "
			      "still to answer",
			      duration(asking->elapsed_s).s, asking->known,
			      asking->addresses, asking->open),
		     room);
}

size_t irl_status_csv_header(char *line, size_t room)
{
	return clamp(snprintf(line, room,
			      "timestamp,elapsed_s,percent,remaining_s,pass,"
			      "cooldown,sent,sent_pps,sent_average_pps,"
			      "received,received_pps,successes,repeats,invalid,"
			      "drops,hit_rate\n"),
		     room);
}

size_t irl_status_csv(char *line, size_t room, const struct irl_scan_status *s,
		      double answers_pps, uint64_t wall_ns)
{
	const struct irl_scan_counts *c = &s->counts;
	time_t second = (time_t)(wall_ns / 1000000000u);
	struct tm tm;
	char clock[32];
	int n;

	gmtime_r(&second, &tm);
	strftime(clock, sizeof(clock), "%Y-%m-%dT%H:%M:%SZ", &tm);
	n = snprintf(line, room,
		     "%s,%.3f,%.4f,%.0f,%u,%d,%llu,%.0f,%.0f,%llu,%.0f,%llu,"
		     "%llu,%llu,%llu,%.6f\n",
		     clock, s->elapsed_s, s->percent, s->remaining_s, s->pass,
		     s->cooldown, (unsigned long long)c->accepted, s->rate_pps,
		     s->rate_average_pps,
		     (unsigned long long)sum(c->valid, IRL_ANSWER_VERDICTS),
		     answers_pps, (unsigned long long)c->successes,
		     (unsigned long long)c->repeats,
		     (unsigned long long)sum(c->invalid, IRL_ANSWER_VERDICTS),
		     (unsigned long long)drops(c), hit_rate(c) / 100);
	return clamp(n, room);
}
