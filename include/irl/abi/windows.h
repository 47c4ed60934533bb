/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * What a program and the driver irlstackp.sys say to each other (Windows).
 *
 * A handle on IRL_WIN_DEVICE is one queue of one adapter: BIND it, then
 *  - WriteFile sends a buffer of frames in one call below the host's stack;
 *  - ReadFile receives a buffer of frames that STEER made ours;
 *  - several of each may be outstanding (overlapped), up to what BIND gave.
 * Cancelling a send, or closing the last handle, calls back the frames that
 * wait in the adapter's queue.  The send completes when the adapter has given
 * back each: STATUS_CANCELLED (ERROR_OPERATION_ABORTED) if any was called back,
 * or else as without cancelling.
 * Administrators only.  Whatever a program sends, the driver checks: a false
 * buffer is refused as a whole, none of its frames is sent.
 *
 * A buffer of frames, both ways:
 *
 *     struct irl_win_frame, length bytes, padding to IRL_WIN_ALIGN, again
 *
 * The buffer begins at such a header and may end without the last padding.
 * Everything here has fixed width and no pointers, so a 32-bit program talks
 * to a 64-bit driver.  A layout changes only with IRL_WIN_VERSION; each
 * request carries the version, the driver refuses others with
 * STATUS_REVISION_MISMATCH (ERROR_REVISION_MISMATCH).
 */
#ifndef IRL_ABI_WINDOWS_H
#define IRL_ABI_WINDOWS_H

#include <stddef.h>
#include <stdint.h>
#include <irl/steer.h>

#define IRL_WIN_VERSION 2
#define IRL_WIN_DEVICE "\\\\.\\IRLstackP"

#define IRL_WIN_ALIGN 8u
#define IRL_WIN_BATCH_MAX 4096u        /* frames of one buffer */
#define IRL_WIN_FRAMES_MAX 32768u      /* of one handle, outstanding */
#define IRL_WIN_REQUESTS_MAX 256u      /* of one handle, outstanding */
#define IRL_WIN_BUFFER_MAX (64u << 20) /* bytes of one buffer */
#define IRL_WIN_RING_MIN (64u << 10)   /* bytes, a power of two */
#define IRL_WIN_RING_MAX (64u << 20)
#define IRL_WIN_FRAME_MIN 14u
#define IRL_WIN_MTU_MAX 16128u /* an adapter's; larger is cut to this */
#define IRL_WIN_QUEUES_MAX 64u
#define IRL_WIN_NAME 64u          /* UTF-16 units */
#define IRL_WIN_DELAY_MAX 1000000 /* us */

/* ---- frames -------------------------------------------------------------- */

enum irl_win_frame_flag {
	/* sending: the adapter computes it, if it can when the buffer is sent,
	 * of a frame with such headers: not each does with options of IP or
	 * TCP, or extension headers, and none in a frame with a VLAN tag.  The
	 * checksum of TCP or UDP then holds the sum of the pseudo header. */
	IRL_WIN_TX_CHECKSUM_IP = 1 << 0,
	IRL_WIN_TX_CHECKSUM_TCP = 1 << 1,
	IRL_WIN_TX_CHECKSUM_UDP = 1 << 2,
	IRL_WIN_TX_IPV6 = 1 << 3, /* which IP, for the three above */

	/* receiving: as the adapter found it; neither is "not looked at" */
	IRL_WIN_RX_CHECKSUM_GOOD = 1 << 8, /* of TCP or UDP */
	IRL_WIN_RX_CHECKSUM_BAD = 1 << 9,  /* of IP, TCP or UDP */
	IRL_WIN_RX_COALESCED = 1 << 10,    /* several segments as one (RSC) */
};

#define IRL_WIN_TX_CHECKSUMS                                                   \
	(IRL_WIN_TX_CHECKSUM_IP | IRL_WIN_TX_CHECKSUM_TCP |                    \
	 IRL_WIN_TX_CHECKSUM_UDP)
#define IRL_WIN_TX_FLAGS (IRL_WIN_TX_CHECKSUMS | IRL_WIN_TX_IPV6)

/* What became of a frame: how IRL_WIN_SEND marks it, and its counter. */
enum irl_win_outcome {
	IRL_WIN_SENT = 0,     /* the adapter has completed it */
	IRL_WIN_PAUSED,       /* the adapter was pausing */
	IRL_WIN_CANCELLED,    /* before it went out */
	IRL_WIN_ABORTED,      /* the adapter was reset or removed */
	IRL_WIN_NO_RESOURCES, /* the adapter had no room */
	IRL_WIN_NO_LINK,      /* no cable, or asleep */
	IRL_WIN_REJECTED,     /* its length or contents */
	IRL_WIN_FAILED,       /* any other reason */
	IRL_WIN_OUTCOMES
};

