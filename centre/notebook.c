/* See notebook.h. */
#include "centre/notebook.h"
#include "centre/remark_record.h"
#include "centre/remarks.h"
#include "centre/source_question.h"
#include "centre/taking.h"
#include "evidence/field.h"

_Static_assert(VT_REPORT_SCOPE_BYTES_MAX + 1 + VT_REPORT_SUMMARY_BYTES_MAX <=
                   VT_SOURCE_QUOTED_BYTES_MAX,
               "a report has more words than can be asked about");

enum { LIST_BYTES_MAX = 60000 }; /* of an answer: 80 KiB with all that is escaped */

/* One request, and who makes it. */
struct call {
    const struct vt_notebook *notebook;
    struct vt_porter_guest guest;
    const struct vt_remark_ask *ask;
    struct vt_age_identity writer;
};

/* ---- the record -------------------------------------------------------------------------
 */

static bool say(struct call *c, enum vt_sealed_deed deed,
                const struct vt_remark_record *record, bool is_refused,
                uint64_t *number_out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_SEALED_QUESTION_BYTES_MAX);
    struct vt_sealed_words words = { .is_refused = is_refused };

    vt_remark_record_write(record, &text);
    words.question = vt_buf_slice(&text);
    return vt_porter_say(c->notebook->porter, &c->guest, deed, &words, number_out, err);
}

/* Of a refusal that is on the record too; *err is what stands there afterwards. */
static bool refuse(struct call *c, enum vt_sealed_deed deed,
                   const struct vt_remark_record *record, struct vt_error *err)
{
    struct vt_error why = *err;
    uint64_t number;

    if (!say(c, deed, record, true, &number, err))
        return false;
    *err = why;
    return false;
}

/* "Not signed in" is what VT_ABSENT says to whoever asked. */
static bool not_yours(struct vt_error *err)
{
    return err->code == VT_IO ? false
                              : vt_fail(err, VT_REJECTED,
                                        "you have no such note, or another key of yours "
                                        "opens it");
}

/* ---- list -------------------------------------------------------------------------------
 */

static size_t room_of(const struct vt_remark *r)
{
    return 2 * (r->text.len + r->path.len) + 700; /* quotes and breaks take two */
}

/* False with VT_IO alone: what does not open is told by its number. */
static bool add_note(struct call *c, uint32_t number, json_t *notes, json_t *closed,
                     size_t *used, struct vt_error *err)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_REMARK_PLAIN_BYTES);
    struct vt_kept_remark kept;

    if (vt_remarks_read(c->guest.disk, &c->guest.invitation, number, &c->writer, &plain,
                        &kept, err)) {
        *used += room_of(&kept.remark);
        return json_array_append_new(notes, vt_remark_json(&kept)) == 0;
    }
    if (err->code == VT_IO)
        return false;
    *err = (struct vt_error){ 0 };
    *used += 16;
    return json_array_append_new(closed, json_integer(number)) == 0;
}

static bool list(struct call *c, json_t **out, struct vt_error *err)
{
    const struct vt_remark_record record = { .kind = VT_REMARKS_LIST,
                                             .number = c->ask->number };
    VT_AUTO_FREE struct vt_remark_numbers *all = vt_alloc(sizeof *all);
    VT_AUTO_JSON notes = json_array();
    VT_AUTO_JSON closed = json_array();
    size_t used = 0, i = 0;
    uint64_t ignored;

    if (!say(c, VT_SEALED_ASKED, &record, false, &ignored, err) ||
        !vt_remarks_list(c->guest.disk, &c->guest.invitation, all, err))
        return false;
    while (i < all->count && all->rows[i] < c->ask->number)
        i++;
    for (; i < all->count && used < LIST_BYTES_MAX; i++)
        if (!add_note(c, all->rows[i], notes, closed, &used, err))
            return false;
    *out = json_pack("{s:O,s:O}", "notes", notes, "closed", closed);
    if (i < all->count)
        (void)json_object_set_new(*out, "next", json_integer(all->rows[i]));
    return true;
}

/* ---- write and remove -------------------------------------------------------------------
 */

static void digest_of(const struct vt_remark *remark, struct vt_remark_record *record)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_REMARK_PLAIN_BYTES);

    vt_remark_write(remark, &bytes);
    record->digest = vt_sha256_of(vt_buf_slice(&bytes));
    record->bytes = (uint32_t)remark->text.len; /* bounded when it was read */
    record->product = remark->product;
    record->version = remark->version;
}

