/* Witnesses, a ledger, a trust root and keys, as people have them: files and servers. */
#include "tests/supervised.h"
#include "crypto/verify_note.h"
#include "tests/world.h"

static const char *write_key(const char *name, enum vt_party party)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_key_write_pem(vt_world_key(party), (vt_slice){ 0 }, &pem, &err));
    vt_test_write(vt_test_path(name), vt_buf_slice(&pem));
    VT_CHECK(chmod(vt_test_path(name), 0600) == 0);
    return vt_test_path(name);
}

static const char *vkey_of(enum vt_party party, const char *name, uint8_t type)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    struct vt_vkey vkey =
        vt_vkey_of(vt_slice_from_cstr(name), type, vt_key_public(vt_world_key(party)));

    vt_vkey_write(&text, &vkey);
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

static void start_witness(unsigned i, struct vt_running *out)
{
    enum vt_party party = (enum vt_party)(VT_P_WITNESS + i);
    const char *dir = vt_test_path(vt_test_print("w%u", i));
    const char *key = write_key(vt_test_print("w%u.key", i), party);

    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", dir, "--name",
                                 vt_test_print("witness-%u.example", i), "--key", key));
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "add-log", "--dir", dir, "--vkey",
                                 vkey_of(VT_P_LOG, VT_WORLD_ORIGIN, VT_NOTE_ED25519)));
    *out = vt_test_start(
        "witness.err", VT_ARGV("vitrine", "witness", "serve", "--dir", dir, "--port", "0"));
}

/* The world's policy, with the addresses of its witnesses. */
static const char *policy_of(const struct vt_running *running)
{
    static const char *const places[VT_SUPERVISED_WITNESSES] = { "CH", "DE", "JP", "BR" };
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));

    vt_buf_printf(&text, "log %s\n", vkey_of(VT_P_LOG, VT_WORLD_ORIGIN, VT_NOTE_ED25519));
    for (unsigned i = 0; i < VT_SUPERVISED_WITNESSES; i++)
        vt_buf_printf(&text, "witness w%u %s %s\ngroup %s any w%u\n", i,
                      vkey_of((enum vt_party)(VT_P_WITNESS + i),
                              vt_test_print("witness-%u.example", i), VT_NOTE_COSIGNATURE),
                      running[i].url, places[i], i);
    vt_buf_put_text(&text, "group all-places 3 CH DE JP BR\nquorum all-places\n");
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

/* Four witnesses, an empty ledger, a trust root, and everybody's keys. */
void vt_supervised_start(struct vt_supervised *stand)
{
    struct vt_world world = vt_world_good();

    for (unsigned i = 0; i < VT_SUPERVISED_WITNESSES; i++)
        start_witness(i, &stand->witnesses[i]);
    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    world.policy = policy_of(stand->witnesses);
    vt_test_write(vt_test_path("policy"), vt_slice_from_cstr(world.policy));
    vt_test_write(vt_test_path("trust.json"), vt_world_trust(&world));
    (void)write_key("log.key", VT_P_LOG);
    (void)write_key("vendor", VT_P_VENDOR);
    (void)write_key("supervisor", VT_P_SUPERVISOR);
    (void)write_key("foundation", VT_P_FOUNDATION);
    (void)write_key("reviewer", VT_P_REVIEWER);
    (void)write_key("stranger", VT_P_STRANGER);
    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "ledger", "init", "--dir", vt_test_path("log"),
                              "--origin", VT_WORLD_ORIGIN, "--key", vt_test_path("log.key"),
                              "--policy", vt_test_path("policy")));
    vt_test_write(vt_test_path("nothing"), VT_LIT("{\"about\":\"something else\"}"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "add", "--dir", vt_test_path("log"),
                                 vt_test_path("nothing")));
}

void vt_supervised_stop(struct vt_supervised *stand)
{
    for (unsigned i = 0; i < VT_SUPERVISED_WITNESSES; i++)
        vt_test_stop(&stand->witnesses[i], 0);
}
