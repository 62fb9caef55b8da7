/* The part of Cryptoki (PKCS#11 2.40, with EdDSA of 3.0) that Vitrine calls: a few
 * functions of the long list that a module hands out, the others only counted.
 * Spec: OASIS PKCS #11 Base Specification 2.40 §3-5; Current Mechanisms 3.0 §2.3.
 * SoftHSM 2.6 makes keys of X25519 with CKM_EC_EDWARDS_KEY_PAIR_GEN and files them under
 * CKK_EC_EDWARDS; the standard's names are CKM_EC_MONTGOMERY_KEY_PAIR_GEN and
 * CKK_EC_MONTGOMERY.  The curve tells them from keys that sign.
 *
 * On Linux all structures have the natural alignment of C and CK_ULONG is unsigned long. */
#ifndef VT_CRYPTO_CRYPTOKI_H
#define VT_CRYPTO_CRYPTOKI_H

#include "base/base.h"

typedef unsigned long ck_ulong;

enum {
    CKR_OK = 0,
    CKR_KEY_FUNCTION_NOT_PERMITTED = 0x68,
    CKR_MECHANISM_INVALID = 0x70,
    CKR_PIN_INCORRECT = 0xa0,
    CKR_PIN_INVALID = 0xa1,
    CKR_PIN_LEN_RANGE = 0xa2,
    CKR_PIN_LOCKED = 0xa4,
    CKR_USER_ALREADY_LOGGED_IN = 0x100,
    CKR_CRYPTOKI_ALREADY_INITIALIZED = 0x191,

    CKU_USER = 1,
    CKF_LOGIN_REQUIRED = 1 << 2,
    CKF_TOKEN_INITIALIZED = 1 << 10,
    CKF_RW_SESSION = 1 << 1,
    CKF_SERIAL_SESSION = 1 << 2,

    CKO_PUBLIC_KEY = 2,
    CKO_PRIVATE_KEY = 3,
    CKO_SECRET_KEY = 4,
    CKK_GENERIC_SECRET = 0x10,
    CKK_EC_EDWARDS = 0x40,
    CKK_EC_MONTGOMERY = 0x41,
    CKA_CLASS = 0,
    CKA_TOKEN = 1,
    CKA_PRIVATE = 2,
    CKA_LABEL = 3,
    CKA_VALUE = 0x11,
    CKA_KEY_TYPE = 0x100,
    CKA_ID = 0x102,
    CKA_SENSITIVE = 0x103,
    CKA_SIGN = 0x108,
    CKA_VERIFY = 0x10a,
    CKA_DERIVE = 0x10c,
    CKA_VALUE_LEN = 0x161,
    CKA_EXTRACTABLE = 0x162,
    CKA_EC_PARAMS = 0x180,
    CKA_EC_POINT = 0x181,
    CKM_ECDH1_DERIVE = 0x1050,
    CKM_EC_EDWARDS_KEY_PAIR_GEN = 0x1055,
    CKM_EC_MONTGOMERY_KEY_PAIR_GEN = 0x1056,
    CKM_EDDSA = 0x1057,
    CKD_NULL = 1,
};

struct ck_attribute {
    ck_ulong type;
    void *value;
    ck_ulong bytes; /* of value; (unsigned long)-1 where there is none */
};

struct ck_mechanism {
    ck_ulong type;
    void *parameter;
    ck_ulong bytes;
};

/* CK_ECDH1_DERIVE_PARAMS */
struct ck_ecdh {
    ck_ulong kdf;
    ck_ulong shared_bytes;
    const uint8_t *shared;
    ck_ulong point_bytes;
    const uint8_t *point;
};

/* Texts are padded with spaces and have no NUL. */
struct ck_token_info {
    uint8_t label[32];
    uint8_t manufacturer[32];
    uint8_t model[16];
    uint8_t serial[16];
    ck_ulong flags;
    ck_ulong counts[10];
    uint8_t versions[4];
    uint8_t utc_time[16];
};

struct ck_functions {
    uint8_t version[2];
    ck_ulong (*initialize)(void *arguments);
    ck_ulong (*finalize)(void *reserved);
    void *get_info[2];
    ck_ulong (*get_slot_list)(uint8_t with_token, ck_ulong *slots, ck_ulong *count);
    void *get_slot_info;
    ck_ulong (*get_token_info)(ck_ulong slot, struct ck_token_info *info);
    void *mechanisms_and_token[5];
    ck_ulong (*open_session)(ck_ulong slot, ck_ulong flags, void *application, void *notify,
                             ck_ulong *session);
    ck_ulong (*close_session)(ck_ulong session);
    void *sessions[4];
    ck_ulong (*login)(ck_ulong session, ck_ulong user, const uint8_t *pin, ck_ulong bytes);
    void *logout;
    void *create_and_copy_object[2];
    ck_ulong (*destroy_object)(ck_ulong session, ck_ulong object);
    void *get_object_size;
    ck_ulong (*get_attribute_value)(ck_ulong session, ck_ulong object,
                                    struct ck_attribute *attributes, ck_ulong count);
    ck_ulong (*set_attribute_value)(ck_ulong session, ck_ulong object,
                                    struct ck_attribute *attributes, ck_ulong count);
    ck_ulong (*find_objects_init)(ck_ulong session, struct ck_attribute *attributes,
                                  ck_ulong count);
    ck_ulong (*find_objects)(ck_ulong session, ck_ulong *objects, ck_ulong max,
                             ck_ulong *count);
    ck_ulong (*find_objects_final)(ck_ulong session);
    void *encrypt_decrypt_digest[13];
    ck_ulong (*sign_init)(ck_ulong session, struct ck_mechanism *mechanism, ck_ulong key);
    ck_ulong (*sign)(ck_ulong session, const uint8_t *message, ck_ulong bytes,
                     uint8_t *signature, ck_ulong *signature_bytes);
    void *sign_verify_generate[15];
    ck_ulong (*generate_key_pair)(ck_ulong session, struct ck_mechanism *mechanism,
                                  struct ck_attribute *public_half, ck_ulong public_count,
                                  struct ck_attribute *private_half, ck_ulong private_count,
                                  ck_ulong *public_out, ck_ulong *private_out);
    void *wrap_unwrap[2];
    ck_ulong (*derive_key)(ck_ulong session, struct ck_mechanism *mechanism, ck_ulong key,
                           struct ck_attribute *attributes, ck_ulong count,
                           ck_ulong *derived);
    /* more follow that we do not call */
};

typedef ck_ulong ck_get_function_list(const struct ck_functions **list_out);

#endif
