/* What officers hand in: who may, what, and that nothing else is taken; each refused
 * statement has a twin that is taken. */
#include "centre/handing.h"
#include "centre/centre.h"
#include "release/authorisations.h"
#include "tests/reviewers_world.h"
#include "wire/hex.h"
#include <sys/stat.h>

#define SUPERVISOR VT_BIT(VT_P_SUPERVISOR)

static struct vt_trust *trust_of(const struct vt_world *world)
{
    vt_slice text = vt_world_trust(world);
    struct vt_error err = { 0 };
    struct vt_trust *trust;

    if (text.data[text.len - 1] == '\n')
        text.len--;
    VT_CHECK_OK(vt_trust_parse(text, &trust, &err));
    vt_test_keep(trust);
    return trust;
}

static vt_slice rejection(unsigned signers)
{
    return vt_world_statement(VT_REJECTION, "source",
                              json_pack("{s:s,s:s,s:i,s:s,s:s,s:s}", "product", "lamp",
                                        "version", "1.5.0", "sequence", 8, "draft",
                                        vt_world_digest("draft"), "reason", "it smokes",
                                        "created", vt_world_time(VT_WORLD_NOW - 10)),
                              signers);
}

static vt_slice denial(int64_t created, unsigned signers)
{
    return vt_world_about_itself(VT_DENIAL,
                                 json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "of", "Acme",
                                           "asked", "the log", "asked_at",
                                           vt_world_time(VT_WORLD_BEGAN + 5), "refused_at",
                                           vt_world_time(VT_WORLD_BEGAN + 6), "reason", "",
                                           "created", vt_world_time(created)),
                                 signers);
}

static vt_slice request(unsigned signers)
{
    return vt_world_about_itself(VT_REQUEST,
                                 json_pack("{s:I,s:s,s:s,s:s,s:s,s:[],s:s}", "number",
                                           (json_int_t)1, "country", "DE", "kind", "data",
                                           "received", vt_world_time(VT_WORLD_BEGAN + 5),
                                           "state", "received", "given", "created",
                                           vt_world_time(VT_WORLD_NOW - 10)),
                                 signers);
}

/* The same bytes but for one, which stays a letter of base64. */
static vt_slice with_another_payload(vt_slice envelope)
{
    vt_slice copy = vt_arena_copy(vt_test_arena(), envelope);
    uint8_t *at = memmem(copy.data, copy.len, "\"payload\":\"", 11);

    VT_CHECK(at != NULL);
    at[60] = at[60] == 'A' ? 'B' : 'A';
    return copy;
}

static struct vt_error judge(const struct vt_world *world, vt_slice bytes,
                             int64_t now_unix_s)
{
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    struct vt_error err = { 0 };

    (void)!vt_handed_judge(trust_of(world), bytes, now_unix_s, &envelope, &err);
    return err;
}

static void each_is_judged(void)
{
    const struct vt_world world = vt_world_good();
    const struct {
        const char *name;
        vt_slice bytes;
        enum vt_code want;
        const char *words;
    } rows[] = {
        { "a rejection", rejection(SUPERVISOR), VT_OK, "" },
        { "by the vendor", rejection(VT_BIT(VT_P_VENDOR)), VT_REJECTED,
          "is neither the supervisor's nor the foundation's" },
        { "by a stranger", rejection(VT_BIT(VT_P_STRANGER)), VT_REJECTED, "neither" },
        { "by the vendor too", rejection(SUPERVISOR | VT_BIT(VT_P_VENDOR)), VT_REJECTED,
          "neither" },
        { "by the foundation", rejection(VT_BIT(VT_P_FOUNDATION)), VT_REJECTED,
          "signed, as supervisor, by too few" },
        { "changed", with_another_payload(rejection(SUPERVISOR)), VT_REJECTED,
          "Watch's key is wrong" },
        { "a denial", denial(VT_WORLD_NOW - 10, SUPERVISOR), VT_OK, "" },
        { "dated ahead", denial(VT_WORLD_NOW + 7200, SUPERVISOR), VT_REJECTED,
          "dated ahead of the clock" },
        { "a request", request(VT_BIT(VT_P_FOUNDATION)), VT_OK, "" },
        { "not by the supervisor", request(SUPERVISOR), VT_REJECTED,
          "by nobody whom the trust root names for it" },
        { "another kind",
          vt_world_statement(
              VT_REVIEW, "source",
              json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "product", "lamp", "version", "1.5.0",
                        "source", vt_world_digest("source"), "verdict", "accept", "scope",
                        "all", "created", vt_world_time(VT_WORLD_NOW - 10)),
              SUPERVISOR),
          VT_REJECTED, "a review statement is not handed in" },
        { "nothing", VT_LIT("{}"), VT_MALFORMED, "" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = judge(&world, rows[i].bytes, VT_WORLD_NOW);

        VT_CHECK_SAYING(err.code == rows[i].want &&
                            strstr(err.message, rows[i].words) != NULL,
                        "%s: %s", rows[i].name, err.message);
    }
}

/* Time, compromise, mandate, product: what was good a moment ago. */
static void only_who_counts_now(void)
{
    struct vt_world world = vt_world_good();
    struct vt_world_key *key = &world.keys[VT_P_SUPERVISOR];
    vt_slice bytes = rejection(SUPERVISOR);

    VT_CHECK(judge(&world, bytes, VT_WORLD_NOW).code == VT_OK);
    VT_CHECK(strstr(judge(&world, bytes, world.trust_expires).message, "has expired"));
    key->mandate_until = VT_WORLD_NOW - 5;
    VT_CHECK(strstr(judge(&world, bytes, VT_WORLD_NOW).message, "mandate has ended"));
    world = vt_world_good();
    key->compromised_from = VT_WORLD_NOW - 5;
    VT_CHECK(strstr(judge(&world, bytes, VT_WORLD_NOW).message, "was compromised"));
    world = vt_world_good();
    key->product = "kettle";
    VT_CHECK(strstr(judge(&world, bytes, VT_WORLD_NOW).message, "not for this product"));
}

