/* See custody_world.h.  The ledger's trees and proofs are built by the recursive
 * definitions of RFC 6962, word for word; its checkpoints are signed by its key and by
 * the witnesses of tests/world.h. */
#include "tests/custody_world.h"
#include "crypto/verify_note.h"
#include "custody/ask.h"
#include "custody/recipient.h"
#include "ledger/checkpoint.h"
#include "ledger/tlog_proof.h"
#include "ledger/use.h"
#include "store/store.h"
#include "tests/small_log.h"

enum {
    LEAVES_MAX = 4096,
    SEED_LOG = 200,
    SEED_SIGNER = 210,
    SEED_AGENT = 199,
    SEED_SECOND = 198,
    SEED_DESTINATION = 197
};

/* ---- the ledger -------------------------------------------------------------------------
 */

struct vt_log_tree {
    vt_hash leaves[LEAVES_MAX];
    size_t count;
    uint8_t salt[VT_ACCESS_SALT_BYTES]; /* of the last ask */
};

static size_t split(size_t n)
{
    size_t k = 1;

    while (2 * k < n)
        k *= 2;
    return k;
}

static vt_hash root_of(const vt_hash *leaves, size_t n)
{
    vt_hash left, right;

    if (n == 0)
        return vt_tree_empty_root;
    if (n == 1)
        return leaves[0];
    left = root_of(leaves, split(n));
    right = root_of(leaves + split(n), n - split(n));
    return vt_sha256_node(&left, &right);
}

/* PATH(m, D[n]) of RFC 6962 §2.1.1. */
static void path_of(const vt_hash *leaves, size_t n, size_t m, struct vt_proof *out)
{
    size_t k;

    if (n == 1)
        return;
    k = split(n);
    if (m < k) {
        path_of(leaves, k, m, out);
        out->hashes[out->count++] = root_of(leaves + k, n - k);
    } else {
        path_of(leaves + k, n - k, m - k, out);
        out->hashes[out->count++] = root_of(leaves, k);
    }
}

/* SUBPROOF(m, D[n], b) of RFC 6962 §2.1.2. */
static void subproof(const vt_hash *leaves, size_t n, size_t m, bool is_whole,
                     struct vt_proof *out)
{
    size_t k;

    if (m == n) {
        if (!is_whole)
            out->hashes[out->count++] = root_of(leaves, n);
        return;
    }
    k = split(n);
    if (m <= k) {
        subproof(leaves, k, m, is_whole, out);
        out->hashes[out->count++] = root_of(leaves + k, n - k);
    } else {
        subproof(leaves + k, n - k, m - k, false, out);
        out->hashes[out->count++] = root_of(leaves, k);
    }
}

static void add_leaf(struct vt_custody_world *world, const vt_hash *leaf)
{
    VT_CHECK(world->tree->count < LEAVES_MAX);
    world->tree->leaves[world->tree->count++] = *leaf;
}

uint64_t vt_custody_log(struct vt_custody_world *world, const vt_hash *commitment)
{
    vt_hash leaf = vt_access_leaf(commitment);

    add_leaf(world, &leaf);
    return world->tree->count - 1;
}

uint64_t vt_custody_find(const struct vt_custody_world *world, const vt_hash *leaf)
{
    for (size_t i = 0; i < world->tree->count; i++)
        if (vt_hash_equal(&world->tree->leaves[i], leaf))
            return i;
    return UINT64_MAX;
}

const struct vt_key *vt_custody_log_key(void)
{
    struct vt_key *key = vt_test_key(SEED_LOG);

    vt_test_keep(key);
    return key;
}

/* The checkpoint of that tree, signed and cosigned. */
static void put_note(const vt_hash *leaves, size_t size, unsigned witnesses,
                     int64_t time_unix_s, struct vt_buf *out)
{
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(1));
    struct vt_checkpoint checkpoint = { .origin = VT_LIT(VT_CUSTODY_ORIGIN),
                                        .size = size,
                                        .root = root_of(leaves, size) };
    struct vt_error err = { 0 };

    vt_checkpoint_write(&body, &checkpoint);
    vt_buf_put(out, vt_buf_slice(&body));
    vt_buf_put_text(out, "\n");
    VT_CHECK_OK(vt_note_sign(vt_custody_log_key(), VT_LIT(VT_CUSTODY_ORIGIN),
                             vt_buf_slice(&body), out, &err));
    for (unsigned i = 0; i < 4; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "witness-%u.example", i);
        if (witnesses & (1u << i))
            VT_CHECK_OK(vt_note_cosign(vt_world_key((enum vt_party)(VT_P_WITNESS + i)),
                                       vt_slice_from_cstr(name), time_unix_s,
                                       vt_buf_slice(&body), out, &err));
    }
}

