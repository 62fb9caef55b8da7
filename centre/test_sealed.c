/* The sealed record as a file: what is read back, who can open it, and what shows when
 * somebody changes it or takes something out. */
#include "centre/sealed.h"
#include "tests/known.h"
#include <sys/stat.h>

enum { RECORDS = 12, FRAME = VT_SEALED_FRAME_BYTES };

static const char *const texts[RECORDS] = { "a", "secret_name", "", "b" };

struct stand {
    struct vt_age_identity foundation, stranger;
    struct vt_disk *disk;
    const char *path;
    struct vt_sealed_head head;
};

static vt_slice text_of(size_t i)
{
    return vt_slice_from_cstr(texts[i] != NULL ? texts[i] : "more");
}

static struct vt_sealed *opened(struct stand *s)
{
    const struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    struct vt_sealed *sealed;

    VT_CHECK_OK(vt_sealed_open(s->disk, &env, &s->foundation.recipient, &sealed, &err));
    return sealed;
}

/* Twelve records in batches of three, over two starts. */
static void make(struct stand *s)
{
    static const vt_hash invitation = { { 7 } };
    const uint8_t session[VT_SEALED_SESSION_BYTES] = { 9 };
    struct vt_sealed *sealed;
    struct vt_error err = { 0 };

    s->foundation = vt_known_identity("foundation");
    s->stranger = vt_known_identity("stranger");
    VT_CHECK_OK(vt_disk_open(vt_test_path("porter"), true, &s->disk, &err));
    s->path = vt_test_path("porter/" VT_CENTRE_SEALED);
    sealed = opened(s);
    for (size_t i = 0; i < RECORDS; i++) {
        const struct vt_sealed_words words = { i == 3, text_of(i) };

        VT_CHECK_OK(
            vt_sealed_add(sealed, VT_SEALED_ASKED, session, &invitation, &words, &err));
        VT_CHECK(vt_sealed_head(sealed).number == i / 3 * 3);
        if (i % 3 == 2)
            VT_CHECK_OK(vt_sealed_settle(sealed, &err));
        if (i == 5) {
            vt_sealed_close(sealed);
            sealed = opened(s);
            VT_CHECK(vt_sealed_head(sealed).number == 6);
        }
    }
    s->head = vt_sealed_head(sealed);
    vt_sealed_close(sealed);
}

static void end(struct stand *s)
{
    vt_disk_close(s->disk);
    vt_age_identity_clear(&s->foundation);
    vt_age_identity_clear(&s->stranger);
}

struct opening {
    const struct vt_age_identity *identity;
    size_t count, opened;
};

static bool open_one(void *context, const struct vt_sealed_frame *frame,
                     struct vt_error *err)
{
    struct opening *o = context;
    VT_AUTO_BUF plain = vt_buf_init(VT_SEALED_PLAIN_BYTES);
    struct vt_sealed_words words;
    struct vt_error why = { 0 };

    (void)err;
    VT_CHECK(frame->deed == VT_SEALED_ASKED && frame->session[0] == 9 &&
             frame->invitation.bytes[0] == 7);
    if (vt_sealed_frame_open(o->identity, frame, &plain, &words, &why)) {
        VT_CHECK(vt_slice_equal(words.question, text_of(o->count)) &&
                 words.is_refused == (o->count == 3));
        o->opened++;
    }
    o->count++;
    return true;
}

static struct opening read_as(const struct stand *s, const struct vt_age_identity *who)
{
    struct opening opening = { .identity = who };
    struct vt_sealed_head head;
    struct vt_error err = { 0 };

    VT_CHECK_OK(
        vt_sealed_read(s->path, (vt_sealed_reader){ open_one, &opening }, &head, &err));
    VT_CHECK(head.number == s->head.number && vt_hash_equal(&head.chain, &s->head.chain));
    return opening;
}

static void the_foundation_alone_opens_it(void)
{
    struct stand s = { .disk = NULL };
    struct opening opening;
    vt_slice bytes;

    make(&s);
    opening = read_as(&s, &s.foundation);
    VT_CHECK(opening.count == RECORDS && opening.opened == RECORDS);
    opening = read_as(&s, &s.stranger);
    VT_CHECK(opening.count == RECORDS && opening.opened == 0);
    bytes = vt_test_read(s.path);
    VT_CHECK(memmem(bytes.data, bytes.len, "secret_name", 11) == NULL);
    end(&s);
}

static bool pass(void *context, const struct vt_sealed_frame *frame, struct vt_error *err)
{
    (void)context;
    (void)frame;
    (void)err;
    return true;
}

