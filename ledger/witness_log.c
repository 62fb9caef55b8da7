/* A witness's config. */
#include "ledger/witness_log.h"
#include "crypto/verify_note.h"
#include "wire/json.h"

enum { CONFIG_BYTES_MAX = 4 << 20 };

static const char *name_of(bool is_mirror)
{
    return is_mirror ? "mirror.json" : "config.json";
}

struct vt_witness_config vt_witness_config_new(struct vt_arena *arena)
{
    return (struct vt_witness_config){
        .logs = vt_arena_alloc(arena, VT_WITNESS_LOGS_MAX * sizeof(struct vt_witness_log))
    };
}

const struct vt_witness_log *vt_witness_log_by_id(const struct vt_witness_config *config,
                                                  const vt_hash *id)
{
    for (size_t i = 0; i < config->log_count; i++)
        if (vt_hash_equal(&config->logs[i].id, id))
            return &config->logs[i];
    return NULL;
}

const struct vt_witness_log *vt_witness_log_of(const struct vt_witness_config *config,
                                               vt_slice origin)
{
    vt_hash id = vt_sha256_of(origin);

    return vt_witness_log_by_id(config, &id);
}

/* An origin is one line of a checkpoint. */
static bool is_origin(vt_slice origin)
{
    if (origin.len == 0 || origin.len > VT_WITNESS_ORIGIN_BYTES_MAX ||
        !vt_slice_is_utf8(origin))
        return false;
    for (size_t i = 0; i < origin.len; i++)
        if (origin.data[i] < 0x20)
            return false;
    return true;
}

static bool add_key(struct vt_witness_log *log, const struct vt_vkey *key,
                    struct vt_error *err)
{
    for (size_t i = 0; i < log->key_count; i++)
        if (log->keys[i].id == key->id && vt_slice_equal(log->keys[i].name, key->name))
            return vt_fail(err, VT_REJECTED, "%.*s: this key is there already",
                           VT_SLICE_ARGS(log->origin));
    if (log->key_count == VT_WITNESS_KEYS_MAX)
        return vt_fail(err, VT_LIMIT, "%.*s: more than %d keys", VT_SLICE_ARGS(log->origin),
                       VT_WITNESS_KEYS_MAX);
    log->keys[log->key_count++] = *key;
    return true;
}

bool vt_witness_config_add(struct vt_witness_config *config, vt_slice origin,
                           const struct vt_vkey *key, struct vt_error *err)
{
    vt_hash id = vt_sha256_of(origin);

    if (!is_origin(origin))
        return vt_fail(err, VT_MALFORMED,
                       "an origin is one line of UTF-8, not empty, at most %d bytes",
                       VT_WITNESS_ORIGIN_BYTES_MAX);
    if (key->type != VT_NOTE_ED25519)
        return vt_fail(err, VT_MALFORMED, "%.*s: not a log's key (type 1) but of type %u",
                       VT_SLICE_ARGS(key->name), key->type);
    for (size_t i = 0; i < config->log_count; i++)
        if (vt_hash_equal(&config->logs[i].id, &id))
            return add_key(&config->logs[i], key, err);
    if (config->log_count == VT_WITNESS_LOGS_MAX)
        return vt_fail(err, VT_LIMIT, "a witness watches at most %d logs",
                       VT_WITNESS_LOGS_MAX);
    config->logs[config->log_count++] = (struct vt_witness_log){
        .origin = origin, .id = id, .keys = { *key }, .key_count = 1
    };
    return true;
}

/* ---- reading ----------------------------------------------------------------------------
 */

static vt_slice text_of(const json_t *value)
{
    return vt_slice_of(json_string_value(value), json_string_length(value));
}

static bool read_log(const json_t *item, struct vt_arena *arena,
                     struct vt_witness_config *config, struct vt_error *err)
{
    static const char *const names[] = { "origin", "vkeys", NULL };
    vt_slice origin;
    json_t *vkeys, *one;
    size_t i;

