/* One round of a monitor. */
#include "ledger/monitor.h"
#include "crypto/sha256.h"
#include "ledger/mirror.h"
#include "ledger/shelf.h"
#include "ledger/views.h"
#include "ledger/watched.h"
#include "store/disk.h"
#include "wire/hex.h"
#include "wire/json.h"

#define FINDINGS "findings"
#define UNTOLD   "untold"
#define LOGS     "logs/"
#define WATCHED  "watched/"

enum {
    HOOK_MS_MAX = 30000,
    FINDING_BYTES_MAX = VT_KIB(16),
    LOG_FOLDER_BYTES = sizeof LOGS - 1 + VT_HEX256_BYTES,
};

struct vt_monitor {
    const struct vt_monitor_options *options;
    struct vt_monitor_report *report;
    struct vt_disk *disk;
    struct vt_arena *arena;
    /* The log in hand. */
    const char *origin;
    const struct vt_wishes *wishes; /* what its entries are looked at for */
    char folder[LOG_FOLDER_BYTES];  /* "logs/" and the digest of its origin */
    struct vt_error trouble;        /* with our own disk, while entries are looked at */
    struct vt_error failure;        /* of the disk, with one of the logs of this round, or
                                     * with what is built upon them */
    bool is_well;                   /* no trouble was found in it, old or new */
    const char *why;                /* not, as was told in an earlier round; NULL */
    bool is_down[VT_POLICY_WITNESSES_MAX]; /* witnesses that did not answer this round */
};

/* ---- findings ---------------------------------------------------------------------------
 */

/* Called with what lies in untold/; 0: it was taken. */
static bool call_hook(struct vt_monitor *m, const char *kind, const char *origin,
                      vt_slice json)
{
    const char *argv[] = { m->options->hook, kind, origin, NULL };
    struct vt_child_options options = { .input = json, .timeout_ms = HOOK_MS_MAX };
    struct vt_error err = { 0 };
    struct vt_child_end end;

    if (m->options->hook == NULL)
        return true;
    if (!vt_child_run(argv, &options, &end, &err)) {
        (void)fprintf(stderr, "vitrine monitor: %s: %s\n", m->options->hook, err.message);
        return false;
    }
    if (end.is_late || end.exit_code != 0)
        (void)fprintf(stderr, "vitrine monitor: %s: %s; it is called again\n",
                      m->options->hook, end.is_late ? "took too long" : "failed");
    return !end.is_late && end.exit_code == 0;
}

/* From untold/ to findings/, if the hook takes it. */
static bool tell(struct vt_monitor *m, const char *name, vt_slice json,
                 struct vt_error *err)
{
    VT_AUTO_JSON root = NULL;
    const char *told = vt_arena_printf(m->arena, FINDINGS "/%s", name);
    struct vt_monitor_finding finding = { .file = told };

    if (vt_disk_has(m->disk, told)) /* it was taken, and then we were ended */
        return vt_disk_remove(m->disk, vt_arena_printf(m->arena, UNTOLD "/%s", name), err);
    if (!vt_json_parse_canonical(json, name, &root, err))
        return false;
    if (json_unpack(root, "{s:s,s:s,s:s}", "kind", &finding.kind, "origin", &finding.origin,
                    "what", &finding.what) != 0)
        return vt_fail(err, VT_MALFORMED, "%s/%s: no finding", UNTOLD, name);
    if (!call_hook(m, finding.kind, finding.origin, json)) {
        m->report->untold++;
        return true;
    }
    if (m->options->found != NULL)
        m->options->found(m->options->context, &finding);
    return vt_disk_write(m->disk, told, json, 0644, err) &&
           vt_disk_remove(m->disk, vt_arena_printf(m->arena, UNTOLD "/%s", name), err);
}

static bool tell_untold(void *context, const char *name, bool is_folder,
                        struct vt_error *err)
{
    struct vt_monitor *m = context;
    VT_AUTO_BUF json = vt_buf_init(FINDING_BYTES_MAX);

