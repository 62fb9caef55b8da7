/* Openings against the ledger. */
#include "custody/review.h"
#include "custody/agent.h"
#include "custody/erasure.h"
#include "evidence/field.h"
#include "ledger/signer.h"
#include "ledger/shelf.h"
#include "ledger/tlog_proof.h"
#include "ledger/tree.h"
#include "ledger/use.h"
#include "ledger/watched.h"
#include "store/store.h"

enum { OPENINGS_MAX = 1 << 22, UNOPENED_MAX = 1 << 20 };

struct vt_custody_review {
    struct vt_arena *arena;
    const struct vt_keyring *keyring;
    const vt_hash *agent;                /* NULL: any */
    struct vt_custody_reading *readings; /* owned; by number */
    size_t count;
    size_t *by_index;   /* owned: places of readings, by the ledger's index */
    uint64_t *unopened; /* owned */
    struct vt_disk *disk;
    struct vt_buf checkpoint; /* note */
    struct vt_head head;
    struct vt_tree *tree;                      /* while the ledger is read */
    size_t destroyed[VT_AGENT_RECIPIENTS_MAX]; /* places of readings */
    size_t destroyed_count;
    struct vt_custody_findings findings;
};

VT_PRINTF(2, 3)
static void find(struct vt_custody_review *review, const char *format, ...)
{
    va_list args;

    if (review->findings.first[0] != '\0')
        return;
    va_start(args, format);
    (void)vsnprintf(review->findings.first, sizeof review->findings.first, format, args);
    va_end(args);
    vt_text_make_printable(review->findings.first, true);
}

/* ---- the openings -----------------------------------------------------------------------
 */

static const struct vt_agent_record *keep_record(struct vt_arena *arena,
                                                 const struct vt_agent_record *record)
{
    struct vt_agent_record *kept = vt_arena_alloc(arena, sizeof *kept);

    *kept = *record;
    kept->envelope = vt_arena_copy(arena, record->envelope);
    kept->why = vt_arena_copy(arena, record->why);
    kept->grant = (vt_slice){ 0 }; /* it is sealed for somebody else */
    kept->ids = (const vt_hash *)(const void *)vt_arena_copy(
                    arena, vt_slice_of(record->ids, record->id_count * sizeof(vt_hash)))
                    .data;
    kept->objects =
        (const vt_hash *)(const void *)vt_arena_copy(
            arena, vt_slice_of(record->objects, record->object_count * sizeof(vt_hash)))
            .data;
    return kept;
}

static void read_access(struct vt_custody_review *review, struct vt_custody_reading *at)
{
    struct vt_envelope *envelope = vt_arena_alloc(review->arena, sizeof *envelope);
    struct vt_error ignored = { 0 };

    at->is_access = vt_envelope_parse(at->record->envelope, envelope, &ignored) &&
                    vt_access_read(&envelope->statement, &at->access, &ignored);
    if (at->is_access)
        vt_access_keep_texts(review->arena, &at->access);
    vt_envelope_clear(envelope);
}

/* The cell signs beside the agent, so what is compared is what both signed. */
static vt_hash claim_of(const struct vt_agent_record *record)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error ignored = { 0 };
    vt_slice claim = record->envelope, sorts;

    if ((record->deed != VT_AGENT_ERASED && record->deed != VT_AGENT_DESTROYED) ||
        (record->deed == VT_AGENT_ERASED &&
         !vt_erasure_answer_parse(record->grant, &claim, &sorts, &ignored)) ||
        !vt_envelope_parse(claim, &envelope, &ignored))
        return (vt_hash){ { 0 } };
    return vt_sha256_of(vt_buf_slice(&envelope.dsse.payload));
}

static void count_up(const struct vt_custody_review *review, struct vt_custody_reading *at)
{
    const struct vt_custody_reading *before = review->count > 1 ? at - 1 : NULL;

    bool is_release = at->record->deed == VT_AGENT_RELEASED;

    at->keys_so_far =
        (is_release ? at->record->object_count : 0) + (before ? before->keys_so_far : 0);
    at->releases_so_far = is_release + (before ? before->releases_so_far : 0);
    at->rewrapped_so_far =
        (at->record->deed == VT_AGENT_REWRAPPED ? at->record->object_count : 0) +
        (before ? before->rewrapped_so_far : 0);
}

static bool take_record(void *context, const struct vt_agent_record *record, uint64_t at,
                        struct vt_error *err)
{
    struct vt_custody_review *review = context;
    struct vt_custody_reading *reading;

