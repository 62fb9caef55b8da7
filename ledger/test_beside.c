/* The bytes of long predicates: which entry names them, where they lie, what takes them,
 * what finds them rotten, and how mirrors come by them. */
#include "http/http.h"
#include "ledger/beside.h"
#include "ledger/fsck.h"
#include "ledger/mirror.h"
#include "ledger/scrub.h"
#include "tests/own_log.h"
#include "tests/running.h"
#include "tests/small_log.h"

#define ORIGIN   "ledger.example/beside"
#define IN_TOTO  "application/vnd.in-toto+json"
#define HEX      "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define BYTES    "{\"spdxVersion\":\"SPDX-2.3\",\"packages\":[]}"
#define NAMED    "\"sha256\":\"" HEX "\""
#define PATH_HEX "predicate/sha256/00/" HEX

enum { SEED = 91 };

/* ---- names ------------------------------------------------------------------------------
 */

/* A signed envelope around this payload. */
static const char *envelope_of(const char *type, const char *payload)
{
    const struct vt_key *key = vt_test_key(SEED);
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    uint8_t bytes[64];
    struct vt_dsse_signature signature = { vt_slice_from_cstr(id.text),
                                           vt_slice_of(bytes, sizeof bytes) };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_dsse_sign(key, vt_slice_from_cstr(type), vt_slice_from_cstr(payload),
                             bytes, &err));
    VT_CHECK_OK(vt_dsse_write(vt_slice_from_cstr(type), vt_slice_from_cstr(payload),
                              &signature, 1, &text, &err));
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

static const char *statement(const char *predicate)
{
    return envelope_of(
        IN_TOTO,
        vt_test_print("{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":%s,"
                      "\"predicateType\":\"https://spdx.dev/Document\",\"subject\":[]}",
                      predicate));
}

/* An entry that names these bytes. */
static const char *namer_of(vt_slice bytes)
{
    vt_hash digest = vt_sha256_of(bytes);
    char hex[65];

    vt_hash_text(&digest, hex);
    return statement(vt_test_print(
        "{\"format\":\"SPDX-2.3\",\"packages\":0,\"sha256\":\"%s\",\"size\":%zu}", hex,
        bytes.len));
}

static const char *path_of(vt_slice bytes)
{
    vt_hash digest = vt_sha256_of(bytes);
    char path[VT_BESIDE_PATH_BYTES];

    vt_beside_path(&digest, path);
    return vt_test_print("%s", path);
}

