/* See centre_world.h. */
#include "tests/centre_world.h"
#include "cell/aggregate.h"
#include "cell/residency.h"
#include "custody/finding.h"
#include "evidence/field.h"
#include "ledger/shelf.h"
#include "ledger/tlog_proof.h"
#include "release/desk.h"
#include "wire/hex.h"
#include "wire/wire.h"
#include <sys/stat.h>

static const char *in(const struct vt_centre_world *w, const char *name)
{
    return vt_test_print("%s/%s", w->folder, name);
}

/* ---- the ledger -------------------------------------------------------------------------
 */

static vt_slice entry_of(const struct vt_centre_world *w, uint64_t index,
                         const char *filler)
{
    return index >= VT_WORLD_ENTRIES          ? w->said[index - VT_WORLD_ENTRIES]
           : index == VT_CENTRE_WORLD_RELEASE ? w->made.release
           : index == VT_CENTRE_WORLD_LIST    ? w->made.withdrawals
                                              : vt_slice_from_cstr(filler);
}

void vt_centre_world_lay_ledger(const struct vt_centre_world *w, uint64_t size,
                                const char *filler, unsigned witnesses)
{
    VT_AUTO_BUF bundle = vt_buf_init(VT_MIB(1));
    struct vt_tile_name leaves = { 0, 0, (unsigned)size },
                        entries = { VT_TILE_ENTRIES, 0, (unsigned)size };
    vt_hash hashes[VT_CENTRE_WORLD_ALL];
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    VT_CHECK(size > 0 && size <= VT_CENTRE_WORLD_ALL);
    for (uint64_t i = 0; i < size; i++) {
        hashes[i] = vt_sha256_leaf(entry_of(w, i, filler));
        vt_bundle_put(&bundle, entry_of(w, i, filler));
    }
    VT_CHECK_OK(vt_disk_open(in(w, "ledgers/" VT_CENTRE_WORLD_LEDGER), true, &disk, &err));
    VT_CHECK_OK(vt_shelf_write_tile(disk, &leaves, hashes, &err));
    VT_CHECK_OK(vt_shelf_write_bundle(disk, &entries, vt_buf_slice(&bundle), &err));
    VT_CHECK_OK(vt_disk_flush(disk, &err));
    VT_CHECK_OK(vt_disk_write(disk, "checkpoint",
                              vt_world_checkpoint(&w->world, hashes, size, witnesses), 0644,
                              &err));
    vt_disk_close(disk);
}

/* ---- what is said under a date or a number
 * ------------------------------------------------
 */

/* Seconds after the trust root was made; it is 3000 seconds old now. */
static const char *at(const struct vt_centre_world *w, int64_t seconds)
{
    return vt_world_time(w->world.trust_created + seconds);
}

static json_t *promise(const struct vt_centre_world *w, const char *id, const char *what,
                       int64_t due)
{
    return json_pack("{s:s,s:s,s:s,s:{s:s,s:s},s:s,s:s}", "id", id, "what", what, "by",
                     "Acme", "evidence", "kind", "document", "words",
                     "the report of the auditor", "due", at(w, due), "created",
                     at(w, 1500));
}

/* Its text is under embargo, its date has passed. */
static json_t *finding(const struct vt_centre_world *w)
{
    const vt_hash salt = { { 7 } };
    vt_hash commitment = vt_finding_commitment(&salt, VT_LIT("the lamp flickers"));

    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:s,s:s}", "id", "f-1", "severity",
                     "high", "owner", "Acme", "due", at(w, 2500), "state", "open", "note",
                     "", "commitment", vt_field_of_hash(&commitment), "embargo",
                     at(w, 9999999), "created", at(w, 1600));
}

/* ---- where data lie ---------------------------------------------------------------------
 */

enum { ZURICH, HEADQUARTERS };

static void set(struct vt_residency *table, const char *country, unsigned data,
                const struct vt_residency_step *step)
{
    struct vt_error err = { 0 };
    size_t i;

    VT_CHECK(vt_country_of(vt_slice_from_cstr(country), &i));
    VT_CHECK_OK(vt_residency_set(&table->lines[i][data], step, &err));
}

/* Switzerland's are here, Canada's stay; files of Germany are on their way, and will be
 * there; all else is not moved yet. */
