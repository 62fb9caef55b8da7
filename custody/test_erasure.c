/* What a key agent will never release again: a destroyed key, erased objects; and the claim
 * that says so. */
#include "custody/erasure.h"
#include "crypto/age_grant.h"
#include "custody/agent_inside.h"
#include "tests/custody_world.h"
#include <sys/stat.h>

enum { MINUTE = 60 };

static struct vt_custody_world world;
static struct vt_agent *agent;
static struct vt_custody_sealed swiss, german;

static const struct vt_agent_place swiss_place = { "CH", "file", "2026", NULL };

static void begin(void)
{
    vt_custody_world_make(&world, vt_test_dir());
    vt_custody_open(&world, &agent);
    swiss = vt_custody_seal(&world, VT_C_SWISS, 7);
    german = vt_custody_seal(&world, VT_C_GERMAN, 8);
}

static void reopen(void)
{
    vt_agent_close(agent);
    vt_custody_open(&world, &agent);
}

/* ---- a destroyed key --------------------------------------------------------------------
 */

static const char *key_file(void)
{
    return vt_test_path("swiss.key");
}

static vt_slice destroy(const struct vt_agent_place *place)
{
    struct vt_buf *claim = vt_arena_alloc(vt_test_arena(), sizeof *claim);
    struct vt_error err = { 0 };

    *claim = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_CHECK_OK(vt_agent_destroy(agent, place, claim, &err));
    return vt_buf_slice(claim);
}

static void ask(struct vt_custody_ask *question, struct vt_agent_reply *reply)
{
    vt_custody_answer(&world, agent, question, reply);
}

static void a_destroyed_key_opens_nothing(void)
{
    struct vt_custody_ask of_swiss, of_german;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    struct vt_agent_totals before;

    begin();
    of_swiss = vt_custody_ask_good(&world, &swiss);
    ask(&of_swiss, &reply);
    VT_CHECK_SAYING(reply.status == 200, "%u: %s", reply.status, reply.message);
    before = reply.totals;
    VT_CHECK(vt_path_exists(key_file()));
    (void)destroy(&swiss_place);
    VT_CHECK(!vt_path_exists(key_file()));
    for (unsigned i = 0; i < 2; i++) { /* in this life, and in the next */
        /* The stored answer is not given again ... */
        of_swiss.is_as_before = i == 0;
        ask(&of_swiss, &reply);
        VT_CHECK_SAYING(reply.status == 410 && reply.end == VT_AGENT_END_DESTROYED &&
                            reply.grant.len == 0,
                        "%u: %s", reply.status, reply.message);
        /* ... a new one is refused, ... */
        of_swiss.is_as_before = false;
        ask(&of_swiss, &reply);
        VT_CHECK_SAYING(reply.status == 410 && reply.end == VT_AGENT_END_DESTROYED &&
                            strstr(reply.message, "was destroyed") != NULL,
                        "%u: %s", reply.status, reply.message);
        /* ... and another key's objects are read as ever. */
        of_german = vt_custody_ask_good(&world, &german);
        ask(&of_german, &reply);
        VT_CHECK_SAYING(reply.status == 200 && reply.end == VT_AGENT_END_NONE, "%u: %s",
                        reply.status, reply.message);
        world.now_unix_s += MINUTE;
        reopen();
    }
    /* What was done before is still there. */
    VT_CHECK(reply.totals.keys == before.keys + 2);
    VT_CHECK(reply.totals.deeds[VT_AGENT_DESTROYED] == 1);
}

static void its_claim_says_which(void)
{
    struct vt_erasure *erasure = vt_arena_alloc(vt_test_arena(), sizeof *erasure);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error err = { 0 };
    struct vt_count count;
    vt_slice claim, again;

    begin();
    claim = destroy(&swiss_place);
    VT_CHECK_OK(vt_envelope_parse(claim, &envelope, &err));
    VT_CHECK_OK(vt_erasure_read(&envelope.statement, erasure, &err));
    VT_CHECK(erasure->is_period && vt_slice_is(erasure->country, "CH") &&
             vt_slice_is(erasure->period, "2026"));
    VT_CHECK(memcmp(&erasure->recipient, &world.identities[VT_C_SWISS].recipient,
                    sizeof erasure->recipient) == 0);
    count = vt_keyring_count(&world.keyring, VT_ROLE_AGENT, &envelope, world.now_unix_s,
                             (vt_slice){ 0 });
    VT_CHECK(count.signer_count == 1);
    again = destroy(&swiss_place); /* the same, and no second record */
    VT_CHECK(vt_slice_equal(claim, again));
    reopen();
    VT_CHECK(vt_slice_equal(claim, destroy(&swiss_place)));
}

