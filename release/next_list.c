/* Lists of withdrawals that vendor and supervisor sign without a release. */
#include "release/next_list.h"
#include "evidence/field.h"

#define NEXT "withdrawals/next.json"

/* What one signing works with. */
struct work {
    struct vt_desk *desk;
    const struct vt_trust *trust;
    const struct vt_list_wish *wish;
    int64_t now_unix_s;
    vt_slice newest;  /* the list before; empty: none */
    uint64_t version; /* of the next */
};

static bool check_signer(const struct work *w, const struct vt_key *key,
                         struct vt_error *err)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    vt_slice text = vt_slice_from_cstr(id.text);
    const struct vt_trust_key *known = vt_trust_find(w->trust, text, VT_ROLE_VENDOR);
    enum vt_regard standing;

    if (known == NULL)
        known = vt_trust_find(w->trust, text, VT_ROLE_SUPERVISOR);
    if (known == NULL)
        return vt_fail(err, VT_REJECTED,
                       "key %.16s... is neither the vendor's nor the supervisor's: they "
                       "sign a list of withdrawals together",
                       id.text);
    standing = vt_trust_key_standing(known, w->now_unix_s);
    return standing == VT_REGARD_GOOD ||
           vt_fail(err, VT_REJECTED, "the list would be signed by %s",
                   vt_regard_words(standing));
}

/* The row of this release in the list, or false. */
static bool find_row(const struct vt_docket *docket, const struct vt_withdrawals *list,
                     struct vt_listed *row)
{
    const json_t *draft = docket->draft->envelope.statement.predicate;

    return vt_withdrawals_find_withdrawn(list, vt_slice_from_cstr(docket->product),
                                         vt_field_text(draft, "channel"),
                                         vt_field_number(draft, "sequence"), row);
}

static void keep_reason(const struct vt_listed *row, struct vt_next_list *out)
{
    (void)snprintf(out->reason, sizeof out->reason, "%.*s", VT_SLICE_ARGS(row->reason));
    vt_text_make_printable(out->reason, row->reason.len >= sizeof out->reason);
}

/* out->is_made: the newest list withdraws it. */
static bool check_can_withdraw(const struct work *w, struct vt_next_list *out,
                               struct vt_error *err)
{
    const struct vt_docket *docket = w->wish->docket;
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_withdrawals list;
    struct vt_listed row;

    if (!docket->is_published || docket->draft == NULL)
        return vt_fail(err, VT_REJECTED,
                       "%s %s is not published: there is nothing to withdraw "
                       "(`vitrine supervise reject` stops a draft)",
                       docket->product, docket->version);
    if (w->newest.len == 0)
        return true;
    if (!vt_envelope_parse(w->newest, &envelope, err) ||
        !vt_withdrawals_read(&envelope.statement, &list, err))
        return vt_within(err, "newest list of withdrawals");
    out->is_made = find_row(docket, &list, &row);
    if (out->is_made)
        keep_reason(&row, out);
    return true;
}

static bool check_wish(const struct work *w, struct vt_next_list *out, struct vt_error *err)
{
    if (w->wish->change == VT_LIST_WITHDRAW)
        return check_can_withdraw(w, out, err);
    return w->newest.len != 0 ||
           vt_fail(err, VT_REJECTED,
                   "nothing is published yet: the first release brings the first list");
}

/* The row that the list before does not have; without a product: it renews. */
static bool find_new_row(const struct vt_withdrawals *list, vt_slice newest,
                         struct vt_listed *out, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_withdrawals before = { 0 };
    struct vt_listed ignored;

    *out = (struct vt_listed){ 0 };
    if (newest.len != 0 && (!vt_envelope_parse(newest, &envelope, err) ||
                            !vt_withdrawals_read(&envelope.statement, &before, err)))
        return vt_within(err, "newest list of withdrawals");
    for (size_t i = 0; i < json_array_size(list->withdrawn); i++) {
        struct vt_listed row = vt_withdrawals_row(list->withdrawn, i);

        if (!vt_withdrawals_find_withdrawn(&before, row.product, row.channel, row.sequence,
                                           &ignored))
            *out = row;
    }
    return true;
}

/* Another change waits for its second signature. */
static bool fail_other_waits(const struct vt_listed *waits, struct vt_error *err)
{
    if (waits->product.len == 0)
        return vt_fail(err, VT_REJECTED,
                       "a renewed list waits for its second signature (" NEXT
                       "): complete it first with `vitrine release renew`");
    return vt_fail(err, VT_REJECTED,
                   "the withdrawal of %.*s %.*s waits for its second signature (" NEXT
                   "): complete it first with `vitrine release withdraw`",
                   VT_SLICE_ARGS(waits->product), VT_SLICE_ARGS(waits->version));
}

/* Two sign one reason: whoever gives another one is told of it. */
static bool check_reason(const struct work *w, const struct vt_listed *row,
                         struct vt_next_list *out, struct vt_error *err)
{
    const char *ours = w->wish->reason;

