/* See custody_stand.h. */
#include "tests/custody_stand.h"

#include "crypto/age_stream.h"
#include "crypto/verify_note.h"
#include "custody/agent_store.h"
#include "tests/small_log.h"

struct vt_stand vt_stand;

static const char *path(const char *name)
{
    return vt_test_path(name);
}

void vt_stand_says(const char *said, const char *words)
{
    VT_CHECK_SAYING(strstr(said, words) != NULL, "no '%s' in: %s", words, said);
}

/* ---- the stand --------------------------------------------------------------------------
 */

static const char *vkey_text(const char *name, enum vt_note_type type,
                             const struct vt_key *key)
{
    return vt_test_vkey(name, type, key);
}

static void start_witness(size_t i, const char *log_vkey, struct vt_buf *policy)
{
    const struct vt_key *key = vt_world_key((enum vt_party)(VT_P_WITNESS + i));
    const char *name = vt_test_print("witness-%zu.example", i),
               *dir = path(vt_test_print("w%zu", i));
    const char *file =
        vt_custody_write_key(&vt_stand.world, vt_test_print("w%zu.key", i), key);

    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", dir, "--name", name,
                                 "--key", file));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "witness", "add-log", "--dir", dir, "--vkey", log_vkey));
    vt_stand.witnesses[i] =
        vt_test_start("witness.err", VT_ARGV("vitrine", "witness", "serve", "--dir", dir));
    vt_buf_printf(policy, "witness w%zu %s %s\n", i,
                  vkey_text(name, VT_NOTE_COSIGNATURE, key), vt_stand.witnesses[i].url);
}

static void start_ledger(void)
{
    vt_stand.ledger =
        vt_test_start("ledger.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                            path("log"), "--wait-max", "2s"));
}

void vt_stand_lay_ledger(void)
{
    const char *vkey = vkey_text(VT_CUSTODY_ORIGIN, VT_NOTE_ED25519, vt_custody_log_key());
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(8));

    vt_buf_printf(&policy, "log %s\n", vkey);
    for (size_t i = 0; i < VT_STAND_WITNESSES; i++)
        start_witness(i, vkey, &policy);
    vt_buf_put_text(&policy, "group all 3 w0 w1 w2\nquorum all\n");
    (void)vt_custody_write_file(&vt_stand.world, "ledger-policy", vt_buf_slice(&policy));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                 "--origin", VT_CUSTODY_ORIGIN, "--use", "access", "--key",
                                 path("log.key"), "--policy", path("ledger-policy")));
    start_ledger();
}

/* The passphrase is a token's PIN; keys in files have none and pass it over. */
void vt_stand_start_agent(void)
{
    vt_stand.agent = vt_test_start("agent.err", VT_ARGV("vitrine", "keyagent", "serve",
                                                        "--dir", path("agent"),
                                                        "--passphrase-file", path("pin")));
}

/* The policy is signed by the command from its text. */
void vt_stand_make_agent(const char *from, const char *to)
{
    const char *text = vt_custody_policy_text(3), *at = strstr(text, from);

    VT_CHECK(at != NULL);
    text = vt_test_print("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    (void)vt_custody_write_file(&vt_stand.world, "predicate.json",
                                vt_slice_from_cstr(text));
    (void)vt_custody_write_key(&vt_stand.world, "supervisor.key",
                               vt_world_key(VT_P_SUPERVISOR));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "policy", path("predicate.json"),
                                 "--key", path("supervisor.key"), "--out",
                                 path("policy.json")));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "keyagent", "init", "--dir", path("agent"), "--trust",
                   path("trust.json"), "--policy", path("policy.json"), "--enrolment",
                   path("enrolled-0.json"), "--enrolment", path("enrolled-1.json"),
                   "--enrolment", path("enrolled-3.json"), "--enrolment",
                   path("enrolled-5.json"), "--certified", path("swiss.recipient"),
                   "--certified", path("german.recipient"), "--certified",
                   path("vienna.recipient"), "--certified", path("shared.recipient"),
                   "--key", vt_stand.agent_key, "--passphrase-file", path("pin"),
                   "--recipient", vt_test_print("CH/file/2026=%s", vt_stand.swiss_key),
                   "--recipient", vt_test_print("DE/file/2026=%s", path("german.key"))));
    vt_stand_start_agent();
}

const char *vt_stand_recipient(const struct vt_age_recipient *recipient)
{
    char *text = vt_arena_alloc(vt_test_arena(), VT_AGE_RECIPIENT_CHARS + 1);

    vt_age_recipient_text(recipient, text);
    return text;
}

void vt_stand_prepare(void)
{
    vt_hash role = vt_custody_key_id(VT_C_ANALYST);
    char *hex = vt_arena_alloc(vt_test_arena(), 65);

    vt_stand.recipient = vt_stand_recipient(&vt_stand.world.reader.recipient);
    vt_stand.sealed_for =
        vt_stand_recipient(&vt_stand.world.identities[VT_C_SWISS].recipient);
    vt_hash_text(&role, hex);
    vt_stand.role_id = hex;
}

void vt_stand_begin_served(const char *from, const char *to)
{
    vt_stand_prepare();
    vt_stand_lay_ledger();
    vt_stand_make_agent(from, to);
}

void vt_stand_write_world(void)
{
    vt_custody_world_write(&vt_stand.world, vt_test_dir(), time(NULL) - VT_WORLD_NOW);
    (void)vt_custody_write_file(&vt_stand.world, "pin", VT_LIT("unused\n"));
    vt_stand.agent_key = path("agent.key");
    vt_stand.swiss_key = path("swiss.key");
}

void vt_stand_begin(const char *from, const char *to)
{
    vt_stand_write_world();
    vt_stand_begin_served(from, to);
}

