/* Promises, findings, requests and denials: closed schemas, and whose word a ledger takes.
 * Each row that is refused has its twin in the untouched statement. */
#include "tests/world.h"

/* A good statement of each type, and who signs it. */
struct good {
    enum vt_predicate type;
    enum vt_party signer;
    const char *predicate;
};

#define DIGEST  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define T(text) "\"2026-11-18T12:00:0" text "Z\""

static const struct good goods[] = {
    { VT_PROMISE, VT_P_VENDOR,
      "{\"id\":\"swiss-files\",\"what\":\"files of Germany lie in Zurich\",\"by\":\"Acme\","
      "\"evidence\":{\"kind\":\"statement\",\"words\":\"the policy says here\",\"type\":"
      "\"residency\",\"role\":\"residency\",\"subject\":\"" DIGEST
      "\",\"name\":\"residency\"},"
      "\"due\":" T("9") ",\"service\":\"uploads\",\"country\":\"DE\",\"class\":\"file\","
                        "\"supersedes\":\"" DIGEST "\",\"created\":" T("1") "}" },
    { VT_KEPT, VT_P_SUPERVISOR,
      "{\"id\":\"swiss-files\",\"promise\":\"" DIGEST "\",\"evidence\":\"" DIGEST "\","
      "\"proof\":\"two\\nlines\",\"created\":" T("1") "}" },
    { VT_FINDING, VT_P_REVIEWER,
      "{\"id\":\"f-1\",\"severity\":\"high\",\"owner\":\"Acme\",\"due\":" T(
          "9") ","
               "\"state\":\"open\",\"note\":\"\",\"commitment\":\"" DIGEST
               "\",\"embargo\":" T("8") ",\"text\":\"it burns\",\"salt\":\"" DIGEST
                                        "\",\"evidence\":\"" DIGEST "\","
                                        "\"created\":" T("1") "}" },
    { VT_REQUEST, VT_P_FOUNDATION,
      "{\"number\":1,\"country\":\"DE\",\"kind\":\"data\",\"received\":" T(
          "0") ","
               "\"state\":\"answered\",\"given\":[{\"kind\":\"file\",\"count\":3}],"
               "\"supersedes\":\"" DIGEST "\",\"created\":" T("1") "}" },
    { VT_DENIAL, VT_P_SUPERVISOR,
      "{\"of\":\"Acme\",\"asked\":\"the build host's log\",\"asked_at\":" T(
          "0") ","
               "\"refused_at\":" T(
                   "1") ",\"reason\":\"\",\"product\":\"lamp\",\"created\":" T("2") "}" },
    { VT_RELOCATION_PLAN, VT_P_VENDOR,
      "{\"version\":1,\"services\":[{\"name\":\"uploads\",\"what\":\"files of clients\","
      "\"where\":\"cell\",\"countries\":[\"DE\"],\"class\":\"file\",\"from\":\"old\","
      "\"to\":\"zurich\",\"state\":\"not moved yet\",\"promise\":\"move-uploads\","
      "\"reason\":\"\"}],\"supersedes\":\"" DIGEST "\",\"created\":" T("1") "}" },
    { VT_SEAL_HEAD, VT_P_FOUNDATION,
      "{\"centre\":\"centre.example\",\"records\":40,\"chain\":\"" DIGEST
      "\",\"created\":" T("1") "}" },
};

static const struct good *good_of(enum vt_predicate type)
{
    for (size_t i = 0; i < sizeof goods / sizeof goods[0]; i++)
        if (goods[i].type == type)
            return &goods[i];
    VT_CHECK(false);
    return NULL;
}

/* The predicate with the first `from` replaced by `to`. */
static json_t *edited(const struct good *good, const char *from, const char *to)
{
    const char *at = strstr(good->predicate, from);
    VT_AUTO_JSON json = NULL;
    struct vt_error err = { 0 };
    const char *text;

    VT_CHECK_SAYING(at != NULL, "no '%s' in %s", from, good->predicate);
    text = vt_test_print("%.*s%s%s", (int)(at - good->predicate), good->predicate, to,
                         at + strlen(from));
    VT_CHECK_OK(vt_json_parse(vt_slice_from_cstr(text), "edited", &json, &err));
    return json_incref(json);
}