static void only_a_predicate_names_bytes(void)
{
    const struct {
        const char *name, *entry;
        uint64_t size; /* 0: none is named */
    } rows[] = {
        { "digest and size", statement("{" NAMED ",\"size\":7}"), 7 },
        { "with more", statement("{\"format\":\"x\"," NAMED ",\"size\":7}"), 7 },
        { "the largest", statement("{" NAMED ",\"size\":67108864}"), 67108864 },
        { "too large", statement("{" NAMED ",\"size\":67108865}"), 0 },
        { "nothing", statement("{" NAMED ",\"size\":0}"), 0 },
        { "no size", statement("{" NAMED "}"), 0 },
        { "size as text", statement("{" NAMED ",\"size\":\"7\"}"), 0 },
        { "negative", statement("{" NAMED ",\"size\":-7}"), 0 },
        { "no digest", statement("{\"size\":7}"), 0 },
        { "short digest", statement("{\"sha256\":\"0011\",\"size\":7}"), 0 },
        { "capitals",
          statement("{\"sha256\":\"00112233445566778899AABBCCDDEEFF00112233445566778899AABB"
                    "CCDDEEFF\",\"size\":7}"),
          0 },
        { "deeper", statement("{\"file\":{" NAMED ",\"size\":7}}"), 0 },
        { "a list", statement("[{" NAMED ",\"size\":7}]"), 0 },
        { "beside the predicate",
          envelope_of(IN_TOTO, "{\"predicate\":{}," NAMED ",\"size\":7}"), 0 },
        { "another payload",
          envelope_of("text/plain", "{\"predicate\":{" NAMED ",\"size\":7}}"), 0 },
        { "no envelope", "{\"predicate\":{" NAMED ",\"size\":7}}", 0 },
        { "text", HEX, 0 },
        { "empty", "", 0 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_beside_name name = { .size = 0 };
        char hex[65];
        bool is_named = vt_beside_read_name(vt_slice_from_cstr(rows[i].entry), &name);

        VT_CHECK_SAYING(is_named == (rows[i].size != 0) && name.size == rows[i].size, "%s",
                        rows[i].name);
        vt_hash_text(&name.digest, hex);
        VT_CHECK(!is_named || strcmp(hex, HEX) == 0);
    }
}

static void a_path_has_one_spelling(void)
{
    static const struct {
        const char *path;
        bool is_good;
    } rows[] = {
        { PATH_HEX, true },
        { PATH_HEX "0", false },
        { PATH_HEX "/", false },
        { "/" PATH_HEX, false },
        { "predicate/sha256/01/" HEX, false },
        { "predicate/sha512/00/" HEX, false },
        { "predicate/wanted/" HEX, false },
        { "predicate/sha256/00/" HEX "\n", false },
        { "predicate/sha256/00//" HEX, false },
        { "predicate/sha256/../00/" HEX, false },
        { "predicate/sha256/00/../../../config.json", false },
        { "predicate/sha256/00/"
          "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff",
          false },
        { "predicate/sha256/00/"
          "0011223344556677889gaabbccddeeff00112233445566778899aabbccddeeff",
          false },
        { "predicate/sha256/00", false },
        { "predicate", false },
        { "", false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_hash digest;

        VT_CHECK_SAYING(vt_beside_path_parse(vt_slice_from_cstr(rows[i].path), &digest) ==
                            rows[i].is_good,
                        "%s", rows[i].path);
    }
}

/* ---- keeping ----------------------------------------------------------------------------
 */

static void add(struct vt_own_log *log, const char *entry)
{
    struct vt_error err = { 0 };
    vt_ticket ticket;

    VT_CHECK_OK(vt_ledger_submit(log->ledger, vt_slice_from_cstr(entry), &ticket, &err));
    VT_CHECK_OK(vt_ledger_wait(log->ledger, ticket, NULL, &err));
    vt_own_log_publish(log);
}

/* An entry with its bytes beside. */
static void add_with(struct vt_own_log *log, vt_slice bytes)
{
    const char *entry = namer_of(bytes);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_ledger_keep_beside(log->ledger, vt_slice_from_cstr(entry), bytes, &err));
    add(log, entry);
}

static void only_what_is_named_is_kept(void)
{
    struct vt_own_log log;
    const char *namer = namer_of(VT_LIT(BYTES));
    vt_hash digest = vt_sha256_of(VT_LIT(BYTES));
    char hex[65];

    vt_hash_text(&digest, hex);
    {
        const struct {
            const char *name, *entry;
            vt_slice bytes;
            enum vt_code want;
        } rows[] = {
            { "other bytes", namer, VT_LIT("other"), VT_REJECTED },
            { "one bit", namer, VT_LIT("{\"spdxVersion\":\"SPDX-2.2\",\"packages\":[]}"),
              VT_REJECTED },
            { "cut short", namer, vt_slice_of(BYTES, sizeof BYTES - 2), VT_REJECTED },
            { "a wrong size",
              statement(vt_test_print("{\"sha256\":\"%s\",\"size\":1}", hex)),
              VT_LIT(BYTES), VT_REJECTED },
            { "the digest elsewhere", statement(vt_test_print("{\"subject\":\"%s\"}", hex)),
              VT_LIT(BYTES), VT_REJECTED },
            { "the digest as text", hex, VT_LIT(BYTES), VT_REJECTED },
            { "no entry", "", VT_LIT(BYTES), VT_LIMIT },
        };

        vt_own_log_make(&log, "log", ORIGIN, SEED);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct vt_error err = { 0 };

            VT_CHECK_SAYING(!vt_ledger_keep_beside(log.ledger,
                                                   vt_slice_from_cstr(rows[i].entry),
                                                   rows[i].bytes, &err) &&
                                err.code == rows[i].want,
                            "%s: %s", rows[i].name, err.message);
            VT_CHECK(!vt_path_exists(vt_test_path("log/predicate")));
        }
    }
    add_with(&log, VT_LIT(BYTES));
    VT_CHECK(vt_slice_equal(
        vt_test_read(vt_test_path(vt_test_print("log/%s", path_of(VT_LIT(BYTES))))),
        VT_LIT(BYTES)));
    vt_own_log_close(&log);
}