    (void)at;
    if (review->count == OPENINGS_MAX)
        return vt_fail(err, VT_LIMIT, "more than %d openings", OPENINGS_MAX);
    if ((review->count & (review->count - 1)) == 0) /* a power of two: full */
        review->readings =
            vt_grow_array(review->readings, 2 * review->count + 1, sizeof *reading);
    reading = &review->readings[review->count++];
    memset(reading, 0, sizeof *reading);
    reading->record = keep_record(review->arena, record);
    reading->claim = claim_of(record);
    count_up(review, reading);
    reading->commitment = vt_access_commitment(record->salt, record->envelope);
    read_access(review, reading);
    if (record->deed == VT_AGENT_DESTROYED &&
        review->destroyed_count < VT_AGENT_RECIPIENTS_MAX)
        review->destroyed[review->destroyed_count++] = review->count - 1;
    return true;
}

static int compare_places(const void *a, const void *b, void *context)
{
    const struct vt_custody_reading *readings = context;
    uint64_t left = readings[*(const size_t *)a].record->index;
    uint64_t right = readings[*(const size_t *)b].record->index;

    if (left != right)
        return left < right ? -1 : 1;
    return *(const size_t *)a < *(const size_t *)b ? -1 : 1;
}

static void sort_places(struct vt_custody_review *review)
{
    review->by_index = vt_alloc_array(review->count + 1, sizeof *review->by_index);
    for (size_t i = 0; i < review->count; i++)
        review->by_index[i] = i;
    qsort_r(review->by_index, review->count, sizeof *review->by_index, compare_places,
            review->readings);
}

/* ---- the ledger, entry by entry ---------------------------------------------------------
 */

/* All openings that name this index; an emergency has two, a warning and a release. */
static bool mark_openings(struct vt_custody_review *review, uint64_t index,
                          const vt_hash *commitment)
{
    size_t low = 0, high = review->count, released = 0;
    bool is_found = false;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (review->readings[review->by_index[middle]].record->index < index)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < review->count; low++) {
        struct vt_custody_reading *at = &review->readings[review->by_index[low]];

        if (at->record->index != index)
            break;
        if (!vt_hash_equal(&at->commitment, commitment))
            continue;
        at->is_logged = is_found = true;
        released +=
            at->record->deed == VT_AGENT_RELEASED || at->record->deed == VT_AGENT_REWRAPPED;
    }
    if (released > 1) {
        review->findings.repeated++;
        find(review, "the statement at entry %ju was released %zu times", (uintmax_t)index,
             released);
    }
    return is_found;
}

static void take_commitment(struct vt_custody_review *review, uint64_t index,
                            const vt_hash *commitment)
{
    struct vt_custody_findings *f = &review->findings;

    f->commitments++;
    if (mark_openings(review, index, commitment))
        return;
    if (f->unopened < UNOPENED_MAX) {
        if ((f->unopened & (f->unopened - 1)) == 0)
            review->unopened = vt_grow_array(review->unopened, 2 * f->unopened + 1,
                                             sizeof *review->unopened);
        review->unopened[f->unopened] = index;
    }
    f->unopened++;
}

/* Is that what the first `number` openings come to? */
static bool is_count_of(const struct vt_custody_review *review, uint64_t number,
                        const json_t *predicate)
{
    vt_hash chain = vt_field_hash(predicate, "chain");
    const struct vt_custody_reading *last;

    if (number == 0)
        return vt_field_number(predicate, "keys") == 0 &&
               vt_field_number(predicate, "rewrapped") == 0 &&
               vt_field_number(predicate, "releases") == 0;
    last = &review->readings[number - 1];
    return vt_hash_equal(&chain, &last->record->chain) &&
           vt_field_number(predicate, "keys") == last->keys_so_far &&
           vt_field_number(predicate, "rewrapped") == last->rewrapped_so_far &&
           vt_field_number(predicate, "releases") == last->releases_so_far;
}

static void take_tally(struct vt_custody_review *review, uint64_t index,
                       const json_t *predicate)
{
    struct vt_custody_findings *f = &review->findings;
    uint64_t number = vt_field_number(predicate, "number");

    f->tallies++;
    if (number > review->count) {
        if (number - review->count > f->withheld)
            f->withheld = number - review->count;
        find(review, "entry %ju: the agent counted %ju records, and there are %zu openings",
             (uintmax_t)index, (uintmax_t)number, review->count);
        return;
    }
    if (review->count - number < f->uncounted)
        f->uncounted = review->count - number;
    if (is_count_of(review, number, predicate))
        return;
    f->wrong++;
    find(review, "entry %ju: the agent's count of %ju records is not what its openings say",
         (uintmax_t)index, (uintmax_t)number);
}

