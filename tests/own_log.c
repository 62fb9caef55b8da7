/* A ledger of ours, opened, filled and copied. */
#include "tests/own_log.h"
#include "crypto/verify_note.h"
#include "tests/small_log.h"

void vt_own_log_make(struct vt_own_log *log, const char *name, const char *origin,
                     uint8_t seed)
{
    struct vt_env env = vt_env_real();
    struct vt_ledger_options options = { .env = &env };
    struct vt_error err = { 0 };
    struct vt_ledger_config config = { .origin = vt_slice_from_cstr(origin),
                                       .key = VT_LIT("key") };

    memset(log, 0, sizeof *log);
    log->dir = name[0] == '/' ? name : vt_test_path(name);
    log->origin = origin;
    log->key = vt_test_key(seed);
    log->vkey = vt_test_vkey(origin, VT_NOTE_ED25519, log->key);
    config.vkey = vt_slice_from_cstr(log->vkey);
    (void)snprintf(log->policy_text, sizeof log->policy_text, "log %s\nquorum none\n",
                   log->vkey);
    VT_CHECK_OK(vt_policy_parse(vt_slice_from_cstr(log->policy_text), &log->policy, &err));
    VT_CHECK_OK(vt_ledger_init(log->dir, &config, &options, &err));
    vt_own_log_open(log);
}

void vt_own_log_open(struct vt_own_log *log)
{
    struct vt_env *env = vt_arena_alloc(vt_test_arena(), sizeof *env);
    struct vt_ledger_options options = { .env = env };
    struct vt_error err = { 0 };

    *env = vt_env_real();
    VT_CHECK_OK(vt_signer_start_here(log->dir, vt_slice_from_cstr(log->origin), log->key,
                                     &log->signer, &err));
    options.signer = log->signer;
    VT_CHECK_OK(vt_ledger_open(log->dir, &options, &log->ledger, &err));
    vt_test_keep(log->signer);
    vt_test_keep(log->ledger);
}

void vt_own_log_close(struct vt_own_log *log)
{
    vt_ledger_close(log->ledger);
    vt_signer_stop(log->signer);
    log->ledger = NULL;
    log->signer = NULL;
}

const char *vt_own_log_entry(uint64_t index)
{
    return vt_test_print("%ju %ju %ju", (uintmax_t)index, (uintmax_t)index,
                         (uintmax_t)index);
}

void vt_own_log_grow(struct vt_own_log *log, uint64_t size)
{
    struct vt_error err = { 0 };
    vt_ticket ticket = { 0 };

    for (uint64_t i = vt_ledger_size(log->ledger); i < size; i++) {
        char text[80];

        (void)snprintf(text, sizeof text, "%ju %ju %ju", (uintmax_t)i, (uintmax_t)i,
                       (uintmax_t)i);
        VT_CHECK_OK(vt_ledger_submit(log->ledger, vt_slice_from_cstr(text), &ticket, &err));
    }
    VT_CHECK_OK(vt_ledger_wait(log->ledger, ticket, NULL, &err));
}

void vt_own_log_publish(struct vt_own_log *log)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_ledger_publish(log->ledger, NULL, &err));
}

void vt_own_log_copy(const char *from, const char *to)
{
    (void)vt_test_run(0, VT_ARGV("cp", "-r", vt_test_path(from), vt_test_path(to)));
}