const struct vt_key *vt_custody_destination_key(void)
{
    struct vt_key *key = vt_test_key(SEED_DESTINATION);

    vt_test_keep(key);
    return key;
}

/* ---- keys and papers --------------------------------------------------------------------
 */

const struct vt_key *vt_custody_key(enum vt_custody_signer who)
{
    struct vt_key *key;

    if (who == VT_C_SUPERVISOR)
        return vt_world_key(VT_P_SUPERVISOR);
    key = vt_test_key((uint8_t)(SEED_SIGNER + who)); /* below 256 */
    vt_test_keep(key);
    return key;
}

static vt_hash id_of(const struct vt_key *key)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    vt_hash hash;

    VT_CHECK(vt_hash_parse_hex(vt_slice_from_cstr(id.text), &hash));
    return hash;
}

vt_hash vt_custody_key_id(enum vt_custody_signer who)
{
    return id_of(vt_custody_key(who));
}

static const char *hex_of(const void *bytes)
{
    char *text = vt_arena_alloc(vt_test_arena(), 65);

    vt_hash_text(bytes, text);
    return text;
}

static vt_slice enrolment_of(int64_t later_s, const struct vt_key *key, const char *holder,
                             const char *role, const char *jurisdiction, const char *site)
{
    vt_hash id = id_of(key);
    struct vt_subject subject = { holder, id };
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };
    VT_AUTO_JSON row = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:s,s:s},s:s,s:s,s:[s]}", "keyid", hex_of(&id),
        "public", hex_of(vt_key_public(key)), "holder", holder, "role", role,
        "jurisdiction", jurisdiction, "site", site, "mandate", "accreditation", "none",
        "funding", "Acme", "until", vt_world_time(later_s + VT_WORLD_NOW + 40000000),
        "from", vt_world_time(later_s + VT_WORLD_BEGAN - 100000), "until",
        vt_world_time(later_s + VT_WORLD_NOW + 40000000), "products", VT_CUSTODY_CELL);

    VT_CHECK(row != NULL);
    VT_CHECK_OK(vt_statement_write(VT_ENROLMENT, &subject, 1, row, &payload, &err));
    return vt_world_sign(vt_buf_slice(&payload), VT_BIT(VT_P_SUPERVISOR));
}

