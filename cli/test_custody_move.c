/* A country's files move between two cells on the record, and what is due goes: with served
 * agents, ledger and keepers. */
#include "cell/recipient.h"
#include "cell/samples.h"
#include "crypto/age_stream.h"
#include "tests/custody_stand.h"
#include "tests/moving.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char *path(const char *name)
{
    return vt_test_path(name);
}

/* ---- a move -----------------------------------------------------------------------------
 */

enum { MOVED = 150, MORE = 7, CANARY = 9999 };

#define PLANTED "a file that the supervisor planted"

static size_t bytes_of(unsigned i)
{
    return 100 + 7 * (i % 500);
}

static vt_hash write_document(const char *name, const char *cell,
                              enum vt_custody_place place)
{
    struct vt_recipient document = { .country = "CH",
                                     .holder = "Watch",
                                     .data_class = "file",
                                     .from_unix_s = 1700000000,
                                     .until_unix_s = 4000000000,
                                     .key = vt_stand.world.identities[place].recipient };
    VT_AUTO_BUF text = vt_buf_init(VT_RECIPIENT_BYTES_MAX);
    struct vt_error err = { 0 };

    (void)snprintf(document.cell, sizeof document.cell, "%s", cell);
    VT_CHECK_OK(vt_recipient_write(&document, &text, &err));
    vt_test_write(path(name), vt_buf_slice(&text));
    return vt_sha256_of(vt_buf_slice(&text));
}

static void share_many(unsigned first, unsigned count)
{
    vt_hash document = write_document("zurich.json", "zurich", VT_C_SWISS);
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_moving_open(path("zurich"), "zurich", &samples, &err));
    VT_CHECK_OK(vt_moving_fill(samples, first, count, bytes_of,
                               &vt_stand.world.identities[VT_C_SWISS].recipient, &document,
                               &err));
    vt_samples_close(samples);
}

/* Its id at the source, as hex. */
static const char *plant(void)
{
    vt_hash document = write_document("zurich.json", "zurich", VT_C_SWISS), object;
    char *hex = vt_arena_alloc(vt_test_arena(), 65);
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_moving_open(path("zurich"), "zurich", &samples, &err));
    VT_CHECK_OK(vt_moving_plant(samples, CANARY, VT_LIT(PLANTED),
                                &vt_stand.world.identities[VT_C_SWISS].recipient, &document,
                                &object, &err));
    vt_samples_close(samples);
    vt_hash_text(&object, hex);
    return hex;
}

/* approvers: of job.json, or empty. */
static void write_job(const char *approvers)
{
    (void)write_document("vienna.json", "vienna", VT_C_ELSEWHERE);
    (void)vt_custody_write_key(&vt_stand.world, "cell.key", vt_world_key(VT_P_CELL));
    (void)mkdir(path("job"), 0700);
    vt_test_write(
        path("job/job.json"),
        vt_slice_from_cstr(vt_test_print(
            "{\"v\":1,\"country\":\"CH\",\"from\":\"zurich\",\"to\":\"vienna\","
            "\"source\":\"%s\",\"samples\":\"%s\",\"destination\":\"%s\","
            "\"recipient\":\"%s\",\"periods\":[\"%s\"],\"ledger\":\"%s\","
            "\"origin\":\"" VT_CUSTODY_ORIGIN "\",\"agent\":\"%s\",\"policy\":3,"
            "\"person_key\":\"%s\",\"role_key\":\"%s\",\"cell_key\":\"%s\",%s"
            "\"role\":\"analyst\",\"place\":\"Zurich\",\"jurisdiction\":\"CH\","
            "\"ticket\":\"MOVE-1\"}\n",
            path("from"), path("zurich"), path("to"), path("vienna.json"),
            path("zurich.json"), vt_stand.ledger.url, vt_stand.agent.url,
            path("reader.key"), path("analyst.key"), path("cell.key"), approvers)));
}

static const char *relocate_with(int exit_code, const char *verb, const char *token,
                                 const char *option, const char *value)
{
    if (strcmp(verb, "pause") == 0 || strcmp(verb, "progress") == 0 ||
        strcmp(verb, "verify") == 0)
        return vt_test_run(exit_code, VT_ARGV("vitrine", "relocate", verb, "--job",
                                              path("job"), option, value));
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "relocate", verb, "--job", path("job"), "--trust",
                               path("trust.json"), "--enrolment", path("enrolled-5.json"),
                               "--enrolment", path("enrolled-6.json"), "--token-file",
                               path(token), option, value));
}

