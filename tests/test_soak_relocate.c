/* A country's files move from one cell to another while both serve look-ups and uploads,
 * and the keepers of both, and the mover, are killed with SIGKILL again and again.
 *
 * VT_RELOCATE_FILES, VT_RELOCATE_BYTES and VT_RELOCATE_KILLS say how many files of how many
 * bytes together, and how often each of the three dies; without them it is small.  At the
 * end: both roots are equal, every file that was acknowledged is at the destination alone,
 * no look-up failed, nobody read anything, the papers hold offline, the key is gone.
 *
 * Look-ups are asked again over a new connection when one was cut off, as clients do; those
 * that have no answer then have failed. */
#include "cell/share_receipt.h"
#include "http/client.h"
#include "tests/moving_cells.h"
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum {
    UPLOADS_MAX = 200000,
    UPLOAD_BYTES_MAX = 20000,
    UPLOAD_EVERY_MS = 25,
    LOOKUP_EVERY_MS = 5,
    CALL_MS = 5000,
    PATIENCE_MS = 60000, /* for one upload, whoever dies meanwhile */
    STRIKE_EVERY_MS = 700,
    OFTEN = 4,
    /* Of more deaths: a cell that dies sooner than it is called healthy again, some times
     * one behind the other, gives up. */
    HEALTHY_MS = 12000,
    MOVER_LIVES_MS = 1500,
    TICK_MS = 100,
    CUT_OVER_IN_S = 8,
    CUT_OVER_LATER_S = 40, /* where much is to be done until then */
    PAUSE_MS_MAX = 1000,
    ALARM_S = 300,
};

struct upload {
    vt_hash object;
    int cell;
    int64_t at_ms;
};

/* What the processes of the load tell. */
struct shared {
    volatile bool is_over;
    volatile unsigned lookups, failed, asked_again, longest_ms;
    volatile unsigned uploads, refused, lost_answers;
    struct upload done[UPLOADS_MAX];
};

static struct vt_moving_cells w;
static struct shared *shared;
static const char *job;
static uint64_t files, average;
static unsigned kills;

/* Of twenty files fourteen are small, five as the average, and one is large. */
static size_t bytes_of(unsigned i)
{
    unsigned kind = i % 20;
    uint64_t bytes = kind < 14   ? average / 10
                     : kind < 19 ? average
                                 : average * 20 - 14 * (average / 10) - 5 * average;

    return (size_t)(bytes - (bytes > 64 ? i % 32 : 0) + 1);
}

/* ---- load -------------------------------------------------------------------------------
 */

static int call(struct vt_http_client *http, int cell, const char *method, const char *path,
                const char *type, vt_slice body, struct vt_buf *document)
{
    char url[400];
    struct vt_http_call one = { .url = url,
                                .method = method,
                                .body = body,
                                .content_type = type,
                                .timeout_ms = CALL_MS,
                                .answer_bytes_max = VT_MIB(4) };
    struct vt_error err = { 0 };
    int status;

    (void)snprintf(url, sizeof url, "%s/%s", w.cells[cell].serving.url, path);
    status = vt_http_client_run(http, &one, &err) ? one.status : 0;
    vt_buf_truncate(document, 0);
    vt_buf_put(document, vt_buf_slice(&one.answer));
    vt_http_call_clear(&one);
    return status;
}

static void look_up(int cell, const char *path)
{
    VT_AUTO_BUF document = vt_buf_init(VT_MIB(4));
    int64_t begun_ms = vt_monotonic_ms();
    unsigned took;
    int status = 0;

    for (unsigned attempt = 0; attempt < 3 && status != 200; attempt++) {
        VT_AUTO_HTTP_CLIENT http = NULL;
        struct vt_error err = { 0 };

        VT_CHECK_OK(vt_http_client_new(&http, &err));
        status = call(http, cell, NULL, path, NULL, (vt_slice){ 0 }, &document);
        shared->asked_again += attempt != 0;
    }
    took = (unsigned)(vt_monotonic_ms() - begun_ms);
    shared->lookups++;
    shared->failed += status != 200;
    if (took > shared->longest_ms)
        shared->longest_ms = took;
}

static void look_things_up(void)
{
    for (unsigned i = 0; !shared->is_over; i++) {
        look_up((int)(i % 2), i % 4 < 2 ? VT_CELL_HEAD_PATH : w.cells[i % 2].filter);
        (void)poll(NULL, 0, LOOKUP_EVERY_MS);
    }
}

