/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The world: a simulated Internet with known truth, in this machine.
 *
 * Two network namespaces joined by a veth, without any uplink.  The scanner's
 * side has 10.0.0.1/30 and a default route via 10.0.0.2; on the other side an
 * XDP program answers for the whole range 10.0.0.0/8, at line rate, by a pure
 * function world(seed, address, port).  What a perfect scan would find is
 * therefore known: irl_world_truth.
 *
 *   +-- scanner ------------+            +-- world ----------------------+
 *   | irl0  10.0.0.1/30     |== veth ====| world0  10.0.0.2/24           |
 *   | default via 10.0.0.2  |            | XDP: all other of 10.0.0.0/8  |
 *   +-----------------------+            +-------------------------------+
 *
 * Addresses of 10.0.0.0/24 belong to the kernel of the world's side (frames for
 * them pass the XDP program), so that real services can be run there, on
 * 10.0.0.2 or on more addresses.  Both ends have one queue for each core, used
 * by XDP, and one more, to which XPS sends everything of the host's own stack:
 * so that a scan at full rate and the host's traffic do not lose frames to each
 * other.  10.0.0.3 - 10.0.0.255 on the scanner's side are nobody's: use one for
 * a scan with a source address of its own.
 *
 * All functions may be called from any thread; none changes the namespaces of
 * the caller but irl_world_enter.  Root is needed for all that touches
 * namespaces (CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_BPF), for none of the rest.
 */
#ifndef IRL_WORLD_H
#define IRL_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/target.h>

#define IRL_WORLD_RANGE 0x0a000000u /* 10.0.0.0/8, all the world may own */
#define IRL_WORLD_RANGE_MASK 0xff000000u
#define IRL_WORLD_SCANNER 0x0a000001u  /* 10.0.0.1 */
#define IRL_WORLD_GATEWAY 0x0a000002u  /* 10.0.0.2 */
#define IRL_WORLD_RESERVED 0x0a000000u /* 10.0.0.0/24: the kernel's */
#define IRL_WORLD_RESERVED_MASK 0xffffff00u
#define IRL_WORLD_SCANNER_LINK "irl0"
#define IRL_WORLD_LINK "world0"
#define IRL_WORLD_NAME "irl" /* default name */
#define IRL_WORLD_NAME_MAX 32

/* ---- the model ---------------------------------------------------------- */

#define IRL_WORLD_ONE 0x100000000ull /* a share of 1 */

/* Who speaks TCP behind the open ports. */
enum irl_world_serve {
	IRL_WORLD_SERVE_NONE, /* nobody: SYN-ACKs, and silence */
	/* The XDP program alone, at line rate, without state: every answer
	 * fits one segment; no deaf servers, no tarpits. */
	IRL_WORLD_SERVE_SHORT,
	IRL_WORLD_SERVE_ALL,  /* XDP what it can, the server in user space
				 (irl_world_server) the rest */
	IRL_WORLD_SERVE_USER, /* the server in user space all that is open */
	IRL_WORLD_SERVES,
};

/* What runs behind the open ports, and how the way there is.  Shares are parts
 * of 2^32, of open targets unless it says otherwise. */
struct irl_world_services {
	uint64_t middlebox; /* of all /24s: accepts every port, says nothing */
	uint64_t banner;    /* speaks first: like SSH, SMTP, FTP */
	uint64_t mute;      /* acknowledges data and says nothing */
	uint64_t tarpit;    /* a byte a second, or windows of one byte */
	uint64_t deaf; /* of HTTP servers: drops data in the handshake's ACK */
	uint64_t medium; /* of pages: 4 to 64 KiB; others have 100 B to 4 KiB */
	uint64_t large;  /* of pages: 64 KiB to body_max */
	/* Of frames on the way to and from the server in user space. */
	uint64_t burst; /* fall into bursts of loss, burst_frames long on
			   average (the model of Gilbert) */
	uint64_t duplicate;
	uint64_t reorder;
	uint32_t burst_frames;
	uint32_t body_max;   /* bytes; at least 64 KiB, with SERVE_SHORT
				100, at most 1 GiB */
	uint32_t rtt_min_us; /* round trips, most in the (geometric) middle; */
	uint32_t rtt_max_us; /* at most 60 s */
	uint32_t serve;      /* enum irl_world_serve */
	uint32_t reserved;
};