static const char *relocate(int exit_code, const char *verb)
{
    return relocate_with(exit_code, verb, "token", NULL, NULL);
}

static const char *confirm(int exit_code, const char *begun, const char *done,
                           const char *both)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "relocate", "confirm", "--begun", path(begun),
                               "--done", path(done), "--countersigned", path(both),
                               "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                               "--manifest", path("job/manifest")));
}

static const char *countersign(int exit_code, const char *done, const char *key,
                               const char *out)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "relocate", "countersign", "--begun",
                               path("job/begun"), "--done", path(done), "--origin",
                               VT_CUSTODY_ORIGIN, "--trust", path("trust.json"), "--key",
                               path(key), "--out", path(out)));
}

static void sign_too(const char *file, const struct vt_key *key, const char *out)
{
    VT_AUTO_BUF both = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_envelope_add_signature(vt_test_read(path(file)), key, &both, &err));
    vt_test_write(path(out), vt_buf_slice(&both));
}

/* The file that was planted opens where the papers say that it is now, and is nowhere else.
 */
static void follow(const char *canary, const char *said)
{
    const char *at = strstr(said, ", now "), *here;
    VT_AUTO_BUF plain = vt_buf_init(VT_KIB(4));
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_age_header header;
    struct vt_error err = { 0 };

    VT_CHECK_SAYING(at != NULL && strstr(said, vt_test_print("canary %s", canary)) != NULL,
                    "%s", said);
    here = vt_test_print("%.64s", at + 6);
    VT_CHECK_OK(vt_age_header_parse(
        vt_test_read(path(vt_test_print("vienna/header/%.2s/%s", here, here))), &header,
        &err));
    VT_CHECK_OK(
        vt_age_unwrap(&vt_stand.world.identities[VT_C_ELSEWHERE], &header, file_key, &err));
    VT_CHECK_OK(vt_age_open_new(file_key, vt_age_sink_buf(&plain), &stream, &err));
    VT_CHECK_OK(vt_age_stream_put(
        stream, vt_test_read(path(vt_test_print("vienna/body/%.2s/%s", here, here))),
        &err));
    VT_CHECK_OK(vt_age_stream_end(stream, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&plain), VT_LIT(PLANTED)));
    VT_CHECK(
        !vt_path_exists(path(vt_test_print("zurich/header/%.2s/%s", canary, canary))) &&
        !vt_path_exists(path(vt_test_print("zurich/body/%.2s/%s", canary, canary))));
}