void vt_stand_finish(void)
{
    vt_test_stop(&vt_stand.agent, 0);
    vt_test_stop(&vt_stand.ledger, 0);
    for (size_t i = 0; i < VT_STAND_WITNESSES; i++)
        vt_test_stop(&vt_stand.witnesses[i], 0);
}

/* An object as a client would seal it. */
const char *vt_stand_seal_for(enum vt_custody_place place, const char *name, vt_slice plain)
{
    struct vt_custody_sealed sealed = vt_custody_seal(&vt_stand.world, place, 7);
    VT_AUTO_BUF file = vt_buf_init(VT_MIB(1));
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_error err = { 0 };

    vt_buf_put(&file, sealed.header);
    VT_CHECK_OK(vt_age_seal_new(&vt_stand.world.env, sealed.file_key,
                                vt_age_sink_buf(&file), &stream, &err));
    VT_CHECK_OK(vt_age_stream_put(stream, plain, &err));
    VT_CHECK_OK(vt_age_stream_end(stream, &err));
    return vt_custody_write_file(&vt_stand.world, name, vt_buf_slice(&file));
}

const char *vt_stand_seal(const char *name, const char *plain)
{
    return vt_stand_seal_for(VT_C_SWISS, name, vt_slice_from_cstr(plain));
}

void vt_stand_request_with(const char *file, const char *reason, const char *object,
                           const char *copy)
{
    const char *backup = strcmp(reason, "erasure") == 0 ? "--backup" : NULL;

    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "request", "--out", path(file),
                                 "--cell", VT_CUSTODY_CELL, "--ledger", VT_CUSTODY_ORIGIN,
                                 "--policy", "3", "--role", "analyst", "--role-id",
                                 vt_stand.role_id, "--place", "Zurich", "--jurisdiction",
                                 "CH", "--reason", reason, "--ticket", "SECRET-TICKET",
                                 "--recipient", vt_stand.recipient, "--key",
                                 path("reader.key"), object, backup, copy));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "approve", path(file), "--key",
                                 path("analyst.key")));
}

void vt_stand_request(const char *file, const char *reason, const char *object)
{
    vt_stand_request_with(file, reason, object, "nightly=2037-01-31T00:00:00Z");
}

const char *vt_stand_read_from(int exit_code, const char *agent, const char *sealed_for,
                               const char *file, const char *object, const char *out)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "custody", "read", "--request", path(file),
                               "--trust", path("trust.json"), "--enrolment",
                               path("enrolled-5.json"), "--enrolment",
                               path("enrolled-6.json"), "--ledger", vt_stand.ledger.url,
                               "--agent", agent, "--key", path("answer.key"),
                               "--sealed-for", sealed_for, "--out", path(out), object));
}

const char *vt_stand_read_as(int exit_code, const char *file, const char *object,
                             const char *out)
{
    return vt_stand_read_from(exit_code, vt_stand.agent.url, vt_stand.sealed_for, file,
                              object, out);
}

/* A reviewer's verb, over the ledger's own folder. */
const char *vt_stand_review(int exit_code, const char *verb, const char *operand)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "custody", verb, "--openings",
                               path("agent/holder/openings"), "--copy", path("log"),
                               "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                               "--enrolment", path("enrolled-5.json"), operand));
}

/* Where the plaintext of that object lies: under its id. */
const char *vt_stand_plain_path(const char *out, const char *object)
{
    vt_slice file = vt_test_read(object);
    const uint8_t *mac = memmem(file.data, file.len, "\n--- ", 5);
    size_t len = (size_t)(mac - file.data) + 5 + 43 + 1;
    vt_hash id = vt_sha256_of(vt_slice_sub(file, 0, len));
    char hex[65];

    VT_CHECK(mac != NULL);
    vt_hash_text(&id, hex);
    return path(vt_test_print("%s/%s", out, hex));
}

void vt_stand_check_plain(const char *out, const char *object, const char *plain)
{
    VT_CHECK(vt_slice_is(vt_test_read(vt_stand_plain_path(out, object)), plain));
}

const char *vt_stand_erased(int exit_code, const char *claim, const char *objects)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "custody", "erased", "--trust",
                               path("trust.json"), "--enrolment", path("enrolled-5.json"),
                               "--objects", path(objects), path(claim)));
}

/* ---- a dishonest agent ------------------------------------------------------------------
 */

static bool copy_record(void *context, const struct vt_agent_record *record, uint64_t at,
                        struct vt_error *err)
{
    struct vt_stand_copying *c = context;
    struct vt_agent_record row = *record;
    uint64_t ignored;

    (void)at;
    if (record->number == c->left_out)
        return true;
    row.number = ++c->number;
    if (record->number == c->lied)
        row.grant = c->lie;
    return vt_agent_store_append(c->to, &row, &ignored, err);
}

static bool take_nothing(void *context, const struct vt_agent_record *record, uint64_t at,
                         struct vt_error *err)
{
    (void)context;
    (void)record;
    (void)at;
    (void)err;
    return true;
}

/* The agent's openings anew, as a good chain. */
void vt_stand_copy_openings(struct vt_stand_copying *copying)
{
    const char *honest = path("agent/holder/openings");
    struct vt_agent_totals totals;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_agent_store_init(path("forged"), &err));
    VT_CHECK_OK(vt_agent_store_open(path("forged"), (vt_agent_reader){ take_nothing, NULL },
                                    &copying->to, &err));
    VT_CHECK_OK(vt_agent_openings_read(honest, (vt_agent_reader){ copy_record, copying },
                                       &totals, &err));
    vt_agent_store_close(copying->to);
    VT_CHECK(rename(path("forged/openings"), honest) == 0);
}
