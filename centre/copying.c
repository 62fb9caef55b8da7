/* See copying.h: the walk over folders, and the keeping of what was judged (judging.h). */
#include "centre/copying.h"
#include "centre/centre.h"
#include "centre/judging.h"

enum { SMALL_BYTES_MAX = 1 << 20, DEPTH_MAX = 8 };

struct copy {
    struct vt_copying *told;
    struct vt_judging at; /* the file that is looked at */
    struct vt_roll *roll; /* owned; NULL: nobody is enrolled yet */
    int depth;
};

/* ---- small files ------------------------------------------------------------------------
 */

static void refuse(struct copy *c, const struct vt_error *why)
{
    c->told->count.refused++;
    if (c->told->refused != NULL)
        c->told->refused(c->told->context, c->at.file, why->message);
}

static void count_copy(struct copy *c, uint64_t bytes)
{
    c->told->count.copied++;
    c->told->count.bytes += bytes;
}

/* Theirs, which is good, instead of another one of ours, which is good too? */
static bool comes_instead(const struct vt_judging_rule *rule, vt_slice theirs,
                          vt_slice ours)
{
    switch (rule->replaced) {
    case VT_REPLACED_WHEN_GOOD:
        return true;
    case VT_REPLACED_WHEN_LATER:
        return vt_judging_list_of(theirs) > vt_judging_list_of(ours);
    default:
        return false;
    }
}

/* Is ours there, and good?  Then it is made durable, since a killed predecessor may have
 * written it. */
static bool look_at_ours(struct copy *c, const struct vt_judging_rule *rule,
                         vt_slice theirs, bool *stays_out, struct vt_error *err)
{
    VT_AUTO_BUF ours = vt_buf_init(SMALL_BYTES_MAX);
    struct vt_error why = { 0 };
    bool is_same;

    *stays_out = false;
    if (!vt_disk_has(c->told->to, c->at.file))
        return true;
    if (!vt_disk_read(c->told->to, c->at.file, &ours, err))
        return false;
    is_same = vt_slice_equal(vt_buf_slice(&ours), theirs);
    *stays_out = is_same || (rule->judge(&c->at, vt_buf_slice(&ours), &why) &&
                             !comes_instead(rule, theirs, vt_buf_slice(&ours)));
    if (*stays_out && !is_same && rule->replaced == VT_REPLACED_NOT_EVEN_ELSE) {
        (void)vt_fail(&why, VT_REJECTED, "it is another list than the one that we hold");
        refuse(c, &why);
    }
    return !*stays_out || vt_disk_keep(c->told->to, c->at.file, err);
}

static bool copy_small(struct copy *c, const struct vt_judging_rule *rule,
                       struct vt_error *err)
{
    VT_AUTO_BUF theirs = vt_buf_init(SMALL_BYTES_MAX);
    struct vt_error why = { 0 };
    bool stays;

    if (!vt_disk_read(c->told->from, c->at.file, &theirs, &why) ||
        !rule->judge(&c->at, vt_buf_slice(&theirs), &why)) {
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
    return vt_disk_write(c->told->to, c->at.file, vt_buf_slice(&theirs), 0644, err);
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
    return got == 0 || vt_fail(err, VT_IO, "%s: %s", c->at.file, strerror(errno));
}

/* In pieces; it gets its name when all of it has this hash. */
static bool copy_large(struct copy *c, const vt_hash *wanted, struct vt_error *err)
{
    struct vt_error why = { 0 };
    struct vt_disk_draft *draft;
    VT_AUTO_FD fd = -1;
    uint64_t bytes;
    vt_hash got;

    if (vt_disk_has(c->told->to, c->at.file) && has_hash(c->told->to, c->at.file, wanted)) {
        c->told->count.kept++;
        return vt_disk_keep(c->told->to, c->at.file, err);
    }
    if (!vt_disk_open_fd(c->told->from, c->at.file, &fd, &bytes, &why)) {
        refuse(c, &why);
        return true;
    }
    if (!vt_disk_draft_begin(c->told->to, c->at.folder, 0644, &draft, err))
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
    return vt_disk_draft_finish(draft, c->at.file, true, err);
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
    *out = (struct names){ .arena = c->at.arena };
    return !vt_disk_has(c->told->from, folder) ||
           vt_disk_list(c->told->from, folder, note_name, out, err);
}

/* All files of one folder by its rules; statements come before what proves them. */
static bool copy_files(struct copy *c, const char *folder,
                       const struct vt_judging_rule *rules, const struct names *names,
                       struct vt_error *err)
{
    c->at.folder = folder;
    for (unsigned pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < names->file_count; i++) {
            vt_slice name = vt_slice_from_cstr(names->files[i]);
            const struct vt_judging_rule *rule =
                vt_judging_rule_for(rules, names->files[i]);

            if (rule == NULL || vt_slice_ends_with(name, VT_LIT(".json")) != (pass == 0))
                continue;
            c->at.file = vt_judging_sibling(&c->at, names->files[i]);
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
        c->at.file = folder;
        (void)vt_fail(&why, VT_REJECTED, "folders of blobs are not so deep");
        refuse(c, &why);
        return true;
    }
    is_ok = list(c, folder, &names, err);
    c->depth++;
    for (size_t i = 0; i < names.folder_count && is_ok; i++)
        is_ok = copy_blobs(
            c, vt_arena_printf(c->at.arena, "%s/%s", folder, names.folders[i]), err);
    c->depth--;
    c->at.folder = folder;
    for (size_t i = 0; i < names.file_count && is_ok; i++) {
        if (!vt_judging_is_digest(names.files[i], "", &hash))
            continue;
        c->at.file = vt_arena_printf(c->at.arena, "%s/%s", folder, names.files[i]);
        is_ok = copy_large(c, &hash, err);
    }
    names_clear(&names);
    return is_ok;
}

/* An output beside its evidence, which is here by now. */
static bool copy_output(struct copy *c, const char *file, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_EVIDENCE_BYTES_MAX);
    VT_AUTO_EVIDENCE evidence = NULL;
    struct vt_error why = { 0 };
    struct vt_output output;
    const char *name = vt_arena_printf(c->at.arena, "%s.evidence", c->at.file);

