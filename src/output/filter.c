// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "output/filter.h"
#include "wire/text.h"

#define NODES 192u
#define DEPTH 32u

enum kind { COMPARE, AND, OR, NOT };

/* The tree, before it is lowered into steps. */
struct node {
	enum kind kind;
	unsigned left, right; /* indices of nodes */
	struct irl_filter_step compare;
};

struct parser {
	const char *text, *at;
	struct node node[NODES];
	unsigned count, compares, depth;
	struct irl_error *err;
};

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " \t\r\n");
}

static bool take(struct parser *p, const char *token)
{
	size_t n = strlen(token);

	skip_blanks(p);
	if (strncmp(p->at, token, n))
		return false;
	p->at += n;
	return true;
}

static int complain(struct parser *p, const char *expected)
{
	char near[24];

	snprintf(near, sizeof(near), "%s", *p->at ? p->at : "its end");
	return irl_error_set(p->err, IRL_EPARSE,
			     "filter, column %u, at '%s': expected %s",
			     (unsigned)(p->at - p->text) + 1, near, expected);
}

static int add_node(struct parser *p, enum kind kind, unsigned left,
		    unsigned right)
{
	if (p->count == NODES)
		return irl_error_set(p->err, IRL_EPARSE,
				     "filter: too long; use at most %u "
				     "comparisons",
				     IRL_FILTER_STEPS);
	p->node[p->count] =
	    (struct node){.kind = kind, .left = left, .right = right};
	return (int)p->count++;
}

/* ---- one comparison -------------------------------------------------------
 */

static size_t word_length(const char *at)
{
	size_t n = 0;

	while (at[n] &&
	       (isalnum((unsigned char)at[n]) || strchr("_-./", at[n])))
		n++;
	return n;
}

static int parse_field(struct parser *p, struct irl_filter_step *step)
{
	enum irl_field field;
	size_t n;

	skip_blanks(p);
	n = word_length(p->at);
	if (!n || !irl_field_find(p->at, n, &field))
		return complain(p, "the name of a field "
				   "(--list-output-fields shows all)");
	if (irl_field_info[field].type == IRL_TYPE_CLOCK)
		return complain(p, "timestamp_ts, which can be compared");
	step->field = (uint8_t)field;
	p->at += n;
	return 0;
}

static int parse_op(struct parser *p, struct irl_filter_step *step)
{
	static const struct {
		const char *token;
		enum irl_filter_op op;
	} ops[] = {
	    {"<=", IRL_FILTER_LE}, {">=", IRL_FILTER_GE}, {"!=", IRL_FILTER_NE},
	    {"==", IRL_FILTER_EQ}, {"=", IRL_FILTER_EQ},  {"<", IRL_FILTER_LT},
	    {">", IRL_FILTER_GT},
	};
	bool is_text = irl_field_info[step->field].type >= IRL_TYPE_IPV4;

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		const char *before = p->at;

		if (!take(p, ops[i].token))
			continue;
		if (!is_text || ops[i].op <= IRL_FILTER_NE) {
			step->op = (uint8_t)ops[i].op;
			return 0;
		}
		p->at = before;
		return complain(p, "= or != for a text");
	}
	return complain(p, "one of = != < <= > >=");
}

/* The value's text, quotes removed; points into the filter. */
static int take_value(struct parser *p, char *value, size_t room)
{
	const char *begin;
	size_t n;

	skip_blanks(p);
	begin = p->at;
	if (*begin == '"' || *begin == '\'') {
		const char *end = strchr(begin + 1, *begin);

		if (!end)
			return complain(p, "a closing quote");
		begin++;
		n = (size_t)(end - begin);
		p->at = end + 1;
	} else {
		n = word_length(begin);
		p->at += n;
	}
	if (n && n < room) {
		memcpy(value, begin, n);
		value[n] = '\0';
		return 0;
	}
	p->at = begin;
	return complain(p, "a value");
}

static bool parse_int(const char *text, uint64_t *value)
{
	char *end;

	if (!strcmp(text, "true") || !strcmp(text, "false")) {
		*value = text[0] == 't';
		return true;
	}
	errno = 0;
	*value = strtoull(text, &end, 0);
	return isdigit((unsigned char)text[0]) && !*end && !errno;
}

static bool parse_name(const struct irl_field_info *info, const char *text,
		       uint64_t *value)
{
	for (unsigned i = 0; i < info->name_count; i++)
		if (info->names[i] && !strcmp(info->names[i], text)) {
			*value = i;
			return true;
		}
	return false;
}

