/* What a cell sends, and to whom: its processes run under a trace of all that they ask the
 * kernel about the network.  A publisher speaks to the witnesses of its ledger, of its
 * newest checkpoint and nothing else; a server answers those who asked and opens no
 * connection at all.  The client's own connections, traced alike, show that the trace would
 * have seen one. */
#include "tests/published_cell.h"

enum { CALLS_MAX = 4096 };

static const char *path(const char *name)
{
    return vt_test_path(name);
}

/* The sanitizers' search for leaks wants to trace the process itself. */
static void make_room_for_the_trace(void)
{
#ifdef VT_SANITIZED
    VT_CHECK(setenv("ASAN_OPTIONS", "detect_leaks=0", 1) == 0);
#endif
}

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "wanted '%s': %s", words, output)

/* ---- reading a trace --------------------------------------------------------------------
 */

/* An address that a process named, as "127.0.0.1:80"; "unix" for a path. */
static const char *address_in(const char *line)
{
    const char *port = strstr(line, "sin_port=htons("),
               *host = strstr(line, "inet_addr(\"");

    if (strstr(line, "sa_family=AF_UNIX") != NULL)
        return "unix";
    if (port == NULL || host == NULL)
        return strstr(line, "sa_family=") != NULL ? line : NULL;
    host += strlen("inet_addr(\"");
    return vt_test_print("%.*s:%lu", (int)strcspn(host, "\""), host,
                         strtoul(port + strlen("sin_port=htons("), NULL, 10));
}

static bool is_call(const char *line, const char *name)
{
    const char *at = strstr(line, name);

    return at != NULL && strchr(line, '(') == at + strlen(name) &&
           (at == line || at[-1] == ' ');
}

/* Does the line lead out: a connection that is opened, or bytes to an address? */
static const char *leads_out(const char *line)
{
    static const char *const calls[] = { "connect", "sendto", "sendmsg", "sendmmsg" };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (is_call(line, calls[i]))
            return address_in(line);
    return NULL;
}

struct trace {
    const char *out[CALLS_MAX]; /* addresses, one a call */
    size_t out_count;
    size_t lines, listened, accepted;
    const char *text;
};

static void read_trace(const char *name, struct trace *out)
{
    char *rest = NULL, *copy;

    *out = (struct trace){ 0 };
    out->text = vt_arena_cstr(vt_test_arena(), vt_test_read(name));
    copy = vt_test_print("%s", out->text);
    for (char *at = strtok_r(copy, "\n", &rest); at; at = strtok_r(NULL, "\n", &rest)) {
        const char *address = leads_out(at);

        out->lines++;
        out->listened += is_call(at, "listen");
        out->accepted += is_call(at, "accept4") && strstr(at, "sin_port") != NULL;
        VT_CHECK(out->out_count < CALLS_MAX);
        if (address != NULL)
            out->out[out->out_count++] = address;
    }
}

/* Which processes the trace has seen end; a trace that was cut short proves nothing. */
static bool has_ended(void *context)
{
    const char *mark =
        vt_test_print("%-5d +++ exited with 0 +++", (int)*(const pid_t *)context);

    return strstr(vt_arena_cstr(vt_test_arena(), vt_test_read(path("cell.trace"))), mark) !=
           NULL;
}

/* ---- who is named -----------------------------------------------------------------------
 */

/* The witnesses' addresses, as the ledger's policy has them. */
static size_t witnesses_of(const char *out[8])
{
    const char *at = vt_arena_cstr(vt_test_arena(), vt_test_read(path("policy")));
    size_t count = 0;

    while ((at = strstr(at, "http://")) != NULL && count < 8) {
        at += strlen("http://");
        out[count++] = vt_test_print("%.*s", (int)strcspn(at, "/\n"), at);
    }
    return count;
}

