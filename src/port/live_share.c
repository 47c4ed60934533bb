// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include "port/live_share.h"
#include "port/share_door.h"
#include "root.skel.h"
#include "steer/claims.h"

#define HEAR_MS 2000  /* until a holder counts as one that does not answer */
#define LOCK_MS 30000 /* others load their programs meanwhile */
#define RETRY_MS 5
#define PEERS_MAX 32 /* connections: holders, and whoever only looks */

struct peer {
	int fd;     /* -1: it is gone */
	bool known; /* it has said its hello */
	struct irl_share_hello hello;
};

/* Until the thread starts its opener's, then the thread's. */
struct irl_share {
	unsigned ifindex;
	char ifname[16];
	struct irl_share_hello self;
	struct irl_share_files files;
	int listener, lock, stop;
	int program, runner; /* the caller's; a copy of what is attached */
	uint32_t root_id;
	unsigned peers;
	struct peer peer[PEERS_MAX];
	bool started;
	pid_t pid;
	pthread_t thread;
};

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_files(struct irl_share_files *files)
{
	close_file(&files->link);
	close_file(&files->array);
	close_file(&files->root);
}

/* ---- what the kernel has ------------------------------------------------- */

static uint32_t id_of(int program)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(program, &info, &size) ? 0 : info.id;
}

/* The program that the link has attached; 0: the interface is gone. */
static uint32_t attached(int link)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(link, &info, &size) ? 0 : info.prog_id;
}

static bool is_link_of(int link, unsigned ifindex)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);

	return link >= 0 && !bpf_obj_get_info_by_fd(link, &info, &size) &&
	       info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == ifindex;
}

static uint32_t entry(const struct irl_share *share, uint32_t i)
{
	uint32_t id = 0;

	return bpf_map_lookup_elem(share->files.array, &i, &id) ? 0 : id;
}

static void clear(const struct irl_share *share, uint32_t i, uint32_t id)
{
	if (entry(share, i) == id)
		bpf_map_delete_elem(share->files.array, &i);
}

/* Take one's program out; the place may be another's already. */
static void remove_one(const struct irl_share *share,
		       const struct irl_share_hello *one)
{
	clear(share, one->slot, one->program);
	for (uint32_t i = 0; i < one->lanes; i++)
		clear(share, SHARE_HOLDERS + one->lane + i, one->program);
}

static int insert_self(const struct irl_share *share)
{
	const struct irl_share_hello *self = &share->self;
	uint32_t key = self->slot;
	int err = 0;

	/* lanes first: they need nobody's notice */
	for (uint32_t i = 0; !err && i < self->lanes; i++) {
		uint32_t lane = SHARE_HOLDERS + self->lane + i;

		err = bpf_map_update_elem(share->files.array, &lane,
					  &share->program, 0);
	}
	return err ? err
		   : bpf_map_update_elem(share->files.array, &key,
					 &share->program, 0);
}

/* Entries of those who died before anybody looked. */
static void sweep(const struct irl_share *share)
{
	bool alive[SHARE_ENTRIES] = {false};

	for (unsigned i = 0; i < share->peers; i++) {
		const struct irl_share_hello *peer = &share->peer[i].hello;

		alive[peer->slot] = true;
		for (uint32_t k = 0; k < peer->lanes; k++)
			alive[SHARE_HOLDERS + peer->lane + k] = true;
	}
	for (uint32_t i = 0; i < SHARE_ENTRIES; i++)
		if (!alive[i])
			bpf_map_delete_elem(share->files.array, &i);
}

/* ---- entering ------------------------------------------------------------ */

static int take_lock(struct irl_share *share, struct irl_error *err)
{
	for (int waited = 0; waited < LOCK_MS; waited += RETRY_MS) {
		share->lock = irl_door_try_lock(share->ifindex);
		if (share->lock >= 0)
			return 0;
		if (share->lock != -EAGAIN)
			return irl_error_errno(err, -share->lock,
					       "socket of %s", share->ifname);
		usleep(RETRY_MS * 1000);
	}
	return irl_error_set(err, IRL_EBUSY,
			     "process %d is opening %s and does not end it; "
			     "use --port packet meanwhile",
			     irl_door_lock_pid(share->ifindex), share->ifname);
}

/* What the holders have in common, from the first that answers. */
static void adopt(struct irl_share *share, struct irl_share_files *files)
{
	if (share->files.link < 0) {
		share->files = *files;
		return;
	}
	if (share->files.root < 0) {
		share->files.root = files->root;
		files->root = -1;
	}
	close_files(files);
}

