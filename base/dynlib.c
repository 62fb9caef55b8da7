/* Opening libraries of others, once a process. */
#include "base/dynlib.h"
#include <dlfcn.h>
#include <pthread.h>

static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static bool fail(const struct vt_dynlib *lib, struct vt_error *err)
{
    return vt_fail(err, VT_ABSENT,
                   "the library %s cannot be used: %s; install it, or build Vitrine anew "
                   "for this machine",
                   lib->soname, dlerror());
}

static bool open_it(struct vt_dynlib *lib, struct vt_error *err)
{
    void *handle = dlopen(lib->soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (handle == NULL)
        return fail(lib, err);
    for (const struct vt_dynlib_call *call = lib->calls; call->name != NULL; call++) {
        void *found = dlsym(handle, call->name);

        if (found == NULL)
            return fail(lib, err);
        memcpy(call->pointer, &found, sizeof found);
    }
    lib->is_open = true;
    return true;
}

bool vt_dynlib_open(struct vt_dynlib *lib, struct vt_error *err)
{
    bool is_ok;

    VT_ASSERT(pthread_mutex_lock(&opening) == 0);
    is_ok = lib->is_open || open_it(lib, err);
    VT_ASSERT(pthread_mutex_unlock(&opening) == 0);
    return is_ok;
}

void vt_dynlib_need(struct vt_dynlib *lib)
{
    struct vt_error err = { 0 };

    if (vt_dynlib_open(lib, &err))
        return;
    fprintf(stderr, "vitrine: %s\n", err.message);
    _exit(VT_EXIT_TROUBLE);
}
