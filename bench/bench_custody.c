/* What it costs that no key leaves unrecorded: a batch of a thousand files against the bare
 * unwrapping of their headers, one file at the agent, and the whole road of one reading
 * with three witnesses, a served ledger and a served agent. */
#include "bench/bench.h"
#include "bench/serving.h"
#include "crypto/verify_note.h"
#include "custody/ask.h"
#include "tests/custody_world.h"
#include "tests/small_log.h"
#include <signal.h>

enum { FILES = 1000, BATCHES = 8, SINGLES = 300, ROADS = 200, WITNESSES = 3 };

static struct vt_custody_world world;

static double core_seconds(void)
{
    struct timespec now;

    VT_ASSERT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int by_double(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static int by_id(const void *a, const void *b)
{
    return memcmp(&((const struct vt_custody_sealed *)a)->id,
                  &((const struct vt_custody_sealed *)b)->id, sizeof(vt_hash));
}

static void print_figure(const char *name, const char *unit, double value, double goal,
                         bool is_more_better, const char *conditions)
{
    struct vt_figure figure = { .name = name,
                                .unit = unit,
                                .value = value,
                                .goal = goal,
                                .is_more_better = is_more_better,
                                .conditions = conditions };

    vt_bench_print(&figure);
}

/* ---- batches ----------------------------------------------------------------------------
 */

static struct vt_custody_sealed *seal_many(size_t count)
{
    struct vt_custody_sealed *objects =
        vt_arena_alloc(vt_test_arena(), count * sizeof *objects);

    for (size_t i = 0; i < count; i++)
        objects[i] = vt_custody_seal(&world, VT_C_SWISS, (unsigned)i);
    qsort(objects, count, sizeof *objects, by_id);
    return objects;
}

static struct vt_custody_ask batch_ask(const struct vt_custody_sealed *objects)
{
    struct vt_custody_ask ask = vt_custody_ask_good(&world, objects);
    vt_hash *ids = vt_arena_alloc(vt_test_arena(), FILES * sizeof *ids);
    struct vt_error err = { 0 };

    for (size_t i = 0; i < FILES; i++)
        ids[i] = objects[i].id;
    ask.access.is_batch = true;
    ask.access.count = FILES;
    VT_CHECK_OK(vt_access_batch_root(ids, FILES, &ask.access.batch_root, &err));
    ask.ids = ids;
    ask.id_count = FILES;
    ask.objects = objects;
    ask.object_count = FILES;
    return ask;
}

/* Processor seconds of unwrapping them and nothing else. */
static double bare_unwrap(const struct vt_custody_sealed *objects)
{
    double start = core_seconds();

    for (size_t i = 0; i < FILES; i++) {
        uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
        struct vt_error err = { 0 };
        struct vt_age_header header;

        VT_CHECK_OK(vt_age_header_parse(objects[i].header, &header, &err));
        VT_CHECK_OK(vt_age_unwrap(&world.identities[VT_C_SWISS], &header, file_key, &err));
    }
    return core_seconds() - start;
}

static void measure_batches(struct vt_agent *agent, const char *machine)
{
    double bare = 0, gated = 0;

    for (size_t b = 0; b < BATCHES; b++) {
        const struct vt_custody_sealed *objects = seal_many(FILES);
        struct vt_custody_ask ask = batch_ask(objects);
        VT_AUTO_AGENT_REPLY reply = { .status = 0 };
        vt_slice request;
        double start;

        (void)memset(&reply, 0, sizeof reply);
        {
            struct vt_error err = { 0 };

            VT_CHECK_OK(vt_agent_count(agent, &reply, &err));
        }
        request = vt_custody_request_of(&world, &ask, reply.seen_size);
        bare += bare_unwrap(objects);
        start = core_seconds();
        vt_custody_answer_bytes(agent, request, &reply);
        gated += core_seconds() - start;
        VT_CHECK_SAYING(reply.status == 200, "%u: %s", reply.status, reply.message);
    }
    print_figure("custody.batch.unwraps", "files/s/core", FILES * BATCHES / gated, 20000,
                 true, machine);
    print_figure("custody.batch.beyond_unwrap", "us/file",
                 (gated - bare) / (FILES * BATCHES) * 1e6, 5, false, machine);
    print_figure("custody.batch.bare_unwrap", "us/file", bare / (FILES * BATCHES) * 1e6, 40,
                 false, machine);
}

/* ---- one at a time ----------------------------------------------------------------------
 */

static void print_latency(const char *name, double *took, size_t count, double p50,
                          double p99, const char *machine)
{
    qsort(took, count, sizeof *took, by_double);
    print_figure(vt_test_print("custody.%s.p50", name), "ms", took[count / 2] * 1e3, p50,
                 false, machine);
    print_figure(vt_test_print("custody.%s.p99", name), "ms", took[count * 99 / 100] * 1e3,
                 p99, false, machine);
}

static void measure_singles(struct vt_agent *agent, const char *machine)
{
    double took[SINGLES];

    for (size_t i = 0; i < SINGLES; i++) {
        struct vt_custody_sealed object = vt_custody_seal(&world, VT_C_SWISS, 1);
        struct vt_custody_ask ask = vt_custody_ask_good(&world, &object);
        VT_AUTO_AGENT_REPLY reply = { .status = 0 };
        struct vt_error err = { 0 };
        vt_slice request;
        double start;

        VT_CHECK_OK(vt_agent_count(agent, &reply, &err));
        request = vt_custody_request_of(&world, &ask, reply.seen_size);
        start = vt_bench_seconds();
        vt_custody_answer_bytes(agent, request, &reply);
        took[i] = vt_bench_seconds() - start;
        VT_CHECK_SAYING(reply.status == 200, "%u: %s", reply.status, reply.message);
    }
    print_latency("agent.one", took, SINGLES, 2, 8, machine);
}

/* ---- the whole road ---------------------------------------------------------------------
 */

struct site {
    const char *vitrine, *dir;
    struct vt_serving witnesses[WITNESSES], ledger, agent;
};

static const char *below(const struct site *site, const char *name)
{
    return vt_test_print("%s/%s", site->dir, name);
}

static const char *url_of(const struct vt_serving *serving)
{
    return vt_test_print("http://127.0.0.1:%u", serving->port);
}

static void start_site(struct site *site)
{
    const char *vkey =
        vt_test_vkey(VT_CUSTODY_ORIGIN, VT_NOTE_ED25519, vt_custody_log_key());
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(8));
    const char *log = below(site, "site.log");

    vt_buf_printf(&policy, "log %s\n", vkey);
    for (unsigned i = 0; i < WITNESSES; i++) {
        const struct vt_key *key = vt_world_key((enum vt_party)(VT_P_WITNESS + i));
        const char *name = vt_test_print("witness-%u.example", i);
        const char *dir = below(site, vt_test_print("w%u", i));
        const char *file = vt_custody_write_key(&world, vt_test_print("w%u.key", i), key);

        vt_bench_run((const char *const[]){ site->vitrine, "witness", "init", "--dir", dir,
                                            "--name", name, "--key", file, NULL });
        vt_bench_run((const char *const[]){ site->vitrine, "witness", "add-log", "--dir",
                                            dir, "--vkey", vkey, NULL });
        site->witnesses[i] = vt_bench_start(
            log, 0,
            (const char *const[]){ site->vitrine, "witness", "serve", "--dir", dir, NULL });
        vt_buf_printf(&policy, "witness w%u %s %s\n", i,
                      vt_test_vkey(name, VT_NOTE_COSIGNATURE, key),
                      url_of(&site->witnesses[i]));
    }
    vt_buf_put_text(&policy, "group all 3 w0 w1 w2\nquorum all\n");
    (void)vt_custody_write_file(&world, "ledger-policy", vt_buf_slice(&policy));
    vt_bench_run((const char *const[]){ site->vitrine, "ledger", "init", "--dir",
                                        below(site, "log"), "--origin", VT_CUSTODY_ORIGIN,
                                        "--use", "access", "--key", below(site, "log.key"),
                                        "--policy", below(site, "ledger-policy"), NULL });
    site->ledger = vt_bench_start(log, 0,
                                  (const char *const[]){ site->vitrine, "ledger", "serve",
                                                         "--dir", below(site, "log"),
                                                         "--publish-ms", "1", NULL });
    vt_bench_run(
        (const char *const[]){ site->vitrine,
                               "keyagent",
                               "init",
                               "--dir",
                               below(site, "agent"),
                               "--trust",
                               below(site, "trust.json"),
                               "--policy",
                               below(site, "policy.json"),
                               "--enrolment",
                               below(site, "enrolled-0.json"),
                               "--enrolment",
                               below(site, "enrolled-5.json"),
                               "--certified",
                               below(site, "swiss.recipient"),
                               "--key",
                               below(site, "agent.key"),
                               "--recipient",
                               vt_test_print("CH/file/2026=%s", below(site, "swiss.key")),
                               NULL });
    site->agent =
        vt_bench_start(log, 0,
                       (const char *const[]){ site->vitrine, "keyagent", "serve", "--dir",
                                              below(site, "agent"), NULL });
}

static void stop_site(struct site *site)
{
    vt_bench_stop(&site->agent, SIGTERM);
    vt_bench_stop(&site->ledger, SIGTERM);
    for (unsigned i = 0; i < WITNESSES; i++)
        vt_bench_stop(&site->witnesses[i], SIGTERM);
}

static double one_road(const struct vt_asker *asker)
{
    const struct vt_key *keys[2] = { vt_custody_key(VT_C_READER),
                                     vt_custody_key(VT_C_ANALYST) };
    struct vt_custody_sealed object = vt_custody_seal(&world, VT_C_SWISS, 1);
    struct vt_custody_ask ask = vt_custody_ask_good(&world, &object);
    struct vt_ask_object wanted = { object.header, world.identities[VT_C_SWISS].recipient };
    struct vt_ask_wish wish = { .objects = &wanted,
                                .object_count = 1,
                                .identity = &world.reader };
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ASK_ANSWER answer = { .message = "" };
    struct vt_error err = { 0 };
    struct vt_asked asked;
    double start = vt_bench_seconds();

    VT_CHECK_OK(vt_ask_sign(&ask.access, keys, 2, &envelope, &err));
    asked.envelope = vt_buf_slice(&envelope);
    vt_ask_draw_salt(asker->env, &asked);
    VT_CHECK_OK(vt_ask_release(asker, &asked, &wish, &answer, &err));
    VT_CHECK_SAYING(answer.outcome == VT_ASK_RELEASED, "%s", answer.message);
    return vt_bench_seconds() - start;
}

static void measure_road(const char *vitrine, const char *folder, const char *machine)
{
    struct site site = { .vitrine = vitrine, .dir = folder };
    struct vt_env env = vt_env_real();
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct vt_asker asker = { .env = &env, .keyring = &world.keyring };
    struct vt_error err = { 0 };
    double took[ROADS];

    vt_custody_world_write(&world, folder, time(NULL) - VT_WORLD_NOW);
    start_site(&site);
    VT_CHECK_OK(vt_http_client_new(&client, &err));
    asker.client = client;
    asker.ledger = url_of(&site.ledger);
    asker.agent = url_of(&site.agent);
    (void)one_road(&asker); /* the agent sees its first checkpoint */
    for (size_t i = 0; i < ROADS; i++)
        took[i] = one_road(&asker);
    stop_site(&site);
    print_latency("road.one", took, ROADS, 2, 8, machine);
}

int main(int argc, char **argv)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *folder = vt_bench_folder(arena, "custody");
    const char *road = vt_bench_folder(arena, "custody-road");
    const char *machine = vt_bench_machine(arena, folder);
    struct vt_agent *agent = NULL;

    if (argc != 2)
        return VT_EXIT_USAGE;
    vt_custody_world_make(&world, folder);
    vt_custody_open(&world, &agent);
    measure_batches(agent, machine);
    measure_singles(agent, machine);
    vt_agent_close(agent);
    measure_road(argv[1], road, machine);
    vt_bench_folder_remove(folder);
    vt_bench_folder_remove(road);
    return VT_EXIT_OK;
}
