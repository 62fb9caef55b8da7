/* vitrine ledger index and find: which entries concern this digest, key or name? */
#include "cli/for_ever.h"
#include "cli/files.h"
#include "cli/ledger_verbs.h"
#include "ledger/lookup.h"
#include "ledger/reader.h"
#include "ledger/shelf.h"
#include "wire/dsse.h"
#include "wire/base64.h"
#include "wire/json.h"

#define OPTIONS_WHOSE                                                                      \
    { .name = "dir",                                                                       \
      .value_name = "DIR",                                                                 \
      .help = "the log's folder: a ledger, or a copy (mirror, monitor)",                   \
      .is_required = true },                                                               \
        { .name = "vkey",                                                                  \
          .value_name = "VKEY",                                                            \
          .help = "a copy's verifier key; a ledger knows its own" },                       \
        { .name = "policy",                                                                \
          .value_name = "FILE",                                                            \
          .help = "or a tlog-policy that lists it" },                                      \
    {                                                                                      \
        .name = "origin", .value_name = "NAME", .help = "which log of the policy it is"    \
    }

const struct vt_option vt_cli_ledger_index_options[] = {
    OPTIONS_WHOSE,
    { .name = "verify",
      .help = "walk all tiles instead: does the index know every term of every entry?" },
    { .name = "interval",
      .value_name = "TIME",
      .help = "go on so often (10s, 5m), for ever" },
    { .name = NULL },
};

const struct vt_option vt_cli_ledger_find_options[] = {
    OPTIONS_WHOSE,
    { .name = "from", .value_name = "N", .help = "entries from this index on" },
    { .name = "max", .value_name = "N", .help = "so many at most; 100 if not given" },
    { .name = "proof-dir",
      .value_name = "DIR",
      .help = "write N.entry and N.tlog-proof of each into this folder" },
    { .name = NULL },
};

enum { FOUND_MAX = 10000 };

/* ---- the signed tree --------------------------------------------------------------------
 */

struct tree {
    struct vt_buf note;
    struct vt_head head;
};

static void tree_clear(struct tree *tree)
{
    vt_buf_clear(&tree->note);
}
#define AUTO_TREE __attribute__((cleanup(tree_clear))) struct tree

static bool judge(vt_slice note, const struct vt_policy *policy, vt_slice origin,
                  struct tree *tree, struct vt_error *err)
{
    struct vt_tlog_verdict verdict;

    if (note.len == 0)
        return vt_fail(err, VT_ABSENT, "nothing was published yet");
    if (!vt_tlog_checkpoint_verify(note, policy, origin, &verdict, err))
        return false;
    tree->head = (struct vt_head){ verdict.size, verdict.root };
    return true;
}

/* A ledger of ours says itself whose it is; of a copy the caller must. */
static bool read_tree(struct vt_args *args, struct vt_disk *disk, struct tree *tree,
                      struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_POLICY_BYTES_MAX);
    VT_AUTO_FREE struct vt_policy *policy = vt_alloc(sizeof *policy);
    VT_AUTO_LEDGER_READER reader = NULL;
    vt_slice origin;

    tree->note = vt_buf_init(VT_NOTE_BYTES_MAX);
    if (!vt_args_has(args, "vkey") && !vt_args_has(args, "policy") &&
        vt_disk_has(disk, "config.json")) {
        if (!vt_ledger_reader_open(vt_disk_path(disk), &reader, err))
            return false;
        vt_buf_put(&tree->note, vt_ledger_reader_checkpoint(reader));
        return judge(vt_buf_slice(&tree->note), vt_ledger_reader_policy(reader),
                     vt_ledger_reader_config(reader)->origin, tree, err);
    }
    return vt_cli_ledger_expectation(args, &text, policy, &origin, err) &&
           vt_disk_read(disk, "checkpoint", &tree->note, err) &&
           judge(vt_buf_slice(&tree->note), policy, origin, tree, err);
}

/* ---- index ------------------------------------------------------------------------------
 */

