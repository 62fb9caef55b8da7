/* Opening libraries of others, once a process. */
#include "base/library.h"
#include <dlfcn.h>
#include <pthread.h>

static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static _Noreturn void missing(const char *soname, const char *why)
{
    fprintf(stderr,
            "vitrine: the library %s cannot be used: %s; install it, or build Vitrine "
            "anew for this machine\n",
            soname, why);
    _exit(VT_EXIT_TROUBLE);
}

static void open_library(struct vt_library *library)
{
    void *handle = dlopen(library->soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (handle == NULL)
        missing(library->soname, dlerror());
    for (const struct vt_library_call *call = library->calls; call->name != NULL; call++) {
        void *found = dlsym(handle, call->name);

        if (found == NULL)
            missing(library->soname, dlerror());
        memcpy(call->pointer, &found, sizeof found);
    }
    library->is_open = true;
}

void vt_library_need(struct vt_library *library)
{
    VT_ASSERT(pthread_mutex_lock(&opening) == 0);
    if (!library->is_open)
        open_library(library);
    VT_ASSERT(pthread_mutex_unlock(&opening) == 0);
}
