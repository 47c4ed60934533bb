#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# irl fetch from nginx, in two namespaces without uplink:
#
#   here 10.9.0.1 va ---- veth ---- vb 10.9.0.2 there, and all of 10.8.0.0/16
#
# Pages arrive byte by byte as they were; lists, bad lines, outputs that fail,
# interruption, privileges.  Needs root and nginx; exit 77 otherwise.
set -u
irl=$(realpath "$1")
if [ "$(id -u)" -ne 0 ]; then
	echo "skipped: needs root"
	exit 77
fi
PATH=/usr/sbin:/sbin:/usr/bin:/bin:$PATH
command -v nginx >/dev/null || {
	echo "skipped: needs nginx"
	exit 77
}
command -v python3 >/dev/null || {
	echo "skipped: needs python3"
	exit 77
}

dir=$(mktemp -d)
here=irlfetch-a-$$ there=irlfetch-b-$$
server=
cleanup() {
	[ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server"
	ip netns del $here 2>/dev/null
	ip netns del $there 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT
failures=0
fail() {
	echo "$*"
	failures=$((failures + 1))
}
same_text() { [ "$1" = "$2" ] || fail "$3: '$1', expected '$2'"; }

ip netns add $here && ip netns add $there || {
	echo "skipped: no network namespaces"
	exit 77
}
ip link add va netns $here type veth peer name vb netns $there
for end in "$here va 1" "$there vb 2"; do
	set -- $end
	ip -n "$1" link set lo up
	ip -n "$1" addr add 10.9.0.$3/24 dev "$2"
	ip -n "$1" link set "$2" up
done
ip netns exec $there ethtool -K vb gro on >/dev/null
ip -n $here route add 10.8.0.0/16 via 10.9.0.2
ip -n $there route add local 10.8.0.0/16 dev lo

mkdir "$dir/www"
chmod 755 "$dir" "$dir/www"
for size in 0 1 1460 5000 200000; do
	head -c "$size" /dev/urandom | base64 -w 0 | head -c "$size" \
		>"$dir/www/$size"
done
cat >"$dir/nginx.conf" <<-END
	daemon off;
	master_process off;
	user root;
	pid $dir/pid;
	error_log $dir/error;
	events { worker_connections 4096; }
	http {
		access_log off;
		client_body_temp_path $dir/t1; proxy_temp_path $dir/t2;
		fastcgi_temp_path $dir/t3; uwsgi_temp_path $dir/t4;
		scgi_temp_path $dir/t5;
		server {
			listen 80 backlog=4096;
			root $dir/www;
			location = / { return 200 "host=\$host\n"; }
			location = /agent { return 200 "\$http_user_agent\n"; }
			location = /packed.txt {
				alias $dir/www/200000;
				gzip on;
				gzip_types text/plain;
				gzip_http_version 1.0;
				add_header X-Kept "\$http_x_asked";
			}
		}
	}
END
ip netns exec $there nginx -c "$dir/nginx.conf" -p "$dir" 2>"$dir/nginx.err" &
server=$!
in_there() { ip netns exec $there "$@"; }
end=$((SECONDS + 10))
until in_there bash -c ': <>/dev/tcp/10.9.0.2/80' 2>/dev/null; do
	[ $SECONDS -lt $end ] || {
		echo "nginx does not start: $(cat "$dir/nginx.err")"
		exit 1
	}
	sleep 0.1
done

fetch() { ip netns exec $here "$irl" fetch --allow-special all "$@"; }
# How many records of FILE have STATUS, and a body that equals PAGE.
whole() {
	python3 - "$@" <<-'END'
		import json, sys
		page = open(sys.argv[2]).read() if len(sys.argv) > 2 else None
		n = 0
		for line in open(sys.argv[1]):
		    http = json.loads(line)["data"]["http"]
		    if http["status"] != "success": continue
		    body = http["result"]["response"].get("body", "")
		    n += page is None or body == page
		print(n)
	END
}
number() { sed -n "s/^ *\"$1\": \([0-9.]*\),*$/\1/p" "$dir/meta" | head -1; }

# Pages of every size, from 64 addresses each, byte by byte.
for size in 0 1 1460 5000 200000; do
	fetch --http-path /$size -r 0 -o "$dir/out" -m "$dir/meta" \
		10.8.0.0/26 || fail "pages of $size bytes: exit code $?"
	same_text "$(whole "$dir/out" "$dir/www/$size")" 64 \
		"whole pages of $size bytes"
	grep -q '"balances": true' "$dir/meta" || fail "no ledger at $size"
done
# The request in the ACK of the handshake, and behind it; RST, and FIN.  nginx,
# whose FIN is the first, then waits: at addresses that no later part asks, for a
# probe that has the same port would get an ACK.
for how in --request-after=closed_by_us --close=fin=finished; do
	fetch ${how%=*} -o "$dir/out" 10.8.9.0/27 || fail "$how: exit code $?"
	same_text "$(whole "$dir/out")" 32 "pages with $how"
	same_text "$(grep -c "\"outcome\":\"${how##*=}\"" "$dir/out")" 32 \
		"ends with $how"
done
# A page that comes compressed.
fetch --http-path /packed.txt -o "$dir/out" 10.8.0.0/28 || fail "gzip: exit code $?"
same_text "$(whole "$dir/out" "$dir/www/200000")" 16 "pages with gzip"
grep -q '"content_encoding":\["gzip"\]' "$dir/out" || fail "not compressed"
# A request from a file: as it is, and what is said to it, as it is.
printf 'GET /5000 HTTP/1.0\r\nHost: {ip}\r\n\r\n' >"$dir/ask"
fetch --protocol raw --request "$dir/ask" -o "$dir/out" 10.8.0.0/28 ||
	fail "a request of bytes: exit code $?"
python3 - "$dir/out" "$dir/www/5000" <<-'END' || fail "a request of bytes: the answer"
	import json, sys
	page, n = open(sys.argv[2]).read(), 0
	for line in open(sys.argv[1]):
	    raw = json.loads(line)["data"]["raw"]
	    banner = raw["result"]["banner"]
	    n += (raw["status"] == "success" and banner.endswith("\r\n\r\n" + page)
	        and banner.startswith("HTTP/1.1 200 OK\r\n"))
	sys.exit(n != 16)
END
# The same of HTTP, whose answer is read.
printf 'GET /packed.txt HTTP/1.0\r\nHost: {host}\r\nX-Asked: {ip} {port}\r\n\r\n' \
	>"$dir/ask"
fetch --request "$dir/ask" -o "$dir/out" 10.8.0.0/28 ||
	fail "a request from a file: exit code $?"
same_text "$(whole "$dir/out" "$dir/www/200000")" 16 "pages of a request from a file"
for i in $(seq 0 15); do
	grep -qF "10.8.0.$i 80" "$dir/out" || fail "no place filled in for 10.8.0.$i"
done
# Probes first, made in the kernel and in user space.
for residence in kernel user; do
	fetch --scan --cooldown 1.5 --residence $residence --http-path /5000 \
		-v 4 -o "$dir/out" -m "$dir/meta" 10.8.0.0/22 2>"$dir/err" ||
		fail "--scan, $residence: exit code $?"
	same_text "$(whole "$dir/out" "$dir/www/5000")" 1024 \
		"pages by --scan, $residence"
	same_text "$(number probes)" 1024 "probes, $residence"
	same_text "$(number stray)" "$(number others)" "strays, $residence"
	# A server that waits for a busy host sends its SYN-ACK again.
	same_text "$(($(number adopted) + $(number queued)))" 1024 \
		"SYN-ACKs but for repeats, $residence"
	same_text "$(number synacks)" "$((1024 + $(number repeats)))" \
		"SYN-ACKs, $residence"
	for line in 'probes    1024 = 1024 accepted' \
		"answers   $(number synacks) SYN-ACKs" 'opened    1024: '; do
		grep -q "^$line" "$dir/err" ||
			fail "no '$line', $residence: $(cat "$dir/err")"
	done
	grep -q '^targets' "$dir/err" && fail "targets of a scan: $(cat "$dir/err")"
done
# Probes offer no longer segments than the link takes.
ip -n $here link set va mtu 1280
for residence in kernel user; do
	fetch --scan --cooldown 1 --residence $residence --http-path /200000 \
		-o "$dir/out" 10.8.0.0/28 || fail "MTU 1280, $residence: exit code $?"
	same_text "$(whole "$dir/out" "$dir/www/200000")" 16 \
		"pages at MTU 1280, $residence"
done
ip -n $here link set va mtu 1500
# Probes that a router refuses: an error each, and none is anything else.
if command -v nft >/dev/null && in_there nft -f - <<-'END'
	table ip t {
		chain c {
			type filter hook input priority 0;
			tcp dport 82 reject with icmp type host-unreachable
		}
	}
END
then
	in_there sysctl -qw net.ipv4.icmp_ratemask=0
	for residence in kernel user; do
		fetch --scan --cooldown 1 --residence $residence -p 82 \
			-o "$dir/out" -m "$dir/meta" 10.8.0.0/26 ||
			fail "unreachable, $residence: exit code $?"
		same_text "$(number probes),$(number unreachable),$(number stray)" \
			64,64,0 "unreachable, $residence"
		grep -q '"balances": true' "$dir/meta" ||
			fail "unreachable, $residence: no ledger"
	done
else
	echo "skipped: unreachable targets: needs nft"
fi
# A closed port.
fetch --all -p 81 10.8.0.7 >"$dir/out" || fail "closed port: exit code $?"
grep -q '"status":"connection-refused"' "$dir/out" ||
	fail "a closed port is not refused: $(cat "$dir/out")"

# Lists: names become Host, tags come back, duplicates are dropped.
printf '10.8.0.1,one.example,blue,80\n10.8.0.1,two.example\n10.8.0.2\r\n%s' \
	'10.8.0.2,,,80' | fetch -m "$dir/meta" >"$dir/out" ||
	fail "a list: exit code $?"
for want in 'host=one.example' 'host=two.example' 'host=10.8.0.2' '"tag":"blue"'; do
	grep -qF "$want" "$dir/out" || fail "a list: no $want"
done
same_text "$(wc -l <"$dir/out")" 3 "records of a list"
# What irl scan writes, as CSV and JSON.
for format in csv json; do
	ip netns exec $here "$irl" scan --allow-special all -p 80 -c 1 -O $format \
		-f saddr,sport,ttl 10.8.0.0/28 >"$dir/found" ||
		fail "scan as $format: exit code $?"
	fetch -f "$dir/found" >"$dir/out" || fail "from $format: exit code $?"
	same_text "$(whole "$dir/out")" 16 "pages of a scan as $format"
done
# A mark of UTF-8 before the first line, as editors of others write it.
for list in '10.8.0.1,one.example' $'saddr,sport\n10.8.0.1,80' \
	'{"saddr":"10.8.0.1","sport":80}'; do
	printf '\xef\xbb\xbf%s\n' "$list" | fetch >"$dir/out" ||
		fail "a byte order mark before $list: exit code $?"
	same_text "$(wc -l <"$dir/out")" 1 "records behind a byte order mark"
done
# Blocked and special targets of a list are left out.
printf '10.8.0.1\n10.8.0.2\n' | fetch --exclude 10.8.0.2 >"$dir/out"
same_text "$(wc -l <"$dir/out")" 1 "records with an exclusion"
# Where none is left nothing is opened, here without a privilege to.
printf '10.8.0.1\n10.8.0.2\n' | ip netns exec $here setpriv --bounding-set=-all \
	"$irl" fetch >"$dir/out" 2>"$dir/err"
same_text "$?" 2 "exit code of special addresses"
grep -q "no targets left: all 2 .*--allow-special" "$dir/err" ||
	fail "special addresses: $(cat "$dir/err")"
same_text "$(wc -l <"$dir/err"),$(wc -l <"$dir/out")" 1,0 "special addresses"
echo 10.8.0.1 | fetch --exclude 0.0.0.0/0 2>"$dir/err"
same_text "$?" 2 "exit code of a list that is excluded"

# Bad lines are named by file and line, the first few, and counted; the rest is
# fetched.
{
	echo 10.8.0.1
	for i in $(seq 300 320); do echo 10.8.0.$i; done
	head -c 70000 /dev/zero | tr '\0' x
	printf '\n10.8.0.2\n'
} >"$dir/list"
fetch -v 4 -f "$dir/list" -m "$dir/meta" >"$dir/out" 2>"$dir/err"
same_text "$?" 2 "exit code of bad lines"
for i in 2 3 4 5 6; do
	grep -qF "$dir/list:$i: not an address: '10.8.0.$((298 + i))'" "$dir/err" ||
		fail "bad line $i: $(cat "$dir/err")"
done
same_text "$(grep -c "$dir/list:" "$dir/err")" 5 "bad lines named"
grep -q '22 bad lines' "$dir/err" || fail "the summary: $(cat "$dir/err")"
grep -q "left out 22 of the list's lines" "$dir/err" ||
	fail "the end: $(cat "$dir/err")"
same_text "$(number bad_lines),$(number exit_code),$(number told)" 22,2,2 \
	"bad lines in the metadata"
same_text "$(whole "$dir/out")" 2 "pages around bad lines"
printf '10.8.0.1\nx\n' | fetch -q 2>&1 >"$dir/out" | grep -q 'input:2: ' ||
	fail "a bad line, quiet"
# Names and tags, however the list is written; what would end a header's line is
# no name.
for list in '10.8.0.1,x.example,t"1' '10.8.0.1,"x.example","t""1"' \
	'port,tag,domain,ip\n80,t"1,x.example,10.8.0.1'; do
	printf "$list\n" | fetch -q >"$dir/out" 2>"$dir/err"
	grep -q '"domain":"x.example"' "$dir/out" || fail "no domain of $list"
	grep -qF 't\"1' "$dir/out" || fail "no tag of $list: $(cat "$dir/out" "$dir/err")"
done
echo '{"ip":"10.8.0.1","tag":"t1","domain":"x.example","port":80}' |
	fetch -q >"$dir/out"
grep -q '"domain":"x.example"' "$dir/out" && grep -q '"t1"' "$dir/out" ||
	fail "no names in JSON: $(cat "$dir/out")"
# What a record of zgrab2 holds deeper is another's.
echo '{"a":"\"ip\":\"","data":{"ip":"10.8.0.9","port":81,"x":{"port":["82"]}},' \
	'"y":[{"tag":"bad"}],"ip":"10.8.0.1","port":80,"tag":"good"}' |
	tr -d '\n' | fetch -q >"$dir/out"
grep -q '^{"ip":"10.8.0.1",.*"port":80,"tag":"good"' "$dir/out" ||
	fail "nested JSON: $(cat "$dir/out")"
echo '{"ip":"10.8.0.1","domain":null}' | fetch -q | grep -q '"domain":"null"' &&
	fail "null is no name"
for name in 'x\rX-Evil: 1' 'x y' '"x' 'x\177'; do
	printf "10.8.0.1\n10.8.0.1,$name,t\n" | fetch -q >"$dir/out" 2>"$dir/err"
	grep -q "input:2: not a name" "$dir/err" || fail "$name is a name: $(cat "$dir/err")"
done
# A list that begins with one is refused before anything is sent.
for bad in ',name.example' '10.8.0.1,a,b,70000' '10.8.0.1,a,b,80,c' '10.8.0.0/24'; do
	echo "$bad" | fetch >/dev/null 2>"$dir/err"
	same_text "$?" 2 "exit code of '$bad'"
	grep -q 'standard input:1: ' "$dir/err" || fail "$bad: $(cat "$dir/err")"
done
fetch </dev/null >"$dir/out" 2>"$dir/err" || fail "an empty list: exit code $?"
grep -q 'the list has no targets' "$dir/err" ||
	fail "an empty list: $(cat "$dir/err")"
# Files are looked at before: none is written over another.
echo 10.8.0.1 >"$dir/list"
for option in -o -m -u --pcap; do
	fetch -f "$dir/list" $option "$dir/list" >"$dir/out" 2>"$dir/err"
	same_text "$?" 2 "exit code of $option LIST"
	grep -qF -e "--input-file, too" "$dir/err" ||
		fail "$option LIST: $(cat "$dir/err")"
	fetch -f "$dir/list" $option /nope/x >"$dir/out" 2>"$dir/err"
	same_text "$?" 1 "exit code of $option /nope/x"
	grep -q 'cannot write /nope/x' "$dir/err" ||
		fail "$option /nope/x: $(cat "$dir/err")"
	[ -s "$dir/out" ] && fail "$option /nope/x: fetched all the same"
done
fetch -o "$dir/list" <"$dir/list" 2>"$dir/err"
same_text "$?" 2 "exit code of records over standard input"
same_text "$(cat "$dir/list")" 10.8.0.1 "the list"
printf 'GET / HTTP/1.0\r\n\r\n' >"$dir/ask"
fetch --protocol raw --request "$dir/ask" -o "$dir/ask" 10.8.0.1 2>"$dir/err"
same_text "$?" 2 "exit code of a record over the request"
grep -q '^GET' "$dir/ask" || fail "the request is overwritten"

# Outputs that fail; a reader that has seen enough.
fetch -o /dev/full 10.8.0.0/26 2>"$dir/err"
same_text "$?" 1 "exit code with a full disk"
grep -q 'cannot write /dev/full' "$dir/err" || fail "full: $(cat "$dir/err")"
fetch 10.8.0.0/20 2>"$dir/err" | head -1 >/dev/null
same_text "${PIPESTATUS[0]}" 0 "exit code when the reader has gone"
[ -s "$dir/err" ] && fail "reader gone, but: $(cat "$dir/err")"

# Interrupted: all that was fetched is written, and it says where to go on.
rm "$dir/out"
ip netns exec $here "$irl" fetch --allow-special all -r 200 -e 9 -o "$dir/out" \
	-m "$dir/meta" 10.8.0.0/20 2>"$dir/err" &
pid=$!
end=$((SECONDS + 60))
until [ -s "$dir/out" ]; do # records come once a second
	[ $SECONDS -lt $end ] || {
		fail "nothing to interrupt: $(cat "$dir/err")"
		break
	}
	sleep 0.05
done
kill -INT $pid
wait $pid
same_text "$?" 75 "exit code when interrupted"
start=$(sed -n 's/.*--seed=9 --start=\([0-9]*\)$/\1/p' "$dir/err")
[ -n "$start" ] || fail "interrupted: $(cat "$dir/err")"
same_text "$(whole "$dir/out")" "$(number told)" "pages when interrupted"
fetch -r 0 -e 9 --start "$start" -o "$dir/out" 10.8.0.0/20 || fail "continued: $?"
same_text "$(sed 's/^{"ip":"\([^"]*\).*/\1/' "$dir/out" | sort -u | wc -l)" 4096 \
	"addresses after continuing"

# The sample has connections whole, without an error of ours.
if command -v tshark >/dev/null; then
	fetch --pcap "$dir/x.pcapng" --pcap-sample 1 --http-path /200000 \
		-o "$dir/out" 10.8.0.0/28 || fail "--pcap: exit code $?"
	tshark -r "$dir/x.pcapng" -Y 'tcp.flags.reset == 1' -T fields \
		-e tcp.stream 2>/dev/null | sort -u | wc -l >"$dir/resets"
	same_text "$(cat "$dir/resets")" 16 "connections reset in the sample"
	tshark -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
		-r "$dir/x.pcapng" -Y 'ip.src == 10.9.0.1 &&
		(tcp.checksum.status == 0 || ip.checksum.status == 0 ||
		tcp.analysis.retransmission)' >"$dir/bad" 2>/dev/null
	[ -s "$dir/bad" ] && fail "tshark finds: $(head -3 "$dir/bad")"
	# One connection in eight: of 256 about 32, whole.
	fetch --pcap "$dir/x.pcapng" --pcap-sample 1/8 -o "$dir/out" \
		10.8.0.0/24 || fail "--pcap-sample 1/8: exit code $?"
	tshark -r "$dir/x.pcapng" -T fields -e tcp.stream 2>/dev/null |
		sort -u | wc -l >"$dir/streams"
	tshark -r "$dir/x.pcapng" -Y 'ip.src == 10.9.0.1 && tcp.flags.syn == 1' \
		2>/dev/null | wc -l >"$dir/syns"
	same_text "$(cat "$dir/syns")" "$(cat "$dir/streams")" "SYNs in the sample"
	[ "$(cat "$dir/streams")" -gt 5 ] && [ "$(cat "$dir/streams")" -lt 80 ] ||
		fail "$(cat "$dir/streams") of 256 connections in a sample of 1/8"
else
	echo "skipped: the sample's analysis: needs tshark"
fi

# Without privileges.
if command -v setpriv >/dev/null; then
	ip netns exec $here setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=-all "$irl" fetch --allow-special all 10.8.0.1 \
		2>"$dir/err"
	same_text "$?" 1 "exit code without privileges"
	grep -q 'cap_net_raw' "$dir/err" || fail "no privilege: $(cat "$dir/err")"
	# Whatever lacks, the advice is the whole line, and that is enough.
	line=cap_net_admin,cap_net_raw,cap_perfmon,cap_bpf
	with_only() {
		local caps=$1
		shift
		ip netns exec $here setpriv --inh-caps=-all \
			--bounding-set=-all,+"${caps//,/,+}" \
			"$irl" scan --allow-special all -p 80 -c 0.3 "$@" 10.8.0.1
	}
	for part in ${line//,/ }; do
		rest=$(tr , '\n' <<<$line | grep -vx $part | paste -sd,)
		ip -n $here neigh flush all
		with_only "${rest//cap_/}" --port live >"$dir/out" 2>"$dir/err"
		same_text "$?" 1 "exit code without $part"
		grep -q "setcap $line=ep /" "$dir/err" ||
			fail "without $part: $(cat "$dir/err")"
	done
	ip -n $here neigh flush all
	with_only net_raw --port packet -S 10.9.0.77 >"$dir/out" 2>"$dir/err"
	grep -q "setcap $line=ep /.*--gateway-mac" "$dir/err" ||
		fail "to ask for a neighbour: $(cat "$dir/err")"
	same_text "$(with_only "${line//cap_/}" --port live)" 10.8.0.1 \
		"with $line alone"
fi

[ $failures -eq 0 ] || exit 1
