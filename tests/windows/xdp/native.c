// SPDX-License-Identifier: BSD-2-Clause
/* What the port "xdpwin" has on Linux: one interface, "va", over a wire that is
 * plain memory. */
#include <pthread.h>
#include <string.h>
#include "base/memory.h"
#include "port/port.h"
#include "wire.h"

#define IFINDEX 7

static struct {
	pthread_mutex_t lock;
	struct wire *wire;
	unsigned maps;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct wire *wire_map(void)
{
	struct wire *wire;

	pthread_mutex_lock(&shared.lock);
	if (!shared.maps++) {
		shared.wire = irl_memory_reserve(sizeof(*wire));
		shared.wire->ifindex = IFINDEX;
		shared.wire->mtu = 1500;
	}
	wire = shared.wire;
	pthread_mutex_unlock(&shared.lock);
	return wire;
}

void wire_unmap(struct wire *wire)
{
	pthread_mutex_lock(&shared.lock);
	if (!--shared.maps)
		irl_memory_give(wire, sizeof(*wire));
	pthread_mutex_unlock(&shared.lock);
}

int irl_port_describe(struct irl_port_info *info, const char *interface,
		      struct irl_error *err)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};

	if (strcmp(interface, "va"))
		return irl_error_set(err, IRL_ENODEV, "no such interface");
	strcpy(info->ifname, interface);
	memcpy(info->mac, mac, sizeof(mac));
	info->ifindex = IFINDEX;
	info->mtu = 1500;
	return 0;
}

const struct irl_port_kind irl_port_kinds[] = {
    {"xdpwin", irl_port_open_xdpwin},
    {0},
};