static int greet(struct irl_share *share, int fd, int pid)
{
	struct peer *peer = &share->peer[share->peers];
	struct irl_share_files files;
	int rc = irl_door_hear(fd, &peer->hello, &files, HEAR_MS);

	if (rc == 1 && !is_link_of(files.link, share->ifindex)) {
		close_files(&files);
		rc = -EPROTO;
	}
	if (rc != 1) {
		close(fd);
		return rc;
	}
	adopt(share, &files);
	peer->hello.pid = pid;
	peer->fd = fd;
	peer->known = true;
	share->peers++;
	return 1;
}

/* Bind the slot (1), meet its holder (0), or pass it by: a stranger's (0). */
static int visit(struct irl_share *share, unsigned slot, struct irl_error *err)
{
	int pid = 0, fd, rc;

	for (int tries = 0; tries < HEAR_MS / RETRY_MS; tries++) {
		fd = irl_door_bind(share->ifindex, slot);
		if (fd >= 0) {
			share->listener = fd;
			return 1;
		}
		if (fd != -EADDRINUSE)
			return irl_error_errno(err, -fd, "socket of %s",
					       share->ifname);
		fd = irl_door_connect(share->ifindex, slot, &pid);
		if (fd == -EPERM)
			return 0;
		rc = fd < 0 ? fd : greet(share, fd, pid);
		if (rc == 1)
			return 0;
		if (!rc)
			break;
		usleep(RETRY_MS * 1000); /* it is about to die */
	}
	return irl_error_set(
	    err, IRL_EBUSY,
	    "process %d has %s and does not answer (stopped?); "
	    "end it, or use --port packet",
	    pid, share->ifname);
}

static int meet_all(struct irl_share *share, struct irl_error *err)
{
	unsigned found = SHARE_HOLDERS;

	for (unsigned slot = 0; slot < SHARE_HOLDERS; slot++) {
		int rc = visit(share, slot, err);

		if (rc < 0)
			return rc;
		if (!rc)
			continue;
		if (found == SHARE_HOLDERS) {
			found = slot;
			share->self.slot = slot;
			share->stop = share->listener; /* kept aside */
		} else {
			close(share->listener);
		}
		share->listener = -1;
	}
	share->listener = share->stop;
	share->stop = -1;
	if (found < SHARE_HOLDERS)
		return 0;
	return irl_error_set(err, IRL_EBUSY,
			     "%u live ports are open on %s already, which is "
			     "all that can be; use --port packet",
			     SHARE_HOLDERS, share->ifname);
}

static int check_claims(const struct irl_share *share, struct irl_error *err)
{
	static const char *const mend[] = {
	    [IRL_OVERLAP_PORTS] = "other source ports (--source-port) or ",
	    [IRL_OVERLAP_ADDRESS] = "",
	};
	char text[64];

	for (unsigned i = 0; i < share->peers; i++) {
		const struct irl_share_hello *peer = &share->peer[i].hello;
		enum irl_overlap overlap = irl_steer_overlap(
		    &share->self.steer, &peer->steer, text, sizeof(text));

		if (overlap != IRL_OVERLAP_NONE)
			return irl_error_set(
			    err, IRL_ECLAIM,
			    "process %d on %s receives %s already: choose "
			    "%sanother unused address (--source-ip)",
			    peer->pid, share->ifname, text, mend[overlap]);
	}
	return 0;
}

/* The first free lanes in a row. */
static int reserve_lanes(struct irl_share *share, struct irl_error *err)
{
	struct irl_share_hello *self = &share->self;

	self->lane = 0;
	for (unsigned i = 0; i < share->peers; i++) {
		const struct irl_share_hello *peer = &share->peer[i].hello;

		if (self->lane < peer->lane + peer->lanes &&
		    peer->lane < self->lane + self->lanes) {
			self->lane = peer->lane + peer->lanes;
			i = ~0u; /* look at all once more */
		}
	}
	if (self->lane + self->lanes <= SHARE_LANES)
		return 0;
	return irl_error_set(err, IRL_EBUSY,
			     "the live ports on %s have %u queues together, no "
			     "room for %u more; ask for fewer",
			     share->ifname, SHARE_LANES, self->lanes);
}

int irl_share_enter(struct irl_share **out, const struct irl_port_info *info,
		    const struct irl_steer *steer, struct irl_error *err)
{
	struct irl_share *share = calloc(1, sizeof(*share));
	int rc;

	*out = share;
	if (!share)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	share->ifindex = info->ifindex;
	memcpy(share->ifname, info->ifname, sizeof(share->ifname));
	share->self.lanes = info->queues;
	if (steer)
		share->self.steer = *steer;
	share->files = (struct irl_share_files){-1, -1, -1};
	share->listener = share->lock = share->stop = -1;
	share->program = share->runner = -1;
	share->pid = getpid();
	rc = take_lock(share, err);
	if (!rc)
		rc = meet_all(share, err);
	if (!rc)
		rc = check_claims(share, err);
	if (!rc)
		rc = reserve_lanes(share, err);
	return rc;
}

