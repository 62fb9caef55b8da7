/* Every verb, every file and folder that it reads, each spoiled in every way: one clear
 * sentence that names the file, the right exit code, and nothing changed on the disk.
 *
 * A row is a call.  Marks before a word (`@name`, `#name`; see the enum) say that it names
 * a file or folder that is read.  The test spoils one of them at a time; at the end the
 * untouched call has the exit code that the row says: the twin.  Words without a mark are
 * not reached in this small world, and have tests elsewhere.  Another case looks that no
 * verb is missing here. */
#include "cell/aggregate.h"
#include "cell/residency.h"
#include "crypto/ohttp.h"
#include "custody/finding.h"
#include "evidence/field.h"
#include "ledger/tile.h"
#include "ledger/tlog_proof.h"
#include "tests/cell_world.h"
#include "crypto/age_key.h"
#include "tests/world.h"
#include "wire/hex.h"
#include <ftw.h>
#include <linux/capability.h>
#include <sys/prctl.h>

enum { ARGS_MAX = 40, NO_TWIN = -1 };

struct row {
    int twin; /* exit code of the untouched call; NO_TWIN: it needs what is not here */
    const char *call;
};

#define DESK     "--desk #desk --trust @trust.json "
#define RELEASE  "lamp 2.0 " DESK
#define NOBODY   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define LEDGER   "--ledger #releases "
#define SIGN     "--trust @trust.json --sign-only --out +new-statement "
#define SOMEBODY "age1pyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyyscxl7ka"
#define REVIEW                                                                             \
    "--openings ~agent/holder/openings --copy #log --origin log.example --trust "          \
    "@trust.json --enrolment @agent-enrolment.json"

