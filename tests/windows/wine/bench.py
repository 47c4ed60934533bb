# SPDX-License-Identifier: BSD-2-Clause
"""bench.py TX TCP SOAK: hold the reports of irl bench under Wine to what they must
have: every contender with frames that arrived, none lost on the way."""
import json
import sys

BATCHES = (1, 4, 16, 64, 256, 1024)
TX = {("irlstack", b) for b in BATCHES} | {("pcap_sendqueue", b) for b in BATCHES}
TX |= {("sendto", 1), ("sendto_one", 1), ("wsasendto", 64),
       ("wsasendto_one", 64), ("pcap_sendpacket", 1)}
TCP = {("connectex_one", 256), ("connectex", 64), ("connectex", 256),
       ("connectex", 1024)} | {("tcp", n) for n in (256, 1024, 4096, 16384)}


def read(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return json.loads(text[text.index("{"):text.rindex("}") + 1])


def rows(report, key):
    return {(row["name"], row[key]): row for row in report["rows"]}


def check(condition, *what):
    if not condition:
        sys.exit("FAIL: " + " ".join(map(str, what)))


tx, tcp, soak = map(read, sys.argv[1:4])
seen = rows(tx, "batch")
check(set(seen) == TX, "rows of tx:", sorted(set(seen) ^ TX))
for name, row in seen.items():
    check(row["mpps"] > 0, name, row)
    check(row["lost"] == 0, name, row)
    check(row["cores"] > 0, name, row)
# Wine 8 has no Registered I/O: told, not an error.
check(set(tx["not_available"]) == {"rio", "rio_one"}, tx.get("not_available"))
check("irlstack/sendto" in tx["ratios"], tx["ratios"])
seen = rows(tcp, "outstanding")
check(set(seen) == TCP, "rows of tcp:", sorted(set(seen) ^ TCP))
for name, row in seen.items():
    check(row["connections_per_s"] > 0, name, row)
check("not_available" not in tcp, tcp.get("not_available"))
row = soak["rows"][0]
# The cable was pulled and the adapter taken away meanwhile.
check(row["ports"] > 3 and row["accepted"] > 1000, row)
check(row["away"] > 0 and row["link_down"] > 0, row)
check(row["accepted"] < row["offered"], row)
# What was on the wire as the adapter went was told as not sent.
check(row["compared"] == row["accepted"] <= row["arrived"] <= row["offered"], row)
