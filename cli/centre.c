/* vitrine centre: serve the Transparency Centre. */
#include "centre/centre.h"
#include "cli/centre_verbs.h"
#include "cli/files.h"
#include "cli/groups.h"
#include "cli/listening.h"
#include "cli/tls.h"
#include "crypto/passkey.h"

enum { TAKEN_BYTES = 65536, TAKEN_LINES = 200 };
enum { CONNECTIONS = 1024, RATE = 200, REFRESH_S = 10, REFRESH_S_MAX = 86400 };

static const struct vt_option serve_options[] = {
    { "dir", "DIR", "the Centre's folder: trust root and copies", true, false },
    { "pages", "DIR", "the built pages; else those that are installed", false, false },
    { "origin", "URL", "under which invited reviewers sign in: https://centre.example",
      false, false },
    VT_OPTION_LISTEN,
    VT_OPTION_PORT,
    { "refresh", "TIME", "look at the copies again so often; 10s", false, false },
    { "rate", "N", "questions of ledgers a second from all together; more get 429; 200",
      false, false },
    { "connections-max", "N", "connections at once; 1024", false, false },
    { "from-one-max", "N", "connections from one address; all of them if not given", false,
      false },
    { "notes-bytes", "N", "a reviewer may take out so much of his notes a day; 65536",
      false, false },
    { "notes-lines", "N", "so many lines of source quoted in them; 200", false, false },
    VT_OPTION_TLS_CERT,
    VT_OPTION_TLS_KEY,
    { NULL, NULL, NULL, false, false },
};

static bool read_bounds(struct vt_args *args, struct vt_centre_serving *serving,
                        struct vt_error *err)
{
    uint64_t connections, from_one, rate;
    int64_t refresh_s;

    if (!vt_args_number(args, "notes-bytes", TAKEN_BYTES, VT_CENTRE_TAKEN_MAX,
                        &serving->taken_bytes, err) ||
        !vt_args_number(args, "notes-lines", TAKEN_LINES, VT_CENTRE_TAKEN_MAX,
                        &serving->taken_lines, err))
        return false;
    if (!vt_args_number(args, "connections-max", CONNECTIONS, VT_CENTRE_CONNECTIONS_MAX,
                        &connections, err) ||
        !vt_args_number(args, "from-one-max", 0, connections, &from_one, err) ||
        !vt_args_number(args, "rate", RATE, VT_CENTRE_RATE_MAX, &rate, err) ||
        !vt_args_duration(args, "refresh", REFRESH_S, &refresh_s, err))
        return false;
    if (connections == 0 || rate == 0)
        return vt_args_misuse(args, err, "a Centre that takes nothing serves nobody");
    if (refresh_s < 1 || refresh_s > REFRESH_S_MAX)
        return vt_args_misuse(args, err, "--refresh: 1s to 24h");
    serving->connections_max = (unsigned)connections; /* all are bounded above */
    serving->from_one_max = (unsigned)from_one;
    serving->rate = (unsigned)rate;
    serving->refresh_ms = 1000 * refresh_s;
    return true;
}

/* ---- pages ------------------------------------------------------------------------------
 */

/* Beside the program when it was built here, in share/ when it was installed.  out stays
 * empty where there are none: the API is served without them. */
static void find_pages(struct vt_buf *out)
{
    static const char *const places[] = { "web", "../share/vitrine/centre" };
    VT_AUTO_ARENA arena = vt_arena_new();
    char program[4096];
    ssize_t got = readlink("/proc/self/exe", program, sizeof program - 1);
    char *slash;

    if (got <= 0)
        return;
    program[got] = '\0';
    slash = strrchr(program, '/');
    if (slash == NULL)
        return;
    *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *folder = vt_arena_printf(arena, "%s/%s", program, places[i]);

        if (!vt_path_exists(vt_arena_printf(arena, "%s/index.html", folder)))
            continue;
        vt_buf_put_text(out, folder);
        return;
    }
}

static bool choose_pages(struct vt_args *args, struct vt_buf *found, const char **out,
                         struct vt_error *err)
{
    const char *named = vt_args_get(args, "pages");
    VT_AUTO_ARENA arena = vt_arena_new();

