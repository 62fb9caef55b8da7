/* What a client keeps: consent, the record of what it sent, its budget, and what it wants
 * taken back. */
#include "cell/consent.h"
#include "cell/withdrawal.h"
#include "tests/world.h"

static struct vt_disk *home(void)
{
    struct vt_disk *disk;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_disk_open(vt_test_path("home"), true, &disk, &err));
    VT_CHECK_OK(vt_disk_lock(disk, &err));
    vt_test_keep(disk);
    return disk;
}

/* ---- consent ----------------------------------------------------------------------------
 */

static void two_switches(void)
{
    struct vt_disk *disk = home();
    struct vt_consent consent;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_consent_read(disk, &consent, &err));
    for (unsigned i = 0; i < VT_CONSENT_SWITCHES; i++) {
        VT_CHECK(!consent.switches[i].is_on && !consent.switches[i].is_chosen);
        VT_CHECK_FAILS(VT_REJECTED,
                       vt_consent_allows(&consent, (enum vt_consent_switch)i, &err));
    }
    VT_CHECK_OK(vt_consent_turn(disk, VT_CONSENT_ASK, true, 1000, &err));
    VT_CHECK_OK(vt_consent_read(disk, &consent, &err));
    VT_CHECK_OK(vt_consent_allows(&consent, VT_CONSENT_ASK, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_consent_allows(&consent, VT_CONSENT_SUBMIT, &err));
    VT_CHECK_OK(vt_consent_turn(disk, VT_CONSENT_ASK, true, 2000, &err)); /* no new time */
    VT_CHECK_OK(vt_consent_read(disk, &consent, &err));
    VT_CHECK(consent.switches[VT_CONSENT_ASK].since_unix_s == 1000);
    VT_CHECK_OK(vt_consent_turn(disk, VT_CONSENT_ASK, false, 3000, &err));
    VT_CHECK_OK(vt_consent_read(disk, &consent, &err));
    VT_CHECK(consent.switches[VT_CONSENT_ASK].since_unix_s == 3000 &&
             consent.switches[VT_CONSENT_ASK].is_chosen);
    VT_CHECK_FAILS(VT_REJECTED, vt_consent_allows(&consent, VT_CONSENT_ASK, &err));
}

/* A file that was cut or changed never turns a switch on. */
static void mangled_consent(void)
{
    static const char good[] =
        "{\"ask\":{\"on\":false,\"since\":\"2026-11-23T17:37:25Z\"},"
        "\"submit\":{\"on\":false,\"since\":\"2026-11-23T17:37:25Z\"},"
        "\"v\":1}";
    struct vt_error err = { 0 };
    struct vt_consent consent;
    char copy[sizeof good];

    VT_CHECK_OK(vt_consent_parse(vt_slice_from_cstr(good), &consent, &err));
    for (size_t len = 0; len < sizeof good - 1; len++)
        VT_CHECK(!vt_consent_parse(vt_slice_of(good, len), &consent, &err));
    for (size_t at = 0; at < sizeof good - 1; at++) {
        memcpy(copy, good, sizeof good);
        copy[at] = (char)(copy[at] ^ (1 << at % 7));
        if (vt_consent_parse(vt_slice_of(copy, sizeof good - 1), &consent, &err))
            VT_CHECK(!consent.switches[0].is_on && !consent.switches[1].is_on);
    }
}

/* ---- the record -------------------------------------------------------------------------
 */

static struct vt_sent_record sample(const char *what)
{
    return (struct vt_sent_record){ .at_unix_s = VT_WORLD_NOW,
                                    .kind = VT_SENT_SAMPLE,
                                    .cell = VT_LIT("zurich"),
                                    .what = vt_slice_from_cstr(what),
                                    .sha256 = vt_sha256_of(vt_slice_from_cstr(what)),
                                    .bytes = strlen(what) };
}

static struct vt_sent_record report(uint8_t schema, uint64_t period, uint64_t period_s,
                                    uint64_t epsilon_milli)
{
    struct vt_sent_record record = sample("answers");

    record.kind = VT_SENT_REPORT;
    record.schema.bytes[0] = schema;
    record.period = period;
    record.period_s = period_s;
    record.epsilon_milli = epsilon_milli;
    return record;
}

static void append(struct vt_disk *disk, struct vt_sent_record record)
{
    VT_AUTO_SENT sent = NULL;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_sent_open(disk, &sent, &err));
    VT_CHECK_OK(vt_sent_append(sent, &record, &err));
}

static void each_line_follows_the_one_before(void)
{
    struct vt_disk *disk = home();
    VT_AUTO_SENT sent = NULL;
    struct vt_error err = { 0 };

    append(disk, sample("one.exe"));
    append(disk, report(1, 7, 86400, 500));
    append(disk, sample("three.exe"));
    VT_CHECK_OK(vt_sent_open(disk, &sent, &err));
    VT_CHECK(vt_sent_count(sent) == 3 && vt_sent_torn_bytes(sent) == 0);
    VT_CHECK(vt_sent_at(sent, 1)->period == 7 && vt_sent_at(sent, 1)->number == 2);
    VT_CHECK(vt_slice_is(vt_sent_at(sent, 2)->what, "three.exe"));
}

