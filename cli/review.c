/* vitrine review: a reviewer's word on a source. */
#include "cli/groups.h"
#include "cli/desk.h"
#include "evidence/field.h"
#include "release/authorisations.h"
#include "release/compose.h"
#include "release/reviews.h"

static const struct vt_option sign_options[] = {
    VT_OPTION_DESK,
    VT_OPTION_TRUST,
    { "verdict", "accept|refuse", "your word on it", true, false },
    { "source", "DIGEST", "of the source that you read; must be the draft's", false,
      false },
    { "scope", "TEXT", "what you looked at; else the whole source", false, false },
    { "report", "FILE", "your report; its digest is signed, it is kept on the desk", false,
      false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    VT_OPTIONS_END,
};

/* Keep the report; its hash goes into the review. */
static bool keep_report(const struct vt_docket *docket, const char *path, vt_hash *hash,
                        struct vt_error *err)
{
    struct vt_blobs *blobs;
    uint64_t bytes;
    bool ok;

    if (!vt_docket_blobs(docket->desk, docket->product, docket->version, &blobs, err))
        return false;
    ok = vt_document_put(blobs, path, hash, &bytes, err);
    vt_blobs_close(blobs);
    return ok;
}

static bool check_source(struct vt_args *args, const struct vt_docket *docket,
                         struct vt_error *err)
{
    const char *wanted = vt_args_get(args, "source");
    vt_slice drafted;

    if (docket->draft == NULL)
        return vt_fail(err, VT_REJECTED, "%s %s: no draft signed by the vendor",
                       docket->product, docket->version);
    drafted = vt_field_text(docket->draft->envelope.statement.predicate, "source");
    return wanted == NULL || vt_slice_is(drafted, wanted) ||
           vt_fail(
               err, VT_REJECTED,
               "the draft's source is %.*s, not the one that you read; nothing is signed",
               VT_SLICE_ARGS(drafted));
}

/* His newest word on this source, if he has said something. */
static const struct vt_item *word_before(const struct vt_docket *docket,
                                         const struct vt_key *key)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    const struct vt_trust_key *reviewer = vt_keyring_find(
        &docket->roll->keyring, vt_slice_from_cstr(id.text), VT_ROLE_REVIEWER);

    return reviewer != NULL ? vt_review_newest(docket, reviewer->holder) : NULL;
}

/* Would he only say the same again? */
static bool says_it_already(const struct vt_item *before, const char *verdict,
                            const char *scope, const vt_hash *report)
{
    const json_t *said;
    vt_hash there;

    if (before == NULL)
        return false;
    said = before->envelope.statement.predicate;
    there = vt_field_hash(said, "report");
    return vt_slice_is(vt_field_text(said, "verdict"), verdict) &&
           vt_slice_is(vt_field_text(said, "scope"), scope) &&
           (json_object_get(said, "report") != NULL) == (report != NULL) &&
           (report == NULL || vt_hash_equal(&there, report));
}

/* A word is later than the one that it may take back, if only by a second. */
static int64_t time_of_word(const struct vt_item *before, int64_t now_unix_s)
{
    return before != NULL && before->time_unix_s >= now_unix_s ? before->time_unix_s + 1
                                                               : now_unix_s;
}

static bool sign(struct vt_args *args, struct vt_desk_call *call, const char *verdict,
                 const struct vt_key *key, bool *is_there, struct vt_error *err)
{
    const char *report = vt_args_get(args, "report"), *scope = vt_args_get(args, "scope");
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_docket *docket = call->docket;
    const struct vt_item *before = word_before(docket, key);
    vt_hash hash;

    if (scope == NULL)
        scope = "the whole source";
    if (report != NULL && !keep_report(docket, report, &hash, err))
        return false;
    *is_there = says_it_already(before, verdict, scope, report != NULL ? &hash : NULL);
    if (*is_there)
        return true;
    return vt_compose_review(docket, verdict, report != NULL ? &hash : NULL, scope,
                             time_of_word(before, call->now_unix_s), key, &envelope, err) &&
           vt_docket_put(&call->desk, docket->product, docket->version,
                         vt_buf_slice(&envelope), err);
}

