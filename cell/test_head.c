/* Heads: each reason to refuse one beside its accepted twin, one field away. */
#include "cell/head_check.h"
#include "evidence/field.h"
#include "tests/cell_world.h"

#define ORIGIN VT_CELL_WORLD_ORIGIN

/* A head and all around it; good_head() is accepted. */
struct scene {
    struct vt_cell_head head;
    const char *cell, *jurisdiction; /* that the head says */
    unsigned signers;
    struct vt_world_place place, leave_place;
    const char *file_hash; /* that the head asks for; NULL: it collects nothing */
    const char *rule, *allowed_rule;
    unsigned leave_signers;
    enum vt_predicate leave_type;
    bool has_leave;
    /* the trust root */
    struct vt_cell_world root;
    int64_t trust_expires;
    /* the client */
    const char *asked_cell, *asked_jurisdiction;
    struct vt_cell_seen seen;
    int64_t now, max_age, delay;
};

static const char *digest(const char *text)
{
    return vt_world_digest(text);
}

static vt_hash hash_of(const char *text)
{
    return vt_sha256_of(vt_slice_from_cstr(text));
}

static struct scene good_scene(void)
{
    return (struct scene){
        .head = { .epoch = 41,
                  .from_unix_s = VT_WORLD_LOGGED - 5,
                  .until_unix_s = VT_WORLD_LOGGED + 3600,
                  .tree = { .root = hash_of("root"),
                            .bits = 3,
                            .count = 1000,
                            .smallest = 90,
                            .bucket_bytes = 4096 },
                  .filter = { hash_of("filter"), 1000 },
                  .delta = { hash_of("delta"), 100 },
                  .rules = hash_of("rules"),
                  .statistics = hash_of("statistics"),
                  .ohttp = hash_of("ohttp") },
        .cell = "zurich",
        .jurisdiction = "CH",
        .signers = VT_BIT(VT_P_CELL),
        .place = { ORIGIN, VT_P_HEADS, 41, 42, 7, VT_WORLD_LOGGED },
        .leave_place = { VT_WORLD_ORIGIN, VT_P_LOG, 9, 1000, 7, VT_WORLD_LOGGED - 100000 },
        .file_hash = "wanted file",
        .rule = "collect_lamp",
        .allowed_rule = "collect_lamp",
        .leave_signers = VT_BIT(VT_P_SUPERVISOR),
        .leave_type = VT_COLLECTION,
        .has_leave = true,
        .root = vt_cell_world_good(),
        .trust_expires = VT_WORLD_NOW + 100000,
        .asked_cell = "zurich",
        .asked_jurisdiction = "CH",
        .now = VT_WORLD_LOGGED + 60,
        .max_age = VT_HEAD_AGE_S,
        .delay = VT_HEAD_DELAY_S,
    };
}

/* ---- the trust root ---------------------------------------------------------------------
 */

static struct vt_trust *make_trust(const struct scene *s)
{
    struct vt_error err = { 0 };
    struct vt_world world = vt_world_good();
    struct vt_trust *trust;

    world.trust_expires = s->trust_expires;
    VT_CHECK_OK(vt_trust_parse(vt_cell_world_trust(&world, &s->root), &trust, &err));
    vt_test_keep(trust);
    return trust;
}

/* ---- the head file ----------------------------------------------------------------------
 */

static vt_slice make_leave(const struct scene *s)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64));
    VT_AUTO_JSON predicate =
        json_pack("{s:s,s:[s],s:[s],s:s,s:s}", "product", "lamp", "rules", s->allowed_rule,
                  "hashes", digest("wanted file"), "purpose", "samples of a new worm",
                  "created", vt_world_time(VT_WORLD_BEGAN));

    if (s->leave_type == VT_COLLECTION) {
        VT_CHECK_OK(
            vt_statement_write_about_itself(VT_COLLECTION, predicate, &payload, &err));
        return vt_world_sign(vt_buf_slice(&payload), s->leave_signers);
    }
    return vt_world_statement(VT_REJECTION, "source",
                              json_pack("{s:s,s:s,s:i,s:s,s:s,s:s}", "product", "lamp",
                                        "version", "1", "sequence", 1, "draft",
                                        digest("draft"), "reason", "", "created",
                                        vt_world_time(VT_WORLD_BEGAN)),
                              s->leave_signers);
}