/* One attempt: 200 it is there; 421 or 503 another cell must be asked. */
static int try_upload(struct vt_http_client *http, int cell, const struct vt_shared *file)
{
    VT_AUTO_BUF text = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX);
    VT_AUTO_BUF document = vt_buf_init(VT_MIB(4));
    struct vt_error err = { 0 };
    char hash[65], path[120];
    int status;

    VT_CHECK_OK(vt_share_request_write(&file->request, &text, &err));
    status =
        call(http, cell, "POST", "sample", VT_SHARE_TYPE, vt_buf_slice(&text), &document);
    if (status != 201 && status != 202)
        return status;
    vt_hash_text(&file->request.object, hash);
    (void)snprintf(path, sizeof path, "sample/%s?offset=0", hash);
    return call(http, cell, "PUT", path, "application/octet-stream", file->body, &document);
}

/* As a client does: the cell that the table names, else the other one, until there is a
 * receipt. */
static void upload(struct vt_http_client *http, int *cell, unsigned number)
{
    size_t len = 1 + (size_t)number * 7919 % UPLOAD_BYTES_MAX;
    VT_AUTO_FREE uint8_t *plain = vt_alloc(len);
    struct vt_env env = vt_env_real();
    int64_t end_ms = vt_monotonic_ms() + PATIENCE_MS;
    struct vt_shared file = { .body = { NULL, 0 } };
    int status = 421;

    vt_env_random(&env, plain, len);
    for (bool is_first = true; status != 200; is_first = false) {
        VT_CHECK_SAYING(vt_monotonic_ms() < end_ms, "an upload was not taken: %d", status);
        if (status == 421 || status == 503) { /* sealed for whom it goes to */
            int64_t now = vt_env_now_unix_s(&env);

            if (!is_first)
                *cell = 1 - *cell;
            file = vt_sharing_seal_for(&w.cells[*cell].recipient, &env,
                                       vt_slice_of(plain, len), number / 8, now);
            file.request.rule = VT_LIT(VT_SHARING_RULE);
            vt_sharing_sign_again(&file, number / 8, now);
        }
        status = try_upload(http, *cell, &file);
        shared->refused += status == 421 || status == 503;
        shared->lost_answers += status == 0;
        if (status == 200)
            break;
        (void)poll(NULL, 0, 2);
    }
    shared->done[number] = (struct upload){ file.request.object, *cell, vt_monotonic_ms() };
    shared->uploads = number + 1;
}

static void share_things(void)
{
    VT_AUTO_HTTP_CLIENT http = NULL;
    struct vt_error err = { 0 };
    int cell = 0;

    VT_CHECK_OK(vt_http_client_new(&http, &err));
    for (unsigned i = 0; !shared->is_over && i < UPLOADS_MAX; i++) {
        upload(http, &cell, i);
        (void)poll(NULL, 0, UPLOAD_EVERY_MS);
    }
}

static pid_t start_load(void (*run)(void))
{
    pid_t whole = getpid(), pid = fork();

    VT_CHECK(pid >= 0);
    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == whole)
        run();
    _exit(0);
}

static void end_load(const pid_t pids[2])
{
    int status;

    shared->is_over = true;
    for (size_t i = 0; i < 2; i++) {
        VT_CHECK(waitpid(pids[i], &status, 0) == pids[i]);
        VT_CHECK_SAYING(status == 0, "the load ended with %d", status);
    }
}

/* ---- the mover, and who kills -----------------------------------------------------------
 */

static pid_t start_mover(const char *verb, const char *option, const char *value)
{
    const struct vt_served_custody *c = &w.custody;
    const char *argv[] = { vt_test_vitrine(),
                           "relocate",
                           verb,
                           "--job",
                           job,
                           "--trust",
                           vt_served_custody_path(c, "trust.json"),
                           "--enrolment",
                           vt_served_custody_path(c, "enrolled-5.json"),
                           option,
                           value,
                           NULL };
    pid_t pid = fork();

    VT_CHECK(pid >= 0);
    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    VT_CHECK(freopen(vt_test_path("mover.out"), "a", stdout) != NULL &&
             freopen(vt_test_path("mover.err"), "a", stderr) != NULL);
    (void)execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(99);
}

static bool has_begun(void)
{
    return vt_path_exists(vt_test_print("%s/begun", job));
}

static pid_t move_on(const char *rate)
{
    return start_mover(has_begun() ? "resume" : "start", rate != NULL ? "--rate" : NULL,
                       rate);
}

enum { SOURCE, DESTINATION, MOVER, VICTIMS };

