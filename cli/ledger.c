/* vitrine ledger: the table of its verbs; each stands in a file of its own. */
#include "cli/groups.h"
#include "cli/ledger_serve.h"
#include "cli/ledger_verbs.h"

static const struct vt_verb verbs[] = {
    { .name = "init",
      .summary = "make a new, empty ledger",
      .details =
          "The folder's `checkpoint` and `tile/` may be served by any web server; the "
          "rest is\nprivate.  If the policy does not list the new log, it is added.",
      .options = vt_cli_ledger_init_options,
      .run = vt_cli_ledger_init },
    { .name = "add",
      .operands = "FILE...",
      .operands_min = 1,
      .operands_max = VT_LEDGER_FILES_MAX,
      .summary = "add files as entries and publish a checkpoint",
      .details =
          "Prints the index of each.  Equal bytes get the index that they have "
          "already.  With a\npolicy, its witnesses are asked, and nothing is shown to "
          "the public before enough of\nthem have signed; the entries are kept in any "
          "case, and the next add tries again.\n"
          "\n"
          "--trust (a file or a pinned folder): a release or a list of withdrawals needs "
          "the\nthresholds of vendor and supervisor, any other statement a key that may "
          "sign it, and\nnobody else's signature may stand beside.  One that is refused "
          "stops all.\n"
          "\n"
          "--beside: the bytes of a predicate that is too long for an entry, at most 64 "
          "MiB.  They are\nkept in predicate/, durably, before the statement that names "
          "them by sha256 and size is\nadded; what none of the FILEs names is refused.  "
          "Where that statement is in the ledger\nalready, give its FILE again.",
      .options = vt_cli_ledger_add_options,
      .run = vt_cli_ledger_add },
    { .name = "prove",
      .operands = "[FILE]",
      .operands_max = 1,
      .summary = "write the proof that an entry is in the published tree",
      .options = vt_cli_ledger_prove_options,
      .run = vt_cli_ledger_prove },
    { .name = "check",
      .operands = "FILE",
      .operands_min = 1,
      .operands_max = 1,
      .summary = "check a proof offline",
      .details =
          "Opens no connection and needs no ledger: only the file, its proof, and whom "
          "you trust.",
      .options = vt_cli_ledger_check_options,
      .run = vt_cli_ledger_check },
    { .name = "show",
      .summary = "show what is published, or one entry",
      .options = vt_cli_ledger_show_options,
      .run = vt_cli_ledger_show },
    { .name = "serve",
      .summary = "serve it over HTTP: tiles, checkpoint, POST /add",
      .details =
          "Speaks C2SP tlog-tiles, and takes entries: POST PREFIX/add, whose answer is "
          "the\nindex when the entry survives power loss; with 'Accept: "
          "application/vnd.vitrine.\ntlog-proof' the answer comes when a checkpoint with "
          "its quorum holds the entry, and\nis the proof.  POST PREFIX/add-batch takes "
          "many, each behind its length in two bytes,\nat most --pending-max and 8 MiB "
          "(413).  A log that has ended ('continue') is read as\nbefore, and takes nothing "
          "(410).  /metrics and /health are for its operator.  Prints\n'ready:' and its "
          "address; SIGTERM ends it in good order; SIGHUP reads writers,\ncertificate and "
          "configs again.  Entries become durable in batches that close when the\nbatch "
          "before is done.",
      .options = vt_cli_ledger_serve_options,
      .run = vt_cli_ledger_serve },
    { .name = "status",
      .summary = "is a served ledger well?",
      .details = "Exit code 0 if it is, 1 if checkpoints do not keep up.",
      .options = vt_cli_ledger_status_options,
      .run = vt_cli_ledger_status },
    { .name = "token",
      .summary = "make a token for a writer",
      .details = "Only its SHA-256 goes into the file of --writers.",
      .options = vt_cli_ledger_token_options,
      .run = vt_cli_ledger_token },
    { .name = "fsck",
      .operands = "DIR",
      .operands_min = 1,
      .operands_max = 1,
      .summary = "compare every stored byte with what was signed",
      .details =
          "Hashes all entries again and compares every tile, bundle and checkpoint in "
          "the folder,\nwhoever made the log.  Names each file that was changed.",
      .options = vt_cli_ledger_fsck_options,
      .run = vt_cli_ledger_fsck },
    { .name = "scrub",
      .operands = "DIR",
      .operands_min = 1,
      .operands_max = 1,
      .summary = "hash every stored byte again, slowly, and repair what has rotted",
      .details =
          "Holds each tile, bundle and checkpoint against the signed root and names the "
          "place that\nis wrong.  It may be ended at any time and goes on where it was; "
          "it runs beside the\nledger's writer.  Nothing from another copy is put in place "
          "before it was checked.\nExit code 0: all is good, or was repaired.",
      .options = vt_cli_ledger_scrub_options,
      .run = vt_cli_ledger_scrub },
    { .name = "mirror",
      .summary = "keep a copy of somebody's log, every byte checked",
      .details =
          "Reads a log in the layout of tlog-tiles from a folder or a URL.  Each file is "
          "held\nagainst the signed root before it is kept, and the checkpoint is shown "
          "last; an\ninterrupted copy goes on where it was.  The copy may be served by any "
          "web server, and\nscrub --repair-from takes it.  A log that signed two histories "
          "is convicted: the proof\nis kept in forks/ and checked with 'vitrine ledger "
          "fork'.  Exit code 1: it forked, now\nor before, or shows less than it signed "
          "before.",
      .options = vt_cli_ledger_mirror_options,
      .run = vt_cli_ledger_mirror },
    { .name = "push",
      .summary = "feed a mirror, and show what it signed",
      .details =
          "Sends the published checkpoint and the entries that the mirror lacks (C2SP "
          "tlog-mirror),\nand prints its cosignature.  What broke off goes on where it "
          "was. "
          " A mirror that is a\nwitness of the ledger's policy is fed by 'serve' and 'add' "
          "themselves: they notice that\nit does not sign before it has the entries.  Exit "
          "code 1: it refused, or its signature\nis not good.",
      .options = vt_cli_ledger_push_options,
      .run = vt_cli_ledger_push },
    { .name = "fork",
      .operands = "FILE",
      .operands_min = 1,
      .operands_max = 1,
      .summary = "check a proof that a log signed two histories",
      .details = "Offline: only the file and the log's key.  Exit code 0: it is proved.",
      .options = vt_cli_ledger_fork_options,
      .run = vt_cli_ledger_fork },
    { .name = "index",
      .summary = "build the look-up index of a log, or of a copy of it",
      .details =
          "Digests, keyids and names of every entry, in lookup/ below the log's folder.  "
          "Called\nagain it goes on; the folder may be removed and is made again.  It "
          "takes no lock of the\nledger, whose writer may go on.",
      .options = vt_cli_ledger_index_options,
      .run = vt_cli_ledger_index },
    { .name = "find",
      .operands = "TERM",
      .operands_min = 1,
      .operands_max = 1,
      .summary = "which entries concern this digest, key or name?",
      .details =
          "TERM: a digest or keyid in hex, or the name of a product or subject.  Each "
          "answer was\nread, held against the signed tree, and has TERM in it, whatever "
          "the index says; its\nproof comes with it.  That nothing is found counts for "
          "the entries that are indexed, if\nthe index is whole (vitrine ledger index "
          "--verify).  Exit code 1: nothing was found.",
      .options = vt_cli_ledger_find_options,
      .run = vt_cli_ledger_find },
    { .name = "prune",
      .summary = "no longer serve old entries, by a written policy",
      .details =
          "Tiles and bundles that lie wholly below N move to pruned/, where no web server "
          "finds\nthem; the number and the policy stand in retention.json.  Proofs for all "
          "entries from N\non stay possible.  Leaf hashes are never deleted.",
      .options = vt_cli_ledger_prune_options,
      .run = vt_cli_ledger_prune },
    { .name = "rotate-key",
      .summary = "change the log's key without a gap",
      .details =
          "First with --new-key: every checkpoint bears both signatures from then on.  "
          "When all\nwitnesses and readers have the new vkey (vitrine witness add-log; a "
          "further log line in\ntheir policies), with --finish.  Both keys must open with "
          "the same passphrase.  The\nledger's writer is stopped meanwhile; no index and "
          "no checkpoint is lost.",
      .options = vt_cli_ledger_rotate_options,
      .run = vt_cli_ledger_rotate },
    { .name = "continue",
      .summary = "end a log, and go on in a new one",
      .details =
          "The old log is published once more and frozen: it is served for ever, but "
          "nothing is\nadded or signed any more.  The first entry of the new one is the "
          "old one's last\ncheckpoint; the proof of that is left beside the old log as "
          "successor.tlog-proof.\nThe old log's writer is stopped before.  Called again, "
          "it finishes what was interrupted.\nIts witnesses need the new log's key first "
          "(vitrine key show --name NAME).",
      .options = vt_cli_ledger_continue_options,
      .run = vt_cli_ledger_continue },
    { .name = NULL },
};

const struct vt_group vt_cli_ledger = {
    .name = "ledger",
    .summary = "an append-only log that cannot tell two stories",
    .verbs = verbs,
};
