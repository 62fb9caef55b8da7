/* The head check: steps in a fixed order, the first "no" ends it. */
#include "cell/head_check.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"

enum { CLOCK_SLACK_S = 300 }; /* between the cell's clock, the witnesses' and ours */

static const struct {
    const char *name, *next_step;
} REASONS[VT_HEAD_REASONS] = {
    [VT_HEAD_YES] = { "yes", "nothing: answers may be held against this head" },
    [VT_HEAD_MALFORMED] = { "malformed", "fetch it again; it was damaged on the way" },
    [VT_HEAD_WRONG_CELL] = { "wrong-cell", "ask the cell that serves your country" },
    [VT_HEAD_JURISDICTION] = { "jurisdiction",
                               "do not ask this cell: your data belongs elsewhere" },
    [VT_HEAD_CELL_MISSING] = { "cell-missing",
                               "fetch the newest trust root; if it stays so, this is not "
                               "the cell: send the head to the supervisor" },
    [VT_HEAD_NOT_LOGGED] = { "not-logged",
                             "believe no answer; send the head to the supervisor and to a "
                             "monitor" },
    [VT_HEAD_NO_QUORUM] = { "no-quorum",
                            "fetch it again; if it stays so, treat it as a split view and "
                            "send it to the witnesses" },
    [VT_HEAD_INDEX] = { "index",
                        "fetch the newest head; if it stays so, you are shown another one "
                        "than others: send it to a monitor" },
    [VT_HEAD_FORK] = { "fork",
                       "keep this head and your state: together they prove that two "
                       "histories were shown; send both to the witnesses" },
    [VT_HEAD_REPEATED] = { "repeated",
                           "keep this head and your state: the cell made two heads of one "
                           "epoch; send both to the supervisor" },
    [VT_HEAD_OLDER] = { "older", "fetch the newest head; somebody may be withholding it" },
    [VT_HEAD_EXPIRED] = { "expired", "fetch the newest head and look at your clock; "
                                     "somebody may be withholding it" },
    [VT_HEAD_COLLECTION] = { "collection",
                             "send nothing to this cell, and the head to the supervisor" },
    [VT_HEAD_UNCERTIFIED] = { "uncertified",
                              "send nothing to this cell; fetch the newest trust root" },
};

const char *vt_head_reason_name(enum vt_head_reason reason)
{
    return REASONS[reason].name;
}

const char *vt_head_reason_next_step(enum vt_head_reason reason)
{
    return REASONS[reason].next_step;
}

struct check {
    const struct vt_head_question *question;
    struct vt_head_verdict *verdict;
    const struct vt_head_file *file;
    struct vt_tlog_verdict log;
    struct vt_error trouble; /* code not VT_OK: no memory, no answer */
};

VT_PRINTF(3, 4)
static bool refuse(struct check *c, enum vt_head_reason reason, const char *format, ...)
{
    struct vt_error shown = { 0 };
    char text[sizeof c->verdict->sentence];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)vt_fail(&shown, VT_REJECTED, "%s", text); /* printable */
    memcpy(c->verdict->sentence, shown.message, sizeof c->verdict->sentence);
    c->verdict->reason = reason;
    return false;
}

static bool refuse_error(struct check *c, enum vt_head_reason reason,
                         const struct vt_error *failure)
{
    if (failure->code == VT_IO)
        c->trouble = *failure;
    return refuse(c, reason, "%s", failure->message);
}

/* ---- the steps --------------------------------------------------------------------------
 */

static bool is_ours(struct check *c)
{
    const struct vt_cell_head *head = &c->file->head;
    vt_slice wanted = c->question->jurisdiction;

    if (!vt_slice_equal(head->cell, c->question->cell))
        return refuse(c, VT_HEAD_WRONG_CELL, "it is the head of cell %.*s, not of %.*s",
                      VT_SLICE_ARGS(head->cell), VT_SLICE_ARGS(c->question->cell));
    if (wanted.len != 0 && !vt_slice_equal(head->jurisdiction, wanted))
        return refuse(c, VT_HEAD_JURISDICTION,
                      "cell %.*s stands in jurisdiction %.*s; your data belongs to %.*s",
                      VT_SLICE_ARGS(head->cell), VT_SLICE_ARGS(head->jurisdiction),
                      VT_SLICE_ARGS(wanted));
    return true;
}

