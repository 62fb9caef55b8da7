/* What a scan of one file comes to, and what it is bound to.
 *
 * Nothing is called clean that was not looked at whole by every engine: a file that exceeds
 * a limit, holds an encrypted member or is damaged is "not fully scanned", and the verdict
 * says why.  The limits are part of the verdict, for another limit may give another one. */
#ifndef VT_CELL_SCAN_H
#define VT_CELL_SCAN_H

#include "crypto/sha256.h"
#include "wire/json.h"

/* What decides, the first that holds: malicious, suspicious, engine failed, not fully,
 * clean; unknown when nothing looked at it.  What did not decide is still listed. */
enum vt_scan_state {
    VT_SCAN_UNKNOWN,
    VT_SCAN_CLEAN,
    VT_SCAN_SUSPICIOUS,
    VT_SCAN_MALICIOUS,
    VT_SCAN_NOT_FULLY,
    VT_SCAN_ENGINE_FAILED,
    VT_SCAN_STATES,
};
const char *vt_scan_state_name(enum vt_scan_state state); /* "not-fully-scanned" ... */

/* Why a file was not fully scanned; bits. */
enum vt_scan_limit {
    VT_SCAN_LIMIT_BYTES = 1 << 0,       /* too many, in the file or unpacked from it */
    VT_SCAN_LIMIT_RATIO = 1 << 1,       /* unpacked to too many times its size */
    VT_SCAN_LIMIT_MEMBERS = 1 << 2,     /* too many files in it */
    VT_SCAN_LIMIT_DEPTH = 1 << 3,       /* containers in containers, too deep */
    VT_SCAN_LIMIT_TIME = 1 << 4,        /* took too long */
    VT_SCAN_LIMIT_MEMORY = 1 << 5,      /* needed too much memory */
    VT_SCAN_LIMIT_ENCRYPTED = 1 << 6,   /* a member that needs a password */
    VT_SCAN_LIMIT_UNSUPPORTED = 1 << 7, /* a container in a manner that we cannot read */
    VT_SCAN_LIMIT_DAMAGED = 1 << 8,     /* a container that breaks its format */
    VT_SCAN_LIMIT_ENGINE = 1 << 9,      /* another limit of libclamav's own */
    VT_SCAN_LIMIT_ALL = (1 << 10) - 1,
};
/* The word of one bit; NULL: no such bit. */
const char *vt_scan_limit_name(unsigned bit);

/* Who may have failed, or have looked; bits. */
enum vt_scan_engine {
    VT_SCAN_BY_YARA = 1 << 0,
    VT_SCAN_BY_CLAMAV = 1 << 1,
    VT_SCAN_BY_UNPACKER = 1 << 2,
    VT_SCAN_BY_WORKER = 1 << 3, /* the process around them */
    VT_SCAN_BY_ALL = (1 << 4) - 1,
};
const char *vt_scan_engine_name(unsigned bit); /* "yara" ...; NULL */

struct vt_scan_limits {
    uint64_t bytes_max;        /* unpacked from one file, in all */
    uint64_t file_bytes_max;   /* of the file, and of each member */
    uint64_t ratio_max;        /* unpacked to packed, ... */
    uint64_t ratio_free_bytes; /* ... once so much was unpacked */
    uint64_t members_max;      /* in all */
    uint64_t depth_max;        /* containers in each other */
    uint64_t time_ms_max;      /* for one file */
    uint64_t memory_bytes_max; /* of a worker, beside what its databases take */
};
struct vt_scan_limits vt_scan_limits_default(void);
/* Change some: "bytes=100M,depth=5,time=30s"; words: bytes, file-bytes, ratio, ratio-free,
 * members, depth, time, memory.  Errors: VT_MALFORMED, naming the part; VT_LIMIT outside
 * what a worker can hold to */
VT_CHECKED bool vt_scan_limits_parse(vt_slice text, struct vt_scan_limits *limits,
                                     struct vt_error *err);

/* ---- what a worker says ------------------------------------------------------------- */

