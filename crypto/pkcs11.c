/* Cryptoki spoken directly: load, find, log in, sign.  Every answer is checked against what
 * was asked, and every signature before it leaves: the module is code of others. */
#include "crypto/pkcs11.h"
#include "crypto/cryptoki.h"
#include "crypto/ed25519.h"
#include <dlfcn.h>

enum { SLOTS_MAX = 64, POINT_BYTES_MAX = 64, ID_BYTES_MAX = 64 };

struct vt_pkcs11 {
    const struct ck_functions *module;
    ck_ulong session;
    ck_ulong key; /* the private one's handle */
};

static bool failed(ck_ulong code, const char *what, struct vt_error *err)
{
    return vt_fail(err, VT_IO, "the PKCS#11 module cannot %s: CKR 0x%lx", what, code);
}

/* ---- the module -------------------------------------------------------------------------
 */

/* May anybody but root and us put something else in its place?  A sticky folder (/tmp)
 * lets others add, not replace. */
static bool others_may_change(const struct stat *about)
{
    bool is_sticky = S_ISDIR(about->st_mode) && (about->st_mode & S_ISVTX) != 0;

    return ((about->st_mode & 022) != 0 && !is_sticky) ||
           (about->st_uid != 0 && about->st_uid != geteuid());
}

/* Who may change this file, or a folder above it, may read our PIN.  path: what dlopen will
 * be given too, without links in it. */
static bool is_ours_to_trust(const char *path, struct vt_error *err)
{
    VT_AUTO_FREE char *part = vt_strdup_slice(vt_slice_from_cstr(path));
    struct stat about;

    if (stat(path, &about) != 0)
        return vt_fail(err, VT_IO, "%s: cannot open: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return vt_fail(err, VT_IO, "%s: is not a regular file", path);
    for (char *end = part + strlen(part); end != NULL; end = strrchr(part, '/')) {
        end[end == part ? 1 : 0] = '\0'; /* the root itself keeps its name */
        if (stat(part, &about) != 0)
            return vt_fail(err, VT_IO, "%s: %s", part, strerror(errno));
        if (others_may_change(&about))
            return vt_fail(err, VT_REJECTED,
                           "%s: others may change this module or a folder above it: "
                           "chmod go-w and chown it",
                           part);
        if (end == part)
            break;
    }
    return true;
}

static bool load(const char *name, const struct ck_functions **out, struct vt_error *err)
{
    VT_AUTO_FREE char *path = realpath(name, NULL);
    const struct ck_functions *module = NULL;
    ck_get_function_list *get_list = NULL;
    void *handle, *symbol;
    ck_ulong code;

    if (path == NULL)
        return vt_fail(err, VT_IO, "%s: cannot open: %s", name, strerror(errno));
    if (!is_ours_to_trust(path, err))
        return false;
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == NULL)
        return vt_fail(err, VT_IO, "%s: cannot be loaded: %s", path, dlerror());
    symbol = dlsym(handle, "C_GetFunctionList");
    memcpy(&get_list, &symbol, sizeof get_list); /* C has no cast from data to function */
    if (get_list == NULL || get_list(&module) != CKR_OK || module == NULL ||
        module->version[0] != 2)
        return vt_fail(err, VT_IO, "%s: is not a PKCS#11 module of version 2", path);
    code = module->initialize(NULL);
    if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED)
        return failed(code, "start", err);
    *out = module;
    return true;
}

/* ---- the token --------------------------------------------------------------------------
 */

/* Equal to a field that is padded with spaces; "" means any. */
static bool fits(const char *wanted, const uint8_t *field, size_t bytes)
{
    while (bytes > 0 && field[bytes - 1] == ' ')
        bytes--;
    return *wanted == '\0' || vt_slice_is(vt_slice_of(field, bytes), wanted);
}

