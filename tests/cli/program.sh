#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the program says and how it exits: help, man pages, completion, and one
# clear line for each mistake.  Needs no privilege.
set -u
irl=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

# expect CODE PATTERN ARGUMENT...: exit code, and a line of output (both
# streams) that matches.
expect() {
	local code=$1 pattern=$2 output result
	shift 2
	output=$("$irl" "$@" </dev/null 2>&1)
	result=$?
	if [ $result -ne "$code" ] || ! grep -Eq -- "$pattern" <<<"$output"; then
		echo "irl $*: exit $result, expected $code and /$pattern/:"
		echo "$output" | head -5
		failures=$((failures + 1))
	fi
}

# mistake CODE PATTERN ARGUMENT...: the same, and one line only, on stderr.
mistake() {
	local code=$1 pattern=$2
	shift 2
	expect "$code" "$pattern" "$@"
	"$irl" "$@" </dev/null >"$dir/out" 2>"$dir/err"
	if [ -s "$dir/out" ] || [ "$(wc -l <"$dir/err")" -ne 1 ]; then
		echo "irl $*: not one line on standard error:"
		cat "$dir/out" "$dir/err"
		failures=$((failures + 1))
	fi
}

expect 2 '^Usage: irl COMMAND'
expect 0 '^Usage: irl COMMAND' --help
expect 0 '^Usage: irl COMMAND' help
expect 0 '^Usage: irl COMMAND' help --help
expect 0 '^Usage: irl COMMAND' help -h
expect 0 '^irl [0-9]+\.[0-9]+\.[0-9]+$' --version
expect 0 '^irl [0-9]+\.[0-9]+\.[0-9]+$' scan -V
mistake 2 "unknown command 'scna'; did you mean 'scan'\?" scna
mistake 2 "unknown command 'xyzzy'; 'irl help' lists all" xyzzy
mistake 2 "unknown command 'scna'; did you mean 'scan'\?" help scna
mistake 2 "give bash" help --completion tcsh

# What users of the numbers have to know.
for command in scan fetch; do
	expect 0 'softirq' help $command
done
"$irl" help scan | tr -s ' \n' ' ' |
	grep -q 'no such line where a record has one field' || {
	echo "irl help scan: nothing about the line of field names"
	failures=$((failures + 1))
}

# Every command explains itself, within 80 columns, by either way, and its man
# page is one that troff reads without a warning.
commands=$("$irl" help | awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 }
	on && /^  [a-z]/ { print $1 }' | grep -v '^help$')
[ -n "$commands" ] || { echo "no commands"; failures=$((failures + 1)); }
for command in $commands; do
	expect 0 "^Usage: irl $command" help "$command"
	expect 0 "^  -h, --help " "$command" --help
	if "$irl" help "$command" | awk 'length > 80 { bad = 1 } END { exit !bad }'
	then
		echo "irl help $command: lines of more than 80 columns"
		failures=$((failures + 1))
	fi
done
command -v groff >/dev/null || echo "skipped: roff of man pages: needs groff"
for page in irl $commands; do
	if ! "$irl" help --man "$page" >"$dir/page.1" ||
		! grep -q '^\.TH IRL' "$dir/page.1"; then
		echo "irl help --man $page fails"
		failures=$((failures + 1))
	elif command -v groff >/dev/null; then
		groff -man -Tutf8 -ww -z "$dir/page.1" 2>"$dir/err" >/dev/null
		if [ -s "$dir/err" ]; then
			echo "irl help --man $page:"
			head -5 "$dir/err"
			failures=$((failures + 1))
		fi
	fi
done

# Mistakes in a scan's options.
mistake 2 "unknown option --bandwith; did you mean --bandwidth\?" \
	scan -p 80 --bandwith 1M
mistake 2 "unknown option --nope; --help lists all" fetch --nope
# Of others' options what stands for them here.
mistake 2 "unknown option --probe-module; probes are SYNs of TCP" \
	scan -p 80 --probe-module=tcp_synscan