static void closed(void)
{
    static const struct {
        enum vt_predicate type;
        const char *from, *to;
        enum vt_code want;
    } rows[] = {
        { VT_PROMISE, "{", "{", VT_OK },
        { VT_PROMISE, "\"service\":\"uploads\",", "", VT_OK },
        { VT_PROMISE, "\"class\":\"file\"", "\"class\":\"files\"", VT_MALFORMED },
        { VT_PROMISE, "\"kind\":\"statement\"", "\"kind\":\"my word\"", VT_MALFORMED },
        { VT_PROMISE, "\"role\":\"residency\"", "\"role\":\"nobody\"", VT_MALFORMED },
        { VT_PROMISE, "\"due\":" T("9") ",", "", VT_MALFORMED },
        { VT_PROMISE, "\"due\":" T("9"), "\"due\":\"soon\"", VT_MALFORMED },
        { VT_PROMISE, "\"what\"", "\"why\":\"\",\"what\"", VT_MALFORMED },
        { VT_KEPT, "{", "{", VT_OK },
        { VT_KEPT, "\"evidence\":\"" DIGEST "\",", "", VT_MALFORMED },
        { VT_KEPT, "two\\nlines", "", VT_OK },
        { VT_KEPT, "two\\nlines", "\\u001b[2J", VT_MALFORMED },
        { VT_FINDING, "{", "{", VT_OK },
        { VT_FINDING, "\"severity\":\"high\"", "\"severity\":\"huge\"", VT_MALFORMED },
        { VT_FINDING, "\"state\":\"open\"", "\"state\":\"closed\"", VT_MALFORMED },
        { VT_FINDING, "\"commitment\":\"" DIGEST "\",", "", VT_MALFORMED },
        { VT_FINDING, "\"owner\":\"Acme\"", "\"owner\":\"\"", VT_MALFORMED },
        { VT_REQUEST, "{", "{", VT_OK },
        { VT_REQUEST, "\"number\":1", "\"number\":-1", VT_MALFORMED },
        { VT_REQUEST, "\"number\":1", "\"number\":\"1\"", VT_MALFORMED },
        { VT_REQUEST, "\"kind\":\"file\"", "\"kind\":\"a letter\"", VT_MALFORMED },
        { VT_REQUEST, "\"count\":3", "\"count\":3,\"name\":\"x\"", VT_MALFORMED },
        { VT_REQUEST, "\"kind\":\"data\"", "\"kind\":\"data\",\"about\":\"x\"",
          VT_MALFORMED },
        { VT_RELOCATION_PLAN, "{", "{", VT_OK },
        { VT_RELOCATION_PLAN, "\"where\":\"cell\"", "\"where\":\"cloud\"", VT_MALFORMED },
        { VT_RELOCATION_PLAN, "not moved yet", "moved", VT_MALFORMED },
        { VT_RELOCATION_PLAN, "\"from\":\"old\",", "", VT_MALFORMED },
        { VT_SEAL_HEAD, "{", "{", VT_OK },
        { VT_SEAL_HEAD, "\"records\":40", "\"records\":-1", VT_MALFORMED },
        { VT_SEAL_HEAD, "\"records\":40", "\"records\":40,\"asked\":\"x\"", VT_MALFORMED },
        { VT_DENIAL, "{", "{", VT_OK },
        { VT_DENIAL, "\"of\":\"Acme\",", "", VT_MALFORMED },
        { VT_DENIAL, "\"asked\":\"the build host's log\"", "\"asked\":[]", VT_MALFORMED },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_JSON predicate = edited(good_of(rows[i].type), rows[i].from, rows[i].to);
        VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
        struct vt_error err = { 0 };
        bool ok = vt_statement_write_about_itself(rows[i].type, predicate, &payload, &err);

        VT_CHECK_SAYING(ok == (rows[i].want == VT_OK) && err.code == rows[i].want,
                        "row %zu, %s -> %s: %s", i, rows[i].from, rows[i].to, err.message);
    }
}

/* ---- what a ledger admits ---- */

static vt_slice signed_by(const struct good *good, const char *from, const char *to,
                          unsigned signers)
{
    VT_AUTO_JSON predicate = edited(good, from, to);
    struct vt_buf *payload = vt_arena_alloc(vt_test_arena(), sizeof *payload);
    struct vt_error err = { 0 };

    *payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_CHECK_OK(vt_statement_write_about_itself(good->type, predicate, payload, &err));
    return vt_world_sign(vt_buf_slice(payload), signers);
}

