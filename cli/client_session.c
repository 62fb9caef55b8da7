/* Opening a conversation with a cell: who it is, whether it is ours, its head, its filter.
 */
#include "cli/client_session.h"
#include "cell/decide.h"
#include "cell/site.h"
#include "evidence/field.h"

#define SEEN_NAME "cells.json"

const char *vt_client_option(const struct vt_client_session *s,
                             enum vt_client_setting setting)
{
    const char *given = vt_args_get(s->args, vt_client_setting_name(setting));

    return given != NULL ? given : s->settings.values[setting];
}

/* What is the person's own and does not fit is trouble: of the file in question nothing is
 * known. */
static bool is_own_trouble(struct vt_error *err)
{
    if (err->code != VT_OK)
        err->code = VT_IO;
    return false;
}

/* ---- the client's folder ----------------------------------------------------------------
 */

static bool read_own(struct vt_disk *home, const char *name, struct vt_buf *out,
                     struct vt_error *err)
{
    return !vt_disk_has(home, name) || vt_disk_read(home, name, out, err);
}

static bool read_seen(struct vt_client_session *s, struct vt_disk *home,
                      struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_CELL_SEEN_BYTES_MAX);

    vt_json_clear(&s->seen);
    return read_own(home, SEEN_NAME, &bytes, err) &&
           (bytes.len == 0 || vt_cell_seen_parse(vt_buf_slice(&bytes), &s->seen, err) ||
            vt_within(err, "%s/" SEEN_NAME, s->home));
}

/* A folder that was named is made; the usual one is used if a person has made it. */
static bool open_home(struct vt_client_session *s, struct vt_error *err)
{
    VT_AUTO_HOME home = NULL;

    if (!vt_args_has(s->args, "home") && getenv("VITRINE_HOME") == NULL &&
        getenv("HOME") == NULL)
        return true;
    if (!vt_cli_home_path(s->args, s->home, err))
        return false;
    if (!vt_args_has(s->args, "home") && !vt_path_exists(s->home)) {
        s->home[0] = '\0';
        return true;
    }
    return vt_disk_open(s->home, true, &home, err) &&
           vt_cli_settings_read(home, &s->settings, err) && read_seen(s, home, err);
}

/* ---- whose cell is it? ------------------------------------------------------------------
 */

static bool read_trust(struct vt_client_session *s, struct vt_error *err)
{
    const char *path = vt_client_option(s, VT_SETTING_TRUST);

    if (path == NULL && !vt_path_exists("trust.json"))
        return vt_args_misuse(s->args, err,
                              "--trust is needed: `vitrine client init` keeps it for you");
    if (!vt_cli_trust_read(path != NULL ? path : "trust.json", &s->trust, err))
        return is_own_trouble(err);
    return s->trust->version >= vt_cell_seen_trust(s->seen) ||
           vt_fail(err, VT_IO, "the trust root is version %ju; version %ju was used before",
                   (uintmax_t)s->trust->version, (uintmax_t)vt_cell_seen_trust(s->seen));
}

static const char *keep_text(struct vt_client_session *s, vt_slice text)
{
    return vt_arena_cstr(s->arena, text);
}

/* The table says which cell is ours; one that is named must be that one. */
static bool place(struct vt_client_session *s, const char *country, struct vt_error *err)
{
    int64_t now = vt_env_now_unix_s(vt_args_env(s->args));
    vt_slice cell = vt_slice_from_cstr(s->cell);
    struct vt_placing placing;

    if (!vt_residency_decide(s->paper.table, vt_slice_from_cstr(country), VT_DATA_LOOKUP,
                             cell, now, &placing, err))
        return is_own_trouble(err);
    if (s->cell == NULL)
        cell = placing.right->name;
    if (!vt_residency_allows_client(s->paper.table, vt_slice_from_cstr(country),
                                    VT_DATA_LOOKUP, cell, placing.right->jurisdiction, now,
                                    err))
        return false;
    s->cell = keep_text(s, cell);
    s->jurisdiction = keep_text(s, placing.right->jurisdiction);
    if (s->from == NULL)
        s->from = keep_text(s, placing.right->url);
    return true;
}

