#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# banners.sh BIN IRL: what servers say first, by peers_pull and by irl fetch, and
# 1 MB through Redis and from lighttpd.  Servers that are not installed are named.
. "$(dirname "$0")/lib.sh"
irl=$2
lab
patient_peer
met=0
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
# fetched PROTOCOL PORT FIELD VALUE: in the record of irl fetch, without CR LF.
fetched() {
	here "$irl" fetch -i va --allow-special 10.9.0.0/24 --protocol "$1" -p "$2" \
		10.9.0.2 >"$work/record" 2>"$work/err" ||
		fail "irl fetch $1: $(cat "$work/err")"
	[ "$(jq -r "$3 | rtrimstr(\"\r\n\")" "$work/record")" = "$4" ] ||
		fail "irl fetch: $3 is not '$4': $(cat "$work/record")"
}

ssh_server() {
	local version
	version=$(ssh -V 2>&1 | sed 's/[ ,].*//')
	ssh-keygen -q -t ed25519 -N '' -f "$work/key"
	printf '%s\n' "HostKey $work/key" "PidFile none" "UsePAM no" \
		"DebianBanner no" "VersionAddendum peer-$$" >"$work/sshd"
	# It wants its folder: in a /run of its own.
	serve 22 sh -c "mount -t tmpfs none /run && mkdir /run/sshd &&
		exec $(command -v sshd) -D -e -f $work/sshd"
	says OpenSSH 22 "SSH-2.0-$version peer-$$\\r\\n"
	fetched banner 22 .data.banner.result.banner "SSH-2.0-$version peer-$$"
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
	says Exim 25 "220 peer.test ESMTP peer-$$\\r\\n"
	fetched banner 25 .data.banner.result.banner "220 peer.test ESMTP peer-$$"
	pull -r 'QUIT\r\n' 10.9.0.2 25 || fail "Exim: $(state)"
	printf '220 peer.test ESMTP peer-%s\r\n221 peer.test %s\r\n' $$ \
		"closing connection" | cmp - "$work/got" || fail "Exim, QUIT"
}
ftp_server() {
	mkdir -p "$work/empty"
	printf '%s\n' listen=YES background=NO listen_port=21 \
		ftpd_banner=peer-$$ secure_chroot_dir="$work/empty" \
		nopriv_user=nobody seccomp_sandbox=NO >"$work/vsftpd.conf"
	serve 21 vsftpd "$work/vsftpd.conf"
	says vsftpd 21 "220 peer-$$\\r\\n"
	fetched banner 21 .data.banner.result.banner "220 peer-$$"
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
}
http_server() {
	mkdir -p "$work/www"
	head -c 1000000 /dev/urandom >"$work/www/1m"
	printf '%s\n' "server.document-root = \"$work/www\"" \
		"server.port = 80" "server.tag = \"peer-$$\"" >"$work/lighttpd"
	serve 80 lighttpd -D -f "$work/lighttpd"
	pull -w "$work/pcap" -r 'GET /1m HTTP/1.0\r\n\r\n' 10.9.0.2 80 ||
		fail "lighttpd: $(state)"
	ends_with "$work/www/1m" || fail "lighttpd: the body differs: $(state)"
	judge_clean lighttpd "$work/pcap" 10.9.0.1
	fetched http 80 '.data.http.result.response.headers.server[0]' "peer-$$"
	met=$((met + 1))
}

has sshd && ssh_server
has exim4 && smtp_server
has vsftpd && ftp_server
has redis-server && redis_server
has lighttpd && http_server
[ $met != 0 ] || skip "none of the servers is here"
echo "$met servers met"
exit $failed