static void what_it_has_not_is_not_destroyed(void)
{
    static const struct vt_agent_place places[] = { { "FR", "file", "2026", NULL },
                                                    { "CH", "account", "2026", NULL },
                                                    { "CH", "file", "2025", NULL } };
    VT_AUTO_BUF claim = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };

    begin();
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        VT_CHECK_FAILS(VT_ABSENT, vt_agent_destroy(agent, &places[i], &claim, &err));
    VT_CHECK(vt_path_exists(key_file()));
    VT_CHECK_OK(vt_agent_destroy(agent, &swiss_place, &claim, &err));
}

/* Whoever names a key names whose it is, too: a wrong one is not destroyed by mistake. */
static void a_key_of_another_country_is_not_destroyed(void)
{
    static const struct vt_agent_place wrong[] = { { "DE", "file", NULL, NULL },
                                                   { "CH", "account", NULL, NULL } };
    static const struct vt_agent_place right = { "CH", "file", NULL, NULL };
    const struct vt_age_recipient *ours, *other;
    VT_AUTO_BUF claim = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };

    begin();
    ours = &world.identities[VT_C_SWISS].recipient;
    other = &world.identities[VT_C_ELSEWHERE].recipient;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        VT_CHECK_FAILS(VT_REJECTED,
                       vt_agent_destroy_recipient(agent, ours, &wrong[i], &claim, &err));
    VT_CHECK_FAILS(VT_ABSENT,
                   vt_agent_destroy_recipient(agent, other, &right, &claim, &err));
    VT_CHECK(vt_path_exists(key_file()));
    VT_CHECK_OK(vt_agent_destroy_recipient(agent, ours, &right, &claim, &err));
    VT_CHECK(claim.len != 0);
}

/* The agent's configuration with one text changed. */
static void edit_config(const char *from, const char *to)
{
    const char *path = vt_test_path("agent/config.json");
    vt_slice text = vt_test_read(path);
    const uint8_t *at = memmem(text.data, text.len, from, strlen(from));
    size_t before;

    VT_CHECK(at != NULL);
    before = (size_t)(at - text.data);
    vt_test_write(path, vt_slice_from_cstr(vt_test_print(
                            "%.*s%s%.*s", (int)before, text.data, to,
                            (int)(text.len - before - strlen(from)), at + strlen(from))));
}

/* A key in a file that the agent does not hold yet. */
static const char *write_another_key(const struct vt_age_identity *identity)
{
    const char *path = vt_test_path("another.key");
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_age_identity_write_pem(identity, (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path, vt_buf_slice(&pem));
    VT_CHECK(chmod(path, 0600) == 0);
    return path;
}

/* Its key lay on a medium of its own, which was taken away. */
static void its_folder_may_be_gone(void)
{
    struct vt_custody_ask of_german;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    begin();
    (void)destroy(&swiss_place);
    edit_config("/swiss.key", "/gone/swiss.key");
    reopen();
    of_german = vt_custody_ask_good(&world, &german);
    ask(&of_german, &reply);
    VT_CHECK_SAYING(reply.status == 200, "%u: %s", reply.status, reply.message);
}

/* Somebody put the next period's key where the destroyed one had been. */
static void another_key_is_not_overwritten(void)
{
    struct vt_agent *none;
    struct vt_error err = { 0 };
    vt_slice own, other;

    begin();
    own = vt_test_read(key_file());
    other = vt_test_read(write_another_key(&world.identities[VT_C_ELSEWHERE]));
    (void)destroy(&swiss_place);
    vt_test_write(key_file(), other);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_agent_destroy(agent, &swiss_place, &(struct vt_buf){ 0 }, &err));
    vt_agent_close(agent);
    VT_CHECK_FAILS(VT_REJECTED, vt_agent_open(vt_test_path("agent"), (vt_slice){ 0 },
                                              &world.env, &none, &err));
    VT_CHECK_SAYING(strstr(err.message, "another recipient's") != NULL, "%s", err.message);
    VT_CHECK(vt_slice_equal(vt_test_read(key_file()), other));
    vt_test_write(key_file(), own); /* its twin: the key itself, back from somewhere */
    vt_custody_open(&world, &agent);
    VT_CHECK(!vt_path_exists(key_file()));
}

