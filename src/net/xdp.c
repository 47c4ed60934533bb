// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "base/netlink.h"
#include "base/quiet.h"
#include "base/xdp_features.h"
#include "net/xdp.h"

/* Linux 5.18 */
#ifndef BPF_F_TEST_XDP_LIVE_FRAMES
#define BPF_F_TEST_XDP_LIVE_FRAMES (1U << 1)
#endif

/* ---- what is attached -------------------------------------------------- */

static int visit_attached(void *context, const struct nlmsghdr *message)
{
	static const char *const mode[] = {"", "driver", "generic", "offloaded",
					   "several"};
	struct net_xdp_attached *out = context;
	const struct nlattr *link[IFLA_XDP + 1], *xdp[IFLA_XDP_PROG_ID + 1];
	uint8_t how;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	irl_netlink_attributes(message, sizeof(struct ifinfomsg), link,
			       IFLA_XDP + 1);
	irl_netlink_nested(link[IFLA_XDP], xdp, IFLA_XDP_PROG_ID + 1);
	how = irl_netlink_u8(xdp[IFLA_XDP_ATTACHED]);
	if (how == XDP_ATTACHED_NONE)
		return 0;
	out->mode = how < sizeof(mode) / sizeof(mode[0]) ? mode[how] : "?";
	/* several: the one id is absent; any number but 0 says "attached" */
	out->prog_id = irl_netlink_u32(xdp[IFLA_XDP_PROG_ID]);
	if (!out->prog_id)
		out->prog_id = UINT32_MAX;
	return 0;
}

static void read_name(struct net_xdp_attached *out)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(out->prog_id);

	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		snprintf(out->name, sizeof(out->name), "%s", info.name);
	close(fd);
}

int net_xdp_attached(unsigned ifindex, struct net_xdp_attached *out)
{
	struct irl_netlink request;
	struct ifinfomsg *link;
	int result;

	memset(out, 0, sizeof(*out));
	link = irl_netlink_init(&request, RTM_GETLINK, 0, sizeof(*link));
	link->ifi_index = (int)ifindex;
	result = irl_netlink_call(NETLINK_ROUTE, &request, visit_attached, out);
	if (result == 0 && out->prog_id)
		read_name(out);
	return result;
}

/* ---- trying ------------------------------------------------------------ */

/* "return @value", as a program of @type; a descriptor or -errno. */
static int load_return(enum bpf_prog_type type, int value,
		       const struct bpf_prog_load_opts *options)
{
	const struct bpf_insn program[] = {
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = value},
	    {.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(type, "irl_doctor", "GPL", program, 2, options);
}

int net_xdp_try(unsigned ifindex, uint64_t *features)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	int program = load_return(BPF_PROG_TYPE_XDP, XDP_PASS, NULL);
	int link;

	if (program < 0)
		return program;
	link = bpf_link_create(program, (int)ifindex, BPF_XDP, &options);
	close(program);
	if (link < 0)
		return link;
	if (irl_xdp_features(ifindex, features) < 0)
		*features = UINT64_MAX;
	close(link); /* detaches */
	return 0;
}

int net_xdp_try_live(bool *jited)
{
	uint8_t frame[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
		    .data_size_in = sizeof(frame), .repeat = 1,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);
	int program = load_return(BPF_PROG_TYPE_XDP, XDP_DROP, NULL);
	int result;

	*jited = false;
	if (program < 0)
		return program;
	if (!bpf_obj_get_info_by_fd(program, &info, &size))
		*jited = info.jited_prog_len > 0;
	result = bpf_prog_test_run_opts(program, &options);
	close(program);
	return result < 0 ? result : 0;
}

static int find_tracepoint(void)
{
	int id;

	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return -ENOENT;
	/* it would complain aloud */
	irl_quiet_begin();
	id = libbpf_find_vmlinux_btf_id("xdp_devmap_xmit", BPF_TRACE_RAW_TP);
	irl_quiet_end();
	return id;
}

int net_xdp_try_trace(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options,
		    .expected_attach_type = BPF_TRACE_RAW_TP);
	int id = find_tracepoint(), program, attached;

	if (id < 0)
		return id;
	options.attach_btf_id = (uint32_t)id;
	program = load_return(BPF_PROG_TYPE_TRACING, 0, &options);
	if (program < 0)
		return program;
	attached = bpf_raw_tracepoint_open(NULL, program);
	close(program);
	if (attached < 0)
		return attached;
	close(attached);
	return 0;
}
