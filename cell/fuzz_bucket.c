/* Laws: a bucket that is taken is written again from its own rows byte by byte; an answer
 * is taken only if the bucket in it is. */
#include "cell/answer.h"
#include "tools/fuzz.h"

/* Every row found again: the bucket's rows are what vt_bucket_find sees. */
static void check_rows(const struct vt_bucket *bucket)
{
    const uint8_t *row = bucket->bytes.data + VT_BUCKET_HEADER_BYTES;

    for (unsigned i = 0; i < bucket->clean_count; i++, row += VT_BUCKET_CLEAN_BYTES) {
        vt_hash hash;

        memcpy(hash.bytes, row, sizeof hash.bytes);
        VT_CHECK(vt_bucket_find(bucket, &hash).state != VT_STATE_UNKNOWN);
    }
    for (unsigned i = 0; i < bucket->malicious_count; i++, row += VT_BUCKET_FOUND_BYTES) {
        vt_hash hash = { { 0 } };

        memcpy(hash.bytes, row, 12);
        VT_CHECK(vt_bucket_find(bucket, &hash).state == VT_STATE_MALICIOUS);
    }
}

/* The same bucket from a table: clean rows alone have all that a table needs. */
static void check_again(const struct vt_bucket *bucket)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF rows = vt_buf_init(VT_MIB(1)), again = vt_buf_init(VT_BUCKET_BYTES_MAX);
    const uint8_t *row = bucket->bytes.data + VT_BUCKET_HEADER_BYTES;

    if (bucket->malicious_count + bucket->suspicious_count != 0 ||
        bucket->bytes.len > VT_BUCKET_BYTES_MAX)
        return;
    for (unsigned i = 0; i < bucket->clean_count; i++, row += VT_BUCKET_CLEAN_BYTES) {
        vt_buf_put(&rows, vt_slice_of(row, VT_BUCKET_CLEAN_BYTES));
        vt_buf_put_u8(&rows, VT_STATE_CLEAN);
        vt_buf_put_u32(&rows, 0);
    }
    VT_CHECK(vt_bucket_write(rows.data, bucket->clean_count, bucket->bits, bucket->index,
                             &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), bucket->bytes));
}

static void check_answer(vt_slice input)
{
    struct vt_cell_tree tree = { .bits = 2 };
    struct vt_error err = { 0 };
    struct vt_bucket bucket;
    struct vt_cell_verdict verdict;
    vt_hash hash = { { 0 } };

    if (input.len < 2 * sizeof(vt_hash))
        return;
    tree.bucket_bytes = input.len - 2 * sizeof(vt_hash);
    if (vt_answer_check(&tree, input, &hash, &verdict, &err))
        VT_CHECK(vt_bucket_parse(vt_slice_sub(input, 0, tree.bucket_bytes), &bucket, &err));
    else
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_bucket bucket;

    check_answer(input);
    if (!vt_bucket_parse(input, &bucket, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        return;
    }
    VT_CHECK(bucket.bytes.len <= input.len && bucket.index >> bucket.bits == 0);
    check_rows(&bucket);
    check_again(&bucket);
}
