// SPDX-License-Identifier: BSD-2-Clause
/* irl world up | down | status | run | serve | truth */
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <irl/world.h>
#include "option.h"

struct world_values {
	const char *name;
	uint64_t seed;
	double alive, unreachable, open, closed, loss;
	const char *range;
	uint64_t queues;
	struct cli_list ports;
	const char *format;
	bool all, fetch;
	const char *serve;
	double middlebox, banner, mute, tarpit, deaf, medium, large;
	double burst, duplicate, reorder, rtt_min, rtt_max;
	uint64_t burst_frames, body_max, connections;
};

#define AT(member) offsetof(struct world_values, member)
#define NAME_OPTION                                                            \
	{                                                                      \
		.letter = 'n', .name = "name", .argument = "NAME",             \
		.type = CLI_STRING, .offset = AT(name), .initial = "irl",      \
		.group = "World",                                              \
		.help = "its namespaces are NAME and NAME-world"               \
	}
#define SHARE_OPTION(option, member, value, text, with)                        \
	{                                                                      \
		.name = option, .argument = "SHARE", .type = CLI_REAL,         \
		.offset = AT(member), .initial = value, .help = text,          \
		.max = 1, .only_with = with                                    \
	}
/* What has effect where somebody serves, and where the server in user space
 * does. */
#define SERVED "serve=short|all|user"
#define BY_SERVER "serve=all|user"
#define BY_SERVER_ALONE "serve=user"
#define SERVICE_OPTIONS                                                        \
	{.name = "serve",                                                      \
	 .argument = "WHO",                                                    \
	 .type = CLI_STRING,                                                   \
	 .offset = AT(serve),                                                  \
	 .initial = "short",                                                   \
	 .choices = "none|short|all|user",                                     \
	 .group = "Services",                                                  \
	 .help = "behind open ports: nobody, the kernel alone with answers "   \
		 "of one segment, both servers, the one in user space"},       \
	    SHARE_OPTION("banner", banner, "0.15",                             \
			 "of open targets: speak first, as SSH, SMTP, FTP",    \
			 SERVED),                                              \
	    SHARE_OPTION("mute", mute, "0.05",                                 \
			 "of them: acknowledge data and say nothing", SERVED), \
	    SHARE_OPTION("tarpit", tarpit, "0",                                \
			 "of them: a byte a second, or windows of a byte",     \
			 BY_SERVER),                                           \
	    SHARE_OPTION("middlebox", middlebox, "0",                          \
			 "of /24s: accept every port, then say nothing",       \
			 SERVED),                                              \
	    SHARE_OPTION("deaf", deaf, "0.05",                                 \
			 "of HTTP servers: drop data in the handshake's ACK",  \
			 BY_SERVER),                                           \
	    SHARE_OPTION("medium", medium, "0.1",                              \
			 "of pages: 4 to 64 KiB; others 100 B to 4 KiB",       \
			 BY_SERVER),                                           \
	    SHARE_OPTION("large", large, "0.01",                               \
			 "of pages: 64 KiB to the longest", BY_SERVER),        \
	{                                                                      \
		.name = "body-max", .argument = "BYTES", .type = CLI_UINT,     \
		.offset = AT(body_max), .initial = "1048576",                  \
		.help = "the longest page: from 64 KiB on, with --serve "      \
			"short from 100 bytes",                                \
		.min = 100, .max = 1 << 30, .only_with = SERVED                \
	}
#define WAY_OPTIONS                                                            \
	{.name = "rtt-min",                                                    \
	 .argument = "TIME",                                                   \
	 .type = CLI_TIME,                                                     \
	 .offset = AT(rtt_min),                                                \
	 .group = "Way",                                                       \
	 .help = "shortest round trip",                                        \
	 .only_with = BY_SERVER_ALONE,                                         \
	 .at_most = "rtt-max",                                                 \
	 .max = 60},                                                           \
	    {.name = "rtt-max",                                                \
	     .argument = "TIME",                                               \
	     .type = CLI_TIME,                                                 \
	     .offset = AT(rtt_max),                                            \
	     .help = "longest; most lie in the middle of their logarithms",    \
	     .only_with = BY_SERVER_ALONE,                                     \
	     .max = 60},                                                       \
	    SHARE_OPTION("burst", burst, "0",                                  \
			 "of frames: lost in bursts, each way",                \
			 BY_SERVER_ALONE),                                     \
	    {.name = "burst-frames",                                           \
	     .argument = "N",                                                  \
	     .type = CLI_UINT,                                                 \
	     .offset = AT(burst_frames),                                       \
	     .initial = "4",                                                   \
	     .help = "mean length of a burst",                                 \
	     .only_with = "burst",                                             \
	     .min = 1,                                                         \
	     .max = 1000000},                                                  \
	    SHARE_OPTION("duplicate", duplicate, "0",                          \
			 "of frames: arrive twice", BY_SERVER_ALONE),          \
	    SHARE_OPTION("reorder", reorder, "0", "of frames: arrive late",    \
			 BY_SERVER_ALONE)
