/* vitrine relocate start, pause, resume, progress: one country's files from one cell to
 * another; relocate_finish.c has its end.
 *
 * The manifest is on the access ledger before a byte is copied.  What is done is in the
 * destination's store; the job's folder keeps the papers, and each is written before the
 * step that rests on it. */
#include "cli/relocate.h"
#include "cli/relocate_job.h"
#include "evidence/field.h"

#define RATE_OPTION                                                                        \
    {                                                                                      \
        "rate", "MIB", "at most so many MiB a second; as fast as it goes", false, false    \
    }

const struct vt_option vt_cli_relocate_move_options[] = { VT_OPTIONS_RELOCATE_AGENT,
                                                          RATE_OPTION,
                                                          VT_OPTION_RELOCATE_END };
const struct vt_option vt_cli_relocate_job_options[] = { VT_OPTION_JOB,
                                                         VT_OPTION_RELOCATE_END };

enum { PROGRESS_MS = 500, RATE_MIB_MAX = 1 << 20 };

/* ---- start and resume -------------------------------------------------------------------
 */

struct running {
    struct vt_job job; /* first: the mover's context is the job */
    bool is_resumed;
    int64_t told_ms;
    struct vt_error lost; /* progress could not be kept */
};

static bool keep_progress(struct running *r, const struct vt_move_progress *progress)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));

    vt_buf_printf(&text, "{\"bytes\":%ju,\"copied\":%ju,\"gone\":%ju,\"seen\":%ju}\n",
                  (uintmax_t)progress->copied_bytes, (uintmax_t)progress->copied,
                  (uintmax_t)progress->gone, (uintmax_t)progress->seen);
    r->told_ms = vt_monotonic_ms();
    return vt_disk_write(r->job.disk, "progress", vt_buf_slice(&text), 0644, &r->lost);
}

static bool go_on(void *context, const struct vt_move_progress *progress)
{
    struct running *r = context;

    if (vt_monotonic_ms() - r->told_ms >= PROGRESS_MS && !keep_progress(r, progress))
        return false;
    return !vt_disk_has(r->job.disk, "pause");
}

/* What was begun is believed by its signature and its proof. */
static bool begin(struct vt_job *job, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const struct vt_key *keys[1] = { job->cell };
    struct vt_relocation_words words;

    if (!vt_disk_has(job->disk, "begun")) {
        if (!vt_mover_manifest(&job->mover, job->disk, "manifest", &job->manifest, err))
            return false;
        words = vt_job_words(job, false);
        if (!vt_relocation_write(&words, &payload, err) ||
            !vt_envelope_sign(vt_buf_slice(&payload), keys, 1, &envelope, err) ||
            !vt_job_log(job, "begun", vt_buf_slice(&envelope), err))
            return false;
    }
    return vt_job_begun(job, job->keyring->keyring.trust, err);
}

static void say_copied(struct vt_args *args, const struct vt_job *job)
{
    const struct vt_move_progress *p = &job->mover.progress;
    const char *state = job->mover.is_stopped ? "paused" : "copied";

    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s,s:I,s:I,s:I,s:I,s:o}", "ok", 1, "state", state, "copied",
                      (json_int_t)p->copied, "bytes", (json_int_t)p->copied_bytes, "gone",
                      (json_int_t)p->gone, "rewrapped", (json_int_t)job->rewrapped,
                      "manifest", vt_manifest_root_json(&job->manifest)));
    else
        (void)printf("%s: %ju object%s of %ju bytes arrived and were read back in this "
                     "call, %ju were given to the other agent; the manifest has %ju\n",
                     state, (uintmax_t)p->copied, vt_plural(p->copied),
                     (uintmax_t)p->copied_bytes, (uintmax_t)job->rewrapped,
                     (uintmax_t)job->manifest.count);
}

static bool take_rate(struct vt_args *args, struct vt_mover *mover, struct vt_error *err)
{
    uint64_t rate_mib;

    if (!vt_args_number(args, "rate", 0, RATE_MIB_MAX, &rate_mib, err))
        return false;
    mover->rate_bytes_per_s = rate_mib << 20;
    return true;
}

static bool is_done(const struct vt_job *job, struct vt_error *err)
{
    return !vt_disk_has(job->disk, "done") ||
           vt_fail(err, VT_REJECTED,
                   "%s: this move is done; `vitrine relocate finish` goes "
                   "on with what is left at the source",
                   job->dir);
}

/* A pause ends when the move can go on, and not before. */
static bool take_up(const struct running *r, struct vt_error *err)
{
    const struct vt_job *job = &r->job;

    if (r->is_resumed && !vt_disk_has(job->disk, "begun"))
        return vt_fail(err, VT_REJECTED, "%s: was not started; `vitrine relocate start`",
                       job->dir);
    return !r->is_resumed || !vt_disk_has(job->disk, "pause") ||
           vt_disk_remove(job->disk, "pause", err);
}

