/* One witness's view of one log. */
#include "ledger/view.h"
#include "crypto/sha256.h"
#include "wire/hex.h"
#include "wire/json.h"

enum { FILE_BYTES_MAX = 2 * VT_NOTE_BYTES_MAX };

void vt_view_init(struct vt_view *view, struct vt_arena *arena,
                  const struct vt_policy *policy, size_t witness, vt_slice origin,
                  const char *prefix)
{
    const struct vt_vkey *vkey = &policy->witnesses[witness].vkey;
    vt_hash id = vt_sha256_of(origin), key = vt_sha256_of(VT_BYTES(vkey->key));
    char origin_hex[VT_HEX256_BYTES], key_hex[VT_HEX256_BYTES];
    size_t len = strlen(prefix);

    vt_hash_text(&id, origin_hex);
    vt_hash_text(&key, key_hex);
    while (len > 1 && prefix[len - 1] == '/')
        len--;
    memset(view, 0, sizeof *view);
    view->file = vt_arena_printf(arena, "views/%s/%s.json", origin_hex, key_hex);
    view->alone = vt_arena_alloc(arena, sizeof *view->alone);
    *view->alone = *policy;
    view->alone->quorum = VT_POLICY_QUORUM_WITNESS;
    view->alone->quorum_index = (uint32_t)witness; /* at most VT_POLICY_WITNESSES_MAX */
    view->origin = origin;
    view->remote =
        vt_remote_new(vt_arena_printf(arena, "%.*s/%s", (int)len, prefix, origin_hex),
                      view->alone, origin);
    view->note = vt_buf_init(VT_NOTE_BYTES_MAX);
}

void vt_view_clear(struct vt_view *view)
{
    vt_remote_close(view->remote);
    view->remote = NULL;
    vt_buf_clear(&view->note);
}

/* A note that was verified becomes the largest one. */
static void take(struct vt_view *view, vt_slice note, const struct vt_tlog_verdict *verdict)
{
    vt_buf_truncate(&view->note, 0);
    vt_buf_put(&view->note, note);
    view->head = (struct vt_head){ verdict->size, verdict->root };
    view->time_unix_s = verdict->time_unix_s;
}

static bool read_file(const json_t *json, struct vt_view *view, vt_slice *note_out,
                      struct vt_error *err)
{
    static const char *const names[] = { "note", "pending", "since", "v", NULL };
    uint64_t version, since;

    if (!vt_json_only(json, view->file, names, err) ||
        !vt_json_get_text(json, view->file, "note", note_out, err) ||
        !vt_json_get_wide(json, view->file, "pending", &view->pending, err) ||
        !vt_json_get_number(json, view->file, "since", &since, err) ||
        !vt_json_get_number(json, view->file, "v", &version, err))
        return false;
    view->since_unix_s = (int64_t)since; /* at most VT_JSON_INTEGER_MAX */
    return version == 1 ||
           vt_fail(err, VT_MALFORMED, "%s: version %ju", view->file, (uintmax_t)version);
}

bool vt_view_recall(struct vt_view *view, struct vt_disk *disk, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(FILE_BYTES_MAX);
    VT_AUTO_JSON json = NULL;
    struct vt_tlog_verdict verdict;
    struct vt_error ignored = { 0 };
    vt_slice note;

    if (!vt_disk_read(disk, view->file, &bytes, err))
        return err->code == VT_ABSENT;
    if (!vt_json_parse_canonical(vt_buf_slice(&bytes), view->file, &json, err) ||
        !read_file(json, view, &note, err))
        return vt_within(err, "%s", vt_disk_path(disk));
    if (vt_tlog_checkpoint_verify(note, view->alone, view->origin, &verdict, &ignored))
        take(view, note, &verdict);
    else
        view->pending = 0; /* the policy has changed since */
    return true;
}

bool vt_view_ask(struct vt_view *view, struct vt_buf *note_out, struct vt_head *head_out,
                 struct vt_error *err)
{
    return vt_remote_checkpoint(view->remote, note_out, head_out, NULL, err);
}

static bool write_file(const struct vt_view *view, struct vt_disk *disk,
                       struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(FILE_BYTES_MAX);
    vt_slice note = vt_buf_slice(&view->note);
    VT_AUTO_JSON json = json_pack("{s:s%,s:o,s:I,s:i}", "note", (const char *)note.data,
                                  note.len, "pending", vt_json_wide(view->pending), "since",
                                  (json_int_t)view->since_unix_s, "v", 1);

    return vt_json_write_canonical(json, &bytes, err) &&
           vt_disk_write(disk, view->file, vt_buf_slice(&bytes), 0644, err);
}

/* What a log has shown is waited for no longer; what it has not is, from the time when the
 * witness had it. */
static void await(struct vt_view *view, uint64_t held_size, int64_t now_unix_s)
{
    if (view->pending > held_size)
        return;
    view->pending = view->head.size > held_size ? view->head.size : 0;
    view->since_unix_s = 0;
    if (view->pending != 0)
        view->since_unix_s =
            view->time_unix_s < now_unix_s ? view->time_unix_s : now_unix_s;
}

bool vt_view_remember(struct vt_view *view, vt_slice shown, uint64_t held_size,
                      int64_t now_unix_s, struct vt_disk *disk, struct vt_error *err)
{
    uint64_t pending = view->pending, size = view->head.size;
    bool is_new = view->note.len == 0;
    struct vt_tlog_verdict verdict;

    if (shown.len != 0) {
        if (!vt_tlog_checkpoint_verify(shown, view->alone, view->origin, &verdict, err))
            return false;
        if (is_new || verdict.size > size)
            take(view, shown, &verdict);
    }
    if (view->note.len == 0)
        return true;
    await(view, held_size, now_unix_s);
    return (!is_new && view->pending == pending && view->head.size == size) ||
           write_file(view, disk, err);
}