/**
 * Before each frame.
 *
 * @length    bytes of the frame from its destination address on; 14 to the
 *            adapter's MTU + 14, received ones up to 65,549 (coalesced)
 * @transport sending with TX_CHECKSUM_TCP or _UDP: where that header begins,
 *            from the frame's first byte
 * @segments  received: of how many segments RSC made it; 0 if it did not
 * @outcome   sending: 0; IRL_WIN_SEND writes enum irl_win_outcome here
 * @time      received: the performance counter when the driver had it
 */
struct irl_win_frame {
	uint32_t length;
	uint16_t flags;
	union {
		uint16_t transport;
		uint16_t segments;
	};
	union {
		uint64_t outcome;
		uint64_t time;
	};
};

/** The bytes that a frame takes in a buffer, header and padding included. */
static inline uint32_t irl_win_space(uint32_t length)
{
	return (uint32_t)((sizeof(struct irl_win_frame) + length +
			   (IRL_WIN_ALIGN - 1)) &
			  ~(size_t)(IRL_WIN_ALIGN - 1));
}

/* ---- requests (DeviceIoControl) ------------------------------------------ */

/* As CTL_CODE(FILE_DEVICE_NETWORK, 0x800 + n, method, read and write access) */
#define IRL_WIN_CODE(n, method)                                                \
	(0x12u << 16 | 3u << 14 | (0x800u + (n)) << 2 | (method))

#define IRL_WIN_ADAPTERS IRL_WIN_CODE(0, 0) /* out: .._adapter[] */
#define IRL_WIN_BIND IRL_WIN_CODE(1, 0)     /* in: .._bind, out: .._adapter */
#define IRL_WIN_STEER IRL_WIN_CODE(2, 0)    /* in: struct irl_win_steer */
#define IRL_WIN_RECEIVE IRL_WIN_CODE(3, 0)  /* in: struct irl_win_receive */
#define IRL_WIN_COUNTERS IRL_WIN_CODE(4, 0) /* out: struct irl_win_counters */
#define IRL_WIN_QUERY IRL_WIN_CODE(5, 0)    /* out: struct irl_win_version */
/* As WriteFile, with the buffer as the output (METHOD_OUT_DIRECT): it also
 * writes each frame's outcome into its header. */
#define IRL_WIN_SEND IRL_WIN_CODE(6, 2)

/* First of every request: the size is that of the whole structure. */
struct irl_win_head {
	uint32_t version;
	uint32_t size;
};

struct irl_win_version {
	struct irl_win_head head; /* what the driver speaks */
	uint32_t driver;          /* major << 16 | minor */
	uint32_t ndis;            /* as registered: major << 16 | minor */
	uint64_t frequency;       /* of the performance counter, per second */
	uint32_t filter;          /* 1: irlstackf.sys answers */
	uint32_t reserved;
};

enum irl_win_adapter_state {
	IRL_WIN_ADAPTER_PAUSED = 0,
	IRL_WIN_ADAPTER_RUNNING,
	IRL_WIN_ADAPTER_GONE,
};

/* One adapter.  @name is "\DEVICE\{GUID}", the GUID being AdapterName of
 * GetAdaptersAddresses. */
struct irl_win_adapter {
	struct irl_win_head head;
	uint16_t name[IRL_WIN_NAME]; /* ends with 0 */
	uint64_t luid;
	uint32_t if_index;
	uint32_t mtu;
	uint64_t speed_bps;   /* transmit, 0 if unknown */
	uint32_t state;       /* enum irl_win_adapter_state */
	uint32_t link;        /* 1: connected */
	uint32_t checksum_v4; /* IRL_WIN_TX_CHECKSUM_... it can now */
	uint32_t checksum_v6;
	uint8_t mac[8]; /* 6 and two zero */
};

enum irl_win_bind_flag {
	/* Send from the caller's own pages.  Without it frames are copied once,
	 * so what a lower filter saw is what the adapter sends. */
	IRL_WIN_BIND_ZERO_COPY = 1 << 0,
};

/* Once per handle.  requests * batch is at most IRL_WIN_FRAMES_MAX; memory
 * for that many frames is set aside until the handle is closed. */
