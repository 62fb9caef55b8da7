/* vitrine relocate verify, finish: a move's end.
 *
 * The order is the promise: the cut-over, the rest, every file read again at the
 * destination, its own signature, the ledger; only then is anything removed at the source,
 * what was taken back there meanwhile is erased at the destination, and last goes the key.
 */
#include "cli/relocate.h"
#include "cli/relocate_erased.h"
#include "cli/trust.h"
#include "evidence/field.h"
#include <poll.h>

const struct vt_option vt_cli_relocate_verify_options[] = {
    VT_OPTION_JOB,
    { "trust", "TRUST", "the trust root; needed once the move is done", false, false },
    VT_OPTION_RELOCATE_END,
};
const struct vt_option vt_cli_relocate_finish_options[] = {
    VT_OPTIONS_RELOCATE_AGENT,
    { "wait", "TIME", "wait so long for the cut-over, copy meanwhile, and measure it",
      false, false },
    { "canary", "ID", "object of the manifest whose way the end will name", false, true },
    { "agent", "DIR",
      "the source's key agent, stopped: its keys for these files are destroyed", false,
      false },
    { "agent-passphrase-file", "FILE", "file whose first line opens the agent's keys",
      false, false },
    VT_OPTION_RELOCATE_END,
};

enum { WAIT_S_MAX = 7 * 86400, NEAR_S = 2, BETWEEN_PASSES_MS = 200 };

struct finishing {
    struct vt_job job; /* first: the mover's context is the job */
    struct vt_args *args;
    int64_t stop_unix_s; /* no batch is begun behind it; 0: whenever */
    struct vt_relocation_words words;
    bool is_found[VT_RELOCATION_CANARIES_MAX];
};

static void finishing_free(struct finishing **f)
{
    vt_job_close(&(*f)->job);
    free(*f);
}
#define AUTO_FINISHING __attribute__((cleanup(finishing_free))) struct finishing *

/* ---- what is said -----------------------------------------------------------------------
 */

/* taken_back: how many that the destination's root counts were erased since. */
static void say_roots(struct vt_args *args, const char *what,
                      const struct vt_manifest_root *from,
                      const struct vt_manifest_root *to, uint64_t taken_back)
{
    bool is_equal = vt_manifest_root_equal(from, to);
    char source[65], destination[65];

    vt_hash_text(&from->root, source);
    vt_hash_text(&to->root, destination);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:o,s:o,s:I}", "ok", is_equal, "did", what,
                                    "source", vt_manifest_root_json(from), "destination",
                                    vt_manifest_root_json(to), "taken_back",
                                    (json_int_t)taken_back));
    else
        (void)printf("source       %ju objects, %ju bytes, %s\n"
                     "destination  %ju objects, %ju bytes, %s\n%s\n",
                     (uintmax_t)from->count, (uintmax_t)from->bytes, source,
                     (uintmax_t)to->count, (uintmax_t)to->bytes, destination,
                     is_equal ? what : "they differ");
    if (!vt_args_is_json(args) && taken_back != 0)
        (void)printf("%ju object%s taken back at the source since then %s erased at the "
                     "destination too\n",
                     (uintmax_t)taken_back, vt_plural(taken_back),
                     taken_back == 1 ? "was" : "were");
    if (!is_equal)
        vt_args_exit(args, VT_EXIT_REFUSED);
}

/* ---- verify -----------------------------------------------------------------------------
 */

/* The source is no measure any more; what both cells signed is. */
static bool take_done(struct vt_args *args, struct vt_job *job,
                      struct vt_manifest_root *from, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust");
    VT_AUTO_TRUST trust = NULL;

    if (path == NULL)
        return vt_args_misuse(args, err,
                              "--trust: this move is done, and what its end says is "
                              "believed by its signatures alone");
    if (!vt_cli_trust_read(path, &trust, err) || !vt_job_done(job, trust, err))
        return false;
    *from = job->move.arrived;
    return true;
}

bool vt_cli_relocate_verify(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_JOB job = { .arena = NULL };
    VT_AUTO_BUF erased = vt_buf_init(VT_JOB_ERASED_BYTES_MAX);
    struct vt_manifest_root from, to;

    if (!vt_job_open(args, vt_args_get(args, "job"), false, &job, err))
        return false;
    if (vt_disk_has(job.disk, "done")) {
        if (!take_done(args, &job, &from, err) || !vt_job_connect(&job, err) ||
            !vt_job_erased_read(&job, &erased, err))
            return false;
    } else if (!vt_job_connect(&job, err) ||
               !vt_mover_manifest(&job.mover, NULL, NULL, &from, err)) {
        return false;
    }
    if (!vt_mover_read_back(&job.mover, vt_buf_slice(&erased), &to, err))
        return false;
    say_roots(args, "equal: each file at the destination was read again", &from, &to,
              erased.len / VT_MANIFEST_ROW_BYTES);
    return true;
}

