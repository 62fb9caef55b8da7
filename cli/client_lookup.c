/* vitrine client lookup: is a file known?
 *
 * The head first: no answer is believed without it.  Then the local filter, for most files
 * the end of it.  For the rest a bucket is fetched, and it is said what left the machine.
 */
#include "cell/filter.h"
#include "cell/head_check.h"
#include "cell/source.h"
#include "cli/cell_verbs.h"
#include "cli/files.h"
#include "cli/trust.h"
#include "store/disk.h"

#define SEEN_NAME "cells.json"

const struct vt_option vt_cli_client_lookup_options[] = {
    { .name = "from",
      .value_name = "URL",
      .help = "where the cell publishes: a URL, or a folder that holds a copy",
      .is_required = true },
    { .name = "cell", .value_name = "NAME", .help = "the cell", .is_required = true },
    { .name = "trust",
      .value_name = "PATH",
      .help = "the trust root, a file or a pinned folder; else trust.json" },
    { .name = "head",
      .value_name = "FILE",
      .help = "judge by this head file; else the newest is fetched" },
    { .name = "jurisdiction",
      .value_name = "CODE",
      .help = "where your data belongs; another cell is refused" },
    { .name = "state",
      .value_name = "FOLDER",
      .help = "what you have seen before, and the filter; kept up to date" },
    { .name = "max-age", .value_name = "TIME", .help = "how old a head may be; else 24h" },
    { .name = "collection-delay",
      .value_name = "TIME",
      .help = "how long what it asks for must have been public; else 24h" },
    { .name = "ask-all",
      .help = "ask about files too that the filter knows to be not found" },
    { .name = NULL },
};

struct asked {
    const char *name;
    vt_hash hash;
    bool is_local; /* the filter sufficed */
    struct vt_cell_verdict verdict;
};

struct lookup {
    struct vt_args *args;
    struct vt_trust *trust;
    struct vt_disk *disk; /* of the state; NULL: none */
    json_t *seen;         /* NULL: nothing */
    struct vt_cell_source *source;
    struct vt_head_verdict head;
    struct vt_buf filter_bytes, delta_bytes;
    struct vt_filter filter;
    struct vt_delta delta;
    bool has_delta;
    struct asked *files;
    size_t count;
};

static void lookup_clear(struct lookup *l)
{
    vt_head_verdict_clear(&l->head);
    vt_buf_clear(&l->filter_bytes);
    vt_buf_clear(&l->delta_bytes);
    vt_cell_source_close(l->source);
    vt_json_clear(&l->seen);
    vt_disk_close(l->disk);
    vt_trust_free(l->trust);
    free(l->files);
}

/* ---- what is asked about ----------------------------------------------------------------
 */

/* A hash, or else a file to be hashed. */
static bool take_file(struct asked *file, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    uint64_t size;

    if (vt_hash_parse_hex(vt_slice_from_cstr(file->name), &file->hash))
        return true;
    return vt_file_open(file->name, &fd, &size, err) &&
           vt_sha256_fd(fd, file->name, &file->hash, &size, err);
}

static bool take_files(struct lookup *l, struct vt_error *err)
{
    l->count = vt_args_operand_count(l->args);
    l->files = vt_alloc_array(l->count, sizeof *l->files);
    for (size_t i = 0; i < l->count; i++) {
        l->files[i].name = vt_args_operand(l->args, i);
        if (!take_file(&l->files[i], err))
            return false;
    }
    return true;
}

/* ---- the head ---------------------------------------------------------------------------
 */

/* Locked: two at once must not make each other forget. */
static bool open_state(struct lookup *l, struct vt_error *err)
{
    const char *folder = vt_args_get(l->args, "state");
    VT_AUTO_BUF bytes = vt_buf_init(VT_CELL_SEEN_BYTES_MAX);

    if (folder == NULL)
        return true;
    if (!vt_disk_open(folder, true, &l->disk, err) || !vt_disk_lock(l->disk, err) ||
        !vt_disk_sweep(l->disk, "", err))
        return false;
    if (!vt_disk_has(l->disk, SEEN_NAME))
        return true;
    return vt_disk_read(l->disk, SEEN_NAME, &bytes, err) &&
           (vt_cell_seen_parse(vt_buf_slice(&bytes), &l->seen, err) ||
            vt_within(err, "%s/" SEEN_NAME, folder));
}

