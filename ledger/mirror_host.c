/* A mirror's decisions. */
#include "ledger/mirror_host.h"
#include "crypto/verify_note.h"
#include "ledger/checkpoint.h"
#include "ledger/witness_reply.h"

enum { REFRESH_S = 60, NOTE_BYTES_MAX = 16 << 10 };

struct vt_mirror_host {
    const struct vt_witness_config *config;
    const struct vt_key *key;
    const struct vt_env *env;
    const char *folder;
    struct vt_arena *arena;
    struct vt_witness_memory *pending, *cosigned;
    struct vt_copy *copies[VT_WITNESS_LOGS_MAX]; /* as config->logs; NULL: not opened */
    uint8_t secret[32];                          /* of our tickets; gone with the process */
};

static const char *below(struct vt_arena *arena, const char *folder, const char *name)
{
    return vt_arena_printf(arena, "%s/%s", folder, name);
}

bool vt_mirror_host_init(const char *folder, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_disk *copies;

    if (!vt_witness_memory_init(below(arena, folder, "pending"), err) ||
        !vt_witness_memory_init(below(arena, folder, "cosigned"), err) ||
        !vt_disk_open(below(arena, folder, VT_MIRROR_COPIES), true, &copies, err))
        return false;
    vt_disk_close(copies);
    return true;
}

void vt_mirror_host_abandon(const char *folder)
{
    static const char *const names[] = { "pending", "cosigned", VT_MIRROR_COPIES };
    VT_AUTO_ARENA arena = vt_arena_new();

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        vt_disk_abandon(below(arena, folder, names[i]));
    vt_disk_abandon(folder);
}

/* ---- copies -----------------------------------------------------------------------------
 */

static struct vt_head head_of(const struct vt_witness_seen *seen)
{
    return seen == NULL ? (struct vt_head){ 0, vt_tree_empty_root }
                        : (struct vt_head){ seen->size, seen->root };
}

static bool copy_of(struct vt_mirror_host *h, const struct vt_witness_log *log,
                    struct vt_copy **out, struct vt_error *err)
{
    struct vt_copy **slot = &h->copies[log - h->config->logs];
    struct vt_head shown = head_of(vt_witness_memory_find(h->cosigned, &log->id));
    char hex[2 * VT_SHA256_BYTES + 1];

    vt_hash_text(&log->id, hex);
    if (*slot == NULL &&
        !vt_copy_open(
            vt_arena_printf(h->arena, "%s/" VT_MIRROR_COPIES "/%s", h->folder, hex),
            log->origin, &shown, slot, err))
        return false;
    *out = *slot;
    return true;
}

/* A copy that cannot be used is trouble of its log alone, as long as the disk works. */
static bool is_local(const struct vt_witness_log *log, struct vt_mirror_answer *out,
                     const struct vt_error *err)
{
    if (err->code == VT_IO)
        return false;
    (void)fprintf(stderr, "vitrine mirror: %.*s: %s\n", VT_SLICE_ARGS(log->origin),
                  err->message);
    out->what = VT_MIRROR_TROUBLE;
    return true;
}

/* The checkpoint that was cosigned last, where everybody can read it. */
static bool show(struct vt_mirror_host *h, const struct vt_witness_log *log,
                 struct vt_error *err)
{
    const struct vt_witness_seen *seen = vt_witness_memory_find(h->cosigned, &log->id);
    VT_AUTO_BUF note = vt_buf_init(NOTE_BYTES_MAX);
    struct vt_copy *copy;

    if (seen == NULL)
        return true;
    if (!copy_of(h, log, &copy, err))
        return false;
    vt_witness_write_checkpoint(&h->config->vkey, log, seen, &note);
    return note.len == 0 || (vt_buf_check(&note, "the checkpoint", err) &&
                             vt_copy_show(copy, seen->size, vt_buf_slice(&note), err));
}

static bool open_all(struct vt_mirror_host *h, struct vt_error *err)
{
    if (!vt_witness_memory_open(below(h->arena, h->folder, "pending"), &h->pending, err) ||
        !vt_witness_memory_open(below(h->arena, h->folder, "cosigned"), &h->cosigned, err))
        return false;
    for (size_t i = 0; i < h->config->log_count; i++) {
        struct vt_mirror_answer ignored;

        if (!show(h, &h->config->logs[i], err) &&
            !is_local(&h->config->logs[i], &ignored, err))
            return false;
    }
    return true;
}

