/* Where data lie: what a table may say, what may follow it, who must sign it, and what a
 * cell and a client do with it at each moment of a move. */
#include "cell/decide.h"
#include "cell/residency_record.h"
#include "tests/world.h"

#define MADE   VT_WORLD_BEGAN
#define MOVES  (MADE + 1000) /* DE begins to move its files to zurich */
#define FENCED (MADE + 2000)
#define MOVED  (MADE + 3000)

enum { OLD, ZURICH, TOKYO };

static size_t country(const char *code)
{
    size_t out;

    VT_CHECK(vt_country_of(vt_slice_from_cstr(code), &out));
    return out;
}

static void put(struct vt_residency *table, const char *code, enum vt_data_class data,
                struct vt_residency_step step)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_residency_set(&table->lines[country(code)][data], &step, &err));
}

/* All in `old`; files of DE move to zurich; JP stays; files of CH are in zurich. */
static struct vt_residency *good(void)
{
    struct vt_residency *table = vt_arena_alloc(vt_test_arena(), sizeof *table);

    *table = (struct vt_residency){
        .version = 1,
        .created_unix_s = MADE,
        .cells = { { VT_LIT("old"), VT_LIT("RU"), VT_LIT("https://old.example.org") },
                   { VT_LIT("zurich"), VT_LIT("CH"), VT_LIT("https://zh.example.org") },
                   { VT_LIT("tokyo"), VT_LIT("JP"), VT_LIT("https://jp.example.org") } },
        .cell_count = 3,
    };
    for (size_t i = 0; i < VT_COUNTRIES; i++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
            put(table, vt_country_code(i), (enum vt_data_class)data,
                (struct vt_residency_step){ MADE, 0, VT_RESIDENCY_NOT_MOVED, OLD, OLD });
    put(table, "JP", VT_DATA_STATISTIC,
        (struct vt_residency_step){ MADE, 0, VT_RESIDENCY_STAYS, OLD, OLD });
    put(table, "CH", VT_DATA_FILE,
        (struct vt_residency_step){ MADE, 0, VT_RESIDENCY_HERE, ZURICH, ZURICH });
    put(table, "DE", VT_DATA_FILE,
        (struct vt_residency_step){ MOVES, FENCED, VT_RESIDENCY_MOVING, OLD, ZURICH });
    put(table, "DE", VT_DATA_FILE,
        (struct vt_residency_step){ MOVED, 0, VT_RESIDENCY_HERE, ZURICH, ZURICH });
    return table;
}

/* ---- the decision -----------------------------------------------------------------------
 */

static void decisions(void)
{
    static const struct {
        const char *country;
        enum vt_data_class data;
        const char *here;
        int64_t now;
        enum vt_decision want;
        const char *right;
        int64_t until;
    } rows[] = {
        { "CH", VT_DATA_FILE, "zurich", MADE, VT_DECISION_ACCEPT, "zurich", INT64_MAX },
        { "CH", VT_DATA_FILE, "old", MADE, VT_DECISION_REFUSE, "zurich", INT64_MAX },
        { "CH", VT_DATA_LOOKUP, "zurich", MADE, VT_DECISION_REFUSE, "old", INT64_MAX },
        { "JP", VT_DATA_STATISTIC, "old", MOVED, VT_DECISION_ACCEPT, "old", INT64_MAX },
        { "JP", VT_DATA_STATISTIC, "tokyo", MOVED, VT_DECISION_REFUSE, "old", INT64_MAX },
        { "CH", VT_DATA_FILE, "nowhere", MADE, VT_DECISION_REFUSE, "zurich", INT64_MAX },
        { "CH", VT_DATA_FILE, "", MADE, VT_DECISION_REFUSE, "zurich", INT64_MAX },
        /* The move, second by second. */
        { "DE", VT_DATA_FILE, "old", MOVES - 1, VT_DECISION_ACCEPT, "old", MOVES },
        { "DE", VT_DATA_FILE, "zurich", MOVES - 1, VT_DECISION_REFUSE, "old", MOVES },
        { "DE", VT_DATA_FILE, "old", MOVES, VT_DECISION_ACCEPT, "old", FENCED },
        { "DE", VT_DATA_FILE, "zurich", MOVES, VT_DECISION_REFUSE, "old", FENCED },
        { "DE", VT_DATA_FILE, "old", FENCED - 1, VT_DECISION_ACCEPT, "old", FENCED },
        { "DE", VT_DATA_FILE, "old", FENCED, VT_DECISION_FENCED, "zurich", MOVED },
        { "DE", VT_DATA_FILE, "zurich", FENCED, VT_DECISION_FENCED, "zurich", MOVED },
        { "DE", VT_DATA_FILE, "tokyo", FENCED, VT_DECISION_REFUSE, "zurich", MOVED },
        { "DE", VT_DATA_FILE, "zurich", MOVED - 1, VT_DECISION_FENCED, "zurich", MOVED },
        { "DE", VT_DATA_FILE, "zurich", MOVED, VT_DECISION_ACCEPT, "zurich", INT64_MAX },
        { "DE", VT_DATA_FILE, "old", MOVED, VT_DECISION_REFUSE, "zurich", INT64_MAX },
        { "DE", VT_DATA_LOOKUP, "old", MOVED, VT_DECISION_ACCEPT, "old", INT64_MAX },
    };
    const struct vt_residency *table = good();

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_placing placing;

        VT_CHECK_OK(vt_residency_decide(table, vt_slice_from_cstr(rows[i].country),
                                        rows[i].data, vt_slice_from_cstr(rows[i].here),
                                        rows[i].now, &placing, &err));
        VT_CHECK_SAYING(placing.decision == rows[i].want &&
                            vt_slice_is(placing.right->name, rows[i].right) &&
                            placing.until_unix_s == rows[i].until,
                        "row %zu: %s %.*s", i, vt_decision_name(placing.decision),
                        VT_SLICE_ARGS(placing.right->name));
    }
}

