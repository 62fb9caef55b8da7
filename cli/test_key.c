/* `vitrine key`: what it writes, what it refuses, and that nobody hears a passphrase. */
#include "crypto/crypto.h"
#include "tests/harness.h"
#include <pty.h>
#include <sys/wait.h>

static mode_t mode_of(const char *path)
{
    struct stat about;

    VT_CHECK(stat(path, &about) == 0);
    return about.st_mode & 0777;
}

/* The value of a member in one line of JSON. */
static const char *member(const char *json, const char *name)
{
    const char *at = strstr(json, vt_test_print("\"%s\":\"", name));
    const char *value = at != NULL ? at + strlen(name) + 4 : NULL;

    VT_CHECK_SAYING(value != NULL && strchr(value, '"') != NULL, "no %s in %s", name, json);
    return vt_test_print("%.*s", (int)(strchr(value, '"') - value), value);
}

static void a_pair_is_made_once(void)
{
    const char *path = vt_test_path("a.key"), *beside = vt_test_path("a.key.pub");
    struct vt_error err = { 0 };
    struct vt_public_key public_key;
    VT_AUTO_KEY key = NULL;
    vt_slice before;
    const char *said = vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--out", path));

    VT_CHECK(strstr(said, "NOT encrypted") != NULL);
    VT_CHECK(mode_of(path) == 0600 && mode_of(beside) == 0644);
    VT_CHECK_OK(vt_key_open(path, (vt_slice){ 0 }, &key, &err));
    VT_CHECK_OK(vt_public_key_parse(vt_test_read(beside), &public_key, &err));
    VT_CHECK(memcmp(&public_key, vt_key_public(key), sizeof public_key) == 0);
    VT_CHECK(strstr(said, vt_public_key_id(&public_key).text) != NULL);

    before = vt_test_read(path);
    said = vt_test_run(1, VT_ARGV("vitrine", "key", "new", "--out", path));
    VT_CHECK(strstr(said, "exists") != NULL);
    VT_CHECK(unlink(path) == 0); /* the public half alone is in the way, too */
    (void)vt_test_run(1, VT_ARGV("vitrine", "key", "new", "--out", path));
    VT_CHECK(!vt_path_exists(path));
    VT_CHECK(unlink(beside) == 0);
    (void)vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--out", path));
    said = vt_test_run(1, VT_ARGV("vitrine", "key", "show", path));
    VT_CHECK(strstr(said, "its public half is in the file beside it") != NULL);
    VT_CHECK(!vt_slice_equal(before, vt_test_read(path))); /* a fresh one each time */
}

/* One whose second file cannot be written, here by the length of its name, leaves none. */
static void no_half_of_a_pair_stays(void)
{
    char name[256];
    const char *path;

    memset(name, 'k', 252);
    name[252] = '\0';
    path = vt_test_path(name);
    (void)vt_test_run(1, VT_ARGV("vitrine", "key", "new", "--out", path));
    VT_CHECK(!vt_path_exists(path));
}

static void misuse_and_trouble(void)
{
    const char *path = vt_test_path("a.key");

    (void)vt_test_run(2, VT_ARGV("vitrine", "key", "new"));
    (void)vt_test_run(3, VT_ARGV("vitrine", "key", "new", "--out",
                                 vt_test_path("no/such/folder/a.key"), "--passphrase-file",
                                 vt_test_path("none")));
    VT_CHECK(!vt_path_exists(vt_test_path("no")));
    vt_test_write(vt_test_path("empty"), VT_LIT("\nword\n"));
    (void)vt_test_run(1, VT_ARGV("vitrine", "key", "new", "--out", path,
                                 "--passphrase-file", vt_test_path("empty")));
    VT_CHECK(!vt_path_exists(path));
    (void)vt_test_run(2, VT_ARGV("vitrine", "key", "show"));
    (void)vt_test_run(2, VT_ARGV("vitrine", "key", "show", path, "--key", path));
    (void)vt_test_run(3, VT_ARGV("vitrine", "key", "show", path));
    (void)vt_test_run(3, VT_ARGV("vitrine", "key", "show", "--key", path));
    vt_test_write(path, VT_LIT("nonsense"));
    (void)vt_test_run(1, VT_ARGV("vitrine", "key", "show", path));
    vt_test_write(path, VT_LIT("d75a980182b10ab7d54bfed3c964073a"
                               "0ee172f3daa62325af021a68f707511a\n"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "key", "show", path));
    (void)vt_test_run(2, VT_ARGV("vitrine", "key", "show", path, "--name", "a b"));
    (void)vt_test_run(2, VT_ARGV("vitrine", "key", "show", path, "--name", "a+b"));
}