static vt_slice make_file(const struct scene *s)
{
    struct vt_error err = { 0 };
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64));
    VT_AUTO_JSON recipients = json_pack("[s]", digest("recipient"));
    VT_AUTO_JSON collections = json_array();
    struct vt_cell_head head = s->head;
    vt_slice leave = make_leave(s), leave_proof = vt_world_prove_at(&s->leave_place, leave);
    vt_hash leave_digest = vt_envelope_digest(leave);
    vt_slice envelope;

    if (s->file_hash != NULL)
        VT_CHECK(json_array_append_new(
                     collections, json_pack("{s:o,s:[s],s:[s]}", "authorisation",
                                            vt_field_of_hash(&leave_digest), "rules",
                                            s->rule, "hashes", digest(s->file_hash))) == 0);
    head.cell = vt_slice_from_cstr(s->cell);
    head.jurisdiction = vt_slice_from_cstr(s->jurisdiction);
    head.recipients = recipients;
    head.collections = collections;
    *out = vt_buf_init(VT_HEAD_FILE_BYTES_MAX);
    VT_CHECK_OK(vt_cell_head_write(&head, &payload, &err));
    envelope = vt_world_sign(vt_buf_slice(&payload), s->signers);
    VT_CHECK_OK(vt_head_file_write(envelope, vt_world_prove_at(&s->place, envelope), &leave,
                                   &leave_proof, s->has_leave, out, &err));
    return vt_buf_slice(out);
}

static struct vt_head_question ask_about(const struct scene *s, vt_slice file)
{
    return (struct vt_head_question){
        .file = file,
        .trust = make_trust(s),
        .cell = vt_slice_from_cstr(s->asked_cell),
        .jurisdiction = vt_slice_from_cstr(s->asked_jurisdiction),
        .seen = s->seen,
        .now_unix_s = s->now,
        .max_age_s = s->max_age,
        .collection_delay_s = s->delay,
    };
}

static void must_be(const struct scene *s, const char *name, enum vt_head_reason wanted)
{
    struct vt_error err = { 0 };
    struct vt_head_question question = ask_about(s, make_file(s));
    VT_AUTO_HEAD_VERDICT verdict = { 0 };

    VT_CHECK_OK(vt_head_check(&question, &verdict, &err));
    VT_CHECK_SAYING(verdict.reason == wanted, "%s: wanted %s, got %s (%s)", name,
                    vt_head_reason_name(wanted), vt_head_reason_name(verdict.reason),
                    verdict.sentence);
    VT_CHECK((verdict.file != NULL) == (wanted == VT_HEAD_YES));
    VT_CHECK((verdict.sentence[0] == '\0') == (wanted == VT_HEAD_YES));
}

/* ---- cases ------------------------------------------------------------------------------
 */

#define BUT(name, reason, change)                                                          \
    do {                                                                                   \
        struct scene s = good_scene();                                                     \
        change;                                                                            \
        must_be(&s, name, reason);                                                         \
    } while (0)

static void a_good_head_is_accepted(void)
{
    BUT("good", VT_HEAD_YES, (void)s);
    BUT("collects nothing", VT_HEAD_YES, (s.file_hash = NULL, s.has_leave = false));
    BUT("anywhere", VT_HEAD_YES, s.asked_jurisdiction = NULL);
    BUT("first epoch", VT_HEAD_YES,
        (s.head.epoch = 0, s.place.index = 0, s.place.size = 1));
    BUT("last second", VT_HEAD_YES, s.now = s.head.until_unix_s - 1);
    BUT("public just long enough", VT_HEAD_YES,
        s.leave_place.time = s.place.time - VT_HEAD_DELAY_S);
    BUT("seen the same", VT_HEAD_YES, (s.seen.size = 41, s.seen.epoch = 40));
}

