/* The statement that asks to read: one spelling, each reason with what belongs to it, and
 * batches whose members can be proven. */
#include "custody/access.h"
#include "ledger/use.h"
#include "tests/harness.h"

#define BEGAN INT64_C(1795000000)

static vt_hash hash_of(const char *text)
{
    return vt_sha256_of(vt_slice_from_cstr(text));
}

static struct vt_access good(void)
{
    struct vt_access access = { .cell = VT_LIT("zurich"),
                                .ledger = VT_LIT("cell.example/access"),
                                .policy = 3,
                                .person = hash_of("person"),
                                .role_key = hash_of("role"),
                                .role = VT_LIT("analyst"),
                                .place = VT_LIT("Zurich"),
                                .jurisdiction = VT_LIT("CH"),
                                .count = 1,
                                .objects = { hash_of("one") },
                                .reason = VT_ACCESS_ANALYSIS,
                                .ticket = VT_LIT("T-17"),
                                .created_unix_s = BEGAN,
                                .expires_unix_s = BEGAN + 600 };

    memset(access.recipient.bytes, 9, sizeof access.recipient.bytes);
    return access;
}

static vt_slice payload_of(const struct vt_access *access)
{
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    struct vt_error err = { 0 };

    *out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_CHECK_OK(vt_access_write(access, out, &err));
    return vt_buf_slice(out);
}

/* ---- writing and reading ----------------------------------------------------------------
 */

static void a_statement_comes_back(void)
{
    struct vt_access access = good(), back;
    VT_AUTO_STATEMENT statement = { 0 };
    struct vt_error err = { 0 };
    vt_slice payload = payload_of(&access);

    VT_CHECK_OK(vt_statement_parse(payload, &statement, &err));
    VT_CHECK_OK(vt_access_read(&statement, &back, &err));
    VT_CHECK(vt_slice_equal(payload_of(&back), payload));
    VT_CHECK(back.count == 1 && vt_hash_equal(&back.objects[0], &access.objects[0]));
    VT_CHECK(back.reason == VT_ACCESS_ANALYSIS && back.expires_unix_s == BEGAN + 600);
    VT_CHECK(vt_slice_is(back.place, "Zurich") && vt_slice_is(back.ticket, "T-17"));
}

struct row {
    const char *name;
    void (*change)(struct vt_access *access);
    enum vt_code want;
};

static void nothing(struct vt_access *a)
{
    (void)a;
}

static void no_object(struct vt_access *a)
{
    a->count = 0;
}

static void two_objects(struct vt_access *a)
{
    vt_hash two = hash_of("two");
    bool is_first = memcmp(&two, &a->objects[0], sizeof two) < 0;

    a->objects[1] = is_first ? a->objects[0] : two;
    a->objects[0] = is_first ? two : a->objects[0];
    a->count = 2;
}

static void out_of_order(struct vt_access *a)
{
    vt_hash first;

    two_objects(a);
    first = a->objects[0];
    a->objects[0] = a->objects[1];
    a->objects[1] = first;
}

static void one_twice(struct vt_access *a)
{
    a->objects[1] = a->objects[0];
    a->count = 2;
}

static void too_many(struct vt_access *a)
{
    a->count = VT_ACCESS_OBJECTS_MAX + 1;
}

static void a_batch(struct vt_access *a)
{
    a->is_batch = true;
    a->count = VT_ACCESS_BATCH_MAX;
    a->batch_root = hash_of("root");
}

static void too_large_a_batch(struct vt_access *a)
{
    a_batch(a);
    a->count++;
}

static void an_empty_batch(struct vt_access *a)
{
    a_batch(a);
    a->count = 0;
}

static void government(struct vt_access *a)
{
    a->reason = VT_ACCESS_GOVERNMENT;
    a->request = 1;
}

static void government_without_number(struct vt_access *a)
{
    a->reason = VT_ACCESS_GOVERNMENT;
}

static void number_without_government(struct vt_access *a)
{
    a->request = 1;
}

static void scan(struct vt_access *a)
{
    a->reason = VT_ACCESS_SCAN;
    a->rules = hash_of("rules");
}

static void two_backups(struct vt_access *a)
{
    a->reason = VT_ACCESS_ERASURE;
    a->backups[0] = (struct vt_access_backup){ VT_LIT("nightly"), BEGAN + 86400 };
    a->backups[1] = (struct vt_access_backup){ VT_LIT("weekly"), BEGAN + 86400 };
    a->backup_count = 2;
}

