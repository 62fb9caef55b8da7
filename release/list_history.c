/* Lists of withdrawals on a ledger: what they say is kept in short, since a list that is
 * renewed daily stands there a thousand times. */
#include "release/list_history.h"
#include "evidence/field.h"
#include "evidence/review.h"

struct vt_list_history vt_list_history_init(const struct vt_trust *trust)
{
    return (struct vt_list_history){ .trust = trust, .arena = vt_arena_new() };
}

void vt_list_history_clear(struct vt_list_history *history)
{
    free(history->noted);
    free(history->gone);
    free(history->against);
    vt_arena_free(history->arena);
    *history = (struct vt_list_history){ 0 };
}

/* Whenever that was: a key that has ended since made its lists no less. */
static bool is_signed_as(const struct vt_trust *trust, const struct vt_envelope *list,
                         enum vt_trust_role role)
{
    for (size_t i = 0; i < list->dsse.signature_count; i++) {
        const struct vt_trust_key *key =
            vt_trust_find(trust, list->dsse.signatures[i].keyid, role);

        if (key != NULL && vt_envelope_is_signed_by(list, &key->key))
            return true;
    }
    return false;
}

static bool is_signed_by_both(const struct vt_trust *trust, const struct vt_envelope *list)
{
    return is_signed_as(trust, list, VT_ROLE_VENDOR) &&
           is_signed_as(trust, list, VT_ROLE_SUPERVISOR);
}

static vt_slice copy(struct vt_list_history *history, vt_slice text)
{
    return vt_arena_copy(history->arena, text);
}

static void note_row(struct vt_list_history *history, const struct vt_listed *row,
                     uint64_t version)
{
    for (size_t i = 0; i < history->gone_count; i++) {
        struct vt_list_gone *known = &history->gone[i];

        if (known->row.sequence != row->sequence ||
            !vt_slice_equal(known->row.product, row->product) ||
            !vt_slice_equal(known->row.channel, row->channel))
            continue;
        if (version < known->since)
            known->since = version;
        return;
    }
    history->gone =
        vt_grow_array(history->gone, history->gone_count + 1, sizeof *history->gone);
    history->gone[history->gone_count++] = (struct vt_list_gone){
        .row = { copy(history, row->product),
                 copy(history, row->channel),
                 copy(history, row->version),
                 row->sequence,
                 { 0 } },
        .since = version,
    };
}

static void note_list(struct vt_list_history *history, uint64_t index,
                      const struct vt_envelope *envelope)
{
    struct vt_withdrawals list;
    struct vt_error ignored = { 0 };

    if (!vt_withdrawals_read(&envelope->statement, &list, &ignored) ||
        !is_signed_by_both(history->trust, envelope))
        return;
    history->noted =
        vt_grow_array(history->noted, history->noted_count + 1, sizeof *history->noted);
    history->noted[history->noted_count++] =
        (struct vt_list_noted){ list.version, index, vt_envelope_payload_digest(envelope) };
    for (size_t i = 0; i < json_array_size(list.withdrawn); i++) {
        struct vt_listed row = vt_withdrawals_row(list.withdrawn, i);

        note_row(history, &row, list.version);
    }
}

static void note_against(struct vt_list_history *history, uint64_t index,
                         const struct vt_envelope *envelope)
{
    const json_t *predicate = envelope->statement.predicate;

    history->against = vt_grow_array(history->against, history->against_count + 1,
                                     sizeof *history->against);
    history->against[history->against_count++] = (struct vt_against){
        .index = index,
        .digest = envelope->digest,
        .product = copy(history, vt_field_text(predicate, "product")),
        .version = copy(history, vt_field_text(predicate, "version")),
    };
}

void vt_list_history_note(struct vt_list_history *history, uint64_t index, vt_slice entry)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error ignored = { 0 };

    if (!vt_envelope_parse(entry, &envelope, &ignored))
        return;
    if (envelope.statement.type == VT_WITHDRAWALS)
        note_list(history, index, &envelope);
    else if (envelope.statement.type == VT_REJECTION ||
             (envelope.statement.type == VT_REVIEW &&
              !vt_review_accepts(&envelope.statement)))
        note_against(history, index, &envelope);
}

