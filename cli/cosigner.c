/* What witnesses and mirrors have in common on the command line. */
#include "cli/cosigner.h"
#include "cli/files.h"
#include "cli/listening.h"
#include "crypto/verify_note.h"
#include "ledger/witness.h"

enum { PENDING = 512, UPLOADS = 16, UPLOADS_MAX = 64, CONNECTIONS = 256 };

static const char *kind(bool is_mirror)
{
    return is_mirror ? "mirror" : "witness";
}

/* ---- init -------------------------------------------------------------------------------
 */

/* A key's place as it is kept: absolute, or a URI. */
static bool place_of_key(const char *key, struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_FREE char *real = NULL;

    if (strncmp(key, "pkcs11:", 7) != 0) {
        real = realpath(key, NULL);
        if (real == NULL)
            return vt_fail(err, VT_IO, "%s: cannot open: %s", key, strerror(errno));
        key = real;
    }
    vt_buf_put_text(out, key);
    return vt_buf_check(out, "the key's path", err);
}

void vt_cli_vkey_text(const struct vt_vkey *vkey, struct vt_buf *out)
{
    vt_vkey_write(out, vkey);
    VT_ASSERT(vt_buf_cstr(out) != NULL); /* a name is at most 255 bytes */
}

bool vt_cli_cosigner_init(struct vt_args *args, bool is_mirror, struct vt_error *err)
{
    const char *dir = vt_args_get(args, "dir");
    vt_slice name = vt_slice_from_cstr(vt_args_get(args, "name"));
    VT_AUTO_BUF place = vt_buf_init(4096), text = vt_buf_init(VT_KIB(1));
    VT_AUTO_KEY key = NULL;
    struct vt_vkey vkey;

    if (!vt_note_name_is_good(name))
        return vt_args_misuse(args, err,
                              "--name: a cosigner's name has no space and no '+', say %s",
                              is_mirror ? "m1.example.org" : "w1.example.org");
    if (!vt_cli_key_open(args, &key, err) ||
        !place_of_key(vt_args_get(args, "key"), &place, err) ||
        !vt_witness_init(dir, is_mirror, name, vt_key_public(key), vt_buf_slice(&place),
                         err))
        return false;
    vkey = vt_vkey_of(name, VT_NOTE_COSIGNATURE, vt_key_public(key));
    vt_cli_vkey_text(&vkey, &text);
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s,s:s}", "ok", 1, "dir", dir, "vkey", vt_buf_cstr(&text)));
    else
        (void)printf("%s is a %s now; its verifier key, for policies:\n%s\n", dir,
                     kind(is_mirror), vt_buf_cstr(&text));
    return true;
}

/* ---- add-log -------------------------------------------------------------------------
 */

