#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples.sh SOURCE-DIR BUILD-DIR CC: install into a fresh prefix, build the
# examples against what was installed, shared and static, and run them far
# enough to see that they load.
set -eu
source=$1
build=$2
cc=$3
prefix=$build/installed
rm -rf "$prefix"
cmake --install "$build" --prefix "$prefix" >/dev/null
fail() {
	echo "examples: $*" >&2
	exit 1
}

pc=$(find "$prefix" -name irlstack.pc)
[ -n "$pc" ] || fail "no irlstack.pc was installed"
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
lib=$(pkg-config --variable=libdir irlstack)
[ "$(cd "$lib" && pwd)" = "$(cd "$(dirname "$pc")/.." && pwd)" ] ||
	fail "irlstack.pc names $lib, but lies in $pc"
strict="-std=c11 -D_DEFAULT_SOURCE -Wall -Wextra -Wconversion -Wshadow -Werror"

# Every public header stands on its own.
for header in "$prefix"/include/irl/*.h; do
	echo "#include <irl/$(basename "$header")>" |
		$cc $strict $(pkg-config --cflags irlstack) -fsyntax-only -x c - ||
		fail "$header needs another header first"
done

# A user's program with nothing but the public interface.
for name in sender scanner tcp; do
	$cc $strict "$source/examples/$name.c" -o "$prefix/$name-shared" \
		$(pkg-config --cflags --libs irlstack)
	$cc $strict "$source/examples/$name.c" -o "$prefix/$name-static" \
		-static $(pkg-config --static --cflags --libs irlstack)
	readelf -d "$prefix/$name-shared" | grep -q 'NEEDED.*\[libirlstack\.so\.' ||
		fail "$name-shared does not name the library by its soname"
	for program in "$name-shared" "$name-static"; do
		status=0
		said=$(LD_LIBRARY_PATH="$lib" "$prefix/$program" 2>&1) ||
			status=$?
		[ $status -eq 1 ] || fail "$program exits with $status, not 1"
		case $said in
		"$name "*) ;;
		*) fail "$program says '$said' instead of its usage" ;;
		esac
	done
done

# One of them needs neither a network nor a privilege.
for program in tcp-shared tcp-static; do
	LD_LIBRARY_PATH="$lib" "$prefix/$program" 10.1.2.3 80 >"$prefix/$program.page" \
		2>"$prefix/said" || fail "$program says $(cat "$prefix/said")"
	[ "$(cat "$prefix/said")" = "finished after 60 ms" ] ||
		fail "$program says $(cat "$prefix/said")"
done
cmp "$prefix/tcp-shared.page" "$prefix/tcp-static.page" || fail "two pages"
awk '
	{ bytes += length($0) + 1 }
	/^Content-Length:/ { want = $2 + 0 }
	$0 == "\r" && !head { head = bytes }
	END { exit !(want && bytes - head >= want && bytes - head <= want + 1) }
	' "$prefix/tcp-static.page" || fail "not a whole page"

"$prefix/bin/irl" help >/dev/null || fail "the installed irl does not run"
completion=$prefix/share/bash-completion/completions/irl
bash -c 'set -eu; . "$1"; complete -p irl' - "$completion" | grep -q -- '-F _irl' ||
	fail "no completion for bash in $completion"
for page in irl irl-scan irl-world irl-doctor; do
	test -s "$prefix/share/man/man1/$page.1" || fail "no man page $page(1)"
done