static bool run_sign(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    const char *verdict = vt_args_get(args, "verdict");
    bool is_there = false;
    VT_AUTO_KEY key = NULL;

    if (strcmp(verdict, "accept") != 0 && strcmp(verdict, "refuse") != 0)
        return vt_args_misuse(args, err, "--verdict: '%s' is neither accept nor refuse",
                              verdict);
    if (!vt_cli_key_open(args, &key, err) ||
        !vt_desk_call_begin(args, false, false, &call, err) ||
        !vt_desk_call_check_key(&call, key, VT_ROLE_REVIEWER, err) ||
        !vt_desk_call_docket(args, &call, err) || !check_source(args, call.docket, err) ||
        !sign(args, &call, verdict, key, &is_there, err))
        return false;
    vt_desk_call_say(
        args, &call, "review", "%s %s: your review (%s) is on the desk%s%s",
        call.docket->product, call.docket->version, verdict,
        is_there ? " already; nothing is signed" : "",
        call.docket->is_published
            ? "; the release is published already, and this changes nothing in "
              "it (`vitrine release withdraw` takes it back)"
            : "");
    return true;
}

/* ---- list -------------------------------------------------------------------------------
 */

static const struct vt_option list_options[] = {
    VT_OPTION_DESK,
    VT_OPTION_TRUST,
    VT_OPTIONS_END,
};

static json_t *review_json(const struct vt_docket *docket, const struct vt_item *item)
{
    const json_t *predicate = item->envelope.statement.predicate;
    enum vt_word word = vt_review_word(docket, item, INT64_MAX);
    vt_slice holder = vt_review_holder(docket, item);

    return json_pack("{s:s,s:s,s:o,s:O,s:O,s:O,s:O,s:s,s:b}", "product", docket->product,
                     "version", docket->version, "holder",
                     vt_cli_json_text(holder.len > 0 ? holder : VT_LIT("unknown")),
                     "verdict", json_object_get(predicate, "verdict"), "scope",
                     json_object_get(predicate, "scope"), "source",
                     json_object_get(predicate, "source"), "created",
                     json_object_get(predicate, "created"), "standing", vt_word_name(word),
                     "counts", word == VT_WORD_ACCEPTS);
}

static bool list_reviews(void *context, struct vt_docket *docket, struct vt_error *err)
{
    json_t *rows = context;

    (void)err;
    for (size_t i = 0; i < docket->item_count; i++)
        if (docket->items[i].envelope.statement.type == VT_REVIEW)
            (void)json_array_append_new(rows, review_json(docket, &docket->items[i]));
    return true;
}

/* For a line: what others wrote must not begin one of ours. */
static const char *text_of(const json_t *row, const char *name, struct vt_arena *arena)
{
    char *text =
        vt_arena_printf(arena, "%s", json_string_value(json_object_get(row, name)));

    vt_text_make_printable(text, false);
    return text;
}

static void print_reviews(const json_t *rows)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *standing = text_of(row, "standing", arena);
        bool stands = strcmp(standing, vt_word_name(VT_WORD_ACCEPTS)) == 0 ||
                      strcmp(standing, vt_word_name(VT_WORD_REFUSES)) == 0;

        (void)printf("%s %s: %s by %s, source %.16s..., %s%s%s%s\n",
                     text_of(row, "product", arena), text_of(row, "version", arena),
                     text_of(row, "verdict", arena), text_of(row, "holder", arena),
                     text_of(row, "source", arena), text_of(row, "scope", arena),
                     stands ? "" : " (", stands ? "" : standing, stands ? "" : ")");
    }
    if (json_array_size(rows) == 0)
        (void)printf("no reviews\n");
}

static bool run_list(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_JSON rows = json_array();

    if (vt_args_operand_count(args) == 1)
        return vt_args_misuse(args, err, "name PRODUCT and VERSION, or neither");
    if (!vt_desk_call_begin(args, false, false, &call, err))
        return false;
    if (vt_args_operand_count(args) == 2) {
        if (!vt_desk_call_docket(args, &call, err) || !list_reviews(rows, call.docket, err))
            return false;
    } else if (!vt_desk_each(&call.desk, call.trust, call.now_unix_s, list_reviews, rows,
                             err)) {
        return false;
    }
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:O}", "ok", 1, "reviews", rows));
    else
        print_reviews(rows);
    return true;
}

static const struct vt_verb verbs[] = {
    { "sign", "PRODUCT VERSION", 2, 2, "accept or refuse a release's source",
      "A later word of the same reviewer takes the earlier one back.  A refusal stops the\n"
      "release until he accepts.",
      sign_options, run_sign },
    { "list", "[PRODUCT VERSION]", 0, 2, "reviews on the desk", NULL, list_options,
      run_list },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_review = {
    "review",
    "sign reviews of a source, and list them",
    verbs,
};