/* ---- erased objects ---------------------------------------------------------------------
 */

static void order(struct vt_custody_ask *question, const struct vt_custody_sealed *object)
{
    *question = vt_custody_ask_good(&world, object);
    question->access.reason = VT_ACCESS_ERASURE;
    question->access.backups[0] =
        (struct vt_access_backup){ VT_LIT("nightly"), world.now_unix_s + 86400 };
    question->access.backup_count = 1;
}

/* The claim in the reply, checked: signed by the agent, and of that object. */
static struct vt_erasure *claim_of(const struct vt_agent_reply *reply,
                                   const vt_hash *object, char sort)
{
    struct vt_erasure *erasure = vt_arena_alloc(vt_test_arena(), sizeof *erasure);
    struct vt_envelope *envelope = vt_arena_alloc(vt_test_arena(), sizeof *envelope);
    struct vt_erasure_signers signers;
    struct vt_error err = { 0 };
    vt_slice claim, sorts;

    VT_CHECK_SAYING(reply->status == 200, "%u: %s", reply->status, reply->message);
    VT_CHECK_OK(vt_erasure_answer_parse(
        vt_arena_copy(vt_test_arena(), vt_buf_slice(&reply->grant)), &claim, &sorts, &err));
    VT_CHECK(sorts.len == 1 && sorts.data[0] == (uint8_t)sort);
    VT_CHECK_OK(vt_envelope_parse(claim, envelope, &err));
    VT_CHECK_OK(vt_erasure_read(&envelope->statement, erasure, &err));
    VT_CHECK_OK(vt_erasure_is_of(erasure, object, sorts, &err));
    signers = vt_erasure_signed_by(&world.keyring, envelope, erasure, world.now_unix_s);
    VT_CHECK(signers.agent && !signers.cell);
    return erasure;
}

static void an_erased_object_is_never_released(void)
{
    struct vt_custody_ask erase, question;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    struct vt_erasure *erasure;

    begin();
    order(&erase, &swiss);
    ask(&erase, &reply);
    erasure = claim_of(&reply, &swiss.id, VT_ERASURE_ERASED);
    VT_CHECK(erasure->access_count == 0 && erasure->backup_count == 1 &&
             vt_slice_is(erasure->backups[0].name, "nightly"));
    VT_CHECK(reply.totals.deeds[VT_AGENT_ERASED] == 1 && reply.totals.keys == 0);
    for (unsigned i = 0; i < 2; i++) {
        question = vt_custody_ask_good(&world, &swiss);
        ask(&question, &reply);
        VT_CHECK_SAYING(reply.status == 410 && reply.end == VT_AGENT_END_ERASED &&
                            reply.grant.len == 0,
                        "%u: %s", reply.status, reply.message);
        question = vt_custody_ask_good(&world, &german); /* its twin */
        ask(&question, &reply);
        VT_CHECK_SAYING(reply.status == 200, "%u: %s", reply.status, reply.message);
        world.now_unix_s += MINUTE;
        reopen();
    }
}

/* A key that left once cannot be called back: the claim says by what it left. */
static void what_was_read_is_only_closed(void)
{
    struct vt_custody_ask erase, first, second;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    struct vt_erasure *erasure;

    begin();
    first = vt_custody_ask_good(&world, &swiss);
    ask(&first, &reply);
    VT_CHECK(reply.status == 200);
    second = vt_custody_ask_good(&world, &swiss);
    second.access.reason = VT_ACCESS_GOVERNMENT;
    second.access.request = 2;
    ask(&second, &reply);
    VT_CHECK(reply.status == 200);
    reopen();
    order(&erase, &swiss);
    ask(&erase, &reply);
    erasure = claim_of(&reply, &swiss.id, VT_ERASURE_CLOSED);
    VT_CHECK(erasure->access_count == 2 &&
             erasure->accesses[0].reason == VT_ACCESS_ANALYSIS &&
             erasure->accesses[1].reason == VT_ACCESS_GOVERNMENT);
    VT_CHECK(erasure->erased.count == 0 && erasure->closed.count == 1);
    VT_CHECK(erasure->accesses[1].objects == 1 &&
             erasure->accesses[0].index < erasure->accesses[1].index);
    /* The answer that was kept for whoever lost it is not given again either. */
    second.is_as_before = true;
    ask(&second, &reply);
    VT_CHECK(reply.status == 410 || reply.status == 409);
}

