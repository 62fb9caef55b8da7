/* Recipients are held against the trust root: an agent opens no key that the root does not
 * certify for what it has it for, and gives file keys to none elsewhere. */
#include "custody/agent_inside.h"
#include "tests/custody_world.h"

static struct vt_custody_world world;

static const char *file(const char *name)
{
    return vt_test_print("%s/%s", vt_test_dir(), name);
}

/* The document with a later end: one byte that the root never saw. */
static vt_slice changed(vt_slice document)
{
    char *text = vt_arena_alloc(vt_test_arena(), document.len), *at;

    memcpy(text, document.data, document.len);
    at = memmem(text, document.len, "\"until\":\"2", 10);
    VT_CHECK(at != NULL);
    at[9] = '3';
    return vt_slice_of((const uint8_t *)text, document.len);
}

static void an_agent_has_no_key_of_its_own_choice(void)
{
    static const struct {
        const char *name, *country, *data_class, *key;
        int document; /* -1: none */
        bool is_changed;
        const char *why; /* NULL: it is good */
    } rows[] = {
        { "as certified", "CH", "file", "swiss.key", VT_C_DOCUMENT_SWISS, false, NULL },
        { "no document", "CH", "file", "swiss.key", -1, false, "for nothing" },
        { "another's document", "CH", "file", "swiss.key", VT_C_DOCUMENT_GERMAN, false,
          "for nothing" },
        { "another country", "DE", "file", "swiss.key", VT_C_DOCUMENT_SWISS, false,
          "for CH/file of cell zurich, not for DE/file of cell zurich" },
        { "another class", "CH", "account", "swiss.key", VT_C_DOCUMENT_SWISS, false,
          "for CH/file of cell zurich, not for CH/account" },
        { "another cell", "CH", "file", "second-swiss.key", VT_C_DOCUMENT_VIENNA, false,
          "for CH/file of cell vienna, not" },
        { "another holder", "CH", "file", "second-swiss.key", VT_C_DOCUMENT_SECOND, false,
          "held by House, and this agent is of Watch" },
        { "a changed document", "CH", "file", "swiss.key", VT_C_DOCUMENT_SWISS, true,
          "the trust root certifies no recipient age1" },
    };

    vt_custody_world_write(&world, vt_test_dir(), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool has = rows[i].document >= 0;
        vt_slice document =
            has ? vt_custody_document((enum vt_custody_document)rows[i].document)
                : (vt_slice){ 0 };
        struct vt_agent_place place = { rows[i].country, rows[i].data_class, "2026",
                                        file(rows[i].key) };
        const struct vt_agent_made made = { file("agent.key"), &place, 1 };
        struct vt_agent_papers papers = { .trust = world.trust,
                                          .policy = world.policy,
                                          .enrolments = world.enrolments,
                                          .enrolment_count = world.enrolment_count,
                                          .certified = &document,
                                          .certified_count = has };
        const char *dir = file(vt_test_print("agent-%zu", i));
        VT_AUTO_AGENT agent = NULL;
        struct vt_error err = { 0 };

        if (rows[i].is_changed)
            document = changed(document);
        if (rows[i].why == NULL) {
            VT_CHECK_OK(
                vt_agent_init(dir, &papers, &made, (vt_slice){ 0 }, &world.env, &err));
            VT_CHECK_OK(vt_agent_open(dir, (vt_slice){ 0 }, &world.env, &agent, &err));
            /* Its documents lost, it opens no more; nor with one that was changed. */
            VT_CHECK(unlink(vt_test_print("%s/certified/1.json", dir)) == 0);
            vt_agent_close(agent);
            agent = NULL;
            VT_CHECK(!vt_agent_open(dir, (vt_slice){ 0 }, &world.env, &agent, &err) &&
                     err.code == VT_REJECTED);
            continue;
        }
        VT_CHECK_SAYING(
            !vt_agent_init(dir, &papers, &made, (vt_slice){ 0 }, &world.env, &err) &&
                err.code == VT_REJECTED && strstr(err.message, rows[i].why) != NULL,
            "%s: %s", rows[i].name, err.message);
    }
}