static bool read_policy(struct vt_client_session *s, struct vt_error *err)
{
    const char *path = vt_client_option(s, VT_SETTING_POLICY);
    const char *country = vt_client_option(s, VT_SETTING_COUNTRY);
    int64_t logged;

    if ((path == NULL) != (country == NULL))
        return vt_args_misuse(s->args, err, "--policy and --country go together");
    if (path == NULL)
        return true;
    if (!vt_policy_paper_read_signed(path, &s->paper, err) ||
        !vt_cli_policy_verify_by(path, vt_client_option(s, VT_SETTING_PROOF),
                                 s->paper.record, s->trust, &logged, err))
        return is_own_trouble(err);
    return place(s, country, err);
}

/* Before a connection is opened: does the trust root know the cell, and have its key in the
 * place where our data belongs? */
static bool stands_where_it_should(const struct vt_client_session *s, struct vt_error *err)
{
    const struct vt_trust *trust = s->trust;
    vt_slice ignored;

    if (!vt_trust_head_origin(trust, vt_slice_from_cstr(s->cell), &ignored))
        return vt_fail(err, VT_REJECTED,
                       "cell %s is refused: the trust root names no ledger of heads for it",
                       s->cell);
    for (size_t i = 0; s->jurisdiction != NULL && i < trust->key_count; i++) {
        const struct vt_trust_key *key = &trust->keys[i];

        if (key->role == VT_ROLE_CELL &&
            vt_list_has(key->products, vt_slice_from_cstr(s->cell)) &&
            !vt_slice_is(key->jurisdiction, s->jurisdiction))
            return vt_fail(err, VT_REJECTED,
                           "cell %s is refused (jurisdiction): the trust root has its key "
                           "in %.*s; your data belongs to %s",
                           s->cell, VT_SLICE_ARGS(key->jurisdiction), s->jurisdiction);
    }
    return true;
}

static bool find_cell(struct vt_client_session *s, struct vt_error *err)
{
    s->cell = vt_client_option(s, VT_SETTING_CELL);
    s->from = vt_client_option(s, VT_SETTING_FROM);
    s->jurisdiction = vt_client_option(s, VT_SETTING_JURISDICTION);
    if (!read_policy(s, err))
        return false;
    if (s->cell == NULL || s->from == NULL)
        return vt_args_misuse(s->args, err,
                              "--%s is needed, or --policy and --country, which say it",
                              s->cell == NULL ? "cell" : "from");
    s->source = vt_cell_source_new(s->from);
    return stands_where_it_should(s, err);
}

/* ---- the relay --------------------------------------------------------------------------
 */

static const char *own_path(const struct vt_client_session *s, const char *kind,
                            const char *name)
{
    return vt_arena_printf(s->arena, "%s/%s", kind, name);
}

/* Bytes that the client keeps under a name, if they have that digest. */
static bool read_kept(const struct vt_client_session *s, const char *name,
                      const vt_hash *digest, struct vt_buf *out)
{
    VT_AUTO_HOME home = NULL;
    struct vt_error ignored;
    vt_hash hash;

    if (s->home[0] == '\0' || !vt_disk_open(s->home, false, &home, &ignored) ||
        !vt_disk_has(home, name) || !vt_disk_read(home, name, out, &ignored))
        return false;
    hash = vt_sha256_of(vt_buf_slice(out));
    if (vt_hash_equal(&hash, digest))
        return true;
    vt_buf_truncate(out, 0);
    return false;
}

static bool write_kept(const struct vt_client_session *s, const char *name, vt_slice bytes,
                       struct vt_error *err)
{
    VT_AUTO_HOME home = NULL;

    return s->home[0] == '\0' || (vt_cli_home_open(s->args, &home, err) &&
                                  vt_disk_write(home, name, bytes, 0600, err));
}

static const char *key_name(const struct vt_client_session *s, const vt_hash *digest)
{
    char text[65];

    vt_hash_text(digest, text);
    return own_path(s, "gateway", text);
}

static bool has_key(void *context, const vt_hash *digest)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_CELL_OHTTP_BYTES_MAX);

    return read_kept(context, key_name(context, digest), digest, &bytes);
}

/* From the first configuration that we can speak. */
static bool take_key(struct vt_client_session *s, vt_slice bytes, struct vt_error *err)
{
    struct vt_ohttp_config configs[VT_OHTTP_KEYS_MAX];
    size_t count;

    if (!vt_ohttp_keys_parse(bytes, configs, &count, err))
        return vt_within(err, "the gateway's key");
    s->key = configs[0];
    vt_cell_source_ask_through(s->source, keep_text(s, s->relay.url), &s->key,
                               vt_args_env(s->args));
    s->has_relay = true;
    return true;
}

