/* See keeper_rules.h. */
#include "cell/keeper_rules.h"
#include "cell/site.h"
#include "evidence/field.h"
#include "evidence/trust_store.h"
#include "ledger/tlog_proof.h"

enum { COME_AGAIN_S = 60, COME_AGAIN_S_MAX = 86400 };

/* ---- reading ----------------------------------------------------------------------------
 */

static bool is_folder(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static bool read_trust(struct vt_keeper_rules *r, const char *path, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);

    if (is_folder(path))
        return vt_trust_store_read(path, &r->trust, err);
    return vt_file_read(path, &bytes, err) &&
           (vt_trust_parse(vt_buf_slice(&bytes), &r->trust, err) ||
            vt_within(err, "%s", path));
}

static bool read_policy(struct vt_keeper_rules *r, const struct vt_keeper_sources *from,
                        struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(128)), proof = vt_buf_init(VT_KIB(64));
    int64_t logged_unix_s;

    return vt_file_read(from->policy, &bytes, err) &&
           vt_file_read(from->policy_proof, &proof, err) &&
           (vt_residency_record_parse(vt_buf_slice(&bytes), &r->policy, err) ||
            vt_within(err, "%s", from->policy)) &&
           vt_residency_record_verify(r->policy, r->trust, vt_buf_slice(&proof),
                                      &logged_unix_s, err);
}

static bool read_schema(struct vt_keeper_rules *r, const char *path, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_STATISTIC_SCHEMA_BYTES_MAX);

    if (path == NULL)
        return true;
    return vt_file_read(path, &text, err) &&
           (vt_statistic_schema_parse(vt_buf_slice(&text), &r->schema, err) ||
            vt_within(err, "%s", path));
}

bool vt_keeper_rules_read(struct vt_keeper_rules *rules,
                          const struct vt_keeper_sources *sources, struct vt_error *err)
{
    *rules = (struct vt_keeper_rules){
        .cell = sources->cell,
        .head_age_s = sources->head_age_s != 0 ? sources->head_age_s : VT_HEAD_AGE_S,
        .collection_delay_s =
            sources->collection_delay_s != 0 ? sources->collection_delay_s : VT_HEAD_DELAY_S
    };
    return read_trust(rules, sources->trust, err) && read_policy(rules, sources, err) &&
           read_schema(rules, sources->schema, err) &&
           vt_disk_open(sources->published, false, &rules->published, err);
}

void vt_keeper_rules_clear(struct vt_keeper_rules *rules)
{
    vt_head_verdict_clear(&rules->head);
    vt_statistic_schema_clear(&rules->schema);
    vt_residency_record_free(rules->policy);
    vt_trust_free(rules->trust);
    vt_disk_close(rules->published);
    *rules = (struct vt_keeper_rules){ .cell = NULL };
}

/* ---- the head ---------------------------------------------------------------------------
 */

/* A recipient's document lies beside the head under its digest. */
static bool read_recipient(struct vt_keeper_rules *r, const vt_hash *digest,
                           struct vt_error *err)
{
    struct vt_recipient *out = &r->recipients[r->recipient_count];
    VT_AUTO_BUF text = vt_buf_init(VT_RECIPIENT_BYTES_MAX);
    char path[VT_RECIPIENT_PATH_BYTES];

    vt_cell_recipient_path(digest, path);
    if (!vt_disk_read(r->published, path, &text, err) ||
        !vt_cell_recipient_parse(vt_buf_slice(&text), out, err))
        return vt_within(err, "%s", path);
    if (!vt_hash_equal(&out->digest, digest))
        return vt_fail(err, VT_REJECTED, "%s: has another digest than its name", path);
    r->recipient_count++;
    return true;
}

static bool read_recipients(struct vt_keeper_rules *r, struct vt_error *err)
{
    const json_t *list = r->head.file->head.recipients;

    r->recipient_count = 0;
    if (json_array_size(list) > VT_KEEPER_RECIPIENTS_MAX)
        return vt_fail(err, VT_LIMIT, "the head selects too many recipients");
    for (size_t i = 0; i < json_array_size(list); i++) {
        vt_hash digest;

        if (!vt_hash_parse_hex(
                vt_slice_from_cstr(json_string_value(json_array_get(list, i))), &digest) ||
            !read_recipient(r, &digest, err))
            return false;
    }
    return true;
}

