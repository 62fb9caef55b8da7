/* Desk, trust root, policy, release, ledger: opened in one place for all verbs. */
#include "cli/desk.h"
#include "cli/ledger_open.h"
#include "cli/trust.h"
#include "crypto/verify_note.h"
#include "ledger/reader.h"
#include "release/authorisations.h"

void vt_desk_call_end(struct vt_desk_call *call)
{
    vt_list_history_clear(&call->lists);
    vt_docket_close(call->docket);
    vt_ledger_close_pointer(&call->ledger);
    vt_signer_stop_pointer(&call->signer);
    vt_demands_clear(&call->demands);
    vt_trust_free(call->trust);
    vt_desk_close(&call->desk);
}

static bool read_demands(const char *path, struct vt_demands *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_DEMANDS_BYTES_MAX);

    if (path == NULL) {
        *out = vt_demands_usual();
        return true;
    }
    return vt_file_read(path, &text, err) &&
           (vt_demands_parse(vt_buf_slice(&text), out, err) || vt_within(err, "%s", path));
}

/* With a wrong clock statements that count would not, and the desk would look empty. */
static bool check_clock(const struct vt_trust *trust, int64_t now_unix_s,
                        struct vt_error *err)
{
    enum { CLOCK_SLACK_S = 3600 }; /* clocks differ a little */
    char now[VT_TIME_TEXT_BYTES], bound[VT_TIME_TEXT_BYTES];

    vt_time_write(now_unix_s, now);
    if (now_unix_s >= trust->expires_unix_s) {
        vt_time_write(trust->expires_unix_s, bound);
        return vt_fail(
            err, VT_REJECTED,
            "the trust root, version %ju, expired on %s; ask its holders for the "
            "next one, or set this machine's clock",
            (uintmax_t)trust->version, bound);
    }
    vt_time_write(trust->created_unix_s, bound);
    return now_unix_s >= trust->created_unix_s - CLOCK_SLACK_S ||
           vt_fail(
               err, VT_REJECTED,
               "this machine's clock says %s, but the trust root, version %ju, begins on "
               "%s: set the clock and ask again",
               now, (uintmax_t)trust->version, bound);
}

static void tell_passed_over(void *context, const char *what)
{
    (void)context;
    (void)fprintf(stderr, "mind: %s\n", what);
}

static bool open_desk(const char *path, bool is_new, struct vt_desk *out,
                      struct vt_error *err)
{
    if (!vt_desk_open(path, is_new, out, err))
        return false;
    if (!is_new && !vt_disk_has(out->disk, "releases") &&
        !vt_disk_has(out->disk, "authorisations") && !vt_disk_has(out->disk, "withdrawals"))
        return vt_fail(err, VT_REJECTED,
                       "%s is no desk: it holds neither releases/ nor authorisations/; "
                       "`vitrine release draft` begins one",
                       path);
    out->passed_over = tell_passed_over;
    return true;
}

bool vt_desk_call_begin(struct vt_args *args, bool has_policy, bool is_new,
                        struct vt_desk_call *out, struct vt_error *err)
{
    out->now_unix_s = vt_env_now_unix_s(vt_args_env(args));
    if (!vt_cli_trust_read(vt_args_get(args, "trust"), &out->trust, err) ||
        !check_clock(out->trust, out->now_unix_s, err) ||
        !read_demands(has_policy ? vt_args_get(args, "policy") : NULL, &out->demands,
                      err) ||
        !open_desk(vt_args_get(args, "desk"), is_new, &out->desk, err))
        return false;
    out->desk.trust = vt_args_get(args, "trust");
    out->lists = vt_list_history_init(out->trust);
    return true;
}

bool vt_desk_call_docket(struct vt_args *args, struct vt_desk_call *call,
                         struct vt_error *err)
{
    vt_docket_close(call->docket);
    call->docket = NULL;
    return vt_docket_open(&call->desk, call->trust, vt_args_operand(args, 0),
                          vt_args_operand(args, 1), call->now_unix_s, &call->docket, err);
}

/* Is it this log's key, as the trust root has it?  While keys change, either. */
static bool has_our_key(const struct vt_trust *trust, const struct vt_ledger_config *config)
{
    const vt_slice texts[] = { config->vkey, config->next };

    for (size_t i = 0; i < trust->policy.log_count; i++)
        for (size_t k = 0; k < 2; k++) {
            const struct vt_vkey *known = &trust->policy.logs[i].vkey;
            struct vt_error ignored = { 0 };
            struct vt_vkey vkey;

            if (texts[k].len != 0 && vt_vkey_parse(texts[k], &vkey, &ignored) &&
                vt_slice_equal(vkey.name, known->name) && vkey.id == known->id &&
                memcmp(vkey.key, known->key, sizeof vkey.key) == 0)
                return true;
        }
    return false;
}