static void one_backup_twice(struct vt_access *a)
{
    two_backups(a);
    a->backups[1].name = a->backups[0].name;
}

static void scan_without_rules(struct vt_access *a)
{
    a->reason = VT_ACCESS_SCAN;
}

static void rules_without_scan(struct vt_access *a)
{
    a->rules = hash_of("rules");
}

static void expired_at_birth(struct vt_access *a)
{
    a->expires_unix_s = a->created_unix_s;
}

static void no_ticket(struct vt_access *a)
{
    a->ticket = (vt_slice){ 0 };
}

static void control_in_ticket(struct vt_access *a)
{
    a->ticket = VT_LIT("T\x1b[2J");
}

static void bytes_that_are_no_text(struct vt_access *a)
{
    a->place = VT_LIT("Z\xff");
}

static void number_beyond_json(struct vt_access *a)
{
    a->policy = UINT64_C(9007199254740992);
}

static void what_may_be_said(void)
{
    static const struct row rows[] = {
        { "as it is", nothing, VT_OK },
        { "two objects", two_objects, VT_OK },
        { "no object", no_object, VT_MALFORMED },
        { "out of order", out_of_order, VT_MALFORMED },
        { "one object twice", one_twice, VT_MALFORMED },
        { "more than can be named", too_many, VT_LIMIT },
        { "a batch", a_batch, VT_OK },
        { "a batch too large", too_large_a_batch, VT_LIMIT },
        { "an empty batch", an_empty_batch, VT_MALFORMED },
        { "a government request", government, VT_OK },
        { "without its number", government_without_number, VT_MALFORMED },
        { "a number without request", number_without_government, VT_MALFORMED },
        { "an automatic scan", scan, VT_OK },
        { "without its rules", scan_without_rules, VT_MALFORMED },
        { "rules without scan", rules_without_scan, VT_MALFORMED },
        { "two backups", two_backups, VT_OK },
        { "one backup twice", one_backup_twice, VT_MALFORMED },
        { "expired at birth", expired_at_birth, VT_MALFORMED },
        { "no ticket", no_ticket, VT_MALFORMED },
        { "a ticket that steers a terminal", control_in_ticket, VT_MALFORMED },
        { "no UTF-8", bytes_that_are_no_text, VT_MALFORMED },
        { "beyond JSON", number_beyond_json, VT_MALFORMED },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
        struct vt_access access = good();
        struct vt_error err = { 0 };
        bool is_ok;

        rows[i].change(&access);
        is_ok = vt_access_write(&access, &out, &err);
        VT_CHECK_SAYING(err.code == rows[i].want && is_ok == (rows[i].want == VT_OK),
                        "%s: %s", rows[i].name, err.message);
        VT_CHECK(is_ok || out.len == 0);
    }
}

/* What fits the schema and is no access all the same. */
static void forged_statements_are_refused(void)
{
    static const struct {
        const char *name, *from, *to;
    } rows[] = {
        { "white space", "\"policy\":3", "\"policy\": 3" },
        { "a field more", "\"policy\":3", "\"plan\":1,\"policy\":3" },
        { "a reason that is none", "malware-analysis", "malware-analysts" },
        { "another reason", "malware-analysis", "automatic-scan" },
        { "another subject", "\"name\":\"access\"", "\"name\":\"excess\"" },
        { "not about itself", "\"ticket\":\"T-17\"", "\"ticket\":\"T-18\"" },
        { "a recipient that is none", "\"recipient\":\"age1", "\"recipient\":\"age2" },
        { "a number that does not belong", "\"role\":\"analyst\"",
          "\"request\":1,\"role\":\"analyst\"" },
        { "another statement", "urn:vitrine:access:v1", "urn:vitrine:custody:v1" },
    };
    struct vt_access access = good();
    const char *payload = vt_arena_cstr(vt_test_arena(), payload_of(&access));

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *at = strstr(payload, rows[i].from);
        const char *text;
        VT_AUTO_STATEMENT statement = { 0 };
        struct vt_error err = { 0 };
        struct vt_access back;

        VT_CHECK_SAYING(at != NULL, "no '%s'", rows[i].from);
        text = vt_test_print("%.*s%s%s", (int)(at - payload), payload, rows[i].to,
                             at + strlen(rows[i].from));
        VT_CHECK_SAYING(!(vt_statement_parse(vt_slice_from_cstr(text), &statement, &err) &&
                          vt_access_read(&statement, &back, &err)),
                        "%s: was taken", rows[i].name);
        VT_CHECK_SAYING(err.code == VT_MALFORMED, "%s: %s", rows[i].name, err.message);
    }
}