static void decisions_that_nobody_can_make(void)
{
    const struct vt_residency *table = good();
    struct vt_error err = { 0 };
    struct vt_placing placing;

    VT_CHECK_FAILS(VT_MALFORMED, vt_residency_decide(table, VT_LIT("XX"), VT_DATA_FILE,
                                                     VT_LIT("old"), MADE, &placing, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_residency_decide(table, VT_LIT("de"), VT_DATA_FILE,
                                                     VT_LIT("old"), MADE, &placing, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_residency_decide(table, VT_LIT("DE"), VT_DATA_FILE, VT_LIT("old"),
                                       MADE - 1, &placing, &err));
}

static void clients(void)
{
    static const struct {
        const char *name, *cell, *jurisdiction;
        int64_t now;
        const char *words; /* NULL: allowed */
    } rows[] = {
        { "its own", "zurich", "CH", MOVED, NULL },
        { "another jurisdiction", "zurich", "RU", MOVED, "stands in RU" },
        { "another cell", "old", "RU", MOVED, "belongs to cell zurich in CH" },
        { "another cell in its country", "old", "CH", MOVED, "belongs to cell zurich" },
        { "fenced", "zurich", "CH", FENCED, "on the move" },
        { "not moved yet", "old", "RU", MADE, NULL },
        { "too early", "zurich", "CH", MADE, "belongs to cell old" },
    };
    const struct vt_residency *table = good();

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        bool ok = vt_residency_allows_client(
            table, VT_LIT("DE"), VT_DATA_FILE, vt_slice_from_cstr(rows[i].cell),
            vt_slice_from_cstr(rows[i].jurisdiction), rows[i].now, &err);

        VT_CHECK_SAYING(ok == (rows[i].words == NULL), "%s: %s", rows[i].name, err.message);
        VT_CHECK_SAYING(
            ok || (err.code == VT_REJECTED && strstr(err.message, rows[i].words) != NULL),
            "%s: %s", rows[i].name, err.message);
    }
}

/* ---- what holds together ----------------------------------------------------------------
 */

#define UNSOUND(words, change)                                                             \
    do {                                                                                   \
        struct vt_residency *t = good();                                                   \
        struct vt_error err = { 0 };                                                       \
        change;                                                                            \
        VT_CHECK_FAILS(VT_REJECTED, vt_residency_is_sound(t, &err));                       \
        VT_CHECK_SAYING(strstr(err.message, words) != NULL, "wanted '%s', got '%s'",       \
                        words, err.message);                                               \
    } while (0)

static bool holds(const struct vt_residency *table)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_residency_is_sound(table, &err));
    return true;
}

