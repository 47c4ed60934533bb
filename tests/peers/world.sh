#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# world.sh BIN IRL: every connection of irl fetch in worlds whose way loses,
# doubles and reorders, recorded and judged by tshark.  A round of 2,048 targets;
# with IRL_NIGHTLY=1 eight of 16,384, more than 10^5 connections.
. "$(dirname "$0")/lib.sh" || exit
irl=$(realpath "$2")
length=21 seeds=1 nightly=${IRL_NIGHTLY:-}
[ -z "$nightly" ] || length=18 seeds="1 2"
ours=10.0.0.1 connections=0
"$irl" world run -- true 2>"$work/err" || skip "no world: $(cat "$work/err")"

# round NAME MODEL...: fetch from that world, and judge what went over its link.
round() {
	local name="$1, seed $seed" targets=$((1 << (32 - length))) answered
	shift
	"$irl" world run --serve user --range 10.1.0.0/16 --alive 1 \
		--unreachable 0 --open 0.9 --closed 0.1 --medium 0.02 --large 0.0005 \
		--body-max 300000 --rtt-min 1ms --rtt-max 40ms --seed "$seed" "$@" -- \
		"$irl" fetch -p 80 -r 0 -c 4000 --idle 3 --deadline 6 --max-body 1M --all \
		-o "$work/out" -m "$work/meta" --pcap "$work/pcap" --pcap-sample 1 \
		"10.1.0.0/$length" 2>"$work/err" ||
		fail "$name: exit code $?: $(tail -n 3 "$work/err")"
	grep -q '"balances": true' "$work/meta" || fail "$name: no ledger"
	[ "$(wc -l <"$work/out")" = $targets ] ||
		fail "$name: $(wc -l <"$work/out") of $targets targets"
	judge_lossy "$name" "$work/pcap" $ours
	answered=$(grep -c '"state":"service"' "$work/out")
	[ "$answered" -gt $((targets / 2)) ] || fail "$name: $answered answered"
	[ "$(grep -c '\[SYN\] Seq=0' "$work/judged")" -ge $targets ] ||
		fail "$name: not all SYNs were recorded"
	connections=$((connections + targets))
	echo "ROW $name: $answered of $targets spoke," \
		"$(jq -s 'map(.tcp.retransmits) | add' "$work/out") repeated by us," \
		"$(jq -s 'map(.tcp.out_of_order) | add' "$work/out") ahead of a gap"
}

for seed in $seeds; do
	round "all" --burst 0.05 --duplicate 0.02 --reorder 0.05 --tarpit 0.002
	[ -n "$nightly" ] || continue
	round "bursts" --burst 0.05
	round "doubled, reordered" --duplicate 0.05 --reorder 0.1
	round "much lost" --burst 0.2 --burst-frames 1
done
echo "$connections connections"
exit $failed