static void print_built(struct vt_args *args, const struct vt_lookup_report *report)
{
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack(
            "{s:b,s:I,s:I,s:I,s:I,s:I}", "ok", 1, "entries", (json_int_t)report->entries,
            "first", (json_int_t)report->first, "added", (json_int_t)report->added,
            "postings", (json_int_t)report->postings, "runs", (json_int_t)report->runs));
    else
        (void)printf("%ju %s indexed, %ju of them new: %ju term%s in %zu run%s\n",
                     (uintmax_t)(report->entries - report->first),
                     report->entries - report->first == 1 ? "entry is" : "entries are",
                     (uintmax_t)report->added, (uintmax_t)report->postings,
                     vt_plural(report->postings), report->runs, vt_plural(report->runs));
    if (!vt_args_is_json(args) && report->first != 0)
        (void)printf("entries before %ju are pruned and not indexed\n",
                     (uintmax_t)report->first);
    (void)fflush(stdout);
}

static bool build(struct vt_args *args, struct vt_disk *disk, bool is_loud,
                  struct vt_error *err)
{
    const struct vt_lookup_building how = { .run_postings = 0 };
    struct vt_lookup_report report;
    AUTO_TREE tree = { .head = { 0 } };

    if (!read_tree(args, disk, &tree, err) ||
        !vt_lookup_build(vt_disk_path(disk), tree.head.size, &how, &report, err))
        return false;
    if (is_loud || report.added != 0)
        print_built(args, &report);
    return true;
}

