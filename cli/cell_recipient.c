/* vitrine cell recipient: the document that says whom clients seal their files to. */
#include "cell/recipient.h"
#include "cli/cell_verbs.h"
#include "cli/files.h"
#include "cli/trust.h"

const struct vt_option vt_cli_cell_recipient_options[] = {
    { "key", "FILE", "the recipient, one line: FILE.pub of `vitrine key new --type x25519`",
      true, false },
    { "cell", "NAME", "of this cell", true, false },
    { "country", "CC", "for data of this country", true, false },
    { "class", "CLASS", "of this class; else file", false, false },
    { "holder", "NAME", "who runs the key agent that has the private key", true, false },
    { "from", "TIME", "the period begins; else now", false, false },
    { "until", "TIME", "the period ends; else in 90 days", false, false },
    { "out", "FILE", "where the document goes", true, false },
    { NULL, NULL, NULL, false, false },
};

enum { PERIOD_S = 90 * 86400 };

static bool read_key(const char *path, struct vt_age_recipient *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));

    return vt_file_read(path, &text, err) &&
           vt_age_recipient_parse_file(vt_buf_slice(&text), path, out, err);
}

static bool read_period(struct vt_args *args, struct vt_recipient *out,
                        struct vt_error *err)
{
    int64_t now = vt_env_now_unix_s(vt_args_env(args));
    char from[VT_TIME_TEXT_BYTES], until[VT_TIME_TEXT_BYTES];

    if (!vt_cli_time(args, "from", now, from, err) ||
        !vt_time_parse(vt_slice_from_cstr(from), &out->from_unix_s) ||
        !vt_cli_time(args, "until", out->from_unix_s + PERIOD_S, until, err) ||
        !vt_time_parse(vt_slice_from_cstr(until), &out->until_unix_s))
        return false;
    return out->until_unix_s > out->from_unix_s ||
           vt_args_misuse(args, err, "--until: is not after --from");
}

static bool fill(struct vt_args *args, struct vt_recipient *out, struct vt_error *err)
{
    const char *cell = vt_args_get(args, "cell"), *country = vt_args_get(args, "country"),
               *data = vt_args_get(args, "class"), *holder = vt_args_get(args, "holder");
    enum vt_data_class known;
    size_t ignored;

    if (data == NULL)
        data = vt_data_class_name(VT_DATA_FILE);
    if (strlen(cell) >= sizeof out->cell)
        return vt_args_misuse(args, err, "--cell: at most 64 bytes");
    if (strlen(holder) >= sizeof out->holder)
        return vt_args_misuse(args, err, "--holder: at most %d bytes",
                              VT_RECIPIENT_HOLDER_MAX);
    if (!vt_country_of(vt_slice_from_cstr(country), &ignored))
        return vt_args_misuse(args, err, "--country: '%s' is none of ISO 3166", country);
    if (!vt_data_class_of(vt_slice_from_cstr(data), &known))
        return vt_args_misuse(args, err, "--class: file, lookup, statistic or account");
    (void)snprintf(out->cell, sizeof out->cell, "%s", cell);
    (void)snprintf(out->country, sizeof out->country, "%s", country);
    (void)snprintf(out->data_class, sizeof out->data_class, "%s", data);
    (void)snprintf(out->holder, sizeof out->holder, "%s", holder);
    return read_period(args, out, err) &&
           read_key(vt_args_get(args, "key"), &out->key, err);
}

bool vt_cli_cell_recipient(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "out");
    struct vt_recipient recipient = { .cell = "" };
    VT_AUTO_BUF text = vt_buf_init(VT_RECIPIENT_BYTES_MAX);
    char digest[65];
    vt_hash hash;

    if (!fill(args, &recipient, err) || !vt_recipient_write(&recipient, &text, err) ||
        !vt_cli_create(path, vt_buf_slice(&text), 0644, err))
        return false;
    hash = vt_sha256_of(vt_buf_slice(&text));
    vt_hash_text(&hash, digest);
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s,s:s}", "ok", 1, "file", path, "sha256", digest));
    else
        (void)printf(
            "%s: %s\nClients seal to it once the trust root certifies it "
            "(`vitrine trust certify --recipient`) and a head selects it\n"
            "(`vitrine cell publish --recipient`); its key agent takes it too (`vitrine "
            "keyagent init --certified`).\n",
            path, digest);
    return true;
}
