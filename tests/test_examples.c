/* The examples for an operator: other programs take them as they stand. */
#include "tests/running.h"
#include <dirent.h>
#include <sys/stat.h>

static bool has_program(const char *name)
{
    const char *said = vt_test_run(
        0, VT_ARGV("sh", "-c", "PATH=$PATH:/usr/sbin; command -v \"$0\" || :", name));

    return said[0] != '\0';
}

/* ---- nginx ------------------------------------------------------------------------------
 */

static struct vt_running serve(void)
{
    (void)vt_test_run(0, VT_ARGV("sh", "-c",
                                 "cd \"$0\" && umask 027 && "
                                 "\"$1\" key new --out log.key && "
                                 "\"$1\" ledger init --dir log --origin log.example/n "
                                 "--key log.key && printf one >one && "
                                 "\"$1\" ledger add --dir log one",
                                 vt_test_dir(), vt_test_vitrine()));
    return vt_test_start("serve.err",
                         VT_ARGV("/bin/sh", "-c",
                                 "umask 027; exec \"$0\" ledger serve --dir \"$1\"",
                                 vt_test_vitrine(), vt_test_path("log")));
}

/* The example with this case's folder, socket, certificate and ledger in place of its own.
 */
static void write_nginx(const char *url)
{
    const char *script = vt_test_print(
        "s#443 ssl#unix:%s ssl#; s#/etc/ssl/log.example.org.pem#%s#; "
        "s#/etc/ssl/private/log.example.org.key#%s#; s#http://127.0.0.1:7900#%s#; "
        "s#/var/lib/vitrine-ledger/log#%s#",
        vt_test_path("socket"), vt_test_path("tls.pem"), vt_test_path("tls.key"), url,
        vt_test_path("log"));
    const char *d = vt_test_dir();

    vt_test_write(vt_test_path("ledger.conf"),
                  vt_slice_from_cstr(vt_test_run(
                      0, VT_ARGV("sed", script, "examples/nginx-ledger.conf"))));
    vt_test_write(vt_test_path("nginx.conf"),
                  vt_slice_from_cstr(vt_test_print(
                      "%sdaemon off;\nmaster_process off;\n" /* it ends with us */
                      "error_log %s/nginx.err;\npid %s/nginx.pid;\nevents {}\n"
                      "http {\naccess_log off;\nclient_body_temp_path %s/t1;\n"
                      "proxy_temp_path %s/t2;\nfastcgi_temp_path %s/t3;\n"
                      "uwsgi_temp_path %s/t4;\nscgi_temp_path %s/t5;\n"
                      "include %s/ledger.conf;\n}\n",
                      geteuid() == 0 ? "user root;\n" : "", d, d, d, d, d, d, d, d)));
}

static bool is_listening(void *context)
{
    (void)context;
    return access(vt_test_path("socket"), F_OK) == 0;
}

static struct vt_running start_nginx(const char *conf)
{
    struct vt_running nginx =
        vt_test_start("nginx.out", VT_ARGV("/bin/sh", "-c",
                                           "PATH=$PATH:/usr/sbin; echo ready: $0; exec "
                                           "nginx -c \"$0\"",
                                           conf));

    VT_CHECK(vt_test_wait_until(is_listening, NULL));
    return nginx;
}

/* With these options of curl, ended by NULL. */
static const char *ask(const char *target, const char *const options[])
{
    const char *argv[14] = { "curl",
                             "-s",
                             "--unix-socket",
                             vt_test_path("socket"),
                             "--cacert",
                             vt_test_path("tls.pem"),
                             "-w",
                             " %{http_code} %{http_version}",
                             vt_test_print("https://127.0.0.1%s", target) };

    for (size_t i = 0; options[i] != NULL; i++)
        argv[9 + i] = options[i];
    return vt_test_run(0, argv);
}

static void nginx_takes_its_example(void)
{
    const char *const *quiet = VT_ARGV("-o", "/dev/null");
    const char *conf = vt_test_path("nginx.conf"), *said;
    struct vt_running ledger, nginx;

    if (!has_program("nginx"))
        vt_test_skip("nginx is not installed");
    ledger = serve();
    (void)vt_test_run(0, VT_ARGV("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                 "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                                 "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                                 "-days", "2", "-keyout", vt_test_path("tls.key"), "-out",
                                 vt_test_path("tls.pem")));
    write_nginx(ledger.url);
    said = vt_test_run(
        0, VT_ARGV("sh", "-c", "PATH=$PATH:/usr/sbin; nginx -t -c \"$0\"", conf));
    VT_CHECK_SAYING(strstr(said, "[warn]") == NULL, "%s", said);
    nginx = start_nginx(conf);
    said = ask("/add", VT_ARGV("-d", "two"));
    VT_CHECK_SAYING(strcmp(said, "1 200 2") == 0, "%s", said);
    said = ask("/tile/entries/000.p/1", quiet);
    VT_CHECK_SAYING(strcmp(said, " 200 2") == 0, "%s", said);
    said = ask("/checkpoint", quiet);
    VT_CHECK_SAYING(strcmp(said, " 200 2") == 0, "%s", said);
    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "ledger", "index", "--dir", vt_test_path("log")));
    said = ask("/lookup/nobody", VT_ARGV(NULL));
    VT_CHECK_SAYING(strstr(said, "\"answers\":[]") != NULL, "%s", said);
    vt_test_write(vt_test_path("log/retention.json"), VT_LIT("what prune leaves"));
    said = ask("/retention.json", VT_ARGV(NULL));
    VT_CHECK_SAYING(strcmp(said, "what prune leaves 200 2") == 0, "%s", said);
    said = ask("/config.json", quiet);
    VT_CHECK_SAYING(strcmp(said, " 404 2") == 0, "%s", said);
    vt_test_stop(&nginx, 0);
    vt_test_stop(&ledger, 0);
}