/* The same, in the life in which it was answered. */
static void a_kept_answer_is_not_given_again(void)
{
    uint8_t salt[VT_ACCESS_SALT_BYTES] = { 9 };
    struct vt_custody_ask erase, question;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    begin();
    question = vt_custody_ask_good(&world, &swiss);
    question.salt = salt;
    ask(&question, &reply);
    VT_CHECK(reply.status == 200);
    ask(&question, &reply); /* as long as nothing was erased */
    VT_CHECK(reply.status == 200 && reply.totals.keys == 1);
    order(&erase, &swiss);
    ask(&erase, &reply);
    VT_CHECK(reply.status == 200);
    ask(&question, &reply);
    VT_CHECK_SAYING(reply.status == 410 && reply.end == VT_AGENT_END_ERASED &&
                        reply.grant.len == 0,
                    "%u: %s", reply.status, reply.message);
}

/* Its header is gone: a tombstone for the id, and no word that nobody else could read. */
static void by_its_id_alone(void)
{
    struct vt_custody_ask erase, question;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    begin();
    order(&erase, &swiss);
    erase.object_count = 0;
    erase.access.role = VT_LIT("support"); /* whose rule is for one country */
    erase.access.role_key = vt_custody_key_id(VT_C_SUPPORT);
    erase.signers = 1u << VT_C_READER | 1u << VT_C_SUPPORT;
    ask(&erase, &reply);
    VT_CHECK_SAYING(reply.status == 403 && strstr(reply.message, "are not shown") != NULL,
                    "%u: %s", reply.status, reply.message);
    erase.object_count = 1;
    ask(&erase, &reply); /* its twin: shown */
    (void)claim_of(&reply, &swiss.id, VT_ERASURE_ERASED);
    order(&erase, &german);
    erase.object_count = 0;
    ask(&erase, &reply);
    (void)claim_of(&reply, &german.id, VT_ERASURE_CLOSED);
    question = vt_custody_ask_good(&world, &german);
    ask(&question, &reply);
    VT_CHECK(reply.status == 410 && reply.end == VT_AGENT_END_ERASED);
    question.object_count = 0; /* to read, objects are shown */
    question.access.objects[0] = vt_sha256_of(VT_LIT("another"));
    ask(&question, &reply);
    VT_CHECK_SAYING(reply.status == 400, "%u: %s", reply.status, reply.message);
}

/* With a key for a class that the rules say nothing of, an unseen object may be of it. */
static void by_its_id_alone_of_any_class(void)
{
    struct vt_custody_ask erase;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    begin();
    order(&erase, &swiss);
    erase.object_count = 0;
    edit_config("\"recipients\":[",
                vt_test_print("\"recipients\":[{\"class\":\"account\",\"country\":"
                              "\"CH\",\"key\":\"%s\",\"period\":\"2026\"},",
                              write_another_key(&world.reader)));
    vt_agent_close(agent);
    vt_custody_open(&world, &agent);
    ask(&erase, &reply);
    VT_CHECK_SAYING(reply.status == 403 && strstr(reply.message, "class account") != NULL,
                    "%u: %s", reply.status, reply.message);
    erase.object_count = 1;
    ask(&erase, &reply); /* its twin: shown */
    (void)claim_of(&reply, &swiss.id, VT_ERASURE_ERASED);
}

/* A statement of another reason cannot erase, and nobody who may not. */
static void who_may_not_erases_nothing(void)
{
    struct vt_custody_ask erase, question;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    begin();
    order(&erase, &swiss);
    erase.access.role = VT_LIT("machine");
    erase.access.role_key = vt_custody_key_id(VT_C_MACHINE);
    erase.signers = 1u << VT_C_READER | 1u << VT_C_MACHINE;
    ask(&erase, &reply);
    VT_CHECK_SAYING(reply.status == 403 &&
                        strstr(reply.message, "no rule by which") != NULL,
                    "%u: %s", reply.status, reply.message);
    order(&erase, &swiss);
    erase.is_unlogged = true;
    ask(&erase, &reply);
    VT_CHECK_SAYING(reply.status == 403 && strstr(reply.message, "no record") != NULL,
                    "%u: %s", reply.status, reply.message);
    question = vt_custody_ask_good(&world, &swiss);
    ask(&question, &reply);
    VT_CHECK_SAYING(reply.status == 200, "%u: %s", reply.status, reply.message);
}