/* RFC 8032's first key, under the name of a log and of a witness. */
static void a_key_is_shown_by_all_its_names(void)
{
    const char *path = vt_test_path("pub"), *said, *text;
    struct vt_error err = { 0 };
    struct vt_vkey vkey;

    vt_test_write(path, VT_LIT("d75a980182b10ab7d54bfed3c964073a"
                               "0ee172f3daa62325af021a68f707511a\n"));
    said = vt_test_run(
        0, VT_ARGV("vitrine", "key", "show", path, "--name", "log.example", "--json"));
    VT_CHECK(strcmp(member(said, "public"), "d75a980182b10ab7d54bfed3c964073a"
                                            "0ee172f3daa62325af021a68f707511a") == 0);
    VT_CHECK(strlen(member(said, "keyid")) == 64);
    text = member(said, "log_vkey");
    VT_CHECK_OK(vt_vkey_parse(vt_slice_from_cstr(text), &vkey, &err));
    VT_CHECK(vkey.type == VT_NOTE_ED25519 && vt_slice_is(vkey.name, "log.example"));
    text = member(said, "witness_vkey");
    VT_CHECK_OK(vt_vkey_parse(vt_slice_from_cstr(text), &vkey, &err));
    VT_CHECK(vkey.type == VT_NOTE_COSIGNATURE && vkey.key[0] == 0xd7);
    text = vt_test_run(0, VT_ARGV("vitrine", "key", "show", path, "--name", "log.example"));
    VT_CHECK(strstr(text, member(said, "keyid")) != NULL);
    VT_CHECK(strstr(text, member(said, "log_vkey")) != NULL);
}

/* An encrypted key; the rest of the passphrase's file does not count. */
static const char *make_encrypted(void)
{
    const char *path = vt_test_path("e.key"), *said;

    vt_test_write(vt_test_path("word"), VT_LIT("correct horse\nignored\n"));
    vt_test_write(vt_test_path("wrong"), VT_LIT("correct horsf\n"));
    said = vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--out", path,
                                  "--passphrase-file", vt_test_path("word"), "--json"));
    VT_CHECK(strlen(member(said, "keyid")) == 64);
    return path;
}

static void an_encrypted_key_shows_its_public_half(void)
{
    const char *path = make_encrypted(), *said;
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;

    VT_CHECK_OK(vt_key_open(path, VT_LIT("correct horse"), &key, &err));
    said = vt_test_run(0, VT_ARGV("vitrine", "key", "show", "--key", path,
                                  "--passphrase-file", vt_test_path("word")));
    VT_CHECK(strstr(said, vt_public_key_id(vt_key_public(key)).text) != NULL);
    VT_CHECK(strstr(said, "PRIVATE") == NULL);
    said = vt_test_run(1, VT_ARGV("vitrine", "key", "show", "--key", path,
                                  "--passphrase-file", vt_test_path("wrong")));
    VT_CHECK(strstr(said, "passphrase") != NULL);
    (void)vt_test_run(1, VT_ARGV("vitrine", "key", "show", "--key", path));
}

/* Everything a terminal shows until the text appears, or to the end for NULL. */
static void listen_for(int terminal, const char *text, struct vt_buf *heard)
{
    char piece[256];
    ssize_t got;

    while (text == NULL || heard->len == 0 || strstr(vt_buf_cstr(heard), text) == NULL) {
        got = read(terminal, piece, sizeof piece);
        if (got <= 0)
            break; /* EIO: the other side has gone */
        vt_buf_put(heard, vt_slice_of(piece, (size_t)got));
    }
    VT_CHECK_SAYING(text == NULL || strstr(vt_buf_cstr(heard), text) != NULL,
                    "not heard: %s", text);
}

/* Type this at the prompt of `key show`; returns the exit code. */
static int ask_on_terminal(const char *path, const char *typed, struct vt_buf *heard)
{
    const char *vitrine = vt_test_vitrine();
    struct vt_error err = { 0 };
    int terminal, status;
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);

    if (pid == 0) {
        (void)execl(vitrine, "vitrine", "key", "show", "--key", path, NULL);
        _exit(127);
    }
    VT_CHECK(pid > 0);
    listen_for(terminal, "passphrase of", heard);
    listen_for(terminal, ": ", heard);
    VT_CHECK_OK(vt_fd_write_all(terminal, "terminal", vt_slice_from_cstr(typed), &err));
    listen_for(terminal, NULL, heard);
    VT_CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    (void)close(terminal);
    return WEXITSTATUS(status);
}