#define CONNECTIONS_OPTION                                                     \
	{                                                                      \
		.name = "connections", .argument = "N", .type = CLI_UINT,      \
		.offset = AT(connections), .initial = "131072",                \
		.help = "at once", .min = 1, .max = 33554432                   \
	}
#define MODEL_OPTIONS                                                          \
	{.name = "seed",                                                       \
	 .argument = "N",                                                      \
	 .type = CLI_UINT,                                                     \
	 .offset = AT(seed),                                                   \
	 .initial = "1",                                                       \
	 .group = "Model",                                                     \
	 .help = "which of the many worlds"},                                  \
	    {.name = "range",                                                  \
	     .argument = "PREFIX",                                             \
	     .type = CLI_STRING,                                               \
	     .offset = AT(range),                                              \
	     .initial = "10.0.0.0/8",                                          \
	     .help = "addresses that exist, inside 10.0.0.0/8"},               \
	    SHARE_OPTION("alive", alive, "0.01",                               \
			 "share of addresses that are alive", NULL),           \
	    SHARE_OPTION("unreachable", unreachable, "0.002",                  \
			 "share for which a router answers by ICMP", NULL),    \
	    SHARE_OPTION("open", open, "0.5",                                  \
			 "share of the ports of an alive host: SYN-ACK",       \
			 NULL),                                                \
	    SHARE_OPTION("closed", closed, "0.25",                             \
			 "share of them: RST; the rest is silent", NULL),      \
	    SHARE_OPTION("loss", loss, "0",                                    \
			 "share of probes lost, and again of answers", NULL),  \
	    SERVICE_OPTIONS, WAY_OPTIONS
#define QUEUES_OPTION(heading)                                                 \
	{                                                                      \
		.name = "queues", .argument = "N", .type = CLI_UINT,           \
		.offset = AT(queues), .group = heading,                        \
		.help = "of the veth; 0: one more than there are cores",       \
		.max = 1024                                                    \
	}
#define TRUTH_OPTIONS                                                          \
	{.letter = 'p',                                                        \
	 .name = "ports",                                                      \
	 .argument = "PORTS",                                                  \
	 .type = CLI_LIST,                                                     \
	 .offset = AT(ports),                                                  \
	 .group = "Truth",                                                     \
	 .aliases = "target-ports",                                            \
	 .help = "80,443,8000-8100; given again, they add up; default: 80"},   \
	    {.name = "format",                                                 \
	     .argument = "FORMAT",                                             \
	     .type = CLI_STRING,                                               \
	     .offset = AT(format),                                             \
	     .initial = "csv",                                                 \
	     .choices = "csv|jsonl",                                           \
	     .help = "of the truth"},                                          \
	    {.name = "all",                                                    \
	     .type = CLI_FLAG,                                                 \
	     .offset = AT(all),                                                \
	     .help = "RST and ICMP too, not only SYN-ACK",                     \
	     .only_with = "!fetch"},                                           \
	{                                                                      \
		.name = "fetch", .type = CLI_FLAG, .offset = AT(fetch),        \
		.help = "of SYN-ACKs: what a perfect fetch finds"              \
	}

static int fail(const char *verb, const struct irl_error *err)
{
	char command[32];

	snprintf(command, sizeof(command), "world %s", verb);
	cli_complain(command, "%s", err->text);
	return err->code == IRL_EINVAL || err->code == IRL_EPARSE ? CLI_USAGE
								  : CLI_FAILED;
}

static int refuse_operands(const char *verb, int argc, char **argv)
{
	if (argc == 0)
		return 0;
	cli_complain(verb, "'%s' is one word too many", argv[0]);
	return CLI_USAGE;
}

static uint32_t microseconds(double seconds)
{
	return (uint32_t)(seconds * 1e6 + 0.5);
}