static const struct row rows[] = {
    { 0,
      "verify @file --evidence @file.evidence --trust !trust.json --policy !demands.json "
      "--state %state" },
    { 0, "key new --out +new.key --passphrase-file ~phrase" },
    { 0, "key show @vendor.pub" },
    { 0, "key show --key @sealed.key --passphrase-file @phrase" },
    { 0, "trust init --out +new-trust.json --origin vendor.example/releases --policy "
         "@policy.txt" },
    { 0, "trust add-key --trust @draft.json --role reviewer --public @other.pub --holder "
         "Reader --jurisdiction BR" },
    { 0, "trust remove-key --trust @draft.json --keyid KEYID" },
    { 0,
      "trust enrol --role reviewer --public @other.pub --holder Reader --jurisdiction BR "
      "--site Brasilia --out +enrolled.json --key @sealed.key --passphrase-file @phrase" },
    { 0, "trust certify --trust @draft.json --schema @schema.json --cell zurich" },
    { 0, "trust certify --trust @draft.json --ohttp @gateway.keys --cell zurich" },
    { 0, "trust certify --trust @draft.json --seal @age.pub --cell centre.example" },
    { 0, "trust certify --trust @draft.json --recipient @recipient.json --cell zurich" },
    { 0, "trust add-relay --trust @draft.json --cell zurich --url https://relay.example/ "
         "--holder Somebody --jurisdiction BR" },
    { 0, "trust add-ledger --trust @draft.json --origin vendor.example/releases --use "
         "channel --policy @policy.txt" },
    { 1, "trust sign --trust @draft.json --previous @trust.json --key @sealed.key "
         "--passphrase-file @phrase" },
    { 0, "trust rotate --trust @trust.json --draft +next.json" },
    { 1, "trust rotate --trust @trust.json --next @draft.json" },
    { 0, "trust pin --folder +pinned @trust.json" },
    { 0, "trust show --trust @trust.json" },
    { 1, "trust show --trust @draft.json --previous @trust.json" },
    { 0, "ledger init --dir +new-log --origin new.example --key @sealed.key --policy "
         "@policy.txt --passphrase-file @phrase" },
    { 0, "ledger add --dir #log ~hello.txt --proof-dir #proofs" },
    { 1, "ledger add --dir #log @hello.txt --trust @trust.json --key @log.key "
         "--passphrase-file ~phrase" },
    { 0, "ledger prove --dir #log @hello.txt --out +new.proof" },
    { 0, "ledger check @hello.txt --proof @hello.txt.tlog-proof --policy !log-policy.txt "
         "--origin log.example" },
    { 0, "ledger show --dir #log" },
    { NO_TWIN, "ledger serve --dir #log --writers @writers --tls-cert @cert.pem --tls-key "
               "@cert.key --passphrase-file ~phrase" },
    { 0, "ledger fsck #log --policy !log-policy.txt --checkpoint @log-checkpoint" },
    { 0, "ledger scrub #log --policy !log-policy.txt --rate 0 --repair-from #log-copy" },
    { 0, "ledger mirror --dir +copy --from #log --policy !log-policy.txt" },
    { 0, "ledger index --dir #log --policy !log-policy.txt" },
    { 1, "ledger find hello --dir #log --policy !log-policy.txt" },
    { 3, "ledger push --dir #log --to http://127.0.0.1:1" },
    { NO_TWIN, "ledger fork @hello.txt --policy !log-policy.txt" },
    { 1, "ledger prune --dir #log --below 1000 --retention none" },
    { 0, "ledger rotate-key --dir #log --new-key @other.key --passphrase-file ~phrase" },
    { 1, "ledger continue --dir #old-log --new-dir +newer-log --origin newer.example --key "
         "@sealed.key --policy @policy.txt --passphrase-file @phrase --old-passphrase-file "
         "~phrase" },
    { NO_TWIN,
      "line lock --recipe @recipe.json --store %store --out new-lock.json --sources "
      "@sources.list" },
    { NO_TWIN,
      "line build --recipe @recipe.json --lock @lock.json --store %store --out out "
      "--source #source --key @sealed.key --passphrase-file @phrase --site Zurich" },
    { NO_TWIN, "line rebuild --expect @build.json --archive store --out out" },
    { 1, "line compare ^file hello.txt" },
    { NO_TWIN, "line diagnose ^file ^hello.txt --recipe @recipe.json --lock @lock.json "
               "--store %store --out out --source #source" },
    { NO_TWIN, "line archive --recipe @recipe.json --lock @lock.json --store %store --to "
               "archive --source #source" },
    { NO_TWIN, "monitor run --dir watch --policy @log-policy.txt --watch-key @vendor.pub "
               "--trust @trust.json --downloads public --exec hook" },
    { 0, "monitor list --dir #seen" },
    { 0, "release draft --desk %desk --trust @trust.json --recipe @recipe.json --lock "
         "@lock.json --store %store "
         "--source #source --document ~hello.txt --key @vendor.key" },
    { NO_TWIN, "release build " RELEASE "--store %store --packages %store --out out --key "
               "@builder.key" },
    { 0, "release status " RELEASE "--policy @demands.json" },
    { 1, "release publish " RELEASE "--ledger log --public public --policy @demands.json "
         "--key @vendor.key" },
    { 1,
      "release withdraw " RELEASE "--ledger #releases --public #public --reason old --key "
      "@vendor.key" },
    { 1, "release renew " DESK "--ledger #releases --public #public --key @vendor.key" },
    { 0,
      "review sign " RELEASE "--verdict accept --report ~hello.txt --key @reviewer.key" },
    { 0, "review list " DESK },
    { 0, "rules build #db --out +new.pack" },
    { 0, "rules check @one.pack" },
    { 0, "rules check ^db" },
    { 0, "rules scan @one.pack ~file" },
    { 0, "rules show @one.pack" },
    { 0, "rules diff @one.pack @one.pack" },
    { 0, "supervise queue " DESK "--policy @demands.json" },
    { 0, "supervise inspect " RELEASE "--policy @demands.json" },
    { NO_TWIN, "supervise authorise --desk %desk --trust @trust.json " LEDGER
               "--environment @lock.json --key "
               "@supervisor.key --ledger-passphrase-file ~phrase" },
    { NO_TWIN, "supervise authorise --desk %desk --trust @trust.json " LEDGER
               "--enrolment @enrolment.json" },
    { NO_TWIN,
      "supervise rebuild " RELEASE "--store store --packages store --out out --key "
      "@supervisor.key" },
    { 1, "supervise approve " RELEASE "--policy @demands.json --key @supervisor.key" },
    { NO_TWIN, "supervise reject " RELEASE LEDGER "--reason no --key @supervisor.key "
               "--ledger-passphrase-file ~phrase" },
    { 0, "witness init --dir +new-witness --name new.example --key @sealed.key "
         "--passphrase-file @phrase" },
    { 0, "witness add-log --dir #witness --vkey VKEY" },
    { NO_TWIN, "witness serve --dir #witness --key @other.key --passphrase-file ~phrase" },
    { 0, "witness show --dir #witness" },
    { NO_TWIN, "centre serve --dir #log --tls-cert @cert.pem --tls-key @cert.key" },
    { NO_TWIN, "centre import --dir #log" },
    { 0, "centre invite --reviewer r --jurisdiction CH --product lamp --trust @trust.json "
         "--key @vendor.key --out +new-invitation.json" },
    { 0, "centre countersign @invitation.json --trust @trust.json --key @supervisor.key" },
    { 0, "centre uninvite @invitation.json --reason over --trust @trust.json --key "
         "@supervisor.key --out +new-end.json" },
    { NO_TWIN, "centre check-export @hello.txt --trust @trust.json" },
    { NO_TWIN, "centre handed --dir #log" },
    { 0, "centre rebuild --dir #log --store %store --packages %store --once" },
    { NO_TWIN, "centre unseal @hello.txt" },
    { NO_TWIN, "centre log-seal @hello.txt --centre centre.example --ledger #said --trust "
               "@trust.json --key @supervisor.key" },
    { NO_TWIN, "centre notes #log --key @swiss.key" },
    { NO_TWIN, "centre unreviewed lamp 1.0 --dir #log" },
    { 0, "mirror init --dir +new-mirror --name new.example --key @sealed.key "
         "--passphrase-file @phrase" },
    { 0, "mirror add-log --dir #mirror --vkey VKEY" },
    { NO_TWIN, "mirror serve --dir #mirror --key @other.key --passphrase-file ~phrase" },
    { 0, "mirror show --dir #mirror" },
    { 0, "promise make other --ledger #said " SIGN "--what w --due 2099-01-01T00:00:00Z "
         "--words w --key @vendor.key" },
    { 0, "promise move swiss --ledger #said " SIGN "--due 2099-01-01T00:00:00Z --key "
         "@vendor.key" },
    { 1, "promise keep swiss --ledger #said --trust @trust.json --sign-only --out "
         "new-statement --entry ~hello.txt --proof "
         "@hello.txt.tlog-proof --key @supervisor.key" },
    { 0, "promise keep swiss --ledger #said " SIGN "--document ~hello.txt --key "
         "@supervisor.key" },
    { 0, "promise list --ledger #said --trust @trust.json" },
    { 0, "promise check --ledger #said --trust @trust.json" },
    { 0, "promise show swiss --ledger #said --trust @trust.json" },
    { 0,
      "finding open f-2 --ledger #found " SIGN "--text ~hello.txt --severity low --owner "
      "Acme --due 2099-01-01T00:00:00Z --file ~file --key @reviewer.key" },
    { NO_TWIN, "finding open f-3 --ledger #found "
               "--trust @trust.json --sign-only --out new-statement --text ~hello.txt "
               "--severity low --owner "
               "Acme --due 2099-01-01T00:00:00Z --file ~file --key @reviewer.key --embargo "
               "2099-01-01T00:00:00Z --opening +new-opening" },
    { 0, "finding update f-1 --ledger #found " SIGN "--state accepted --key @vendor.key" },
    { 0, "finding reveal f-1 --ledger #found " SIGN "--opening @opening.json --key "
         "@reviewer.key" },
    { 0, "finding list --ledger #found --trust @trust.json" },
    { 0, "finding check --ledger #found --trust @trust.json" },
    { 0, "finding show f-1 --ledger #found --trust @trust.json" },
    { 0, "request issue --ledger #asked " SIGN "--country DE --kind data --key "
         "@foundation.key" },
    { 0, "request answer 1 --ledger #asked " SIGN "--state refused --key @foundation.key" },
    { 0, "request list --ledger #asked --trust @trust.json" },
    { 0, "request check --ledger #asked --trust @trust.json" },
    { 0, "denial record --ledger #asked " SIGN "--of Acme --asked it --asked-at "
         "2020-01-01T00:00:00Z --key @supervisor.key" },
    { 0, "denial list --ledger #asked --trust @trust.json" },
    { NO_TWIN, "relocate plan --file @services.json --ledger #planned --trust @trust.json "
               "--key @vendor.key" },
    { 0, "relocate status --ledger #planned --trust @trust.json" },
    { 0, "relocate check --ledger #planned --trust @trust.json" },
    { 0, "relocate progress --job #move" },
    { 3, "relocate verify --job #move" },
    { 3, "relocate start --job #move --trust @trust.json --enrolment "
         "@agent-enrolment.json" },
    { 1, "relocate resume --job #move --trust @trust.json --enrolment "
         "@agent-enrolment.json" },
    { 3, "relocate finish --job #move --trust @trust.json --enrolment "
         "@agent-enrolment.json" },
    { 1, "relocate refused --job #move --trust @trust.json --enrolment "
         "@agent-enrolment.json" },
    { 1, "relocate pause --job #move" },
    { 0, "relocate countersign --begun @moved.json --done @moved-done.json --origin "
         "vendor.example/releases --trust @trust.json --out +new-done --key "
         "@supervisor.key" },
    { 0, "relocate confirm --begun @moved.json --done @moved-done.json "
         "--countersigned @moved-both.json --origin vendor.example/releases --trust "
         "@trust.json --manifest @moved-manifest" },
    { 0, "cell policy init --out +new-policy.json --cell old=RU,https://old.example.org" },
    { 0, "cell policy init --out +next-policy.json --previous @residency.json" },
    { 0, "cell policy set --policy @places.json --country DE --cell zurich --state here" },
    { 1, "cell policy remove --policy @places.json --country DE --from "
         "2020-01-01T00:00:00Z" },
    { 1, "cell policy sign --policy @places.json --trust @trust.json --key @sealed.key "
         "--passphrase-file @phrase" },
    { NO_TWIN, "cell policy log --policy @residency.json --trust @trust.json --ledger #log "
               "--ledger-passphrase-file ~phrase" },
    { 0, "cell policy show --policy @residency.json --trust @trust.json --proof "
         "@residency.proof" },
    { 0, "cell policy check DE file --policy @residency.json --trust @trust.json --proof "
         "@residency.proof" },
    { 1, "cell statistics schema @schema.json --trust @trust.json --cell zurich" },
    { 1,
      "cell statistics aggregate --schema @schema.json --trust @trust.json --cell zurich "
      "--period 7 --reports reports --out aggregate.json --key vendor.key" },
    { 0, "cell statistics show @aggregate.json --trust @trust.json" },
    { 0, "cell statistics plot @aggregate.json --trust @trust.json --out +plot.svg" },
    { 0, "cell verdicts --list ~verdicts.txt --out +new.table" },
    { 0, "cell verdicts @one.table" },
    { NO_TWIN, "cell gateway-key --gateway-key 1=none --gateway-passphrase-file ~phrase "
               "--out new.keys" },
    { 3, "cell count log --dir cell --ledger #log --trust ~trust.json --key none" },
    { NO_TWIN, "cell count show @residency.json --trust @trust.json" },
    { NO_TWIN,
      "cell serve --cell zurich --dir #log --policy @residency.json --trust @trust.json "
      "--proof @residency.proof --samples new-samples --key none --schema @schema.json "
      "--passphrase-file ~phrase" },
    { NO_TWIN,
      "cell serve --cell zurich --dir #log --tls-cert @cert.pem --tls-key "
      "@cert.key --evidence @file.evidence --unproven --gateway-passphrase-file ~phrase" },
    { 0, "cell scan ^file --rules @one.pack --clamav #clamav --limits depth=3" },
    { 1, "cell scan ^db --rules @one.pack" },
    { NO_TWIN, "cell scanner --config @scanner.ini --check" },
    { NO_TWIN, "cell publish --dir new-cell --verdicts @one.table --rules ~one.pack --cell "
               "zurich --jurisdiction CH --ledger #log --trust @trust.json --key "
               "@vendor.key" },
    { 0, "cell recipient --key @age.pub --cell zurich --country CH --holder Watch --out "
         "+recipient" },
    { 0, "client init --home %home --trust @cell-trust.json --policy @residency.json "
         "--proof @residency.proof --country DE" },
    { NO_TWIN, "client lookup --list ~hashes.txt --from #seen --cell zurich --trust "
               "!cell-trust.json --home %home" },
    { 0, "client scan ^hello.txt --offline --rules @one.pack" },
    { NO_TWIN, "client scan hello.txt --home %home --from #seen --cell zurich --trust "
               "!cell-trust.json" },
    { NO_TWIN,
      "client share ~hello.txt --from #seen --cell zurich --trust !cell-trust.json "
      "--home %home --policy !residency.json --proof !residency.proof --country DE "
      "--yes" },
    { 0, "client consent submit on --home %home" },
    { 1, "client report --home home --schema @schema.json --answer verdict=clean --cell "
         "zurich --country DE --policy residency.json --trust @trust.json --out report" },
    { 0, "client sent --home #home" },
    { 0, "client accesses --home home --agent http://127.0.0.1:1 --trust @trust.json" },
    { 0, "client withdraw --home %home --cell zurich --out +request" },
    { 1, "client receipt @receipt --home home --trust @trust.json" },
    { 0, "keyagent init --dir +new-agent --trust @agent-trust.json --policy @custody.json "
         "--enrolment @agent-enrolment.json --certified @swiss.recipient --recipient "
         "CH/file/2026=swiss.key --key @agent.key" },
    { 0, "keyagent update --dir #agent --policy @custody.json" },
    { NO_TWIN, "keyagent serve --dir #agent --tls-cert @cert.pem --tls-key @cert.key "
               "--passphrase-file ~phrase" },
    { 0, "keyagent status --dir #agent" },
    { 0, "keyagent destroy --dir #agent --recipient CH/file/2026 --out claim.json "
         "--passphrase-file ~phrase" },
    { 0, "custody policy @rules.json --out +new-custody.json --key @sealed.key "
         "--passphrase-file @phrase" },
    { 0, "custody request @one.age --out +new-request --cell zurich --ledger a.example "
         "--policy 1 --role analyst --role-id " NOBODY " --place Zurich --jurisdiction CH "
         "--reason maintenance --ticket T-1 --recipient " SOMEBODY " --key @vendor.key" },
    { 0, "custody approve @wish --key @reviewer.key" },
    { 3, "custody openings --agent http://127.0.0.1:1 --cell zurich --origin a.example "
         "--trust @trust.json --enrolment @agent-enrolment.json --key @vendor.key --out "
         "fetched" },
    { 3, "custody read @one.age --request @wish --trust @trust.json --enrolment "
         "@agent-enrolment.json --ledger http://127.0.0.1:1 --agent http://127.0.0.1:1 "
         "--key @swiss.key --sealed-for " SOMEBODY " --out none --token-file ~phrase" },
    { 1, "custody erase --request @wish --trust @trust.json --enrolment "
         "@agent-enrolment.json --ledger http://127.0.0.1:1 --agent http://127.0.0.1:1 "
         "--sealed-for " SOMEBODY " --samples none --key @vendor.key --out none-claim "
         "--token-file ~phrase" },
    { 3, "custody retention show --policy @custody.json --trust @trust.json --keeper "
         "no-door --recipient @recipient.json --ids due" },
    { 1,
      "custody retention run --policy @custody.json --trust @trust.json --enrolment "
      "@agent-enrolment.json --keeper no-door --recipient @recipient.json --dir none-due "
      "--ledger http://127.0.0.1:1 --agent http://127.0.0.1:1 --samples none --key "
      "@vendor.key --person-key @vendor.key --role-key @vendor.key --role analyst "
      "--place Zurich --jurisdiction CH --ticket T-1" },
    { NO_TWIN, "custody erased @wish --trust @trust.json --enrolment "
               "@agent-enrolment.json" },
    { 1, "custody accesses " REVIEW },
    { 1, "custody open 1 " REVIEW },
    { 1, "custody reconcile " REVIEW },
};