/* Whatever is done to a line that is not the last is seen; the last may only be lost. */
static void a_record_that_was_changed_is_refused(void)
{
    struct vt_disk *disk = home();
    const char *path = vt_test_path("home/sent.log");
    vt_slice good;
    uint8_t *copy;
    size_t first, last;

    append(disk, sample("one.exe"));
    append(disk, sample("two.exe"));
    append(disk, sample("three.exe"));
    good = vt_test_read(path);
    copy = vt_arena_alloc(vt_test_arena(), good.len);
    first = (size_t)((uint8_t *)memchr(good.data, '\n', good.len) - good.data) + 1;
    last = good.len - 1;
    while (good.data[last - 1] != '\n')
        last--;
    for (size_t at = 0; at < good.len; at++) {
        struct vt_error err = { 0 };
        VT_AUTO_SENT sent = NULL;

        memcpy(copy, good.data, good.len);
        copy[at] ^= (uint8_t)(1u << (at % 8));
        vt_test_write(path, vt_slice_of(copy, good.len));
        if (at < last - 1) /* without that line's end the last two are one */
            VT_CHECK_FAILS(VT_REJECTED, vt_sent_open(disk, &sent, &err));
        else if (vt_sent_open(disk, &sent, &err))
            VT_CHECK(vt_sent_count(sent) >= (at == last - 1 ? 1 : 2));
    }
    /* A line taken out. */
    memcpy(copy, good.data + first, good.len - first);
    vt_test_write(path, vt_slice_of(copy, good.len - first));
    {
        struct vt_error err = { 0 };
        VT_AUTO_SENT sent = NULL;

        VT_CHECK_FAILS(VT_REJECTED, vt_sent_open(disk, &sent, &err));
    }
}

/* Cut at any place: what was whole stays, and the next line follows it. */
static void a_line_that_was_not_written_whole(void)
{
    struct vt_disk *disk = home();
    const char *path = vt_test_path("home/sent.log");
    vt_slice good;
    size_t first;

    append(disk, sample("one.exe"));
    first = vt_test_read(path).len;
    append(disk, sample("two.exe"));
    good = vt_test_read(path);
    for (size_t len = first; len < good.len; len += 7) {
        struct vt_error err = { 0 };
        VT_AUTO_SENT sent = NULL;
        VT_AUTO_SENT again = NULL;
        struct vt_sent_record three = sample("three.exe");

        vt_test_write(path, vt_slice_sub(good, 0, len));
        VT_CHECK_OK(vt_sent_open(disk, &sent, &err));
        VT_CHECK(vt_sent_count(sent) == 1 && vt_sent_torn_bytes(sent) == len - first);
        VT_CHECK_OK(vt_sent_append(sent, &three, &err));
        VT_CHECK_OK(vt_sent_open(disk, &again, &err));
        VT_CHECK(vt_sent_count(again) == 2 && vt_sent_torn_bytes(again) == 0);
        VT_CHECK(vt_slice_is(vt_sent_at(again, 1)->what, "three.exe"));
    }
}

static void the_budget(void)
{
    static const struct {
        const char *name;
        uint8_t schema;
        uint64_t period, period_s, epsilon, budget;
        bool is_allowed;
    } rows[] = {
        { "the next period", 1, 8, 86400, 1000, 1000, true },
        { "the same period", 1, 7, 86400, 1, 100000, false },
        { "an earlier one", 1, 6, 86400, 1, 100000, false },
        { "another schema, room left", 2, 7, 86400, 500, 1500, true },
        { "another schema, no room", 2, 7, 86400, 501, 1500, false },
        { "the hour after", 2, 8 * 24, 3600, 1000, 1000, true },
        { "an hour inside", 2, 7 * 24, 3600, 1000, 1000, false },
        { "the last hour inside", 2, 8 * 24 - 1, 3600, 1000, 1000, false },
        { "the hour before", 2, 7 * 24 - 1, 3600, 1000, 1000, true },
        { "a week around", 3, 1, 7 * 86400, 1000, 1000, false },
        { "a smaller budget than was spent", 2, 7, 86400, 0, 999, false },
    };
    struct vt_disk *disk = home();
    VT_AUTO_SENT sent = NULL;
    struct vt_error err = { 0 };

    append(disk, sample("one.exe"));
    append(disk, report(1, 7, 86400, 1000));
    VT_CHECK_OK(vt_sent_open(disk, &sent, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_hash schema = { { rows[i].schema } };

        VT_CHECK_SAYING(vt_sent_allows_report(sent, &schema, rows[i].period,
                                              rows[i].period_s, rows[i].epsilon,
                                              rows[i].budget, &err) == rows[i].is_allowed,
                        "%s: %s", rows[i].name, err.message);
    }
}

/* ---- taking it back ---------------------------------------------------------------------
 */

static struct vt_key *pseudonym(struct vt_disk *disk, const char *cell)
{
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    struct vt_key *key;

    VT_CHECK_OK(vt_pseudonym_open(disk, vt_slice_from_cstr(cell), &env, &key, &err));
    vt_test_keep(key);
    return key;
}

static void a_pseudonym_a_cell(void)
{
    struct vt_disk *disk = home();
    const struct vt_public_key *one = vt_key_public(pseudonym(disk, "zurich")),
                               *same = vt_key_public(pseudonym(disk, "zurich")),
                               *two = vt_key_public(pseudonym(disk, "tokyo"));
    struct stat about;

    VT_CHECK(memcmp(one, same, sizeof *one) == 0 && memcmp(one, two, sizeof *one) != 0);
    VT_CHECK(stat(vt_test_path("home/secret"), &about) == 0 &&
             (about.st_mode & 0777) == 0600);
}

static vt_slice request_of(struct vt_disk *disk, const struct vt_key *key)
{
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    VT_AUTO_SENT sent = NULL;
    struct vt_error err = { 0 };

    *out = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX);
    VT_CHECK_OK(vt_sent_open(disk, &sent, &err));
    VT_CHECK_OK(vt_withdrawal_write(sent, VT_LIT("zurich"), key, VT_WORLD_NOW, out, &err));
    return vt_buf_slice(out);
}

