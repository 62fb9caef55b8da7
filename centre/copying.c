/* See copying.h.  A rule a kind of file: which names it has, and what makes it good. */
#include "centre/copying.h"
#include "centre/centre.h"
#include "evidence/field.h"
#include "evidence/release.h"
#include "evidence/verdict.h"
#include "ledger/tlog_proof.h"
#include "release/authorisations.h"

enum { SMALL_BYTES_MAX = 1 << 20, DEPTH_MAX = 8 };

struct copy {
    struct vt_copying *told;
    struct vt_roll *roll; /* who is enrolled on our desk; NULL: nobody yet */
    struct vt_arena *arena;
    int depth;
    const char *folder; /* being walked, relative */
    const char *file;   /* being judged */
};

static bool read_of(struct vt_disk *disk, const char *name, struct vt_buf *out,
                    struct vt_error *err)
{
    vt_buf_truncate(out, 0);
    return vt_disk_read(disk, name, out, err);
}

/* ---- what makes a file good -------------------------------------------------------------
 */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static const char *sibling(const struct copy *c, const char *name)
{
    return vt_arena_printf(c->arena, "%s/%s", c->folder, name);
}

static bool is_hash_name(const char *name, const char *ending, vt_hash *out)
{
    return strlen(name) == 64 + strlen(ending) && strcmp(name + 64, ending) == 0 &&
           vt_hash_parse_hex((vt_slice){ (const uint8_t *)name, 64 }, out);
}

static bool is_signed(const struct copy *c, const struct vt_envelope *envelope)
{
    const struct vt_keyring alone = { .trust = c->told->trust };
    const struct vt_keyring *keyring = c->roll != NULL ? &c->roll->keyring : &alone;

    for (size_t i = 0; i < envelope->dsse.signature_count; i++)
        for (unsigned role = 0; role < VT_ROLES; role++) {
            const struct vt_trust_key *key = vt_keyring_find(
                keyring, envelope->dsse.signatures[i].keyid, (enum vt_trust_role)role);

            if (key != NULL && vt_envelope_is_signed_by(envelope, &key->key))
                return true;
        }
    return false;
}

/* DIGEST.json: an envelope that has this digest, by somebody whom we know: what strangers
 * made would fill a release's folder until it holds no more. */
static bool judge_statement(struct copy *c, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    vt_hash named;

    if (!is_hash_name(base_of(c->file), ".json", &named))
        return vt_fail(err, VT_REJECTED, "its name is no digest");
    if (!vt_envelope_parse(bytes, &envelope, err))
        return false;
    if (!vt_hash_equal(&envelope.digest, &named))
        return vt_fail(err, VT_REJECTED, "its bytes have another digest than its name");
    return is_signed(c, &envelope) ||
           vt_fail(err, VT_REJECTED, "nobody signed it whom trust root or desk name");
}

/* ... in the folder of a release: drafts and releases are of that one. */
static bool judge_of_release(struct copy *c, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    const json_t *says;
    const char *of;

    if (!judge_statement(c, bytes, err) || !vt_envelope_parse(bytes, &envelope, err))
        return false;
    if (envelope.statement.type != VT_DRAFT && envelope.statement.type != VT_RELEASE)
        return true;
    says = envelope.statement.predicate;
    of = vt_arena_printf(c->arena, "%.*s/%.*s",
                         VT_SLICE_ARGS(vt_field_text(says, "product")),
                         VT_SLICE_ARGS(vt_field_text(says, "version")));
    return strcmp(c->folder + strlen(VT_CENTRE_DESK "/releases/"), of) == 0 ||
           vt_fail(err, VT_REJECTED, "it is of %s", of);
}

static bool is_proven(const struct copy *c, vt_slice entry, vt_slice text,
                      struct vt_error *err)
{
    VT_AUTO_FREE struct vt_tlog_proof *proof = vt_alloc(sizeof *proof);
    struct vt_tlog_verdict verdict;
    vt_hash leaf = vt_sha256_leaf(entry);

