/* What the verbs of promise, finding, request and denial have in common: the story on a
 * ledger, and one statement more. */
#ifndef VT_CLI_SUPERVISION_H
#define VT_CLI_SUPERVISION_H

#include "cli/files.h"
#include "cli/trust.h"
#include "custody/story.h"

#define VT_OPTION_PLACE                                                                    \
    {                                                                                      \
        "ledger", "PLACE", "the release ledger: a folder, a mirror's copy, or a URL",      \
            true, false                                                                    \
    }
#define VT_OPTION_ROOT                                                                     \
    {                                                                                      \
        "trust", "FILE", "your own copy of the trust root", true, false                    \
    }
#define VT_OPTION_AT                                                                       \
    {                                                                                      \
        "at", "TIME", "what was or will be true then; else now", false, false              \
    }
/* An old copy shows an old story, with all its signatures. */
#define VT_OPTION_MAX_AGE                                                                  \
    {                                                                                      \
        "max-age", "TIME", "refuse what the witnesses saw longer ago (24h, 7d)", false,    \
            false                                                                          \
    }
/* Of verbs that read. */
#define VT_OPTIONS_READ VT_OPTION_PLACE, VT_OPTION_ROOT, VT_OPTION_AT, VT_OPTION_MAX_AGE
/* Of verbs that say something. */
#define VT_OPTIONS_SAY                                                                     \
    VT_OPTION_PLACE, VT_OPTION_ROOT, VT_OPTION_KEY, VT_OPTION_PASSPHRASE,                  \
        { "ledger-passphrase-file", "FILE",                                                \
          "file whose first line opens the ledger's key", false, false },                  \
        { "out", "FILE", "keep the statement; its proof goes to FILE.tlog-proof", false,   \
          false },                                                                         \
    {                                                                                      \
        "sign-only", NULL, "do not log it: whoever has the ledger adds --out FILE", false, \
            false                                                                          \
    }

struct vt_supervision {
    struct vt_trust *trust;
    struct vt_story *story;
    struct vt_key *key; /* NULL for verbs that read */
    const struct vt_trust_key *mine;
    int64_t now_unix_s; /* or --at */
};

void vt_supervision_end(struct vt_supervision *call);
#define VT_AUTO_SUPERVISION                                                                \
    __attribute__((cleanup(vt_supervision_end))) struct vt_supervision

/* --ledger, --trust, --at and --max-age: read it all. */
VT_CHECKED bool vt_supervision_read(struct vt_args *args, struct vt_supervision *out,
                                    struct vt_error *err);
/* The same of now, without --at. */
VT_CHECKED bool vt_supervision_read_now(struct vt_args *args, struct vt_supervision *out,
                                        struct vt_error *err);
/* --ledger, --trust and --key, which must have a role that may sign this. */
VT_CHECKED bool vt_supervision_open(struct vt_args *args, enum vt_predicate type,
                                    struct vt_supervision *out, struct vt_error *err);

/* A statement to be said. */
struct vt_saying {
    enum vt_predicate type;
    const struct vt_subject *subjects; /* NULL: itself */
    size_t subject_count;
    json_t *predicate;     /* taken; supersedes and created are added here */
    const vt_hash *before; /* supersedes; NULL: nothing */
    vt_slice evidence;     /* of a keeping: the entry */
    uint64_t evidence_index;
};

/* Sign it, and refuse it if it would not count after all that was said, this call's other
 * statements included.  The envelope is appended. */
VT_CHECKED bool vt_supervision_sign(struct vt_supervision *call,
                                    const struct vt_saying *saying, struct vt_buf *envelope,
                                    struct vt_error *err);
/* Put entries on the ledger, all or none; the index and the proof of the last one. */
VT_CHECKED bool vt_supervision_log(struct vt_args *args, const struct vt_supervision *call,
                                   const vt_slice *entries, size_t count, uint64_t *index,
                                   struct vt_buf *proof, struct vt_error *err);
/* Sign it; refuse it if it would not count; put it on the ledger, or only into --out. */
VT_CHECKED bool vt_supervision_say(struct vt_args *args, struct vt_supervision *call,
                                   const struct vt_saying *saying, const char *did,
                                   struct vt_error *err);

/* Print words that a statement holds as one line: line breaks would let it write rows of
 * its own into a table.  Control bytes become spaces. */
void vt_supervision_words(vt_slice words);
/* The end of an answer for people: of which ledger, and strays as lines, each "mind: entry
 * N does not count: WHY". */
void vt_supervision_close(const struct vt_supervision *call, const struct vt_strays *own);
/* {"ok":..,"at":..,"entries":..,"seen":..,NAME:rows,"strays":[..]}; takes rows. */
void vt_supervision_print(const struct vt_supervision *call, bool is_ok, const char *name,
                          json_t *rows, const struct vt_strays *own);
/* A 64-digit option; VT_MALFORMED as misuse. */
VT_CHECKED bool vt_supervision_digest(struct vt_args *args, const char *option,
                                      vt_hash *out, struct vt_error *err);
/* "review" as the type that its statements bear; NULL: nothing is called so. */
const char *vt_supervision_type(vt_slice name);
/* SHA-256 of a file of any size. */
VT_CHECKED bool vt_supervision_hash_file(const char *path, vt_hash *out,
                                         struct vt_error *err);
/* May what these options say stand in a statement?  Absent ones may; names: NULL-ended. */
VT_CHECKED bool vt_supervision_texts(struct vt_args *args, const char *const names[],
                                     struct vt_error *err);
/* An option that is a country; may be absent. */
VT_CHECKED bool vt_supervision_country(struct vt_args *args, struct vt_error *err);

#endif