/* Everything that world(seed, addr, port) depends on: plain data, the same
 * bytes in the kernel.  Shares are parts of 2^32. */
struct irl_world_model {
	uint64_t seed;
	uint64_t alive;       /* of all addresses */
	uint64_t unreachable; /* of all addresses; alive + this <= 1 */
	uint64_t open;        /* of the ports of an alive host */
	uint64_t closed;      /* the same; open + closed <= 1, rest silent */
	uint64_t loss;        /* of probes, and again of answers */
	uint32_t range_addr;  /* host byte order, inside 10.0.0.0/8 */
	uint32_t range_mask;
	struct irl_world_services services;
};

enum irl_world_kind {
	IRL_WORLD_SILENT = 0,
	IRL_WORLD_SYNACK = 1, /* as enum irl_probe_verdict */
	IRL_WORLD_RST = 2,
	IRL_WORLD_ICMP = 3,
};

/* What one target answers to a SYN. */
struct irl_world_answer {
	enum irl_world_kind kind;
	uint32_t responder; /* the address itself, or the router */
	uint8_t ttl;        /* as received */
	uint8_t icmp_code;  /* of type 3 */
	uint16_t window;
	uint16_t mss;
};

/**
 * 10.0.0.0/8, 1% alive, 0.2% unreachable, half of the ports open and a quarter
 * closed, no loss, seed 1.  Services: nobody serves; of the open targets 15%
 * have banners and 5% are mute, of the HTTP servers 5% are deaf, of the pages
 * 10% medium and 1% large (up to 1 MiB); no middleboxes, no tarpits, no delay.
 */
IRL_API void irl_world_model_init(struct irl_world_model *model);
/** A share of 0 .. 1 to parts of 2^32; out of range is clamped. */
IRL_API uint64_t irl_world_share(double share);
/** "10.20.0.0/16" to range_addr and range_mask. */
IRL_API int irl_world_model_range(struct irl_world_model *model,
				  const char *prefix, struct irl_error *err);
/** -IRL_EINVAL if shares or range make no sense. */
IRL_API int irl_world_model_check(const struct irl_world_model *model,
				  struct irl_error *err);
/** What a perfect scan sees: loss is left out.  A pure function. */
IRL_API struct irl_world_answer
irl_world_answer(const struct irl_world_model *model, uint32_t addr,
		 uint16_t port);
IRL_API const char *irl_world_kind_name(enum irl_world_kind kind);

/**
 * Call @each for every target of @targets (sealed) that answers, by rising
 * address, then port: SYN-ACKs only, or with @all RST and ICMP too.  Stops at
 * the first negative return and hands it on.  Cost: a silent address takes
 * about 10 ns, however many ports.
 */
IRL_API int irl_world_truth(const struct irl_world_model *model,
			    const struct irl_targets *targets, bool all,
			    int (*each)(void *context, struct irl_target target,
					const struct irl_world_answer *answer),
			    void *context);

/* ---- services ------------------------------------------------------------ */

enum irl_world_service_kind {
	IRL_WORLD_NO_SERVICE, /* no SYN-ACK comes from there */
	IRL_WORLD_HTTP,       /* one request, one page, then it closes */
	IRL_WORLD_BANNER,     /* speaks first */
	IRL_WORLD_MUTE,       /* acknowledges data and says nothing */
	IRL_WORLD_HOLE,       /* a SYN-ACK, then nothing at all */
};

