/* Cryptoki spoken directly: load, find, log in, sign.  Every answer is checked against what
 * was asked, and every signature before it leaves: the module is code of others. */
#include "crypto/ed25519.h"
#include "crypto/pkcs11_private.h"
#include <dlfcn.h>

enum {
    SLOTS_MAX = 64,
    POINT_BYTES_MAX = 64,
    ID_BYTES_MAX = 64,
    CURVE_BYTES_MAX = 64,
    OBJECTS_MAX = 64, /* that have one name */
};

bool vt_pkcs11_failed(ck_ulong code, const char *what, struct vt_error *err)
{
    return vt_fail(err, VT_IO, "the PKCS#11 module cannot %s: CKR 0x%lx", what, code);
}

bool vt_pkcs11_failed_at_work(const struct vt_pkcs11 *session, ck_ulong code,
                              const char *what, struct vt_error *err)
{
    if (session->reads[0] != '\0')
        return vt_fail(err, VT_IO,
                       "the PKCS#11 module cannot %s: CKR 0x%lx (is the token gone?)", what,
                       code);
    return vt_fail(err, VT_IO,
                   "the PKCS#11 module cannot %s: CKR 0x%lx (is the token gone?  One in "
                   "files needs &module-reads=FOLDER in its URI)",
                   what, code);
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
        return vt_pkcs11_failed(code, "start", err);
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
        return vt_pkcs11_failed(code, "list its tokens", err);
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
    return vt_pkcs11_failed(code, "log in", err);
}

/* ---- the key ----------------------------------------------------------------------------
 */

bool vt_pkcs11_read_attribute(const struct vt_pkcs11 *s, ck_ulong object, ck_ulong type,
                              uint8_t *out, size_t bytes_max, vt_slice *value,
                              struct vt_error *err)
{
    struct ck_attribute one = { type, out, bytes_max };
    ck_ulong code = s->module->get_attribute_value(s->session, object, &one, 1);

    if (code != CKR_OK || one.bytes > bytes_max)
        return vt_pkcs11_failed(code, "tell about its key", err);
    *value = vt_slice_of(out, one.bytes);
    return true;
}

static const char *name_of(enum vt_pkcs11_use use)
{
    return use == VT_PKCS11_SIGNS ? "Ed25519" : "X25519";
}

/* CKA_EC_PARAMS: the OID of id-X25519, or its name. */
static bool is_of_x25519(vt_slice curve)
{
    return vt_slice_equal(curve, VT_LIT("\x06\x03\x2b\x65\x6e")) ||
           vt_slice_equal(curve, VT_LIT("\x13\x0a"
                                        "curve25519"));
}

/* What cannot be told about is not what we look for. */
static bool is_of_use(const struct vt_pkcs11 *s, ck_ulong object)
{
    uint8_t curve[CURVE_BYTES_MAX];
    struct vt_error ignored = { 0 };
    ck_ulong kind;
    vt_slice value;

    if (!vt_pkcs11_read_attribute(s, object, CKA_KEY_TYPE, (uint8_t *)&kind, sizeof kind,
                                  &value, &ignored) ||
        value.len != sizeof kind || (kind != CKK_EC_EDWARDS && kind != CKK_EC_MONTGOMERY) ||
        !vt_pkcs11_read_attribute(s, object, CKA_EC_PARAMS, curve, sizeof curve, &value,
                                  &ignored))
        return false;
    return s->use == VT_PKCS11_DERIVES ? is_of_x25519(value)
                                       : kind == CKK_EC_EDWARDS && !is_of_x25519(value);
}

/* All objects of that class with these label and id (empty: any). */
static bool list_objects(const struct vt_pkcs11 *s, ck_ulong class, vt_slice label,
                         vt_slice id, ck_ulong out[OBJECTS_MAX], ck_ulong *found,
                         struct vt_error *err)
{
    struct ck_attribute wanted[3] = { { CKA_CLASS, &class, sizeof class } };
    VT_AUTO_FREE char *label_text = vt_strdup_slice(label);
    VT_AUTO_FREE char *id_bytes = vt_alloc(id.len + 1);
    ck_ulong count = 1, code;

    memcpy(id_bytes, id.len != 0 ? (const void *)id.data : "", id.len);
    if (label.len != 0)
        wanted[count++] = (struct ck_attribute){ CKA_LABEL, label_text, label.len };
    if (id.len != 0)
        wanted[count++] = (struct ck_attribute){ CKA_ID, id_bytes, id.len };
    code = s->module->find_objects_init(s->session, wanted, count);
    if (code != CKR_OK)
        return vt_pkcs11_failed(code, "look for a key", err);
    code = s->module->find_objects(s->session, out, OBJECTS_MAX, found);
    (void)s->module->find_objects_final(s->session);
    return (code == CKR_OK && *found <= OBJECTS_MAX) ||
           vt_pkcs11_failed(code, "look for a key", err);
}