    return vt_tlog_proof_parse(text, proof, err) &&
           vt_tlog_proof_verify(proof, &leaf, &c->told->trust->policy,
                                c->told->trust->release_origin, &verdict, err);
}

/* NAME.tlog-proof beside NAME.json, which was copied before. */
static bool judge_proof(struct copy *c, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const char *name = base_of(c->file);
    int len = (int)(strlen(name) - strlen(".tlog-proof"));

    return read_of(c->told->to,
                   sibling(c, vt_arena_printf(c->arena, "%.*s.json", len, name)), &entry,
                   err) &&
           is_proven(c, vt_buf_slice(&entry), bytes, err);
}

struct proving {
    struct copy *copy;
    vt_slice proof;
    bool is_found;
};

static bool try_release(void *context, const char *name, bool is_folder,
                        struct vt_error *err)
{
    struct proving *p = context;
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error ignored = { 0 };
    vt_hash hash;

    (void)err;
    if (!is_folder && !p->is_found && is_hash_name(name, ".json", &hash) &&
        read_of(p->copy->told->to, sibling(p->copy, name), &entry, &ignored))
        p->is_found = is_proven(p->copy, vt_buf_slice(&entry), p->proof, &ignored);
    return true;
}

/* release.tlog-proof: of a statement beside it. */
static bool judge_release_proof(struct copy *c, vt_slice bytes, struct vt_error *err)
{
    struct proving p = { c, bytes, false };

    return vt_disk_list(c->told->to, c->folder, try_release, &p, err) &&
           (p.is_found || vt_fail(err, VT_REJECTED, "it proves no statement beside it"));
}

/* A list of withdrawals, on its way or whole: signed by nobody whom we do not know. */
static bool judge_list(struct copy *c, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };

    if (!vt_envelope_parse(bytes, &envelope, err))
        return false;
    if (envelope.statement.type != VT_WITHDRAWALS)
        return vt_fail(err, VT_REJECTED, "it is no list of withdrawals");
    for (size_t i = 0; i < c->told->trust->key_count; i++) {
        const struct vt_trust_key *key = &c->told->trust->keys[i];

        if ((key->role == VT_ROLE_SUPERVISOR || key->role == VT_ROLE_VENDOR) &&
            vt_envelope_is_signed_by(&envelope, &key->key))
            return true;
    }
    return vt_fail(err, VT_REJECTED, "no supervisor or vendor signed it");
}

/* N.json: the list of this version.  The highest number is the newest list of a desk, so an
 * old list must not come under a new number. */
static bool judge_numbered(struct copy *c, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    vt_slice name = vt_slice_from_cstr(base_of(c->file));
    struct vt_withdrawals list;
    uint64_t number;

    if (!judge_list(c, bytes, err) || !vt_envelope_parse(bytes, &envelope, err) ||
        !vt_withdrawals_read(&envelope.statement, &list, err))
        return false;
    return (vt_decimal_parse(vt_slice_sub(name, 0, name.len - strlen(".json")), &number) &&
            number == list.version) ||
           vt_fail(err, VT_REJECTED, "it is the list of version %ju",
                   (uintmax_t)list.version);
}

/* Bad whatever a customer demands. */
static bool is_forged(enum vt_reason reason)
{
    switch ((int)reason) {
    case VT_REASON_ALTERED:
    case VT_REASON_VENDOR_MISSING:
    case VT_REASON_SUPERVISOR_MISSING:
    case VT_REASON_NOT_LOGGED:
    case VT_REASON_NO_QUORUM:
    case VT_REASON_FORK:
    case VT_REASON_MIXED:
    case VT_REASON_MALFORMED:
        return true;
    default:
        return false;
    }
}

/* Is it the release whose folder, TOP/PRODUCT/VERSION, is being walked? */
static bool is_of_folder(const struct copy *c, const struct vt_release *release)
{
    return vt_slice_is(vt_slice_from_cstr(c->folder),
                       vt_arena_printf(c->arena, VT_CENTRE_PUBLIC "/%.*s/%.*s",
                                       VT_SLICE_ARGS(release->product),
                                       VT_SLICE_ARGS(release->version)));
}

