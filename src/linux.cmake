# SPDX-License-Identifier: BSD-2-Clause
# Sources that speak to Linux.  All others, but for *_windows.c, compile for
# every system.
set(IRL_LINUX_SOURCES
  base/ethtool.c base/netlink.c base/os_linux.c base/privilege.c base/quiet.c
  base/xdp_features.c
  net/address.c net/doctor_device.c net/doctor_kernel.c net/neighbour.c
  net/inquire_port_linux.c net/on_link_linux.c net/port_policy_linux.c
  net/route.c net/rules.c net/shell_linux.c net/sockets.c net/xdp.c
  port/describe.c port/groups.c port/kinds_linux.c port/link_queues.c
  port/link_tags.c port/live.c port/live_probe.c port/live_share.c
  port/packet.c port/packet_parts.c port/packet_tx.c port/share_door.c
  proto/digest_linux.c
  world/link.c world/responder.c world/run.c world/space.c world/world.c
  engine/device_linux.c engine/pin_linux.c)