static void read_services(struct irl_world_services *s,
			  const struct world_values *v)
{
	*s = (struct irl_world_services){
	    .middlebox = irl_world_share(v->middlebox),
	    .banner = irl_world_share(v->banner),
	    .mute = irl_world_share(v->mute),
	    .tarpit = irl_world_share(v->tarpit),
	    .deaf = irl_world_share(v->deaf),
	    .medium = irl_world_share(v->medium),
	    .large = irl_world_share(v->large),
	    .burst = irl_world_share(v->burst),
	    .duplicate = irl_world_share(v->duplicate),
	    .reorder = irl_world_share(v->reorder),
	    .burst_frames = (uint32_t)v->burst_frames,
	    .body_max = (uint32_t)v->body_max,
	    .rtt_min_us = microseconds(v->rtt_min),
	    .rtt_max_us = microseconds(v->rtt_max),
	};
	while (strcmp(irl_world_serve_name(s->serve), v->serve) != 0 &&
	       s->serve < IRL_WORLD_SERVES)
		s->serve++;
}

static int read_options(struct irl_world_options *out,
			const struct world_values *v, struct irl_error *err)
{
	int r;

	*out = (struct irl_world_options){.queues = (unsigned)v->queues};
	irl_world_model_init(&out->model);
	out->model.seed = v->seed;
	out->model.alive = irl_world_share(v->alive);
	out->model.unreachable = irl_world_share(v->unreachable);
	out->model.open = irl_world_share(v->open);
	out->model.closed = irl_world_share(v->closed);
	out->model.loss = irl_world_share(v->loss);
	read_services(&out->model.services, v);
	r = irl_world_model_range(&out->model, v->range, err);
	return r < 0 ? r : irl_world_model_check(&out->model, err);
}

/* ---- up, down, status
 * --------------------------------------------------------- */

static int up(void *values, int argc, char **argv)
{
	struct world_values *v = values;
	struct irl_world_options options;
	struct irl_error err;
	int r = refuse_operands("world up", argc, argv);

	if (r)
		return r;
	r = read_options(&options, v, &err);
	if (r == 0)
		r = irl_world_up(v->name, &options, &err);
	if (r < 0)
		return fail("up", &err);
	fprintf(stderr,
		"world '%s' is up: 'ip netns exec %s irl scan -p 80 "
		"--allow-special=10.0.0.0/8 10.0.0.0/8' scans it, "
		"'irl world down -n %s' removes it\n",
		v->name, v->name, v->name);
	return CLI_DONE;
}

static int down(void *values, int argc, char **argv)
{
	struct world_values *v = values;
	struct irl_error err;
	int r = refuse_operands("world down", argc, argv);

	if (r)
		return r;
	return irl_world_down(v->name, &err) < 0 ? fail("down", &err)
						 : CLI_DONE;
}

static double share_of(uint64_t parts)
{
	return (double)parts / (double)IRL_WORLD_ONE;
}

static void print_model(const struct irl_world_model *m)
{
	uint32_t a = m->range_addr;

	printf("{\"seed\": %" PRIu64 ", \"range\": \"%u.%u.%u.%u/%d\", "
	       "\"alive\": %.7g, \"unreachable\": %.7g, \"open\": %.7g, "
	       "\"closed\": %.7g, \"loss\": %.7g, \"serve\": \"%s\"",
	       m->seed, a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255,
	       __builtin_popcount(m->range_mask), share_of(m->alive),
	       share_of(m->unreachable), share_of(m->open), share_of(m->closed),
	       share_of(m->loss), irl_world_serve_name(m->services.serve));
}

static int status(void *values, int argc, char **argv)
{
	struct world_values *v = values;
	uint64_t counts[IRL_WORLD_COUNTS], received = 0;
	struct irl_world_model model;
	struct irl_error err;
	int r = refuse_operands("world status", argc, argv);

	if (r)
		return r;
	if (irl_world_status(v->name, &model, counts, &err) < 0)
		return fail("status", &err);
	print_model(&model);
	for (int i = 0; i < IRL_WORLD_COUNTS; i++) {
		received += counts[i];
		printf(", \"%s\": %" PRIu64,
		       irl_world_count_name((enum irl_world_count)i),
		       counts[i]);
	}
	printf(", \"received\": %" PRIu64 "}\n", received);
	return CLI_DONE;
}

/* ---- run
 * ------------------------------------------------------------------------- */

/* Where this program is, so that "irl" inside is the same. */
static const char *own_folder(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash || slash == path)
		return NULL;
	*slash = '\0';
	return path;
}