static bool judge_head(struct vt_keeper_rules *r, vt_slice bytes, int64_t now_unix_s,
                       char why_not[240], struct vt_error *err)
{
    const struct vt_head_question question = {
        .file = bytes,
        .trust = r->trust,
        .cell = vt_slice_from_cstr(r->cell),
        .now_unix_s = now_unix_s,
        .max_age_s = r->head_age_s,
        .collection_delay_s = r->collection_delay_s,
    };
    struct vt_error why = { 0 };

    vt_head_verdict_clear(&r->head);
    r->shown = vt_sha256_of(bytes);
    if (!vt_head_check(&question, &r->head, err))
        return false;
    if (r->head.reason != VT_HEAD_YES) {
        (void)snprintf(why_not, 240, "the head is refused (%s): %.180s",
                       vt_head_reason_name(r->head.reason), r->head.sentence);
    } else if (!read_recipients(r, &why)) {
        vt_head_verdict_clear(&r->head);
        (void)snprintf(why_not, 240, "%s", why.message);
    }
    return true;
}

bool vt_keeper_rules_look(struct vt_keeper_rules *rules, int64_t now_unix_s,
                          char why_not[240], struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_HEAD_FILE_BYTES_MAX);
    struct vt_error none = { 0 };
    vt_hash shown;

    why_not[0] = '\0';
    if (!vt_disk_read(rules->published, VT_CELL_HEAD_PATH, &bytes, &none)) {
        vt_head_verdict_clear(&rules->head);
        (void)snprintf(why_not, 240, "%s", none.message);
        return true;
    }
    shown = vt_sha256_of(vt_buf_slice(&bytes));
    if (vt_hash_equal(&shown, &rules->shown)) {
        if (rules->head.file != NULL && now_unix_s >= rules->head.file->head.until_unix_s) {
            vt_head_verdict_clear(&rules->head);
            (void)snprintf(why_not, 240, "the head's time is over");
        }
        return true;
    }
    return judge_head(rules, vt_buf_slice(&bytes), now_unix_s, why_not, err);
}

/* ---- where it belongs -------------------------------------------------------------------
 */

static uint32_t seconds_until(int64_t until_unix_s, int64_t now_unix_s)
{
    if (until_unix_s <= now_unix_s)
        return 1;
    return until_unix_s - now_unix_s < COME_AGAIN_S_MAX
               ? (uint32_t)(until_unix_s - now_unix_s) /* positive, and bounded */
               : COME_AGAIN_S_MAX;
}

bool vt_keeper_rules_place(const struct vt_keeper_rules *rules, const char country[3],
                           enum vt_data_class data, int64_t now_unix_s,
                           struct vt_sample_answer *out,
                           const struct vt_residency_cell **right_out, struct vt_error *err)
{
    struct vt_placing placing;

    *right_out = NULL;
    if (!vt_residency_decide(&rules->policy->table, vt_slice_from_cstr(country), data,
                             vt_slice_from_cstr(rules->cell), now_unix_s, &placing, err)) {
        out->reason = VT_COUNTED_MALFORMED;
        (void)vt_samples_say(out, err->code == VT_MALFORMED ? 400 : 503, "%s",
                             err->message);
        *err = (struct vt_error){ 0 };
        return true;
    }
    if (placing.decision == VT_DECISION_ACCEPT)
        return true;
    *right_out = placing.right;
    if (placing.decision == VT_DECISION_FENCED) {
        out->reason = VT_COUNTED_FENCED;
        out->retry_after_s = seconds_until(placing.until_unix_s, now_unix_s);
        return vt_samples_say(out, 503, "%s, %s: on the move to cell %.*s; nobody takes it",
                              country, vt_data_class_name(data),
                              VT_SLICE_ARGS(placing.right->name));
    }
    out->reason = VT_COUNTED_MISPLACED;
    return vt_samples_say(out, 421, "%s, %s: belongs to cell %.*s in %.*s, not here",
                          country, vt_data_class_name(data),
                          VT_SLICE_ARGS(placing.right->name),
                          VT_SLICE_ARGS(placing.right->jurisdiction));
}

