/* Walking over all entries of a log: none is passed over, and none is believed that is not
 * what was signed. */
#include "ledger/walk.h"
#include "tests/own_log.h"

enum { ENTRIES = 600 }; /* two full bundles and an open one */

struct seen {
    uint64_t count;
    uint64_t until; /* `each` ends it there */
};

static bool look(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct seen *seen = context;

    if (index == seen->until)
        return vt_fail(err, VT_LIMIT, "enough");
    VT_CHECK(index == seen->count);
    VT_CHECK(vt_slice_is(entry, vt_own_log_entry(index)));
    seen->count++;
    return true;
}

/* Anything goes: for logs whose bytes were changed. */
static bool pass(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    (void)context;
    (void)index;
    (void)entry;
    (void)err;
    return true;
}

static struct vt_own_log own;

static struct vt_remote *begin(struct vt_head *head)
{
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_error err = { 0 };
    struct vt_remote *remote;

    vt_own_log_make(&own, "log", "walked.example", 3);
    vt_own_log_grow(&own, ENTRIES);
    vt_own_log_publish(&own);
    vt_own_log_close(&own);
    remote = vt_remote_new(own.dir, &own.policy, vt_slice_from_cstr(own.origin));
    VT_CHECK_OK(vt_remote_checkpoint(remote, &note, head, NULL, &err));
    VT_CHECK(head->size == ENTRIES);
    return remote;
}

static void all_of_them(void)
{
    struct vt_head head;
    VT_AUTO_REMOTE remote = begin(&head);
    struct seen seen = { 0, UINT64_MAX };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_walk_entries(remote, &head, look, &seen, &err));
    VT_CHECK(seen.count == ENTRIES);
    seen = (struct seen){ 0, 300 };
    VT_CHECK_FAILS(VT_LIMIT, vt_walk_entries(remote, &head, look, &seen, &err));
    VT_CHECK(seen.count == 300);
}

static void one_of_them(void)
{
    static const uint64_t indexes[] = { 0, 255, 256, 511, 512, ENTRIES - 1 };
    struct vt_head head;
    VT_AUTO_REMOTE remote = begin(&head);
    struct vt_error err = { 0 };
    VT_AUTO_BUF none = vt_buf_init(100);

    for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
        VT_AUTO_BUF entry = vt_buf_init(100);

        VT_CHECK_OK(vt_walk_entry(remote, &head, indexes[i], &entry, &err));
        VT_CHECK(vt_slice_is(vt_buf_slice(&entry), vt_own_log_entry(indexes[i])));
    }
    VT_CHECK_FAILS(VT_ABSENT, vt_walk_entry(remote, &head, ENTRIES, &none, &err));
}

/* One byte of one entry of the second bundle. */
static void changed(void)
{
    struct vt_head head;
    VT_AUTO_REMOTE remote = begin(&head);
    struct vt_error err = { 0 };
    const char *path = vt_test_path("log/tile/entries/001");
    vt_slice bundle = vt_test_read(path);
    VT_AUTO_FREE uint8_t *bytes = vt_alloc(bundle.len);
    VT_AUTO_BUF entry = vt_buf_init(100);
    VT_AUTO_BUF other = vt_buf_init(100);

    memcpy(bytes, bundle.data, bundle.len);
    bytes[2] ^= 1; /* behind the first length */
    vt_test_write(path, vt_slice_of(bytes, bundle.len));
    VT_CHECK_FAILS(VT_REJECTED, vt_walk_entries(remote, &head, pass, NULL, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_walk_entry(remote, &head, 256, &entry, &err));
    VT_CHECK_OK(
        vt_walk_entry(remote, &head, 257, &other, &err)); /* its neighbour is good */
    vt_test_write(path, vt_slice_sub(bundle, 0, bundle.len - 1));
    VT_CHECK(!vt_walk_entries(remote, &head, pass, NULL, &err));
    VT_CHECK(unlink(path) == 0);
    VT_CHECK_FAILS(VT_ABSENT, vt_walk_entries(remote, &head, pass, NULL, &err));
}

/* A head that leaves the last entry out, or is of another tree. */
static void another_head(void)
{
    struct vt_head head, other;
    VT_AUTO_REMOTE remote = begin(&head);
    struct vt_error err = { 0 };

    other = (struct vt_head){ head.size - 1, head.root };
    VT_CHECK_FAILS(VT_REJECTED, vt_walk_entries(remote, &other, pass, NULL, &err));
    other = (struct vt_head){ 0, vt_tree_empty_root };
    VT_CHECK_OK(vt_walk_entries(remote, &other, pass, NULL, &err));
    other.root.bytes[0] ^= 1;
    VT_CHECK_FAILS(VT_REJECTED, vt_walk_entries(remote, &other, pass, NULL, &err));
}

static const struct vt_case cases[] = {
    { "all of them", all_of_them },
    { "one of them", one_of_them },
    { "what was changed", changed },
    { "another head", another_head },
};

VT_TEST_MAIN("walk", cases)