/* ---- the world: one folder, in which every row works -----------------------------------
 */

static const char *keyid_added, *log_vkey;

static const char recipe[] =
    "{\"v\":1,\"product\":\"lamp\",\"version\":\"2.0\",\"kind\":\"program\","
    "\"source\":{\"type\":\"folder\"},\"environment\":{\"suite\":\"bookworm\","
    "\"packages\":[\"gcc\"]},\"epoch\":1700000000,\"steps\":[[\"true\"]],"
    "\"outputs\":[\"lamp\"]}";

static const char lock[] =
    "{\"v\":1,\"suite\":\"bookworm\",\"architecture\":\"amd64\",\"epoch\":1700000000,"
    "\"packages\":[{\"name\":\"gcc\",\"version\":\"4:12.2.0-3\",\"architecture\":"
    "\"amd64\",\"file\":\"gcc_4%3a12.2.0-3_amd64.deb\",\"size\":18708,\"sha256\":"
    "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}]}";

static struct vt_child_end run_call(const char *const argv[], const char **said)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF output = vt_buf_init(VT_MIB(16));
    struct vt_child_options options = { .directory = vt_test_dir(),
                                        .timeout_ms = 60000,
                                        .output = &output,
                                        .errors = &output };
    struct vt_child_end end;

    VT_CHECK_OK(vt_child_run(argv, &options, &end, &err));
    *said = vt_arena_cstr(vt_test_arena(), vt_buf_slice(&output));
    return end;
}

