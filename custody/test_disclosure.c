/* Who had the key of an object: the agent tells whoever sealed it and nobody else, all of
 * it, signed; and the client believes nothing else. */
#include "custody/agent_inside.h"
#include "custody/disclosure.h"
#include "tests/custody_world.h"

static struct vt_custody_world world;
static struct vt_agent *agent;

/* An object, and what its sealer kept. */
struct mine {
    struct vt_custody_sealed sealed;
    uint8_t bond[VT_AGE_BOND_BYTES];
};

static struct mine seal(enum vt_custody_place place)
{
    struct vt_buf *header = vt_arena_alloc(vt_test_arena(), sizeof *header);
    struct mine mine = { .sealed = { .place = place } };
    struct vt_error err = { 0 };

    *header = vt_buf_init(VT_KIB(1));
    vt_env_random(&world.env, mine.sealed.file_key, sizeof mine.sealed.file_key);
    VT_CHECK_OK(vt_age_header_write_bound(&world.env, &world.identities[place].recipient,
                                          mine.sealed.file_key, header, mine.bond, &err));
    mine.sealed.header = vt_buf_slice(header);
    mine.sealed.id = vt_sha256_of(mine.sealed.header);
    return mine;
}

static struct mine begin(void)
{
    vt_custody_world_make(&world, vt_test_dir());
    vt_custody_open(&world, &agent);
    return seal(VT_C_SWISS);
}

static struct vt_disclosure_request question_of(const struct mine *mine)
{
    struct vt_disclosure_request request = {
        .at_unix_s = world.now_unix_s,
        .recipient = world.identities[mine->sealed.place].recipient,
        .header = mine->sealed.header
    };

    vt_env_random(&world.env, request.nonce.bytes, sizeof request.nonce.bytes);
    request.proof = vt_disclosure_proof(mine->bond, false, &request.nonce,
                                        request.at_unix_s, &mine->sealed.id);
    return request;
}

/* Through the bytes of request and message, as front and holder hand it on. */
static void ask(const struct vt_disclosure_request *request, struct vt_agent_reply *reply)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_DISCLOSURE_REQUEST_BYTES_MAX);
    VT_AUTO_BUF message = vt_buf_init(VT_AGENT_QUESTION_BYTES_MAX);
    struct vt_disclosure_request parsed;
    struct vt_agent_question question, again;
    struct vt_error err = { 0 };

    vt_agent_reply_clear(reply);
    memset(reply, 0, sizeof *reply);
    VT_CHECK_OK(vt_disclosure_request_write(request, &bytes, &err));
    VT_CHECK_OK(vt_disclosure_request_parse(vt_buf_slice(&bytes), &parsed, &err));
    VT_CHECK_OK(vt_agent_question_take(&parsed, &question, &err));
    vt_agent_question_write(&message, &question);
    VT_CHECK(vt_agent_question_read(vt_buf_slice(&message), &again));
    VT_CHECK_OK(vt_agent_disclose(agent, &again, reply, &err));
}

static struct vt_disclosure *list_of(const struct mine *mine)
{
    struct vt_disclosure *list = vt_arena_alloc(vt_test_arena(), sizeof *list);
    struct vt_disclosure_request request = question_of(mine);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    VT_AUTO_DSSE dsse = { 0 };
    struct vt_error err = { 0 };

    ask(&request, &reply);
    VT_CHECK_SAYING(reply.status == 200, "%u: %s", reply.status, reply.message);
    VT_CHECK_OK(vt_disclosure_read(vt_buf_slice(&reply.grant), &dsse, list, &err));
    vt_test_keep(list->json);
    VT_CHECK_OK(vt_disclosure_answers(list, &dsse, &world.keyring, &request,
                                      &mine->sealed.id, &err));
    VT_CHECK(vt_hash_equal(&list->chain, &vt_agent_store_totals(agent->store)->chain));
    VT_CHECK(list->number == vt_agent_store_totals(agent->store)->number);
    return list;
}

