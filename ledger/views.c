/* What witnesses have seen: asked for, compared, remembered. */
#include "ledger/views.h"
#include "crypto/sha256.h"
#include "ledger/fork.h"
#include "ledger/remote.h"
#include "ledger/shelf.h"
#include "ledger/tlog_proof.h"
#include "ledger/view.h"

/* What we hold, and of each witness what it shows and what it showed before. */
#define STATES_MAX (1 + 2 * VT_POLICY_WITNESSES_MAX)

/* A tree that the log signed. */
struct state {
    const char *who; /* the witness; NULL: the copy that we hold */
    vt_slice note;
    struct vt_head head;
    struct vt_remote *remote; /* where its tiles may be; NULL: nowhere */
};

struct look {
    const struct vt_views *views;
    struct vt_arena *arena;
    struct vt_disk *copy;
    struct vt_remote *log;
    struct state states[STATES_MAX]; /* the first is the copy, of size 0 if there is none */
    size_t count;
    struct vt_view seen[VT_POLICY_WITNESSES_MAX]; /* by witness, as far as it was asked */
};

static bool find(struct look *l, const char *kind, const char *what, json_t *more,
                 struct vt_error *err)
{
    return l->views->found(l->views->context, kind, what, more, err);
}

static json_t *text_of(const char *text)
{
    return json_string(text);
}

/* ---- comparing --------------------------------------------------------------------------
 */

/* What the larger tree's tiles say, from whoever has them: nobody's word is needed, since
 * they lead to the signed root or they do not. */
static bool ask_tiles(struct look *l, const struct state *small, const struct state *large,
                      struct vt_fork *fork, enum vt_fork_answer *answer,
                      struct vt_error *err)
{
    struct vt_remote *remotes[] = { l->log, large->remote, small->remote };
    struct vt_tile_source own = vt_shelf_source(l->copy);
    struct vt_error ignored = { 0 };

    if (large->who == NULL || large->head.size == small->head.size)
        return vt_fork_find(&own, &small->head, &large->head, answer, fork->path,
                            &fork->path_count, err);
    *answer = VT_FORK_UNKNOWN;
    for (size_t i = 0; i < 3 && *answer == VT_FORK_UNKNOWN; i++) {
        struct vt_tile_source source;

        if (remotes[i] == NULL)
            continue;
        source = vt_remote_source(remotes[i]);
        if (!vt_fork_find(&source, &small->head, &large->head, answer, fork->path,
                          &fork->path_count, &ignored))
            *answer = VT_FORK_UNKNOWN;
    }
    return true;
}

static const char *name_of(struct look *l, const struct state *state)
{
    return state->who != NULL ? vt_arena_printf(l->arena, "witness %s", state->who)
                              : "this copy";
}

static bool tell_fork(struct look *l, const struct state *small, const struct state *large,
                      struct vt_fork *fork, struct vt_error *err)
{
    const struct state *other = large->who != NULL ? large : small;
    char file[VT_FORK_NAME_BYTES];
    const char *what = vt_arena_printf(
        l->arena, "it signed two histories, of %ju entries (%s) and of %ju (%s)",
        (uintmax_t)small->head.size, name_of(l, small), (uintmax_t)large->head.size,
        name_of(l, large));

    fork->first = small->note;
    fork->second = large->note;
    return vt_fork_keep(l->copy, fork, &other->head.root, file, err) &&
           find(l, "forked", what,
                json_pack("{s:s+++}", "proof", l->views->copy, "/", file, ""), err);
}

static bool compare(struct look *l, const struct state *a, const struct state *b,
                    struct vt_error *err)
{
    const struct state *small = a->head.size <= b->head.size ? a : b;
    const struct state *large = small == a ? b : a;
    VT_AUTO_FREE struct vt_fork *fork = vt_alloc(sizeof *fork);
    enum vt_fork_answer answer;

    if (!ask_tiles(l, small, large, fork, &answer, err))
        return false;
    if (answer == VT_FORK_UNKNOWN && large->who == NULL)
        return vt_fail(err, VT_REJECTED,
                       "%s: its tiles do not have the root that was signed for them; "
                       "scrub it",
                       vt_disk_path(l->copy));
    return answer != VT_FORK_PROVED || tell_fork(l, small, large, fork, err);
}

static bool is_same(const struct state *a, const struct state *b)
{
    return a->head.size == b->head.size && vt_hash_equal(&a->head.root, &b->head.root);
}

/* Was this very tree in the list before?  Then it was compared. */
static bool is_known(const struct look *l, size_t i)
{
    for (size_t k = 1; k < i; k++)
        if (is_same(&l->states[k], &l->states[i]))
            return true;
    return false;
}

/* All with what we hold; and with each other those that are larger: smaller ones of which
 * each is a beginning of our copy agree with each other. */
static bool compare_all(struct look *l, struct vt_error *err)
{
    const struct state *held = &l->states[0];

    for (size_t i = 1; i < l->count; i++) {
        if (is_known(l, i))
            continue;
        if (!is_same(held, &l->states[i]) && !compare(l, held, &l->states[i], err))
            return false;
        for (size_t k = 1; k < i; k++)
            if (l->states[i].head.size > held->head.size &&
                l->states[k].head.size > held->head.size && !is_known(l, k) &&
                !compare(l, &l->states[k], &l->states[i], err))
                return false;
    }
    return true;
}

/* ---- one witness ------------------------------------------------------------------------
 */