/* Whoever signed, it was where the trust root says that those keys are. */
static bool is_at_home(struct check *c, const struct vt_signers *signers)
{
    const struct vt_cell_head *head = &c->file->head;

    for (size_t i = 0; i < signers->count; i++)
        if (!vt_slice_equal(signers->rows[i].key->jurisdiction, head->jurisdiction))
            return refuse(c, VT_HEAD_JURISDICTION,
                          "it says jurisdiction %.*s, but the trust root has the cell's "
                          "key in %.*s",
                          VT_SLICE_ARGS(head->jurisdiction),
                          VT_SLICE_ARGS(signers->rows[i].key->jurisdiction));
    return true;
}

/* time_unix_s: when the witnesses saw it. */
static enum vt_regard judge(struct check *c, struct vt_signers *signers,
                            int64_t time_unix_s)
{
    struct vt_keyring keyring = { .trust = c->question->trust };

    signers->count = 0;
    (void)vt_signers_add(signers, &keyring, VT_ROLE_CELL, &c->file->envelope, time_unix_s,
                         c->file->head.cell);
    return vt_signers_judge(signers, &c->question->trust->thresholds[VT_ROLE_CELL]);
}

static bool is_signed(struct check *c)
{
    struct vt_signers signers;

    if (judge(c, &signers, 0) == VT_REGARD_ABSENT)
        return refuse(c, VT_HEAD_CELL_MISSING,
                      "it lacks the signature of a key that the trust root names for cell "
                      "%.*s",
                      VT_SLICE_ARGS(c->file->head.cell));
    return is_at_home(c, &signers);
}

static bool prove(struct check *c, vt_slice text, const vt_hash *leaf, vt_slice origin,
                  struct vt_tlog_verdict *out, struct vt_error *err)
{
    struct vt_tlog_proof *proof = vt_alloc(sizeof *proof);
    bool is_ok;

    out->outcome = VT_TLOG_MALFORMED;
    is_ok =
        vt_tlog_proof_parse(text, proof, err) &&
        vt_tlog_proof_verify(proof, leaf, &c->question->trust->policy, origin, out, err);
    free(proof);
    return is_ok;
}

static bool is_logged(struct check *c)
{
    struct vt_error err = { 0 };
    vt_slice origin;

    if (!vt_trust_head_origin(c->question->trust, c->file->head.cell, &origin))
        return refuse(c, VT_HEAD_NOT_LOGGED,
                      "the trust root names no ledger of heads for cell %.*s",
                      VT_SLICE_ARGS(c->file->head.cell));
    if (!prove(c, c->file->proof, &c->file->leaf, origin, &c->log, &err))
        return refuse_error(
            c, c->log.outcome == VT_TLOG_NO_QUORUM ? VT_HEAD_NO_QUORUM : VT_HEAD_NOT_LOGGED,
            &err);
    return true;
}

/* Did the key count when the witnesses saw it? */
static bool stands(struct check *c)
{
    struct vt_signers signers;
    enum vt_regard standing = judge(c, &signers, c->log.time_unix_s);

    return standing == VT_REGARD_GOOD ||
           refuse(c, VT_HEAD_CELL_MISSING, "it is signed, as cell, by %s",
                  vt_regard_words(standing));
}

static bool is_in_its_place(struct check *c)
{
    uint64_t epoch = c->file->head.epoch;

    if (c->log.index != epoch)
        return refuse(c, VT_HEAD_INDEX, "the head of epoch %ju is entry %ju of its ledger",
                      (uintmax_t)epoch, (uintmax_t)c->log.index);
    if (c->log.size - 1 != epoch) /* it has an entry, so it is not empty */
        return refuse(c, VT_HEAD_INDEX,
                      "epoch %ju is not the newest: its ledger shows %ju heads",
                      (uintmax_t)epoch, (uintmax_t)c->log.size);
    return true;
}

