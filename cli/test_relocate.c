/* The register of services of examples/relocation on a ledger with its trust root: what the
 * clock alone makes of it, and what a plan cannot hide. */
#include "tests/running.h"
#include "tests/supervised.h"
#include "tests/world.h"

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "no '%s' in: %s", words, output)

static struct vt_supervised stand;

#define SAY(key, ...)                                                                      \
    VT_ARGV("vitrine", __VA_ARGS__, "--ledger", vt_test_path("log"), "--trust",            \
            vt_test_path("trust.json"), "--key", vt_test_path(key))
#define ASK(...)                                                                           \
    VT_ARGV("vitrine", __VA_ARGS__, "--ledger", vt_test_path("log"), "--trust",            \
            vt_test_path("trust.json"))

static const char *at_day(int day)
{
    return vt_world_time(time(NULL) + (int64_t)day * 86400);
}

/* The example, its dates from 30 days on, ten days apart. */
static json_t *example(void)
{
    struct vt_error err = { 0 };
    json_t *plan, *services;
    int day = 30;

    VT_CHECK_OK(
        vt_json_parse(vt_test_read("examples/relocation/plan.json"), "plan", &plan, &err));
    services = json_object_get(plan, "services");
    for (size_t i = 0; i < json_array_size(services); i++)
        if (json_object_get(json_array_get(services, i), "due") != NULL) {
            (void)json_object_set_new(json_array_get(services, i), "due",
                                      json_string(at_day(day)));
            day += 10;
        }
    return plan;
}

static json_t *row_of(const json_t *plan, const char *name)
{
    const json_t *services = json_object_get(plan, "services");

    for (size_t i = 0; i < json_array_size(services); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(services, i), "name")),
                   name) == 0)
            return json_array_get(services, i);
    vt_test_fail(__FILE__, __LINE__, "no service %s", name);
}

static const char *make(int exit_code, const char *key, const json_t *plan)
{
    char *text = json_dumps(plan, 0);

    vt_test_write(vt_test_path("plan.json"), vt_slice_from_cstr(text));
    free(text);
    return vt_test_run(exit_code,
                       SAY(key, "relocate", "plan", "--file", vt_test_path("plan.json")));
}

static unsigned count_of(const char *text, const char *words)
{
    unsigned count = 0;

    for (const char *at = text; (at = strstr(at, words)) != NULL; at += strlen(words))
        count++;
    return count;
}

/* At a glance: a line each, in the order of what needs an eye, what is outside the cells
 * marked so; the machine is told the same. */
static void check_rows(const char *shown)
{
    static const char *const order[] = { "not moved yet", "moving", "stays", "here" };
    const char *json = vt_test_run(0, ASK("relocate", "status", "--json"));
    const char *line = strchr(shown, '\n') + 1; /* behind the names of the columns */
    size_t at = 0, rows = 0;

    for (; strncmp(line, "30 services", 11) != 0; line = strchr(line, '\n') + 1, rows++) {
        while (at < 4 && strncmp(line, order[at], strlen(order[at])) != 0)
            at++;
        VT_CHECK_SAYING(at < 4, "out of order: %s", line);
    }
    VT_CHECK_SAYING(rows == 30, "%zu rows", rows);
    VT_CHECK(count_of(shown, " outside ") == 12 + 1); /* and the last line's */
    VT_CHECK(count_of(json, "\"where\":\"outside\"") == 12);
    VT_CHECK(count_of(json, "\"where\":\"cell\"") == 18);
}

static void thirty_services(void)
{
    VT_AUTO_JSON plan = NULL;
    const char *shown;

    vt_supervised_start(&stand);
    MUST_SAY(vt_test_run(1, ASK("relocate", "status")), "no plan of services");
    plan = example();
    MUST_SAY(make(1, "supervisor", plan), "no role in the trust root");
    MUST_SAY(make(0, "vendor", plan), "20 new promises");
    shown = vt_test_run(0, ASK("relocate", "status"));
    MUST_SAY(shown, "30 services, 12 outside the cells: 5 here (5 by the vendor's word "
                    "alone), 6 moving, "
                    "14 not moved yet, 5 stay; 0 late, 0 unproven");
    check_rows(shown);
    MUST_SAY(shown, "they are the home country's own");
    MUST_SAY(shown, "headquarters -> zurich, AT BE DE +5");
    (void)vt_test_run(0, ASK("relocate", "check"));
    /* Nobody does anything. */
    shown = vt_test_run(1, ASK("relocate", "check", "--at", at_day(45)));
    MUST_SAY(shown, "2 late, 0 unproven");
    MUST_SAY(shown, "moving         15 d");
    MUST_SAY(vt_test_run(0, ASK("promise", "list", "--at", at_day(45))),
             "20 promises, 2 late");
    shown = vt_test_run(0, ASK("relocate", "status", "--json", "--at", at_day(400)));
    MUST_SAY(shown, "\"late_since\"");
    vt_supervised_stop(&stand);
}

static void what_a_plan_cannot_do(void)
{
    VT_AUTO_JSON plan = example();
    VT_AUTO_JSON shorter = json_deep_copy(plan);
    VT_AUTO_JSON later = json_deep_copy(plan);
    json_t *here;
    const char *shown;

    vt_supervised_start(&stand);
    (void)make(0, "vendor", plan);
    VT_CHECK(json_array_remove(json_object_get(shorter, "services"), 29) == 0);
    MUST_SAY(make(1, "vendor", shorter), "leaves out the service 'staff'");
    (void)json_object_set_new(row_of(later, "build"), "due", json_string(at_day(900)));
    MUST_SAY(make(1, "vendor", later), "`vitrine promise move` changes it");
    /* The vendor says that it has come; the promise says when that is believed. */
    here = row_of(plan, "build");
    (void)json_object_set_new(here, "state", json_string("here"));
    (void)json_object_set_new(here, "from", json_string("zurich"));
    (void)json_object_del(here, "to");
    MUST_SAY(make(0, "vendor", plan), "0 new promises");
    shown = vt_test_run(1, ASK("relocate", "check"));
    MUST_SAY(shown, "(says the vendor; nothing shows it)");
    MUST_SAY(shown, "0 late, 1 unproven");
    vt_test_write(vt_test_path("report"), VT_LIT("seen in Zurich\n"));
    (void)vt_test_run(0, SAY("supervisor", "promise", "keep", "move-build", "--document",
                             vt_test_path("report")));
    (void)vt_test_run(0, ASK("relocate", "check"));
    vt_supervised_stop(&stand);
}

static const struct vt_case cases[] = {
    { "thirty services", thirty_services },
    { "what a plan cannot do", what_a_plan_cannot_do },
};

VT_TEST_MAIN("cli.relocate", cases)