bool vt_mirror_host_open(const struct vt_witness_config *config, const struct vt_key *key,
                         const char *folder, const struct vt_env *env,
                         struct vt_mirror_host **host_out, struct vt_error *err)
{
    struct vt_mirror_host *h = vt_alloc(sizeof *h);

    h->config = config;
    h->key = key;
    h->env = env;
    h->folder = folder;
    h->arena = vt_arena_new();
    vt_env_random(env, h->secret, sizeof h->secret);
    if (!open_all(h, err)) {
        vt_mirror_host_close(h);
        return false;
    }
    *host_out = h;
    return true;
}

void vt_mirror_host_close(struct vt_mirror_host *h)
{
    if (h == NULL)
        return;
    for (size_t i = 0; i < VT_WITNESS_LOGS_MAX; i++)
        vt_copy_close(h->copies[i]);
    vt_witness_memory_close(h->pending);
    vt_witness_memory_close(h->cosigned);
    vt_arena_free(h->arena);
    explicit_bzero(h->secret, sizeof h->secret);
    free(h);
}

bool vt_mirror_host_state(struct vt_mirror_host *h, const struct vt_witness_log *log,
                          struct vt_mirror_state *out, struct vt_error *err)
{
    const struct vt_witness_seen *pending = vt_witness_memory_find(h->pending, &log->id);
    const struct vt_witness_seen *cosigned = vt_witness_memory_find(h->cosigned, &log->id);
    struct vt_copy *copy;

    if (!copy_of(h, log, &copy, err))
        return false;
    *out = (struct vt_mirror_state){ .has_pending = pending != NULL,
                                     .pending = head_of(pending).size,
                                     .next = vt_copy_next(copy),
                                     .mirrored = head_of(cosigned).size };
    return true;
}

bool vt_mirror_host_pend(struct vt_mirror_host *h,
                         const struct vt_witness_question *question,
                         struct vt_witness_verdict *out, struct vt_error *err)
{
    return vt_witness_judge(h->config, NULL, h->env, h->pending, question, out, err) &&
           vt_witness_memory_commit(h->pending, err);
}

/* ---- tickets ----------------------------------------------------------------------------
 * A checkpoint that was pending once, with a check that only we can make: so we need not
 * remember all of them. */

/* SHA-256(secret, SHA-256(secret, label, log, body)); all have fixed lengths. */
static vt_hash check_of(const struct vt_mirror_host *h, const vt_hash *log, vt_slice body)
{
    static const char label[] = "vitrine/mirror-ticket/v1\n";
    struct vt_sha256 state;
    vt_hash inner, outer;

    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_BYTES(h->secret));
    vt_sha256_add(&state, vt_slice_of(label, sizeof label - 1));
    vt_sha256_add(&state, vt_hash_slice(log));
    vt_sha256_add(&state, body);
    vt_sha256_end(&state, &inner);
    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_BYTES(h->secret));
    vt_sha256_add(&state, vt_hash_slice(&inner));
    vt_sha256_end(&state, &outer);
    return outer;
}

static void write_ticket(const struct vt_mirror_host *h, const struct vt_witness_seen *seen,
                         uint8_t out[VT_MIRROR_TICKET_BYTES])
{
    VT_AUTO_BUF body = vt_buf_init(VT_MIRROR_TICKET_BYTES);
    vt_hash check;

    vt_buf_put_u64(&body, seen->size);
    vt_buf_put(&body, vt_hash_slice(&seen->root));
    vt_buf_put_u32(&body, seen->key_id);
    vt_buf_put(&body, VT_BYTES(seen->log_signature));
    check = check_of(h, &seen->log, vt_buf_slice(&body));
    vt_buf_put(&body, vt_hash_slice(&check));
    VT_ASSERT(!body.is_full && body.len == VT_MIRROR_TICKET_BYTES);
    memcpy(out, body.data, VT_MIRROR_TICKET_BYTES);
}

/* In constant time: a check must not be found byte by byte. */
static bool is_same_check(const vt_hash *a, const uint8_t *b)
{
    uint8_t differs = 0;

    for (size_t i = 0; i < sizeof a->bytes; i++)
        differs |= a->bytes[i] ^ b[i];
    return differs == 0;
}