static bool find_slot(const struct ck_functions *module, const struct vt_pkcs11_uri *uri,
                      ck_ulong *slot_out, ck_ulong *flags_out, struct vt_error *err)
{
    ck_ulong slots[SLOTS_MAX], count = SLOTS_MAX, found = 0;
    ck_ulong code = module->get_slot_list(1, slots, &count);

    if (code != CKR_OK || count > SLOTS_MAX)
        return failed(code, "list its tokens", err);
    for (ck_ulong i = 0; i < count; i++) {
        struct ck_token_info info = { .flags = 0 };

        if (module->get_token_info(slots[i], &info) != CKR_OK ||
            (info.flags & CKF_TOKEN_INITIALIZED) == 0 ||
            !fits(uri->token, info.label, sizeof info.label) ||
            !fits(uri->serial, info.serial, sizeof info.serial))
            continue;
        *slot_out = slots[i];
        *flags_out = info.flags;
        found++;
    }
    if (found == 0)
        return vt_fail(err, VT_ABSENT, "no token '%s' (serial '%s') is in %s", uri->token,
                       uri->serial, uri->module_path);
    return found == 1 ||
           vt_fail(err, VT_REJECTED, "%lu tokens are called '%s': give a serial", found,
                   uri->token);
}

static bool log_in(const struct vt_pkcs11 *session, ck_ulong flags, vt_slice pin,
                   struct vt_error *err)
{
    ck_ulong code;

    if (pin.len == 0 && (flags & CKF_LOGIN_REQUIRED) == 0)
        return true;
    if (pin.len == 0)
        return vt_fail(err, VT_REJECTED, "the token is locked: give its PIN as passphrase");
    code = session->module->login(session->session, CKU_USER, pin.data, pin.len);
    if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN)
        return true;
    if (code == CKR_PIN_INCORRECT || code == CKR_PIN_INVALID || code == CKR_PIN_LEN_RANGE)
        return vt_fail(err, VT_REJECTED, "the PIN does not open the token");
    if (code == CKR_PIN_LOCKED)
        return vt_fail(err, VT_REJECTED, "the token's PIN is locked: too many wrong ones");
    return failed(code, "log in", err);
}

/* ---- the key ----------------------------------------------------------------------------
 */

/* The one Ed25519 object of that class with these label and id (empty: any). */
static bool find_object(const struct vt_pkcs11 *s, ck_ulong class, vt_slice label,
                        vt_slice id, ck_ulong *out, struct vt_error *err)
{
    ck_ulong kind = CKK_EC_EDWARDS, objects[2], found = 0, count = 2, code;
    const char *half = class == CKO_PRIVATE_KEY ? "private" : "public";
    struct ck_attribute wanted[4] = { { CKA_CLASS, &class, sizeof class },
                                      { CKA_KEY_TYPE, &kind, sizeof kind } };
    VT_AUTO_FREE char *label_text = vt_strdup_slice(label);
    VT_AUTO_FREE char *id_bytes = vt_alloc(id.len + 1);

    memcpy(id_bytes, id.len != 0 ? (const void *)id.data : "", id.len);
    if (label.len != 0)
        wanted[count++] = (struct ck_attribute){ CKA_LABEL, label_text, label.len };
    if (id.len != 0)
        wanted[count++] = (struct ck_attribute){ CKA_ID, id_bytes, id.len };
    code = s->module->find_objects_init(s->session, wanted, count);
    if (code != CKR_OK)
        return failed(code, "look for a key", err);
    code = s->module->find_objects(s->session, objects, 2, &found);
    (void)s->module->find_objects_final(s->session);
    if (code != CKR_OK)
        return failed(code, "look for a key", err);
    if (found == 0)
        return vt_fail(err, VT_ABSENT, "the token has no such %s Ed25519 key", half);
    if (found != 1)
        return vt_fail(err, VT_REJECTED, "several %s keys have that name: give an id",
                       half);
    *out = objects[0];
    return true;
}

/* CKA_EC_POINT: an OCTET STRING around 32 bytes; some modules leave the string away. */
static bool take_point(vt_slice point, struct vt_public_key *out, struct vt_error *err)
{
    vt_reader r = { point };

    if (point.len == sizeof out->bytes + 2 && !vt_read_literal(&r, VT_LIT("\x04\x20")))
        return vt_fail(err, VT_REJECTED, "the token's public key has a strange form");
    if (r.rest.len != sizeof out->bytes)
        return vt_fail(err, VT_REJECTED, "the token's key is not of Ed25519");
    memcpy(out->bytes, r.rest.data, sizeof out->bytes);
    return true;
}