static bool check_is_ours(const struct vt_trust *trust, const char *dir,
                          const struct vt_ledger_config *config, struct vt_error *err)
{
    if (!vt_slice_equal(config->origin, trust->release_origin))
        return vt_fail(
            err, VT_REJECTED,
            "%s is the ledger %.*s, and the trust root's release ledger is %.*s; "
            "nothing is signed",
            dir, VT_SLICE_ARGS(config->origin), VT_SLICE_ARGS(trust->release_origin));
    return has_our_key(trust, config) ||
           vt_fail(err, VT_REJECTED,
                   "%s is a ledger called %.*s, but its key is not the one that the trust "
                   "root names; nothing is signed",
                   dir, VT_SLICE_ARGS(config->origin));
}

static bool open_ours(const struct vt_trust *trust, const char *dir,
                      struct vt_ledger_reader **out, struct vt_error *err)
{
    return vt_ledger_reader_open(dir, out, err) &&
           check_is_ours(trust, dir, vt_ledger_reader_config(*out), err);
}

static bool look_at(struct vt_desk_call *call, struct vt_ledger_reader *reader,
                    struct vt_error *err)
{
    return vt_list_history_read_folder(&call->lists, reader, err) &&
           vt_publish_recall_list(&call->desk, &call->lists, reader, err);
}

bool vt_desk_call_look_at_ledger(struct vt_args *args, struct vt_desk_call *call,
                                 struct vt_error *err)
{
    VT_AUTO_LEDGER_READER reader = NULL;

    return open_ours(call->trust, vt_args_get(args, "ledger"), &reader, err) &&
           look_at(call, reader, err);
}

bool vt_desk_call_look_at_copy(struct vt_args *args, struct vt_desk_call *call,
                               struct vt_error *err)
{
    const char *dir = vt_args_get(args, "ledger");
    VT_AUTO_LEDGER_READER reader = NULL;
    VT_AUTO_ARENA arena = vt_arena_new();

    if (vt_path_exists(vt_arena_printf(arena, "%s/config.json", dir)))
        return vt_desk_call_look_at_ledger(args, call, err);
    return vt_ledger_reader_open_copy(dir, &call->trust->policy,
                                      call->trust->release_origin, &reader, err) &&
           look_at(call, reader, err);
}

bool vt_desk_call_ledger(struct vt_args *args, struct vt_desk_call *call,
                         struct vt_error *err)
{
    struct vt_cli_ledger_place place = { vt_args_get(args, "ledger"), NULL,
                                         "ledger-passphrase-file" };
    VT_AUTO_LEDGER_READER reader = NULL;

    return open_ours(call->trust, place.dir, &reader, err) &&
           vt_cli_ledger_open(args, &place, &call->signer, &call->ledger, err);
}

struct vt_publisher vt_desk_call_publisher(struct vt_args *args, struct vt_desk_call *call)
{
    return (struct vt_publisher){ &call->desk, call->trust, call->ledger, vt_args_env(args),
                                  &call->lists };
}

bool vt_desk_call_check_key(struct vt_desk_call *call, const struct vt_key *key,
                            enum vt_trust_role role, struct vt_error *err)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    const struct vt_trust_key *known;
    VT_AUTO_ROLL roll = NULL;

    if (!vt_roll_open(&call->desk, call->trust, &roll, err))
        return false;
    known = vt_keyring_find(&roll->keyring, vt_slice_from_cstr(id.text), role);
    if (known == NULL)
        return vt_fail(err, VT_REJECTED,
                       "key %.16s... is no %s's in the trust root, nor enrolled", id.text,
                       vt_trust_role_name(role));
    if (call->now_unix_s >= known->mandate_until_unix_s)
        return vt_fail(err, VT_REJECTED,
                       "the mandate of %.*s has ended: the holders of the root renew it "
                       "(`vitrine trust rotate`)",
                       VT_SLICE_ARGS(known->holder));
    if (call->now_unix_s < known->from_unix_s || call->now_unix_s >= known->until_unix_s)
        return vt_fail(err, VT_REJECTED, "key %.16s... does not count at this time",
                       id.text);
    return true;
}

void vt_desk_call_say(struct vt_args *args, const struct vt_desk_call *call,
                      const char *what, const char *format, ...)
{
    va_list list;

    if (vt_args_is_json(args)) {
        json_t *answer = json_pack("{s:b,s:s}", "ok", 1, "did", what);

        if (call->docket != NULL) {
            (void)json_object_set_new(answer, "product",
                                      json_string(call->docket->product));
            (void)json_object_set_new(answer, "version",
                                      json_string(call->docket->version));
        }
        vt_cli_print_json(answer);
        return;
    }
    va_start(list, format);
    (void)vprintf(format, list);
    va_end(list);
    (void)putchar('\n');
}

void vt_cli_age(int64_t since_unix_s, int64_t now_unix_s, char out[32])
{
    intmax_t s = now_unix_s > since_unix_s ? (intmax_t)(now_unix_s - since_unix_s) : 0;

    if (since_unix_s == 0)
        (void)snprintf(out, 32, "-");
    else if (s >= 2 * 86400)
        (void)snprintf(out, 32, "%jd d", s / 86400);
    else if (s >= 2 * 3600)
        (void)snprintf(out, 32, "%jd h", s / 3600);
    else if (s >= 120)
        (void)snprintf(out, 32, "%jd min", s / 60);
    else
        (void)snprintf(out, 32, "%jd s", s);
}
