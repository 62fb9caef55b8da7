/* role centre-librarian: reads the source of releases and searches it, for the porter
 * alone. It knows no session and no person: whoever asks may.
 *
 * Rights: read below FOLDER/library; its channel.  No socket, no key, no writing.
 *
 * The sources that were asked for last stay mapped. */
#include "centre/role_centre_librarian.h"
#include "centre/answering.h"
#include "centre/centre.h"
#include "centre/knock.h"
#include "centre/library.h"
#include "centre/quoted.h"
#include "centre/search.h"
#include "centre/source_question.h"
#include "centre/unreviewed.h"
#include "evidence/field.h"
#include "http/http.h"
#include "ledger/serve_message.h"

/* And reading below the library, which it is told at the start.  Packs are mapped, and
 * count as memory. */
const struct vt_rights vt_centre_librarian_rights = { .memory_bytes_max = (uint64_t)12
                                                                          << 30,
                                                      .files_max = 256 };

enum { OPEN_MAX = 4 };

struct librarian {
    struct vt_disk *library; /* NULL: there is none yet */
    struct vt_library open[OPEN_MAX];
    uint64_t used[OPEN_MAX]; /* when, counted in questions; 0: free */
    uint64_t questions;
};

/* ---- sources ----------------------------------------------------------------------------
 */

static bool source_of(struct librarian *l, const struct vt_source_question *q,
                      const struct vt_library **out, struct vt_error *err)
{
    size_t oldest = 0;
    vt_hash digest;

    if (!vt_library_find(l->library, q->product, q->version, &digest, err))
        return false;
    for (size_t i = 0; i < OPEN_MAX; i++) {
        if (l->used[i] != 0 && vt_hash_equal(&l->open[i].digest, &digest)) {
            l->used[i] = ++l->questions;
            *out = &l->open[i];
            return true;
        }
        if (l->used[i] < l->used[oldest])
            oldest = i;
    }
    if (l->used[oldest] != 0)
        vt_library_close(&l->open[oldest]);
    l->used[oldest] = 0;
    if (!vt_library_open(l->library, &digest, &l->open[oldest], err))
        return false;
    l->used[oldest] = ++l->questions;
    *out = &l->open[oldest];
    return true;
}

/* ---- answers ----------------------------------------------------------------------------
 */

static bool put_json(json_t *value, struct vt_buf *out, struct vt_error *err)
{
    bool is_ok = vt_json_write_canonical(value, out, err);

    json_decref(value);
    return is_ok;
}

static bool put_about(const struct vt_library *source, struct vt_buf *out,
                      struct vt_error *err)
{
    return put_json(
        json_pack("{s:o,s:I,s:I,s:I,s:I,s:b}", "source", vt_field_of_hash(&source->digest),
                  "files", (json_int_t)source->file_count, "lines",
                  (json_int_t)source->line_count, "bytes", (json_int_t)source->pack.len,
                  "manifest_bytes", (json_int_t)source->manifest_gz.len, "has_definitions",
                  source->tags.len != 0),
        out, err);
}

static bool put_piece(vt_slice whole, uint32_t number, struct vt_buf *out,
                      struct vt_error *err)
{
    size_t at = (size_t)number * VT_SOURCE_PIECE_BYTES, left;

    if (at > whole.len || (at == whole.len && number != 0))
        return vt_fail(err, VT_ABSENT, "there is no piece %ju", (uintmax_t)number);
    left = whole.len - at;
    vt_buf_put(out,
               vt_slice_sub(whole, at,
                            left < VT_SOURCE_PIECE_BYTES ? left : VT_SOURCE_PIECE_BYTES));
    return vt_buf_check(out, "a piece", err);
}

static bool put_file(const struct vt_library *source, const struct vt_source_question *q,
                     struct vt_buf *out, struct vt_error *err)
{
    if (q->file >= source->file_count)
        return vt_fail(err, VT_ABSENT, "there is no file %ju", (uintmax_t)q->file);
    return put_piece(vt_library_file(source, q->file).content, q->number, out, err);
}

static bool put_search(const struct vt_library *source, const struct vt_source_question *q,
                       struct vt_buf *out, struct vt_error *err)
{
    const struct vt_search search = { .text = q->text,
                                      .is_regex = (q->flags & VT_SEARCH_REGEX) != 0,
                                      .is_any_case = (q->flags & VT_SEARCH_ANY_CASE) != 0,
                                      .from_file = q->file };
    json_t *found;

    return vt_search_run(source, &search, &found, err) && put_json(found, out, err);
}

/* All of them are open at once: OPEN_MAX is one more than the bases, and what was asked for
 * last stays. */
static bool put_unreviewed(struct librarian *l, const struct vt_library *source,
                           const struct vt_source_question *q, struct vt_buf *out,
                           struct vt_error *err)
{
    const struct vt_library *bases[VT_UNREVIEWED_BASES_MAX];
    struct vt_source_question base = *q;
    vt_reader r = { q->text };
    size_t count = 0;
    json_t *answer;