/* A call of the world's making, which must succeed. */
static const char *make(const char *call)
{
    const char *said, *argv[ARGS_MAX];
    char *rest = NULL, *words = vt_arena_cstr(vt_test_arena(), vt_slice_from_cstr(call));
    size_t count = 0;
    struct vt_child_end end;

    argv[count++] = vt_test_vitrine();
    for (char *at = strtok_r(words, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
        argv[count++] = at;
    argv[count] = NULL;
    end = run_call(argv, &said);
    VT_CHECK_SAYING(end.exit_code == 0, "%s: %d: %s", call, end.exit_code, said);
    return said;
}

static void write_text(const char *name, const char *text)
{
    vt_test_write(vt_test_path(name), vt_slice_from_cstr(text));
}

static void write_key(const char *name, enum vt_party party)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };
    const char *path = vt_test_path(vt_test_print("%s.key", name));

    VT_CHECK_OK(vt_key_write_pem(vt_world_key(party), (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path, vt_buf_slice(&pem));
    VT_CHECK(chmod(path, 0600) == 0);
}

static const char schema_text[] =
    "{\"v\":1,\"name\":\"n\",\"version\":1,\"purpose\":\"p\",\"period_s\":86400,"
    "\"least\":50,\"budget_milli\":1000,\"fields\":[{\"name\":\"verdict\",\"question\":"
    "\"q?\",\"epsilon_milli\":1000,\"values\":[\"clean\",\"malicious\"]}]}";

/* What stands behind `mark` in a command's answer, to the end of the line. */
static const char *behind(const char *said, const char *mark)
{
    const char *at = strstr(said, mark);

    VT_CHECK_SAYING(at != NULL, "no '%s' in: %s", mark, said);
    at += strlen(mark);
    at += strspn(at, " ");
    return vt_test_print("%.*s", (int)strcspn(at, "\n"), at);
}

static void make_keys(void)
{
    write_key("vendor", VT_P_VENDOR);
    write_key("supervisor", VT_P_SUPERVISOR);
    write_key("builder", VT_P_BUILDER);
    write_key("reviewer", VT_P_REVIEWER);
    write_key("foundation", VT_P_FOUNDATION);
    write_key("other", VT_P_STRANGER);
    write_key("log", VT_P_LOG);
    write_text("phrase", "open sesame\n");
    (void)make("key new --out sealed.key --passphrase-file phrase");
    (void)make("key new --out plain.key");
    VT_CHECK(rename(vt_test_path("plain.key.pub"), vt_test_path("other.pub")) == 0);
    VT_CHECK(rename(vt_test_path("sealed.key.pub"), vt_test_path("vendor.pub")) == 0);
}

static void make_ledgers(void)
{
    static const char *const folders[] = { "proofs", "state", "public",       "scratch",
                                           "store",  "db",    "source",       "db/rules",
                                           "clamav", "seen",  "seen/findings" };

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        VT_CHECK(mkdir(vt_test_path(folders[i]), 0755) == 0);
    write_text("hello.txt", "hello\n");
    (void)make("ledger init --dir log --origin log.example --key log.key");
    (void)make("ledger init --dir releases --origin " VT_WORLD_ORIGIN " --key log.key");
    (void)make("ledger init --dir old-log --origin old.example --key other.key");
    (void)make("ledger add --dir log --proof-dir . hello.txt");
    (void)make("ledger add --dir old-log hello.txt");
    log_vkey = behind(make("key show --key log.key --name log.example"), "as a log");
    /* Nobody is asked there: what is spoiled is told before. */
    write_text("log-policy.txt",
               vt_test_print("log %s http://127.0.0.1:9/\nquorum none\n", log_vkey));
    vt_test_write(vt_test_path("log-checkpoint"),
                  vt_test_read(vt_test_path("log/checkpoint")));
    VT_CHECK(system(vt_test_print("cp -a %s %s", vt_test_path("log"),
                                  vt_test_path("log-copy"))) == 0);
    (void)make("witness init --dir witness --name w.example --key other.key");
    (void)make("mirror init --dir mirror --name m.example --key other.key");
}

static void make_evidence(void)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;

    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    vt_world_make(&world, &made);
    vt_test_write(vt_test_path("file"), made.file);
    vt_test_write(vt_test_path("file.evidence"), made.evidence);
    vt_test_write(vt_test_path("trust.json"), made.trust);
    write_text("demands.json", "{\"v\":1,\"reviews\":1}\n");
    write_text("policy.txt", vt_world_policy(3, VT_WORLD_ORIGIN));
    (void)make("trust init --out draft.json --origin vendor.example/releases --policy "
               "policy.txt");
    (void)make("trust add-key --trust draft.json --role reviewer --public vendor.pub "
               "--holder Reader --jurisdiction BR");
    keyid_added = behind(make("key show vendor.pub"), "keyid");
    (void)make("trust enrol --role reviewer --public other.pub --holder Reader "
               "--jurisdiction BR --site Brasilia --out enrolment.json --key "
               "supervisor.key");
    (void)make("centre invite --reviewer Reader --jurisdiction BR --product lamp --trust "
               "trust.json --key vendor.key --out invitation.json");
}

static void write_gateway_keys(void)
{
    VT_AUTO_OHTTP_KEY key = { .config = { .id = 7 } };
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(1));
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_ohttp_key_generate(7, &env, &key, &err));
    vt_ohttp_keys_write(&bytes, &key.config, 1);
    vt_test_write(vt_test_path("gateway.keys"), vt_buf_slice(&bytes));
}