static void fill(struct vt_residency *table, int64_t made)
{
    const struct vt_residency_step here = { made, 0, VT_RESIDENCY_HERE, ZURICH, ZURICH },
                                   stay = { made, 0, VT_RESIDENCY_STAYS, HEADQUARTERS,
                                            HEADQUARTERS },
                                   rest = { made, 0, VT_RESIDENCY_NOT_MOVED, HEADQUARTERS,
                                            HEADQUARTERS },
                                   move = { made, made + 500000, VT_RESIDENCY_MOVING,
                                            HEADQUARTERS, ZURICH },
                                   come = { made + 900000, 0, VT_RESIDENCY_HERE, ZURICH,
                                            ZURICH };

    for (size_t i = 0; i < VT_COUNTRIES; i++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
            set(table, vt_country_code(i), data, &rest);
    for (unsigned data = 0; data < VT_DATA_CLASSES; data++) {
        set(table, "CH", data, &here);
        set(table, "CA", data, &stay);
    }
    set(table, "DE", VT_DATA_FILE, &move);
    set(table, "DE", VT_DATA_FILE, &come);
}

static vt_slice table_of(const struct vt_centre_world *w, unsigned signers)
{
    struct vt_residency *table = vt_arena_alloc(vt_test_arena(), sizeof *table);
    struct vt_error err = { 0 };
    json_t *predicate = NULL;

    table->version = 1;
    table->created_unix_s = w->world.trust_created + 1900;
    table->cells[ZURICH] = (struct vt_residency_cell){ VT_LIT("zurich"), VT_LIT("CH"),
                                                       VT_LIT("https://zh.example.org") };
    table->cells[HEADQUARTERS] =
        (struct vt_residency_cell){ VT_LIT("headquarters"), VT_LIT("CA"),
                                    VT_LIT("https://hq.example.org") };
    table->cell_count = 2;
    fill(table, table->created_unix_s);
    VT_CHECK_OK(vt_residency_write(table, &predicate, &err));
    return vt_world_about_itself(VT_RESIDENCY, predicate, signers);
}

static json_t *service(const char *name, const char *where, const char *state,
                       const char *promise, const char *reason)
{
    json_t *row =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "name", name, "what", "what clients send",
                  "where", where, "from", "headquarters", "state", state, "reason", reason);

    if (promise != NULL)
        (void)json_object_update_new(
            row, json_pack("{s:s,s:s}", "to", "zurich", "promise", promise));
    return row;
}

static json_t *plan(const struct vt_centre_world *w)
{
    return json_pack("{s:I,s:[o,o,o,o],s:s}", "version", (json_int_t)1, "services",
                     service("lookups", "cell", "here", NULL, ""),
                     service("build", "outside", "moving", "swiss-build", ""),
                     service("uploads", "cell", "not moved yet", "swiss-files", ""),
                     service("website", "outside", "stays", NULL, "public pages"),
                     "created", at(w, 1850));
}

/* ---- who builds, and what is counted
 * --------------------------------------------------------
 */

static vt_slice environment(const struct vt_centre_world *w, unsigned signers)
{
    return vt_world_statement(VT_ENVIRONMENT_AUTHORISATION, "environment",
                              json_pack("{s:s,s:s,s:s,s:s,s:i,s:s,s:s}", "environment",
                                        vt_world_digest("environment"), "lock",
                                        vt_world_digest("lock"), "suite", "bookworm",
                                        "architecture", "amd64", "packages", 61, "note",
                                        "the tools of lamp", "created", at(w, 1910)),
                              signers);
}

static vt_slice builder(const struct vt_centre_world *w)
{
    char public[VT_HEX256_BYTES];

    vt_hex_text(VT_BYTES(*vt_key_public(vt_world_key(VT_P_ENROLLED))), public);
    return vt_world_statement(
        VT_ENROLMENT, "Acme",
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:s,s:s},s:s,s:s}", "keyid",
                  vt_world_keyid(VT_P_ENROLLED), "public", public, "holder", "Acme", "role",
                  "builder", "jurisdiction", "CH", "site", "Berne", "mandate",
                  "accreditation", "none", "funding", "Acme", "until", at(w, 9999999),
                  "from", at(w, 1920), "until", at(w, 9999999)),
        VT_BIT(VT_P_SUPERVISOR));
}

/* Of 4000 reports; what few said is not told. */
static vt_slice statistics(unsigned signers)
{
    static const char text[] =
        "{\"v\":1,\"name\":\"detections\",\"version\":1,\"purpose\":\"which dangers "
        "spread\",\"period_s\":86400,\"least\":50,\"budget_milli\":4000,\"fields\":["
        "{\"name\":\"verdict\",\"question\":\"What was the worst verdict?\","
        "\"epsilon_milli\":2000,\"values\":[\"clean\",\"malicious\",\"suspicious\"]}]}";
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
    VT_AUTO_FREE struct vt_statistic_tally *tally = vt_alloc(sizeof *tally);
    struct vt_error err = { 0 };
    json_t *predicate = NULL;

    VT_CHECK_OK(vt_statistic_schema_parse(vt_slice_from_cstr(text), &schema, &err));
    tally->period = 20000;
    tally->reports = 4000;
    tally->ones[0][0] = 1750;
    tally->ones[0][1] = 810;
    tally->ones[0][2] = 480;
    VT_CHECK_OK(vt_aggregate_write(&schema, tally, VT_LIT("zurich"), 2, &predicate, &err));
    return vt_world_about_itself(VT_AGGREGATE, predicate, signers);
}

