/* The record as a file: lines of canonical JSON, chained by hash. */
#include "cell/sent.h"
#include "evidence/field.h"
#include "evidence/schema.h"

enum {
    SENT_BYTES_MAX = 64 << 20,
    LINE_BYTES_MAX = 4096,
    PERIOD_S_MAX = 366 * 86400, /* as schemas have it */
    EPSILON_MILLI_MAX = 16 * 8000,
};

static const char *const KINDS[VT_SENT_KINDS + 1] = {
    [VT_SENT_LOOKUP] = "lookup", [VT_SENT_SAMPLE] = "sample",
    [VT_SENT_REPORT] = "report", [VT_SENT_WITHDRAWAL] = "withdrawal",
    [VT_SENT_KINDS] = NULL,
};

const char *vt_sent_kind_name(enum vt_sent_kind kind)
{
    return KINDS[kind];
}

/* ---- one line ---------------------------------------------------------------------------
 */

static const struct vt_field SPENT[] = {
    { "schema", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "period", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "period_s", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "epsilon_milli", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field LINE[] = {
    { "number", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "at", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "kind", VT_FIELD_WORD, false, 0, NULL, KINDS },
    { "cell", VT_FIELD_TEXT, false, 64, NULL, NULL },
    { "what", VT_FIELD_TEXT, false, 512, NULL, NULL },
    { "sha256", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "bytes", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "spent", VT_FIELD_OBJECT, true, 0, SPENT, NULL },
    { "previous", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

bool vt_sent_record_write(const struct vt_sent_record *record, const vt_hash *previous,
                          struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_JSON line =
        json_pack("{s:I,s:o,s:s,s:s%,s:s%,s:o,s:I,s:o}", "number",
                  (json_int_t)record->number, "at", vt_field_of_time(record->at_unix_s),
                  "kind", KINDS[record->kind], "cell", (const char *)record->cell.data,
                  record->cell.len, "what", (const char *)record->what.data,
                  record->what.len, "sha256", vt_field_of_hash(&record->sha256), "bytes",
                  (json_int_t)record->bytes, "previous", vt_field_of_hash(previous));

    if (line == NULL)
        return vt_fail(err, VT_MALFORMED, "sent: what is recorded is not UTF-8");
    if (record->kind == VT_SENT_REPORT)
        (void)json_object_set_new(line, "spent",
                                  json_pack("{s:o,s:I,s:I,s:I}", "schema",
                                            vt_field_of_hash(&record->schema), "period",
                                            (json_int_t)record->period, "period_s",
                                            (json_int_t)record->period_s, "epsilon_milli",
                                            (json_int_t)record->epsilon_milli));
    return vt_schema_verify(line, "sent", LINE, err) &&
           vt_json_write_canonical(line, out, err);
}

static void take_line(const json_t *json, struct vt_sent_record *out)
{
    const json_t *spent = json_object_get(json, "spent");
    vt_slice kind = vt_field_text(json, "kind");
    unsigned i = 0;

    while (!vt_slice_is(kind, KINDS[i])) /* one of them: the schema was checked */
        i++;
    *out = (struct vt_sent_record){
        .number = vt_field_number(json, "number"),
        .kind = (enum vt_sent_kind)i, /* below VT_SENT_KINDS */
        .cell = vt_field_text(json, "cell"),
        .what = vt_field_text(json, "what"),
        .sha256 = vt_field_hash(json, "sha256"),
        .bytes = vt_field_number(json, "bytes"),
        .schema = vt_field_hash(spent, "schema"),
        .period = vt_field_number(spent, "period"),
        .period_s = vt_field_number(spent, "period_s"),
        .epsilon_milli = vt_field_number(spent, "epsilon_milli"),
    };
}

bool vt_sent_record_parse(vt_slice line, struct vt_sent_record *out, vt_hash *previous_out,
                          json_t **line_json_out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;
    struct vt_sent_record record;

    if (line.len > LINE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "sent: a line of %zu bytes", line.len);
    if (!vt_json_parse_canonical(line, "sent", &json, err) ||
        !vt_schema_verify(json, "sent", LINE, err))
        return false;
    take_line(json, &record);
    if ((record.kind == VT_SENT_REPORT) != vt_json_has(json, "spent"))
        return vt_fail(err, VT_MALFORMED, "sent: reports spend, and nothing else does");
    if (record.period > INT32_MAX || record.period_s > PERIOD_S_MAX ||
        record.epsilon_milli > EPSILON_MILLI_MAX)
        return vt_fail(err, VT_LIMIT, "sent: a report spends what no schema lets it");
    if (!vt_json_get_time(json, "sent", "at", &record.at_unix_s, err))
        return false;
    *out = record;
    *previous_out = vt_field_hash(json, "previous");
    *line_json_out = json_incref(json);
    return true;
}

/* ---- the file ---------------------------------------------------------------------------
 */

struct row {
    struct vt_sent_record record;
    json_t *json; /* owned; the record's slices point into it */
};

struct vt_sent {
    struct vt_disk *home;
    struct row *rows; /* owned */
    size_t count;
    vt_hash last;      /* of the last line; zero if there is none */
    size_t good, torn; /* bytes that are whole lines, and behind them */
};

void vt_sent_close(struct vt_sent *sent)
{
    if (sent == NULL)
        return;
    for (size_t i = 0; i < sent->count; i++)
        json_decref(sent->rows[i].json);
    free(sent->rows);
    free(sent);
}

void vt_sent_close_pointer(struct vt_sent **sent)
{
    vt_sent_close(*sent);
}

static bool take(struct vt_sent *sent, vt_slice line, struct vt_error *err)
{
    struct row row;
    vt_hash previous;

    if (!vt_sent_record_parse(line, &row.record, &previous, &row.json, err))
        return false;
    if (row.record.number != sent->count + 1 || !vt_hash_equal(&previous, &sent->last)) {
        json_decref(row.json);
        return vt_fail(err, VT_REJECTED, "sent: does not follow the line before");
    }
    sent->rows = vt_grow_array(sent->rows, sent->count + 1, sizeof row);
    sent->rows[sent->count++] = row;
    sent->last = vt_sha256_of(line);
    return true;
}

/* A write that was cut short leaves one line without sense at the end, perhaps with zeros
 * where bytes were lost.  Anything else was not our doing. */
static bool is_torn(vt_slice rest)
{
    const uint8_t *end = rest.len != 0 ? memchr(rest.data, '\n', rest.len) : NULL;

    return end == NULL || end == rest.data + rest.len - 1;
}

static bool take_all(struct vt_sent *sent, vt_slice text, struct vt_error *err)
{
    vt_reader r = { text };
    vt_slice line;

    for (vt_slice rest = r.rest; vt_read_line(&r, &line); rest = r.rest) {
        struct vt_error why = { 0 };

        if (take(sent, line, &why)) {
            sent->good += line.len + 1;
            continue;
        }
        if (why.code == VT_REJECTED || !is_torn(rest)) /* whole, but not next; or inside */
            return vt_fail(err, VT_REJECTED, "%s/%s, line %zu: was changed: %s",
                           vt_disk_path(sent->home), VT_SENT_FILE, sent->count + 1,
                           why.message);
        break;
    }
    sent->torn = text.len - sent->good;
    return true;
}

bool vt_sent_open(struct vt_disk *home, struct vt_sent **out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(SENT_BYTES_MAX);
    VT_AUTO_SENT sent = vt_alloc(sizeof *sent);

    sent->home = home;
    if (vt_disk_has(home, VT_SENT_FILE) && !vt_disk_read(home, VT_SENT_FILE, &text, err))
        return false;
    if (!take_all(sent, vt_buf_slice(&text), err))
        return false;
    *out = sent;
    sent = NULL;
    return true;
}

size_t vt_sent_count(const struct vt_sent *sent)
{
    return sent->count;
}

const struct vt_sent_record *vt_sent_at(const struct vt_sent *sent, size_t i)
{
    VT_ASSERT(i < sent->count);
    return &sent->rows[i].record;
}

size_t vt_sent_torn_bytes(const struct vt_sent *sent)
{
    return sent->torn;
}

static bool put_line(struct vt_sent *sent, struct vt_disk_file *file, vt_slice line,
                     struct vt_error *err)
{
    if (sent->torn != 0 && !vt_disk_file_truncate(file, sent->good, err))
        return false;
    sent->torn = 0;
    return vt_disk_file_write_at(file, sent->good, line, err) &&
           vt_disk_file_sync(file, err);
}

bool vt_sent_append(struct vt_sent *sent, const struct vt_sent_record *record,
                    struct vt_error *err)
{
    VT_AUTO_BUF line = vt_buf_init(LINE_BYTES_MAX + 1);
    struct vt_sent_record numbered = *record;
    struct vt_disk_file *file;
    bool ok;

    numbered.number = sent->count + 1;
    if (!vt_sent_record_write(&numbered, &sent->last, &line, err))
        return false;
    vt_buf_put_u8(&line, '\n');
    if (sent->good + line.len > SENT_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s/%s: is full", vt_disk_path(sent->home),
                       VT_SENT_FILE);
    if (!vt_buf_check(&line, "sent", err) ||
        !vt_disk_file_open(sent->home, VT_SENT_FILE, &file, err))
        return false;
    ok = put_line(sent, file, vt_buf_slice(&line), err);
    vt_disk_file_close(file);
    if (!ok)
        return false;
    sent->good += line.len;
    return take(sent, vt_slice_sub(vt_buf_slice(&line), 0, line.len - 1), err);
}

/* ---- the budget -------------------------------------------------------------------------
 */

/* Periods are below 2^31, their lengths below 2^25: products fit. */
static bool overlap(const struct vt_sent_record *a, uint64_t period, uint64_t period_s)
{
    uint64_t from = period * period_s, other = a->period * a->period_s;

    return from < other + a->period_s && other < from + period_s;
}

bool vt_sent_allows_report(const struct vt_sent *sent, const vt_hash *schema,
                           uint64_t period, uint64_t period_s, uint64_t epsilon_milli,
                           uint64_t budget_milli, struct vt_error *err)
{
    uint64_t spent = 0;

    for (size_t i = 0; i < sent->count; i++) {
        const struct vt_sent_record *record = &sent->rows[i].record;

        if (record->kind != VT_SENT_REPORT)
            continue;
        if (vt_hash_equal(&record->schema, schema) && record->period >= period)
            return vt_fail(err, VT_REJECTED,
                           "a report of this schema for %s was made already (number %ju)",
                           record->period == period ? "this period" : "a later period",
                           (uintmax_t)record->number);
        if (overlap(record, period, period_s))
            spent += record->epsilon_milli; /* of at most 2^20 lines, each below 2^17 */
    }
    if (spent > budget_milli || epsilon_milli > budget_milli - spent)
        return vt_fail(err, VT_REJECTED,
                       "the privacy budget of this period is spent: %ju of %ju, and this "
                       "report needs %ju (thousandths of epsilon)",
                       (uintmax_t)spent, (uintmax_t)budget_milli, (uintmax_t)epsilon_milli);
    return true;
}