/* ---- canaries ---------------------------------------------------------------------------
 */

static bool read_canaries(struct finishing *f, struct vt_error *err)
{
    const char *text;

    for (size_t i = 0; (text = vt_args_get_at(f->args, "canary", i)) != NULL; i++) {
        if (i == VT_RELOCATION_CANARIES_MAX)
            return vt_args_misuse(f->args, err, "--canary: at most %d",
                                  VT_RELOCATION_CANARIES_MAX);
        if (!vt_hash_parse_hex(vt_slice_from_cstr(text), &f->words.canaries[i].object))
            return vt_args_misuse(f->args, err, "--canary: '%s' is no object's id", text);
        f->words.canary_count++;
    }
    return true;
}

static bool seek(void *context, const struct vt_manifest_row *row, struct vt_error *err)
{
    struct finishing *f = context;

    (void)err;
    for (size_t i = 0; i < f->words.canary_count; i++)
        f->is_found[i] |= vt_hash_equal(&row->object, &f->words.canaries[i].object);
    return true;
}

/* They were to be moved from the beginning: before anybody but who planted them knew. */
static bool find_canaries(struct finishing *f, struct vt_error *err)
{
    const struct vt_job *job = &f->job;
    struct vt_manifest_root root;
    VT_AUTO_FD fd = -1;
    uint64_t bytes;

    if (f->words.canary_count == 0)
        return true;
    if (!vt_disk_open_fd(job->disk, "manifest", &fd, &bytes, err) ||
        !vt_manifest_read(fd, "manifest", seek, f, &root, err))
        return vt_within(err, "%s", job->dir);
    if (!vt_manifest_root_equal(&root, &job->manifest))
        return vt_fail(err, VT_REJECTED,
                       "%s/manifest: is not the one whose root is on the ledger", job->dir);
    for (size_t i = 0; i < f->words.canary_count; i++)
        if (!f->is_found[i])
            return vt_fail(err, VT_REJECTED, "--canary: the manifest has no object %s",
                           vt_args_get_at(f->args, "canary", i));
    return true;
}

/* ---- the cut-over -----------------------------------------------------------------------
 */

static bool go_on(void *context, const struct vt_move_progress *progress)
{
    const struct finishing *f = context;

    (void)progress;
    return f->stop_unix_s == 0 ||
           vt_env_now_unix_s(f->job.asker.env) < f->stop_unix_s - NEAR_S;
}

static bool keep_cut_over(struct vt_job *job, const struct vt_move_cut_over *over,
                          struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));

    if (!over->is_measured)
        return true;
    vt_buf_printf(&text, "{\"pause_ms\":%jd}\n", (intmax_t)over->pause_ms);
    return vt_disk_write(job->disk, "cut-over", vt_buf_slice(&text), 0644, err);
}

static bool watch(struct finishing *f, int64_t end_ms, struct vt_error *err)
{
    struct vt_move_cut_over over;

    if (!vt_mover_watch(&f->job.mover, end_ms, &over, err))
        return false;
    if (!over.is_over)
        return vt_fail(
            err, VT_REJECTED,
            "the destination did not take files of %s within --wait; nothing was "
            "removed",
            f->job.mover.country);
    return keep_cut_over(&f->job, &over, err);
}

/* Pass behind pass, so that little is left when nobody takes uploads; near the fence the
 * clock is watched, and nothing else done. */
static bool wait_for_cut_over(struct finishing *f, int64_t wait_s, struct vt_error *err)
{
    int64_t end_ms = vt_monotonic_ms() + 1000 * wait_s;
    struct vt_move_taking from;

    f->job.mover.go_on = go_on;
    for (;;) {
        if (!vt_mover_taking(&f->job.mover, true, &from, err))
            return false;
        f->stop_unix_s = from.next_unix_s;
        if (!from.takes || !go_on(f, NULL) || vt_monotonic_ms() >= end_ms)
            break;
        if (!vt_mover_copy(&f->job.mover, err))
            return false;
        (void)poll(NULL, 0, BETWEEN_PASSES_MS);
    }
    f->job.mover.go_on = NULL;
    return watch(f, end_ms, err);
}

/* ---- finish -----------------------------------------------------------------------------
 */

/* A signature that the trust root does not know would be on the ledger for nothing. */
static bool is_by_destination(const struct vt_job *job, vt_slice bytes,
                              struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (!vt_envelope_parse(bytes, &envelope, err))
        return false;
    return vt_trust_count(job->keyring->keyring.trust, VT_ROLE_CELL, &envelope,
                          vt_env_now_unix_s(job->asker.env),
                          vt_field_text(job->words, "to"))
                   .signer_count != 0 ||
           vt_fail(
               err, VT_REJECTED,
               "the destination signed with a key that the trust root does not name for "
               "the cell %s; nothing was removed",
               vt_job_text(job, "to"));
}