/* The agent's claim that its key is gone, held against the end of the move. */
static void the_claim_belongs_to_it(void)
{
    vt_hash document = vt_sha256_of(vt_test_read(path("zurich.json")));
    char hex[65];

    vt_hash_text(&document, hex);
    vt_stand_says(
        vt_test_run(0,
                    VT_ARGV("vitrine", "relocate", "confirm", "--begun", path("job/begun"),
                            "--done", path("job/done"), "--countersigned", path("both"),
                            "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                            "--enrolment", path("enrolled-5.json"), "--destroyed",
                            path(vt_test_print("job/destroyed/%s", hex)))),
        "key destroyed since: CH/file/2026");
    vt_stand_says(
        vt_test_run(0,
                    VT_ARGV("vitrine", "relocate", "confirm", "--begun", path("job/begun"),
                            "--done", path("job/done"), "--countersigned", path("both"),
                            "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                            "--enrolment", path("enrolled-5.json"), "--destroyed",
                            path(vt_test_print("job/destroyed/%s", hex)), "--json")),
        "\"destroyed\":[\"2026\"]");
    vt_stand_says(
        vt_test_run(1,
                    VT_ARGV("vitrine", "relocate", "confirm", "--begun", path("job/begun"),
                            "--done", path("job/done"), "--countersigned", path("both"),
                            "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                            "--destroyed", path(vt_test_print("job/destroyed/%s", hex)))),
        "not signed by a key agent"); /* nobody enrolled it */
}

/* Everything is switched off by now. */
static void the_papers_speak_for_themselves(const char *canary)
{
    vt_slice begun = vt_test_read(path("job/begun")),
             manifest = vt_test_read(path("job/manifest"));
    uint8_t *changed = vt_arena_alloc(vt_test_arena(), manifest.len);

    vt_stand_says(countersign(1, "job/done", "analyst.key", "not-his"), "no supervisor's");
    vt_stand_says(countersign(1, "job/begun", "supervisor.key", "not-his"),
                  "of that phase");
    VT_CHECK(!vt_path_exists(path("not-his")));
    (void)countersign(0, "job/done", "supervisor.key", "both");
    sign_too("job/done", vt_custody_key(VT_C_ANALYST), "not-his");
    follow(canary, confirm(0, "job/begun", "job/done", "both"));
    the_claim_belongs_to_it();
    vt_stand_says(confirm(1, "job/begun", "job/done", "job/done"), "did not countersign");
    vt_stand_says(confirm(1, "job/begun", "job/done", "not-his"), "did not countersign");
    vt_stand_says(confirm(1, "job/begun", "job/done", "job/begun"), "another end");
    vt_stand_says(confirm(1, "job/done", "job/done", "both"), "of that phase");
    vt_stand_says(confirm(1, "job/begun", "job/begun", "both"), "of that phase");
    memcpy(changed, manifest.data, manifest.len);
    changed[manifest.len - 1] ^= 1;
    vt_test_write(path("job/manifest"), vt_slice_of(changed, manifest.len));
    vt_stand_says(confirm(1, "job/begun", "job/done", "both"), "is not the manifest");
    vt_test_write(path("job/manifest"), manifest);
    memcpy(changed, begun.data, begun.len);
    for (size_t i = 0; i < begun.len; i += 97) { /* a sample of all bytes */
        changed[i] ^= 1;
        vt_test_write(path("job/begun"), vt_slice_of(changed, begun.len));
        (void)confirm(1, "job/begun", "job/done", "both");
        changed[i] ^= 1;
    }
}

/* From now on the ledger has one named writer, and `token` is his. */
static void name_a_writer(void)
{
    const char *json =
        vt_test_run(0, VT_ARGV("vitrine", "ledger", "token", "--name", "mover", "--json"));
    const char *token = strstr(json, "\"token\":\"");
    const char *digest = strstr(json, "\"sha256\":\"");

    VT_CHECK_SAYING(token != NULL && digest != NULL, "%s", json);
    vt_test_write(path("token"), vt_slice_from_cstr(vt_test_print("%.64s\n", token + 9)));
    vt_test_write(path("other-token"), vt_slice_from_cstr(vt_test_print("%064d\n", 1)));
    vt_test_write(path("writers"),
                  vt_slice_from_cstr(vt_test_print("mover %.64s\n", digest + 10)));
    vt_test_stop(&vt_stand.ledger, 0);
    vt_stand.ledger =
        vt_test_start("ledger.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                            path("log"), "--writers", path("writers")));
}

/* The paper, as if one file more had been read back, signed by the source. */
static void write_other_done(vt_slice done)
{
    const struct vt_key *keys[1] = { vt_world_key(VT_P_CELL) };
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error err = { 0 };
    json_t *root;

    VT_CHECK_OK(vt_envelope_parse(done, &envelope, &err));
    root = json_object_get(envelope.statement.predicate, "read_back");
    (void)json_object_set_new(root, "count", json_integer(MOVED + MORE + 2));
    VT_CHECK_OK(vt_statement_write_about_itself(VT_RELOCATION, envelope.statement.predicate,
                                                &payload, &err));
    VT_CHECK_OK(vt_envelope_sign(vt_buf_slice(&payload), keys, 1, &out, &err));
    vt_test_write(path("job/done"), vt_buf_slice(&out));
}

/* Nothing is left at the source on the word of a paper alone: it is on the ledger, both
 * cells signed it, and what it says is still so. */
static void what_arrived_is_still_there(void)
{
    vt_slice done = vt_test_read(path("job/done"));

    write_other_done(done);
    (void)relocate(1, "finish");
    (void)relocate_with(1, "verify", "", "--trust", path("trust.json"));
    vt_test_write(path("job/done"), done);
    vt_stand_says(relocate(2, "verify"), "believed by its signatures alone");
    vt_stand_says(relocate_with(0, "verify", "", "--trust", path("trust.json")), "equal");
    vt_stand_says(relocate(0, "finish"),
                  vt_test_print("%d objects", MOVED + MORE + 1)); /* its twin: again */
}

/* Uploads end at the source and begin at the destination in so many seconds. */
static void plan_cut_over(int in_s)
{
    int64_t at = time(NULL) + in_s;

    vt_test_write(path("zurich.takes"),
                  vt_slice_from_cstr(vt_test_print("0 %jd\n", (intmax_t)at)));
    vt_test_write(path("vienna.takes"),
                  vt_slice_from_cstr(vt_test_print("%jd 4000000000\n", (intmax_t)at)));
}

static void the_pause_is_told(void)
{
    const char *said = relocate(0, "progress"), *at = strstr(said, "took uploads for ");
    uint64_t pause_ms;

    VT_CHECK_SAYING(at != NULL, "%s", said);
    VT_CHECK_SAYING(vt_decimal_parse(vt_slice_of((const uint8_t *)at + 17,
                                                 strspn(at + 17, "0123456789")),
                                     &pause_ms) &&
                        pause_ms <= 1000,
                    "%s", said);
}

/* As the agent's own machine does it, with the agent stopped meanwhile. */
static void the_key_goes(void)
{
    const char *port;

    vt_stand_says(relocate(1, "refused"), "gave the file key to the destination");
    vt_stand_says(relocate_with(3, "finish", "token", "--agent", path("agent")), "agent");
    port = strrchr(vt_stand.agent.url, ':') + 1;
    vt_test_stop(&vt_stand.agent, 0);
    vt_stand_says(relocate_with(0, "finish", "token", "--agent", path("agent")),
                  "its key is destroyed");
    VT_CHECK(!vt_path_exists(path("swiss.key")));
    vt_stand.agent =
        vt_test_start("agent.err", VT_ARGV("vitrine", "keyagent", "serve", "--dir",
                                           path("agent"), "--port", port));
    vt_stand_says(relocate(0, "refused"), "was destroyed");
}

/* Two persons, since the policy asks for that. */
static void two_persons_move(void)
{
    vt_stand_says(relocate(1, "start"), "0 others approved it, the policy demands 1");
    write_job(vt_test_print("\"approver_keys\":[\"%s\"],", path("approver.key")));
}

/* All that had arrived is lost, and comes again; the agent is not asked again. */
static pid_t begin_again(pid_t destination)
{
    const char *said;

    vt_moving_kill(destination);
    (void)vt_test_run(0, VT_ARGV("rm", "-r", path("vienna")));
    destination = vt_moving_start(path("vienna"), "vienna", path("to"));
    said = relocate(0, "resume");
    vt_stand_says(said, vt_test_print("%d objects of", MOVED + 1));
    vt_stand_says(said, "0 were given to the other agent");
    vt_stand_says(relocate(0, "verify"), "equal");
    return destination;
}

/* The signed end counts it as it was; without JOB/erased it is missing. */
static void what_is_erased_is_told(void)
{
    const char *said = relocate(0, "finish"); /* its twin: again */

    vt_stand_says(said, vt_test_print("%d objects", MOVED + MORE + 1));
    vt_stand_says(said, "1 object taken back at the source since then was erased");
    said = relocate_with(0, "verify", "", "--trust", path("trust.json"));
    vt_stand_says(said, "equal");
    vt_stand_says(said, "1 object taken back at the source since then was erased");
    VT_CHECK(rename(path("job/erased"), path("kept")) == 0);
    vt_stand_says(relocate_with(1, "verify", "", "--trust", path("trust.json")),
                  vt_test_print("destination  %d objects", MOVED + MORE));
    vt_stand_says(relocate(1, "finish"), "is not the same; nothing was removed");
    VT_CHECK(rename(path("kept"), path("job/erased")) == 0);
}

/* Behind the move its owner asks the cell that he knows; the next call carries it, and the
 * papers go on to fit what is there. */
static void what_is_taken_back_is_carried(pid_t *source)
{
    const unsigned number = 5000; /* see share_many: it is the owner's key too */
    struct vt_withdrawal request = { .cell = VT_LIT("zurich"),
                                     .at_unix_s = time(NULL),
                                     .digest = { { 7 } } };
    VT_AUTO_SAMPLE_ANSWER answer = { .status = 0 };
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    vt_moving_kill(*source);
    memcpy(request.pseudonym.bytes, &number, sizeof number);
    VT_CHECK_OK(vt_moving_open(path("zurich"), "zurich", &samples, &err));
    VT_CHECK_OK(vt_samples_withdraw(samples, &request, &answer, &err));
    vt_samples_close(samples);
    *source = vt_moving_start(path("zurich"), "zurich", path("from"));
    vt_stand_says(relocate(0, "finish"),
                  "1 object taken back at the source since then was erased");
    what_is_erased_is_told();
}

/* A policy by which files of CH are kept so many days; holds: more of its text. */
static const char *schedule(const char *days, const char *holds)
{
    const char *text = vt_custody_policy_text(3), *at = strstr(text, "],\"version\":3");
    const char *out = path(vt_test_print("kept-%s-%zu.policy", days, strlen(holds)));

    VT_CHECK(at != NULL);
    text = vt_test_print(
        "%.*s],\"retention\":[{\"classes\":[\"file\"],\"countries\":[\"*\"],\"days\":"
        "36525},{\"classes\":[\"file\"],\"countries\":[\"CH\"],\"days\":%s}]%s%s",
        (int)(at - text), text, days, holds, at + 1);
    text = vt_custody_write_file(&vt_stand.world, "kept.json", vt_slice_from_cstr(text));
    (void)vt_test_run(strcmp(days, "0") == 0 ? 1 : 0,
                      VT_ARGV("vitrine", "custody", "policy", text, "--key",
                              path("supervisor.key"), "--out", out));
    return out;
}

static const char *retention(int exit_code, const char *policy, const char *door,
                             const char *ids, const char *document)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "custody", "retention", "show", "--policy",
                               policy, "--trust", path("trust.json"), "--keeper",
                               path(door), ids != NULL ? "--ids" : NULL, ids,
                               document != NULL ? "--recipient" : NULL, document));
}