static void mangled_is_refused(void)
{
    const struct vt_world world = vt_world_good();
    struct vt_trust *trust = trust_of(&world);
    vt_slice good = rejection(SUPERVISOR);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), good.len);
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    struct vt_error err = { 0 };

    for (size_t len = 0; len < good.len; len++)
        VT_CHECK(!vt_handed_judge(trust, vt_slice_sub(good, 0, len), VT_WORLD_NOW,
                                  &envelope, &err));
    for (size_t i = 0; i < good.len; i++) {
        memcpy(bytes, good.data, good.len);
        bytes[i] ^= (uint8_t)(1u << (i % 8));
        VT_CHECK_SAYING(!vt_handed_judge(trust, vt_slice_of(bytes, good.len), VT_WORLD_NOW,
                                         &envelope, &err),
                        "byte %zu was changed", i);
    }
    VT_CHECK_OK(vt_handed_judge(trust, good, VT_WORLD_NOW, &envelope, &err));
}

/* ---- an approval, from the officer's machine to the desk --------------------------------
 */

static const char *at_desk(const char *name)
{
    return vt_test_path(vt_test_print("c/desk/releases/lamp/1.4.0/%s", name));
}

/* lamp 1.4.0, as it lay on the desk before anybody approved it. */
static void take_approval_back(const struct vt_centre_world *w)
{
    vt_slice environment = vt_world_statement(
        VT_ENVIRONMENT_AUTHORISATION, "environment",
        json_pack("{s:s,s:s,s:s,s:s,s:i,s:s,s:s}", "environment",
                  vt_world_digest("environment"), "lock", vt_world_digest("lock"), "suite",
                  "bookworm", "architecture", "amd64", "packages", 100, "note", "",
                  "created", vt_world_time(w->world.trust_created + 50)),
        SUPERVISOR);
    vt_hash release = vt_envelope_digest(w->made.envelopes[0]), ignored;
    struct vt_error err = { 0 };
    char hex[VT_HEX256_BYTES];
    struct vt_blobs *blobs;
    VT_AUTO_DESK desk = { 0 };

    vt_hash_text(&release, hex);
    VT_CHECK(unlink(at_desk("release.tlog-proof")) == 0);
    VT_CHECK(unlink(at_desk(vt_test_print("%s.json", hex))) == 0);
    VT_CHECK_OK(vt_desk_open(vt_test_path("c/desk"), false, &desk, &err));
    VT_CHECK_OK(vt_desk_put_authorisation(&desk, environment,
                                          vt_world_prove(&w->world, environment), &err));
    VT_CHECK_OK(vt_docket_blobs(&desk, "lamp", "1.4.0", &blobs, &err));
    VT_CHECK_OK(vt_blobs_put(blobs, w->made.file, &ignored, &err));
    vt_blobs_close(blobs);
}

static void put_file(const char *path)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;
    bool is_there;

    VT_CHECK_OK(vt_disk_open(vt_test_path("c/handed"), true, &disk, &err));
    VT_CHECK_OK(vt_handed_put(disk, vt_test_read(path), &is_there, &err));
    vt_disk_close(disk);
}

static const char *handed(int code)
{
    return vt_test_run(code, VT_ARGV(vt_test_vitrine(), "centre", "handed", "--dir",
                                     vt_test_path("c"), "--desk", vt_test_path("c/desk")));
}

static void an_approval_goes_to_the_desk(void)
{
    const char *key = vt_test_path("supervisor.key"), *out = vt_test_path("approval.json"),
               *list = vt_test_path("approval.json.list"), *said;
    struct vt_centre_world world;

    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &world);
    take_approval_back(&world);
    vt_reviewers_write_key(VT_P_SUPERVISOR, key);
    said = vt_test_run(0, VT_ARGV(vt_test_vitrine(), "supervise", "approve", "lamp",
                                  "1.4.0", "--desk", vt_test_path("c/desk"), "--trust",
                                  vt_test_path("c/trust.json"), "--key", key, "--sign-only",
                                  "--out", out));
    VT_CHECK_SAYING(strstr(said, "hand in ") != NULL, "%s", said);
    VT_CHECK(!vt_path_exists(at_desk("list.json")));
    put_file(list); /* alone it goes nowhere */
    said = handed(VT_EXIT_REFUSED);
    VT_CHECK_SAYING(strstr(said, "next list of no release") != NULL, "%s", said);
    put_file(out);
    said = handed(0);
    VT_CHECK_SAYING(strstr(said, "release of lamp 1.4.0 by Watch: is on the desk") !=
                            NULL &&
                        strstr(said, "withdrawals") != NULL,
                    "%s", said);
    VT_CHECK(vt_slice_equal(vt_test_read(at_desk("list.json")), vt_test_read(list)));
    said = vt_test_run(0, VT_ARGV(vt_test_vitrine(), "release", "status", "lamp", "1.4.0",
                                  "--desk", vt_test_path("c/desk"), "--trust",
                                  vt_test_path("c/trust.json")));
    VT_CHECK_SAYING(strstr(said, "approved") != NULL, "%s", said);
}

static const struct vt_case cases[] = {
    { "each is judged", each_is_judged },
    { "only who counts now", only_who_counts_now },
    { "an approval goes to the desk", an_approval_goes_to_the_desk },
    { "mangled is refused", mangled_is_refused },
};

VT_TEST_MAIN("centre.handing", cases)