static void enrol_all(struct vt_custody_world *world, int64_t later_s)
{
    static const struct {
        enum vt_custody_signer who;
        const char *holder, *role, *jurisdiction, *site;
    } rows[] = {
        { VT_C_READER, "Acme", "reader", "CH", "Zurich" },
        { VT_C_APPROVER, "Cells", "reader", "CH", "Zurich" },
        { VT_C_COLLEAGUE, "Acme", "reader", "CH", "Zurich" },
        { VT_C_ABROAD, "Acme", "reader", "US", "Boston" },
        { VT_C_SCANNER, "Acme", "scanner", "CH", "Zurich" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        world->enrolments[world->enrolment_count++] =
            enrolment_of(later_s, vt_custody_key(rows[i].who), rows[i].holder, rows[i].role,
                         rows[i].jurisdiction, rows[i].site);
    world->enrolments[world->enrolment_count++] =
        enrolment_of(later_s, vt_test_key(SEED_AGENT), "Watch", "agent", "DE", "Bonn");
    world->enrolments[world->enrolment_count++] =
        enrolment_of(later_s, vt_test_key(SEED_SECOND), "House", "agent", "NL", "Delft");
}

const char *vt_custody_policy_text(unsigned version)
{
    vt_hash scan = vt_sha256_of(VT_LIT("rules"));

#define ROLE_ROW "{\"name\":\"%s\",\"public\":\"%s\"}"
#define RULE_ROW(reason, role, countries, places, approvals, delay)                        \
    "{\"approvals\":" approvals ",\"classes\":[\"file\"],\"countries\":" countries         \
    ",\"delay_s\":" delay ",\"jurisdictions\":" places                                     \
    ",\"objects\":4096,\"per_day\":10000,\"reason\":\"" reason "\",\"roles\":[\"" role     \
    "\"],\"valid_s\":3600}"
#define RULES                                                                                   \
    RULE_ROW("malware-analysis", "analyst", "[\"CH\",\"DE\"]", "[\"CH\"]", "0", "0")            \
    "," RULE_ROW("customer-support", "support", "[\"CH\"]", "[\"CH\"]", "1", "0") "," RULE_ROW( \
        "government-request", "analyst", "[\"*\"]", "[\"CH\"]", "0",                            \
        "0") "," RULE_ROW("automatic-scan", "machine", "[\"*\"]", "[\"*\"]", "0",               \
                          "0") "," RULE_ROW("emergency", "analyst", "[\"*\"]", "[\"*\"]",       \
                                            "0",                                                \
                                            "600") "," RULE_ROW("erasure", "analyst",           \
                                                                "[\"*\"]", "[\"CH\"]",          \
                                                                "0",                            \
                                                                "0") "," RULE_ROW("erasur"      \
                                                                                  "e",          \
                                                                                  "suppor"      \
                                                                                  "t",          \
                                                                                  "[\"CH"       \
                                                                                  "\"]",        \
                                                                                  "[\"CH"       \
                                                                                  "\"]",        \
                                                                                  "0",          \
                                                                                  "0")
    return vt_test_print(
        "{\"cell\":\"" VT_CUSTODY_CELL "\",\"created\":\"%s\",\"fresh_s\":300,"
        "\"ledger\":\"" VT_CUSTODY_ORIGIN "\",\"published\":[\"%s\"],\"requests\":2,"
        "\"roles\":[" ROLE_ROW "," ROLE_ROW "," ROLE_ROW "],\"rules\":[" RULES
        "],\"version\":%u}",
        vt_world_time(VT_WORLD_BEGAN), hex_of(&scan), "analyst",
        hex_of(vt_key_public(vt_custody_key(VT_C_ANALYST))), "support",
        hex_of(vt_key_public(vt_custody_key(VT_C_SUPPORT))), "machine",
        hex_of(vt_key_public(vt_custody_key(VT_C_MACHINE))), version);
#undef ROLE_ROW
#undef RULE_ROW
#undef RULES
}

vt_slice vt_custody_policy_edited(const char *from, const char *to, unsigned version)
{
    const char *text = vt_custody_policy_text(version), *at = strstr(text, from);
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON predicate = NULL;
    struct vt_error err = { 0 };

    VT_CHECK_SAYING(at != NULL, "no '%s' in the policy", from);
    text = vt_test_print("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    VT_CHECK_OK(vt_json_parse(vt_slice_from_cstr(text), "policy", &predicate, &err));
    VT_CHECK_OK(vt_statement_write_about_itself(VT_CUSTODY, predicate, &payload, &err));
    return vt_world_sign(vt_buf_slice(&payload), VT_BIT(VT_P_SUPERVISOR));
}

json_t *vt_custody_destination_row(int64_t from_unix_s, int64_t until_unix_s)
{
    const struct vt_key *key = vt_custody_destination_key();
    vt_hash id = id_of(key);

    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:s,s:s},s:[s]}", "keyid",
                     hex_of(&id), "public", hex_of(vt_key_public(key)), "holder",
                     "Cells of Vienna", "role", "cell", "jurisdiction", "AT", "from",
                     vt_world_time(from_unix_s), "until", vt_world_time(until_unix_s),
                     "mandate", "accreditation", "ISO/IEC 17065", "funding", "fees",
                     "until", vt_world_time(until_unix_s), "products", "vienna");
}

/* Of the place, of the one to whom answers go (VT_C_PLACES), or of those who share. */
static struct vt_age_identity identity_of(unsigned number)
{
    uint8_t secret[VT_X25519_BYTES] = { 0x77, (uint8_t)(number + 1) }; /* small */
    struct vt_age_identity identity;
    struct vt_error err = { 0 };