/* Files that were shared in November 2023: the clock alone says which are due. */
static void what_is_due_is_told(void)
{
    const char *late = schedule("30", ""), *early = schedule("36500", ""), *held, *said;
    vt_slice ids;

    (void)schedule("0", "");
    held = schedule("30", ",\"holds\":[{\"classes\":[\"file\"],\"countries\":[\"CH\"],"
                          "\"name\":\"case-7\",\"reason\":\"a court asked\",\"since\":"
                          "\"2026-11-01T00:00:00Z\"}]");
    said = retention(0, late, "from", NULL, NULL);
    vt_stand_says(said,
                  vt_test_print("CH/file  kept 30 days; %d files, %d due, the first since "
                                "2023-12-14T22:13:20Z: LATE by",
                                MOVED + 1, MOVED + 1));
    vt_stand_says(retention(0, early, "from", NULL, NULL), "none due; the next at 2123-");
    (void)retention(3, late, "nowhere", NULL, NULL);
    (void)retention(1, path("trust.json"), "from", NULL, NULL);
    (void)retention(2, late, "from", path("due"), NULL);
    said = retention(0, late, "from", path("due"), path("zurich.json"));
    vt_stand_says(said, vt_test_print("%d of them", MOVED + 1));
    ids = vt_test_read(path("due"));
    VT_CHECK(ids.len == (MOVED + 1) * 65);
    vt_stand_says(retention(0, late, "from", path("due"), path("vienna.json")),
                  "0 of them");
    said = retention(0, held, "from", path("due"), path("zurich.json"));
    vt_stand_says(said,
                  vt_test_print("%d more would be due, and are held: case-7, a court asked",
                                MOVED + 1));
    vt_stand_says(said, "0 of them");
    vt_stand_says(vt_test_run(0, VT_ARGV("vitrine", "custody", "retention", "show",
                                         "--policy", held, "--trust", path("trust.json"),
                                         "--keeper", path("from"), "--json")),
                  "\"days\":30");
}

