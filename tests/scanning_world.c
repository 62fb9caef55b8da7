/* See scanning_world.h. */
#include "tests/scanning_world.h"
#include "cell/scan_rules.h"
#include "cell/scanner.h"
#include "custody/agent_store.h"
#include "crypto/age_file.h"

/* ---- databases and papers ---------------------------------------------------------------
 */

void vt_scanning_use(struct vt_scanning_world *w, size_t which)
{
    vt_test_write(vt_test_path("one.new"), vt_slice_from_cstr(w->signatures[which]));
    VT_CHECK(rename(vt_test_path("one.new"), vt_test_path("clamav/one.hdb")) == 0);
}

static void make_databases(struct vt_scanning_world *w, const char *first,
                           const char *second)
{
    struct vt_error err = { 0 };

    VT_CHECK(mkdir(vt_test_path("clamav"), 0700) == 0);
    w->signatures[0] = first;
    w->signatures[1] = second != NULL ? second : first;
    for (size_t i = 2; i-- > 0;) {
        vt_hash clamav;

        vt_scanning_use(w, i);
        VT_CHECK_OK(vt_scan_clamav_digest(vt_test_path("clamav"), &clamav, &err));
        w->rules[i] = vt_scan_rules_digest(NULL, &clamav);
    }
}

const char *vt_scanning_policy(const struct vt_scanning_world *w, unsigned version,
                               size_t published)
{
    const char *text = vt_custody_policy_text(version), *mark = "\"published\":[",
               *at = strstr(text, mark);
    char one[65], other[65];

    VT_CHECK(at != NULL);
    at += strlen(mark);
    if (vt_hash_equal(&w->rules[0], &w->rules[1]))
        published = 1;
    vt_hash_text(&w->rules[0], one);
    vt_hash_text(&w->rules[1], other);
    return vt_test_print("%.*s\"%s\"%s%s%s%s", (int)(at - text), text, one,
                         published > 1 ? ",\"" : "", published > 1 ? other : "",
                         published > 1 ? "\"" : "", strchr(at, ']'));
}

static const char *write_identity(void)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };
    const char *path = vt_test_path("period.key");

    VT_CHECK_OK(
        vt_age_identity_write_pem(vt_sharing_identity(), (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path, vt_buf_slice(&pem));
    VT_CHECK(chmod(path, 0600) == 0);
    return path;
}

/* Those whom the scanner must know: itself, and the agent. */
static void write_papers(struct vt_scanning_world *w)
{
    struct vt_custody_world *custody = &w->custody.world;

    VT_CHECK(mkdir(vt_test_path("enrolments"), 0700) == 0);
    vt_test_write(vt_test_path("enrolments/scanner.json"), custody->enrolments[4]);
    vt_test_write(vt_test_path("enrolments/agent.json"), custody->enrolments[5]);
    (void)vt_custody_write_key(custody, "scanner.key", vt_custody_key(VT_C_SCANNER));
    (void)vt_custody_write_key(custody, "machine.key", vt_custody_key(VT_C_MACHINE));
}

static void write_settings(struct vt_scanning_world *w)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(16));
    const struct vt_served_custody *c = &w->custody;

    vt_buf_printf(&text,
                  "[scanner]\nsamples = %s\npublished = %s\nstate = %s\nclamav = %s\n"
                  "trust = %s\npolicy = %s\nenrolments = %s\nledger = %s\nagent = %s\n",
                  w->sharing.samples, w->sharing.published, vt_test_path("scanner"),
                  vt_test_path("clamav"), vt_served_custody_path(c, "trust.json"),
                  vt_served_custody_path(c, "policy.json"), vt_test_path("enrolments"),
                  c->ledger.url, c->agent.url);
    vt_buf_printf(&text,
                  "key = %s\nrole-key = %s\nanswer-key = %s\nworkers = 2\nbatch = 32\n"
                  "idle = 1s\nlease = 1s\n",
                  vt_served_custody_path(c, "scanner.key"),
                  vt_served_custody_path(c, "machine.key"),
                  vt_served_custody_path(c, "answer.key"));
    vt_test_write(vt_test_path("scanner.ini"), vt_buf_slice(&text));
}

