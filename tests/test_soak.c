/* A ledger under load while its processes are killed: what was acknowledged is there, once,
 * and every checkpoint that anybody saw is a beginning of the last one.
 *
 * `make check` gives it a few seconds; `make soak FOR=600s` as long as one likes, with
 * RATE entries a second and a kill every KILL seconds. */
#include "http/http.h"
#include "ledger/checkpoint.h"
#include "ledger/shelf.h"
#include "ledger/signer.h"
#include "ledger/tree.h"
#include "tests/crowd.h"
#include "tests/running.h"
#include "wire/note.h"
#include <signal.h>
#include <sys/socket.h>

#define ORIGIN "log.example/soak"

enum { NOTES_MAX = 1 << 16, LOOK_MS = 100 };

struct soak {
    struct vt_running running;
    struct vt_http_client *http;
    struct vt_crowd crowd;
    const char *port;
    struct vt_head *seen; /* checkpoints, in the order of looking */
    size_t seen_count, kills;
};

static void start(struct soak *s)
{
    s->running = vt_test_start(NULL, VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                             vt_test_path("log"), "--port", s->port));
}

/* ---- what the world sees meanwhile ------------------------------------------------------
 */

/* The log's signature on the last one is checked at the end, by fsck. */
static bool read_head(vt_slice bytes, struct vt_head *out)
{
    struct vt_checkpoint checkpoint;
    struct vt_error err = { 0 };
    struct vt_note note;

    if (!vt_note_parse(bytes, &note, &err) ||
        !vt_checkpoint_parse(note.text, &checkpoint, &err))
        return false;
    *out = (struct vt_head){ checkpoint.size, checkpoint.root };
    return true;
}

static void look(struct soak *s)
{
    struct vt_http_call call = { .url = vt_test_print("%s/checkpoint", s->running.url),
                                 .timeout_ms = 2000,
                                 .answer_bytes_max = VT_NOTE_BYTES_MAX };
    struct vt_error err = { 0 };

    if (vt_http_client_run(s->http, &call, &err) && call.status == 200) {
        struct vt_head head;

        VT_CHECK(read_head(vt_buf_slice(&call.answer), &head));
        VT_CHECK_SAYING(s->seen_count == 0 || head.size >= s->seen[s->seen_count - 1].size,
                        "a checkpoint went back from %ju to %ju entries",
                        (uintmax_t)s->seen[s->seen_count - 1].size, (uintmax_t)head.size);
        if (s->seen_count < NOTES_MAX)
            s->seen[s->seen_count++] = head;
    }
    vt_http_call_clear(&call);
}

/* ---- kills ------------------------------------------------------------------------------
 */

/* Each in its turn: one role (which is started again), or all at once. */
static void kill_something(struct soak *s)
{
    static const char *const roles[] = { "ledger-sequencer", "ledger-signer",
                                         "ledger-front" };
    size_t turn = s->kills++ % 4;

    if (turn < 3) {
        pid_t role = vt_test_role_of(&s->running, roles[turn]);

        VT_CHECK_SAYING(role > 0, "there is no %s to be killed", roles[turn]);
        VT_CHECK(kill(role, SIGKILL) == 0);
        return;
    }
    vt_test_kill(&s->running);
    start(s);
}

/* ---- afterwards -------------------------------------------------------------------------
 */

struct reading {
    struct soak *soak;
    struct vt_tree *tree;
    size_t next_seen; /* the first head that was not compared yet */
    uint64_t known;   /* entries that were acknowledged */
};

static void compare_seen(struct reading *r)
{
    struct soak *s = r->soak;
    vt_hash root;

    if (r->next_seen == s->seen_count || s->seen[r->next_seen].size != r->tree->size)
        return;
    root = vt_tree_root(r->tree);
    for (; r->next_seen < s->seen_count && s->seen[r->next_seen].size == r->tree->size;
         r->next_seen++)
        VT_CHECK_SAYING(vt_hash_equal(&root, &s->seen[r->next_seen].root),
                        "the checkpoint of %ju entries is no beginning of the last one",
                        (uintmax_t)r->tree->size);
}

static void read_entry(struct reading *r, vt_slice entry)
{
    struct vt_crowd *crowd = &r->soak->crowd;
    uint64_t index = r->tree->size, number;
    struct vt_error err = { 0 };
    vt_hash leaf = vt_sha256_leaf(entry);

    VT_CHECK_SAYING(vt_crowd_number(entry, &number) && number < crowd->sent,
                    "entry %ju was sent by nobody", (uintmax_t)index);
    VT_CHECK_SAYING(crowd->indexes[number] == index,
                    "entry %ju of the crowd was acknowledged at %ju and is at %ju",
                    (uintmax_t)number, (uintmax_t)crowd->indexes[number], (uintmax_t)index);
    r->known++;
    VT_CHECK_OK(vt_tree_append(r->tree, &leaf, NULL, &err));
    compare_seen(r);
}

