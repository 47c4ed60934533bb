// SPDX-License-Identifier: BSD-2-Clause
/* A fetch's ledger finds each miscount. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "engine/fetch.h"

static struct irl_fetch_counts balanced(void)
{
	struct irl_fetch_counts c = {
	    .targets = 14,
	    .connected = 9,
	    .not_opened = {1, 1, 1, 1, 0, 1},
	    .probes = 30,
	    .probes_accepted = 25,
	    .probes_skipped = 1,
	    .probes_no_neighbour = 1,
	    .probes_given_up = 3,
	    .probes_refused = 10,
	    .probes_again = 7,
	    .synacks = 15,
	    .adopted = 6,
	    .queued = 2,
	    .repeats = 3,
	    .crowded = 1,
	    .too_late = 2,
	    .unfit = 1,
	    .told = 11,
	    .untold = 7,
	    .received = 107,
	    .taken = 60,
	    .stray = 5,
	    .unreachable = 7,
	    .foreign = 5,
	    .form = 3,
	    .checksum = 3,
	    .fragment = 2,
	    .lost = 2,
	    .closed = 5,
	    .invalid = 2,
	    .others = 3,
	    .made = 50,
	    .sent = 48,
	    .given_up = 2,
	    .refused = 6,
	    .again = 4,
	};

	c.ended[IRL_TCP_ABORTED] = c.state[IRL_FETCH_SERVICE] =
	    c.status[IRL_PROTO_SUCCESS] = 15;
	return c;
}

static void test_ledger_finds_each_miscount(void **state)
{
#define AT(name) offsetof(struct irl_fetch_counts, name)
	static const size_t off[] = {
	    AT(targets),
	    AT(connected),
	    AT(not_opened),
	    AT(probes),
	    AT(probes_accepted),
	    AT(probes_skipped),
	    AT(probes_given_up),
	    AT(probes_refused),
	    AT(probes_again),
	    AT(synacks),
	    AT(adopted),
	    AT(queued),
	    AT(repeats),
	    AT(crowded),
	    AT(too_late),
	    AT(unfit),
	    AT(ended),
	    AT(state),
	    AT(status),
	    AT(told),
	    AT(untold),
	    AT(received),
	    AT(taken),
	    AT(stray),
	    AT(unreachable),
	    AT(foreign),
	    AT(form),
	    AT(checksum),
	    AT(fragment),
	    AT(lost),
	    AT(closed),
	    AT(invalid),
	    AT(others),
	    AT(made),
	    AT(sent),
	    AT(refused),
	    AT(again),
	    AT(given_up),
	    AT(tx_unknown),
	    AT(probes_no_neighbour),
	};
	struct irl_fetch_counts c = balanced();
	char text[300];

	(void)state;
	irl_fetch_check(&c, text, sizeof(text));
	assert_string_equal(text, "");
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		c = balanced();
		++*(uint64_t *)((char *)&c + off[i]);
		irl_fetch_check(&c, text, sizeof(text));
		assert_true(*text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ledger_finds_each_miscount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
