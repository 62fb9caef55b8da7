/* vitrine client withdraw, receipt: asking for erasure, and keeping the proof of it. */
#include "cell/share_receipt.h"
#include "cell/withdrawal.h"
#include "cli/client.h"
#include "cli/client_agent.h"
#include "cli/trust.h"
#include "evidence/field.h"

/* ---- withdraw ---------------------------------------------------------------------------
 */

const struct vt_option vt_cli_client_withdraw_options[] = {
    VT_OPTION_HOME,
    { "cell", "NAME", "from this cell", true, false },
    { "out", "FILE", "where the request goes", true, false },
    { "agent", "URL", "the cell's key agent, told first: it never releases the keys again",
      false, false },
    { "trust", "PATH", "the trust root, a file or a pinned folder; else your settings'",
      false, false },
    VT_OPTION_ENROLMENT,
    { NULL, NULL, NULL, false, false },
};

static bool record(struct vt_sent *sent, vt_slice cell, vt_slice request, int64_t now,
                   struct vt_error *err)
{
    const struct vt_sent_record line = {
        .at_unix_s = now,
        .kind = VT_SENT_WITHDRAWAL,
        .cell = cell,
        .what = VT_LIT("erase all that came from me"),
        .sha256 = vt_sha256_of(request),
        .bytes = request.len,
    };

    return vt_sent_append(sent, &line, err);
}

static void say_taken(const struct vt_client_taken *taken)
{
    (void)printf("the key agent signs that it never releases the key of %zu file%s again; "
                 "%zu of them had\nbeen read. The proof%s in " VT_CLIENT_PROOFS "/.\n",
                 taken->proven, vt_plural(taken->proven), taken->read,
                 taken->proven == 1 ? " is" : "s are");
    if (taken->destroyed != 0)
        (void)printf("%zu more: the key of their period is destroyed already\n",
                     taken->destroyed);
    if (taken->without != 0)
        (void)printf("%zu more: no bond was kept, so the agent cannot be told of them\n",
                     taken->without);
}

static void say_done(struct vt_args *args, const struct vt_client_taken *taken)
{
    const char *out = vt_args_get(args, "out");

    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack(
            "{s:b,s:s,s:I,s:I,s:I,s:I}", "ok", 1, "file", out, "proven",
            (json_int_t)taken->proven, "read", (json_int_t)taken->read, "destroyed",
            (json_int_t)taken->destroyed, "without", (json_int_t)taken->without));
        return;
    }
    (void)printf("%s: a request to erase all that came from you; submit is off.\n"
                 "Samples and what was found in them go, and a receipt comes. Reports "
                 "that were counted\nhold no name and stay in the counts. Copies that "
                 "somebody lawfully made before are beyond\nthe cell: its receipt says "
                 "what was kept, and why.\n",
                 out);
    if (vt_args_has(args, "agent"))
        say_taken(taken);
    else
        (void)printf("The key agent was not told; with --agent it never releases the keys "
                     "again, whatever\ncopy of the cell turns up.\n");
}

bool vt_cli_client_withdraw(struct vt_args *args, struct vt_error *err)
{
    const char *out = vt_args_get(args, "out");
    vt_slice cell = vt_slice_from_cstr(vt_args_get(args, "cell"));
    int64_t now = vt_env_now_unix_s(vt_args_env(args));
    VT_AUTO_HOME home = NULL;
    VT_AUTO_SENT sent = NULL;
    VT_AUTO_KEY pseudonym = NULL;
    VT_AUTO_BUF request = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX);
    struct vt_client_taken taken = { .proven = 0 };

    if (!vt_cli_home_open(args, &home, err) || !vt_sent_open(home, &sent, err) ||
        (vt_args_has(args, "agent") &&
         !vt_cli_client_take_back(args, home, sent, &taken, err)) ||
        !vt_pseudonym_open(home, cell, vt_args_env(args), &pseudonym, err) ||
        !vt_withdrawal_write(sent, cell, pseudonym, now, &request, err) ||
        !vt_cli_reserve(out, request.len, err) ||
        !vt_consent_turn(home, VT_CONSENT_SUBMIT, false, now, err) ||
        !record(sent, cell, vt_buf_slice(&request), now, err) ||
        !vt_cli_write(out, vt_buf_slice(&request), 0600, err))
        return false;
    say_done(args, &taken);
    return true;
}

/* ---- receipt ----------------------------------------------------------------------------
 */

const struct vt_option vt_cli_client_receipt_options[] = {
    VT_OPTION_HOME,
    { "trust", "FILE", "the trust root, or a client's folder", true, false },
    { NULL, NULL, NULL, false, false },
};

/* Is there a request of ours that it answers? */
static bool is_answer(const struct vt_sent *sent, const struct vt_receipt *receipt,
                      struct vt_error *err)
{
    for (size_t i = 0; i < vt_sent_count(sent); i++) {
        const struct vt_sent_record *record = vt_sent_at(sent, i);

        if (record->kind == VT_SENT_WITHDRAWAL &&
            vt_hash_equal(&record->sha256, &receipt->request) &&
            vt_slice_equal(record->cell, receipt->cell))
            return true;
    }
    return vt_fail(err, VT_REJECTED,
                   "receipt: answers no request that this machine made to cell %.*s",
                   VT_SLICE_ARGS(receipt->cell));
}