enum irl_world_framing {
	IRL_WORLD_LENGTH,  /* Content-Length */
	IRL_WORLD_CHUNKED, /* Transfer-Encoding */
	IRL_WORLD_CLOSE,   /* until the connection ends */
};

enum irl_world_tarpit {
	IRL_WORLD_NO_TARPIT,
	IRL_WORLD_TARPIT_DRIP,   /* sends a byte a second */
	IRL_WORLD_TARPIT_WINDOW, /* takes the request byte by byte */
};

/* What a target runs: a pure function of seed, address and port. */
struct irl_world_service {
	uint64_t page;   /* names the content */
	uint32_t body;   /* bytes: of the page, or of the banner */
	uint32_t stream; /* bytes sent in all, head and chunks included */
	uint32_t chunk;  /* bytes of each but the last */
	uint16_t status; /* of HTTP: 200, 301, 404, 500 */
	uint8_t kind;    /* enum irl_world_service_kind */
	uint8_t framing; /* enum irl_world_framing */
	uint8_t tarpit;  /* enum irl_world_tarpit */
	uint8_t text;    /* which Server header, which banner */
	bool deaf;       /* drops data in the handshake's ACK, not later data */
	bool middlebox;
	bool closes; /* ends the connection behind its answer */
	uint8_t reserved[3];
};

IRL_API struct irl_world_service
irl_world_service(const struct irl_world_model *model, uint32_t addr,
		  uint16_t port);

/**
 * What the service sends, @offset bytes from the start: @length bytes of it,
 * fewer at its end.  Returns how many.  Cost: about 2 GB/s.
 */
IRL_API uint32_t irl_world_stream(const struct irl_world_service *service,
				  uint32_t offset, void *to, uint32_t length);
/** The same of the page or banner alone: what a fetch has to find. */
IRL_API uint32_t irl_world_body(const struct irl_world_service *service,
				uint32_t offset, void *to, uint32_t length);

/* What a perfect fetch finds: three states, and the page. */
struct irl_world_fetch {
	struct irl_world_service service;
	bool synacked;     /* SYN-ACK */
	bool acknowledged; /* the request's bytes */
	bool spoke;        /* sent bytes of its own */
	uint64_t hash;     /* FNV-1a, 64 bits, of the body; 0: no body */
	uint64_t rtt_ns;   /* with IRL_WORLD_SERVE_USER */
};

/** Cost: about 1 ns a byte of the body. */
IRL_API struct irl_world_fetch
irl_world_fetch(const struct irl_world_model *model, uint32_t addr,
		uint16_t port);
/** FNV-1a with 64 bits over more bytes; begin with IRL_WORLD_FNV. */
IRL_API uint64_t irl_world_fnv(uint64_t hash, const void *data, size_t length);
#define IRL_WORLD_FNV 0xcbf29ce484222325ull

/** "http", "banner", "mute", "hole"; "length", "chunked", "close". */
IRL_API const char *irl_world_service_name(unsigned kind);
IRL_API const char *irl_world_framing_name(unsigned framing);
/** "none", "short", "all", "user". */
IRL_API const char *irl_world_serve_name(unsigned serve);

/* ---- the server in user space --------------------------------------------
 *
 * The world's side of TCP: frames in, frames out, time passed in, no port of
 * its own and no thread.  It shares nothing with the client stack but the
 * wire's formats.  With IRL_WORLD_SERVE_ALL it answers what the XDP program
 * passes up, else every open or closed target of the model.  Delay, loss,
 * bursts, copies and order follow from the seed, the flow and the count of its
 * frames: the same calls give the same frames.  Times are in steps of 64 us.
 */

struct irl_world_server;

struct irl_world_server_options {
	unsigned connections; /* at once; 0: 131,072, of about 1 KiB each */
	uint8_t mac[6];       /* this end's */
};