    return is_folder ||
           (vt_disk_read(m->disk, vt_arena_printf(m->arena, UNTOLD "/%s", name), &json,
                         err) &&
            tell(m, name, vt_buf_slice(&json), err));
}

/* Keep it and tell it, unless the same was found before. */
static bool keep(struct vt_monitor *m, const char *kind, const char *what, json_t *more,
                 bool *is_new_out, struct vt_error *err)
{
    VT_AUTO_JSON owned = more;
    VT_AUTO_BUF json = vt_buf_init(FINDING_BYTES_MAX);
    char hex[VT_HEX256_BYTES];
    const char *name, *untold;
    vt_hash digest;

    *is_new_out = false;
    if (json_object_set_new(owned, "kind", json_string(kind)) != 0 ||
        json_object_set_new(owned, "origin", json_string(m->origin)) != 0 ||
        json_object_set_new(owned, "what", json_string(what)) != 0)
        return vt_fail(err, VT_MALFORMED, "a finding that is no UTF-8 text");
    if (!vt_json_write_canonical(owned, &json, err))
        return false;
    digest = vt_sha256_of(vt_buf_slice(&json));
    vt_hash_text(&digest, hex);
    name = vt_arena_printf(m->arena, "%s.json", hex);
    untold = vt_arena_printf(m->arena, UNTOLD "/%s", name);
    if (vt_disk_has(m->disk, vt_arena_printf(m->arena, FINDINGS "/%s", name)) ||
        vt_disk_has(m->disk, untold))
        return true;
    *is_new_out = true;
    m->report->findings++;
    if (!vt_disk_write(m->disk, untold, vt_buf_slice(&json), 0644, err))
        return false;
    return tell(m, name, vt_buf_slice(&json), err);
}

/* And the log in hand is not well, unless it is no trouble. */
static bool find(struct vt_monitor *m, const char *kind, const char *what, json_t *more,
                 struct vt_error *err)
{
    bool is_trouble = strcmp(kind, "seen") != 0 && strcmp(kind, "pruned") != 0, is_new;

    m->is_well = m->is_well && !is_trouble;
    if (!keep(m, kind, what, more, &is_new, err))
        return false;
    if (is_trouble && !is_new)
        m->why = vt_arena_printf(m->arena, "%s: %s", kind, what);
    return true;
}

/* ---- entries ----------------------------------------------------------------------------
 */

struct entry_in_hand {
    struct vt_monitor *m;
    uint64_t index;
};

static void note_match(void *context, const char *reason)
{
    struct entry_in_hand *entry = context;
    struct vt_monitor *m = entry->m;
    const char *what =
        vt_arena_printf(m->arena, "entry %ju: %s", (uintmax_t)entry->index, reason);

    if (m->trouble.code == VT_OK)
        (void)find(m, "seen", what, json_pack("{s:o}", "index", vt_json_wide(entry->index)),
                   &m->trouble);
}

/* The first entry of a log that continues another one is that one's last checkpoint. */
static bool is_checkpoint(uint64_t index, vt_slice text)
{
    struct vt_error ignored = { 0 };
    struct vt_note note;

    return index == 0 && vt_note_parse(text, &note, &ignored);
}

/* Does it belong there, at that index? */
static bool check_use(struct vt_monitor *m, uint64_t index, vt_slice text,
                      struct vt_error *err)
{
    struct vt_error why = { 0 };

    enum vt_ledger_use use = m->wishes->use;

    if (use == VT_USE_NONE || vt_use_admits(use, text, index, &why) ||
        (!vt_use_is_numbered(use) && is_checkpoint(index, text)))
        return true;
    return find(m, "unfit",
                vt_arena_printf(m->arena, "entry %ju: %s", (uintmax_t)index, why.message),
                json_pack("{s:o}", "index", vt_json_wide(index)), err);
}

