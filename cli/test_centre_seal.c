/* A Centre's sealed record and its heads on a real ledger with real witnesses: who takes a
 * record out, or writes one anew, after a head was logged is seen by one command, and the
 * record that nobody touched passes it. */
#include "centre/sealed.h"
#include "tests/known.h"
#include "tests/supervised.h"
#include "tests/world.h"

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "no '%s' in: %s", words, output)

enum { BATCH = 3 };

static const char *path(const char *name)
{
    return vt_test_path(name);
}

/* So many batches more for FOLDER/sealed, each record about `asked`. */
static void ask_more(const char *folder, size_t batches, const char *asked)
{
    static const vt_hash invitation = { { 7 } };
    const uint8_t session[VT_SEALED_SESSION_BYTES] = { 9 };
    const struct vt_sealed_words words = { false, vt_slice_from_cstr(asked) };
    const struct vt_env env = vt_env_real();
    struct vt_age_identity foundation = vt_known_identity("foundation");
    struct vt_error err = { 0 };
    struct vt_sealed *sealed;
    struct vt_disk *disk;

    VT_CHECK_OK(vt_disk_open(path(folder), true, &disk, &err));
    VT_CHECK_OK(vt_sealed_open(disk, &env, &foundation.recipient, &sealed, &err));
    for (size_t i = 0; i < batches * BATCH; i++) {
        VT_CHECK_OK(
            vt_sealed_add(sealed, VT_SEALED_ASKED, session, &invitation, &words, &err));
        if (i % BATCH == BATCH - 1)
            VT_CHECK_OK(vt_sealed_settle(sealed, &err));
    }
    vt_sealed_close(sealed);
    vt_disk_close(disk);
    vt_age_identity_clear(&foundation);
}

#define PLACE "--ledger", path("log"), "--trust", path("trust.json")
/* option: one more, or NULL */
#define LOG(key, file, out, option)                                                        \
    VT_ARGV("vitrine", "centre", "log-seal", path(file), "--centre", "centre.example",     \
            PLACE, "--key", path(key), "--out", path(out), option)

static const char *unseal(int code, const char *file, const char *domain)
{
    return vt_test_run(code, VT_ARGV("vitrine", "centre", "unseal", path(file), PLACE,
                                     "--centre", domain));
}

static void add(const char *file)
{
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"),
                                 "--trust", path("trust.json"), path(file)));
}

/* A head that counts nothing, made past the verb. */
static void add_empty_head(void)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };
    json_t *predicate =
        json_pack("{s:s,s:i,s:s,s:s}", "centre", "centre.example", "records", 0, "chain",
                  "0000000000000000000000000000000000000000000000000000000"
                  "000000000",
                  "created", vt_world_time(time(NULL)));

    VT_CHECK_OK(vt_statement_write_about_itself(VT_SEAL_HEAD, predicate, &payload, &err));
    json_decref(predicate);
    vt_test_write(path("empty"),
                  vt_world_sign(vt_buf_slice(&payload), VT_BIT(VT_P_SUPERVISOR)));
    add("empty");
}

/* Heads of 3 and 6 records, entries 1 and 2. */
static void log_two_heads(void)
{
    const char *said;

    ask_more("porter", 1, "first");
    MUST_SAY(vt_test_run(1, LOG("foundation", "porter/sealed", "none", NULL)),
             "no record in it is surely durable yet");
    ask_more("porter", 1, "second");
    MUST_SAY(unseal(1, "porter/sealed", "centre.example"), "nobody put one there yet");
    MUST_SAY(vt_test_run(1, LOG("vendor", "porter/sealed", "none", NULL)),
             "no role in the trust root");
    MUST_SAY(vt_test_run(0, LOG("supervisor", "porter/sealed", "early", "--sign-only")),
             "not logged");
    MUST_SAY(vt_test_run(0, LOG("foundation", "porter/sealed", "last", NULL)),
             "head logged: entry 1");
    ask_more("porter", 1, "third");
    MUST_SAY(vt_test_run(0, LOG("supervisor", "porter/sealed", "last", NULL)),
             "head logged: entry 2");
    said = unseal(0, "porter/sealed", "centre.example");
    MUST_SAY(said, "2 heads of it on the ledger, and nothing up to record 6 was changed");
    MUST_SAY(said, "by the ledger's 3 entries, seen by the witnesses at ");
}

/* Whoever has the folder cut the end off: without the ledger nothing is amiss. */
static void take_the_end_out(void)
{
    vt_test_write(path("cut"), vt_slice_sub(vt_test_read(path("porter/sealed")), 0,
                                            (size_t)5 * VT_SEALED_FRAME_BYTES));
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "centre", "unseal", path("cut"))),
             "5 records, no gap");
    MUST_SAY(unseal(1, "cut", "centre.example"),
             "NOT WELL   entry 2 of the ledger, by Watch, counts 6 records, and here are "
             "5: some were taken out");
    MUST_SAY(vt_test_run(1, LOG("foundation", "cut", "none", NULL)), "some were taken out");
}

/* The key is public: all records written anew, as many, with a chain that is right. */
static void write_it_anew(void)
{
    const char *said;

    ask_more("other", 3, "something harmless");
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "centre", "unseal", path("other/sealed"))),
             "9 records, no gap");
    MUST_SAY(unseal(1, "other/sealed", "centre.example"),
             "entry 1 of the ledger, by House, counts 3 records, and they are not "
             "these");
    said = vt_test_run(1, VT_ARGV("vitrine", "centre", "unseal", path("other/sealed"),
                                  PLACE, "--centre", "centre.example", "--json"));
    MUST_SAY(said, "\"heads\":2,\"ok\":false,");
    MUST_SAY(vt_test_run(1, LOG("foundation", "other/sealed", "none", NULL)),
             "they are not these");
}

static void heads_on_the_ledger(void)
{
    struct vt_supervised stand;

    vt_supervised_start(&stand);
    log_two_heads();
    take_the_end_out();
    write_it_anew();
    /* What comes late, or counts nothing, accuses nobody. */
    add("early");
    add_empty_head();
    MUST_SAY(unseal(0, "porter/sealed", "centre.example"), "3 heads of it on the ledger");
    MUST_SAY(unseal(1, "porter/sealed", "other.example"), "has no head of other.example");
    MUST_SAY(vt_test_run(2, VT_ARGV("vitrine", "centre", "unseal", path("porter/sealed"),
                                    "--centre", "centre.example")),
             "go together");
    vt_supervised_stop(&stand);
}

static const struct vt_case cases[] = {
    { "heads on the ledger", heads_on_the_ledger },
};
VT_TEST_MAIN("cli.centre_seal", cases)
