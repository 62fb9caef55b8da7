/* Which program a role runs, and what it sees of our environment. */
#include "role/role.h"

extern char **environ;

/* Locale and time zone for messages, where PKCS#11 modules and OpenSSL look, which
 * authorities a connection believes, the tools of the tests.  No passphrase and no token of
 * anybody is on it. */
static const char *const PASSED_ON[] = {
    "PATH",          "TZ",
    "LANG",          "TMPDIR",
    "OPENSSL_CONF",  "OPENSSL_MODULES",
    "SOFTHSM2_CONF", "VITRINE_STAGE",
    "ASAN_OPTIONS",  "UBSAN_OPTIONS",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
};

char **vt_role_environment(void)
{
    const size_t names = sizeof PASSED_ON / sizeof PASSED_ON[0];
    char **out = vt_alloc_array(names + 1, sizeof *out);
    size_t count = 0;

    for (char **at = environ; *at != NULL && count < names; at++)
        for (size_t i = 0; i < names; i++)
            if (strncmp(*at, PASSED_ON[i], strlen(PASSED_ON[i])) == 0 &&
                (*at)[strlen(PASSED_ON[i])] == '=')
                out[count++] = *at;
    return out;
}

bool vt_role_program(char *path, size_t len, struct vt_error *err)
{
    ssize_t got = readlink("/proc/self/exe", path, len - 32);
    char *slash;

    if (got <= 0 || (size_t)got >= len - 32)
        return vt_fail(err, VT_IO, "/proc/self/exe: cannot tell which program runs");
    path[got] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL)
        return vt_fail(err, VT_IO, "/proc/self/exe: not a path");
    if (strncmp(slash, "/vitrine", strlen("/vitrine")) == 0)
        (void)snprintf(path, len, "/proc/self/exe"); /* also when the file was replaced */
    else
        (void)snprintf(slash, 32, "/%s", vt_role_program_name());
    return true;
}
