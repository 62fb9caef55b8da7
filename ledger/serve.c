/* The operator's process of served ledgers.  It reads nothing that came from outside. */
#include "ledger/serve.h"
#include "http/http.h"
#include "ledger/frozen.h"
#include "ledger/reader.h"
#include "ledger/role_courier.h"
#include "ledger/role_feeder.h"
#include "ledger/role_ledger_front.h"
#include "ledger/role_sequencer.h"
#include "ledger/serve_message.h"
#include "ledger/signer.h"
#include "role/keeper.h"
#include "role/role.h"
#include "store/disk.h"

/* The roles of one ledger. */
struct crew {
    struct vt_ledger_reader *reader; /* its config and policy */
    struct vt_signer *signer;
    struct vt_role *courier, *feeder, *sequencer;
    bool is_frozen; /* it has no role: the front reads its folder */
};

struct serving {
    const struct vt_ledger_serving *told;
    int listen_fd;
    uint16_t port;
    struct crew crews[VT_LEDGERS_SERVED_MAX];
    struct vt_role *front;
};

/* ---- starting and stopping --------------------------------------------------------------
 */

static bool has_witnesses(const struct crew *crew)
{
    return vt_ledger_reader_policy(crew->reader)->quorum != VT_POLICY_QUORUM_NONE;
}

static bool start_signer(struct serving *s, struct crew *crew, const char *dir,
                         struct vt_error *err)
{
    const struct vt_ledger_config *config = vt_ledger_reader_config(crew->reader);
    VT_AUTO_FREE char *key = vt_strdup_slice(
        s->told->key != NULL ? vt_slice_from_cstr(s->told->key) : config->key);

    return vt_signer_start(dir, config->origin, key, s->told->passphrase, &crew->signer,
                           err);
}

/* A right to read a folder can be given only when it is there. */
static bool make_tile_folder(const char *dir, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_disk *disk;

    if (!vt_disk_open(vt_arena_printf(arena, "%s/tile", dir), true, &disk, err))
        return false;
    vt_disk_close(disk);
    return true;
}

/* And the feeder: which of the witnesses are mirrors, they will say. */
static bool start_courier(struct serving *s, struct crew *crew, const char *dir,
                          struct vt_error *err)
{
    vt_slice policy = vt_ledger_reader_config(crew->reader)->policy;
    VT_AUTO_JSON words =
        json_pack("{s:s%,s:s,s:I}", "policy", (const char *)policy.data, policy.len, "dir",
                  dir, "linger_ms", (json_int_t)s->told->linger_ms);

    return make_tile_folder(dir, err) &&
           vt_role_start(VT_ROLE_COURIER, NULL, 0, &crew->courier, err) &&
           vt_serve_tell(vt_role_channel(crew->courier), words, err) &&
           vt_role_start(VT_ROLE_FEEDER, NULL, 0, &crew->feeder, err) &&
           vt_serve_tell(vt_role_channel(crew->feeder), words, err);
}

static json_t *sequencer_words(const struct serving *s, const struct crew *crew,
                               const char *dir)
{
    vt_slice origin = vt_ledger_reader_config(crew->reader)->origin;
    struct vt_head head = vt_signer_head(crew->signer);
    char public_hex[65], root[65];

    vt_hash_text((const vt_hash *)(const void *)vt_signer_public(crew->signer), public_hex);
    vt_hash_text(&head.root, root);
    return json_pack("{s:s,s:s%,s:s,s:I,s:s,s:I,s:b,s:b}", "dir", dir, "origin",
                     (const char *)origin.data, origin.len, "public", public_hex, "size",
                     (json_int_t)head.size, "root", root, "publish_ms",
                     (json_int_t)s->told->publish_ms, "has_courier", crew->courier != NULL,
                     "has_feeder", crew->feeder != NULL);
}

static bool start_sequencer(struct serving *s, struct crew *crew, const char *dir,
                            struct vt_error *err)
{
    VT_AUTO_JSON words = sequencer_words(s, crew, dir);
    int fds[VT_SEQUENCER_FDS];
    size_t count = 1;

    fds[VT_SEQUENCER_SIGNER] = vt_signer_channel_fd(crew->signer);
    if (crew->courier != NULL) {
        fds[VT_SEQUENCER_COURIER] = vt_role_channel(crew->courier)->fd;
        fds[VT_SEQUENCER_FEEDER] = vt_role_channel(crew->feeder)->fd;
        count += 2;
    }
    return vt_role_start(VT_ROLE_SEQUENCER, fds, count, &crew->sequencer, err) &&
           vt_serve_tell(vt_role_channel(crew->sequencer), words, err);
}

/* A log that has ended is read for ever; nobody opens it to write or sign. */
static bool find_end(struct crew *crew, const char *dir, struct vt_error *err)
{
    uint64_t shown = vt_ledger_reader_head(crew->reader).size;
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_frozen frozen;
    bool is_ok = vt_frozen_of(dir, arena, &frozen, err);

    crew->is_frozen = is_ok && frozen.origin.len != 0;
    if (crew->is_frozen && shown != frozen.size)
        return vt_fail(err, VT_REJECTED,
                       "%s: this log ended with %ju entries, but its checkpoint is of %ju; "
                       "restore the folder from a copy",
                       dir, (uintmax_t)frozen.size, (uintmax_t)shown);
    return is_ok;
}

/* One name is one log: two folders under it would be two histories. */
static bool is_apart(const struct serving *s, size_t i, struct vt_error *err)
{
    vt_slice origin = vt_ledger_reader_config(s->crews[i].reader)->origin;

    for (size_t before = 0; before < i; before++)
        if (vt_slice_equal(vt_ledger_reader_config(s->crews[before].reader)->origin,
                           origin))
            return vt_fail(err, VT_REJECTED,
                           "%s and %s: both are %.*s; one of them is a copy, and must not "
                           "sign",
                           s->told->ledgers[before].dir, s->told->ledgers[i].dir,
                           VT_SLICE_ARGS(origin));
    return true;
}