mistake 2 "unknown option -M; probes are SYNs of TCP" scan -p 80 -M tcp_synscan
mistake 2 "unknown option -I; .* --allowlist-file" scan -I /dev/null
mistake 2 "unknown option -O; .* JSON Lines" fetch -O json
mistake 2 "unknown option --timeout; .* --deadline" fetch --timeout 5
mistake 2 "unknown option --max-rate; it is --rate" scan -p 80 --max-rate 5
mistake 2 "unknown option --max-size; it is --max-body" fetch --max-size 5
mistake 2 "no ports; give them as -p 80" scan 10.0.0.1
mistake 2 "there is no resume file /nowhere/state" scan --resume /nowhere/state
mistake 2 "there is no resume file" fetch --resume "$(mktemp -u)"
mistake 2 '"2001:db8::1/64" is not IPv4' scan -p 80 2001:db8::1/64
mistake 2 '"www.example.org" is a name' scan -p 80 www.example.org
mistake 2 '"saddr" is no address' scan -p 80 saddr
mistake 2 '"http://10.0.0.1/" is no address' scan -p 80 http://10.0.0.1/
mistake 2 '"10.0.0" is no address' scan -p 80 10.0.0
mistake 2 '^irl scan: ports \(-p\): "99999" is no port' scan -p 99999
for command in "scan -p 80 -B" "scan -p 80 -r" "fetch -r" "fetch --scan --scan-rate"; do
	# shellcheck disable=SC2086 # several words
	mistake 2 "9{20} is out of range; give 0 to 1" \
		$command 99999999999999999999 10.0.0.1
done
for command in "scan -p 80" fetch; do
	[ "$(nproc --all)" -lt 8 ] || break
	# shellcheck disable=SC2086 # several words
	mistake 2 "--workers 8: there are [0-9]+ cores; give fewer" \
		$command -T 8 --allow-special all 10.0.0.1
done
for command in scan fetch "world truth"; do
	# shellcheck disable=SC2086 # two words
	for ports in 0 0-80 80,0; do
		mistake 2 '"(0|0-80)" is no port of TCP \(1-65535\)' \
			$command -p $ports 10.0.0.1
	done
done
mistake 2 "(--rate|-r).*'fast' is not a rate" scan -p 80 -r fast
mistake 2 "give 1 to 255" scan -p 80 --probe-ttl 256
mistake 2 "give one of auto" scan -p 80 --port quick
mistake 2 "give 0 to 3" scan -p 80 --shards 4 --shard 4 -e 1 10.0.0.0/8 \
	--allow-special all
mistake 2 "no targets; give addresses" scan -p 80
mistake 2 "are of a resume file" fetch --done 5 --seed 1 --start 4 10.1.0.0/28 \
	--allow-special all --interface none0
mistake 2 "are of a resume file" fetch --again 3 --seed 1 --start 4 10.1.0.0/28 \
	--allow-special all --interface none0
mistake 0 "the list has no targets" fetch --scan -p 80
mistake 2 "--shards needs one seed" scan -p 80 --shards 4 10.0.0.0/8 \
	--allow-special all
mistake 2 "--rate and --bandwidth say the same" scan -p 80 -r 1 -B 1M
for bad in 0 0% 100.1%; do
	mistake 2 "--max-targets: '$bad' is neither a number from 1 on nor a perc" \
		scan -p 80 -n $bad 10.0.0.1 --allow-special all
done
mistake 2 "--source-ip: '10.0.0.9-10.0.0.1' is not" scan -p 80 \
	-S 10.0.0.9-10.0.0.1
mistake 2 "--source-ip: '10.0.0.1/24' is not" scan -p 80 -S 10.0.0.1/24
mistake 2 "--source-ip: '0.0.0.0' is not" scan -p 80 -S 0.0.0.0
for mac in 00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 01:00:5e:00:00:01; do
	mistake 2 "--gateway-mac: '$mac' is not the" scan -p 80 -G $mac
