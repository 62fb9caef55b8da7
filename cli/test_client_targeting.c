/* A cell that shows one client something else than all others: another verdict, another
 * key, another list of what it may collect, an older head, a bucket with an entry left out.
 * What is published is real; a lie is laid over it, with the real keys of the cell, of its
 * ledger, and where a row says so of every witness.  The client is the command. */
#include "cell/head.h"
#include "cell/site.h"
#include "evidence/field.h"
#include "tests/published_cell.h"

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "%s: wanted '%s': %s", name, words,     \
                    output)

enum { FOUND = 3, BITS = 2, ALL = 15, DAY_S = 86400 };

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static const char *client(int exit_code, const char *home, const char *file)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "client", "lookup", file, "--home", path(home)));
}

/* A client of that name, with the switch on. */
static void make_client(const char *home)
{
    (void)vt_test_run(0, VT_ARGV("rm", "-rf", path(home)));
    (void)vt_test_run(0, VT_ARGV("vitrine", "client", "init", "--home", path(home),
                                 "--trust", path("trust.json"), "--policy",
                                 path("residency.json"), "--country", "DE"));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "client", "consent", "ask", "on", "--home", path(home)));
}

static void publish(const char *table)
{
    (void)vt_published_epoch(0, table, "--bits", "2");
}

/* ---- lying heads ------------------------------------------------------------------------
 */

/* A head as the cell would show it to one client: the true one, but for what is changed. */
struct forgery {
    struct vt_cell_head head;
    unsigned signers, leave_signers;
    struct vt_world_place place, leave_place;
    const char *asked_rule, *allowed_rule; /* asked NULL: it collects nothing */
    bool has_leave;
    const char *other_recipient;
};

static struct vt_head_file *read_true_head(const struct vt_published *p)
{
    struct vt_error err = { 0 };
    struct vt_head_file *file;

    VT_CHECK_OK(vt_head_file_parse(vt_test_read(vt_test_print("%s/head.json", p->folder)),
                                   &file, &err));
    vt_test_keep(file);
    return file;
}

/* As the next epoch, seen by everybody: no more wrong with it than the row says. */
static struct forgery forge_next(const struct vt_published *p)
{
    struct forgery f = {
        .head = read_true_head(p)->head,
        .signers = VT_BIT(VT_P_CELL),
        .leave_signers = VT_BIT(VT_P_SUPERVISOR),
        .place = { VT_CELL_WORLD_ORIGIN, VT_P_HEADS, 0, 0, ALL, p->now },
        .leave_place = { VT_WORLD_ORIGIN, VT_P_LOG, 9, 1000, ALL, p->now - 2 * DAY_S },
        .allowed_rule = "collect_lamp",
        .has_leave = true,
    };

    f.head.epoch++;
    f.place.index = f.head.epoch;
    f.place.size = f.head.epoch + 1;
    return f;
}

static vt_slice make_leave(const struct forgery *f)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64));
    VT_AUTO_JSON predicate = json_pack(
        "{s:s,s:[s],s:[],s:s,s:s}", "product", "lamp", "rules", f->allowed_rule, "hashes",
        "purpose", "samples", "created", vt_world_time(f->leave_place.time));

    VT_CHECK_OK(vt_statement_write_about_itself(VT_COLLECTION, predicate, &payload, &err));
    return vt_world_sign(vt_buf_slice(&payload), f->leave_signers);
}

static void lay_head(const struct forgery *f)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64)), out = vt_buf_init(VT_MIB(1));
    struct vt_cell_head head = f->head;
    vt_slice leave = make_leave(f), proof = vt_world_prove_at(&f->leave_place, leave);
    vt_hash digest = vt_envelope_digest(leave);
    vt_slice envelope;

    if (f->other_recipient != NULL)
        head.recipients = json_pack("[s]", vt_world_digest(f->other_recipient));
    if (f->asked_rule != NULL)
        head.collections =
            json_pack("[{s:o,s:[s],s:[]}]", "authorisation", vt_field_of_hash(&digest),
                      "rules", f->asked_rule, "hashes");
    vt_test_keep(head.recipients);
    vt_test_keep(head.collections);
    VT_CHECK_OK(vt_cell_head_write(&head, &payload, &err));
    envelope = vt_world_sign(vt_buf_slice(&payload), f->signers);
    VT_CHECK_OK(vt_head_file_write(envelope, vt_world_prove_at(&f->place, envelope), &leave,
                                   &proof, f->asked_rule != NULL && f->has_leave, &out,
                                   &err));
    vt_published_lie("head.json", vt_buf_slice(&out));
}