bool vt_cli_cosigner_add_log(struct vt_args *args, bool is_mirror, struct vt_error *err)
{
    const char *origin_text = vt_args_get(args, "origin");
    struct vt_vkey vkey;
    vt_slice origin;

    if (!vt_cli_vkey_read(args, &vkey, err))
        return false;
    origin = origin_text != NULL ? vt_slice_from_cstr(origin_text) : vkey.name;
    if (!vt_witness_add_log(vt_args_get(args, "dir"), is_mirror, origin, &vkey, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:o}", "ok", 1, "origin", vt_cli_json_text(origin)));
    else
        (void)printf("%.*s is %s from the next start or SIGHUP on\n", VT_SLICE_ARGS(origin),
                     is_mirror ? "mirrored" : "watched");
    return true;
}

/* ---- serve ---------------------------------------------------------------------------
 */

static bool read_bounds(struct vt_args *args, struct vt_witness_serving *serving,
                        struct vt_error *err)
{
    uint64_t pending, connections;

    if (!(serving->is_mirror
              ? vt_args_number(args, "uploads-max", UPLOADS, UPLOADS_MAX, &pending, err)
              : vt_args_number(args, "pending-max", PENDING, VT_WITNESS_PENDING_MAX,
                               &pending, err)) ||
        !vt_args_number(args, "connections-max", CONNECTIONS, VT_WITNESS_CONNECTIONS_MAX,
                        &connections, err))
        return false;
    if (pending == 0 || connections == 0)
        return vt_args_misuse(args, err, "a %s that takes nothing serves nobody",
                              kind(serving->is_mirror));
    serving->pending_max = (unsigned)pending; /* both are bounded above */
    serving->connections_max = (unsigned)connections;
    return true;
}

bool vt_cli_cosigner_serve(struct vt_args *args, bool is_mirror, struct vt_error *err)
{
    struct vt_cli_listening listening;
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    struct vt_witness_serving serving = { .is_mirror = is_mirror,
                                          .dir = vt_args_get(args, "dir"),
                                          .key = vt_args_get(args, "key"),
                                          .ready = vt_cli_say_ready,
                                          .context = &listening };
    bool is_ok;

    if (!vt_cli_listening(args, "http", &listening, err) ||
        !read_bounds(args, &serving, err) || !vt_cli_passphrase(args, &passphrase, err))
        return false;
    serving.address = listening.address;
    serving.port = listening.port;
    serving.passphrase = vt_buf_slice(&passphrase);
    is_ok = vt_witness_serve(&serving, err);
    if (!is_ok && err->code == VT_REJECTED && passphrase.len == 0 && isatty(STDIN_FILENO)) {
        vt_cli_passphrase_ask(&passphrase,
                              is_mirror ? "the mirror's key" : "the witness's key");
        serving.passphrase = vt_buf_slice(&passphrase);
        is_ok = passphrase.len != 0 && vt_witness_serve(&serving, err);
    }
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    return is_ok;
}

/* ---- show -------------------------------------------------------------------------------
 */

static bool read_config(const char *dir, bool is_mirror, struct vt_arena *arena,
                        struct vt_witness_config *out, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_witness_config_read(disk, is_mirror, arena, out, err);
    vt_disk_close(disk);
    return is_ok;
}

static json_t *log_json(const struct vt_cosigner_showing *w,
                        const struct vt_witness_log *log)
{
    const struct vt_witness_seen *seen = w->cosigned(w->context, log);
    json_t *json = json_pack("{s:o}", "origin", vt_cli_json_text(log->origin));
    char hex[65], when[VT_TIME_TEXT_BYTES];

    if (w->add != NULL)
        w->add(w->context, log, json);
    if (seen == NULL)
        return json;
    vt_hash_text(&seen->root, hex);
    vt_time_write(seen->time_unix_s, when);
    (void)json_object_set_new(json, "size", vt_json_wide(seen->size));
    (void)json_object_set_new(json, "root", json_string(hex));
    (void)json_object_set_new(json, "time", json_string(when));
    return json;
}

static void print_log(const struct vt_cosigner_showing *w, const struct vt_witness_log *log)
{
    const struct vt_witness_seen *seen = w->cosigned(w->context, log);
    char hex[65], when[VT_TIME_TEXT_BYTES];

    vt_hash_text(&log->id, hex);
    (void)printf("\nlog   %.*s\n      /%s/checkpoint\n", VT_SLICE_ARGS(log->origin), hex);
    if (w->print != NULL)
        w->print(w->context, log);
    if (seen == NULL) {
        (void)printf("      %s\n", w->nothing);
        return;
    }
    vt_hash_text(&seen->root, hex);
    vt_time_write(seen->time_unix_s, when);
    (void)printf("      %s %ju, cosigned %s\n      %-*s %s\n", w->done,
                 (uintmax_t)seen->size, when, (int)strlen(w->done), "root", hex);
}

bool vt_cli_cosigner_show(struct vt_args *args, const struct vt_cosigner_showing *w,
                          struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF vkey = vt_buf_init(VT_KIB(1));
    struct vt_witness_config config;
    json_t *logs;

    if (!read_config(vt_args_get(args, "dir"), w->is_mirror, arena, &config, err) ||
        !w->read(w->context, vt_args_get(args, "dir"), arena, err))
        return false;
    vt_cli_vkey_text(&config.vkey, &vkey);
    if (!vt_args_is_json(args)) {
        (void)printf("vkey  %s\n", vt_buf_cstr(&vkey));
        for (size_t i = 0; i < config.log_count; i++)
            print_log(w, &config.logs[i]);
        return true;
    }
    logs = json_array();
    for (size_t i = 0; i < config.log_count; i++)
        (void)json_array_append_new(logs, log_json(w, &config.logs[i]));
    vt_cli_print_json(
        json_pack("{s:b,s:s,s:o}", "ok", 1, "vkey", vt_buf_cstr(&vkey), "logs", logs));
    return true;
}
