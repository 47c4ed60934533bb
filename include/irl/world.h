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
 * closed, no loss, seed 1.
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
 * gone.  Call from a process with one thread.
 *
 * Returns the exit status as a shell gives it (128 + signal), 127 and 126 when
 * the command was not found or could not be run, or -IRL_E... .
 */
IRL_API int irl_world_run(const struct irl_world_options *options,
			  const char *path_first, char *const argv[],
			  struct irl_error *err);

#endif
