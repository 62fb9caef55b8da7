/* See invitation.h.  All of them are read and verified anew when anything there changed,
 * and each second: there are few, and an end must count as soon as it lies there. */
#include "centre/invitation.h"
#include "evidence/field.h"
#include <sys/stat.h>

/* ---- one --------------------------------------------------------------------------------
 */

static bool is_signed_as(const struct vt_trust *trust, enum vt_trust_role role,
                         const struct vt_envelope *envelope, vt_slice product,
                         int64_t now_unix_s, struct vt_error *err)
{
    struct vt_count count = vt_trust_count(trust, role, envelope, now_unix_s, product);

    return count.outcome == VT_COUNT_ENOUGH ||
           vt_fail(err, VT_REJECTED,
                   "it lacks a signature of the %s that counts now for %.*s",
                   vt_trust_role_name(role), VT_SLICE_ARGS(product));
}

static vt_slice product_at(const json_t *products, size_t i)
{
    return vt_slice_from_cstr(json_string_value(json_array_get(products, i)));
}

static bool verify_times(const json_t *predicate, struct vt_error *err)
{
    int64_t from, until;

    if (!vt_json_get_time(predicate, "invitation", "from", &from, err) ||
        !vt_json_get_time(predicate, "invitation", "until", &until, err))
        return false;
    return from < until || vt_fail(err, VT_MALFORMED, "it ends before it begins");
}

bool vt_invitation_verify(const struct vt_trust *trust, const struct vt_envelope *envelope,
                          int64_t now_unix_s, struct vt_error *err)
{
    const json_t *predicate = envelope->statement.predicate;
    const json_t *products = json_object_get(predicate, "products");

    if (envelope->statement.type != VT_INVITATION)
        return vt_fail(err, VT_MALFORMED, "it is a %s, no invitation",
                       vt_predicate_name(envelope->statement.type));
    if (!vt_statement_is_about_itself(&envelope->statement, err) ||
        !verify_times(predicate, err))
        return false;
    if (json_array_size(products) == 0)
        return vt_fail(err, VT_MALFORMED, "it names no product");
    for (size_t i = 0; i < json_array_size(products); i++)
        if (!is_signed_as(trust, VT_ROLE_VENDOR, envelope, product_at(products, i),
                          now_unix_s, err) ||
            !is_signed_as(trust, VT_ROLE_SUPERVISOR, envelope, product_at(products, i),
                          now_unix_s, err))
            return false;
    return true;
}

bool vt_invitation_is_open(const struct vt_invitation *invitation, int64_t now_unix_s)
{
    return !invitation->is_ended && invitation->from_unix_s <= now_unix_s &&
           now_unix_s < invitation->until_unix_s;
}

bool vt_invitation_covers(const struct vt_invitation *invitation, vt_slice product)
{
    return vt_list_has(invitation->products, product);
}

/* ---- all of them ------------------------------------------------------------------------
 */

/* What lies there: invitations, and ends that are applied when all are read. */
struct reading {
    struct vt_disk *above;
    const struct vt_trust *trust;
    int64_t now_unix_s;
    void (*tell)(void *context, const char *sentence);
    void *context;
    struct vt_invitations *out;
    vt_hash *ends;
    size_t end_count;
};

/* The envelope is taken. */
static void take_invitation(struct reading *r, struct vt_envelope *envelope)
{
    const json_t *predicate = envelope->statement.predicate;
    struct vt_error ignored = { 0 };
    struct vt_invitation *row;

    r->out->rows = vt_grow_array(r->out->rows, r->out->count + 1, sizeof *r->out->rows);
    row = &r->out->rows[r->out->count];
    *row = (struct vt_invitation){
        .envelope = *envelope,
        .payload = vt_envelope_payload_digest(envelope),
        .id = vt_field_text(predicate, "id"),
        .reviewer = vt_field_text(predicate, "reviewer"),
        .products = json_object_get(predicate, "products"),
        .code = vt_field_hash(predicate, "code"),
    };
    /* They fit their schema, so all three are there. */
    if (vt_json_get_time(predicate, "", "from", &row->from_unix_s, &ignored) &&
        vt_json_get_time(predicate, "", "until", &row->until_unix_s, &ignored) &&
        vt_json_get_time(predicate, "", "created", &row->created_unix_s, &ignored)) {
        r->out->count++;
        *envelope = (struct vt_envelope){ 0 };
    }
}

/* Whoever could not invite alone may end alone; an end stays one when its key has ended,
 * so its own date decides whether the key counted.  A date ahead of the clock is no
 * reason to go on reading. */
static bool take_end(struct reading *r, const struct vt_envelope *envelope,
                     struct vt_error *err)
{
    static const enum vt_trust_role roles[] = { VT_ROLE_VENDOR, VT_ROLE_SUPERVISOR };
    const struct vt_keyring keyring = { .trust = r->trust };
    int64_t created;

    if (!vt_json_get_time(envelope->statement.predicate, "end", "created", &created, err))
        return false;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        VT_AUTO_FREE struct vt_signers *signers = vt_alloc(sizeof *signers);

        if (vt_signers_add(signers, &keyring, roles[i], envelope,
                           created < r->now_unix_s ? created : r->now_unix_s,
                           (vt_slice){ 0 }) != VT_REGARD_GOOD)
            continue;
        r->ends = vt_grow_array(r->ends, r->end_count + 1, sizeof *r->ends);
        r->ends[r->end_count++] =
            vt_field_hash(envelope->statement.predicate, "invitation");
        return true;
    }
    return vt_fail(err, VT_REJECTED, "neither vendor nor supervisor signed this end");
}