static void add_state(struct look *l, const char *who, vt_slice note,
                      const struct vt_head *head, struct vt_remote *remote)
{
    l->states[l->count++] =
        (struct state){ who, vt_arena_copy(l->arena, note), *head, remote };
}

/* It may not have answered, or answered what is not good. */
static bool complain(struct look *l, size_t i, const struct vt_error *why,
                     struct vt_error *err)
{
    const char *who = vt_arena_cstr(l->arena, l->views->policy->witnesses[i].name);
    bool is_lie = why->code == VT_REJECTED || why->code == VT_MALFORMED;

    if (why->code == VT_ABSENT) /* it does not know this log */
        return true;
    l->views->is_down[i] = !is_lie;
    return find(l, is_lie ? "refused" : "unreachable",
                vt_arena_printf(l->arena, "witness %s: %s", who, why->message),
                json_pack("{s:o,s:o}", "held", vt_json_wide(l->states[0].head.size),
                          "witness", text_of(who)),
                err);
}

static bool tell_withheld(struct look *l, const char *who, const struct vt_view *view,
                          struct vt_error *err)
{
    const struct vt_views *v = l->views;

    if (view->pending == 0 || v->now_unix_s - view->since_unix_s <= v->withheld_s)
        return true;
    return find(l, "withheld",
                vt_arena_printf(l->arena,
                                "witness %s cosigned %ju entries, and more than %jd s "
                                "later it still shows us no more than %ju",
                                who, (uintmax_t)view->pending, (intmax_t)v->withheld_s,
                                (uintmax_t)l->states[0].head.size),
                json_pack("{s:o,s:I,s:o}", "size", vt_json_wide(view->pending), "since",
                          (json_int_t)view->since_unix_s, "witness", text_of(who)),
                err);
}

static bool tell_behind(struct look *l, const char *who, uint64_t shown, uint64_t before,
                        struct vt_error *err)
{
    return shown >= before ||
           find(l, "behind",
                vt_arena_printf(l->arena,
                                "witness %s shows %ju entries, but cosigned %ju before",
                                who, (uintmax_t)shown, (uintmax_t)before),
                json_pack("{s:o,s:o,s:o}", "shown", vt_json_wide(shown), "held",
                          vt_json_wide(before), "witness", text_of(who)),
                err);
}

/* Asked, verified, remembered. */
static bool look_at(struct look *l, size_t i, struct vt_error *err)
{
    const struct vt_views *v = l->views;
    const char *who = vt_arena_cstr(l->arena, v->policy->witnesses[i].name);
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_view *view = &l->seen[i];
    struct vt_error why = { 0 };
    struct vt_head head;
    bool is_answered;

    vt_view_init(view, l->arena, v->policy, i, v->origin, v->prefixes[i]);
    vt_remote_set_share(view->remote, v->share_ms);
    if (!vt_view_recall(view, v->disk, err))
        return false;
    if (view->note.len != 0)
        add_state(l, who, vt_buf_slice(&view->note), &view->head, view->remote);
    is_answered = vt_view_ask(view, &note, &head, &why);
    if (is_answered) {
        add_state(l, who, vt_buf_slice(&note), &head, view->remote);
        if (!tell_behind(l, who, head.size, view->head.size, err))
            return false;
    } else if (!complain(l, i, &why, err)) {
        return false;
    }
    return vt_view_remember(view, is_answered ? vt_buf_slice(&note) : (vt_slice){ 0 },
                            l->states[0].head.size, v->now_unix_s, v->disk, err) &&
           tell_withheld(l, who, view, err);
}

/* ---- all of it --------------------------------------------------------------------------
 */

/* The copy as it is now; the quorum was asked for when it was taken. */
static bool read_held(struct look *l, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_policy *keys = vt_alloc(sizeof *keys);
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_head head = { 0, vt_tree_empty_root };
    struct vt_tlog_verdict verdict;

    *keys = *l->views->policy;
    keys->quorum = VT_POLICY_QUORUM_NONE;
    if (!vt_disk_read(l->copy, "checkpoint", &note, err)) {
        if (err->code != VT_ABSENT)
            return false;
    } else if (!vt_tlog_checkpoint_verify(vt_buf_slice(&note), keys, l->views->origin,
                                          &verdict, err)) {
        return vt_within(err, "%s/checkpoint", vt_disk_path(l->copy));
    } else {
        head = (struct vt_head){ verdict.size, verdict.root };
    }
    add_state(l, NULL, vt_buf_slice(&note), &head, NULL);
    return true;
}

static bool look(struct look *l, struct vt_error *err)
{
    const struct vt_views *v = l->views;

    if (!vt_disk_lock(l->copy, err) || !read_held(l, err))
        return false;
    for (size_t i = 0; i < v->policy->witness_count; i++)
        if (v->prefixes[i] != NULL && !v->is_down[i] && !look_at(l, i, err))
            return false;
    return compare_all(l, err);
}

bool vt_views_look(const struct vt_views *views, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct look *l = vt_arena_alloc(arena, sizeof *l);
    VT_AUTO_REMOTE log = vt_remote_new(views->log, views->policy, views->origin);
    bool is_ok;

    l->views = views;
    l->arena = arena;
    l->log = log;
    vt_remote_set_share(log, views->share_ms);
    is_ok = vt_disk_open(
                vt_arena_printf(arena, "%s/%s", vt_disk_path(views->disk), views->copy),
                true, &l->copy, err) &&
            look(l, err);
    for (size_t i = 0; i < VT_POLICY_WITNESSES_MAX; i++)
        vt_view_clear(&l->seen[i]);
    vt_disk_close(l->copy);
    return is_ok;
}