struct irl_win_bind {
	struct irl_win_head head;
	uint16_t name[IRL_WIN_NAME]; /* as in struct irl_win_adapter */
	uint32_t flags;              /* enum irl_win_bind_flag */
	uint32_t requests;           /* sends outstanding at once, 1 and up */
	uint32_t batch;              /* frames of one send, 1 and up */
	uint32_t ring_bytes;         /* of frames received and not yet read */
};

/* What of the adapter's frames is ours; replaces an earlier rule.  @rule all
 * zero ends steering.  Several handles divide one rule: each gives the same
 * rule and queues, and its own queue.  A queue that another handle has, or a
 * frame that its different rule or division claims too:
 * STATUS_SHARING_VIOLATION (ERROR_SHARING_VIOLATION), and what was before
 * stands.  Without irlstackf.sys: STATUS_OBJECT_NAME_NOT_FOUND.  When the
 * adapter has gone: STATUS_DEVICE_REMOVED, and nothing of it is ours. */
struct irl_win_steer {
	struct irl_win_head head;
	uint32_t queue;  /* 0 .. queues - 1 */
	uint32_t queues; /* 1 .. IRL_WIN_QUEUES_MAX */
	struct irl_steer rule;
};

/* A read completes when @batch frames wait, its buffer is full, or @delay_us
 * after the first; rounded up to the system's timer.  At first 1 and 0.  When
 * the adapter has gone: with what is left, then STATUS_DEVICE_REMOVED. */
struct irl_win_receive {
	struct irl_win_head head;
	uint32_t batch;    /* 1 .. IRL_WIN_BATCH_MAX */
	uint32_t delay_us; /* 0 .. IRL_WIN_DELAY_MAX; 0: do not wait */
};

/* Why a buffer of frames was refused: none of it was sent. */
enum irl_win_refusal {
	IRL_WIN_REFUSED_BUSY = 0, /* as many sends outstanding as BIND gave */
	IRL_WIN_REFUSED_PAUSED,   /* the adapter pauses or is gone */
	IRL_WIN_REFUSED_FORMAT,   /* headers that lie, an empty buffer */
	IRL_WIN_REFUSED_LENGTH,   /* a frame too short or above the MTU */
	IRL_WIN_REFUSED_COUNT,    /* more frames than BIND gave */
	IRL_WIN_REFUSED_CHECKSUM, /* which the adapter does not compute now,
				     or not of such a frame */
	IRL_WIN_REFUSED_MEMORY,   /* the buffer could not be mapped */
	IRL_WIN_REFUSALS
};

/**
 * Of this handle, since BIND, except @filter: of the adapter.
 *
 * tx_frames = the sum of outcome + frames now with the adapter;
 * rx_frames = rx_read + frames now in the ring;
 * filter.frames = host + taken + no_queue + paused.
 */
struct irl_win_counters {
	struct irl_win_head head;
	uint64_t tx_buffers; /* accepted */
	uint64_t tx_frames;  /* of them */
	uint64_t tx_bytes;   /* without headers */
	uint64_t outcome[IRL_WIN_OUTCOMES];
	uint64_t refused[IRL_WIN_REFUSALS]; /* buffers */
	uint64_t rx_frames;                 /* put into the ring */
	uint64_t rx_bytes;
	uint64_t rx_read;       /* frames handed to reads */
	uint64_t rx_reads;      /* reads completed with frames */
	uint64_t rx_ring_full;  /* frames dropped */
	uint64_t rx_too_long;   /* frames dropped */
	uint64_t rx_unreadable; /* frames dropped: no memory to map them */
	uint64_t reads_cancelled;
	struct irl_win_filter {
		uint64_t frames;     /* seen */
		uint64_t host;       /* indicated upward, untouched */
		uint64_t taken;      /* given to a queue */
		uint64_t no_queue;   /* ours, but its queue is not open */
		uint64_t unreadable; /* not mapped, so left to the host */
		uint64_t paused;     /* came while the filter was paused */
	} filter;
};

/* ---- the layout, pinned -------------------------------------------------- */