static void admitted(void)
{
    static const struct {
        const char *name;
        enum vt_predicate type;
        const char *from, *to;
        unsigned signers;
        bool is_admitted;
    } rows[] = {
        { "a promise", VT_PROMISE, "{", "{", VT_BIT(VT_P_VENDOR), true },
        { "for another", VT_PROMISE, "Acme", "Watch", VT_BIT(VT_P_VENDOR), false },
        { "by himself", VT_PROMISE, "Acme", "Watch", VT_BIT(VT_P_SUPERVISOR), true },
        { "with another", VT_PROMISE, "{", "{",
          VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR), false },
        { "by a reviewer", VT_PROMISE, "Acme", "State A", VT_BIT(VT_P_REVIEWER), false },
        { "by a stranger", VT_PROMISE, "{", "{", VT_BIT(VT_P_STRANGER), false },
        { "and a stranger", VT_PROMISE, "{", "{",
          VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_STRANGER), false },
        { "dated ahead", VT_PROMISE, "\"created\":\"2026", "\"created\":\"2036",
          VT_BIT(VT_P_VENDOR), false },
        { "a keeping", VT_KEPT, "{", "{", VT_BIT(VT_P_VENDOR), true },
        { "by a cell", VT_KEPT, "{", "{", VT_BIT(VT_P_CELL), false },
        { "a finding", VT_FINDING, "{", "{", VT_BIT(VT_P_REVIEWER), true },
        { "of the supervisor", VT_FINDING, "{", "{", VT_BIT(VT_P_SUPERVISOR), true },
        { "opened by the vendor", VT_FINDING, "{", "{", VT_BIT(VT_P_VENDOR), false },
        { "answered by him", VT_FINDING, "{", "{\"supersedes\":\"" DIGEST "\",",
          VT_BIT(VT_P_VENDOR), true },
        { "a request", VT_REQUEST, "{", "{", VT_BIT(VT_P_FOUNDATION), true },
        { "numbered by the vendor", VT_REQUEST, "{", "{", VT_BIT(VT_P_VENDOR), false },
        { "numbered by the supervisor", VT_REQUEST, "{", "{", VT_BIT(VT_P_SUPERVISOR),
          false },
        { "by the foundation's root key", VT_REQUEST, "{", "{",
          VT_BIT(VT_P_ROOT_FOUNDATION), false },
        { "a denial", VT_DENIAL, "{", "{", VT_BIT(VT_P_SUPERVISOR), true },
        { "a plan", VT_RELOCATION_PLAN, "{", "{", VT_BIT(VT_P_VENDOR), true },
        { "of the supervisor", VT_RELOCATION_PLAN, "{", "{", VT_BIT(VT_P_SUPERVISOR),
          false },
        { "a head of a seal", VT_SEAL_HEAD, "{", "{", VT_BIT(VT_P_FOUNDATION), true },
        { "by the supervisor", VT_SEAL_HEAD, "{", "{", VT_BIT(VT_P_SUPERVISOR), true },
        { "by the vendor", VT_SEAL_HEAD, "{", "{", VT_BIT(VT_P_VENDOR), false },
        { "told by the vendor", VT_DENIAL, "{", "{", VT_BIT(VT_P_VENDOR), false },
    };
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;

    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world), &trust, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_slice entry =
            signed_by(good_of(rows[i].type), rows[i].from, rows[i].to, rows[i].signers);
        bool ok = vt_trust_admits_entry(trust, entry, VT_WORLD_NOW, &err);

        VT_CHECK_SAYING(ok == rows[i].is_admitted, "%s: %s", rows[i].name, err.message);
        VT_CHECK(ok || err.code == VT_REJECTED);
    }
}

static void mangled(void)
{
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;

    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world), &trust, &err));
    for (size_t i = 0; i < sizeof goods / sizeof goods[0]; i++) {
        vt_slice good = signed_by(&goods[i], "{", "{", VT_BIT(goods[i].signer));
        VT_AUTO_FREE uint8_t *bytes = vt_alloc(good.len);

        VT_CHECK_OK(vt_trust_admits_entry(trust, good, VT_WORLD_NOW, &err));
        for (size_t len = 0; len < good.len; len++)
            VT_CHECK_SAYING(!vt_trust_admits_entry(trust, vt_slice_sub(good, 0, len),
                                                   VT_WORLD_NOW, &err),
                            "%zu cut to %zu", i, len);
        for (size_t at = 0; at < good.len; at++) {
            memcpy(bytes, good.data, good.len);
            bytes[at] ^= (uint8_t)(1u << (at % 8));
            VT_CHECK_SAYING(!vt_trust_admits_entry(trust, vt_slice_of(bytes, good.len),
                                                   VT_WORLD_NOW, &err),
                            "%zu: bit flipped at %zu", i, at);
        }
    }
}

static const struct vt_case cases[] = {
    { "closed schemas", closed },
    { "whose word a ledger takes", admitted },
    { "mangled", mangled },
};

VT_TEST_MAIN("supervision", cases)
