# SPDX-License-Identifier: BSD-2-Clause
# For tests of irl fetch: servers of both families, each behind a MAC of its
# own, in namespaces without uplink.  Sourced with $irl set; needs root, nginx
# and python3, exit 77 otherwise.
#
#   here                  gate                      far
#   va  10.9.0.1/24  ---  vb  10.9.0.2, fd09::2 --- 10.7.0.2, fd07::2
#       fd09::1/64        |  gateway of 10.7.0.0/16 and fd07::/64
#                         |- one: 10.9.0.20, fd09::20   (macvlan)
#                         `- two: 10.9.0.60, fd09::60
#
# Everywhere but here: nginx on port 80, whose page is "NAME FAMILY" with FAMILY
# 4 or 6, and over IPv6 $dir/large as /large; a banner "220 NAME" on port 25; on port 26, too, where it never
# closes.
PATH=/usr/sbin:/sbin:/usr/bin:/bin:$PATH
[ "$(id -u)" -eq 0 ] || {
	echo "skipped: needs root"
	exit 77
}
for tool in nginx python3 ethtool; do
	command -v $tool >/dev/null || {
		echo "skipped: needs $tool"
		exit 77
	}
done

dir=$(mktemp -d)
here=irlf-here-$$ gate=irlf-gate-$$ far=irlf-far-$$ one=irlf-one-$$ two=irlf-two-$$
servers=()
cleanup() {
	for pid in "${servers[@]}"; do
		kill "$pid" && wait "$pid"
	done 2>/dev/null
	for ns in $here $gate $far $one $two; do
		ip netns del $ns 2>/dev/null
	done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
failures=0
fail() {
	echo "$*"
	failures=$((failures + 1))
}
same_text() { [ "$1" = "$2" ] || fail "$3: '$1', expected '$2'"; }

# NAMESPACE DEVICE IPV4/LENGTH IPV6/LENGTH
up() {
	ip -n $1 addr add $3 dev $2 && ip -n $1 addr add $4 dev $2 nodad &&
		ip -n $1 link set $2 up
}
make_links() {
	for ns in $here $gate $far $one $two; do
		ip netns add $ns && ip -n $ns link set lo up || return
	done
	ip link add va netns $here type veth peer name vb netns $gate
	ip link add fa netns $gate type veth peer name fb netns $far
	ip -n $gate link add m1 link vb type macvlan mode bridge
	ip -n $gate link add m2 link vb type macvlan mode bridge
	ip -n $gate link set m1 netns $one
	ip -n $gate link set m2 netns $two
	up $here va 10.9.0.1/24 fd09::1/64 && up $gate vb 10.9.0.2/24 fd09::2/64 &&
		up $gate fa 10.7.0.1/16 fd07::1/64 &&
		up $far fb 10.7.0.2/16 fd07::2/64 &&
		up $one m1 10.9.0.20/24 fd09::20/64 &&
		up $two m2 10.9.0.60/24 fd09::60/64 || return
	ip netns exec $gate ethtool -K vb gro on >/dev/null
	ip netns exec $gate sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
	ip -n $here route add 10.7.0.0/16 via 10.9.0.2
	ip -n $here route add fd07::/64 via fd09::2
	ip -n $far route add 10.9.0.0/24 via 10.7.0.1
	ip -n $far route add fd09::/64 via fd07::1
}

cat >"$dir/banner.py" <<'END'
import select, socket, sys
def listen(port):
    return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
keeps, closes, kept = listen(26), listen(25), []
while True:
    for s in select.select([closes, keeps], [], [])[0]:
        c, _ = s.accept()
        c.sendall(b"220 " + sys.argv[1].encode() + b"\r\n")
        if s is keeps:
            kept.append(c)
        else:
            c.close()
END
# NAMESPACE NAME
serve() {
	mkdir "$dir/$2" && cat >"$dir/$2/conf" <<-END
		daemon off;
		master_process off;
		user root;
		pid $dir/$2/pid;
		error_log $dir/$2/error;
		events { worker_connections 512; }
		http {
			access_log off;
			client_body_temp_path $dir/$2/t1; proxy_temp_path $dir/$2/t2;
			fastcgi_temp_path $dir/$2/t3; uwsgi_temp_path $dir/$2/t4;
			scgi_temp_path $dir/$2/t5;
			server {
				listen 80;
				location / { return 200 "$2 4 \$http_host"; }
			}
			server {
				listen [::]:80 ipv6only=on;
				location / { return 200 "$2 6 \$http_host"; }
				location = /large { alias $dir/large; }
			}
		}
	END
	ip netns exec $1 nginx -c "$dir/$2/conf" -p "$dir/$2" 2>"$dir/$2/err" &
	servers+=($!)
	ip netns exec $1 python3 "$dir/banner.py" $2 &
	servers+=($!)
}
# NAMESPACE: both are there
await() {
	local end=$((SECONDS + 20))
	until ip netns exec $1 bash -c \
		': <>/dev/tcp/::1/80 <>/dev/tcp/127.0.0.1/80 <>/dev/tcp/::1/25' \
		2>/dev/null; do
		[ $SECONDS -lt $end ] || {
			echo "a server does not start: $(cat "$dir"/*/err)"
			exit 1
		}
		sleep 0.1
	done
}

make_links || {
	echo "skipped: no such links here"
	exit 77
}
for server in gate far one two; do
	serve ${!server} $server
done
for server in $gate $far $one $two; do
	await $server
done

fetch() { ip netns exec $here "$irl" fetch --allow-special all "$@"; }
# "IP BODY" or "IP STATUS" of each record, by IP.
pages() {
	python3 - "$1" <<-'END'
		import json, sys
		out = []
		for line in open(sys.argv[1]):
		    r = json.loads(line)
		    d = list(r["data"].values())[0]
		    text = d.get("result", {})
		    text = text.get("response", {}).get("body") or text.get("banner")
		    if text is None and r["tcp"]["outcome"].startswith("no_"):
		        text = r["tcp"]["outcome"]
		    out.append(r["ip"] + " " + (text or d["status"]).strip())
		print("\n".join(sorted(out)))
	END
}
number() { sed -n "s/^ *\"$1\": \([0-9.]*\),*$/\1/p" "$dir/meta" | head -1; }