/* ---- commitments ------------------------------------------------------------------------
 */

/* The known answer was computed with another program (sha256sum). */
static void a_commitment_is_what_it_should_be(void)
{
    uint8_t salt[VT_ACCESS_SALT_BYTES] = { 0 };
    vt_hash commitment = vt_access_commitment(salt, VT_LIT("{}")), other;
    VT_AUTO_BUF entry = vt_buf_init(VT_USE_PLAIN_BYTES_MAX);
    vt_hash leaf = vt_access_leaf(&commitment), wanted;
    struct vt_error err = { 0 };
    char text[65];

    vt_hash_text(&commitment, text);
    VT_CHECK_SAYING(
        strcmp(text, "d8130fe1418ca57f9674775f58cf90ff0adcbe35bf26af120b251d1b3951e7ea") ==
            0,
        "%s", text);
    salt[31] = 1;
    other = vt_access_commitment(salt, VT_LIT("{}"));
    VT_CHECK(!vt_hash_equal(&commitment, &other));
    vt_private_entry_write(&entry, &commitment);
    VT_CHECK_OK(vt_private_entry_parse(vt_buf_slice(&entry), &other, &err));
    wanted = vt_sha256_leaf(vt_buf_slice(&entry));
    VT_CHECK(vt_hash_equal(&other, &commitment) && vt_hash_equal(&leaf, &wanted));
}

/* ---- batches ----------------------------------------------------------------------------
 */

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(vt_hash));
}

static void members_are_proven(void)
{
    static const size_t counts[] = { 1, 2, 3, 4, 5, 7, 8, 9, 33, 1000 };
    vt_hash *ids = vt_arena_alloc(vt_test_arena(), 1001 * sizeof *ids);
    struct vt_access access = good();
    struct vt_error err = { 0 };

    for (uint32_t i = 0; i < 1001; i++)
        ids[i] = vt_sha256_of(VT_BYTES(i));
    access.is_batch = true;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        vt_hash stranger = ids[1000];

        access.count = counts[c];
        qsort(ids, counts[c], sizeof *ids, compare);
        VT_CHECK_OK(vt_access_batch_root(ids, counts[c], &access.batch_root, &err));
        for (size_t i = 0; i < counts[c]; i += 1 + counts[c] / 20) {
            struct vt_proof proof = { .count = 0 };

            VT_CHECK_OK(vt_access_batch_prove(ids, counts[c], i, &proof, &err));
            VT_CHECK(vt_access_names(&access, &ids[i], i, &proof));
            VT_CHECK(!vt_access_names(&access, &stranger, i, &proof));
            VT_CHECK(counts[c] == 1 ||
                     !vt_access_names(&access, &ids[i], (i + 1) % counts[c], &proof));
            proof.hashes[proof.count++] = stranger;
            VT_CHECK(!vt_access_names(&access, &ids[i], i, &proof));
        }
    }
}

static void a_batch_has_one_order(void)
{
    vt_hash ids[3] = { hash_of("a"), hash_of("b"), hash_of("c") }, root, again;
    struct vt_error err = { 0 };

    qsort(ids, 3, sizeof ids[0], compare);
    VT_CHECK_OK(vt_access_batch_root(ids, 3, &root, &err));
    VT_CHECK_FAILS(VT_LIMIT, vt_access_batch_root(ids, 0, &again, &err));
    again = ids[0];
    ids[0] = ids[1];
    ids[1] = again;
    VT_CHECK_FAILS(VT_REJECTED, vt_access_batch_root(ids, 3, &again, &err));
    ids[0] = ids[1];
    VT_CHECK_FAILS(VT_REJECTED, vt_access_batch_root(ids, 3, &again, &err));
}

static const struct vt_case cases[] = {
    { "a statement comes back", a_statement_comes_back },
    { "what may be said", what_may_be_said },
    { "forged statements are refused", forged_statements_are_refused },
    { "a commitment is what it should be", a_commitment_is_what_it_should_be },
    { "members are proven", members_are_proven },
    { "a batch has one order", a_batch_has_one_order },
};

VT_TEST_MAIN("access", cases)