static void another_cells_head_is_refused(void)
{
    BUT("asked another", VT_HEAD_WRONG_CELL, s.asked_cell = "geneva");
    BUT("stands elsewhere", VT_HEAD_JURISDICTION, s.asked_jurisdiction = "DE");
    BUT("says it stands elsewhere than its key", VT_HEAD_JURISDICTION,
        (s.jurisdiction = "DE", s.asked_jurisdiction = "DE"));
    BUT("the twin", VT_HEAD_YES,
        (s.jurisdiction = "DE", s.root.key_jurisdiction = "DE",
         s.asked_jurisdiction = "DE"));
    BUT("signed by the vendor", VT_HEAD_CELL_MISSING, s.signers = VT_BIT(VT_P_VENDOR));
    BUT("signed by a stranger", VT_HEAD_CELL_MISSING, s.signers = VT_BIT(VT_P_STRANGER));
    BUT("key of another cell", VT_HEAD_CELL_MISSING, s.root.key_cell = "geneva");
    BUT("key had ended", VT_HEAD_CELL_MISSING, s.root.key_until = VT_WORLD_LOGGED - 1);
    BUT("key ended later", VT_HEAD_YES, s.root.key_until = VT_WORLD_LOGGED + 30);
}

static void a_head_that_is_not_the_one_is_refused(void)
{
    BUT("no ledger of heads", VT_HEAD_NOT_LOGGED, s.root.has_ledger = false);
    BUT("another ledger", VT_HEAD_NOT_LOGGED, s.place.origin = VT_WORLD_ORIGIN);
    BUT("two witnesses", VT_HEAD_NO_QUORUM, s.place.witnesses = 3);
    BUT("three others", VT_HEAD_YES, s.place.witnesses = 14);
    BUT("place before", VT_HEAD_INDEX, s.place.index = 40);
    BUT("number before", VT_HEAD_INDEX, s.head.epoch = 40);
    BUT("not the newest", VT_HEAD_INDEX, s.place.size = 43);
}

static void memory_is_never_led_back(void)
{
    struct scene first = good_scene(), second = first;
    struct vt_head_question question = ask_about(&first, make_file(&first));
    VT_AUTO_HEAD_VERDICT yes = { 0 };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_head_check(&question, &yes, &err));
    VT_CHECK(yes.reason == VT_HEAD_YES && yes.seen.epoch == 41 && yes.seen.size == 42);
    first.seen = second.seen = yes.seen;
    must_be(&first, "the same again", VT_HEAD_YES);
    second.head.rules = hash_of("other rules");
    must_be(&second, "another of the same epoch", VT_HEAD_REPEATED);
    second.seen = (struct vt_cell_seen){ 0 };
    must_be(&second, "its twin, seen by nobody", VT_HEAD_YES);
    first.seen.root = hash_of("another history");
    must_be(&first, "two trees of one size", VT_HEAD_FORK);
    first.seen = yes.seen;
    first.head.epoch = first.place.index = 40;
    first.place.size = 41;
    must_be(&first, "an older one", VT_HEAD_OLDER);
    first.head.epoch = first.place.index = 42;
    first.place.size = 43;
    must_be(&first, "a newer one", VT_HEAD_YES);
}