/* ---- whether it was asked for -----------------------------------------------------------
 */

static const struct vt_recipient *find_recipient(const struct vt_keeper_rules *r,
                                                 const vt_hash *digest)
{
    for (size_t i = 0; i < r->recipient_count; i++)
        if (vt_hash_equal(&r->recipients[i].digest, digest))
            return &r->recipients[i];
    return NULL;
}

bool vt_keeper_rules_seal_for(const struct vt_keeper_rules *r, const vt_hash *recipient,
                              const char country[3], int64_t now_unix_s,
                              struct vt_error *err)
{
    const struct vt_recipient *document = find_recipient(r, recipient);
    vt_slice cell = vt_slice_from_cstr(r->cell);
    char text[65];

    if (!vt_trust_certifies(r->trust, "recipient", cell, recipient, now_unix_s)) {
        vt_hash_text(recipient, text);
        return vt_fail(err, VT_REJECTED,
                       "it is sealed for the recipient %.16s..., which the trust root does "
                       "not certify for cell %s now",
                       text, r->cell);
    }
    return document == NULL ||
           vt_cell_recipient_fits(document, cell, vt_slice_from_cstr(country), VT_DATA_FILE,
                                  now_unix_s, err);
}

static bool is_for_us(const struct vt_keeper_rules *r,
                      const struct vt_share_request *request, int64_t now_unix_s,
                      struct vt_error *why)
{
    const struct vt_recipient *recipient = find_recipient(r, &request->recipient);

    if (!vt_slice_is(request->cell, r->cell))
        return vt_fail(why, VT_REJECTED, "share: is for cell %.*s, this is %s",
                       VT_SLICE_ARGS(request->cell), r->cell);
    if (recipient == NULL || !vt_trust_certifies(r->trust, "recipient", request->cell,
                                                 &request->recipient, now_unix_s))
        return vt_fail(why, VT_REJECTED,
                       "share: is sealed to a recipient that this cell's head does not "
                       "select now; fetch the head");
    return vt_cell_recipient_fits(recipient, request->cell,
                                  vt_slice_from_cstr(request->country), VT_DATA_FILE,
                                  now_unix_s, why);
}

/* One of the list's hashes, salted, is the digest that the wish names. */
static bool has_hash(const json_t *hashes, const struct vt_share_request *request)
{
    for (size_t i = 0; i < json_array_size(hashes); i++) {
        vt_hash plain, digest;

        if (!vt_hash_parse_hex(
                vt_slice_from_cstr(json_string_value(json_array_get(hashes, i))), &plain))
            continue;
        digest = vt_share_digest(&request->recipient, &plain);
        if (vt_hash_equal(&digest, &request->digest))
            return true;
    }
    return false;
}

static bool is_asked_for(const struct vt_keeper_rules *r,
                         const struct vt_share_request *request)
{
    const json_t *list = r->head.file->head.collections;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);

        if (request->rule.len != 0
                ? vt_list_has(json_object_get(row, "rules"), request->rule)
                : has_hash(json_object_get(row, "hashes"), request))
            return true;
    }
    return false;
}

void vt_keeper_rules_judge(const struct vt_keeper_rules *rules,
                           const struct vt_share_request *request, int64_t now_unix_s,
                           struct vt_sample_answer *out)
{
    struct vt_error why = { 0 };

    out->reason = VT_COUNTED_MALFORMED;
    if (rules->head.file == NULL || now_unix_s >= rules->head.file->head.until_unix_s) {
        out->retry_after_s = COME_AGAIN_S;
        out->reason = VT_COUNTED_LIMITED;
        (void)vt_samples_say(out, 503, "share: this cell has no head that counts now");
    } else if (!is_for_us(rules, request, now_unix_s, &why)) {
        (void)vt_samples_say(out, 403, "%s", why.message);
    } else if (!is_asked_for(rules, request)) {
        (void)vt_samples_say(out, 403,
                             "share: nothing on this cell's collection list asks for it");
    }
}
