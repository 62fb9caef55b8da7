/* vitrine client: what a person's own machine asks, sends, and keeps a record of. */
#include "cli/client.h"
#include "cli/files.h"
#include "cli/cell_verbs.h"
#include "cli/groups.h"

bool vt_cli_home_open(struct vt_args *args, struct vt_disk **out, struct vt_error *err)
{
    struct vt_disk *disk;

    if (!vt_disk_open(vt_args_get(args, "home"), true, &disk, err))
        return false;
    if (!vt_disk_lock(disk, err) || !vt_disk_sweep(disk, "", err)) {
        vt_disk_close(disk);
        return false;
    }
    *out = disk;
    return true;
}

bool vt_cli_home_read(struct vt_args *args, struct vt_disk **out, struct vt_error *err)
{
    return vt_disk_open(vt_args_get(args, "home"), false, out, err);
}

bool vt_cli_reserve(const char *path, size_t bytes, struct vt_error *err)
{
    VT_AUTO_BUF spaces = vt_buf_init(bytes);

    for (size_t i = 0; i < bytes; i++)
        vt_buf_put_u8(&spaces, ' ');
    return vt_cli_create(path, vt_buf_slice(&spaces), 0600, err);
}

void vt_cli_home_close(struct vt_disk **home)
{
    vt_disk_close(*home);
}

static const struct vt_verb verbs[] = {
    { "consent", "show | ask on|off | submit on|off", 1, 2,
      "what may leave this machine: two switches, apart",
      "ask: questions about reputations. submit: files and reports. Both are off until "
      "you\n"
      "choose. Turning submit off ends what would be sent; `vitrine client withdraw` asks\n"
      "for what was sent. Reports that were counted hold no name, and cannot be taken out "
      "of\nthe counts again.",
      vt_cli_client_consent_options, vt_cli_client_consent },
    { "report", NULL, 0, 0, "answer a cell's questions, with noise, for one period",
      "Says in plain words what would be sent, and writes it to --out. One report a "
      "schema\n"
      "and period, within its privacy budget. Refused without consent, for questions that\n"
      "the trust root does not certify, and for a cell that the policy does not give to\n"
      "your country. With --only-show nothing is made, recorded or spent.",
      vt_cli_client_report_options, vt_cli_client_report },
    { "sent", NULL, 0, 0, "what this machine sent: its own record",
      "Each line holds the hash of the one before; a record that was changed is refused.",
      vt_cli_client_sent_options, vt_cli_client_sent },
    { "withdraw", NULL, 0, 0, "turn submit off, and ask a cell to erase what it has",
      "The request is signed with your pseudonym at that cell. Keep the receipt that "
      "comes\n"
      "with `vitrine client receipt`.",
      vt_cli_client_withdraw_options, vt_cli_client_withdraw },
    { "receipt", "FILE", 1, 1, "check and keep a cell's receipt for an erasure",
      "It must be signed by that cell and name a request of yours.",
      vt_cli_client_receipt_options, vt_cli_client_receipt },
    { .name = "lookup",
      .operands = "FILE|SHA256...",
      .operands_min = 1,
      .operands_max = 100000,
      .summary = "is a file known, without telling which?",
      .details =
          "The head is judged first; then the local filter answers for files that were "
          "never\nfound to be bad; for the others a bucket of many files is fetched and "
          "checked. Says\nwhat left the machine. Exit code: 0 nothing found; 1 something "
          "found; 3 the head or an\nanswer was refused, so that nothing is known.",
      .options = vt_cli_client_lookup_options,
      .run = vt_cli_client_lookup },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_client = {
    "client", "your own machine: asking, consent, what it sends, and the record of it",
    verbs
};
