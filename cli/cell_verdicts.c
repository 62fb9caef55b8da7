/* vitrine cell verdicts: tables from lists and tables. */
#include "cell/verdicts.h"
#include "cli/cell_verbs.h"
#include "cli/files.h"

enum { LIST_BYTES_MAX = 1 << 30 };

const struct vt_option vt_cli_cell_verdicts_options[] = {
    { .name = "list",
      .value_name = "FILE",
      .help = "verdicts as text, later than the tables",
      .is_repeated = true },
    { .name = "out", .value_name = "FILE", .help = "write the table that they come to" },
    { .name = "find", .value_name = "SHA256", .help = "show the verdict on this file" },
    { .name = NULL },
};

/* ---- lists ------------------------------------------------------------------------------
 */

struct list {
    struct vt_cell_verdict *rows; /* owned */
    size_t count, room;
};

static bool read_row(vt_slice line, struct vt_cell_verdict *out)
{
    vt_reader r = { line };
    vt_slice hash, state;

    *out = (struct vt_cell_verdict){ 0 };
    if (!vt_read_until(&r, ' ', &hash) || !vt_hash_parse_hex(hash, &out->hash))
        return false;
    if (!vt_read_until(&r, ' ', &state)) {
        state = r.rest;
        r.rest.len = 0;
    }
    if (!vt_cell_state_of(state, &out->state) || r.rest.len > VT_FOUND_NAME_BYTES ||
        (r.rest.len != 0 && out->state < VT_STATE_SUSPICIOUS))
        return false;
    if (r.rest.len != 0)
        out->found = vt_found_id(r.rest);
    return true;
}

static bool read_lines(vt_reader r, const char *path, struct list *list,
                       struct vt_error *err)
{
    vt_slice line;

    for (size_t number = 1; vt_read_line(&r, &line); number++) {
        if (line.len == 0 || line.data[0] == '#')
            continue;
        if (list->count == list->room) {
            list->room = list->room * 2 + 1024;
            list->rows = vt_grow_array(list->rows, list->room, sizeof *list->rows);
        }
        if (!read_row(line, &list->rows[list->count]))
            return vt_fail(err, VT_MALFORMED,
                           "%s, line %zu: is not SHA256 STATE [WHAT], with a single space "
                           "between",
                           path, number);
        list->count++;
    }
    return vt_read_end(&r) ||
           vt_fail(err, VT_MALFORMED, "%s: its last line has no end", path);
}

static int compare(const void *left, const void *right)
{
    const struct vt_cell_verdict *a = left, *b = right;

    return memcmp(a->hash.bytes, b->hash.bytes, VT_SHA256_BYTES);
}

/* As the bytes of a table; a file that stands twice in one list is an error. */
static bool read_list(const char *path, struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(LIST_BYTES_MAX);
    struct list list = { 0 };
    bool is_ok = vt_file_read(path, &text, err) &&
                 read_lines((vt_reader){ vt_buf_slice(&text) }, path, &list, err);

    if (is_ok && list.count != 0)
        qsort(list.rows, list.count, sizeof *list.rows, compare);
    vt_buf_put_text(out, VT_VERDICTS_MAGIC);
    for (size_t i = 0; is_ok && i < list.count; i++) {
        if (i != 0 && compare(&list.rows[i - 1], &list.rows[i]) == 0) {
            char hash[65];

            vt_hash_text(&list.rows[i].hash, hash);
            is_ok = vt_fail(err, VT_MALFORMED, "%s: %s stands in it twice", path, hash);
        }
        vt_buf_put(out, vt_hash_slice(&list.rows[i].hash));
        vt_buf_put_u8(out, (uint8_t)list.rows[i].state); /* below VT_STATES */
        vt_buf_put_u32(out, list.rows[i].found);
    }
    free(list.rows);
    return is_ok && vt_buf_check(out, path, err);
}

/* ---- folding ----------------------------------------------------------------------------
 */

/* A table of nothing, then each one in turn upon what there is; the drafts of the folder
 * where the result will be hold what lies between. */
struct fold {
    struct vt_disk *disk;
    const char *name; /* of the result */
    char path[4096];
    struct vt_verdicts table; /* so far */
};

static bool fold_in(struct fold *fold, const struct vt_verdicts *change,
                    struct vt_error *err)
{
    struct vt_verdicts_writer *writer;

    if (!vt_verdicts_writer_begin(fold->disk, &writer, err))
        return false;
    if (!vt_verdicts_merge(&fold->table, change, writer, err)) {
        vt_verdicts_writer_discard(writer);
        return false;
    }
    vt_verdicts_close(&fold->table);
    return vt_verdicts_writer_finish(writer, fold->name, err) &&
           vt_verdicts_open(fold->path, &fold->table, err);
}

static bool fold_table(struct fold *fold, const char *path, struct vt_error *err)
{
    VT_AUTO_VERDICTS table = { 0 };

    return vt_verdicts_open(path, &table, err) &&
           (fold_in(fold, &table, err) || vt_within(err, "%s", path));
}

static bool fold_list(struct fold *fold, const char *path, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init((size_t)LIST_BYTES_MAX * 2);
    struct vt_verdicts list;

    return read_list(path, &bytes, err) &&
           vt_verdicts_parse(vt_buf_slice(&bytes), &list, err) &&
           (fold_in(fold, &list, err) || vt_within(err, "%s", path));
}