static bool verify(struct vt_args *args, struct vt_disk *disk, struct vt_error *err)
{
    const struct vt_lookup_building how = { .run_postings = 0 };
    struct vt_lookup_report report;
    uint64_t missing;

    if (!vt_lookup_verify(vt_disk_path(disk), &how, &missing, &report, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack(
            "{s:b,s:I,s:I,s:I}", "ok", missing == 0, "entries", (json_int_t)report.entries,
            "first", (json_int_t)report.first, "missing", (json_int_t)missing));
    else if (missing == 0 && report.first >= report.entries && report.first != 0)
        (void)printf("all %ju entries that are indexed are pruned: none is left to look "
                     "at\n",
                     (uintmax_t)report.entries);
    else if (missing == 0 && report.first != 0)
        (void)printf("the index is complete for entries %ju to %ju; those before are "
                     "pruned\n",
                     (uintmax_t)report.first, (uintmax_t)(report.entries - 1));
    else if (missing == 0)
        (void)printf("the index is complete for the first %ju entries\n",
                     (uintmax_t)report.entries);
    else
        (void)printf(
            "%ju terms of the first %ju entries are missing: remove %s/" VT_LOOKUP_FOLDER
            " and build it again\n",
            (uintmax_t)missing, (uintmax_t)report.entries, vt_disk_path(disk));
    vt_args_exit(args, missing == 0 ? VT_EXIT_OK : VT_EXIT_REFUSED);
    return true;
}

static bool run_index(struct vt_args *args, struct vt_disk *disk, struct vt_error *err)
{
    int64_t interval_s;
    bool is_ok;

    if (!vt_args_duration(args, "interval", 0, &interval_s, err))
        return false;
    if (vt_args_has(args, "verify"))
        return verify(args, disk, err);
    if (interval_s != 0)
        vt_cli_for_ever();
    is_ok = build(args, disk, true, err);
    while (is_ok && interval_s != 0) {
        vt_cli_rest(interval_s);
        is_ok = build(args, disk, false, err);
    }
    return is_ok;
}

/* ---- find -------------------------------------------------------------------------------
 */

struct finding {
    struct vt_args *args;
    struct tree tree;
    struct vt_tile_source source;
    struct vt_prover *prover;
    size_t count, pruned;
};

static bool prove(struct finding *f, uint64_t index, vt_slice entry, struct vt_buf *out,
                  struct vt_error *err)
{
    struct vt_tlog_proof proof = { .index = index,
                                   .checkpoint = vt_buf_slice(&f->tree.note) };
    vt_hash leaf = vt_sha256_leaf(entry);
    struct vt_proof path;

    if (!vt_prover_inclusion(f->prover, index, &path, err))
        return false;
    if (!vt_tree_verify_inclusion(&leaf, index, f->tree.head.size, path.hashes, path.count,
                                  &f->tree.head.root))
        return vt_fail(err, VT_REJECTED,
                       "entry %ju: the tiles do not have the root that was signed; "
                       "vitrine ledger fsck says where",
                       (uintmax_t)index);
    memcpy(proof.hashes, path.hashes, sizeof proof.hashes);
    proof.hash_count = path.count;
    vt_tlog_proof_write(out, &proof);
    return vt_buf_check(out, "the proof", err);
}

static bool keep(struct finding *f, uint64_t index, vt_slice entry, vt_slice proof,
                 struct vt_error *err)
{
    const char *dir = vt_args_get(f->args, "proof-dir");
    VT_AUTO_ARENA arena = vt_arena_new();

    return dir == NULL ||
           (vt_cli_write(vt_arena_printf(arena, "%s/%ju.entry", dir, (uintmax_t)index),
                         entry, 0644, err) &&
            vt_cli_write(vt_arena_printf(arena, "%s/%ju.tlog-proof", dir, (uintmax_t)index),
                         proof, 0644, err));
}

/* What kind of entry it is, in a word. */
static const char *kind_of(struct vt_arena *arena, vt_slice entry)
{
    VT_AUTO_DSSE envelope = { .signature_count = 0 };
    struct vt_error ignored = { 0 };
    VT_AUTO_JSON json = NULL;
    vt_slice type;

    if (!vt_dsse_parse(entry, &envelope, &ignored))
        return "not an envelope";
    if (!vt_json_parse(vt_buf_slice(&envelope.payload), "", &json, &ignored) ||
        !vt_json_get_text(json, "", "predicateType", &type, &ignored))
        return vt_arena_cstr(arena, vt_buf_slice(&envelope.payload_type));
    return vt_arena_cstr(arena, type);
}

static bool show(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct finding *f = context;
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    VT_AUTO_BUF base64 = vt_buf_init(VT_KIB(128));
    VT_AUTO_ARENA arena = vt_arena_new();

    if (!prove(f, index, entry, &proof, err) ||
        !keep(f, index, entry, vt_buf_slice(&proof), err))
        return false;
    f->count++;
    if (!vt_args_is_json(f->args)) {
        (void)printf("entry %ju: ", (uintmax_t)index);
        vt_cli_print_text(vt_slice_from_cstr(kind_of(arena, entry)));
        (void)printf("\n");
        return true;
    }
    vt_base64_write(&base64, entry);
    vt_cli_print_json(json_pack("{s:s,s:I,s:s}", "entry_b64", vt_buf_cstr(&base64), "index",
                                (json_int_t)index, "proof", vt_buf_cstr(&proof)));
    return true;
}

static void count_pruned(void *context, uint64_t index)
{
    struct finding *f = context;

    (void)index;
    f->pruned++;
}

/* What of it cannot be seen any more. */
static void print_pruned(const struct finding *f, uint64_t first)
{
    if (first != 0)
        (void)printf("entries before %ju are pruned, and not all were ever indexed\n",
                     (uintmax_t)first);
    if (f->pruned != 0)
        (void)printf("pruned: %zu %s that the index names for it; whether they have it can "
                     "not be seen any more\n",
                     f->pruned, f->pruned == 1 ? "entry" : "entries");
}

static void print_end(const struct finding *f, uint64_t first, uint64_t covered,
                      uint64_t next)
{
    uint64_t size = f->tree.head.size;

    if (vt_args_is_json(f->args)) {
        json_t *row = json_pack("{s:b,s:I,s:I,s:I,s:I,s:I}", "ok", f->count != 0, "count",
                                (json_int_t)f->count, "first", (json_int_t)first, "indexed",
                                (json_int_t)covered, "pruned", (json_int_t)f->pruned,
                                "size", (json_int_t)size);

        if (next != UINT64_MAX)
            (void)json_object_set_new(row, "next", json_integer((json_int_t)next));
        vt_cli_print_json(row);
        return;
    }
    if (f->count == 0)
        (void)printf("nothing");
    else
        (void)printf("%zu %s, each proven", f->count, f->count == 1 ? "entry" : "entries");
    (void)printf(" among the first %ju of %ju entries", (uintmax_t)covered,
                 (uintmax_t)size);
    if (next != UINT64_MAX)
        (void)printf("; there are more: --from %ju", (uintmax_t)next);
    (void)printf("\n");
    print_pruned(f, first);
}

/* Digests and keyids are indexed in small letters; other people's tools write large ones.
 */
static bool small_hex(struct vt_arena *arena, vt_slice *term)
{
    char *small = vt_arena_cstr(arena, *term);

    if (term->len < 40 || strspn(small, "0123456789abcdefABCDEF") != term->len)
        return false;
    if (strpbrk(small, "ABCDEF") == NULL)
        return false; /* it was asked for so */
    for (size_t i = 0; i < term->len; i++)
        if (small[i] >= 'A' && small[i] <= 'F')
            small[i] = (char)(small[i] - 'A' + 'a');
    *term = vt_slice_from_cstr(small);
    return true;
}

/* Up to so many; an answer ends early where it had to pass over too much. */
static bool ask_all(struct finding *f, struct vt_lookup *lookup,
                    struct vt_lookup_question question, uint64_t max, uint64_t *next,
                    struct vt_error *err)
{
    do {
        if (!vt_lookup_ask(lookup, &question, next, err))
            return false;
        question.from = *next;
        question.max = (size_t)max - f->count;
    } while (*next != UINT64_MAX && f->count < max);
    return true;
}

static bool run_find(struct finding *f, struct vt_disk *disk, struct vt_lookup *lookup,
                     struct vt_error *err)
{
    struct vt_lookup_question question = {
        .term = vt_slice_from_cstr(vt_args_operand(f->args, 0)),
        .each = show,
        .pruned = count_pruned,
        .context = f,
    };
    VT_AUTO_ARENA arena = vt_arena_new();
    uint64_t next, max, covered;

    if (!vt_args_number(f->args, "from", 0, UINT64_MAX, &question.from, err) ||
        !vt_args_number(f->args, "max", 100, FOUND_MAX, &max, err) ||
        !read_tree(f->args, disk, &f->tree, err))
        return false;
    question.max = (size_t)max;
    question.head = f->tree.head;
    f->source = vt_shelf_source(disk);
    f->prover = vt_prover_new(&f->source, f->tree.head.size);
    if (!ask_all(f, lookup, question, max, &next, err) ||
        (f->count == 0 && small_hex(arena, &question.term) &&
         !ask_all(f, lookup, question, max, &next, err)))
        return false;
    covered = vt_lookup_covered(lookup);
    print_end(f, vt_lookup_first(lookup),
              covered < f->tree.head.size ? covered : f->tree.head.size, next);
    vt_args_exit(f->args, f->count != 0 ? VT_EXIT_OK : VT_EXIT_REFUSED);
    return true;
}

/* ---- both -------------------------------------------------------------------------------
 */

bool vt_cli_ledger_index(struct vt_args *args, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(vt_args_get(args, "dir"), false, &disk, err))
        return false;
    is_ok = run_index(args, disk, err);
    vt_disk_close(disk);
    return is_ok;
}

/* Without an index nothing was looked for: trouble, not a no. */
static bool open_index(struct vt_disk *disk, struct vt_lookup **out, struct vt_error *err)
{
    bool is_ok = vt_lookup_open(disk, out, err);

    if (!is_ok && err->code == VT_ABSENT)
        err->code = VT_IO;
    return is_ok;
}

bool vt_cli_ledger_find(struct vt_args *args, struct vt_error *err)
{
    struct finding f = { .args = args };
    struct vt_lookup *lookup = NULL;
    struct vt_disk *disk;
    bool is_ok;

    if (vt_args_operand(args, 0)[0] == '\0')
        return vt_args_misuse(args, err, "an empty term is in no entry");
    if (!vt_disk_open(vt_args_get(args, "dir"), false, &disk, err))
        return false;
    is_ok = open_index(disk, &lookup, err) && run_find(&f, disk, lookup, err);
    tree_clear(&f.tree);
    vt_prover_free(f.prover);
    vt_lookup_close(lookup);
    vt_disk_close(disk);
    return is_ok;
}
