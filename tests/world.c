/* The world, made: JSON by jansson, signatures by crypto/, a tree of RFC 6962 by the
 * recursion of its definition. */
#include "tests/world.h"
#include "crypto/verify_note.h"
#include "ledger/checkpoint.h"
#include "ledger/tlog_proof.h"
#include "wire/hex.h"

#define YEAR_S INT64_C(31536000)

/* Memory that lives as long as the case (the harness ends the process). */
static struct vt_buf *keep(size_t max)
{
    struct vt_buf *buf = vt_arena_alloc(vt_test_arena(), sizeof *buf);

    *buf = vt_buf_init(max);
    return buf;
}

static const char *time_text(int64_t unix_s)
{
    char *text = vt_arena_alloc(vt_test_arena(), VT_TIME_TEXT_BYTES);

    vt_time_write(unix_s, text);
    return text;
}

static const char *digest_text(const char *content)
{
    vt_hash hash = vt_sha256_of(vt_slice_from_cstr(content));
    char *text = vt_arena_alloc(vt_test_arena(), VT_HEX256_BYTES);

    vt_hash_text(&hash, text);
    return text;
}

/* ---- parties ---------------------------------------------------------------------------
 */

const struct vt_key *vt_world_key(enum vt_party party)
{
    struct vt_error err = { 0 };
    uint8_t seed[32] = { 0x57, (uint8_t)(party + 1) }; /* below 256 */
    struct vt_key *key;

    VT_CHECK_OK(vt_key_from_seed(seed, &key, &err));
    vt_test_keep(key);
    return key;
}

const char *vt_world_keyid(enum vt_party party)
{
    struct vt_key_id *id = vt_arena_alloc(vt_test_arena(), sizeof *id);

    *id = vt_public_key_id(vt_key_public(vt_world_key(party)));
    return id->text;
}

vt_slice vt_world_sign(vt_slice payload, unsigned signers)
{
    const struct vt_key *keys[VT_PARTIES];
    struct vt_buf *out = keep(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };
    size_t count = 0;

    for (unsigned p = 0; p < VT_PARTIES; p++)
        if (signers & VT_BIT(p))
            keys[count++] = vt_world_key((enum vt_party)p);
    VT_CHECK_OK(vt_envelope_sign(payload, keys, count, out, &err));
    return vt_buf_slice(out);
}