static bool read_ticket(const struct vt_mirror_host *h,
                        const struct vt_mirror_upload *upload, struct vt_witness_seen *out)
{
    vt_slice body = vt_slice_of(upload->ticket, VT_MIRROR_TICKET_BYTES - 32), root,
             signature;
    vt_hash check = check_of(h, &upload->log, body);
    vt_reader r = { body };

    *out = (struct vt_witness_seen){ .log = upload->log };
    if (!upload->has_ticket ||
        !is_same_check(&check, upload->ticket + VT_MIRROR_TICKET_BYTES - 32) ||
        !vt_read_u64(&r, &out->size) || !vt_read_bytes(&r, sizeof out->root, &root) ||
        !vt_read_u32(&r, &out->key_id) ||
        !vt_read_bytes(&r, sizeof out->log_signature, &signature))
        return false;
    memcpy(out->root.bytes, root.data, root.len);
    memcpy(out->log_signature, signature.data, signature.len);
    return true;
}

/* ---- answers ----------------------------------------------------------------------------
 */

/* The checkpoint that this upload is to reach; false if it is none that we know. */
static bool resolve(const struct vt_mirror_host *h, const struct vt_mirror_upload *upload,
                    struct vt_witness_seen *out)
{
    const struct vt_witness_seen *pending =
        vt_witness_memory_find(h->pending, &upload->log);
    const struct vt_witness_seen *cosigned =
        vt_witness_memory_find(h->cosigned, &upload->log);

    if (pending != NULL && pending->size == upload->end)
        *out = *pending;
    else if (cosigned != NULL && cosigned->size == upload->end)
        *out = *cosigned;
    else
        return read_ticket(h, upload, out) && out->size == upload->end;
    return true;
}

/* Where we are, and the checkpoint to go on with: `seen` if it is not reached yet, so that
 * the client need not prove anew; else the pending one.  What is told as kept is durable.
 */
static bool tell(struct vt_mirror_host *h, const struct vt_witness_log *log,
                 const struct vt_witness_seen *seen, struct vt_mirror_answer *out,
                 struct vt_error *err)
{
    const struct vt_witness_seen *pending = vt_witness_memory_find(h->pending, &log->id);
    struct vt_copy *copy;

    VT_ASSERT(pending != NULL);
    if (!copy_of(h, log, &copy, err) || !vt_copy_settle(copy, err) ||
        !vt_mirror_host_state(h, log, &out->state, err))
        return false;
    if (seen == NULL || seen->size < out->state.next || seen->size < out->state.mirrored)
        seen = pending;
    out->size = seen->size;
    write_ticket(h, seen, out->ticket);
    return true;
}

static bool begin(struct vt_mirror_host *h, const struct vt_witness_log *log,
                  const struct vt_mirror_upload *upload, struct vt_mirror_answer *out,
                  struct vt_error *err)
{
    struct vt_witness_seen seen;
    bool is_known = resolve(h, upload, &seen);
    uint64_t reached;

    if (!tell(h, log, is_known ? &seen : NULL, out, err))
        return false;
    reached = upload->end < out->state.next ? upload->end : out->state.next;
    if (!is_known || upload->end < out->state.mirrored || upload->start > out->state.next ||
        (reached > upload->start && reached - upload->start > VT_MIRROR_EXCESS_MAX)) {
        out->what = VT_MIRROR_CONFLICT;
        return true;
    }
    out->what = VT_MIRROR_GO_ON;
    out->size = seen.size;
    write_ticket(h, &seen, out->ticket);
    return true;
}

bool vt_mirror_host_begin(struct vt_mirror_host *h, const struct vt_mirror_upload *upload,
                          struct vt_mirror_answer *out, struct vt_error *err)
{
    const struct vt_witness_log *log = vt_witness_log_by_id(h->config, &upload->log);

    *out = (struct vt_mirror_answer){ .what = VT_MIRROR_UNKNOWN };
    if (log == NULL)
        return true;
    out->what = VT_MIRROR_NO_PENDING;
    return vt_witness_memory_find(h->pending, &log->id) == NULL ||
           begin(h, log, upload, out, err) || is_local(log, out, err);
}

/* ---- packages ---------------------------------------------------------------------------
 */

static const enum vt_mirror_what what_of[] = {
    [VT_MALFORMED] = VT_MIRROR_FORM,
    [VT_ABSENT] = VT_MIRROR_FORM, /* not reached: the opening looked at the start */
    [VT_REJECTED] = VT_MIRROR_BAD_PROOF,
    [VT_LIMIT] = VT_MIRROR_FORM,
};

