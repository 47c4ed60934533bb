#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# banners.sh BIN IRL: what servers say first, by peers_pull and by irl fetch, and
# 1 MB through Redis and from lighttpd; then all of them by irl fetch, over both
# families and ports, for each MTU of their side, with and without offloads.
# Servers that are not installed are named.
. "$(dirname "$0")/lib.sh" || exit
irl=$(realpath "$2")
need ethtool
lab
patient_peer
met=0
touch "$work/banner.all" "$work/raw.all" "$work/http.all"
# has PROGRAM: else a word about it.
has() {
	command -v "$1" >/dev/null && return
	echo "skipped in part: no $1"
	return 1
}

# says NAME PORT BANNER [ARGUMENT...]: exactly that, and it is counted.
says() {
	local name=$1 port=$2
	printf "$3" >"$work/banner"
	shift 3
	pull -w "$work/pcap" -u line "$@" 10.9.0.2 "$port" ||
		fail "$name: $(state)"
	cmp "$work/banner" "$work/got" || fail "$name: $(cat -v "$work/got")"
	judge_clean "$name" "$work/pcap" 10.9.0.1
	no_kernel_reset "$name"
	met=$((met + 1))
}
# greets NAME PORT BANNER: and so it does to irl fetch, at each later round.
greets() {
	says "$@"
	answers banner "$2" "$(base64 -w 0 "$work/banner")"
}
# fetched PROTOCOL PORT FIELD VALUE: in the record of irl fetch, without CR LF.
fetched() {
	here "$irl" fetch -i va --allow-special 10.9.0.0/24 --protocol "$1" -p "$2" \
		10.9.0.2 >"$work/record" 2>"$work/err" ||
		fail "irl fetch $1: $(cat "$work/err")"
	[ "$(jq -r "$3 | rtrimstr(\"\r\n\")" "$work/record")" = "$4" ] ||
		fail "irl fetch: $3 is not '$4': $(cat "$work/record")"
}

# answers PROTOCOL PORT ANSWER: in each later round.
answers() { echo "$2 $3" >>"$work/$1.all"; }
digest() { sha256sum | cut -c -64; }

ssh_server() {
	local version
	version=$(ssh -V 2>&1 | sed 's/[ ,].*//')
	ssh-keygen -q -t ed25519 -N '' -f "$work/key"
	printf '%s\n' "HostKey $work/key" "PidFile none" "UsePAM no" \
		"DebianBanner no" "VersionAddendum peer-$$" >"$work/sshd"
	# It wants its folder: in a /run of its own.
	serve 22 sh -c "mount -t tmpfs none /run && mkdir /run/sshd &&
		exec $(command -v sshd) -D -e -f $work/sshd"
	greets OpenSSH 22 "SSH-2.0-$version peer-$$\\r\\n"
}
smtp_server() {
	mkdir -p "$work/exim"
	chown Debian-exim "$work/exim" 2>/dev/null
	cat >"$work/exim.conf" <<-END
		primary_hostname = peer.test
		spool_directory = $work/exim
		log_file_path = $work/exim/log-%s
		smtp_banner = peer.test ESMTP peer-$$
		keep_environment =
	END
	serve 25 exim4 -bdf -C "$work/exim.conf" -oX 25 -oP "$work/exim.pid"
	greets Exim 25 "220 peer.test ESMTP peer-$$\\r\\n"
	pull -r 'QUIT\r\n' 10.9.0.2 25 || fail "Exim: $(state)"
	printf '220 peer.test ESMTP peer-%s\r\n221 peer.test %s\r\n' $$ \
		"closing connection" | cmp - "$work/got" || fail "Exim, QUIT"
}
ftp_server() {
	mkdir -p "$work/empty"
	printf '%s\n' listen=NO listen_ipv6=YES background=NO listen_port=21 \
		ftpd_banner=peer-$$ secure_chroot_dir="$work/empty" \
		nopriv_user=nobody seccomp_sandbox=NO >"$work/vsftpd.conf"
	serve 21 vsftpd "$work/vsftpd.conf"
	greets vsftpd 21 "220 peer-$$\\r\\n"
}
redis_server() {
	serve 6379 redis-server --port 6379 --save '' --protected-mode no \
		--dir "$work" --daemonize no
	says Redis 6379 '+PONG\r\n' -r 'PING\r\n'
	head -c 1000000 /dev/urandom >"$work/1m"
	{ cat "$work/1m" && printf '\r\n'; } >"$work/1m-line"
	pull -w "$work/pcap" -r '*2\r\n$4\r\nECHO\r\n$1000000\r\n' \
		-f "$work/1m-line" -u 1000012 10.9.0.2 6379 || fail "Redis: $(state)"
	{ printf '$1000000\r\n' && cat "$work/1m-line"; } |
		cmp - "$work/got" || fail "Redis: the echo differs: $(state)"
	row "1 MB to Redis and back"
	judge_clean "Redis, echo" "$work/pcap" 10.9.0.1
	# A question of several segments, and an end.
	head -c 20000 "$work/1m" >"$work/20k"
	{
		printf '*2\r\n$4\r\nECHO\r\n$20000\r\n'
		cat "$work/20k"
		printf '\r\n*1\r\n$4\r\nQUIT\r\n'
	} >"$work/request"
	answers raw 6379 "$({ printf '$20000\r\n' && cat "$work/20k" &&
		printf '\r\n+OK\r\n'; } | digest)"
}
http_server() {
	mkdir -p "$work/www"
	head -c 1000000 /dev/urandom >"$work/www/1m"
	head -c 2000000 /dev/urandom >"$work/www/2m"
	printf '%s\n' "server.document-root = \"$work/www\"" \
		"server.port = 80" "server.tag = \"peer-$$\"" \
		'$SERVER["socket"] == "[::]:80" { }' >"$work/lighttpd"
	serve 80 lighttpd -D -f "$work/lighttpd"
	pull -w "$work/pcap" -r 'GET /1m HTTP/1.0\r\n\r\n' 10.9.0.2 80 ||
		fail "lighttpd: $(state)"
	ends_with "$work/www/1m" || fail "lighttpd: the body differs: $(state)"
	judge_clean lighttpd "$work/pcap" 10.9.0.1
	fetched http 80 '.data.http.result.response.headers.server[0]' "peer-$$"
	answers http 80 "$(digest <"$work/www/2m")"
	met=$((met + 1))
}