/* The file with these bytes.  *head_out: what is read of it; false: it is refused. */
static bool reads(const struct stand *s, vt_slice bytes, struct vt_sealed_head *head_out)
{
    struct vt_error err = { 0 };

    vt_test_write(s->path, bytes);
    if (vt_sealed_read(s->path, (vt_sealed_reader){ pass, NULL }, head_out, &err))
        return true;
    VT_CHECK(err.code == VT_REJECTED || err.code == VT_MALFORMED);
    return false;
}

/* One bit in every byte of every frame: it is refused, or the head is another one than was
 * seen (a last batch might have been cut off by a power loss, for all that the file says).
 */
static void a_changed_record_shows(void)
{
    struct stand s = { .disk = NULL };
    struct vt_sealed_head head;
    uint8_t *copy;
    size_t len = (size_t)RECORDS * FRAME, cut = (size_t)(RECORDS - 3) * FRAME;

    make(&s);
    copy = vt_arena_alloc(vt_test_arena(), len);
    memcpy(copy, vt_test_read(s.path).data, len);
    VT_CHECK(reads(&s, vt_slice_of(copy, len), &head) && head.number == RECORDS);
    for (size_t at = 0; at < len; at += at % FRAME < 80 || at % FRAME >= 984 ? 1 : 37) {
        copy[at] ^= 1;
        if (reads(&s, vt_slice_of(copy, len), &head))
            VT_CHECK_SAYING(at >= cut && head.number < RECORDS, "byte %zu", at);
        copy[at] ^= 1;
    }
    end(&s);
}

static void a_missing_record_shows(void)
{
    struct stand s = { .disk = NULL };
    struct vt_sealed_head head;
    uint8_t *copy;
    vt_slice whole;

    make(&s);
    whole = vt_slice_sub(vt_test_read(s.path), 0, (size_t)RECORDS * FRAME);
    copy = vt_arena_alloc(vt_test_arena(), whole.len);
    for (size_t i = 0; i < RECORDS; i++) {
        size_t behind = (RECORDS - i - 1) * FRAME;

        memcpy(copy, whole.data, i * FRAME);
        memcpy(copy + i * FRAME, whole.data + (i + 1) * FRAME, behind);
        VT_CHECK_SAYING(!reads(&s, vt_slice_of(copy, whole.len - FRAME), &head) ||
                            head.number < RECORDS,
                        "record %zu", i + 1);
    }
    /* The end alone: the file is whole, and who remembers the head sees it. */
    VT_CHECK(reads(&s, vt_slice_sub(whole, 0, 9 * FRAME), &head) && head.number == 9 &&
             !vt_hash_equal(&head.chain, &s.head.chain));
    end(&s);
}

/* A body in another frame, under a chain that fits: it does not open there. */
static void a_body_belongs_to_its_frame(void)
{
    struct stand s = { .disk = NULL };
    struct vt_sealed_frame first, second;
    VT_AUTO_BUF plain = vt_buf_init(VT_SEALED_PLAIN_BYTES);
    struct vt_sealed_words words;
    struct vt_error err = { 0 };
    vt_slice whole;

    make(&s);
    whole = vt_test_read(s.path);
    VT_CHECK(vt_sealed_frame_read(vt_slice_sub(whole, 0, FRAME), &first) &&
             vt_sealed_frame_read(vt_slice_sub(whole, FRAME, FRAME), &second));
    VT_CHECK_OK(vt_sealed_frame_open(&s.foundation, &second, &plain, &words, &err));
    second.age = first.age;
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_sealed_frame_open(&s.foundation, &second, &plain, &words, &err));
    end(&s);
}

/* Of a batch that was torn nobody was answered; a whole frame behind it changes nothing. */
static void a_torn_batch_is_cut_away(void)
{
    struct stand s = { .disk = NULL };
    struct vt_sealed *sealed;
    struct vt_sealed_head head;
    uint8_t *copy;
    size_t len = (size_t)RECORDS * FRAME;

    make(&s);
    copy = vt_arena_alloc(vt_test_arena(), len);
    memcpy(copy, vt_test_read(s.path).data, len);
    memset(copy + 10 * FRAME + 512, 0, 512);
    VT_CHECK(reads(&s, vt_slice_of(copy, len), &head) && head.number == 10);
    sealed = opened(&s);
    VT_CHECK(vt_sealed_head(sealed).number == 10);
    vt_sealed_close(sealed);
    VT_CHECK(vt_test_read(s.path).len == 10 * FRAME);
    end(&s);
}

static const struct vt_case cases[] = {
    { "the foundation alone opens it", the_foundation_alone_opens_it },
    { "a changed record shows", a_changed_record_shows },
    { "a missing record shows", a_missing_record_shows },
    { "a body belongs to its frame", a_body_belongs_to_its_frame },
    { "a torn batch is cut away", a_torn_batch_is_cut_away },
};

VT_TEST_MAIN("centre.sealed", cases)
