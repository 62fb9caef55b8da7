/* A desk and a ledger as the tests of publishing begin with them. */
#include "tests/own_desk.h"
#include "crypto/verify_note.h"
#include "release/compose.h"
#include "release/next_list.h"
#include "tests/world.h"

#define ORIGIN VT_WORLD_ORIGIN

static const char *in(const char *dir, const char *name)
{
    return vt_test_print("%s/%s", dir, name);
}

/* Witnesses are not what is tried here: the log alone is enough.  (A copy of the trust
 * root, changed in memory.) */
static void need_no_witness(struct vt_trust *trust)
{
    struct vt_vkey vkey =
        vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(vt_world_key(VT_P_LOG)));
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    struct vt_error err = { 0 };

    vt_buf_put_text(&text, "log ");
    vt_vkey_write(&text, &vkey);
    vt_buf_put_text(&text, "\nquorum none\n");
    VT_CHECK_OK(vt_policy_parse(vt_arena_copy(vt_test_arena(), vt_buf_slice(&text)),
                                &trust->policy, &err));
}

struct vt_trust *vt_own_desk_trust(void)
{
    struct vt_world world = vt_world_good();
    struct vt_trust *trust = NULL;
    struct vt_error err = { 0 };
    vt_slice bytes = vt_world_trust(&world);

    if (bytes.len > 0 && bytes.data[bytes.len - 1] == '\n')
        bytes.len--;
    VT_CHECK_OK(vt_trust_parse(bytes, &trust, &err));
    need_no_witness(trust);
    return trust;
}

/* ---- a desk with an approved release, and an empty ledger -------------------------------
 */

static void put(struct vt_desk *desk, vt_slice envelope)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_docket_put(desk, "lamp", "1.4.0", envelope, &err));
}

void vt_own_desk_draft(struct vt_desk *desk, int64_t created)
{
    const struct vt_world good = vt_world_good(), *w = &good;

    put(desk, vt_world_statement(
                  VT_DRAFT, "source",
                  json_pack("{s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:[],s:s}", "product",
                            w->product, "version", w->version, "sequence",
                            (json_int_t)w->sequence, "channel", w->channel, "kind", w->kind,
                            "source", vt_world_digest(w->source), "recipe",
                            vt_world_digest("recipe"), "lock", vt_world_digest("lock"),
                            "environment", vt_world_digest("environment"), "documents",
                            "created", vt_world_time(created)),
                  VT_BIT(VT_P_VENDOR)));
}

static void put_statements(struct vt_desk *desk, const struct vt_world *world)
{
    struct vt_world_made made;
    struct vt_error err = { 0 };
    struct vt_blobs *blobs;
    vt_hash ignored;

    vt_world_make(world, &made);
    for (size_t i = 1; i < made.envelope_count; i++)
        put(desk, made.envelopes[i]);
    vt_own_desk_draft(desk, VT_WORLD_BEGAN + 5);
    VT_CHECK_OK(vt_docket_blobs(desk, "lamp", "1.4.0", &blobs, &err));
    VT_CHECK_OK(vt_blobs_put(blobs, made.file, &ignored, &err));
    vt_blobs_close(blobs);
}

void vt_own_desk_approve(struct vt_desk *desk, const struct vt_trust *trust,
                         int64_t created)
{
    VT_AUTO_BUF release = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF list = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const struct vt_key *key = vt_world_key(VT_P_SUPERVISOR);
    struct vt_error err = { 0 };
    VT_AUTO_DOCKET docket = NULL;
    struct vt_blobs *blobs;

    VT_CHECK_OK(vt_docket_open(desk, trust, "lamp", "1.4.0", VT_WORLD_NOW, &docket, &err));
    VT_CHECK_OK(vt_docket_blobs(desk, "lamp", "1.4.0", &blobs, &err));
    VT_CHECK_OK(vt_compose_release(docket, blobs, created, key, &release, &err));
    vt_blobs_close(blobs);
    VT_CHECK_OK(vt_compose_list((vt_slice){ 0 }, VT_LIST_CURRENT, docket, NULL, created,
                                key, &list, &err));
    VT_CHECK_OK(vt_disk_write(desk->disk, "releases/lamp/1.4.0/list.json",
                              vt_buf_slice(&list), 0644, &err));
    put(desk, vt_buf_slice(&release));
}

static void make_ledger(const char *dir)
{
    struct vt_env env = vt_env_real();
    struct vt_ledger_options options = { .env = &env };
    struct vt_vkey vkey =
        vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(vt_world_key(VT_P_LOG)));
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    struct vt_error err = { 0 };

    vt_vkey_write(&text, &vkey);
    VT_CHECK_OK(vt_signer_init(dir, VT_LIT(ORIGIN), &err));
    VT_CHECK_OK(vt_ledger_init(dir,
                               &(struct vt_ledger_config){ .origin = VT_LIT(ORIGIN),
                                                           .vkey = vt_buf_slice(&text),
                                                           .key = VT_LIT("here"),
                                                           .entries = VT_LEDGER_PUBLIC },
                               &options, &err));
}