static int run(void *values, int argc, char **argv)
{
	struct irl_world_options options;
	char folder[PATH_MAX];
	struct irl_error err;
	int r;

	if (argc == 0) {
		cli_complain("world run", "no command; 'irl world run -- irl "
					  "scan -p 80 10.0.0.0/8'");
		return CLI_USAGE;
	}
	r = read_options(&options, values, &err);
	if (r == 0)
		r = irl_world_run(&options, own_folder(folder), argv, &err);
	if (r < 0)
		return fail("run", &err);
	if (err.code)
		cli_complain("world run", "%s", err.text);
	return r;
}

/* ---- serve
 * ------------------------------------------------------------------------- */

/* Set by the handlers of signals; there is no other way to tell them. */
static volatile int stop;

static void end(int number)
{
	(void)number;
	stop = 1;
}

static void say_ready(void *context)
{
	fprintf(stderr, "serving world '%s'; end it by SIGINT or SIGTERM\n",
		(const char *)context);
}

static int serve(void *values, int argc, char **argv)
{
	struct world_values *v = values;
	uint64_t counts[IRL_WORLD_S_COUNTS] = {0};
	struct sigaction action = {.sa_handler = end};
	char name[IRL_WORLD_NAME_MAX + 1];
	struct irl_world_serving serving = {.connections =
						(unsigned)v->connections,
					    .stop = &stop,
					    .ready = say_ready,
					    .context = name};
	struct irl_error err;
	int r = refuse_operands("world serve", argc, argv);

	if (r)
		return r;
	snprintf(name, sizeof(name), "%s", v->name);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (irl_world_serve(v->name, &serving, counts, &err) < 0)
		return fail("serve", &err);
	for (int i = 0; i < IRL_WORLD_S_COUNTS; i++)
		printf(
		    "%s\"%s\": %" PRIu64, i ? ", " : "{",
		    irl_world_server_count_name((enum irl_world_server_count)i),
		    counts[i]);
	puts("}");
	return CLI_DONE;
}

/* ---- truth
 * ------------------------------------------------------------------------- */

static int print_csv(void *context, struct irl_target t,
		     const struct irl_world_answer *answer)
{
	return fprintf(context, "%u.%u.%u.%u,%u,%s\n", t.addr >> 24,
		       t.addr >> 16 & 255, t.addr >> 8 & 255, t.addr & 255,
		       t.port, irl_world_kind_name(answer->kind));
}

static int print_jsonl(void *context, struct irl_target t,
		       const struct irl_world_answer *answer)
{
	return fprintf(context,
		       "{\"saddr\":\"%u.%u.%u.%u\",\"sport\":%u,"
		       "\"classification\":\"%s\",\"ttl\":%u,\"window\":%u}\n",
		       t.addr >> 24, t.addr >> 16 & 255, t.addr >> 8 & 255,
		       t.addr & 255, t.port, irl_world_kind_name(answer->kind),
		       answer->ttl, answer->window);
}

/* What stands for a fetch: the model, and where to print. */
struct fetches {
	const struct irl_world_model *model;
	bool csv;
};

#define FETCH_HEADER                                                           \
	"saddr,sport,classification,service,acknowledged,spoke,status,"        \
	"framing,closes,deaf,tarpit,middlebox,body_length,body_fnv1a64"

static int print_fetch(void *context, struct irl_target t,
		       const struct irl_world_answer *answer)
{
	const struct fetches *to = context;
	struct irl_world_fetch f = irl_world_fetch(to->model, t.addr, t.port);
	const struct irl_world_service *s = &f.service;
	const char *framing =
	    s->kind == IRL_WORLD_HTTP ? irl_world_framing_name(s->framing) : "";
	const char *form =
	    to->csv ? "%u.%u.%u.%u,%u,%s,%s,%d,%d,%u,%s,%d,%d,%d,%d,%u,"
		      "%016" PRIx64 "\n"
		    : "{\"saddr\":\"%u.%u.%u.%u\",\"sport\":%u,"
		      "\"classification\":\"%s\",\"service\":\"%s\","
		      "\"acknowledged\":%d,\"spoke\":%d,\"status\":%u,"
		      "\"framing\":\"%s\",\"closes\":%d,\"deaf\":%d,"
		      "\"tarpit\":%d,\"middlebox\":%d,\"body_length\":%u,"
		      "\"body_fnv1a64\":\"%016" PRIx64 "\"}\n";

	return printf(form, t.addr >> 24, t.addr >> 16 & 255, t.addr >> 8 & 255,
		      t.addr & 255, t.port, irl_world_kind_name(answer->kind),
		      irl_world_service_name(s->kind), f.acknowledged, f.spoke,
		      s->status, framing, s->closes, s->deaf, s->tarpit,
		      s->middlebox, f.spoke ? s->body : 0, f.hash);
}