struct vt_world vt_world_good(void)
{
    const int64_t from = VT_WORLD_BEGAN - YEAR_S, until = VT_WORLD_BEGAN + 2 * YEAR_S;
    struct vt_world world = {
        .keys = {
            [VT_P_ROOT_VENDOR] = { "Acme", "root", "CH", NULL, 0, 0, 0, 0, NULL },
            [VT_P_ROOT_SUPERVISOR] = { "Watch", "root", "DE", NULL, 0, 0, 0, 0, NULL },
            [VT_P_ROOT_FOUNDATION] = { "House", "root", "NL", NULL, 0, 0, 0, 0, NULL },
            [VT_P_VENDOR] = { "Acme", "vendor", "CH", "Zurich", 0, 0, 0, 0, NULL },
            [VT_P_VENDOR_B] = { "Acme", "vendor", "CH", "Geneva", 0, 0, 0, 0, NULL },
            [VT_P_SUPERVISOR] = { "Watch", "supervisor", "DE", "Bonn", 0, 0, 0, 0, NULL },
            [VT_P_BUILDER] = { "Acme", "builder", "CH", "Zurich", 0, 0, 0, 0, NULL },
            [VT_P_REVIEWER] = { "State A", "reviewer", "FR", NULL, 0, 0, 0, 0, NULL },
            [VT_P_REVIEWER_B] = { "State B", "reviewer", "BR", NULL, 0, 0, 0, 0, NULL },
            [VT_P_RESIDENCY_A] = { "Watch", "residency", "DE", NULL, 0, 0, 0, 0, NULL },
            [VT_P_RESIDENCY_B] = { "House", "residency", "NL", NULL, 0, 0, 0, 0, NULL },
            [VT_P_RESIDENCY_C] = { "State B", "residency", "NL", NULL, 0, 0, 0, 0, NULL },
            [VT_P_CELL] = { "Cells", "cell", "CH", "Zurich", 0, 0, 0, 0, "zurich" },
            [VT_P_FOUNDATION] = { "House", "foundation", "NL", NULL, 0, 0, 0, 0, NULL },
            [VT_P_ENROLLED] = { "Acme", "builder", "CH", "Zurich", 0, 0, 0, 0, NULL },
        },
        .thresholds = { [VT_ROLE_ROOT] = { 2, 2, 2 },
                        [VT_ROLE_VENDOR] = { 1, 1, 1 },
                        [VT_ROLE_SUPERVISOR] = { 1, 1, 1 },
                        [VT_ROLE_RESIDENCY] = { 2, 2, 2 } },
        .trust_version = 1,
        .trust_created = VT_WORLD_BEGAN,
        .trust_expires = until,
        .root_signers = VT_BIT(VT_P_ROOT_VENDOR) | VT_BIT(VT_P_ROOT_SUPERVISOR),
        .trust_origin = VT_WORLD_ORIGIN,
        .product = "lamp",
        .version = "1.4.0",
        .channel = "stable",
        .kind = "program",
        .site = "Zurich",
        .sequence = 7,
        .file = "the bytes of lamp 1.4.0\n",
        .source = "source of lamp 1.4.0",
        .release_signers = VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR),
        .provenance_signer = VT_P_BUILDER,
        .provenance_names = VT_P_BUILDER,
        .has_provenance = true,
        .vsa_signer = VT_P_SUPERVISOR,
        .vsa_verdict = "equal",
        .vsa_result = "PASSED",
        .has_vsa = true,
        .review_signers = { VT_P_REVIEWER, VT_P_REVIEWER_B },
        .review_verdict = "accept",
        .review_count = 1,
        .sbom_signer = VT_P_BUILDER,
        .has_sbom = true,
        .list_version = 3,
        .kettle_sequence = 2,
        .has_second_row = true,
        .current_version = "1.4.0",
        .current_sequence = 7,
        .list_signers = VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR),
        .is_log_signed = true,
        .is_release_included = true,
        .release_witnesses = 7,
        .list_witnesses = 7,
        .log_origin = VT_WORLD_ORIGIN,
        .log_party = VT_P_LOG,
        .logged = VT_WORLD_LOGGED,
        .listed = VT_WORLD_LISTED,
        .filler = "an entry about something else",
    };

    for (unsigned p = 0; p <= VT_P_ENROLLED; p++) {
        world.keys[p].from = from;
        world.keys[p].until = world.keys[p].mandate_until = until;
        world.keys[p].compromised_from = VT_WORLD_NEVER;
    }
    return world;
}

void vt_world_move(struct vt_world *world, int64_t seconds)
{
    world->trust_created += seconds;
    world->trust_expires += seconds;
    world->logged += seconds;
    world->listed += seconds;
    for (unsigned p = 0; p <= VT_P_ENROLLED; p++) {
        struct vt_world_key *key = &world->keys[p];

        key->from += seconds;
        key->until += seconds;
        key->mandate_until += seconds;
        if (key->compromised_from != VT_WORLD_NEVER)
            key->compromised_from += seconds;
    }
}

/* ---- trust root ------------------------------------------------------------------------
 */

static json_t *key_row(const struct vt_world_key *key, enum vt_party party)
{
    struct vt_error err = { 0 };
    char public[VT_HEX256_BYTES];
    json_t *row;

    vt_hex_text(VT_BYTES(*vt_key_public(vt_world_key(party))), public);
    row = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:s,s:s}}", "keyid",
                    vt_world_keyid(party), "public", public, "holder", key->holder, "role",
                    key->role, "jurisdiction", key->jurisdiction, "from",
                    time_text(key->from), "until", time_text(key->until), "mandate",
                    "accreditation", "ISO/IEC 17065", "funding", "fees", "until",
                    time_text(key->mandate_until));
    VT_CHECK_SAYING(row != NULL, "%s", err.message);
    if (key->site != NULL)
        VT_CHECK(json_object_set_new(row, "site", json_string(key->site)) == 0);
    if (key->product != NULL)
        VT_CHECK(json_object_set_new(row, "products", json_pack("[s]", key->product)) == 0);
    if (key->compromised_from != VT_WORLD_NEVER)
        VT_CHECK(json_object_set_new(row, "compromised_from",
                                     json_string(time_text(key->compromised_from))) == 0);
    return row;
}

