#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# node.sh ANSWER FOLDER: what Node.js makes of a response (its parser is
# llhttp), ours makes as well: status, headers, body, trailers.  Where Node
# refuses, we may be more patient.  No network: a Unix socket.
set -eu
command -v node >/dev/null || exit 77
exec node "$(dirname "$0")/node.js" "$1" "$2"
