/* Reading trust roots in each of their states: draft, on the way, whole. */
#include "cli/trust.h"
#include "evidence/trust_store.h"
#include <sys/file.h>

void vt_trust_paper_clear(struct vt_trust_paper *paper)
{
    vt_fd_close(&paper->lock_fd);
    vt_buf_clear(&paper->bytes);
    vt_json_clear(&paper->draft);
    vt_trust_free(paper->trust);
    paper->trust = NULL;
}

static bool take(struct vt_trust_paper *paper, const char *path, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;

    if (!vt_json_parse(vt_buf_slice(&paper->bytes), path, &json, err))
        return false;
    if (vt_json_has(json, "payload"))
        return vt_trust_parse_unsigned(vt_buf_slice(&paper->bytes), &paper->trust, err) ||
               vt_within(err, "%s", path);
    paper->draft = json_incref(json);
    return vt_trust_of_draft(json, &paper->trust, err) || vt_within(err, "%s", path);
}

bool vt_trust_paper_read(const char *path, struct vt_trust_paper *out, struct vt_error *err)
{
    VT_AUTO_TRUST_PAPER paper = { .lock_fd = -1, .bytes = vt_buf_init(VT_TRUST_BYTES_MAX) };

    if (!vt_file_read(path, &paper.bytes, err))
        return false;
    if (paper.bytes.len > 0 && paper.bytes.data[paper.bytes.len - 1] == '\n')
        vt_buf_truncate(&paper.bytes, paper.bytes.len - 1);
    if (!take(&paper, path, err))
        return false;
    *out = paper;
    paper = (struct vt_trust_paper){ .lock_fd = -1 };
    return true;
}

/* Files are replaced, so the lock that we got may be on one that is no longer there.  A
 * file that cannot be opened is left to its reader, who says why. */
int vt_cli_lock_file(const char *path)
{
    struct stat held, there;

    for (;;) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        if (fd < 0 || flock(fd, LOCK_EX) != 0 || fstat(fd, &held) != 0 ||
            stat(path, &there) != 0 ||
            (held.st_ino == there.st_ino && held.st_dev == there.st_dev))
            return fd;
        vt_fd_close(&fd);
    }
}

bool vt_trust_paper_hold(const char *path, struct vt_trust_paper *out, struct vt_error *err)
{
    VT_AUTO_FD fd = vt_cli_lock_file(path);

    if (!vt_trust_paper_read(path, out, err))
        return false;
    out->lock_fd = vt_take_fd(&fd);
    return true;
}

bool vt_cli_trust_is_missing(struct vt_error *err)
{
    if (err->code == VT_ABSENT)
        err->code = VT_IO;
    return false;
}

bool vt_cli_trust_read(const char *path, struct vt_trust **out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);
    struct stat about;

    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return vt_trust_store_read(path, out, err) || vt_cli_trust_is_missing(err);
    if (!vt_file_read(path, &bytes, err))
        return false;
    return vt_trust_parse(vt_buf_slice(&bytes), out, err) || vt_within(err, "%s", path);
}

static bool has_signed(const struct vt_signers *signers, const struct vt_trust_key *key)
{
    for (size_t i = 0; i < signers->count; i++)
        if (signers->rows[i].key == key && signers->rows[i].standing == VT_REGARD_GOOD)
            return true;
    return false;
}

bool vt_trust_missing(const struct vt_trust *by, const struct vt_trust *paper,
                      json_t *missing)
{
    return vt_cli_missing(by, VT_ROLE_ROOT, &paper->envelope, paper->created_unix_s,
                          missing);
}

bool vt_cli_missing(const struct vt_trust *by, enum vt_trust_role role,
                    const struct vt_envelope *envelope, int64_t time_unix_s,
                    json_t *missing)
{
    struct vt_keyring keyring = { .trust = by };
    struct vt_signers signers = { .count = 0 };

    (void)vt_signers_add(&signers, &keyring, role, envelope, time_unix_s, (vt_slice){ 0 });
    for (size_t i = 0; i < by->key_count; i++) {
        const struct vt_trust_key *key = &by->keys[i];

        if (key->role == role && !has_signed(&signers, key))
            (void)json_array_append_new(
                missing, json_pack("{s:s%,s:s%}", "holder", (const char *)key->holder.data,
                                   key->holder.len, "keyid", (const char *)key->keyid.data,
                                   key->keyid.len));
    }
    return vt_signers_judge(&signers, &by->thresholds[role]) == VT_REGARD_GOOD;
}

bool vt_cli_time(struct vt_args *args, const char *option, int64_t fallback,
                 char out[VT_TIME_TEXT_BYTES], struct vt_error *err)
{
    const char *text = vt_args_get(args, option);
    int64_t unix_s = fallback;

    if (text != NULL && !vt_time_parse(vt_slice_from_cstr(text), &unix_s))
        return vt_args_misuse(args, err, "--%s: '%s' is no time like 2026-11-23T17:37:25Z",
                              option, text);
    vt_time_write(unix_s, out);
    return true;
}

bool vt_cli_trust_write(const char *path, const json_t *value, struct vt_error *err)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_SORT_KEYS);
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);

    if (text == NULL)
        return vt_fail(err, VT_IO, "%s: out of memory", path);
    vt_buf_put_text(&bytes, text);
    vt_buf_put_u8(&bytes, '\n');
    free(text);
    return vt_buf_check(&bytes, path, err) &&
           vt_cli_write(path, vt_buf_slice(&bytes), 0644, err);
}

bool vt_cli_trust_said(struct vt_args *args, const char *path, const char *what)
{
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s}", "ok", 1, "file", path));
    else
        (void)printf("%s: %s\n", path, what);
    return true;
}
