/* vitrine verify: the customer's verb.  Offline: the process gives up sockets, and every
 * file but those it reads and its memory, before FILE is opened. */
#include "cli/files.h"
#include "cli/groups.h"
#include "evidence/verdict.h"
#include "role/confine.h"
#include "store/disk.h"

static const struct vt_option options[] = {
    { "product", "NAME", "the product that FILE should be", false, false },
    { "evidence", "FILE", "the evidence; usually FILE.evidence", false, false },
    { "trust", "FILE", "the trust root; usually trust.json here", false, false },
    { "policy", "FILE", "what you demand beyond the trust root", false, false },
    { "state", "FOLDER", "what you have seen before; kept up to date", false, false },
    { "max-age", "TIME", "how old the newest news may be: 24h, 7d", false, false },
    { NULL, NULL, NULL, false, false },
};

#define STATE_NAME "verify.json"

/* Everything one verdict needs, read after the locks are on. */
struct inputs {
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
    json_decref(in->state);
}

static bool read_trust(const char *path, struct vt_trust **out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);

    if (!vt_file_read(path, &bytes, err))
        return false;
    return vt_trust_parse(vt_buf_slice(&bytes), out, err) || vt_within(err, "%s", path);
}

static bool read_demands(struct vt_args *args, struct vt_demands *out, struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy");
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(64));
    int64_t max_age_s;

    *out = vt_demands_usual();
    if (path != NULL && !vt_file_read(path, &bytes, err))
        return false;
    if (path != NULL && !vt_demands_parse(vt_buf_slice(&bytes), out, err))
        return vt_within(err, "%s", path);
    if (!vt_args_duration(args, "max-age", out->max_age_s, &max_age_s, err))
        return false;
    out->max_age_s = max_age_s;
    return true;
}

static bool read_state(struct vt_disk *disk, json_t **out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1));

    if (disk == NULL || !vt_disk_has(disk, STATE_NAME))
        return true;
    if (!vt_disk_read(disk, STATE_NAME, &bytes, err))
        return false;
    return vt_state_parse(vt_buf_slice(&bytes), out, err) ||
           vt_within(err, "%s/" STATE_NAME, vt_disk_path(disk));
}

static bool hash_file(const char *path, struct vt_question *question, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    uint64_t size;

    return vt_file_open(path, &fd, &size, err) &&
           vt_sha256_fd(fd, path, &question->file_hash, &question->file_bytes, err);
}

static bool read_evidence(struct vt_args *args, struct vt_buf *out, struct vt_error *err)
{
    const char *path = vt_args_get(args, "evidence");
    VT_AUTO_ARENA arena = vt_arena_new();

    if (path == NULL)
        path = vt_arena_printf(arena, "%s.evidence", vt_args_operand(args, 0));
    /* One byte over the limit is read, so that the verdict itself says "too large". */
    *out = vt_buf_init(VT_EVIDENCE_BYTES_MAX + 1);
    return vt_file_read(path, out, err) ||
           (err->code == VT_LIMIT &&
            vt_fail(err, VT_MALFORMED, "%s: too large to be evidence", path));
}

static bool read_inputs(struct vt_args *args, struct vt_disk *disk, struct inputs *in,
                        struct vt_error *err)
{
    const char *trust = vt_args_get(args, "trust"), *product = vt_args_get(args, "product");

    if (!read_trust(trust != NULL ? trust : "trust.json", &in->trust, err) ||
        !read_demands(args, &in->demands, err) ||
        !read_evidence(args, &in->evidence, err) || !read_state(disk, &in->state, err) ||
        !hash_file(vt_args_operand(args, 0), &in->question, err))
        return false;
    in->question.product = vt_slice_from_cstr(product);
    in->question.evidence = vt_buf_slice(&in->evidence);
    in->question.trust = in->trust;
    in->question.demands = &in->demands;
    in->question.state = in->state;
    in->question.now_unix_s = vt_env_now_unix_s(vt_args_env(args));
    if (in->question.now_unix_s < in->trust->created_unix_s)
        return vt_fail(err, VT_IO,
                       "this machine's clock is wrong: it stands before the trust "
                       "root was made; set the clock");
    return true;
}

/* ---- the answer for a person ------------------------------------------------------------
 */

