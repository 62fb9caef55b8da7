/* A cell that scans, under load, whose processes are killed with SIGKILL at random for
 * VT_SOAK_SECONDS (8 if nothing is said): the front that takes files, the keeper that has
 * the database, the scanner, its workers.  Clients go on until they have their receipt.
 *
 * At the end: what was acknowledged is there, byte by byte, under the receipt that was
 * shown first; it was scanned, and its key was released once.
 *
 * Whoever keeps the processes of a machine running is played here: what has ended is
 * started again. */
#include "cell/share_receipt.h"
#include "http/client.h"
#include "tests/archives.h"
#include "tests/scanning_world.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum {
    FILES_MAX = 8000, /* the policy allows 10,000 keys a day */
    PIECE = 7000,
    BODY_MAX = 20000,
    DRAIN_MS_MAX = 60000,
};

struct file {
    struct vt_shared shared;
    vt_hash receipt; /* of its bytes */
    bool has_receipt, is_bad;
    unsigned releases;
};

/* What the killer sees. */
struct target {
    volatile pid_t cell, scanner;
    volatile unsigned kills[4];
};

static struct vt_scanning_world w;
static struct target *target;
static struct file *files;
static struct vt_http_client *http;
static size_t count, lost_answers, starts_of_cell, starts_of_scanner;
static uint32_t dice;

static uint32_t throw_dice(uint32_t below)
{
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % below;
}

/* ---- the killer -------------------------------------------------------------------------
 */

static pid_t choose(unsigned which)
{
    static const char *const roles[] = { "cell-front", "cell-keeper", NULL, "scan-worker" };
    const struct vt_running cell = { .pid = target->cell },
                            scanner = { .pid = target->scanner };

    if (which == 2)
        return target->scanner;
    return vt_test_role_of(which == 3 ? &scanner : &cell, roles[which]);
}

/* A process beside the clients, so that it strikes in the middle of what they do. */
static pid_t start_killer(void)
{
    pid_t whole = getpid(), pid = fork();

    VT_CHECK(pid >= 0);
    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* it strikes nobody when the case is over */
    while (getppid() == whole) {
        unsigned which = throw_dice(4);
        pid_t victim;

        (void)poll(NULL, 0, (int)(50 + throw_dice(1000)));
        victim = choose(which);
        if (victim > 0 && kill(victim, SIGKILL) == 0)
            target->kills[which]++;
    }
    _exit(0);
}

/* ---- whoever starts again ---------------------------------------------------------------
 */

static bool has_ended(struct vt_running *running)
{
    if (waitpid(running->pid, NULL, WNOHANG) != running->pid)
        return false;
    (void)close(running->out);
    *running = (struct vt_running){ .pid = 0 };
    return true;
}

static void look_after(void)
{
    if (has_ended(
            &w.cell)) { /* it gives up after several deaths, one soon after the other */
        vt_scanning_start_cell(&w);
        target->cell = w.cell.pid;
        starts_of_cell++;
    }
    target->scanner = 0; /* once it is waited for, its number may be somebody else's */
    if (has_ended(&w.scanner)) {
        vt_scanning_start_scanner(&w);
        starts_of_scanner++;
    }
    target->scanner = w.scanner.pid;
}

/* ---- a client ---------------------------------------------------------------------------
 */

/* The status; 0: no answer came.  document: the answer. */
static int call(const char *method, const char *path, const char *type, vt_slice body,
                struct vt_buf *document)
{
    VT_AUTO_FREE char *url = vt_alloc(300);
    struct vt_http_call one = { .url = url,
                                .method = method,
                                .body = body,
                                .content_type = type,
                                .timeout_ms = 5000,
                                .answer_bytes_max = VT_KIB(64) };
    struct vt_error err = { 0 };
    int status;

    (void)snprintf(url, 300, "%s%s", w.cell.url, path);
    status = vt_http_client_run(http, &one, &err) ? one.status : 0;
    vt_buf_truncate(document, 0);
    vt_buf_put(document, vt_buf_slice(&one.answer));
    vt_http_call_clear(&one);
    return status;
}

static int wish(const struct file *file, struct vt_buf *document)
{
    VT_AUTO_BUF text = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_share_request_write(&file->shared.request, &text, &err));
    return call("POST", "/sample", VT_SHARE_TYPE, vt_buf_slice(&text), document);
}

