/* Reading keys and writing answers where a person said. */
#include "cli/files.h"
#include "crypto/verify_note.h"
#include "store/disk.h"
#include <jansson.h>
#include <termios.h>

bool vt_cli_passphrase(struct vt_args *args, struct vt_buf *out, struct vt_error *err)
{
    return vt_cli_passphrase_of(args, "passphrase-file", out, err);
}

bool vt_cli_passphrase_of(struct vt_args *args, const char *option, struct vt_buf *out,
                          struct vt_error *err)
{
    return vt_cli_first_line(vt_args_get(args, option), out, err);
}

bool vt_cli_first_line(const char *path, struct vt_buf *out, struct vt_error *err)
{
    const uint8_t *line_end;

    if (path == NULL)
        return true;
    if (!vt_file_read(path, out, err))
        return false;
    line_end = out->len != 0 ? memchr(out->data, '\n', out->len) : NULL;
    if (line_end != NULL)
        vt_buf_truncate(out, (size_t)(line_end - out->data)); /* lies inside */
    if (out->len > 0 && out->data[out->len - 1] == '\r')
        vt_buf_truncate(out, out->len - 1);
    if (out->len == 0)
        return vt_fail(err, VT_REJECTED, "%s: its first line is empty", path);
    return true;
}

bool vt_cli_vkey_read(struct vt_args *args, struct vt_vkey *out, struct vt_error *err)
{
    struct vt_error why = { 0 };

    return vt_vkey_parse(vt_slice_from_cstr(vt_args_get(args, "vkey")), out, &why) ||
           vt_args_misuse(args, err, "--vkey: %s", why.message);
}

void vt_cli_passphrase_ask(struct vt_buf *out, const char *what)
{
    VT_AUTO_FD fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    struct termios before, quiet;
    char byte;

    if (fd < 0 || tcgetattr(fd, &before) != 0)
        return;
    quiet = before;
    /* Without signals: who gives up half-way must not be left without an echo. */
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    quiet.c_cc[VEOL] = quiet.c_cc[VINTR];   /* ends the line, so that we see it at once */
    (void)tcsetattr(fd, TCSAFLUSH, &quiet); /* before a person can begin to type */
    (void)dprintf(fd, "passphrase of %s: ", what);
    while (read(fd, &byte, 1) == 1 && byte != '\n') {
        if (byte == (char)quiet.c_cc[VINTR]) {
            vt_buf_truncate(out, 0);
            break;
        }
        vt_buf_put_u8(out, (uint8_t)byte);
    }
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    (void)dprintf(fd, "\n");
}

/* Try with the passphrase that was given; where one is needed, ask for it. */
static bool open_key(struct vt_args *args,
                     bool (*try)(const char *where, vt_slice passphrase, void *out,
                                 struct vt_error *err),
                     void *out, struct vt_error *err)
{
    const char *where = vt_args_get(args, "key");
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    bool ok;

    if (!vt_cli_passphrase(args, &passphrase, err))
        return false;
    ok = try(where, vt_buf_slice(&passphrase), out, err);
    if (!ok && err->code == VT_REJECTED && passphrase.len == 0 && isatty(STDIN_FILENO)) {
        vt_cli_passphrase_ask(&passphrase, where);
        ok = passphrase.len != 0 && try(where, vt_buf_slice(&passphrase), out, err);
    }
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    return ok;
}

static bool try_key(const char *where, vt_slice passphrase, void *out, struct vt_error *err)
{
    return vt_key_open(where, passphrase, out, err);
}

bool vt_cli_key_open(struct vt_args *args, struct vt_key **key_out, struct vt_error *err)
{
    return open_key(args, try_key, key_out, err);
}

static bool try_identity(const char *where, vt_slice passphrase, void *out,
                         struct vt_error *err)
{
    return vt_age_identity_open(where, passphrase, out, err);
}

