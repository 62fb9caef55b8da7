/* Reading and searching a source of a million lines: this tree's own C files, copied under
 * other names with other words until there are so many.  Import, opening, and searches for
 * words and expressions that are drawn from its lines, against Debian's codesearch (also
 * an index of trigrams) and GNU grep over the same files on the disk. */
#include "bench/bench.h"
#include "bench/serving.h"
#include "centre/search.h"
#include "centre/shelve.h"
#include "line/pack.h"
#include <ctype.h>
#include <dirent.h>
#include <sys/stat.h>

enum { LINES = 1000000, SEARCHES = 300, PEER_SEARCHES = 15, FILES_MAX = 4096 };

struct tree {
    struct vt_arena *arena;
    char *paths[FILES_MAX];
    vt_slice texts[FILES_MAX];
    size_t count, lines;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t lines_in(vt_slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    return count;
}

static void add_folder(struct tree *t, const char *room)
{
    DIR *folder = opendir(room);
    struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL && t->count < FILES_MAX) {
        vt_slice name = vt_slice_from_cstr(entry->d_name);

        if (vt_slice_ends_with(name, VT_LIT(".c")) ||
            vt_slice_ends_with(name, VT_LIT(".h")))
            t->paths[t->count++] = vt_arena_printf(t->arena, "%s/%s", room, entry->d_name);
    }
    if (folder != NULL)
        (void)closedir(folder);
}

static void read_tree(struct tree *t)
{
    static const char *const rooms[] = { "base",   "wire",    "crypto",  "store",
                                         "role",   "http",    "ledger",  "evidence",
                                         "line",   "release", "custody", "cell",
                                         "centre", "cli",     "tests" };

    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++)
        add_folder(t, rooms[i]);
    qsort(t->paths, t->count, sizeof t->paths[0], by_name);
    for (size_t i = 0; i < t->count; i++) {
        VT_AUTO_BUF text = vt_buf_init(VT_MIB(4));
        struct vt_error err = { 0 };

        VT_ASSERT(vt_file_read(t->paths[i], &text, &err));
        t->texts[i] = vt_arena_copy(t->arena, vt_buf_slice(&text));
        t->lines += lines_in(t->texts[i]);
    }
}

/* Copy n has words of its own: vt_ becomes three letters of the copy's number. */
static void put_copy(const struct tree *t, size_t n, const char *folder,
                     struct vt_pack_writer *w)
{
    char prefix[4] = { (char)('a' + (int)(n / 26 % 26)), (char)('a' + (int)(n % 26)), '_',
                       '\0' };

    for (size_t i = 0; i < t->count; i++) {
        VT_AUTO_BUF text = vt_buf_init(VT_MIB(8));
        VT_AUTO_ARENA arena = vt_arena_new();
        struct vt_error err = { 0 };
        const char *path = vt_arena_printf(arena, "copy%03zu/%s", n, t->paths[i]);
        vt_slice bytes;

        vt_buf_put(&text, t->texts[i]);
        for (size_t at = 0; at + 3 <= text.len; at++)
            if (memcmp(text.data + at, "vt_", 3) == 0)
                memcpy(text.data + at, prefix, 3);
        bytes = vt_buf_slice(&text);
        VT_ASSERT(vt_pack_begin_file(w, vt_slice_from_cstr(path), VT_MODE_FILE, bytes.len,
                                     &err) &&
                  vt_pack_add(w, bytes, &err) && vt_pack_end_file(w, &err));
        path = vt_arena_printf(arena, "%s/%s", folder, path);
        for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash != NULL;
             slash = strchr(slash + 1, '/')) {
            *slash = '\0';
            (void)mkdir(path, 0755);
            *slash = '/';
        }
        {
            FILE *file = fopen(path, "w");

            VT_ASSERT(file != NULL && fwrite(bytes.data, 1, bytes.len, file) == bytes.len &&
                      fclose(file) == 0);
        }
    }
}

static bool put(void *context, vt_slice bytes, struct vt_error *err)
{
    (void)err;
    vt_buf_put(context, bytes);
    return true;
}

static void print(const char *name, const char *unit, double value, const char *peer,
                  double peer_value, double goal, const char *conditions)
{
    const struct vt_figure figure = { .name = name,
                                      .unit = unit,
                                      .value = value,
                                      .peer = peer,
                                      .peer_value = peer_value,
                                      .goal = goal,
                                      .conditions = conditions };

    vt_bench_print(&figure);
}

/* ---- searches ---------------------------------------------------------------------------
 */

