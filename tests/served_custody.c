/* See served_custody.h. */
#include "tests/served_custody.h"
#include "tests/small_log.h"

const char *vt_served_custody_path(const struct vt_served_custody *served, const char *name)
{
    return vt_test_print("%s/%s", served->world.dir, name);
}

static void start_witness(struct vt_served_custody *s, size_t i, const char *log_vkey,
                          struct vt_buf *policy)
{
    const struct vt_key *key = vt_world_key((enum vt_party)(VT_P_WITNESS + i));
    struct vt_arena *arena = vt_test_arena();
    const char *name = vt_arena_printf(arena, "witness-%zu.example", i),
               *dir = vt_served_custody_path(s, vt_arena_printf(arena, "w%zu", i)),
               *file = vt_custody_write_key(&s->world,
                                            vt_arena_printf(arena, "w%zu.key", i), key);

    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", dir, "--name", name,
                                 "--key", file));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "witness", "add-log", "--dir", dir, "--vkey", log_vkey));
    s->witnesses[i] =
        vt_test_start("witness.err", VT_ARGV("vitrine", "witness", "serve", "--dir", dir));
    vt_buf_printf(policy, "witness w%zu %s %s\n", i,
                  vt_test_vkey(name, VT_NOTE_COSIGNATURE, key), s->witnesses[i].url);
}

static void start_ledger(struct vt_served_custody *s)
{
    const char *vkey =
        vt_test_vkey(VT_CUSTODY_ORIGIN, VT_NOTE_ED25519, vt_custody_log_key());
    const char *dir = vt_served_custody_path(s, "log"), *file;
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(8));

    vt_buf_printf(&policy, "log %s\n", vkey);
    for (size_t i = 0; i < VT_SERVED_WITNESSES; i++)
        start_witness(s, i, vkey, &policy);
    vt_buf_put_text(&policy, "group all 3 w0 w1 w2\nquorum all\n");
    file = vt_custody_write_file(&s->world, "ledger-policy", vt_buf_slice(&policy));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", dir, "--origin",
                                 VT_CUSTODY_ORIGIN, "--use", "access", "--key",
                                 vt_served_custody_path(s, "log.key"), "--policy", file));
    s->ledger = vt_test_start("ledger.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                                    dir, "--wait-max", "2s"));
}

void vt_served_custody_start_agent(struct vt_served_custody *s)
{
    const char *port = s->agent.url != NULL ? strrchr(s->agent.url, ':') + 1 : "0";

    s->agent = vt_test_start("agent.err",
                             VT_ARGV("vitrine", "keyagent", "serve", "--dir",
                                     vt_served_custody_path(s, "agent"), "--port", port));
}

void vt_served_custody_sign(struct vt_served_custody *s, const char *policy)
{
    const char *key = vt_custody_write_key(&s->world, "supervisor.key",
                                           vt_world_key(VT_P_SUPERVISOR)),
               *text = vt_custody_write_file(&s->world, "predicate.json",
                                             vt_slice_from_cstr(policy));

    (void)unlink(vt_served_custody_path(s, "policy.json"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "policy", text, "--key", key,
                                 "--out", vt_served_custody_path(s, "policy.json")));
}

static void make_agent(struct vt_served_custody *s, const char *recipient)
{
    const char *document = recipient == NULL ? "swiss.recipient" : "shared.recipient";

    if (recipient == NULL)
        recipient = vt_served_custody_path(s, "swiss.key");
    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "keyagent", "init", "--dir",
                              vt_served_custody_path(s, "agent"), "--trust",
                              vt_served_custody_path(s, "trust.json"), "--policy",
                              vt_served_custody_path(s, "policy.json"), "--enrolment",
                              vt_served_custody_path(s, "enrolled-0.json"), "--enrolment",
                              vt_served_custody_path(s, "enrolled-4.json"), "--enrolment",
                              vt_served_custody_path(s, "enrolled-5.json"), "--key",
                              vt_served_custody_path(s, "agent.key"), "--certified",
                              vt_served_custody_path(s, document), "--certified",
                              vt_served_custody_path(s, "vienna.recipient"), "--recipient",
                              vt_test_print("CH/file/2026=%s", recipient)));
    vt_served_custody_start_agent(s);
}

void vt_served_custody_begin(struct vt_served_custody *s, const char *folder,
                             const char *policy, const char *recipient)
{
    vt_custody_world_write(&s->world, vt_test_path(folder), time(NULL) - VT_WORLD_NOW);
    start_ledger(s);
    vt_served_custody_sign(s, policy != NULL ? policy : vt_custody_policy_text(3));
    make_agent(s, recipient);
}

static void stop(struct vt_running *running)
{
    if (running->pid != 0)
        vt_test_stop(running, 0);
}

void vt_served_custody_stop(struct vt_served_custody *s)
{
    stop(&s->agent);
    stop(&s->ledger);
    for (size_t i = 0; i < VT_SERVED_WITNESSES; i++)
        stop(&s->witnesses[i]);
}