/* The one whom it is shown to refuses it with that reason, remembers nothing of it, and
 * goes on with the truth. */
static void must_refuse(const char *name, const struct forgery *f, const char *reason)
{
    vt_slice before = vt_test_read(path("victim/cells.json"));
    const char *output;

    lay_head(f);
    output = client(1, "victim", vt_published_hash(FOUND));
    MUST_SAY(output, vt_test_print("the head is refused (%s): ", reason));
    VT_CHECK(strstr(output, "malicious") == NULL && strstr(output, "clean") == NULL);
    VT_CHECK_SAYING(vt_slice_equal(before, vt_test_read(path("victim/cells.json"))),
                    "%s: it was remembered", name);
    vt_published_be_honest();
    MUST_SAY(client(1, "victim", vt_published_hash(FOUND)), ": malicious (");
}

/* Two clients; both have seen the epoch that is published. */
static void begin(struct vt_published *p, bool has_relay)
{
    static const char name[] = "begin";

    vt_published_lay_out(p, has_relay);
    publish("table");
    make_client("victim");
    MUST_SAY(client(1, "victim", vt_published_hash(FOUND)), ": malicious (");
}

#define BUT(what, reason, change)                                                          \
    do {                                                                                   \
        struct forgery f = forge_next(&p);                                                 \
        change;                                                                            \
        must_refuse(what, &f, reason);                                                     \
    } while (0)

/* The forger's tools make a head that is taken where nothing is wrong with it. */
static void must_take(const char *name, const struct forgery *f)
{
    make_client("twin");
    lay_head(f);
    MUST_SAY(client(1, "twin", vt_published_hash(FOUND)), ": malicious (");
    vt_published_be_honest();
}

static void another_key(void)
{
    struct vt_published p;
    struct forgery twin;

    begin(&p, false);
    twin = forge_next(&p);
    must_take("nothing wrong", &twin);
    BUT("a recipient that nobody certified", "uncertified", f.other_recipient = "evil");
    BUT("a gateway's key that nobody certified", "uncertified",
        f.head.ohttp = vt_sha256_of(VT_LIT("evil")));
    BUT("a schema that nobody certified", "uncertified",
        f.head.statistics = vt_sha256_of(VT_LIT("evil")));
    BUT("signed by somebody else", "cell-missing", f.signers = VT_BIT(VT_P_STRANGER));
    BUT("from another place", "jurisdiction", f.head.jurisdiction = VT_LIT("RU"));
}

static void another_list_of_what_is_collected(void)
{
    struct vt_published p;
    struct forgery twin;

    begin(&p, false);
    twin = forge_next(&p);
    twin.asked_rule = "collect_lamp";
    must_take("with the supervisor's leave", &twin);
    BUT("without leave", "collection",
        (f.asked_rule = "collect_lamp", f.has_leave = false));
    BUT("more than was allowed", "collection", f.asked_rule = "collect_everything");
    BUT("the cell's own leave", "collection",
        (f.asked_rule = "collect_lamp", f.leave_signers = VT_BIT(VT_P_CELL)));
    BUT("public for an hour only", "collection",
        (f.asked_rule = "collect_lamp", f.leave_place.time = f.place.time - 3600));
    BUT("a leave that was never public", "collection",
        (f.asked_rule = "collect_lamp", f.leave_place.witnesses = 0));
}

static void another_head(void)
{
    struct vt_published p;
    struct forgery same;

    begin(&p, false);
    publish("table"); /* epoch 1; the victim has seen 0 alone */
    BUT("seen by two witnesses of four", "no-quorum", f.place.witnesses = 3);
    BUT("not in its place", "index", f.place.index--);
    BUT("one behind it", "index", f.place.size++);
    BUT("valid for a year", "expired",
        f.head.until_unix_s = f.head.from_unix_s + 365 * DAY_S);
    /* With every witness on the cell's side there is still the client's memory. */
    same = forge_next(&p);
    same.head = read_true_head(&p)->head;
    same.place.index = same.head.epoch;
    same.place.size = same.head.epoch + 1;
    same.head.tree.root = vt_sha256_of(VT_LIT("another tree"));
    must_refuse("another head of an epoch", &same, "repeated");
    same.head = read_true_head(&p)->head;
    must_refuse("another history", &same, "fork");
    same.head.epoch = same.place.index = 0;
    same.place.size = 1;
    must_refuse("an older head", &same, "older");
}