    if (!vt_json_only(item, "log", names, err) ||
        !vt_json_get_text(item, "log", "origin", &origin, err) ||
        !vt_json_get_array(item, "log", "vkeys", &vkeys, err))
        return false;
    if (json_array_size(vkeys) == 0)
        return vt_fail(err, VT_MALFORMED, "log %.*s has no vkey", VT_SLICE_ARGS(origin));
    origin = vt_arena_copy(arena, origin);
    json_array_foreach(vkeys, i, one)
    {
        struct vt_vkey key;

        if (!json_is_string(one))
            return vt_fail(err, VT_MALFORMED, "vkeys: not all are texts");
        if (!vt_vkey_parse(vt_arena_copy(arena, text_of(one)), &key, err) ||
            !vt_witness_config_add(config, origin, &key, err))
            return vt_within(err, "log %.*s", VT_SLICE_ARGS(origin));
    }
    return true;
}

static bool read_own(const json_t *json, struct vt_arena *arena,
                     struct vt_witness_config *config, struct vt_error *err)
{
    static const char *const names[] = { "key", "logs", "v", "vkey", NULL };
    vt_slice key, vkey;
    uint64_t version;

    if (!vt_json_only(json, "witness", names, err) ||
        !vt_json_get_number(json, "witness", "v", &version, err) ||
        !vt_json_get_text(json, "witness", "key", &key, err) ||
        !vt_json_get_text(json, "witness", "vkey", &vkey, err) ||
        !vt_vkey_parse(vt_arena_copy(arena, vkey), &config->vkey, err))
        return false;
    if (version != 1)
        return vt_fail(err, VT_MALFORMED, "version %ju is not known here",
                       (uintmax_t)version);
    if (config->vkey.type != VT_NOTE_COSIGNATURE)
        return vt_fail(err, VT_MALFORMED, "the witness's vkey must be of type 4");
    config->name = config->vkey.name;
    config->key = vt_arena_copy(arena, key);
    return true;
}

static bool read_json(const json_t *json, struct vt_arena *arena,
                      struct vt_witness_config *config, struct vt_error *err)
{
    json_t *logs, *item;
    size_t i;

    if (!read_own(json, arena, config, err) ||
        !vt_json_get_array(json, "witness", "logs", &logs, err))
        return false;
    json_array_foreach(logs, i, item) if (!read_log(item, arena, config, err)) return false;
    return true;
}

bool vt_witness_config_read(struct vt_disk *disk, bool is_mirror, struct vt_arena *arena,
                            struct vt_witness_config *out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(CONFIG_BYTES_MAX);
    VT_AUTO_JSON json = NULL;
    struct vt_witness_config config = vt_witness_config_new(arena);

    config.is_mirror = is_mirror;
    if (!vt_disk_read(disk, name_of(is_mirror), &bytes, err))
        return err->code == VT_ABSENT
                   ? vt_fail(err, VT_ABSENT, "%s: there is no %s here", vt_disk_path(disk),
                             is_mirror ? "mirror" : "witness")
                   : false;
    if (!vt_json_parse(vt_buf_slice(&bytes), name_of(is_mirror), &json, err) ||
        !read_json(json, arena, &config, err))
        return vt_within(err, "%s/%s", vt_disk_path(disk), name_of(is_mirror));
    *out = config;
    return true;
}

/* ---- writing ----------------------------------------------------------------------------
 */

static json_t *text(vt_slice s)
{
    return json_stringn((const char *)s.data, s.len);
}

static json_t *vkey_json(const struct vt_vkey *key)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(1));

    vt_vkey_write(&bytes, key);
    return text(vt_buf_slice(&bytes));
}

static json_t *log_json(const struct vt_witness_log *log)
{
    json_t *vkeys = json_array();

    for (size_t i = 0; i < log->key_count; i++)
        (void)json_array_append_new(vkeys, vkey_json(&log->keys[i]));
    return json_pack("{s:o,s:o}", "origin", text(log->origin), "vkeys", vkeys);
}

bool vt_witness_config_write(struct vt_disk *disk, const struct vt_witness_config *config,
                             struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(CONFIG_BYTES_MAX);
    VT_AUTO_JSON json = NULL;
    json_t *logs = json_array();

    for (size_t i = 0; i < config->log_count; i++)
        (void)json_array_append_new(logs, log_json(&config->logs[i]));
    json = json_pack("{s:o,s:o,s:i,s:o}", "key", text(config->key), "logs", logs, "v", 1,
                     "vkey", vkey_json(&config->vkey));
    if (json == NULL)
        return vt_fail(err, VT_MALFORMED, "the key's place is not UTF-8");
    return vt_json_write_canonical(json, &bytes, err) &&
           vt_disk_write(disk, name_of(config->is_mirror), vt_buf_slice(&bytes), 0644, err);
}
