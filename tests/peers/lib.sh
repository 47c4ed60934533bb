# SPDX-License-Identifier: BSD-2-Clause
# For bash scripts: two namespaces, a peer in one, our client in the other.
#
#      $here                                 $there
#   va 10.9.0.1/24 ---------------------- vb 10.9.0.2/24      (no uplink)
#      fd09::1/64                            fd09::2/64       (after lab_ipv6)
#   pull sends from 10.9.0.1 or 10.9.0.7
#
# A script is called with the folder of the programs.
set -u
bin=$(realpath "$1")
here=irl-p-$$-here there=irl-p-$$-there between=irl-p-$$-between
pids= relay_pid= six=
via=va ours=10.9.0.1 path=clean timeouts=
failed=0

skip() {
	echo "skipped: $*"
	exit 77
}
fail() {
	echo "FAILED: $*"
	failed=1
}
[ "$(id -u)" = 0 ] || skip "needs root"
need() {
	local program
	for program; do
		command -v "$program" >/dev/null || skip "no $program"
	done
}
PATH=$PATH:/usr/sbin:/sbin
need ip tshark jq
work=$(mktemp -d)
chmod 755 "$work"

clean() {
	local pid name
	for pid in $pids $relay_pid; do
		kill "$pid" 2>/dev/null
	done
	for pid in $pids $relay_pid; do
		wait "$pid" 2>/dev/null
	done
	for name in $here $there $between; do
		ip netns del $name 2>/dev/null
	done
	rm -rf "$work"
}
trap clean EXIT
here() { ip netns exec $here "$@"; }
there() { ip netns exec $there "$@"; }
# until_true COMMAND...: within 20 s.
until_true() {
	local end=$((SECONDS + 20))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

namespaces() {
	local name
	for name in $here $there; do
		ip netns add $name 2>"$work/err" ||
			skip "no namespaces: $(cat "$work/err")"
		ip -n $name link set lo up
	done
}
lab() {
	namespaces
	ip link add va netns $here type veth peer name vb netns $there ||
		skip "no veth"
	ip -n $here addr add 10.9.0.1/24 dev va
	ip -n $there addr add 10.9.0.2/24 dev vb
	ip -n $here link set va up
	ip -n $there link set vb up
	# Without, frames of the live port do not arrive.
	there ethtool -K vb gro on
}

# Both ends have an IPv6 address, too.
lab_ipv6() {
	ip -n $here addr add fd09::1/64 dev va nodad &&
		ip -n $there addr add fd09::2/64 dev vb nodad || skip "no IPv6"
	six=1
}

# The same with a relay in between, which sees plain frames of 1,514 bytes.
lab_relay() {
	local name
	namespaces
	ip netns add $between || skip "no third namespace"
	ip link add va netns $here type veth peer name ra netns $between ||
		skip "no veth"
	ip link add rb netns $between type veth peer name vb netns $there
	ip netns exec $between sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip -n $here addr add 10.9.0.1/24 dev va
	ip -n $there addr add 10.9.0.2/24 dev vb
	# GRO as for vb, but it shall merge nothing.
	ip netns exec $between ethtool -K ra gro on
	ip -n $between link set ra gro_max_size 1 || skip "no gro_max_size"
	there ethtool -K vb tx off tso off gso off >/dev/null
	for name in ra rb; do
		ip -n $between link set $name up
	done
	ip -n $here link set va up
	ip -n $there link set vb up
}
# relay SEED LOSS DUPLICATE REORDER DELAY-US REORDER-US: from now on.
relay() {
	relay_ends
	ip netns exec $between "$bin/peers_relay" ra rb "$@" \
		>"$work/met" 2>"$work/relay" &
	relay_pid=$!
}
# Its frames lost and reordered, into $lost and $reordered.
relay_ends() {
	[ -n "$relay_pid" ] || return 0
	kill "$relay_pid"
	wait "$relay_pid" 2>/dev/null
	relay_pid=
	read -r lost reordered <"$work/met"
}

# serve PORT COMMAND...: in the peer's namespace, until it listens.
serve() {
	local port=$1
	shift
	ip netns exec $there "$@" >"$work/server" 2>&1 &
	pids="$pids $!"
	until_true listens "$port" || {
		cat "$work/server"
		fail "does not listen: $*"
	}
}
listens() { [ -n "$(there ss -Hltn "sport = :$1")" ]; }
stop_servers() {
	local pid
	for pid in $pids; do
		kill "$pid" 2>/dev/null
	done
	for pid in $pids; do
		wait "$pid" 2>/dev/null
	done
	pids=
}

# pull ARGUMENT...: body into $work/got, JSON into $work/json.
pull() {
	here timeout 40 "$bin/peers_pull" -d 30 -o "$work/got" "$@" \
		>"$work/json" 2>"$work/err"
}
json() { jq -r "$1" "$work/json" | tail -n 1; }
# What tells a failed pull.
state() {
	cat "$work/err"
	tail -n 1 "$work/json" | cut -c 1-1200
}

# ends_with FILE: the last bytes that came are FILE.
ends_with() {
	cmp -s <(tail -c "$(stat -c %s "$1")" "$work/got") "$1"
}

# The kernel beside us never reset anything.
no_kernel_reset() {
	local resets
	resets=$(here awk '/^Tcp:/ { n++ } n == 1 && /^Tcp:/ {
		for (i = 1; i <= NF; i++) if ($i == "OutRsts") k = i; next }
		/^Tcp:/ { print $k }' /proc/net/snmp)
	[ "$resets" = 0 ] || fail "$1: the kernel sent $resets RST"
}

# What we may never do: acknowledge what did not come, a wrong checksum.
ours_wrong='tcp.analysis.ack_lost_segment || tcp.checksum.status == 0 ||
	ip.checksum.status == 0 || _ws.malformed'
# from_us OUR-ADDRESS: tshark's word for that.
from_us() {
	case $1 in
	*:*) echo "ipv6.src == $1" ;;
	*) echo "ip.src == $1" ;;
	esac
}
# judge NAME FILE OUR-ADDRESS FILTER: what tshark finds must be nothing.
judge() {
	local us
	us=$(from_us "$3")
	# What segments carry is compared elsewhere: tshark shall join nothing.
	tshark -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
		-o tcp.desegment_tcp_streams:FALSE -r "$2" \
		-Y "$us && ($ours_wrong) || tcp.len == 0 &&
		$us && tcp.flags.syn == 1 || $4" \
		>"$work/judged" 2>"$work/tshark"
	# Our SYN is there to show that there is a capture.
	grep -q '\[SYN\]' "$work/judged" ||
		fail "$1: nothing was captured: $(cat "$work/tshark")"
	[ "$(grep -vc '\[SYN\] Seq=0' "$work/judged")" = 0 ] ||
		fail "$1: tshark: $(grep -vc '\[SYN\] Seq=0' "$work/judged"):
$(grep -v '\[SYN\] Seq=0' "$work/judged" | head -n 5)"
}
# A clean path: nothing at all.  That the peer fills our window, and that we
# open it, is no fault.
judge_clean() {
	judge "$@" 'tcp.analysis.flags && !tcp.analysis.window_update &&
		!tcp.analysis.window_full'
}
# With loss: both sides repeat and tell what they miss; no more than that.  A
# peer whose own data waits for its timer may close its window, we do not.
judge_lossy() {
	judge "$@" "$(from_us "$3") && tcp.analysis.zero_window ||
		tcp.analysis.reused_ports ||
		tcp.analysis.keep_alive && tcp.len > 1"
}