/* ---- what is due goes -------------------------------------------------------------------
 */

enum { DUE = 70, PART = 40, KILLS = 14 };

static const char *const *run_argv(const char *agent)
{
    const char *const argv[] = { "vitrine",
                                 "custody",
                                 "retention",
                                 "run",
                                 "--policy",
                                 path("policy.json"),
                                 "--trust",
                                 path("trust.json"),
                                 "--enrolment",
                                 path("enrolled-5.json"),
                                 "--keeper",
                                 path("from"),
                                 "--recipient",
                                 path("zurich.json"),
                                 "--dir",
                                 path("due"),
                                 "--ledger",
                                 vt_stand.ledger.url,
                                 "--agent",
                                 agent,
                                 "--samples",
                                 path("zurich"),
                                 "--key",
                                 path("cell.key"),
                                 "--person-key",
                                 path("reader.key"),
                                 "--role-key",
                                 path("analyst.key"),
                                 "--role",
                                 "analyst",
                                 "--place",
                                 "Zurich",
                                 "--jurisdiction",
                                 "CH",
                                 "--ticket",
                                 "KEPT-30",
                                 "--backup",
                                 "nightly=2037-01-31T00:00:00Z",
                                 NULL };
    const char **out = vt_arena_alloc(vt_test_arena(), sizeof argv);

    memcpy(out, argv, sizeof argv);
    return out;
}

