/* Known files, by the beginning of their digest.  Whoever asks about a file of his own asks
 * for a whole bucket, so that the question says little: as many digits as leave each bucket
 * with BUCKET_MIN known files or more, on the average; none while there are few. */
#include "centre/gather.h"
#include "evidence/field.h"

enum { BUCKET_MIN = 32, DIGITS_MAX = 4 };

static unsigned digits_for(size_t count)
{
    unsigned digits = 0;

    for (size_t buckets = 16; digits < DIGITS_MAX && count / buckets >= BUCKET_MIN;
         buckets *= 16)
        digits++;
    return digits;
}

static bool put_bucket(struct vt_gathering *g, const char *prefix, struct vt_error *err)
{
    json_t *rows = json_array();
    size_t len = strcmp(prefix, "all") == 0 ? 0 : strlen(prefix);

    for (size_t i = 0; i < json_array_size(g->files); i++) {
        json_t *row = json_array_get(g->files, i);

        if (strncmp(json_string_value(json_object_get(row, "sha256")), prefix, len) == 0)
            (void)json_array_append(rows, row);
    }
    return vt_gather_put_json(
        g, vt_arena_printf(g->arena, VT_CENTRE_FILES_PREFIX "%s", prefix),
        json_pack("{s:s,s:o}", "prefix", len == 0 ? "" : prefix, "files", rows), err);
}

/* Every bucket is there, an empty one too: absence is an answer like any other. */
bool vt_gather_files(struct vt_gathering *g, struct vt_error *err)
{
    size_t count = json_array_size(g->files);
    unsigned digits = digits_for(count);

    if (!vt_gather_put_json(
            g, "/api/v1/files",
            json_pack("{s:I,s:i}", "count", (json_int_t)count, "digits", (int)digits), err))
        return false;
    if (digits == 0)
        return put_bucket(g, "all", err);
    for (size_t i = 0; i < (size_t)1 << (4 * digits); i++) {
        char prefix[DIGITS_MAX + 1];

        (void)snprintf(prefix, sizeof prefix, "%0*zx", (int)digits, i);
        if (!put_bucket(g, prefix, err))
            return false;
    }
    return true;
}