/* The true one of the epoch before, shown again. */
static void an_older_head(void)
{
    static const char name[] = "an older head";
    struct vt_published p;
    vt_slice old;

    begin(&p, false);
    old = vt_test_read(path("cell/public/head.json"));
    publish("table");
    MUST_SAY(client(1, "victim", vt_published_hash(FOUND)), ": malicious (");
    vt_published_lie("head.json", old);
    MUST_SAY(client(1, "victim", vt_published_hash(FOUND)),
             "the head is refused (older): epoch 0 is older than epoch 1, seen before");
    vt_published_be_honest();
    MUST_SAY(client(1, "victim", vt_published_hash(FOUND)), ": malicious (");
}

/* The cell makes two heads of one epoch, with its own key and its ledger's: the witnesses,
 * which are programs of their own here, sign one of them alone. */
static void two_heads_of_one_epoch(void)
{
    static const char name[] = "two heads";
    struct vt_published p;
    const char *output;

    begin(&p, false);
    (void)vt_test_run(0, VT_ARGV("cp", "-a", path("heads"), path("heads-copy")));
    publish("table");
    vt_published_list("other", 0, VT_PUBLISHED_FILES - 1);
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "verdicts", "--list", path("other"),
                                 "--out", path("other-table")));
    (void)vt_test_run(0, VT_ARGV("rm", "-rf", path("heads")));
    (void)vt_test_run(0, VT_ARGV("mv", path("heads-copy"), path("heads")));
    output = vt_published_epoch(1, "other-table", "--bits", "2");
    MUST_SAY(output, "epoch 1 is in the ledger, but not published yet: too few witnesses "
                     "cosigned; missing: w0 (refused), w1 (refused), w2 (refused), w3 "
                     "(refused)");
    MUST_SAY(client(1, "victim", vt_published_hash(FOUND)), ": malicious (");
    MUST_SAY(vt_test_run(1, VT_ARGV("vitrine", "client", "lookup", vt_published_hash(FOUND),
                                    "--home", path("victim"), "--json")),
             "\"epoch\":1");
}

/* ---- lying files ------------------------------------------------------------------------
 */

/* What is published, as its maker knows it. */
struct shown {
    struct vt_verdicts table;
    struct vt_cell_tree tree;
    struct vt_cell_nodes nodes;
    vt_hash hash; /* the file that is asked about */
    uint32_t index;
    char bucket[VT_CELL_PATH_BYTES], other_bucket[VT_CELL_PATH_BYTES],
        node[VT_CELL_PATH_BYTES], filter[VT_CELL_PATH_BYTES];
};

static void look(const struct vt_published *p, struct shown *s)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_verdicts_open(path("table"), &s->table, &err));
    VT_CHECK_OK(vt_cell_tree_build(&s->table, BITS, &s->tree, &s->nodes, &err));
    VT_CHECK(vt_hash_parse_hex(vt_slice_from_cstr(vt_published_hash(FOUND)), &s->hash));
    s->index = vt_bucket_of(&s->hash, BITS);
    vt_cell_bucket_path(s->tree.bucket_bytes, &s->nodes.levels[0][s->index], s->bucket);
    vt_cell_bucket_path(s->tree.bucket_bytes, &s->nodes.levels[0][s->index ^ 1],
                        s->other_bucket);
    vt_cell_node_path(&s->tree.root, s->node);
    vt_cell_filter_path(&read_true_head(p)->head.filter.hash, s->filter);
}

