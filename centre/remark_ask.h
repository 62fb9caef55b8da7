/* What a reviewer asks of his notes, as it travels from front to porter.  One request has
 * one spelling.  Pure.
 *
 *   list     kind || u32 from
 *   write    kind || u32 number || remark
 *   remove   kind || u32 number
 *   take     kind || form || u8 count || u32... ; of a report also
 *            is accepting || source (32) || u16 and product || u16 and version
 *            || u16 and scope || u16 and summary || u16 count || (u16 and path)... */
#ifndef VT_CENTRE_REMARK_ASK_H
#define VT_CENTRE_REMARK_ASK_H

#include "centre/remark.h"

enum vt_remark_kind {
    VT_REMARKS_LIST, /* those with `number` and above */
    VT_REMARK_WRITE, /* a new one (number 0), or this one anew */
    VT_REMARK_REMOVE,
    VT_REMARKS_TAKE, /* out of the Centre, through the gate */
    VT_REMARK_KINDS,
};

/* What is taken out. */
enum vt_taking_form {
    VT_TAKING_NOTES,   /* the notes that are named */
    VT_TAKING_FINDING, /* the text of a finding, out of one note */
    VT_TAKING_REPORT,  /* a review report, which names the notes by their digest */
    VT_TAKING_FORMS,
};

#define VT_TAKING_NOTES_MAX         64
#define VT_REPORT_FILES_MAX         256
#define VT_REPORT_SCOPE_BYTES_MAX   256
#define VT_REPORT_SUMMARY_BYTES_MAX 2048

struct vt_report_words {
    bool is_accepting;
    vt_hash source;
    vt_slice product, version, scope, summary;
    uint16_t file_count;
    vt_slice files; /* as they travel; vt_report_next_file */
};

struct vt_remark_ask {
    enum vt_remark_kind kind;
    uint32_t number;
    struct vt_remark remark; /* of a write */
    enum vt_taking_form form;
    uint32_t numbers[VT_TAKING_NOTES_MAX]; /* ascending */
    size_t number_count;
    struct vt_report_words report;
};

const char *vt_remark_kind_name(enum vt_remark_kind kind);
VT_CHECKED bool vt_remark_kind_of(vt_slice name, enum vt_remark_kind *out);
const char *vt_taking_form_name(enum vt_taking_form form);
VT_CHECKED bool vt_taking_form_of(vt_slice name, enum vt_taking_form *out);

void vt_remark_ask_write(const struct vt_remark_ask *ask, struct vt_buf *out);
/* Slices point into body. */
VT_CHECKED bool vt_remark_ask_read(vt_slice body, struct vt_remark_ask *out);

void vt_report_put_file(struct vt_buf *files, vt_slice path);
/* The next of files; false: there is no more. */
VT_CHECKED bool vt_report_next_file(vt_reader *files, vt_slice *path_out);

#endif