    if (number > VT_C_PLACES)
        memcpy(secret, VT_CUSTODY_SHARED_SECRET, sizeof secret);
    VT_CHECK_OK(vt_age_identity_from_bytes(secret, &identity, &err));
    vt_test_keep(identity.secret.data);
    return identity;
}

static const struct {
    const char *name, *cell, *country, *data_class, *holder;
    unsigned identity;
} documents[VT_C_DOCUMENTS] = {
    [VT_C_DOCUMENT_SWISS] = { "swiss", VT_CUSTODY_CELL, "CH", "file", "Watch", VT_C_SWISS },
    [VT_C_DOCUMENT_GERMAN] = { "german", VT_CUSTODY_CELL, "DE", "file", "Watch",
                               VT_C_GERMAN },
    [VT_C_DOCUMENT_SECOND] = { "second", VT_CUSTODY_CELL, "CH", "file", "House",
                               VT_C_ELSEWHERE },
    [VT_C_DOCUMENT_NEXT] = { "next", VT_CUSTODY_CELL, "CH", "file", "Watch", VT_C_NEXT },
    [VT_C_DOCUMENT_ACCOUNT] = { "account", VT_CUSTODY_CELL, "CH", "account", "Watch",
                                VT_C_PLACES },
    [VT_C_DOCUMENT_SHARED] = { "shared", VT_CUSTODY_CELL, "CH", "file", "Watch",
                               VT_C_PLACES + 1 },
    [VT_C_DOCUMENT_VIENNA] = { "vienna", "vienna", "CH", "file", "House", VT_C_ELSEWHERE },
};

vt_slice vt_custody_document(enum vt_custody_document which)
{
    struct vt_recipient out = { .from_unix_s = 1700000000,
                                .until_unix_s = 4000000000,
                                .key = identity_of(documents[which].identity).recipient };
    VT_AUTO_BUF text = vt_buf_init(VT_RECIPIENT_BYTES_MAX);
    struct vt_error err = { 0 };

    (void)snprintf(out.cell, sizeof out.cell, "%s", documents[which].cell);
    (void)snprintf(out.country, sizeof out.country, "%s", documents[which].country);
    (void)snprintf(out.data_class, sizeof out.data_class, "%s",
                   documents[which].data_class);
    (void)snprintf(out.holder, sizeof out.holder, "%s", documents[which].holder);
    VT_CHECK_OK(vt_recipient_write(&out, &text, &err));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&text));
}

static json_t *certified_of(int64_t later_s)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < VT_C_DOCUMENTS; i++) {
        vt_slice text = vt_custody_document((enum vt_custody_document)i); /* below */
        vt_hash digest = vt_sha256_of(text);

        VT_CHECK(
            json_array_append_new(
                list, json_pack("{s:s,s:s,s:s,s:s,s:s}", "use", "recipient", "cell",
                                documents[i].cell, "sha256", hex_of(&digest), "from",
                                vt_world_time(later_s + VT_WORLD_BEGAN - 100000), "until",
                                vt_world_time(later_s + VT_WORLD_NOW + 40000000))) == 0);
    }
    return list;
}

static vt_slice trust_of(int64_t later_s)
{
    struct vt_world world = vt_world_good();
    struct vt_vkey vkey = vt_vkey_of(VT_LIT(VT_CUSTODY_ORIGIN), VT_NOTE_ED25519,
                                     vt_key_public(vt_custody_log_key()));
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64)), policy = vt_buf_init(VT_KIB(16));
    VT_AUTO_JSON predicate = NULL;
    struct vt_error err = { 0 };

    vt_world_move(&world, later_s);
    vt_buf_put_text(&policy, "log ");
    vt_vkey_write(&policy, &vkey);
    vt_buf_printf(&policy, "\n%s", vt_world_policy(3, world.trust_origin));
    world.policy = vt_buf_cstr(&policy);
    predicate = vt_world_trust_predicate(&world);
    VT_CHECK(json_array_append_new(json_object_get(predicate, "ledgers"),
                                   json_pack("{s:s,s:s,s:s}", "origin", VT_CUSTODY_ORIGIN,
                                             "use", "access", "cell", VT_CUSTODY_CELL)) ==
             0);
    VT_CHECK(json_array_append_new(
                 json_object_get(predicate, "keys"),
                 vt_custody_destination_row(later_s + VT_WORLD_BEGAN - 100000,
                                            later_s + VT_WORLD_NOW + 40000000)) == 0);
    VT_CHECK(json_object_set_new(predicate, "certified", certified_of(later_s)) == 0);
    VT_CHECK_OK(vt_statement_write_about_itself(VT_TRUST, predicate, &payload, &err));
    return vt_world_sign(vt_buf_slice(&payload), world.root_signers);
}

