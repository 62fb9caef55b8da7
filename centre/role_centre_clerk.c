/* role centre-clerk: takes signed statements that officers of supervisor and foundation
 * hand in, or says why not.  It reads an envelope, and what is in it only when a key of
 * theirs has signed it (centre/handing.h).
 *
 * Rights: write FOLDER/handed, whose content is judged again by whoever takes it; know
 * which releases the desk's copy has.  Its channel; no socket, no key.  The trust root is
 * read before the rights are given up. */
#include "centre/role_centre_clerk.h"
#include "centre/answering.h"
#include "centre/centre.h"
#include "centre/handing.h"
#include "centre/message.h"
#include "centre/source_question.h"
#include "evidence/field.h"
#include "http/http.h"
#include "ledger/serve_message.h"

const struct vt_rights vt_centre_clerk_rights = { .folder = "", /* told at the start */
                                                  .memory_bytes_max = VT_MIB(512) };

struct clerk {
    struct vt_buf trust_bytes;
    struct vt_trust *trust;
    struct vt_disk *handed, *desk; /* desk NULL: there is no copy of one */
};

/* ---- one statement ----------------------------------------------------------------------
 */

/* What names a release names one that the desk has. */
static bool check_release(const struct clerk *c, const struct vt_envelope *envelope,
                          struct vt_error *err)
{
    const json_t *predicate = envelope->statement.predicate;
    vt_slice product = vt_field_text(predicate, "product"),
             version = vt_field_text(predicate, "version");
    VT_AUTO_ARENA arena = vt_arena_new();

    if (vt_handed_place_of(envelope->statement.type) != VT_HANDED_DESK)
        return true;
    if (!vt_source_name_is_good(product) || !vt_source_name_is_good(version) ||
        c->desk == NULL ||
        !vt_disk_has(c->desk,
                     vt_arena_printf(arena, "releases/%.*s/%.*s", VT_SLICE_ARGS(product),
                                     VT_SLICE_ARGS(version))))
        return vt_fail(err, VT_REJECTED,
                       "this Centre's copy of the desk knows no %.*s %.*s",
                       VT_SLICE_ARGS(product), VT_SLICE_ARGS(version));
    return true;
}

static bool take(struct clerk *c, vt_slice bytes, json_t **out, struct vt_error *err)
{
    const struct vt_env env = vt_env_real();
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    bool is_there;

    if (!vt_handed_judge(c->trust, bytes, vt_env_now_unix_s(&env), &envelope, err) ||
        !check_release(c, &envelope, err) ||
        !vt_handed_put(c->handed, bytes, &is_there, err))
        return false;
    *out = vt_handed_json(c->trust, &envelope);
    (void)json_object_set_new(*out, "is_new", json_boolean(!is_there));
    return true;
}

static uint16_t status_of(enum vt_code code)
{
    return code == VT_MALFORMED  ? VT_HTTP_BAD_REQUEST
           : code == VT_REJECTED ? VT_HTTP_UNPROCESSABLE
                                 : VT_HTTP_UNAVAILABLE;
}

static bool on_ask(void *context, struct vt_channel *channel, vt_slice body,
                   struct vt_error *err)
{
    struct vt_centre_answer answer = { .status = VT_HTTP_OK, .type = VT_TYPE_JSON };
    VT_AUTO_BUF text = vt_buf_init(VT_CENTRE_ANSWER_BYTES_MAX);
    VT_AUTO_BUF message = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_error why = { 0 };
    vt_reader r = { body };
    VT_AUTO_JSON json = NULL;

    if (!vt_read_u32(&r, &answer.place) || answer.place >= VT_CENTRE_ASKED_MAX)
        return vt_fail(err, VT_MALFORMED, "the front handed in without a form");
    if (!take(context, r.rest, &json, &why)) {
        if (why.code == VT_IO && vt_disk_is_spoiled(((struct clerk *)context)->handed)) {
            *err = why; /* its state is unknown */
            return false;
        }
        answer.status = status_of(why.code);
        answer.type = VT_TYPE_PROBLEM;
        json = json_pack("{s:i,s:s}", "status", answer.status, "title", why.message);
    }
    if (!vt_json_write_canonical(json, &text, err))
        return false;
    answer.bytes = vt_buf_slice(&text);
    vt_centre_answer_write(&answer, &message);
    return vt_buf_check(&message, "an answer", err) &&
           vt_channel_send(channel, VT_CENTRE_ANSWER, vt_buf_slice(&message), err);
}

/* ---- beginning and ending ---------------------------------------------------------------
 */

static bool read_trust(struct clerk *c, const char *path, struct vt_error *err)
{
    c->trust_bytes = vt_buf_init(VT_TRUST_BYTES_MAX + 1);
    if (!vt_file_read(path, &c->trust_bytes, err))
        return false;
    if (vt_slice_ends_with(vt_buf_slice(&c->trust_bytes), VT_LIT("\n")))
        vt_buf_truncate(&c->trust_bytes, c->trust_bytes.len - 1);
    return vt_trust_parse(vt_buf_slice(&c->trust_bytes), &c->trust, err) ||
           vt_within(err, "%s", path);
}

static bool begin(struct vt_channel *channel, struct clerk *c, struct vt_error *err)
{
    struct vt_rights rights = vt_centre_clerk_rights;
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_JSON words = NULL;
    const char *folder, *desk;

    vt_json_prepare();
    if (!vt_serve_listen(channel, &words, err))
        return false;
    folder = vt_serve_copy_text(arena, words, "folder");
    if (folder == NULL)
        return vt_fail(err, VT_MALFORMED, "begin: no folder");
    desk = vt_arena_printf(arena, "%s/" VT_CENTRE_DESK, folder);
    rights.folder = vt_arena_printf(arena, "%s/" VT_CENTRE_HANDED, folder);
    if (!read_trust(c, vt_arena_printf(arena, "%s/" VT_CENTRE_TRUST, folder), err) ||
        !vt_disk_open(rights.folder, false, &c->handed, err) ||
        !vt_disk_lock(c->handed, err) || !vt_disk_sweep(c->handed, "", err) ||
        (vt_path_exists(desk) && !vt_disk_open(desk, false, &c->desk, err)))
        return false;
    rights.read_folders[0] = c->desk != NULL ? desk : NULL;
    vt_confine(&rights);
    return vt_serve_ready(channel, err);
}

int vt_role_centre_clerk(struct vt_channel *channel)
{
    struct clerk clerk = { .trust = NULL };
    const struct vt_answering answering = { VT_ROLE_CENTRE_CLERK, on_ask, &clerk };
    struct vt_error err = { 0 };
    bool is_begun = begin(channel, &clerk, &err);
    int code = vt_centre_answer_all(&answering, channel, is_begun, &err);

    vt_trust_free(clerk.trust);
    vt_buf_clear(&clerk.trust_bytes);
    if (clerk.handed != NULL)
        vt_disk_close(clerk.handed);
    if (clerk.desk != NULL)
        vt_disk_close(clerk.desk);
    return code;
}