static void a_terminal_is_asked_without_echo(void)
{
    static const struct {
        const char *typed;
        int exit_code;
    } rows[] = {
        { "correct horse\n", 0 },
        { "correct horsf\n", 1 },
        { "\n", 1 },
        { "correct\003", 1 }, /* gave up */
    };
    const char *path = make_encrypted();

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_BUF heard = vt_buf_init(VT_KIB(16));

        VT_CHECK_SAYING(ask_on_terminal(path, rows[i].typed, &heard) == rows[i].exit_code,
                        "row %zu: %s", i, vt_buf_cstr(&heard));
        VT_CHECK_SAYING(strstr(vt_buf_cstr(&heard), "correct") == NULL, "row %zu echoed",
                        i);
        VT_CHECK((strstr(vt_buf_cstr(&heard), "keyid") != NULL) ==
                 (rows[i].exit_code == 0));
    }
}

/* An X25519 pair: kept, shown and guarded as the others are, and no key to sign with. */
static void an_identity_is_a_key_too(void)
{
    const char *path = vt_test_path("x.key"), *beside = vt_test_path("x.key.pub");
    const char *word = vt_test_path("word"), *said, *recipient;
    struct vt_error err = { 0 };
    VT_AUTO_AGE_IDENTITY identity = { 0 }, other = { 0 };
    struct vt_age_recipient theirs;
    vt_slice text;

    vt_test_write(word, VT_LIT("correct horse\n"));
    said = vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--type", "x25519", "--out",
                                  path, "--passphrase-file", word, "--json"));
    recipient = member(said, "recipient");
    VT_CHECK(mode_of(path) == 0600 && mode_of(beside) == 0644);
    text = vt_test_read(beside);
    VT_CHECK(vt_slice_is(text, vt_test_print("%s\n", recipient)));
    VT_CHECK_OK(vt_age_identity_open(path, VT_LIT("correct horse"), &identity, &err));
    VT_CHECK_OK(vt_age_recipient_parse(vt_slice_from_cstr(recipient), &theirs, &err));
    VT_CHECK(memcmp(&theirs, &identity.recipient, sizeof theirs) == 0);
    VT_CHECK_FAILS(VT_REJECTED, vt_age_identity_open(path, VT_LIT("wrong"), &other, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_age_identity_open(path, VT_LIT(""), &other, &err));

    said = vt_test_run(0, VT_ARGV("vitrine", "key", "show", "--type", "x25519", beside));
    VT_CHECK(strstr(said, recipient) != NULL);
    said = vt_test_run(0, VT_ARGV("vitrine", "key", "show", "--type", "x25519", "--key",
                                  path, "--passphrase-file", word));
    VT_CHECK(strstr(said, recipient) != NULL && strstr(said, "AGE-SECRET") == NULL);
    said = vt_test_run(
        1, VT_ARGV("vitrine", "key", "show", "--key", path, "--passphrase-file", word));
    VT_CHECK(strstr(said, "not an Ed25519") != NULL);
    (void)vt_test_run(1, VT_ARGV("vitrine", "key", "show", beside));
    (void)vt_test_run(2, VT_ARGV("vitrine", "key", "show", "--type", "x25519", beside,
                                 "--name", "log.example"));
    (void)vt_test_run(2, VT_ARGV("vitrine", "key", "new", "--type", "rsa", "--out",
                                 vt_test_path("y.key")));
    VT_CHECK(!vt_path_exists(vt_test_path("y.key")));
}

/* The halves must belong together, and others may not read the private one. */
static void identities_are_guarded(void)
{
    const char *path = vt_test_path("x.key"), *beside = vt_test_path("x.key.pub");
    struct vt_error err = { 0 };
    VT_AUTO_AGE_IDENTITY identity = { 0 };

    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "key", "new", "--type", "x25519", "--out", path));
    vt_test_write(beside,
                  VT_LIT("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equn"
                         "ujwj\n"));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_age_identity_open(path, (vt_slice){ 0 }, &identity, &err));
    VT_CHECK(unlink(beside) == 0);
    VT_CHECK_OK(vt_age_identity_open(path, (vt_slice){ 0 }, &identity, &err));
    vt_age_identity_clear(&identity);
    VT_CHECK(chmod(path, 0640) == 0);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_age_identity_open(path, (vt_slice){ 0 }, &identity, &err));
    VT_CHECK(chmod(path, 0600) == 0);
    vt_test_write(path, VT_LIT("nonsense"));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_age_identity_open(path, (vt_slice){ 0 }, &identity, &err));
}

static const struct vt_case cases[] = {
    { "an identity is a key too", an_identity_is_a_key_too },
    { "identities are guarded", identities_are_guarded },
    { "a pair is made once", a_pair_is_made_once },
    { "no half of a pair stays", no_half_of_a_pair_stays },
    { "misuse and trouble", misuse_and_trouble },
    { "a key is shown by all its names", a_key_is_shown_by_all_its_names },
    { "an encrypted key shows its public half", an_encrypted_key_shows_its_public_half },
    { "a terminal is asked without echo", a_terminal_is_asked_without_echo },
};

VT_TEST_MAIN("cli.key", cases)