static void time_is_kept(void)
{
    BUT("over", VT_HEAD_EXPIRED, s.now = s.head.until_unix_s);
    BUT("not yet", VT_HEAD_EXPIRED, s.now = s.head.from_unix_s - 301);
    BUT("clocks differ a little", VT_HEAD_YES, s.now = s.head.from_unix_s - 299);
    BUT("valid for ever", VT_HEAD_EXPIRED,
        s.head.until_unix_s = s.head.from_unix_s + VT_HEAD_AGE_S + 1);
    BUT("valid for a day", VT_HEAD_YES,
        s.head.until_unix_s = s.head.from_unix_s + VT_HEAD_AGE_S);
    BUT("seen by witnesses long ago", VT_HEAD_EXPIRED,
        (s.max_age = 7200, s.place.time = s.now - 7300, s.leave_place.time -= 10000));
    BUT("trust root over", VT_HEAD_EXPIRED, s.trust_expires = s.now);
}

static void nobody_is_asked_for_files_without_leave(void)
{
    BUT("no authorisation", VT_HEAD_COLLECTION, s.has_leave = false);
    BUT("vendor signed it", VT_HEAD_COLLECTION, s.leave_signers = VT_BIT(VT_P_VENDOR));
    BUT("the cell signed it", VT_HEAD_COLLECTION, s.leave_signers = VT_BIT(VT_P_CELL));
    BUT("not public", VT_HEAD_COLLECTION, s.leave_place.origin = ORIGIN);
    BUT("no quorum saw it", VT_HEAD_COLLECTION, s.leave_place.witnesses = 1);
    BUT("public too short", VT_HEAD_COLLECTION,
        s.leave_place.time = s.place.time - VT_HEAD_DELAY_S + 1);
    BUT("public later than the head", VT_HEAD_COLLECTION,
        s.leave_place.time = s.place.time + 60);
    BUT("another file", VT_HEAD_COLLECTION, s.file_hash = "another file");
    BUT("another rule", VT_HEAD_COLLECTION, s.rule = "collect_everything");
    BUT("both changed alike", VT_HEAD_YES, s.rule = s.allowed_rule = "collect_kettle");
    BUT("another statement", VT_HEAD_COLLECTION, s.leave_type = VT_REJECTION);
    BUT("a stray one", VT_HEAD_MALFORMED, s.file_hash = NULL);
}

static void a_head_selects_it_cannot_introduce(void)
{
    BUT("another recipient", VT_HEAD_UNCERTIFIED, s.root.certified_use = "ohttp");
    BUT("another cell's", VT_HEAD_UNCERTIFIED, s.root.certified_cell = "geneva");
    BUT("certified until before", VT_HEAD_UNCERTIFIED,
        s.root.certified_until = s.place.time - 1);
    BUT("certified until after", VT_HEAD_YES, s.root.certified_until = s.place.time + 60);
    BUT("another key of the relay", VT_HEAD_UNCERTIFIED, s.head.ohttp = hash_of("evil"));
    BUT("no relay", VT_HEAD_YES, s.head.ohttp = (vt_hash){ { 0 } });
    BUT("another schema", VT_HEAD_UNCERTIFIED, s.head.statistics = hash_of("evil"));
}

/* ---- as an entry of its ledger ----------------------------------------------------------
 */

static bool the_leave(void *context, const vt_hash *digest, vt_slice *envelope_out)
{
    const struct scene *s = context;
    vt_slice leave = make_leave(s);
    vt_hash is = vt_envelope_digest(leave);

    if (!s->has_leave || !vt_hash_equal(&is, digest))
        return false;
    *envelope_out = leave;
    return true;
}

static void entry_must_be(struct scene *s, const char *name, enum vt_head_reason wanted)
{
    struct vt_error err = { 0 };
    struct vt_head_file *file;
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
    bool had_leave = s->has_leave;
    struct vt_head_entry_question question = { .index = s->place.index,
                                               .trust = make_trust(s),
                                               .cell = vt_slice_from_cstr(s->asked_cell),
                                               .leave = the_leave,
                                               .context = s };
    VT_AUTO_HEAD_VERDICT verdict = { 0 };

    VT_CHECK_OK(vt_head_file_parse(make_file(s), &file, &err));
    vt_test_keep(file);
    VT_CHECK_OK(vt_json_write_canonical(json_object_get(file->json, "head"), &entry, &err));
    s->has_leave = had_leave;
    question.entry = vt_buf_slice(&entry);
    VT_CHECK_OK(vt_head_check_entry(&question, &verdict, &err));
    VT_CHECK_SAYING(verdict.reason == wanted && verdict.file == NULL,
                    "%s: wanted %s, got %s (%s)", name, vt_head_reason_name(wanted),
                    vt_head_reason_name(verdict.reason), verdict.sentence);
}

