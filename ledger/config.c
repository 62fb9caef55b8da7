/* What a ledger is, as strict JSON in its canonical form. */
#include "ledger/config.h"
#include "crypto/verify_note.h"
#include "wire/json.h"

static const char *const entries_names[] = {
    [VT_LEDGER_ANY] = "any",
    [VT_LEDGER_PUBLIC] = "public",
};

enum vt_ledger_entries vt_ledger_entries_of(enum vt_ledger_use use)
{
    return use == VT_USE_RELEASE || use == VT_USE_HEAD ? VT_LEDGER_PUBLIC : VT_LEDGER_ANY;
}

static bool check_use(const struct vt_ledger_config *config, struct vt_error *err)
{
    if (config->use == VT_USE_NONE)
        return true;
    if (config->entries != vt_ledger_entries_of(config->use))
        return vt_fail(err, VT_MALFORMED, "a ledger for use '%s' has entries '%s'",
                       vt_use_name(config->use),
                       entries_names[vt_ledger_entries_of(config->use)]);
    if (vt_use_is_numbered(config->use) && config->predecessor.len != 0)
        return vt_fail(
            err, VT_MALFORMED,
            "a ledger for use '%s' cannot go on in another one, since its index is its "
            "number: it begins anew",
            vt_use_name(config->use));
    return true;
}

static bool is_listed(const struct vt_policy *policy, const struct vt_vkey *vkey)
{
    for (size_t i = 0; i < policy->log_count; i++)
        if (policy->logs[i].vkey.id == vkey->id &&
            vt_slice_equal(policy->logs[i].vkey.name, vkey->name) &&
            memcmp(policy->logs[i].vkey.key, vkey->key, sizeof vkey->key) == 0)
            return true;
    return false;
}

static bool check_vkey(vt_slice text, vt_slice origin, struct vt_vkey *out,
                       struct vt_error *err)
{
    if (!vt_vkey_parse(text, out, err))
        return vt_within(err, "the log's vkey");
    if (out->type != VT_NOTE_ED25519)
        return vt_fail(err, VT_MALFORMED, "the log's vkey must be of type 1");
    if (!vt_slice_equal(out->name, origin))
        return vt_fail(err, VT_MALFORMED, "the vkey is of %.*s, but the origin is %.*s",
                       VT_SLICE_ARGS(out->name), VT_SLICE_ARGS(origin));
    return true;
}

bool vt_ledger_config_verify(const struct vt_ledger_config *config, struct vt_error *err)
{
    struct vt_policy policy;
    struct vt_vkey vkey, next, predecessor;

    if (!check_use(config, err) || !check_vkey(config->vkey, config->origin, &vkey, err) ||
        (config->next.len != 0 && !check_vkey(config->next, config->origin, &next, err)))
        return false;
    if (config->predecessor.len != 0 &&
        !vt_vkey_parse(config->predecessor, &predecessor, err))
        return vt_within(err, "the vkey of the log that this one continues");
    if (config->policy.len == 0)
        return true;
    if (!vt_policy_parse(config->policy, &policy, err))
        return false;
    if (!is_listed(&policy, &vkey))
        return vt_fail(err, VT_MALFORMED,
                       "the policy does not list this log; add the line: log %.*s",
                       VT_SLICE_ARGS(config->vkey));
    return true;
}

static json_t *text(vt_slice s)
{
    return json_stringn((const char *)s.data, s.len);
}

static bool write_json(const struct vt_ledger_config *config, struct vt_buf *out,
                       struct vt_error *err)
{
    VT_AUTO_JSON json =
        json_pack("{s:s,s:o,s:o,s:i,s:o}", "entries", entries_names[config->entries], "key",
                  text(config->key), "origin", text(config->origin), "v", 1, "vkey",
                  text(config->vkey));

    if (json == NULL)
        return vt_fail(err, VT_MALFORMED, "the origin or the key's place is not UTF-8");
    if (config->next.len != 0)
        (void)json_object_set_new(json, "next", text(config->next));
    if (config->predecessor.len != 0)
        (void)json_object_set_new(json, "predecessor", text(config->predecessor));
    if (config->use != VT_USE_NONE)
        (void)json_object_set_new(json, "use", json_string(vt_use_name(config->use)));
    return vt_json_write_canonical(json, out, err);
}

static bool write_policy(struct vt_disk *disk, const struct vt_ledger_config *config,
                         struct vt_error *err)
{
    return config->policy.len == 0 ||
           vt_disk_write(disk, VT_LEDGER_POLICY_NAME, config->policy, 0644, err);
}

