/* role centre-reader: reads what the Centre holds copies of, verifies it, and hands it to
 * the front as documents, a generation at a time; again when something has changed.
 *
 * Rights: read below the Centre's folder and that of the pages; its channel.  No socket, no
 * key, no writing. */
#include "centre/role_centre_reader.h"
#include "centre/centre.h"
#include "centre/gather.h"
#include "ledger/serve_message.h"

/* And reading below the folders, which it is told at the start. */
const struct vt_rights vt_centre_reader_rights = { .memory_bytes_max = VT_MIB(4096),
                                                   .files_max = 256 };

struct reader {
    struct vt_holding holding;
    json_t *words; /* owned; folder and pages point into it */
    const char *folder, *pages;
    uint64_t refresh_ms;
    vt_hash sent;    /* digest of what the front has */
    int64_t took_ms; /* the last look */
};

enum { REST = 9 }; /* times as long as a look: a tenth of our time at most is spent */

/* ---- sending ----------------------------------------------------------------------------
 */

static bool send_bytes(struct vt_channel *channel, vt_slice bytes, struct vt_error *err)
{
    for (size_t at = 0; at < bytes.len; at += VT_CENTRE_PIECE_BYTES) {
        size_t left = bytes.len - at;

        if (!vt_channel_send(
                channel, VT_CENTRE_PIECE,
                vt_slice_sub(bytes, at,
                             left < VT_CENTRE_PIECE_BYTES ? left : VT_CENTRE_PIECE_BYTES),
                err))
            return false;
    }
    return true;
}

static bool send_one(struct vt_channel *channel, const struct vt_gathered *row,
                     struct vt_error *err)
{
    VT_AUTO_BUF head = vt_buf_init(VT_KIB(1));

    vt_document_head_write(&row->head, &head);
    return vt_buf_check(&head, "a document", err) &&
           vt_channel_send(channel, VT_CENTRE_DOCUMENT, vt_buf_slice(&head), err) &&
           send_bytes(channel, row->plain, err) && send_bytes(channel, row->gzip, err);
}

static bool send_generation(struct vt_channel *channel, const struct vt_gathering *g,
                            struct vt_error *err)
{
    VT_AUTO_BUF turn = vt_buf_init(16);

    for (size_t i = 0; i < g->count; i++)
        if (!send_one(channel, &g->rows[i], err))
            return false;
    vt_turn_write(g->now_unix_s, &turn);
    return vt_channel_send(channel, VT_CENTRE_TURN, vt_buf_slice(&turn), err);
}

static bool look(struct reader *r, struct vt_channel *channel, struct vt_error *err)
{
    const struct vt_env env = vt_env_real();
    struct vt_gathering g = { .holding = &r->holding,
                              .folder = r->folder,
                              .pages = r->pages,
                              .now_unix_s = vt_env_now_unix_s(&env) };
    int64_t since_ms = vt_monotonic_ms();
    bool is_ok = vt_gather(&g, err);
    vt_hash digest;

    if (is_ok) {
        digest = vt_gathering_digest(&g);
        if (!vt_hash_equal(&digest, &r->sent))
            is_ok = send_generation(channel, &g, err);
        r->sent = digest;
    }
    vt_gathering_clear(&g);
    r->took_ms = vt_monotonic_ms() - since_ms;
    return is_ok;
}

/* ---- beginning and going on -------------------------------------------------------------
 */

static bool begin(struct vt_channel *channel, struct reader *r, struct vt_error *err)
{
    struct vt_rights rights = vt_centre_reader_rights;
    vt_slice folder;

    vt_json_prepare();
    if (!vt_serve_listen(channel, &r->words, err) ||
        !vt_json_get_text(r->words, "begin", "folder", &folder, err) ||
        !vt_json_get_number(r->words, "begin", "refresh_ms", &r->refresh_ms, err))
        return false;
    r->folder = json_string_value(json_object_get(r->words, "folder"));
    r->pages = json_string_value(json_object_get(r->words, "pages"));
    rights.read_folders[0] = r->folder;
    rights.read_folders[1] = r->pages;
    vt_confine(&rights);
    return vt_holding_open(r->folder, &r->holding, err) && vt_serve_ready(channel, err);
}

/* The front never says anything here: what can be received is its end. */
static bool wait_for_next(const struct reader *r, struct vt_channel *channel,
                          struct vt_error *err)
{
    int64_t wait_ms = (int64_t)r->refresh_ms; /* a day at most */
    struct vt_message message;

    if (wait_ms < REST * r->took_ms)
        wait_ms = REST * r->took_ms;
    if (vt_channel_receive(channel, wait_ms, &message, err))
        return vt_fail(err, VT_MALFORMED, "the front sent a message of type %u",
                       message.type);
    if (err->code != VT_LIMIT)
        return false;
    *err = (struct vt_error){ 0 }; /* the time is over: look again */
    return true;
}

int vt_role_centre_reader(struct vt_channel *channel)
{
    VT_AUTO_FREE struct reader *r = vt_alloc(sizeof *r);
    struct vt_error err = { 0 }, lost = { 0 };
    bool is_begun = begin(channel, r, &err);

    if (!is_begun)
        (void)!vt_channel_send_error(channel, &err, &lost);
    while (is_begun && look(r, channel, &err) && wait_for_next(r, channel, &err))
        continue;
    vt_holding_close(&r->holding);
    json_decref(r->words);
    if (is_begun && err.code != VT_ABSENT) /* absent: the front has ended */
        (void)fprintf(stderr, "vitrine centre-reader: %s\n", err.message);
    return !is_begun || err.code != VT_ABSENT ? vt_code_exit(err.code) : VT_EXIT_OK;
}