done
mistake 2 "--source-port: '0' is not" scan -p 80 -s 0
mistake 2 "--source-port: '2-1' is not" scan -p 80 -s 2-1
mistake 2 "--gateway-mac: '1:2:3' is not" scan -p 80 -G 1:2:3
mistake 2 "'10.0.0.256'|10\.0\.0\.256" scan -p 80 10.0.0.256
mistake 2 "special" scan -p 80 10.0.0.1
mistake 2 "--start needs the seed" scan -p 80 --start 5 10.0.0.0/24
mistake 2 "is not a position of this scan; give 0 to 255" scan -p 80 \
	--start 256 --seed 1 --allow-special all 10.0.0.0/24
mistake 2 "--targets-hash: 0{16} is of other targets than these, .*; give the same" \
	scan -p 80 --seed 1 \
	--targets-hash 0000000000000000 --allow-special all 10.0.0.0/24

# CPU's softirq is too high by more than others' traffic.
for command in scan fetch; do
	expect 0 "CONFIG_IRQ_TIME_ACCOUNTING" $command --help
done

mistake 2 "--shard 1 of one; .*--shards" scan -p 80 --shard 1 10.0.0.1 \
	--allow-special all
touch "$dir/found.csv"
mistake 2 "is a file.*-w $dir/found.csv.*irl fetch.*-f $dir/found.csv" fetch \
	"$dir/found.csv"

# Mistakes in what a fetch asks for, and of which port.
for path in robots.txt "" "/a b" example.org/; do
	mistake 2 "path \"$path\".*begin with /" fetch --http-path "$path" 127.0.0.1
done
mistake 2 "'80,81' is more than one port" fetch -p 80,81 -f "$dir/found.csv"
mistake 2 "--targets-hash is of a resume file" fetch --targets-hash 00 \
	-f "$dir/found.csv"

# Mistakes in a world's options.
mistake 2 "exceed 1 together; lower --open or --closed" world truth --open 0.9
mistake 2 "exceed 1 together; lower --alive or --unreach" world truth --alive 1
mistake 2 "exceed 1 together; lower --banner, --mute or --tarpit" world truth \
	--banner 0.6 --mute 0.6
mistake 2 "exceed 1 together; lower --medium or --large" world truth --serve all \
	--medium 0.6 --large 0.6
mistake 2 "longest page, --body-max: give 64 KiB to" world truth --serve all --body-max 100
mistake 2 "--rtt-min 2 has no effect beyond --rtt-max, which is 1" world truth \
	--serve user --rtt-min 2 --rtt-max 1
mistake 1 "world '$$' is not up; 'irl world up -n $$' makes it" world status -n $$
mistake 1 "world '$$' is not up; 'irl world up -n $$' makes it" world serve -n $$