# A busy machine may keep us from the processor for a while: let the peer not
# take that for a loss.
patient_peer() {
	there sysctl -qw net.ipv4.tcp_early_retrans=0
	ip -n $there route replace 10.9.0.0/24 dev vb rto_min 3s
	[ -z "$six" ] || ip -n $there route replace fd09::/64 dev vb rto_min 3s
}

# On a path that loses, its timeouts shall not make up the test's time.
quick_peer() {
	there sysctl -qw net.ipv4.tcp_early_retrans=3
	there sysctl -qw net.ipv4.tcp_rto_max_ms=1000 2>/dev/null
	ip -n $there route replace 10.9.0.0/24 dev vb rto_min 20ms
	[ -z "$six" ] || ip -n $there route replace fd09::/64 dev vb rto_min 20ms
}

# A row for docs/tcp.md; shown by ctest -V.
row() {
	jq -r --arg what "$1" '"| \($what) | \(.received) | \(
		.received * 8 / .total_ns * 100000 | round / 100) | \(
		.out_of_order) | \(.duplicates) | \(.retransmits) |"' \
		"$work/json" | sed 's/^/ROW /'
}

# ---- peers with a stack of their own, on vb --------------------------------

# Bodies of random bytes.
bodies_of_bytes() {
	head -c 10000000 /dev/urandom >"$work/10m"
	head -c 1000000 "$work/10m" >"$work/1m"
}
# The host there keeps out, and its GRO merges nothing of ours.
there_bare() {
	ip -n $there addr del 10.9.0.2/24 dev vb
	there sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip -n $there link set vb gro_max_size 1 || skip "no gro_max_size"
}
# start_peer COMMAND...: until it says "ready".
start_peer() {
	"$@" >"$work/server" 2>&1 &
	pids="$pids $!"
	until_true grep -q ready "$work/server" ||
		fail "does not get ready: $* $(cat "$work/server")"
}
# from_peer NAME PORT: the 10 MB, to anyone who says something.
from_peer() {
	pull $timeouts -i $via -w "$work/pcap" -r 'x\n' 10.9.0.2 "$2" || fail "$1: $(state)"
	cmp "$work/10m" "$work/got" || fail "$1: the body differs: $(state)"
	row "$1"
	judge_$path "$1" "$work/pcap" $ours
	no_kernel_reset "$1"
}
# to_peer_and_back NAME PORT [BODY]: 1 MB and our FIN, and all of it again.
to_peer_and_back() {
	local body=$work/${3:-1m}
	pull $timeouts -i $via -w "$work/pcap" -f "$body" -x shut 10.9.0.2 "$2" ||
		fail "$1: $(state)"
	cmp "$body" "$work/got" || fail "$1: the echo differs: $(state)"
	[ "$(json .outcome)" = finished ] || fail "$1: $(state)"
	row "$1"
	judge_$path "$1" "$work/pcap" $ours
	no_kernel_reset "$1"
}
