/* The index: where each file lies in its pack, and which trigrams its lines hold. */
#include "centre/shelve.h"
#include "line/pack.h"

enum {
    GRAMS = 1 << 24,
    NUL_LOOK_BYTES = 8192,
    GRAMS_OF_ALL_MAX = 1 << 28, /* postings of a source: 1 GiB of memory */
};

/* Trigrams of all files behind each other; each file's are distinct. */
struct gathering {
    uint8_t *seen; /* a bit a trigram, of the file at hand */
    uint32_t *grams;
    size_t count, room;
    uint32_t *counts; /* files a trigram */
    uint32_t *found;  /* the trigrams that there are; sorted in the end */
    size_t found_count, found_room;
};

static bool is_searched(const struct vt_pack_entry *entry)
{
    size_t look = entry->content.len < NUL_LOOK_BYTES ? entry->content.len : NUL_LOOK_BYTES;

    return entry->mode != VT_MODE_LINK &&
           entry->content.len <= VT_LIBRARY_SEARCHED_BYTES_MAX &&
           !vt_slice_has_byte(vt_slice_sub(entry->content, 0, look), 0);
}

static uint32_t count_lines(vt_slice content)
{
    uint32_t lines = 0;
    const uint8_t *at = content.data, *end = content.data + content.len;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        lines++;
        at++;
    }
    return lines + (content.len != 0 && content.data[content.len - 1] != '\n');
}

static void add_gram(struct gathering *g, uint32_t gram)
{
    if ((g->seen[gram / 8] & (1u << gram % 8)) != 0)
        return;
    g->seen[gram / 8] |= (uint8_t)(1u << gram % 8);
    if (g->count == g->room) {
        g->room = g->room == 0 ? 1 << 20 : 2 * g->room;
        g->grams = vt_grow_array(g->grams, g->room, sizeof *g->grams);
    }
    g->grams[g->count++] = gram;
    if (g->counts[gram]++ != 0)
        return;
    if (g->found_count == g->found_room) {
        g->found_room = g->found_room == 0 ? 1 << 12 : 2 * g->found_room;
        g->found = vt_grow_array(g->found, g->found_room, sizeof *g->found);
    }
    g->found[g->found_count++] = gram;
}

static bool add_file(struct gathering *g, vt_slice content, struct vt_error *err)
{
    size_t first = g->count;
    const uint8_t *p = content.data;

    for (size_t i = 0; i + 3 <= content.len; i++)
        if (p[i] != '\n' && p[i + 1] != '\n' && p[i + 2] != '\n')
            add_gram(g, vt_trigram_of(p + i));
    for (size_t i = first; i < g->count; i++)
        g->seen[g->grams[i] / 8] = 0;
    return g->count <= GRAMS_OF_ALL_MAX ||
           vt_fail(err, VT_LIMIT, "the source has too many different trigrams");
}

/* ---- writing ----------------------------------------------------------------------------
 */

static int by_number(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

/* The files of each trigram, ascending: sorted by counting. */
static uint32_t *sort_files(const struct gathering *g, const uint32_t *ends, size_t files)
{
    uint32_t *sorted = vt_alloc_array(g->count + 1, sizeof *sorted);
    uint32_t *at = vt_alloc_array(GRAMS, sizeof *at);
    uint32_t sum = 0;
    size_t i = 0;

    for (size_t f = 0; f < g->found_count; f++) {
        at[g->found[f]] = sum;
        sum += g->counts[g->found[f]];
    }
    for (uint32_t file = 0; file < files; file++)
        for (; i < ends[file]; i++)
            sorted[at[g->grams[i]]++] = file;
    free(at);
    return sorted;
}

static void put_postings(const struct gathering *g, const uint32_t *sorted,
                         struct vt_buf *rows, struct vt_buf *postings)
{
    size_t at = 0;

    for (size_t f = 0; f < g->found_count; f++) {
        uint32_t gram = g->found[f], before = 0;

        vt_buf_put_u32(rows, gram);
        vt_buf_put_u32(rows, g->counts[gram]);
        vt_buf_put_u64(rows, postings->len);
        for (uint32_t i = 0; i < g->counts[gram]; i++, at++) {
            vt_posting_put(postings, sorted[at] - before);
            before = sorted[at];
        }
    }
}

/* A link's bytes are its target, and no lines. */
static void put_file(vt_slice pack, const struct vt_pack_entry *entry, struct vt_buf *out,
                     uint64_t *lines)
{
    bool is_empty = entry->content.len == 0;
    uint32_t count = entry->mode == VT_MODE_LINK ? 0 : count_lines(entry->content);

    vt_buf_put_u64(out, is_empty ? 0 : (uint64_t)(entry->content.data - pack.data));
    vt_buf_put_u64(out, entry->content.len);
    vt_buf_put_u32(out, count);
    vt_buf_put_u32(out, is_searched(entry));
    *lines += count;
}

static bool gather(struct gathering *g, const struct vt_pack_entry *entries, size_t count,
                   uint32_t *ends, struct vt_error *err)
{
    g->seen = vt_alloc(GRAMS / 8);
    g->counts = vt_alloc_array(GRAMS, sizeof *g->counts);
    for (size_t i = 0; i < count; i++) {
        if (is_searched(&entries[i]) && !add_file(g, entries[i].content, err))
            return false;
        ends[i] = (uint32_t)g->count; /* bounded in add_file */
    }
    return true;
}

bool vt_index_write(vt_slice pack, const struct vt_pack_entry *entries, size_t count,
                    struct vt_buf *out, uint64_t *lines_out, struct vt_error *err)
{
    VT_AUTO_BUF rows = vt_buf_init(VT_MIB(512)), postings = vt_buf_init(VT_MIB(1024));
    VT_AUTO_BUF files = vt_buf_init(VT_MIB(64));
    uint32_t *ends = vt_alloc_array(count + 1, sizeof *ends), *sorted = NULL;
    struct gathering g = { .count = 0 };
    bool is_ok = gather(&g, entries, count, ends, err);

    *lines_out = 0;
    if (is_ok) {
        if (g.found_count != 0)
            qsort(g.found, g.found_count, sizeof *g.found, by_number);
        sorted = sort_files(&g, ends, count);
        put_postings(&g, sorted, &rows, &postings);
        for (size_t i = 0; i < count; i++)
            put_file(pack, &entries[i], &files, lines_out);
        vt_buf_put_text(out, VT_LIBRARY_INDEX_MAGIC);
        vt_buf_put_u32(out, (uint32_t)count); /* at most VT_SOURCE_FILES_MAX */
        vt_buf_put_u32(out, (uint32_t)(rows.len / VT_LIBRARY_GRAM_ROW_BYTES));
        vt_buf_put_u64(out, postings.len);
        vt_buf_put(out, vt_buf_slice(&files));
        vt_buf_put(out, vt_buf_slice(&rows));
        vt_buf_put(out, vt_buf_slice(&postings));
        is_ok = vt_buf_check(&rows, "the trigrams", err) &&
                vt_buf_check(&postings, "the postings", err) &&
                vt_buf_check(out, "the index", err);
    }
    free(g.seen);
    free(g.counts);
    free(g.grams);
    free(g.found);
    free(sorted);
    free(ends);
    return is_ok;
}