/* The bucket with the file's row left out, or said to be clean; well-formed, and padded. */
static vt_slice other_bucket(const struct shown *s, bool is_left_out)
{
    struct vt_error err = { 0 };
    uint64_t begin = vt_cell_bucket_begin(&s->table, BITS, s->index);
    uint64_t end = vt_cell_bucket_begin(&s->table, BITS, s->index + 1);
    VT_AUTO_BUF rows = vt_buf_init(VT_MIB(1));
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);

    for (uint64_t i = begin; i < end; i++) {
        vt_slice row = vt_slice_of(s->table.rows + i * VT_VERDICT_BYTES, VT_VERDICT_BYTES);

        if (memcmp(row.data, s->hash.bytes, VT_SHA256_BYTES) == 0 && is_left_out)
            continue;
        vt_buf_put(&rows, row);
        if (memcmp(row.data, s->hash.bytes, VT_SHA256_BYTES) == 0)
            memset(rows.data + rows.len - (VT_VERDICT_BYTES - VT_SHA256_BYTES), 0,
                   VT_VERDICT_BYTES - VT_SHA256_BYTES);
        if (memcmp(row.data, s->hash.bytes, VT_SHA256_BYTES) == 0)
            rows.data[rows.len - (VT_VERDICT_BYTES - VT_SHA256_BYTES)] = VT_STATE_CLEAN;
    }
    *out = vt_buf_init(VT_MIB(1));
    VT_CHECK_OK(
        vt_bucket_write(rows.data, rows.len / VT_VERDICT_BYTES, BITS, s->index, out, &err));
    while (out->len < s->tree.bucket_bytes)
        vt_buf_put_u8(out, 0);
    return vt_buf_slice(out);
}

/* A filter that does not hold the file. */
static vt_slice empty_filter(void)
{
    struct vt_error err = { 0 };
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);

    *out = vt_buf_init(VT_MIB(1));
    VT_CHECK_OK(vt_filter_write(NULL, 0, 16, out, &err));
    return vt_buf_slice(out);
}

/* The node with one hash exchanged for its neighbour's: the way leads to another bucket. */
static vt_slice other_node(const struct shown *s)
{
    vt_hash *hashes = vt_arena_alloc(vt_test_arena(), 4 * sizeof *hashes);

    memcpy(hashes, s->nodes.levels[0], 4 * sizeof *hashes);
    hashes[s->index] = hashes[s->index ^ 1];
    return vt_slice_of(hashes, 4 * sizeof *hashes);
}

static void must_refuse_file(const char *name, const char *where, vt_slice lie,
                             const char *words)
{
    const char *output;

    make_client("victim");
    vt_published_lie(where, lie);
    output = client(1, "victim", vt_published_hash(FOUND));
    MUST_SAY(output, words);
    VT_CHECK_SAYING(strstr(output, "clean") == NULL && strstr(output, "not-found") == NULL,
                    "%s: %s", name, output);
    vt_published_be_honest();
    MUST_SAY(client(1, "victim", vt_published_hash(FOUND)), ": malicious (");
}

static void lie_in_each_file(const struct vt_published *p)
{
    struct shown s = { .index = 0 };

    look(p, &s);
    must_refuse_file("an entry left out", s.bucket, other_bucket(&s, true),
                     "it is not what the head commits to: rows were left out, added or "
                     "changed");
    must_refuse_file("another verdict", s.bucket, other_bucket(&s, false),
                     "rows were left out, added or changed");
    must_refuse_file("another bucket", s.bucket,
                     vt_test_read(vt_test_print("%s/%s", p->folder, s.other_bucket)),
                     "rows were left out, added or changed");
    must_refuse_file("no bucket", s.bucket, (vt_slice){ 0 },
                     "the head commits to a file that is not served");
    must_refuse_file("another way", s.node, other_node(&s),
                     "it is not what the head commits to: hashes were left out");
    must_refuse_file("a filter without it", s.filter, empty_filter(),
                     "its bytes are not those that the head names");
    must_refuse_file("no filter", s.filter, (vt_slice){ 0 },
                     "the head commits to a file that is not served");
    vt_cell_nodes_clear(&s.nodes);
    vt_verdicts_close(&s.table);
}

static void another_file(void)
{
    struct vt_published p;

    begin(&p, false);
    lie_in_each_file(&p);
}

/* The same behind the relay, and a gateway's key for this client alone. */
static void another_file_through_the_relay(void)
{
    struct vt_published p;
    char where[VT_CELL_PATH_BYTES];

    begin(&p, true);
    lie_in_each_file(&p);
    vt_cell_ohttp_path(&read_true_head(&p)->head.ohttp, where);
    must_refuse_file("a key of its own", where, VT_LIT("a key for you alone"),
                     "its bytes are not those that the head names");
}

static const struct vt_case cases[] = {
    { "another key", another_key },
    { "another list of what is collected", another_list_of_what_is_collected },
    { "another head", another_head },
    { "an older head", an_older_head },
    { "two heads of one epoch", two_heads_of_one_epoch },
    { "another file", another_file },
    { "another file, through the relay", another_file_through_the_relay },
};

VT_TEST_MAIN("cli.client_targeting", cases)
