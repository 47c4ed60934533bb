#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# analyze-fail.sh SCRIPT DIRECTORY FILE: both analysers find FILE's fault.
set -eu
if log=$("$1" --analyze "$2/faulty" "$3" 2>&1); then
	echo "no finding in $3"
	exit 1
fi
for finding in analyzer-null-dereference core.NullDereference; do
	grep -qF -- "$finding" <<<"$log" && continue
	echo "not found: $finding"
	echo "$log"
	exit 1
done
