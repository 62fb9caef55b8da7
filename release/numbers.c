/* Which number a release gets, and whether it may keep it. */
#include "release/numbers.h"
#include "evidence/field.h"
#include "release/compose.h"

/* One walk over the desk answers both questions. */
struct counting {
    const char *product, *version;
    vt_slice channel;
    uint64_t sequence; /* of this version; 0: it has none yet */
    uint64_t highest;
    struct vt_number own;
    char holder[VT_NAME_PART_MAX + 1]; /* another version with our number; "": none */
    bool is_holder_settled;
};

static bool is_settled(const struct vt_docket *docket)
{
    return docket->release != NULL || docket->is_published;
}

/* Number and channel of this version's draft, if it is of the channel asked about. */
static bool learn_own(void *context, struct vt_docket *docket, struct vt_error *err)
{
    struct counting *c = context;
    struct vt_listed row;

    (void)err;
    if (docket->draft == NULL || strcmp(docket->product, c->product) != 0)
        return true;
    row = vt_list_row(docket, NULL);
    if (strcmp(docket->version, c->version) == 0) /* in whichever channel */
        c->own.is_settled = is_settled(docket);
    if (!vt_slice_equal(row.channel, c->channel))
        return true;
    if (row.sequence > c->highest)
        c->highest = row.sequence;
    if (strcmp(docket->version, c->version) != 0)
        return true;
    c->sequence = row.sequence;
    for (size_t i = 0; i < docket->item_count; i++)
        if (docket->items[i].time_unix_s > c->own.newest_unix_s)
            c->own.newest_unix_s = docket->items[i].time_unix_s;
    return true;
}

/* Another version with our number; one that is settled before one that is not. */
static bool find_holder(void *context, struct vt_docket *docket, struct vt_error *err)
{
    struct counting *c = context;
    struct vt_listed row;

    (void)err;
    if (docket->draft == NULL || strcmp(docket->product, c->product) != 0 ||
        strcmp(docket->version, c->version) == 0)
        return true;
    row = vt_list_row(docket, NULL);
    if (vt_slice_equal(row.channel, c->channel) && row.sequence == c->sequence &&
        !c->is_holder_settled) {
        (void)snprintf(c->holder, sizeof c->holder, "%s", docket->version);
        c->is_holder_settled = is_settled(docket);
    }
    return true;
}

/* What the newest list calls current counts too: the desk may lack that release. */
static bool count_current(struct vt_desk *desk, struct counting *c, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_withdrawals list;
    struct vt_listed current;
    uint64_t version;

    if (!vt_desk_newest_list(desk, &version, &bytes, NULL, err))
        return false;
    if (version == 0)
        return true;
    if (!vt_envelope_parse(vt_buf_slice(&bytes), &envelope, err) ||
        !vt_withdrawals_read(&envelope.statement, &list, err))
        return vt_within(err, "withdrawals/%ju.json", (uintmax_t)version);
    if (!vt_withdrawals_find_current(&list, vt_slice_from_cstr(c->product), c->channel,
                                     &current))
        return true;
    if (current.sequence > c->highest)
        c->highest = current.sequence;
    if (current.sequence >= c->sequence &&
        !vt_slice_is(current.version, c->version)) /* it came too late */
        c->sequence = 0;
    return true;
}

bool vt_number_find(const struct vt_number_request *r, struct vt_number *out,
                    struct vt_error *err)
{
    struct counting c = { .product = r->product,
                          .version = r->version,
                          .channel = vt_slice_from_cstr(r->channel) };

    if (!vt_desk_each(r->desk, r->trust, r->now_unix_s, learn_own, &c, err) ||
        !count_current(r->desk, &c, err) ||
        (c.sequence != 0 &&
         !vt_desk_each(r->desk, r->trust, r->now_unix_s, find_holder, &c, err)))
        return false;
    *out = c.own;
    out->sequence = c.sequence != 0 && c.holder[0] == '\0' ? c.sequence : c.highest + 1;
    return true;
}

bool vt_number_check(const struct vt_docket *docket, int64_t now_unix_s,
                     struct vt_error *err)
{
    struct vt_listed ours = vt_list_row(docket, NULL);
    struct counting c = { .product = docket->product,
                          .version = docket->version,
                          .channel = ours.channel,
                          .sequence = ours.sequence };

    if (!vt_desk_each(docket->desk, docket->trust, now_unix_s, find_holder, &c, err))
        return false;
    return !c.is_holder_settled ||
           vt_fail(err, VT_REJECTED,
                   "number %ju of channel %.*s is approved for %s %s already: the vendor "
                   "drafts %s again, which gets the next number (`vitrine release draft`)",
                   (uintmax_t)ours.sequence, VT_SLICE_ARGS(ours.channel), docket->product,
                   c.holder, docket->version);
}
