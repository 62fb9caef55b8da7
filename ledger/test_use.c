/* Four uses: which entries each takes, and at which index; in a ledger and in four that one
 * process serves. */
#include "http/http.h"
#include "ledger/use.h"
#include "tests/own_log.h"
#include "tests/running.h"
#include "tests/small_log.h"

#define HEX  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX2 "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

#define SNAPSHOT(version)                                                                  \
    "{\"class\":\"snapshot\",\"sha256\":\"" HEX "\",\"v\":1,\"version\":" version "}"
#define ACCESS(hex) "{\"class\":\"access\",\"commitment\":\"" hex "\",\"v\":1}"

/* A signed envelope around this payload. */
static const char *envelope_of(const char *type, const char *payload)
{
    const struct vt_key *key = vt_test_key(51);
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

static const char *statement(const char *predicate_type, const char *predicate)
{
    return envelope_of(
        "application/vnd.in-toto+json",
        vt_test_print("{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":%s,"
                      "\"predicateType\":\"%s\",\"subject\":[]}",
                      predicate, predicate_type));
}

static const char *head(unsigned epoch)
{
    return statement("urn:vitrine:head:v1", vt_test_print("{\"epoch\":%u}", epoch));
}

/* ---- forms ------------------------------------------------------------------------------
 */

static void each_use_takes_its_own(void)
{
    struct row {
        const char *name, *entry;
        enum vt_ledger_use use;
        uint64_t index;
        enum vt_code want;
    } rows[50];
    size_t count = 0;

#define ROW(...) rows[count++] = (struct row){ __VA_ARGS__ }
    ROW("first snapshot", SNAPSHOT("1"), VT_USE_CHANNEL, 0, VT_OK);
    ROW("eighth snapshot", SNAPSHOT("8"), VT_USE_CHANNEL, 7, VT_OK);
    ROW("too early", SNAPSHOT("8"), VT_USE_CHANNEL, 6, VT_REJECTED);
    ROW("too late", SNAPSHOT("8"), VT_USE_CHANNEL, 8, VT_REJECTED);
    ROW("no version 0", SNAPSHOT("0"), VT_USE_CHANNEL, 0, VT_MALFORMED);
    ROW("leading zero", SNAPSHOT("01"), VT_USE_CHANNEL, 0, VT_MALFORMED);
    ROW("sign", SNAPSHOT("+1"), VT_USE_CHANNEL, 0, VT_MALFORMED);
    ROW("fraction", SNAPSHOT("1.0"), VT_USE_CHANNEL, 0, VT_MALFORMED);
    ROW("a text", SNAPSHOT("\"1\""), VT_USE_CHANNEL, 0, VT_MALFORMED);
    ROW("beyond JSON", SNAPSHOT("9007199254740992"), VT_USE_CHANNEL,
        UINT64_C(9007199254740991), VT_MALFORMED);
    ROW("at JSON's end", SNAPSHOT("9007199254740991"), VT_USE_CHANNEL,
        UINT64_C(9007199254740990), VT_OK);
    ROW("a line break behind", SNAPSHOT("1") "\n", VT_USE_CHANNEL, 0, VT_MALFORMED);
    ROW("a gap", " " SNAPSHOT("1"), VT_USE_CHANNEL, 0, VT_MALFORMED);
    ROW("capitals",
        "{\"class\":\"snapshot\",\"sha256\":"
        "\"AA112233445566778899aabbccddeeff00112233445566"
        "778899aabbccddeeff\",\"v\":1,\"version\":1}",
        VT_USE_CHANNEL, 0, VT_MALFORMED);
    ROW("another order",
        "{\"class\":\"snapshot\",\"version\":1,\"sha256\":\"" HEX "\",\"v\":1}",
        VT_USE_CHANNEL, 0, VT_MALFORMED);
    ROW("another version of the form",
        "{\"class\":\"snapshot\",\"sha256\":\"" HEX "\",\"v\":2,\"version\":1}",
        VT_USE_CHANNEL, 0, VT_MALFORMED);
    ROW("a commitment in a channel", ACCESS(HEX), VT_USE_CHANNEL, 0, VT_MALFORMED);
    ROW("a head in a channel", head(0), VT_USE_CHANNEL, 0, VT_MALFORMED);
    ROW("nothing", "", VT_USE_CHANNEL, 0, VT_MALFORMED);

    ROW("first head", head(0), VT_USE_HEAD, 0, VT_OK);
    ROW("ninth head", head(8), VT_USE_HEAD, 8, VT_OK);
    ROW("an epoch left out", head(9), VT_USE_HEAD, 8, VT_REJECTED);
    ROW("an epoch once more", head(7), VT_USE_HEAD, 8, VT_REJECTED);
    ROW("no epoch", statement("urn:vitrine:head:v1", "{}"), VT_USE_HEAD, 0, VT_MALFORMED);
    ROW("an epoch as a text", statement("urn:vitrine:head:v1", "{\"epoch\":\"0\"}"),
        VT_USE_HEAD, 0, VT_MALFORMED);
    ROW("an epoch below zero", statement("urn:vitrine:head:v1", "{\"epoch\":-1}"),
        VT_USE_HEAD, 0, VT_MALFORMED);
    ROW("another statement", statement("urn:vitrine:count:v1", "{\"epoch\":0}"),
        VT_USE_HEAD, 0, VT_MALFORMED);
    ROW("another payload", envelope_of("text/plain", "{\"epoch\":0}"), VT_USE_HEAD, 0,
        VT_MALFORMED);
    ROW("a snapshot among heads", SNAPSHOT("1"), VT_USE_HEAD, 0, VT_MALFORMED);

    ROW("a commitment", ACCESS(HEX), VT_USE_ACCESS, 5, VT_OK);
    ROW("a count", statement("urn:vitrine:count:v1", "{}"), VT_USE_ACCESS, 5, VT_OK);
    ROW("a count of another form",
        envelope_of("application/vnd.in-toto+json",
                    "{\"_type\":\"x\",\"predicate\":{},\"predicateType\":"
                    "\"urn:vitrine:count:v1\",\"subject\":[]}"),
        VT_USE_ACCESS, 5, VT_MALFORMED);
    ROW("a tally", statement("urn:vitrine:tally:v1", "{}"), VT_USE_ACCESS, 5, VT_OK);
    ROW("an erasure", statement("urn:vitrine:erasure:v1", "{}"), VT_USE_ACCESS, 5, VT_OK);
    ROW("a relocation", statement("urn:vitrine:relocation:v1", "{}"), VT_USE_ACCESS, 5,
        VT_OK);
    ROW("an access in the open", statement("urn:vitrine:access:v1", "{}"), VT_USE_ACCESS, 5,
        VT_MALFORMED);
    ROW("a release among accesses", statement("urn:vitrine:release:v1", "{}"),
        VT_USE_ACCESS, 5, VT_MALFORMED);
    ROW("a commitment and more", ACCESS(HEX) " ", VT_USE_ACCESS, 5, VT_MALFORMED);
    ROW("another class", "{\"class\":\"count\",\"commitment\":\"" HEX "\",\"v\":1}",
        VT_USE_ACCESS, 5, VT_MALFORMED);
    ROW("a short commitment", ACCESS("00"), VT_USE_ACCESS, 5, VT_MALFORMED);

    ROW("any statement", statement("urn:vitrine:release:v1", "{}"), VT_USE_RELEASE, 3,
        VT_OK);
    ROW("no envelope", "hello", VT_USE_RELEASE, 3, VT_MALFORMED);
    ROW("anything", "hello", VT_USE_NONE, 3, VT_OK);
#undef ROW
    for (size_t i = 0; i < count; i++) {
        struct vt_error err = { 0 };
        bool is_ok = vt_use_admits(rows[i].use, vt_slice_from_cstr(rows[i].entry),
                                   rows[i].index, &err);

        VT_CHECK_SAYING(err.code == rows[i].want && is_ok == (rows[i].want == VT_OK),
                        "%s: %s", rows[i].name, err.message);
    }
}

/* Every cut and every flipped bit of a good plain entry is refused, or says what it is. */
static void mangled_entries_are_refused(void)
{
    static const char good[] = SNAPSHOT("12");
    uint8_t bytes[sizeof good - 1];
    struct vt_error err = { 0 };
    uint64_t version;
    vt_hash digest, wanted;

    VT_CHECK_OK(vt_snapshot_entry_parse(VT_LIT(SNAPSHOT("12")), &version, &wanted, &err));
    for (size_t len = 0; len < sizeof bytes; len++)
        VT_CHECK(!vt_snapshot_entry_parse(vt_slice_of(good, len), &version, &digest, &err));
    for (size_t i = 0; i < sizeof bytes; i++) {
        memcpy(bytes, good, sizeof bytes);
        bytes[i] ^= 1;
        VT_CHECK(!vt_snapshot_entry_parse(vt_slice_of(bytes, sizeof bytes), &version,
                                          &digest, &err) ||
                 version != 12 || !vt_hash_equal(&digest, &wanted));
    }
}

/* ---- in a ledger ------------------------------------------------------------------------
 */

static const char *sh(int exit_code_wanted, const char *command)
{
    return vt_test_run(
        exit_code_wanted,
        VT_ARGV("sh", "-c", "cd \"$0\" && eval \"$1\"", vt_test_dir(),
                vt_test_print("vitrine() { %s \"$@\"; }; %s", vt_test_vitrine(), command)));
}

static void put(const char *name, const char *entry)
{
    vt_test_write(vt_test_path(name), vt_slice_from_cstr(entry));
}

/* In one batch too each entry has its own number; what was logged before is known. */
static void the_index_is_the_number(void)
{
    const char *said;

    put("s1", SNAPSHOT("1"));
    put("s2", SNAPSHOT("2"));
    put("s3", SNAPSHOT("3"));
    (void)sh(0, "vitrine key new --out k && vitrine ledger init --dir l --origin "
                "example.org/channel --key k --use channel");
    said = sh(1, "vitrine ledger add --dir l s2");
    VT_CHECK_SAYING(strstr(said, "version 2 stands at index 1, but this is index 0") !=
                        NULL,
                    "%s", said);
    (void)sh(0, "vitrine ledger add --dir l s1 s2");
    (void)sh(0, "vitrine ledger add --dir l s1"); /* it has its index */
    (void)sh(1, "sed s/" HEX "/" HEX2 "/ s2 >other && vitrine ledger add --dir l other");
    (void)sh(0, "vitrine ledger add --dir l s3");
    said = sh(0, "vitrine ledger show --dir l");
    VT_CHECK_SAYING(strstr(said, "use        channel") != NULL &&
                        strstr(said, "published  3 entries") != NULL,
                    "%s", said);
}

static void wrong_uses(void)
{
    (void)sh(0, "vitrine key new --out k && vitrine key new --out k2");
#define INIT "vitrine ledger init --dir l --origin example.org/x --key k --use "
    (void)sh(2, INIT "none");
    (void)sh(2, INIT "Release");
    (void)sh(2, INIT "release --entries any");
    (void)sh(0, INIT "channel");
#define GO_ON "vitrine ledger continue --dir l --new-dir m --origin example.org/y --key k2"
    VT_CHECK(strstr(sh(1, GO_ON), "begins anew") != NULL);
    (void)sh(0, "rm -r l; " INIT "access");
    put("a", ACCESS(HEX));
    (void)sh(0, "vitrine ledger add --dir l a; " GO_ON);
    VT_CHECK(strstr(sh(0, "vitrine ledger show --dir m"), "access") != NULL);
    VT_CHECK(strstr(sh(1, "vitrine ledger add --dir m l/config.json"), "access ledger") !=
             NULL);
    /* A config that contradicts itself is none. */
    (void)sh(1,
             "sed -i 's/\"any\"/\"public\"/' m/config.json; vitrine ledger show --dir m");
}

/* ---- served -----------------------------------------------------------------------------
 */

struct call {
    int status;
    const char *text;
};

static struct call post(const char *url, const char *path, vt_slice body)
{
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct vt_error err = { 0 };
    struct vt_http_call call = { .url = vt_test_print("%s%s", url, path),
                                 .method = "POST",
                                 .body = body,
                                 .answer_bytes_max = VT_KIB(64) };
    struct call out;

    VT_CHECK_OK(vt_http_client_new(&client, &err));
    VT_CHECK_OK(vt_http_client_run(client, &call, &err));
    out = (struct call){ call.status,
                         vt_arena_cstr(vt_test_arena(), vt_buf_slice(&call.answer)) };
    vt_http_call_clear(&call);
    return out;
}

static void must_answer(const char *url, const char *path, const char *entry, int status,
                        const char *text)
{
    struct call call = post(url, path, vt_slice_from_cstr(entry));

    VT_CHECK_SAYING(call.status == status && strstr(call.text, text) == call.text,
                    "%s: %d %s", path, call.status, call.text);
}

/* Four origins in one process, each with its own rule. */
static void four_uses_are_served(void)
{
    struct vt_running server;

    (void)sh(0, "for u in release channel head access; do vitrine key new --out $u.key && "
                "vitrine ledger init --dir $u --origin example.org/$u --key $u.key "
                "--use $u >$u.said || exit 9; done");
    VT_CHECK(chdir(vt_test_dir()) == 0);
    server =
        vt_test_start("serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                           "release=release", "--dir", "channel=channel",
                                           "--dir", "head=head", "--dir", "access=access"));
    must_answer(server.url, "/release/add", statement("urn:vitrine:review:v1", "{}"), 200,
                "0");
    must_answer(server.url, "/release/add", SNAPSHOT("1"), 400, "this ledger takes signed");
    must_answer(server.url, "/channel/add", SNAPSHOT("2"), 422, "version 2 stands at");
    must_answer(server.url, "/channel/add", SNAPSHOT("1"), 200, "0");
    must_answer(server.url, "/channel/add", SNAPSHOT("1"), 200, "0"); /* known */
    must_answer(server.url, "/channel/add", SNAPSHOT("1") " ", 400, "a channel ledger");
    must_answer(server.url, "/head/add", head(0), 200, "0");
    must_answer(server.url, "/head/add", head(2), 422, "the head of epoch 2, but this is");
    must_answer(server.url, "/head/add", head(1), 200, "1");
    must_answer(server.url, "/access/add", ACCESS(HEX), 200, "0");
    must_answer(server.url, "/access/add", statement("urn:vitrine:access:v1", "{}"), 400,
                "urn:vitrine:access:v1 has no place");
    must_answer(server.url, "/access/add", ACCESS(HEX2), 200, "1");
    vt_test_stop(&server, 0);
    (void)sh(0, "for u in release channel head access; do vitrine ledger fsck $u --vkey "
                "\"$(tail -1 $u.said)\" || "
                "exit 9; done");
}