static bool start_crew(struct serving *s, size_t i, struct vt_error *err)
{
    const char *dir = s->told->ledgers[i].dir;
    struct crew *crew = &s->crews[i];

    if (!vt_ledger_reader_open(dir, &crew->reader, err) || !is_apart(s, i, err) ||
        !find_end(crew, dir, err))
        return false;
    return crew->is_frozen ||
           ((start_signer(s, crew, dir, err) &&
             (!has_witnesses(crew) || start_courier(s, crew, dir, err)) &&
             start_sequencer(s, crew, dir, err)) ||
            vt_within(err, "%s", dir));
}

static json_t *front_words(const struct serving *s)
{
    json_t *ledgers = json_array();
    json_t *words = json_pack(
        "{s:o,s:O,s:I,s:I,s:I,s:I}", "ledgers", ledgers, "writers", s->told->writers,
        "pending_max", (json_int_t)s->told->pending_max, "connections_max",
        (json_int_t)s->told->connections_max, "lag_ms_max", (json_int_t)s->told->lag_ms_max,
        "wait_ms_max", (json_int_t)s->told->wait_ms_max);

    for (size_t i = 0; i < s->told->ledger_count; i++)
        (void)json_array_append_new(ledgers, json_pack("{s:s,s:s,s:b}", "prefix",
                                                       s->told->ledgers[i].prefix, "dir",
                                                       s->told->ledgers[i].dir, "is_frozen",
                                                       s->crews[i].is_frozen));
    vt_serve_put_tls(words, s->told->tls_certificate, s->told->tls_key);
    return words;
}

static bool start_front(struct serving *s, struct vt_error *err)
{
    int fds[VT_LEDGER_FRONT_SEQUENCERS + VT_LEDGERS_SERVED_MAX];
    VT_AUTO_JSON words = front_words(s);
    size_t count = VT_LEDGER_FRONT_SEQUENCERS;

    fds[VT_LEDGER_FRONT_LISTEN] = s->listen_fd;
    for (size_t i = 0; i < s->told->ledger_count; i++)
        if (!s->crews[i].is_frozen)
            fds[count++] = vt_role_channel(s->crews[i].sequencer)->fd;
    return vt_role_start(VT_ROLE_LEDGER_FRONT, fds, count, &s->front, err) &&
           vt_serve_tell(vt_role_channel(s->front), words, err);
}

/* The front first: what it began needs the others. */
static void stop_all(void *context)
{
    struct serving *s = context;

    vt_role_stop(s->front);
    s->front = NULL;
    for (size_t i = 0; i < s->told->ledger_count; i++) {
        struct crew *crew = &s->crews[i];

        vt_role_stop(crew->sequencer);
        vt_role_stop(crew->courier);
        vt_role_stop(crew->feeder);
        vt_signer_stop(crew->signer);
        vt_ledger_reader_close(crew->reader);
        *crew = (struct crew){ 0 };
    }
}

static bool start_all(void *context, struct vt_error *err)
{
    struct serving *s = context;

    for (size_t i = 0; i < s->told->ledger_count; i++)
        if (!start_crew(s, i, err))
            return false;
    return start_front(s, err);
}

static size_t channels_of(void *context, int fds_out[VT_KEPT_MAX])
{
    struct serving *s = context;
    size_t count = 0;

    fds_out[count++] = vt_role_channel(s->front)->fd;
    for (size_t i = 0; i < s->told->ledger_count; i++) {
        const struct crew *crew = &s->crews[i];

        if (crew->is_frozen)
            continue;
        fds_out[count++] = vt_role_channel(crew->sequencer)->fd;
        fds_out[count++] = vt_signer_channel_fd(crew->signer);
        if (crew->courier != NULL) {
            fds_out[count++] = vt_role_channel(crew->courier)->fd;
            fds_out[count++] = vt_role_channel(crew->feeder)->fd;
        }
    }
    return count;
}

/* The roles are started with it: what they have read or been told stays with them. */
static bool reload(void *context, struct vt_error *err)
{
    struct serving *s = context;

    return s->told->reload(s->told->reload_context, err);
}

static void say_ready(void *context)
{
    struct serving *s = context;

    if (s->told->ready != NULL)
        s->told->ready(s->told->context, s->port);
}

/* ---- all of it --------------------------------------------------------------------------
 */

static_assert(1 + 4 * VT_LEDGERS_SERVED_MAX <= VT_KEPT_MAX, "a channel is not watched");

bool vt_ledger_serve(const struct vt_ledger_serving *serving, struct vt_error *err)
{
    struct serving s = { .told = serving, .listen_fd = -1 };
    const struct vt_kept kept = { .name = "ledger",
                                  .start = start_all,
                                  .stop = stop_all,
                                  .channels = channels_of,
                                  .ready = say_ready,
                                  .context = &s,
                                  .reload = serving->reload != NULL ? reload : NULL };
    bool is_ok;

    VT_ASSERT(serving->ledger_count > 0 && serving->ledger_count <= VT_LEDGERS_SERVED_MAX);
    is_ok = vt_confine_has_files((unsigned)serving->connections_max + VT_LEDGER_FRONT_FILES,
                                 err) &&
            vt_http_listen(serving->address, serving->port, &s.listen_fd, &s.port, err) &&
            vt_keep(&kept, err);
    vt_fd_close(&s.listen_fd);
    return is_ok;
}