/* A destroyed key's record holds the claim itself. */
static void mark_claim(struct vt_custody_review *review, vt_slice entry)
{
    for (size_t i = 0; i < review->destroyed_count; i++) {
        struct vt_custody_reading *at = &review->readings[review->destroyed[i]];

        if (vt_slice_equal(at->record->envelope, entry))
            at->is_logged = true;
    }
}

/* Is it, word for word, what the opening with that number claimed, behind that chain? */
static bool is_claim_of(const struct vt_custody_review *review, uint64_t number,
                        const struct vt_envelope *envelope)
{
    const json_t *predicate = envelope->statement.predicate;
    vt_hash before = vt_field_hash(predicate, "before"), first = { { 0 } };
    vt_hash claim = vt_sha256_of(vt_buf_slice(&envelope->dsse.payload));
    const struct vt_custody_reading *at = &review->readings[number - 1];

    return vt_hash_equal(&claim, &at->claim) &&
           vt_hash_equal(&before, number == 1 ? &first : &at[-1].record->chain);
}

static void take_erasure(struct vt_custody_review *review, uint64_t index, vt_slice entry,
                         const struct vt_envelope *envelope)
{
    struct vt_custody_findings *f = &review->findings;
    uint64_t number = vt_field_number(envelope->statement.predicate, "number");

    f->erasures++;
    mark_claim(review, entry);
    if (number > review->count) {
        if (number - review->count > f->withheld)
            f->withheld = number - review->count;
        find(review, "entry %ju: the agent erased by its record %ju, and there are %zu",
             (uintmax_t)index, (uintmax_t)number, review->count);
    } else if (number == 0 || !is_claim_of(review, number, envelope)) {
        f->wrong++;
        find(review, "entry %ju: the openings do not say what was erased by record %ju",
             (uintmax_t)index, (uintmax_t)number);
    }
}

static bool is_of_agent(const struct vt_custody_review *review,
                        const struct vt_count *count)
{
    char id[65];

    if (review->agent == NULL)
        return count->signer_count != 0;
    vt_hash_text(review->agent, id);
    for (size_t i = 0; i < count->signer_count; i++)
        if (vt_slice_is(count->signers[i]->keyid, id))
            return true;
    return false;
}

/* Only what an agent of the trust root signed counts. */
static void take_envelope(struct vt_custody_review *review, uint64_t index, vt_slice entry)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error ignored = { 0 };
    struct vt_count count;

    if (!vt_envelope_parse(entry, &envelope, &ignored) ||
        (envelope.statement.type != VT_TALLY && envelope.statement.type != VT_ERASURE))
        return;
    count = vt_keyring_count(review->keyring, VT_ROLE_AGENT, &envelope,
                             review->findings.time_unix_s, (vt_slice){ 0 });
    if (!is_of_agent(review, &count))
        return;
    if (envelope.statement.type == VT_TALLY)
        take_tally(review, index, envelope.statement.predicate);
    else
        take_erasure(review, index, entry, &envelope);
}

static bool take_entry(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct vt_custody_review *review = context;
    vt_hash leaf = vt_sha256_leaf(entry), commitment;
    struct vt_error ignored = { 0 };

    if (!vt_tree_append(review->tree, &leaf, NULL, err))
        return false;
    if (vt_private_entry_parse(entry, &commitment, &ignored))
        take_commitment(review, index, &commitment);
    else
        take_envelope(review, index, entry);
    return true;
}

static bool read_checkpoint(struct vt_custody_review *review, vt_slice origin,
                            struct vt_error *err)
{
    struct vt_tlog_verdict verdict;

    review->checkpoint = vt_buf_init(VT_NOTE_BYTES_MAX);
    if (!vt_disk_read(review->disk, "checkpoint", &review->checkpoint, err) ||
        !vt_tlog_checkpoint_verify(vt_buf_slice(&review->checkpoint),
                                   &review->keyring->trust->policy, origin, &verdict, err))
        return false;
    review->head = (struct vt_head){ verdict.size, verdict.root };
    review->findings.entries = verdict.size;
    review->findings.time_unix_s = verdict.time_unix_s;
    return true;
}