bool vt_cli_identity_open(struct vt_args *args, struct vt_age_identity *out,
                          struct vt_error *err)
{
    return open_key(args, try_identity, out, err);
}

/* The folder of a path as an open disk, and the rest as a name in it. */
static bool open_folder(const char *path, struct vt_disk **disk, const char **name,
                        struct vt_error *err)
{
    const char *slash = strrchr(path, '/');
    VT_AUTO_FREE char *folder = NULL;

    if (slash == NULL)
        folder = vt_strdup_slice(VT_LIT("."));
    else if (slash == path)
        folder = vt_strdup_slice(VT_LIT("/"));
    else
        folder = vt_strdup_slice(vt_slice_of(path, (size_t)(slash - path)));
    *name = slash == NULL ? path : slash + 1;
    if (**name == '\0')
        return vt_fail(err, VT_IO, "%s: is a folder, name a file", path);
    return vt_disk_open(folder, false, disk, err);
}

/* Into what is no file but takes bytes: a terminal, /dev/null, a FIFO. */
static bool write_through(const char *path, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_FD fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    struct stat about;

    if (fd < 0 || fstat(fd, &about) != 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    if (!S_ISCHR(about.st_mode) && !S_ISFIFO(about.st_mode))
        return vt_fail(err, VT_IO, "%s: changed while it was looked at; ask again", path);
    return vt_fd_write_all(fd, path, bytes, err);
}

bool vt_cli_write(const char *path, vt_slice bytes, mode_t mode, struct vt_error *err)
{
    struct vt_disk *disk;
    const char *name;
    struct stat about, leads_to;
    bool ok;

    /* Only a file is replaced. */
    if (lstat(path, &about) == 0 && !S_ISREG(about.st_mode)) {
        if (stat(path, &leads_to) == 0 &&
            (S_ISCHR(leads_to.st_mode) || S_ISFIFO(leads_to.st_mode)))
            return write_through(path, bytes, err);
        return vt_fail(err, VT_IO, "%s: is %s and is not replaced; name a file", path,
                       S_ISDIR(about.st_mode)   ? "a folder"
                       : S_ISLNK(about.st_mode) ? "a symbolic link"
                                                : "a device or socket");
    }
    if (!open_folder(path, &disk, &name, err))
        return false;
    ok = vt_disk_write(disk, name, bytes, mode, err);
    vt_disk_close(disk);
    return ok;
}

bool vt_cli_create(const char *path, vt_slice bytes, mode_t mode, struct vt_error *err)
{
    struct vt_disk *disk;
    const char *name;
    bool ok;

    if (!open_folder(path, &disk, &name, err))
        return false;
    ok = vt_disk_create(disk, name, bytes, mode, err);
    vt_disk_close(disk);
    return ok;
}

bool vt_cli_take_away(const char *path, struct vt_error *err)
{
    struct vt_disk *disk;
    const char *name;
    bool ok;

    if (!open_folder(path, &disk, &name, err))
        return false;
    ok = vt_disk_remove(disk, name, err);
    vt_disk_close(disk);
    return ok;
}

void vt_cli_print_json(json_t *value)
{
    (void)json_dumpf(value, stdout, JSON_COMPACT | JSON_SORT_KEYS);
    (void)putchar('\n');
    json_decref(value);
}

void vt_cli_print_text(vt_slice text)
{
    VT_AUTO_FREE char *shown = vt_strdup_slice(text);

    vt_text_make_printable(shown, false);
    (void)fputs(shown, stdout);
}

json_t *vt_cli_json_text(vt_slice text)
{
    VT_AUTO_BUF plain = vt_buf_init(text.len + 1);

    if (vt_slice_is_utf8(text))
        return json_stringn((const char *)text.data, text.len);
    for (size_t i = 0; i < text.len; i++)
        vt_buf_put_u8(&plain, text.data[i] < 0x80 ? text.data[i] : '?');
    return json_stringn((const char *)plain.data, plain.len);
}
