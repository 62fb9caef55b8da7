/* See moving_cells.h. */
#include "tests/moving_cells.h"
#include "crypto/verify_note.h"
#include "evidence/field.h"
#include "store/disk.h"
#include "tests/cell_world.h"
#include "tests/small_cell.h"
#include "tests/small_log.h"
#include <signal.h>

enum { EPOCH = 41, LIFE_S = 6 * 3600, YEAR_S = 365 * 86400 };

/* ---- trust ------------------------------------------------------------------------------
 */

static void add_cell(json_t *trust, const struct vt_moving_cell *cell, int64_t now)
{
    VT_CHECK(json_array_append_new(json_object_get(trust, "ledgers"),
                                   json_pack("{s:s,s:s,s:s}", "origin", cell->origin, "use",
                                             "head", "cell", cell->name)) == 0);
    VT_CHECK(json_array_append_new(json_object_get(trust, "certified"),
                                   json_pack("{s:s,s:s,s:s,s:s,s:s}", "use", "recipient",
                                             "cell", cell->name, "sha256",
                                             vt_world_digest(cell->document), "from",
                                             vt_world_time(now - YEAR_S), "until",
                                             vt_world_time(now + YEAR_S))) == 0);
}

static struct vt_world world_of(int64_t now)
{
    struct vt_world world = vt_world_good();

    vt_world_move(&world, now - VT_WORLD_NOW);
    return world;
}

static vt_slice trust_of(const struct vt_moving_cells *w)
{
    struct vt_world world = world_of(w->made);
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64)), policy = vt_buf_init(VT_KIB(16));
    VT_AUTO_JSON trust = NULL;
    struct vt_error err = { 0 };

    for (size_t i = 0; i < 2; i++)
        vt_buf_printf(&policy, "log %s\n",
                      vt_test_vkey(w->cells[i].origin, VT_NOTE_ED25519,
                                   vt_world_key(w->cells[i].heads)));
    vt_buf_put_text(&policy, vt_world_policy(3, world.trust_origin));
    world.policy = vt_buf_cstr(&policy);
    world.keys[VT_P_CELL].product = "zurich";
    world.keys[VT_P_CELL].jurisdiction = "CH";
    trust = vt_world_trust_predicate(&world);
    VT_CHECK(json_object_set_new(trust, "certified", json_array()) == 0);
    VT_CHECK(json_array_append_new(
                 json_object_get(trust, "keys"),
                 vt_custody_destination_row(w->made - YEAR_S, w->made + YEAR_S)) == 0);
    for (size_t i = 0; i < 2; i++)
        add_cell(trust, &w->cells[i], w->made);
    VT_CHECK_OK(vt_statement_write_about_itself(VT_TRUST, trust, &payload, &err));
    return vt_world_sign(vt_buf_slice(&payload), world.root_signers);
}

/* ---- the table of residency -------------------------------------------------------------
 */

static void put_step(struct vt_residency *table, size_t country, enum vt_data_class data,
                     struct vt_residency_step step)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_residency_set(&table->lines[country][data], &step, &err));
}