/* Every entry of the tree that was cosigned: its root is computed here. */
static bool read_ledger(struct vt_custody_review *review, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_tree *tree = vt_alloc(sizeof *tree);
    vt_hash root;

    review->tree = tree;
    if (!vt_watched_read(review->disk, 0, review->head.size, take_entry, review, err))
        return false;
    root = vt_tree_root(tree);
    review->tree = NULL;
    return vt_hash_equal(&root, &review->head.root) ||
           vt_fail(err, VT_REJECTED,
                   "%s: its entries are not those of its checkpoint; mirror it anew",
                   vt_disk_path(review->disk));
}

/* ---- the whole --------------------------------------------------------------------------
 */

static void sum_up(struct vt_custody_review *review)
{
    for (size_t i = 0; i < review->count; i++) {
        const struct vt_custody_reading *at = &review->readings[i];

        if (at->is_logged || at->record->deed == VT_AGENT_WITHDRAWN)
            continue; /* nothing left, and nobody asked on the ledger */
        if (at->record->deed == VT_AGENT_DESTROYED) {
            review->findings.unclaimed++;
            continue;
        }
        review->findings.unlogged++;
        find(review, "opening %ju: the ledger has no such commitment at entry %ju",
             (uintmax_t)at->record->number, (uintmax_t)at->record->index);
    }
}

static bool read_all(struct vt_custody_review *review, const char *openings,
                     const char *ledger, vt_slice origin, struct vt_error *err)
{
    if (!vt_agent_openings_read(openings, (vt_agent_reader){ take_record, review },
                                &review->findings.totals, err))
        return false;
    sort_places(review);
    review->findings.uncounted = review->count;
    if (!vt_disk_open(ledger, false, &review->disk, err) ||
        !read_checkpoint(review, origin, err) || !read_ledger(review, err))
        return vt_within(err, "%s", ledger);
    sum_up(review);
    return true;
}

bool vt_custody_review_new(const char *openings, const char *ledger, vt_slice origin,
                           const vt_hash *agent, const struct vt_keyring *keyring,
                           struct vt_custody_review **out, struct vt_error *err)
{
    VT_AUTO_CUSTODY_REVIEW review = vt_alloc(sizeof *review);

    review->arena = vt_arena_new();
    review->keyring = keyring;
    review->agent = agent;
    if (!read_all(review, openings, ledger, origin, err))
        return false;
    *out = review;
    review = NULL;
    return true;
}

void vt_custody_review_free(struct vt_custody_review *review)
{
    if (review == NULL)
        return;
    free(review->readings);
    free(review->by_index);
    free(review->unopened);
    vt_buf_clear(&review->checkpoint);
    vt_disk_close(review->disk);
    vt_arena_free(review->arena);
    free(review);
}

void vt_custody_review_free_pointer(struct vt_custody_review **review)
{
    vt_custody_review_free(*review);
}

/* ---- what was found ---------------------------------------------------------------------
 */

const struct vt_custody_findings *vt_custody_review_findings(
    const struct vt_custody_review *review)
{
    return &review->findings;
}

size_t vt_custody_review_count(const struct vt_custody_review *review)
{
    return review->count;
}

const struct vt_custody_reading *vt_custody_review_at(
    const struct vt_custody_review *review, size_t i)
{
    VT_ASSERT(i < review->count);
    return &review->readings[i];
}

bool vt_custody_review_unopened(const struct vt_custody_review *review, size_t i,
                                uint64_t *index_out)
{
    if (i >= review->findings.unopened || i >= UNOPENED_MAX)
        return false;
    *index_out = review->unopened[i];
    return true;
}

bool vt_custody_review_prove(const struct vt_custody_review *review, size_t i,
                             struct vt_buf *out, struct vt_error *err)
{
    const struct vt_custody_reading *at = vt_custody_review_at(review, i);
    struct vt_tile_source source = vt_shelf_source(review->disk);
    struct vt_tlog_proof proof = { .index = at->record->index,
                                   .checkpoint = vt_buf_slice(&review->checkpoint) };
    struct vt_proof path;

    if (!at->is_logged)
        return vt_fail(err, VT_ABSENT, "opening %ju is not on the ledger",
                       (uintmax_t)at->record->number);
    if (!vt_prove_inclusion(&source, at->record->index, review->head.size, &path, err))
        return false;
    memcpy(proof.hashes, path.hashes, sizeof proof.hashes);
    proof.hash_count = path.count;
    vt_tlog_proof_write(out, &proof);
    return vt_buf_check(out, "the proof", err);
}

bool vt_custody_findings_are_well(const struct vt_custody_findings *f)
{
    return f->unlogged == 0 && f->repeated == 0 && f->wrong == 0 && f->withheld == 0;
}
