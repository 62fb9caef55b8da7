/* Rebuilds that reviewers ask for: what is told of them, held against builds that are
 * really made.  How a wish comes here is tried in centre/test_reviewers.c, the page in
 * centre/test_pages_reviewers.c. */
#include "centre/centre.h"
#include "centre/porter.h"
#include "centre/rebuild_form.h"
#include "tests/built_release.h"
#include "tests/running.h"
#include "wire/hex.h"
#include <signal.h>
#include <sys/stat.h>

static const char *id;

static void make(struct vt_centre_world *world)
{
    id = vt_world_digest("an invitation");
    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), world);
    VT_CHECK(mkdir(vt_test_path("c/porter"), 0755) == 0);
    VT_CHECK(mkdir(vt_test_path("c/porter/rebuilds"), 0755) == 0);
}

/* As the porter lays it. */
static void wish(const struct vt_built_release *b, uint64_t number)
{
    struct vt_rebuild_wish wish = { .number = number, .asked_unix_s = time(NULL) };
    VT_AUTO_BUF text = vt_buf_init(VT_REBUILD_WISH_BYTES_MAX);
    struct vt_error err = { 0 };

    (void)snprintf(wish.product, sizeof wish.product, "%s", b->fixture.recipe->product);
    (void)snprintf(wish.version, sizeof wish.version, "%s", b->fixture.recipe->version);
    VT_CHECK_OK(vt_rebuild_wish_write(&wish, &text, &err));
    vt_test_write(vt_test_path(vt_test_print("c/porter/rebuilds/%s.json", id)),
                  vt_buf_slice(&text));
}

static void run(const struct vt_built_release *b, const char *time_max)
{
    (void)vt_test_run(0, VT_ARGV(vt_test_vitrine(), "centre", "rebuild", "--dir",
                                 vt_test_path("c"), "--store", vt_built_release_store(b),
                                 "--once", "--time-max", time_max));
}

static struct vt_rebuild_told told(void)
{
    struct vt_rebuild_told out = { .number = 0 };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_rebuild_told_parse(
        vt_test_read(vt_test_path(vt_test_print("c/rebuilds/%s.json", id))), &out, &err));
    return out;
}

static const char *log_text(void)
{
    vt_slice text = vt_test_read(vt_test_path(vt_test_print("c/rebuilds/%s.log", id)));

    return vt_arena_cstr(vt_test_arena(), text);
}

static void must_say(const struct vt_rebuild_told *t, enum vt_rebuild_state state,
                     uint64_t number, const char *words)
{
    const char *says = vt_arena_cstr(vt_test_arena(), t->says);

    VT_CHECK_SAYING(t->state == state && t->number == number, "%s of %ju: %s",
                    vt_rebuild_state_name(t->state), (uintmax_t)t->number, says);
    VT_CHECK_SAYING(strstr(says, words) != NULL, "%s", says);
    VT_CHECK(state == VT_REBUILD_RUNS || t->ended_unix_s >= t->began_unix_s);
}

static const char *text_in(const json_t *rows, size_t i, const char *name)
{
    return json_string_value(json_object_get(json_array_get(rows, i), name));
}

/* The builder's word is held against what is built, not against what he keeps. */
static void claim_another(struct vt_built_release *b)
{
    struct vt_artefact *forged =
        vt_arena_alloc(b->report->arena, b->report->artefact_count * sizeof *forged);

    memcpy(forged, b->report->artefacts, b->report->artefact_count * sizeof *forged);
    forged[0].hash = vt_sha256_of(VT_LIT("bytes of Acme's\n"));
    b->report->artefacts = forged;
}

static void equal_or_told_where_and_why(void)
{
    struct vt_centre_world world;
    VT_AUTO_BUILT_RELEASE b;
    VT_AUTO_REBUILD_TOLD first = { .number = 0 }, second = { .number = 0 },
                         third = { .number = 0 };
    char hex[VT_HEX256_BYTES];

    make(&world);
    vt_built_release_make(&world, "f10", &b);
    vt_built_release_say(&world, &b, -50, NULL);
    wish(&b, 5);
    run(&b, "10m"); /* not authorised: nothing is built */
    first = told();
    must_say(&first, VT_REBUILD_FAILED, 5, "is not authorised");
    VT_CHECK_SAYING(strstr(log_text(), "== step") == NULL, "%s", log_text());
    vt_built_release_authorise(&world, &b);
    run(&b, "10m"); /* what was told stays told */
    VT_CHECK(strstr(log_text(), "== step") == NULL);
    wish(&b, 7);
    run(&b, "10m");
    second = told();
    must_say(&second, VT_REBUILD_EQUAL, 7, "");
    VT_CHECK(second.says.len == 0 && second.artefact_count == 2 &&
             json_array_size(second.causes) == 0);
    vt_hash_text(&b.report->artefacts[1].hash, hex);
    VT_CHECK(strcmp(text_in(second.artefacts, 1, "sha256"), hex) == 0);
    VT_CHECK_SAYING(strstr(log_text(), "== step 1 of 1: make -s\n") != NULL, "%s",
                    log_text());
    VT_CHECK(!vt_path_exists(vt_test_path(vt_test_print("c/rebuilds/%s.work", id))));
    claim_another(&b);
    vt_built_release_say(&world, &b, -10, "bytes of Acme's\n");
    wish(&b, 9);
    run(&b, "10m");
    third = told();
    must_say(&third, VT_REBUILD_DIFFERS, 9, "abacus: theirs ");
    VT_CHECK(json_array_size(third.causes) >= 1);
    VT_CHECK_SAYING(strncmp(text_in(third.causes, 0, "place"), "abacus", 6) == 0, "%s",
                    text_in(third.causes, 0, "place"));
}

static bool is_asleep(void *context)
{
    (void)context;
    return vt_path_exists(vt_test_path(vt_test_print("c/rebuilds/%s.log", id))) &&
           strstr(log_text(), "== step 1 of 1: sleep 600") != NULL;
}

/* Ended in time; and killed with its queue, after which the wish is carried out anew. */
static void none_runs_for_ever(void)
{
    struct vt_centre_world world;
    VT_AUTO_BUILT_RELEASE b;
    VT_AUTO_REBUILD_TOLD killed = { .number = 0 }, late = { .number = 0 };
    struct vt_running queue;

    make(&world);
    vt_built_release_pretend(&world, "f12", &b);
    vt_built_release_say(&world, &b, -50, NULL);
    vt_built_release_authorise(&world, &b);
    wish(&b, 3);
    queue = vt_test_start("said", VT_ARGV("vitrine", "centre", "rebuild", "--dir",
                                          vt_test_path("c"), "--store",
                                          vt_built_release_store(&b)));
    VT_CHECK(vt_test_wait_until(is_asleep, NULL));
    vt_test_kill(&queue);
    killed = told();
    must_say(&killed, VT_REBUILD_RUNS, 3, "");
    run(&b, "1s");
    late = told();
    must_say(&late, VT_REBUILD_FAILED, 3, "it took longer than 1 seconds");
}

static const struct vt_case cases[] = {
    { "equal, or told where and why", equal_or_told_where_and_why },
    { "none runs for ever", none_runs_for_ever },
};

VT_TEST_MAIN("centre.rebuild", cases)