static void fill(struct vt_residency *table, int64_t made, int64_t cut_over)
{
    size_t ch;

    VT_CHECK(vt_country_of(VT_LIT("CH"), &ch));
    for (size_t i = 0; i < VT_COUNTRIES; i++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
            if (i != ch || data != VT_DATA_FILE)
                put_step(table, i, (enum vt_data_class)data,
                         (struct vt_residency_step){ made, 0, VT_RESIDENCY_HERE, 0, 0 });
    put_step(table, ch, VT_DATA_FILE,
             (struct vt_residency_step){ made, cut_over, VT_RESIDENCY_MOVING, 0, 1 });
    put_step(table, ch, VT_DATA_FILE,
             (struct vt_residency_step){ cut_over, 0, VT_RESIDENCY_HERE, 1, 1 });
}

/* Returns the digest of its payload. */
static vt_hash write_table(struct vt_moving_cells *w, uint64_t version, int64_t cut_over)
{
    struct vt_residency *table = vt_arena_alloc(vt_test_arena(), sizeof *table);
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_world world = world_of(w->made);
    VT_AUTO_JSON json = NULL;
    struct vt_error err = { 0 };
    vt_slice signed_;

    *table = (struct vt_residency){ .version = version,
                                    .created_unix_s = w->made - 5000 + (int64_t)version,
                                    .has_previous = version > 1,
                                    .previous = w->table,
                                    .cell_count = 2 };
    for (size_t i = 0; i < 2; i++)
        table->cells[i] = (struct vt_residency_cell){
            vt_slice_from_cstr(w->cells[i].name),
            vt_slice_from_cstr(w->cells[i].jurisdiction),
            vt_slice_from_cstr(
                vt_test_print("https://%s.example.org%s", w->cells[i].name, ""))
        };
    fill(table, w->made - 5000, cut_over);
    VT_CHECK_OK(vt_residency_write(table, &json, &err));
    VT_CHECK_OK(vt_statement_write_about_itself(VT_RESIDENCY, json, &payload, &err));
    signed_ = vt_world_sign(vt_buf_slice(&payload),
                            VT_BIT(VT_P_RESIDENCY_A) | VT_BIT(VT_P_RESIDENCY_B));
    vt_test_write(w->policy, signed_);
    vt_test_write(w->policy_proof, vt_world_prove(&world, signed_));
    return vt_sha256_of(vt_buf_slice(&payload));
}

/* ---- a cell -----------------------------------------------------------------------------
 */

static void make_document(struct vt_moving_cells *w, struct vt_moving_cell *cell,
                          enum vt_custody_place place)
{
    struct vt_buf *text = vt_arena_alloc(vt_test_arena(), sizeof *text);
    struct vt_error err = { 0 };

    *text = vt_buf_init(VT_RECIPIENT_BYTES_MAX);
    cell->recipient =
        (struct vt_recipient){ .country = "CH",
                               .holder = "Watch",
                               .data_class = "file",
                               .from_unix_s = w->made - 86400,
                               .until_unix_s = w->made + 30 * 86400,
                               .key = w->custody.world.identities[place].recipient };
    (void)snprintf(cell->recipient.cell, sizeof cell->recipient.cell, "%s", cell->name);
    VT_CHECK_OK(vt_recipient_write(&cell->recipient, text, &err));
    VT_CHECK_OK(vt_cell_recipient_parse(vt_buf_slice(text), &cell->recipient, &err));
    cell->document = vt_buf_cstr(text);
    cell->document_file = vt_test_path(vt_test_print("%s.recipient%s", cell->name, ""));
    vt_test_write(cell->document_file, vt_buf_slice(text));
}

static void publish(const struct vt_moving_cells *w, struct vt_moving_cell *cell)
{
    const struct vt_sharing_cell who = { cell->document, cell->origin, cell->heads,
                                         cell->signer };
    struct vt_cell_head head = vt_sharing_world_head(w->made, EPOCH);
    struct vt_verdicts table = vt_small_cell_table(64);
    struct vt_cell_written written;
    struct vt_cell_site *site;
    struct vt_error err = { 0 };

    head.cell = vt_slice_from_cstr(cell->name);
    head.jurisdiction = vt_slice_from_cstr(cell->jurisdiction);
    head.until_unix_s = w->made + LIFE_S;
    VT_CHECK_OK(vt_cell_site_open(cell->dir, &site, &err));
    VT_CHECK_OK(vt_cell_site_put_recipient(site, vt_slice_from_cstr(cell->document), &err));
    VT_CHECK_OK(vt_cell_site_write(site, &table, 3, 8, &head, &written, &err));
    VT_CHECK_OK(vt_cell_site_show(
        site, vt_sharing_world_head_of(&who, w->made, head, VT_SHARING_WANTED), 120,
        &written, &err));
    vt_cell_site_close(site);
    vt_cell_filter_path(&head.filter.hash, cell->filter);
}

static void name_cell(struct vt_moving_cells *w, size_t i, const char *name,
                      const char *jurisdiction, const struct vt_key *key)
{
    w->cells[i] = (struct vt_moving_cell){
        .name = name,
        .jurisdiction = jurisdiction,
        .heads = i == 0 ? VT_P_HEADS : VT_P_STRANGER,
        .origin = vt_test_print("%s.example/heads%s", name, ""),
        .dir = vt_test_path(name),
        .samples = vt_test_path(vt_test_print("%s.samples%s", name, "")),
        .movers = vt_test_path(vt_test_print("%s.door%s", name, "")),
        .key = vt_custody_write_key(&w->custody.world, vt_test_print("%s.key%s", name, ""),
                                    key),
        .signer = key,
    };
    VT_CHECK(mkdir(w->cells[i].dir, 0755) == 0);
}

static const char *custody_policy(const struct vt_served_custody *custody)
{
    char recipient[VT_AGE_RECIPIENT_CHARS + 1];
    const char *text = vt_custody_policy_text(3), *mark = "],\"version\":3",
               *at = strstr(text, mark);

    VT_CHECK(at != NULL);
    vt_age_recipient_text(&custody->world.identities[VT_C_ELSEWHERE].recipient, recipient);
    return vt_test_print(
        "%.*s,{\"approvals\":0,\"classes\":[\"file\"],\"countries\":[\"CH\"],"
        "\"delay_s\":0,\"jurisdictions\":[\"CH\"],\"objects\":1024,\"per_day\":"
        "100000000,\"reason\":\"relocation\",\"roles\":[\"analyst\"],\"valid_s\":3600}"
        "],\"destinations\":[\"%s\"]%s",
        (int)(at - text), text, recipient, at + 1);
}

/* ---- all of it --------------------------------------------------------------------------
 */

void vt_moving_cells_make(struct vt_moving_cells *w)
{
    struct vt_custody_world *known = &w->custody.world;

    w->made = time(NULL);
    vt_custody_world_write(known, vt_test_path("known"), w->made - VT_WORLD_NOW);
    vt_served_custody_begin(&w->custody, "custody", custody_policy(&w->custody), NULL);
    w->trust = vt_test_path("cells-trust.json");
    w->policy = vt_test_path("residency.json");
    w->policy_proof = vt_test_path("residency.proof");
    name_cell(w, 0, "zurich", "CH", vt_world_key(VT_P_CELL));
    name_cell(w, 1, "vienna", "AT", vt_custody_destination_key());
    make_document(w, &w->cells[0], VT_C_SWISS);
    make_document(w, &w->cells[1], VT_C_ELSEWHERE);
    vt_test_write(w->trust, trust_of(w));
    w->table = write_table(w, 1, w->made + YEAR_S);
    for (size_t i = 0; i < 2; i++)
        publish(w, &w->cells[i]);
}

void vt_moving_cells_start(struct vt_moving_cells *w)
{
    for (size_t i = 0; i < 2; i++) {
        const struct vt_moving_cell *cell = &w->cells[i];

        w->cells[i].serving = vt_test_start(
            vt_test_print("%s.err%s", cell->name, ""),
            VT_ARGV("vitrine", "cell", "serve", "--dir", cell->dir, "--cell", cell->name,
                    "--drain", "0s", "--policy", w->policy, "--proof", w->policy_proof,
                    "--trust", w->trust, "--samples", cell->samples, "--key", cell->key,
                    "--movers", cell->movers));
    }
}

void vt_moving_cells_cut_over(struct vt_moving_cells *w, int64_t at_unix_s)
{
    (void)write_table(w, 2, at_unix_s);
    for (size_t i = 0; i < 2; i++)
        VT_CHECK(kill(w->cells[i].serving.pid, SIGHUP) == 0);
}

const char *vt_moving_cells_job(struct vt_moving_cells *w, const char *folder)
{
    const struct vt_served_custody *c = &w->custody;
    const char *dir = vt_test_path(folder);

    VT_CHECK(mkdir(dir, 0700) == 0);
    vt_test_write(vt_test_print("%s/job.json%s", dir, ""),
                  vt_slice_from_cstr(vt_test_print(
                      "{\"v\":1,\"country\":\"CH\",\"from\":\"zurich\",\"to\":\"vienna\","
                      "\"source\":\"%s\",\"samples\":\"%s\",\"destination\":\"%s\","
                      "\"recipient\":\"%s\",\"periods\":[\"%s\"],\"ledger\":\"%s\","
                      "\"origin\":\"" VT_CUSTODY_ORIGIN "\",\"agent\":\"%s\",\"policy\":3,"
                      "\"person_key\":\"%s\",\"role_key\":\"%s\",\"cell_key\":\"%s\","
                      "\"role\":\"analyst\",\"place\":\"Zurich\",\"jurisdiction\":\"CH\","
                      "\"ticket\":\"MOVE-1\"}\n",
                      w->cells[0].movers, w->cells[0].samples, w->cells[1].movers,
                      w->cells[1].document_file, w->cells[0].document_file, c->ledger.url,
                      c->agent.url, vt_served_custody_path(c, "reader.key"),
                      vt_served_custody_path(c, "analyst.key"), w->cells[0].key)));
    return dir;
}

void vt_moving_cells_stop(struct vt_moving_cells *w)
{
    for (size_t i = 0; i < 2; i++)
        if (w->cells[i].serving.pid != 0) {
            vt_test_stop(&w->cells[i].serving, 0);
            w->cells[i].serving.pid = 0;
        }
    vt_served_custody_stop(&w->custody);
}