#define ENTRY_BUT(name, reason, change)                                                    \
    do {                                                                                   \
        struct scene s = good_scene();                                                     \
        change;                                                                            \
        entry_must_be(&s, name, reason);                                                   \
    } while (0)

static void heads_in_their_ledger(void)
{
    struct scene good = good_scene();
    struct vt_head_entry_question question = { .entry = VT_LIT("{}"),
                                               .trust = make_trust(&good),
                                               .cell = VT_LIT("zurich") };
    VT_AUTO_HEAD_VERDICT verdict = { 0 };
    struct vt_error err = { 0 };

    ENTRY_BUT("good", VT_HEAD_YES, (void)s);
    ENTRY_BUT("asks for nothing", VT_HEAD_YES, (s.file_hash = NULL, s.has_leave = false));
    ENTRY_BUT("another cell's", VT_HEAD_WRONG_CELL, s.asked_cell = "geneva");
    ENTRY_BUT("elsewhere than its key", VT_HEAD_JURISDICTION, s.jurisdiction = "DE");
    ENTRY_BUT("a stranger's", VT_HEAD_CELL_MISSING, s.signers = VT_BIT(VT_P_STRANGER));
    ENTRY_BUT("its key had ended", VT_HEAD_CELL_MISSING,
              s.root.key_until = s.head.from_unix_s);
    ENTRY_BUT("not its place", VT_HEAD_INDEX, s.place.index = 40);
    ENTRY_BUT("valid for two days", VT_HEAD_EXPIRED,
              s.head.until_unix_s = s.head.from_unix_s + 2 * VT_HEAD_AGE_S);
    ENTRY_BUT("no leave in the ledger", VT_HEAD_COLLECTION, s.has_leave = false);
    ENTRY_BUT("the vendor's leave", VT_HEAD_COLLECTION,
              s.leave_signers = VT_BIT(VT_P_VENDOR));
    ENTRY_BUT("another rule", VT_HEAD_COLLECTION, s.rule = "collect_everything");
    ENTRY_BUT("another file", VT_HEAD_COLLECTION, s.file_hash = "another file");
    ENTRY_BUT("another gateway's key", VT_HEAD_UNCERTIFIED, s.head.ohttp = hash_of("evil"));
    VT_CHECK_OK(vt_head_check_entry(&question, &verdict, &err));
    VT_CHECK(verdict.reason == VT_HEAD_MALFORMED);
}

static void numbers_that_cannot_be_are_refused(void)
{
    static const struct {
        const char *name;
        struct vt_cell_tree tree;
        enum vt_code want;
    } rows[] = {
        { "good", { .bits = 3, .count = 80, .smallest = 10, .bucket_bytes = 512 }, VT_OK },
        { "more bits than there are", { .bits = 25, .bucket_bytes = 512 }, VT_MALFORMED },
        { "no size of ours", { .bits = 3, .bucket_bytes = 500 }, VT_MALFORMED },
        { "too long", { .bits = 3, .bucket_bytes = 1 << 20 }, VT_MALFORMED },
        { "smallest above the mean",
          { .bits = 3, .count = 79, .smallest = 10, .bucket_bytes = 512 },
          VT_MALFORMED },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene s = good_scene();
        struct vt_error err = { 0 };
        VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64));

        s.head.tree = rows[i].tree;
        s.head.cell = VT_LIT("zurich");
        s.head.jurisdiction = VT_LIT("CH");
        VT_CHECK_SAYING(vt_cell_head_write(&s.head, &payload, &err) ==
                                (rows[i].want == VT_OK) &&
                            err.code == rows[i].want,
                        "%s: %s", rows[i].name, err.message);
    }
}

