/* vitrine centre mirror: bring what another Centre holds into ours. */
#include "centre/centre.h"
#include "centre/compare.h"
#include "centre/copying.h"
#include "centre/others.h"
#include "cli/centre_verbs.h"
#include "evidence/field.h"
#include "ledger/mirror.h"

const struct vt_option vt_cli_centre_mirror_options[] = {
    { "as", "NAME", "remember FROM under this name; mirror", false, false },
    { NULL, NULL, NULL, false, false },
};

struct mirroring {
    const char *from, *to;
    struct vt_side side; /* FROM, as it shows itself */
    struct vt_holding ours;
    struct vt_copying copying;
    uint64_t entries, ledgers;
    json_t *refused; /* owned; sentences */
};

/* Names in FROM may have any bytes: what is no text is refused aloud as well. */
static void refused(void *context, const char *name, const char *why)
{
    struct mirroring *m = context;
    VT_AUTO_ARENA arena = vt_arena_new();
    char *row = vt_arena_printf(arena, "%s: %s", name, why);

    vt_text_make_printable(row, false);
    (void)json_array_append_new(m->refused, json_string(row));
}

static void refuse_ledger(struct mirroring *m, const char *name, const char *why)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    refused(m, vt_arena_printf(arena, "ledger %s", name), why);
}

/* ---- ledgers ----------------------------------------------------------------------------
 */

/* By our own trust root.  A ledger that tells another history is named, and ours stays. */
static bool mirror_ledger(struct mirroring *m, const struct vt_held *held,
                          struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const struct vt_mirror_options options = {
        .policy = &m->ours.trust->policy,
        .origin = held->origin,
        .from = vt_arena_printf(arena, "%s/" VT_CENTRE_LEDGERS "/%s", m->from, held->name),
    };
    struct vt_mirror_report report = { .is_ours = false };
    struct vt_error why = { 0 };

    if (!vt_mirror_update(
            vt_arena_printf(arena, "%s/" VT_CENTRE_LEDGERS "/%s", m->to, held->name),
            &options, &report, &why)) {
        if (report.is_ours) {
            *err = why;
            return false;
        }
        refuse_ledger(m, held->name, why.message);
        return true;
    }
    if (report.fork_file[0] != '\0')
        refuse_ledger(m, held->name,
                      vt_arena_printf(arena, "the log signed two histories, see %s",
                                      report.fork_file));
    m->entries += report.entries;
    m->ledgers++;
    return true;
}

static bool mirror_ledgers(struct mirroring *m, struct vt_error *err)
{
    for (size_t i = 0; i < m->side.holding.count; i++) {
        const struct vt_held *held = &m->side.holding.rows[i];

        if (!vt_held_is_known(held))
            refuse_ledger(m, held->name, held->trouble.message);
        else if (!mirror_ledger(m, held, err))
            return false;
    }
    return true;
}

/* ---- all of it --------------------------------------------------------------------------
 */

/* One mirror at a time; a desk is also written by those who sign on it. */
static bool copy_all(struct mirroring *m, int64_t now_unix_s, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_disk *desk = NULL;
    bool is_ok;

    m->copying = (struct vt_copying){
        .trust = m->ours.trust, .now_unix_s = now_unix_s, .refused = refused, .context = m
    };
    is_ok = vt_disk_open(m->from, false, &m->copying.from, err) &&
            vt_disk_open(m->to, false, &m->copying.to, err) &&
            vt_disk_open(vt_arena_printf(arena, "%s/" VT_CENTRE_DESK, m->to), true, &desk,
                         err) &&
            vt_disk_lock(desk, err) && mirror_ledgers(m, err) &&
            vt_centre_copy(&m->copying, err);
    vt_disk_close(desk);
    vt_disk_close(m->copying.from);
    vt_disk_close(m->copying.to);
    return is_ok;
}

static void say_refused(struct vt_args *args, const struct mirroring *m)
{
    for (size_t i = 0; i < json_array_size(m->refused); i++)
        (void)fprintf(stderr, "refused: %s\n",
                      json_string_value(json_array_get(m->refused, i)));
    if (json_array_size(m->refused) != 0)
        vt_args_exit(args, VT_EXIT_REFUSED);
}

static void say(struct vt_args *args, const struct mirroring *m,
                const struct vt_comparison *comparison, json_t *gone)
{
    VT_AUTO_JSON more = json_pack(
        "{s:I,s:I,s:I,s:I,s:O}", "entries", (json_int_t)m->entries, "copied",
        (json_int_t)m->copying.count.copied, "bytes", (json_int_t)m->copying.count.bytes,
        "kept", (json_int_t)m->copying.count.kept, "refused", m->refused);

    if (json_array_size(m->refused) != 0)
        (void)json_object_set_new(more, "ok", json_false());
    if (!vt_args_is_json(args))
        (void)printf("%ju ledgers, %ju new entries; %ju files copied, %ju bytes; %ju were "
                     "here\n",
                     (uintmax_t)m->ledgers, (uintmax_t)m->entries,
                     (uintmax_t)m->copying.count.copied, (uintmax_t)m->copying.count.bytes,
                     (uintmax_t)m->copying.count.kept);
    vt_cli_centre_say(args, comparison, m->from, m->to, gone, more);
    say_refused(args, m);
}

/* What a new Centre lacks: it begins with a trust root alone. */
static bool open_ours(struct mirroring *m, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_disk *ledgers;

    if (!vt_path_exists(vt_arena_printf(arena, "%s/" VT_CENTRE_TRUST, m->to)))
        return vt_fail(err, VT_IO,
                       "%s: has no " VT_CENTRE_TRUST
                       "; lay your own copy of the trust root "
                       "there first, what is copied is judged by it",
                       m->to);
    if (!vt_disk_open(vt_arena_printf(arena, "%s/" VT_CENTRE_LEDGERS, m->to), true,
                      &ledgers, err))
        return false;
    vt_disk_close(ledgers);
    return vt_holding_open(m->to, &m->ours, err);
}

static bool run(struct vt_args *args, struct mirroring *m, const char *name,
                struct vt_error *err)
{
    int64_t now = vt_env_now_unix_s(vt_args_env(args));
    VT_AUTO_COMPARISON comparison = { .equal = 0 };
    VT_AUTO_SIDE after = { .where = NULL };
    VT_AUTO_JSON gone = NULL;

    if (!vt_side_open(m->from, now, &m->side, err) || !open_ours(m, err) ||
        !copy_all(m, now, err) || !vt_side_open(m->to, now, &after, err) ||
        !vt_centre_compare(&m->side, &after, m->ours.trust, &comparison, err) ||
        !vt_cli_centre_remember(m->to, name, &m->side, comparison.differences, now, &gone,
                                err))
        return false;
    say(args, m, &comparison, gone);
    return true;
}

bool vt_cli_centre_mirror(struct vt_args *args, struct vt_error *err)
{
    const char *name = vt_args_has(args, "as") ? vt_args_get(args, "as") : "mirror";
    struct mirroring m = { .from = vt_args_operand(args, 0),
                           .to = vt_args_operand(args, 1),
                           .refused = json_array() };
    bool is_ok;

    if (strstr(m.from, "://") != NULL)
        is_ok = vt_args_misuse(args, err,
                               "FROM is a Centre's folder: what it serves is no source; "
                               "`vitrine centre compare` takes a URL");
    else
        is_ok = vt_other_name_check(name, err) && run(args, &m, name, err);
    vt_side_close(&m.side);
    vt_holding_close(&m.ours);
    json_decref(m.refused);
    return is_ok;
}
