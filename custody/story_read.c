/* The story, from a ledger elsewhere. */
#include "custody/story.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"
#include "ledger/walk.h"

static bool take(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    (void)err;
    vt_story_take(context, index, entry);
    return true;
}

/* The entry that a keeping's proof speaks of.  One that is not there is no trouble of ours:
 * then the keeping proves nothing. */
static bool prove(struct vt_story *story, struct vt_remote *remote,
                  const struct vt_head *head, struct vt_said *row, struct vt_error *err)
{
    vt_slice text = vt_field_text(vt_said_predicate(row), "proof");
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error why = { 0 };
    struct vt_tlog_proof proof;

    if (text.len == 0)
        return true; /* of a document */
    if (!vt_tlog_proof_parse(text, &proof, &why)) {
        vt_strays_add(&story->strays, row->index, "its proof: %s", why.message);
        return true;
    }
    if (proof.index >= head->size) {
        vt_strays_add(&story->strays, row->index,
                      "its proof is of an entry that is not "
                      "here");
        return true;
    }
    if (!vt_walk_entry(remote, head, proof.index, &entry, err))
        return false;
    vt_story_prove(story, row, proof.index, vt_buf_slice(&entry));
    return true;
}

static bool read_all(struct vt_story *story, struct vt_remote *remote, struct vt_error *err)
{
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    int64_t time = 0;
    struct vt_head head;

    if (!vt_remote_checkpoint(remote, &note, &head, &time, err))
        return false;
    if (time != 0)
        story->seen_unix_s = time;
    story->entries = head.size;
    if (!vt_walk_entries(remote, &head, take, story, err))
        return false;
    for (size_t i = 0; i < story->count; i++)
        if (story->rows[i]->envelope.statement.type == VT_KEPT &&
            !prove(story, remote, &head, story->rows[i], err))
            return false;
    return true;
}

bool vt_story_read(const char *where, const struct vt_trust *trust, int64_t now_unix_s,
                   struct vt_story **out, struct vt_error *err)
{
    VT_AUTO_REMOTE remote = vt_remote_new(where, &trust->policy, trust->release_origin);
    VT_AUTO_STORY story = vt_story_new(trust, now_unix_s);

    if (!vt_remote_find(remote, err))
        return false;
    if (!read_all(story, remote, err))
        return vt_within(err, "%s", where);
    *out = story;
    story = NULL;
    return true;
}