static void file_keys_go_where_the_root_says(void)
{
    struct vt_agent_papers papers;
    struct vt_agent_rules *rules;
    vt_slice documents[2] = { vt_custody_document(VT_C_DOCUMENT_SWISS),
                              vt_custody_document(VT_C_DOCUMENT_VIENNA) };
    struct vt_error err = { 0 };

    vt_custody_world_find(&world, vt_test_dir());
    papers = (struct vt_agent_papers){ .trust = world.trust,
                                       .policy = world.policy,
                                       .enrolments = world.enrolments,
                                       .enrolment_count = world.enrolment_count,
                                       .certified = documents,
                                       .certified_count = 2 };
    VT_CHECK_OK(vt_agent_rules_parse(&papers, world.now_unix_s, &rules, &err));
    const struct {
        enum vt_custody_place to;
        vt_slice country, data_class;
        int64_t at_unix_s;
        const char *why; /* NULL: it may */
    } rows[] = {
        { VT_C_ELSEWHERE, VT_LIT("CH"), VT_LIT("file"), world.now_unix_s, NULL },
        { VT_C_ELSEWHERE, VT_LIT("DE"), VT_LIT("file"), world.now_unix_s,
          "for CH/file, not for DE/file" },
        { VT_C_ELSEWHERE, VT_LIT("CH"), VT_LIT("account"), world.now_unix_s,
          "not for CH/account" },
        { VT_C_ELSEWHERE, VT_LIT("CH"), VT_LIT("file"), 1600000000, "another time" },
        { VT_C_SWISS, VT_LIT("CH"), VT_LIT("file"), world.now_unix_s, "another cell" },
        { VT_C_GERMAN, VT_LIT("DE"), VT_LIT("file"), world.now_unix_s, "another cell" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error why = { 0 };
        bool may = vt_agent_rules_lead_to(rules, &world.identities[rows[i].to].recipient,
                                          rows[i].country, rows[i].data_class,
                                          rows[i].at_unix_s, &why);

        VT_CHECK_SAYING(may == (rows[i].why == NULL) &&
                            (may || strstr(why.message, rows[i].why) != NULL),
                        "%zu: %s", i, why.message);
    }
    vt_agent_rules_free(rules);
    /* One key in two documents would be of two places. */
    documents[0] = vt_custody_document(VT_C_DOCUMENT_SECOND);
    VT_CHECK(!vt_agent_rules_parse(&papers, world.now_unix_s, &rules, &err) &&
             strstr(err.message, "two documents") != NULL);
}

/* One more would be written, and never read: also if it is the same one again. */
static void there_is_room_for_so_many(void)
{
    enum { MORE = VT_AGENT_CERTIFIED_MAX + 1 };
    vt_slice documents[MORE];
    struct vt_agent_papers papers;
    struct vt_agent_rules *rules;
    struct vt_error err = { 0 };

    vt_custody_world_find(&world, vt_test_dir());
    for (size_t i = 0; i < MORE; i++)
        documents[i] = vt_custody_document(VT_C_DOCUMENT_SWISS);
    papers = (struct vt_agent_papers){ .trust = world.trust,
                                       .policy = world.policy,
                                       .enrolments = world.enrolments,
                                       .enrolment_count = world.enrolment_count,
                                       .certified = documents,
                                       .certified_count = MORE };
    VT_CHECK_FAILS(VT_LIMIT, vt_agent_rules_parse(&papers, world.now_unix_s, &rules, &err));
    papers.certified_count--;
    VT_CHECK_OK(vt_agent_rules_parse(&papers, world.now_unix_s, &rules, &err));
    vt_agent_rules_free(rules);
}

static const struct vt_case cases[] = {
    { "an agent has no key of its own choice", an_agent_has_no_key_of_its_own_choice },
    { "file keys go where the root says", file_keys_go_where_the_root_says },
    { "there is room for so many", there_is_room_for_so_many },
};

VT_TEST_MAIN("custody.agent_certified", cases)