static void soundness(void)
{
    struct vt_residency_line *de;

    VT_CHECK(holds(good()));
    UNSOUND("begin at 1", t->version = 0);
    UNSOUND("names the version before", t->has_previous = true);
    UNSOUND("does not name", t->version = 2);
    UNSOUND("two cells", t->cells[2].name = VT_LIT("old"));
    UNSOUND("no name of a cell", t->cells[2].name = VT_LIT("Old"));
    UNSOUND("no country", t->cells[2].jurisdiction = VT_LIT("EU"));
    UNSOUND("is not like", t->cells[2].url = VT_LIT("http://jp.example.org"));
    UNSOUND("is not like", t->cells[2].url = VT_LIT("https://jp.example.org/"));
    UNSOUND("FR, lookup: nothing is said",
            t->lines[country("FR")][VT_DATA_LOOKUP].count = 0);
    UNSOUND("FR, lookup: nothing is said",
            t->lines[country("FR")][VT_DATA_LOOKUP].steps[0].from_unix_s++);
    UNSOUND("moves to where it is",
            (de = &t->lines[country("DE")][VT_DATA_FILE], de->steps[1].to = OLD));
    UNSOUND("fenced before", (de = &t->lines[country("DE")][VT_DATA_FILE],
                              de->steps[1].fence_unix_s = MOVES - 1));
    UNSOUND("before its fence", (de = &t->lines[country("DE")][VT_DATA_FILE],
                                 de->steps[1].fence_unix_s = MOVED + 1));
    UNSOUND("neither end",
            (de = &t->lines[country("DE")][VT_DATA_FILE], de->steps[2].cell = TOKYO));
}

static void one_spelling(void)
{
    struct vt_residency *table = good(),
                        *again = vt_arena_alloc(vt_test_arena(), sizeof *again);
    struct vt_error err = { 0 };
    VT_AUTO_JSON json = NULL;
    VT_AUTO_JSON twice = NULL;
    json_t *rules, *countries = NULL, *moved;

    VT_CHECK_OK(vt_residency_write(table, &json, &err));
    VT_CHECK_OK(vt_residency_read(json, false, again, &err));
    VT_CHECK_OK(vt_residency_write(again, &twice, &err));
    VT_CHECK(json_equal(json, twice));
    rules = json_object_get(json, "rules");
    VT_CHECK(json_array_size(rules) == 7); /* grouped, not 996 */
    /* The same table spelled otherwise: two countries change places. */
    for (size_t i = 0; i < json_array_size(rules); i++) {
        countries = json_object_get(json_array_get(rules, i), "countries");
        if (json_array_size(countries) > 1)
            break;
    }
    moved = json_incref(json_array_get(countries, 0));
    VT_CHECK(json_array_remove(countries, 0) == 0 &&
             json_array_append_new(countries, moved) == 0);
    VT_CHECK_FAILS(VT_MALFORMED, vt_residency_read(json, false, again, &err));
    VT_CHECK_OK(vt_residency_read(json, true, again, &err)); /* a draft may */
    (void)json_array_append_new(countries, json_string("DE"));
    VT_CHECK_FAILS(VT_MALFORMED, (json_array_append(rules, json_array_get(rules, 0)) == 0 &&
                                  vt_residency_read(json, true, again, &err)));
}

/* ---- the next version -------------------------------------------------------------------
 */

static const vt_hash digest = { { 7 } };

static struct vt_residency *next_of(const struct vt_residency *table, int64_t now)
{
    struct vt_residency *next = vt_arena_alloc(vt_test_arena(), sizeof *next);

    *next = *table;
    vt_residency_begin_next(next, &digest, now);
    return next;
}