/* ---- the world --------------------------------------------------------------------------
 */

static int64_t now_of(void *context)
{
    return 1000 * ((struct vt_custody_world *)context)->now_unix_s;
}

static void random_of(void *context, uint8_t *out, size_t len)
{
    struct vt_env real = vt_env_real();

    (void)context;
    vt_env_random(&real, out, len);
}

static const char *below(const struct vt_custody_world *world, const char *name)
{
    return vt_test_print("%s/%s", world->dir, name);
}

static void make_identities(struct vt_custody_world *world)
{
    for (unsigned i = 0; i < VT_C_PLACES; i++)
        world->identities[i] = identity_of(i);
    world->reader = identity_of(VT_C_PLACES);
}

static void join_papers(struct vt_custody_world *world)
{
    struct vt_error err = { 0 };
    struct vt_trust *trust;

    VT_CHECK_OK(vt_trust_parse(world->trust, &trust, &err));
    vt_test_keep(trust);
    world->keyring.trust = trust;
    for (size_t i = 0; i < world->enrolment_count; i++) {
        struct vt_envelope *envelope = vt_arena_alloc(vt_test_arena(), sizeof *envelope);

        VT_CHECK_OK(vt_envelope_parse(world->enrolments[i], envelope, &err));
        VT_CHECK_OK(vt_keyring_enrol(&world->keyring, &envelope->statement, &err));
    }
}

static void begin(struct vt_custody_world *world, const char *dir, int64_t later_s)
{
    memset(world, 0, sizeof *world);
    world->dir = dir;
    world->now_unix_s = VT_WORLD_NOW + later_s;
    world->env = (struct vt_env){ now_of, random_of, world };
    world->tree = vt_arena_alloc(vt_test_arena(), sizeof *world->tree);
    world->trust = trust_of(later_s);
    world->policy = vt_custody_policy_edited("zurich", "zurich", 3);
    enrol_all(world, later_s);
    join_papers(world);
    make_identities(world);
}

void vt_custody_world_find(struct vt_custody_world *world, const char *dir)
{
    begin(world, dir, 0);
}

const char *vt_custody_write_file(struct vt_custody_world *world, const char *name,
                                  vt_slice bytes)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    VT_CHECK_OK(vt_disk_open(world->dir, true, &disk, &err));
    VT_CHECK_OK(vt_disk_write(disk, name, bytes, 0600, &err));
    vt_disk_close(disk);
    return below(world, name);
}

const char *vt_custody_write_key(struct vt_custody_world *world, const char *name,
                                 const struct vt_key *key)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_key_write_pem(key, (vt_slice){ 0 }, &pem, &err));
    return vt_custody_write_file(world, name, vt_buf_slice(&pem));
}

static const char *write_identity(struct vt_custody_world *world, const char *name,
                                  const struct vt_age_identity *identity)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_age_identity_write_pem(identity, (vt_slice){ 0 }, &pem, &err));
    return vt_custody_write_file(world, name, vt_buf_slice(&pem));
}

struct vt_agent_shown vt_custody_request_told(uint64_t number, const char *state)
{
    struct vt_world good = vt_world_good();
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };
    vt_slice statement;
    VT_AUTO_JSON request =
        json_pack("{s:I,s:s,s:s,s:s,s:s,s:[],s:s}", "number", (json_int_t)number, "country",
                  "DE", "kind", "data", "received", vt_world_time(VT_WORLD_BEGAN), "state",
                  state, "given", "created", vt_world_time(VT_WORLD_BEGAN));

    VT_CHECK_OK(vt_statement_write_about_itself(VT_REQUEST, request, &payload, &err));
    statement = vt_world_sign(vt_buf_slice(&payload), VT_BIT(VT_P_FOUNDATION));
    return (struct vt_agent_shown){ statement, vt_world_prove(&good, statement) };
}

struct vt_agent_shown vt_custody_request_shown(uint64_t number)
{
    return vt_custody_request_told(number, "received");
}

