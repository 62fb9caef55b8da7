/* See sharing_world.h. */
#include "tests/sharing_world.h"
#include "cell/queue_door.h"
#include "cell/site.h"
#include "evidence/field.h"
#include "store/disk.h"
#include "tests/cell_world.h"
#include "tests/small_cell.h"

enum { ZURICH, FRANKFURT };

static const char SCHEMA[] =
    "{\"v\":1,\"name\":\"health\",\"version\":1,\"purpose\":\"which systems are in use\","
    "\"period_s\":86400,\"least\":10,\"budget_milli\":1000,\"fields\":["
    "{\"name\":\"system\",\"question\":\"Which system runs?\",\"values\":[\"linux\","
    "\"other\"],\"epsilon_milli\":500}]}";

static const char *text_of_recipient(int64_t now)
{
    struct vt_recipient recipient = vt_sharing_recipient(now);
    struct vt_buf *text = vt_arena_alloc(vt_test_arena(), sizeof *text);
    struct vt_error err = { 0 };

    *text = vt_buf_init(VT_RECIPIENT_BYTES_MAX);
    VT_CHECK_OK(vt_recipient_write(&recipient, text, &err));
    return vt_buf_cstr(text);
}

/* ---- trust and residency ----------------------------------------------------------------
 */

static struct vt_world world_of(int64_t now)
{
    struct vt_world world = vt_world_good();

    vt_world_move(&world, now - VT_WORLD_NOW);
    return world;
}

vt_slice vt_sharing_world_trust(int64_t now)
{
    return vt_sharing_world_trust_until(now, now + 1000000);
}

vt_slice vt_sharing_world_trust_until(int64_t now, int64_t certified_until)
{
    struct vt_world world = world_of(now);
    struct vt_cell_world cell = vt_cell_world_good();
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
    struct vt_error err = { 0 };
    VT_AUTO_BUF canonical = vt_buf_init(VT_KIB(8));

    VT_CHECK_OK(vt_statistic_schema_parse(vt_slice_from_cstr(SCHEMA), &schema, &err));
    VT_CHECK_OK(vt_json_write_canonical(schema.json, &canonical, &err));
    cell.key_from = cell.certified_from = now - 1000000;
    cell.key_until = now + 1000000;
    cell.certified_until = certified_until;
    cell.recipient = text_of_recipient(now);
    cell.statistics = vt_buf_cstr(&canonical);
    return vt_cell_world_trust(&world, &cell);
}

static void fill(struct vt_residency *table, int64_t made)
{
    struct vt_error err = { 0 };
    size_t ch, de;

    VT_CHECK(vt_country_of(VT_LIT("CH"), &ch) && vt_country_of(VT_LIT("DE"), &de));
    for (size_t i = 0; i < VT_COUNTRIES; i++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++) {
            uint8_t cell = i == ch ? ZURICH : FRANKFURT;
            struct vt_residency_step step = { made, 0, VT_RESIDENCY_HERE, cell, cell };

            if (i == de && data == VT_DATA_FILE)
                step = (struct vt_residency_step){ made, made + 1, VT_RESIDENCY_MOVING,
                                                   FRANKFURT, ZURICH };
            VT_CHECK_OK(vt_residency_set(&table->lines[i][data], &step, &err));
        }
}

vt_slice vt_sharing_world_policy(int64_t made)
{
    struct vt_residency *table = vt_arena_alloc(vt_test_arena(), sizeof *table);
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON json = NULL;
    struct vt_error err = { 0 };

    *table = (struct vt_residency){
        .version = 1,
        .created_unix_s = made,
        .cells = { { VT_LIT("zurich"), VT_LIT("CH"), VT_LIT("https://zh.example.org") },
                   { VT_LIT("frankfurt"), VT_LIT("DE"),
                     VT_LIT("https://fr.example.org") } },
        .cell_count = 2,
    };
    fill(table, made);
    VT_CHECK_OK(vt_residency_write(table, &json, &err));
    VT_CHECK_OK(vt_statement_write_about_itself(VT_RESIDENCY, json, &payload, &err));
    return vt_world_sign(vt_buf_slice(&payload),
                         VT_BIT(VT_P_RESIDENCY_A) | VT_BIT(VT_P_RESIDENCY_B));
}

