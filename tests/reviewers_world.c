/* See reviewers_world.h. */
#include "tests/reviewers_world.h"
#include "centre/centre.h"
#include "centre/invitation.h"
#include "centre/sealed.h"
#include "crypto/age_file.h"
#include "evidence/field.h"
#include "line/pack.h"
#include "release/desk.h"
#include <sys/stat.h>

static bool put(void *context, vt_slice bytes, struct vt_error *err)
{
    (void)err;
    vt_buf_put(context, bytes);
    return true;
}

static vt_hash pack_files(const struct vt_source_file *files, struct vt_buf *out)
{
    VT_AUTO_FREE struct vt_pack_writer *w = vt_alloc(sizeof *w);
    struct vt_error err = { 0 };
    vt_hash digest;

    vt_pack_begin(w, put, out);
    for (; files->path != NULL; files++) {
        vt_slice text = vt_slice_from_cstr(files->text);
        bool is_link = vt_slice_starts_with(text, VT_LIT("-> "));

        if (is_link)
            text = vt_slice_sub(text, 3, text.len - 3);
        VT_CHECK_OK(vt_pack_begin_file(w, vt_slice_from_cstr(files->path),
                                       is_link ? VT_MODE_LINK : VT_MODE_FILE, text.len,
                                       &err));
        VT_CHECK_OK(vt_pack_add(w, text, &err));
        VT_CHECK_OK(vt_pack_end_file(w, &err));
    }
    VT_CHECK_OK(vt_pack_finish(w, &digest, &err));
    return digest;
}

static json_t *draft(const struct vt_centre_world *w, const char *product,
                     const char *version, uint64_t sequence, const vt_hash *source,
                     const vt_hash *pack)
{
    char pack_hex[65];

    vt_hash_text(pack, pack_hex);
    return json_pack("{s:s,s:s,s:I,s:s,s:s,s:o,s:s,s:s,s:s,s:[],s:s,s:{s:s}}", "product",
                     product, "version", version, "sequence", (json_int_t)sequence,
                     "channel", w->world.channel, "kind", w->world.kind, "source",
                     vt_field_of_hash(source), "recipe", vt_world_digest("recipe"), "lock",
                     vt_world_digest("lock"), "environment", vt_world_digest("environment"),
                     "documents", "created", vt_world_time(w->world.trust_created + 5),
                     "source_identity", "pack", pack_hex);
}

static void add(const struct vt_centre_world *w, const char *product, const char *version,
                uint64_t sequence, const struct vt_source_file *files, bool is_swapped)
{
    VT_AUTO_BUF pack = vt_buf_init(VT_MIB(512));
    vt_hash digest = pack_files(files, &pack), hash;
    struct vt_error err = { 0 };
    VT_AUTO_DESK desk = { 0 };
    struct vt_blobs *blobs;

    VT_CHECK_OK(vt_desk_open(vt_test_print("%s/desk", w->folder), false, &desk, &err));
    VT_CHECK_OK(vt_docket_blobs(&desk, product, version, &blobs, &err));
    VT_CHECK_OK(vt_blobs_put(blobs, vt_buf_slice(&pack), &hash, &err));
    vt_blobs_close(blobs);
    if (is_swapped)
        digest = vt_sha256_of(VT_LIT("another source"));
    VT_CHECK_OK(vt_docket_put(
        &desk, product, version,
        vt_world_statement(VT_DRAFT, "source",
                           draft(w, product, version, sequence, &digest, &hash),
                           VT_BIT(VT_P_VENDOR)),
        &err));
}

void vt_reviewers_add_source(const struct vt_centre_world *w, const char *product,
                             const char *version, uint64_t sequence,
                             const struct vt_source_file *files)
{
    add(w, product, version, sequence, files, false);
}

void vt_reviewers_add_swapped(const struct vt_centre_world *w, const char *product,
                              const char *version, uint64_t sequence,
                              const struct vt_source_file *files)
{
    add(w, product, version, sequence, files, true);
}