/* The one of them that is of our use. */
static bool find_object(const struct vt_pkcs11 *s, ck_ulong class, vt_slice label,
                        vt_slice id, ck_ulong *out, struct vt_error *err)
{
    const char *half = class == CKO_PRIVATE_KEY ? "private" : "public";
    ck_ulong objects[OBJECTS_MAX], listed = 0, found = 0;

    if (!list_objects(s, class, label, id, objects, &listed, err))
        return false;
    for (ck_ulong i = 0; i < listed; i++)
        if (is_of_use(s, objects[i])) {
            *out = objects[i];
            found++;
        }
    if (found == 0)
        return vt_fail(err, VT_ABSENT, "the token has no such %s %s key", half,
                       name_of(s->use));
    return found == 1 ||
           vt_fail(err, VT_REJECTED, "several %s keys have that name: give an id", half);
}

/* CKA_EC_POINT: an OCTET STRING around 32 bytes; some modules leave the string away. */
static bool take_point(const struct vt_pkcs11 *s, vt_slice point, uint8_t out[32],
                       struct vt_error *err)
{
    vt_reader r = { point };

    if (point.len == 32 + 2 && !vt_read_literal(&r, VT_LIT("\x04\x20")))
        return vt_fail(err, VT_REJECTED, "the token's public key has a strange form");
    if (r.rest.len != 32)
        return vt_fail(err, VT_REJECTED, "the token's key is not of %s", name_of(s->use));
    memcpy(out, r.rest.data, 32);
    return true;
}

/* Both halves: they share their id, or where they have none, their label. */
bool vt_pkcs11_find_key(struct vt_pkcs11 *s, const struct vt_pkcs11_uri *uri,
                        uint8_t out[32], struct vt_error *err)
{
    uint8_t id[ID_BYTES_MAX], point[POINT_BYTES_MAX];
    vt_slice label = vt_slice_from_cstr(uri->object), value;

    if (!find_object(s, CKO_PRIVATE_KEY, label, vt_slice_of(uri->id, uri->id_len), &s->key,
                     err) ||
        !vt_pkcs11_read_attribute(s, s->key, CKA_ID, id, sizeof id, &value, err))
        return false;
    return find_object(s, CKO_PUBLIC_KEY, value.len == 0 ? label : (vt_slice){ 0 }, value,
                       &s->public_half, err) &&
           vt_pkcs11_read_attribute(s, s->public_half, CKA_EC_POINT, point, sizeof point,
                                    &value, err) &&
           take_point(s, value, out, err);
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
        return vt_pkcs11_failed_at_work(session, code, "sign", err);
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

const char *vt_pkcs11_reads(const struct vt_pkcs11 *session)
{
    return session == NULL || session->reads[0] == '\0' ? NULL : session->reads;
}

static bool halves_fit(const struct vt_pkcs11 *s, const uint8_t public_half[32],
                       struct vt_error *err)
{
    uint8_t signature[64];
    struct vt_public_key key;

    if (s->use == VT_PKCS11_DERIVES)
        return vt_pkcs11_derives_for(s, public_half, err);
    memcpy(key.bytes, public_half, sizeof key.bytes);
    /* The message is no note, no envelope and no cosignature, whoever may read it. */
    return vt_pkcs11_sign(s, &key, VT_LIT("vitrine: do the two halves fit?"), signature,
                          err);
}

static bool is_folder(const char *path, struct vt_error *err)
{
    struct stat about;

    return path[0] == '\0' || (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) ||
           vt_fail(err, VT_IO, "%s: is no folder (module-reads of the pkcs11 URI)", path);
}

bool vt_pkcs11_log_in(const struct vt_pkcs11_uri *uri, vt_slice pin, ck_ulong flags,
                      struct vt_pkcs11 *out, struct vt_error *err)
{
    ck_ulong token_flags = 0, code;

    memcpy(out->reads, uri->module_reads, sizeof out->reads);
    if (!is_folder(out->reads, err) || !load(uri->module_path, &out->module, err) ||
        !find_slot(out->module, uri, &out->slot, &token_flags, err))
        return false;
    code = out->module->open_session(out->slot, CKF_SERIAL_SESSION | flags, NULL, NULL,
                                     &out->session);
    if (code != CKR_OK)
        return vt_pkcs11_failed(code, "open a session", err);
    if (log_in(out, token_flags, pin, err))
        return true;
    (void)out->module->close_session(out->session);
    return false;
}

bool vt_pkcs11_open(const struct vt_pkcs11_uri *uri, vt_slice pin, enum vt_pkcs11_use use,
                    struct vt_pkcs11 **session_out, uint8_t public_out[32],
                    struct vt_error *err)
{
    struct vt_pkcs11 s = { .use = use };
    uint8_t key[32];

    if (!vt_pkcs11_log_in(uri, pin, 0, &s, err))
        return false;
    if (!vt_pkcs11_find_key(&s, uri, key, err) || !halves_fit(&s, key, err)) {
        (void)s.module->close_session(s.session);
        return false;
    }
    *session_out = vt_alloc(sizeof s);
    **session_out = s;
    memcpy(public_out, key, sizeof key);
    return true;
}
