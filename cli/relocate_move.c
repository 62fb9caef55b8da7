/* vitrine relocate start, pause, resume, progress, verify, finish: one country's files from
 * one cell to another.
 *
 * The manifest is on the access ledger before a byte is copied.  What is done is in the
 * destination's store; the job's folder keeps the papers, and each is written before the
 * step that rests on it. */
#include "cli/relocate.h"
#include "cli/relocate_job.h"
#include "evidence/field.h"

#define JOB_OPTION                                                                         \
    {                                                                                      \
        "job", "DIR", "the move's folder, with job.json in it", true, false                \
    }
#define TOKEN_OPTION                                                                       \
    {                                                                                      \
        "token-file", "FILE", "first line: the token of one of the ledger's writers",      \
            false, false                                                                   \
    }
#define AGENT_OPTIONS                                                                      \
    JOB_OPTION, VT_OPTION_TRUST, VT_OPTION_ENROLMENT, VT_OPTION_PASSPHRASE, TOKEN_OPTION
#define RATE_OPTION                                                                        \
    {                                                                                      \
        "rate", "MIB", "at most so many MiB a second; as fast as it goes", false, false    \
    }
#define END_OPTION                                                                         \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }

const struct vt_option vt_cli_relocate_move_options[] = { AGENT_OPTIONS, RATE_OPTION,
                                                          END_OPTION };
const struct vt_option vt_cli_relocate_agent_options[] = { AGENT_OPTIONS, END_OPTION };
const struct vt_option vt_cli_relocate_job_options[] = { JOB_OPTION, END_OPTION };

enum { PROGRESS_MS = 500, RATE_MIB_MAX = 1 << 20 };

/* ---- papers -----------------------------------------------------------------------------
 */

static json_t *root_json(const struct vt_manifest_root *root)
{
    return json_pack("{s:I,s:I,s:o}", "count", (json_int_t)root->count, "bytes",
                     (json_int_t)root->bytes, "root", vt_field_of_hash(&root->root));
}

static json_t *words_of(const struct vt_job *job, const char *phase)
{
    char recipient[VT_AGE_RECIPIENT_CHARS + 1];

    vt_age_recipient_text(&job->destination.key, recipient);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o}", "phase", phase, "from",
                     vt_job_text(job, "from"), "to", vt_job_text(job, "to"), "country",
                     job->mover.country, "class", "file", "recipient", recipient, "at",
                     vt_field_of_time(vt_env_now_unix_s(job->asker.env)), "manifest",
                     root_json(&job->manifest));
}

/* Sign, put it on the ledger, keep it with its proof; the paper comes last, so that it is
 * there only if it was logged. */
static bool log_paper(struct vt_job *job, const char *name, const json_t *predicate,
                      struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF proof = vt_buf_init(VT_KIB(128));
    const struct vt_key *keys[1] = { job->cell };
    const char *path = vt_arena_printf(job->arena, "%s.tlog-proof", name);

    return vt_statement_write_about_itself(VT_RELOCATION, predicate, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, &envelope, err) &&
           vt_ask_log(&job->asker, vt_buf_slice(&envelope),
                      vt_field_text(job->words, "origin"), &proof, err) &&
           vt_disk_write(job->disk, path, vt_buf_slice(&proof), 0644, err) &&
           vt_disk_write(job->disk, name, vt_buf_slice(&envelope), 0644, err);
}

static bool read_paper(const struct vt_job *job, const char *name, vt_hash *payload_out,
                       struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (!vt_disk_read(job->disk, name, &bytes, err) ||
        !vt_envelope_parse(vt_buf_slice(&bytes), &envelope, err))
        return vt_within(err, "%s/%s", job->dir, name);
    *payload_out = vt_sha256_of(vt_buf_slice(&envelope.dsse.payload));
    return true;
}

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

static bool begin(struct vt_job *job, struct vt_error *err)
{
    VT_AUTO_JSON words = NULL;

    if (vt_disk_has(job->disk, "begun"))
        return true;
    if (!vt_mover_manifest(&job->mover, job->disk, "manifest", &job->manifest, err))
        return false;
    words = words_of(job, "begun");
    return log_paper(job, "begun", words, err);
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
                      "manifest", root_json(&job->manifest)));
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

bool vt_cli_relocate_progress(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_JOB job = { .arena = NULL };
    VT_AUTO_JSON progress = NULL;

    if (!vt_job_open(args, vt_args_get(args, "job"), false, &job, err) ||
        !read_progress(&job, &progress, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:O,s:o}", "ok", 1, "state", state_of(&job),
                                    "pass", progress, "manifest",
                                    root_json(&job.manifest)));
    else
        (void)printf("%s: %s to %s, files of %s: %ju of %ju looked at in this pass, %ju "
                     "copied (%ju bytes), %ju gone meanwhile\n",
                     state_of(&job), vt_job_text(&job, "from"), vt_job_text(&job, "to"),
                     job.mover.country, (uintmax_t)vt_field_number(progress, "seen"),
                     (uintmax_t)job.manifest.count,
                     (uintmax_t)vt_field_number(progress, "copied"),
                     (uintmax_t)vt_field_number(progress, "bytes"),
                     (uintmax_t)vt_field_number(progress, "gone"));
    return true;
}