/* What the front would not let through reaches the holder all the same: it is not written
 * down, for no start could read it. */
static void a_backup_named_twice_is_not_recorded(void)
{
    struct vt_custody_request *request = vt_arena_alloc(vt_test_arena(), sizeof *request);
    struct vt_agent_ask *taken = vt_arena_alloc(vt_test_arena(), sizeof *taken);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    struct vt_custody_ask erase;
    struct vt_error err = { 0 };

    begin();
    order(&erase, &swiss);
    erase.access.backups[1] =
        (struct vt_access_backup){ VT_LIT("weekly"), world.now_unix_s + 86400 };
    erase.access.backup_count = 2;
    VT_CHECK_OK(vt_custody_request_parse(vt_custody_request_of(&world, &erase, 0),
                                         vt_test_arena(), request, &err));
    VT_CHECK_OK(
        vt_agent_ask_take(request, vt_agent_policy(agent), vt_test_arena(), taken, &err));
    taken->access.backups[1].name = VT_LIT("nightly");
    VT_CHECK_OK(vt_agent_answer(agent, taken, &reply, &err));
    VT_CHECK_SAYING(reply.status == 400 && strstr(reply.message, "named twice") != NULL,
                    "%u: %s", reply.status, reply.message);
    reopen();
    ask(&erase, &reply); /* its twin */
    VT_CHECK(claim_of(&reply, &swiss.id, VT_ERASURE_ERASED)->backup_count == 2);
    VT_CHECK(reply.totals.deeds[VT_AGENT_ERASED] == 1);
    reopen();
}

/* ---- the claim --------------------------------------------------------------------------
 */

