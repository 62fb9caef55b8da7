/* Blocks with shares: who writes into one that others hold too gets its own first. */
#include "tests/disk_content.h"

#include "tests/harness.h"

enum { BLOCK = 4096, FILE_BYTES_MAX = 64 << 20 }; /* bytes */

struct vt_disk_block {
    unsigned shares;
    uint8_t bytes[BLOCK];
};

static const uint8_t zeros[BLOCK];

/* ---- blocks -----------------------------------------------------------------------------
 */

static void drop(struct vt_disk_block **at)
{
    if (*at != NULL && --(*at)->shares == 0)
        free(*at);
    *at = NULL;
}

static void set(struct vt_disk_block **at, struct vt_disk_block *block)
{
    if (block != NULL)
        block->shares++;
    drop(at);
    *at = block;
}

/* One that only this file holds, with the bytes that it had. */
static struct vt_disk_block *own(struct vt_disk_block **at)
{
    struct vt_disk_block *block;

    if (*at != NULL && (*at)->shares == 1)
        return *at;
    block = vt_alloc(sizeof *block);
    block->shares = 1;
    if (*at != NULL)
        memcpy(block->bytes, (*at)->bytes, BLOCK);
    drop(at);
    *at = block;
    return block;
}

static struct vt_disk_block *block_at(const struct vt_disk_content *content, size_t i)
{
    return i < content->room ? content->blocks[i] : NULL;
}

static const uint8_t *bytes_of(const struct vt_disk_block *block)
{
    return block != NULL ? block->bytes : zeros;
}

static void need_room(struct vt_disk_content *content, size_t count)
{
    size_t room = content->room != 0 ? content->room : 8;

    if (count <= content->room)
        return;
    while (room < count)
        room *= 2;
    content->blocks = vt_grow_array(content->blocks, room, sizeof content->blocks[0]);
    memset(content->blocks + content->room, 0,
           (room - content->room) * sizeof content->blocks[0]);
    content->room = room;
}

/* Zeros from `at` on; nothing stands behind the end of a file. */
static void cut(struct vt_disk_content *content, size_t at)
{
    size_t first = at / BLOCK, rest = at % BLOCK;

    if (rest != 0) {
        if (block_at(content, first) != NULL)
            memset(own(&content->blocks[first])->bytes + rest, 0, BLOCK - rest);
        first++;
    }
    for (size_t i = first; i < content->room; i++)
        drop(&content->blocks[i]);
}

/* ---- contents ---------------------------------------------------------------------------
 */

void vt_disk_content_clear(struct vt_disk_content *content)
{
    cut(content, 0);
    free(content->blocks);
    *content = (struct vt_disk_content){ 0 };
}

void vt_disk_content_resize(struct vt_disk_content *content, size_t size)
{
    VT_CHECK(size <= FILE_BYTES_MAX);
    if (size < content->size)
        cut(content, size);
    content->size = size;
}

/* Within one block; bytes NULL: zeros. */
static void put_some(struct vt_disk_content *content, size_t at, const uint8_t *bytes,
                     size_t len)
{
    size_t i = at / BLOCK;

    if (bytes == NULL || memcmp(bytes, zeros, len) == 0) {
        if (block_at(content, i) == NULL)
            return;
        if (len == BLOCK) {
            drop(&content->blocks[i]);
            return;
        }
        bytes = zeros;
    }
    need_room(content, i + 1);
    memcpy(own(&content->blocks[i])->bytes + at % BLOCK, bytes, len);
}

void vt_disk_content_put(struct vt_disk_content *content, size_t at, const uint8_t *bytes,
                         size_t len)
{
    size_t some;

    if (at + len > content->size)
        vt_disk_content_resize(content, at + len);
    for (size_t done = 0; done < len; done += some) {
        some = BLOCK - (at + done) % BLOCK;
        if (some > len - done)
            some = len - done;
        put_some(content, at + done, bytes != NULL ? bytes + done : NULL, some);
    }
}

void vt_disk_content_put_from(struct vt_disk_content *to,
                              const struct vt_disk_content *from, size_t at, size_t len)
{
    size_t some;

    if (at + len > to->size)
        vt_disk_content_resize(to, at + len);
    for (size_t done = 0; done < len; done += some) {
        size_t i = (at + done) / BLOCK, within = (at + done) % BLOCK;
        struct vt_disk_block *block = block_at(from, i);

        some = BLOCK - within < len - done ? BLOCK - within : len - done;
        if (some < BLOCK) {
            put_some(to, at + done, bytes_of(block) + within, some);
        } else if (block != block_at(to, i)) {
            need_room(to, i + 1);
            set(&to->blocks[i], block);
        }
    }
}

void vt_disk_content_copy(struct vt_disk_content *to, const struct vt_disk_content *from)
{
    vt_disk_content_resize(to, 0);
    vt_disk_content_put_from(to, from, 0, from->size);
}

bool vt_disk_content_equals(const struct vt_disk_content *a,
                            const struct vt_disk_content *b)
{
    size_t count = a->room > b->room ? a->room : b->room;

    if (a->size != b->size)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct vt_disk_block *x = block_at(a, i), *y = block_at(b, i);

        if (x != y && memcmp(bytes_of(x), bytes_of(y), BLOCK) != 0)
            return false;
    }
    return true;
}

void vt_disk_content_store(const struct vt_disk_content *content, int fd)
{
    VT_CHECK(ftruncate(fd, (off_t)content->size) == 0);
    for (size_t i = 0; i < content->room; i++) {
        size_t at = i * BLOCK, len = content->size > at ? content->size - at : 0;

        if (content->blocks[i] == NULL ||
            memcmp(content->blocks[i]->bytes, zeros, BLOCK) == 0)
            continue;
        if (len > BLOCK)
            len = BLOCK;
        VT_CHECK(pwrite(fd, content->blocks[i]->bytes, len, (off_t)at) == (ssize_t)len);
    }
}