static uint32_t dice(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A word of six bytes or more from a random place. */
static vt_slice draw_word(const struct vt_library *l, uint32_t *state)
{
    for (;;) {
        struct vt_library_file file = vt_library_file(l, dice(state) % l->file_count);
        size_t at = file.content.len == 0 ? 0 : dice(state) % file.content.len, end = at;

        while (end < file.content.len &&
               (isalnum(file.content.data[end]) || file.content.data[end] == '_'))
            end++;
        if (end - at >= 6 && end - at < 64)
            return vt_slice_sub(file.content, at, end - at);
    }
}

static int by_double(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

/* What is asked in the i-th search of a kind. */
struct kind {
    const char *name;
    bool is_regex, is_any_case;
};

static void draw_text(const struct vt_library *l, const struct kind *kind, uint32_t *state,
                      struct vt_buf *out)
{
    vt_buf_put(out, draw_word(l, state));
    if (kind->is_regex)
        vt_buf_put_text(out, "[^a-z]*\\(.*[;{]$");
}

static double search_once(const struct vt_library *l, vt_slice text, bool is_regex,
                          bool is_any_case)
{
    const struct vt_search search = { text, is_regex, is_any_case, 0 };
    double since = vt_bench_seconds();
    struct vt_error err = { 0 };
    json_t *answer = NULL;

    VT_ASSERT(vt_search_run(l, &search, &answer, &err));
    json_decref(answer);
    return 1000 * (vt_bench_seconds() - since);
}

/* The first `count` searches of a kind, in ms, in order of how long they took. */
static void search_many(const struct vt_library *l, const struct kind *kind, size_t count,
                        double *took)
{
    uint32_t state = 7;

    for (size_t i = 0; i < count; i++) {
        VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));

        draw_text(l, kind, &state, &text);
        took[i] = search_once(l, vt_buf_slice(&text), kind->is_regex, kind->is_any_case);
    }
    qsort(took, count, sizeof took[0], by_double);
}

/* The same searches, a process for each, which is how people use these programs.  command:
 * ends with NULL; the text goes behind "-e" or stands last. */
static double peer_median(const struct vt_library *l, const struct kind *kind, size_t count,
                          const char *const *command, const char *folder)
{
    double took[SEARCHES];
    uint32_t state = 7;

    VT_ASSERT(count <= SEARCHES);
    for (size_t i = 0; i < count; i++) {
        VT_AUTO_ARENA arena = vt_arena_new();
        VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
        const char *argv[8];
        size_t args = 0;
        double since;

        draw_text(l, kind, &state, &text);
        while (command[args] != NULL) {
            argv[args] = command[args];
            args++;
        }
        argv[args++] = vt_arena_cstr(arena, vt_buf_slice(&text));
        argv[args++] = folder;
        argv[args] = NULL;
        since = vt_bench_seconds();
        (void)vt_bench_output_if_any(arena, argv);
        took[i] = 1000 * (vt_bench_seconds() - since);
    }
    qsort(took, count, sizeof took[0], by_double);
    return took[count / 2];
}

/* Trigrams again: an index of the same files, made by cindex. */
static double csearch_median(const struct vt_library *l, const struct kind *kind)
{
    static const char *const plain[] = { "/usr/bin/csearch", "-l", NULL },
                             *const any_case[] = { "/usr/bin/csearch", "-l", "-i", NULL };

    return peer_median(l, kind, SEARCHES, kind->is_any_case ? any_case : plain, NULL);
}

static void print_searches(const struct vt_library *l, const struct kind *kind,
                           const char *conditions)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    double took[SEARCHES];

    search_many(l, kind, SEARCHES, took);
    print(vt_arena_printf(arena, "centre.search.%s.median", kind->name), "ms",
          took[SEARCHES / 2], "csearch", csearch_median(l, kind), 1, conditions);
    print(vt_arena_printf(arena, "centre.search.%s.p99", kind->name), "ms",
          took[SEARCHES * 99 / 100], NULL, 0, 1000, conditions);
}

/* What people have without an index. */
static void search_as_grep(const struct vt_library *l, const char *files,
                           const char *conditions)
{
    static const char *const grep[] = { "/usr/bin/grep", "-rnF", "-m20", "-e", NULL };
    const struct kind kind = { .name = "word" };
    double took[PEER_SEARCHES];

    search_many(l, &kind, PEER_SEARCHES, took);
    print("centre.search.word.against_grep", "ms", took[PEER_SEARCHES / 2], "GNU grep -r",
          peer_median(l, &kind, PEER_SEARCHES, grep, files), 1, conditions);
}

/* ---- all of it --------------------------------------------------------------------------
 */

static void keep(const char *folder, const char *name, vt_slice bytes)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    VT_ASSERT(vt_disk_open(folder, true, &disk, &err) &&
              vt_disk_write(disk, name, bytes, 0644, &err));
    vt_disk_close(disk);
}

