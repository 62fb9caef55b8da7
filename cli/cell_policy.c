/* vitrine cell policy init, set, remove: a table of residency while it is plain JSON. */
#include "cli/cell_policy.h"

void vt_policy_paper_clear(struct vt_policy_paper *paper)
{
    vt_fd_close(&paper->lock_fd);
    vt_buf_clear(&paper->bytes);
    vt_json_clear(&paper->draft);
    if (paper->record == NULL)
        free(paper->table);
    vt_residency_record_free(paper->record);
    *paper = (struct vt_policy_paper){ .lock_fd = -1 };
}

static bool take(struct vt_policy_paper *paper, const char *path, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;

    if (!vt_json_parse(vt_buf_slice(&paper->bytes), path, &json, err))
        return false;
    if (vt_json_has(json, "payload")) {
        if (!vt_residency_record_parse(vt_buf_slice(&paper->bytes), &paper->record, err))
            return vt_within(err, "%s", path);
        paper->table = &paper->record->table;
        return true;
    }
    paper->draft = json_incref(json);
    paper->table = vt_alloc(sizeof *paper->table);
    return vt_residency_read(json, true, paper->table, err) || vt_within(err, "%s", path);
}

bool vt_policy_paper_read(const char *path, struct vt_policy_paper *out,
                          struct vt_error *err)
{
    VT_AUTO_POLICY_PAPER paper = { .lock_fd = -1,
                                   .bytes = vt_buf_init(VT_TRUST_BYTES_MAX) };

    if (!vt_file_read(path, &paper.bytes, err))
        return false;
    if (paper.bytes.len > 0 && paper.bytes.data[paper.bytes.len - 1] == '\n')
        vt_buf_truncate(&paper.bytes, paper.bytes.len - 1);
    if (!take(&paper, path, err))
        return false;
    *out = paper;
    paper = (struct vt_policy_paper){ .lock_fd = -1 };
    return true;
}

bool vt_policy_paper_hold(const char *path, struct vt_policy_paper *out,
                          struct vt_error *err)
{
    VT_AUTO_FD fd = vt_cli_lock_file(path);

    if (!vt_policy_paper_read(path, out, err))
        return false;
    out->lock_fd = vt_take_fd(&fd);
    return true;
}

bool vt_policy_paper_read_signed(const char *path, struct vt_policy_paper *out,
                                 struct vt_error *err)
{
    if (!vt_policy_paper_read(path, out, err))
        return false;
    return out->record != NULL ||
           vt_fail(err, VT_REJECTED, "%s: is a draft; `vitrine cell policy sign` signs it",
                   path);
}

/* Written only if it holds together. */
static bool write_draft(const char *path, const struct vt_residency *table,
                        struct vt_error *err)
{
    VT_AUTO_JSON draft = NULL;

    return vt_residency_is_sound(table, err) && vt_residency_write(table, &draft, err) &&
           vt_cli_trust_write(path, draft, err);
}

static bool open_draft(const char *path, struct vt_policy_paper *out, struct vt_error *err)
{
    return vt_policy_paper_hold(path, out, err) &&
           (out->draft != NULL ||
            vt_fail(err, VT_REJECTED,
                    "%s: is signed already; `vitrine cell policy init --previous` begins "
                    "the next version",
                    path));
}

/* ---- init -------------------------------------------------------------------------------
 */

const struct vt_option vt_cli_policy_init_options[] = {
    { "out", "FILE", "the draft to make", true, false },
    { "cell", "NAME=CC,URL", "a cell, the country where it stands, where it listens", false,
      true },
    { "rest", "NAME",
      "version 1: where everything lies that is not moved yet; else the first cell", false,
      false },
    { "previous", "FILE", "begin the version that follows this signed one", false, false },
    { NULL, NULL, NULL, false, false },
};

static bool add_cell(struct vt_args *args, const char *text, struct vt_residency *table,
                     struct vt_error *err)
{
    vt_reader r = { vt_slice_from_cstr(text) };
    struct vt_residency_cell cell;

    if (!vt_read_until(&r, '=', &cell.name) || !vt_read_until(&r, ',', &cell.jurisdiction))
        return vt_args_misuse(
            args, err, "--cell: '%s' is not like zurich=CH,https://zh.example.org", text);
    cell.url = r.rest;
    if (table->cell_count == VT_RESIDENCY_CELLS_MAX)
        return vt_fail(err, VT_LIMIT, "more than %d cells", VT_RESIDENCY_CELLS_MAX);
    table->cells[table->cell_count++] = cell;
    return true;
}

static bool add_cells(struct vt_args *args, struct vt_residency *table,
                      struct vt_error *err)
{
    const char *text;

