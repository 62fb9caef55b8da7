/* The pool: places for workers, and waiting for any of them. */
#include "cell/scan_pool.h"
#include "cell/scan_rules.h"
#include "cell/scan_slot.h"
#include "line/rules.h"
#include <poll.h>

enum { FILES_PER_WORKER = 5000 };

struct vt_scan_pool {
    struct vt_scan_terms terms;
    struct vt_scan_slot *slots;
    unsigned count;
    bool is_spoiled;
};

/* ---- opening ---------------------------------------------------------------------------
 */

static bool is_folder(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* The compiled form of a pack is taken only if our own confined process makes the same of
 * its sources. */
static bool read_pack(struct vt_scan_terms *terms, const char *path, vt_hash *digest,
                      struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    VT_AUTO_RULES_PACK pack = { 0 };
    VT_AUTO_RULES_CHILD child = NULL;
    bool is_made_here = is_folder(path);

    if (is_made_here ? !vt_rules_make_from_folder(path, &bytes, NULL, NULL, err)
                     : !vt_file_read(path, &bytes, err))
        return false;
    if (!vt_rules_pack_parse(vt_buf_slice(&bytes), &pack, err) ||
        (!is_made_here && !vt_rules_load(&pack, &child, err)))
        return vt_within(err, "%s", path);
    *digest = vt_sha256_of(vt_buf_slice(&bytes));
    terms->begin.has_rules = true;
    return vt_scan_memory_init_copy(&terms->rules, pack.compiled, err);
}

static bool read_clamav(struct vt_scan_terms *terms, const char *folder,
                        struct vt_error *err)
{
    int len = snprintf(terms->begin.clamav, sizeof terms->begin.clamav, "%s", folder);

    if (len < 0 || (size_t)len >= sizeof terms->begin.clamav)
        return vt_fail(err, VT_LIMIT, "%s: a path too long", folder);
    return vt_scan_clamav_digest(folder, &terms->clamav, err);
}

static bool set_terms(struct vt_scan_terms *terms, const struct vt_scan_setup *setup,
                      struct vt_error *err)
{
    vt_hash pack;

    terms->role = setup->role != NULL ? setup->role : VT_ROLE_SCAN_WORKER;
    terms->begin.limits = setup->limits;
    terms->binding.limits = setup->limits;
    terms->files_per_worker =
        setup->files_per_worker != 0 ? setup->files_per_worker : FILES_PER_WORKER;
    if (setup->pack != NULL && !read_pack(terms, setup->pack, &pack, err))
        return false;
    if (setup->clamav != NULL && !read_clamav(terms, setup->clamav, err))
        return false;
    terms->binding.rules = vt_scan_rules_digest(
        setup->pack != NULL ? &pack : NULL, setup->clamav != NULL ? &terms->clamav : NULL);
    return true;
}

static bool wait_for_first(struct vt_scan_pool *pool, struct vt_error *err)
{
    struct vt_scan_verdict unused;

    for (;;) {
        struct vt_scan_slot *slot = &pool->slots[0];
        struct pollfd wait = { vt_role_channel(slot->role)->fd, POLLIN, 0 };

        if (poll(&wait, 1, 1000) > 0) {
            switch (vt_scan_slot_hear(slot, &pool->terms, &unused, err)) {
            case VT_SCAN_NEWS_READY:
                return true;
            case VT_SCAN_NEWS_TROUBLE:
                return false;
            default:
                break;
            }
        } else if (vt_monotonic_ms() > slot->deadline_ms &&
                   vt_scan_slot_expire(slot, &pool->terms, &unused, err) ==
                       VT_SCAN_NEWS_TROUBLE) {
            return false;
        }
    }
}

static bool start_all(struct vt_scan_pool *pool, unsigned count, struct vt_error *err)
{
    pool->slots = vt_alloc_array(count, sizeof pool->slots[0]);
    for (unsigned i = 0; i < count; i++) {
        pool->count = i + 1;
        if (!vt_scan_slot_init(&pool->slots[i], &pool->terms, err) ||
            !vt_scan_slot_start(&pool->slots[i], &pool->terms, err))
            return false;
    }
    return wait_for_first(pool, err);
}

bool vt_scan_pool_open(const struct vt_scan_setup *setup, struct vt_scan_pool **out,
                       struct vt_error *err)
{
    struct vt_scan_pool *pool = vt_alloc(sizeof *pool);

    VT_ASSERT(setup->workers >= 1 && setup->workers <= VT_SCAN_WORKERS_MAX &&
              (setup->pack != NULL || setup->clamav != NULL));
    if (!set_terms(&pool->terms, setup, err) || !start_all(pool, setup->workers, err)) {
        vt_scan_pool_close(pool);
        return false;
    }
    *out = pool;
    return true;
}

void vt_scan_pool_close(struct vt_scan_pool *pool)
{
    if (pool == NULL)
        return;
    for (unsigned i = 0; i < pool->count; i++)
        vt_scan_slot_clear(&pool->slots[i]);
    free(pool->slots);
    vt_scan_memory_clear(&pool->terms.rules);
    free(pool);
}

void vt_scan_pool_close_pointer(struct vt_scan_pool **pool)
{
    vt_scan_pool_close(*pool);
}

const struct vt_scan_binding *vt_scan_pool_binding(const struct vt_scan_pool *pool)
{
    return &pool->terms.binding;
}

bool vt_scan_pool_is_spoiled(const struct vt_scan_pool *pool)
{
    return pool->is_spoiled;
}

uint64_t vt_scan_pool_starts(const struct vt_scan_pool *pool)
{
    uint64_t starts = 0;

    for (unsigned i = 0; i < pool->count; i++)
        starts += pool->slots[i].starts;
    return starts;
}

/* ---- jobs ------------------------------------------------------------------------------
 */

/* One that is ready before one that starts. */
static struct vt_scan_slot *find_room(const struct vt_scan_pool *pool)
{
    struct vt_scan_slot *starting = NULL;

    for (unsigned i = 0; i < pool->count; i++) {
        if (pool->slots[i].is_busy || pool->slots[i].role == NULL)
            continue;
        if (pool->slots[i].is_ready)
            return &pool->slots[i];
        starting = &pool->slots[i];
    }
    return starting;
}

bool vt_scan_pool_has_room(const struct vt_scan_pool *pool)
{
    return find_room(pool) != NULL;
}

size_t vt_scan_pool_busy(const struct vt_scan_pool *pool)
{
    size_t busy = 0;

    for (unsigned i = 0; i < pool->count; i++)
        busy += pool->slots[i].is_busy;
    return busy;
}

bool vt_scan_pool_put(struct vt_scan_pool *pool, const struct vt_scan_job *job,
                      struct vt_error *err)
{
    struct vt_scan_slot *slot = find_room(pool);

    VT_ASSERT(slot != NULL);
    return vt_scan_slot_put(slot, &pool->terms, job, err);
}

size_t vt_scan_pool_fds(const struct vt_scan_pool *pool, int out[VT_SCAN_WORKERS_MAX])
{
    for (unsigned i = 0; i < pool->count; i++)
        out[i] =
            pool->slots[i].role != NULL ? vt_role_channel(pool->slots[i].role)->fd : -1;
    return pool->count;
}

/* Wait until a worker has something to say, or its time is over, or ours. */
static void wait_for_any(const struct vt_scan_pool *pool, int64_t until_ms,
                         struct pollfd *fds)
{
    int ours[VT_SCAN_WORKERS_MAX];
    int64_t left;

    (void)vt_scan_pool_fds(pool, ours);
    for (unsigned i = 0; i < pool->count; i++) {
        fds[i] = (struct pollfd){ ours[i], POLLIN, 0 };
        if (pool->slots[i].deadline_ms < until_ms)
            until_ms = pool->slots[i].deadline_ms;
    }
    left = until_ms - vt_monotonic_ms();
    if (poll(fds, pool->count, (int)(left < 0 ? 0 : left > 60000 ? 60000 : left + 1)) <= 0)
        for (unsigned i = 0; i < pool->count; i++)
            fds[i].revents = 0;
}

static enum vt_scan_news attend(struct vt_scan_pool *pool, unsigned i, short events,
                                struct vt_scan_verdict *out, struct vt_error *err)
{
    struct vt_scan_slot *slot = &pool->slots[i];

    if (slot->role == NULL)
        return VT_SCAN_NEWS_NONE;
    if (events != 0)
        return vt_scan_slot_hear(slot, &pool->terms, out, err);
    if (vt_monotonic_ms() > slot->deadline_ms)
        return vt_scan_slot_expire(slot, &pool->terms, out, err);
    return VT_SCAN_NEWS_NONE;
}

bool vt_scan_pool_next(struct vt_scan_pool *pool, int64_t timeout_ms, uint64_t *tag_out,
                       struct vt_scan_verdict *out, struct vt_error *err)
{
    int64_t until_ms = timeout_ms < 0 ? INT64_MAX : vt_monotonic_ms() + timeout_ms;
    struct pollfd fds[VT_SCAN_WORKERS_MAX];

    if (vt_scan_pool_busy(pool) == 0)
        return vt_fail(err, VT_ABSENT, "nothing is being scanned");
    for (;;) {
        wait_for_any(pool, until_ms, fds);
        for (unsigned i = 0; i < pool->count; i++) {
            uint64_t tag = pool->slots[i].tag;

            switch (attend(pool, i, fds[i].revents, out, err)) {
            case VT_SCAN_NEWS_TROUBLE:
                pool->is_spoiled = true;
                return false;
            case VT_SCAN_NEWS_VERDICT:
                *tag_out = tag;
                return true;
            default:
                break;
            }
        }
        if (vt_monotonic_ms() >= until_ms)
            return vt_fail(err, VT_LIMIT, "no verdict within %jd ms", (intmax_t)timeout_ms);
    }
}

bool vt_scan_pool_scan(struct vt_scan_pool *pool, const struct vt_scan_job *job,
                       struct vt_scan_verdict *out, struct vt_error *err)
{
    uint64_t tag;

    VT_ASSERT(vt_scan_pool_busy(pool) == 0);
    return vt_scan_pool_put(pool, job, err) && vt_scan_pool_next(pool, -1, &tag, out, err);
}