static void import_tree(vt_slice pack, const char *shelf, const vt_hash *digest,
                        double peer_s, const char *conditions)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF index = vt_buf_init(VT_MIB(1024)), tags = vt_buf_init(VT_MIB(512));
    struct vt_pack_entry *entries;
    struct vt_error err = { 0 };
    uint64_t lines, definitions;
    double since = vt_bench_seconds();
    const char *folder;
    size_t count;
    char hex[65];
    vt_hash got;

    VT_ASSERT(vt_pack_parse(pack, arena, &entries, &count, &got, &err) &&
              vt_hash_equal(&got, digest) &&
              vt_index_write(pack, entries, count, &index, &lines, &err));
    print("centre.import.index", "s", vt_bench_seconds() - since, "cindex", peer_s, 1,
          conditions);
    since = vt_bench_seconds();
    VT_ASSERT(vt_tags_write(entries, count, &tags, &definitions, &err));
    print("centre.import.definitions", "s", vt_bench_seconds() - since, NULL, 0, 300,
          conditions);
    print("centre.import.index_bytes", "bytes", (double)index.len, NULL, 0, 200e6,
          conditions);
    vt_hash_text(digest, hex);
    folder = vt_arena_printf(arena, "%s/sources/%s", shelf, hex);
    keep(folder, "pack", pack);
    keep(folder, "manifest.gz", VT_LIT("not read here"));
    keep(folder, "index", vt_buf_slice(&index));
    keep(folder, "tags", vt_buf_slice(&tags));
}

static const struct kind kinds[] = { { "word", false, false },
                                     { "any_case", false, true },
                                     { "expression", true, false } };

static void search_all(const char *shelf, const char *files, const vt_hash *digest,
                       const char *conditions)
{
    struct vt_error err = { 0 };
    struct vt_library library;
    struct vt_disk *disk;
    double since = vt_bench_seconds();

    VT_ASSERT(vt_disk_open(shelf, false, &disk, &err) &&
              vt_library_open(disk, digest, &library, &err));
    print("centre.open", "ms", 1000 * (vt_bench_seconds() - since), NULL, 0, 1000,
          conditions);
    search_as_grep(&library, files, conditions);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        print_searches(&library, &kinds[i], conditions);
    print("centre.search.no_trigram", "ms",
          search_once(&library, VT_LIT("[qx][0-9][qx][0-9]"), true, false), NULL, 0, 1000,
          conditions);
    since = vt_bench_seconds();
    json_decref(vt_library_definitions(&library, VT_LIT("aa_search_run")));
    print("centre.define", "ms", 1000 * (vt_bench_seconds() - since), NULL, 0, 10,
          conditions);
    vt_library_close(&library);
    vt_disk_close(disk);
}

/* Seconds; csearch finds the index by the environment. */
static double index_as_peer(const char *folder, const char *files)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    double since = vt_bench_seconds();

    VT_ASSERT(
        setenv("CSEARCHINDEX", vt_arena_printf(arena, "%s/csearch.index", folder), 1) == 0);
    (void)vt_bench_output(arena, (const char *const[]){ "/usr/bin/cindex", files, NULL });
    return vt_bench_seconds() - since;
}

int main(void)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FREE struct tree *tree = vt_alloc(sizeof *tree);
    VT_AUTO_FREE struct vt_pack_writer *w = vt_alloc(sizeof *w);
    VT_AUTO_BUF pack = vt_buf_init(VT_MIB(1024));
    char *folder = vt_bench_folder(arena, "centre");
    const char *files = vt_arena_printf(arena, "%s/files", folder),
               *shelf = vt_arena_printf(arena, "%s/library", folder), *conditions;
    struct vt_error err = { 0 };
    vt_hash digest;
    size_t lines = 0;

    tree->arena = arena;
    read_tree(tree);
    (void)mkdir(files, 0755);
    vt_pack_begin(w, put, &pack);
    for (size_t n = 0; lines < LINES; n++, lines += tree->lines)
        put_copy(tree, n, files, w);
    VT_ASSERT(vt_pack_finish(w, &digest, &err));
    conditions = vt_arena_printf(
        arena,
        "%zu lines in %ju files, %zu bytes; answers of 100 lines at "
        "most, grep's of 20 a file, csearch's the files' names alone; peers are a process "
        "a search; %s",
        lines, (uintmax_t)w->file_count, pack.len, vt_bench_machine(arena, folder));
    import_tree(vt_buf_slice(&pack), shelf, &digest, index_as_peer(folder, files),
                conditions);
    search_all(shelf, files, &digest, conditions);
    vt_bench_folder_remove(folder);
    return 0;
}
