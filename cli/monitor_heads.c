/* Heads as they stand in their ledgers, held against the trust root and against what the
 * supervisor authorised in the release ledger: a cell that asks for files without leave, or
 * introduces a key, is told of also when it shows that head to one client alone, for every
 * head that a client takes stands there. */
#include "cli/monitor_heads.h"
#include "cell/head_check.h"
#include "evidence/field.h"

struct leave {
    vt_hash digest;
    vt_slice bytes;
};

struct look {
    const struct vt_trust *trust;
    struct vt_monitor *monitor;
    struct vt_arena *arena;
    const char *origin; /* of the ledger in hand */
    vt_slice cell;
    struct leave *leaves; /* owned; of the release ledger */
    size_t leave_count;
    bool has_read_leaves;
};

/* ---- what was authorised ----------------------------------------------------------------
 */

static bool take_leave(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct look *look = context;
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error ignored = { 0 };

    (void)index;
    (void)err;
    if (memmem(entry.data, entry.len, "payload", 7) == NULL ||
        !vt_envelope_parse(entry, &envelope, &ignored) ||
        envelope.statement.type != VT_COLLECTION)
        return true;
    look->leaves = vt_grow_array(look->leaves, look->leave_count + 1, sizeof *look->leaves);
    look->leaves[look->leave_count++] =
        (struct leave){ envelope.digest, vt_arena_copy(look->arena, entry) };
    return true;
}

static bool find_leave(void *context, const vt_hash *digest, vt_slice *envelope_out)
{
    const struct look *look = context;

    for (size_t i = 0; i < look->leave_count; i++)
        if (vt_hash_equal(&look->leaves[i].digest, digest)) {
            *envelope_out = look->leaves[i].bytes;
            return true;
        }
    return false;
}

/* Once a round, when there is a new head. */
static bool read_leaves(struct look *look, struct vt_error *err)
{
    uint64_t size;

    if (look->has_read_leaves)
        return true;
    look->has_read_leaves = true;
    if (!vt_monitor_entries(look->monitor, look->trust->release_origin, 0, take_leave, look,
                            &size, err))
        return false;
    return size != 0 ||
           vt_fail(err, VT_IO, "no copy of %.*s yet: heads are judged when there is one",
                   VT_SLICE_ARGS(look->trust->release_origin));
}

/* ---- one ledger -------------------------------------------------------------------------
 */

static bool judge(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct look *look = context;
    const struct vt_head_entry_question question = { .entry = entry,
                                                     .index = index,
                                                     .trust = look->trust,
                                                     .cell = look->cell,
                                                     .leave = find_leave,
                                                     .context = look };
    struct vt_head_verdict verdict;
    const char *what;

    if (!read_leaves(look, err) || !vt_head_check_entry(&question, &verdict, err))
        return false;
    if (verdict.reason == VT_HEAD_YES)
        return true;
    what = vt_arena_printf(look->arena, "entry %ju, a head of cell %.*s (%s): %s",
                           (uintmax_t)index, VT_SLICE_ARGS(look->cell),
                           vt_head_reason_name(verdict.reason), verdict.sentence);
    return vt_monitor_find(look->monitor, look->origin, "head", what,
                           json_pack("{s:I,s:s}", "index", (json_int_t)index, "reason",
                                     vt_head_reason_name(verdict.reason)),
                           err);
}

static const char *state_name(struct look *look)
{
    vt_hash id = vt_sha256_of(vt_slice_from_cstr(look->origin));
    char hex[65];

    vt_hash_text(&id, hex);
    return vt_arena_printf(look->arena, "heads/%s", hex);
}

/* A file that is lost or spoiled costs one more reading; what is found twice is told once.
 */
static uint64_t judged_before(struct look *look)
{
    VT_AUTO_BUF text = vt_buf_init(64);
    struct vt_error ignored = { 0 };
    vt_reader r;
    vt_slice line;
    uint64_t count = 0;

    if (!vt_disk_has(vt_monitor_disk(look->monitor), state_name(look)) ||
        !vt_disk_read(vt_monitor_disk(look->monitor), state_name(look), &text, &ignored))
        return 0;
    r.rest = vt_buf_slice(&text);
    if (!vt_read_line(&r, &line) || !vt_decimal_parse(line, &count))
        return 0;
    return count;
}

static bool look_at_ledger(struct look *look, const json_t *row, struct vt_error *err)
{
    uint64_t from, size;
    const char *text;

    look->origin = vt_arena_cstr(look->arena, vt_field_text(row, "origin"));
    look->cell = vt_field_text(row, "cell");
    from = judged_before(look);
    if (!vt_monitor_entries(look->monitor, vt_slice_from_cstr(look->origin), from, judge,
                            look, &size, err))
        return vt_within(err, "heads of cell %.*s", VT_SLICE_ARGS(look->cell));
    if (size <= from)
        return true;
    text = vt_arena_printf(look->arena, "%ju\n", (uintmax_t)size);
    return vt_disk_write(vt_monitor_disk(look->monitor), state_name(look),
                         vt_slice_from_cstr(text), 0644, err);
}

/* ---- all of them ------------------------------------------------------------------------
 */

bool vt_cli_is_followed(const struct vt_policy *policy, vt_slice origin)
{
    for (size_t i = 0; i < policy->log_count; i++)
        if (vt_slice_equal(policy->logs[i].vkey.name, origin) &&
            policy->logs[i].url.len != 0)
            return true;
    return false;
}

bool vt_cli_heads_look(const struct vt_trust *trust, const struct vt_policy *policy,
                       struct vt_monitor *monitor, struct vt_error *err)
{
    const json_t *list = json_object_get(trust->envelope.statement.predicate, "ledgers");
    VT_AUTO_ARENA arena = vt_arena_new();
    struct look look = { .trust = trust, .monitor = monitor, .arena = arena };
    bool is_ok = true;

    for (size_t i = 0; i < json_array_size(list) && is_ok; i++) {
        const json_t *row = json_array_get(list, i);

        if (vt_slice_is(vt_field_text(row, "use"), "head") &&
            vt_cli_is_followed(policy, vt_field_text(row, "origin")))
            is_ok = look_at_ledger(&look, row, err);
    }
    free(look.leaves);
    return is_ok;
}