static bool run(struct vt_args *args, struct running *r, struct vt_error *err)
{
    struct vt_job *job = &r->job;

    job->mover.go_on = go_on;
    if (!is_done(job, err) || !take_rate(args, &job->mover, err) ||
        !vt_job_open_agent(args, job, err) || !take_up(r, err) ||
        !vt_job_connect(job, err) || !begin(job, err) || !vt_mover_copy(&job->mover, err))
        return false;
    if (!keep_progress(r, &job->mover.progress) || r->lost.code != VT_OK) {
        *err = r->lost;
        return false;
    }
    say_copied(args, job);
    return true;
}

static void running_free(struct running **r)
{
    vt_job_close(&(*r)->job);
    free(*r);
}
#define AUTO_RUNNING __attribute__((cleanup(running_free))) struct running *

bool vt_cli_relocate_start(struct vt_args *args, struct vt_error *err)
{
    AUTO_RUNNING r = vt_alloc(sizeof *r);

    if (!vt_job_open(args, vt_args_get(args, "job"), true, &r->job, err))
        return false;
    if (vt_disk_has(r->job.disk, "pause"))
        return vt_fail(err, VT_REJECTED, "%s: is paused; `vitrine relocate resume`",
                       r->job.dir);
    return run(args, r, err);
}

bool vt_cli_relocate_resume(struct vt_args *args, struct vt_error *err)
{
    AUTO_RUNNING r = vt_alloc(sizeof *r);

    if (!vt_job_open(args, vt_args_get(args, "job"), true, &r->job, err))
        return false;
    r->is_resumed = true;
    return run(args, r, err);
}

/* ---- pause and progress -----------------------------------------------------------------
 */

/* Whoever moves sees the file behind its next batch. */
bool vt_cli_relocate_pause(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_JOB job = { .arena = NULL };

    if (!vt_job_open(args, vt_args_get(args, "job"), false, &job, err))
        return false;
    if (!vt_disk_has(job.disk, "begun"))
        return vt_fail(err, VT_REJECTED, "%s: was not started; `vitrine relocate start`",
                       job.dir);
    if (!vt_disk_write(job.disk, "pause", VT_LIT("paused\n"), 0644, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s}", "ok", 1, "state", "paused"));
    else
        (void)printf("paused: it stops behind the batch under way; `vitrine relocate "
                     "resume` goes on\n");
    return true;
}

static const char *state_of(const struct vt_job *job)
{
    if (vt_disk_has(job->disk, "done"))
        return "done";
    if (vt_disk_has(job->disk, "pause"))
        return "paused";
    return vt_disk_has(job->disk, "begun") ? "moving" : "not begun";
}

static bool read_progress(const struct vt_job *job, json_t **out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));

    if (!vt_disk_has(job->disk, "progress")) {
        *out = json_pack("{s:I,s:I,s:I,s:I}", "bytes", (json_int_t)0, "copied",
                         (json_int_t)0, "gone", (json_int_t)0, "seen", (json_int_t)0);
        return true;
    }
    return vt_disk_read(job->disk, "progress", &text, err) &&
           vt_json_parse(vt_buf_slice(&text), "progress", out, err);
}

/* JSON null: it was not seen. */
static bool read_cut_over(const struct vt_job *job, json_t **out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));

    if (!vt_disk_has(job->disk, "cut-over")) {
        *out = json_null();
        return true;
    }
    return vt_disk_read(job->disk, "cut-over", &text, err) &&
           vt_json_parse(vt_buf_slice(&text), "cut-over", out, err);
}

static void say_progress(const struct vt_job *job, const json_t *pass,
                         const json_t *cut_over)
{
    (void)printf("%s: %s to %s, files of %s: %ju of %ju looked at in this pass, %ju "
                 "copied (%ju bytes), %ju gone meanwhile\n",
                 state_of(job), vt_job_text(job, "from"), vt_job_text(job, "to"),
                 job->mover.country, (uintmax_t)vt_field_number(pass, "seen"),
                 (uintmax_t)job->manifest.count, (uintmax_t)vt_field_number(pass, "copied"),
                 (uintmax_t)vt_field_number(pass, "bytes"),
                 (uintmax_t)vt_field_number(pass, "gone"));
    if (json_is_object(cut_over))
        (void)printf("cut-over: nobody took uploads for %ju ms\n",
                     (uintmax_t)vt_field_number(cut_over, "pause_ms"));
    else
        (void)printf("cut-over: not seen; `vitrine relocate finish --wait` measures it\n");
}

bool vt_cli_relocate_progress(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_JOB job = { .arena = NULL };
    VT_AUTO_JSON progress = NULL;
    VT_AUTO_JSON cut_over = NULL;

    if (!vt_job_open(args, vt_args_get(args, "job"), false, &job, err) ||
        !read_progress(&job, &progress, err) || !read_cut_over(&job, &cut_over, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:O,s:O,s:o}", "ok", 1, "state",
                                    state_of(&job), "pass", progress, "cut_over", cut_over,
                                    "manifest", vt_manifest_root_json(&job.manifest)));
    else
        say_progress(&job, progress, cut_over);
    return true;
}
