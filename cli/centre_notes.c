/* vitrine centre notes: what reviewers noted in a Centre, for the foundation, which has the
 * key. */
#include "centre/remarks.h"
#include "centre/taking.h"
#include "cli/centre_verbs.h"
#include "cli/files.h"
#include "evidence/field.h"
#include "wire/hex.h"

const struct vt_option vt_cli_centre_notes_options[] = {
    { "key", "FILE", "the foundation's X25519 key", true, false },
    VT_OPTION_PASSPHRASE,
    { "invitation", "SHA256", "what was written under this one alone", false, false },
    { NULL, NULL, NULL, false, false },
};

struct reading {
    struct vt_args *args;
    struct vt_disk *disk;
    struct vt_age_identity identity;
    json_t *notes; /* NULL: for people */
    uint64_t count, unreadable;
};

/* What somebody wrote must not write lines of its own, nor steer the terminal. */
static void print_words(vt_slice words)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    vt_reader r = { words };
    vt_slice line;

    while (r.rest.len != 0) {
        char *text;

        if (!vt_read_until(&r, '\n', &line)) {
            line = r.rest;
            r.rest = (vt_slice){ 0 };
        }
        text = vt_arena_cstr(arena, line);
        vt_text_make_printable(text, false);
        (void)printf("    %s\n", text);
    }
}

static void print_note(const struct vt_kept_remark *kept)
{
    const struct vt_remark *r = &kept->remark;
    VT_AUTO_ARENA arena = vt_arena_new();
    char *path = vt_arena_cstr(arena, r->path), when[VT_TIME_TEXT_BYTES],
         hex[VT_HEX256_BYTES];

    vt_text_make_printable(path, false);
    vt_time_write(kept->written_unix_ms / 1000, when);
    vt_hash_text(&kept->invitation, hex);
    (void)printf("note %ju  %s  invitation %.8s  %.*s %.*s %s", (uintmax_t)kept->number,
                 when, hex, VT_SLICE_ARGS(r->product), VT_SLICE_ARGS(r->version), path);
    if (r->from_line != 0)
        (void)printf(" lines %ju to %ju", (uintmax_t)r->from_line, (uintmax_t)r->to_line);
    if (r->severity != VT_SEVERITY_NONE)
        (void)printf(", %s", vt_severity_name(r->severity));
    (void)printf("\n");
    print_words(r->text);
}

static bool take_note(struct reading *r, const vt_hash *invitation, uint32_t number,
                      struct vt_error *err)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_REMARK_PLAIN_BYTES);
    struct vt_kept_remark kept;
    json_t *json;

    if (!vt_remarks_read(r->disk, invitation, number, &r->identity, &plain, &kept, err)) {
        if (err->code == VT_IO)
            return false;
        r->unreadable++;
        (void)fprintf(stderr, "mind: %s\n", err->message);
        *err = (struct vt_error){ 0 };
        return true;
    }
    r->count++;
    if (r->notes == NULL) {
        print_note(&kept);
        return true;
    }
    json = vt_remark_json(&kept);
    (void)json_object_set_new(json, "invitation", vt_field_of_hash(invitation));
    return json_array_append_new(r->notes, json) == 0;
}

static bool take_notebook(void *context, const char *name, bool is_folder,
                          struct vt_error *err)
{
    struct reading *r = context;
    VT_AUTO_FREE struct vt_remark_numbers *all = vt_alloc(sizeof *all);
    vt_hash invitation;

    if (!is_folder || !vt_hash_parse_hex(vt_slice_from_cstr(name), &invitation))
        return vt_fail(err, VT_MALFORMED, VT_CENTRE_NOTES "/%s: is no notebook", name);
    if (!vt_remarks_list(r->disk, &invitation, all, err))
        return false;
    for (size_t i = 0; i < all->count; i++)
        if (!take_note(r, &invitation, all->rows[i], err))
            return false;
    return true;
}

static bool read_one(struct reading *r, const char *invitation, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    if (!vt_disk_has(r->disk, vt_arena_printf(arena, VT_CENTRE_NOTES "/%s", invitation)))
        return vt_fail(err, VT_ABSENT, "%s: holds no notes of this invitation",
                       vt_args_operand(r->args, 0));
    return take_notebook(r, invitation, true, err);
}

static bool read_all(struct reading *r, struct vt_error *err)
{
    const char *folder = vt_args_operand(r->args, 0),
               *only = vt_args_get(r->args, "invitation");

    if (!vt_disk_open(folder, false, &r->disk, err))
        return false;
    if (only != NULL)
        return read_one(r, only, err);
    return vt_disk_list(r->disk, VT_CENTRE_NOTES, take_notebook, r, err) ||
           (err->code == VT_ABSENT &&
            vt_fail(err, VT_ABSENT, "%s: holds no notes", folder));
}

static void print_end(const struct reading *r)
{
    bool is_ok = r->unreadable == 0;

    if (!is_ok)
        vt_args_exit(r->args, VT_EXIT_REFUSED);
    if (r->notes != NULL)
        vt_cli_print_json(json_pack("{s:b,s:O,s:I}", "ok", is_ok, "notes", r->notes,
                                    "unreadable", (json_int_t)r->unreadable));
    else if (is_ok)
        (void)printf("%ju note%s\n", (uintmax_t)r->count, vt_plural(r->count));
    else
        (void)printf("%ju note%s, and %ju that this key does not open\n",
                     (uintmax_t)r->count, vt_plural(r->count), (uintmax_t)r->unreadable);
}

bool vt_cli_centre_notes(struct vt_args *args, struct vt_error *err)
{
    const char *only = vt_args_get(args, "invitation");
    struct reading r = { .args = args };
    vt_hash invitation;
    bool is_ok;

    if (only != NULL && !vt_hash_parse_hex(vt_slice_from_cstr(only), &invitation))
        return vt_args_misuse(args, err, "--invitation: '%s' is not 64 hex digits", only);
    if (!vt_cli_identity_open(args, &r.identity, err))
        return false;
    if (vt_args_is_json(args))
        r.notes = json_array();
    is_ok = read_all(&r, err);
    if (is_ok)
        print_end(&r);
    vt_age_identity_clear(&r.identity);
    vt_disk_close(r.disk);
    json_decref(r.notes);
    return is_ok;
}