/* Before there is a head: with any key that we have from before and that is certified now,
 * so that the cell does not even see that we ask for its head. */
static bool begin_relay(struct vt_client_session *s, struct vt_error *err)
{
    vt_slice cell = vt_slice_from_cstr(s->cell);
    VT_AUTO_BUF bytes = vt_buf_init(VT_CELL_OHTTP_BYTES_MAX);
    vt_hash digest;

    s->has_relay = false;
    if (vt_args_has(s->args, "direct") || !vt_cell_source_is_remote(s->source) ||
        !vt_trust_relay_of(s->trust, cell, &s->relay) ||
        !vt_trust_find_certified(s->trust, "ohttp", cell,
                                 vt_env_now_unix_s(vt_args_env(s->args)), has_key, s,
                                 &digest) ||
        !read_kept(s, key_name(s, &digest), &digest, &bytes))
        return true;
    return take_key(s, vt_buf_slice(&bytes), err);
}

/* With the key that the head selects, which the head check held against the trust root. */
static bool settle_relay(struct vt_client_session *s, struct vt_error *err)
{
    static const vt_hash none = { { 0 } };
    const vt_hash *digest = &s->head.file->head.ohttp;
    VT_AUTO_BUF bytes = vt_buf_init(VT_CELL_OHTTP_BYTES_MAX);

    if (vt_args_has(s->args, "direct") || !vt_cell_source_is_remote(s->source) ||
        !vt_trust_relay_of(s->trust, vt_slice_from_cstr(s->cell), &s->relay))
        return true;
    if (vt_hash_equal(digest, &none))
        return vt_fail(err, VT_REJECTED,
                       "the trust root names a relay for cell %s, but its head selects no "
                       "key to ask through it; --direct asks without, and shows your "
                       "address",
                       s->cell);
    if (!read_kept(s, key_name(s, digest), digest, &bytes) &&
        (!vt_cell_source_ohttp(s->source, digest, &bytes, err) ||
         !write_kept(s, key_name(s, digest), vt_buf_slice(&bytes), err)))
        return false;
    return take_key(s, vt_buf_slice(&bytes), err);
}

/* ---- the head ---------------------------------------------------------------------------
 */

static bool read_duration(const struct vt_client_session *s, enum vt_client_setting setting,
                          int64_t fallback_s, int64_t *out, struct vt_error *err)
{
    const char *text = vt_client_option(s, setting);

    *out = fallback_s;
    return text == NULL || vt_duration_parse(vt_slice_from_cstr(text), out) ||
           vt_args_misuse(s->args, err, "--%s: '%s' is no time like 90s, 24h or 7d",
                          vt_client_setting_name(setting), text);
}

static bool read_head(struct vt_client_session *s, struct vt_buf *out, struct vt_error *err)
{
    const char *path = vt_args_get(s->args, "head");

    return path != NULL ? vt_file_read(path, out, err)
                        : vt_cell_source_head(s->source, out, err);
}

static bool judge_head(struct vt_client_session *s, struct vt_error *err)
{
    VT_AUTO_BUF file = vt_buf_init(VT_HEAD_FILE_BYTES_MAX);
    struct vt_head_question question = {
        .trust = s->trust,
        .cell = vt_slice_from_cstr(s->cell),
        .jurisdiction = vt_slice_from_cstr(s->jurisdiction),
        .now_unix_s = vt_env_now_unix_s(vt_args_env(s->args)),
    };

    if (!read_duration(s, VT_SETTING_MAX_AGE, VT_HEAD_AGE_S, &question.max_age_s, err) ||
        !read_duration(s, VT_SETTING_COLLECTION_DELAY, VT_HEAD_DELAY_S,
                       &question.collection_delay_s, err) ||
        !begin_relay(s, err))
        return false;
    if (!read_head(s, &file, err)) {
        if (err->code == VT_ABSENT) /* no answer, which is not yet a wrong one */
            err->code = VT_IO;
        return vt_within(err, "the head");
    }
    question.file = vt_buf_slice(&file);
    question.seen = vt_cell_seen_of(s->seen, question.cell);
    if (!vt_head_check(&question, &s->head, err))
        return false;
    if (s->head.reason == VT_HEAD_YES)
        return true;
    return vt_fail(err, VT_REJECTED, "the head is refused (%s): %s; %s",
                   vt_head_reason_name(s->head.reason), s->head.sentence,
                   vt_head_reason_next_step(s->head.reason));
}