static bool read_attribute(const struct vt_pkcs11 *s, ck_ulong object, ck_ulong type,
                           uint8_t *out, size_t bytes_max, vt_slice *value,
                           struct vt_error *err)
{
    struct ck_attribute one = { type, out, bytes_max };
    ck_ulong code = s->module->get_attribute_value(s->session, object, &one, 1);

    if (code != CKR_OK || one.bytes > bytes_max)
        return failed(code, "tell about its key", err);
    *value = vt_slice_of(out, one.bytes);
    return true;
}

/* Both halves: they share their id, or where they have none, their label. */
static bool find_key(struct vt_pkcs11 *s, const struct vt_pkcs11_uri *uri,
                     struct vt_public_key *out, struct vt_error *err)
{
    uint8_t id[ID_BYTES_MAX], point[POINT_BYTES_MAX];
    vt_slice label = vt_slice_from_cstr(uri->object), value;
    ck_ulong public_half;

    if (!find_object(s, CKO_PRIVATE_KEY, label, vt_slice_of(uri->id, uri->id_len), &s->key,
                     err) ||
        !read_attribute(s, s->key, CKA_ID, id, sizeof id, &value, err))
        return false;
    return find_object(s, CKO_PUBLIC_KEY, value.len == 0 ? label : (vt_slice){ 0 }, value,
                       &public_half, err) &&
           read_attribute(s, public_half, CKA_EC_POINT, point, sizeof point, &value, err) &&
           take_point(value, out, err);
}

bool vt_pkcs11_sign(const struct vt_pkcs11 *session, const struct vt_public_key *key,
                    vt_slice message, uint8_t out[64], struct vt_error *err)
{
    struct ck_mechanism eddsa = { CKM_EDDSA, NULL, 0 };
    static const uint8_t nothing = 0;
    uint8_t signature[VT_ED25519_SIGNATURE_BYTES];
    ck_ulong bytes = sizeof signature;
    ck_ulong code = session->module->sign_init(session->session, &eddsa, session->key);

    if (code == CKR_OK)
        code = session->module->sign(session->session,
                                     message.data != NULL ? message.data : &nothing,
                                     message.len, signature, &bytes);
    if (code != CKR_OK)
        return failed(code, "sign", err);
    if (bytes != sizeof signature ||
        !vt_ed25519_verify(key->bytes, message, VT_BYTES(signature)))
        return vt_fail(err, VT_REJECTED,
                       "the token's signature does not fit its public key");
    memcpy(out, signature, sizeof signature);
    return true;
}

/* ---- the session ------------------------------------------------------------------------
 */

void vt_pkcs11_close(struct vt_pkcs11 *session)
{
    if (session == NULL)
        return;
    (void)session->module->close_session(session->session);
    free(session);
}

static bool begin(struct vt_pkcs11 *s, const struct vt_pkcs11_uri *uri, ck_ulong flags,
                  vt_slice pin, struct vt_public_key *key, struct vt_error *err)
{
    uint8_t signature[64];

    /* The message is no note, no envelope and no cosignature, whoever may read it. */
    return log_in(s, flags, pin, err) && find_key(s, uri, key, err) &&
           vt_pkcs11_sign(s, key, VT_LIT("vitrine: do the two halves fit?"), signature,
                          err);
}

bool vt_pkcs11_open(const struct vt_pkcs11_uri *uri, vt_slice pin,
                    struct vt_pkcs11 **session_out, struct vt_public_key *public_key_out,
                    struct vt_error *err)
{
    const struct ck_functions *module = NULL;
    ck_ulong slot = 0, flags = 0, session = 0, code;
    struct vt_public_key key;
    struct vt_pkcs11 *made;

    if (!load(uri->module_path, &module, err) ||
        !find_slot(module, uri, &slot, &flags, err))
        return false;
    code = module->open_session(slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
    if (code != CKR_OK)
        return failed(code, "open a session", err);
    made = vt_alloc(sizeof *made);
    *made = (struct vt_pkcs11){ .module = module, .session = session };
    if (!begin(made, uri, flags, pin, &key, err)) {
        vt_pkcs11_close(made);
        return false;
    }
    *session_out = made;
    *public_key_out = key;
    return true;
}
