/* What a key agent has done: one file of records, appended and synced before anything is
 * answered, never changed.  It is the agent's whole memory: the openings of all statements
 * that it acted upon, which of them were used, which objects were scanned under which
 * rules, and the last checkpoint that it saw.
 *
 *   FOLDER/openings   frames, each begun at a multiple of 64 bytes
 *
 *   frame   "VTAR" ‖ u32 length of the body ‖ u32 length of the grant
 *           ‖ body ‖ grant ‖ chain (32) ‖ check (16), zeros up to the next multiple
 *   Behind the last frame stand zeros: room that is made ahead.
 *   chain   SHA-256("vitrine/agent-chain/v1\n" ‖ chain before ‖ body); zeros before the
 * first check   of this frame at this place
 *
 * A frame that was cut off at the end was answered to nobody: it is cut away.  A frame that
 * is damaged with another one behind it stops the agent: it would not know what it did. */
#ifndef VT_CUSTODY_AGENT_STORE_H
#define VT_CUSTODY_AGENT_STORE_H

#include "base/base.h"
#include "custody/access.h"

enum vt_agent_deed {
    VT_AGENT_RELEASED = 1, /* file keys were given */
    VT_AGENT_REFUSED,      /* a good statement that the policy does not allow */
    VT_AGENT_WARNED,       /* one that must wait, announced */
    VT_AGENT_ERASED,       /* objects are never released again */
    VT_AGENT_DESTROYED,    /* so is what was sealed for a recipient: its key is gone */
    VT_AGENT_REWRAPPED,    /* file keys were given to another agent, and to nobody else */
    VT_AGENT_WITHDRAWN,    /* an object is never released again, by whoever sealed it */
    VT_AGENT_DEEDS,
};

const char *vt_agent_deed_name(enum vt_agent_deed deed); /* "released" ... */

struct vt_agent_record {
    enum vt_agent_deed deed;
    uint64_t number;     /* from 1, no gap */
    uint64_t index;      /* of the commitment on the ledger */
    int64_t time_unix_s; /* of the witnesses' quorum; destroyed, withdrawn: our clock */
    uint64_t size;       /* of the tree that was seen, and its root */
    vt_hash root;
    uint8_t salt[VT_ACCESS_SALT_BYTES]; /* the opening: salt and envelope */
    vt_slice envelope;                  /* destroyed: the agent's own claim, salt zero;
                                         * withdrawn: empty */
    const vt_hash *ids; /* of the batch; 0 if the statement names its objects.  Destroyed:
                         * the recipient, one */
    size_t id_count;
    const vt_hash *objects; /* released, erased, or withdrawn */
    size_t object_count;
    vt_slice why;   /* refused: the sentence */
    vt_slice grant; /* what was answered: keys, sealed for the recipient; erased: a claim */
    vt_hash chain;  /* when read */
};

#define VT_AGENT_RECORD_BYTES_MAX VT_MIB(2)
/* In the file: body and grant, each of that at most, and the frame. */
#define VT_AGENT_FRAME_BYTES_MAX (2 * VT_AGENT_RECORD_BYTES_MAX + VT_KIB(1))

/* Running totals, and the last checkpoint. */
struct vt_agent_totals {
    uint64_t number; /* of records */
    uint64_t deeds[VT_AGENT_DEEDS];
    uint64_t keys;      /* released */
    uint64_t rewrapped; /* file keys that another agent was given */
    int64_t until_unix_s;
    uint64_t size;
    vt_hash root, chain;
};

struct vt_agent_store;

/* What is told of each record, in order; its slices live until it returns.
 * False (with err) ends the reading with that error. */
typedef struct {
    bool (*take)(void *context, const struct vt_agent_record *record, uint64_t at,
                 struct vt_error *err);
    void *context;
} vt_agent_reader;

/* Make an empty one in `folder`.  VT_REJECTED there is one already; VT_IO. */
VT_CHECKED bool vt_agent_store_init(const char *folder, struct vt_error *err);
/* Open for writing, one process at a time; every record is read, checked and told.
 * Returned; end with vt_agent_store_close.
 * Errors: VT_REJECTED missing or damaged; VT_IO; those of the reader */
VT_CHECKED bool vt_agent_store_open(const char *folder, vt_agent_reader reader,
                                    struct vt_agent_store **store_out,
                                    struct vt_error *err);
void vt_agent_store_close(struct vt_agent_store *store); /* NULL allowed */
/* Read a file of openings, wherever it lies, without lock and without changing it.
 * Errors: VT_IO missing or unreadable; VT_REJECTED damaged; those of the reader */
VT_CHECKED bool vt_agent_openings_read(const char *path, vt_agent_reader reader,
                                       struct vt_agent_totals *totals_out,
                                       struct vt_error *err);

const struct vt_agent_totals *vt_agent_store_totals(const struct vt_agent_store *store);
/* Append the record, whose number must be the next, and make it durable; *at_out: where.
 * Errors: VT_LIMIT too long; VT_IO the state of the disk is unknown: the process must exit
 */
VT_CHECKED bool vt_agent_store_append(struct vt_agent_store *store,
                                      const struct vt_agent_record *record,
                                      uint64_t *at_out, struct vt_error *err);
/* Where the last record ends, and the bytes from `at` on (not behind it): appended, as many
 * as out takes.  VT_IO. */
uint64_t vt_agent_store_bytes(const struct vt_agent_store *store);
VT_CHECKED bool vt_agent_store_copy(struct vt_agent_store *store, uint64_t at,
                                    struct vt_buf *out, struct vt_error *err);
/* The record at that place again; slices lie in the arena.  VT_REJECTED, VT_IO. */
VT_CHECKED bool vt_agent_store_read(struct vt_agent_store *store, uint64_t at,
                                    struct vt_arena *arena, struct vt_agent_record *out,
                                    struct vt_error *err);

#endif