/* Before anything is written: a result is whole or it is not there. */
static bool check_all(struct vt_args *args, struct vt_error *err)
{
    const char *list;

    for (size_t i = 0; i < vt_args_operand_count(args); i++) {
        VT_AUTO_VERDICTS table = { 0 };
        const char *path = vt_args_operand(args, i);

        if (!vt_verdicts_open(path, &table, err))
            return false;
        if (!vt_verdicts_verify(&table, err))
            return vt_within(err, "%s", path);
    }
    for (size_t i = 0; (list = vt_args_get_at(args, "list", i)) != NULL; i++) {
        VT_AUTO_BUF bytes = vt_buf_init((size_t)LIST_BYTES_MAX * 2);

        if (!read_list(list, &bytes, err))
            return false;
    }
    return true;
}

static bool fold_all(struct vt_args *args, struct fold *fold, struct vt_error *err)
{
    const char *list;

    for (size_t i = 0; i < vt_args_operand_count(args); i++)
        if (!fold_table(fold, vt_args_operand(args, i), err))
            return false;
    for (size_t i = 0; (list = vt_args_get_at(args, "list", i)) != NULL; i++)
        if (!fold_list(fold, list, err))
            return false;
    return true;
}

/* ---- showing ----------------------------------------------------------------------------
 */

static bool show_one(struct vt_args *args, const struct vt_verdicts *table,
                     struct vt_error *err)
{
    const char *text = vt_args_get(args, "find");
    struct vt_cell_verdict verdict;
    vt_hash hash;

    if (!vt_hash_parse_hex(vt_slice_from_cstr(text), &hash))
        return vt_args_misuse(args, err, "--find: '%s' is no SHA-256 in hex", text);
    verdict = vt_verdicts_find(table, &hash);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:s,s:s,s:I}", "file", text, "state",
                                    vt_cell_state_name(verdict.state), "found",
                                    (json_int_t)verdict.found));
    else
        (void)printf("%s %s\n", text, vt_cell_state_name(verdict.state));
    vt_args_exit(args, verdict.state != VT_STATE_UNKNOWN ? VT_EXIT_OK : VT_EXIT_REFUSED);
    return true;
}

static bool show(struct vt_args *args, const struct vt_verdicts *table,
                 struct vt_error *err)
{
    uint64_t counts[VT_STATES] = { 0 };
    json_t *json;

    if (!vt_verdicts_verify(table, err))
        return false;
    if (vt_args_has(args, "find"))
        return show_one(args, table, err);
    for (uint64_t i = 0; i < table->count; i++)
        counts[vt_verdicts_at(table, i).state]++;
    if (!vt_args_is_json(args)) {
        (void)printf("%ju verdicts: %ju clean, %ju suspicious, %ju malicious\n",
                     (uintmax_t)table->count, (uintmax_t)counts[VT_STATE_CLEAN],
                     (uintmax_t)counts[VT_STATE_SUSPICIOUS],
                     (uintmax_t)counts[VT_STATE_MALICIOUS]);
        return true;
    }
    json = json_pack("{s:b,s:I}", "ok", 1, "verdicts", (json_int_t)table->count);
    for (unsigned i = VT_STATE_CLEAN; i < VT_STATES; i++)
        (void)json_object_set_new(json, vt_cell_state_name((enum vt_cell_state)i),
                                  json_integer((json_int_t)counts[i]));
    vt_cli_print_json(json);
    return true;
}

static bool make(struct vt_args *args, const char *out, struct vt_error *err)
{
    const char *slash = strrchr(out, '/');
    VT_AUTO_FREE char *folder = vt_strdup_slice(
        slash == NULL ? VT_LIT(".")
                      : vt_slice_of(out, slash == out ? 1 : (size_t)(slash - out)));
    struct fold fold = { .name = slash == NULL ? out : slash + 1 };
    bool is_ok;

    if ((size_t)snprintf(fold.path, sizeof fold.path, "%s", out) >= sizeof fold.path)
        return vt_fail(err, VT_LIMIT, "--out: the name is too long");
    is_ok = check_all(args, err) && vt_disk_open(folder, false, &fold.disk, err) &&
            fold_all(args, &fold, err) && show(args, &fold.table, err);
    vt_verdicts_close(&fold.table);
    vt_disk_close(fold.disk);
    return is_ok;
}

bool vt_cli_cell_verdicts(struct vt_args *args, struct vt_error *err)
{
    const char *out = vt_args_get(args, "out");
    VT_AUTO_VERDICTS table = { 0 };

    if (out != NULL)
        return vt_args_operand_count(args) != 0 || vt_args_has(args, "list")
                   ? make(args, out, err)
                   : vt_args_misuse(args, err,
                                    "--out: name a table or --list to make it "
                                    "from");
    if (vt_args_operand_count(args) != 1 || vt_args_has(args, "list"))
        return vt_args_misuse(args, err, "name one table to look at, or --out");
    return vt_verdicts_open(vt_args_operand(args, 0), &table, err) &&
           (show(args, &table, err) || vt_within(err, "%s", vt_args_operand(args, 0)));
}
