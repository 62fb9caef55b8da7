/* Exports for an authority: what they say, and what is refused when a byte was changed. */
#include "centre/export.h"
#include "tests/centre_world.h"
#include <sys/stat.h>

struct stand {
    struct vt_centre_world world;
    struct vt_holding holding;
    struct vt_trust *trust;
    vt_slice file;
};

static void begin(struct stand *s, enum vt_party signer)
{
    struct vt_export_order order = { .country = "DE", .holding = &s->holding };
    struct vt_buf *file = vt_arena_alloc(vt_test_arena(), sizeof *file);
    VT_AUTO_JSON evidence = NULL;
    struct vt_error err = { 0 };

    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &s->world);
    vt_centre_world_lay_ledger(&s->world, VT_CENTRE_WORLD_ALL, s->world.world.filler, 7);
    VT_CHECK_OK(vt_holding_open(s->world.folder, &s->holding, &err));
    order.now_unix_s = time(NULL);
    *file = vt_buf_init(VT_EXPORT_BYTES_MAX);
    VT_CHECK_OK(vt_export_gather(&order, &evidence, &err));
    VT_CHECK_OK(
        vt_export_write(evidence, s->holding.trust, vt_world_key(signer), file, &err));
    s->trust = s->holding.trust;
    s->file = vt_buf_slice(file);
}

static bool has(vt_slice text, const char *words)
{
    return memmem(text.data, text.len, words, strlen(words)) != NULL;
}

static void an_export_says_what_it_proves(void)
{
    struct stand s = { .file = { 0 } };
    VT_AUTO_EXPORT export = { .evidence = NULL };
    struct vt_error err = { 0 };

    begin(&s, VT_P_RESIDENCY_B);
    VT_CHECK_OK(vt_export_verify(s.file, s.trust, time(NULL), &export, &err));
    VT_CHECK(export.proofs == 2); /* the table and a denial */
    vt_export_clear(&export);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_export_verify(s.file, s.trust, time(NULL) - 4000, &export, &err));
    VT_CHECK(
        has(s.file, "<td>file</td><td>moving</td><td>headquarters, CA to zurich</td>"));
    VT_CHECK(has(s.file, "<td>the build host's log</td><td>a secret</td>"));
    VT_CHECK(has(s.file, "No access ledger is in this export"));
    vt_holding_close(&s.holding);
}

/* Cut short anywhere, or with one bit of any byte changed, it is refused. */
static void a_changed_byte_is_refused(void)
{
    struct stand s = { .file = { 0 } };
    uint8_t *copy;

    begin(&s, VT_P_SUPERVISOR);
    copy = vt_arena_alloc(vt_test_arena(), s.file.len);
    /* Each byte of the page and of the signature, some of the evidence. */
    for (size_t i = 0; i < s.file.len; i += i < 2600 || i + 80 > s.file.len ? 3 : 401) {
        VT_AUTO_EXPORT export = { .evidence = NULL };
        struct vt_error err = { 0 };

        memcpy(copy, s.file.data, s.file.len);
        copy[i] ^= 1;
        VT_CHECK_SAYING(!vt_export_verify(vt_slice_of(copy, s.file.len), s.trust,
                                          time(NULL), &export, &err),
                        "byte %zu", i);
        VT_CHECK(err.code == VT_REJECTED || err.code == VT_MALFORMED);
        VT_CHECK(!vt_export_verify(vt_slice_sub(s.file, 0, i), s.trust, time(NULL), &export,
                                   &err));
    }
    vt_holding_close(&s.holding);
}

/* The vendor cannot make one, nor can a stranger. */
static void the_vendor_exports_nothing(void)
{
    static const enum vt_party parties[] = { VT_P_VENDOR, VT_P_STRANGER, VT_P_REVIEWER };

    for (size_t i = 0; i < sizeof parties / sizeof parties[0]; i++) {
        struct stand s = { .file = { 0 } };
        VT_AUTO_EXPORT export = { .evidence = NULL };
        struct vt_error err = { 0 };

        begin(&s, parties[i]);
        VT_CHECK_FAILS(VT_REJECTED,
                       vt_export_verify(s.file, s.trust, time(NULL), &export, &err));
        vt_holding_close(&s.holding);
        (void)vt_test_run(0, VT_ARGV("rm", "-r", vt_test_path("c")));
    }
}

static void by_command(void)
{
    struct stand s = { .file = { 0 } };
    const char *file = vt_test_path("de.html"), *trust = vt_test_path("c/trust.json");

    begin(&s, VT_P_FOUNDATION);
    vt_test_write(file, s.file);
    VT_CHECK(strstr(vt_test_run(0, VT_ARGV("vitrine", "centre", "check-export", file,
                                           "--trust", trust)),
                    "good: signed by House (NL)") != NULL);
    vt_test_write(file, vt_slice_sub(s.file, 0, s.file.len - 1));
    (void)vt_test_run(1,
                      VT_ARGV("vitrine", "centre", "check-export", file, "--trust", trust));
    VT_CHECK(strstr(vt_test_run(1, VT_ARGV("vitrine", "centre", "export", "--dir",
                                           s.world.folder, "--country", "XX", "--key",
                                           "none", "--out", file)),
                    "is no country") != NULL);
    VT_CHECK(strstr(vt_test_run(2, VT_ARGV("vitrine", "centre", "export", "--dir",
                                           s.world.folder, "--country", "DE", "--openings",
                                           "x", "--key", "none", "--out", file)),
                    "belong together") != NULL);
    vt_holding_close(&s.holding);
}

static const struct vt_case cases[] = {
    { "an export says what it proves", an_export_says_what_it_proves },
    { "a changed byte is refused", a_changed_byte_is_refused },
    { "the vendor exports nothing", the_vendor_exports_nothing },
    { "by command", by_command },
};

VT_TEST_MAIN("centre.export", cases)