    for (size_t i = 0; (text = vt_args_get_at(args, "cell", i)) != NULL; i++)
        if (!add_cell(args, text, table, err))
            return false;
    return true;
}

/* Everything is in one place, and nothing has been moved: what is true before the first
 * decision. */
static bool begin_first(struct vt_args *args, struct vt_residency *table,
                        struct vt_error *err)
{
    const char *rest = vt_args_get(args, "rest");
    struct vt_residency_step step = { .state = VT_RESIDENCY_NOT_MOVED };
    size_t cell;

    table->version = 1;
    table->created_unix_s = step.from_unix_s = vt_env_now_unix_s(vt_args_env(args));
    if (table->cell_count == 0)
        return vt_args_misuse(args, err, "--cell is needed: say where data lie now");
    cell = rest != NULL ? vt_residency_find_cell(table, vt_slice_from_cstr(rest)) : 0;
    if (cell == table->cell_count)
        return vt_args_misuse(args, err, "--rest: no --cell is called '%s'", rest);
    step.cell = step.to = (uint8_t)cell; /* below VT_RESIDENCY_CELLS_MAX */
    for (size_t country = 0; country < VT_COUNTRIES; country++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
            if (!vt_residency_set(&table->lines[country][data], &step, err))
                return false;
    return true;
}

bool vt_cli_policy_init(struct vt_args *args, struct vt_error *err)
{
    const char *out = vt_args_get(args, "out"), *previous = vt_args_get(args, "previous");
    VT_AUTO_FREE struct vt_residency *table = vt_alloc(sizeof *table);
    VT_AUTO_POLICY_PAPER before = { .lock_fd = -1 };
    vt_hash digest;

    if (vt_path_exists(out))
        return vt_fail(err, VT_REJECTED, "%s: exists; a policy is never replaced", out);
    if (previous != NULL && vt_args_has(args, "rest"))
        return vt_args_misuse(args, err, "--rest is for version 1 only");
    if (previous != NULL) {
        if (!vt_policy_paper_read_signed(previous, &before, err))
            return false;
        *table = *before.table;
        digest = vt_residency_record_digest(before.record);
        vt_residency_begin_next(table, &digest, vt_env_now_unix_s(vt_args_env(args)));
    }
    return add_cells(args, table, err) &&
           (previous != NULL || begin_first(args, table, err)) &&
           write_draft(out, table, err) &&
           vt_cli_trust_said(args, out,
                             previous != NULL
                                 ? "draft of the next version; `vitrine cell policy set` "
                                   "changes it"
                                 : "draft of version 1: everything is not moved yet; "
                                   "`vitrine cell policy set` says what is");
}

/* ---- set and remove ---------------------------------------------------------------------
 */

#define OPTION_POLICY                                                                      \
    {                                                                                      \
        "policy", "FILE", "the draft", true, false                                         \
    }
#define OPTION_COUNTRY                                                                     \
    {                                                                                      \
        "country", "CC", "of these countries: DE or DE,FR,...; `all`", true, true          \
    }
#define OPTION_CLASS                                                                       \
    {                                                                                      \
        "class", "CLASS", "file, lookup, statistic or account; else all four", false, true \
    }

const struct vt_option vt_cli_policy_set_options[] = {
    OPTION_POLICY,
    OPTION_COUNTRY,
    OPTION_CLASS,
    { "cell", "NAME", "where the data lie", true, false },
    { "state", "STATE", "here, moving, stays or not-moved-yet", true, false },
    { "from", "TIME", "since or from when; else from when the draft was begun", false,
      false },
    { "to", "NAME", "moving: to which cell", false, false },
    { "fence", "TIME", "moving: from when the old cell takes nothing more", false, false },
    { NULL, NULL, NULL, false, false },
};

const struct vt_option vt_cli_policy_remove_options[] = {
    OPTION_POLICY,
    OPTION_COUNTRY,
    OPTION_CLASS,
    { "from", "TIME", "the step that begins then", true, false },
    { NULL, NULL, NULL, false, false },
};

/* Which lines of the table the options name. */
struct choice {
    bool countries[VT_COUNTRIES];
    bool classes[VT_DATA_CLASSES];
};

static bool choose_countries(struct vt_args *args, const char *text, struct choice *out,
                             struct vt_error *err)
{
    vt_reader r = { vt_slice_from_cstr(text) };
    size_t country;

