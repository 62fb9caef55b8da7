/* Laws: what is taken has one spelling, which is taken again and is its own spelling; it
 * names a module and a key.  What is refused says why. */
#include "crypto/pkcs11_uri.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_pkcs11_uri uri, second;
    VT_AUTO_BUF once = vt_buf_init(VT_KIB(4));
    VT_AUTO_BUF twice = vt_buf_init(VT_KIB(4));

    if (!vt_pkcs11_uri_parse(input, &uri, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0');
        return;
    }
    VT_CHECK(uri.module_reads[0] == '/' || uri.module_reads[0] == '\0');
    VT_CHECK(uri.module_path[0] == '/' && (uri.object[0] != '\0' || uri.id_len != 0));
    vt_pkcs11_uri_write(&once, &uri);
    if (once.len > VT_PKCS11_URI_BYTES_MAX) /* more % than before */
        return;
    VT_CHECK(vt_pkcs11_uri_parse(vt_buf_slice(&once), &second, &err));
    VT_CHECK(strcmp(uri.token, second.token) == 0);
    VT_CHECK(strcmp(uri.serial, second.serial) == 0);
    VT_CHECK(strcmp(uri.object, second.object) == 0);
    VT_CHECK(strcmp(uri.module_path, second.module_path) == 0);
    VT_CHECK(strcmp(uri.module_reads, second.module_reads) == 0);
    VT_CHECK(vt_slice_equal(vt_slice_of(uri.id, uri.id_len),
                            vt_slice_of(second.id, second.id_len)));
    vt_pkcs11_uri_write(&twice, &second);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&once), vt_buf_slice(&twice)));
}