static int select_ports(struct irl_targets *targets,
			const struct cli_list *list, struct irl_error *err)
{
	int r = list->count ? 0 : irl_targets_ports(targets, "80", err);

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = irl_targets_ports(targets, list->item[i], err);
	return r;
}

static int select_targets(struct irl_targets **out,
			  const struct world_values *v, int argc, char **argv,
			  struct irl_error *err)
{
	int r = irl_targets_new(out, err);

	if (r == 0)
		r = irl_targets_allow_special(*out, "10.0.0.0/8", err);
	if (r == 0)
		r = select_ports(*out, &v->ports, err);
	if (r == 0 && argc == 0)
		r = irl_targets_allow(*out, v->range, err);
	for (int i = 0; r == 0 && i < argc; i++)
		r = irl_targets_allow(*out, argv[i], err);
	return r < 0 ? r : irl_targets_seal(*out, err);
}

static int truth(void *values, int argc, char **argv)
{
	struct world_values *v = values;
	struct irl_world_options options;
	struct irl_targets *targets = NULL;
	bool csv = strcmp(v->format, "csv") == 0;
	struct fetches fetches;
	struct irl_error err;
	int r = read_options(&options, v, &err);

	if (r == 0)
		r = select_targets(&targets, v, argc, argv, &err);
	if (r < 0) {
		irl_targets_free(targets);
		return fail("truth", &err);
	}
	if (csv)
		puts(v->fetch ? FETCH_HEADER : "saddr,sport,classification");
	fetches = (struct fetches){&options.model, csv};
	if (v->fetch)
		r = irl_world_truth(&options.model, targets, false, print_fetch,
				    &fetches);
	else
		r = irl_world_truth(&options.model, targets, v->all,
				    csv ? print_csv : print_jsonl, stdout);
	irl_targets_free(targets);
	if (r < 0 || fflush(stdout) != 0) {
		cli_complain("world truth", "cannot write to standard output");
		return CLI_FAILED;
	}
	return CLI_DONE;
}

/* ---- the verbs
 * ------------------------------------------------------------------------ */

static const struct cli_option up_options[] = {NAME_OPTION, QUEUES_OPTION(NULL),
					       MODEL_OPTIONS};
static const struct cli_option name_options[] = {NAME_OPTION};
static const struct cli_option run_options[] = {QUEUES_OPTION("World"),
						MODEL_OPTIONS};
static const struct cli_option serve_options[] = {NAME_OPTION,
						  CONNECTIONS_OPTION};
static const struct cli_option truth_options[] = {TRUTH_OPTIONS, MODEL_OPTIONS};
static const struct cli_option all_options[] = {
    NAME_OPTION, QUEUES_OPTION(NULL), CONNECTIONS_OPTION, MODEL_OPTIONS,
    TRUTH_OPTIONS};

#define OPTIONS(table)                                                         \
	.options = table, .option_count = CLI_COUNT_OF(table),                 \
	.values_size = sizeof(struct world_values)