/* ---- rotten -----------------------------------------------------------------------------
 */

static char found[400];

static void note_fsck(void *context, const char *file, const char *what)
{
    (void)context;
    (void)snprintf(found, sizeof found, "%s: %s", file, what);
}

static void note_scrub(void *context, const struct vt_scrub_finding *finding)
{
    note_fsck(context, finding->file, finding->what);
}

static uint64_t fsck(const struct vt_own_log *log, const char *dir, uint64_t predicates)
{
    struct vt_fsck_options options = { .policy = &log->policy,
                                       .origin = VT_LIT(ORIGIN),
                                       .found = note_fsck };
    struct vt_fsck_report report;
    struct vt_error err = { 0 };

    found[0] = '\0';
    VT_CHECK_OK(vt_ledger_fsck(vt_test_path(dir), &options, &report, &err));
    VT_CHECK(report.predicates == predicates);
    return report.findings;
}

static struct vt_scrub_report scrub(const struct vt_own_log *log, const char *from)
{
    static struct vt_env env;
    struct vt_scrub_options options = { .env = &env,
                                        .policy = &log->policy,
                                        .origin = VT_LIT(ORIGIN),
                                        .may_repair = from != NULL,
                                        .repair_from = from,
                                        .found = note_scrub };
    struct vt_scrub_report report;
    struct vt_error err = { 0 };

    env = vt_env_real();
    found[0] = '\0';
    VT_CHECK_OK(vt_ledger_scrub(vt_test_path("log"), &options, &report, &err));
    VT_CHECK(report.is_complete);
    return report;
}

static void replace(const char *path, vt_slice bytes)
{
    VT_CHECK(unlink(path) == 0);
    vt_test_write(path, bytes);
}

/* Each byte of it changed, and each length that it is cut to. */
static void each_change_is_found(void)
{
    struct vt_own_log log;
    char changed[] = BYTES;
    const char *name = path_of(VT_LIT(BYTES));
    const char *path = vt_test_path(vt_test_print("log/%s", name));

    vt_own_log_make(&log, "log", ORIGIN, SEED);
    add_with(&log, VT_LIT(BYTES));
    vt_own_log_close(&log);
    VT_CHECK(fsck(&log, "log", 1) == 0 && scrub(&log, NULL).findings == 0);
    for (size_t i = 0; i < sizeof BYTES - 1; i++) {
        changed[i] ^= 1;
        replace(path, vt_slice_of(changed, sizeof BYTES - 1));
        VT_CHECK(fsck(&log, "log", 1) == 1 && strncmp(found, name, strlen(name)) == 0);
        changed[i] ^= 1;
        replace(path, vt_slice_of(changed, i));
        VT_CHECK(fsck(&log, "log", 1) == 1);
        VT_CHECK(scrub(&log, NULL).findings == 1 &&
                 strncmp(found, name, strlen(name)) == 0);
    }
    replace(path, VT_LIT(BYTES));
    VT_CHECK(fsck(&log, "log", 1) == 0);
    vt_test_write(vt_test_path("log/predicate/sha256/stray"), VT_LIT("x"));
    VT_CHECK(fsck(&log, "log", 2) == 1);
}

static void a_rotten_one_is_repaired_from_a_copy(void)
{
    struct vt_own_log log;
    const char *path = vt_test_path(vt_test_print("log/%s", path_of(VT_LIT(BYTES))));
    const char *there = vt_test_path(vt_test_print("copy/%s", path_of(VT_LIT(BYTES))));

    vt_own_log_make(&log, "log", ORIGIN, SEED);
    add_with(&log, VT_LIT(BYTES));
    vt_own_log_close(&log);
    vt_own_log_copy("log", "copy");
    replace(path, VT_LIT("rotten"));
    replace(there, VT_LIT("rotten as well"));
    VT_CHECK(scrub(&log, vt_test_path("copy")).repaired == 0);
    VT_CHECK(vt_slice_equal(vt_test_read(path), VT_LIT("rotten")));
    replace(there, VT_LIT(BYTES));
    VT_CHECK(scrub(&log, vt_test_path("copy")).repaired == 1);
    VT_CHECK(vt_slice_equal(vt_test_read(path), VT_LIT(BYTES)));
    VT_CHECK(scrub(&log, vt_test_path("copy")).findings == 0);
}