static bool is_one_of(const char *address, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(address, list[i]) == 0)
            return true;
    return false;
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void publishing_speaks_to_the_witnesses_alone(void)
{
    struct vt_published p;
    struct trace *trace = vt_arena_alloc(vt_test_arena(), sizeof *trace);
    const char *witnesses[8], *at;
    size_t count, requests = 0;

    make_room_for_the_trace();
    vt_published_lay_out(&p, false);
    (void)vt_published_epoch(0, "table", "--bits", "2");
    (void)vt_test_run(
        0, VT_ARGV("strace", "-f", "-q", "-s", "65536", "-o", path("trace"), "-e",
                   "trace=network,write,writev", vt_test_vitrine(), "cell", "publish",
                   "--dir", path("cell"), "--verdicts", path("table"), "--rules",
                   path("rules"), "--cell", "zurich", "--jurisdiction", "CH", "--ledger",
                   path("heads"), "--trust", path("trust.json"), "--key", path("cell.key"),
                   "--recipient", vt_world_digest("recipient")));
    read_trace(path("trace"), trace);
    count = witnesses_of(witnesses);
    VT_CHECK(count == 4 && trace->out_count >= 3);
    for (size_t i = 0; i < trace->out_count; i++)
        VT_CHECK_SAYING(is_one_of(trace->out[i], witnesses, count), "it went to %s",
                        trace->out[i]);
    /* And what it said there: a checkpoint with its proof, as tlog-witness has it. */
    for (at = trace->text; (at = strstr(at, " HTTP/1.1\\r\\n")) != NULL; at++)
        requests++;
    for (at = trace->text; (at = strstr(at, "POST /add-checkpoint HTTP/1.1")) != NULL; at++)
        requests--;
    VT_CHECK_SAYING(requests == 0, "%zu requests of another kind", requests);
    MUST_SAY(trace->text, VT_CELL_WORLD_ORIGIN "\\n2\\n");
    /* Neither a verdict nor anything that was in the table left in them. */
    for (unsigned i = 0; i < VT_PUBLISHED_FILES; i++)
        VT_CHECK(strstr(trace->text, vt_published_hash(i)) == NULL);
}

static void serving_opens_no_connection(void)
{
    struct vt_published p;
    struct trace *trace = vt_arena_alloc(vt_test_arena(), sizeof *trace);
    const char *output;
    pid_t pid;

    make_room_for_the_trace();
    vt_published_lay_out_served(&p, path("cell.trace"));
    (void)vt_published_epoch(0, "table", "--bits", "2");
    (void)vt_test_run(0, VT_ARGV("vitrine", "client", "init", "--home", path("home"),
                                 "--trust", path("trust.json"), "--policy",
                                 path("residency.json"), "--country", "DE"));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "client", "consent", "ask", "on", "--home", path("home")));
    /* Through the relay to the cell's own gateway, and directly. */
    output = vt_test_run(1, VT_ARGV("vitrine", "client", "lookup", vt_published_hash(3),
                                    "--home", path("home")));
    MUST_SAY(output, ": malicious (");
    MUST_SAY(output, "through the relay of Somebody");
    output = vt_test_run(0, VT_ARGV("vitrine", "client", "lookup", vt_published_hash(1),
                                    "--home", path("home"), "--ask-all"));
    MUST_SAY(output, ": clean");
    (void)vt_test_run(0, VT_ARGV("strace", "-f", "-q", "-o", path("client.trace"), "-e",
                                 "trace=network", vt_test_vitrine(), "client", "lookup",
                                 vt_published_hash(VT_PUBLISHED_FILES + 1), "--home",
                                 path("home"), "--ask-all", "--direct"));
    pid = p.cell.pid;
    vt_test_stop(&p.cell, 0);
    VT_CHECK(vt_test_wait_until(has_ended, &pid));
    read_trace(path("cell.trace"), trace);
    VT_CHECK_SAYING(trace->listened == 1 && trace->accepted >= 2,
                    "%zu listened, %zu accepted in %zu lines", trace->listened,
                    trace->accepted, trace->lines);
    VT_CHECK_SAYING(trace->out_count == 0, "it went to %s", trace->out[0]);
    /* The alarm rings: of the client the trace has the connection to the cell. */
    read_trace(path("client.trace"), trace);
    VT_CHECK(trace->out_count != 0);
    for (size_t i = 0; i < trace->out_count; i++)
        VT_CHECK_SAYING(strcmp(trace->out[i], p.url + strlen("http://")) == 0,
                        "the client went to %s", trace->out[i]);
}

static const struct vt_case cases[] = {
    { "publishing speaks to the witnesses alone",
      publishing_speaks_to_the_witnesses_alone },
    { "serving opens no connection", serving_opens_no_connection },
};

VT_TEST_MAIN("egress", cases)