/* ---- starting and ending ----------------------------------------------------------------
 */

void vt_scanning_start_cell(struct vt_scanning_world *w)
{
    w->cell = vt_test_start(
        "cell.err", VT_ARGV("vitrine", "cell", "serve", "--dir", vt_test_dir(), "--cell",
                            "zurich", "--drain", "0s", "--policy", w->sharing.policy,
                            "--proof", w->sharing.policy_proof, "--trust", w->sharing.trust,
                            "--samples", w->sharing.samples, "--key", w->sharing.key,
                            "--schema", w->sharing.schema, "--movers", vt_test_path("door"),
                            "--passphrase-file", vt_test_path("phrase")));
}

void vt_scanning_start_scanner(struct vt_scanning_world *w)
{
    (void)unlink(vt_test_path("scanner/" VT_SCANNER_METRICS)); /* it counts from zero */
    w->scanner =
        vt_test_start("scanner.err", VT_ARGV("vitrine", "cell", "scanner", "--config",
                                             vt_test_path("scanner.ini")));
}

void vt_scanning_world_make(struct vt_scanning_world *w, const char *first,
                            const char *second)
{
    make_databases(w, first, second);
    w->sharing = vt_sharing_world_make();
    vt_served_custody_begin(&w->custody, "custody", vt_scanning_policy(w, 3, 2),
                            write_identity());
    write_papers(w);
    write_settings(w);
    vt_test_write(vt_test_path("phrase"), VT_LIT("open sesame\n"));
    vt_scanning_start_cell(w);
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "client", "init", "--home", vt_test_path("home"), "--trust",
                   w->sharing.trust, "--policy", w->sharing.policy, "--proof",
                   w->sharing.policy_proof, "--country", "CH", "--from", w->cell.url));
    (void)vt_test_run(0, VT_ARGV("vitrine", "client", "consent", "submit", "on", "--home",
                                 vt_test_path("home")));
}

void vt_scanning_world_stop(struct vt_scanning_world *w)
{
    if (w->scanner.pid != 0)
        vt_test_stop(&w->scanner, 0);
    if (w->cell.pid != 0)
        vt_test_stop(&w->cell, 0);
    vt_served_custody_stop(&w->custody);
}

/* ---- the client -------------------------------------------------------------------------
 */

const char *vt_scanning_share(const struct vt_scanning_world *w, int exit_code_wanted,
                              const char *path)
{
    return vt_test_run(exit_code_wanted,
                       VT_ARGV("vitrine", "client", "share", path, "--home",
                               vt_test_path("home"), "--from", w->cell.url, "--to",
                               w->cell.url, "--rule", VT_SHARING_RULE, "--yes"));
}

vt_hash vt_scanning_share_bytes(const struct vt_scanning_world *w, const char *name,
                                vt_slice bytes)
{
    const char *path = vt_test_path(name), *said, *at;
    vt_hash object;

    vt_test_write(path, bytes);
    said = vt_scanning_share(w, 0, path);
    at = strstr(said, "shared as ");
    VT_CHECK_SAYING(at != NULL, "%s", said);
    VT_CHECK(vt_hash_parse_hex(vt_slice_of(at + 10, 64), &object));
    return object;
}

/* ---- looking ----------------------------------------------------------------------------
 */

uint64_t vt_scanning_number(const char *name)
{
    const char *path = vt_test_path("scanner/" VT_SCANNER_METRICS), *at;
    uint64_t value = 0;

    if (!vt_path_exists(path))
        return 0;
    at = strstr(vt_arena_cstr(vt_test_arena(), vt_test_read(path)),
                vt_test_print("\nvitrine_scanner_%s %s", name, ""));
    if (at == NULL)
        return 0;
    at = strchr(at, ' ') + 1;
    VT_CHECK(vt_decimal_parse(vt_slice_of(at, strcspn(at, "\n")), &value));
    return value;
}

