/* vitrine centre pages: are the pages that a Centre serves those of its list, and which
 * digest have they? */
#include "centre/page_list.h"
#include "cli/centre_verbs.h"
#include "cli/files.h"
#include "http/client.h"

const struct vt_option vt_cli_centre_pages_options[] = {
    { "expect", "HEX", "the digest that they should have, as `make centre-web` prints it",
      false, false },
    { "out", "FILE", "keep their list there: it is what a release of the pages names",
      false, false },
    { NULL, NULL, NULL, false, false },
};

enum { PAGE_BYTES_MAX = 16 << 20 };

/* index.html is what stands at "/". */
static bool check_page(struct vt_http_client *client, const char *base,
                       const struct vt_page_line *line, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF bytes = vt_buf_init(PAGE_BYTES_MAX);
    const char *path = vt_slice_is(line->path, "index.html")
                           ? "/"
                           : vt_arena_printf(arena, "/%.*s", VT_SLICE_ARGS(line->path));
    vt_hash hash;

    if (!vt_http_client_get(client, base, path, &bytes, err))
        return false;
    hash = vt_sha256_of(vt_buf_slice(&bytes));
    return vt_hash_equal(&hash, &line->hash) ||
           vt_fail(err, VT_REJECTED, "%.*s: is served with other bytes than the list says",
                   VT_SLICE_ARGS(line->path));
}

static bool check_all(struct vt_http_client *client, const char *base, vt_slice list,
                      size_t *count, struct vt_error *err)
{
    vt_reader r = { list };
    struct vt_page_line line;

    for (*count = 0; r.rest.len != 0; (*count)++) {
        if (*count == VT_PAGES_MAX)
            return vt_fail(err, VT_LIMIT, "more than %d pages", VT_PAGES_MAX);
        if (!vt_page_line_read(&r, &line, err) || !check_page(client, base, &line, err))
            return false;
    }
    return *count != 0 || vt_fail(err, VT_REJECTED, "%s: its list names no page", base);
}

bool vt_cli_centre_pages(struct vt_args *args, struct vt_error *err)
{
    const char *base = vt_args_operand(args, 0), *expected = vt_args_get(args, "expect");
    VT_AUTO_BUF list = vt_buf_init(VT_PAGE_LIST_BYTES_MAX);
    VT_AUTO_HTTP_CLIENT client = NULL;
    vt_hash digest, wanted;
    char hex[65];
    size_t count;

    if (expected != NULL && !vt_hash_parse_hex(vt_slice_from_cstr(expected), &wanted))
        return vt_args_misuse(args, err, "--expect: '%s' is not 64 hex digits", expected);
    if (!vt_http_url_check(base, err) || !vt_http_client_new(&client, err) ||
        !vt_http_client_get(client, base, "/api/v1/pages", &list, err) ||
        !check_all(client, base, vt_buf_slice(&list), &count, err))
        return false;
    digest = vt_sha256_of(vt_buf_slice(&list));
    vt_hash_text(&digest, hex);
    if (expected != NULL && !vt_hash_equal(&digest, &wanted))
        return vt_fail(err, VT_REJECTED, "%s serves other pages: %s", base, hex);
    if (vt_args_has(args, "out") &&
        !vt_cli_write(vt_args_get(args, "out"), vt_buf_slice(&list), 0644, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s,s:I}", "ok", 1, "pages", hex, "files", (json_int_t)count));
    else
        (void)printf("pages %s, %zu files%s\n", hex, count,
                     expected != NULL ? ", as expected" : "");
    return true;
}
