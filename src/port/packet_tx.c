// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <irl/privilege.h>
#include "port/packet_tx.h"

#define SEND_BUFFER (4 << 20)

/* ---- open and close ---------------------------------------------------- */

int irl_packet_bind(int fd, unsigned ifindex, int protocol)
{
	struct sockaddr_ll address = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons((uint16_t)protocol),
	    .sll_ifindex = (int)ifindex,
	};

	return bind(fd, (struct sockaddr *)&address, sizeof(address));
}

int irl_packet_socket(struct irl_error *err)
{
	/* Protocol 0: nothing arrives before it is bound. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 && errno == EPERM &&
	    irl_privilege_check(IRL_PRIVILEGE_NET_RAW, err))
		return -IRL_EPERM;
	if (fd < 0)
		return irl_error_errno(err, errno, "AF_PACKET socket");
	return fd;
}

static int make_messages(struct irl_packet_tx *tx, unsigned max,
			 struct irl_error *err)
{
	tx->messages = calloc(max, sizeof(*tx->messages));
	tx->vectors = calloc(max, sizeof(*tx->vectors));
	if (!tx->messages || !tx->vectors)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (unsigned i = 0; i < max; i++) {
		tx->messages[i].msg_hdr.msg_iov = &tx->vectors[i];
		tx->messages[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}

int irl_packet_tx_open(struct irl_packet_tx *tx,
		       const struct irl_port_info *info, unsigned max,
		       struct irl_error *err)
{
	int one = 1, bytes = SEND_BUFFER;

	*tx = (struct irl_packet_tx){.fd = irl_packet_socket(err),
				     .ifindex = info->ifindex};
	if (tx->fd < 0)
		return tx->fd;
	if (setsockopt(tx->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
		       sizeof(one)))
		return irl_error_errno(err, errno, "PACKET_QDISC_BYPASS");
	/* Beyond wmem_max it takes CAP_NET_ADMIN; less works as well. */
	if (setsockopt(tx->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes,
		       sizeof(bytes)))
		setsockopt(tx->fd, SOL_SOCKET, SO_SNDBUF, &bytes,
			   sizeof(bytes));
	if (irl_packet_bind(tx->fd, info->ifindex, 0))
		return irl_error_errno(err, errno, "bind to %s", info->ifname);
	return make_messages(tx, max, err);
}

void irl_packet_tx_close(struct irl_packet_tx *tx)
{
	if (tx->fd >= 0)
		close(tx->fd);
	free(tx->messages);
	free(tx->vectors);
	*tx = (struct irl_packet_tx){.fd = -1};
}

/* ---- send -------------------------------------------------------------- */

/*
 * Why the device took no frame.  A driver's refusal and a link without carrier
 * both come as ENOBUFS, so ask for the carrier itself.
 */
static enum irl_tx_status why_refused(int fd, unsigned ifindex)
{
	struct ethtool_value link = {.cmd = ETHTOOL_GLINK};
	struct ifreq request = {.ifr_ifindex = (int)ifindex};

	if (ioctl(fd, SIOCGIFNAME, &request) < 0)
		return IRL_TX_GONE;
	request.ifr_data = (char *)&link;
	if (ioctl(fd, SIOCETHTOOL, &request) < 0)
		return errno == ENODEV ? IRL_TX_GONE : IRL_TX_FULL;
	return link.data ? IRL_TX_FULL : IRL_TX_LINK_DOWN;
}

static enum irl_tx_status status_of(int errnum, int fd, unsigned ifindex)
{
	switch (errnum) {
	case ENOBUFS:
		return why_refused(fd, ifindex);
	case EAGAIN:
	case ENOMEM: /* for a socket buffer, just now */
		return IRL_TX_FULL;
	case ENETDOWN:
		return IRL_TX_LINK_DOWN;
	case ENXIO:
	case ENODEV:
		return IRL_TX_GONE;
	case EMSGSIZE:
		return IRL_TX_LENGTH;
	case EINTR:
		return IRL_TX_UNSENT;
	default:
		return IRL_TX_REFUSED;
	}
}

/* Whether the cause lies in this frame, so that the next may fare better. */
static bool is_of_frame(enum irl_tx_status status)
{
	return status == IRL_TX_LENGTH || status == IRL_TX_REFUSED;
}

void irl_packet_tx_send(struct irl_packet_tx *tx,
			const struct irl_frame frames[], unsigned count,
			enum irl_tx_status status[])
{
	unsigned done = 0;

	for (unsigned i = 0; i < count; i++) {
		tx->vectors[i].iov_base = frames[i].data;
		tx->vectors[i].iov_len = frames[i].length;
	}
	while (done < count) {
		int n = sendmmsg(tx->fd, tx->messages + done, count - done,
				 MSG_DONTWAIT);
		enum irl_tx_status why;

		for (int i = 0; i < n; i++)
			status[done++] = IRL_TX_ACCEPTED;
		if (n > 0)
			continue; /* the next call tells why it ended here */
		why = status_of(n ? errno : EAGAIN, tx->fd, tx->ifindex);
		status[done++] = why;
		/* In order: frames behind a full ring would find it full. */
		while (done < count && !is_of_frame(why))
			status[done++] = why;
	}
}