    if (!vt_disk_has(c->told->to, name))
        return true; /* nothing says what it should be */
    if (!vt_disk_read(c->told->to, name, &bytes, err))
        return false;
    if (!vt_evidence_parse(vt_buf_slice(&bytes), &evidence, &why) ||
        !vt_judging_find_output(&c->at, evidence, file, &output, &why)) {
        refuse(c, &why);
        return true;
    }
    return copy_large(c, &output.hash, err);
}

static bool copy_release(struct copy *c, const char *folder, struct vt_error *err)
{
    struct names names;
    bool is_ok = list(c, folder, &names, err) &&
                 copy_files(c, folder, vt_judging_release, &names, err);

    names_clear(&names);
    return is_ok && copy_blobs(c, vt_arena_printf(c->at.arena, "%s/blobs", folder), err);
}

static bool copy_published(struct copy *c, const char *folder, struct vt_error *err)
{
    struct names names;
    bool is_ok = list(c, folder, &names, err) &&
                 copy_files(c, folder, vt_judging_published, &names, err);

    for (size_t i = 0; i < names.file_count && is_ok; i++) {
        c->at.folder = folder;
        c->at.file = vt_judging_sibling(&c->at, names.files[i]);
        is_ok = vt_judging_rule_for(vt_judging_published, names.files[i]) != NULL ||
                copy_output(c, names.files[i], err);
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
        const char *folder =
            vt_arena_printf(c->at.arena, "%s/%s", top, products.folders[i]);

        is_ok = list(c, folder, &versions, err);
        for (size_t k = 0; k < versions.folder_count && is_ok; k++)
            is_ok = each(
                c, vt_arena_printf(c->at.arena, "%s/%s", folder, versions.folders[k]), err);
        names_clear(&versions);
    }
    names_clear(&products);
    return is_ok;
}

static bool copy_folder(struct copy *c, const char *folder,
                        const struct vt_judging_rule *rules, struct vt_error *err)
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
            vt_arena_printf(c->at.arena, "%s/" VT_CENTRE_DESK, vt_disk_path(c->told->to)),
            false, &desk, err))
        return false;
    desk.passed_over = pass_over;
    if (!vt_roll_open(&desk, c->told->trust, &c->roll, err))
        return false;
    c->at.roll = c->roll;
    return true;
}

bool vt_centre_copy(struct vt_copying *copying, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct copy c = { .told = copying,
                      .at = { .ours = copying->to,
                              .trust = copying->trust,
                              .arena = arena,
                              .now_unix_s = copying->now_unix_s } };
    bool is_ok =
        copy_folder(&c, VT_CENTRE_DESK "/authorisations", vt_judging_authorisations, err) &&
        open_roll(&c, err) &&
        each_version(&c, VT_CENTRE_DESK "/releases", copy_release, err) &&
        copy_folder(&c, VT_CENTRE_DESK "/withdrawals", vt_judging_lists, err) &&
        each_version(&c, VT_CENTRE_PUBLIC, copy_published, err);

    vt_roll_close(c.roll);
    return is_ok;
}