static void make_the_rest(void)
{
    write_text("recipe.json", recipe);
    write_text("lock.json", lock);
    write_text("source/lamp.c", "int main(void) { return 0; }\n");
    write_text("sources.list", "deb [trusted=yes] file:/nowhere bookworm main\n");
    write_text("build.json", "{}");
    write_text("hook", "#!/bin/sh\nexit 0\n");
    write_text("writers",
               "somebody "
               "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
    write_text("db/rules/a.yar", "rule A { strings: $a = \"needle\" condition: $a }\n");
    write_text("verdicts.txt", NOBODY " malicious Lamp\n");
    write_text("hashes.txt", NOBODY "\n");
    write_gateway_keys();
    write_text("clamav/one.hdb", "00112233445566778899aabbccddeeff:68:Lamp\n");
    (void)make("cell verdicts --list verdicts.txt --out one.table");
    (void)make("rules build db --out one.pack");
    (void)make("release draft --desk desk --trust trust.json --recipe recipe.json --lock "
               "lock.json --store store --source source --key vendor.key");
    VT_CHECK(system(vt_test_print(
                 "openssl req -x509 -newkey ed25519 -nodes -days 2 -subj /CN=localhost "
                 "-keyout %s -out %s 2>/dev/null",
                 vt_test_path("cert.key"), vt_test_path("cert.pem"))) == 0);
}

/* A trust root that knows the cell's ledger of heads.
 * recipient: of files of the cell; NULL: some words */
static void write_trust(const char *name, const char *recipient)
{
    struct vt_world world = vt_world_good();
    struct vt_cell_world cell = vt_cell_world_good();

    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    cell.certified_until = cell.key_until = time(NULL) + 1000000;
    if (recipient != NULL)
        cell.recipient = recipient;
    vt_test_write(vt_test_path(name), vt_cell_world_trust(&world, &cell));
}

static void write_moved(const char *name, uint64_t index, json_t *predicate)
{
    vt_slice paper = vt_world_about_itself(VT_RELOCATION, predicate, VT_BIT(VT_P_CELL));
    struct vt_world_place place = { VT_WORLD_ORIGIN,  VT_P_LOG, index, 100, 7,
                                    time(NULL) - 1000 };

    vt_test_write(vt_test_path(name), paper);
    vt_test_write(vt_test_path(vt_test_print("%s.tlog-proof", name)),
                  vt_world_prove_at(&place, paper));
}

static json_t *moved(const char *phase)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:i,s:i,s:s}}", "phase", phase,
                     "from", "zurich", "to", "zurich", "country", "CH", "class", "file",
                     "recipient", SOMEBODY, "at", "2026-11-01T00:00:00Z", "manifest",
                     "count", 0, "bytes", 0, "root", vt_world_digest(""));
}

/* Both papers of a move of nothing, and the last with the supervisor's signature. */
static void make_moved(void)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    VT_AUTO_BUF both = vt_buf_init(VT_ENTRY_BYTES_MAX);
    json_t *done = moved("done");
    struct vt_error err = { 0 };
    vt_hash begun;

    write_moved("moved.json", 7, moved("begun"));
    VT_CHECK_OK(
        vt_envelope_parse(vt_test_read(vt_test_path("moved.json")), &envelope, &err));
    begun = vt_envelope_payload_digest(&envelope);
    (void)json_object_set_new(done, "begun", vt_field_of_hash(&begun));
    (void)json_object_set(done, "settled", json_object_get(done, "manifest"));
    (void)json_object_set(done, "read_back", json_object_get(done, "manifest"));
    write_moved("moved-done.json", 8, done);
    VT_CHECK_OK(vt_envelope_add_signature(vt_test_read(vt_test_path("moved-done.json")),
                                          vt_world_key(VT_P_SUPERVISOR), &both, &err));
    vt_test_write(vt_test_path("moved-both.json"), vt_buf_slice(&both));
    vt_test_write(vt_test_path("moved-manifest"), VT_LIT("vitrine/manifest/v1\n"));
}

/* A move that could begin, if there were keepers. */
static void make_move(void)
{
    make_moved();
    VT_CHECK(mkdir(vt_test_path("move"), 0755) == 0);
    write_text(
        "move/job.json",
        vt_test_print("{\"v\":1,\"country\":\"CH\",\"from\":\"old\",\"to\":\"zurich\","
                      "\"source\":\"nobody\",\"samples\":\"s\",\"destination\":\"nobody\","
                      "\"recipient\":\"%s\",\"periods\":[],\"ledger\":\"http://[::1]:1\","
                      "\"origin\":\"o\",\"agent\":\"http://[::1]:1\",\"policy\":1,"
                      "\"person_key\":\"%s\",\"role_key\":\"%s\",\"cell_key\":\"%s\","
                      "\"role\":\"r\",\"place\":\"p\",\"jurisdiction\":\"CH\","
                      "\"ticket\":\"t\"}\n",
                      vt_test_path("recipient.json"), vt_test_path("vendor.key"),
                      vt_test_path("vendor.key"), vt_test_path("vendor.key")));
}

/* A policy on the ledger, a draft, a schema, an aggregate, and a client's folder. */
static void make_cell(void)
{
    struct vt_world world = vt_world_good();
    VT_AUTO_FREE struct vt_residency *table = vt_alloc(sizeof *table);
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
    VT_AUTO_FREE struct vt_statistic_tally *tally = vt_alloc(sizeof *tally);
    VT_AUTO_JSON draft = NULL;
    struct vt_error err = { 0 };
    json_t *rules, *counts;
    vt_slice bytes;

    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    write_trust("cell-trust.json", NULL);
    write_text("schema.json", schema_text);
    (void)make(
        "cell policy init --out places.json --cell zurich=CH,https://zh.example.org");
    VT_CHECK_OK(
        vt_json_parse(vt_test_read(vt_test_path("places.json")), "draft", &draft, &err));
    VT_CHECK_OK(vt_residency_read(draft, true, table, &err));
    VT_CHECK_OK(vt_residency_write(table, &rules, &err));
    bytes = vt_world_about_itself(VT_RESIDENCY, rules,
                                  VT_BIT(VT_P_RESIDENCY_A) | VT_BIT(VT_P_RESIDENCY_B));
    vt_test_write(vt_test_path("residency.json"), bytes);
    vt_test_write(vt_test_path("residency.proof"), vt_world_prove(&world, bytes));
    VT_CHECK_OK(vt_statistic_schema_parse(vt_slice_from_cstr(schema_text), &schema, &err));
    VT_CHECK_OK(vt_aggregate_write(&schema, tally, VT_LIT("zurich"), 0, &counts, &err));
    vt_test_write(vt_test_path("aggregate.json"),
                  vt_world_about_itself(VT_AGGREGATE, counts, VT_BIT(VT_P_CELL)));
    (void)make("client withdraw --home home --cell zurich --out receipt");
    (void)make("key new --type x25519 --out age");
    (void)make("cell recipient --key age.pub --cell zurich --country CH --holder Watch "
               "--out recipient.json");
    make_move();
}

/* A folder with a copy of the trust root's release ledger, of which that is all. */
static void make_copy(const char *folder, vt_slice entry)
{
    struct vt_world_place place = { VT_WORLD_ORIGIN, VT_P_LOG, 0, 1, 7, time(NULL) };
    const char *places[] = {
        "", "/tile", "/tile/0", "/tile/0/000.p", "/tile/entries", "/tile/entries/000.p"
    };
    VT_AUTO_BUF bundle = vt_buf_init(VT_KIB(128));
    vt_hash leaf = vt_sha256_leaf(entry);
    struct vt_tlog_proof proof;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_tlog_proof_parse(vt_world_prove_at(&place, entry), &proof, &err));
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        VT_CHECK(mkdir(vt_test_print("%s%s", vt_test_path(folder), places[i]), 0755) == 0);
    vt_test_write(vt_test_print("%s/checkpoint", vt_test_path(folder)), proof.checkpoint);
    vt_test_write(vt_test_print("%s/tile/0/000.p/1", vt_test_path(folder)),
                  vt_hash_slice(&leaf));
    vt_bundle_put(&bundle, entry);
    vt_test_write(vt_test_print("%s/tile/entries/000.p/1", vt_test_path(folder)),
                  vt_buf_slice(&bundle));
}