unsigned irl_share_slot(const struct irl_share *share)
{
	return share->self.slot;
}

unsigned irl_share_lane(const struct irl_share *share)
{
	return share->self.lane;
}

int irl_share_array(const struct irl_share *share)
{
	return share->files.array;
}

int irl_share_runner(const struct irl_share *share)
{
	return share->runner;
}

/* ---- the thread ---------------------------------------------------------- */

static void run_from_now(struct irl_share *share, int program)
{
	dup3(program, share->runner, O_CLOEXEC);
}

static void let_in(struct irl_share *share)
{
	struct peer *peer = &share->peer[share->peers];
	int pid, fd = irl_door_accept(share->listener, &pid);

	if (fd < 0)
		return;
	if (share->peers == PEERS_MAX ||
	    irl_door_tell(fd, &share->self, &share->files)) {
		close(fd);
		return;
	}
	*peer = (struct peer){.fd = fd, .hello.pid = pid};
	share->peers++;
}

/* Returns whether somebody is gone. */
static bool listen_to(struct irl_share *share, struct peer *peer)
{
	int pid = peer->hello.pid, rc;
	struct irl_share_hello hello;
	struct irl_share_files files;

	while ((rc = irl_door_hear(peer->fd, &hello, &files, 0)) == 1) {
		hello.pid = pid;
		peer->hello = hello;
		peer->known = true;
		adopt(share, &files);
		if (share->files.root >= 0)
			run_from_now(share, share->files.root);
	}
	if (rc < 0)
		close_file(&peer->fd);
	return rc < 0;
}

static bool listen_to_all(struct irl_share *share)
{
	bool gone = false;

	for (unsigned i = 0; i < share->peers; i++)
		if (share->peer[i].fd >= 0)
			gone |= listen_to(share, &share->peer[i]);
	return gone;
}

static unsigned bury(struct irl_share *share)
{
	unsigned alive = 0, kept = 0;

	for (unsigned i = 0; i < share->peers; i++) {
		struct peer *peer = &share->peer[i];

		if (peer->fd < 0 && peer->known)
			remove_one(share, &peer->hello);
		alive += peer->fd >= 0 && peer->known;
		if (peer->fd >= 0)
			share->peer[kept++] = *peer;
	}
	share->peers = kept;
	return alive;
}

/* Somebody is gone.  Returns false if it must be tried again: another changes
 * the share just now. */
static bool repair(struct irl_share *share)
{
	int lock = irl_door_try_lock(share->ifindex);

	if (lock < 0)
		return false;
	/* Who has joined has said hello before it gave the lock back. */
	listen_to_all(share);
	if (!bury(share)) {
		if (attached(share->files.link) != share->self.program)
			bpf_link_update(share->files.link, share->program,
					NULL);
		run_from_now(share, share->program);
	}
	close(lock);
	return true;
}

/* Until stopped: let in, listen, mend. */
static void serve(struct irl_share *share)
{
	bool broken = false;

	for (;;) {
		struct pollfd ready[2 + PEERS_MAX] = {
		    {.fd = share->stop, .events = POLLIN},
		    {.fd = share->listener, .events = POLLIN},
		};
		unsigned n = 2;

		for (unsigned i = 0; i < share->peers; i++)
			ready[n++] = (struct pollfd){.fd = share->peer[i].fd,
						     .events = POLLIN};
		poll(ready, n, broken ? RETRY_MS : -1);
		if (ready[0].revents)
			return;
		broken |= listen_to_all(share);
		if (broken)
			broken = !repair(share);
		if (ready[1].revents)
			let_in(share);
	}
}

/* With the lock if it can be had: who is entering now must not find us half
 * gone, and meanwhile wants to be answered. */
static void take_leave(struct irl_share *share)
{
	int lock = -EAGAIN;

	for (int waited = 0; waited < HEAR_MS; waited += RETRY_MS) {
		struct pollfd ready = {.fd = share->listener, .events = POLLIN};

		lock = irl_door_try_lock(share->ifindex);
		if (lock != -EAGAIN)
			break;
		if (poll(&ready, 1, RETRY_MS) > 0)
			let_in(share);
		listen_to_all(share);
	}
	remove_one(share, &share->self);
	close_file(&share->listener);
	close_file(&lock);
}

static void *live_in_share(void *share)
{
	serve(share);
	take_leave(share);
	return NULL;
}