# Options that change nothing beside the others: whatever --help says of them is
# so, and the line below that gives one is refused, by naming what it lacks.
effects() { # COMMAND, and lines: OPTION WITHOUT-WHAT ARGUMENT...
	local command=$1 option other arguments
	: >"$dir/named"
	while read -r option other arguments; do
		echo "--$option" >>"$dir/named"
		# shellcheck disable=SC2086 # several words
		mistake 2 "--$option has no effect (without|beside) --${other//_/ };" \
			$command --$option $arguments
	done
	# shellcheck disable=SC2086 # two words
	"$irl" $command --help | awk '
		/^  (-[a-zA-Z],|   ) --/ {
			match($0, /--[a-z0-9-]+/)
			name = substr($0, RSTART, RLENGTH)
			text = ""
		}
		{ text = text " " $0; gsub(/ +/, " ", text) }
		name && text ~ /[(;] ?(only|not) with --.*\)$/ { print name }
		/^$/ { name = "" }' | sort -u >"$dir/conditional"
	if ! sort -u "$dir/named" | diff "$dir/conditional" - >"$dir/err"; then
		echo "irl $command --help (<) and the test (>) differ in what" \
			"has conditions:"
		cat "$dir/err"
		failures=$((failures + 1))
	fi
}
echo 127.0.0.1 >"$dir/fetch"
effects fetch <<END
scan-rate scan 5k -f $dir/fetch
cooldown-time scan 2 -f $dir/fetch
tcp-options scan mss -f $dir/fetch
residence scan user -f $dir/fetch
http-method protocol_http HEAD --protocol banner
http-path protocol_http /x --protocol banner
http-path request /x --request $dir/fetch
header protocol_http A:b --protocol raw --request $dir/fetch
user-agent protocol_http me --protocol banner
user-agent request me --request $dir/fetch
request-after protocol_http_or_raw --protocol banner
hex protocol_banner_or_raw -f $dir/fetch
wait protocol_banner 3 -f $dir/fetch
wait request 3 --protocol banner
pcap-sample pcap 1
resume-every resume 5
notes metadata-file hello
status-updates quiet -q
END
effects scan <<END
resume-every resume 5
no-header-row output-module_csv_or_text -O json
notes metadata-file hello
status-updates quiet -q
END
effects "world run" <<END
banner serve_short_or_all_or_user 0.1 --serve none
mute serve_short_or_all_or_user 0.1 --serve none
middlebox serve_short_or_all_or_user 0.1 --serve none
tarpit serve_all_or_user 0.1
deaf serve_all_or_user 0.1
medium serve_all_or_user 0.1
large serve_all_or_user 0.1
body-max serve_short_or_all_or_user 64k --serve none
burst-frames burst 4 --serve user
burst serve_user 0.1
duplicate serve_user 0.1
reorder serve_user 0.1 --serve all
rtt-min serve_user 1ms
rtt-max serve_user 1ms --serve all
END
mistake 2 "--all has no effect beside --fetch;" world truth --fetch --all
# Of two limits the nearer one counts.
mistake 2 "--idle 60 has no effect beyond --deadline, which is 30; raise" \
	fetch --idle 60
mistake 2 "--idle 3 has no effect beyond --deadline, which is 2;" \
	fetch --deadline 2 --idle 3
mistake 2 "--connect-timeout 11 has no effect beyond --idle, which is 10;" \
	fetch --connect-timeout 11
mistake 2 "--max-per-host 65 has no effect beyond --max-per-net, which is 64" \
	fetch --max-per-host 65
# A request that would never be sent.
for times in "--idle 1" "--wait 10"; do
	# shellcheck disable=SC2086 # two words
	mistake 2 "--request would never be sent: --idle 10? ends.* raise --idle" \
		fetch --protocol banner --request "$dir/fetch" $times 127.0.0.1
done
# A file may hold what is of no use this time; the command line is what somebody
# means now, and what a file holds is beside it.
printf 'scan-rate = 5k\nhex = yes\nidle = 60\n' >"$dir/config"
mistake 2 "'x' is not a port" fetch -C "$dir/config" -f "$dir/fetch" -p x
printf 'scan\nprotocol = banner\n' >"$dir/config"
mistake 2 "'x' is not a port" fetch -C "$dir/config" -f "$dir/fetch" -p x \
	--hex --scan-rate 5k

# Mistakes in what a fetch's list may hold.
mistake 2 "IPv4-mapped prefix of length 8; give 96 to 128" fetch \
	-f "$dir/fetch" --exclude ::ffff:10.0.0.0/8
printf '10.0.0.0/8\n192.0.2.1\0 198.51.100.0/24\n' >"$dir/block"
mistake 2 "$dir/block:2: a zero byte" fetch -f "$dir/fetch" -b "$dir/block"

# A port that nothing listens on, wherever it is said.
printf '192.0.2.1,,,0\n' >"$dir/zero"
mistake 2 "$dir/zero:1: not a port: '0'" fetch -f "$dir/zero"
printf 'saddr,sport\n192.0.2.1,0\n' >"$dir/zero"
mistake 2 "$dir/zero:2: not a port: '0'" fetch -f "$dir/zero"
echo '{"ip":"192.0.2.1","port":0}' >"$dir/zero"
mistake 2 "$dir/zero:1: not a port: '0'" fetch -f "$dir/zero"
mistake 2 "'0' is not a port" fetch -f "$dir/fetch" -p 0