const char *vt_world_policy(unsigned needed, const char *origin)
{
    static const char *const places[] = { "CH", "DE", "JP", "BR" };
    struct vt_buf *text = keep(VT_KIB(16));
    struct vt_vkey vkey = vt_vkey_of(vt_slice_from_cstr(origin), VT_NOTE_ED25519,
                                     vt_key_public(vt_world_key(VT_P_LOG)));

    vt_buf_put_text(text, "log ");
    vt_vkey_write(text, &vkey);
    vt_buf_put_u8(text, '\n');
    for (unsigned i = 0; i < 4; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "witness-%u.example", i);
        vkey = vt_vkey_of(vt_slice_from_cstr(name), VT_NOTE_COSIGNATURE,
                          vt_key_public(vt_world_key((enum vt_party)(VT_P_WITNESS + i))));
        vt_buf_printf(text, "witness w%u ", i);
        vt_vkey_write(text, &vkey);
        vt_buf_printf(text, "\ngroup %s any w%u\n", places[i], i);
    }
    vt_buf_printf(text, "group all-places %u CH DE JP BR\nquorum all-places\n", needed);
    return vt_buf_cstr(text);
}

json_t *vt_world_trust_predicate(const struct vt_world *world)
{
    json_t *keys = json_array(), *thresholds = json_array(), *predicate;

    for (unsigned p = 0; p < VT_P_NAMED; p++)
        VT_CHECK(json_array_append_new(keys, key_row(&world->keys[p], (enum vt_party)p)) ==
                 0);
    for (unsigned r = 0; r < VT_ROLES; r++) {
        const struct vt_threshold *t = &world->thresholds[r];

        if (t->keys != 0)
            VT_CHECK(json_array_append_new(
                         thresholds,
                         json_pack("{s:s,s:I,s:I,s:I}", "role",
                                   vt_trust_role_name((enum vt_trust_role)r), "keys",
                                   (json_int_t)t->keys, "holders", (json_int_t)t->holders,
                                   "jurisdictions", (json_int_t)t->jurisdictions)) == 0);
    }
    predicate = json_pack(
        "{s:I,s:s,s:s,s:o,s:o,s:[{s:s,s:s}],s:s}", "version",
        (json_int_t)world->trust_version, "created", time_text(world->trust_created),
        "expires", time_text(world->trust_expires), "keys", keys, "thresholds", thresholds,
        "ledgers", "origin", world->trust_origin, "use", "release", "policy",
        world->policy != NULL ? world->policy : vt_world_policy(3, world->trust_origin));
    VT_CHECK(predicate != NULL);
    return predicate;
}

