/* The order of a release, condition by condition. */
#include "release/gaps.h"
#include "evidence/inquiry.h"
#include "release/authorisations.h"
#include "release/compose.h"
#include "release/next_list.h"
#include "release/packs.h"
#include "release/reviews.h"

const char *vt_release_state_name(enum vt_release_state state)
{
    static const char *const names[VT_STATES] = {
        [VT_STATE_EMPTY] = "empty",         [VT_STATE_DRAFTED] = "drafted",
        [VT_STATE_BUILT] = "built",         [VT_STATE_REBUILT] = "rebuilt equal",
        [VT_STATE_DIFFERS] = "differs",     [VT_STATE_REVIEWED] = "reviewed",
        [VT_STATE_REJECTED] = "rejected",   [VT_STATE_APPROVED] = "approved",
        [VT_STATE_PUBLISHED] = "published", [VT_STATE_SUPERSEDED] = "superseded",
        [VT_STATE_WITHDRAWN] = "withdrawn",
    };

    return names[state];
}

struct standing_work {
    struct vt_docket *docket;
    const struct vt_demands *demands;
    int64_t now_unix_s;
    struct vt_standing *out;
};

/* What closes a gap: verb, whether it names the release, and the options that the verb
 * needs beyond --desk and --trust. */
struct step {
    const char *verb, *options;
    bool is_about_release;
};

static const struct step DRAFT = { "release draft",
                                   "--recipe FILE --lock FILE --store DIR "
                                   "--source WHERE --key KEY",
                                   false };
static const struct step BUILD = { "release build", "--store DIR --out DIR --key KEY",
                                   true };
static const struct step REBUILD = { "supervise rebuild",
                                     "--store DIR --packages ARCHIVE --out DIR --key KEY "
                                     "--vary",
                                     true };
static const struct step REVIEW = { "review sign", "--verdict accept|refuse --key KEY",
                                    true };
static const struct step APPROVE = { "supervise approve", "--ledger DIR --key KEY", true };
static const struct step PUBLISH = { "release publish",
                                     "--ledger DIR --public DIR --key KEY", true };
static const struct step WITHDRAW = { "release withdraw",
                                      "--ledger DIR --public DIR --key KEY", true };
static const struct step ENVIRONMENT = { "supervise authorise",
                                         "--environment LOCK --ledger DIR --key KEY",
                                         false };
static const struct step COLLECTION = {
    "supervise authorise", "--product NAME --collection RULE --ledger DIR --key KEY", false
};
static const struct step DIAGNOSE = { "line diagnose", NULL, false };
static const struct step WAIT = { NULL, "wait until the delay is over", false };

/* The step as a command; NULL options: as `vitrine VERB --help` tells. */
static const char *command(const struct standing_work *w, const struct step *step)
{
    const struct vt_docket *d = w->docket;
    const char *trust = d->desk->trust != NULL ? d->desk->trust : "FILE";

    if (step->verb == NULL)
        return step->options;
    if (step->options == NULL)
        return vt_arena_printf(d->arena, "vitrine %s", step->verb);
    if (!step->is_about_release)
        return vt_arena_printf(d->arena, "vitrine %s --desk %s --trust %s %s", step->verb,
                               d->desk->path, trust, step->options);
    return vt_arena_printf(d->arena, "vitrine %s %s %s --desk %s --trust %s %s", step->verb,
                           d->product, d->version, d->desk->path, trust, step->options);
}

VT_PRINTF(5, 6)
static void add_gap(struct standing_work *w, const char *who, const struct step *step,
                    int64_t since, const char *format, ...)
{
    char text[400];
    va_list args;

    if (w->out->gap_count == VT_GAPS_MAX)
        return; /* sixty-four reasons are enough not to approve */
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    vt_text_make_printable(text, true); /* what others wrote must not begin lines of ours */
    w->out->gaps[w->out->gap_count++] = (struct vt_gap){
        .who = who,
        .how = command(w, step),
        .verb = step->verb == NULL
                    ? step->options
                    : vt_arena_printf(w->docket->arena, "vitrine %s", step->verb),
        .since_unix_s = since,
        .missing = vt_arena_cstr(w->docket->arena, vt_slice_from_cstr(text)),
    };
}