/* Every frame taken is in exactly one of the first block. */
enum irl_world_server_count {
	IRL_WORLD_S_SEGMENT,   /* reached the server */
	IRL_WORLD_S_LOST_IN,   /* lost on the way there */
	IRL_WORLD_S_MALFORMED, /* lengths or checksums that lie */
	IRL_WORLD_S_IGNORED,   /* not TCP to a target of the world */
	IRL_WORLD_S_CROWDED,   /* no room for its delay or its connection */
	/* Beside these: */
	IRL_WORLD_S_COPIED, /* more, both ways */
	IRL_WORLD_S_REORDERED,
	IRL_WORLD_S_SENT,     /* handed to the caller */
	IRL_WORLD_S_LOST_OUT, /* lost on the way back */
	IRL_WORLD_S_DROPPED,  /* no room for its delay */
	IRL_WORLD_S_OPENED,   /* connections */
	IRL_WORLD_S_SERVED,   /* all of the answer acknowledged */
	IRL_WORLD_S_GIVEN_UP, /* out of retransmissions, or idle */
	IRL_WORLD_S_REPEATED, /* segments sent again */
	IRL_WORLD_S_COUNTS,
};

IRL_API const char *
irl_world_server_count_name(enum irl_world_server_count which);

IRL_API int irl_world_server_new(struct irl_world_server **out,
				 const struct irl_world_model *model,
				 const struct irl_world_server_options *options,
				 struct irl_error *err);
IRL_API void irl_world_server_free(struct irl_world_server *server);
/** Take a frame that arrived at @now_ns (never back); nothing is kept of it. */
IRL_API void irl_world_server_input(struct irl_world_server *server,
				    uint64_t now_ns, const void *frame,
				    uint32_t length);
/**
 * The next frame that is due by @now_ns, into @to of IRL_FRAME_MAX bytes.
 * Returns its length; 0: there is none now.
 */
IRL_API uint32_t irl_world_server_output(struct irl_world_server *server,
					 uint64_t now_ns, uint8_t *to);
/** When there is something to do without input; UINT64_MAX: never. */
IRL_API uint64_t irl_world_server_next(const struct irl_world_server *server);
/** Connections now. */
IRL_API unsigned
irl_world_server_connections(const struct irl_world_server *server);
IRL_API void irl_world_server_counts(const struct irl_world_server *server,
				     uint64_t counts[IRL_WORLD_S_COUNTS]);

struct irl_port;

/**
 * Move what waits at one queue of @port into the server, and what is due out
 * of it; does not wait.  A full ring is tried again by the next call.
 * Returns frames moved, or -IRL_E... of the port.
 */
IRL_API int irl_world_server_pump(struct irl_world_server *server,
				  struct irl_port *port, unsigned queue,
				  uint64_t now_ns);

/* ---- the counters of the responder -------------------------------------- */

/* What became of a frame that the world received; each is in exactly one. */
enum irl_world_count {
	IRL_WORLD_N_SILENT,    /* for an address or port that does not answer */
	IRL_WORLD_N_SYNACK,    /* answered so */
	IRL_WORLD_N_RST,       /* answered so */
	IRL_WORLD_N_ICMP,      /* answered so */
	IRL_WORLD_N_ECHO,      /* answered so */
	IRL_WORLD_N_ARP,       /* answered so */
	IRL_WORLD_N_LOST,      /* would have been answered: lost by the model */
	IRL_WORLD_N_GOT_RST,   /* a RST segment for an alive host */
	IRL_WORLD_N_SEGMENT,   /* any other segment that is no SYN, the same */
	IRL_WORLD_N_PASSED,    /* to the kernel of the world's side */
	IRL_WORLD_N_OUTSIDE,   /* for an address that is not the world's */
	IRL_WORLD_N_MALFORMED, /* lengths that lie, wrong checksum */
	IRL_WORLD_N_OTHER,     /* a protocol or form that the world ignores */
	IRL_WORLD_N_SERVED,    /* a segment answered with a page or banner */
	IRL_WORLD_N_REPLIED,   /* a segment answered otherwise */
	IRL_WORLD_N_USER,      /* passed to the server in user space */
	IRL_WORLD_COUNTS,
};

