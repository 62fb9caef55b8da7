/* One error type for the whole project.  The code tells the program what to do next,
 * the message tells a person what happened, to which object, and the cure. */
#ifndef VT_BASE_ERROR_H
#define VT_BASE_ERROR_H

#define VT_CHECKED                    __attribute__((warn_unused_result))
#define VT_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define VT_NORETURN                   __attribute__((noreturn))

enum vt_code {
    VT_OK,
    VT_MALFORMED, /* the input breaks its format; never retry   */
    VT_REJECTED,  /* well-formed, but not true or not allowed   */
    VT_ABSENT,    /* the named thing does not exist             */
    VT_LIMIT,     /* a documented bound was reached             */
    VT_IO,        /* the machine failed us; a restart may help  */
};

struct vt_error {
    enum vt_code code;
    char message[240]; /* lower case, no final stop; printable, cut at the end if long */
};

/* The exit codes of every command. */
enum vt_exit {
    VT_EXIT_OK = 0,      /* yes                                                  */
    VT_EXIT_REFUSED = 1, /* no: malformed, rejected, over a limit, absent        */
    VT_EXIT_USAGE = 2,   /* the command was called wrongly                       */
    VT_EXIT_TROUBLE = 3, /* environment: file missing, disk full, network        */
};

/* Fill err and return false, so that failing is one line.  Controls (C0 and C1), line
 * separators, bidi marks and bytes that are no UTF-8 become '?', so that outside text
 * cannot steer a terminal; a message too long is cut between characters. */
VT_PRINTF(3, 4)
bool vt_fail(struct vt_error *err, enum vt_code code, const char *format, ...);

/* Put "context: " before the message that err already holds; returns false.  Where both do
 * not fit, "..." stands for the end of the context, then for the beginning of the message:
 * the cause is what one needs. */
VT_PRINTF(2, 3) bool vt_within(struct vt_error *err, const char *format, ...);

/* The same filter for text from outside that is shown in other ways.  is_cut: its end may
 * lack a part of a character, which is then left out. */
void vt_text_make_printable(char *text, bool is_cut);

/* "malformed", "rejected", ... */
const char *vt_code_name(enum vt_code code);

/* The exit code that belongs to an error. */
int vt_code_exit(enum vt_code code);

/* For our mistakes only, never for input; on in release builds too. */
#define VT_ASSERT(condition)                                                               \
    ((condition) ? (void)0 : vt_assert_failed(#condition, __FILE__, __LINE__))
VT_NORETURN void vt_assert_failed(const char *condition, const char *file, int line);

#endif
