/* Asking a cell about files, and saying what left the machine.
 *
 * Hashes are asked for by bucket, in their order, each bucket once.  What the cache holds
 * is answered first and in silence.  For the rest the switch must be on, and the line in
 * the record is durable, before the first prefix leaves; that is looked at again for each
 * portion, so that who turns the switch off in the middle is heard. */
#include "cli/client_session.h"

enum { PREFIXES_A_LINE = 40 }; /* so that the line of the record holds them all */

bool vt_client_session_is_local(const struct vt_client_session *s, const vt_hash *hash)
{
    return !vt_args_has(s->args, "ask-all") &&
           !vt_filter_may_have(&s->filter, s->has_delta ? &s->delta : NULL, hash);
}

/* ---- one bucket -------------------------------------------------------------------------
 */

static const struct vt_cell_tree *tree_of(const struct vt_client_session *s)
{
    return &s->head.file->head.tree;
}

/* Verdicts of one bucket, beside each other. */
struct portion {
    struct vt_cell_verdict *verdicts;
    size_t count;
    uint32_t index; /* the bucket */
};

static bool ask_bucket(struct vt_client_session *s, const struct portion *portion,
                       struct vt_error *err)
{
    VT_AUTO_BUF answer = vt_buf_init(vt_answer_bytes(tree_of(s)));

    if (!vt_cell_source_answer(s->source, tree_of(s), &portion->verdicts[0].hash, &answer,
                               err))
        return false;
    for (size_t i = 0; i < portion->count; i++) {
        vt_hash hash = portion->verdicts[i].hash;

        if (!vt_answer_check(tree_of(s), vt_buf_slice(&answer), &hash,
                             &portion->verdicts[i], err))
            return false;
    }
    return true;
}

static int compare_hashes(const void *a, const void *b)
{
    const struct vt_cell_verdict *left = a, *right = b;

    return memcmp(left->hash.bytes, right->hash.bytes, VT_SHA256_BYTES);
}

static size_t split(const struct vt_client_session *s, struct vt_cell_verdict *verdicts,
                    size_t count, struct portion *portions)
{
    size_t made = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t index = vt_bucket_of(&verdicts[i].hash, tree_of(s)->bits);

        if (made == 0 || portions[made - 1].index != index)
            portions[made++] = (struct portion){ &verdicts[i], 0, index };
        portions[made - 1].count++;
    }
    return made;
}

/* ---- the record -------------------------------------------------------------------------
 */

static void put_prefixes(const struct vt_client_session *s, const struct portion *portions,
                         size_t count, struct vt_buf *out)
{
    unsigned bits = tree_of(s)->bits;

    for (size_t i = 0; i < count; i++)
        vt_buf_printf(out, "%s%0*" PRIx32, i != 0 ? " " : "", (int)((bits + 3) / 4),
                      portions[i].index);
}

static bool record(struct vt_client_session *s, struct vt_sent *sent, vt_slice prefixes,
                   size_t count, struct vt_error *err)
{
    const char *what =
        vt_arena_printf(s->arena, "the first %u bits of %zu hash%s, %s: %.*s",
                        tree_of(s)->bits, count, count == 1 ? "" : "es",
                        s->has_relay ? "through the relay" : "with this machine's address",
                        VT_SLICE_ARGS(prefixes));
    const struct vt_sent_record line = {
        .at_unix_s = vt_env_now_unix_s(vt_args_env(s->args)),
        .kind = VT_SENT_LOOKUP,
        .cell = vt_slice_from_cstr(s->cell),
        .what = vt_slice_from_cstr(what),
        .sha256 = vt_sha256_of(prefixes),
        .bytes = prefixes.len,
    };

    return vt_sent_append(sent, &line, err);
}

/* May it leave, and is it written down? */
static bool clear_to_send(struct vt_client_session *s, const struct portion *portions,
                          size_t count, bool *is_allowed, struct vt_error *err)
{
    VT_AUTO_BUF prefixes = vt_buf_init(PREFIXES_A_LINE * 8);
    VT_AUTO_HOME home = NULL;
    VT_AUTO_SENT sent = NULL;
    struct vt_consent consent = { 0 };

    put_prefixes(s, portions, count, &prefixes);
    if (s->home[0] != '\0' &&
        (!vt_cli_home_open(s->args, &home, err) || !vt_consent_read(home, &consent, err)))
        return false;
    *is_allowed = vt_consent_allows(&consent, VT_CONSENT_ASK, err);
    return !*is_allowed ||
           (vt_sent_open(home, &sent, err) && vt_buf_check(&prefixes, "prefixes", err) &&
            record(s, sent, vt_buf_slice(&prefixes), count, err));
}

/* ---- asking -----------------------------------------------------------------------------
 */

/* What the cache answers falls out of the list; *count is what is left. */
static bool ask_silently(struct vt_client_session *s, struct portion *portions,
                         size_t *count, struct vt_error *err)
{
    size_t left = 0;

    vt_cell_source_allow(s->source, false);
    for (size_t i = 0; i < *count; i++) {
        struct vt_error why = { 0 };

        if (ask_bucket(s, &portions[i], &why)) {
            s->asked.from_cache += portions[i].count;
        } else if (why.code == VT_ABSENT) {
            portions[left++] = portions[i];
        } else {
            *err = why;
            return false;
        }
    }
    vt_cell_source_allow(s->source, true);
    *count = left;
    return true;
}