# answer PROTOCOL RECORD: "IP PORT ANSWER" of each, or how its connection ended.  A
# busy machine has us send a segment again, a link that does not take it dozens.
answer() {
	jq -r --arg protocol "$1" '"\(.ip) \(.port) \(.tcp as $tcp |
		.data[].result | if $tcp.retransmits > 5 then
			"sent again: \($tcp.retransmits)"
		elif $protocol == "banner" then .banner // "" | @base64
		else .sha256 // .response.body_sha256 // $tcp.outcome end)"' \
		"$2" | sort
}
# round PORT PROTOCOL ARGUMENT...: all servers of a protocol, by both families if
# the link carries them, each byte by byte.
round() {
	local name="$with, $1, $2" file=$work/$1.$2 kind=$1 protocol=$2 ip port what
	shift 2
	[ -s "$work/$protocol.all" ] || return 0
	while read -r port what; do
		for ip in $families; do
			echo "$ip,,,$port" >&3
			echo "$ip $port $what"
		done
	done <"$work/$protocol.all" 3>"$file.list" | sort >"$file.expected"
	here "$irl" fetch -i va --allow-special all -f "$file.list" -r 0 \
		--max-per-host 8 --port "$kind" --protocol "$protocol" --sha256 \
		--max-body 64K "$@" \
		>"$file.record" 2>"$file.err" || fail "$name: $(cat "$file.err")"
	answer "$protocol" "$file.record" | diff "$file.expected" - ||
		fail "$name: not what was to come"
}
# rounds: one of each protocol, by night by both ports; a banner takes half a
# second of silence, so that the others go on meanwhile.
rounds() {
	local banner
	(failed=0 && round live banner && exit $failed) &
	banner=$!
	round live raw --request "$work/request"
	round live http --http-path /2m
	if [ $offload = on ] || [ -n "${IRL_NIGHTLY:-}" ]; then
		round packet http --http-path /2m -S 10.9.0.7,fd09::7
	fi
	wait $banner || failed=1
	[ -n "${IRL_NIGHTLY:-}" ] || return 0
	round packet banner -S 10.9.0.7,fd09::7
	round packet raw --request "$work/request" -S 10.9.0.7,fd09::7
}
has sshd && ssh_server
has exim4 && smtp_server
has vsftpd && ftp_server
has redis-server && redis_server
has lighttpd && http_server
[ $met != 0 ] || skip "none of the servers is here"
lab_ipv6
families="10.9.0.2 fd09::2"
# IPv6 goes away with a link of less than 1280, so that comes last.
for mtu in 1400 1500 9000 576; do
	ip -n $there link set vb mtu $mtu
	[ $mtu != 576 ] || families=10.9.0.2
	for offload in on off; do
		there ethtool -K vb tso $offload gso $offload 2>/dev/null
		here ethtool -K va gro $offload
		with="MTU $mtu, TSO, GSO and GRO $offload"
		rounds
	done
done
echo "$met servers met"
exit $failed