/* A promise, a finding under embargo with what opens it, a request; each on a ledger. */
static void make_supervision(void)
{
    const char *then = vt_world_time(time(NULL) - 100);
    vt_hash salt = { { 7 } };
    vt_hash commitment = vt_finding_commitment(&salt, VT_LIT("it burns"));
    char commitment_text[VT_HEX256_BYTES], salt_text[VT_HEX256_BYTES];

    vt_hash_text(&commitment, commitment_text);
    vt_hash_text(&salt, salt_text);
    make_copy("said",
              vt_world_about_itself(
                  VT_PROMISE,
                  json_pack("{s:s,s:s,s:s,s:{s:s,s:s},s:s,s:s}", "id", "swiss", "what", "w",
                            "by", "Acme", "evidence", "kind", "document", "words", "w",
                            "due", "2098-01-01T00:00:00Z", "created", then),
                  VT_BIT(VT_P_VENDOR)));
    make_copy("found", vt_world_about_itself(
                           VT_FINDING,
                           json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "id", "f-1",
                                     "severity", "low", "owner", "Acme", "due",
                                     "2098-01-01T00:00:00Z", "state", "open", "note", "",
                                     "commitment", commitment_text, "embargo",
                                     "2098-01-01T00:00:00Z", "created", then),
                           VT_BIT(VT_P_REVIEWER)));
    make_copy("asked", vt_world_about_itself(
                           VT_REQUEST,
                           json_pack("{s:i,s:s,s:s,s:s,s:s,s:[],s:s}", "number", 1,
                                     "country", "DE", "kind", "data", "received", then,
                                     "state", "received", "given", "created", then),
                           VT_BIT(VT_P_FOUNDATION)));
    make_copy("planned", vt_world_about_itself(
                             VT_RELOCATION_PLAN,
                             json_pack("{s:i,s:[{s:s,s:s,s:s,s:s,s:s,s:s}],s:s}", "version",
                                       1, "services", "name", "mail", "what", "w", "where",
                                       "outside", "from", "old", "state", "stays", "reason",
                                       "so", "created", then),
                             VT_BIT(VT_P_VENDOR)));
    write_text("services.json",
               "{\"v\":1,\"services\":[{\"name\":\"mail\",\"what\":\"w\",\"where\":"
               "\"outside\",\"from\":\"old\",\"state\":\"stays\",\"reason\":\"so\"}]}");
    write_text("opening.json",
               vt_test_print("{\"id\":\"f-1\",\"salt\":\"%s\",\"text\":\"it burns\","
                             "\"v\":1}",
                             salt_text));
}

static const char rules_text[] =
    "{\"version\":1,\"created\":\"2026-11-26T00:00:00Z\",\"cell\":\"zurich\",\"ledger\":"
    "\"a.example\",\"fresh_s\":300,\"roles\":[],\"rules\":[],\"published\":[],"
    "\"requests\":0}";

/* A key agent, and a request to read. */
static void make_custody(void)
{
    struct vt_age_recipient recipient;
    VT_AUTO_BUF header = vt_buf_init(VT_KIB(1));
    struct vt_env env = vt_env_real();
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES] = { 1 };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_age_recipient_parse(VT_LIT(SOMEBODY), &recipient, &err));
    VT_CHECK_OK(vt_age_header_write(&env, &recipient, file_key, &header, &err));
    vt_test_write(vt_test_path("one.age"), vt_buf_slice(&header));
    write_text("rules.json", rules_text);
    write_text("scanner.ini",
               "[scanner]\nsamples = s\npublished = p\nstate = t\nrules = one.pack\n"
               "trust = trust.json\npolicy = custody.json\nenrolments = e\nledger = "
               "http://127.0.0.1:1\nagent = http://127.0.0.1:1\nkey = none\nrole-key = "
               "none\nanswer-key = none\n");
    (void)make("key new --out agent.key");
    (void)make("key new --type x25519 --out swiss.key");
    (void)make("trust enrol --role agent --public agent.key.pub --holder Watch "
               "--jurisdiction DE --site Bonn --product zurich --out agent-enrolment.json "
               "--key supervisor.key");
    (void)make("custody policy rules.json --out custody.json --key supervisor.key");
    (void)make("cell recipient --key swiss.key.pub --cell zurich --country CH --holder "
               "Watch --out swiss.recipient");
    write_trust(
        "agent-trust.json",
        vt_arena_cstr(vt_test_arena(), vt_test_read(vt_test_path("swiss.recipient"))));
    (void)make("keyagent init --dir agent --trust agent-trust.json --policy custody.json "
               "--enrolment agent-enrolment.json --certified swiss.recipient --recipient "
               "CH/file/2026=swiss.key --key agent.key");
    (void)make(vt_test_print(
        "custody request one.age --out wish --cell zurich --ledger a.example --policy 1 "
        "--role analyst --role-id " NOBODY " --place Zurich --jurisdiction CH --reason "
        "maintenance --ticket T-1 --recipient %.*s --key vendor.key",
        VT_AGE_RECIPIENT_CHARS,
        (const char *)vt_test_read(vt_test_path("swiss.key.pub")).data));
}

