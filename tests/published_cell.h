/* A cell that really publishes: a ledger of heads with four real witnesses, epochs made by
 * the command, and a web server with a gateway behind it, which lies where a test lays a
 * file of the same name into its folder of lies. */
#ifndef VT_TESTS_PUBLISHED_CELL_H
#define VT_TESTS_PUBLISHED_CELL_H

#include "tests/cell_world.h"
#include "tests/running.h"

enum { VT_PUBLISHED_FILES = 400 }; /* known; each third is malicious, the others clean */

struct vt_published {
    const char *url;            /* of the web server */
    const char *folder;         /* what it serves: the cell's public folder */
    struct vt_running relay;    /* url NULL: there is none */
    struct vt_running cell;     /* `vitrine cell serve`; url NULL: our own web server */
    int64_t now;                /* when the world was made */
    struct vt_world world;      /* moved to now */
    struct vt_cell_world in_it; /* the cell in its trust root */
};

/* trust.json, keys (cell.key, stranger.key), rules, a list and a table, the ledger "heads"
 * and a policy of residency (JP belongs to tokyo, all others to zurich), all in the case's
 * folder; nothing is published yet.  has_relay: a gateway's key is certified, and a relay
 * runs and stands in the trust root. */
void vt_published_lay_out(struct vt_published *out, bool has_relay);
/* The same with `vitrine cell serve` in the place of our web server, its gateway behind the
 * relay, and all that it asks the kernel about the network written to `trace`. */
void vt_published_lay_out_served(struct vt_published *out, const char *trace);

/* The vendor's release ledger, "releases", with the same witnesses; and "monitor-policy",
 * in which both ledgers have their URLs. */
void vt_published_release_ledger(void);
void vt_published_monitor_policy(const struct vt_published *p);

/* The SHA-256 of file i; its content is the four bytes of the number as this machine has
 * them. */
const char *vt_published_hash(unsigned i);
/* Lines "SHA256 STATE [WHAT]" of files from..to - 1 into a file of the case's folder. */
void vt_published_list(const char *name, unsigned from, unsigned to);
/* `vitrine cell publish`, in a jurisdiction, with an option more. */
const char *vt_published_epoch_in(int exit_code, const char *table,
                                  const char *jurisdiction, const char *extra,
                                  const char *value);
const char *vt_published_epoch(int exit_code, const char *table, const char *extra,
                               const char *value);
/* Serve these bytes in the place of that path; no bytes: 404; and the truth again. */
void vt_published_lie(const char *path, vt_slice bytes);
void vt_published_be_honest(void);
/* What the web server was asked for since it began, a line each: "direct PATH" or, by the
 * gateway, "sealed PATH". */
const char *vt_published_asked(void);
void vt_published_write_key(const char *name, enum vt_party party);

#endif