static void following(void)
{
    const struct vt_residency *one = good();
    struct vt_error err = { 0 };
    struct vt_residency *two = next_of(one, MOVES + 10);
    vt_hash other = { { 8 } };

    VT_CHECK_OK(vt_residency_is_sound(two, &err));
    VT_CHECK_OK(vt_residency_may_follow(one, &digest, two, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_residency_may_follow(one, &other, two, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_residency_may_follow(two, &digest, one, &err));
    two->version = 3;
    VT_CHECK_FAILS(VT_REJECTED, vt_residency_may_follow(one, &digest, two, &err));
    two->version = 2;
    two->created_unix_s = MADE - 1;
    VT_CHECK_FAILS(VT_REJECTED, vt_residency_may_follow(one, &digest, two, &err));
    /* From its own time on it may say what it likes, of the time before nothing new. */
    two = next_of(one, MOVES + 10);
    put(two, "FR", VT_DATA_FILE,
        (struct vt_residency_step){ MOVES + 10, 0, VT_RESIDENCY_HERE, ZURICH, ZURICH });
    VT_CHECK_OK(vt_residency_may_follow(one, &digest, two, &err));
    put(two, "FR", VT_DATA_FILE,
        (struct vt_residency_step){ MOVES + 9, 0, VT_RESIDENCY_HERE, ZURICH, ZURICH });
    VT_CHECK_FAILS(VT_REJECTED, vt_residency_may_follow(one, &digest, two, &err));
    two = next_of(one, MOVES + 10);
    two->lines[country("JP")][VT_DATA_STATISTIC].steps[0].state = VT_RESIDENCY_HERE;
    VT_CHECK_FAILS(VT_REJECTED, vt_residency_may_follow(one, &digest, two, &err));
    /* A cell does not wander under its name; its URL may change. */
    two = next_of(one, MOVES + 10);
    two->cells[ZURICH].url = VT_LIT("https://other.example.org");
    VT_CHECK_OK(vt_residency_may_follow(one, &digest, two, &err));
    two->cells[ZURICH].jurisdiction = VT_LIT("SG");
    VT_CHECK_FAILS(VT_REJECTED, vt_residency_may_follow(one, &digest, two, &err));
}

/* ---- signatures, ledger, mangling -------------------------------------------------------
 */

static vt_slice signed_by(const struct vt_residency *table, unsigned signers)
{
    struct vt_error err = { 0 };
    VT_AUTO_JSON json = NULL;
    struct vt_buf *payload = vt_arena_alloc(vt_test_arena(), sizeof *payload);

    *payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_CHECK_OK(vt_residency_write(table, &json, &err));
    VT_CHECK_OK(vt_statement_write_about_itself(VT_RESIDENCY, json, payload, &err));
    return vt_world_sign(vt_buf_slice(payload), signers);
}

#define A VT_BIT(VT_P_RESIDENCY_A)
#define B VT_BIT(VT_P_RESIDENCY_B)
#define C VT_BIT(VT_P_RESIDENCY_C)

/* Threshold: two keys of two holders in two jurisdictions. */
static void who_must_sign(void)
{
    static const struct {
        const char *name;
        unsigned signers;
        bool is_enough, is_admitted;
    } rows[] = {
        { "two countries", A | B, true, true },
        { "all three", A | B | C, true, true },
        { "one alone", A, false, false },
        { "two holders in one country", B | C, false, false },
        { "vendor and supervisor", VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR), false,
          false },
        { "the cell itself", VT_BIT(VT_P_CELL), false, false },
        /* Enough, but a stranger's signature would let it be logged twice. */
        { "a stranger besides", A | B | VT_BIT(VT_P_STRANGER), true, false },
    };
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;

    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world), &trust, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_slice bytes = signed_by(good(), rows[i].signers);
        VT_AUTO_RESIDENCY record = NULL;
        int64_t logged = 0;

        VT_CHECK_OK(vt_residency_record_parse(bytes, &record, &err));
        VT_CHECK_SAYING(vt_residency_record_verify(record, trust,
                                                   vt_world_prove(&world, bytes), &logged,
                                                   &err) == rows[i].is_enough,
                        "%s: %s", rows[i].name, err.message);
        VT_CHECK(!rows[i].is_enough || logged >= VT_WORLD_LOGGED);
        VT_CHECK_SAYING(vt_trust_admits_entry(trust, bytes, VT_WORLD_NOW, &err) ==
                            rows[i].is_admitted,
                        "%s: %s", rows[i].name, err.message);
    }
}

