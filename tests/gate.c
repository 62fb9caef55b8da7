/* The gate of test programs, in place of store/gate.c: counts every operation that changes
 * a disk on the stage, breaks the one it was told to, and writes all into a trace.
 *
 * Syncs are not done at all, only traced: the stage works out itself what would be on the
 * disk after a power loss (tests/disk_model.c), so a test needs no slow disk.  A process
 * that is not on a stage has a gate that is always open, as the product has. */
#include "tests/stage_control.h"

#include "tests/stage.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct vt_gate {
    struct vt_stage_control *control;
    int trace_fd;
    char prefix[4096]; /* the disk's folder below the stage's root, "" or ending in '/' */
    bool is_failing;   /* the operation in hand is to fail after it took effect */
    bool is_inside;    /* between enter and leave, lock held */
};

/* ---- the control file --------------------------------------------------------------- */

struct vt_stage_control *vt_stage_control_open(void)
{
    const char *path = getenv(VT_STAGE_VARIABLE);
    VT_AUTO_FD fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    struct vt_stage_control *control;
    void *mapped;

    if (path == NULL)
        return NULL;
    VT_ASSERT(fd >= 0);
    mapped = mmap(NULL, sizeof(struct vt_stage_control), PROT_READ | PROT_WRITE, MAP_SHARED,
                  fd, 0);
    VT_ASSERT(mapped != MAP_FAILED);
    control = mapped;
    VT_ASSERT(strcmp(control->mark, VT_STAGE_MARK) == 0);
    return control;
}

/* By tgkill, which a confined role may use upon itself. */
VT_NORETURN static void die(void)
{
    (void)syscall(SYS_tgkill, getpid(), gettid(), SIGKILL);
    __builtin_trap();
}

void vt_stage_control_lock(struct vt_stage_control *control)
{
    int got = pthread_mutex_lock(&control->lock);

    if (got == EOWNERDEAD) /* killed from outside, inside the gate: as a power loss */
        got = pthread_mutex_consistent(&control->lock);
    VT_ASSERT(got == 0);
}

static void unlock(struct vt_stage_control *control)
{
    VT_ASSERT(pthread_mutex_unlock(&control->lock) == 0);
}

/* ---- opening ------------------------------------------------------------------------- */

struct vt_gate *vt_gate_open(int root_fd)
{
    struct vt_stage_control *control = vt_stage_control_open();
    char link[64], trace[4096], folder[4096];
    struct vt_gate *gate;
    ssize_t len;
    size_t root_len;

    if (control == NULL)
        return NULL;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", root_fd);
    len = readlink(link, folder, sizeof folder - 1);
    VT_ASSERT(len > 0);
    folder[len] = '\0';
    root_len = strlen(control->root);
    if (strncmp(folder, control->root, root_len) != 0 ||
        (folder[root_len] != '/' && folder[root_len] != '\0')) {
        (void)munmap(control, sizeof *control);
        return NULL;
    }
    gate = vt_alloc(sizeof *gate);
    gate->control = control;
    if (folder[root_len] == '/')
        (void)snprintf(gate->prefix, sizeof gate->prefix, "%.4000s/",
                       folder + root_len + 1);
    (void)snprintf(trace, sizeof trace, "%.4000s.trace", getenv(VT_STAGE_VARIABLE));
    gate->trace_fd = open(trace, O_WRONLY | O_APPEND | O_CLOEXEC);
    VT_ASSERT(gate->trace_fd >= 0);
    return gate;
}

void vt_gate_close(struct vt_gate *gate)
{
    if (gate == NULL)
        return;
    vt_fd_close(&gate->trace_fd);
    (void)munmap(gate->control, sizeof *gate->control);
    free(gate);
}

/* ---- what an operation is called ------------------------------------------------------
 */