static bool keep(struct vt_disk *home, const struct vt_receipt *receipt, vt_slice bytes,
                 struct vt_error *err)
{
    char hash[65], name[96];

    vt_hash_text(&receipt->request, hash);
    (void)snprintf(name, sizeof name, "receipts/%s", hash);
    if (vt_disk_has(home, name))
        return vt_disk_keep(home, name, err);
    return vt_disk_create(home, name, bytes, 0600, err);
}

static void print_receipt(struct vt_args *args, const struct vt_receipt *receipt)
{
    char at[VT_TIME_TEXT_BYTES];

    vt_time_write(receipt->at_unix_s, at);
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack("{s:b,s:O}", "ok", 1, "receipt", receipt->json));
        return;
    }
    (void)printf("cell %.*s says that it erased %ju records at %s; the receipt is kept\n",
                 VT_SLICE_ARGS(receipt->cell), (uintmax_t)receipt->erased, at);
    for (size_t i = 0; i < json_array_size(receipt->kept); i++) {
        const json_t *row = json_array_get(receipt->kept, i);

        (void)printf("  kept: %s, because %s\n",
                     json_string_value(json_object_get(row, "what")),
                     json_string_value(json_object_get(row, "why")));
    }
}

/* ---- the receipt of a file that was shared ----------------------------------------------
 */

/* Did we share that object with that cell? */
static bool is_ours(const struct vt_sent *sent, const struct vt_share_receipt *receipt,
                    struct vt_error *err)
{
    for (size_t i = 0; i < vt_sent_count(sent); i++) {
        const struct vt_sent_record *record = vt_sent_at(sent, i);

        if (record->kind == VT_SENT_SAMPLE &&
            vt_hash_equal(&record->sha256, &receipt->object) &&
            vt_slice_equal(record->cell, receipt->cell))
            return true;
    }
    return vt_fail(err, VT_REJECTED,
                   "receipt: is for no file that this machine shared with cell %.*s",
                   VT_SLICE_ARGS(receipt->cell));
}

static void print_shared(struct vt_args *args, const struct vt_share_receipt *receipt)
{
    char object[65], at[VT_TIME_TEXT_BYTES], until[VT_TIME_TEXT_BYTES];

    vt_hash_text(&receipt->object, object);
    vt_time_write(receipt->at_unix_s, at);
    vt_time_write(receipt->until_unix_s, until);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:O}", "ok", 1, "receipt", receipt->json));
    else if (receipt->is_held)
        (void)printf("cell %.*s says that it had this file already at %s, and kept nothing "
                     "of yours\n",
                     VT_SLICE_ARGS(receipt->cell), at);
    else
        (void)printf(
            "cell %.*s says that it has %s, %ju bytes, whole since %s;\nit is kept "
            "until %s, %.*s\n",
            VT_SLICE_ARGS(receipt->cell), object, (uintmax_t)receipt->body_bytes, at, until,
            VT_SLICE_ARGS(receipt->purpose));
}

static bool take_shared(struct vt_args *args, vt_slice bytes, const struct vt_trust *trust,
                        struct vt_error *err)
{
    VT_AUTO_SHARE_RECEIPT receipt = { .json = NULL };
    VT_AUTO_HOME home = NULL;
    VT_AUTO_SENT sent = NULL;
    char hash[65], name[96];

    if (!vt_share_receipt_parse(bytes, trust, &receipt, err) ||
        !vt_cli_home_open(args, &home, err) || !vt_sent_open(home, &sent, err) ||
        !is_ours(sent, &receipt, err))
        return false;
    vt_hash_text(&receipt.object, hash);
    (void)snprintf(name, sizeof name, "receipts/%s", hash);
    if (!(vt_disk_has(home, name) ? vt_disk_keep(home, name, err)
                                  : vt_disk_create(home, name, bytes, 0600, err)))
        return false;
    print_shared(args, &receipt);
    return true;
}

/* Which of the two kinds it claims to be; its parser judges the rest. */
static bool is_of_a_file(vt_slice bytes)
{
    VT_AUTO_DSSE dsse = { 0 };
    struct vt_error ignored;

    return vt_dsse_parse(bytes, &dsse, &ignored) &&
           vt_slice_is(vt_buf_slice(&dsse.payload_type), VT_SHARE_RECEIPT_TYPE);
}

bool vt_cli_client_receipt(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0);
    VT_AUTO_BUF bytes = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX);
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_RECEIPT receipt = { .json = NULL };
    VT_AUTO_HOME home = NULL;
    VT_AUTO_SENT sent = NULL;

    if (!vt_file_read(path, &bytes, err) ||
        !vt_cli_trust_read(vt_args_get(args, "trust"), &trust, err))
        return false;
    if (is_of_a_file(vt_buf_slice(&bytes)))
        return take_shared(args, vt_buf_slice(&bytes), trust, err) ||
               vt_within(err, "%s", path);
    if (!vt_receipt_parse(vt_buf_slice(&bytes), trust, &receipt, err))
        return vt_within(err, "%s", path);
    if (!vt_cli_home_open(args, &home, err) || !vt_sent_open(home, &sent, err) ||
        !is_answer(sent, &receipt, err) || !keep(home, &receipt, vt_buf_slice(&bytes), err))
        return false;
    print_receipt(args, &receipt);
    return true;
}
