/* vitrine centre log-seal: the head of what reviewers asked goes on the release ledger, so
 * that no record can be dropped later; and a record held against the heads there. */
#include "cli/centre_seal.h"
#include "cli/centre_verbs.h"
#include "evidence/field.h"

const struct vt_option vt_cli_centre_log_seal_options[] = {
    { "centre", "DOMAIN", "whose record it is: the host name of its origin", true, false },
    VT_OPTIONS_SAY,
    { NULL, NULL, NULL, false, false },
};

/* ---- holding the record against heads ---------------------------------------------------
 */

void vt_cli_seal_check_see(struct vt_cli_seal_check *check,
                           const struct vt_sealed_frame *frame)
{
    const struct vt_seal_heads *heads = &check->heads;

    check->records = frame->number;
    for (; check->next < heads->count && heads->rows[check->next].records <= frame->number;
         check->next++)
        if (heads->rows[check->next].records != frame->number ||
            !vt_hash_equal(&heads->rows[check->next].chain, &frame->chain))
            return; /* it stays the next one: it is not in this record */
}

bool vt_cli_seal_check_holds(const struct vt_cli_seal_check *check, struct vt_error *err)
{
    const struct vt_seal_head *head;

    if (check->next == check->heads.count)
        return true;
    head = &check->heads.rows[check->next];
    if (head->records > check->records)
        return vt_fail(err, VT_REJECTED,
                       "entry %ju of the ledger, by %.*s, counts %ju records, and here are "
                       "%ju: some were taken out, or this copy is older",
                       (uintmax_t)head->said->index,
                       VT_SLICE_ARGS(head->said->signer->holder), (uintmax_t)head->records,
                       (uintmax_t)check->records);
    return vt_fail(err, VT_REJECTED,
                   "entry %ju of the ledger, by %.*s, counts %ju records, and they are not "
                   "these: some were changed or taken out",
                   (uintmax_t)head->said->index, VT_SLICE_ARGS(head->said->signer->holder),
                   (uintmax_t)head->records);
}

/* ---- the head that is logged ------------------------------------------------------------
 */

struct reading {
    struct vt_cli_seal_check check;
    uint64_t settled; /* as the last record says: these survived, whatever happens */
    struct vt_sealed_head head;
};

static bool see(void *context, const struct vt_sealed_frame *frame, struct vt_error *err)
{
    struct reading *r = context;

    (void)err;
    vt_cli_seal_check_see(&r->check, frame);
    r->settled = frame->settled;
    return true;
}

static bool find_head(void *context, const struct vt_sealed_frame *frame,
                      struct vt_error *err)
{
    struct reading *r = context;

    (void)err;
    if (frame->number == r->settled)
        r->head = (struct vt_sealed_head){ frame->number, frame->chain };
    return true;
}

/* Read twice: which record is the last that is durable only the one behind it says.  A head
 * that a power loss could take back would accuse an honest Centre. */
static bool read_record(const char *path, struct reading *r, struct vt_error *err)
{
    struct vt_sealed_head end;

    if (!vt_sealed_read(path, (vt_sealed_reader){ see, r }, &end, err) ||
        !vt_sealed_read(path, (vt_sealed_reader){ find_head, r }, &end, err))
        return false;
    if (!vt_cli_seal_check_holds(&r->check, err))
        return vt_within(err, "%s", path);
    return r->head.number != 0 ||
           vt_fail(err, VT_REJECTED,
                   "%s: no record in it is surely durable yet: log it when more was asked",
                   path);
}

bool vt_cli_centre_log_seal(struct vt_args *args, struct vt_error *err)
{
    static const char *const texts[] = { "centre", NULL };
    const char *centre = vt_args_get(args, "centre");
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    struct vt_saying saying = { .type = VT_SEAL_HEAD };
    struct reading r = { .settled = 0 };
    bool is_ok;

    if (!vt_supervision_texts(args, texts, err) ||
        !vt_supervision_open(args, VT_SEAL_HEAD, &call, err))
        return false;
    vt_seal_heads_reckon(call.story, vt_slice_from_cstr(centre), &r.check.heads);
    is_ok = read_record(vt_args_operand(args, 0), &r, err);
    vt_seal_heads_clear(&r.check.heads);
    if (!is_ok)
        return false;
    saying.predicate =
        json_pack("{s:s,s:I,s:o}", "centre", centre, "records", (json_int_t)r.head.number,
                  "chain", vt_field_of_hash(&r.head.chain));
    return vt_supervision_say(args, &call, &saying, "head logged", err);
}