static bool look_at(void *context, uint64_t index, vt_slice text, struct vt_error *err)
{
    struct vt_monitor *m = context;
    struct entry_in_hand entry = { m, index };

    if (!check_use(m, index, text, &m->trouble)) {
        *err = m->trouble;
        return false;
    }
    vt_watch_match(&m->wishes->watch, text, note_match, &entry);
    if (m->trouble.code != VT_OK)
        *err = m->trouble;
    return m->trouble.code == VT_OK;
}

static bool is_wish(const struct vt_wishes *wishes)
{
    return wishes->watch.key_count + wishes->watch.text_count != 0 ||
           wishes->use != VT_USE_NONE;
}

/* The entries that the copy holds, for what is asked for since they came. */
static bool look_again(struct vt_monitor *m, const char *dir, const struct vt_wishes *news,
                       struct vt_error *err)
{
    struct vt_disk *copy;
    uint64_t size;
    bool is_ok;

    if (!is_wish(news) || !vt_disk_has(m->disk, m->folder))
        return true;
    if (!vt_disk_open(dir, false, &copy, err))
        return false;
    m->wishes = news;
    is_ok = vt_watched_size(copy, &size, err) &&
            vt_watched_read(copy, 0, size, look_at, m, err);
    vt_disk_close(copy);
    m->report->again += is_ok ? size : 0;
    return is_ok;
}

/* Before anything new is taken: then all that is held was looked at for the same. */
static bool catch_up(struct vt_monitor *m, const char *dir, const struct vt_wishes *wishes,
                     struct vt_error *err)
{
    VT_AUTO_FREE struct vt_wishes *news = vt_alloc(sizeof *news);
    const char *file = vt_arena_printf(m->arena, WATCHED "%s", m->folder + sizeof LOGS - 1);
    bool is_other, is_ok;

    if (!vt_watched_news(m->disk, file, wishes, news, &is_other, err))
        return false;
    is_ok = !is_other ||
            (look_again(m, dir, news, err) && vt_watched_keep(m->disk, file, wishes, err));
    m->wishes = wishes;
    return is_ok;
}

/* ---- one log ----------------------------------------------------------------------------
 */

/* When was what we hold cosigned, so that nobody can go on showing it for ever? */
static bool check_age(struct vt_monitor *m, const struct vt_mirror_report *report,
                      struct vt_error *err)
{
    int64_t now_s = vt_env_now_unix_s(m->options->env), age_s = now_s - report->time_unix_s;

    if (m->options->stale_s == 0 || report->time_unix_s == 0 ||
        age_s <= m->options->stale_s)
        return true;
    return find(m, "frozen",
                vt_arena_printf(m->arena,
                                "its last checkpoint, of %ju entries, was cosigned more "
                                "than %jd s ago",
                                (uintmax_t)report->held.size,
                                (intmax_t)m->options->stale_s),
                json_pack("{s:o,s:I}", "size", vt_json_wide(report->held.size), "cosigned",
                          (json_int_t)report->time_unix_s),
                err);
}

/* What nobody here has looked at is said, once. */
static bool tell_pruned(struct vt_monitor *m, const struct vt_mirror_report *report,
                        struct vt_error *err)
{
    const char *what;

    if (report->first == 0)
        return true;
    what = vt_arena_printf(m->arena, "entries before %ju are pruned: none was looked at",
                           (uintmax_t)report->first);
    return find(m, "pruned", what, json_pack("{s:I}", "first", (json_int_t)report->first),
                err);
}

static bool judge(struct vt_monitor *m, const struct vt_mirror_report *report,
                  struct vt_error *err)
{
    const char *what;