void vt_custody_world_make(struct vt_custody_world *world, const char *dir)
{
    vt_slice certified[VT_C_DOCUMENTS];
    struct vt_agent_papers papers;
    struct vt_agent_shown shown;
    struct vt_agent_place places[2] = { { "CH", "file", "2026", NULL },
                                        { "DE", "file", "2026", NULL } };
    struct vt_agent_made made = { .places = places, .place_count = 2 };
    struct vt_key *key = vt_test_key(SEED_AGENT);
    struct vt_error err = { 0 };

    vt_custody_world_find(world, dir);
    made.key = vt_custody_write_key(world, "agent.key", key);
    places[0].key = write_identity(world, "swiss.key", &world->identities[VT_C_SWISS]);
    places[1].key = write_identity(world, "german.key", &world->identities[VT_C_GERMAN]);
    shown = vt_custody_request_shown(2);
    for (unsigned i = 0; i < VT_C_DOCUMENTS; i++)
        certified[i] = vt_custody_document((enum vt_custody_document)i); /* below */
    /* The second agent's key is Vienna's too, and one key stands in one document. */
    certified[VT_C_DOCUMENT_SECOND] = certified[VT_C_DOCUMENT_SWISS];
    papers = (struct vt_agent_papers){
        world->trust, world->policy, world->enrolments, world->enrolment_count, &shown, 1,
        certified,    VT_C_DOCUMENTS
    };
    VT_CHECK_OK(vt_agent_init(below(world, "agent"), &papers, &made, (vt_slice){ 0 },
                              &world->env, &err));
    vt_key_close(key);
}

void vt_custody_world_write(struct vt_custody_world *world, const char *dir,
                            int64_t later_s)
{
    struct vt_key *key = vt_test_key(SEED_AGENT);

    begin(world, dir, later_s);
    (void)vt_custody_write_file(world, "trust.json", world->trust);
    (void)vt_custody_write_file(world, "policy.json", world->policy);
    for (size_t i = 0; i < world->enrolment_count; i++)
        (void)vt_custody_write_file(world, vt_test_print("enrolled-%zu.json", i),
                                    world->enrolments[i]);
    for (unsigned i = 0; i < VT_C_DOCUMENTS; i++)
        (void)vt_custody_write_file(
            world, vt_test_print("%s.recipient", documents[i].name),
            vt_custody_document((enum vt_custody_document)i)); /* below */
    (void)vt_custody_write_key(world, "agent.key", key);
    (void)vt_custody_write_key(world, "reader.key", vt_custody_key(VT_C_READER));
    (void)vt_custody_write_key(world, "approver.key", vt_custody_key(VT_C_APPROVER));
    (void)vt_custody_write_key(world, "analyst.key", vt_custody_key(VT_C_ANALYST));
    (void)vt_custody_write_key(world, "log.key", vt_custody_log_key());
    (void)write_identity(world, "swiss.key", &world->identities[VT_C_SWISS]);
    (void)write_identity(world, "german.key", &world->identities[VT_C_GERMAN]);
    (void)write_identity(world, "next.key", &world->identities[VT_C_NEXT]);
    (void)write_identity(world, "answer.key", &world->reader);
    (void)write_identity(world, "second-swiss.key", &world->identities[VT_C_ELSEWHERE]);
    vt_key_close(key);
    key = vt_test_key(SEED_SECOND);
    (void)vt_custody_write_key(world, "second.key", key);
    vt_key_close(key);
}

/* ---- asking -----------------------------------------------------------------------------
 */

struct vt_custody_sealed vt_custody_seal(struct vt_custody_world *world,
                                         enum vt_custody_place place, unsigned n)
{
    struct vt_buf *header = vt_arena_alloc(vt_test_arena(), sizeof *header);
    struct vt_custody_sealed sealed = { .place = place };
    struct vt_error err = { 0 };

    *header = vt_buf_init(VT_KIB(1));
    memset(sealed.file_key, (int)(n % 251), sizeof sealed.file_key);
    VT_CHECK_OK(vt_age_header_write(&world->env, &world->identities[place].recipient,
                                    sealed.file_key, header, &err));
    sealed.header = vt_buf_slice(header);
    sealed.id = vt_sha256_of(sealed.header);
    return sealed;
}