static void read_for(const struct mine *mine, enum vt_access_reason reason)
{
    struct vt_custody_ask access = vt_custody_ask_good(&world, &mine->sealed);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    access.access.reason = reason;
    if (reason == VT_ACCESS_ERASURE) {
        access.access.recipient = world.reader.recipient;
        access.access.backup_count = 0;
    }
    vt_custody_answer(&world, agent, &access, &reply);
    VT_CHECK_SAYING(reply.status == 200, "%u: %s", reply.status, reply.message);
}

/* ---- what is told -----------------------------------------------------------------------
 */

static void all_of_it_and_nothing_else(void)
{
    struct mine mine = begin(), other = seal(VT_C_SWISS);
    const struct vt_disclosure *list = list_of(&mine);

    VT_CHECK(list->count == 0 && list->older == 0);
    read_for(&other, VT_ACCESS_ANALYSIS);
    VT_CHECK(list_of(&mine)->count == 0);
    read_for(&mine, VT_ACCESS_ANALYSIS);
    read_for(&mine, VT_ACCESS_ANALYSIS);
    list = list_of(&mine);
    VT_CHECK(list->count == 2 && list->rows[0].entry > list->rows[1].entry);
    for (size_t i = 0; i < list->count; i++) {
        vt_hash leaf = vt_access_leaf(&list->rows[i].commitment);
        uint64_t at = vt_custody_find(&world, &leaf);

        VT_CHECK(list->rows[i].deed == VT_AGENT_RELEASED && at == list->rows[i].entry);
        VT_CHECK(vt_slice_is(list->rows[i].role, "analyst"));
        VT_CHECK(vt_slice_is(list->rows[i].jurisdiction, "CH"));
    }
    read_for(&mine, VT_ACCESS_ERASURE);
    list = list_of(&mine);
    VT_CHECK(list->count == 3 && list->rows[0].deed == VT_AGENT_ERASED);
    VT_CHECK(list_of(&other)->count == 1);
}

/* Also by the next agent process, from the disk. */
static void after_a_restart(void)
{
    struct mine mine = begin();
    struct vt_error err = { 0 };

    read_for(&mine, VT_ACCESS_ANALYSIS);
    vt_agent_close(agent);
    VT_CHECK_OK(
        vt_agent_open(vt_test_path("agent"), (vt_slice){ 0 }, &world.env, &agent, &err));
    vt_test_keep(agent);
    VT_CHECK(list_of(&mine)->count == 1);
}

/* More than an answer holds: the newest, and how many there are besides. */
static void many_are_counted(void)
{
    enum { MORE = 3 };
    struct mine mine = begin();
    const struct vt_disclosure *list;

    for (int i = 0; i < VT_DISCLOSURE_ROWS_MAX + MORE; i++)
        read_for(&mine, VT_ACCESS_ANALYSIS);
    list = list_of(&mine);
    VT_CHECK(list->count == VT_DISCLOSURE_ROWS_MAX && list->older == MORE);
    VT_CHECK(list->rows[0].entry == list->size - 1);
}

static void add_row(struct vt_disclosure *list, const char *role)
{
    list->rows[list->count] = (struct vt_disclosed){ .deed = VT_AGENT_RELEASED,
                                                     .entry = list->count,
                                                     .at_unix_s = world.now_unix_s,
                                                     .role = vt_slice_from_cstr(role),
                                                     .jurisdiction = VT_LIT("CH") };
    list->count++;
}

/* Roles have names as long as a policy gives them: the longest list still fits its
 * envelope, and a list leaves no row out that it had room for. */