/* Both cells sign the end: the destination what it read, the source that it had that. */
static bool log_done(struct finishing *f, const struct vt_manifest_root *settled,
                     struct vt_error *err)
{
    VT_AUTO_BUF by_one = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF by_both = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_relocation_words words = vt_job_words(&f->job, true);

    words.settled = *settled;
    memcpy(words.canaries, f->words.canaries, sizeof words.canaries);
    words.canary_count = f->words.canary_count;
    return vt_mover_sign(&f->job.mover, &words, &by_one, err) &&
           is_by_destination(&f->job, vt_buf_slice(&by_one), err) &&
           vt_envelope_add_signature(vt_buf_slice(&by_one), f->job.cell, &by_both, err) &&
           vt_job_log(&f->job, "done", vt_buf_slice(&by_both), err);
}

/* Behind the fence: the rest, both roots, and the statement. */
static bool settle(struct finishing *f, struct vt_error *err)
{
    struct vt_mover *mover = &f->job.mover;
    struct vt_move_settled settled;
    struct vt_manifest_root to;

    if (!find_canaries(f, err) || !vt_mover_may_leave(mover, err) ||
        !vt_mover_settle(mover, &settled, err) ||
        !vt_mover_read_back(mover, (vt_slice){ 0 }, &to, err))
        return false;
    if (!settled.is_equal || !vt_manifest_root_equal(&settled.from, &to))
        return vt_fail(
            err, VT_REJECTED,
            "the roots differ: %ju objects at the source, %ju at the destination; "
            "nothing was removed",
            (uintmax_t)settled.from.count, (uintmax_t)to.count);
    return log_done(f, &settled.from, err);
}

/* It is all still there, but for what is known to be erased, so what is left of it at the
 * source may go. */
static bool compare_done(struct vt_job *job, struct vt_error *err)
{
    VT_AUTO_BUF erased = vt_buf_init(VT_JOB_ERASED_BYTES_MAX);
    struct vt_manifest_root to;

    return vt_job_erased_read(job, &erased, err) &&
           vt_mover_read_back(&job->mover, vt_buf_slice(&erased), &to, err) &&
           (vt_manifest_root_equal(&job->move.arrived, &to) ||
            vt_fail(
                err, VT_REJECTED,
                "%ju objects had arrived by %s/done, and what is read back now, %ju, is "
                "not the same; nothing was removed",
                (uintmax_t)job->move.arrived.count, job->dir, (uintmax_t)to.count));
}

static bool prove(struct finishing *f, int64_t wait_s, struct vt_error *err)
{
    const struct vt_trust *trust = f->job.keyring->keyring.trust;

    if (!vt_disk_has(f->job.disk, "done") &&
        (!vt_job_begun(&f->job, trust, err) ||
         (wait_s != 0 && !wait_for_cut_over(f, wait_s, err)) || !settle(f, err)))
        return false;
    return vt_job_done(&f->job, trust, err) && compare_done(&f->job, err);
}

static void say_done(const struct finishing *f, uint64_t taken_back)
{
    say_roots(f->args,
              vt_args_has(f->args, "agent")
                  ? "done: equal, signed by both cells, on the ledger; nothing is left at "
                    "the source, and its key is destroyed.  Start its agent again: "
                    "`vitrine relocate refused` shows that it opens nothing"
                  : "done: equal, signed by both cells, on the ledger, and nothing is left "
                    "at the source.  Its key goes next: `vitrine relocate finish --agent`",
              &f->job.move.arrived, &f->job.move.arrived, taken_back);
}

/* Once it is said that all has arrived, the source's rows are no measure any more: nothing
 * is compared with them, and nothing dropped, whatever of them is gone already.  What was
 * taken back there is asked of its marks and withdrawals, which stay: also of what came
 * between our reading back and the removal, and of what comes when this is called again. */
bool vt_cli_relocate_finish(struct vt_args *args, struct vt_error *err)
{
    AUTO_FINISHING f = vt_alloc(sizeof *f);
    uint64_t taken_back;
    int64_t wait_s;

    f->args = args;
    if (!vt_args_duration(args, "wait", 0, &wait_s, err) || !read_canaries(f, err))
        return false;
    if (wait_s > WAIT_S_MAX)
        return vt_args_misuse(args, err, "--wait: a week at most");
    if (!vt_job_open(args, vt_args_get(args, "job"), true, &f->job, err) ||
        !vt_job_open_agent(args, &f->job, err) || !vt_job_connect(&f->job, err))
        return false;
    if (!vt_disk_has(f->job.disk, "begun"))
        return vt_fail(err, VT_REJECTED, "%s: was not started; `vitrine relocate start`",
                       f->job.dir);
    if (!prove(f, wait_s, err) || !vt_mover_leave(&f->job.mover, err) ||
        !vt_job_carry_erasures(&f->job, &taken_back, err) ||
        (vt_args_has(args, "agent") && !vt_cli_relocate_destroy(args, &f->job, err)))
        return false;
    say_done(f, taken_back);
    return true;
}