    if (named != NULL && !vt_path_exists(vt_arena_printf(arena, "%s/index.html", named)))
        return vt_fail(err, VT_IO,
                       "--pages: %s/index.html is not there; `make centre-web` builds the "
                       "pages into build/web",
                       named);
    if (named == NULL)
        find_pages(found);
    *out = named != NULL ? named : found->len != 0 ? vt_buf_cstr(found) : NULL;
    if (*out == NULL)
        (void)fprintf(stderr, "mind: no built pages were found, only the API is served; "
                              "`make centre-web` builds them\n");
    return true;
}

/* ---- serving ----------------------------------------------------------------------------
 */

static bool check_origin(struct vt_args *args, struct vt_error *err)
{
    const char *origin = vt_args_get(args, "origin");
    struct vt_error why = { 0 };
    char party[256];

    return origin == NULL || vt_passkey_party(origin, party, &why) ||
           vt_args_misuse(args, err, "--origin: %s", why.message);
}

static bool run_serve(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF pages = vt_buf_init(VT_KIB(8));
    VT_AUTO_CLI_TLS tls = { .key = NULL };
    struct vt_cli_listening listening;
    struct vt_centre_serving serving = { .folder = vt_args_get(args, "dir"),
                                         .origin = vt_args_get(args, "origin"),
                                         .ready = vt_cli_say_ready,
                                         .context = &listening };

    if (!vt_cli_listening(args, vt_args_has(args, "tls-key") ? "https" : "http", &listening,
                          err) ||
        !read_bounds(args, &serving, err) || !check_origin(args, err) ||
        !vt_cli_tls_read(args, &tls, err))
        return false;
    serving.tls_certificate = tls.certificate;
    serving.tls_key = tls.key;
    serving.address = listening.address;
    serving.port = listening.port;
    return choose_pages(args, &pages, &serving.pages, err) &&
           vt_centre_serve(&serving, err);
}

