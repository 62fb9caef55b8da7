/* vitrine verify: the customer's verb.  Offline: before FILE, or anything else that came
 * from outside, is opened, the process gives up sockets, other programs, and all writing
 * but of its own memory (--state). */
#include "cli/groups.h"
#include "cli/trust.h"
#include "evidence/verdict.h"
#include "role/confine.h"
#include "store/disk.h"

static const struct vt_option options[] = {
    { "product", "NAME", "the product that FILE should be", false, false },
    { "channel", "NAME", "the channel that you follow; else as --state knows, or stable",
      false, false },
    { "evidence", "FILE", "the evidence; else FILE.evidence", false, false },
    { "trust", "PATH", "the trust root, a file or a pinned folder; else trust.json", false,
      false },
    { "policy", "FILE", "what you demand beyond the trust root", false, false },
    { "state", "FOLDER", "what you have seen before; kept up to date", false, false },
    { "max-age", "TIME", "how old the newest news may be: 24h, 7d", false, false },
    { NULL, NULL, NULL, false, false },
};

#define STATE_NAME "verify.json"

/* Everything one verdict needs. */
struct inputs {
    struct vt_disk *disk; /* of the state; NULL: none */
    struct vt_trust *trust;
    struct vt_demands demands;
    struct vt_buf evidence;
    json_t *state;
    struct vt_question question;
};

static void inputs_clear(struct inputs *in)
{
    vt_trust_free(in->trust);
    vt_demands_clear(&in->demands);
    vt_buf_clear(&in->evidence);
    vt_json_clear(&in->state);
    vt_disk_close(in->disk);
}

/* The locks.  Memory for the largest evidence many times over; no limit of time, for a file
 * may be large. */
static void confine(const char *state_folder)
{
    struct vt_rights rights = { .folder = state_folder,
                                .read_folders = { "/" },
                                .memory_bytes_max = VT_MIB(1024) };

    vt_json_prepare(); /* a confined process could only guess the seed of its hashing */
    vt_confine(&rights);
}

/* Locked: two at once must not make each other forget. */
static bool open_state(const char *folder, struct vt_disk **out, struct vt_error *err)
{
    if (folder == NULL)
        return true;
    if (!vt_disk_open(folder, true, out, err))
        return false;
    if (vt_disk_lock(*out, err) && vt_disk_sweep(*out, "", err))
        return true;
    err->code = VT_IO; /* somebody else verifies: trouble, and no answer about FILE */
    return vt_within(err, "--state");
}

/* ---- reading ----------------------------------------------------------------------------
 * What came with FILE and is not what it should be is an answer of no.  What is the
 * customer's own (trust root, policy, memory) and cannot be used is trouble: nothing was
 * found out about FILE.
 */

static bool read_demands(struct vt_args *args, struct vt_demands *out, struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy");
    VT_AUTO_BUF bytes = vt_buf_init(VT_DEMANDS_BYTES_MAX);

    if (path == NULL)
        return true;
    return vt_file_read(path, &bytes, err) &&
           (vt_demands_parse(vt_buf_slice(&bytes), out, err) || vt_within(err, "%s", path));
}

static bool read_state(struct vt_disk *disk, json_t **out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_MEMORY_BYTES_MAX);

    if (disk == NULL || !vt_disk_has(disk, STATE_NAME))
        return true;
    return vt_disk_read(disk, STATE_NAME, &bytes, err) &&
           (vt_memory_parse(vt_buf_slice(&bytes), out, err) ||
            vt_within(err, "%s/" STATE_NAME, vt_disk_path(disk)));
}

static bool read_evidence(struct vt_args *args, struct vt_buf *out, struct vt_error *err)
{
    const char *path = vt_args_get(args, "evidence");
    VT_AUTO_ARENA arena = vt_arena_new();

    if (path == NULL)
        path = vt_arena_printf(arena, "%s.evidence", vt_args_operand(args, 0));
    *out = vt_buf_init(VT_EVIDENCE_BYTES_MAX);
    return vt_file_read(path, out, err);
}

static bool hash_file(const char *path, struct vt_question *question, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    uint64_t size;

    return vt_file_open(path, &fd, &size, err) &&
           vt_sha256_fd(fd, path, &question->file_hash, &question->file_bytes, err);
}

static bool read_own(struct vt_args *args, struct inputs *in, struct vt_error *err)
{
    const char *trust = vt_args_get(args, "trust");

    if (vt_cli_trust_read(trust != NULL ? trust : "trust.json", &in->trust, err) &&
        read_demands(args, &in->demands, err) && read_state(in->disk, &in->state, err))
        return true;
    if (err->code != VT_IO)
        (void)vt_within(err, "%s was not judged", vt_args_operand(args, 0));
    err->code = VT_IO;
    return false;
}