static const char *with(const char *text, const char *mark, const char *instead)
{
    const char *at = strstr(text, mark);

    VT_CHECK(at != NULL);
    return vt_arena_printf(vt_test_arena(), "%.*s%s%s", (int)(at - text), text, instead,
                           at + strlen(mark));
}

/* With that instead of what the option says. */
static const char *const *run_with(const char *option, const char *value)
{
    const char *const *usual = run_argv(vt_stand.agent.url);
    size_t count = 0, at = 0;
    const char **out;

    for (; usual[count] != NULL; count++)
        if (strcmp(usual[count], option) == 0)
            at = count + 1;
    VT_CHECK(at != 0);
    out = vt_arena_alloc(vt_test_arena(), (count + 1) * sizeof *out);
    memcpy(out, usual, (count + 1) * sizeof *out);
    out[at] = value;
    return out;
}

/* With so many who approve. */
static const char *const *run_approved(size_t times)
{
    const char *const *usual = run_argv(vt_stand.agent.url);
    size_t count = 0;
    const char **out;

    while (usual[count] != NULL)
        count++;
    out = vt_arena_alloc(vt_test_arena(), (count + 2 * times + 1) * sizeof *out);
    memcpy(out, usual, count * sizeof *out);
    for (size_t i = 0; i < times; i++) {
        out[count++] = "--approver-key";
        out[count++] = path("approver.key");
    }
    out[count] = NULL;
    return out;
}

/* A policy by which one more person approves of an order to erase. */
static const char *approved_policy(void)
{
#define RULE                                                                               \
    ",\"classes\":[\"file\"],\"countries\":[\"*\"],\"delay_s\":0,\"jurisdictions\":["      \
    "\"CH\"],"                                                                             \
    "\"objects\":4096,\"per_day\":10000,\"reason\":\"erasure\""
    vt_slice text = vt_test_read(path("predicate.json"));
    const char *next = with(vt_arena_cstr(vt_test_arena(), text), "\"approvals\":0" RULE,
                            "\"approvals\":1" RULE);
#undef RULE

    (void)vt_custody_write_file(&vt_stand.world, "approved.json", vt_slice_from_cstr(next));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "policy", path("approved.json"),
                                 "--key", path("supervisor.key"), "--out",
                                 path("approved.policy")));
    return path("approved.policy");
}

/* No order is made that the agent would refuse. */
static void what_the_policy_forbids_is_not_ordered(void)
{
    vt_stand_says(vt_test_run(1, run_with("--policy", approved_policy())),
                  "asks for 1 approval of such an order, and --approver-key gives 0");
    vt_stand_says(vt_test_run(2, run_approved(7)), "--approver-key: at most 6");
    vt_stand_says(vt_test_run(1, run_with("--role-key", path("reader.key"))),
                  "no role 'analyst' with the key of --role-key");
    vt_stand_says(vt_test_run(1, run_with("--jurisdiction", "DE")), "lets nobody in DE");
    VT_CHECK(!vt_path_exists(path("due/1.order")));
}