# This host itself, of a scan, a fetch, and a fetch's list.
for what in "scan -p 80 127.0.0.1" "fetch 127.0.0.1" "fetch -f $dir/fetch"; do
	mistake 1 "of this host itself, which no network leads to; name other" \
		$what --allow-special all
done

# A fetch's sources: one address, or range of IPv4, of each family.
for second in 10.1.0.9,10.1.0.10 fd09::9,10.1.0.9,10.1.0.10; do
	mistake 2 "'10.1.0.10' is a second IPv4 source; give a range" \
		fetch -f "$dir/fetch" -S $second
done
mistake 2 "'fd09::10' is a second IPv6 source; give one" \
	fetch -f "$dir/fetch" -S fd09::9,10.1.0.9,fd09::10
mistake 2 "'::ffff:10.1.0.9' is not an IPv6 address" \
	fetch -f "$dir/fetch" -S ::ffff:10.1.0.9
mistake 2 "'::' is not an IPv6 address" fetch -f "$dir/fetch" -S ::,fd09::9
mistake 2 "'fd09::9' is IPv6, which is for lists" fetch -S fd09::9 127.0.0.1

# Mistakes in a benchmark's options, told before anything is measured.
mistake 2 "--batches is not for huge, which has rounds,workers,range" \
	bench huge --batches 4
mistake 2 "--contenders is not for host" bench host --contenders scan
mistake 2 "'more' is one word too many" bench tx more
mistake 2 "no batch of 'few'; give some of 1,4,16,64,256,1024" bench tx --batches few
mistake 2 "--workers is not for answers" bench answers --workers 2
for name in tx rx scan tcp; do
	mistake 2 "there is no contender 'pigeons'" \
		bench $name --contenders pigeons
done
mistake 1 "cannot write /nowhere/figures: No such" \
	bench huge --json /nowhere/figures

# Files: the file and the line are named.
printf '10.0.0.1\n\nten\n' >"$dir/list"
mistake 2 "$dir/list:3" scan -p 80 --allow-special all -w "$dir/list"
mistake 2 "$dir/list:3" scan -p 80 --allow-special all -b "$dir/list" 10.0.0.1
mistake 1 "/nonexistent/list: No such file" scan -p 80 -w /nonexistent/list
printf 'target-ports = 80\nrtae = 5\n' >"$dir/config"
mistake 2 "$dir/config:2: unknown option 'rtae'; did you mean 'rate'" \
	scan -C "$dir/config"
mistake 1 "/nonexistent/config: No such file" scan -C /nonexistent/config
# As editors and shells of others begin them.
printf '\xef\xbb\xbftarget-ports = 80\nrtae = 5\n' >"$dir/config"
mistake 2 "$dir/config:2: unknown option 'rtae'" scan -C "$dir/config"
printf '\xff\xfer\0a\0' >"$dir/config"
mistake 2 "$dir/config is UTF-16" scan -C "$dir/config"
mistake 2 "$dir/config is UTF-16" scan -p 80 -w "$dir/config"
mistake 2 "$dir/config is UTF-16" fetch -f "$dir/config"
mistake 2 "$dir/config is UTF-16" fetch -f "$dir/fetch" -b "$dir/config"

# Nor what is compressed.
printf '\x1f\x8b\x08\0\n' >"$dir/config"
for option in "-p 80 -w" "-p 80 10.1.0.1 --allow-special all -b" -C; do
	# shellcheck disable=SC2086 # several words
	mistake 2 "$dir/config is compressed; .*: zcat FILE" scan $option "$dir/config"
done
# As zmap writes it.
printf 'saddr,sport\n10.0.0.1,80\n' >"$dir/list"
mistake 2 "$dir/list:1: \"saddr\" is no address.*: tail -n \+2 FILE \| cut -d, -f1" \
	scan -p 80 -w "$dir/list"
