// SPDX-License-Identifier: BSD-2-Clause
/* libpcap's pcap_inject, as its manual page shows it. */
#ifdef IRL_HAVE_PCAP
#include <pcap/pcap.h>
#include <stdlib.h>
#include "bench/frames.h"
#include "bench/sender.h"
#include "bench/stage.h"

struct pcap_sender {
	pcap_t *pcap;
	struct bench_frames frames;
	uint8_t bytes[2048];
};

static void close_pcap(void *sender)
{
	struct pcap_sender *s = sender;

	if (s->pcap)
		pcap_close(s->pcap);
	free(s);
}

static int open_pcap(void **out, const struct bench_sender_options *options,
		     struct irl_error *err)
{
	struct pcap_sender *s = calloc(1, sizeof(*s));
	char text[PCAP_ERRBUF_SIZE] = "";
	struct bpf_program none;

	*out = NULL;
	if (!s)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	bench_frames_init(&s->frames, options->length, options->stage->near_mac,
			  options->stage->far_mac);
	s->pcap = pcap_create(options->ifname, text);
	if (!s->pcap || pcap_activate(s->pcap) < 0) {
		close_pcap(s);
		return irl_error_set(err, IRL_ESYSTEM, "libpcap: %s", text);
	}
	/* It sends only: what it would capture of its own frames is refused. */
	if (pcap_compile(s->pcap, &none, "less 1", 1, PCAP_NETMASK_UNKNOWN) ==
	    0) {
		pcap_setfilter(s->pcap, &none);
		pcap_freecode(&none);
	}
	*out = s;
	return 0;
}

static int send_pcap(void *sender)
{
	struct pcap_sender *s = sender;

	bench_frames_write(&s->frames, s->bytes);
	return pcap_inject(s->pcap, s->bytes, s->frames.length) > 0;
}

static int finish(void *sender)
{
	(void)sender;
	return 0;
}

const struct bench_sender bench_pcap = {
    .name = "pcap",
    .batch_max = 1,
    .batch_usual = 1,
    .open = open_pcap,
    .send = send_pcap,
    .finish = finish,
    .close = close_pcap,
};
#endif