static void a_claim_is_of_its_objects_alone(void)
{
    vt_hash ids[2];
    struct vt_erasure erasure = { .number = 1, .erased.count = 2 };
    struct vt_error err = { 0 };

    ids[0] = vt_sha256_of(VT_LIT("a"));
    ids[1] = vt_sha256_of(VT_LIT("b"));
    if (memcmp(&ids[0], &ids[1], sizeof ids[0]) > 0) {
        vt_hash first = ids[1];

        ids[1] = ids[0];
        ids[0] = first;
    }
    VT_CHECK_OK(vt_access_batch_root(ids, 2, &erasure.erased.root, &err));
    VT_CHECK_OK(vt_erasure_is_of(&erasure, ids, VT_LIT("ee"), &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_erasure_is_of(&erasure, ids, VT_LIT("ec"), &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_erasure_is_of(&erasure, ids, VT_LIT("e"), &err));
    ids[1].bytes[31] ^= 1;
    VT_CHECK_FAILS(VT_REJECTED, vt_erasure_is_of(&erasure, ids, VT_LIT("ee"), &err));
    erasure.is_period = true;
    VT_CHECK_FAILS(VT_REJECTED, vt_erasure_is_of(&erasure, ids, VT_LIT("ee"), &err));
}

static void its_backups_have_a_name_each(void)
{
    struct vt_erasure *erasure = vt_arena_alloc(vt_test_arena(), sizeof *erasure);
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF none = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };

    *erasure = (struct vt_erasure){ .cell = VT_LIT("zurich"),
                                    .ledger = VT_LIT("cell.example/access"),
                                    .number = 1,
                                    .at_unix_s = VT_WORLD_NOW,
                                    .erased = { .count = 1 },
                                    .backups = { { VT_LIT("nightly"), VT_WORLD_NOW },
                                                 { VT_LIT("weekly"), VT_WORLD_NOW } },
                                    .backup_count = 2 };
    erasure->erased.root = vt_sha256_of(VT_LIT("root"));
    VT_CHECK_OK(vt_erasure_write(erasure, &payload, &err));
    erasure->backups[1].name = VT_LIT("nightly");
    VT_CHECK_FAILS(VT_MALFORMED, vt_erasure_write(erasure, &none, &err));
}

static void an_answer_has_its_form(void)
{
    static const struct {
        const char *name, *text;
        enum vt_code want;
    } rows[] = {
        { "a claim and its sorts", "{}\nece", VT_OK },
        { "no sorts", "{}\n", VT_MALFORMED },
        { "no claim", "\nec", VT_MALFORMED },
        { "no line feed", "{}ec", VT_MALFORMED },
        { "another sort", "{}\nex", VT_MALFORMED },
        { "a line feed more", "{}\nec\n", VT_MALFORMED },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        vt_slice claim, sorts;
        bool is_ok =
            vt_erasure_answer_parse(vt_slice_from_cstr(rows[i].text), &claim, &sorts, &err);

        VT_CHECK_SAYING(err.code == rows[i].want && is_ok == (rows[i].want == VT_OK),
                        "%s: %s", rows[i].name, err.message);
    }
}

/* ---- holds ------------------------------------------------------------------------------
 */

/* A policy with these holds, from the next start on. */
static void hold(unsigned version, const char *holds)
{
    const char *mark = vt_test_print("],\"version\":%u", version);
    struct vt_agent_papers papers = {
        .policy = vt_custody_policy_edited(
            mark, vt_test_print("],\"holds\":[%s]%s", holds, mark + 1), version)
    };
    struct vt_error err = { 0 };

    vt_agent_close(agent);
    world.now_unix_s += MINUTE;
    VT_CHECK_OK(vt_agent_update(vt_test_path("agent"), &papers, &world.env, &err));
    vt_custody_open(&world, &agent);
}

static const char *hold_of(const char *country, const vt_hash *object)
{
    char id[65];

    if (object != NULL)
        vt_hash_text(object, id);
    return vt_test_print(
        "{\"classes\":[\"file\"],\"countries\":[\"%s\"],\"name\":\"case-7\",%s%s%s"
        "\"reason\":\"a court asked\",\"since\":\"2026-11-01T00:00:00Z\"}",
        country, object != NULL ? "\"objects\":[\"" : "", object != NULL ? id : "",
        object != NULL ? "\"]," : "");
}

static void order_under(unsigned version, const struct vt_custody_sealed *object,
                        bool is_shown, uint16_t status)
{
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    struct vt_custody_ask erase;

    order(&erase, object);
    erase.access.policy = version;
    erase.object_count = is_shown;
    ask(&erase, &reply);
    VT_CHECK_SAYING(
        reply.status == status &&
            (status == 200 ||
             strstr(reply.message, "under the hold 'case-7' since "
                                   "2026-11-01T00:00:00Z: a court asked") != NULL),
        "%u: %s", reply.status, reply.message);
}

/* What is held no order erases, and each that tried is on record. */
static void what_is_held_is_not_erased(void)
{
    struct vt_custody_sealed other;
    VT_AUTO_AGENT_REPLY count = { .status = 0 };
    struct vt_error err = { 0 };

    begin();
    other = vt_custody_seal(&world, VT_C_SWISS, 9);
    hold(4, hold_of("CH", &swiss.id));
    order_under(4, &swiss, true, 403);
    order_under(4, &swiss, false, 403);
    VT_CHECK_OK(vt_agent_count(agent, &count, &err));
    VT_CHECK(count.totals.deeds[VT_AGENT_REFUSED] == 2);
    order_under(4, &other, true, 200); /* their twin */
    hold(5, hold_of("CH", NULL));
    other = vt_custody_seal(&world, VT_C_SWISS, 10);
    order_under(5, &other, true, 403);
    order_under(5, &german, false, 403); /* it may be of CH */
    order_under(5, &german, true, 200);
    hold(6, "");
    order_under(6, &swiss, true, 200);
    order_under(6, &other, false, 200);
}

static const struct vt_case cases[] = {
    { "what is held is not erased", what_is_held_is_not_erased },
    { "a destroyed key opens nothing", a_destroyed_key_opens_nothing },
    { "its claim says which", its_claim_says_which },
    { "what it has not is not destroyed", what_it_has_not_is_not_destroyed },
    { "a key of another country is not destroyed",
      a_key_of_another_country_is_not_destroyed },
    { "its folder may be gone", its_folder_may_be_gone },
    { "another key is not overwritten", another_key_is_not_overwritten },
    { "an erased object is never released", an_erased_object_is_never_released },
    { "what was read is only closed", what_was_read_is_only_closed },
    { "a kept answer is not given again", a_kept_answer_is_not_given_again },
    { "by its id alone", by_its_id_alone },
    { "by its id alone, of any class", by_its_id_alone_of_any_class },
    { "who may not erases nothing", who_may_not_erases_nothing },
    { "a backup named twice is not recorded", a_backup_named_twice_is_not_recorded },
    { "its backups have a name each", its_backups_have_a_name_each },
    { "a claim is of its objects alone", a_claim_is_of_its_objects_alone },
    { "an answer has its form", an_answer_has_its_form },
};

VT_TEST_MAIN("erasure", cases)