static void say_all(struct vt_centre_world *w)
{
    w->said[0] = vt_world_about_itself(
        VT_PROMISE, promise(w, "swiss-build", "the line stands in Zurich", 2500),
        VT_BIT(VT_P_VENDOR));
    w->said[1] = vt_world_about_itself(
        VT_PROMISE, promise(w, "swiss-files", "files lie in Zurich", 9999999),
        VT_BIT(VT_P_VENDOR));
    w->said[2] =
        vt_world_statement(VT_FINDING, "lamp.bin", finding(w), VT_BIT(VT_P_REVIEWER));
    w->said[3] = vt_world_about_itself(
        VT_REQUEST,
        json_pack("{s:I,s:s,s:s,s:s,s:s,s:[],s:s}", "number", (json_int_t)2, "country",
                  "DE", "kind", "data", "received", at(w, 1600), "state", "received",
                  "given", "created", at(w, 1700)),
        VT_BIT(VT_P_FOUNDATION));
    w->said[4] = vt_world_about_itself(
        VT_DENIAL,
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "of", "Acme", "asked",
                  "the build host's log", "asked_at", at(w, 1700), "refused_at",
                  at(w, 1750), "reason", "a secret", "created", at(w, 1800)),
        VT_BIT(VT_P_SUPERVISOR));
    w->said[5] = vt_world_about_itself(VT_RELOCATION_PLAN, plan(w), VT_BIT(VT_P_VENDOR));
    w->said[6] = table_of(w, VT_BIT(VT_P_RESIDENCY_A) | VT_BIT(VT_P_RESIDENCY_B));
    w->said[7] = environment(w, VT_BIT(VT_P_SUPERVISOR));
    w->environment_of_vendor = environment(w, VT_BIT(VT_P_VENDOR));
    w->said[8] = builder(w);
    w->said[9] = statistics(VT_BIT(VT_P_CELL));
    w->statistics_of_nobody = statistics(VT_BIT(VT_P_RESIDENCY_A));
    w->table_of_one = table_of(w, VT_BIT(VT_P_RESIDENCY_A));
}

/* ---- the desk ---------------------------------------------------------------------------
 */

static void put(struct vt_desk *desk, const char *version, vt_slice envelope)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_docket_put(desk, "lamp", version, envelope, &err));
}

static vt_slice draft(const struct vt_world *w, const char *version, uint64_t sequence)
{
    return vt_world_statement(
        VT_DRAFT, "source",
        json_pack("{s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:[],s:s}", "product", w->product,
                  "version", version, "sequence", (json_int_t)sequence, "channel",
                  w->channel, "kind", w->kind, "source", vt_world_digest(w->source),
                  "recipe", vt_world_digest("recipe"), "lock", vt_world_digest("lock"),
                  "environment", vt_world_digest("environment"), "documents", "created",
                  vt_world_time(w->trust_created + 5)),
        VT_BIT(VT_P_VENDOR));
}

static void lay_desk(const struct vt_centre_world *w)
{
    struct vt_error err = { 0 };
    VT_AUTO_DESK desk = { 0 };

    VT_CHECK_OK(vt_desk_open(in(w, "desk"), true, &desk, &err));
    for (size_t i = 0; i < w->made.envelope_count; i++)
        put(&desk, "1.4.0", w->made.envelopes[i]);
    put(&desk, "1.4.0", draft(&w->world, "1.4.0", w->world.sequence));
    VT_CHECK_OK(vt_disk_write(desk.disk, "releases/lamp/1.4.0/release.tlog-proof",
                              w->made.release_proof, 0644, &err));
    VT_CHECK_OK(
        vt_disk_write(desk.disk, "withdrawals/3.json", w->made.withdrawals, 0644, &err));
    VT_CHECK_OK(vt_disk_write(desk.disk, "withdrawals/3.tlog-proof",
                              w->made.withdrawals_proof, 0644, &err));
    put(&desk, "1.5.0", draft(&w->world, "1.5.0", w->world.sequence + 1));
}

/* ---- all of it --------------------------------------------------------------------------
 */

static void lay_public(const struct vt_centre_world *w)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    VT_CHECK_OK(vt_disk_open(in(w, "public"), true, &disk, &err));
    VT_CHECK_OK(vt_disk_write(disk, "lamp/1.4.0/lamp.bin", w->made.file, 0644, &err));
    VT_CHECK_OK(
        vt_disk_write(disk, "lamp/1.4.0/lamp.bin.evidence", w->made.evidence, 0644, &err));
    vt_disk_close(disk);
}

void vt_centre_world_make(const char *dir, struct vt_centre_world *out)
{
    vt_centre_world_make_of(dir, vt_world_good().file, out);
}

void vt_centre_world_make_of(const char *dir, const char *released,
                             struct vt_centre_world *out)
{
    *out = (struct vt_centre_world){ .world = vt_world_good(), .folder = dir };
    out->world.file = released;
    vt_world_move(&out->world, time(NULL) - VT_WORLD_NOW);
    vt_world_make(&out->world, &out->made);
    say_all(out);
    vt_test_write(in(out, "trust.json"), out->made.trust);
    vt_centre_world_lay_ledger(out, VT_WORLD_ENTRIES, out->world.filler, 7);
    lay_desk(out);
    lay_public(out);
}