/* Killed after so long, if it is not done by then. */
static void run_and_kill(unsigned after_ms)
{
    const char *const *argv = run_argv(vt_stand.agent.url);
    pid_t pid = fork();

    VT_CHECK(pid >= 0);
    if (pid == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

        (void)dup2(nowhere, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
        (void)execv(vt_test_vitrine(), (char *const *)(const void *)argv);
        _exit(127);
    }
    (void)usleep(after_ms * 1000);
    (void)kill(pid, SIGKILL);
    VT_CHECK(waitpid(pid, NULL, 0) == pid);
}

static bool is_kept(const char *id)
{
    return vt_path_exists(path(vt_test_print("zurich/header/%.2s/%s", id, id)));
}

/* The next version of the policy: what was ordered under the one before, and never asked,
 * is ordered anew, and by no more than PART at once. */
static void next_policy(void)
{
    vt_slice text = vt_test_read(path("predicate.json"));
    const char *next = vt_arena_cstr(vt_test_arena(), text);

    next = with(next, "\"version\":3", "\"version\":4");
    next = with(
        next, "\"objects\":4096,\"per_day\":10000,\"reason\":\"erasure\"",
        vt_test_print("\"objects\":%d,\"per_day\":10000,\"reason\":\"erasure\"", PART));
    (void)vt_custody_write_file(&vt_stand.world, "predicate.json",
                                vt_slice_from_cstr(next));
    (void)unlink(path("policy.json"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "policy", path("predicate.json"),
                                 "--key", path("supervisor.key"), "--out",
                                 path("policy.json")));
    vt_test_stop(&vt_stand.agent, 0);
    (void)vt_test_run(0, VT_ARGV("vitrine", "keyagent", "update", "--dir", path("agent"),
                                 "--policy", path("policy.json")));
    vt_stand_start_agent();
}

/* Killed before this file was there: the same call makes it again, and the same claim. */
static void check_each_step(void)
{
    static const char *const made[] = { "done", "claim", "claim.agent" };
    vt_slice claim = vt_test_read(path("due/2.claim"));

    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        for (size_t j = 0; j <= i; j++)
            VT_CHECK(unlink(path(vt_test_print("due/2.%s", made[j]))) == 0);
        vt_stand_says(vt_test_run(0, run_argv(vt_stand.agent.url)),
                      vt_test_print("%d objects by 1 order: %d erased", PART, PART));
        VT_CHECK(vt_slice_equal(vt_test_read(path("due/2.claim")), claim));
    }
}

/* Whatever is killed, all that is due goes in the end, with a claim for each order; what is
 * held stays. */
static void what_is_due_is_erased(void)
{
    const char *held, *said;
    pid_t keeper;

    vt_stand_write_world();
    vt_stand_prepare();
    vt_stand_lay_ledger();
    (void)vt_custody_write_key(&vt_stand.world, "cell.key", vt_world_key(VT_P_CELL));
    share_many(0, DUE);
    held = plant();
    vt_stand_make_agent(
        "],\"version\":3",
        vt_test_print("],\"holds\":[{\"classes\":[\"file\"],\"countries\":[\"CH\"],"
                      "\"name\":\"case-7\",\"objects\":[\"%s\"],\"reason\":\"a court\","
                      "\"since\":\"2026-11-01T00:00:00Z\"}],\"retention\":[{\"classes\":"
                      "[\"file\"],\"countries\":[\"CH\"],\"days\":30}],\"version\":3",
                      held));
    keeper = vt_moving_start(path("zurich"), "zurich", path("from"));
    said = retention(0, path("policy.json"), "from", NULL, NULL);
    vt_stand_says(said, vt_test_print("%d due, the first since", DUE));
    vt_stand_says(said, "1 more would be due, and are held: case-7");
    what_the_policy_forbids_is_not_ordered();
    (void)vt_test_run(3, run_argv("http://127.0.0.1:1")); /* no agent: nothing goes */
    vt_stand_says(retention(0, path("policy.json"), "from", NULL, NULL),
                  vt_test_print("%d due", DUE));
    VT_CHECK(vt_path_exists(path("due/1.order")));
    next_policy();
    for (unsigned i = 0; i < KILLS; i++) {
        run_and_kill(2 + 6 * i);
        if (i % 4 == 3) { /* and so is the keeper */
            vt_moving_kill(keeper);
            keeper = vt_moving_start(path("zurich"), "zurich", path("from"));
        }
    }
    (void)vt_test_run(0, run_argv(vt_stand.agent.url));
    vt_stand_says(vt_test_run(0, run_argv(vt_stand.agent.url)), "nothing is due");
    VT_CHECK(is_kept(held));
    said = retention(0, path("policy.json"), "from", NULL, NULL);
    vt_stand_says(said, "1 file, none due");
    vt_stand_says(vt_stand_erased(0, "due/2.claim", "due/2.claim.objects"),
                  vt_test_print("%d erased", PART));
    vt_stand_says(vt_stand_erased(0, "due/3.claim", "due/3.claim.objects"),
                  vt_test_print("%d erased", DUE - PART));
    VT_CHECK(!vt_path_exists(path("due/1.done")));  /* it was left behind, */
    VT_CHECK(!vt_path_exists(path("due/4.order"))); /* and the others gone on with */
    check_each_step();
    vt_moving_kill(keeper);
    vt_stand_finish();
    (void)vt_stand_review(0, "reconcile", NULL);
}

