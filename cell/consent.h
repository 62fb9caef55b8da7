/* What the person behind a client has allowed: two switches, apart, both off until chosen.
 *
 *   ask     questions about reputations may leave this machine
 *   submit  files and reports may leave it
 *
 * Kept in the client's folder, with the time of each choice. */
#ifndef VT_CELL_CONSENT_H
#define VT_CELL_CONSENT_H

#include "base/base.h"
#include "store/disk.h"

enum vt_consent_switch {
    VT_CONSENT_ASK,
    VT_CONSENT_SUBMIT,
    VT_CONSENT_SWITCHES,
};

struct vt_consent {
    struct {
        bool is_on, is_chosen;
        int64_t since_unix_s; /* of the choice; 0 if none was made */
    } switches[VT_CONSENT_SWITCHES];
};

const char *vt_consent_name(enum vt_consent_switch which);
VT_CHECKED bool vt_consent_of(vt_slice name, enum vt_consent_switch *out);

/* Errors: VT_MALFORMED, VT_IO memory */
VT_CHECKED bool vt_consent_parse(vt_slice text, struct vt_consent *out,
                                 struct vt_error *err);
VT_CHECKED bool vt_consent_write(const struct vt_consent *consent, struct vt_buf *out,
                                 struct vt_error *err);

/* From the client's folder; nothing chosen yet is no error.  Errors: as parse; VT_IO */
VT_CHECKED bool vt_consent_read(struct vt_disk *home, struct vt_consent *out,
                                struct vt_error *err);
/* Turn a switch, durably; the caller holds the folder's lock.  Turning it to where it is
 * changes nothing, not even its time. */
VT_CHECKED bool vt_consent_turn(struct vt_disk *home, enum vt_consent_switch which,
                                bool is_on, int64_t now_unix_s, struct vt_error *err);
/* VT_REJECTED, with the command that allows it, if the switch is off. */
VT_CHECKED bool vt_consent_allows(const struct vt_consent *consent,
                                  enum vt_consent_switch which, struct vt_error *err);

#endif