/* ---- the head ---------------------------------------------------------------------------
 */

static vt_slice leave_of(const char *wanted, int64_t now)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64));
    VT_AUTO_JSON predicate =
        json_pack("{s:s,s:[s],s:[s],s:s,s:s}", "product", "lamp", "rules", VT_SHARING_RULE,
                  "hashes", vt_world_digest(wanted), "purpose", "samples of a new worm",
                  "created", vt_world_time(now - 200000));

    VT_CHECK_OK(vt_statement_write_about_itself(VT_COLLECTION, predicate, &payload, &err));
    return vt_world_sign(vt_buf_slice(&payload), VT_BIT(VT_P_SUPERVISOR));
}

struct vt_cell_head vt_sharing_world_head(int64_t now, uint64_t epoch)
{
    return (struct vt_cell_head){
        .cell = VT_LIT("zurich"),
        .jurisdiction = VT_LIT("CH"),
        .epoch = epoch,
        .from_unix_s = now - 60,
        .until_unix_s = now + 3600,
        .tree = { .bits = 0, .bucket_bytes = 512 },
        .filter = { vt_sha256_of(VT_LIT("filter")), 1000 },
        .rules = vt_sha256_of(VT_LIT("rules")),
    };
}

vt_slice vt_sharing_world_head_file(int64_t now, struct vt_cell_head head,
                                    const char *wanted)
{
    const struct vt_sharing_cell zurich = { text_of_recipient(now), VT_CELL_WORLD_ORIGIN,
                                            VT_P_HEADS, vt_world_key(VT_P_CELL) };

    return vt_sharing_world_head_of(&zurich, now, head, wanted);
}

vt_slice vt_sharing_world_head_of(const struct vt_sharing_cell *cell, int64_t now,
                                  struct vt_cell_head head, const char *wanted)
{
    const struct vt_key *keys[1] = { cell->key };
    vt_slice leave = leave_of(wanted != NULL ? wanted : "", now), envelope,
             leave_proof =
                 vt_world_prove_at(&(struct vt_world_place){ VT_WORLD_ORIGIN, VT_P_LOG, 9,
                                                             1000, 7, now - 190000 },
                                   leave);
    vt_hash digest = vt_envelope_digest(leave);
    VT_AUTO_JSON recipients = json_pack("[s]", vt_world_digest(cell->recipient));
    VT_AUTO_JSON collections = json_pack(
        "[{s:o,s:[s],s:[s]}]", "authorisation", vt_field_of_hash(&digest), "rules",
        VT_SHARING_RULE, "hashes", vt_world_digest(wanted != NULL ? wanted : ""));
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64)), signed_head = vt_buf_init(VT_KIB(128));
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    struct vt_error err = { 0 };

    *out = vt_buf_init(VT_HEAD_FILE_BYTES_MAX);
    head.recipients = recipients;
    head.collections = wanted != NULL ? collections : NULL;
    VT_CHECK_OK(vt_cell_head_write(&head, &payload, &err));
    VT_CHECK_OK(vt_envelope_sign(vt_buf_slice(&payload), keys, 1, &signed_head, &err));
    envelope = vt_arena_copy(vt_test_arena(), vt_buf_slice(&signed_head));
    VT_CHECK_OK(vt_head_file_write(
        envelope,
        vt_world_prove_at(&(struct vt_world_place){ cell->origin, cell->heads, head.epoch,
                                                    head.epoch + 1, 7, now - 50 },
                          envelope),
        &leave, &leave_proof, wanted != NULL, out, &err));
    return vt_buf_slice(out);
}