/* The output that a file beside its evidence should be.  Evidence of an older release is
 * good too, but not here: it would bring the old file in under the new name. */
static bool find_output(const struct copy *c, const struct vt_evidence *evidence,
                        const char *name, struct vt_output *out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_release *release = vt_alloc(sizeof *release);

    if (!vt_release_read(&evidence->release->statement, release, err))
        return false;
    if (!is_of_folder(c, release))
        return vt_fail(err, VT_REJECTED, "it is evidence of %.*s %.*s",
                       VT_SLICE_ARGS(release->product), VT_SLICE_ARGS(release->version));
    for (size_t i = 0; i < release->output_count; i++)
        if (vt_slice_is(release->outputs[i].name, name)) {
            *out = release->outputs[i];
            return true;
        }
    return vt_fail(err, VT_REJECTED, "its release has no output of this name");
}

/* FILE.evidence: the verdict on its file is no forgery. */
static bool judge_evidence(struct copy *c, vt_slice bytes, struct vt_error *err)
{
    struct vt_demands demands = vt_demands_usual();
    VT_AUTO_VERDICT verdict = { .facts = NULL };
    VT_AUTO_EVIDENCE evidence = NULL;
    const char *name = base_of(c->file);
    struct vt_output output;
    struct vt_question question = { .evidence = bytes,
                                    .trust = c->told->trust,
                                    .demands = &demands,
                                    .now_unix_s = c->told->now_unix_s };
    bool is_ok;

    name =
        vt_arena_printf(c->arena, "%.*s", (int)(strlen(name) - strlen(".evidence")), name);
    is_ok = vt_evidence_parse(bytes, &evidence, err) &&
            find_output(c, evidence, name, &output, err);
    if (is_ok) {
        question.file_hash = output.hash;
        question.file_bytes = output.size_bytes;
        is_ok = vt_verdict_reach(&question, &verdict, err) &&
                (!is_forged(verdict.reason) ||
                 vt_fail(err, VT_REJECTED, "%s: %s", vt_reason_name(verdict.reason),
                         verdict.sentence));
    }
    vt_demands_clear(&demands);
    return is_ok;
}

static uint64_t list_of(vt_slice bytes)
{
    VT_AUTO_EVIDENCE evidence = NULL;
    struct vt_error ignored = { 0 };

    return vt_evidence_parse(bytes, &evidence, &ignored)
               ? vt_field_number(evidence->withdrawals.statement.predicate, "version")
               : 0;
}

/* ---- small files ------------------------------------------------------------------------
 */

enum replacing { NEVER, WHEN_GOOD, WHEN_LATER };

struct rule {
    const char *name, *ending; /* one of them; NULL: any */
    bool (*judge)(struct copy *c, vt_slice bytes, struct vt_error *err);
    enum replacing replacing;
};

static const struct rule release_rules[] = {
    { "list.json", NULL, judge_list, WHEN_GOOD },
    { "release.tlog-proof", NULL, judge_release_proof, NEVER },
    { NULL, ".json", judge_of_release, NEVER },
    { NULL, NULL, NULL, NEVER },
};
static const struct rule authorisation_rules[] = {
    { NULL, ".json", judge_statement, NEVER },
    { NULL, ".tlog-proof", judge_proof, NEVER },
    { NULL, NULL, NULL, NEVER },
};
static const struct rule list_rules[] = {
    { "next.json", NULL, judge_list, WHEN_GOOD },
    { NULL, ".json", judge_numbered, NEVER },
    { NULL, ".tlog-proof", judge_proof, NEVER },
    { NULL, NULL, NULL, NEVER },
};
static const struct rule public_rules[] = {
    { NULL, ".evidence", judge_evidence, WHEN_LATER },
    { NULL, NULL, NULL, NEVER },
};