/* Before anything is said that rests on it.  Two at once must not make each other forget,
 * so what is there is read again. */
static bool remember(struct vt_client_session *s, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_CELL_SEEN_BYTES_MAX);
    VT_AUTO_HOME home = NULL;

    if (s->home[0] == '\0')
        return true;
    return vt_cli_home_open(s->args, &home, err) && read_seen(s, home, err) &&
           vt_cell_seen_write(s->seen, s->head.file->head.cell, &s->head.seen,
                              s->trust->version, &text, err) &&
           vt_disk_write(home, SEEN_NAME, vt_buf_slice(&text), 0600, err);
}

/* ---- the filter -------------------------------------------------------------------------
 */

static bool get_blob(struct vt_client_session *s, const struct vt_head_blob *blob,
                     const char *kind, struct vt_buf *out, struct vt_error *err)
{
    const char *name = vt_arena_printf(s->arena, "%s.%s", kind, s->cell);

    if (read_kept(s, name, &blob->hash, out))
        return true;
    return vt_cell_source_blob(s->source, blob, out, err) &&
           write_kept(s, name, vt_buf_slice(out), err);
}

static bool get_filter(struct vt_client_session *s, struct vt_error *err)
{
    const struct vt_cell_head *head = &s->head.file->head;

    s->filter_bytes = vt_buf_init(VT_FILTER_BYTES_MAX);
    s->delta_bytes = vt_buf_init(VT_MIB(256));
    if (!get_blob(s, &head->filter, "filter", &s->filter_bytes, err) ||
        !vt_filter_parse(vt_buf_slice(&s->filter_bytes), &s->filter, err))
        return false;
    s->has_delta = head->delta.size_bytes != 0;
    if (!s->has_delta)
        return true;
    if (!get_blob(s, &head->delta, "delta", &s->delta_bytes, err) ||
        !vt_delta_parse(vt_buf_slice(&s->delta_bytes), &s->delta, err))
        return false;
    return vt_hash_equal(&s->delta.filter, &head->filter.hash) ||
           vt_fail(err, VT_REJECTED, "the head's delta belongs to another filter");
}

/* ---- all of it --------------------------------------------------------------------------
 */

static bool open_cache(struct vt_client_session *s, struct vt_error *err)
{
    if (s->home[0] == '\0' || !vt_cell_source_is_remote(s->source))
        return true;
    if (!vt_cell_cache_open(vt_arena_printf(s->arena, "%s/cache", s->home), &s->cache, err))
        return false;
    vt_cell_source_keep(s->source, s->cache);
    return true;
}

/* What the head commits to and the cell does not serve is a refusal too. */
static bool is_refusal(struct vt_error *err)
{
    if (err->code == VT_ABSENT)
        (void)vt_within(err, "the head commits to a file that is not served");
    return false;
}

bool vt_client_session_open(struct vt_args *args, struct vt_client_session *s,
                            struct vt_error *err)
{
    s->args = args;
    s->arena = vt_arena_new();
    s->paper.lock_fd = -1;
    if (!open_home(s, err))
        return is_own_trouble(err);
    return read_trust(s, err) && find_cell(s, err) && judge_head(s, err) &&
           remember(s, err) && open_cache(s, err) &&
           ((settle_relay(s, err) && get_filter(s, err)) || is_refusal(err));
}

void vt_client_session_close(struct vt_client_session *s)
{
    if (s->args == NULL)
        return;
    vt_head_verdict_clear(&s->head);
    vt_buf_clear(&s->filter_bytes);
    vt_buf_clear(&s->delta_bytes);
    vt_cell_source_close(s->source);
    vt_cell_cache_close(s->cache);
    vt_json_clear(&s->seen);
    vt_policy_paper_clear(&s->paper);
    vt_client_settings_clear(&s->settings);
    vt_trust_free(s->trust);
    vt_arena_free(s->arena);
    *s = (struct vt_client_session){ 0 };
}