/* ---- mirrors ----------------------------------------------------------------------------
 */

static char missed[400];

static void note_missed(void *context, const vt_hash *digest, const char *why)
{
    char hex[65];

    (void)context;
    vt_hash_text(digest, hex);
    (void)snprintf(missed, sizeof missed, "%s: %s", hex, why);
}

static struct vt_mirror_report mirror(const struct vt_own_log *log, const char *from)
{
    struct vt_mirror_options options = { .policy = &log->policy,
                                         .origin = VT_LIT(ORIGIN),
                                         .from = from,
                                         .missed = note_missed };
    struct vt_mirror_report report;
    struct vt_error err = { 0 };

    missed[0] = '\0';
    VT_CHECK_OK(vt_mirror_update(vt_test_path("copy"), &options, &report, &err));
    return report;
}

static bool is_copied(vt_slice bytes)
{
    const char *path = vt_test_path(vt_test_print("copy/%s", path_of(bytes)));

    return vt_path_exists(path) && vt_slice_equal(vt_test_read(path), bytes);
}

/* What the log lacks or gives wrongly is no failure of the log, is named, is not kept, and
 * is asked for again: also when the log has not grown. */
static void a_mirror_takes_what_is_right(void)
{
    struct vt_own_log log;
    struct vt_mirror_report report;
    const char *from = vt_test_path("log");
    const char *path = vt_test_path(vt_test_print("log/%s", path_of(VT_LIT(BYTES))));

    vt_own_log_make(&log, "log", ORIGIN, SEED);
    vt_own_log_grow(&log, 300);
    add_with(&log, VT_LIT(BYTES));
    add(&log, namer_of(VT_LIT("never kept")));
    replace(path, VT_LIT("{\"spdxVersion\":\"SPDX-2.2\",\"packages\":[]}"));
    report = mirror(&log, from);
    VT_CHECK(report.end == VT_MIRROR_UPDATED && report.beside == 0 && report.missing == 2);
    VT_CHECK(!is_copied(VT_LIT(BYTES)) && missed[0] != '\0');
    replace(path, VT_LIT(BYTES));
    report = mirror(&log, from);
    VT_CHECK(report.end == VT_MIRROR_SAME && report.beside == 1 && report.missing == 1);
    VT_CHECK(is_copied(VT_LIT(BYTES)));
    add_with(&log, VT_LIT("second"));
    report = mirror(&log, from);
    VT_CHECK(report.end == VT_MIRROR_UPDATED && report.beside == 1 && report.missing == 1);
    VT_CHECK(is_copied(VT_LIT("second")));
    VT_CHECK(fsck(&log, "copy", 2) == 0);
    vt_own_log_close(&log);
}

/* ---- over HTTP, with the command --------------------------------------------------------
 */

static int ask(struct vt_http_client *http, const char *url, const char *method,
               const char **body_out)
{
    struct vt_error err = { 0 };
    struct vt_http_call call = { .url = url,
                                 .method = method,
                                 .answer_bytes_max = VT_MIB(1) };
    int status = 0;

    if (vt_http_client_run(http, &call, &err)) {
        status = call.status;
        *body_out = vt_arena_cstr(vt_test_arena(), vt_buf_slice(&call.answer));
    }
    vt_http_call_clear(&call);
    return status;
}

static const char *ledger_add(int exit_code, const char *beside, const char *file)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "ledger", "add", "--dir", vt_test_path("log"),
                               "--beside", vt_test_path(beside), vt_test_path(file)));
}

