#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Tests of this build under Debian's own kernel, in an emulated machine.
#   kernel.sh VM CACHE BUILD REGEX [EXCEPT]
# What is skipped there has not been shown: that fails.
set -uo pipefail
vm=$1 cache=$2 build=$3 regex=$4 except=${5:-^$}
out=$(mktemp)
trap 'rm -f "$out"' EXIT

"$vm" "$cache" env IRL_SOAK_FRAMES="${IRL_SOAK_FRAMES:-100000}" \
	ctest --test-dir "$build" -R "$regex" -E "$except" --timeout 600 --no-tests=error \
	--output-on-failure 2>&1 | tee "$out"
code=$?
if grep -q '\*\*\*Skipped' "$out"; then
	echo "FAILED: skipped where it should run"
	exit 1
fi
exit "$code"
