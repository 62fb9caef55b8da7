/* What the operator of a scanner says: base/settings.h with the section [scanner].
 * Spec: vitrine-cell(1), "SCANNER SETTINGS" */
#ifndef VT_CELL_SCANNER_SETTINGS_H
#define VT_CELL_SCANNER_SETTINGS_H

#include "base/settings.h"
#include "cell/queue_message.h"
#include "cell/scan_batch.h"
#include "cell/scan_pool.h"

enum vt_scanner_setting {
    VT_SCANNER_SAMPLES,    /* folder of `cell serve --samples` */
    VT_SCANNER_PUBLISHED,  /* folder that the cell publishes */
    VT_SCANNER_STATE,      /* the scanner's own folder */
    VT_SCANNER_RULES,      /* a rule pack, or the folder that one is made of */
    VT_SCANNER_CLAMAV,     /* folder of ClamAV's databases */
    VT_SCANNER_TRUST,      /* the trust root */
    VT_SCANNER_POLICY,     /* the signed custody/v1 */
    VT_SCANNER_ENROLMENTS, /* folder of enrolments */
    VT_SCANNER_LEDGER,     /* URL of the access ledger */
    VT_SCANNER_TOKEN_FILE, /* of one of its writers */
    VT_SCANNER_AGENT,      /* URL of the key agent */
    VT_SCANNER_KEY,        /* the scanner's, enrolled */
    VT_SCANNER_ROLE_KEY,   /* of the policy's role */
    VT_SCANNER_ANSWER_KEY, /* X25519, that answers are sealed for */
    VT_SCANNER_PASSPHRASE_FILE,
    VT_SCANNER_LIMITS,
    VT_SCANNER_WORKERS,
    VT_SCANNER_BATCH,
    VT_SCANNER_LEASE,
    VT_SCANNER_VALID,
    VT_SCANNER_IDLE,
    VT_SCANNER_SETTINGS,
};

struct vt_scanner_settings {
    char *values[VT_SCANNER_SETTINGS]; /* owned; NULL: not set */
    struct vt_scan_limits limits;
    unsigned workers; /* 0: not said */
    size_t batch_max;
    uint32_t lease_s, valid_s;
    int64_t idle_s;
};

void vt_scanner_settings_clear(struct vt_scanner_settings *settings);
#define VT_AUTO_SCANNER_SETTINGS                                                           \
    __attribute__((cleanup(vt_scanner_settings_clear))) struct vt_scanner_settings

/* "token-file": as it is written. */
const char *vt_scanner_setting_name(enum vt_scanner_setting setting);

/* What must be said is said, numbers are numbers within their bounds, and there is
 * something to scan with.  Errors: VT_MALFORMED with the line or the setting; VT_LIMIT */
VT_CHECKED bool vt_scanner_settings_parse(vt_slice text, struct vt_scanner_settings *out,
                                          struct vt_error *err);

#endif