bool vt_mirror_host_take(struct vt_mirror_host *h, const struct vt_mirror_upload *upload,
                         const struct vt_package_range *range,
                         const struct vt_package *package, struct vt_mirror_answer *out,
                         struct vt_error *err)
{
    const struct vt_witness_log *log = vt_witness_log_by_id(h->config, &upload->log);
    struct vt_witness_seen seen;
    struct vt_head head;
    struct vt_copy *copy;

    *out = (struct vt_mirror_answer){ .what = VT_MIRROR_FORM };
    if (log == NULL || !read_ticket(h, upload, &seen))
        return true;
    if (!copy_of(h, log, &copy, err))
        return is_local(log, out, err);
    head = head_of(&seen);
    out->what = VT_MIRROR_GO_ON;
    if (vt_copy_take(copy, range, package, &head, err))
        return true;
    if (err->code == VT_IO || vt_copy_is_damaged(copy))
        return is_local(log, out, err);
    out->what = what_of[err->code];
    return true;
}

/* ---- the end ----------------------------------------------------------------------------
 */

/* The key signs here and nowhere else. */
static bool cosign(struct vt_mirror_host *h, const struct vt_witness_log *log,
                   struct vt_witness_seen *seen, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_WITNESS_ORIGIN_BYTES_MAX + 256);
    struct vt_checkpoint checkpoint = { .origin = log->origin,
                                        .size = seen->size,
                                        .root = seen->root };

    vt_checkpoint_write(&text, &checkpoint);
    seen->time_unix_s = vt_env_now_unix_s(h->env);
    if (seen->time_unix_s <= 0)
        return vt_fail(err, VT_REJECTED, "our clock stands before 1970");
    return vt_buf_check(&text, "the checkpoint", err) &&
           vt_cosignature_sign(h->key, seen->time_unix_s, vt_buf_slice(&text),
                               seen->cosignature, err);
}

/* Only what is new is written, and now and then a newer time. */
static bool keep(struct vt_mirror_host *h, const struct vt_witness_log *log,
                 const struct vt_witness_seen *seen, struct vt_error *err)
{
    const struct vt_witness_seen *last = vt_witness_memory_find(h->cosigned, &log->id);

    if (last != NULL && last->size == seen->size &&
        seen->time_unix_s - last->time_unix_s < REFRESH_S)
        return true;
    return vt_witness_memory_put(h->cosigned, seen, err) &&
           vt_witness_memory_commit(h->cosigned, err) && show(h, log, err);
}

static bool commit(struct vt_mirror_host *h, const struct vt_witness_log *log,
                   struct vt_witness_seen *seen, struct vt_mirror_answer *out,
                   struct vt_error *err)
{
    struct vt_head head = head_of(seen);
    struct vt_copy *copy;

    if (!copy_of(h, log, &copy, err) || !vt_copy_complete(copy, &head, err) ||
        !cosign(h, log, seen, err) || !keep(h, log, seen, err))
        return false;
    out->what = VT_MIRROR_COSIGNED;
    out->time_unix_s = seen->time_unix_s;
    memcpy(out->cosignature, seen->cosignature, sizeof out->cosignature);
    return vt_mirror_host_state(h, log, &out->state, err);
}

static bool end(struct vt_mirror_host *h, const struct vt_witness_log *log,
                struct vt_witness_seen *seen, bool is_whole, struct vt_mirror_answer *out,
                struct vt_error *err)
{
    if (!tell(h, log, seen, out, err))
        return false;
    out->what = VT_MIRROR_PROGRESS;
    if (!is_whole || out->state.next < seen->size)
        return true;
    out->what = VT_MIRROR_CONFLICT;
    return seen->size < out->state.mirrored || commit(h, log, seen, out, err);
}

bool vt_mirror_host_end(struct vt_mirror_host *h, const struct vt_mirror_upload *upload,
                        bool is_whole, struct vt_mirror_answer *out, struct vt_error *err)
{
    const struct vt_witness_log *log = vt_witness_log_by_id(h->config, &upload->log);
    struct vt_witness_seen seen;

    *out = (struct vt_mirror_answer){ .what = VT_MIRROR_FORM };
    if (log == NULL || !read_ticket(h, upload, &seen))
        return true;
    return end(h, log, &seen, is_whole, out, err) || is_local(log, out, err);
}
