# SPDX-License-Identifier: BSD-2-Clause
"""bench.py DIRECTORY: hold the reports of irl bench under Wine to what they must
have: every contender with frames that arrived, none lost on the way."""
import json
import os
import sys

BATCHES = (1, 4, 16, 64, 256, 1024)
TX = {("irlstack", b) for b in BATCHES} | {("pcap_sendqueue", b) for b in BATCHES}
TX |= {("sendto", 1), ("sendto_one", 1), ("wsasendto", 64),
       ("wsasendto_one", 64), ("pcap_sendpacket", 1)}
OUTSTANDING = (256, 1024, 4096, 16384)
TCP = {("connectex_one", 256), ("connectex", 64), ("connectex", 256),
       ("connectex", 1024)} | {("tcp", n) for n in OUTSTANDING}


def read(name):
    with open(os.path.join(sys.argv[1], name), encoding="utf-8") as file:
        text = file.read()
    return json.loads(text[text.index("{"):text.rindex("}") + 1])


def check(condition, *what):
    if not condition:
        sys.exit("FAIL: " + " ".join(map(str, what)))


def check_tx(report, wanted):
    seen = {(row["name"], row["batch"]): row for row in report["rows"]}
    check(set(seen) == wanted, "rows of tx:", sorted(set(seen) ^ wanted))
    for name, row in seen.items():
        check(row["mpps"] > 0, name, row)
        check(row["lost"] == 0, name, row)
        check(row["cores"] > 0, name, row)


def check_tcp(report, wanted):
    seen = {(row["name"], row["outstanding"]): row for row in report["rows"]}
    check(set(seen) == wanted, "rows of tcp:", sorted(set(seen) ^ wanted))
    for name, row in seen.items():
        check(row["connections_per_s"] > 0, name, row)


tx, tcp = read("tx"), read("tcp")
check_tx(tx, TX)
check_tcp(tcp, TCP)
# Wine 8 has no Registered I/O, and no XDP: told, not an error.
check(set(tx["not_available"]) == {"rio", "rio_one", "xdpwin"},
      tx.get("not_available"))
check(set(tcp["not_available"]) == {"tcp_xdpwin"}, tcp.get("not_available"))
check("irlstack/sendto" in tx["ratios"], tx["ratios"])
row = read("soak")["rows"][0]
# The cable was pulled and the adapter taken away meanwhile.
check(row["ports"] > 3 and row["accepted"] > 1000, row)
check(row["away"] > 0 and row["link_down"] > 0, row)
check(row["accepted"] < row["offered"], row)
# What was on the wire as the adapter went was told as not sent.
check(row["compared"] == row["accepted"] <= row["arrived"] <= row["offered"], row)

check_tx(read("xdp-tx"), {("xdpwin", b) for b in BATCHES})
check_tcp(read("xdp-tcp"), {("tcp_xdpwin", n) for n in OUTSTANDING})
row = read("xdp-soak")["rows"][0]
check(row["ports"] > 3 and row["away"] == 0, row)
check(row["compared"] == row["accepted"] == row["arrived"] > 1000, row)