static bool is_sync(enum vt_gate_kind kind)
{
    return kind == VT_GATE_SYNC || kind == VT_GATE_SYNC_DATA ||
           kind == VT_GATE_SYNC_FOLDER || kind == VT_GATE_SYNC_ALL;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* How much of the text is a number or a hash, which differ from run to run. */
static size_t variable_len(const char *at, bool is_part_start)
{
    size_t hex = 0, digits = 0;

    while (is_hex(at[hex]))
        hex++;
    while (at[digits] >= '0' && at[digits] <= '9')
        digits++;
    if (hex >= 16 || (hex == 2 && at[2] == '/' && is_part_start))
        return hex;
    return digits;
}

/* "journal: sync of journal/#": the same step for another number or hash is the same place.
 */
static void place_of(const struct vt_gate_op *op, char out[VT_STAGE_PLACE_BYTES])
{
    const char *at = op->subject[0] != '\0' ? op->subject : ".";
    const char *start = at;
    size_t used = (size_t)snprintf(out, VT_STAGE_PLACE_BYTES, "%.60s of ", op->site);

    while (*at != '\0' && used < VT_STAGE_PLACE_BYTES - 1) {
        size_t len = variable_len(at, at == start || at[-1] == '/');

        out[used++] = len != 0 ? '#' : *at;
        at += len != 0 ? len : 1;
    }
    out[used] = '\0';
}

/* ---- the trace ----------------------------------------------------------------------- */

static uint64_t inode_of(const struct vt_gate_op *op)
{
    int fd = op->kind == VT_GATE_CREATE ? op->result : op->fd;
    struct stat about;

    if (fd < 0 || op->kind == VT_GATE_SYNC_FOLDER || op->kind == VT_GATE_SYNC_ALL)
        return 0;
    VT_ASSERT(fstat(fd, &about) == 0);
    return about.st_ino;
}

static void whole_name(const struct vt_gate *gate, const char *folder, const char *leaf,
                       char out[4096])
{
    if (folder == NULL) {
        out[0] = '\0';
        return;
    }
    (void)snprintf(out, 4096, "%.2000s%.1030s%s%.260s", gate->prefix, folder,
                   folder[0] != '\0' && leaf != NULL ? "/" : "", leaf != NULL ? leaf : "");
}

enum trace_mark { MARK_NONE, MARK_SKIPPED, MARK_FORGOTTEN };

static void trace(struct vt_gate *gate, const struct vt_gate_op *op, enum trace_mark mark)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF buf = vt_buf_init(VT_MIB(64));
    char place[VT_STAGE_PLACE_BYTES], name[4096], to[4096];
    struct vt_stage_record record = { .kind = op->kind,
                                      .mode = op->mode,
                                      .at = op->at,
                                      .len = op->len,
                                      .has_bytes = op->bytes != NULL,
                                      .is_skipped = mark == MARK_SKIPPED,
                                      .is_forgotten = mark == MARK_FORGOTTEN };

    place_of(op, place);
    whole_name(gate, op->folder, op->leaf, name);
    whole_name(gate, op->to_folder, op->to_leaf, to);
    record.inode = inode_of(op);
    record.place_len = (uint16_t)strlen(place); /* all three fit: see their sizes */
    record.name_len = (uint16_t)strlen(name);
    record.to_len = (uint16_t)strlen(to);
    vt_buf_put(&buf, VT_BYTES(record));
    vt_buf_put_text(&buf, place);
    vt_buf_put_text(&buf, name);
    vt_buf_put_text(&buf, to);
    if (op->bytes != NULL)
        vt_buf_put(&buf, vt_slice_of(op->bytes, (size_t)op->len));
    VT_ASSERT(vt_buf_check(&buf, "trace", &err) &&
              vt_fd_write_all(gate->trace_fd, "trace", vt_buf_slice(&buf), &err));
}

/* ---- passing ---------------------------------------------------------------------------
 */

static void fail_with_trouble(struct vt_gate_op *op)
{
    op->result = -1;
    errno = EIO;
}

/* Operation break_at has come.  True if it is to be done nevertheless. */
static bool break_here(struct vt_gate *gate, struct vt_gate_op *op)
{
    struct vt_stage_control *control = gate->control;

    control->was_broken = true;
    place_of(op, control->place);
    switch ((enum vt_break)control->mode) {
    case VT_BREAK_NONE:
        return true;
    case VT_BREAK_FORGET:
        trace(gate, op, MARK_FORGOTTEN);
        fail_with_trouble(op);
        return false;
    case VT_BREAK_FAIL:
        fail_with_trouble(op);
        return false;
    case VT_BREAK_FAIL_AFTER:
        gate->is_failing = true;
        return true;
    case VT_BREAK_KILL:
        unlock(control);
        die();
    case VT_BREAK_POWER:
    case VT_BREAK_TORN:
        control->is_down = true;
        unlock(control);
        die();
    }
    return true;
}

static bool is_left_out(const struct vt_gate *gate, const struct vt_gate_op *op)
{
    char place[VT_STAGE_PLACE_BYTES];

    place_of(op, place);
    return strcmp(place, gate->control->skip_sync) == 0;
}

/* Folder entries are in the file system's own journal, which forgets nothing. */
static bool counts(const struct vt_stage_control *control, const struct vt_gate_op *op)
{
    return control->mode != VT_BREAK_FORGET ||
           (is_sync(op->kind) && op->kind != VT_GATE_SYNC_FOLDER);
}

bool vt_gate_enter(struct vt_gate *gate, struct vt_gate_op *op)
{
    struct vt_stage_control *control;

    if (gate == NULL)
        return true;
    control = gate->control;
    vt_stage_control_lock(control);
    if (control->is_down) {
        unlock(control);
        die();
    }
    gate->is_inside = true;
    gate->is_failing = false;
    if (counts(control, op) && ++control->passed == control->break_at &&
        !break_here(gate, op)) {
        gate->is_inside = false;
        unlock(control);
        return false;
    }
    op->result = 0;
    return !is_sync(op->kind);
}

int vt_gate_leave(struct vt_gate *gate, struct vt_gate_op *op)
{
    int kept = errno;

    if (gate == NULL || !gate->is_inside)
        return op->result;
    if (op->result >= 0) {
        bool is_skipped = is_sync(op->kind) && is_left_out(gate, op);

        gate->control->skipped += is_skipped ? 1 : 0;
        trace(gate, op, is_skipped ? MARK_SKIPPED : MARK_NONE);
    }
    errno = kept;
    if (gate->is_failing) {
        if (op->kind == VT_GATE_CREATE)
            vt_fd_close(&op->result);
        fail_with_trouble(op);
    }
    kept = errno;
    gate->is_inside = false;
    unlock(gate->control);
    errno = kept;
    return op->result;
}