struct vt_custody_ask vt_custody_ask_good(const struct vt_custody_world *world,
                                          const struct vt_custody_sealed *object)
{
    return (struct vt_custody_ask){
        .access = { .cell = VT_LIT(VT_CUSTODY_CELL),
                    .ledger = VT_LIT(VT_CUSTODY_ORIGIN),
                    .policy = 3,
                    .person = vt_custody_key_id(VT_C_READER),
                    .role_key = vt_custody_key_id(VT_C_ANALYST),
                    .role = VT_LIT("analyst"),
                    .place = VT_LIT("Zurich"),
                    .jurisdiction = VT_LIT("CH"),
                    .count = 1,
                    .objects = { object->id },
                    .reason = VT_ACCESS_ANALYSIS,
                    .ticket = VT_LIT("T-17"),
                    .recipient = world->reader.recipient,
                    .created_unix_s = world->now_unix_s,
                    .expires_unix_s = world->now_unix_s + 1800 },
        .signers = 1u << VT_C_READER | 1u << VT_C_ANALYST,
        .objects = object,
        .object_count = 1,
        .witnesses = 7,
    };
}

static vt_slice sign(const struct vt_custody_ask *ask)
{
    struct vt_buf *envelope = vt_arena_alloc(vt_test_arena(), sizeof *envelope);
    const struct vt_key *keys[VT_C_SIGNERS];
    struct vt_error err = { 0 };
    size_t count = 0;

    *envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    for (unsigned i = 0; i < VT_C_SIGNERS; i++)
        if (ask->signers & (1u << i))
            keys[count++] = vt_custody_key((enum vt_custody_signer)i);
    VT_CHECK_OK(vt_ask_sign(&ask->access, keys, count, envelope, &err));
    return vt_buf_slice(envelope);
}

static int by_id(const void *a, const void *b)
{
    return memcmp(&((const struct vt_custody_sealed *)a)->id,
                  &((const struct vt_custody_sealed *)b)->id, sizeof(vt_hash));
}

static void put_objects(const struct vt_custody_world *world,
                        const struct vt_custody_ask *ask, struct vt_custody_request *out)
{
    struct vt_custody_sealed *sorted =
        vt_arena_alloc(vt_test_arena(), ask->object_count * sizeof *sorted);
    struct vt_custody_object *objects =
        vt_arena_alloc(vt_test_arena(), ask->object_count * sizeof *objects);

    memcpy(sorted, ask->objects, ask->object_count * sizeof *sorted);
    qsort(sorted, ask->object_count, sizeof *sorted, by_id);
    for (size_t i = 0; i < VT_C_PLACES; i++)
        out->recipients[i] = world->identities[i].recipient;
    out->recipient_count = VT_C_PLACES;
    for (size_t i = 0; i < ask->object_count; i++)
        objects[i] =
            (struct vt_custody_object){ (uint8_t)sorted[i].place, sorted[i].header };
    out->objects = objects;
    out->object_count = ask->object_count;
    out->ids = ask->ids;
    out->id_count = ask->id_count;
}

/* Log the commitment and prove it; the texts live as long as the case. */
static void put_proof(struct vt_custody_world *world, const struct vt_custody_ask *ask,
                      uint64_t seen_size, struct vt_custody_request *out)
{
    struct vt_log_tree *tree = world->tree;
    vt_hash commitment = vt_access_commitment(out->salt, out->envelope);
    vt_hash other = vt_sha256_of(VT_LIT("another commitment"));
    vt_hash leaf = vt_access_leaf(&commitment), first = tree->leaves[0];
    struct vt_buf *note = vt_arena_alloc(vt_test_arena(), 2 * sizeof *note),
                  *text = note + 1;
    struct vt_tlog_proof proof = { .index = 0 };
    struct vt_proof path = { .count = 0 };
    size_t size;

    *note = vt_buf_init(VT_KIB(8));
    *text = vt_buf_init(VT_KIB(16));
    while (proof.index < tree->count && !vt_hash_equal(&tree->leaves[proof.index], &leaf))
        proof.index++;
    if (proof.index == tree->count)
        (void)vt_custody_log(world, ask->is_unlogged ? &other : &commitment);
    size = ask->size != 0 ? ask->size : tree->count;
    if (ask->is_other_history)
        tree->leaves[0] = leaf;
    put_note(tree->leaves, size, ask->witnesses, world->now_unix_s + ask->seen, note);
    proof.checkpoint = vt_buf_slice(note);
    path_of(tree->leaves, size, proof.index, &path);
    memcpy(proof.hashes, path.hashes, sizeof proof.hashes);
    proof.hash_count = path.count;
    vt_tlog_proof_write(text, &proof);
    out->proof = vt_buf_slice(text);
    out->seen_size = seen_size;
    if (seen_size != 0 && seen_size < size)
        subproof(tree->leaves, size, seen_size, true, &out->growth);
    tree->leaves[0] = first;
}