static void long_names_have_a_bound(void)
{
    VT_AUTO_FREE struct vt_disclosure *list = vt_alloc(sizeof *list);
    VT_AUTO_FREE struct vt_disclosure *read = vt_alloc(sizeof *read);
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX), few = vt_buf_init(VT_KIB(8));
    VT_AUTO_DSSE dsse = { 0 }, none = { 0 };
    char role[VT_DISCLOSURE_TEXTS_MAX / VT_DISCLOSURE_ROWS_MAX - 1] = "";
    struct vt_error err = { 0 };

    (void)begin();
    memset(role, '"', sizeof role - 1); /* of two bytes each in JSON */
    list->cell = list->ledger = VT_LIT("zurich");
    list->at_unix_s = world.now_unix_s;
    list->size = VT_DISCLOSURE_ROWS_MAX;
    list->older = 1;
    while (list->count < VT_DISCLOSURE_ROWS_MAX)
        add_row(list, role);
    VT_CHECK_OK(vt_disclosure_write(list, agent->key, &bytes, &err));
    VT_CHECK_OK(vt_disclosure_read(vt_buf_slice(&bytes), &dsse, read, &err));
    VT_CHECK(vt_disclosure_texts(read) <= VT_DISCLOSURE_TEXTS_MAX);
    vt_disclosure_clear(read);
    list->count = 1;
    VT_CHECK_OK(vt_disclosure_write(list, agent->key, &few, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_disclosure_read(vt_buf_slice(&few), &none, read, &err));
}

/* ---- taking back ------------------------------------------------------------------------
 */

static struct vt_disclosure_request withdrawal_of(const struct mine *mine)
{
    struct vt_disclosure_request request = question_of(mine);

    request.is_withdrawal = true;
    request.proof = vt_disclosure_proof(mine->bond, true, &request.nonce, request.at_unix_s,
                                        &mine->sealed.id);
    return request;
}

static void try_to_read(const struct mine *mine, bool is_as_before, uint16_t status)
{
    struct vt_custody_ask access = vt_custody_ask_good(&world, &mine->sealed);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    access.is_as_before = is_as_before;
    vt_custody_answer(&world, agent, &access, &reply);
    VT_CHECK_SAYING(reply.status == status &&
                        (status != 410 ||
                         (reply.end == VT_AGENT_END_WITHDRAWN && reply.grant.len == 0)),
                    "%u: %s", reply.status, reply.message);
}

static void reopen(void)
{
    vt_agent_close(agent);
    vt_custody_open(&world, &agent);
}

/* Once, by whoever sealed it; then its key is never released again, whatever shows the
 * header: it is the client's still, so a store's old copy has it too. */
static void what_is_taken_back_is_never_released(void)
{
    struct mine mine = begin(), other = seal(VT_C_SWISS);
    struct vt_disclosure_request order = withdrawal_of(&mine);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    uint64_t number;

    try_to_read(&mine, false, 200);
    ask(&order, &reply);
    VT_CHECK_SAYING(reply.status == 200, "%u: %s", reply.status, reply.message);
    number = reply.totals.number;
    VT_CHECK(reply.totals.deeds[VT_AGENT_WITHDRAWN] == 1);
    try_to_read(&mine, true, 410); /* the answer that was kept */
    for (int i = 0; i < 2; i++) {
        const struct vt_disclosure *list = list_of(&mine);

        VT_CHECK(list->withdrawn == number && list->count == 1);
        VT_CHECK(list_of(&other)->withdrawn == 0);
        try_to_read(&mine, false, 410);
        try_to_read(&other, false, 200);
        order = withdrawal_of(&mine); /* again: the same record */
        ask(&order, &reply);
        VT_CHECK(reply.status == 200 && reply.totals.deeds[VT_AGENT_WITHDRAWN] == 1);
        reopen();
    }
    read_for(&mine, VT_ACCESS_ERASURE); /* the cell's copy can go by order all the same */
}

/* A question is no order, and nobody else's order counts. */
static void only_its_sealer_takes_it_back(void)
{
    struct mine mine = begin(), other = seal(VT_C_SWISS);
    struct vt_disclosure_request order = question_of(&mine);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    order.is_withdrawal = true; /* with the proof of a question */
    ask(&order, &reply);
    VT_CHECK_SAYING(reply.status == 403 && strstr(reply.message, "not withdrawn") != NULL,
                    "%u: %s", reply.status, reply.message);
    order = withdrawal_of(&other);
    order.header = mine.sealed.header;
    ask(&order, &reply);
    VT_CHECK(reply.status == 403);
    order = withdrawal_of(&mine);
    order.is_withdrawal = false;
    ask(&order, &reply);
    VT_CHECK(reply.status == 403);
    VT_CHECK(list_of(&mine)->withdrawn == 0);
    try_to_read(&mine, false, 200);
}

