/* The client's folder while a file is shared, broken at each disk operation: nothing is
 * said to a cell that is not in the record, one line a file however often it breaks off,
 * and a receipt that was kept stays. */
#include "cell/consent.h"
#include "cell/sent.h"
#include "cell/share.h"
#include "cell/withdrawal.h"
#include "tests/sharing_world.h"
#include "tests/stage.h"

static const char *in_folder(const char *dir, const char *name)
{
    return vt_test_print("%s/%s", dir, name);
}

static int64_t tell_now(void *context)
{
    (void)context;
    return VT_WORLD_NOW * INT64_C(1000);
}

static struct vt_env world_env(void)
{
    struct vt_env env = vt_env_real();

    env.now_unix_ms = tell_now;
    return env;
}

/* ---- a cell that takes everything -------------------------------------------------------
 */

struct cell {
    const char *dir;
    struct vt_share_request request;
};

/* Whatever comes here is in the record on the disk. */
static void check_recorded(const struct cell *cell)
{
    struct vt_disk *home;
    VT_AUTO_SENT sent = NULL;
    struct vt_error err = { 0 };
    size_t count = 0;

    VT_CHECK_OK(vt_disk_open(in_folder(cell->dir, "home"), false, &home, &err));
    VT_CHECK_OK(vt_sent_open(home, &sent, &err));
    for (size_t i = 0; i < vt_sent_count(sent); i++)
        count += vt_hash_equal(&vt_sent_at(sent, i)->sha256, &cell->request.object);
    VT_CHECK_SAYING(count == 1, "%zu lines for what was sent", count);
    vt_disk_close(home);
}

static bool take_wish(void *context, const struct vt_share_request *request,
                      struct vt_share_reply *out, struct vt_error *err)
{
    struct cell *cell = context;
    char text[65];

    (void)err;
    cell->request = *request;
    check_recorded(cell);
    vt_hash_text(&request->object, text);
    vt_stage_say("sent %s", text);
    out->status = 201;
    return true;
}

static bool take_body(void *context, const vt_hash *object, uint64_t offset, vt_slice bytes,
                      struct vt_share_reply *out, struct vt_error *err)
{
    const struct cell *cell = context;

    (void)object;
    out->offset = offset + bytes.len;
    out->status = out->offset < cell->request.body_bytes ? 202 : 200;
    return out->status == 202 ||
           vt_share_receipt_write(&cell->request, false, VT_WORLD_NOW, VT_WORLD_NOW + 100,
                                  vt_world_key(VT_P_CELL), &out->document, err);
}

/* ---- a client ---------------------------------------------------------------------------
 */

struct client {
    struct vt_env env;
    struct vt_trust *trust;
    struct vt_residency_record *policy;
    struct vt_head_verdict head;
    struct vt_recipient recipient;
    struct vt_share_place place;
    struct cell cell;
    const char *file;
};

static struct client *client(const char *dir)
{
    struct client *c = vt_arena_alloc(vt_test_arena(), sizeof *c);
    struct vt_error err = { 0 };

    c->env = world_env();
    c->cell.dir = dir;
    c->file = vt_test_path("wanted.exe");
    VT_CHECK_OK(vt_trust_parse(vt_sharing_world_trust(VT_WORLD_NOW), &c->trust, &err));
    VT_CHECK_OK(vt_residency_record_parse(vt_sharing_world_policy(VT_WORLD_NOW - 5000),
                                          &c->policy, &err));
    VT_CHECK_OK(vt_head_file_parse(
        vt_sharing_world_head_file(VT_WORLD_NOW, vt_sharing_world_head(VT_WORLD_NOW, 41),
                                   VT_SHARING_WANTED),
        &c->head.file, &err));
    c->recipient = vt_sharing_recipient(VT_WORLD_NOW);
    c->place = (struct vt_share_place){ .trust = c->trust,
                                        .policy = &c->policy->table,
                                        .country = "CH",
                                        .head = &c->head,
                                        .recipients = &c->recipient,
                                        .recipient_count = 1,
                                        .env = &c->env };
    return c;
}

static bool share(struct client *c, struct vt_disk *home, struct vt_error *err)
{
    const struct vt_share_door door = {
        .share = take_wish, .put = take_body, .context = &c->cell, .piece_bytes = 200
    };
    struct vt_share_plan plan;
    VT_AUTO_SHARE_PARCEL parcel = { .was_begun = false };
    VT_AUTO_KEY pseudonym = NULL;
    struct vt_share_outcome outcome;
    char text[65];

    if (!vt_share_plan_make(&c->place, c->file, NULL, &plan, err) ||
        !vt_pseudonym_open(home, VT_LIT("zurich"), &c->env, &pseudonym, err) ||
        !vt_share_parcel_open(home, &c->place, &plan, pseudonym, &parcel, err) ||
        !vt_share_send(home, &c->place, &parcel, VT_LIT("wanted.exe"), pseudonym, &door,
                       &outcome, err))
        return false;
    vt_hash_text(&parcel.request.object, text);
    vt_stage_say("receipt %s", text);
    return true;
}

static void clear(struct client *c)
{
    vt_head_verdict_clear(&c->head);
    vt_residency_record_free(c->policy);
    vt_trust_free(c->trust);
}

static void prepare(const char *dir)
{
    struct vt_error err = { 0 };
    struct vt_disk *home;

    vt_test_write(vt_test_path("wanted.exe"), VT_LIT(VT_SHARING_WANTED));
    VT_CHECK_OK(vt_disk_open(in_folder(dir, "home"), true, &home, &err));
    VT_CHECK_OK(vt_disk_lock(home, &err));
    VT_CHECK_OK(vt_consent_turn(home, VT_CONSENT_SUBMIT, true, 1, &err));
    vt_disk_close(home);
}

static bool act(const char *dir, struct vt_error *err)
{
    struct client *c = client(dir);
    struct vt_disk *home;
    bool ok;

    if (!vt_disk_open(in_folder(dir, "home"), false, &home, err)) {
        clear(c);
        return false;
    }
    ok = vt_disk_lock(home, err) && vt_disk_sweep(home, "", err) && share(c, home, err);
    vt_disk_close(home);
    clear(c);
    return ok;
}

/* The same command again. */
static bool restart(const char *dir, struct vt_error *err)
{
    return act(dir, err);
}

/* Each receipt that was told of is there, and a bond for whatever was sent. */
static void check(const char *dir)
{
    vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
    vt_slice line;

    while (vt_read_line(&r, &line)) {
        if (vt_slice_starts_with(line, VT_LIT("sent ")))
            VT_CHECK_SAYING(
                vt_path_exists(vt_test_print("%s/home/bonds/%.*s", dir, (int)line.len - 5,
                                             (const char *)line.data + 5)),
                "a file was sent, and who had its key can never be asked");
        if (!vt_slice_starts_with(line, VT_LIT("receipt ")))
            continue;
        VT_CHECK_SAYING(
            vt_path_exists(vt_test_print("%s/home/receipts/%.*s", dir, (int)line.len - 8,
                                         (const char *)line.data + 8)),
            "a receipt was kept, and is lost");
    }
}

static const struct vt_stage_play play = {
    .name = "a file that is shared",
    .prepare = prepare,
    .act = act,
    .restart = restart,
    .check = check,
    .torn_seeds = 1,
    .twice_every = 30,
};

static void it_holds(void)
{
    vt_stage_must_hold(&play);
}

static const struct vt_case cases[] = {
    { "record before sending, receipt for good", it_holds },
};

VT_TEST_MAIN("cell.crash_share", cases)
