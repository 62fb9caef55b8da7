/* vitrine client: what a person's own machine asks, sends, and keeps a record of. */
#include "cli/client.h"
#include "cli/files.h"
#include "cli/cell_verbs.h"
#include "cli/groups.h"

enum { HOME_WAIT_MS = 10000 };

bool vt_cli_home_path(struct vt_args *args, char out[VT_CLI_PATH_BYTES],
                      struct vt_error *err)
{
    const char *path = vt_args_get(args, "home"), *above = "", *below = "";
    int len;

    if (path == NULL)
        path = getenv("VITRINE_HOME");
    if ((path == NULL || path[0] == '\0') && (above = getenv("HOME")) != NULL &&
        above[0] == '/') {
        path = above;
        below = "/.vitrine";
    }
    if (path == NULL || path[0] == '\0')
        return vt_args_misuse(args, err,
                              "--home is needed: neither VITRINE_HOME nor HOME "
                              "says where your folder is");
    len = snprintf(out, VT_CLI_PATH_BYTES, "%s%s", path, below);
    return (len > 0 && len < VT_CLI_PATH_BYTES) ||
           vt_fail(err, VT_LIMIT, "--home: the path is too long");
}

bool vt_cli_home_open(struct vt_args *args, struct vt_disk **out, struct vt_error *err)
{
    char path[VT_CLI_PATH_BYTES];
    struct vt_disk *disk;

    if (!vt_cli_home_path(args, path, err) || !vt_disk_open(path, true, &disk, err))
        return false;
    if (!vt_disk_lock_within(disk, HOME_WAIT_MS, err) || !vt_disk_sweep(disk, "", err)) {
        vt_disk_close(disk);
        return false;
    }
    *out = disk;
    return true;
}

bool vt_cli_home_read(struct vt_args *args, struct vt_disk **out, struct vt_error *err)
{
    char path[VT_CLI_PATH_BYTES];

    return vt_cli_home_path(args, path, err) && vt_disk_open(path, false, out, err);
}

bool vt_cli_settings_read(struct vt_disk *home, struct vt_client_settings *out,
                          struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_CLIENT_SETTINGS_BYTES_MAX);

    if (!vt_disk_has(home, VT_CLIENT_SETTINGS_FILE))
        return true;
    return vt_disk_read(home, VT_CLIENT_SETTINGS_FILE, &text, err) &&
           (vt_client_settings_parse(vt_buf_slice(&text), out, err) ||
            vt_within(err, "%s/" VT_CLIENT_SETTINGS_FILE, vt_disk_path(home)));
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
    { "init", NULL, 0, 0, "keep your settings: trust root, country, cell",
      "Tries them first: the trust root is whole, the policy is on the ledger and gives "
      "you a\ncell, whose heads are in a ledger. They lie in client.ini in your folder; an "
      "option says\notherwise for one call. Nothing is asked, and nobody is connected to.",
      vt_cli_client_init_options, vt_cli_client_init },
    { "consent", "show | ask on|off | submit on|off", 1, 2,
      "what may leave this machine: two switches, apart",
      "ask: questions about reputations. submit: files and reports. Both are off until "
      "you\n"
      "choose. Turning submit off ends what would be sent; `vitrine client withdraw` asks\n"
      "for what was sent. Reports that were counted hold no name, and cannot be taken out "
      "of\nthe counts again.",
      vt_cli_client_consent_options, vt_cli_client_consent },
    { "report", NULL, 0, 0, "answer a cell's questions, with noise, for one period",
      "Says in plain words what would be sent; writes it to --out, sends it with --to, "
      "once.\nOne report a schema and period, within its privacy budget. Refused without "
      "consent, for questions that\n"
      "the trust root does not certify, and for a cell that the policy does not give to\n"
      "your country. With --only-show nothing is made, recorded or spent.",
      vt_cli_client_report_options, vt_cli_client_report },
    { "sent", NULL, 0, 0, "what this machine sent: its own record",
      "Each line holds the hash of the one before; a record that was changed is refused.",
      vt_cli_client_sent_options, vt_cli_client_sent },
    { "withdraw", NULL, 0, 0, "turn submit off, and ask a cell to erase what it has",
      "The request is signed with your pseudonym at that cell. Keep the receipt that "
      "comes\n"
      "with `vitrine client receipt`. With --agent the key agent is told first, and signs\n"
      "that it never releases the keys of what you shared again.",
      vt_cli_client_withdraw_options, vt_cli_client_withdraw },
    { "share", "FILE...", 1, 1000, "give files that the collection list asks for",
      "Says in plain words what would be sent, to whom and why, and asks. Sent is only "
      "what "
      "the\nhead's public list asks everybody for, sealed to the recipient that the trust "
      "root\ncertifies, to the cell that the policy gives to your country. Needs the "
      "switch "
      "`submit`.\nAn upload that broke off goes on with the same command. Exit code: 0 "
      "shared; "
      "1 not sent,\nor refused; 3 no answer.",
      vt_cli_client_share_options, vt_cli_client_share },
    { "receipt", "FILE", 1, 1, "check and keep a cell's receipt: for an erasure, or a file",
      "It must be signed by that cell, and name a request or a file of yours.",
      vt_cli_client_receipt_options, vt_cli_client_receipt },
    { "accesses", "[OBJECT...]", 0, 1000,
      "who had the key of what you shared: the key agent's signed list",
      "Of every file that this machine shared, or of those whose ids are given (`vitrine "
      "client\nsent --json` has them).  Asked with a secret that stayed here when the file "
      "was sealed:\nwithout it nobody is told.  The list is signed, of now, and bound to "
      "the "
      "agent's count and\nthe access ledger's last checkpoint; with --ledger each access "
      "is "
      "proven to be on the\nledger.  The agent learns your address, and which object you "
      "ask "
      "about.  Exit code: 0 the\nlist holds; 1 refused, or it does not; 3 no answer.",
      vt_cli_client_accesses_options, vt_cli_client_accesses },
    { .name = "lookup",
      .operands = "[FILE|SHA256...]",
      .operands_max = 100000,
      .summary = "is a file known, without telling which?",
      .details =
          "The head is judged first; then the local filter answers for files that were "
          "never\nfound to be bad; for the others a bucket of many files is fetched and "
          "checked, through\nthe relay where the trust root names one. Needs the switch "
          "`ask`, unless all is answered\nhere; says what left the machine, and keeps it "
          "in "
          "the record. Exit code: 0 nothing found;\n1 something found, or the cell or an "
          "answer refused; 3 no answer.",
      .options = vt_cli_client_lookup_options,
      .run = vt_cli_client_lookup },
    { .name = "scan",
      .operands = "PATH [PATH...]",
      .operands_min = 1,
      .operands_max = 65536,
      .summary = "is there anything in these folders that was found to be bad?",
      .details =
          "Regular files only; links are not followed. Each file is hashed; the local "
          "filter answers\nfor most, the cell for the others, as in lookup; with --rules "
          "each is scanned here too,\narchives unpacked. Tells of what is not in order, "
          "and "
          "of what could not be judged. Exit\ncode: 0 nothing found; 1 something found, or "
          "the cell refused; 3 nothing found, but some\nfile could not be judged.",
      .options = vt_cli_client_scan_options,
      .run = vt_cli_client_scan },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_client = {
    "client", "your own machine: asking, consent, what it sends, and the record of it",
    verbs
};