static bool agrees_with_memory(struct check *c)
{
    const struct vt_cell_seen *seen = &c->question->seen;
    vt_hash head = vt_envelope_payload_digest(&c->file->envelope);
    uint64_t epoch = c->file->head.epoch;

    if (seen->size == 0)
        return true;
    if (epoch == seen->epoch && !vt_hash_equal(&head, &seen->head))
        return refuse(c, VT_HEAD_REPEATED, "another head of epoch %ju was seen before",
                      (uintmax_t)epoch);
    if (c->log.size == seen->size && !vt_hash_equal(&c->log.root, &seen->root))
        return refuse(c, VT_HEAD_FORK,
                      "the tree of %ju heads has another root than the one seen before",
                      (uintmax_t)seen->size);
    if (epoch < seen->epoch)
        return refuse(c, VT_HEAD_OLDER, "epoch %ju is older than epoch %ju, seen before",
                      (uintmax_t)epoch, (uintmax_t)seen->epoch);
    return true;
}

static bool is_valid_for(struct check *c, int64_t age)
{
    const struct vt_cell_head *head = &c->file->head;

    return head->until_unix_s - head->from_unix_s <= age ||
           refuse(c, VT_HEAD_EXPIRED,
                  "it would be valid for longer than the %jd s that you allow",
                  (intmax_t)age);
}

static bool is_valid_now(struct check *c)
{
    const struct vt_cell_head *head = &c->file->head;
    int64_t now = c->question->now_unix_s, age = c->question->max_age_s;
    char until[VT_TIME_TEXT_BYTES];

    vt_time_write(head->until_unix_s, until);
    if (now >= c->question->trust->expires_unix_s)
        return refuse(c, VT_HEAD_EXPIRED, "the trust root has expired; take the next one");
    if (now < head->from_unix_s - CLOCK_SLACK_S)
        return refuse(c, VT_HEAD_EXPIRED, "epoch %ju is not valid yet, by your clock",
                      (uintmax_t)head->epoch);
    if (!is_valid_for(c, age))
        return false;
    if (now >= head->until_unix_s)
        return refuse(c, VT_HEAD_EXPIRED, "epoch %ju was valid until %s",
                      (uintmax_t)head->epoch, until);
    if (now - c->log.time_unix_s > age)
        return refuse(
            c, VT_HEAD_EXPIRED, "the witnesses saw epoch %ju %jd s ago; you allow %jd",
            (uintmax_t)head->epoch, (intmax_t)(now - c->log.time_unix_s), (intmax_t)age);
    return true;
}

/* ---- what clients may be asked for ------------------------------------------------------
 */

static const struct vt_head_authorisation *find_authorisation(const struct check *c,
                                                              const vt_hash *digest)
{
    for (size_t i = 0; i < c->file->collection_count; i++)
        if (vt_hash_equal(&c->file->collections[i].envelope.digest, digest))
            return &c->file->collections[i];
    return NULL;
}

static bool is_within(const json_t *asked, const json_t *allowed)
{
    for (size_t i = 0; i < json_array_size(asked); i++) {
        const json_t *at = json_array_get(asked, i);

        if (!vt_list_has(allowed,
                         vt_slice_of(json_string_value(at), json_string_length(at))))
            return false;
    }
    return true;
}

static bool is_supervisors(struct check *c, const struct vt_envelope *envelope,
                           int64_t time_unix_s)
{
    struct vt_keyring keyring = { .trust = c->question->trust };
    struct vt_signers signers = { .count = 0 };

    (void)vt_signers_add(&signers, &keyring, VT_ROLE_SUPERVISOR, envelope, time_unix_s,
                         vt_field_text(envelope->statement.predicate, "product"));
    return vt_signers_judge(&signers,
                            &c->question->trust->thresholds[VT_ROLE_SUPERVISOR]) ==
           VT_REGARD_GOOD;
}

