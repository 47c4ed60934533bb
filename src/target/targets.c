// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include <irl/target.h>
#include "target/rank.h"
#include "target/ranges.h"
#include "target/user.h"

#define PORTS 65536u

struct irl_targets {
	struct irl_ranges allow, block, special_allowed;
	bool allow_given, special_all, sealed;
	uint8_t port_wanted[PORTS / 8];
	/* After the seal: */
	struct irl_ranges set;
	struct irl_rank rank;
	struct irl_core_tables tables;
	uint64_t addresses;
	uint16_t *port;      /* ascending */
	uint16_t *port_rank; /* by port, valid where wanted */
	uint32_t port_count;
};

int irl_targets_new(struct irl_targets **out, struct irl_error *err)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return irl_error_set(err, IRL_ENOMEM,
				     "out of memory for targets");
	return 0;
}

void irl_targets_free(struct irl_targets *targets)
{
	if (!targets)
		return;
	irl_ranges_fini(&targets->allow);
	irl_ranges_fini(&targets->block);
	irl_ranges_fini(&targets->special_allowed);
	irl_ranges_fini(&targets->set);
	irl_rank_fini(&targets->rank);
	free(targets->port);
	free(targets->port_rank);
	free(targets);
}

/* ---- building --------------------------------------------------------- */

static int check_open(const struct irl_targets *targets, struct irl_error *err)
{
	if (targets->sealed)
		return irl_error_set(err, IRL_EINVAL,
				     "the targets are sealed already");
	return 0;
}

int irl_targets_allow(struct irl_targets *targets, const char *text,
		      struct irl_error *err)
{
	int rc = check_open(targets, err);

	if (!rc)
		rc = irl_ranges_parse(&targets->allow, text, "targets", err);
	if (!rc)
		targets->allow_given = true;
	return rc;
}

int irl_targets_allow_file(struct irl_targets *targets, const char *path,
			   struct irl_error *err)
{
	int rc = check_open(targets, err);

	if (!rc)
		rc = irl_ranges_parse_file(&targets->allow, path, err);
	if (!rc)
		targets->allow_given = true;
	return rc;
}

int irl_targets_block(struct irl_targets *targets, const char *text,
		      struct irl_error *err)
{
	int rc = check_open(targets, err);

	return rc ? rc
		  : irl_ranges_parse(&targets->block, text, "block list", err);
}

int irl_targets_block_file(struct irl_targets *targets, const char *path,
			   struct irl_error *err)
{
	int rc = check_open(targets, err);

	return rc ? rc : irl_ranges_parse_file(&targets->block, path, err);
}

int irl_targets_allow_special(struct irl_targets *targets, const char *text,
			      struct irl_error *err)
{
	int rc = check_open(targets, err);

	if (rc)
		return rc;
	if (strcmp(text, "all") == 0) {
		targets->special_all = true;
		return 0;
	}
	return irl_ranges_parse(&targets->special_allowed, text,
				"special addresses allowed", err);
}

/* 1 to 65,535, or NULL: nothing listens on port 0. */
static const char *parse_port(const char *s, uint32_t *port)
{
	const char *start = s;
	uint32_t v = 0;

	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (uint32_t)(*s - '0');
		if (v >= PORTS)
			return NULL;
	}
	*port = v;
	return s == start || !v ? NULL : s;
}

static const char *parse_port_item(const char *s, uint8_t *wanted)
{
	uint32_t first = 0, last;

	s = parse_port(s, &first);
	last = first;
	if (s && *s == '-')
		s = parse_port(s + 1, &last);
	if (!s || last < first || (*s && *s != ','))
		return NULL;
	for (uint32_t p = first; p <= last; p++)
		wanted[p / 8] |= (uint8_t)(1u << (p % 8));
	return s;
}