static void scan(const struct vt_custody_sealed *objects, size_t count, size_t keys,
                 uint16_t status)
{
    struct vt_custody_ask ask = vt_custody_ask_good(&world, objects);
    VT_AUTO_AGE_GRANT grant = { .count = 0 };
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    struct vt_error err = { 0 };

    ask.access.reason = VT_ACCESS_SCAN;
    ask.access.role = VT_LIT("machine");
    ask.access.role_key = vt_custody_key_id(VT_C_MACHINE);
    ask.access.person = vt_custody_key_id(VT_C_SCANNER);
    ask.access.rules = vt_sha256_of(VT_LIT("rules"));
    ask.signers = 1u << VT_C_SCANNER | 1u << VT_C_MACHINE;
    ask.object_count = ask.access.count = count;
    for (size_t i = 0; i < count; i++)
        ask.access.objects[i] = objects[i].id;
    for (int i = 0; i < 2; i++) { /* and a lost answer is the same again */
        ask.is_as_before = i == 1;
        vt_custody_answer(&world, agent, &ask, &reply);
        VT_CHECK_SAYING(reply.status == (status == 200 ? 200
                                         : i == 0      ? status
                                                       : 403),
                        "%u: %s", reply.status, reply.message);
        if (status != 200)
            continue;
        VT_CHECK_OK(
            vt_age_grant_open(&world.reader, vt_buf_slice(&reply.grant), &grant, &err));
        VT_CHECK(grant.count == keys);
        vt_age_grant_clear(&grant);
    }
}

static int by_id(const void *a, const void *b)
{
    return memcmp(&((const struct vt_custody_sealed *)a)->id,
                  &((const struct vt_custody_sealed *)b)->id, sizeof(vt_hash));
}

/* One client cannot stop the scanner by taking back what the cell still has. */
static void a_scan_goes_on_without_it(void)
{
    struct mine mine = begin();
    struct vt_custody_sealed objects[3] = { mine.sealed, seal(VT_C_SWISS).sealed,
                                            seal(VT_C_SWISS).sealed };
    struct vt_disclosure_request order = withdrawal_of(&mine);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    ask(&order, &reply);
    VT_CHECK(reply.status == 200);
    scan(&mine.sealed, 1, 0, 410);
    qsort(objects, 3, sizeof objects[0], by_id);
    scan(objects, 3, 2, 200);
}

/* ---- who is refused ---------------------------------------------------------------------
 */

static void check_refused(const struct vt_disclosure_request *request, unsigned status,
                          const char *words)
{
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    ask(request, &reply);
    VT_CHECK_SAYING(reply.status == status && strstr(reply.message, words) != NULL,
                    "wanted %u '%s', got %u: %s", status, words, reply.status,
                    reply.message);
    VT_CHECK(reply.grant.len == 0);
}

static void nobody_else_is_told(void)
{
    struct mine mine = begin(), other = seal(VT_C_SWISS), elsewhere = seal(VT_C_ELSEWHERE);
    struct vt_disclosure_request request = question_of(&mine);
    uint8_t file_key[VT_AGE_BOND_BYTES] = { 0 };

    request.proof.bytes[7] ^= 1;
    check_refused(&request, 403, "not by whoever sealed");
    request = question_of(&mine);
    request.nonce.bytes[0] ^= 1; /* a proof is of one question */
    check_refused(&request, 403, "not by whoever sealed");
    request = question_of(&mine);
    request.at_unix_s++;
    check_refused(&request, 403, "not by whoever sealed");
    memcpy(other.bond, mine.bond, sizeof other.bond); /* another object's secret */
    request = question_of(&other);
    check_refused(&request, 403, "not by whoever sealed");
    /* A reader who was given the file key is not the one who sealed. */
    memcpy(file_key, mine.sealed.file_key, sizeof mine.sealed.file_key);
    request.proof = vt_disclosure_proof(file_key, false, &request.nonce, request.at_unix_s,
                                        &mine.sealed.id);
    request.header = mine.sealed.header;
    check_refused(&request, 403, "not by whoever sealed");
    request = question_of(&elsewhere);
    check_refused(&request, 403, "does not hold");
}