static void it_must_be_on_the_ledger(void)
{
    struct vt_world world = vt_world_good(), few = world;
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_RESIDENCY record = NULL;
    vt_slice bytes = signed_by(good(), A | B), other = signed_by(good(), A | B | C);
    int64_t logged;

    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world), &trust, &err));
    VT_CHECK_OK(vt_residency_record_parse(bytes, &record, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_residency_record_verify(record, trust, vt_world_prove(&world, other),
                                              &logged, &err));
    few.release_witnesses = 3;
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_residency_record_verify(record, trust, vt_world_prove(&few, bytes),
                                              &logged, &err));
    VT_CHECK_OK(vt_residency_record_verify(record, trust, vt_world_prove(&world, bytes),
                                           &logged, &err));
}

/* Nothing that was cut or changed both parses and is signed. */
static void mangled(void)
{
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;
    vt_slice bytes = signed_by(good(), A | B);
    uint8_t *copy = vt_arena_alloc(vt_test_arena(), bytes.len);

    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world), &trust, &err));
    for (size_t len = 0; len < bytes.len; len++) {
        VT_AUTO_RESIDENCY cut = NULL;

        VT_CHECK_SAYING(!vt_residency_record_parse(vt_slice_sub(bytes, 0, len), &cut, &err),
                        "cut to %zu", len);
    }
    for (size_t at = 0; at < bytes.len; at++) {
        memcpy(copy, bytes.data, bytes.len);
        copy[at] ^= (uint8_t)(1u << (at % 8));
        VT_CHECK_SAYING(
            !vt_trust_admits_entry(trust, vt_slice_of(copy, bytes.len), VT_WORLD_NOW, &err),
            "bit flipped at %zu", at);
    }
}

static void trust_roots_with_residency(void)
{
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };
    static const struct vt_threshold bad[] = {
        { 2, 1, 2 }, { 2, 2, 1 }, { 4, 2, 2 }, { 2, 2, 3 }, { 0, 0, 0 }
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        VT_AUTO_TRUST trust = NULL;

        world.thresholds[VT_ROLE_RESIDENCY] = bad[i];
        VT_CHECK_FAILS(VT_REJECTED, vt_trust_parse(vt_world_trust(&world), &trust, &err));
        VT_CHECK_SAYING(strstr(err.message, "residency") != NULL, "%s", err.message);
    }
}

static void countries(void)
{
    size_t index;

    for (size_t i = 0; i < VT_COUNTRIES; i++) {
        VT_CHECK(vt_country_of(vt_slice_from_cstr(vt_country_code(i)), &index));
        VT_CHECK(index == i);
    }
    VT_CHECK(!vt_country_of(VT_LIT("AA"), &index) && !vt_country_of(VT_LIT("ZZ"), &index));
    VT_CHECK(!vt_country_of(VT_LIT(""), &index) && !vt_country_of(VT_LIT("CHE"), &index));
    VT_CHECK(!vt_country_of(VT_LIT("UK"), &index) && !vt_country_of(VT_LIT("EU"), &index));
}

static const struct vt_case cases[] = {
    { "whose is this, and when", decisions },
    { "what nobody can decide", decisions_that_nobody_can_make },
    { "what a client refuses", clients },
    { "what holds together", soundness },
    { "one spelling", one_spelling },
    { "what may follow", following },
    { "who must sign", who_must_sign },
    { "it must be on the ledger", it_must_be_on_the_ledger },
    { "mangled", mangled },
    { "trust roots", trust_roots_with_residency },
    { "countries", countries },
};

VT_TEST_MAIN("residency", cases)