vt_slice vt_world_trust(const struct vt_world *world)
{
    struct vt_error err = { 0 };
    struct vt_buf *payload = keep(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON predicate = vt_world_trust_predicate(world);
    struct vt_buf *bytes = keep(VT_ENTRY_BYTES_MAX + 1);

    VT_CHECK_OK(vt_statement_write_about_itself(VT_TRUST, predicate, payload, &err));
    vt_buf_put(bytes, vt_world_sign(vt_buf_slice(payload), world->root_signers));
    vt_buf_put_u8(bytes, '\n');
    return vt_buf_slice(bytes);
}

/* ---- statements ------------------------------------------------------------------------
 */

static vt_slice statement(enum vt_predicate type, const struct vt_subject *subjects,
                          size_t count, json_t *predicate, unsigned signers)
{
    struct vt_error err = { 0 };
    struct vt_buf *payload = keep(VT_ENTRY_BYTES_MAX);

    VT_CHECK(predicate != NULL);
    VT_CHECK_OK(vt_statement_write(type, subjects, count, predicate, payload, &err));
    json_decref(predicate);
    return vt_world_sign(vt_buf_slice(payload), signers);
}

static vt_slice content_of(const struct vt_world *world, const char *text)
{
    return text == world->file && world->program.len != 0 ? world->program
                                                          : vt_slice_from_cstr(text);
}

/* The outputs as subjects; `file` in the place of the first one's content. */
static size_t outputs_of(const struct vt_world *world, const char *file,
                         struct vt_subject out[2])
{
    out[0] = (struct vt_subject){ "lamp.bin", vt_sha256_of(content_of(world, file)) };
    if (world->second_file == NULL)
        return 1;
    out[1] = (struct vt_subject){ "lamp-docs.tar",
                                  vt_sha256_of(vt_slice_from_cstr(world->second_file)) };
    return 2;
}

static const char *or_else(const char *text, const char *fallback)
{
    return text != NULL ? text : fallback;
}

static const char *party_id(const char *prefix, enum vt_party party)
{
    struct vt_buf *text = keep(256);

    vt_buf_printf(text, "%s%s", prefix, vt_world_keyid(party));
    return vt_buf_cstr(text);
}

static vt_slice make_provenance(const struct vt_world *world)
{
    struct vt_subject subjects[2];
    size_t count =
        outputs_of(world, or_else(world->provenance_file, world->file), subjects);
    const char *source = digest_text(or_else(world->provenance_source, world->source));

    return statement(VT_PROVENANCE, subjects, count,
                     json_pack("{s:{s:s,s:{s:s,s:s,s:s,s:s,s:s,s:s},s:[{s:s,s:{s:s}}]},"
                               "s:{s:{s:s},s:{s:s,s:s},s:[]}}",
                               "buildDefinition", "buildType", "urn:vitrine:build:v1",
                               "externalParameters", "product", world->product, "version",
                               world->version, "source", source, "recipe",
                               digest_text("recipe"), "lock", digest_text("lock"),
                               "environment", digest_text("environment"),
                               "resolvedDependencies", "name", "source", "digest", "sha256",
                               source, "runDetails", "builder", "id",
                               party_id("vitrine:builder/", world->provenance_names),
                               "metadata", "startedOn", time_text(VT_WORLD_BEGAN + 10),
                               "finishedOn", time_text(VT_WORLD_BEGAN + 70), "byproducts"),
                     VT_BIT(world->provenance_signer));
}

static vt_slice make_vsa(const struct vt_world *world)
{
    struct vt_subject subjects[2];
    size_t count = outputs_of(world, or_else(world->vsa_file, world->file), subjects);
    bool is_robust = strcmp(world->vsa_verdict, "equal-robust") == 0;

    return statement(
        VT_VSA, subjects, count,
        json_pack(
            "{s:{s:s},s:s,s:s,s:{s:s,s:{}},s:[],s:s,s:[s],"
            "s:{s:s,s:s,s:s,s:s,s:o,s:[],s:s}}",
            "verifier", "id", party_id("vitrine:supervisor/", world->vsa_signer),
            "timeVerified", time_text(VT_WORLD_BEGAN + 200), "resourceUri",
            "vitrine:release/lamp/1.4.0", "policy", "uri", "vitrine:rebuild/v1", "digest",
            "inputAttestations", "verificationResult", world->vsa_result, "verifiedLevels",
            "VITRINE_REBUILT", "vitrineRebuild", "verdict", world->vsa_verdict, "source",
            digest_text(or_else(world->vsa_source, world->source)), "recipe",
            digest_text("recipe"), "environment", digest_text("environment"), "varied",
            is_robust ? json_pack("[s,s]", "path", "date") : json_array(), "not_varied",
            "difference",
            strcmp(world->vsa_verdict, "differs") == 0 ? "lamp.bin at offset 12" : ""),
        VT_BIT(world->vsa_signer));
}

static vt_slice make_review(const struct vt_world *world, enum vt_party signer,
                            bool is_second)
{
    const char *scope = is_second ? "the parser" : "all of src/";
    const char *verdict = is_second ? or_else(world->second_verdict, world->review_verdict)
                                    : world->review_verdict;
    const char *source = digest_text(or_else(world->review_source, world->source));
    struct vt_subject subject = { .name = "source" };

    VT_CHECK(vt_hash_parse_hex(vt_slice_from_cstr(source), &subject.hash));
    return statement(
        VT_REVIEW, &subject, 1,
        json_pack(
            "{s:s,s:s,s:s,s:s,s:s,s:s}", "product", world->product, "version",
            or_else(world->review_version, world->version), "source", source, "verdict",
            verdict, "scope", scope, "created",
            time_text(VT_WORLD_BEGAN + 300 + (is_second ? world->second_later_s : 0))),
        VT_BIT(signer));
}

static vt_slice make_sbom(const struct vt_world *world)
{
    struct vt_subject subjects[2];
    size_t count = outputs_of(world, world->file, subjects);

    return statement(VT_SBOM, subjects, count,
                     json_pack("{s:s,s:s,s:i,s:i}", "format", "SPDX-2.3", "sha256",
                               digest_text("sbom"), "size", 4000, "packages", 12),
                     VT_BIT(world->sbom_signer));
}

vt_slice vt_world_enrolment(const struct vt_world *world)
{
    const struct vt_world_key *key = &world->keys[VT_P_ENROLLED];
    struct vt_subject subject = { .name = key->holder };

    VT_CHECK(vt_hash_parse_hex(vt_slice_from_cstr(vt_world_keyid(VT_P_ENROLLED)),
                               &subject.hash));
    return statement(VT_ENROLMENT, &subject, 1, key_row(key, VT_P_ENROLLED),
                     world->enrolment_signers);
}

static enum vt_trust_role role_for(enum vt_predicate type, const struct vt_world *world)
{
    switch ((int)type) {
    case VT_PROVENANCE:
        return VT_ROLE_BUILDER;
    case VT_REVIEW:
        return VT_ROLE_REVIEWER;
    case VT_SBOM:
        return world->sbom_signer == VT_P_VENDOR ? VT_ROLE_VENDOR : VT_ROLE_BUILDER;
    default:
        return VT_ROLE_SUPERVISOR;
    }
}

static void add(struct vt_world_made *made, struct vt_release *release,
                const struct vt_world *world, enum vt_predicate type, vt_slice envelope)
{
    VT_CHECK(made->envelope_count < 15);
    made->envelopes[made->envelope_count++] = envelope;
    release->attachments[release->attachment_count++] =
        (struct vt_attachment){ vt_envelope_digest(envelope), type, role_for(type, world) };
}

static void make_release(const struct vt_world *world, struct vt_world_made *made)
{
    struct vt_error err = { 0 };
    struct vt_buf *payload = keep(VT_ENTRY_BYTES_MAX);
    struct vt_release *release = vt_arena_alloc(vt_test_arena(), sizeof *release);
    struct vt_subject subjects[2];
    size_t outputs = outputs_of(world, world->file, subjects);

    release->product = vt_slice_from_cstr(world->product);
    release->version = vt_slice_from_cstr(world->version);
    release->channel = vt_slice_from_cstr(world->channel);
    release->kind = vt_slice_from_cstr(world->kind);
    release->site = vt_slice_from_cstr(world->site);
    release->sequence = world->sequence;
    release->source = vt_sha256_of(vt_slice_from_cstr(world->source));
    release->recipe = vt_sha256_of(VT_LIT("recipe"));
    release->environment = vt_sha256_of(VT_LIT("environment"));
    release->created_unix_s = VT_WORLD_BEGAN + 400;
    for (size_t i = 0; i < outputs; i++)
        release->outputs[i] = (struct vt_output){
            vt_slice_from_cstr(subjects[i].name),
            content_of(world, i == 0 ? world->file : world->second_file).len,
            subjects[i].hash
        };
    release->output_count = outputs;
    made->envelope_count = 1; /* the release will stand first */
    if (world->has_provenance)
        add(made, release, world, VT_PROVENANCE, make_provenance(world));
    if (world->has_vsa)
        add(made, release, world, VT_VSA, make_vsa(world));
    for (unsigned i = 0; i < world->review_count; i++)
        add(made, release, world, VT_REVIEW,
            make_review(world, world->review_signers[i], i == 1));
    if (world->has_sbom)
        add(made, release, world, VT_SBOM, make_sbom(world));
    if (world->enrolment_signers != 0)
        add(made, release, world, VT_ENROLMENT, vt_world_enrolment(world));
    VT_CHECK_OK(vt_release_write(release, payload, &err));
    made->release = vt_world_sign(vt_buf_slice(payload), world->release_signers);
    made->envelopes[0] = made->release;
    made->file = content_of(world, world->file);
}

static void make_withdrawals(const struct vt_world *world, struct vt_world_made *made)
{
    struct vt_error err = { 0 };
    struct vt_buf *payload = keep(VT_ENTRY_BYTES_MAX);
    struct vt_listed rows[2] = {
        { vt_slice_from_cstr("kettle"),
          vt_slice_from_cstr("stable"),
          VT_LIT("0.9"),
          world->kettle_sequence,
          { 0 } },
        { vt_slice_from_cstr(world->product),
          vt_slice_from_cstr(world->channel),
          vt_slice_from_cstr(world->current_version),
          world->current_sequence,
          { 0 } },
    };
    struct vt_listed gone = { vt_slice_from_cstr(world->product),
                              vt_slice_from_cstr(world->channel),
                              vt_slice_from_cstr(world->version),
                              world->withdrawn_sequence != 0 ? world->withdrawn_sequence
                                                             : world->sequence,
                              vt_slice_from_cstr(world->withdrawn_reason) };

    VT_CHECK_OK(vt_withdrawals_write(
        world->list_version, VT_WORLD_BEGAN + 1500, rows + (world->has_second_row ? 0 : 1),
        (size_t)world->has_second_row + (world->current_version != NULL), &gone,
        world->withdrawn_reason != NULL ? 1 : 0, payload, &err));
    made->withdrawals = vt_world_sign(vt_buf_slice(payload), world->list_signers);
}

/* ---- the ledger ------------------------------------------------------------------------
 */

/* Largest power of two below n (RFC 6962 §2.1). */
static size_t split(size_t n)
{
    size_t k = 1;

    while (k * 2 < n)
        k *= 2;
    return k;
}

static vt_hash tree_root(const vt_hash *leaves, size_t n)
{
    vt_hash left, right;

    if (n == 1)
        return leaves[0];
    left = tree_root(leaves, split(n));
    right = tree_root(leaves + split(n), n - split(n));
    return vt_sha256_node(&left, &right);
}

static void tree_path(const vt_hash *leaves, size_t n, size_t m, struct vt_tlog_proof *out)
{
    size_t k = n > 1 ? split(n) : 0;

    if (n <= 1)
        return;
    if (m < k) {
        tree_path(leaves, k, m, out);
        out->hashes[out->hash_count++] = tree_root(leaves + k, n - k);
    } else {
        tree_path(leaves + k, n - k, m - k, out);
        out->hashes[out->hash_count++] = tree_root(leaves, k);
    }
}

/* A proof in a tree of `size` entries of which all but one are made up: siblings are drawn,
 * and the root is what they give (RFC 9162 §2.1.3.2 run forwards). */
static vt_hash large_path(const vt_hash *leaf, uint64_t index, uint64_t size,
                          struct vt_tlog_proof *out)
{
    vt_hash root = *leaf;
    uint64_t at = index, last = size - 1;

    for (; last > 0; at >>= 1, last >>= 1) {
        vt_hash sibling = vt_sha256_of(VT_BYTES(last));

        if (at == last && (at & 1) == 0)
            continue; /* no sibling on this level */
        out->hashes[out->hash_count++] = sibling;
        root = (at & 1) != 0 ? vt_sha256_node(&sibling, &root)
                             : vt_sha256_node(&root, &sibling);
    }
    return root;
}

static vt_slice make_checkpoint(const struct vt_world *world, uint64_t size,
                                const vt_hash *root, unsigned witnesses, int64_t time)
{
    struct vt_error err = { 0 };
    struct vt_buf *body = keep(VT_KIB(4)), *note = keep(VT_KIB(16));
    struct vt_checkpoint checkpoint = {
        vt_slice_from_cstr(world->log_origin), size, *root, { 0 }
    };

    vt_checkpoint_write(body, &checkpoint);
    vt_buf_put(note, vt_buf_slice(body));
    vt_buf_put_u8(note, '\n');
    VT_CHECK_OK(
        vt_note_sign(vt_world_key(world->is_log_signed ? world->log_party : VT_P_STRANGER),
                     world->is_log_signed ? checkpoint.origin : VT_LIT("somebody.example"),
                     vt_buf_slice(body), note, &err));
    for (unsigned i = 0; i < 4; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "witness-%u.example", i);
        if (witnesses & (1u << i))
            VT_CHECK_OK(vt_note_cosign(vt_world_key((enum vt_party)(VT_P_WITNESS + i)),
                                       vt_slice_from_cstr(name), time + 10 * (int64_t)i,
                                       vt_buf_slice(body), note, &err));
    }
    return vt_buf_slice(note);
}

