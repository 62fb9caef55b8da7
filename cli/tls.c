/* The certificate of a server, and its key. */
#include "cli/tls.h"
#include "crypto/tls_pair.h"

static bool read_pem(const char *path, struct vt_buf *out, const char **text,
                     struct vt_error *err)
{
    *out = vt_buf_init(VT_KIB(32));
    if (!vt_file_read(path, out, err))
        return false;
    *text = vt_buf_cstr(out);
    return true;
}

bool vt_cli_tls_read(struct vt_args *args, struct vt_cli_tls *out, struct vt_error *err)
{
    const char *certificate = vt_args_get(args, "tls-cert");
    const char *key = vt_args_get(args, "tls-key");

    if ((certificate != NULL) != (key != NULL))
        return vt_args_misuse(args, err, "--tls-cert and --tls-key go together");
    if (key == NULL)
        return true;
    if (!read_pem(certificate, &out->certificate_bytes, &out->certificate, err) ||
        !read_pem(key, &out->key_bytes, &out->key, err))
        return false;
    if (vt_tls_pair_verify(vt_buf_slice(&out->certificate_bytes),
                           vt_buf_slice(&out->key_bytes), err))
        return true;
    err->code = VT_IO; /* his own: nobody can be served with them */
    return vt_within(err, "%s and %s", certificate, key);
}

void vt_cli_tls_clear(struct vt_cli_tls *tls)
{
    if (tls->key_bytes.data != NULL)
        explicit_bzero(tls->key_bytes.data, tls->key_bytes.capacity);
    vt_buf_clear(&tls->certificate_bytes);
    vt_buf_clear(&tls->key_bytes);
}
