/* Shared libraries of others that few of our processes need.
 *
 * They are opened by the process that first wants one, not by every start: the program
 * would map sixty libraries otherwise, also where it holds a key or reads a stranger's
 * evidence, and its start would cost four times as much.  A confined process can open
 * nothing: its rights name what is opened before the locks (role/confine.h).
 *
 * ROOM/libNAME.h lists the calls of one library; each becomes a pointer sym_CALL of the
 * call's own type.  The soname is that of the library found when Vitrine was built. */
#ifndef VT_BASE_DYNLIB_H
#define VT_BASE_DYNLIB_H

#include "base/base.h"

struct vt_dynlib_call {
    const char *name;
    void *pointer; /* to the sym_ pointer */
};

struct vt_dynlib {
    const char *soname;
    const struct vt_dynlib_call *calls; /* NULL name ends them */
    bool is_open;
};

/* What ROOM/libNAME.h makes of its list, and the one line of ROOM/libNAME.c. */
#define VT_DYNLIB_POINTER(call) extern __typeof__(&call) sym_##call;
#define VT_DYNLIB_DECLARE(name, CALLS)                                                     \
    CALLS(VT_DYNLIB_POINTER)                                                               \
    extern struct vt_dynlib name;
#define VT_DYNLIB_ROW(call)  { #call, &sym_##call },
#define VT_DYNLIB_HERE(call) __typeof__(&call) sym_##call;
#define VT_DYNLIB_DEFINE(name, CALLS)                                                      \
    CALLS(VT_DYNLIB_HERE)                                                                  \
    static const struct vt_dynlib_call calls_of_##name[] = { CALLS(VT_DYNLIB_ROW){         \
        NULL, NULL } };                                                                    \
    struct vt_dynlib name = { VT_SONAME, calls_of_##name, false }

/* Open the library; it stays so.  Any thread may ask.
 * Errors: VT_ABSENT where it is missing, or lacks a call */
VT_CHECKED bool vt_dynlib_open(struct vt_dynlib *lib, struct vt_error *err);
/* The same for one without which nothing goes on: the process ends with VT_EXIT_TROUBLE
 * and one sentence that names it. */
void vt_dynlib_need(struct vt_dynlib *lib);

#endif