static bool gives_nothing_back(const struct vt_list_history *history,
                               const struct vt_withdrawals *list, struct vt_error *err)
{
    for (size_t i = 0; i < history->gone_count; i++) {
        const struct vt_list_gone *gone = &history->gone[i];
        struct vt_listed ignored;

        if (gone->since < list->version &&
            !vt_withdrawals_find_withdrawn(list, gone->row.product, gone->row.channel,
                                           gone->row.sequence, &ignored))
            return vt_fail(
                err, VT_REJECTED,
                "list of withdrawals %ju gives back %.*s %.*s, which list %ju on "
                "the ledger withdrew",
                (uintmax_t)list->version, VT_SLICE_ARGS(gone->row.product),
                VT_SLICE_ARGS(gone->row.version), (uintmax_t)gone->since);
    }
    return true;
}

bool vt_list_history_admits(const struct vt_list_history *history,
                            const struct vt_envelope *envelope, struct vt_error *err)
{
    vt_hash says = vt_envelope_payload_digest(envelope);
    struct vt_withdrawals list;

    if (!vt_withdrawals_read(&envelope->statement, &list, err))
        return false;
    for (size_t i = 0; i < history->noted_count; i++)
        if (vt_hash_equal(&history->noted[i].says, &says))
            return true;
    for (size_t i = 0; i < history->noted_count; i++) {
        const struct vt_list_noted *noted = &history->noted[i];

        if (noted->version == list.version)
            return vt_fail(err, VT_REJECTED,
                           "another list of withdrawals %ju stands on the ledger (entry "
                           "%ju): one number is one list",
                           (uintmax_t)list.version, (uintmax_t)noted->index);
        if (noted->version > list.version)
            return vt_fail(
                err, VT_REJECTED,
                "list of withdrawals %ju comes too late: the ledger has list %ju "
                "(entry %ju)",
                (uintmax_t)list.version, (uintmax_t)noted->version,
                (uintmax_t)noted->index);
    }
    return gives_nothing_back(history, &list, err);
}

bool vt_list_history_is_list(vt_slice entry)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error ignored = { 0 };

    return vt_envelope_parse(entry, &envelope, &ignored) &&
           envelope.statement.type == VT_WITHDRAWALS;
}

bool vt_list_history_is_signed(const struct vt_list_history *history, vt_slice entry)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error ignored = { 0 };

    return vt_envelope_parse(entry, &envelope, &ignored) &&
           envelope.statement.type == VT_WITHDRAWALS &&
           is_signed_by_both(history->trust, &envelope);
}

bool vt_list_history_admits_entry(const struct vt_list_history *history, vt_slice entry,
                                  struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error ignored = { 0 };

    return !vt_envelope_parse(entry, &envelope, &ignored) ||
           envelope.statement.type != VT_WITHDRAWALS ||
           vt_list_history_admits(history, &envelope, err);
}

const struct vt_list_noted *vt_list_history_newest(const struct vt_list_history *history)
{
    const struct vt_list_noted *newest = NULL;

    for (size_t i = 0; i < history->noted_count; i++)
        if (newest == NULL || history->noted[i].version > newest->version)
            newest = &history->noted[i];
    return newest;
}

/* ---- reading ----------------------------------------------------------------------------
 */

typedef bool read_entry(void *ledger, uint64_t index, struct vt_buf *out,
                        struct vt_error *err);

static bool from_ledger(void *ledger, uint64_t index, struct vt_buf *out,
                        struct vt_error *err)
{
    return vt_ledger_read(ledger, index, out, err);
}

static bool from_folder(void *reader, uint64_t index, struct vt_buf *out,
                        struct vt_error *err)
{
    return vt_ledger_reader_read(reader, index, out, err);
}

static bool read_on(struct vt_list_history *history, read_entry *read, void *ledger,
                    uint64_t size, struct vt_error *err)
{
    for (; history->size < size; history->size++) {
        VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
        struct vt_error why = { 0 };

        if (read(ledger, history->size, &entry, &why)) {
            vt_list_history_note(history, history->size, vt_buf_slice(&entry));
        } else if (why.code != VT_ABSENT) { /* absent: pruned */
            *err = why;
            return vt_within(err, "ledger");
        }
    }
    return true;
}

bool vt_list_history_read(struct vt_list_history *history, struct vt_ledger *ledger,
                          struct vt_error *err)
{
    return read_on(history, from_ledger, ledger, vt_ledger_size(ledger), err);
}

bool vt_list_history_read_folder(struct vt_list_history *history,
                                 struct vt_ledger_reader *reader, struct vt_error *err)
{
    return vt_ledger_reader_checkpoint(reader).len == 0 ||
           read_on(history, from_folder, reader, vt_ledger_reader_head(reader).size, err);
}