/* No room is left in that folder. */
static void fill(const char *folder)
{
    static const char zeros[4096];
    VT_AUTO_FD fd =
        open(vt_test_print("%s/filler", folder), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    VT_CHECK(fd >= 0);
    while (write(fd, zeros, sizeof zeros) > 0)
        continue;
    VT_CHECK(errno == ENOSPC);
}

static void make_world(void)
{
    make_keys();
    make_ledgers();
    make_evidence();
    make_the_rest();
    make_cell();
    make_supervision();
    make_custody();
    VT_CHECK(mkdir(vt_test_path("closed"), 0555) == 0);
    fill(vt_test_small_disk(VT_KIB(16)));
}

/* ---- what is on the disk ---------------------------------------------------------------
 */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct {
    struct vt_arena *arena;
    const char *lines[4096];
    size_t count;
} seen; /* nftw has no word for its caller */

static int see_one(const char *path, const struct stat *about, int kind, struct FTW *ftw)
{
    const char *name = path + ftw->base;

    (void)kind;
    if (strncmp(path, "./store", strlen("./store")) == 0 || strcmp(name, ".vt-lock") == 0)
        return 0;
    VT_CHECK(seen.count < sizeof seen.lines / sizeof seen.lines[0]);
    seen.lines[seen.count++] =
        S_ISREG(about->st_mode)
            ? vt_arena_printf(seen.arena, "%s %o %lld %lld.%09ld", path,
                              (unsigned)about->st_mode, (long long)about->st_size,
                              (long long)about->st_mtim.tv_sec, about->st_mtim.tv_nsec)
            : vt_arena_printf(seen.arena, "%s %o", path, (unsigned)about->st_mode);
    return 0;
}

/* Everything in the case's folder, a sorted line each; files with the time of their last
 * change, so that nothing is written unseen. */
static const char *listing(void)
{
    VT_AUTO_BUF sorted = vt_buf_init(VT_MIB(1));

    seen.arena = vt_test_arena();
    seen.count = 0;
    VT_CHECK(chdir(vt_test_dir()) == 0);
    VT_CHECK_SAYING(nftw(".", see_one, 32, FTW_PHYS) == 0, "%s", strerror(errno));
    qsort(seen.lines, seen.count, sizeof seen.lines[0], by_text);
    for (size_t i = 0; i < seen.count; i++)
        vt_buf_printf(&sorted, "%s\n", seen.lines[i]);
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&sorted));
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *ftw)
{
    (void)about;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void remove_all(const char *path)
{
    VT_CHECK(nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT);
}

/* The first line that the two do not share. */
static const char *first_change(const char *before, const char *after)
{
    while (*before != '\0' && *after != '\0') {
        size_t a = strcspn(before, "\n"), b = strcspn(after, "\n");

        if (a != b || memcmp(before, after, a) != 0)
            break;
        before += a + (before[a] != '\0');
        after += b + (after[b] != '\0');
    }
    return vt_test_print("%.*s -> %.*s", (int)strcspn(before, "\n"), before,
                         (int)strcspn(after, "\n"), after);
}

/* ---- spoiling --------------------------------------------------------------------------
 */

static void spoil_missing(const char *path)
{
    (void)path; /* it was moved away */
}

static void spoil_folder(const char *path)
{
    VT_CHECK(mkdir(path, 0755) == 0);
}

static void spoil_fifo(const char *path)
{
    VT_CHECK(mkfifo(path, 0600) == 0);
}

static void spoil_unreadable(const char *path)
{
    vt_test_write(path, VT_LIT("secret\n"));
    VT_CHECK(chmod(path, 0) == 0);
}

static void spoil_closed(const char *path)
{
    VT_CHECK(mkdir(path, 0) == 0);
}

static void write_private(const char *path, vt_slice bytes)
{
    vt_test_write(path, bytes);
    VT_CHECK(chmod(path, 0600) == 0); /* as a private key must be */
}

static void spoil_empty(const char *path)
{
    write_private(path, (vt_slice){ 0 });
}

static void spoil_cut(const char *path)
{
    vt_slice whole = vt_test_read(vt_test_print("%s.kept", path));

    write_private(path, vt_slice_sub(whole, 0, whole.len / 2));
}

static void spoil_garbage(const char *path)
{
    uint8_t bytes[777];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 151 + 7);
    write_private(path, vt_slice_of(bytes, sizeof bytes));
}

static void spoil_large(const char *path)
{
    write_private(path, (vt_slice){ 0 });
    VT_CHECK(truncate(path, (off_t)VT_MIB(1024)) == 0);
}

/* What a mark says of the file behind it. */
enum {
    STRUCTURED = 1, /* @ its content matters                                     */
    OPAQUE = 2,     /* ~ it may hold anything                                    */
    FOLDER = 4,     /* # a folder                                                */
    MADE = 8,       /* % a folder that is made if missing                        */
    EITHER = 16,    /* ^ anything, or a folder                                   */
    MADE_NEW = 64,  /* + what the call makes                                     */
    OWN = 32,       /* ! as @, but the caller's own: no verdict on FILE            */
    FILES = STRUCTURED | OPAQUE | EITHER | OWN,
};

static const struct way {
    const char *name;
    unsigned applies; /* to which marks */
    int wanted;
    void (*spoil)(const char *path); /* what was there is at PATH.kept */
} ways[] = {
    { "missing", FILES | FOLDER, 3, spoil_missing },
    { "a folder", STRUCTURED | OPAQUE | OWN, 3, spoil_folder },
    { "a FIFO", FILES, 3, spoil_fifo },
    { "not permitted", FILES, 3, spoil_unreadable },
    { "not permitted", FOLDER | MADE, 3, spoil_closed },
    { "a file", FOLDER | MADE, 3, spoil_garbage },
    { "empty", STRUCTURED, 1, spoil_empty },
    { "cut", STRUCTURED, 1, spoil_cut },
    { "of another kind", STRUCTURED, 1, spoil_garbage },
    { "oversized", STRUCTURED, 1, spoil_large },
    { "empty", OWN, 3, spoil_empty },
    { "cut", OWN, 3, spoil_cut },
    { "of another kind", OWN, 3, spoil_garbage },
    { "oversized", OWN, 3, spoil_large },
};

static unsigned mark_of(char first)
{
    static const char marks[] = "@~#%^!+";
    const char *at = strchr(marks, first); /* the order of the bits */

    return at == NULL ? 0 : 1U << (at - marks);
}

/* ---- calling ---------------------------------------------------------------------------
 */

struct call {
    const char *argv[ARGS_MAX];
    unsigned marks[ARGS_MAX];
    size_t count;
};

/* Even root's commands must not read what is not permitted: no program that this process
 * starts gets these capabilities; itself it keeps them, to look at the disk. */
static void be_plain_to_children(void)
{
    static const int dropped[] = { CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH };

    for (size_t i = 0; geteuid() == 0 && i < sizeof dropped / sizeof dropped[0]; i++)
        VT_CHECK(prctl(PR_CAPBSET_DROP, dropped[i]) == 0);
}

static void parse_row(const struct row *row, struct call *out)
{
    char *rest = NULL;
    char *words = vt_arena_cstr(vt_test_arena(), vt_slice_from_cstr(row->call));

    *out = (struct call){ 0 };
    out->argv[out->count++] = vt_test_vitrine();
    for (char *at = strtok_r(words, " ", &rest); at; at = strtok_r(NULL, " ", &rest)) {
        VT_CHECK(out->count < ARGS_MAX - 1);
        out->marks[out->count] = mark_of(*at);
        if (strcmp(at, "KEYID") == 0)
            out->argv[out->count++] = keyid_added;
        else if (strcmp(at, "VKEY") == 0)
            out->argv[out->count++] = log_vkey;
        else
            out->argv[out->count++] = at + (mark_of(*at) != 0);
    }
}

/* One sentence of ours, the last line, behind nothing but lines of progress. */
static bool is_one_sentence(const char *said)
{
    const char *at = strstr(said, "vitrine ");

    return at != NULL && (at == said || at[-1] == '\n') && strlen(at) > 20 &&
           strchr(at, '\n') == at + strlen(at) - 1;
}

/* verify and fsck answer with a verdict of several lines about the file in question. */
static bool is_verdict(const char *said)
{
    return (strncmp(said, "no: file: ", 10) == 0 && strstr(said, "\n  why ") != NULL &&
            strstr(said, "\n  next ") != NULL) ||
           strstr(said, "\nnot as it was signed: ") != NULL;
}