/* The release is entry 4, the list entry 11 of 13, or the other way round; a release's
 * proof may come from a tree with another history. */
static vt_slice make_proof(const struct vt_world *world, const struct vt_world_made *made,
                           bool is_release)
{
    struct vt_tlog_proof *proof = vt_arena_alloc(vt_test_arena(), sizeof *proof);
    struct vt_buf *text = keep(VT_KIB(64));
    vt_hash leaves[VT_WORLD_ENTRIES], root, mine;
    uint64_t size = VT_WORLD_ENTRIES;
    size_t release_at = world->is_list_first ? 11 : 4, list_at = 15 - release_at;

    for (size_t i = 0; i < VT_WORLD_ENTRIES; i++)
        leaves[i] = vt_sha256_leaf(vt_slice_from_cstr(world->filler));
    leaves[release_at] = vt_sha256_leaf(
        world->is_release_included ? made->release : VT_LIT("something else"));
    leaves[list_at] = vt_sha256_leaf(made->withdrawals);
    if (is_release && world->other_history != NULL)
        leaves[1] = vt_sha256_leaf(vt_slice_from_cstr(world->other_history));
    proof->index = is_release ? release_at : list_at;
    mine = leaves[proof->index];
    if (world->large_size != 0) {
        size = world->large_size - is_release;
        proof->index = size - 2 * (1 + (uint64_t)is_release);
        root = large_path(&mine, proof->index, size, proof);
    } else {
        root = tree_root(leaves, VT_WORLD_ENTRIES);
        tree_path(leaves, VT_WORLD_ENTRIES, (size_t)proof->index, proof);
    }
    proof->checkpoint = make_checkpoint(
        world, size, &root, is_release ? world->release_witnesses : world->list_witnesses,
        is_release ? world->logged : world->listed);
    vt_tlog_proof_write(text, proof);
    VT_CHECK(!text->is_full);
    return vt_buf_slice(text);
}