static bool fits(const struct rule *rule, const char *name)
{
    return rule->name != NULL ? strcmp(rule->name, name) == 0
                              : vt_slice_ends_with(vt_slice_from_cstr(name),
                                                   vt_slice_from_cstr(rule->ending));
}

static void refuse(struct copy *c, const struct vt_error *why)
{
    c->told->count.refused++;
    if (c->told->refused != NULL)
        c->told->refused(c->told->context, c->file, why->message);
}

static void count_copy(struct copy *c, uint64_t bytes)
{
    c->told->count.copied++;
    c->told->count.bytes += bytes;
}

/* Ours, if it is there and good: *is_good_out.  What is there is made durable, since a
 * killed predecessor may have written it. */
static bool look_at_ours(struct copy *c, const struct rule *rule, vt_slice theirs,
                         bool *stays_out, struct vt_error *err)
{
    VT_AUTO_BUF ours = vt_buf_init(SMALL_BYTES_MAX);
    struct vt_error why = { 0 };
    bool is_same, is_good;

    *stays_out = false;
    if (!vt_disk_has(c->told->to, c->file))
        return true;
    if (!read_of(c->told->to, c->file, &ours, err))
        return false;
    is_same = vt_slice_equal(vt_buf_slice(&ours), theirs);
    is_good = is_same || rule->judge(c, vt_buf_slice(&ours), &why);
    *stays_out =
        is_same || (is_good && (rule->replacing == NEVER ||
                                (rule->replacing == WHEN_LATER &&
                                 list_of(theirs) <= list_of(vt_buf_slice(&ours)))));
    if (*stays_out && !is_same && rule->judge == judge_numbered) {
        (void)vt_fail(&why, VT_REJECTED, "it is another list than the one that we hold");
        refuse(c, &why);
    }
    return !*stays_out || vt_disk_keep(c->told->to, c->file, err);
}

static bool copy_small(struct copy *c, const struct rule *rule, struct vt_error *err)
{
    VT_AUTO_BUF theirs = vt_buf_init(SMALL_BYTES_MAX);
    struct vt_error why = { 0 };
    bool stays;

    if (!read_of(c->told->from, c->file, &theirs, &why) ||
        !rule->judge(c, vt_buf_slice(&theirs), &why)) {
        refuse(c, &why);
        return true;
    }
    if (!look_at_ours(c, rule, vt_buf_slice(&theirs), &stays, err))
        return false;
    if (stays) {
        c->told->count.kept++;
        return true;
    }
    count_copy(c, theirs.len);
    return vt_disk_write(c->told->to, c->file, vt_buf_slice(&theirs), 0644, err);
}

/* ---- large files ------------------------------------------------------------------------
 */

static bool has_hash(struct vt_disk *disk, const char *name, const vt_hash *hash)
{
    struct vt_error ignored = { 0 };
    VT_AUTO_FD fd = -1;
    uint64_t bytes;
    vt_hash got;

    return vt_disk_open_fd(disk, name, &fd, &bytes, &ignored) &&
           vt_sha256_fd(fd, name, &got, &bytes, &ignored) && vt_hash_equal(&got, hash);
}

static bool pour(struct copy *c, int fd, struct vt_disk_draft *draft, vt_hash *hash,
                 uint64_t *bytes, struct vt_error *err)
{
    uint8_t piece[VT_KIB(64)];
    struct vt_sha256 state;
    ssize_t got;

    vt_sha256_init(&state);
    *bytes = 0;
    while ((got = read(fd, piece, sizeof piece)) > 0) {
        vt_slice part = vt_slice_of(piece, (size_t)got); /* above 0 */

        vt_sha256_add(&state, part);
        *bytes += part.len;
        if (!vt_disk_draft_add(draft, part, err))
            return false;
    }
    vt_sha256_end(&state, hash);
    return got == 0 || vt_fail(err, VT_IO, "%s: %s", c->file, strerror(errno));
}

