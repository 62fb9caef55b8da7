/* vitrine client lookup: is a file known?
 *
 * The head first: no answer is believed without it.  Then the local filter, for most files
 * the end of it.  For the rest a bucket is fetched, and it is said what left the machine.
 */
#include "cli/cell_verbs.h"
#include "cli/client_session.h"

enum { FILES_MAX = 1000000 };

const struct vt_option vt_cli_client_lookup_options[] = {
    VT_CLIENT_SESSION_OPTIONS,
    { "list", "FILE", "ask about these too: a file or a SHA-256 on each line", false,
      false },
    { NULL, NULL, NULL, false, false },
};

struct asked {
    const char *name;
    vt_hash hash;
    bool is_local; /* the filter sufficed */
    struct vt_cell_verdict verdict;
};

struct lookup {
    struct vt_client_session session;
    struct vt_buf list;
    struct asked *files;
    size_t count;
};

static void lookup_clear(struct lookup *l)
{
    vt_client_session_close(&l->session);
    vt_buf_clear(&l->list);
    free(l->files);
}

/* ---- what is asked about ----------------------------------------------------------------
 */

/* A hash, or else a file to be hashed. */
static bool take_file(struct lookup *l, const char *name, struct vt_error *err)
{
    struct asked file = { .name = name };
    VT_AUTO_FD fd = -1;
    uint64_t size;

    if (!vt_hash_parse_hex(vt_slice_from_cstr(name), &file.hash) &&
        (!vt_file_open(name, &fd, &size, err) ||
         !vt_sha256_fd(fd, name, &file.hash, &size, err)))
        return false;
    if (l->count == FILES_MAX)
        return vt_fail(err, VT_LIMIT, "more than %d files at once", FILES_MAX);
    if ((l->count & (l->count - 1)) == 0) /* doubles */
        l->files = vt_grow_array(l->files, l->count == 0 ? 1 : 2 * l->count, sizeof file);
    l->files[l->count++] = file;
    return true;
}

/* Lines become C strings in place. */
static bool take_list(struct lookup *l, const char *path, struct vt_error *err)
{
    char *at, *rest = NULL;

    if (!vt_file_read(path, &l->list, err))
        return false;
    vt_buf_put_u8(&l->list, 0);
    if (!vt_buf_check(&l->list, path, err))
        return false;
    if (strlen((char *)l->list.data) != l->list.len - 1)
        return vt_fail(err, VT_MALFORMED, "%s: is no list of files: it holds a zero byte",
                       path);
    for (at = strtok_r((char *)l->list.data, "\n", &rest); at != NULL;
         at = strtok_r(NULL, "\n", &rest))
        if (!take_file(l, at, err))
            return vt_within(err, "%s", path);
    return true;
}

static bool take_files(struct lookup *l, struct vt_args *args, struct vt_error *err)
{
    const char *list = vt_args_get(args, "list");
    size_t count = vt_args_operand_count(args);

    if (count == 0 && list == NULL)
        return vt_args_misuse(args, err, "name a FILE, a SHA256, or --list");
    for (size_t i = 0; i < count; i++)
        if (!take_file(l, vt_args_operand(args, i), err))
            return false;
    return list == NULL || take_list(l, list, err);
}

/* ---- asking -----------------------------------------------------------------------------
 */

static bool ask(struct lookup *l, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_cell_verdict *verdicts =
        vt_alloc_array(l->count, sizeof *verdicts);
    size_t count = 0;

    for (size_t i = 0; i < l->count; i++) {
        l->files[i].verdict.hash = l->files[i].hash;
        l->files[i].is_local = vt_client_session_is_local(&l->session, &l->files[i].hash);
        if (!l->files[i].is_local)
            verdicts[count++] = l->files[i].verdict;
    }
    if (!vt_client_session_ask(&l->session, verdicts, count, NULL, err))
        return false;
    for (size_t i = 0; i < l->count; i++)
        if (!l->files[i].is_local)
            l->files[i].verdict = *vt_cell_verdict_find(verdicts, count, &l->files[i].hash);
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
    const struct vt_cell_head *head = &l->session.head.file->head;
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
    vt_cli_print_json(json_pack("{s:i,s:s%,s:I,s:o,s:o}", "v", 1, "cell",
                                (const char *)head->cell.data, head->cell.len, "epoch",
                                (json_int_t)head->epoch, "files", files, "sent",
                                vt_client_session_pack(&l->session)));
}

static void print_text(const struct lookup *l)
{
    for (size_t i = 0; i < l->count; i++) {
        (void)printf("%s: %s", l->files[i].name, state_of(&l->files[i]));
        if (is_found(&l->files[i]))
            (void)printf(" (%08" PRIx32 ")", l->files[i].verdict.found);
        (void)putchar('\n');
    }
    vt_client_session_print(&l->session);
}

static void tell(const struct lookup *l, struct vt_args *args)
{
    bool has_found = false;

    for (size_t i = 0; i < l->count; i++)
        has_found = has_found || is_found(&l->files[i]);
    if (vt_args_is_json(args))
        print_json(l);
    else
        print_text(l);
    vt_args_exit(args, has_found ? VT_EXIT_REFUSED : VT_EXIT_OK);
}

bool vt_cli_client_lookup(struct vt_args *args, struct vt_error *err)
{
    struct lookup l = { .list = vt_buf_init(VT_MIB(64)) };
    bool is_ok = take_files(&l, args, err) &&
                 vt_client_session_open(args, &l.session, err) && ask(&l, err);

    if (is_ok)
        tell(&l, args);
    lookup_clear(&l);
    return is_ok;
}