static void print_fact(const struct vt_verdict *verdict, const char *label,
                       const char *name)
{
    const json_t *value = json_object_get(verdict->facts, name);

    if (json_is_string(value))
        (void)printf("  %-14s %s\n", label, json_string_value(value));
    if (json_is_integer(value))
        (void)printf("  %-14s %lld\n", label, (long long)json_integer_value(value));
}

static void print_people(const struct vt_verdict *verdict, const char *label,
                         const char *name)
{
    const json_t *list = json_object_get(verdict->facts, name);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *key = json_array_get(list, i);
        const char *site = json_string_value(json_object_get(key, "site"));

        (void)printf("  %-14s %s, %s%s%s\n", i == 0 ? label : "",
                     json_string_value(json_object_get(key, "holder")),
                     json_string_value(json_object_get(key, "jurisdiction")),
                     *site != '\0' ? ", " : "", site);
    }
}

static void print_answer(const struct vt_verdict *verdict, const char *file)
{
    if (verdict->reason == VT_REASON_NONE)
        (void)printf("yes: %s is what was reviewed, rebuilt, approved and published\n",
                     file);
    else
        (void)printf("NO (%s): %s: %s\n", vt_reason_name(verdict->reason), file,
                     verdict->sentence);
    print_fact(verdict, "product", "product");
    print_fact(verdict, "version", "version");
    print_fact(verdict, "source", "source");
    print_people(verdict, "reviewed by", "reviewers");
    print_people(verdict, "built by", "builders");
    print_people(verdict, "rebuilt by", "rebuilders");
    print_fact(verdict, "rebuild", "rebuild");
    print_people(verdict, "signed by", "vendors");
    print_people(verdict, "approved by", "supervisors");
    print_fact(verdict, "ledger", "ledger");
    print_fact(verdict, "entry", "entry");
    print_fact(verdict, "logged at", "logged_at");
    print_fact(verdict, "as of", "as_of");
    if (verdict->reason != VT_REASON_NONE)
        (void)printf("  %-14s %s\n", "what to do", vt_reason_next_step(verdict->reason));
}

static bool print_verdict(struct vt_args *args, const struct vt_verdict *verdict,
                          struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    if (!vt_args_is_json(args)) {
        print_answer(verdict, vt_args_operand(args, 0));
        return true;
    }
    if (!vt_verdict_write(verdict, &text, err))
        return false;
    (void)printf("%s\n", vt_buf_cstr(&text));
    return true;
}

static bool remember(struct vt_disk *disk, const struct inputs *in,
                     const struct vt_verdict *verdict, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    if (disk == NULL || verdict->reason != VT_REASON_NONE)
        return true;
    return vt_verdict_state(in->state, verdict, &text, err) &&
           vt_disk_write(disk, STATE_NAME, vt_buf_slice(&text), 0600, err);
}

static bool answer(struct vt_args *args, struct vt_disk *disk, struct inputs *in,
                   struct vt_error *err)
{
    VT_AUTO_VERDICT verdict = { 0 };

    if (!read_inputs(args, disk, in, err) ||
        !vt_verdict_reach(&in->question, &verdict, err) ||
        !remember(disk, in, &verdict, err) || !print_verdict(args, &verdict, err))
        return false;
    vt_args_exit(args, verdict.reason == VT_REASON_NONE ? VT_EXIT_OK : VT_EXIT_REFUSED);
    return true;
}

static bool run_verify(struct vt_args *args, struct vt_error *err)
{
    const char *state = vt_args_get(args, "state");
    struct vt_rights rights = { .folder = state, .read_folders = { "/" } };
    struct vt_disk *disk = NULL;
    struct inputs in = { 0 };
    bool ok;

    if (state != NULL && !vt_disk_open(state, true, &disk, err))
        return false;
    vt_confine(&rights);
    ok = answer(args, disk, &in, err);
    inputs_clear(&in);
    if (disk != NULL)
        vt_disk_close(disk);
    return ok;
}

static const struct vt_verb verbs[] = {
    { "", "FILE", 1, 1, "is this file what was reviewed, and does everybody get the same?",
      "Needs no network and opens no socket. Answers yes or no; on no, one reason: "
      "altered,\n"
      "vendor-missing, supervisor-missing, not-logged, no-quorum, fork, superseded, "
      "stale,\n"
      "withdrawn, site, jurisdiction, mandate-expired, unreviewed, differs, mixed or\n"
      "malformed, and what to do next. Exit code 0 is the only yes.",
      options, run_verify },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_verify = { "verify", "check a file offline", verbs };