struct victim {
    pid_t seen;
    int64_t since_ms; /* it was seen for the first time */
    unsigned deaths;
};

static int64_t life_ms(unsigned whom, unsigned missed)
{
    if (whom == MOVER)
        return missed == 0 ? MOVER_LIVES_MS : 0; /* else it ends by itself before */
    return kills > OFTEN ? HEALTHY_MS : STRIKE_EVERY_MS;
}

static bool is_ripe(struct victim *victim, pid_t pid, int64_t lives_ms)
{
    if (pid != victim->seen) {
        victim->seen = pid;
        victim->since_ms = vt_monotonic_ms();
    }
    return pid > 0 && victim->deaths < kills &&
           vt_monotonic_ms() - victim->since_ms >= lives_ms;
}

/* One of them, if one has lived long enough; in turn. */
static bool strike(struct victim victims[VICTIMS], unsigned first, pid_t mover,
                   unsigned missed)
{
    for (unsigned i = 0; i < VICTIMS; i++) {
        unsigned whom = (first + i) % VICTIMS;
        pid_t pid =
            whom == MOVER ? mover : vt_test_role_of(&w.cells[whom].serving, "cell-keeper");

        if (is_ripe(&victims[whom], pid, life_ms(whom, missed)) &&
            kill(pid, SIGKILL) == 0) {
            victims[whom].deaths++;
            return true;
        }
    }
    return false;
}

static void move_the_rest(void)
{
    int status = -1;

    for (unsigned i = 0; i < 5; i++) {
        pid_t mover = move_on(NULL);

        VT_CHECK(waitpid(mover, &status, 0) == mover);
        if (status == 0)
            return;
        (void)poll(NULL, 0, 1000); /* a keeper is being started again */
    }
    vt_test_fail(__FILE__, __LINE__, "the move did not end: %d", status);
}

/* Each dies `kills` times; a mover that ended is started again. */
static void move_under_fire(void)
{
    struct victim victims[VICTIMS] = { { .seen = 0 } };
    uint64_t lasts_ms = UINT64_C(1) + kills * (uint64_t)(life_ms(SOURCE, 0) + 2000);
    uint64_t rate_mib = (files * average * 1000 / lasts_ms) >> 20;
    const char *slow = vt_test_print("%ju", (uintmax_t)(rate_mib != 0 ? rate_mib : 1));
    unsigned struck = 0, missed = 0;
    int64_t last_ms = vt_monotonic_ms();
    pid_t mover = move_on(slow);
    int status;

    while (struck < VICTIMS * kills) {
        (void)poll(NULL, 0, TICK_MS);
        if (waitpid(mover, &status, WNOHANG) == mover) {
            missed += status == 0;
            mover = move_on(slow);
        }
        if (has_begun() && vt_monotonic_ms() - last_ms >= STRIKE_EVERY_MS &&
            strike(victims, struck, mover, missed)) {
            struck++;
            last_ms = vt_monotonic_ms();
        }
    }
    VT_CHECK(waitpid(mover, &status, 0) == mover);
    move_the_rest();
}

static const char *run_mover(int exit_code, const char *verb, const char *option,
                             const char *value, const char *other, const char *its)
{
    const struct vt_served_custody *c = &w.custody;

    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "relocate", verb, "--job", job, "--trust",
                               vt_served_custody_path(c, "trust.json"), "--enrolment",
                               vt_served_custody_path(c, "enrolled-5.json"), option, value,
                               other, its));
}

/* ---- at the end -------------------------------------------------------------------------
 */

static void must_say(const char *said, const char *words)
{
    VT_CHECK_SAYING(strstr(said, words) != NULL, "no '%s' in: %s", words, said);
}

static uint64_t number_behind(const char *said, const char *words)
{
    const char *at = strstr(said, words);
    uint64_t out = 0;

    VT_CHECK_SAYING(at != NULL, "no '%s' in: %s", words, said);
    at += strlen(words);
    VT_CHECK(
        vt_decimal_parse(vt_slice_of((const uint8_t *)at, strspn(at, "0123456789")), &out));
    return out;
}

/* Between the last upload that the one took and the first that the other did. */
static int64_t pause_of_clients(unsigned *at_source)
{
    int64_t last_ms = 0;

    for (unsigned i = 0; i < shared->uploads; i++) {
        if (shared->done[i].cell == 1) {
            *at_source = i;
            return shared->done[i].at_ms - last_ms;
        }
        last_ms = shared->done[i].at_ms;
    }
    vt_test_fail(__FILE__, __LINE__, "the destination took no upload");
}