static void path_of(const struct file *file, char out[100])
{
    char hash[65];

    vt_hash_text(&file->shared.request.object, hash);
    (void)snprintf(out, 100, "/sample/%s", hash);
}

/* Where to go on, as the cell says. */
static size_t offset_in(struct vt_buf *document)
{
    const char *at = strstr(vt_buf_cstr(document), "\"offset\":");
    uint64_t offset = 0;

    VT_CHECK_SAYING(at != NULL, "%s", vt_buf_cstr(document));
    at += 9;
    VT_CHECK(vt_decimal_parse(vt_slice_of(at, strspn(at, "0123456789")), &offset));
    return (size_t)offset;
}

static int put_piece(const struct file *file, struct vt_buf *document)
{
    size_t at = offset_in(document), left = file->shared.body.len - at;
    char object[100], path[140];

    path_of(file, object);
    (void)snprintf(path, sizeof path, "%s?offset=%zu", object, at);
    return call("PUT", path, "application/octet-stream",
                vt_slice_sub(file->shared.body, at, left < PIECE ? left : PIECE), document);
}

/* Whatever receipt is shown, it is the first one. */
static void take_receipt(struct file *file, vt_slice bytes)
{
    vt_hash hash = vt_sha256_of(bytes);

    VT_CHECK_SAYING(!file->has_receipt || vt_hash_equal(&hash, &file->receipt),
                    "two receipts for one file");
    file->has_receipt = true;
    file->receipt = hash;
}

/* Until there is a receipt, whoever dies. */
static void share(struct file *file)
{
    VT_AUTO_BUF document = vt_buf_init(VT_KIB(64));
    int status = 0;

    while (status != 200) {
        look_after();
        if (status != 201 && status != 202)
            status = wish(file, &document);
        else
            status = put_piece(file, &document);
        if (status >= 200 && status <= 202)
            continue;
        /* Gone, being started again, or more at once than it takes. */
        VT_CHECK_SAYING(status == 0 || status == 404 || status == 409 || status == 429 ||
                            status == 503,
                        "%d: %s", status, vt_buf_cstr(&document));
        lost_answers++;
        (void)poll(NULL, 0, 20);
    }
    take_receipt(file, vt_buf_slice(&document));
}

static void make_file(struct file *file)
{
    size_t len = 1 + throw_dice(BODY_MAX);
    VT_AUTO_FREE uint8_t *plain = vt_alloc(len);
    struct vt_env env = vt_env_real();
    int64_t now = vt_env_now_unix_s(&env);
    unsigned owner = (unsigned)count / 8; /* 60 wishes a minute each */

    for (size_t i = 0; i < len; i++)
        plain[i] = (uint8_t)throw_dice(256);
    file->is_bad = throw_dice(4) == 0;
    /* Each another file: of equal ones the cell would keep one alone. */
    file->shared = vt_sharing_seal(
        file->is_bad
            ? vt_test_archive("zip", "none", vt_test_print("%zu", count), vt_test_eicar())
            : vt_slice_of(plain, len),
        owner, now);
    file->shared.request.rule = VT_LIT(VT_SHARING_RULE);
    vt_sharing_sign_again(&file->shared, owner, now);
}

/* ---- at the end -------------------------------------------------------------------------
 */

static void wait_for_scans(void)
{
    int64_t end_ms = vt_monotonic_ms() + DRAIN_MS_MAX;
    uint64_t same = 0;

    while (same < 3) { /* three looks with an empty queue, more than idle apart */
        look_after();
        VT_CHECK_SAYING(vt_monotonic_ms() < end_ms, "%ju samples wait",
                        (uintmax_t)vt_scanning_number("waiting"));
        (void)poll(NULL, 0, 1100);
        same = vt_scanning_number("batches_total") + vt_scanning_number("reloads_total") +
                               vt_scanning_number("scanned_seconds") !=
                           0 &&
                       vt_scanning_number("waiting") == 0
                   ? same + 1
                   : 0;
    }
}

static void check_receipt(struct file *file)
{
    VT_AUTO_BUF document = vt_buf_init(VT_KIB(64));
    char path[100];
    int status;

    path_of(file, path);
    status = call("GET", path, NULL, (vt_slice){ 0 }, &document);
    VT_CHECK_SAYING(status == 200, "acknowledged, and lost: %d", status);
    take_receipt(file, vt_buf_slice(&document));
}