static bool read_trust(struct lookup *l, struct vt_error *err)
{
    const char *path = vt_args_get(l->args, "trust");

    if (!vt_cli_trust_read(path != NULL ? path : "trust.json", &l->trust, err))
        return false;
    return l->trust->version >= vt_cell_seen_trust(l->seen) ||
           vt_fail(err, VT_REJECTED,
                   "the trust root is version %ju; version %ju was used before",
                   (uintmax_t)l->trust->version, (uintmax_t)vt_cell_seen_trust(l->seen));
}

static bool read_head(struct lookup *l, struct vt_buf *out, struct vt_error *err)
{
    const char *path = vt_args_get(l->args, "head");

    return path != NULL ? vt_file_read(path, out, err)
                        : vt_cell_source_head(l->source, out, err);
}

static bool judge_head(struct lookup *l, struct vt_error *err)
{
    VT_AUTO_BUF file = vt_buf_init(VT_HEAD_FILE_BYTES_MAX);
    struct vt_head_question question = {
        .trust = l->trust,
        .cell = vt_slice_from_cstr(vt_args_get(l->args, "cell")),
        .jurisdiction = vt_slice_from_cstr(vt_args_get(l->args, "jurisdiction")),
        .now_unix_s = vt_env_now_unix_s(vt_args_env(l->args)),
    };

    if (!vt_args_duration(l->args, "max-age", VT_HEAD_AGE_S, &question.max_age_s, err) ||
        !vt_args_duration(l->args, "collection-delay", VT_HEAD_DELAY_S,
                          &question.collection_delay_s, err) ||
        !read_head(l, &file, err))
        return false;
    question.file = vt_buf_slice(&file);
    question.seen = vt_cell_seen_of(l->seen, question.cell);
    if (!vt_head_check(&question, &l->head, err))
        return false;
    if (l->head.reason == VT_HEAD_YES)
        return true;
    return vt_fail(err, VT_REJECTED, "the head is refused (%s): %s; %s",
                   vt_head_reason_name(l->head.reason), l->head.sentence,
                   vt_head_reason_next_step(l->head.reason));
}

/* Before anything is said that rests on it. */
static bool remember(struct lookup *l, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_CELL_SEEN_BYTES_MAX);

    if (l->disk == NULL)
        return true;
    return vt_cell_seen_write(l->seen, l->head.file->head.cell, &l->head.seen,
                              l->trust->version, &text, err) &&
           vt_disk_write(l->disk, SEEN_NAME, vt_buf_slice(&text), 0600, err);
}

/* ---- the filter -------------------------------------------------------------------------
 */

/* From the state, if it is there and whole. */
static bool read_kept(struct lookup *l, const struct vt_head_blob *blob, const char *name,
                      struct vt_buf *out)
{
    struct vt_error ignored;
    vt_hash hash;

    if (l->disk == NULL || !vt_disk_has(l->disk, name) ||
        !vt_disk_read(l->disk, name, out, &ignored))
        return false;
    hash = vt_sha256_of(vt_buf_slice(out));
    if (vt_hash_equal(&hash, &blob->hash))
        return true;
    vt_buf_truncate(out, 0);
    return false;
}

static bool get_blob(struct lookup *l, const struct vt_head_blob *blob, const char *kind,
                     struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *name = vt_arena_printf(arena, "%s.%s", kind, vt_args_get(l->args, "cell"));

    if (read_kept(l, blob, name, out))
        return true;
    return vt_cell_source_blob(l->source, blob, out, err) &&
           (l->disk == NULL || vt_disk_write(l->disk, name, vt_buf_slice(out), 0600, err));
}

static bool get_filter(struct lookup *l, struct vt_error *err)
{
    const struct vt_cell_head *head = &l->head.file->head;

    if (!get_blob(l, &head->filter, "filter", &l->filter_bytes, err) ||
        !vt_filter_parse(vt_buf_slice(&l->filter_bytes), &l->filter, err))
        return false;
    l->has_delta = head->delta.size_bytes != 0;
    if (!l->has_delta)
        return true;
    if (!get_blob(l, &head->delta, "delta", &l->delta_bytes, err) ||
        !vt_delta_parse(vt_buf_slice(&l->delta_bytes), &l->delta, err))
        return false;
    return vt_hash_equal(&l->delta.filter, &head->filter.hash) ||
           vt_fail(err, VT_REJECTED, "the head's delta belongs to another filter");
}

/* ---- asking -----------------------------------------------------------------------------
 */