/* Every truncation and one bit in every byte: refused, or the same head. */
static void a_mangled_head_is_refused(void)
{
    struct scene s = good_scene();
    struct vt_error err = { 0 };
    vt_slice good = make_file(&s);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), good.len);
    struct vt_head_question question = ask_about(&s, vt_slice_of(bytes, good.len));
    unsigned kept = 0;

    memcpy(bytes, good.data, good.len);
    for (size_t i = 0; i < good.len; i += 1) {
        VT_AUTO_HEAD_VERDICT verdict = { 0 };

        bytes[i] ^= (uint8_t)(1u << i % 7);
        VT_CHECK_OK(vt_head_check(&question, &verdict, &err));
        bytes[i] ^= (uint8_t)(1u << i % 7);
        if (verdict.reason != VT_HEAD_YES)
            continue;
        kept++; /* a signature line of a witness nobody knows, say */
        VT_CHECK(verdict.file->head.epoch == 41 &&
                 vt_hash_equal(&verdict.file->head.tree.root, &s.head.tree.root));
    }
    VT_CHECK_SAYING(kept == 0, "%u changed bytes were taken", kept);
    for (size_t len = 0; len < good.len; len += 7) {
        VT_AUTO_HEAD_VERDICT verdict = { 0 };

        question.file = vt_slice_of(bytes, len);
        VT_CHECK_OK(vt_head_check(&question, &verdict, &err));
        VT_CHECK(verdict.reason == VT_HEAD_MALFORMED);
    }
}

static void memory_is_strict_and_only_grows(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_JSON memory = NULL;
    VT_AUTO_JSON again = NULL;
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(64)), next = vt_buf_init(VT_KIB(64));
    struct vt_cell_seen seen = { .epoch = 7, .head = hash_of("h"), .size = 8 };
    struct vt_cell_seen older = { .epoch = 3, .head = hash_of("o"), .size = 4 };

    VT_CHECK_OK(vt_cell_seen_write(NULL, VT_LIT("zurich"), &seen, 2, &text, &err));
    VT_CHECK_OK(vt_cell_seen_parse(vt_buf_slice(&text), &memory, &err));
    VT_CHECK(vt_cell_seen_of(memory, VT_LIT("zurich")).epoch == 7);
    VT_CHECK(vt_cell_seen_of(memory, VT_LIT("geneva")).size == 0);
    VT_CHECK_OK(vt_cell_seen_write(memory, VT_LIT("zurich"), &older, 1, &next, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&text), vt_buf_slice(&next)));
    VT_CHECK(vt_cell_seen_trust(memory) == 2);
    VT_CHECK_FAILS(VT_MALFORMED, vt_cell_seen_parse(VT_LIT("{\"v\":1}"), &again, &err));
    VT_CHECK_FAILS(
        VT_MALFORMED,
        vt_cell_seen_parse(VT_LIT("{\"cells\":[],\"trust\":0,\"v\":2}"), &again, &err));
}

static const struct vt_case cases[] = {
    { "a good head is accepted", a_good_head_is_accepted },
    { "another cell's head is refused", another_cells_head_is_refused },
    { "a head that is not the one is refused", a_head_that_is_not_the_one_is_refused },
    { "memory is never led back", memory_is_never_led_back },
    { "time is kept", time_is_kept },
    { "nobody is asked for files without leave", nobody_is_asked_for_files_without_leave },
    { "a head selects, it cannot introduce", a_head_selects_it_cannot_introduce },
    { "heads in their ledger", heads_in_their_ledger },
    { "numbers that cannot be are refused", numbers_that_cannot_be_are_refused },
    { "a mangled head is refused", a_mangled_head_is_refused },
    { "memory is strict and only grows", memory_is_strict_and_only_grows },
};

VT_TEST_MAIN("cell.head", cases)