static const struct cli_command verbs[] = {
    {.name = "world up",
     .summary = "make a world that stays until 'irl world down'",
     .operands = "",
     .examples =
	 "irl world up -n lab\n"
	 "  make one that stays, for several commands\n"
	 "ip netns exec lab irl scan -p 80 --allow-special all 10.0.0.0/8\n"
	 "  scan it\n"
	 "irl world down -n lab\n"
	 "  remove it\n",
     OPTIONS(up_options),
     .run = up},
    {.name = "world down",
     .summary = "remove a world; what runs inside loses its network",
     .operands = "",
     OPTIONS(name_options),
     .run = down},
    {.name = "world status",
     .summary = "print model and counters of a world as JSON",
     .operands = "",
     OPTIONS(name_options),
     .run = status},
    {.name = "world run",
     .summary = "run a command inside a world of its own",
     .operands = "[--] COMMAND [ARGUMENT...]",
     .examples =
	 "irl world run -- irl scan -p 80,443 -o found.csv\n"
	 "  scan it; inside, its own range need not be named\n"
	 "irl world run --serve all -- irl fetch --scan -o p.jsonl "
	 "10.1.0.0/16\n"
	 "  fetch from it; what should be found, irl world truth --fetch "
	 "tells\n"
	 "irl world run --serve user --rtt-max 300ms --loss 0.02 -- irl fetch "
	 "10.1.0.39\n"
	 "  the same a long way off, where frames are lost\n"
	 "irl world run --serve all -- sh -c 'irl doctor; curl -s 10.1.0.39'\n"
	 "  several commands, the host's own among them\n",
     OPTIONS(run_options),
     .run = run,
     .raw_operands = true},
    {.name = "world serve",
     .summary = "serve a named world from user space until a signal",
     .operands = "",
     OPTIONS(serve_options),
     .run = serve},
    {.name = "world truth",
     .summary = "print what a perfect scan or fetch would find",
     .operands = "[TARGET...]",
     .examples =
	 "irl world truth -p 80,443 10.1.0.0/16 >truth.csv\n"
	 "  what a scan must find\n"
	 "irl world truth --all --seed 7 --range 10.2.0.0/16\n"
	 "  of another world, who refuses by RST and ICMP, too\n"
	 "irl world truth --fetch --serve all --format jsonl 10.1.0.0/16\n"
	 "  what a fetch must find; options of the world as for run\n",
     OPTIONS(truth_options),
     .run = truth},
};

/* Options stand behind the verb; those before it would be lost. */
static bool given_early(const void *values)
{
	struct cli_parsed none;
	char name[] = "world", *argv[] = {name, NULL};
	bool early;

	early = cli_parse(&none, &cmd_world, 1, argv, NULL) == 0 &&
		memcmp(none.values, values, sizeof(struct world_values)) != 0;
	cli_parsed_fini(&none, &cmd_world);
	return early;
}

static int world(void *values, int argc, char **argv)
{
	if (argc == 0) {
		cli_complain("world", "say what: up, down, status, run, "
				      "serve or truth; 'irl world --help'");
		return CLI_USAGE;
	}
	if (given_early(values)) {
		cli_complain("world", "options go behind '%s'", argv[0]);
		return CLI_USAGE;
	}
	for (size_t i = 0; i < CLI_COUNT_OF(verbs); i++)
		if (strcmp(argv[0], strchr(verbs[i].name, ' ') + 1) == 0)
			return cli_run(&verbs[i], argc, argv);
	cli_complain("world",
		     "'%s' is not known: up, down, status, run, serve "
		     "or truth",
		     argv[0]);
	return CLI_USAGE;
}

const struct cli_command cmd_world = {
    .name = "world",
    .summary = "a simulated Internet with known truth, in this machine",
    .operands = "up|down|status|run|serve|truth [OPTION...] [-- COMMAND...]",
    .text =
	"A world is a pair of network namespaces without any uplink. One is "
	"the scanner's, with 10.0.0.1 on irl0; in the other an XDP program "
	"answers for 10.0.0.0/8 at line rate, by a pure function of seed, "
	"address and port. So what a perfect scan would find is known.\n\n"
	"up makes a named world that stays, down removes it, status prints its "
	"model and counters, run makes a private one for the length of a "
	"command, truth prints what answers (without loss).\n\n"
	"Behind the open ports run HTTP servers, banners and worse. --serve "
	"says who speaks: short, the XDP program without state, each answer "
	"in one segment; all, the program what it can and a server in user "
	"space the rest; user, that server alone, over a way with delay, loss, "
	"bursts, copies and wrong order. run starts the server itself, serve "
	"does so for a named world. truth --fetch prints what each target "
	"must give: whether it acknowledges data and speaks, status, length "
	"and hash (FNV-1a, 64 bits) of the body. docs/world.md has it all.\n\n"
	"10.0.0.0/24 belongs to the kernel of the world's side: services can "
	"be run there, in the namespace NAME-world.",
    .examples = "irl world run -- irl scan -p 80 10.0.0.0/8\n"
		"  scan a private world\n"
		"irl world truth -p 80 10.1.0.0/16\n"
		"  print what that must find in 10.1.0.0/16\n"
		"irl world truth --fetch --serve all -p 80 10.1.0.0/16\n"
		"  print what must be fetched there\n"
		"irl world run --serve all -- curl -s 10.1.0.39\n"
		"  fetch from a private world by the host's own TCP\n",
    OPTIONS(all_options),
    .run = world,
    .raw_operands = true,
};