static bool ask(struct lookup *l, struct asked *file, struct vt_error *err)
{
    const struct vt_cell_tree *tree = &l->head.file->head.tree;
    VT_AUTO_BUF answer = vt_buf_init(vt_answer_bytes(tree));

    if (vt_cell_source_answer(l->source, tree, &file->hash, &answer, err) &&
        vt_answer_check(tree, vt_buf_slice(&answer), &file->hash, &file->verdict, err))
        return true;
    if (err->code == VT_ABSENT)
        return vt_within(err, "the head commits to a file that is not served");
    return vt_within(err, "%s", file->name);
}

static bool ask_all(struct lookup *l, struct vt_error *err)
{
    const struct vt_delta *delta = l->has_delta ? &l->delta : NULL;

    for (size_t i = 0; i < l->count; i++) {
        struct asked *file = &l->files[i];

        file->verdict.hash = file->hash;
        file->is_local = !vt_args_has(l->args, "ask-all") &&
                         !vt_filter_may_have(&l->filter, delta, &file->hash);
        if (!file->is_local && !ask(l, file, err))
            return false;
    }
    return true;
}

/* ---- telling ----------------------------------------------------------------------------
 */

static const char *state_of(const struct asked *file)
{
    return file->is_local ? "not-found" : vt_cell_state_name(file->verdict.state);
}

static bool is_found(const struct asked *file)
{
    return file->verdict.state >= VT_STATE_SUSPICIOUS;
}

static void print_json(const struct lookup *l)
{
    const struct vt_cell_head *head = &l->head.file->head;
    json_t *files = json_array();

    for (size_t i = 0; i < l->count; i++) {
        const struct asked *file = &l->files[i];
        char hash[65];

        vt_hash_text(&file->hash, hash);
        (void)json_array_append_new(
            files, json_pack("{s:o,s:s,s:s,s:I,s:b}", "file",
                             vt_cli_json_text(vt_slice_from_cstr(file->name)), "sha256",
                             hash, "state", state_of(file), "found",
                             (json_int_t)file->verdict.found, "local", file->is_local));
    }
    vt_cli_print_json(json_pack(
        "{s:i,s:s%,s:I,s:o,s:{s:b,s:I,s:i,s:I}}", "v", 1, "cell",
        (const char *)head->cell.data, head->cell.len, "epoch", (json_int_t)head->epoch,
        "files", files, "sent", "remote", vt_cell_source_is_remote(l->source), "buckets",
        (json_int_t)vt_cell_source_asked(l->source), "bits", (int)head->tree.bits,
        "smallest", (json_int_t)head->tree.smallest));
}

static void print_text(const struct lookup *l)
{
    const struct vt_cell_head *head = &l->head.file->head;
    uint64_t asked = vt_cell_source_asked(l->source);

    for (size_t i = 0; i < l->count; i++) {
        (void)printf("%s: %s", l->files[i].name, state_of(&l->files[i]));
        if (is_found(&l->files[i]))
            (void)printf(" (%08" PRIx32 ")", l->files[i].verdict.found);
        (void)putchar('\n');
    }
    if (asked == 0)
        (void)printf("nothing about these files left this machine: the local filter of "
                     "epoch %ju sufficed\n",
                     (uintmax_t)head->epoch);
    else if (!vt_cell_source_is_remote(l->source))
        (void)printf("nothing left this machine: %ju buckets were read from a folder\n",
                     (uintmax_t)asked);
    else
        (void)printf("sent: the first %u bits of %ju hashes; with each of them at least "
                     "%ju known files begin\n",
                     head->tree.bits, (uintmax_t)asked, (uintmax_t)head->tree.smallest);
}

static void tell(struct lookup *l)
{
    bool has_found = false;

    for (size_t i = 0; i < l->count; i++)
        has_found = has_found || is_found(&l->files[i]);
    if (vt_args_is_json(l->args))
        print_json(l);
    else
        print_text(l);
    vt_args_exit(l->args, has_found ? VT_EXIT_REFUSED : VT_EXIT_OK);
}

bool vt_cli_client_lookup(struct vt_args *args, struct vt_error *err)
{
    struct lookup l = { .args = args,
                        .source = vt_cell_source_new(vt_args_get(args, "from")),
                        .filter_bytes = vt_buf_init(VT_FILTER_BYTES_MAX),
                        .delta_bytes = vt_buf_init(VT_MIB(256)) };
    bool is_ok = take_files(&l, err) && open_state(&l, err) && read_trust(&l, err) &&
                 judge_head(&l, err) && remember(&l, err) && get_filter(&l, err) &&
                 ask_all(&l, err);

    if (is_ok)
        tell(&l);
    else if (err->code != VT_OK)
        err->code = VT_IO; /* 1 would say that something was found */
    lookup_clear(&l);
    return is_ok;
}