/* Only what is his and opens may be written anew: the key of a note does not change. */
static bool is_his(struct call *c, uint32_t number, struct vt_error *err)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_REMARK_PLAIN_BYTES);
    struct vt_kept_remark kept;

    return number == 0 ||
           vt_remarks_read(c->guest.disk, &c->guest.invitation, number, &c->writer, &plain,
                           &kept, err) ||
           not_yours(err);
}

static bool may_write(struct call *c, struct vt_error *err)
{
    return vt_porter_guest_covers(&c->guest, c->ask->remark.product) ||
           vt_fail(err, VT_REJECTED, "your invitation does not name this product");
}

static bool write_one(struct call *c, json_t **out, struct vt_error *err)
{
    struct vt_remark_record record = { .kind = VT_REMARK_WRITE, .number = c->ask->number };
    const struct vt_remark *remark = &c->ask->remark;
    struct vt_kept_remark kept = { .number = c->ask->number,
                                   .invitation = c->guest.invitation,
                                   .written_unix_ms = vt_env_now_unix_ms(c->guest.env),
                                   .remark = *remark };
    uint64_t number;

    digest_of(remark, &record);
    if (!may_write(c, err) || !is_his(c, c->ask->number, err))
        return err->code == VT_IO ? false : refuse(c, VT_SEALED_ASKED, &record, err);
    if (!c->notebook->quoted(c->notebook->context, remark->product, remark->version,
                             remark->text, &record.quoted, err) ||
        !say(c, VT_SEALED_ASKED, &record, false, &number, err))
        return false;
    kept.quoted = (uint16_t)record.quoted; /* fewer than the text's bytes */
    if (kept.number == 0)
        kept.number = (uint32_t)number; /* VT_SEALED_BYTES_MAX holds fewer */
    if (!vt_remarks_write(c->guest.disk, c->guest.env, c->guest.foundation,
                          &c->writer.recipient, &kept, err))
        return false;
    *out = vt_remark_json(&kept);
    return true;
}

/* Also one that no key of his opens. */
static bool remove_one(struct call *c, json_t **out, struct vt_error *err)
{
    const struct vt_remark_record record = { .kind = VT_REMARK_REMOVE,
                                             .number = c->ask->number };
    uint64_t ignored;

    if (!say(c, VT_SEALED_ASKED, &record, false, &ignored, err))
        return false;
    if (!vt_remarks_remove(c->guest.disk, &c->guest.invitation, c->ask->number, err))
        return not_yours(err);
    *out = json_pack("{s:b}", "ok", 1);
    return true;
}

/* ---- take -------------------------------------------------------------------------------
 */

struct pile {
    struct vt_buf plains[VT_TAKING_NOTES_MAX]; /* where the notes' slices lie */
    struct vt_kept_remark notes[VT_TAKING_NOTES_MAX];
    size_t count;
};

static void pile_free(struct pile **pile)
{
    for (size_t i = 0; i < VT_TAKING_NOTES_MAX; i++)
        vt_buf_clear(&(*pile)->plains[i]);
    free(*pile);
}

#define AUTO_PILE __attribute__((cleanup(pile_free))) struct pile *

static bool gather(struct call *c, struct pile *pile, struct vt_error *err)
{
    for (size_t i = 0; i < c->ask->number_count; i++, pile->count++) {
        pile->plains[i] = vt_buf_init(VT_REMARK_PLAIN_BYTES);
        if (!vt_remarks_read(c->guest.disk, &c->guest.invitation, c->ask->numbers[i],
                             &c->writer, &pile->plains[i], &pile->notes[i], err))
            return not_yours(err);
    }
    return true;
}

static void scope_of(const struct call *c, const struct pile *pile,
                     struct vt_remark_record *record)
{
    bool is_report = c->ask->form == VT_TAKING_REPORT;

    record->form = c->ask->form;
    record->number_count = (uint8_t)c->ask->number_count; /* bounded when it was read */
    memcpy(record->numbers, c->ask->numbers, sizeof record->numbers);
    if (is_report) {
        record->product = c->ask->report.product;
        record->version = c->ask->report.version;
    } else if (pile->count != 0) {
        record->product = pile->notes[0].remark.product;
        record->version = pile->notes[0].remark.version;
    }
}

/* Of a report the notes stay here: its own words count. */
static bool count_in_report(struct call *c, uint32_t *out, struct vt_error *err)
{
    const struct vt_report_words *report = &c->ask->report;
    VT_AUTO_BUF words = vt_buf_init(VT_SOURCE_QUOTED_BYTES_MAX);

    vt_buf_put(&words, report->scope);
    vt_buf_put_text(&words, "\n");
    vt_buf_put(&words, report->summary);
    return c->notebook->quoted(c->notebook->context, report->product, report->version,
                               vt_buf_slice(&words), out, err);
}

