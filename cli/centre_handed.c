/* vitrine centre handed: signed statements that were handed in at the Centre's pages, on
 * their way to the desk and to the ledger.  Each is judged again, by the trust root in DIR;
 * what does not count stays where it is, and is told. */
#include "centre/centre.h"
#include "centre/handing.h"
#include "cli/centre_verbs.h"
#include "cli/files.h"
#include "cli/trust.h"
#include "evidence/field.h"
#include "release/compose.h"

const struct vt_option vt_cli_centre_handed_options[] = {
    { "dir", "DIR", "the Centre's folder", true, false },
    { "desk", "DIR", "take approvals and rejections to this desk", false, false },
    { "out", "DIR", "lay there what the ledger's operator adds", false, false },
    { NULL, NULL, NULL, false, false },
};

struct handed {
    struct vt_args *args;
    struct vt_arena *arena;
    struct vt_trust *trust;
    struct vt_disk *folder, *out; /* out: NULL, nothing goes to a ledger */
    struct vt_desk desk;          /* disk NULL: nothing goes to a desk */
    bool is_for_lists;            /* lists are taken behind the approvals they go with */
    int64_t now_unix_s;
    json_t *rows;
    size_t passed_over;
};

/* ---- to the desk ------------------------------------------------------------------------
 */

static const char *copy_field(struct handed *h, const struct vt_envelope *envelope,
                              const char *name)
{
    return vt_arena_cstr(h->arena, vt_field_text(envelope->statement.predicate, name));
}

/* A desk that knows nothing of the release takes nothing for it. */
static bool lay_on_desk(struct handed *h, vt_slice bytes,
                        const struct vt_envelope *envelope, struct vt_error *err)
{
    const char *product = copy_field(h, envelope, "product"),
               *version = copy_field(h, envelope, "version");
    VT_AUTO_DOCKET docket = NULL;

    return vt_docket_open(&h->desk, h->trust, product, version, h->now_unix_s, &docket,
                          err) &&
           vt_docket_put(&h->desk, product, version, bytes, err);
}

struct finding_approval {
    struct handed *handed;
    vt_slice list;
    bool is_laid;
};

/* It goes to the one approved release of which it says that it is the current one. */
static bool lay_list(void *context, struct vt_docket *docket, struct vt_error *err)
{
    struct finding_approval *f = context;
    struct vt_error ignored = { 0 };

    if (f->is_laid || docket->is_published || docket->release == NULL ||
        !vt_list_is_due(docket, f->list, &ignored))
        return true;
    f->is_laid = true;
    return vt_disk_write(f->handed->desk.disk,
                         vt_arena_printf(f->handed->arena, "%s/list.json", docket->folder),
                         f->list, 0644, err);
}

static bool lay_beside_approval(struct handed *h, vt_slice bytes, struct vt_error *err)
{
    struct finding_approval finding = { h, bytes, false };

    if (!vt_desk_each(&h->desk, h->trust, h->now_unix_s, lay_list, &finding, err))
        return false;
    return finding.is_laid ||
           vt_fail(err, VT_REJECTED,
                   "it is the next list of no release that is approved on this desk");
}

/* ---- one statement ----------------------------------------------------------------------
 */

/* Taken: gone from here, since it lies where it belongs.  *to: where, or NULL.  A rejection
 * belongs to both: it binds by the ledger, and the desk shows it. */
static bool take(struct handed *h, const char *name, vt_slice bytes,
                 const struct vt_envelope *envelope, const char **to, struct vt_error *err)
{
    enum vt_handed_place place = vt_handed_place_of(envelope->statement.type);
    bool is_logged = place == VT_HANDED_LEDGER || envelope->statement.type == VT_REJECTION;
    bool is_ok = true;

    *to = NULL;
    if ((is_logged && h->out == NULL) ||
        (place != VT_HANDED_LEDGER && h->desk.disk == NULL))
        return true;
    if (is_logged && !vt_disk_write(h->out, name, bytes, 0644, err))
        return false;
    if (place == VT_HANDED_LIST)
        is_ok = lay_beside_approval(h, bytes, err);
    else if (place == VT_HANDED_DESK)
        is_ok = lay_on_desk(h, bytes, envelope, err);
    if (!is_ok || !vt_disk_remove(h->folder, name, err))
        return false;
    *to = place == VT_HANDED_LEDGER ? "out" : "desk";
    return true;
}