/* Signals are for the program's own threads. */
static int start(struct irl_share *share)
{
	sigset_t all, before;
	int err;

	share->stop = eventfd(0, EFD_CLOEXEC);
	if (share->stop < 0)
		return -errno;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&share->thread, NULL, live_in_share, share);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	share->started = !err;
	return -err;
}

/* ---- joining and leaving ------------------------------------------------- */

static int attach_first(struct irl_share *share, struct irl_error *err)
{
	LIBBPF_OPTS(bpf_link_create_opts, how, .flags = XDP_FLAGS_DRV_MODE);
	const char *interface = share->ifname;

	share->files.link =
	    bpf_link_create(share->program, (int)share->ifindex, BPF_XDP, &how);
	if (share->files.link >= 0)
		return 0;
	if (errno == EBUSY || errno == EEXIST)
		return irl_error_set(
		    err, IRL_EBUSY,
		    "an XDP program is attached to %s already: wait until "
		    "whoever holds it (see 'bpftool net') ends, take off what "
		    "nobody holds by 'ip link set %s xdp off', or use --port "
		    "packet",
		    interface, interface);
	return irl_error_errno(
	    err, errno,
	    "the driver of %s does not take an XDP program; use --port packet",
	    interface);
}

static int load_root(struct irl_share *share)
{
	struct root *root = root__open();
	int err = root ? 0 : -errno;

	if (!err)
		err = bpf_map__reuse_fd(root->maps.live_share,
					share->files.array);
	if (!err)
		err = root__load(root);
	if (!err) {
		share->files.root = fcntl(bpf_program__fd(root->progs.irl_root),
					  F_DUPFD_CLOEXEC, 0);
		err = share->files.root < 0 ? -errno : 0;
	}
	root__destroy(root);
	return err;
}

/* The root in place first, then known to all, then we in it. */
static int join_others(struct irl_share *share, struct irl_error *err)
{
	struct irl_share_files root = {-1, -1, -1};
	int rc = 0;

	sweep(share);
	if (share->files.root < 0)
		rc = load_root(share);
	if (!rc && attached(share->files.link) != id_of(share->files.root))
		rc =
		    bpf_link_update(share->files.link, share->files.root, NULL);
	if (rc)
		return irl_error_errno(err, -rc,
				       "sharing %s with process %d; use --port "
				       "packet",
				       share->ifname, share->peer[0].hello.pid);
	root.root = share->files.root;
	for (unsigned i = 0; i < share->peers; i++)
		irl_door_tell(share->peer[i].fd, &share->self, &root);
	return 0;
}

int irl_share_join(struct irl_share *share, int program, int array,
		   struct irl_error *err)
{
	int rc;

	share->program = program;
	share->self.program = id_of(program);
	if (share->files.array < 0)
		share->files.array = fcntl(array, F_DUPFD_CLOEXEC, 0);
	rc = share->peers ? join_others(share, err) : attach_first(share, err);
	if (rc)
		return rc;
	share->runner = fcntl(share->peers ? share->files.root : program,
			      F_DUPFD_CLOEXEC, 0);
	rc = share->runner < 0 ? -errno : insert_self(share);
	if (!rc)
		rc = start(share);
	if (rc)
		return irl_error_errno(err, -rc, "sharing %s", share->ifname);
	close_file(&share->lock);
	return 0;
}

void irl_share_leave(struct irl_share *share)
{
	const uint64_t one = 1;

	if (!share)
		return;
	/* A child of fork() has not the thread. */
	if (share->started && share->pid == getpid()) {
		while (write(share->stop, &one, sizeof(one)) < 0 &&
		       errno == EINTR)
			;
		pthread_join(share->thread, NULL);
	} else if (!share->started && share->self.program) {
		remove_one(share, &share->self);
	}
	for (unsigned i = 0; i < share->peers; i++)
		close_file(&share->peer[i].fd);
	close_files(&share->files);
	close_file(&share->runner);
	close_file(&share->stop);
	close_file(&share->listener);
	close_file(&share->lock);
	free(share);
}

/* ---- looking on ---------------------------------------------------------- */

unsigned irl_share_holders(unsigned ifindex, int pids[],
			   struct irl_steer claims[], unsigned max)
{
	unsigned n = 0;

	for (unsigned slot = 0; slot < SHARE_HOLDERS && n < max; slot++) {
		struct irl_share_files files = {-1, -1, -1};
		struct irl_share_hello hello = {0};
		int pid, fd = irl_door_connect(ifindex, slot, &pid);

		if (fd < 0 && fd != -EPERM)
			continue;
		if (claims && fd >= 0)
			irl_door_hear(fd, &hello, &files, HEAR_MS);
		close_files(&files);
		close_file(&fd);
		if (claims)
			claims[n] = hello.steer;
		pids[n++] = pid;
	}
	return n;
}