/* By the supervisor, as of that time, and for all of it? */
static bool is_allowed(struct check *c, const json_t *row, const struct vt_envelope *leave,
                       int64_t time_unix_s)
{
    const json_t *allowed = leave->statement.predicate;

    if (!is_supervisors(c, leave, time_unix_s))
        return refuse(c, VT_HEAD_COLLECTION,
                      "an authorisation to collect is not signed by the supervisor");
    if (!is_within(json_object_get(row, "rules"), json_object_get(allowed, "rules")) ||
        !is_within(json_object_get(row, "hashes"), json_object_get(allowed, "hashes")))
        return refuse(c, VT_HEAD_COLLECTION,
                      "it asks for more than the supervisor authorised");
    return true;
}

static bool is_authorised(struct check *c, const json_t *row)
{
    vt_hash digest = vt_field_hash(row, "authorisation");
    const struct vt_head_authorisation *leave = find_authorisation(c, &digest);
    struct vt_tlog_verdict log = { 0 };
    struct vt_error err = { 0 };

    if (leave == NULL || leave->envelope.statement.type != VT_COLLECTION)
        return refuse(c, VT_HEAD_COLLECTION,
                      "it asks for files without an authorisation by the supervisor");
    if (!prove(c, leave->proof, &leave->leaf, c->question->trust->release_origin, &log,
               &err)) {
        (void)vt_within(&err, "an authorisation to collect is not public");
        return refuse_error(c, VT_HEAD_COLLECTION, &err);
    }
    if (!is_allowed(c, row, &leave->envelope, log.time_unix_s))
        return false;
    if (c->log.time_unix_s - log.time_unix_s < c->question->collection_delay_s)
        return refuse(c, VT_HEAD_COLLECTION,
                      "an authorisation to collect was public for %jd s; %jd are needed",
                      (intmax_t)(c->log.time_unix_s - log.time_unix_s),
                      (intmax_t)c->question->collection_delay_s);
    return true;
}

static bool may_collect(struct check *c)
{
    const json_t *list = c->file->head.collections;

    for (size_t i = 0; i < json_array_size(list); i++)
        if (!is_authorised(c, json_array_get(list, i)))
            return false;
    if (c->file->collection_count != json_array_size(list))
        return refuse(c, VT_HEAD_MALFORMED,
                      "it carries an authorisation that nothing refers to");
    return true;
}

/* ---- what it selects --------------------------------------------------------------------
 */

static bool certifies(struct check *c, const char *use, const vt_hash *what)
{
    static const vt_hash none = { { 0 } };

    return vt_hash_equal(what, &none) ||
           vt_trust_certifies(c->question->trust, use, c->file->head.cell, what,
                              c->log.time_unix_s) ||
           refuse(c, VT_HEAD_UNCERTIFIED,
                  "it selects a %s that the trust root does not certify for cell %.*s", use,
                  VT_SLICE_ARGS(c->file->head.cell));
}

static bool is_certified(struct check *c)
{
    const struct vt_cell_head *head = &c->file->head;

    for (size_t i = 0; i < json_array_size(head->recipients); i++) {
        const json_t *at = json_array_get(head->recipients, i);
        vt_hash hash;

        if (!vt_hash_parse_hex(vt_slice_of(json_string_value(at), json_string_length(at)),
                               &hash) ||
            !certifies(c, "recipient", &hash))
            return c->verdict->reason != VT_HEAD_YES
                       ? false
                       : refuse(c, VT_HEAD_MALFORMED, "a recipient is no hash");
    }
    return certifies(c, "statistics", &head->statistics) &&
           certifies(c, "ohttp", &head->ohttp);
}

/* ---- all of it --------------------------------------------------------------------------
 */

