/* vitrine cell: the data cell, and the policy that says which cell is whose. */
#include "cli/cell_policy.h"
#include "cli/cell_verbs.h"
#include "cli/groups.h"

static const struct vt_verb verbs[] = {
    { "policy init", NULL, 0, 0, "begin a table of where data lie, or its next version",
      "Version 1 says of all 249 countries and four classes that nothing is moved yet. "
      "With\n"
      "--previous the next version begins with what is in force now, and what is planned.",
      vt_cli_policy_init_options, vt_cli_policy_init },
    { "policy set", NULL, 0, 0, "say where data of a country and class lie, from when",
      "States: here (in the cell that is meant for them), moving (from --cell to --to; "
      "from\n"
      "--fence on the old cell takes nothing), stays (on purpose where they have always\n"
      "been), not-moved-yet. Times may lie in the future.",
      vt_cli_policy_set_options, vt_cli_policy_set },
    { "policy remove", NULL, 0, 0, "take a planned step out of a draft",
      "What is left must still say something of every country and class.",
      vt_cli_policy_remove_options, vt_cli_policy_remove },
    { "policy sign", NULL, 0, 0, "sign a draft, or add your signature",
      "Holders of residency keys sign one after the other; the file is replaced each "
      "time.\n"
      "From version 2 on it is held against the version before: it must be the next, and\n"
      "must not change what was in force before it was made.",
      vt_cli_policy_sign_options, vt_cli_policy_sign },
    { "policy log", NULL, 0, 0, "put it on the ledger, with proof",
      "Refused without the trust root's threshold of residency keys, holders and\n"
      "jurisdictions. Only what is on the ledger counts.",
      vt_cli_policy_log_options, vt_cli_policy_log },
    { "policy show", NULL, 0, 0, "where data lie, what stays, what is not moved yet",
      "What is planned stands apart with its date and is not counted. Exit code with "
      "--trust:\n0 if it is on the ledger, 1 if not.",
      vt_cli_policy_show_options, vt_cli_policy_show },
    { "policy check", "COUNTRY CLASS", 2, 2,
      "which cell takes data of a country and class?",
      "With --cell: may that cell take it? Exit code 0 accept; 1 refuse, or fenced while "
      "it\n"
      "moves.",
      vt_cli_policy_check_options, vt_cli_policy_check },
    { "count log", NULL, 0, 0, "put on the ledger how much was taken and refused",
      "Totals since the cell began, by class and reason, signed. Each names the one "
      "before;\n"
      "none can be left out, and no total can go back.",
      vt_cli_count_log_options, vt_cli_count_log },
    { "count show", "FILE...", 1, 1000, "what counts say, and whether they follow",
      "Several must be of one cell and follow each other. Exit code 1 if one is left out,\n"
      "or a total went back.",
      vt_cli_count_show_options, vt_cli_count_show },
    { "count reconcile", "FILE...", 1, 1000,
      "hold what the cell's store knows, day by day, against its counts on the ledger",
      "All counts, from the first, each with FILE.tlog-proof. What was taken and taken "
      "back\n"
      "must agree; refusals on the ledger are as many as the store's, or more. Exit code "
      "1\n"
      "on a difference.",
      vt_cli_count_reconcile_options, vt_cli_count_reconcile },
    { "statistics schema", "FILE", 1, 1, "what is asked, how, and how much may be learned",
      "A schema has closed questions only; a report that holds anything else is refused.",
      vt_cli_statistics_schema_options, vt_cli_statistics_schema },
    { "statistics aggregate", NULL, 0, 0, "count reports, and sign what they come to",
      "Keeps counts only. What may be fewer people than the schema allows gets no number.\n"
      "A report that does not fit is refused with its field, and the others count.",
      vt_cli_statistics_aggregate_options, vt_cli_statistics_aggregate },
    { "statistics show", "FILE", 1, 1, "an aggregate, each number computed again",
      "Refuses an aggregate whose numbers are not what the estimator gives.",
      vt_cli_statistics_show_options, vt_cli_statistics_show },
    { "statistics plot", "FILE", 1, 1, "the same as a picture",
      "SVG with the intervals drawn, the numbers as text, for light and dark screens.",
      vt_cli_statistics_plot_options, vt_cli_statistics_plot },
    { .name = "publish",
      .summary = "begin the next epoch: buckets, filter, head",
      .details =
          "Writes what is new into DIR/public, which any web server may serve; signs the "
          "head,\nadds it to the cell's ledger of heads, and shows it only if a client "
          "would accept it.",
      .options = vt_cli_cell_publish_options,
      .run = vt_cli_cell_publish },
    { .name = "gateway-key",
      .summary = "what clients seal their look-ups to, of one's private keys",
      .details = "Writes the key configuration (application/ohttp-keys) that the trust "
                 "root certifies\n"
                 "and the head names. The keys are X25519, made by `vitrine key new --type "
                 "x25519`.",
      .options = vt_cli_cell_gateway_key_options,
      .run = vt_cli_cell_gateway_key },
    { .name = "serve",
      .summary = "serve what is published, until SIGTERM",
      .details =
          "Speaks HTTP, or HTTPS with --tls-cert. Of what is asked, nothing is kept: no "
          "log,\n"
          "no address. Prints 'ready:' and its address when it answers. After SIGTERM\n"
          "/health says for --drain that it will end; then it ends in good order.",
      .options = vt_cli_cell_serve_options,
      .run = vt_cli_cell_serve },
    { .name = "scan",
      .operands = "PATH [PATH...]",
      .operands_min = 1,
      .operands_max = 65536,
      .summary = "scan files and folders, each file in a confined process",
      .details =
          "Archives are unpacked in memory and every member is scanned.  A file that "
          "exceeds a\nlimit, is damaged or encrypted is told as not fully scanned, and a "
          "process that ends\non a file as engine failed.  Exit code 1 unless all files "
          "are "
          "clean.",
      .options = vt_cli_cell_scan_options,
      .run = vt_cli_cell_scan },
    { .name = "scanner",
      .summary = "scan what people shared, until SIGTERM",
      .details =
          "Joins the queue of `cell serve --samples`, the key agent and confined workers: "
          "a\nbatch of samples, a statement on the access ledger, file keys, verdicts.  "
          "Waits for\nwhatever is away; scans again when the rules change.  After SIGTERM "
          "it finishes the\nsamples that are being scanned.  Numbers are in "
          "STATE/metrics.prom.",
      .options = vt_cli_cell_scanner_options,
      .run = vt_cli_cell_scanner },
    { .name = "recipient",
      .summary = "whom clients seal files to: the document for a period",
      .details = "One for each cell, country, class and period. A head selects it by its "
                 "digest, which the\ntrust root certifies; so nobody can be given a key of "
                 "his own.",
      .options = vt_cli_cell_recipient_options,
      .run = vt_cli_cell_recipient },
    { .name = "verdicts",
      .operands = "[TABLE...]",
      .operands_max = 64,
      .summary = "make, merge and look at verdict tables",
      .details =
          "Of several, the later counts. A list has a line a file: SHA256 STATE [WHAT], "
          "STATE\nbeing clean, suspicious, malicious, or unknown to take back what a table "
          "says.",
      .options = vt_cli_cell_verdicts_options,
      .run = vt_cli_cell_verdicts },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_cell = {
    "cell", "the data cell: what it knows, where data lie, what is counted", verbs
};