static bool count_quoted(struct call *c, const struct pile *pile, uint32_t *out,
                         struct vt_error *err)
{
    if (c->ask->form == VT_TAKING_REPORT)
        return count_in_report(c, out, err);
    *out = 0;
    for (size_t i = 0; i < pile->count; i++)
        *out += pile->notes[i].quoted;
    return true;
}

static bool compose(struct call *c, const struct pile *pile, struct vt_buf *bytes,
                    struct vt_error *err)
{
    const struct vt_taking taking = { .form = c->ask->form,
                                      .reviewer = c->guest.row->reviewer,
                                      .invitation = c->guest.invitation,
                                      .notes = pile->notes,
                                      .note_count = pile->count,
                                      .report = &c->ask->report,
                                      .sealed = vt_porter_head(c->notebook->porter) };

    if (c->ask->form == VT_TAKING_REPORT &&
        !vt_porter_guest_covers(&c->guest, c->ask->report.product))
        return vt_fail(err, VT_REJECTED, "your invitation does not name this product");
    return vt_taking_write(&taking, bytes, err);
}

static json_t *taken_json(struct call *c, vt_slice bytes,
                          const struct vt_remark_record *record, uint64_t number,
                          const struct vt_allowance *left)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return json_pack("{s:s,s:s%,s:o,s:I,s:I,s:I,s:{s:I,s:I}}", "name",
                     vt_taking_name(arena, c->ask->form, &record->digest), "text",
                     (const char *)bytes.data, bytes.len, "sha256",
                     vt_field_of_hash(&record->digest), "bytes", (json_int_t)bytes.len,
                     "quoted", (json_int_t)record->quoted, "record", (json_int_t)number,
                     "left", "bytes", (json_int_t)left->bytes, "lines",
                     (json_int_t)left->lines);
}

/* Counted, then recorded, then given. */
static bool pass(struct call *c, vt_slice bytes, struct vt_remark_record *record,
                 json_t **out, struct vt_error *err)
{
    const struct vt_allowance wanted = { bytes.len, record->quoted };
    struct vt_allowance left;
    uint64_t number;

    record->digest = vt_sha256_of(bytes);
    record->bytes = (uint32_t)bytes.len; /* at most VT_TAKING_BYTES_MAX */
    if (!vt_allowance_take(c->guest.disk, c->guest.row->reviewer,
                           vt_env_now_unix_s(c->guest.env), &c->notebook->a_day, &wanted,
                           &left, err))
        return err->code == VT_IO ? false : refuse(c, VT_SEALED_TAKEN, record, err);
    if (!say(c, VT_SEALED_TAKEN, record, false, &number, err))
        return false;
    *out = taken_json(c, bytes, record, number, &left);
    return true;
}

static bool take(struct call *c, json_t **out, struct vt_error *err)
{
    struct vt_remark_record record = { .kind = VT_REMARKS_TAKE };
    VT_AUTO_BUF bytes = vt_buf_init(VT_TAKING_BYTES_MAX + 1);
    AUTO_PILE pile = vt_alloc(sizeof *pile);
    bool is_ok = gather(c, pile, err);

    scope_of(c, pile, &record);
    if (!is_ok || !compose(c, pile, &bytes, err))
        return err->code == VT_IO ? false : refuse(c, VT_SEALED_TAKEN, &record, err);
    return count_quoted(c, pile, &record.quoted, err) &&
           pass(c, vt_buf_slice(&bytes), &record, out, err);
}

/* ---- all of it --------------------------------------------------------------------------
 */

bool vt_notebook_answer(const struct vt_notebook *notebook, vt_slice token, vt_slice csrf,
                        vt_slice ask, vt_slice key, json_t **out, struct vt_error *err)
{
    static bool (*const acts[VT_REMARK_KINDS])(struct call *, json_t **,
                                               struct vt_error *) = {
        [VT_REMARKS_LIST] = list,
        [VT_REMARK_WRITE] = write_one,
        [VT_REMARK_REMOVE] = remove_one,
        [VT_REMARKS_TAKE] = take,
    };
    VT_AUTO_FREE struct vt_remark_ask *read = vt_alloc(sizeof *read);
    struct call c = { .notebook = notebook, .ask = read };
    bool is_ok;

    if (!vt_remark_ask_read(ask, read) || key.len != VT_NOTEBOOK_KEY_BYTES)
        return vt_fail(err, VT_MALFORMED, "no request about notes has this form");
    if (!vt_porter_greet(notebook->porter, token, csrf, &c.guest, err) ||
        !vt_age_identity_from_bytes(key.data, &c.writer, err))
        return false;
    is_ok = acts[read->kind](&c, out, err);
    vt_age_identity_clear(&c.writer);
    return is_ok;
}
