/* The part of Cryptoki (PKCS#11 2.40, with EdDSA of 3.0) that Vitrine calls: a few
 * functions of the long list that a module hands out, the others only counted.
 * Spec: OASIS PKCS #11 Base Specification 2.40 §3-5; Current Mechanisms 3.0 §2.3.
 *
 * On Linux all structures have the natural alignment of C and CK_ULONG is unsigned long. */
#ifndef VT_CRYPTO_CRYPTOKI_H
#define VT_CRYPTO_CRYPTOKI_H

#include "base/base.h"

typedef unsigned long ck_ulong;

enum {
    CKR_OK = 0,
    CKR_PIN_INCORRECT = 0xa0,
    CKR_PIN_INVALID = 0xa1,
    CKR_PIN_LEN_RANGE = 0xa2,
    CKR_PIN_LOCKED = 0xa4,
    CKR_USER_ALREADY_LOGGED_IN = 0x100,
    CKR_CRYPTOKI_ALREADY_INITIALIZED = 0x191,

    CKU_USER = 1,
    CKF_LOGIN_REQUIRED = 1 << 2,
    CKF_TOKEN_INITIALIZED = 1 << 10,
    CKF_SERIAL_SESSION = 1 << 2,

    CKO_PUBLIC_KEY = 2,
    CKO_PRIVATE_KEY = 3,
    CKK_EC_EDWARDS = 0x40,
    CKA_CLASS = 0,
    CKA_LABEL = 3,
    CKA_KEY_TYPE = 0x100,
    CKA_ID = 0x102,
    CKA_EC_POINT = 0x181,
    CKM_EDDSA = 0x1057,
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
    void *objects[4];
    ck_ulong (*get_attribute_value)(ck_ulong session, ck_ulong object,
                                    struct ck_attribute *attributes, ck_ulong count);
    void *set_attribute_value;
    ck_ulong (*find_objects_init)(ck_ulong session, struct ck_attribute *attributes,
                                  ck_ulong count);
    ck_ulong (*find_objects)(ck_ulong session, ck_ulong *objects, ck_ulong max,
                             ck_ulong *count);
    ck_ulong (*find_objects_final)(ck_ulong session);
    void *encrypt_decrypt_digest[13];
    ck_ulong (*sign_init)(ck_ulong session, struct ck_mechanism *mechanism, ck_ulong key);
    ck_ulong (*sign)(ck_ulong session, const uint8_t *message, ck_ulong bytes,
                     uint8_t *signature, ck_ulong *signature_bytes);
    /* more follow that we do not call */
};

typedef ck_ulong ck_get_function_list(const struct ck_functions **list_out);

#endif
