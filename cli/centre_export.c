/* vitrine centre export, check-export: one signed page for an authority, and its check. */
#include "centre/export.h"
#include "cli/centre_verbs.h"
#include "cli/custody.h"
#include "cli/files.h"
#include "cli/trust.h"

const struct vt_option vt_cli_centre_export_options[] = {
    { "dir", "DIR", "the Centre's folder", true, false },
    { "country", "CODE", "whose data: CH, DE, ...", true, false },
    { "out", "FILE", "where the page goes", true, false },
    { "openings", "FILE", "the key agent's openings, or a copy of them", false, false },
    { "accesses", "NAME", "the Centre's copy of the access ledger: DIR/ledgers/NAME", false,
      false },
    VT_OPTION_ENROLMENT,
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};
const struct vt_option vt_cli_centre_check_export_options[] = {
    { "trust", "FILE", "your own copy of the trust root", true, false },
    { NULL, NULL, NULL, false, false },
};

/* ---- export -----------------------------------------------------------------------------
 */

static bool find_accesses(struct vt_args *args, struct vt_export_order *order,
                          struct vt_error *err)
{
    const char *name = vt_args_get(args, "accesses");
    const struct vt_held *held;

    order->openings = vt_args_get(args, "openings");
    if ((name != NULL) != (order->openings != NULL))
        return vt_args_misuse(args, err, "--openings and --accesses belong together");
    if (name == NULL)
        return true;
    held = vt_holding_find(order->holding, vt_slice_from_cstr(name));
    if (held == NULL || !vt_held_is_known(held))
        return vt_fail(err, VT_ABSENT, "there is no ledger %s that was verified%s%s", name,
                       held != NULL ? ": " : "", held != NULL ? held->trouble.message : "");
    order->accesses = held;
    return true;
}

static bool write_out(struct vt_args *args, const struct vt_export_order *order,
                      struct vt_error *err)
{
    VT_AUTO_BUF page = vt_buf_init(VT_EXPORT_BYTES_MAX);
    const char *out = vt_args_get(args, "out");
    VT_AUTO_EXPORT check = { .evidence = NULL };
    VT_AUTO_JSON evidence = NULL;
    VT_AUTO_KEY key = NULL;

    if (!vt_export_gather(order, &evidence, err) || !vt_cli_key_open(args, &key, err) ||
        !vt_export_write(evidence, order->holding->trust, key, &page, err) ||
        !vt_export_verify(vt_buf_slice(&page), order->holding->trust, order->now_unix_s,
                          &check, err) ||
        !vt_cli_write(out, vt_buf_slice(&page), 0644, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:I}", "ok", 1, "file", out, "proofs",
                                    (json_int_t)check.proofs));
    else
        (void)printf("%s: %zu proofs; check it: vitrine centre check-export %s --trust "
                     "trust.json\n",
                     out, check.proofs, out);
    return true;
}

bool vt_cli_centre_export(struct vt_args *args, struct vt_error *err)
{
    struct vt_cli_keyring *keyring = vt_alloc(sizeof *keyring);
    struct vt_holding holding = { .count = 0 };
    struct vt_export_order order = { .country = vt_args_get(args, "country"),
                                     .holding = &holding,
                                     .now_unix_s = vt_env_now_unix_s(vt_args_env(args)),
                                     .keyring = &keyring->keyring };
    bool is_ok = vt_holding_open(vt_args_get(args, "dir"), &holding, err) &&
                 find_accesses(args, &order, err);

    keyring->keyring.trust = holding.trust; /* its agents, and who was enrolled */
    is_ok = is_ok && vt_cli_keyring_enrol_all(args, keyring, err) &&
            write_out(args, &order, err);
    vt_cli_keyring_clear(keyring);
    vt_holding_close(&holding);
    free(keyring);
    return is_ok;
}

/* ---- check ------------------------------------------------------------------------------
 */

bool vt_cli_centre_check_export(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0);
    VT_AUTO_BUF file = vt_buf_init(VT_EXPORT_BYTES_MAX);
    VT_AUTO_EXPORT export = { .evidence = NULL };
    VT_AUTO_TRUST trust = NULL;

    if (!vt_file_read(path, &file, err) ||
        !vt_cli_trust_read(vt_args_get(args, "trust"), &trust, err))
        return false;
    if (!vt_export_verify(vt_buf_slice(&file), trust, vt_env_now_unix_s(vt_args_env(args)),
                          &export, err))
        return vt_within(err, "%s", path);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:I,s:s%,s:O,s:O}", "ok", 1, "proofs",
                                    (json_int_t) export.proofs, "signed_by",
                                    export.signer->holder.data, export.signer->holder.len,
                                    "country", json_object_get(export.evidence, "country"),
                                    "made", json_object_get(export.evidence, "made")));
    else
        (void)printf("good: signed by %.*s (%.*s), made %s; %zu proofs hold, and the page "
                     "is what its evidence comes to\n",
                     VT_SLICE_ARGS(export.signer->holder),
                     VT_SLICE_ARGS(export.signer->jurisdiction),
                     json_string_value(json_object_get(export.evidence, "made")),
                     export.proofs);
    return true;
}