/* Every acknowledged upload is at the destination, and not at the source. */
static void check_uploads(void)
{
    VT_AUTO_HTTP_CLIENT http = NULL;
    VT_AUTO_BUF document = vt_buf_init(VT_MIB(4));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_http_client_new(&http, &err));
    for (unsigned i = 0; i < shared->uploads; i++) {
        char hash[65], path[100];
        int there, here;

        vt_hash_text(&shared->done[i].object, hash);
        (void)snprintf(path, sizeof path, "sample/%s", hash);
        there = call(http, 1, NULL, path, NULL, (vt_slice){ 0 }, &document);
        here = call(http, 0, NULL, path, NULL, (vt_slice){ 0 }, &document);
        VT_CHECK_SAYING(there == 200 && here == 404,
                        "upload %u of cell %d: %d at the destination, %d at the source", i,
                        shared->done[i].cell, there, here);
    }
}

static uint64_t count_files(const char *folder)
{
    uint64_t count = 0;
    DIR *dir = opendir(folder);
    struct dirent *entry;

    VT_CHECK(dir != NULL);
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            count += entry->d_type == DT_DIR
                         ? count_files(vt_test_print("%s/%s", folder, entry->d_name))
                         : 1;
    (void)closedir(dir);
    return count;
}

static uint64_t bodies_of(int cell)
{
    return count_files(vt_test_print("%s/body", w.cells[cell].samples));
}

static const char *check_agent(uint64_t moved, uint64_t *given_out)
{
    const char *agent = vt_served_custody_path(&w.custody, "agent");
    const char *said =
        vt_test_run(0, VT_ARGV("vitrine", "keyagent", "status", "--dir", agent));

    must_say(said, "released 0, 0 file keys");
    *given_out = number_behind(said, "rewrapped ");
    VT_CHECK_SAYING(*given_out >= moved, "%s", said);
    return agent;
}

/* On the agent's machine, the agent stopped meanwhile. */
static void destroy_key(const char *agent)
{
    vt_test_stop(&w.custody.agent, 0);
    must_say(run_mover(0, "finish", "--agent", agent, NULL, NULL), "its key is destroyed");
    vt_served_custody_start_agent(&w.custody);
    must_say(run_mover(0, "refused", NULL, NULL, NULL, NULL), "was destroyed");
}

static const char *in_job(const char *name)
{
    return vt_test_print("%s/%s", job, name);
}

/* All servers are stopped by now. */
static uint64_t check_papers(const char *canary)
{
    const struct vt_served_custody *c = &w.custody;
    const char *trust = vt_served_custody_path(c, "trust.json"), *said;

    (void)vt_custody_write_key(&w.custody.world, "supervisor.key",
                               vt_world_key(VT_P_SUPERVISOR));
    (void)vt_test_run(0, VT_ARGV("vitrine", "relocate", "countersign", "--begun",
                                 in_job("begun"), "--done", in_job("done"), "--origin",
                                 VT_CUSTODY_ORIGIN, "--trust", trust, "--key",
                                 vt_served_custody_path(c, "supervisor.key"), "--out",
                                 in_job("both")));
    said =
        vt_test_run(0, VT_ARGV("vitrine", "relocate", "confirm", "--begun", in_job("begun"),
                               "--done", in_job("done"), "--countersigned", in_job("both"),
                               "--origin", VT_CUSTODY_ORIGIN, "--trust", trust,
                               "--manifest", in_job("manifest"), "--json"));
    must_say(said, canary);
    return number_behind(said, "\"objects\":");
}

/* ---- all of it --------------------------------------------------------------------------
 */

/* The files that are there at the beginning; returns the canary's id. */
static const char *fill_source(void)
{
    const struct vt_moving_cell *from = &w.cells[0];
    char *hex = vt_arena_alloc(vt_test_arena(), 65);
    struct vt_samples *samples;
    struct vt_error err = { 0 };
    vt_hash object;

    VT_CHECK_OK(vt_moving_open(from->samples, from->name, &samples, &err));
    VT_CHECK_OK(vt_moving_fill(samples, 0, (unsigned)files, bytes_of, &from->recipient.key,
                               &from->recipient.digest, &err));
    VT_CHECK_OK(vt_moving_plant(samples, UINT32_MAX, VT_LIT("a canary"),
                                &from->recipient.key, &from->recipient.digest, &object,
                                &err));
    vt_samples_close(samples);
    vt_hash_text(&object, hex);
    return hex;
}