    _Static_assert(OPEN_MAX > VT_UNREVIEWED_BASES_MAX, "bases would be closed again");
    while (vt_source_next_version(&r, &base.version)) {
        if (count == VT_UNREVIEWED_BASES_MAX)
            return vt_fail(err, VT_REJECTED, "at most %d versions to compare with",
                           VT_UNREVIEWED_BASES_MAX);
        if (!source_of(l, &base, &bases[count++], err))
            return false;
    }
    return vt_unreviewed_run(source, bases, count, q->file, &answer, err) &&
           put_json(answer, out, err);
}

static bool put_answer(struct librarian *l, const struct vt_source_question *q,
                       struct vt_buf *out, enum vt_centre_type *type, struct vt_error *err)
{
    const struct vt_library *source;

    if (!source_of(l, q, &source, err))
        return false;
    *type = VT_TYPE_JSON;
    switch (q->kind) {
    case VT_SOURCE_ABOUT:
        return put_about(source, out, err);
    case VT_SOURCE_MANIFEST:
        *type = VT_TYPE_BYTES;
        return put_piece(source->manifest_gz, q->number, out, err);
    case VT_SOURCE_FILE:
        *type = VT_TYPE_BYTES;
        return put_file(source, q, out, err);
    case VT_SOURCE_SEARCH:
        return put_search(source, q, out, err);
    case VT_SOURCE_UNREVIEWED:
        return put_unreviewed(l, source, q, out, err);
    case VT_SOURCE_QUOTED:
        *type = VT_TYPE_BYTES;
        vt_buf_put_u32(out, (uint32_t)vt_quoted_lines(source, q->text));
        return vt_buf_check(out, "a count", err);
    default:
        return put_json(vt_library_definitions(source, q->text), out, err);
    }
}

static uint16_t status_of(enum vt_code code)
{
    return code == VT_ABSENT                             ? VT_HTTP_NOT_FOUND
           : code == VT_MALFORMED || code == VT_REJECTED ? VT_HTTP_UNPROCESSABLE
                                                         : VT_HTTP_UNAVAILABLE;
}

/* No path of this machine goes out. */
static bool put_problem(const struct vt_error *why, struct vt_buf *out,
                        struct vt_error *err)
{
    const char *sentence = why->code == VT_ABSENT || why->code == VT_IO
                               ? "this source, or this part of it, is not here"
                               : why->message;

    vt_buf_truncate(out, 0);
    return put_json(
        json_pack("{s:i,s:s}", "status", status_of(why->code), "title", sentence), out,
        err);
}

static bool answer_one(struct librarian *l, struct vt_channel *channel, vt_slice body,
                       struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_CENTRE_ANSWER_BYTES_MAX);
    VT_AUTO_BUF message = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_centre_answer answer = { .status = VT_HTTP_OK };
    struct vt_source_question question;
    struct vt_error why = { 0 };
    vt_slice asked;

    if (!vt_source_ask_read(body, &answer.place, &asked) ||
        !vt_source_question_read(asked, &question) || question.kind == VT_SOURCE_REBUILD ||
        question.kind == VT_SOURCE_REBUILT)
        return vt_fail(err, VT_MALFORMED, "the porter asked what is no question");
    if (!put_answer(l, &question, &bytes, &answer.type, &why)) {
        answer.status = status_of(why.code);
        answer.type = VT_TYPE_PROBLEM;
        if (!put_problem(&why, &bytes, err))
            return false;
    }
    answer.bytes = vt_buf_slice(&bytes);
    vt_centre_answer_write(&answer, &message);
    return vt_buf_check(&message, "an answer", err) &&
           vt_channel_send(channel, VT_CENTRE_ANSWER, vt_buf_slice(&message), err);
}

/* ---- beginning and going on -------------------------------------------------------------
 */

static bool begin(struct vt_channel *channel, struct librarian *l, struct vt_error *err)
{
    struct vt_rights rights = vt_centre_librarian_rights;
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_JSON words = NULL;
    vt_slice folder;

    vt_json_prepare();
    if (!vt_serve_listen(channel, &words, err) ||
        !vt_json_get_text(words, "begin", "folder", &folder, err))
        return false;
    rights.read_folders[0] =
        vt_arena_printf(arena, "%.*s/" VT_CENTRE_LIBRARY, VT_SLICE_ARGS(folder));
    if (!vt_disk_open(rights.read_folders[0], true, &l->library, err))
        return false;
    vt_confine(&rights);
    return vt_serve_ready(channel, err);
}

static bool on_ask(void *context, struct vt_channel *channel, vt_slice body,
                   struct vt_error *err)
{
    return answer_one(context, channel, body, err);
}

int vt_role_centre_librarian(struct vt_channel *channel)
{
    VT_AUTO_FREE struct librarian *l = vt_alloc(sizeof *l);
    const struct vt_answering answering = { VT_ROLE_CENTRE_LIBRARIAN, on_ask, l };
    struct vt_error err = { 0 };
    bool is_begun = begin(channel, l, &err);
    int code = vt_centre_answer_all(&answering, channel, is_begun, &err);

    for (size_t i = 0; i < OPEN_MAX; i++)
        if (l->used[i] != 0)
            vt_library_close(&l->open[i]);
    vt_disk_close(l->library);
    return code;
}