static void old_questions_are_refused(void)
{
    struct mine mine = begin();
    struct vt_disclosure_request request = question_of(&mine);

    world.now_unix_s += 300;
    (void)list_of(&mine);
    world.now_unix_s += 1;
    check_refused(&request, 403, "of another time");
    world.now_unix_s -= 602;
    check_refused(&request, 403, "of another time");
}

static void a_destroyed_key_tells_nothing(void)
{
    static const struct vt_agent_place swiss = { "CH", "file", "2026", NULL };
    struct mine mine = begin();
    struct vt_disclosure_request request = question_of(&mine);
    VT_AUTO_BUF claim = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_agent_destroy(agent, &swiss, &claim, &err));
    check_refused(&request, 410, "was destroyed");
}

/* ---- what is believed -------------------------------------------------------------------
 */

static void an_answer_is_of_its_question(void)
{
    struct mine mine = begin(), other = seal(VT_C_SWISS);
    struct vt_disclosure_request request = question_of(&mine), next = question_of(&mine);
    VT_AUTO_FREE struct vt_disclosure *list = vt_alloc(sizeof *list);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    VT_AUTO_DSSE dsse = { 0 };
    struct vt_error err = { 0 };
    struct vt_keyring nobody = { .trust = world.keyring.trust };

    ask(&request, &reply);
    VT_CHECK_OK(vt_disclosure_read(vt_buf_slice(&reply.grant), &dsse, list, &err));
    VT_CHECK_OK(vt_disclosure_answers(list, &dsse, &world.keyring, &request,
                                      &mine.sealed.id, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_disclosure_answers(list, &dsse, &world.keyring, &next,
                                                      &mine.sealed.id, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_disclosure_answers(list, &dsse, &world.keyring, &request,
                                                      &other.sealed.id, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_disclosure_answers(list, &dsse, &nobody, &request,
                                                      &mine.sealed.id, &err));
    vt_disclosure_clear(list);
}

/* A list that somebody else signed, or that was changed. */
static void no_byte_of_an_answer_can_change(void)
{
    struct mine mine = begin();
    struct vt_disclosure_request request = question_of(&mine);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    VT_AUTO_FREE uint8_t *copy = NULL;

    read_for(&mine, VT_ACCESS_ANALYSIS);
    ask(&request, &reply);
    copy = vt_alloc(reply.grant.len);
    for (size_t i = 0; i < reply.grant.len; i++) {
        VT_AUTO_FREE struct vt_disclosure *list = vt_alloc(sizeof *list);
        VT_AUTO_DSSE dsse = { 0 };
        struct vt_error err = { 0 };

        memcpy(copy, reply.grant.data, reply.grant.len);
        copy[i] ^= 1;
        VT_CHECK_SAYING(
            !vt_disclosure_read(vt_slice_of(copy, reply.grant.len), &dsse, list, &err) ||
                !vt_disclosure_answers(list, &dsse, &world.keyring, &request,
                                       &mine.sealed.id, &err),
            "byte %zu can be another", i);
        vt_disclosure_clear(list);
    }
}

static const struct vt_case cases[] = {
    { "what is taken back is never released", what_is_taken_back_is_never_released },
    { "only its sealer takes it back", only_its_sealer_takes_it_back },
    { "a scan goes on without it", a_scan_goes_on_without_it },
    { "all of it and nothing else", all_of_it_and_nothing_else },
    { "after a restart", after_a_restart },
    { "many are counted", many_are_counted },
    { "long names have a bound", long_names_have_a_bound },
    { "nobody else is told", nobody_else_is_told },
    { "old questions are refused", old_questions_are_refused },
    { "a destroyed key tells nothing", a_destroyed_key_tells_nothing },
    { "an answer is of its question", an_answer_is_of_its_question },
    { "no byte of an answer can change", no_byte_of_an_answer_can_change },
};

VT_TEST_MAIN("custody.disclosure", cases)
