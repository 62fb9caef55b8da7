/* What the files of the scrubber share.  Private to the scrubber. */
#ifndef VT_LEDGER_SCRUB_INSIDE_H
#define VT_LEDGER_SCRUB_INSIDE_H

#include "ledger/remote.h"
#include "ledger/scrub.h"
#include "ledger/signer.h"
#include "ledger/tree.h"
#include "ledger/versions.h"
#include "store/disk.h"

/* ---- how far it came.  scrub_progress.c -----------------------------------------------
 */

struct vt_scrub_progress {
    uint64_t pass; /* that is under way, from 1 */
    int level;     /* the next tile: from the highest level down to the entries */
    uint64_t index;
    /* The newest good checkpoint that was ever seen here; owned. */
    struct vt_buf note;
};

/* Nothing there, or unreadable: pass 1, from the beginning. */
void vt_scrub_progress_load(struct vt_disk *disk, struct vt_scrub_progress *out);
VT_CHECKED bool vt_scrub_progress_save(struct vt_disk *disk, int64_t now_unix_s,
                                       const struct vt_scrub_progress *progress,
                                       struct vt_error *err);

/* ---- the pass -------------------------------------------------------------------------
 */

/* A full tile, and its hashes as they were signed. */
struct vt_scrub_tile {
    bool is_known;
    bool is_lost;                /* looked for, and found nowhere */
    enum vt_scrub_repair source; /* where they were found, if not in the file itself */
    uint64_t index;
    vt_hash hashes[VT_TILE_WIDTH];
};

struct vt_scrub {
    const struct vt_scrub_options *options;
    const char *dir;
    struct vt_disk *disk;
    struct vt_arena *arena;
    struct vt_remote *copy; /* NULL: none */
    struct vt_retention retention;
    struct vt_buf note; /* the checkpoint that all is held against */
    struct vt_head head;
    struct vt_tree edge; /* the signed tree's right edge */
    enum vt_scrub_repair edge_sources[VT_TILE_LEVELS];
    struct vt_scrub_tile tiles[VT_TILE_LEVELS]; /* the last one of each level */
    struct vt_buf bytes;                        /* the file in hand */
    struct vt_scrub_progress progress;
    struct vt_scrub_report report;
    int64_t began_ms, saved_ms;
};

/* A finding, and what became of it. */
void vt_scrub_found(struct vt_scrub *s, const char *file, const char *what,
                    enum vt_scrub_repair repair, const char *why_not);
/* Put the right bytes in place of what is there; `source` says where they come from. */
void vt_scrub_mend(struct vt_scrub *s, const char *file, const char *what, vt_slice right,
                   enum vt_scrub_repair source);

/* The file's bytes in s->bytes, at the pace that was asked for.  Errors as vt_disk_read. */
VT_CHECKED bool vt_scrub_read(struct vt_scrub *s, const char *path, struct vt_error *err);

/* So many bytes were read otherwise. */
void vt_scrub_count(struct vt_scrub *s, uint64_t bytes);

/* The bytes beside the log, one file after the other.  scrub_beside.c */
VT_CHECKED bool vt_scrub_beside(struct vt_scrub *s, bool *stops_out, struct vt_error *err);

/* Find the checkpoint that all is held against; a bad one is a finding.
 * Errors: VT_ABSENT none is good; VT_IO.  scrub_head.c */
VT_CHECKED bool vt_scrub_find_head(struct vt_scrub *s, struct vt_error *err);
/* How many entries the checkpoint covers that lies there now.  scrub_head.c */
uint64_t vt_scrub_newest_size(struct vt_scrub *s);
/* Names below tile/ that are no tile's, and tiles beyond the checkpoint.  scrub_strays.c */
VT_CHECKED bool vt_scrub_strays(struct vt_scrub *s, struct vt_error *err);
/* Is the newest checkpoint that was ever seen here a prefix of this one?  scrub_head.c */
void vt_scrub_compare_heads(struct vt_scrub *s);
/* Find the right edge that has the signed root; false (and a finding) if none has. */
bool vt_scrub_find_edge(struct vt_scrub *s);

/* The signed hashes of a tile, from wherever they are found; NULL if they are nowhere.
 * scrub_tile.c */
const vt_hash *vt_scrub_trust(struct vt_scrub *s, int level, uint64_t index);
/* All versions of a tile or a bundle are held against the signed hashes.  scrub_tile.c */
void vt_scrub_check(struct vt_scrub *s, int level, uint64_t index);

/* The hashes of a tile as they follow from what lies below it: the bundle's entries, or
 * the tiles of the level below.  False if that is not to be had.  scrub_tile.c */
VT_CHECKED bool vt_scrub_derive(struct vt_scrub *s, const struct vt_tile_name *name,
                                vt_hash *hashes_out);

#endif