/* What lies there and cannot be read, too long or a link, may be an end as well. */
static bool read_bytes(struct reading *r, const char *path, struct vt_buf *out,
                       struct vt_error *err)
{
    if (vt_disk_read(r->above, path, out, err))
        return true;
    if (err->code == VT_LIMIT || err->code == VT_REJECTED)
        err->code = VT_IO;
    return false;
}

static bool take_file(struct reading *r, const char *path, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (!read_bytes(r, path, &bytes, err) ||
        !vt_envelope_parse(vt_buf_slice(&bytes), &envelope, err))
        return false;
    if (envelope.statement.type == VT_INVITATION_END)
        return take_end(r, &envelope, err);
    if (!vt_invitation_verify(r->trust, &envelope, r->now_unix_s, err))
        return false;
    take_invitation(r, &envelope);
    return true;
}

static bool take_name(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct reading *r = context;
    struct vt_error why = { 0 };

    if (is_folder || !vt_slice_ends_with(vt_slice_from_cstr(name), VT_LIT(".json")))
        return true;
    if (r->out->count + r->end_count >= VT_INVITATIONS_MAX)
        return vt_fail(err, VT_LIMIT, VT_CENTRE_INVITATIONS "/: over %d files",
                       VT_INVITATIONS_MAX);
    if (take_file(r, vt_arena_printf(arena, VT_CENTRE_INVITATIONS "/%s", name), &why))
        return true;
    (void)vt_within(&why, VT_CENTRE_INVITATIONS "/%s", name);
    if (why.code == VT_IO) { /* what could not be read may be an end */
        *err = why;
        return false;
    }
    r->tell(r->context, why.message);
    return true;
}

static void apply_ends(struct reading *r)
{
    for (size_t e = 0; e < r->end_count; e++)
        for (size_t i = 0; i < r->out->count; i++)
            if (vt_hash_equal(&r->out->rows[i].payload, &r->ends[e]))
                r->out->rows[i].is_ended = true;
}

bool vt_invitations_read(struct vt_disk *above, const struct vt_trust *trust,
                         int64_t now_unix_s,
                         void (*tell)(void *context, const char *sentence), void *context,
                         struct vt_invitations *out, struct vt_error *err)
{
    struct vt_invitations made = { 0 };
    struct reading r = { above, trust, now_unix_s, tell, context, &made, NULL, 0 };
    bool is_ok = vt_disk_list(above, VT_CENTRE_INVITATIONS, take_name, &r, err) ||
                 err->code == VT_ABSENT;

    if (is_ok)
        apply_ends(&r);
    free(r.ends);
    if (!is_ok) {
        vt_invitations_clear(&made);
        return false;
    }
    *err = (struct vt_error){ 0 };
    *out = made;
    return true;
}

/* ---- what lies there --------------------------------------------------------------------
 */

struct stamping {
    struct vt_disk *above;
    struct vt_sha256 state;
};

static bool stamp_name(void *context, const char *name, bool is_folder,
                       struct vt_error *err)
{
    struct stamping *s = context;
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FD fd = -1;
    struct stat about;
    uint64_t bytes;

    if (is_folder || !vt_slice_ends_with(vt_slice_from_cstr(name), VT_LIT(".json")))
        return true;
    if (!vt_disk_open_fd(s->above,
                         vt_arena_printf(arena, VT_CENTRE_INVITATIONS "/%s", name), &fd,
                         &bytes, err))
        return false;
    if (fstat(fd, &about) != 0)
        return vt_fail(err, VT_IO, "%s: %s", name, strerror(errno));
    vt_sha256_add(&s->state, vt_slice_of(name, strlen(name) + 1));
    vt_sha256_add(&s->state, VT_BYTES(about.st_ino));
    vt_sha256_add(&s->state, VT_BYTES(about.st_size));
    vt_sha256_add(&s->state, VT_BYTES(about.st_mtim));
    vt_sha256_add(&s->state, VT_BYTES(about.st_ctim));
    return true;
}

bool vt_invitations_stamp(struct vt_disk *above, vt_hash *out, struct vt_error *err)
{
    struct stamping s = { .above = above };

    vt_sha256_init(&s.state);
    if (!vt_disk_list(above, VT_CENTRE_INVITATIONS, stamp_name, &s, err))
        return false;
    vt_sha256_end(&s.state, out);
    return true;
}

void vt_invitations_clear(struct vt_invitations *invitations)
{
    for (size_t i = 0; i < invitations->count; i++)
        vt_envelope_clear(&invitations->rows[i].envelope);
    free(invitations->rows);
    *invitations = (struct vt_invitations){ 0 };
}

const struct vt_invitation *vt_invitations_find(const struct vt_invitations *invitations,
                                                const vt_hash *payload)
{
    for (size_t i = 0; i < invitations->count; i++)
        if (vt_hash_equal(&invitations->rows[i].payload, payload))
            return &invitations->rows[i];
    return NULL;
}

const struct vt_invitation *vt_invitations_find_code(
    const struct vt_invitations *invitations, vt_slice code)
{
    vt_hash hash = vt_sha256_of(code);

    for (size_t i = 0; i < invitations->count; i++)
        if (vt_hash_equal(&invitations->rows[i].code, &hash))
            return &invitations->rows[i];
    return NULL;
}