#define IRL_WIN_SIZE(type, bytes)                                              \
	_Static_assert(sizeof(struct type) == (bytes), #type)
#define IRL_WIN_AT(type, field, offset)                                        \
	_Static_assert(offsetof(struct type, field) == (offset),               \
		       #type "." #field)

IRL_WIN_SIZE(irl_win_frame, 16);
IRL_WIN_AT(irl_win_frame, length, 0);
IRL_WIN_AT(irl_win_frame, flags, 4);
IRL_WIN_AT(irl_win_frame, transport, 6);
IRL_WIN_AT(irl_win_frame, segments, 6);
IRL_WIN_AT(irl_win_frame, outcome, 8);
IRL_WIN_AT(irl_win_frame, time, 8);

IRL_WIN_SIZE(irl_win_head, 8);
IRL_WIN_AT(irl_win_head, version, 0);
IRL_WIN_AT(irl_win_head, size, 4);

IRL_WIN_SIZE(irl_win_version, 32);
IRL_WIN_AT(irl_win_version, driver, 8);
IRL_WIN_AT(irl_win_version, ndis, 12);
IRL_WIN_AT(irl_win_version, frequency, 16);
IRL_WIN_AT(irl_win_version, filter, 24);

IRL_WIN_SIZE(irl_win_adapter, 184);
IRL_WIN_AT(irl_win_adapter, name, 8);
IRL_WIN_AT(irl_win_adapter, luid, 136);
IRL_WIN_AT(irl_win_adapter, if_index, 144);
IRL_WIN_AT(irl_win_adapter, mtu, 148);
IRL_WIN_AT(irl_win_adapter, speed_bps, 152);
IRL_WIN_AT(irl_win_adapter, state, 160);
IRL_WIN_AT(irl_win_adapter, link, 164);
IRL_WIN_AT(irl_win_adapter, checksum_v4, 168);
IRL_WIN_AT(irl_win_adapter, checksum_v6, 172);
IRL_WIN_AT(irl_win_adapter, mac, 176);

IRL_WIN_SIZE(irl_win_bind, 152);
IRL_WIN_AT(irl_win_bind, name, 8);
IRL_WIN_AT(irl_win_bind, flags, 136);
IRL_WIN_AT(irl_win_bind, requests, 140);
IRL_WIN_AT(irl_win_bind, batch, 144);
IRL_WIN_AT(irl_win_bind, ring_bytes, 148);

IRL_WIN_SIZE(irl_win_steer, 336);
IRL_WIN_AT(irl_win_steer, queue, 8);
IRL_WIN_AT(irl_win_steer, queues, 12);
IRL_WIN_AT(irl_win_steer, rule, 16);
IRL_WIN_SIZE(irl_prefix4, 8);
IRL_WIN_SIZE(irl_prefix6, 20);
IRL_WIN_SIZE(irl_steer, 320);
IRL_WIN_AT(irl_steer, own, 0);
IRL_WIN_AT(irl_steer, own_count, 128);
IRL_WIN_AT(irl_steer, host_addr, 132);
IRL_WIN_AT(irl_steer, port_first, 136);
IRL_WIN_AT(irl_steer, port_last, 138);
IRL_WIN_AT(irl_steer, own6_count, 140);
IRL_WIN_AT(irl_steer, own6, 144);
IRL_WIN_AT(irl_steer, host_addr6, 304);

IRL_WIN_SIZE(irl_win_receive, 16);
IRL_WIN_AT(irl_win_receive, batch, 8);
IRL_WIN_AT(irl_win_receive, delay_us, 12);

IRL_WIN_SIZE(irl_win_filter, 48);
IRL_WIN_SIZE(irl_win_counters, 264);
IRL_WIN_AT(irl_win_counters, tx_buffers, 8);
IRL_WIN_AT(irl_win_counters, outcome, 32);
IRL_WIN_AT(irl_win_counters, refused, 96);
IRL_WIN_AT(irl_win_counters, rx_frames, 152);
IRL_WIN_AT(irl_win_counters, reads_cancelled, 208);
IRL_WIN_AT(irl_win_counters, filter, 216);

_Static_assert(IRL_WIN_ADAPTERS == 0x12e000, "CTL_CODE");
_Static_assert(IRL_WIN_BIND == 0x12e004, "CTL_CODE");
_Static_assert(IRL_WIN_STEER == 0x12e008, "CTL_CODE");
_Static_assert(IRL_WIN_RECEIVE == 0x12e00c, "CTL_CODE");
_Static_assert(IRL_WIN_COUNTERS == 0x12e010, "CTL_CODE");
_Static_assert(IRL_WIN_QUERY == 0x12e014, "CTL_CODE");
_Static_assert(IRL_WIN_SEND == 0x12e01a, "CTL_CODE");

#undef IRL_WIN_SIZE
#undef IRL_WIN_AT

#endif
