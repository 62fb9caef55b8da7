/* What would be sent: which list asks for it, to whom it would be sealed, and what all that
 * tells. */
#include "cell/share.h"
#include "crypto/age_stream.h"
#include "evidence/field.h"

/* ---- who asks? --------------------------------------------------------------------------
 */

static const struct vt_cell_head *head_of(const struct vt_share_place *place)
{
    return &place->head->file->head;
}

static const struct vt_envelope *authorisation_of(const struct vt_share_place *place,
                                                  const json_t *row)
{
    const struct vt_head_file *file = place->head->file;
    vt_hash digest = vt_field_hash(row, "authorisation");

    for (size_t i = 0; i < file->collection_count; i++)
        if (vt_hash_equal(&file->collections[i].envelope.digest, &digest))
            return &file->collections[i].envelope;
    return NULL; /* not in a head that was checked */
}

static bool find_asking(const struct vt_share_place *place, struct vt_share_plan *plan,
                        struct vt_error *err)
{
    const json_t *list = head_of(place)->collections;
    char hash[65];

    vt_hash_text(&plan->plain, hash);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        const struct vt_envelope *leave = authorisation_of(place, row);
        bool asks =
            plan->rule.len != 0
                ? vt_list_has(json_object_get(row, "rules"), plan->rule)
                : vt_list_has(json_object_get(row, "hashes"), vt_slice_from_cstr(hash));

        if (!asks || leave == NULL)
            continue;
        plan->purpose = vt_field_text(leave->statement.predicate, "purpose");
        return true;
    }
    return vt_fail(err, VT_REJECTED,
                   "%s: nothing on the collection list of cell %.*s asks for it, so it is "
                   "not sent",
                   plan->path, VT_SLICE_ARGS(head_of(place)->cell));
}

/* ---- for whom? --------------------------------------------------------------------------
 */

static bool is_certified(const struct vt_share_place *place,
                         const struct vt_recipient *recipient)
{
    const struct vt_cell_head *head = head_of(place);

    for (size_t i = 0; i < json_array_size(head->recipients); i++) {
        const char *at = json_string_value(json_array_get(head->recipients, i));
        vt_hash digest;

        if (vt_hash_parse_hex(vt_slice_from_cstr(at), &digest) &&
            vt_hash_equal(&digest, &recipient->digest))
            return vt_trust_certifies(place->trust, "recipient", head->cell, &digest,
                                      vt_env_now_unix_s(place->env));
    }
    return false;
}

static bool find_recipient(const struct vt_share_place *place, struct vt_share_plan *plan,
                           struct vt_error *err)
{
    vt_slice country = vt_slice_from_cstr(place->country);
    int64_t now = vt_env_now_unix_s(place->env);

    for (size_t i = 0; i < place->recipient_count; i++) {
        const struct vt_recipient *recipient = &place->recipients[i];
        struct vt_error ignored = { 0 };

        if (is_certified(place, recipient) &&
            vt_cell_recipient_fits(recipient, head_of(place)->cell, country, VT_DATA_FILE,
                                   now, &ignored)) {
            plan->recipient = recipient;
            return true;
        }
    }
    return vt_fail(err, VT_REJECTED,
                   "cell %.*s has no certified recipient for files of %s now",
                   VT_SLICE_ARGS(head_of(place)->cell), place->country);
}

/* ---- the plan ---------------------------------------------------------------------------
 */

bool vt_share_plan_make(const struct vt_share_place *place, const char *path,
                        const char *rule, struct vt_share_plan *out, struct vt_error *err)
{
    struct vt_share_plan plan = { .path = path, .rule = vt_slice_from_cstr(rule) };
    const struct vt_cell_head *head = head_of(place);
    VT_AUTO_FD fd = -1;

    if (!vt_residency_allows_client(place->policy, vt_slice_from_cstr(place->country),
                                    VT_DATA_FILE, head->cell, head->jurisdiction,
                                    vt_env_now_unix_s(place->env), err) ||
        !vt_file_open(path, &fd, &plan.plain_bytes, err) ||
        !vt_sha256_fd(fd, path, &plan.plain, &plan.plain_bytes, err) ||
        !find_asking(place, &plan, err) || !find_recipient(place, &plan, err))
        return false;
    *out = plan;
    return true;
}

void vt_share_plan_text(const struct vt_share_place *place,
                        const struct vt_share_plan *plan, struct vt_buf *out)
{
    const struct vt_cell_head *head = head_of(place);
    char until[VT_TIME_TEXT_BYTES];

    vt_time_write(plan->recipient->until_unix_s, until);
    vt_buf_printf(out,
                  "%s: %ju bytes would be sent to cell %.*s in %.*s, sealed so that only "
                  "the holder of its key\nof this period (until %s) can open it, and only "
                  "with a public record that it was opened.\n",
                  plan->path, (uintmax_t)plan->plain_bytes, VT_SLICE_ARGS(head->cell),
                  VT_SLICE_ARGS(head->jurisdiction), until);
    if (plan->rule.len != 0)
        vt_buf_printf(out, "Asked for by the rule %.*s", VT_SLICE_ARGS(plan->rule));
    else
        vt_buf_put_text(out, "Asked for by its hash");
    vt_buf_printf(
        out,
        ", which the supervisor authorised for everybody: %.*s.\nWith it go: your country "
        "(%s), a name that only this cell knows you by, the size, and a salted digest\nby "
        "which the cell can tell that it has the same file, or test whether it is one that "
        "it knows.\nNot sent: the file's name and place, anything else of this machine. "
        "Your address is seen by the cell.\n",
        VT_SLICE_ARGS(plan->purpose), place->country);
}