void vt_own_desk_prepare(const char *dir)
{
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = vt_own_desk_trust();
    VT_AUTO_DESK desk = { 0 };

    VT_CHECK_OK(vt_desk_open(in(dir, "desk"), true, &desk, &err));
    put_statements(&desk, &world);
    vt_own_desk_approve(&desk, trust, VT_WORLD_BEGAN + 400);
    make_ledger(in(dir, "log"));
}

/* ---- the ledger, open for one act -------------------------------------------------------
 */

struct opened {
    struct vt_env env;
    struct vt_signer *signer;
    struct vt_ledger *ledger;
};

static void close_ledger(struct opened *o)
{
    vt_ledger_close_pointer(&o->ledger);
    vt_signer_stop_pointer(&o->signer);
}

static bool open_ledger(const char *dir, struct opened *o, struct vt_error *err)
{
    struct vt_ledger_options options = { .env = &o->env };

    o->env = vt_env_real();
    if (!vt_signer_start_here(in(dir, "log"), VT_LIT(ORIGIN), vt_world_key(VT_P_LOG),
                              &o->signer, err))
        return false;
    options.signer = o->signer;
    return vt_ledger_open(in(dir, "log"), &options, &o->ledger, err);
}

bool vt_own_desk_publish(const char *dir, struct vt_desk *desk,
                         const struct vt_trust *trust, struct vt_error *err)
{
    __attribute__((cleanup(close_ledger))) struct opened o = { .ledger = NULL };
    VT_AUTO_DOCKET docket = NULL;

    if (!vt_docket_open(desk, trust, "lamp", "1.4.0", VT_WORLD_NOW, &docket, err))
        return false;
    if (docket->is_published)
        return true;
    VT_AUTO_LIST_HISTORY history = vt_list_history_init(trust);
    return open_ledger(dir, &o, err) &&
           vt_publish_release(
               &(struct vt_publisher){ desk, trust, o.ledger, &o.env, &history }, docket,
               vt_world_key(VT_P_VENDOR), err);
}

/* Signed by one of the two; the second one's signature makes it complete. */
static bool sign_withdrawal(const char *dir, struct vt_desk *desk,
                            const struct vt_trust *trust, const struct vt_docket *docket,
                            enum vt_party party, bool *is_made, struct vt_error *err)
{
    const struct vt_list_wish wish = { VT_LIST_WITHDRAW, docket, "it burns", NULL };
    __attribute__((cleanup(close_ledger))) struct opened o = { .ledger = NULL };
    VT_AUTO_LIST_HISTORY history = vt_list_history_init(trust);
    struct vt_next_list list = { .is_complete = false };
    bool ok = vt_next_list_sign(desk, trust, &wish, vt_world_key(party), VT_WORLD_NOW,
                                &list, err);

    *is_made = ok && list.is_made;
    if (ok && list.is_complete && !list.is_made)
        ok = open_ledger(dir, &o, err) &&
             vt_next_list_publish(
                 &(struct vt_publisher){ desk, trust, o.ledger, &o.env, &history }, &list,
                 err);
    vt_buf_clear(&list.bytes);
    return ok;
}

bool vt_own_desk_withdraw(const char *dir, struct vt_desk *desk,
                          const struct vt_trust *trust, struct vt_error *err)
{
    VT_AUTO_DOCKET docket = NULL;
    bool is_made;

    return vt_docket_open(desk, trust, "lamp", "1.4.0", VT_WORLD_NOW, &docket, err) &&
           sign_withdrawal(dir, desk, trust, docket, VT_P_VENDOR, &is_made, err) &&
           (is_made ||
            sign_withdrawal(dir, desk, trust, docket, VT_P_SUPERVISOR, &is_made, err));
}

void vt_own_desk_log(const char *dir, struct vt_desk *desk, const struct vt_trust *trust,
                     vt_slice entry)
{
    __attribute__((cleanup(close_ledger))) struct opened o = { .ledger = NULL };
    VT_AUTO_LIST_HISTORY history = vt_list_history_init(trust);
    VT_AUTO_BUF proof = vt_buf_init(VT_MIB(1));
    struct vt_error err = { 0 };

    VT_CHECK_OK(open_ledger(dir, &o, &err));
    VT_CHECK_OK(vt_publish_entries(
        &(struct vt_publisher){ desk, trust, o.ledger, &o.env, &history }, &entry, 1,
        &proof, &err));
}