/* Both cells in service, the rest as it runs: no file key is given to anybody but the other
 * agent, and the agent's count says so. */
static void a_move_is_on_record(void)
{
    pid_t pids[2];
    const char *said, *canary;

    vt_stand_write_world();
    vt_stand_prepare();
    vt_stand_lay_ledger();
    vt_stand_make_agent(
        "],\"version\":3",
        vt_test_print(
            ",{\"approvals\":1,\"classes\":[\"file\"],\"countries\":[\"CH\"],"
            "\"delay_s\":0,\"jurisdictions\":[\"CH\"],\"objects\":1024,\"per_day\":"
            "10000,\"reason\":\"relocation\",\"roles\":[\"analyst\"],\"valid_s\":3600}"
            "],\"destinations\":[\"%s\"],\"version\":3",
            vt_stand_recipient(&vt_stand.world.identities[VT_C_ELSEWHERE].recipient)));
    share_many(0, MOVED);
    canary = plant();
    name_a_writer();
    VT_CHECK(mkdir(path("job"), 0700) == 0);
    (void)relocate(3, "start");
    VT_CHECK(rmdir(path("job")) == 0); /* without job.json nothing is left there */
    write_job("");
    vt_stand_says(relocate_with(3, "start", "no-token", NULL, NULL), "no-token");
    vt_stand_says(relocate(3, "start"), "no keeper listens");
    pids[0] = vt_moving_start(path("zurich"), "zurich", path("from"));
    pids[1] = vt_moving_start(path("vienna"), "vienna", path("to"));
    what_is_due_is_told();
    vt_stand_says(relocate(1, "resume"), "was not started");
    vt_stand_says(relocate(1, "finish"), "was not started");
    vt_stand_says(relocate(1, "pause"), "was not started");
    vt_stand_says(relocate_with(1, "start", "other-token", NULL, NULL), "401");
    two_persons_move();
    said = relocate(0, "start");
    vt_stand_says(said, vt_test_print("%d objects of", MOVED + 1));
    vt_stand_says(said, vt_test_print("%d were given to the other agent", MOVED + 1));
    vt_stand_says(relocate(0, "verify"), "equal");
    pids[1] = begin_again(pids[1]);
    vt_moving_kill(pids[0]);
    share_many(5000, MORE); /* uploads go on */
    pids[0] = vt_moving_start(path("zurich"), "zurich", path("from"));
    vt_stand_says(relocate(1, "verify"), "they differ");
    vt_stand_says(relocate(0, "pause"), "paused");
    vt_stand_says(relocate(1, "start"), "is paused");
    vt_stand_says(relocate(0, "resume"), vt_test_print("%d objects of", MORE));
    said = relocate(0, "progress");
    vt_stand_says(said, "moving: zurich to vienna");
    vt_stand_says(said, "cut-over: not seen");
    vt_stand_says(
        relocate_with(1, "finish", "token", "--canary", vt_test_print("%064d", 7)),
        "the manifest has no object");
    plan_cut_over(2);
    vt_stand_says(
        vt_test_run(0, VT_ARGV("vitrine", "relocate", "finish", "--job", path("job"),
                               "--trust", path("trust.json"), "--enrolment",
                               path("enrolled-5.json"), "--token-file", path("token"),
                               "--canary", canary, "--wait", "30s")),
        "nothing is left at the source");
    the_pause_is_told();
    vt_stand_says(relocate(1, "start"), "this move is done");
    what_arrived_is_still_there();
    what_is_taken_back_is_carried(&pids[0]);
    vt_stand_says(relocate(0, "progress"), "done");
    said = vt_test_run(0, VT_ARGV("vitrine", "keyagent", "status", "--dir", path("agent")));
    vt_stand_says(said, vt_test_print("rewrapped %d", MOVED + MORE + 1));
    vt_stand_says(said, "released 0, 0 file keys");
    the_key_goes();
    (void)vt_stand_review(0, "reconcile", NULL);
    vt_moving_kill(pids[0]);
    vt_moving_kill(pids[1]);
    vt_stand_finish();
    the_papers_speak_for_themselves(canary);
}

static const struct vt_case cases[] = {
    { "what is due is erased", what_is_due_is_erased },
    { "a move is on record", a_move_is_on_record },
};

VT_TEST_MAIN("cli.custody_move", cases)
