/* centre: the Transparency Centre, the place where everybody sees the same evidence.
 *
 * It is run by the foundation or a supervisor, never by the vendor.  It holds copies, and
 * believes none of them: whatever it shows was verified here against its own trust root.
 *
 *   FOLDER/trust.json        the trust root
 *   FOLDER/policy.json       what is demanded of a release; may be missing: the usual
 *   FOLDER/ledgers/NAME/     copies of ledgers, as `vitrine ledger mirror` keeps them
 *   FOLDER/desk/             a copy of the desk; may be missing: no states are shown
 *   FOLDER/public/           a copy of the published folder; may be missing
 *   FOLDER/invitations/      of reviewers (centre/invitation.h); may be missing
 *   FOLDER/library/          source that they read (centre/library.h); may be missing
 *   FOLDER/handed/           by officers (centre/handing.h); missing: nothing is taken
 *   FOLDER/rebuilds/         what came of rebuilds that they asked for, and their logs
 *                            (centre/rebuild_form.h)
 *   FOLDER/others/           what is remembered of other Centres (centre/others.h)
 *   FOLDER/seal.pub          to whom what they ask is sealed (centre/sealed.h)
 *   FOLDER/porter/           their passkeys and sessions (centre/porter.h), that record,
 * and what they noted (centre/remarks.h)
 *
 *   strangers <-> front <-> reader    documents, a generation at a time
 *                   ^-----> prover    what is asked of a ledger
 *                   ^-----> clerk     what officers hand in
 *                   ^-----> porter <-> librarian    what a reviewer asks
 *                             ^----> FOLDER <---->  `vitrine centre rebuild`: wishes    */
#ifndef VT_CENTRE_H
#define VT_CENTRE_H

#include "base/base.h"

#define VT_CENTRE_TRUST   "trust.json"
#define VT_CENTRE_POLICY  "policy.json"
#define VT_CENTRE_LEDGERS "ledgers"
#define VT_CENTRE_DESK    "desk"
#define VT_CENTRE_PUBLIC  "public"

#define VT_CENTRE_LEDGERS_MAX     16
#define VT_CENTRE_CONNECTIONS_MAX 4000
#define VT_CENTRE_RATE_MAX        100000
#define VT_CENTRE_TAKEN_MAX       ((uint64_t)1 << 40)

struct vt_centre_serving {
    const char *folder;
    const char *pages;  /* folder of the built pages; NULL: none */
    const char *origin; /* under which reviewers sign in; NULL: none come in here */
    const char *address;
    uint16_t port;            /* 0: any free one */
    unsigned connections_max; /* 1 to VT_CENTRE_CONNECTIONS_MAX */
    unsigned from_one_max;    /* connections from one address; 0: all of them */
    unsigned rate;            /* questions of ledgers a second, from all together; 1.. */
    int64_t refresh_ms;       /* look at the copies again so often */
    /* What a reviewer may take out of his notes in a day; lines of source quoted in it. */
    uint64_t taken_bytes, taken_lines;
    const char *tls_certificate, *tls_key;       /* PEM; both NULL: plain HTTP */
    void (*ready)(void *context, uint16_t port); /* may be NULL */
    void *context;
};

/* Serve until SIGTERM or SIGINT (true).
 * Errors: VT_MALFORMED, VT_REJECTED the trust root or policy is not taken
 *         VT_IO        a folder is missing or unreadable, the address is taken */
VT_CHECKED bool vt_centre_serve(const struct vt_centre_serving *serving,
                                struct vt_error *err);

#endif