/* What the operator keeps for himself and cannot be used is trouble to some verbs, which
 * have found nothing out about what they were asked, and a no to others. */
static bool is_own_configuration(const char *name)
{
    static const char *const names[] = { "policy.txt", "log-policy.txt", "cert.pem",
                                         "cert.key",   "writers",        "vendor.pub" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void check_spoiled(const struct row *row, const struct call *call, size_t at,
                          const struct way *way)
{
    const char *name = call->argv[at], *path = vt_test_path(name), *said, *before, *after;
    const char *kept = vt_test_print("%s.kept", path);
    const char *what = vt_test_print("%s\n%s is %s", row->call, name, way->name);
    struct vt_child_end end;

    VT_CHECK_SAYING(rename(path, kept) == 0, "%s: %s", path, strerror(errno));
    way->spoil(path);
    before = listing();
    end = run_call(call->argv, &said);
    after = listing();
    VT_CHECK_SAYING(end.exit_code == way->wanted ||
                        (end.exit_code == VT_EXIT_TROUBLE && is_own_configuration(name)),
                    "%s: exit code %d, wanted %d: %s", what, end.exit_code, way->wanted,
                    said);
    VT_CHECK_SAYING((is_one_sentence(said) && strstr(said, name) != NULL) ||
                        is_verdict(said),
                    "%s: no clear sentence: %s", what, said);
    VT_CHECK_SAYING(strcmp(before, after) == 0, "%s: the disk was changed: %s", what,
                    first_change(before, after));
    remove_all(path);
    VT_CHECK(rename(kept, path) == 0);
}

/* What a call makes is to go where there is no room, or where it may not go. */
static void check_place(const struct row *row, struct call *call, size_t at,
                        const char *folder, const char *reason)
{
    const char *name = call->argv[at], *said, *before = listing(), *after;
    const char *what = vt_test_print("%s\n%s in %s", row->call, name, folder);
    struct vt_child_end end;

    call->argv[at] = vt_test_print("%s/%s", folder, name);
    end = run_call(call->argv, &said);
    call->argv[at] = name;
    after = listing();
    VT_CHECK_SAYING(end.exit_code == VT_EXIT_TROUBLE, "%s: exit code %d: %s", what,
                    end.exit_code, said);
    VT_CHECK_SAYING(is_one_sentence(said) && strstr(said, reason) != NULL,
                    "%s: no clear sentence: %s", what, said);
    VT_CHECK_SAYING(strcmp(before, after) == 0, "%s: the disk was changed: %s", what,
                    first_change(before, after));
}

static void check_row(const struct row *row)
{
    const char *said;
    struct call call;
    struct vt_child_end end;

    parse_row(row, &call);
    for (size_t at = 0; at < call.count; at++)
        if (call.marks[at] == MADE_NEW) {
            check_place(row, &call, at, "closed", "ermi");
            check_place(row, &call, at, "small", "full");
        }
    for (size_t at = 0; at < call.count; at++)
        for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
            if ((ways[i].applies & call.marks[at]) != 0)
                check_spoiled(row, &call, at, &ways[i]);
    if (row->twin == NO_TWIN)
        return;
    end = run_call(call.argv, &said);
    VT_CHECK_SAYING(end.exit_code == row->twin, "%s: exit code %d, wanted %d: %s",
                    row->call, end.exit_code, row->twin, said);
}

/* A case for each group, so that the first failure of one hides no other's. */
static void check_group(const char *group)
{
    size_t len = strlen(group);

    make_world();
    be_plain_to_children();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strncmp(rows[i].call, group, len) == 0 && rows[i].call[len] == ' ')
            check_row(&rows[i]);
}

#define GROUP(name)                                                                        \
    static void group_##name(void)                                                         \
    {                                                                                      \
        check_group(#name);                                                                \
    }

GROUP(verify)
GROUP(key)
GROUP(trust)
GROUP(ledger)
GROUP(line)
GROUP(monitor)
GROUP(release)
GROUP(review)
GROUP(rules)
GROUP(supervise)
GROUP(witness)
GROUP(mirror)
GROUP(promise)
GROUP(finding)
GROUP(request)
GROUP(denial)
GROUP(relocate)
GROUP(cell)
GROUP(client)
GROUP(centre)
GROUP(keyagent)
GROUP(custody)

/* ---- nobody is left out ----------------------------------------------------------------
 */

/* These read no file that a person names, or a whole Centre (centre/test_others.c), or ask
 * a running keeper first (cli/test_cell_count.c). */
static const char *const without_files[] = { "ledger status",       "ledger token",
                                             "mirror status",       "relay serve",
                                             "centre pages",        "centre compare",
                                             "centre mirror",       "centre export",
                                             "cell count reconcile" };

static bool has_row(const char *call)
{
    size_t len = strlen(call);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strncmp(rows[i].call, call, len) == 0 && rows[i].call[len] == ' ')
            return true;
    for (size_t i = 0; i < sizeof without_files / sizeof without_files[0]; i++)
        if (strcmp(without_files[i], call) == 0)
            return true;
    return false;
}

/* Each "  vitrine WORD [WORD]" of a help text, the first words of its lines. */
static size_t check_listed(const char *help, const char *mark, bool is_group)
{
    size_t count = 0;

    for (const char *at = strstr(help, mark); at != NULL; at = strstr(at, mark)) {
        size_t len;
        const char *call;

        at += strlen("\n  vitrine ");
        len = strcspn(at, " ");
        len += is_group ? 0 : 1 + strcspn(at + len + 1, " ");
        if (!is_group && at[len + 1] != ' ') /* a verb of two words */
            len += 1 + strcspn(at + len + 1, " ");
        call = vt_test_print("%.*s", (int)len, at);
        count++;
        if (!is_group) {
            VT_CHECK_SAYING(has_row(call), "%s: no row for it", call);
            continue;
        }
        help = vt_test_run(0, VT_ARGV("vitrine", call, "--help"));
        if (check_listed(help, vt_test_print("\n  vitrine %s ", call), false) == 0)
            VT_CHECK_SAYING(has_row(call), "%s: no row for it", call);
    }
    return count;
}

static void every_verb_has_a_row(void)
{
    const char *help = vt_test_run(0, VT_ARGV("vitrine", "--help"));

    VT_CHECK(check_listed(help, "\n  vitrine ", true) >= 11);
}

static const struct vt_case cases[] = {
    { "verify", group_verify },
    { "key", group_key },
    { "trust", group_trust },
    { "ledger", group_ledger },
    { "line", group_line },
    { "monitor", group_monitor },
    { "release", group_release },
    { "review", group_review },
    { "rules", group_rules },
    { "supervise", group_supervise },
    { "witness", group_witness },
    { "mirror", group_mirror },
    { "promise", group_promise },
    { "finding", group_finding },
    { "request", group_request },
    { "denial", group_denial },
    { "relocate", group_relocate },
    { "cell", group_cell },
    { "client", group_client },
    { "centre", group_centre },
    { "keyagent", group_keyagent },
    { "custody", group_custody },
    { "every verb has a row", every_verb_has_a_row },
};

VT_TEST_MAIN("tests.bad_input", cases)