    if (!tell_pruned(m, report, err))
        return false;
    switch (report->end) {
    case VT_MIRROR_FORKED:
        what =
            vt_arena_printf(m->arena, "it signed two histories, of %ju and of %ju entries",
                            (uintmax_t)report->held.size, (uintmax_t)report->shown.size);
        return find(m, "forked", what,
                    json_pack("{s:s+++}", "proof", m->folder, "/", report->fork_file, ""),
                    err);
    case VT_MIRROR_BEHIND:
        what =
            vt_arena_printf(m->arena, "it shows %ju entries, but signed %ju that are here",
                            (uintmax_t)report->shown.size, (uintmax_t)report->held.size);
        return find(m, "behind", what,
                    json_pack("{s:o,s:o}", "shown", vt_json_wide(report->shown.size),
                              "held", vt_json_wide(report->held.size)),
                    err);
    case VT_MIRROR_INTERRUPTED:
        what = vt_arena_printf(m->arena,
                               "its entries did not all come in its %jd s of a round; the "
                               "next round goes on",
                               (intmax_t)m->options->share_s);
        return find(m, "slow", what,
                    json_pack("{s:o,s:o}", "shown", vt_json_wide(report->shown.size),
                              "held", vt_json_wide(report->held.size)),
                    err);
    default:
        return check_age(m, report, err);
    }
}

/* One witness that does not answer is told; whether it matters, the quorum says. */
static bool find_in_views(void *context, const char *kind, const char *what, json_t *more,
                          struct vt_error *err)
{
    struct vt_monitor *m = context;
    bool is_new;

    if (strcmp(kind, "unreachable") != 0)
        return find(m, kind, what, more, err);
    if (!keep(m, kind, what, more, &is_new, err))
        return false;
    m->report->away += is_new;
    return true;
}

/* Could those that answer still vouch for the log? */
static void judge_quorum(struct vt_monitor *m)
{
    const struct vt_policy *policy = m->options->policy;
    bool is_there[VT_POLICY_WITNESSES_MAX] = { false };

    for (size_t i = 0; i < policy->witness_count; i++)
        is_there[i] = !m->is_down[i];
    if (!vt_policy_has_quorum(policy, is_there)) {
        m->is_well = false;
        m->why = "the witnesses that answer are no quorum";
    }
}

/* Has the world seen what we see? */
static bool ask_witnesses(struct vt_monitor *m, const char *log, struct vt_error *err)
{
    struct vt_views views = { .policy = m->options->policy,
                              .origin = vt_slice_from_cstr(m->origin),
                              .log = log,
                              .prefixes = m->options->prefixes,
                              .is_down = m->is_down,
                              .disk = m->disk,
                              .copy = m->folder,
                              .now_unix_s = vt_env_now_unix_s(m->options->env),
                              .withheld_s = m->options->withheld_s,
                              .share_ms = m->options->share_s * 1000,
                              .found = find_in_views,
                              .context = m };

    return m->options->prefixes == NULL || vt_views_look(&views, err);
}

/* No answer, or one that is not good. */
static bool complain(struct vt_monitor *m, const struct vt_mirror_report *report,
                     const struct vt_error *why, struct vt_error *err)
{
    bool is_lie = why->code == VT_REJECTED || why->code == VT_MALFORMED;
    bool is_new = report->is_unpublished && report->held.size == 0;

    return find(m,
                is_lie   ? "refused"
                : is_new ? "unpublished"
                         : "unreachable",
                why->message, json_pack("{s:o}", "held", vt_json_wide(report->held.size)),
                err);
}

/* A log that signed two histories is not well because it shows the first one again. */
static void remember(struct vt_monitor *m, const char *fork_file)
{
    if (fork_file[0] == '\0')
        return;
    m->is_well = false;
    if (m->options->convicted != NULL)
        m->options->convicted(m->options->context, m->origin,
                              vt_arena_printf(m->arena, "%s/%s", m->folder, fork_file));
}

