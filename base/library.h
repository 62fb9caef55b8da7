/* Shared libraries of others that few of our processes need.
 *
 * They are opened by the process that first wants one, not by every start: the program
 * would map sixty libraries otherwise, also where it holds a key or reads a stranger's
 * evidence, and its start would cost four times as much.  A confined process can open
 * nothing: its rights name what is opened before the locks (role/confine.h).
 *
 * ROOM/libNAME.h lists the calls of one library; each becomes a pointer sym_CALL of the
 * call's own type.  The soname is that of the library found when Vitrine was built. */
#ifndef VT_BASE_LIBRARY_H
#define VT_BASE_LIBRARY_H

#include "base/base.h"

struct vt_library_call {
    const char *name;
    void *pointer; /* to the sym_ pointer */
};

struct vt_library {
    const char *soname;
    const struct vt_library_call *calls; /* NULL name ends them */
    bool is_open;
};

/* What ROOM/libNAME.[ch] make of their list. */
#define VT_LIBRARY_DECLARE(call) extern __typeof__(&call) sym_##call;
#define VT_LIBRARY_DEFINE(call)  __typeof__(&call) sym_##call;
#define VT_LIBRARY_ROW(call)     { #call, &sym_##call },

/* Returns with the library open; it stays so.  Where it is missing, or lacks a call, the
 * process ends with VT_EXIT_TROUBLE and one sentence that names it.  Any thread may ask. */
void vt_library_need(struct vt_library *library);

#endif