    keep_reason(row, out);
    return ours == NULL || ours[0] == '\0' || vt_slice_is(row->reason, ours) ||
           vt_fail(err, VT_REJECTED,
                   "its withdrawal waits for the second signature with another reason; "
                   "leave --reason out to sign that one: %s",
                   out->reason);
}

/* Is what lies on the desk the next list, and what we wish?  *usable_out says so; another
 * one that still could be completed is an error. */
static bool look_at_next(const struct work *w, vt_slice bytes, bool *usable_out,
                         struct vt_next_list *out, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_withdrawals list;
    struct vt_listed row = { 0 }, waits;

    *usable_out = false;
    if (!vt_envelope_parse(bytes, &envelope, err) ||
        !vt_withdrawals_read(&envelope.statement, &list, err))
        return vt_within(err, NEXT);
    if (list.version != w->version)
        return true; /* overtaken */
    if (!find_new_row(&list, w->newest, &waits, err))
        return false;
    if (w->wish->docket == NULL ? waits.product.len != 0
                                : !find_row(w->wish->docket, &list, &row))
        return fail_other_waits(&waits, err);
    if (w->wish->docket != NULL && !check_reason(w, &row, out, err))
        return false;
    *usable_out =
        vt_list_is_next(w->newest, w->wish->change, w->wish->docket, &envelope, err);
    return *usable_out || vt_within(err, NEXT " (take it away if nobody stands by it)");
}

static bool has_signed(const struct vt_trust *trust, enum vt_trust_role role,
                       const struct vt_envelope *list, int64_t now_unix_s)
{
    return vt_trust_count(trust, role, list, now_unix_s, (vt_slice){ 0 }).outcome ==
           VT_COUNT_ENOUGH;
}

/* The role whose signature is missing; NULL: none. */
static const char *whom_it_lacks(const struct vt_trust *trust,
                                 const struct vt_envelope *list, int64_t now_unix_s)
{
    static const enum vt_trust_role roles[] = { VT_ROLE_VENDOR, VT_ROLE_SUPERVISOR };

    for (size_t i = 0; i < 2; i++)
        if (!has_signed(trust, roles[i], list, now_unix_s))
            return vt_trust_role_name(roles[i]);
    return NULL;
}

/* Before it is laid down. */
static bool judge(const struct work *w, struct vt_next_list *out, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (!vt_envelope_parse(vt_buf_slice(&out->bytes), &envelope, err) ||
        (w->wish->history != NULL &&
         !vt_list_history_admits(w->wish->history, &envelope, err)))
        return false;
    out->waits = whom_it_lacks(w->trust, &envelope, w->now_unix_s);
    out->is_complete = out->waits == NULL;
    return true;
}

static bool sign(const struct work *w, vt_slice next, const struct vt_key *key,
                 struct vt_next_list *out, struct vt_error *err)
{
    const struct vt_list_wish *wish = w->wish;

    if (next.len != 0) {
        if (!vt_envelope_add_signature(next, key, &out->bytes, err))
            return false;
        out->was_signed = vt_slice_equal(next, vt_buf_slice(&out->bytes));
        return true;
    }
    out->lacks_reason = wish->change == VT_LIST_WITHDRAW &&
                        (wish->reason == NULL || wish->reason[0] == '\0');
    if (out->lacks_reason)
        return vt_fail(err, VT_MALFORMED, "--reason: say why it is withdrawn");
    if (wish->reason != NULL && strlen(wish->reason) > VT_REASON_BYTES_MAX)
        return vt_fail(err, VT_LIMIT,
                       "--reason: %zu bytes, and every list that follows repeats it: at "
                       "most %d; say where more is told",
                       strlen(wish->reason), VT_REASON_BYTES_MAX);
    return vt_compose_list(w->newest, wish->change, wish->docket, wish->reason,
                           w->now_unix_s, key, &out->bytes, err);
}

bool vt_next_list_sign(struct vt_desk *desk, const struct vt_trust *trust,
                       const struct vt_list_wish *wish, const struct vt_key *key,
                       int64_t now_unix_s, struct vt_next_list *out, struct vt_error *err)
{
    struct work w = { desk, trust, wish, now_unix_s, { 0 }, 0 };
    VT_AUTO_BUF newest = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF next = vt_buf_init(VT_ENTRY_BYTES_MAX);
    bool is_usable = false;

    *out = (struct vt_next_list){ .bytes = vt_buf_init(VT_ENTRY_BYTES_MAX) };
    if (!check_signer(&w, key, err) ||
        !vt_desk_newest_list(desk, &w.version, &newest, NULL, err))
        return false;
    w.newest = vt_buf_slice(&newest);
    out->version = ++w.version;
    if (!check_wish(&w, out, err))
        return false;
    if (out->is_made) {
        out->version--;
        out->is_complete = true;
        return true;
    }
    if (vt_disk_has(desk->disk, NEXT) &&
        (!vt_disk_read(desk->disk, NEXT, &next, err) ||
         !look_at_next(&w, vt_buf_slice(&next), &is_usable, out, err)))
        return false;
    if (!is_usable)
        vt_buf_truncate(&next, 0);
    return sign(&w, vt_buf_slice(&next), key, out, err) && judge(&w, out, err) &&
           vt_disk_write(desk->disk, NEXT, vt_buf_slice(&out->bytes), 0644, err);
}