IRL_API const char *irl_world_count_name(enum irl_world_count which);

/* ---- namespaces -----------------------------------------------------------
 */

struct irl_world_options {
	struct irl_world_model model;
	unsigned queues; /* 0: cores + 1 */
};

struct irl_world; /* a private world: no names, gone with its holder */

enum irl_world_side { IRL_WORLD_SIDE_SCANNER, IRL_WORLD_SIDE_WORLD };

/** Make a world whose namespaces have no names. */
IRL_API int irl_world_new(struct irl_world **out,
			  const struct irl_world_options *options,
			  struct irl_error *err);
/** The world goes with its last holder: this, and processes inside. */
IRL_API void irl_world_free(struct irl_world *world);
/** Move the calling thread into a side (network namespace only). */
IRL_API int irl_world_enter(const struct irl_world *world,
			    enum irl_world_side side, struct irl_error *err);
IRL_API int irl_world_counts(const struct irl_world *world,
			     uint64_t counts[IRL_WORLD_COUNTS],
			     struct irl_error *err);

/**
 * Make the named world @name (NULL: "irl"): namespaces NAME (the scanner's) and
 * NAME-world under /run/netns, as "ip netns" knows them.  What a failed
 * earlier attempt left under these names is replaced.  An intact world with
 * the same model stays as it is; with another one it is -IRL_EBUSY.
 */
IRL_API int irl_world_up(const char *name,
			 const struct irl_world_options *options,
			 struct irl_error *err);
/** Remove it; 0 when there is none.  A namespace of that name that is not of
 * our making is left alone: -IRL_EBUSY. */
IRL_API int irl_world_down(const char *name, struct irl_error *err);
/* How long to serve, and whom to tell that it has begun. */
struct irl_world_serving {
	unsigned connections;     /* as irl_world_server_options; 0: many */
	const volatile int *stop; /* ends it when set, by a handler say; NULL:
				     for ever */
	void (*ready)(void *context); /* or NULL */
	void *context;
};

/**
 * Serve the named world (NULL: "irl") from user space, for models with
 * IRL_WORLD_SERVE_ALL or _USER.  Returns when *stop is set, within 0.1 s.
 */
IRL_API int irl_world_serve(const char *name,
			    const struct irl_world_serving *serving,
			    uint64_t counts[IRL_WORLD_S_COUNTS],
			    struct irl_error *err);
/** The same for a private world; @counts (or NULL): what became of it all. */
IRL_API int irl_world_serve_private(const struct irl_world *world,
				    const struct irl_world_serving *serving,
				    uint64_t counts[IRL_WORLD_S_COUNTS],
				    struct irl_error *err);
/** Model and counters of a named world; -IRL_ENODEV when it is not up. */
IRL_API int irl_world_status(const char *name, struct irl_world_model *model,
			     uint64_t counts[IRL_WORLD_COUNTS],
			     struct irl_error *err);

/**
 * Run a command inside a private world and wait for its end.
 *
 * The command runs in the scanner's network namespace, in mount and PID
 * namespaces of its own: /sys shows the scanner's interfaces, /proc its
 * processes.  IRL_WORLD holds the range, PATH begins with @path_first (unless
 * NULL).  Signals sent to the caller are handed on.  When the command ends or
 * the caller is killed, all that it started is killed too and the world is
 * gone.  Call from a process with one thread.  A model with
 * IRL_WORLD_SERVE_ALL or _USER is served by a process beside the command.
 *
 * Returns the exit status as a shell gives it (128 + signal), 127 and 126 when
 * the command was not found or could not be run, or -IRL_E... .
 */
IRL_API int irl_world_run(const struct irl_world_options *options,
			  const char *path_first, char *const argv[],
			  struct irl_error *err);

#endif
