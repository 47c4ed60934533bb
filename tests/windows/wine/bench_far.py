# SPDX-License-Identifier: BSD-2-Clause
"""Ask irl bench far at 10.1.0.1 as irl bench does: what is sent to its range is
counted, to the datagram, its server answers, and words of others end it."""
import socket
import struct
import sys
import time

FAR, ASKED, GOAL = "10.1.0.1", 40009, 40010


def connect(deadline):
    while True:
        try:
            return socket.create_connection((FAR, ASKED), 1)
        except OSError:
            if time.monotonic() > deadline:
                sys.exit("FAIL: no far end")
            time.sleep(0.2)


def ask(channel, line):
    channel.settimeout(10)
    channel.sendall(line)
    return channel.recv(256).decode().split()


def check(condition, *what):
    if not condition:
        sys.exit("FAIL: " + " ".join(map(str, what)))


def get():
    """A request to the server: what a scan meets, whoever asks for counts."""
    tcp = socket.create_connection(("10.65.0.1", GOAL), 10)
    tcp.sendall(b"GET / HTTP/1.1\r\n\r\n")
    check(tcp.recv(100).startswith(b"HTTP/1.1 200"), "no answer")
    tcp.close()


stranger = connect(time.monotonic() + 40)
check(ask(stranger, b"GET / HTTP/1.1\r\n") == [], "it answers strangers")
stranger.close()
get()

channel = connect(time.monotonic() + 10)
hello = ask(channel, b"irl-bench 1\n")
check(hello[:2] == ["irl-bench", "1"], hello)
check(hello[3:] == [str(0x0A400000), str(1 << 22)], hello)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(2000):
    udp.sendto(b"irlbench" + struct.pack(">I", n) + bytes(6),
               (f"10.64.{n // 250}.{n % 250}", GOAL))
    if n % 100 == 99:
        time.sleep(0.01)
udp.sendto(b"somebody's datagram", ("10.64.0.1", GOAL))
get()
for _ in range(50):
    count = ask(channel, b"count\n")
    if count[1] == "2000":
        break
    time.sleep(0.1)
check(count[:4] == ["counted", "2000", "0", "1"], count)
# A request that is late is sent again, and answered again.
check(int(count[4]) >= 1, count)