static bool read_inputs(struct vt_args *args, struct inputs *in, struct vt_error *err)
{
    if (!read_evidence(args, &in->evidence, err))
        return false;
    if (vt_args_has(args, "max-age") &&
        !vt_args_duration(args, "max-age", 0, &in->demands.max_age_s, err))
        return false;
    in->question.product = vt_slice_from_cstr(vt_args_get(args, "product"));
    in->question.channel = vt_slice_from_cstr(vt_args_get(args, "channel"));
    in->question.evidence = vt_buf_slice(&in->evidence);
    in->question.trust = in->trust;
    in->question.demands = &in->demands;
    in->question.state = in->state;
    in->question.now_unix_s = vt_env_now_unix_s(vt_args_env(args));
    return true;
}

/* ---- answering -------------------------------------------------------------------------
 */

static bool print_verdict(struct vt_args *args, const struct vt_verdict *verdict,
                          struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    if (!vt_args_is_json(args)) {
        vt_verdict_write_text(verdict, vt_args_operand(args, 0), &text);
    } else {
        if (!vt_verdict_write(verdict, &text, err))
            return false;
        vt_buf_put_u8(&text, '\n');
    }
    if (!vt_buf_check(&text, "answer", err))
        return false;
    if (fwrite(text.data, 1, text.len, stdout) != text.len || fflush(stdout) != 0)
        return vt_fail(err, VT_IO, "the answer could not be written: %s", strerror(errno));
    return true;
}

static bool remember(const struct inputs *in, const struct vt_verdict *verdict,
                     struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MEMORY_BYTES_MAX);

    if (in->disk == NULL || verdict->reason != VT_REASON_NONE)
        return true;
    return vt_verdict_remember(verdict, in->state, &text, err) &&
           vt_disk_write(in->disk, STATE_NAME, vt_buf_slice(&text), 0600, err);
}

static bool judge(struct vt_args *args, struct inputs *in, struct vt_verdict *verdict,
                  struct vt_error *err)
{
    struct vt_error why = { 0 };

    if (!hash_file(vt_args_operand(args, 0), &in->question, err) ||
        !read_own(args, in, err))
        return false;
    if (read_inputs(args, in, &why))
        return vt_verdict_reach(&in->question, verdict, err);
    return vt_verdict_refuse(&in->question.file_hash, in->question.file_bytes, &why,
                             verdict, err);
}

/* The memory is durable before a yes is said. */
static bool answer(struct vt_args *args, struct inputs *in, struct vt_error *err)
{
    VT_AUTO_VERDICT verdict = { 0 };

    if (!judge(args, in, &verdict, err) || !remember(in, &verdict, err) ||
        !print_verdict(args, &verdict, err))
        return false;
    vt_args_exit(args, verdict.reason == VT_REASON_NONE ? VT_EXIT_OK : VT_EXIT_REFUSED);
    return true;
}

static bool run_verify(struct vt_args *args, struct vt_error *err)
{
    const char *state = vt_args_get(args, "state");
    struct inputs in = { .demands = vt_demands_usual() };
    int64_t ignored;
    bool ok;

    /* Misuse is told before anything is done. */
    if (!vt_args_duration(args, "max-age", 0, &ignored, err))
        return false;
    ok = open_state(state, &in.disk, err);
    if (ok) {
        confine(state);
        ok = answer(args, &in, err);
    }
    inputs_clear(&in);
    return ok;
}

static const struct vt_verb verbs[] = {
    { "", "FILE", 1, 1, "is this file what was reviewed, and does everybody get the same?",
      "Needs no network and opens no socket. Answers yes or no; on no, one reason and one\n"
      "next step. Reasons: altered, vendor-missing, supervisor-missing, not-logged,\n"
      "no-quorum, fork, superseded, stale, withdrawn, site, jurisdiction, "
      "mandate-expired,\n"
      "unreviewed, differs, mixed, malformed. Exit code 0 is the only yes; 1 is a no; with "
      "2\n"
      "and 3 (your own trust root, policy or memory cannot be used) FILE was not judged.\n"
      "\n"
      "--policy: strict JSON, {\"v\": 1} and any of reviews, rebuild (equal, "
      "equal-robust),\n"
      "builder_sites, builder_jurisdictions, signer_sites, signer_jurisdictions, "
      "channel,\n"
      "max_age_s.\n"
      "--state: remembers the newest release, list of withdrawals, tree and trust root "
      "that\n"
      "were accepted, and refuses to go back. A file that is refused never changes it.",
      options, run_verify },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_verify = { "verify", "check a file offline", verbs };