/* ---- what waits -------------------------------------------------------------------------
 */

/* One of the two stands by it. */
static bool is_begun(const struct vt_trust *trust, const struct vt_envelope *list,
                     int64_t now_unix_s)
{
    return has_signed(trust, VT_ROLE_VENDOR, list, now_unix_s) ||
           has_signed(trust, VT_ROLE_SUPERVISOR, list, now_unix_s);
}

static void describe(const struct vt_desk *desk, struct vt_arena *arena,
                     const struct vt_listed *row, struct vt_pending_list *out)
{
    const char *verb = "renew";

    if (row->product.len != 0) {
        out->product = vt_arena_cstr(arena, row->product);
        out->release = vt_arena_cstr(arena, row->version);
        verb = vt_arena_printf(arena, "withdraw %s %s", out->product, out->release);
    }
    out->how = vt_arena_printf(
        arena,
        "vitrine release %s --desk %s --trust %s --ledger DIR --public DIR --key KEY", verb,
        desk->path, desk->trust != NULL ? desk->trust : "FILE");
}

/* The list before that one, in place of what the buffer holds; false: it is not there. */
static bool read_before(struct vt_desk *desk, uint64_t version, struct vt_buf *out)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_error ignored = { 0 };

    vt_buf_truncate(out, 0);
    return version == 1 || vt_disk_read(desk->disk,
                                        vt_arena_printf(arena, "withdrawals/%ju.json",
                                                        (uintmax_t)version - 1),
                                        out, &ignored);
}

bool vt_next_list_look(struct vt_desk *desk, const struct vt_trust *trust,
                       int64_t now_unix_s, struct vt_arena *arena,
                       struct vt_pending_list *out, struct vt_error *err)
{
    VT_AUTO_BUF newest = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF next = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_withdrawals list;
    struct vt_listed row;
    uint64_t version;

    *out = (struct vt_pending_list){ 0 };
    if (!vt_disk_has(desk->disk, NEXT))
        return true;
    if (!vt_desk_newest_list(desk, &version, &newest, NULL, err))
        return false;
    if (!vt_disk_read(desk->disk, NEXT, &next, err) ||
        !vt_envelope_parse(vt_buf_slice(&next), &envelope, err) ||
        !vt_withdrawals_read(&envelope.statement, &list, err))
        return vt_within(err, NEXT);
    out->is_logged = vt_slice_equal(vt_buf_slice(&newest), vt_buf_slice(&next));
    if (!out->is_logged &&
        (list.version != version + 1 || !is_begun(trust, &envelope, now_unix_s)))
        return true; /* overtaken, or nobody's */
    if (out->is_logged && !read_before(desk, list.version, &newest))
        return true;
    if (!find_new_row(&list, vt_buf_slice(&newest), &row, err))
        return false;
    out->version = list.version;
    out->since_unix_s = list.created_unix_s;
    out->waits = whom_it_lacks(trust, &envelope, now_unix_s);
    describe(desk, arena, &row, out);
    return true;
}

bool vt_next_list_publish(const struct vt_publisher *publisher,
                          const struct vt_next_list *list, struct vt_error *err)
{
    if (!list->is_complete)
        return vt_fail(err, VT_REJECTED, "the list lacks the %s's signature", list->waits);
    return vt_publish_list(publisher, vt_buf_slice(&list->bytes), err);
}

bool vt_next_list_is_to_be_shown(struct vt_desk *desk, uint64_t *version_out,
                                 struct vt_error *err)
{
    VT_AUTO_BUF newest = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF next = vt_buf_init(VT_ENTRY_BYTES_MAX);
    uint64_t version;

    *version_out = 0;
    if (!vt_disk_has(desk->disk, NEXT))
        return true;
    if (!vt_desk_newest_list(desk, &version, &newest, NULL, err) ||
        !vt_disk_read(desk->disk, NEXT, &next, err))
        return false;
    if (vt_slice_equal(vt_buf_slice(&newest), vt_buf_slice(&next)))
        *version_out = version;
    return true;
}

bool vt_next_list_end(struct vt_desk *desk, struct vt_error *err)
{
    uint64_t version;

    return vt_next_list_is_to_be_shown(desk, &version, err) &&
           (version == 0 || vt_disk_remove(desk->disk, NEXT, err));
}