void vt_sharing_world_show(const struct vt_sharing_world *world, uint64_t epoch,
                           const char *wanted)
{
    struct vt_cell_head head = vt_sharing_world_head(world->now, epoch);
    struct vt_verdicts table = vt_small_cell_table(64);
    struct vt_cell_written written;
    struct vt_cell_site *site;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_cell_site_open(vt_test_dir(), &site, &err));
    VT_CHECK_OK(vt_cell_site_write(site, &table, 3, 8, &head, &written, &err));
    VT_CHECK_OK(vt_cell_site_show(
        site, vt_sharing_world_head_file(world->now, head, wanted), 120, &written, &err));
    vt_cell_site_close(site);
}

/* ---- all of it --------------------------------------------------------------------------
 */

static void publish_recipient(const struct vt_sharing_world *world)
{
    struct vt_recipient recipient = vt_sharing_recipient(world->now);
    char path[VT_RECIPIENT_PATH_BYTES];
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    vt_cell_recipient_path(&recipient.digest, path);
    VT_CHECK_OK(vt_disk_open(world->published, true, &disk, &err));
    VT_CHECK_OK(vt_disk_write(disk, path, vt_slice_from_cstr(text_of_recipient(world->now)),
                              0644, &err));
    vt_disk_close(disk);
}

static void write_key(const char *path)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(16));
    struct vt_error err = { 0 };

    VT_CHECK_OK(
        vt_key_write_pem(vt_world_key(VT_P_CELL), VT_LIT("open sesame"), &pem, &err));
    vt_test_write(path, vt_buf_slice(&pem));
    VT_CHECK(chmod(path, 0600) == 0);
}

struct vt_sharing_world vt_sharing_world_make(void)
{
    struct vt_env env = vt_env_real();
    struct vt_sharing_world out = { .now = vt_env_now_unix_s(&env),
                                    .trust = vt_test_path("trust.json"),
                                    .policy = vt_test_path("residency.json"),
                                    .policy_proof = vt_test_path("residency.proof"),
                                    .key = vt_test_path("cell.pem"),
                                    .schema = vt_test_path("schema.json"),
                                    .published = vt_test_path("public"),
                                    .samples = vt_test_path("samples") };
    struct vt_world world = world_of(out.now);
    vt_slice policy = vt_sharing_world_policy(out.now - 5000);

    out.trust_bytes = vt_sharing_world_trust(out.now);
    vt_test_write(out.trust, out.trust_bytes);
    vt_test_write(out.policy, policy);
    vt_test_write(out.policy_proof, vt_world_prove(&world, policy));
    vt_test_write(out.schema, vt_slice_from_cstr(SCHEMA));
    write_key(out.key);
    publish_recipient(&out);
    vt_sharing_world_show(&out, 41, VT_SHARING_WANTED);
    return out;
}

struct vt_keeper_begin vt_sharing_world_begin(const struct vt_sharing_world *world)
{
    return (struct vt_keeper_begin){ .sources = { .cell = "zurich",
                                                  .published = world->published,
                                                  .trust = world->trust,
                                                  .policy = world->policy,
                                                  .policy_proof = world->policy_proof,
                                                  .schema = world->schema },
                                     .samples = world->samples,
                                     .key = world->key,
                                     .passphrase = VT_LIT("open sesame"),
                                     .bounds = { .free_bytes_min = 1 } };
}

struct vt_role *vt_sharing_world_keeper(const struct vt_keeper_begin *begin,
                                        struct vt_channel *queue)
{
    struct vt_role *keeper;
    struct vt_error err = { 0 };
    int door;

    VT_CHECK_OK(vt_hatch_new(&door, &err));
    VT_CHECK_OK(
        vt_role_start(VT_ROLE_CELL_KEEPER, &door, VT_CELL_KEEPER_FDS, &keeper, &err));
    VT_CHECK_OK(vt_cell_keeper_tell(vt_role_channel(keeper), begin, &err));
    VT_CHECK_OK(vt_queue_door_open(door, begin->samples, &err));
    VT_CHECK_OK(vt_queue_door_knock(begin->samples, queue, &err));
    vt_fd_close(&door);
    return keeper;
}
