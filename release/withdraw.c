/* Withdrawals. */
#include "release/withdraw.h"
#include "evidence/field.h"
#include "release/compose.h"

#define NEXT "withdrawals/next.json"

static bool check_signer(const struct vt_docket *docket, const struct vt_key *key,
                         struct vt_error *err)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    vt_slice text = vt_slice_from_cstr(id.text);

    return vt_trust_find(docket->trust, text, VT_ROLE_VENDOR) != NULL ||
           vt_trust_find(docket->trust, text, VT_ROLE_SUPERVISOR) != NULL ||
           vt_fail(err, VT_REJECTED,
                   "key %.16s... is neither the vendor's nor the supervisor's: they "
                   "withdraw together",
                   id.text);
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

static bool check_published(const struct vt_docket *docket, vt_slice newest,
                            struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_withdrawals list;
    struct vt_listed row;

    if (!docket->is_published || docket->draft == NULL)
        return vt_fail(err, VT_REJECTED,
                       "%s %s is not published: there is nothing to withdraw "
                       "(`vitrine supervise reject` stops a draft)",
                       docket->product, docket->version);
    if (newest.len == 0)
        return true;
    if (!vt_envelope_parse(newest, &envelope, err) ||
        !vt_withdrawals_read(&envelope.statement, &list, err))
        return vt_within(err, "newest list of withdrawals");
    return !find_row(docket, &list, &row) ||
           vt_fail(err, VT_REJECTED, "%s %s is withdrawn already: %.*s", docket->product,
                   docket->version, VT_SLICE_ARGS(row.reason));
}

/* Is next.json the list number `wanted`, about this release?  *usable_out says so; a list
 * about another release that still could be completed is an error. */
static bool look_at_next(const struct vt_docket *docket, vt_slice bytes, uint64_t wanted,
                         bool *usable_out, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_withdrawals list;
    struct vt_listed row;

    *usable_out = false;
    if (!vt_envelope_parse(bytes, &envelope, err) ||
        !vt_withdrawals_read(&envelope.statement, &list, err))
        return vt_within(err, NEXT);
    if (list.version != wanted)
        return true; /* overtaken */
    *usable_out = find_row(docket, &list, &row);
    return *usable_out || vt_fail(err, VT_REJECTED,
                                  "another withdrawal waits for its second signature (%s); "
                                  "complete that one first",
                                  NEXT);
}

static bool has_role(const struct vt_docket *docket, const struct vt_envelope *envelope,
                     enum vt_trust_role role, int64_t now_unix_s)
{
    struct vt_count count =
        vt_trust_count(docket->trust, role, envelope, now_unix_s, (vt_slice){ 0 });

    return count.outcome == VT_COUNT_ENOUGH;
}

static bool judge(const struct vt_docket *docket, int64_t now_unix_s,
                  struct vt_withdrawal *out, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (!vt_envelope_parse(vt_buf_slice(&out->bytes), &envelope, err))
        return false;
    if (!has_role(docket, &envelope, VT_ROLE_VENDOR, now_unix_s))
        out->waits = "vendor";
    else if (!has_role(docket, &envelope, VT_ROLE_SUPERVISOR, now_unix_s))
        out->waits = "supervisor";
    out->is_complete = out->waits == NULL;
    return true;
}

static bool sign(struct vt_docket *docket, vt_slice newest, vt_slice next,
                 const char *reason, const struct vt_key *key, int64_t now_unix_s,
                 struct vt_buf *out, struct vt_error *err)
{
    if (next.len != 0)
        return vt_envelope_add_signature(next, key, out, err);
    if (reason == NULL || reason[0] == '\0')
        return vt_fail(err, VT_REJECTED, "say why it is withdrawn: --reason TEXT");
    return vt_compose_list(newest, docket, reason, now_unix_s, key, out, err);
}

bool vt_withdraw_sign(struct vt_docket *docket, const char *reason,
                      const struct vt_key *key, int64_t now_unix_s,
                      struct vt_withdrawal *out, struct vt_error *err)
{
    VT_AUTO_BUF newest = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF next = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_disk *disk = docket->desk->disk;
    bool is_usable = false;
    uint64_t version;

    *out = (struct vt_withdrawal){ .bytes = vt_buf_init(VT_ENTRY_BYTES_MAX) };
    if (!check_signer(docket, key, err) ||
        !vt_desk_newest_list(docket->desk, &version, &newest, NULL, err) ||
        !check_published(docket, vt_buf_slice(&newest), err))
        return false;
    if (vt_disk_has(disk, NEXT) &&
        (!vt_disk_read(disk, NEXT, &next, err) ||
         !look_at_next(docket, vt_buf_slice(&next), version + 1, &is_usable, err)))
        return false;
    if (!is_usable)
        vt_buf_truncate(&next, 0);
    return sign(docket, vt_buf_slice(&newest), vt_buf_slice(&next), reason, key, now_unix_s,
                &out->bytes, err) &&
           vt_disk_write(disk, NEXT, vt_buf_slice(&out->bytes), 0644, err) &&
           judge(docket, now_unix_s, out, err);
}

bool vt_withdraw_publish(const struct vt_publisher *publisher,
                         const struct vt_withdrawal *withdrawal, struct vt_error *err)
{
    if (!withdrawal->is_complete)
        return vt_fail(err, VT_REJECTED, "the withdrawal lacks the %s's signature",
                       withdrawal->waits);
    return vt_publish_list(publisher, vt_buf_slice(&withdrawal->bytes), err) &&
           vt_disk_remove(publisher->desk->disk, NEXT, err);
}