static int complain_name(struct parser *p, const struct irl_field_info *info)
{
	char list[300] = "one of";

	for (unsigned i = 0; i < info->name_count; i++) {
		size_t n = strlen(list);

		if (info->names[i])
			snprintf(list + n, sizeof(list) - n, " \"%s\"",
				 info->names[i]);
	}
	return complain(p, list);
}

static int parse_value(struct parser *p, struct irl_filter_step *step)
{
	const struct irl_field_info *info = &irl_field_info[step->field];
	const char *before;
	char text[64] = "";
	uint32_t addr;
	int rc;

	skip_blanks(p);
	before = p->at;
	rc = take_value(p, text, sizeof(text));
	if (rc)
		return rc;
	switch (info->type) {
	case IRL_TYPE_IPV4:
		if (irl_text_read4(text, &addr)) {
			step->value = addr;
			return 0;
		}
		p->at = before;
		return complain(p, "an IPv4 address");
	case IRL_TYPE_NAME:
		if (parse_name(info, text, &step->value))
			return 0;
		p->at = before;
		return complain_name(p, info);
	default:
		if (parse_int(text, &step->value))
			return 0;
		p->at = before;
		return complain(p, "a whole number");
	}
}

static int parse_compare(struct parser *p)
{
	struct irl_filter_step step = {0};
	int rc = parse_field(p, &step);
	int node;

	if (!rc)
		rc = parse_op(p, &step);
	if (!rc)
		rc = parse_value(p, &step);
	if (rc)
		return rc;
	if (p->compares++ == IRL_FILTER_STEPS)
		p->count = NODES; /* add_node complains */
	node = add_node(p, COMPARE, 0, 0);
	if (node >= 0)
		p->node[node].compare = step;
	return node;
}

/* ---- the grammar; every function returns a node or an error ---------------
 */

static int parse_or(struct parser *p);

static int parse_not(struct parser *p)
{
	int node;

	if (p->depth == DEPTH)
		return irl_error_set(p->err, IRL_EPARSE,
				     "filter: nested too deep; use at most %u "
				     "levels",
				     DEPTH);
	p->depth++;
	if (take(p, "!")) {
		node = parse_not(p);
		if (node >= 0)
			node = add_node(p, NOT, (unsigned)node, 0);
	} else if (take(p, "(")) {
		node = parse_or(p);
		if (node >= 0 && !take(p, ")"))
			node = complain(p, "a closing parenthesis");
	} else {
		node = parse_compare(p);
	}
	p->depth--;
	return node;
}

static int parse_chain(struct parser *p, enum kind kind, const char *token,
		       int (*next)(struct parser *))
{
	int left = next(p), right;

	while (left >= 0 && take(p, token)) {
		right = next(p);
		if (right < 0)
			return right;
		left = add_node(p, kind, (unsigned)left, (unsigned)right);
	}
	return left;
}

static int parse_and(struct parser *p)
{
	return parse_chain(p, AND, "&&", parse_not);
}

static int parse_or(struct parser *p)
{
	return parse_chain(p, OR, "||", parse_and);
}

/* Emit the steps of @node, which go to @yes or @no; returns its first step. */
static uint8_t lower(struct irl_filter *filter, const struct parser *p,
		     unsigned node, uint8_t yes, uint8_t no)
{
	const struct node *n = &p->node[node];
	uint8_t right;

	switch (n->kind) {
	case AND:
		right = lower(filter, p, n->right, yes, no);
		return lower(filter, p, n->left, right, no);
	case OR:
		right = lower(filter, p, n->right, yes, no);
		return lower(filter, p, n->left, yes, right);
	case NOT:
		return lower(filter, p, n->left, no, yes);
	case COMPARE:
		break;
	}
	filter->step[filter->count] = n->compare;
	filter->step[filter->count].yes = yes;
	filter->step[filter->count].no = no;
	return (uint8_t)filter->count++;
}

int irl_filter_compile(struct irl_filter *filter, const char *text,
		       struct irl_error *err)
{
	struct parser p = {.text = text, .at = text, .err = err};
	int root;

	*filter = (struct irl_filter){.first = IRL_FILTER_PASS};
	skip_blanks(&p);
	if (!*p.at)
		return 0;
	root = parse_or(&p);
	if (root < 0)
		return root;
	skip_blanks(&p);
	if (*p.at)
		return complain(&p, "&&, || or the end");
	filter->first =
	    lower(filter, &p, (unsigned)root, IRL_FILTER_PASS, IRL_FILTER_DROP);
	return 0;
}