mistake 2 '"10.0.0.1:80" has a port; .*irl fetch' scan -p 80 10.0.0.1:80

# Completion, by bash itself.
"$irl" help --completion bash >"$dir/completion"
complete_line() {
	COMP_LINE=$1 COMP_POINT=${#1} bash -c '
		source "$1"
		compopt() { :; }
		read -ra COMP_WORDS <<<"$COMP_LINE"
		[[ $COMP_LINE == *" " ]] && COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_irl
		printf "%s\n" "${COMPREPLY[@]}"' - "$dir/completion"
}
completes() {
	local got
	got=$(complete_line "$1" | tr '\n' ' ')
	if [ "$got" != "$2 " ]; then
		echo "completion of '$1' gives '$got', expected '$2'"
		failures=$((failures + 1))
	fi
}
completes "irl sc" "scan"
completes "irl scan --output-fi" "--output-file= --output-fields= --output-filter="
completes "irl scan --no-h" "--no-header-row"
completes "irl scan --port=l" "live"
completes "irl scan --residence " "auto kernel user"
completes "irl scan -w $dir/li" "$dir/list"
completes "irl help --c" "--completion"
# Behind "--" of "irl world run" stands a command line of its own.
completes "irl world run -- irl sc" "scan"
completes "irl world run --seed 3 -- $irl scan --output-fi" \
	"--output-file= --output-fields= --output-filter="
completes "irl world run -- irl scan --port=l" "live"
completes "irl world run -- irl scan -w $dir/li" "$dir/list"
completes "irl world run -- cat $dir/li" "$dir/list"
completes "irl world run -- basenam" "basename"
completes "irl scan -- $dir/li" ""
completes "irl world tr" "truth"
completes "irl world truth --form" "--format="
# Whatever --help lists can be completed, of each verb of world, too.
readarray -t named <<<"$commands"
named+=("world up" "world down" "world status" "world run" "world serve" "world truth")
for command in "${named[@]}"; do
	# shellcheck disable=SC2086 # two words
	"$irl" $command --help |
		sed -n 's/^  \(-[a-zA-Z], \|    \)\(--[a-z0-9-]*\).*/\2/p' |
		sort >"$dir/listed"
	complete_line "irl $command --" | sed 's/=$//' | sort >"$dir/completed"
	[ -s "$dir/listed" ] || { echo "$command: no options"; failures=$((failures + 1)); }
	missing=$(comm -23 "$dir/listed" "$dir/completed" | tr '\n' ' ')
	if [ -n "$missing" ]; then
		echo "completion of 'irl $command --' lacks $missing"
		failures=$((failures + 1))
	fi
done
completes "irl scan -i l" "lo"

# The man page has each option of --help, of each verb, too; and what the texts
# name as an option is one.
for command in "${named[@]}"; do
	"$irl" help --man "${command% *}" | sed -n 's/\\-/-/g
		s/^\(\\fB-[A-Za-z]\\fR, \)\?\\fB\(--[a-z0-9-]*\)\\fR.*/\2/p' |
		sort >"$dir/paged"
	# shellcheck disable=SC2086 # "world run" are two words
	"$irl" $command --help | tee -a "$dir/texts" |
		sed -n 's/^  \(-[a-zA-Z], \|    \)\(--[a-z0-9-]*\).*/\2/p' |
		tee -a "$dir/options" | sort | comm -23 - "$dir/paged" >"$dir/missing"
	[ ! -s "$dir/missing" ] || {
		echo "the man page of irl ${command% *} lacks:"
		cat "$dir/missing"
		failures=$((failures + 1))
	}
done
unknown=$(grep -oE -- '--[a-z][a-z0-9-]*[a-z0-9]' "$dir/texts" | sort -u |
	comm -23 - <(sort -u "$dir/options"))
[ -z "$unknown" ] || {
	echo "help texts name options that there are not: $unknown"
	failures=$((failures + 1))
}

[ $failures -eq 0 ] || { echo "$failures failed"; exit 1; }