int irl_targets_ports(struct irl_targets *targets, const char *text,
		      struct irl_error *err)
{
	uint8_t wanted[sizeof(targets->port_wanted)];
	char shown[IRL_SHOWN_MAX + 4];
	const char *s = text;
	int rc = check_open(targets, err);

	if (rc)
		return rc;
	memcpy(wanted, targets->port_wanted, sizeof(wanted));
	for (;;) {
		const char *end = parse_port_item(s, wanted);

		if (!end) {
			irl_item_show(shown, s, strcspn(s, ","));
			return irl_error_set(err, IRL_EPARSE,
					     "ports (-p): \"%s\" is no port of "
					     "TCP (1-65535) or range of ports",
					     shown);
		}
		if (!*end)
			break;
		s = end + 1;
	}
	memcpy(targets->port_wanted, wanted, sizeof(wanted));
	return 0;
}

/* ---- seal ------------------------------------------------------------- */

static bool is_wanted(const struct irl_targets *targets, uint32_t port)
{
	return targets->port_wanted[port / 8] >> (port % 8) & 1;
}

static int seal_ports(struct irl_targets *targets, struct irl_error *err)
{
	uint32_t n = 0;

	for (uint32_t p = 0; p < PORTS; p++)
		n += is_wanted(targets, p);
	if (n == 0)
		return irl_error_set(err, IRL_EINVAL,
				     "no ports given: name at least one");
	targets->port = calloc(n, sizeof(*targets->port));
	targets->port_rank = calloc(PORTS, sizeof(*targets->port_rank));
	if (!targets->port || !targets->port_rank)
		return irl_error_set(err, IRL_ENOMEM,
				     "out of memory for %u ports", n);
	targets->port_count = n;
	n = 0;
	for (uint32_t p = 0; p < PORTS; p++) {
		if (!is_wanted(targets, p))
			continue;
		targets->port_rank[p] = (uint16_t)n;
		targets->port[n++] = (uint16_t)p;
	}
	return 0;
}

/* The special ranges that stay excluded. */
static bool special_excluded(struct irl_targets *targets,
			     struct irl_ranges *out)
{
	struct irl_ranges all = {0};
	const struct irl_special *table;
	size_t count;
	bool ok = true;

	if (targets->special_all)
		return true;
	table = irl_special_table(&count);
	for (size_t i = 0; i < count && ok; i++)
		ok = irl_ranges_add(&all, table[i].range);
	irl_ranges_normalise(&all);
	irl_ranges_normalise(&targets->special_allowed);
	ok = ok && irl_ranges_subtract(out, &all, &targets->special_allowed);
	irl_ranges_fini(&all);
	return ok;
}

/* Nothing is left of what was allowed: say which list took it. */
static int explain_empty(const struct irl_targets *targets,
			 const struct irl_ranges *unblocked,
			 struct irl_error *err)
{
	const struct irl_special *special;

	if (targets->allow.count == 0)
		return irl_error_set(err, IRL_EEMPTY,
				     "no targets: the lists of targets are "
				     "empty");
	if (unblocked->count == 0)
		return irl_error_set(
		    err, IRL_EEMPTY,
		    "no targets left: the block list holds all %llu addresses "
		    "that were allowed",
		    (unsigned long long)irl_ranges_addresses(&targets->allow));
	special = irl_special_find(unblocked->range[0].first);
	return irl_error_set(
	    err, IRL_EEMPTY,
	    "no targets left: all are special-purpose addresses (%s, %s, %s); "
	    "if they are meant, allow them by --allow-special",
	    special->prefix, special->name, special->source);
}