static void requests(void)
{
    struct vt_disk *disk = home();
    const struct vt_key *key = pseudonym(disk, "zurich");
    struct vt_error err = { 0 };
    VT_AUTO_WITHDRAWAL request = { .json = NULL };
    vt_slice bytes;
    uint8_t *copy;

    append(disk, sample("one.exe"));
    append(disk, report(1, 7, 86400, 1));
    bytes = request_of(disk, key);
    VT_CHECK_OK(vt_withdrawal_parse(bytes, &request, &err));
    VT_CHECK(json_array_size(request.objects) == 1); /* a report cannot be found again */
    VT_CHECK(memcmp(&request.pseudonym, vt_key_public(key), 32) == 0);
    copy = vt_arena_alloc(vt_test_arena(), bytes.len);
    for (size_t at = 0; at < bytes.len; at++) {
        VT_AUTO_WITHDRAWAL forged = { .json = NULL };

        memcpy(copy, bytes.data, bytes.len);
        copy[at] ^= (uint8_t)(1u << (at % 8));
        VT_CHECK_SAYING(!vt_withdrawal_parse(vt_slice_of(copy, bytes.len), &forged, &err),
                        "bit flipped at %zu", at);
        VT_CHECK(!vt_withdrawal_parse(vt_slice_of(bytes.data, at), &forged, &err));
    }
}

static vt_slice receipt_for(vt_slice request_bytes, enum vt_party signer, int64_t now)
{
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    VT_AUTO_WITHDRAWAL request = { .json = NULL };
    VT_AUTO_JSON kept =
        json_pack("[{s:s,s:s}]", "what", "two copies", "why", "a court has them");
    struct vt_error err = { 0 };

    *out = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX);
    VT_CHECK_OK(vt_withdrawal_parse(request_bytes, &request, &err));
    VT_CHECK_OK(vt_receipt_write(&request, 3, kept, now, vt_world_key(signer), out, &err));
    return vt_buf_slice(out);
}

static void receipts(void)
{
    struct vt_disk *disk = home();
    vt_slice request = request_of(disk, pseudonym(disk, "zurich")), bytes;
    struct vt_world world = vt_world_good();
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_RECEIPT receipt = { .json = NULL };
    VT_AUTO_RECEIPT none = { .json = NULL };
    struct vt_error err = { 0 };
    uint8_t *copy;

    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world), &trust, &err));
    bytes = receipt_for(request, VT_P_CELL, VT_WORLD_NOW);
    VT_CHECK_OK(vt_receipt_parse(bytes, trust, &receipt, &err));
    VT_CHECK(receipt.erased == 3 && json_array_size(receipt.kept) == 1);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_receipt_parse(receipt_for(request, VT_P_VENDOR, VT_WORLD_NOW), trust,
                                    &none, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_receipt_parse(receipt_for(request, VT_P_CELL,
                                                             world.keys[VT_P_CELL].until),
                                                 trust, &none, &err));
    copy = vt_arena_alloc(vt_test_arena(), bytes.len);
    for (size_t at = 0; at < bytes.len; at++) {
        memcpy(copy, bytes.data, bytes.len);
        copy[at] ^= (uint8_t)(1u << (at % 8));
        VT_CHECK_SAYING(!vt_receipt_parse(vt_slice_of(copy, bytes.len), trust, &none, &err),
                        "bit flipped at %zu", at);
    }
}

static const struct vt_case cases[] = {
    { "two switches, off until chosen", two_switches },
    { "mangled consent", mangled_consent },
    { "each line follows the one before", each_line_follows_the_one_before },
    { "a record that was changed is refused", a_record_that_was_changed_is_refused },
    { "a line that was not written whole", a_line_that_was_not_written_whole },
    { "the budget", the_budget },
    { "a pseudonym a cell", a_pseudonym_a_cell },
    { "requests to erase", requests },
    { "receipts", receipts },
};

VT_TEST_MAIN("client_record", cases)
