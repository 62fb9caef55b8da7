/* SoftHSM for tests: its own tool, and Cryptoki where that can do less than we need. */
#include "tests/token.h"
#include "crypto/age_file.h"
#include "crypto/cryptoki.h"
#include "tests/harness.h"
#include <dlfcn.h>
#include <sys/stat.h>

void vt_test_token_make(const char *label)
{
    (void)vt_test_run(0, VT_ARGV("softhsm2-util", "--init-token", "--free", "--label",
                                 label, "--pin", VT_TOKEN_PIN, "--so-pin", "87654321"));
}

void vt_test_token_begin(const char *label)
{
    const char *config = vt_test_path("softhsm.conf");
    VT_AUTO_BUF text = vt_buf_init(1000);

    VT_CHECK(mkdir(vt_test_path("tokens"), 0700) == 0);
    vt_buf_printf(&text, "directories.tokendir = %s\nobjectstore.backend = file\n",
                  vt_test_path("tokens"));
    vt_test_write(config, vt_buf_slice(&text));
    VT_CHECK(setenv("SOFTHSM2_CONF", config, 1) == 0);
    vt_test_token_make(label);
}

const char *vt_test_token_uri(const char *path_part)
{
    return vt_test_print("pkcs11:%s?module-path=" VT_TOKEN_MODULE "&module-reads=%s",
                         path_part, vt_test_path("tokens"));
}

void vt_test_token_put_pem(const char *token, const char *label, const char *id,
                           const char *path)
{
    (void)vt_test_run(0, VT_ARGV("softhsm2-util", "--import", path, "--token", token,
                                 "--label", label, "--id", id, "--pin", VT_TOKEN_PIN));
}

static void put(const char *token, const char *label, const char *id, vt_slice pem)
{
    const char *path = vt_test_path("import.pem");

    vt_test_write(path, pem);
    vt_test_token_put_pem(token, label, id, path);
    VT_CHECK(unlink(path) == 0);
}

void vt_test_token_put_key(const char *token, const char *label, const char *id,
                           const struct vt_key *key)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_key_write_pem(key, (vt_slice){ 0 }, &pem, &err));
    put(token, label, id, vt_buf_slice(&pem));
}

static ck_ulong slot_of(const struct ck_functions *module, const char *token)
{
    ck_ulong slots[8], count = 8;

    VT_CHECK(module->get_slot_list(1, slots, &count) == CKR_OK);
    for (ck_ulong i = 0; i < count; i++) {
        struct ck_token_info info;

        VT_CHECK(module->get_token_info(slots[i], &info) == CKR_OK);
        if (memcmp(info.label, token, strlen(token)) == 0)
            return slots[i];
    }
    vt_test_fail(__FILE__, __LINE__, "no token %s", token);
}

/* Every private key of that label. */
static void let_derive(const char *token, const char *label)
{
    const struct ck_functions *module = NULL;
    void *handle = dlopen(VT_TOKEN_MODULE, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE), *symbol;
    ck_get_function_list *get_list;
    ck_ulong session, class = CKO_PRIVATE_KEY, objects[8], found = 0;
    uint8_t yes = 1;
    struct ck_attribute derive = { CKA_DERIVE, &yes, 1 };
    struct ck_attribute wanted[] = { { CKA_CLASS, &class, sizeof class },
                                     { CKA_LABEL, vt_test_print("%s", label),
                                       strlen(label) } };

    VT_CHECK(handle != NULL);
    symbol = dlsym(handle, "C_GetFunctionList");
    memcpy(&get_list, &symbol, sizeof get_list);
    VT_CHECK(get_list(&module) == CKR_OK && module->initialize(NULL) == CKR_OK);
    VT_CHECK(module->open_session(slot_of(module, token),
                                  CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                  &session) == CKR_OK);
    VT_CHECK(module->login(session, CKU_USER, (const uint8_t *)VT_TOKEN_PIN,
                           strlen(VT_TOKEN_PIN)) == CKR_OK);
    VT_CHECK(module->find_objects_init(session, wanted, 2) == CKR_OK);
    VT_CHECK(module->find_objects(session, objects, 8, &found) == CKR_OK && found != 0);
    VT_CHECK(module->find_objects_final(session) == CKR_OK);
    for (ck_ulong i = 0; i < found; i++)
        VT_CHECK(module->set_attribute_value(session, objects[i], &derive, 1) == CKR_OK);
    VT_CHECK(module->finalize(NULL) == CKR_OK);
}

void vt_test_token_put_identity(const char *token, const char *label, const char *id,
                                const struct vt_age_identity *identity)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_age_identity_write_pem(identity, (vt_slice){ 0 }, &pem, &err));
    put(token, label, id, vt_buf_slice(&pem));
    let_derive(token, label);
}