static const json_t *predicate_of(const struct vt_item *item)
{
    return item->envelope.statement.predicate;
}

/* A refusal stands until its reviewer accepts the source after all: nobody overrules him.
 */
static void check_refusals(struct standing_work *w)
{
    const struct vt_docket *d = w->docket;

    for (size_t i = 0; i < d->item_count; i++) {
        vt_slice holder;

        if (vt_review_word(d, &d->items[i], INT64_MAX) != VT_WORD_REFUSES)
            continue;
        holder = vt_review_holder(d, &d->items[i]);
        add_gap(w, "vendor", &DRAFT, d->items[i].time_unix_s,
                "reviewer %.*s refuses its source: the vendor has to draft another "
                "source, or he accepts this one after all",
                VT_SLICE_ARGS(holder));
    }
}

static bool check_environment(struct standing_work *w, struct vt_error *err)
{
    const struct vt_item *draft = w->docket->draft;
    vt_hash environment = vt_field_hash(predicate_of(draft), "environment");
    int64_t since;

    if (!vt_desk_environment_since(w->docket->desk, w->docket->trust, &environment, &since,
                                   err))
        return false;
    if (since < 0)
        add_gap(w, "supervisor", &ENVIRONMENT, draft->time_unix_s,
                "the environment %.16s... is not authorised on the ledger",
                json_string_value(json_object_get(predicate_of(draft), "environment")));
    return true;
}

static void check_builds(struct standing_work *w)
{
    struct vt_docket *d = w->docket;

    if (d->provenance == NULL || d->sbom == NULL) {
        add_gap(
            w, "vendor", &BUILD, d->draft->time_unix_s,
            "it is not built: no provenance and bill of materials by an enrolled builder");
        return;
    }
    if (d->vsa == NULL) {
        add_gap(w, "supervisor", &REBUILD, d->provenance->time_unix_s,
                "the supervisor did not rebuild it");
        return;
    }
    if (!vt_slice_is(vt_field_text(predicate_of(d->vsa), "verificationResult"), "PASSED"))
        add_gap(
            w, "vendor", &DIAGNOSE, d->vsa->time_unix_s,
            "the supervisor's rebuild differs: %s",
            json_string_value(json_object_get(
                json_object_get(predicate_of(d->vsa), "vitrineRebuild"), "difference")));
    else if (!json_equal(d->vsa->envelope.statement.subjects,
                         d->provenance->envelope.statement.subjects))
        add_gap(w, "supervisor", &REBUILD, d->provenance->time_unix_s,
                "the rebuild is of other artefacts than the build");
    else if (w->demands->is_robust_needed &&
             !vt_slice_is(
                 vt_field_text(json_object_get(predicate_of(d->vsa), "vitrineRebuild"),
                               "verdict"),
                 "equal-robust"))
        add_gap(w, "supervisor", &REBUILD, d->vsa->time_unix_s,
                "it was rebuilt equal, the policy demands equal-robust");
}

/* ---- collecting rules ------------------------------------------------------------------
 */

static bool check_collection(struct standing_work *w, struct vt_error *err)
{
    VT_AUTO_BUF names = vt_buf_init(VT_MIB(1));
    vt_reader r;
    vt_slice rule;

    if (!vt_packs_collecting(w->docket, &names, err))
        return false;
    r = (vt_reader){ vt_buf_slice(&names) };
    while (vt_read_line(&r, &rule)) {
        int64_t since;

        if (!vt_desk_collection_since(w->docket->desk, w->docket->trust,
                                      vt_slice_from_cstr(w->docket->product),
                                      VT_COLLECTED_RULES, rule, &since, err))
            return false;
        if (since < 0)
            add_gap(w, "supervisor", &COLLECTION, w->docket->provenance->time_unix_s,
                    "rule %.*s collects files and is not authorised to",
                    VT_SLICE_ARGS(rule));
        else if (w->now_unix_s < since + w->demands->collection_delay_s)
            add_gap(
                w, "supervisor", &WAIT, since,
                "the authorisation of rule %.*s to collect must be public for %jd s first",
                VT_SLICE_ARGS(rule), (intmax_t)w->demands->collection_delay_s);
    }
    return true;
}