/* In a batch each entry has its own answer, and one that is refused takes no number. */
static void a_batch_of_snapshots(void)
{
    static const char *const entries[] = { SNAPSHOT("1"), SNAPSHOT("3"), SNAPSHOT("2"),
                                           SNAPSHOT("3"), SNAPSHOT("3"), SNAPSHOT("x") };
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(64));
    struct vt_running server;
    struct call call;

    (void)sh(0, "vitrine key new --out k && vitrine ledger init --dir l --origin "
                "example.org/channel --key k --use channel");
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        vt_buf_put_u16(&body, (uint16_t)strlen(entries[i]));
        vt_buf_put_text(&body, entries[i]);
    }
    server = vt_test_start(
        "serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir", vt_test_path("l")));
    call = post(server.url, "/add-batch", vt_buf_slice(&body));
    VT_CHECK_SAYING(call.status == 200 &&
                        strstr(call.text,
                               "0\n! version 3 stands at index 2, but this is index "
                               "1\n1\n2\n2\n! a channel ledger") == call.text,
                    "%d %s", call.status, call.text);
    vt_test_stop(&server, 0);
}

/* ---- seen by a monitor ------------------------------------------------------------------
 */

static void a_monitor_sees_what_does_not_fit(void)
{
    const char *said;

    put("s1", SNAPSHOT("1"));
    put("s3", SNAPSHOT("3"));
    put("a", ACCESS(HEX));
    (void)sh(0, "vitrine key new --out k && vitrine ledger init --dir l --origin "
                "example.org/channel --key k >said && "
                "(echo \"log $(tail -1 said) $PWD/l\"; echo quorum none) >policy && "
                "vitrine ledger add --dir l s1");
#define RUN "vitrine monitor run --dir m --policy policy --use example.org/channel="
    (void)sh(0, RUN "channel");
    (void)sh(0, "vitrine ledger add --dir l s3 a");
    said = sh(1, RUN "channel");
    VT_CHECK_SAYING(
        strstr(said, "unfit: example.org/channel: entry 1: version 3 stands at index 2, "
                     "but this is index 1\n") != NULL &&
            strstr(said, "unfit: example.org/channel: entry 2: a channel ledger") != NULL,
        "%s", said);
    (void)sh(2, RUN "chanel");
    (void)sh(2, "vitrine monitor run --dir m --policy policy --use channel");
    (void)sh(2, "vitrine monitor run --dir m --policy policy --use example.org/x=head");
}

static const struct vt_case cases[] = {
    { "each use takes its own", each_use_takes_its_own },
    { "mangled entries are refused", mangled_entries_are_refused },
    { "the index is the number", the_index_is_the_number },
    { "wrong uses", wrong_uses },
    { "four uses are served", four_uses_are_served },
    { "a batch of snapshots", a_batch_of_snapshots },
    { "a monitor sees what does not fit", a_monitor_sees_what_does_not_fit },
};

VT_TEST_MAIN("ledger.use", cases)