/* With the umask of the unit: a group may read what nginx shows, and nothing of the
 * signer's. */
static void a_group_may_read_the_log(void)
{
    static const struct {
        const char *name;
        mode_t mode;
    } rows[] = {
        { "log", 0750 },
        { "log/tile/0", 0750 },
        { "log/tile/entries/000.p/1", 0640 },
        { "log/checkpoint", 0640 },
        { "log/signer/head", 0600 },
        { "log.key", 0600 },
    };
    struct vt_running ledger = serve();
    struct stat about;

    (void)vt_test_run(0, VT_ARGV("curl", "-s", "-f", "-H",
                                 "Accept: application/vnd.vitrine.tlog-proof", "-d", "two",
                                 vt_test_print("%s/add", ledger.url)));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_CHECK_SAYING(stat(vt_test_path(rows[i].name), &about) == 0, "%s", rows[i].name);
        VT_CHECK_SAYING((about.st_mode & 0777) == rows[i].mode, "%s: %o", rows[i].name,
                        about.st_mode & 0777);
    }
    vt_test_stop(&ledger, 0);
}

/* ---- systemd ----------------------------------------------------------------------------
 */

/* Or it says why not. */
static bool has_its_locks(const char *unit)
{
    return strstr(unit, "NoNewPrivileges=yes") != NULL &&
           strstr(unit, "ProtectSystem=strict") != NULL &&
           (strstr(unit, "MemoryDenyWriteExecute=yes") != NULL ||
            strstr(unit, "# Not MemoryDenyWriteExecute") != NULL);
}

static void systemd_takes_the_units(void)
{
    DIR *dir = opendir("examples/systemd");
    const struct dirent *entry;
    size_t count = 0;

    VT_CHECK(dir != NULL);
    if (!has_program("systemd-analyze")) {
        (void)closedir(dir);
        vt_test_skip("systemd-analyze is not installed");
    }
    while ((entry = readdir(dir)) != NULL) {
        const char *own = vt_test_path(entry->d_name), *text, *said;

        if (strstr(entry->d_name, ".service") == NULL)
            continue;
        text = vt_test_run(0, VT_ARGV("sed", "s#/usr/local/bin/vitrine#/bin/true#",
                                      vt_test_print("examples/systemd/%s", entry->d_name)));
        VT_CHECK_SAYING(has_its_locks(text), "%s: a lock is missing", entry->d_name);
        vt_test_write(own, vt_slice_from_cstr(text));
        said = vt_test_run(0, VT_ARGV("systemd-analyze", "verify", "--man=no", own));
        VT_CHECK_SAYING(said[0] == '\0', "%s: %s", entry->d_name, said);
        count++;
    }
    (void)closedir(dir);
    VT_CHECK_SAYING(count >= 12, "%zu units", count);
}

/* Each option of a unit's call is one of its verb's. */
static void units_call_what_there_is(void)
{
    const char *said = vt_test_run(
        0, VT_ARGV("sh", "-c",
                   "set -euf\n"
                   "for unit in $(find examples/systemd -name '*.service'); do\n"
                   "  call=$(sed -n '/^ExecStart=/,/[^\\]$/p' $unit | tr -d '\\\\\\n')\n"
                   "  set -- ${call#*/vitrine}\n"
                   "  help=$(\"$0\" $1 $2 --help)\n"
                   "  for word; do case $word in --*) case $help in\n"
                   "    *\"$word \"*) ;; *) echo $unit: $word ;; esac ;; esac; done\n"
                   "done",
                   vt_test_vitrine()));

    VT_CHECK_SAYING(said[0] == '\0', "%s", said);
}

static const struct vt_case cases[] = {
    { "nginx takes its example", nginx_takes_its_example },
    { "a group may read the log", a_group_may_read_the_log },
    { "systemd takes the units", systemd_takes_the_units },
    { "units call what there is", units_call_what_there_is },
};

VT_TEST_MAIN("tests.examples", cases)