/* ---- the state
 * --------------------------------------------------------------------------- */

static bool list_says(const json_t *rows, const struct vt_docket *docket, uint64_t sequence,
                      bool newer)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        uint64_t at = vt_field_number(row, "sequence");

        if (vt_slice_is(vt_field_text(row, "product"), docket->product) &&
            json_equal(json_object_get(row, "channel"),
                       json_object_get(predicate_of(docket->draft), "channel")) &&
            (newer ? at > sequence : at == sequence))
            return true;
    }
    return false;
}

/* A withdrawal that one of the two has signed waits for the other. */
static bool check_withdrawal(struct standing_work *w, struct vt_error *err)
{
    struct vt_docket *d = w->docket;
    struct vt_pending_list list;

    if (!vt_next_list_look(d->desk, d->trust, w->now_unix_s, d->arena, &list, err))
        return false;
    if (list.version != 0 && list.waits != NULL && list.product != NULL &&
        strcmp(list.product, d->product) == 0 && strcmp(list.release, d->version) == 0)
        add_gap(w, list.waits, &WITHDRAW, list.since_unix_s,
                "its withdrawal waits for the second signature");
    return true;
}

/* Published is not the end: a newer list may have superseded or withdrawn it. */
static bool state_when_published(struct standing_work *w, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE list = { 0 };
    uint64_t version,
        sequence = vt_field_number(predicate_of(w->docket->draft), "sequence");

    w->out->state = VT_STATE_PUBLISHED;
    if (!vt_desk_newest_list(w->docket->desk, &version, &bytes, NULL, err))
        return false;
    if (!check_withdrawal(w, err))
        return false;
    if (version == 0)
        return true;
    if (!vt_envelope_parse(vt_buf_slice(&bytes), &list, err))
        return vt_within(err, "withdrawals/%ju.json", (uintmax_t)version);
    if (list_says(json_object_get(list.statement.predicate, "withdrawn"), w->docket,
                  sequence, false))
        w->out->state = VT_STATE_WITHDRAWN;
    else if (list_says(json_object_get(list.statement.predicate, "current"), w->docket,
                       sequence, true))
        w->out->state = VT_STATE_SUPERSEDED;
    return true;
}

static enum vt_release_state state_before_approval(const struct standing_work *w)
{
    const struct vt_docket *d = w->docket;

    if (d->provenance == NULL || d->sbom == NULL)
        return VT_STATE_DRAFTED;
    if (d->vsa == NULL)
        return VT_STATE_BUILT;
    if (!vt_slice_is(vt_field_text(predicate_of(d->vsa), "verificationResult"), "PASSED"))
        return VT_STATE_DIFFERS;
    return w->out->gap_count == 0 ? VT_STATE_REVIEWED : VT_STATE_REBUILT;
}

/* The supervisor's no is the whole answer: the next step is another draft. */
static void check_rejection(struct standing_work *w)
{
    const struct vt_item *rejection = w->docket->rejection;

    w->out->state = VT_STATE_REJECTED;
    add_gap(w, "vendor", &DRAFT, rejection->time_unix_s, "the supervisor rejected it: %s",
            json_string_value(json_object_get(predicate_of(rejection), "reason")));
}

/* Another release was published under this number or a higher one meanwhile: customers who
 * have that one would refuse this. */
static bool check_overtaken(struct standing_work *w, bool *is_overtaken,
                            struct vt_error *err)
{
    struct vt_listed ours = vt_list_row(w->docket, NULL), current;
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_withdrawals list;
    uint64_t version;

