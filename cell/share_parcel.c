/* The outbox: a file is sealed once, durably, and then sent from there until the receipt
 * has come. */
#include "cell/share.h"
#include "cell/bond.h"
#include "cell/share_inside.h"
#include "crypto/age_stream.h"
#include "crypto/secret.h"

enum { PIECE_BYTES = 1 << 16 };

void vt_share_parcel_clear(struct vt_share_parcel *parcel)
{
    vt_buf_clear(&parcel->text);
}

void vt_share_path(const char *folder, const vt_hash *object, const char *kind,
                   char out[VT_SHARE_PATH_BYTES])
{
    char text[65];

    vt_hash_text(object, text);
    (void)snprintf(out, VT_SHARE_PATH_BYTES, "%s/%s%s", folder, text, kind);
}

/* ---- finding one that was begun ---------------------------------------------------------
 */

struct search {
    struct vt_disk *home;
    const vt_hash *digest, *recipient;
    struct vt_share_parcel *out;
    vt_hash stray[16]; /* bodies without a wish */
    size_t stray_count;
    bool is_found;
};

static bool read_wish(struct search *s, const char *path, struct vt_error *err)
{
    struct vt_share_parcel parcel = { .text = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX),
                                      .was_begun = true };
    struct vt_error why = { 0 };

    if (!vt_disk_read(s->home, path, &parcel.text, err)) {
        vt_share_parcel_clear(&parcel);
        return false;
    }
    if (vt_share_request_parse(vt_buf_slice(&parcel.text), &parcel.request, &why) &&
        vt_hash_equal(&parcel.request.digest, s->digest) &&
        vt_hash_equal(&parcel.request.recipient, s->recipient)) {
        *s->out = parcel;
        s->is_found = true;
        return true;
    }
    vt_share_parcel_clear(&parcel); /* another file's, or of another period */
    return true;
}

static bool look_at(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct search *s = context;
    vt_slice text = vt_slice_from_cstr(name);
    char path[VT_SHARE_PATH_BYTES];
    vt_hash object;

    if (s->is_found || is_folder || text.len != 64 + 5 ||
        !vt_hash_parse_hex(vt_slice_sub(text, 0, 64), &object))
        return true;
    vt_share_path("outbox", &object, ".wish", path);
    if (vt_slice_ends_with(text, VT_LIT(".wish")))
        return read_wish(s, path, err);
    if (!vt_disk_has(s->home, path) &&
        s->stray_count < sizeof s->stray / sizeof s->stray[0])
        s->stray[s->stray_count++] = object;
    return true;
}

/* A body without a wish: it was never sent, or the receipt is here.  Only in the first case
 * its bond is of no use either. */
static bool sweep(struct vt_disk *home, const vt_hash *object, struct vt_error *err)
{
    char path[VT_SHARE_PATH_BYTES];

    vt_share_path("receipts", object, "", path);
    if (!vt_disk_has(home, path) && !vt_bond_forget(home, object, err))
        return false;
    vt_share_path("outbox", object, ".body", path);
    return vt_disk_remove(home, path, err);
}

static bool find(struct search *s, struct vt_error *err)
{
    if (!vt_disk_list(s->home, "outbox", look_at, s, err)) {
        if (err->code != VT_ABSENT)
            return false;
        *err = (struct vt_error){ 0 };
    }
    for (size_t i = 0; i < s->stray_count; i++)
        if (!sweep(s->home, &s->stray[i], err))
            return false;
    return true;
}

/* ---- sealing ----------------------------------------------------------------------------
 */

struct sealing {
    struct vt_disk_draft *draft;
    struct vt_sha256 hash;
    uint64_t bytes;
};

static bool put_sealed(void *context, vt_slice bytes, struct vt_error *err)
{
    struct sealing *s = context;

    vt_sha256_add(&s->hash, bytes);
    s->bytes += bytes.len;
    return vt_disk_draft_add(s->draft, bytes, err);
}

/* What is sealed must be what was shown. */
static bool pour(const struct vt_share_plan *plan, struct vt_age_stream *stream,
                 struct vt_error *err)
{
    VT_AUTO_FREE uint8_t *piece = vt_alloc(PIECE_BYTES);
    struct vt_sha256 state;
    VT_AUTO_FD fd = -1;
    uint64_t size;
    ssize_t got;
    vt_hash plain;