/* In pieces; it gets its name when all of it has this hash. */
static bool copy_large(struct copy *c, const vt_hash *wanted, struct vt_error *err)
{
    struct vt_error why = { 0 };
    struct vt_disk_draft *draft;
    VT_AUTO_FD fd = -1;
    uint64_t bytes;
    vt_hash got;

    if (vt_disk_has(c->told->to, c->file) && has_hash(c->told->to, c->file, wanted)) {
        c->told->count.kept++;
        return vt_disk_keep(c->told->to, c->file, err);
    }
    if (!vt_disk_open_fd(c->told->from, c->file, &fd, &bytes, &why)) {
        refuse(c, &why);
        return true;
    }
    if (!vt_disk_draft_begin(c->told->to, c->folder, 0644, &draft, err))
        return false;
    if (!pour(c, fd, draft, &got, &bytes, err)) {
        vt_disk_draft_discard(draft);
        return false;
    }
    if (!vt_hash_equal(&got, wanted)) {
        vt_disk_draft_discard(draft);
        (void)vt_fail(&why, VT_REJECTED, "its bytes have another digest than they should");
        refuse(c, &why);
        return true;
    }
    count_copy(c, bytes);
    return vt_disk_draft_finish(draft, c->file, true, err);
}

/* ---- walking ----------------------------------------------------------------------------
 */

/* Names first, so that nothing is written while a folder is being listed. */
struct names {
    struct vt_arena *arena;
    const char **files, **folders;
    size_t file_count, folder_count;
};

static bool note_name(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct names *n = context;
    const char ***list = is_folder ? &n->folders : &n->files;
    size_t *count = is_folder ? &n->folder_count : &n->file_count;

    (void)err;
    *list = vt_grow_array(*list, *count + 1, sizeof **list);
    (*list)[(*count)++] = vt_arena_printf(n->arena, "%s", name);
    return true;
}

static void names_clear(struct names *n)
{
    free(n->files);
    free(n->folders);
}

static bool list(struct copy *c, const char *folder, struct names *out,
                 struct vt_error *err)
{
    *out = (struct names){ .arena = c->arena };
    return !vt_disk_has(c->told->from, folder) ||
           vt_disk_list(c->told->from, folder, note_name, out, err);
}

/* All files of one folder by its rules; statements come before what proves them. */
static bool copy_files(struct copy *c, const char *folder, const struct rule *rules,
                       const struct names *names, struct vt_error *err)
{
    c->folder = folder;
    for (unsigned pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < names->file_count; i++) {
            vt_slice name = vt_slice_from_cstr(names->files[i]);
            const struct rule *rule = rules;

            while (rule->judge != NULL && !fits(rule, names->files[i]))
                rule++;
            if (rule->judge == NULL ||
                vt_slice_ends_with(name, VT_LIT(".json")) != (pass == 0))
                continue;
            c->file = sibling(c, names->files[i]);
            if (!copy_small(c, rule, err))
                return false;
        }
    return true;
}

/* sha256/ab/HEX below a folder of blobs. */
static bool copy_blobs(struct copy *c, const char *folder, struct vt_error *err)
{
    struct vt_error why = { 0 };
    struct names names;
    vt_hash hash;
    bool is_ok;

    if (c->depth == DEPTH_MAX) {
        c->file = folder;
        (void)vt_fail(&why, VT_REJECTED, "folders of blobs are not so deep");
        refuse(c, &why);
        return true;
    }
    is_ok = list(c, folder, &names, err);
    c->depth++;
    for (size_t i = 0; i < names.folder_count && is_ok; i++)
        is_ok = copy_blobs(c, vt_arena_printf(c->arena, "%s/%s", folder, names.folders[i]),
                           err);
    c->depth--;
    c->folder = folder;
    for (size_t i = 0; i < names.file_count && is_ok; i++) {
        if (!is_hash_name(names.files[i], "", &hash))
            continue;
        c->file = vt_arena_printf(c->arena, "%s/%s", folder, names.files[i]);
        is_ok = copy_large(c, &hash, err);
    }
    names_clear(&names);
    return is_ok;
}