    *is_overtaken = false;
    if (!vt_desk_newest_list(w->docket->desk, &version, &bytes, NULL, err))
        return false;
    if (version == 0)
        return true;
    if (!vt_envelope_parse(vt_buf_slice(&bytes), &envelope, err) ||
        !vt_withdrawals_read(&envelope.statement, &list, err))
        return vt_within(err, "withdrawals/%ju.json", (uintmax_t)version);
    if (!vt_withdrawals_find_current(&list, ours.product, ours.channel, &current) ||
        !vt_list_would_go_back(&current, &ours))
        return true;
    *is_overtaken = true;
    add_gap(
        w, "vendor", &DRAFT, w->docket->draft->time_unix_s,
        "it is release number %ju, and number %ju (%.*s) is out: the vendor has to draft "
        "it again, under the next number",
        (uintmax_t)ours.sequence, (uintmax_t)current.sequence,
        VT_SLICE_ARGS(current.version));
    return true;
}

/* May the approval still be published?  Its list of withdrawals must be the next one. */
static bool approval_stands(struct standing_work *w, bool *stands, struct vt_error *err)
{
    const char *name = vt_arena_printf(w->docket->arena, "%s/list.json", w->docket->folder);
    VT_AUTO_BUF list = vt_buf_init(VT_ENTRY_BYTES_MAX);

    *stands = vt_disk_read(w->docket->desk->disk, name, &list, err) &&
              vt_list_is_due(w->docket, vt_buf_slice(&list), err);
    return *stands || err->code != VT_IO;
}

static bool stand_approved(struct standing_work *w, struct vt_error *err)
{
    int64_t since = w->docket->release->time_unix_s;
    bool stands;

    if (!approval_stands(w, &stands, err))
        return false;
    w->out->state = stands ? VT_STATE_APPROVED : VT_STATE_REVIEWED;
    if (stands)
        add_gap(w, "vendor", &PUBLISH, since,
                "approved, and not yet signed and published by the vendor");
    else
        add_gap(w, "supervisor", &APPROVE, since,
                "a newer list of withdrawals was published since the approval: he has to "
                "approve it again");
    return true;
}

bool vt_release_stand(struct vt_docket *docket, const struct vt_demands *demands,
                      int64_t now_unix_s, struct vt_standing *out, struct vt_error *err)
{
    struct standing_work w = { docket, demands, now_unix_s, out };
    bool is_overtaken = false;

    *out = (struct vt_standing){ 0 };
    if (docket->draft == NULL) {
        add_gap(&w, "vendor", &DRAFT, 0, "no draft signed by the vendor");
        return true;
    }
    out->reviews = vt_review_count(docket, VT_WORD_ACCEPTS);
    out->refusals = vt_review_count(docket, VT_WORD_REFUSES);
    if (docket->is_published && docket->release != NULL)
        return state_when_published(&w, err);
    if (docket->rejection != NULL) {
        check_rejection(&w);
        return true;
    }
    if (!check_overtaken(&w, &is_overtaken, err))
        return false;
    if (is_overtaken) {
        out->state = VT_STATE_SUPERSEDED;
        return true;
    }
    check_refusals(&w);
    if (!check_environment(&w, err))
        return false;
    check_builds(&w);
    if (out->reviews < demands->reviews)
        add_gap(&w, "reviewer", &REVIEW, docket->draft->time_unix_s,
                "%zu of %ju reviews accept its source", out->reviews,
                (uintmax_t)demands->reviews);
    if (!check_collection(&w, err))
        return false;
    out->state = state_before_approval(&w);
    if (docket->release != NULL && out->gap_count == 0)
        return stand_approved(&w, err);
    if (out->state == VT_STATE_REVIEWED)
        add_gap(&w, "supervisor", &APPROVE, docket->vsa->time_unix_s,
                "everything is there but the supervisor's approval");
    return true;
}
