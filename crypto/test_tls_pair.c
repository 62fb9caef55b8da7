/* A certificate and a key: together, exchanged, another's, cut, sealed. */
#include "crypto/tls_pair.h"
#include "tests/harness.h"

static vt_slice certificate, key, other_key, sealed_key;

static void make_pair(const char *name, const char *of_key)
{
    (void)vt_test_run(0, VT_ARGV("openssl", "req", "-x509", "-newkey", "ed25519", "-nodes",
                                 "-days", "2", "-subj", "/CN=localhost", "-keyout",
                                 vt_test_path(of_key), "-out", vt_test_path(name)));
}

static void make_files(void)
{
    make_pair("a.pem", "a.key");
    make_pair("b.pem", "b.key");
    (void)vt_test_run(0, VT_ARGV("openssl", "pkcs8", "-topk8", "-in", vt_test_path("a.key"),
                                 "-passout", "pass:secret", "-out", vt_test_path("s.key")));
    certificate = vt_test_read(vt_test_path("a.pem"));
    key = vt_test_read(vt_test_path("a.key"));
    other_key = vt_test_read(vt_test_path("b.key"));
    sealed_key = vt_test_read(vt_test_path("s.key"));
}

static void pairs_are_told_from_strangers(void)
{
    struct vt_error err = { 0 };

    make_files();
    VT_CHECK_OK(vt_tls_pair_verify(certificate, key, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_tls_pair_verify(certificate, other_key, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_tls_pair_verify(certificate, sealed_key, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_tls_pair_verify(key, certificate, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_tls_pair_verify(certificate, (vt_slice){ 0 }, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_tls_pair_verify((vt_slice){ 0 }, key, &err));
}

static void a_cut_pair_is_none(void)
{
    struct vt_error err = { 0 };

    make_files();
    for (size_t len = 0; len + 1 < key.len; len++) /* the last line break may go */
        VT_CHECK_SAYING(!vt_tls_pair_verify(certificate, vt_slice_sub(key, 0, len), &err),
                        "%zu of %zu bytes of the key", len, key.len);
    for (size_t len = 0; len + 2 < certificate.len; len++)
        VT_CHECK_SAYING(!vt_tls_pair_verify(vt_slice_sub(certificate, 0, len), key, &err),
                        "%zu of %zu bytes of the certificate", len, certificate.len);
}

static const struct vt_case cases[] = {
    { "pairs are told from strangers", pairs_are_told_from_strangers },
    { "a cut pair is none", a_cut_pair_is_none },
};

VT_TEST_MAIN("crypto.tls_pair", cases)