static void say(struct handed *h, const struct vt_envelope *envelope, const char *to)
{
    json_t *row = vt_handed_json(h->trust, envelope);
    const char *product = copy_field(h, envelope, "product"),
               *version = copy_field(h, envelope, "version");
    const json_t *signer = json_array_get(json_object_get(row, "signers"), 0);

    (void)json_object_set_new(row, "taken", to != NULL ? json_string(to) : json_null());
    (void)json_array_append_new(h->rows, row);
    if (!vt_args_is_json(h->args))
        (void)printf(
            "%s%s%s%s%s by %s: %s  %s\n", vt_predicate_name(envelope->statement.type),
            product[0] != '\0' ? " of " : "", product, version[0] != '\0' ? " " : "",
            version, json_string_value(json_object_get(signer, "holder")),
            to == NULL                ? "waits"
            : strcmp(to, "desk") == 0 ? "is on the desk"
                                      : "is for `vitrine ledger add`",
            json_string_value(json_object_get(row, "sha256")));
}

static void pass_over(void *context, const char *name, const struct vt_error *why)
{
    struct handed *h = context;

    if (h->is_for_lists) /* told the first time */
        return;
    h->passed_over++;
    (void)fprintf(stderr, "mind: %.80s is left where it is: %s\n", name, why->message);
}

static bool look_at(void *context, const char *name, vt_slice bytes,
                    const struct vt_envelope *envelope, struct vt_error *err)
{
    struct handed *h = context;
    struct vt_error why = { 0 };
    const char *to;

    if ((vt_handed_place_of(envelope->statement.type) == VT_HANDED_LIST) != h->is_for_lists)
        return true;
    if (take(h, name, bytes, envelope, &to, &why)) {
        say(h, envelope, to);
        return true;
    }
    if (why.code == VT_IO) {
        *err = why;
        return false;
    }
    h->passed_over++;
    (void)fprintf(stderr, "mind: the %s statement %.16s... stays: %s\n",
                  vt_predicate_name(envelope->statement.type), name, why.message);
    return true;
}

/* ---- all of it --------------------------------------------------------------------------
 */

static bool open_all(struct handed *h, struct vt_error *err)
{
    const char *dir = vt_args_get(h->args, "dir"), *desk = vt_args_get(h->args, "desk"),
               *out = vt_args_get(h->args, "out");

    return vt_cli_trust_read(vt_arena_printf(h->arena, "%s/" VT_CENTRE_TRUST, dir),
                             &h->trust, err) &&
           vt_disk_open(vt_arena_printf(h->arena, "%s/" VT_CENTRE_HANDED, dir), false,
                        &h->folder, err) &&
           (desk == NULL || vt_desk_open(desk, false, &h->desk, err)) &&
           (out == NULL || vt_disk_open(out, true, &h->out, err));
}

static bool look_at_all(struct handed *h, struct vt_error *err)
{
    const struct vt_handed_walk walk = { look_at, pass_over, h };

    if (!vt_handed_each(h->folder, h->trust, h->now_unix_s, &walk, err))
        return false;
    h->is_for_lists = true;
    return vt_handed_each(h->folder, h->trust, h->now_unix_s, &walk, err);
}

bool vt_cli_centre_handed(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct handed h = { .args = args,
                        .arena = arena,
                        .now_unix_s = vt_env_now_unix_s(vt_args_env(args)),
                        .rows = json_array() };
    bool is_ok = open_all(&h, err) && look_at_all(&h, err);

    if (is_ok && vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:O,s:I}", "ok", h.passed_over == 0, "handed",
                                    h.rows, "passed_over", (json_int_t)h.passed_over));
    if (is_ok && h.passed_over != 0)
        vt_args_exit(args, VT_EXIT_REFUSED);
    json_decref(h.rows);
    vt_desk_close(&h.desk);
    vt_trust_free(h.trust);
    if (h.folder != NULL)
        vt_disk_close(h.folder);
    if (h.out != NULL)
        vt_disk_close(h.out);
    return is_ok;
}