vt_slice vt_world_checkpoint(const struct vt_world *world, const vt_hash *leaves,
                             uint64_t size, unsigned witnesses)
{
    vt_hash root = tree_root(leaves, (size_t)size);

    return make_checkpoint(world, size, &root, witnesses, world->listed);
}

vt_slice vt_world_prove(const struct vt_world *world, vt_slice entry)
{
    struct vt_world_made made = { .release = entry };

    return make_proof(world, &made, true);
}

vt_slice vt_world_prove_at(const struct vt_world_place *place, vt_slice entry)
{
    struct vt_world world = vt_world_good();
    struct vt_tlog_proof *proof = vt_arena_alloc(vt_test_arena(), sizeof *proof);
    struct vt_buf *text = keep(VT_KIB(64));
    vt_hash leaf = vt_sha256_leaf(entry), root;

    world.log_origin = place->origin;
    world.log_party = place->log;
    proof->index = place->index;
    root = large_path(&leaf, place->index, place->size, proof);
    proof->checkpoint =
        make_checkpoint(&world, place->size, &root, place->witnesses, place->time);
    vt_tlog_proof_write(text, proof);
    VT_CHECK(!text->is_full);
    return vt_buf_slice(text);
}

vt_slice vt_world_about_itself(enum vt_predicate type, json_t *predicate, unsigned signers)
{
    struct vt_buf *payload = keep(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };

    VT_CHECK(predicate != NULL);
    VT_CHECK_OK(vt_statement_write_about_itself(type, predicate, payload, &err));
    json_decref(predicate);
    return vt_world_sign(vt_buf_slice(payload), signers);
}