/* False: with our own folder, or our own disk. */
static bool follow(struct vt_monitor *m, const struct vt_policy_log *log,
                   const struct vt_wishes *wishes, struct vt_error *err)
{
    struct vt_mirror_options options = { .policy = m->options->policy,
                                         .origin = log->vkey.name,
                                         .from = vt_arena_cstr(m->arena, log->url),
                                         .each = look_at,
                                         .share_ms = m->options->share_s * 1000,
                                         .context = m };
    const char *dir = vt_arena_printf(m->arena, "%s/%s", m->options->dir, m->folder);
    struct vt_mirror_report report;
    struct vt_error why = { 0 };
    bool is_ok;

    m->is_well = true;
    m->why = NULL;
    m->report->logs++;
    if (!catch_up(m, dir, wishes, err))
        return false;
    is_ok = vt_mirror_update(dir, &options, &report, &why);
    if (m->trouble.code != VT_OK || (!is_ok && report.is_ours)) {
        *err = m->trouble.code != VT_OK ? m->trouble : why;
        return false;
    }
    m->report->entries += report.entries;
    if ((is_ok ? !judge(m, &report, err) : !complain(m, &report, &why, err)) ||
        !ask_witnesses(m, options.from, err))
        return false;
    judge_quorum(m);
    if (!m->is_well && m->why != NULL && report.fork_file[0] == '\0' &&
        m->options->unwell != NULL) /* of the convicted their proof is named */
        m->options->unwell(m->options->context, m->origin, m->why);
    remember(m, report.fork_file);
    m->report->logs_well += m->is_well;
    return true;
}

/* What is wrong with the copy of one log blinds us for that one alone.  It is told; what
 * the disk would not do is also kept, as why this round failed. */
static bool pass_over(struct vt_monitor *m, const struct vt_error *why,
                      struct vt_error *err)
{
    struct vt_error ignored = { 0 };

    if (why->code != VT_IO)
        return find(m, "unfollowed", why->message, json_object(), err);
    (void)!find(m, "unfollowed", why->message, json_object(), &ignored);
    if (m->failure.code == VT_OK)
        m->failure = *why;
    return true;
}

/* Else err says what the disk would not do in this round. */
static bool has_no_failure(const struct vt_monitor *m, struct vt_error *err)
{
    if (m->failure.code != VT_OK)
        *err = m->failure;
    return m->failure.code == VT_OK;
}

/* A log that is listed with several keys is one log. */
static bool is_first(const struct vt_policy *policy, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (vt_slice_equal(policy->logs[before].vkey.name, policy->logs[i].vkey.name) &&
            policy->logs[before].url.len != 0)
            return false;
    return policy->logs[i].url.len != 0;
}

static void log_folder(vt_slice origin, char out[LOG_FOLDER_BYTES])
{
    vt_hash id = vt_sha256_of(origin);
    char hex[VT_HEX256_BYTES];

    vt_hash_text(&id, hex);
    (void)snprintf(out, LOG_FOLDER_BYTES, LOGS "%s", hex);
}

static bool follow_all(struct vt_monitor *m, struct vt_error *err)
{
    const struct vt_policy *policy = m->options->policy;
    VT_AUTO_FREE struct vt_wishes *wishes = vt_alloc(sizeof *wishes);
    struct vt_error why = { 0 };

    wishes->watch = *m->options->watch;
    for (size_t i = 0; i < policy->log_count; i++) {
        if (!is_first(policy, i))
            continue;
        log_folder(policy->logs[i].vkey.name, m->folder);
        wishes->use = m->options->uses != NULL ? m->options->uses[i] : VT_USE_NONE;
        m->origin = vt_arena_cstr(m->arena, policy->logs[i].vkey.name);
        m->trouble = (struct vt_error){ 0 };
        if (!follow(m, &policy->logs[i], wishes, &why) && !pass_over(m, &why, err))
            return false;
    }
    if (!has_no_failure(m, err))
        return false;
    if (m->report->logs == 0)
        return vt_fail(err, VT_REJECTED,
                       "no log of the policy has a URL: write it behind the key");
    return true;
}

/* ---- for look_further -------------------------------------------------------------------
 */

struct vt_disk *vt_monitor_disk(struct vt_monitor *m)
{
    return m->disk;
}

bool vt_monitor_find(struct vt_monitor *m, const char *origin, const char *kind,
                     const char *what, json_t *more, struct vt_error *err)
{
    m->origin = origin;
    return find(m, kind, what, more, err);
}

