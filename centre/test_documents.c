/* What the front takes from the reader, which it distrusts: whole generations, or nothing.
 */
#include "centre/documents.h"
#include "tests/harness.h"

enum { END, HEAD, PIECE, TURN, OTHER };

/* A message; of a HEAD the path, and the bytes that it announces. */
struct word {
    int what;
    const char *text;
    uint32_t plain, gzip;
};

static bool say(struct vt_documents *documents, const struct word *word, bool *turned,
                struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(4));
    struct vt_message message = { .type = VT_CENTRE_PIECE };

    if (word->what == HEAD) {
        vt_document_head_write(
            &(struct vt_document_head){ .path = vt_slice_from_cstr(word->text),
                                        .plain_bytes = word->plain,
                                        .gzip_bytes = word->gzip },
            &body);
        message.type = VT_CENTRE_DOCUMENT;
    } else if (word->what == TURN) {
        vt_turn_write(1795000000, &body);
        message.type = VT_CENTRE_TURN;
    } else {
        vt_buf_put_text(&body, word->text);
        if (word->what == OTHER)
            message.type = VT_CENTRE_ASK;
    }
    message.body = vt_buf_slice(&body);
    return vt_documents_take(documents, &message, turned, err);
}

static const struct {
    const char *name;
    struct word words[8];
    enum vt_code want;
    size_t shown;
} cases_of_words[] = {
    { "two documents",
      { { HEAD, "/b", 3, 0 },
        { PIECE, "abc", 0, 0 },
        { HEAD, "/a", 2, 1 },
        { PIECE, "ab", 0, 0 },
        { PIECE, "z", 0, 0 },
        { TURN, NULL, 0, 0 } },
      VT_OK,
      2 },
    { "an empty document", { { HEAD, "/a", 0, 0 }, { TURN, NULL, 0, 0 } }, VT_OK, 1 },
    { "nothing at all", { { TURN, NULL, 0, 0 } }, VT_OK, 0 },
    { "a piece of nothing", { { PIECE, "abc", 0, 0 } }, VT_MALFORMED, 0 },
    { "more than announced",
      { { HEAD, "/a", 2, 0 }, { PIECE, "abc", 0, 0 } },
      VT_MALFORMED,
      0 },
    { "a piece behind the end",
      { { HEAD, "/a", 2, 0 }, { PIECE, "ab", 0, 0 }, { PIECE, "c", 0, 0 } },
      VT_MALFORMED,
      0 },
    { "an empty piece", { { HEAD, "/a", 2, 0 }, { PIECE, "", 0, 0 } }, VT_MALFORMED, 0 },
    { "a document inside another",
      { { HEAD, "/a", 2, 0 }, { HEAD, "/b", 0, 0 } },
      VT_MALFORMED,
      0 },
    { "a turn in the middle",
      { { HEAD, "/a", 2, 0 }, { PIECE, "a", 0, 0 }, { TURN, NULL, 0, 0 } },
      VT_MALFORMED,
      0 },
    { "one path twice",
      { { HEAD, "/a", 0, 0 }, { HEAD, "/a", 0, 0 }, { TURN, NULL, 0, 0 } },
      VT_MALFORMED,
      0 },
    { "a path that is none", { { HEAD, "a", 0, 0 } }, VT_MALFORMED, 0 },
    { "packed and longer", { { HEAD, "/a", 2, 3 } }, VT_MALFORMED, 0 },
    { "another message", { { OTHER, "x", 0, 0 } }, VT_MALFORMED, 0 },
};

static void what_is_said_is_taken_or_not(void)
{
    for (size_t i = 0; i < sizeof cases_of_words / sizeof cases_of_words[0]; i++) {
        struct vt_documents *documents = vt_documents_new();
        struct vt_error err = { 0 };
        bool turned = false, is_ok = true;

        for (size_t k = 0; is_ok && cases_of_words[i].words[k].what != END; k++)
            is_ok = say(documents, &cases_of_words[i].words[k], &turned, &err);
        VT_CHECK_SAYING(err.code == cases_of_words[i].want, "%s: %s",
                        cases_of_words[i].name, err.message);
        VT_CHECK_SAYING(vt_documents_count(documents) == cases_of_words[i].shown, "%s",
                        cases_of_words[i].name);
        VT_CHECK(turned == is_ok);
        vt_documents_free(documents);
    }
}

/* A generation that breaks off takes nothing away from the one that is shown. */
static void what_is_shown_stays(void)
{
    const struct word good[] = { { HEAD, "/a", 2, 1 },
                                 { PIECE, "ab", 0, 0 },
                                 { PIECE, "z", 0, 0 },
                                 { TURN, NULL, 0, 0 } };
    const struct word bad[] = { { HEAD, "/b", 1, 0 }, { TURN, NULL, 0, 0 } };
    struct vt_documents *documents = vt_documents_new();
    const struct vt_document *document;
    struct vt_error err = { 0 };
    bool turned;

    for (size_t i = 0; i < 4; i++)
        VT_CHECK_OK(say(documents, &good[i], &turned, &err));
    VT_CHECK_OK(say(documents, &bad[0], &turned, &err));
    VT_CHECK_FAILS(VT_MALFORMED, say(documents, &bad[1], &turned, &err));
    document = vt_documents_find(documents, VT_LIT("/a"));
    VT_CHECK(document != NULL && vt_slice_is(document->plain, "ab") &&
             vt_slice_is(document->gzip, "z"));
    VT_CHECK(vt_documents_find(documents, VT_LIT("/b")) == NULL);
    VT_CHECK(vt_documents_find(documents, VT_LIT("/")) == NULL);
    /* And the next one begins anew. */
    err = (struct vt_error){ 0 };
    VT_CHECK_OK(say(documents, &(const struct word){ TURN, NULL, 0, 0 }, &turned, &err));
    VT_CHECK(vt_documents_count(documents) == 0);
    vt_documents_free(documents);
}

static const struct vt_case cases[] = {
    { "what is said is taken or not", what_is_said_is_taken_or_not },
    { "what is shown stays", what_is_shown_stays },
};

VT_TEST_MAIN("centre.documents", cases)