vt_slice vt_world_statement(enum vt_predicate type, const char *name, json_t *predicate,
                            unsigned signers)
{
    struct vt_subject subject = { name, vt_sha256_of(vt_slice_from_cstr(name)) };

    return statement(type, &subject, 1, predicate, signers);
}

const char *vt_world_digest(const char *content)
{
    return digest_text(content);
}

const char *vt_world_time(int64_t unix_s)
{
    return time_text(unix_s);
}

void vt_world_make(const struct vt_world *world, struct vt_world_made *out)
{
    struct vt_error err = { 0 };
    struct vt_buf *evidence = keep(VT_EVIDENCE_BYTES_MAX);
    vt_slice foreign[17];
    size_t count;

    *out = (struct vt_world_made){ 0 };
    make_release(world, out);
    make_withdrawals(world, out);
    out->release_proof = make_proof(world, out, true);
    out->withdrawals_proof = make_proof(world, out, false);
    out->trust = vt_world_trust(world);
    count = out->envelope_count - world->drops_one;
    memcpy(foreign, out->envelopes, sizeof out->envelopes);
    if (world->adds_foreign) {
        struct vt_world other = *world;

        other.source = "source of another release";
        foreign[count++] = make_review(&other, VT_P_REVIEWER_B, false);
    }
    if (world->repeats_one)
        foreign[count - 1] = foreign[count - 2];
    VT_CHECK_OK(vt_evidence_write(foreign, count, out->release_proof, out->withdrawals,
                                  out->withdrawals_proof, evidence, &err));
    out->evidence = vt_buf_slice(evidence);
}

