/* A key's row in a trust root or an enrolment, from options. */
#include "cli/trust.h"

/* --role as a role. */
bool vt_cli_trust_role(struct vt_args *args, enum vt_trust_role *out, struct vt_error *err)
{
    const char *text = vt_args_get(args, "role");

    return vt_trust_role_of(vt_slice_from_cstr(text), out) ||
           vt_args_misuse(args, err,
                          "--role: '%s' is none of root, foundation, vendor, supervisor, "
                          "reviewer, builder, residency, cell, reader, scanner, agent",
                          text);
}

static const char *text_or(struct vt_args *args, const char *option, const char *fallback)
{
    const char *text = vt_args_get(args, option);

    return text != NULL ? text : fallback;
}

static bool read_public(const char *path, struct vt_public_key *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(16));

    return vt_file_read(path, &text, err) &&
           (vt_public_key_parse(vt_buf_slice(&text), out, err) ||
            vt_within(err, "%s", path));
}

/* ISO 3166-1 alpha-2 in form: one spelling, so that one law is not counted twice. */
static bool is_country(const char *text)
{
    return strlen(text) == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' &&
           text[1] <= 'Z';
}

/* What has ended already could never count. */
static bool check_is_ahead(struct vt_args *args, const char *option, const char *time,
                           int64_t now_unix_s, struct vt_error *err)
{
    int64_t unix_s;

    return !vt_time_parse(vt_slice_from_cstr(time), &unix_s) || unix_s > now_unix_s ||
           vt_args_misuse(args, err, "--%s: %s has passed already", option, time);
}

bool vt_cli_trust_key_row(struct vt_args *args, int64_t begun, json_t **out,
                          struct vt_error *err)
{
    int64_t now = vt_env_now_unix_s(vt_args_env(args)), until_s = 0;
    char from[VT_TIME_TEXT_BYTES], until[VT_TIME_TEXT_BYTES], mandate[VT_TIME_TEXT_BYTES];
    struct vt_public_key key;
    struct vt_key_id id;
    char hex[65];
    json_t *row;
    const char *product;

    if (!is_country(vt_args_get(args, "jurisdiction")))
        return vt_args_misuse(args, err,
                              "--jurisdiction: '%s' is not two capital letters, say CH",
                              vt_args_get(args, "jurisdiction"));
    if (!read_public(vt_args_get(args, "public"), &key, err) ||
        !vt_cli_time(args, "from", begun, from, err) ||
        !vt_cli_time(args, "until", now + 2 * VT_TRUST_YEAR_S, until, err))
        return false;
    (void)!vt_time_parse(vt_slice_from_cstr(until), &until_s);
    if (!vt_cli_time(args, "mandate-until", until_s, mandate, err) ||
        !check_is_ahead(args, "until", until, now, err) ||
        !check_is_ahead(args, "mandate-until", mandate, now, err))
        return false;
    id = vt_public_key_id(&key);
    vt_hash_text((const vt_hash *)(const void *)&key, hex);
    row = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:s,s:s}}", "keyid", id.text, "public", hex,
        "holder", vt_args_get(args, "holder"), "role", vt_args_get(args, "role"),
        "jurisdiction", vt_args_get(args, "jurisdiction"), "from", from, "until", until,
        "mandate", "accreditation", text_or(args, "accreditation", "none stated"),
        "funding", text_or(args, "funding", "none stated"), "until", mandate);
    if (row == NULL)
        return vt_fail(err, VT_MALFORMED, "an option is not UTF-8");
    if (vt_args_has(args, "site"))
        (void)json_object_set_new(row, "site", json_string(vt_args_get(args, "site")));
    if (vt_args_has(args, "product"))
        (void)json_object_set_new(row, "products", json_array());
    for (size_t i = 0; (product = vt_args_get_at(args, "product", i)) != NULL; i++)
        (void)json_array_append_new(json_object_get(row, "products"), json_string(product));
    *out = row;
    return true;
}