static int seal_set(struct irl_targets *targets, struct irl_error *err)
{
	struct irl_ranges special = {0}, unblocked = {0};
	struct irl_range whole = {0, UINT32_MAX};
	int rc;

	if (!targets->allow_given && !irl_ranges_add(&targets->allow, whole))
		goto no_memory;
	irl_ranges_normalise(&targets->allow);
	irl_ranges_normalise(&targets->block);
	if (!special_excluded(targets, &special) ||
	    !irl_ranges_subtract(&unblocked, &targets->allow,
				 &targets->block) ||
	    !irl_ranges_subtract(&targets->set, &unblocked, &special))
		goto no_memory;
	rc = targets->set.count ? 0 : explain_empty(targets, &unblocked, err);
	goto out;
no_memory:
	rc = irl_error_set(err, IRL_ENOMEM, "out of memory for the targets");
out:
	irl_ranges_fini(&special);
	irl_ranges_fini(&unblocked);
	return rc;
}

/* The shape's part that stands for the ports (target/core.h). */
static void shape_ports(struct irl_core_shape *shape, const uint16_t *port,
			uint32_t count)
{
	uint32_t shift = 0;

	while (1u << shift < count)
		shift++;
	shape->port_count = count;
	shape->port_shift = shift;
	shape->port_magic = (uint32_t)((1ull << (31 + shift)) / count);
	shape->port_first = port[count - 1] - port[0] == (int)count - 1
				? port[0]
				: IRL_SCATTERED;
}

static int seal_rank(struct irl_targets *targets, struct irl_error *err)
{
	if (targets->set.count > 1u << 24)
		return irl_error_set(err, IRL_EINVAL,
				     "%zu ranges of addresses are left after "
				     "merging; at most 16777216 are possible",
				     targets->set.count);
	if (!irl_rank_init(&targets->rank, &targets->set))
		return irl_error_set(err, IRL_ENOMEM,
				     "out of memory for %zu ranges",
				     targets->set.count);
	targets->addresses = irl_ranges_addresses(&targets->set);
	targets->tables = (struct irl_core_tables){
	    .rank = targets->rank.rank,
	    .guide = targets->rank.guide,
	    .port = targets->port,
	    .rank_count = targets->rank.range_count + IRL_RANK_AHEAD,
	    .guide_count = targets->rank.guide_count,
	    .shape = {.range_count = targets->rank.range_count,
		      .guide_shift = targets->rank.guide_shift,
		      .base = targets->set.range[0].first},
	};
	shape_ports(&targets->tables.shape, targets->port, targets->port_count);
	return 0;
}

int irl_targets_seal(struct irl_targets *targets, struct irl_error *err)
{
	int rc = check_open(targets, err);

	if (rc)
		return rc;
	/* Sealed for good or ill: a failed one can only be freed. */
	targets->sealed = true;
	rc = seal_set(targets, err);
	if (!rc)
		rc = seal_ports(targets, err);
	if (!rc)
		rc = seal_rank(targets, err);
	/* The lists have served. */
	irl_ranges_fini(&targets->allow);
	irl_ranges_fini(&targets->block);
	irl_ranges_fini(&targets->special_allowed);
	return rc;
}

/* ---- after the seal --------------------------------------------------- */

const struct irl_core_tables *
irl_targets_tables(const struct irl_targets *targets)
{
	return &targets->tables;
}

uint64_t irl_targets_count(const struct irl_targets *targets)
{
	return targets->addresses * targets->port_count;
}

uint64_t irl_targets_addresses(const struct irl_targets *targets)
{
	return targets->addresses;
}

uint32_t irl_targets_port_count(const struct irl_targets *targets)
{
	return targets->port_count;
}

struct irl_target irl_targets_at(const struct irl_targets *targets,
				 uint64_t index)
{
	const struct irl_core_tables *tables = &targets->tables;
	struct irl_target target;

	irl_core_rank(&tables->shape, tables, index, &target.addr,
		      &target.port);
	return target;
}

bool irl_targets_index(const struct irl_targets *targets,
		       struct irl_target target, uint64_t *index)
{
	uint64_t rank;

	if (!is_wanted(targets, target.port) ||
	    !irl_rank_of(&targets->rank, &targets->set, target.addr, &rank))
		return false;
	*index = rank * targets->port_count + targets->port_rank[target.port];
	return true;
}