/* ---- verify -----------------------------------------------------------------------------
 */

static void say_roots(struct vt_args *args, const char *what,
                      const struct vt_manifest_root *from,
                      const struct vt_manifest_root *to)
{
    bool is_equal = vt_manifest_root_equal(from, to);
    char source[65], destination[65];

    vt_hash_text(&from->root, source);
    vt_hash_text(&to->root, destination);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:o,s:o}", "ok", is_equal, "did", what,
                                    "source", root_json(from), "destination",
                                    root_json(to)));
    else
        (void)printf("source       %ju objects, %ju bytes, %s\n"
                     "destination  %ju objects, %ju bytes, %s\n%s\n",
                     (uintmax_t)from->count, (uintmax_t)from->bytes, source,
                     (uintmax_t)to->count, (uintmax_t)to->bytes, destination,
                     is_equal ? what : "they differ");
    if (!is_equal)
        vt_args_exit(args, VT_EXIT_REFUSED);
}

bool vt_cli_relocate_verify(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_JOB job = { .arena = NULL };
    struct vt_manifest_root from, to;

    if (!vt_job_open(args, vt_args_get(args, "job"), false, &job, err) ||
        !vt_job_connect(&job, err) ||
        !vt_mover_manifest(&job.mover, NULL, NULL, &from, err) ||
        !vt_mover_read_back(&job.mover, &to, err))
        return false;
    say_roots(args, "equal: each file at the destination was read again", &from, &to);
    return true;
}

/* ---- finish -----------------------------------------------------------------------------
 */

/* Behind the fence: the rest, both roots, and the statement. */
static bool settle(struct vt_job *job, struct vt_manifest_root *from,
                   struct vt_manifest_root *to, struct vt_error *err)
{
    struct vt_move_settled settled;
    VT_AUTO_JSON words = NULL;
    vt_hash begun;

    if (!read_paper(job, "begun", &begun, err) || !vt_mover_may_leave(&job->mover, err) ||
        !vt_mover_settle(&job->mover, &settled, err) ||
        !vt_mover_read_back(&job->mover, to, err))
        return false;
    if (!settled.is_equal || !vt_manifest_root_equal(&settled.from, to))
        return vt_fail(
            err, VT_REJECTED,
            "the roots differ: %ju objects at the source, %ju at the destination; "
            "nothing was removed",
            (uintmax_t)settled.from.count, (uintmax_t)to->count);
    words = words_of(job, "done");
    (void)json_object_set_new(words, "begun", vt_field_of_hash(&begun));
    (void)json_object_set_new(words, "settled", root_json(&settled.from));
    (void)json_object_set_new(words, "read_back", root_json(to));
    *from = settled.from;
    return log_paper(job, "done", words, err);
}

/* What the statement said of the source, which was read back at the destination too. */
static bool read_done(const struct vt_job *job, struct vt_manifest_root *out,
                      struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };
    const json_t *root;

    if (!vt_disk_read(job->disk, "done", &bytes, err) ||
        !vt_envelope_parse(vt_buf_slice(&bytes), &envelope, err))
        return vt_within(err, "%s/done", job->dir);
    root = json_object_get(envelope.statement.predicate, "read_back");
    if (envelope.statement.type != VT_RELOCATION || root == NULL)
        return vt_fail(err, VT_MALFORMED, "%s/done: does not say what was read back",
                       job->dir);
    *out = (struct vt_manifest_root){ .count = vt_field_number(root, "count"),
                                      .bytes = vt_field_number(root, "bytes"),
                                      .root = vt_field_hash(root, "root") };
    return true;
}

/* It is all still there, so what is left of it at the source may go. */
static bool compare_done(struct vt_job *job, struct vt_manifest_root *from,
                         struct vt_manifest_root *to, struct vt_error *err)
{
    if (!read_done(job, from, err) || !vt_mover_read_back(&job->mover, to, err))
        return false;
    return vt_manifest_root_equal(from, to) ||
           vt_fail(err, VT_REJECTED,
                   "%ju objects had arrived by %s/done, and what is read back now, %ju, is "
                   "not the same; nothing was removed",
                   (uintmax_t)from->count, job->dir, (uintmax_t)to->count);
}

/* Once it is said that all has arrived, the source's rows are no measure any more: nothing
 * is compared with them, and nothing dropped, whatever of them is gone already. */
bool vt_cli_relocate_finish(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_JOB job = { .arena = NULL };
    struct vt_manifest_root from, to;

    if (!vt_job_open(args, vt_args_get(args, "job"), true, &job, err) ||
        !vt_job_open_agent(args, &job, err) || !vt_job_connect(&job, err))
        return false;
    if (!vt_disk_has(job.disk, "begun"))
        return vt_fail(err, VT_REJECTED, "%s: was not started; `vitrine relocate start`",
                       job.dir);
    if (vt_disk_has(job.disk, "done")) {
        if (!compare_done(&job, &from, &to, err))
            return false;
    } else if (!settle(&job, &from, &to, err)) {
        return false;
    }
    if (!vt_mover_leave(&job.mover, err))
        return false;
    say_roots(
        args,
        "done: equal, on the ledger, and nothing is left at the source.  Its key goes "
        "next: `vitrine keyagent destroy`",
        &from, &to);
    return true;
}