/* ---- asking ----------------------------------------------------------------------------
 */

static struct vt_world_answer answer_of(const struct vt_verdict *verdict,
                                        const json_t *state)
{
    struct vt_error err = { 0 };
    struct vt_buf *json = keep(VT_MIB(1)), *memory = keep(VT_MEMORY_BYTES_MAX);
    struct vt_world_answer answer = { .reason = verdict->reason };
    char *sentence = vt_arena_alloc(vt_test_arena(), sizeof verdict->sentence);

    memcpy(sentence, verdict->sentence, sizeof verdict->sentence);
    answer.sentence = sentence;
    VT_CHECK_OK(vt_verdict_write(verdict, json, &err));
    answer.json = vt_buf_cstr(json);
    if (verdict->reason == VT_REASON_NONE) {
        VT_CHECK_OK(vt_verdict_remember(verdict, state, memory, &err));
        answer.memory = vt_buf_cstr(memory);
    } else {
        VT_CHECK(!vt_verdict_remember(verdict, state, memory, &err) && memory->len == 0);
        VT_CHECK(json_object_size(verdict->facts) == 0);
    }
    return answer;
}

struct vt_world_answer vt_world_ask(const struct vt_world_made *made, const char *product,
                                    const char *policy, const char *state,
                                    int64_t now_unix_s)
{
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_DEMANDS demands = vt_demands_usual();
    VT_AUTO_JSON memory = NULL;
    VT_AUTO_VERDICT verdict = { 0 };
    struct vt_question question = { .file_hash = vt_sha256_of(made->file),
                                    .file_bytes = made->file.len,
                                    .product = vt_slice_from_cstr(product),
                                    .evidence = made->evidence,
                                    .demands = &demands,
                                    .now_unix_s = now_unix_s };
    bool ok =
        vt_trust_parse(made->trust, &trust, &err) &&
        (policy == NULL || vt_demands_parse(vt_slice_from_cstr(policy), &demands, &err)) &&
        (state == NULL || vt_memory_parse(vt_slice_from_cstr(state), &memory, &err));

    if (!ok) {
        struct vt_error why = err;

        VT_CHECK_OK(vt_verdict_refuse(&question.file_hash, question.file_bytes, &why,
                                      &verdict, &err));
        return answer_of(&verdict, NULL);
    }
    question.trust = trust;
    question.state = memory;
    VT_CHECK_OK(vt_verdict_reach(&question, &verdict, &err));
    return answer_of(&verdict, memory);
}