/* An output beside its evidence, which is here by now. */
static bool copy_output(struct copy *c, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_EVIDENCE_BYTES_MAX);
    VT_AUTO_EVIDENCE evidence = NULL;
    struct vt_error why = { 0 };
    struct vt_output output;
    const char *name = vt_arena_printf(c->arena, "%s.evidence", c->file);

    if (!vt_disk_has(c->told->to, name))
        return true; /* nothing says what it should be */
    if (!read_of(c->told->to, name, &bytes, err))
        return false;
    if (!vt_evidence_parse(vt_buf_slice(&bytes), &evidence, &why) ||
        !find_output(c, evidence, base_of(c->file), &output, &why)) {
        refuse(c, &why);
        return true;
    }
    return copy_large(c, &output.hash, err);
}

static bool copy_release(struct copy *c, const char *folder, struct vt_error *err)
{
    struct names names;
    bool is_ok =
        list(c, folder, &names, err) && copy_files(c, folder, release_rules, &names, err);

    names_clear(&names);
    return is_ok && copy_blobs(c, vt_arena_printf(c->arena, "%s/blobs", folder), err);
}

static bool copy_published(struct copy *c, const char *folder, struct vt_error *err)
{
    struct names names;
    bool is_ok =
        list(c, folder, &names, err) && copy_files(c, folder, public_rules, &names, err);

    for (size_t i = 0; i < names.file_count && is_ok; i++) {
        c->folder = folder;
        c->file = sibling(c, names.files[i]);
        is_ok = fits(&public_rules[0], names.files[i]) || copy_output(c, err);
    }
    names_clear(&names);
    return is_ok;
}

/* PRODUCT/VERSION below a folder. */
static bool each_version(struct copy *c, const char *top,
                         bool (*each)(struct copy *c, const char *folder,
                                      struct vt_error *err),
                         struct vt_error *err)
{
    struct names products, versions;
    bool is_ok = list(c, top, &products, err);

    for (size_t i = 0; i < products.folder_count && is_ok; i++) {
        const char *folder = vt_arena_printf(c->arena, "%s/%s", top, products.folders[i]);

        is_ok = list(c, folder, &versions, err);
        for (size_t k = 0; k < versions.folder_count && is_ok; k++)
            is_ok = each(c, vt_arena_printf(c->arena, "%s/%s", folder, versions.folders[k]),
                         err);
        names_clear(&versions);
    }
    names_clear(&products);
    return is_ok;
}

static bool copy_folder(struct copy *c, const char *folder, const struct rule *rules,
                        struct vt_error *err)
{
    struct names names;
    bool is_ok = list(c, folder, &names, err) && copy_files(c, folder, rules, &names, err);

    names_clear(&names);
    return is_ok;
}

static void pass_over(void *context, const char *what)
{
    (void)context;
    (void)what;
}

/* What does not count among our authorisations enrols nobody. */
static bool open_roll(struct copy *c, struct vt_error *err)
{
    VT_AUTO_DESK desk = { .disk = NULL };

    if (!vt_disk_has(c->told->to, VT_CENTRE_DESK))
        return true;
    if (!vt_desk_open(
            vt_arena_printf(c->arena, "%s/" VT_CENTRE_DESK, vt_disk_path(c->told->to)),
            false, &desk, err))
        return false;
    desk.passed_over = pass_over;
    return vt_roll_open(&desk, c->told->trust, &c->roll, err);
}

bool vt_centre_copy(struct vt_copying *copying, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct copy c = { .told = copying, .arena = arena };
    bool is_ok =
        copy_folder(&c, VT_CENTRE_DESK "/authorisations", authorisation_rules, err) &&
        open_roll(&c, err) &&
        each_version(&c, VT_CENTRE_DESK "/releases", copy_release, err) &&
        copy_folder(&c, VT_CENTRE_DESK "/withdrawals", list_rules, err) &&
        each_version(&c, VT_CENTRE_PUBLIC, copy_published, err);

    vt_roll_close(c.roll);
    return is_ok;
}