    if (!vt_file_open(plan->path, &fd, &size, err))
        return false;
    vt_sha256_init(&state);
    while ((got = read(fd, piece, PIECE_BYTES)) > 0) {
        vt_slice bytes = vt_slice_of(piece, (size_t)got);

        vt_sha256_add(&state, bytes);
        if (!vt_age_stream_put(stream, bytes, err))
            return false;
    }
    if (got < 0)
        return vt_fail(err, VT_IO, "%s: %s", plan->path, strerror(errno));
    vt_sha256_end(&state, &plain);
    if (!vt_hash_equal(&plain, &plan->plain))
        return vt_fail(err, VT_REJECTED, "%s: was changed while it was read; try again",
                       plan->path);
    return vt_age_stream_end(stream, err);
}

/* file_key: borrowed. */
static bool seal_body(struct vt_disk *home, const struct vt_share_place *place,
                      const struct vt_share_plan *plan, const uint8_t *file_key,
                      struct vt_share_request *request, struct vt_error *err)
{
    struct sealing sealing = { .draft = NULL };
    VT_AUTO_AGE_STREAM stream = NULL;
    char path[VT_SHARE_PATH_BYTES];

    vt_sha256_init(&sealing.hash);
    if (!vt_disk_draft_begin(home, "outbox", 0600, &sealing.draft, err))
        return false;
    if (!vt_age_seal_new(place->env, file_key, (vt_age_sink){ put_sealed, &sealing },
                         &stream, err) ||
        !pour(plan, stream, err)) {
        vt_disk_draft_discard(sealing.draft);
        return false;
    }
    vt_sha256_end(&sealing.hash, &request->body);
    request->body_bytes = sealing.bytes;
    vt_share_path("outbox", &request->object, ".body", path);
    return vt_disk_draft_finish(sealing.draft, path, false, err);
}

static bool seal(struct vt_disk *home, const struct vt_share_place *place,
                 const struct vt_share_plan *plan, struct vt_share_request *request,
                 struct vt_buf *header, struct vt_error *err)
{
    struct vt_bond bond = { .recipient = plan->recipient->key };
    VT_AUTO_SECRET file_key = { .data = NULL };
    bool is_ok;

    if (!vt_secret_init(&file_key, VT_AGE_FILE_KEY_BYTES, err))
        return false;
    vt_env_random(place->env, file_key.data, VT_AGE_FILE_KEY_BYTES);
    if (!vt_age_header_write_bound(place->env, &plan->recipient->key, file_key.data, header,
                                   bond.secret, err))
        return false;
    request->header = bond.header = vt_buf_slice(header);
    request->object = vt_sha256_of(request->header);
    is_ok = seal_body(home, place, plan, file_key.data, request, err) &&
            vt_bond_keep(home, &bond, err);
    explicit_bzero(bond.secret, sizeof bond.secret);
    return is_ok;
}

bool vt_share_keep_wish(struct vt_disk *home, struct vt_share_parcel *parcel,
                        struct vt_error *err)
{
    struct vt_buf text = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX);
    char path[VT_SHARE_PATH_BYTES];

    vt_share_path("outbox", &parcel->request.object, ".wish", path);
    if (!vt_share_request_write(&parcel->request, &text, err) ||
        !vt_disk_write(home, path, vt_buf_slice(&text), 0600, err)) {
        vt_buf_clear(&text);
        return false;
    }
    vt_buf_clear(&parcel->text);
    parcel->text = text;
    return vt_share_request_parse(vt_buf_slice(&parcel->text), &parcel->request, err);
}

bool vt_share_parcel_open(struct vt_disk *home, const struct vt_share_place *place,
                          const struct vt_share_plan *plan, const struct vt_key *pseudonym,
                          struct vt_share_parcel *out, struct vt_error *err)
{
    vt_hash digest = vt_share_digest(&plan->recipient->digest, &plan->plain);
    struct search search = {
        .home = home, .digest = &digest, .recipient = &plan->recipient->digest, .out = out
    };
    VT_AUTO_BUF header = vt_buf_init(VT_SHARE_HEADER_BYTES_MAX);

    if (!find(&search, err) || search.is_found)
        return search.is_found;
    *out = (struct vt_share_parcel){ .text = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX) };
    out->request = (struct vt_share_request){ .cell = place->head->file->head.cell,
                                              .recipient = plan->recipient->digest,
                                              .digest = digest,
                                              .rule = plan->rule,
                                              .at_unix_s = vt_env_now_unix_s(place->env) };
    (void)snprintf(out->request.country, sizeof out->request.country, "%s",
                   plan->recipient->country);
    return seal(home, place, plan, &out->request, &header, err) &&
           vt_share_request_sign(&out->request, pseudonym, err) &&
           vt_share_keep_wish(home, out, err);
}