void vt_reviewers_add_sources(const struct vt_centre_world *w)
{
    static const struct vt_source_file first[] = {
        { "<img src=x onerror=alert(1)>.c", "/* <script>alert('name')</script> */\n" },
        { "doc/readme.md", "# Lamp\n\nIt lights. <b>Not markup</b>\n" },
        { "src/lamp.c", "#include \"lamp.h\"\n\n/* Light it. */\nint lamp_light(int "
                        "volts)\n{\n    return volts * 2;\n}\n\nint lamp_dim(void)\n{\n    "
                        "return lamp_light(0);\n}\n" },
        { "src/lamp.h", "int lamp_light(int volts);\nint lamp_dim(void);\n" },
        { NULL, NULL },
    };
    static const struct vt_source_file second[] = {
        { "doc/readme.md", "# Lamp\n\nIt lights. <b>Not markup</b>\n" },
        { "src/lamp.c", "#include \"lamp.h\"\n\n/* Light it. */\nint lamp_light(int "
                        "volts)\n{\n    return volts * 3;\n}\n\nint lamp_dim(void)\n{\n    "
                        "return lamp_light(0);\n}\n" },
        { "src/lamp.h", "int lamp_light(int volts);\nint lamp_dim(void);\n" },
        { "src/telemetry.c", "void lamp_report(void)\n{\n}\n" },
        { NULL, NULL },
    };
    static const struct vt_source_file other[] = {
        { "kettle.c", "int kettle_secret(void)\n{\n    return 7;\n}\n" }, { NULL, NULL }
    };

    vt_reviewers_add_source(w, "lamp", "2.0.0", w->world.sequence + 2, first);
    vt_reviewers_add_source(w, "lamp", "2.1.0", w->world.sequence + 3, second);
    vt_reviewers_add_source(w, "kettle", "1.0.0", 1, other);
}

void vt_reviewers_accept(const struct vt_centre_world *w, const char *product,
                         const char *version, unsigned signers)
{
    struct vt_error err = { 0 };
    VT_AUTO_DESK desk = { 0 };
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_DOCKET docket = NULL;
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON predicate = NULL;
    struct vt_subject subject = { .name = "source" };

    VT_CHECK_OK(vt_trust_parse(
        vt_test_read(vt_test_print("%s/" VT_CENTRE_TRUST, w->folder)), &trust, &err));
    VT_CHECK_OK(vt_desk_open(vt_test_print("%s/desk", w->folder), false, &desk, &err));
    VT_CHECK_OK(vt_docket_open(&desk, trust, product, version, time(NULL), &docket, &err));
    subject.hash = vt_field_hash(docket->draft->envelope.statement.predicate, "source");
    predicate =
        json_pack("{s:s,s:s,s:o,s:s,s:s,s:s}", "product", product, "version", version,
                  "source", vt_field_of_hash(&subject.hash), "verdict", "accept", "scope",
                  "all of it", "created", vt_world_time(time(NULL) - 5));
    VT_CHECK_OK(vt_statement_write(VT_REVIEW, &subject, 1, predicate, &payload, &err));
    VT_CHECK_OK(vt_docket_put(&desk, product, version,
                              vt_world_sign(vt_buf_slice(&payload), signers), &err));
}

/* ---- invitations ------------------------------------------------------------------------
 */

const char *vt_reviewers_code(const char *name)
{
    return vt_world_digest(name);
}

vt_slice vt_reviewers_invitation(const char *name, const char *const products[],
                                 int64_t from_s, int64_t until_s, unsigned signers)
{
    vt_hash code = vt_sha256_of(vt_slice_from_cstr(vt_reviewers_code(name)));
    struct vt_buf *payload = vt_arena_alloc(vt_test_arena(), sizeof *payload);
    json_t *list = json_array(), *predicate;
    struct vt_error err = { 0 };
    int64_t now = time(NULL);

    for (; *products != NULL; products++)
        (void)json_array_append_new(list, json_string(*products));
    predicate =
        json_pack("{s:s,s:s,s:s,s:o,s:o,s:s,s:s,s:s}", "id", name, "reviewer",
                  "Rahel <b>Reviewer</b>", "jurisdiction", "CH", "products", list, "code",
                  vt_field_of_hash(&code), "from", vt_world_time(now + from_s), "until",
                  vt_world_time(now + until_s), "created", vt_world_time(now - 10));
    *payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_CHECK_OK(vt_statement_write_about_itself(VT_INVITATION, predicate, payload, &err));
    json_decref(predicate);
    return vt_world_sign(vt_buf_slice(payload), signers);
}