void vt_monitor_count_download(struct vt_monitor *m, bool is_well)
{
    m->report->downloads++;
    m->report->downloads_well += is_well;
}

static bool read_leaf(struct vt_disk *copy, uint64_t index, bool *is_shown_out,
                      vt_hash *leaf_out, struct vt_error *err)
{
    struct vt_tile_name name = { 0, index / VT_TILE_WIDTH, 0 };
    vt_hash leaves[VT_TILE_WIDTH];
    uint64_t size;

    if (!vt_watched_size(copy, &size, err))
        return false;
    *is_shown_out = index < size;
    if (!*is_shown_out)
        return true;
    name.width = vt_tile_width(0, name.index, size);
    if (!vt_shelf_read_tile(copy, &name, leaves, err))
        return false;
    *leaf_out = leaves[index % VT_TILE_WIDTH];
    return true;
}

/* *out is NULL if the log never answered. */
static bool open_copy(struct vt_monitor *m, vt_slice origin, struct vt_disk **out,
                      struct vt_error *err)
{
    char folder[LOG_FOLDER_BYTES];

    m->origin = vt_arena_cstr(m->arena, origin);
    log_folder(origin, folder);
    *out = NULL;
    return !vt_disk_has(m->disk, folder) ||
           vt_disk_open(vt_arena_printf(m->arena, "%s/%s", m->options->dir, folder), false,
                        out, err);
}

bool vt_monitor_entries(struct vt_monitor *m, vt_slice origin, uint64_t from,
                        bool (*each)(void *context, uint64_t index, vt_slice entry,
                                     struct vt_error *err),
                        void *context, uint64_t *size_out, struct vt_error *err)
{
    struct vt_disk *copy;
    bool is_ok;

    *size_out = 0;
    if (!open_copy(m, origin, &copy, err))
        return false;
    is_ok = copy == NULL || (vt_watched_size(copy, size_out, err) &&
                             vt_watched_read(copy, from, *size_out, each, context, err));
    vt_disk_close(copy);
    return is_ok;
}

bool vt_monitor_leaf(struct vt_monitor *m, vt_slice origin, uint64_t index,
                     bool *is_shown_out, vt_hash *leaf_out, struct vt_error *err)
{
    struct vt_disk *copy;
    bool is_ok;

    *is_shown_out = false;
    if (!open_copy(m, origin, &copy, err))
        return false;
    if (copy == NULL)
        return true;
    is_ok = read_leaf(copy, index, is_shown_out, leaf_out, err);
    vt_disk_close(copy);
    return is_ok;
}

/* ---- all of it --------------------------------------------------------------------------
 */

/* A copy that is damaged makes no judgement of what is built upon its log. */
static bool look_further(struct vt_monitor *m, struct vt_error *err)
{
    for (const vt_monitor_look *look = m->options->look_further;
         look != NULL && *look != NULL; look++) {
        struct vt_error why = { 0 };

        if ((*look)(m->options->context, m, &why))
            continue;
        if (why.code == VT_IO) {
            if (m->failure.code == VT_OK)
                m->failure = why;
            continue;
        }
        if (m->report->logs_well == m->report->logs)
            m->report->logs_well--;
        if (!find(m, "unfollowed", why.message, json_object(), err))
            return false;
    }
    return has_no_failure(m, err);
}

bool vt_monitor_round(const struct vt_monitor_options *options,
                      struct vt_monitor_report *out, struct vt_error *err)
{
    struct vt_monitor m = { .options = options, .report = out };
    bool is_ok;

    memset(out, 0, sizeof *out);
    m.arena = vt_arena_new();
    is_ok =
        vt_disk_open(options->dir, true, &m.disk, err) && vt_disk_lock(m.disk, err) &&
        (vt_disk_list(m.disk, UNTOLD, tell_untold, &m, err) || err->code == VT_ABSENT) &&
        follow_all(&m, err) && look_further(&m, err);
    vt_disk_close(m.disk);
    vt_arena_free(m.arena);
    return is_ok;
}