static bool has_verdicts(void *context)
{
    const uint64_t *wanted = context;
    uint64_t count = 0;

    for (unsigned i = 0; i < VT_SCAN_STATES; i++)
        count += vt_scanning_number(vt_test_print("verdicts_total{state=\"%s\"}%s",
                                                  vt_scan_state_name((enum vt_scan_state)i),
                                                  ""));
    return count >= *wanted;
}

bool vt_scanning_wait(uint64_t verdicts)
{
    return vt_test_wait_until(has_verdicts, &verdicts) ||
           vt_test_wait_until(has_verdicts, &verdicts) ||
           vt_test_wait_until(has_verdicts, &verdicts);
}

struct vt_samples *vt_scanning_open_store(const struct vt_scanning_world *w)
{
    struct vt_env *env = vt_arena_alloc(vt_test_arena(), sizeof *env);
    const struct vt_samples_bounds bounds = { .free_bytes_min = 1 };
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    *env = vt_env_real();
    VT_CHECK_OK(vt_samples_open(w->sharing.samples, "zurich", &bounds,
                                vt_world_key(VT_P_CELL), env, &samples, &err));
    return samples;
}

bool vt_scanning_verdict(const struct vt_scanning_world *w, const vt_hash *object,
                         struct vt_sample_verdict *verdict, const char **outcome)
{
    VT_AUTO_BUF text = vt_buf_init(VT_SAMPLE_OUTCOME_BYTES_MAX);
    struct vt_samples *samples = vt_scanning_open_store(w);
    struct vt_error err = { 0 };
    bool has_one = vt_samples_verdict(samples, object, verdict, &text, &err);

    VT_CHECK_SAYING(has_one || err.code == VT_ABSENT, "%s", err.message);
    vt_samples_close(samples);
    *outcome = vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
    return has_one;
}

struct reading {
    void (*each)(void *context, const vt_hash *object, const vt_hash *rules);
    void *context;
};

static bool read_record(void *context, const struct vt_agent_record *record, uint64_t at,
                        struct vt_error *err)
{
    struct reading *reading = context;
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_access access;

    (void)at;
    if (record->deed != VT_AGENT_RELEASED)
        return true;
    if (!vt_envelope_parse(record->envelope, &envelope, err) ||
        !vt_access_read(&envelope.statement, &access, err))
        return false;
    VT_CHECK(access.reason == VT_ACCESS_SCAN);
    for (size_t i = 0; i < record->object_count; i++)
        reading->each(reading->context, &record->objects[i], &access.rules);
    return true;
}

void vt_scanning_each_release(const struct vt_scanning_world *w,
                              void (*each)(void *context, const vt_hash *object,
                                           const vt_hash *rules),
                              void *context)
{
    struct reading reading = { each, context };
    struct vt_agent_totals totals;
    struct vt_error err = { 0 };

    VT_CHECK_OK(
        vt_agent_openings_read(vt_served_custody_path(&w->custody, "agent/holder/openings"),
                               (vt_agent_reader){ read_record, &reading }, &totals, &err));
}

struct counting {
    const vt_hash *object, *rules;
    size_t count;
};

static void count_release(void *context, const vt_hash *object, const vt_hash *rules)
{
    struct counting *counting = context;

    counting->count +=
        vt_hash_equal(object, counting->object) && vt_hash_equal(rules, counting->rules);
}

size_t vt_scanning_releases(const struct vt_scanning_world *w, const vt_hash *object,
                            const vt_hash *rules)
{
    struct counting counting = { object, rules, 0 };

    vt_scanning_each_release(w, count_release, &counting);
    return counting.count;
}