/* All entries up to the last head: each one once, where its writer was told. */
static void read_all(struct soak *s, uint64_t size)
{
    VT_AUTO_FREE struct vt_tree *tree = vt_alloc(sizeof *tree);
    struct reading r = { .soak = s, .tree = tree };
    VT_AUTO_BUF bundle = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    VT_CHECK_OK(vt_disk_open(vt_test_path("log"), false, &disk, &err));
    compare_seen(&r);
    while (tree->size < size) {
        struct vt_tile_name name = { VT_TILE_ENTRIES, tree->size / VT_TILE_WIDTH,
                                     vt_tile_width(0, tree->size / VT_TILE_WIDTH, size) };
        vt_reader at;
        vt_slice entry;

        VT_CHECK_OK(vt_shelf_read_bundle(disk, &name, &bundle, &err));
        for (at = (vt_reader){ vt_buf_slice(&bundle) }; vt_bundle_read(&at, &entry);)
            read_entry(&r, entry);
    }
    vt_disk_close(disk);
    VT_CHECK(r.next_seen == s->seen_count);
    VT_CHECK_SAYING(r.known == s->crowd.acknowledged, "%ju acknowledged, %ju in the log",
                    (uintmax_t)s->crowd.acknowledged, (uintmax_t)r.known);
}

static bool all_is_published(void *context)
{
    struct soak *s = context;

    look(s);
    return s->seen_count > 0 && s->seen[s->seen_count - 1].size == s->crowd.sent;
}

/* The new log's verifier key. */
static const char *make_ledger(void)
{
    const char *told, *at;

    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "key", "new", "--out", vt_test_path("log.key")));
    told = vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", vt_test_path("log"),
                                  "--origin", ORIGIN, "--key", vt_test_path("log.key"),
                                  "--json"));
    at = strstr(told, "\"vkey\":\"");
    VT_CHECK_SAYING(at != NULL, "ledger init said: %s", told);
    at += strlen("\"vkey\":\"");
    return vt_test_print("%.*s", (int)strcspn(at, "\""), at);
}

static void nothing_acknowledged_is_lost(void)
{
    unsigned seconds = (unsigned)vt_test_number("VT_SOAK_SECONDS", 12, UINT32_MAX),
             every = (unsigned)vt_test_number("VT_SOAK_KILL", 2, UINT32_MAX);
    struct soak s = { .port = vt_test_free_port() };
    struct vt_error err = { 0 };
    const char *vkey;
    int64_t begin_ms = vt_monotonic_ms(), next_kill_ms = begin_ms + every * 1000;

    VT_CHECK_SAYING(every > 0, "VT_SOAK_KILL: 0 is no pause between two kills");
    vkey = make_ledger();
    s.seen = vt_arena_alloc(vt_test_arena(), NOTES_MAX * sizeof *s.seen);
    VT_CHECK_OK(vt_http_client_new(&s.http, &err));
    start(&s);
    s.crowd = (struct vt_crowd){ .port = (uint16_t)strtoul(s.port, NULL, 10),
                                 .size = 128,
                                 .rate = (unsigned)vt_test_number("VT_SOAK_RATE", 2000,
                                                                  UINT32_MAX) };
    vt_crowd_begin(&s.crowd, (uint64_t)(s.crowd.rate * (seconds + 10)));
    while (vt_monotonic_ms() - begin_ms < seconds * 1000) {
        vt_crowd_run(&s.crowd, LOOK_MS);
        look(&s);
        if (vt_monotonic_ms() >= next_kill_ms) {
            kill_something(&s);
            next_kill_ms += every * 1000;
        }
    }
    vt_crowd_settle(&s.crowd);
    VT_CHECK(vt_test_wait_until(all_is_published, &s));
    vt_test_stop(&s.running, 0);
    vt_http_client_free(s.http);
    read_all(&s, s.crowd.sent);
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "fsck", vt_test_path("log"), "--vkey", vkey));
    VT_CHECK(s.kills >= seconds / every / 2 && s.seen_count > seconds);
    (void)printf("# %ju entries in %u s, %zu kills, %ju requests sent again, %ju answers "
                 "other than 200, %zu checkpoints seen\n",
                 (uintmax_t)s.crowd.acknowledged, seconds, s.kills,
                 (uintmax_t)s.crowd.again, (uintmax_t)s.crowd.refused, s.seen_count);
}

static const struct vt_case cases[] = {
    { "nothing acknowledged is lost, no index is given twice",
      nothing_acknowledged_is_lost },
};

VT_TEST_MAIN("soak", cases)