static void check_stored(struct vt_samples *samples, const struct file *file)
{
    const vt_hash *object = &file->shared.request.object;
    VT_AUTO_BUF outcome = vt_buf_init(VT_SAMPLE_OUTCOME_BYTES_MAX);
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(64));
    struct vt_sample_verdict verdict;
    struct vt_error err = { 0 };
    char path[VT_SAMPLE_PATH_BYTES];
    VT_AUTO_FREE char *whole = vt_alloc(4096);

    if (!vt_samples_verdict(samples, object, &verdict, &outcome, &err))
        vt_test_fail(__FILE__, __LINE__, "acknowledged, and never scanned: %s",
                     err.message);
    /* A worker that was killed on it says so; any other verdict is the right one. */
    VT_CHECK_SAYING(verdict.state == VT_SCAN_ENGINE_FAILED ||
                        verdict.state == (file->is_bad ? VT_SCAN_MALICIOUS : VT_SCAN_CLEAN),
                    "%s", vt_buf_cstr(&outcome));
    vt_sample_body_path(object, path);
    (void)snprintf(whole, 4096, "%s/%s", w.sharing.samples, path);
    VT_CHECK_OK(vt_file_read(whole, &body, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&body), file->shared.body));
    VT_CHECK_SAYING(file->releases == 1, "its key was released %u times", file->releases);
}

static int by_object(const void *a, const void *b)
{
    return memcmp(&((const struct file *)a)->shared.request.object,
                  &((const struct file *)b)->shared.request.object, sizeof(vt_hash));
}

static void count_release(void *context, const vt_hash *object, const vt_hash *rules)
{
    struct file wanted = { .shared.request.object = *object };
    struct file *file = bsearch(&wanted, files, count, sizeof *files, by_object);

    (void)context;
    VT_CHECK(vt_hash_equal(rules, &w.rules[0]));
    VT_CHECK_SAYING(file != NULL, "a key was released for what nobody shared");
    file->releases++;
}

static void check_all(void)
{
    struct vt_samples *samples;

    for (size_t i = 0; i < count; i++)
        check_receipt(&files[i]);
    vt_scanning_world_stop(&w);
    qsort(files, count, sizeof *files, by_object);
    vt_scanning_each_release(&w, count_release, NULL);
    samples = vt_scanning_open_store(&w);
    for (size_t i = 0; i < count; i++)
        check_stored(samples, &files[i]);
    vt_samples_close(samples);
}

/* ---- all of it --------------------------------------------------------------------------
 */

static void begin(void)
{
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };

    vt_env_random(&env, (uint8_t *)&dice, sizeof dice);
    (void)printf("  seed %u\n", dice);
    target = mmap(NULL, sizeof *target, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                  -1, 0);
    VT_CHECK(target != MAP_FAILED);
    files = vt_arena_alloc(vt_test_arena(), FILES_MAX * sizeof *files);
    VT_CHECK_OK(vt_http_client_new(&http, &err));
    vt_scanning_world_make(&w, VT_SCANNING_EICAR, NULL);
    vt_scanning_start_scanner(&w);
    target->cell = w.cell.pid;
    target->scanner = w.scanner.pid;
}

static void killed_at_random(void)
{
    int64_t end_ms;
    pid_t killer;

    begin();
    killer = start_killer();
    end_ms = vt_monotonic_ms() + 1000 * (int64_t)vt_test_number("VT_SOAK_SECONDS", 8, 3600);
    while (vt_monotonic_ms() < end_ms && count < FILES_MAX) {
        make_file(&files[count]);
        share(&files[count++]);
        (void)poll(NULL, 0,
                   (int)(1000 * (int64_t)vt_test_number("VT_SOAK_SECONDS", 8, 3600) /
                         FILES_MAX)); /* so that it lasts */
    }
    VT_CHECK(kill(killer, SIGKILL) == 0 && waitpid(killer, NULL, 0) == killer);
    wait_for_scans();
    check_all();
    vt_http_client_free(http);
    (void)printf("  %zu files; killed: front %u, keeper %u, scanner %u, worker %u times; "
                 "started again: cell %zu, scanner %zu times; %zu answers were lost\n",
                 count, target->kills[0], target->kills[1], target->kills[2],
                 target->kills[3], starts_of_cell, starts_of_scanner, lost_answers);
    VT_CHECK(target->kills[0] + target->kills[1] + target->kills[2] >= 1 && count >= 3);
}

static const struct vt_case cases[] = {
    { "a cell whose processes are killed at random", killed_at_random },
};

VT_TEST_MAIN("soak_cell", cases)
