// SPDX-License-Identifier: BSD-2-Clause
/*
 * answer print FILE: what the parser makes of a file as the answer to a GET.
 * answer split FOLDER: for every file of it, each cut into two pieces, single
 * bytes, and 38 cuts at random give the same record as the whole, under wide
 * limits and narrow ones.
 */
#include <dirent.h>
#include "proto_feed.h"

static void *load(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *bytes = malloc(1u << 20);

	if (!file || !bytes) {
		perror(path);
		exit(2);
	}
	*size = fread(bytes, 1, 1u << 20, file);
	fclose(file);
	return bytes;
}

static struct irl_proto_config *configure(const struct irl_proto_options *o)
{
	struct irl_proto_config *config;
	struct irl_error err;

	if (irl_proto_config_open(&config, irl_proto_find("http"), o, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(2);
	}
	return config;
}

static int print(const char *path)
{
	struct irl_proto_config *config =
	    configure(&(struct irl_proto_options){.sha256 = true});
	struct feed f = {.proto = irl_proto_find("http"),
			 .config = config,
			 .how = IRL_PROTO_END_FIN};
	void *bytes = load(path, &f.size);
	char *text;

	f.bytes = bytes;
	text = feed(&f, NULL);
	puts(text);
	free(text);
	free(bytes);
	irl_proto_config_close(config);
	return 0;
}

/* The stream in two pieces, cut at @at. */
static char *feed_two(const struct feed *f, size_t at)
{
	void *state = malloc(f->proto->state_bytes);
	struct irl_json json = {.compact = true};
	struct irl_proto_verdict v;
	enum irl_proto_next next;

	if (!state)
		abort();
	f->proto->start(state, f->config, f->budget, 0);
	f->proto->input(state, f->bytes, at, 0);
	next = f->proto->input(state, (const char *)f->bytes + at, f->size - at,
			       0);
	v = f->proto->end(state,
			  next == IRL_PROTO_MORE ? f->how : IRL_PROTO_END_DONE);
	irl_json_object(&json, NULL);
	irl_proto_record(&json, f->proto, state, &feed_target, &v, 0);
	irl_json_uint(&json, "speech", v.speech);
	irl_json_bool(&json, "redirect", v.redirect);
	irl_json_end_object(&json);
	f->proto->fini(state);
	free(state);
	return json.text;
}

static unsigned differs(const char *path, const char *whole, char *text)
{
	unsigned differ = strcmp(whole, text) != 0;

	if (differ)
		fprintf(stderr, "%s:\n%.2000s\n%.2000s\n", path, whole, text);
	free(text);
	return differ;
}

static unsigned split_file(const char *path,
			   const struct irl_proto_options *options)
{
	struct irl_proto_config *config = configure(options);
	struct feed f = {.proto = irl_proto_find("http"),
			 .config = config,
			 .how = IRL_PROTO_END_FIN};
	void *bytes = load(path, &f.size);
	size_t step = 1 + f.size / 300;
	unsigned bad = 0;
	char *whole;

	f.bytes = bytes;
	whole = feed(&f, NULL);
	for (size_t at = 0; at <= f.size && !bad; at += step)
		bad = differs(path, whole, feed_two(&f, at));
	for (f.cut = FEED_BYTES; f.cut < 40 && !bad; f.cut++)
		bad = differs(path, whole, feed(&f, NULL));
	free(whole);
	free(bytes);
	irl_proto_config_close(config);
	return bad;
}

static int split(const char *folder)
{
	const struct irl_proto_options options[] = {
	    {.sha256 = true},
	    {.head_max_bytes = 64,
	     .header_max = 1,
	     .keep_max_bytes = 4,
	     .body_max_bytes = 10,
	     .decode_max_bytes = 100,
	     .other_max_bytes = 9,
	     .sha256 = true},
	    {.method = "HEAD", .keep_max_bytes = 100, .decode_max_ratio = 20},
	    {.keep_max_bytes = 100, .decode_max_ratio = 20},
	};
	DIR *dir = opendir(folder);
	unsigned files = 0, bad = 0;

	for (struct dirent *e; dir && (e = readdir(dir));) {
		char path[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		for (unsigned i = 0; i < 4; i++)
			bad += split_file(path, &options[i]);
		files++;
	}
	if (dir)
		closedir(dir);
	printf("%u responses, %u of them depend on the cut\n", files, bad);
	return bad || files < 40;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "print"))
		return print(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "split"))
		return split(argv[2]);
	return 2;
}