static const struct vt_verb verbs[] = {
    { "serve", NULL, 0, 0, "serve pages and API over verified copies",
      "DIR holds trust.json, ledgers/NAME/ (copies, as `vitrine ledger mirror` keeps\n"
      "them) and, if there are any, desk/, public/ and policy.json.  All that is shown "
      "was\n"
      "verified here against that trust root; what does not hold is left out and told.\n"
      "Nothing is written, and no key is held but TLS's.  Prints 'ready:' and its address\n"
      "when it answers; SIGTERM ends it in good order.  Four processes: one that faces\n"
      "strangers and has no file, one that reads and verifies, one that proves, and this\n"
      "one.",
      serve_options, run_serve },
    { "import", NULL, 0, 0, "take the source of releases from the desk into the library",
      "Reviewers read and search it there. Definitions come from universal ctags.",
      vt_cli_centre_import_options, vt_cli_centre_import },
    { "compare", "A B", 2, 2, "do two Centres show the same?",
      "A and B are Centres' folders or URLs. Names each digest that differs or is missing "
      "on\n"
      "one side, and holds their ledgers to one history. Exit code 1: they differ.",
      vt_cli_centre_compare_options, vt_cli_centre_compare },
    { "mirror", "FROM TO", 2, 2, "copy what another Centre holds into ours, and compare",
      "Both are Centres' folders. Ledgers, statements with proofs, source packs, evidence "
      "and\n"
      "outputs are copied, each judged by digest, proof or TO's trust root before it is "
      "kept.\n"
      "What was seen in FROM is remembered in TO: what is taken back there is told. Exit "
      "code\n"
      "1: something was refused, differs, or is gone.",
      vt_cli_centre_mirror_options, vt_cli_centre_mirror },
    { "export", NULL, 0, 0, "one signed page for an authority, with its proofs",
      "Where a country's data lie, who asked to read and why, what was ordered to be "
      "erased,\n"
      "and what the supervisor was refused. The key is the supervisor's, the foundation's, "
      "a\n"
      "cell's, or that of data protection.",
      vt_cli_centre_export_options, vt_cli_centre_export },
    { "check-export", "FILE", 1, 1, "check such a page, offline",
      "Signature and proofs hold, and the page is what its evidence comes to: it is "
      "written\n"
      "again and compared. What no proof bears is the word of whoever signed it.",
      vt_cli_centre_check_export_options, vt_cli_centre_check_export },
    { "pages", "URL", 1, 1, "are the pages that a Centre serves those of its list?",
      "Fetches each page, holds it against the list, and prints the list's digest. Kept "
      "with\n"
      "--out, `vitrine verify` says of which release it is.",
      vt_cli_centre_pages_options, vt_cli_centre_pages },
    { "invite", NULL, 0, 0, "invite a reviewer, as vendor or supervisor",
      "Signs FILE and prints a code; the other of the two signs the same FILE. Only both\n"
      "together count, and only for the products and the time that it names.",
      vt_cli_centre_invite_options, vt_cli_centre_invite },
    { "countersign", "FILE", 1, 1, "sign an invitation of the other party", NULL,
      vt_cli_centre_countersign_options, vt_cli_centre_countersign },
    { "uninvite", "FILE", 1, 1, "end an invitation, as vendor or supervisor alone",
      "A session that rests on it stops as soon as the end lies in the Centre's folder.",
      vt_cli_centre_uninvite_options, vt_cli_centre_uninvite },
    { "unreviewed", "PRODUCT VERSION", 2, 2, "which lines has nobody reviewed?",
      "Lines of a source in the library that stand in none of the sources which reviewers\n"
      "accepted, the newest three of them. Exit code 1 if there are any.",
      vt_cli_centre_unreviewed_options, vt_cli_centre_unreviewed },
    { "handed", NULL, 0, 0, "statements that were handed in, to desk and ledger",
      "Officers of the supervisor and the foundation hand in at the pages what they "
      "signed;\n"
      "it waits in DIR/handed. Without --desk and --out it is listed. Exit code 1: "
      "something\n"
      "there does not count, or goes nowhere, and stays.",
      vt_cli_centre_handed_options, vt_cli_centre_handed },
    { "rebuild", NULL, 0, 0, "carry out the rebuilds that reviewers asked for",
      "Wishes lie in DIR/porter/rebuilds. Each release is built again from the desk's copy "
      "of\nits source, recipe and lock, in the sandbox, without network, and held against "
      "what the\nvendor built; log and outcome go to DIR/rebuilds, where the page that "
      "asked shows them.\nPrints 'ready:' and DIR, and waits for more, until it is killed; "
      "a wish that was not\ndone then is carried out the next time.",
      vt_cli_centre_rebuild_options, vt_cli_centre_rebuild },
    { "unseal", "FILE", 1, 1, "the sessions of reviewers, and what was asked in them",
      "FILE is porter/sealed of a Centre's folder, or a copy of it. Without --key it "
      "shows\n"
      "that sessions took place; what was asked the foundation's key opens alone. Exit "
      "code\n"
      "1 if a record was changed, taken out, or does not open.",
      vt_cli_centre_unseal_options, vt_cli_centre_unseal },
    { "log-seal", "FILE", 1, 1, "put the head of that record on the release ledger",
      "By the foundation or a supervisor, regularly: how many records there are, and "
      "their\n"
      "chain, nothing of what was asked. FILE is porter/sealed, or a copy of it; first it "
      "is\n"
      "held against the heads that are on the ledger. Who drops a record later is seen by\n"
      "`vitrine centre unseal --ledger`.",
      vt_cli_centre_log_seal_options, vt_cli_centre_log_seal },
    { "notes", "FOLDER", 1, 1, "what reviewers noted, for the foundation",
      "FOLDER is porter/ of a Centre's folder, or a copy of it. The foundation's key "
      "opens\n"
      "all notes; no key of the vendor's or of whoever runs the Centre opens any. Exit "
      "code\n"
      "1 if there is one that does not open.",
      vt_cli_centre_notes_options, vt_cli_centre_notes },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_centre = { "centre", "serve the Transparency Centre", verbs };
