/* The front's look-ups: GET PREFIX/lookup/TERM?from=N.
 *
 *   {"answers":[{"index":N,"proof":"tlog-proof"},...],"indexed":M,"next":N,"size":S}
 *
 * The entry of an answer is in its bundle, where the asker reads and checks it.  indexed:
 * what is not found is not among the first M entries, if the index is whole; next, where
 * there are more: ask again from there.  Of a pruned log also first: the index begins
 * there; and pruned: so many that the index names are not here any more. */
#include "ledger/front.h"
#include "ledger/terms.h"
#include "wire/json.h"

enum {
    ANSWERS_MAX = 16,
    ANSWER_BYTES_MAX = ANSWERS_MAX * (VT_NOTE_BYTES_MAX + (8 << 10)),
};

/* The index as it is now; whoever builds it is another process. */
static bool open_lookup(struct vt_front_ledger *l, struct vt_error *err)
{
    if (l->lookup != NULL && !vt_lookup_is_outdated(l->lookup))
        return true;
    vt_lookup_close(l->lookup);
    l->lookup = NULL;
    return vt_lookup_open(l->disk, &l->lookup, err);
}

struct answering {
    struct vt_front_ledger *ledger;
    json_t *answers; /* borrowed */
    size_t pruned;
};

static bool add_answer(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct answering *a = context;
    VT_AUTO_BUF proof = vt_buf_init(VT_NOTE_BYTES_MAX + VT_KIB(8));

    if (!vt_front_prove(a->ledger, index, entry, &proof, err))
        return false;
    (void)json_array_append_new(
        a->answers,
        json_pack("{s:I,s:s}", "index", (json_int_t)index, "proof", vt_buf_cstr(&proof)));
    return true;
}

static void count_pruned(void *context, uint64_t index)
{
    struct answering *a = context;

    (void)index;
    a->pruned++;
}

static bool ask(struct vt_front_ledger *l, vt_slice term, uint64_t from, struct vt_buf *out,
                struct vt_error *err)
{
    VT_AUTO_JSON answers = json_array();
    VT_AUTO_JSON json = NULL;
    struct answering a = { l, answers, 0 };
    struct vt_lookup_question question = { .term = term,
                                           .from = from,
                                           .max = ANSWERS_MAX,
                                           .head = l->published,
                                           .each = add_answer,
                                           .pruned = count_pruned,
                                           .context = &a };
    uint64_t next, covered, size = l->published.size;

    if (!vt_lookup_ask(l->lookup, &question, &next, err))
        return false;
    covered = vt_lookup_covered(l->lookup);
    json =
        json_pack("{s:O,s:I,s:I}", "answers", answers, "indexed",
                  (json_int_t)(covered < size ? covered : size), "size", (json_int_t)size);
    if (next != UINT64_MAX)
        (void)json_object_set_new(json, "next", json_integer((json_int_t)next));
    if (a.pruned != 0)
        (void)json_object_set_new(json, "pruned", json_integer((json_int_t)a.pruned));
    if (vt_lookup_first(l->lookup) != 0)
        (void)json_object_set_new(json, "first",
                                  json_integer((json_int_t)vt_lookup_first(l->lookup)));
    return vt_json_write_canonical(json, out, err);
}

static void refuse(struct vt_http_exchange *exchange, const struct vt_error *why)
{
    (void)fprintf(stderr, "vitrine ledger-front: look-up: %s\n", why->message);
    vt_http_answer_text(exchange, VT_HTTP_ERROR, "the look-up failed here");
}

void vt_front_on_lookup(void *context, struct vt_http_exchange *exchange)
{
    vt_slice path = vt_http_path(exchange), from = vt_http_query(exchange, "from");
    struct vt_front_ledger *l = vt_front_ledger_of(context, path);
    size_t skip = strlen(l->prefix) + sizeof "/lookup/" - 1;
    vt_slice term = vt_slice_sub(path, skip, path.len - skip);
    VT_AUTO_BUF text = vt_buf_init(ANSWER_BYTES_MAX);
    struct vt_error err = { 0 };
    uint64_t first = 0;

    if (term.len == 0 || term.len > VT_TERM_BYTES_MAX ||
        (from.len != 0 && !vt_decimal_parse(from, &first))) {
        vt_http_answer_text(exchange, VT_HTTP_BAD_REQUEST,
                            "ask for /lookup/TERM, or /lookup/TERM?from=INDEX");
        return;
    }
    if (!open_lookup(l, &err)) {
        if (err.code == VT_ABSENT)
            vt_http_answer_text(exchange, VT_HTTP_NOT_FOUND,
                                "there is no look-up index here");
        else
            refuse(exchange, &err);
        return;
    }
    if (!ask(l, term, first, &text, &err)) {
        refuse(exchange, &err);
        return;
    }
    l->counts.lookups++;
    vt_http_set_header(exchange, "Cache-Control", "no-cache");
    vt_http_answer(exchange, VT_HTTP_OK, "application/json", vt_buf_slice(&text));
}