vt_slice vt_reviewers_end(vt_slice invitation, unsigned signers)
{
    struct vt_buf *payload = vt_arena_alloc(vt_test_arena(), sizeof *payload);
    struct vt_error err = { 0 };
    struct vt_envelope envelope;
    json_t *predicate;
    vt_hash digest;

    VT_CHECK_OK(vt_envelope_parse(invitation, &envelope, &err));
    digest = vt_envelope_payload_digest(&envelope);
    vt_envelope_clear(&envelope);
    predicate = json_pack("{s:o,s:s,s:s}", "invitation", vt_field_of_hash(&digest),
                          "reason", "over", "created", vt_world_time(time(NULL) - 1));
    *payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_CHECK_OK(
        vt_statement_write_about_itself(VT_INVITATION_END, predicate, payload, &err));
    json_decref(predicate);
    return vt_world_sign(vt_buf_slice(payload), signers);
}

void vt_reviewers_invite(const struct vt_centre_world *w, const char *name,
                         vt_slice envelope)
{
    const char *folder = vt_test_print("%s/" VT_CENTRE_INVITATIONS, w->folder);
    const char *draft_path = vt_test_print("%s/%s.new", folder, name);

    (void)mkdir(folder, 0755);
    vt_test_write(draft_path, envelope);
    VT_CHECK(rename(draft_path, vt_test_print("%s/%s.json", folder, name)) == 0);
}

/* ---- the seal ---------------------------------------------------------------------------
 */

static void write_trust(const struct vt_centre_world *w, const char *domain,
                        const vt_hash *seal)
{
    VT_AUTO_JSON predicate = vt_world_trust_predicate(&w->world);
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };

    VT_CHECK(json_object_set_new(predicate, "certified",
                                 json_pack("[{s:s,s:s,s:o,s:s,s:s}]", "use", "seal", "cell",
                                           domain, "sha256", vt_field_of_hash(seal), "from",
                                           vt_world_time(0), "until",
                                           vt_world_time(VT_TIME_UNIX_S_MAX))) == 0);
    VT_CHECK_OK(vt_statement_write_about_itself(VT_TRUST, predicate, &payload, &err));
    vt_test_write(vt_test_print("%s/" VT_CENTRE_TRUST, w->folder),
                  vt_world_sign(vt_buf_slice(&payload), w->world.root_signers));
}

struct vt_trust *vt_reviewers_seal(const struct vt_centre_world *w, const char *domain)
{
    const char *key = vt_test_print("%s.seal.key", w->folder);
    vt_hash secret = vt_sha256_of(VT_LIT("the foundation's seal"));
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(4));
    char text[VT_AGE_RECIPIENT_CHARS + 1];
    struct vt_age_identity identity;
    struct vt_error err = { 0 };
    struct vt_trust *trust;
    vt_slice line;
    vt_hash hash;

    VT_CHECK_OK(vt_age_identity_from_bytes(secret.bytes, &identity, &err));
    VT_CHECK_OK(vt_age_identity_write_pem(&identity, (vt_slice){ 0 }, &pem, &err));
    vt_age_recipient_text(&identity.recipient, text);
    vt_age_identity_clear(&identity);
    vt_test_write(key, vt_buf_slice(&pem));
    VT_CHECK(chmod(key, 0600) == 0);
    line = vt_slice_from_cstr(vt_test_print("%s\n", text));
    vt_test_write(vt_test_print("%s/" VT_CENTRE_SEAL_KEY, w->folder), line);
    hash = vt_sha256_of(line);
    write_trust(w, domain, &hash);
    VT_CHECK_OK(vt_trust_parse(
        vt_test_read(vt_test_print("%s/" VT_CENTRE_TRUST, w->folder)), &trust, &err));
    vt_test_keep(trust);
    return trust;
}

void vt_reviewers_write_key(enum vt_party party, const char *path)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(4));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_key_write_pem(vt_world_key(party), (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path, vt_buf_slice(&pem));
    VT_CHECK(chmod(path, 0600) == 0);
}