#define VT_SCAN_NAMES_MAX  16
#define VT_SCAN_NAME_BYTES 126 /* with its NUL; what is longer is cut */

struct vt_scan_name {
    uint8_t engine;                /* one bit of vt_scan_engine: yara or clamav */
    bool is_suspicious;            /* else malicious */
    char text[VT_SCAN_NAME_BYTES]; /* printable ASCII without spaces */
};

struct vt_scan_outcome {
    uint8_t looked; /* engines that saw every byte that was reached */
    uint8_t failed; /* engines that ended in an error */
    uint16_t limits;
    bool is_malicious, is_suspicious; /* some name is */
    uint32_t depth;                   /* reached; 0: no container */
    uint32_t members;
    uint64_t unpacked_bytes;
    bool has_plain;       /* of a sealed file: what was inside, whole ... */
    vt_hash plain;        /* ... has this SHA-256; zeros without */
    uint32_t names_total; /* found; the first VT_SCAN_NAMES_MAX of them are listed */
    uint32_t name_count;
    struct vt_scan_name names[VT_SCAN_NAMES_MAX]; /* ascending by engine, then text */
};

/* Note a name, unless it is noted.  Malicious ones take the place of others when it is
 * full.  engine: the bit. */
void vt_scan_outcome_found(struct vt_scan_outcome *outcome, unsigned engine, vt_slice name,
                           bool is_suspicious);
enum vt_scan_state vt_scan_outcome_state(const struct vt_scan_outcome *outcome);

/* The answer of a worker, always as long as this:
 *
 *   "VSA1" | looked 1 | failed 1 | limits 2 | found 1 | name count 1 | depth 4 | members 4
 *   | unpacked 8 | names in all 4 | has plain 1 | plain 32
 *   | 16 times: engine 1, suspicious 1, text 126 with NULs
 *
 * A worker may have been conquered by what it read: the reader takes one spelling of each
 * outcome, and nothing that does not hold together. */
#define VT_SCAN_ANSWER_BYTES (63 + VT_SCAN_NAMES_MAX * (2 + VT_SCAN_NAME_BYTES))
VT_CHECKED bool vt_scan_answer_parse(vt_slice bytes, struct vt_scan_outcome *out,
                                     struct vt_error *err);
void vt_scan_answer_write(const struct vt_scan_outcome *outcome, struct vt_buf *out);

/* ---- what the parent makes of it ---------------------------------------------------- */

/* How the worker ended on it, if it did. */
enum vt_scan_end {
    VT_SCAN_ANSWERED,
    VT_SCAN_ENDED_BY_SIGNAL, /* which: `signal` */
    VT_SCAN_EXITED,
    VT_SCAN_TOO_SLOW, /* killed by us: it neither answered nor ended */
    VT_SCAN_LIED,     /* killed by us: its answer was none */
};

#define VT_SCAN_ENGINES_BYTES 256

/* What verdicts of one set-up have in common. */
struct vt_scan_binding {
    vt_hash rules;                       /* digest of all databases, see scan_rules.h */
    char engines[VT_SCAN_ENGINES_BYTES]; /* a line each: "yara 4.2.3\n" */
    struct vt_scan_limits limits;
};

struct vt_scan_verdict {
    enum vt_scan_state state;
    enum vt_scan_end end;
    int signal; /* with VT_SCAN_ENDED_BY_SIGNAL */
    struct vt_scan_outcome outcome;
    struct vt_scan_binding binding;
};

/* {"end"?, "engines": [...], "failed": [...], "found": [{"engine", "name", "suspicious"}],
 * "found_total", "depth", "limits": {...}, "limits_reached": [...], "members", "rules",
 * "signal"?, "state", "unpacked_bytes"}.  Returned. */
json_t *vt_scan_verdict_json(const struct vt_scan_verdict *verdict);
/* One line without its end, for a person: "malicious: yara Eicar_Test; not fully scanned:
 * ratio". */
void vt_scan_verdict_text(const struct vt_scan_verdict *verdict, struct vt_buf *out);

#endif