static bool ask_aloud(struct vt_client_session *s, const struct portion *portions,
                      size_t count, struct vt_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!ask_bucket(s, &portions[i], err))
            return err->code != VT_ABSENT
                       ? false
                       : vt_within(err, "the head commits to a file that is not served");
        s->asked.hashes += portions[i].count;
    }
    return true;
}

/* Nobody answers for these. */
static void leave_open(const struct portion *portions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < portions[i].count; k++)
            portions[i].verdicts[k].state = VT_STATES;
}

static bool ask_portions(struct vt_client_session *s, struct portion *portions,
                         size_t count, bool *is_allowed_out, struct vt_error *err)
{
    if (!vt_cell_source_is_remote(s->source))
        return ask_aloud(s, portions, count, err);
    if (!ask_silently(s, portions, &count, err))
        return false;
    for (size_t at = 0; at < count; at += PREFIXES_A_LINE) {
        size_t some = count - at < PREFIXES_A_LINE ? count - at : PREFIXES_A_LINE;
        struct vt_error why = { 0 };
        bool is_allowed;

        if (!clear_to_send(s, portions + at, some, &is_allowed, &why) ||
            (!is_allowed && is_allowed_out == NULL)) {
            *err = why;
            return false;
        }
        if (!is_allowed) {
            *is_allowed_out = false;
            leave_open(portions + at, count - at);
            return true;
        }
        if (!ask_aloud(s, portions + at, some, err))
            return false;
    }
    return true;
}

bool vt_client_session_ask(struct vt_client_session *s, struct vt_cell_verdict *verdicts,
                           size_t count, bool *is_allowed_out, struct vt_error *err)
{
    struct portion *portions;
    bool is_ok;

    if (is_allowed_out != NULL)
        *is_allowed_out = true;
    if (count == 0)
        return true;
    qsort(verdicts, count, sizeof *verdicts, compare_hashes);
    portions = vt_alloc_array(count, sizeof *portions);
    is_ok =
        ask_portions(s, portions, split(s, verdicts, count, portions), is_allowed_out, err);
    free(portions);
    s->asked.buckets = vt_cell_source_asked(s->source);
    return is_ok;
}

static int compare_to_hash(const void *key, const void *row)
{
    const struct vt_cell_verdict *verdict = row;

    return memcmp(key, verdict->hash.bytes, VT_SHA256_BYTES);
}

const struct vt_cell_verdict *vt_cell_verdict_find(const struct vt_cell_verdict *sorted,
                                                   size_t count, const vt_hash *hash)
{
    const struct vt_cell_verdict *found =
        bsearch(hash->bytes, sorted, count, sizeof *sorted, compare_to_hash);

    VT_ASSERT(found != NULL);
    return found;
}

/* ---- telling ----------------------------------------------------------------------------
 */

static void print_way(const struct vt_client_session *s)
{
    struct vt_trust_relay relay;

    if (s->has_relay)
        (void)printf("through the relay of %.*s (%.*s): it saw this machine's address and "
                     "no question, the cell the questions and no address\n",
                     VT_SLICE_ARGS(s->relay.holder), VT_SLICE_ARGS(s->relay.jurisdiction));
    else if (vt_trust_relay_of(s->trust, vt_slice_from_cstr(s->cell), &relay))
        (void)printf("directly, as --direct says: the cell saw this machine's address\n");
    else
        (void)printf("directly, for the trust root names no relay: the cell saw this "
                     "machine's address\n");
}

void vt_client_session_print(const struct vt_client_session *s)
{
    const struct vt_cell_head *head = &s->head.file->head;

    if (s->asked.buckets == 0)
        (void)printf("nothing about these files left this machine: %s of epoch %ju "
                     "sufficed\n",
                     s->asked.from_cache == 0 ? "the local filter"
                                              : "the local filter and what was read before",
                     (uintmax_t)head->epoch);
    else if (!vt_cell_source_is_remote(s->source))
        (void)printf("nothing left this machine: %ju buckets were read from a folder\n",
                     (uintmax_t)s->asked.buckets);
    else {
        (void)printf("sent: the first %u bits of %ju hash%s, in %ju question%s; with each "
                     "of them at least %ju known files begin\n",
                     head->tree.bits, (uintmax_t)s->asked.hashes,
                     s->asked.hashes == 1 ? "" : "es", (uintmax_t)s->asked.buckets,
                     vt_plural(s->asked.buckets), (uintmax_t)head->tree.smallest);
        print_way(s);
    }
}

json_t *vt_client_session_pack(const struct vt_client_session *s)
{
    const struct vt_cell_head *head = &s->head.file->head;

    return json_pack(
        "{s:b,s:I,s:I,s:I,s:i,s:I,s:b}", "remote", vt_cell_source_is_remote(s->source),
        "hashes", (json_int_t)s->asked.hashes, "buckets", (json_int_t)s->asked.buckets,
        "from_cache", (json_int_t)s->asked.from_cache, "bits", (int)head->tree.bits,
        "smallest", (json_int_t)head->tree.smallest, "relay", s->has_relay);
}
