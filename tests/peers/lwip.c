// SPDX-License-Identifier: BSD-2-Clause
/*
 * lwIP as a peer: 10.9.0.2 on an interface that has no address.  Port 7 sends
 * back what comes until its end; port 9 sends a file to whoever has sent
 * anything, and closes.  One thread: the library's raw API.
 *
 *   lwip INTERFACE FILE
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
/* Last: it has names of the socket interface too. */
#include <lwip/init.h>
#include <lwip/tcp.h>
#include <lwip/etharp.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

struct served {
	struct pbuf *held; /* to be sent back */
	uint32_t done;     /* of the file */
	bool echo, ended;
};

static int port;
static uint8_t *file;
static uint32_t file_bytes;

/* ---- connections -------------------------------------------------------- */

static void send_held(struct tcp_pcb *pcb, struct served *s)
{
	while (s->held && s->held->len <= tcp_sndbuf(pcb)) {
		struct pbuf *first = s->held;
		uint16_t n = first->len;

		if (tcp_write(pcb, first->payload, n, TCP_WRITE_FLAG_COPY))
			return;
		s->held = first->next;
		if (s->held)
			pbuf_ref(s->held);
		pbuf_free(first);
		tcp_recved(pcb, n);
	}
}

static void send_file(struct tcp_pcb *pcb, struct served *s)
{
	while (s->done < file_bytes) {
		uint32_t n = file_bytes - s->done;

		if (n > tcp_sndbuf(pcb))
			n = tcp_sndbuf(pcb);
		if (n > 1448)
			n = 1448;
		if (!n || tcp_write(pcb, file + s->done, (uint16_t)n,
				    TCP_WRITE_FLAG_COPY))
			return;
		s->done += n;
	}
	s->ended = true;
}

static err_t go_on(struct tcp_pcb *pcb, struct served *s)
{
	if (s->echo)
		send_held(pcb, s);
	else
		send_file(pcb, s);
	if (s->ended && !s->held && !tcp_close(pcb)) {
		tcp_arg(pcb, NULL);
		tcp_recv(pcb, NULL);
		tcp_sent(pcb, NULL);
		tcp_err(pcb, NULL);
		free(s);
		return ERR_OK;
	}
	return tcp_output(pcb);
}

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct served *s = arg;

	(void)err;
	if (!p) {
		s->ended = true;
	} else if (!s->echo) {
		tcp_recved(pcb, p->tot_len);
		pbuf_free(p);
	} else if (s->held) {
		pbuf_cat(s->held, p);
	} else {
		s->held = p;
	}
	return go_on(pcb, s);
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t n)
{
	(void)n;
	return go_on(pcb, arg);
}

static void on_error(void *arg, err_t err)
{
	struct served *s = arg;

	(void)err;
	if (s->held)
		pbuf_free(s->held);
	free(s);
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct served *s = err ? NULL : calloc(1, sizeof(*s));

	if (!s)
		return ERR_MEM;
	s->echo = arg != NULL;
	tcp_arg(pcb, s);
	tcp_recv(pcb, on_recv);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	return ERR_OK;
}

static void listen_on(uint16_t number, void *echo)
{
	struct tcp_pcb *pcb = tcp_new();

	if (!pcb || tcp_bind(pcb, IP_ADDR_ANY, number)) {
		fprintf(stderr, "lwip: port %u\n", number);
		exit(1);
	}
	pcb = tcp_listen(pcb);
	tcp_arg(pcb, echo);
	tcp_accept(pcb, on_accept);
}

/* ---- the interface ------------------------------------------------------ */

static void open_port(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(name)};
	struct packet_mreq all = {.mr_ifindex = at.sll_ifindex,
				  .mr_type = PACKET_MR_PROMISC};
	int one = 1, bytes = 8 << 20;

	port = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (port < 0 || !at.sll_ifindex ||
	    setsockopt(port, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		       sizeof(one)) ||
	    setsockopt(port, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
		       sizeof(all)) ||
	    setsockopt(port, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		       sizeof(bytes)) ||
	    bind(port, (struct sockaddr *)&at, sizeof(at))) {
		perror(name);
		exit(1);
	}
}

static err_t transmit(struct netif *netif, struct pbuf *p)
{
	uint8_t frame[1514];

	(void)netif;
	if (p->tot_len > sizeof(frame))
		return ERR_BUF;
	pbuf_copy_partial(p, frame, p->tot_len, 0);
	return send(port, frame, p->tot_len, 0) < 0 ? ERR_IF : ERR_OK;
}

static err_t init_netif(struct netif *netif)
{
	static const uint8_t mac[6] = {2, 0, 0, 9, 0, 2};

	memcpy(netif->name, "pe", 2);
	memcpy(netif->hwaddr, mac, 6);
	netif->hwaddr_len = 6;
	netif->mtu = 1500;
	netif->output = etharp_output;
	netif->linkoutput = transmit;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP |
		       NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
	return ERR_OK;
}

static void receive(struct netif *netif)
{
	uint8_t frame[1514];
	ssize_t n;

	while ((n = recv(port, frame, sizeof(frame), MSG_DONTWAIT)) > 0) {
		struct pbuf *p = pbuf_alloc(PBUF_RAW, (uint16_t)n, PBUF_RAM);

		if (!p)
			return;
		pbuf_take(p, frame, (uint16_t)n);
		if (netif->input(p, netif))
			pbuf_free(p);
	}
}

static void read_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		perror(path);
		exit(1);
	}
	file_bytes = (uint32_t)st.st_size;
	file = malloc(file_bytes);
	if (!file || read(fd, file, file_bytes) != (ssize_t)file_bytes)
		exit(1);
	close(fd);
}

int main(int argc, char **argv)
{
	static struct netif netif;
	ip4_addr_t address, mask, gateway;
	struct pollfd wait = {.events = POLLIN};

	if (argc != 3) {
		fprintf(stderr, "lwip INTERFACE FILE\n");
		return 2;
	}
	read_file(argv[2]);
	open_port(argv[1]);
	lwip_init();
	IP4_ADDR(&address, 10, 9, 0, 2);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	IP4_ADDR(&gateway, 0, 0, 0, 0);
	netif_add(&netif, &address, &mask, &gateway, NULL, init_netif,
		  ethernet_input);
	netif_set_default(&netif);
	netif_set_up(&netif);
	listen_on(7, &netif);
	listen_on(9, NULL);
	puts("ready");
	fflush(stdout);
	for (wait.fd = port;;) {
		uint32_t ms = sys_timeouts_sleeptime();

		poll(&wait, 1, ms < 100 ? (int)ms : 100);
		receive(&netif);
		sys_check_timeouts();
	}
}