bool vt_ledger_config_write(struct vt_disk *disk, const struct vt_ledger_config *config,
                            struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(64));

    return write_json(config, &bytes, err) && write_policy(disk, config, err) &&
           vt_disk_create(disk, VT_LEDGER_CONFIG_NAME, vt_buf_slice(&bytes), 0644, err);
}

bool vt_ledger_config_replace(struct vt_disk *disk, const struct vt_ledger_config *config,
                              struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(64));

    return write_json(config, &bytes, err) && write_policy(disk, config, err) &&
           vt_disk_write(disk, VT_LEDGER_CONFIG_NAME, vt_buf_slice(&bytes), 0644, err);
}

static bool read_entries(const json_t *json, enum vt_ledger_entries *out,
                         struct vt_error *err)
{
    vt_slice name;

    if (!vt_json_get_text(json, VT_LEDGER_CONFIG_NAME, "entries", &name, err))
        return false;
    for (size_t i = 0; i < sizeof entries_names / sizeof entries_names[0]; i++)
        if (vt_slice_is(name, entries_names[i])) {
            *out = (enum vt_ledger_entries)i;
            return true;
        }
    return vt_fail(err, VT_MALFORMED, VT_LEDGER_CONFIG_NAME ": entries is '%.*s'",
                   VT_SLICE_ARGS(name));
}

static bool read_use(const json_t *json, struct vt_ledger_config *config,
                     struct vt_error *err)
{
    vt_slice name;

    if (!vt_json_has(json, "use"))
        return true;
    return vt_json_get_text(json, VT_LEDGER_CONFIG_NAME, "use", &name, err) &&
           (vt_use_parse(name, &config->use) ||
            vt_fail(err, VT_MALFORMED, VT_LEDGER_CONFIG_NAME ": use is '%.*s'",
                    VT_SLICE_ARGS(name))) &&
           check_use(config, err);
}

static bool read_policy(struct vt_disk *disk, struct vt_arena *arena, vt_slice *out,
                        struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_POLICY_BYTES_MAX);

    *out = (vt_slice){ 0 };
    if (!vt_disk_read(disk, VT_LEDGER_POLICY_NAME, &bytes, err))
        return err->code == VT_ABSENT;
    *out = vt_arena_copy(arena, vt_buf_slice(&bytes));
    return true;
}

bool vt_ledger_config_read(struct vt_disk *disk, struct vt_arena *arena,
                           struct vt_ledger_config *out, struct vt_error *err)
{
    static const char *const names[] = { "entries", "key", "next", "origin", "predecessor",
                                         "use",     "v",   "vkey", NULL };
    static const char *const what = VT_LEDGER_CONFIG_NAME;
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(64));
    VT_AUTO_JSON json = NULL;
    struct vt_ledger_config config = { .entries = VT_LEDGER_ANY };
    uint64_t version;

    if (!vt_disk_read(disk, what, &bytes, err))
        return err->code == VT_ABSENT
                   ? vt_fail(err, VT_IO,
                             "%s: there is no ledger here (vitrine ledger init makes one)",
                             vt_disk_path(disk))
                   : false;
    if (!vt_json_parse_canonical(vt_buf_slice(&bytes), what, &json, err) ||
        !vt_json_only(json, what, names, err) ||
        !vt_json_get_number(json, what, "v", &version, err) ||
        !read_entries(json, &config.entries, err) ||
        !vt_json_get_text(json, what, "key", &config.key, err) ||
        !vt_json_get_text(json, what, "origin", &config.origin, err) ||
        !vt_json_get_text(json, what, "vkey", &config.vkey, err) ||
        (vt_json_has(json, "next") &&
         !vt_json_get_text(json, what, "next", &config.next, err)) ||
        (vt_json_has(json, "predecessor") &&
         !vt_json_get_text(json, what, "predecessor", &config.predecessor, err)) ||
        !read_use(json, &config, err))
        return vt_within(err, "%s", vt_disk_path(disk));
    if (version != 1)
        return vt_fail(err, VT_MALFORMED, "%s/%s: version %ju, this program knows 1",
                       vt_disk_path(disk), what, (uintmax_t)version);
    config.key = vt_arena_copy(arena, config.key);
    config.origin = vt_arena_copy(arena, config.origin);
    config.vkey = vt_arena_copy(arena, config.vkey);
    config.next = vt_arena_copy(arena, config.next);
    config.predecessor = vt_arena_copy(arena, config.predecessor);
    if (!read_policy(disk, arena, &config.policy, err))
        return false;
    *out = config;
    return true;
}
