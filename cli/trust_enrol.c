/* vitrine trust enrol: the supervisor lets somebody in without a new version of the trust
 * root. */
#include "cli/trust.h"

const struct vt_option vt_cli_trust_enrol_options[] = {
    { "role", "ROLE", "builder, reviewer, reader, scanner or agent", true, false },
    { "public", "FILE", "the public key", true, false },
    { "holder", "NAME", "who holds it", true, false },
    { "jurisdiction", "CODE", "whose law binds the holder: CH, DE, ...", true, false },
    { "site", "PLACE", "where it stands", true, false },
    { "product", "NAME", "speaks for this product only", false, true },
    { "from", "TIME", "counts from; else now", false, false },
    { "until", "TIME", "counts until; else in two years", false, false },
    { "mandate-until", "TIME", "end of the holder's mandate; else as --until", false,
      false },
    { "accreditation", "TEXT", "what qualifies the holder", false, false },
    { "funding", "TEXT", "who pays the holder", false, false },
    { "out", "FILE", "where the signed statement goes", true, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

/* The statement's subject is the key itself: its name the holder, its digest the keyid. */
static bool write_enrolment(const json_t *row, const struct vt_key *signer,
                            struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_subject subject = { .name =
                                      json_string_value(json_object_get(row, "holder")) };
    const struct vt_key *keys[1] = { signer };

    return vt_json_get_sha256(row, "enrolment", "keyid", subject.hash.bytes, err) &&
           vt_statement_write(VT_ENROLMENT, &subject, 1, row, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, out, err);
}

bool vt_cli_trust_enrol(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "out");
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON row = NULL;
    enum vt_trust_role role;

    if (!vt_cli_trust_role(args, &role, err))
        return false;
    if (!vt_trust_role_can_be_enrolled(role))
        return vt_args_misuse(args, err,
                              "--role: only a builder, reviewer, reader, scanner or agent "
                              "is enrolled; other keys "
                              "stand in the trust root (`vitrine trust add-key`)");
    return vt_cli_trust_key_row(args, vt_env_now_unix_s(vt_args_env(args)), &row, err) &&
           vt_cli_key_open(args, &key, err) && write_enrolment(row, key, &out, err) &&
           vt_cli_write(path, vt_buf_slice(&out), 0644, err) &&
           vt_cli_trust_said(args, path,
                             "enrolment signed; it counts once it is on the ledger "
                             "(`vitrine supervise authorise --enrolment`)");
}
