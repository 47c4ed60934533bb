#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# results.sh SOURCE: do the tables hold what the JSON says?
set -eu
command -v jq >/dev/null || {
	echo "jq is not installed"
	exit 77
}
json=$(mktemp)
trap 'rm -f "$json"' EXIT
cat >"$json" <<'END'
{"bench": "tx", "rounds": 5,
 "host": {"system": "Linux", "kernel": "6.1", "model": "M", "cpus": 2,
	"load_before": 0.5, "time": "2020-01-02T03:04:05Z"},
 "rows": [{"name": "live", "batch": 256, "mpps": 11.23456, "min": 10.5,
	"max": 12, "lost": 0, "lost_min": 0, "lost_max": 0}],
 "ratios": {"live/sendmmsg": 5.9},
 "ratio_ranges": {"live/sendmmsg": {"min": 5.5, "max": 6, "by_cpu": 5.8,
	"at_least": 5, "met": true}}}
END
tables=$("$1/scripts/results" "$json")
for line in '| live 256 | 11.23 (10.5-12) | 0 |' \
	'| live/sendmmsg | >= 5 | 5.9 (5.5-6) | 5.8 | met |'; do
	printf '%s\n' "$tables" | grep -qxF "$line" || {
		printf 'no line: %s\nin:\n%s\n' "$line" "$tables"
		exit 1
	}
done