    if (strcmp(text, "all") == 0) {
        memset(out->countries, 1, sizeof out->countries);
        return true;
    }
    for (bool is_last = false; !is_last;) {
        vt_slice code = r.rest;

        is_last = !vt_read_until(&r, ',', &code);
        if (!vt_country_of(code, &country))
            return vt_args_misuse(args, err, "--country: '%.*s' is no country of ISO 3166",
                                  VT_SLICE_ARGS(code));
        out->countries[country] = true;
    }
    return true;
}

static bool choose(struct vt_args *args, struct choice *out, struct vt_error *err)
{
    const char *text;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; (text = vt_args_get_at(args, "country", i)) != NULL; i++)
        if (!choose_countries(args, text, out, err))
            return false;
    for (size_t i = 0; (text = vt_args_get_at(args, "class", i)) != NULL; i++) {
        enum vt_data_class data;

        if (!vt_data_class_of(vt_slice_from_cstr(text), &data))
            return vt_args_misuse(args, err,
                                  "--class: '%s' is none of file, lookup, statistic, "
                                  "account",
                                  text);
        out->classes[data] = true;
    }
    if (!vt_args_has(args, "class"))
        memset(out->classes, 1, sizeof out->classes);
    return true;
}

/* Do it to each chosen line; step NULL: take out what begins at `from`. */
static bool change(struct vt_residency *table, const struct choice *choice,
                   const struct vt_residency_step *step, int64_t from_unix_s,
                   struct vt_error *err)
{
    for (size_t country = 0; country < VT_COUNTRIES; country++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++) {
            struct vt_residency_line *line = &table->lines[country][data];

            if (!choice->countries[country] || !choice->classes[data])
                continue;
            if (step != NULL ? !vt_residency_set(line, step, err)
                             : !vt_residency_remove(line, from_unix_s, err))
                return vt_within(err, "%s, %s", vt_country_code(country),
                                 vt_data_class_name((enum vt_data_class)data));
        }
    return true;
}

static bool find_cell(struct vt_args *args, const struct vt_residency *table,
                      const char *option, uint8_t *out, struct vt_error *err)
{
    const char *name = vt_args_get(args, option);
    size_t cell = vt_residency_find_cell(table, vt_slice_from_cstr(name));

    if (cell == table->cell_count)
        return vt_args_misuse(args, err, "--%s: the policy lists no cell '%s'", option,
                              name);
    *out = (uint8_t)cell; /* below VT_RESIDENCY_CELLS_MAX */
    return true;
}

static bool read_time(struct vt_args *args, const char *option, int64_t fallback,
                      int64_t *out, struct vt_error *err)
{
    char text[VT_TIME_TEXT_BYTES];

    return vt_cli_time(args, option, fallback, text, err) &&
           vt_time_parse(vt_slice_from_cstr(text), out);
}

static bool read_state(struct vt_args *args, enum vt_residency_state *out,
                       struct vt_error *err)
{
    const char *text = vt_args_get(args, "state");

    if (strcmp(text, "not-moved-yet") == 0)
        text = vt_residency_state_name(VT_RESIDENCY_NOT_MOVED);
    return vt_residency_state_of(vt_slice_from_cstr(text), out) ||
           vt_args_misuse(args, err,
                          "--state: '%s' is none of here, moving, stays, not-moved-yet",
                          text);
}

static bool read_step(struct vt_args *args, const struct vt_residency *table,
                      struct vt_residency_step *out, struct vt_error *err)
{
    bool is_moving;

    *out = (struct vt_residency_step){ 0 };
    if (!read_state(args, &out->state, err) ||
        !find_cell(args, table, "cell", &out->cell, err) ||
        !read_time(args, "from", table->created_unix_s, &out->from_unix_s, err))
        return false;
    is_moving = out->state == VT_RESIDENCY_MOVING;
    out->to = out->cell;
    if (vt_args_has(args, "to") != is_moving || vt_args_has(args, "fence") != is_moving)
        return vt_args_misuse(args, err,
                              "--to and --fence belong to --state moving: where to, and "
                              "from when the old cell takes nothing");
    return !is_moving || (find_cell(args, table, "to", &out->to, err) &&
                          read_time(args, "fence", 0, &out->fence_unix_s, err));
}

bool vt_cli_policy_set(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy");
    VT_AUTO_POLICY_PAPER paper = { .lock_fd = -1 };
    struct vt_residency_step step;
    struct choice choice;

    return open_draft(path, &paper, err) && choose(args, &choice, err) &&
           read_step(args, paper.table, &step, err) &&
           change(paper.table, &choice, &step, 0, err) &&
           write_draft(path, paper.table, err) && vt_cli_trust_said(args, path, "set");
}

bool vt_cli_policy_remove(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy");
    VT_AUTO_POLICY_PAPER paper = { .lock_fd = -1 };
    struct choice choice;
    int64_t from;

    return open_draft(path, &paper, err) && choose(args, &choice, err) &&
           read_time(args, "from", 0, &from, err) &&
           change(paper.table, &choice, NULL, from, err) &&
           write_draft(path, paper.table, err) && vt_cli_trust_said(args, path, "removed");
}