static void begin(void)
{
    files = vt_test_number("VT_RELOCATE_FILES", 300, UINT32_MAX);
    average = vt_test_number("VT_RELOCATE_BYTES", 3000000, UINT64_MAX) / files;
    kills = (unsigned)vt_test_number("VT_RELOCATE_KILLS", 1, 1000);
    VT_CHECK(files < UINT32_MAX && average >= 100 && kills <= 1000);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                  -1, 0);
    VT_CHECK(shared != MAP_FAILED);
    (void)alarm(ALARM_S + (unsigned)(files / 20));
    vt_moving_cells_make(&w);
    job = vt_moving_cells_job(&w, "job");
}

/* Both keepers are started again, and go by the new table. */
static bool know(int64_t cut_over)
{
    struct vt_channel ends[2] = { { .fd = -1 }, { .fd = -1 } };
    struct vt_mover mover = { .from = &ends[0], .to = &ends[1], .country = "CH" };
    struct vt_move_taking from, to;
    struct vt_error err = { 0 };
    bool is_so = vt_hatch_knock(w.cells[0].movers, VT_MOVE_PATIENCE_S, &ends[0], &err) &&
                 vt_hatch_knock(w.cells[1].movers, VT_MOVE_PATIENCE_S, &ends[1], &err) &&
                 vt_mover_taking(&mover, true, &from, &err) &&
                 vt_mover_taking(&mover, false, &to, &err) &&
                 from.next_unix_s == cut_over && to.next_unix_s == cut_over;

    for (size_t i = 0; i < 2; i++)
        vt_channel_clear(&ends[i]);
    return is_so;
}

static void cut_over(const char *canary)
{
    int64_t at = time(NULL) + (kills > OFTEN ? CUT_OVER_LATER_S : CUT_OVER_IN_S);

    vt_moving_cells_cut_over(&w, at);
    while (!know(at)) {
        VT_CHECK_SAYING(time(NULL) < at, "the cells do not go by the new table");
        (void)poll(NULL, 0, TICK_MS);
    }
    must_say(run_mover(0, "finish", "--wait", "90s", "--canary", canary),
             "nothing is left at the source");
}

static void a_country_moves(void)
{
    pid_t load[2];
    const char *canary, *agent, *said;
    uint64_t pause_ms, objects, given;
    unsigned at_source = 0;
    int64_t clients_ms;

    begin();
    canary = fill_source();
    vt_moving_cells_start(&w);
    load[0] = start_load(look_things_up);
    load[1] = start_load(share_things);
    move_under_fire();
    cut_over(canary);
    (void)poll(NULL, 0, 2000); /* uploads go on at the destination */
    end_load(load);
    said = vt_test_run(0, VT_ARGV("vitrine", "relocate", "verify", "--job", job, "--trust",
                                  vt_served_custody_path(&w.custody, "trust.json")));
    must_say(said, "equal");
    said = vt_test_run(0, VT_ARGV("vitrine", "relocate", "progress", "--job", job));
    pause_ms = number_behind(said, "nobody took uploads for ");
    clients_ms = pause_of_clients(&at_source);
    check_uploads();
    agent = check_agent(files + at_source, &given);
    destroy_key(agent);
    vt_moving_cells_stop(&w);
    objects = check_papers(canary);
    (void)printf("  %ju files of %ju bytes and %u uploads (%u before the cut-over); killed "
                 "%u times each: source, destination, mover; %u answers lost; %ju objects "
                 "moved, %ju headers given\n"
                 "  %u look-ups, %u asked again, %u failed, the longest %u ms; cut-over: "
                 "%ju ms, %jd ms between two uploads\n",
                 (uintmax_t)files, (uintmax_t)(files * average), shared->uploads, at_source,
                 kills, shared->lost_answers, (uintmax_t)objects, (uintmax_t)given,
                 shared->lookups, shared->asked_again, shared->failed, shared->longest_ms,
                 (uintmax_t)pause_ms, (intmax_t)clients_ms);
    VT_CHECK(shared->failed == 0 && shared->lookups > 100);
    VT_CHECK(objects >= files + 1 + at_source);
    VT_CHECK(bodies_of(0) == 0);
    VT_CHECK(bodies_of(1) >= objects + shared->uploads - at_source);
    VT_CHECK(pause_ms <= PAUSE_MS_MAX && clients_ms <= PAUSE_MS_MAX);
}

static const struct vt_case cases[] = {
    { "a country moves under fire", a_country_moves },
};

VT_TEST_MAIN("soak_relocate", cases)