static const struct {
    bool (*ask)(struct check *c);
} STEPS[] = {
    { is_ours },      { is_signed },       { is_logged },
    { stands },       { is_in_its_place }, { agrees_with_memory },
    { is_valid_now }, { may_collect },     { is_certified },
};

void vt_head_verdict_clear(struct vt_head_verdict *verdict)
{
    vt_head_file_free(verdict->file);
    verdict->file = NULL;
}

bool vt_head_check(const struct vt_head_question *question, struct vt_head_verdict *out,
                   struct vt_error *err)
{
    VT_AUTO_HEAD_FILE file = NULL;
    struct check c = { .question = question, .verdict = out };
    struct vt_error failure = { 0 };

    *out = (struct vt_head_verdict){ .reason = VT_HEAD_YES };
    if (!vt_head_file_parse(question->file, &file, &failure)) {
        (void)refuse_error(&c, VT_HEAD_MALFORMED, &failure);
    } else {
        c.file = file;
        for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0] && STEPS[i].ask(&c); i++)
            continue;
    }
    if (c.trouble.code != VT_OK) {
        *err = c.trouble;
        return false;
    }
    if (out->reason != VT_HEAD_YES)
        return true;
    out->time_unix_s = c.log.time_unix_s;
    out->seen = (struct vt_cell_seen){ .epoch = file->head.epoch,
                                       .head = vt_envelope_payload_digest(&file->envelope),
                                       .size = c.log.size,
                                       .root = c.log.root };
    out->file = file;
    file = NULL;
    return true;
}

/* ---- in the ledger ----------------------------------------------------------------------
 */

/* What the release ledger has of it. */
static bool is_in_the_ledger(struct check *c, const struct vt_head_entry_question *question,
                             const json_t *row)
{
    vt_hash digest = vt_field_hash(row, "authorisation");
    VT_AUTO_ENVELOPE leave = { 0 };
    struct vt_error ignored = { 0 };
    vt_slice bytes;

    if (!question->leave(question->context, &digest, &bytes) ||
        !vt_envelope_parse(bytes, &leave, &ignored) ||
        leave.statement.type != VT_COLLECTION)
        return refuse(c, VT_HEAD_COLLECTION,
                      "it asks for files without an authorisation by the supervisor in the "
                      "release ledger");
    return is_allowed(c, row, &leave, c->log.time_unix_s);
}

static bool may_collect_by_ledger(struct check *c,
                                  const struct vt_head_entry_question *question)
{
    const json_t *list = c->file->head.collections;

    for (size_t i = 0; i < json_array_size(list); i++)
        if (!is_in_the_ledger(c, question, json_array_get(list, i)))
            return false;
    return true;
}

bool vt_head_check_entry(const struct vt_head_entry_question *question,
                         struct vt_head_verdict *out, struct vt_error *err)
{
    const struct vt_head_question as_asked = { .trust = question->trust,
                                               .cell = question->cell };
    VT_AUTO_HEAD_FILE file = calloc(1, sizeof *file);
    struct check c = { .question = &as_asked, .verdict = out, .file = file };
    struct vt_error failure = { 0 };

    *out = (struct vt_head_verdict){ .reason = VT_HEAD_YES };
    if (file == NULL)
        return vt_fail(err, VT_IO, "out of memory");
    if (!vt_envelope_parse(question->entry, &file->envelope, &failure) ||
        !vt_cell_head_read(&file->envelope.statement, &file->head, &failure)) {
        (void)refuse_error(&c, VT_HEAD_MALFORMED, &failure);
    } else {
        c.log.index = question->index;
        c.log.size = question->index + 1; /* it was the newest once */
        c.log.time_unix_s = file->head.from_unix_s;
        (void)(is_ours(&c) && is_signed(&c) && stands(&c) && is_in_its_place(&c) &&
               is_valid_for(&c, VT_HEAD_AGE_S) && may_collect_by_ledger(&c, question) &&
               is_certified(&c));
    }
    *err = c.trouble;
    return c.trouble.code == VT_OK;
}