static void check_served(const char *url, const char *name)
{
    static const char *const wrong[] = {
        "predicate/",
        "predicate/sha256/",
        PATH_HEX,
        "predicate/sha256/00/../../../config.json",
        "predicate/%2e%2e/config.json",
        "predicate/sha256/00/%2e%2e/%2e%2e/%2e%2e/config.json",
        "predicate/../config.json",
    };
    struct vt_http_client *http;
    struct vt_error err = { 0 };
    const char *body = NULL;

    VT_CHECK_OK(vt_http_client_new(&http, &err));
    VT_CHECK(ask(http, vt_test_print("%s/%s", url, name), NULL, &body) == 200 &&
             strcmp(body, BYTES) == 0);
    VT_CHECK(ask(http, vt_test_print("%s/%s", url, name), "HEAD", &body) == 200 &&
             *body == '\0');
    VT_CHECK(ask(http, vt_test_print("%s/%s", url, name), "DELETE", &body) == 405);
    VT_CHECK(ask(http, vt_test_print("%s/%s/", url, name), NULL, &body) == 404);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        VT_CHECK_SAYING(ask(http, vt_test_print("%s/%s", url, wrong[i]), NULL, &body) ==
                            404,
                        "%s", wrong[i]);
    vt_http_client_free(http);
    body = vt_test_run(0, VT_ARGV("curl", "-sI", vt_test_print("%s/%s", url, name)));
    VT_CHECK_SAYING(
        strstr(body, "Cache-Control: public, max-age=31536000, immutable") != NULL &&
            strstr(body, vt_test_print("Content-Length: %zu\r", sizeof BYTES - 1)) != NULL,
        "%s", body);
}

static const char *vkey_of(const char *key)
{
    const char *json =
        vt_test_run(0, VT_ARGV("vitrine", "key", "show", "--name", ORIGIN, "--json", key));
    const char *at = strstr(json, "\"log_vkey\":\"") + 12;

    return vt_test_print("%.*s", (int)strcspn(at, "\""), at);
}

static void from_the_command_to_a_mirror(void)
{
    const char *name = path_of(VT_LIT(BYTES)), *key = vt_test_path("log.key"), *said;
    struct vt_running server;

    (void)vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--out", key));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", vt_test_path("log"),
                                 "--origin", ORIGIN, "--key", key));
    vt_test_write(vt_test_path("sbom"), VT_LIT(BYTES));
    vt_test_write(vt_test_path("forged"), VT_LIT("forged"));
    vt_test_write(vt_test_path("large"), VT_LIT(""));
    VT_CHECK(truncate(vt_test_path("large"), VT_BESIDE_BYTES_MAX + 1) == 0);
    vt_test_write(vt_test_path("entry"), vt_slice_from_cstr(namer_of(VT_LIT(BYTES))));
    said = ledger_add(1, "forged", "entry");
    VT_CHECK_SAYING(strstr(said, "no predicate of a FILE names sha256") != NULL, "%s",
                    said);
    said = ledger_add(1, "large", "entry");
    VT_CHECK_SAYING(strstr(said, "64 MiB") != NULL, "%s", said);
    VT_CHECK(!vt_path_exists(vt_test_path("log/predicate")));
    (void)ledger_add(0, "sbom", "entry");
    said = ledger_add(0, "sbom", "entry"); /* once more: the entry is there already */
    VT_CHECK_SAYING(strstr(said, "was there already") != NULL, "%s", said);
    server = vt_test_start(
        "serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir", vt_test_path("log")));
    check_served(server.url, name);
    said = vt_test_run(0, VT_ARGV("vitrine", "ledger", "mirror", "--dir",
                                  vt_test_path("copy"), "--from", server.url, "--vkey",
                                  vkey_of(vt_test_print("%s.pub", key))));
    VT_CHECK_SAYING(strstr(said, "predicates: 1 new, 0 not to be had") != NULL, "%s", said);
    VT_CHECK(is_copied(VT_LIT(BYTES)));
    vt_test_stop(&server, 0);
}

static const struct vt_case cases[] = {
    { "only a predicate names bytes", only_a_predicate_names_bytes },
    { "a path has one spelling", a_path_has_one_spelling },
    { "only what is named is kept", only_what_is_named_is_kept },
    { "each change is found", each_change_is_found },
    { "a rotten one is repaired from a copy", a_rotten_one_is_repaired_from_a_copy },
    { "a mirror takes what is right", a_mirror_takes_what_is_right },
    { "from the command to a mirror", from_the_command_to_a_mirror },
};

VT_TEST_MAIN("ledger.beside", cases)