vt_slice vt_custody_request_of(struct vt_custody_world *world,
                               const struct vt_custody_ask *ask, uint64_t seen_size)
{
    struct vt_buf *bytes = vt_arena_alloc(vt_test_arena(), sizeof *bytes);
    struct vt_custody_request *request = vt_arena_alloc(vt_test_arena(), sizeof *request);
    struct vt_error err = { 0 };

    *bytes = vt_buf_init(VT_CUSTODY_REQUEST_BYTES_MAX);
    if (ask->salt != NULL)
        memcpy(world->tree->salt, ask->salt, sizeof world->tree->salt);
    else if (!ask->is_as_before)
        vt_env_random(&world->env, world->tree->salt, sizeof world->tree->salt);
    memcpy(request->salt, world->tree->salt, sizeof request->salt);
    request->envelope = sign(ask);
    put_proof(world, ask, seen_size, request);
    put_objects(world, ask, request);
    VT_CHECK_OK(vt_custody_request_write(request, bytes, &err));
    return vt_buf_slice(bytes);
}

void vt_custody_answer_bytes(struct vt_agent *agent, vt_slice bytes,
                             struct vt_agent_reply *reply)
{
    struct vt_custody_request *request = vt_arena_alloc(vt_test_arena(), sizeof *request);
    struct vt_agent_ask *ask = vt_arena_alloc(vt_test_arena(), sizeof *ask);
    struct vt_agent_ask *again = vt_arena_alloc(vt_test_arena(), sizeof *again);
    VT_AUTO_BUF message = vt_buf_init(VT_AGENT_ASK_BYTES_MAX);
    struct vt_error err = { 0 };

    vt_agent_reply_clear(reply);
    memset(reply, 0, sizeof *reply);
    if (!vt_custody_request_parse(bytes, vt_test_arena(), request, &err) ||
        !vt_agent_ask_take(request, vt_agent_policy(agent), vt_test_arena(), ask, &err)) {
        reply->status = err.code == VT_REJECTED ? 403 : 400;
        memcpy(reply->message, err.message, sizeof reply->message);
        return;
    }
    vt_agent_ask_write(&message, ask);
    VT_CHECK(vt_agent_ask_read(vt_buf_slice(&message), vt_test_arena(), again));
    VT_CHECK_OK(vt_agent_answer(agent, again, reply, &err));
}

void vt_custody_answer(struct vt_custody_world *world, struct vt_agent *agent,
                       const struct vt_custody_ask *ask, struct vt_agent_reply *reply)
{
    struct vt_error err = { 0 };

    vt_agent_reply_clear(reply);
    memset(reply, 0, sizeof *reply);
    VT_CHECK_OK(vt_agent_count(agent, reply, &err));
    vt_custody_answer_bytes(agent, vt_custody_request_of(world, ask, reply->seen_size),
                            reply);
}

void vt_custody_open(struct vt_custody_world *world, struct vt_agent **agent)
{
    struct vt_custody_sealed object = vt_custody_seal(world, VT_C_SWISS, 1);
    struct vt_custody_ask ask = vt_custody_ask_good(world, &object);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    struct vt_error err = { 0 };

    VT_CHECK_OK(
        vt_agent_open(below(world, "agent"), (vt_slice){ 0 }, &world->env, agent, &err));
    vt_test_keep(*agent);
    vt_custody_answer(world, *agent, &ask, &reply);
    VT_CHECK_SAYING(reply.status == 409 && reply.retry == VT_AGENT_RETRY_STATEMENT,
                    "%u: %s", reply.status, reply.message);
}
