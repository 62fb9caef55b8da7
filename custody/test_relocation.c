/* A move's papers: they hold, or are refused for one thing that is changed. */
#include "custody/relocation.h"
#include "tests/custody_world.h"

enum { BEGUN_AT = 7, DONE_AT = 8, SIZE = 100 };

struct made {
    vt_slice begun, begun_proof, done, done_proof, both;
};

static vt_slice trust_of_two(void)
{
    struct vt_world world = vt_world_good();
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64));
    VT_AUTO_JSON predicate = NULL;
    struct vt_error err = { 0 };

    predicate = vt_world_trust_predicate(&world);
    VT_CHECK(json_array_append_new(json_object_get(predicate, "keys"),
                                   vt_custody_destination_row(VT_WORLD_BEGAN - 100000,
                                                              VT_WORLD_NOW + 100000)) == 0);
    VT_CHECK_OK(vt_statement_write_about_itself(VT_TRUST, predicate, &payload, &err));
    return vt_world_sign(vt_buf_slice(&payload), world.root_signers);
}

static const struct vt_trust *trust(void)
{
    static struct vt_trust *made; /* once in each case */
    struct vt_error err = { 0 };

    if (made == NULL)
        VT_CHECK_OK(vt_trust_parse(trust_of_two(), &made, &err));
    return made;
}

static struct vt_relocation_words words_of(bool is_done)
{
    struct vt_relocation_words words = {
        .is_done = is_done,
        .from = "zurich",
        .to = "vienna",
        .country = "CH",
        .recipient = { .bytes = { 9 } },
        .at_unix_s = VT_WORLD_LOGGED,
        .manifest = { 3, 3000, vt_sha256_of(VT_LIT("manifest")) },
    };

    words.settled = words.read_back =
        (struct vt_manifest_root){ 4, 3500, vt_sha256_of(VT_LIT("settled")) };
    return words;
}

static vt_slice sign(const struct vt_relocation_words *words, bool by_source,
                     bool by_destination)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    const struct vt_key *keys[2];
    struct vt_error err = { 0 };
    size_t count = 0;

    *out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    if (by_source)
        keys[count++] = vt_world_key(VT_P_CELL);
    if (by_destination)
        keys[count++] = vt_custody_destination_key();
    VT_CHECK_OK(vt_relocation_write(words, &payload, &err));
    VT_CHECK_OK(vt_envelope_sign(vt_buf_slice(&payload), keys, count, out, &err));
    vt_test_keep(out->data);
    return vt_buf_slice(out);
}

static vt_slice prove(uint64_t index, vt_slice entry)
{
    struct vt_world_place place = { VT_WORLD_ORIGIN, VT_P_LOG, index, SIZE, 7,
                                    VT_WORLD_LOGGED };

    return vt_world_prove_at(&place, entry);
}

static vt_slice countersign(vt_slice paper, enum vt_party by)
{
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    struct vt_error err = { 0 };

    *out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_CHECK_OK(vt_envelope_add_signature(paper, vt_world_key(by), out, &err));
    vt_test_keep(out->data);
    return vt_buf_slice(out);
}

static vt_hash payload_of(vt_slice paper)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_envelope_parse(paper, &envelope, &err));
    return vt_envelope_payload_digest(&envelope);
}

static void prove_all(struct made *m, uint64_t begun_at, uint64_t done_at)
{
    m->begun_proof = prove(begun_at, m->begun);
    m->done_proof = prove(done_at, m->done);
    m->both = countersign(m->done, VT_P_SUPERVISOR);
}

static struct made make(void)
{
    struct vt_relocation_words begun = words_of(false), done = words_of(true);
    struct made m = { .begun = sign(&begun, true, false) };

    done.begun = payload_of(m.begun);
    done.canary_count = 1;
    done.canaries[0] = (struct vt_relocation_canary){ vt_sha256_of(VT_LIT("there")),
                                                      vt_sha256_of(VT_LIT("here")) };
    m.done = sign(&done, true, true);
    prove_all(&m, BEGUN_AT, DONE_AT);
    return m;
}

static bool confirm(const struct made *m, struct vt_relocation *out, struct vt_error *err)
{
    struct vt_relocation_papers papers = { m->begun, m->begun_proof,
                                           m->done,  m->done_proof,
                                           m->both,  VT_LIT(VT_WORLD_ORIGIN) };

    *err = (struct vt_error){ 0 };
    return vt_relocation_confirm(&papers, trust(), out, err);
}

static void refused(const struct made *m, const char *why)
{
    struct vt_relocation out;
    struct vt_error err;

    VT_CHECK_FAILS(VT_REJECTED, confirm(m, &out, &err));
    VT_CHECK_SAYING(strstr(err.message, why) != NULL, "no '%s' in: %s", why, err.message);
}

static void they_hold(void)
{
    struct made m = make();
    struct vt_relocation out;
    struct vt_error err;

    VT_CHECK_OK(confirm(&m, &out, &err));
    VT_CHECK(strcmp(out.from, "zurich") == 0 && strcmp(out.to, "vienna") == 0);
    VT_CHECK(out.manifest.count == 3 && out.arrived.count == 4);
    VT_CHECK(out.begun_index == BEGUN_AT && out.done_index == DONE_AT);
    VT_CHECK(out.canary_count == 1);
}

/* Both cells sign the end, the source the beginning, the supervisor the end. */
static void everybody_signs(void)
{
    struct vt_relocation_words begun = words_of(false), done = words_of(true);
    struct made m = make();

    done.begun = payload_of(m.begun);
    m.done = sign(&done, true, false);
    prove_all(&m, BEGUN_AT, DONE_AT);
    refused(&m, "the paper 'done': it is not signed by a key of the cell vienna");
    m.done = sign(&done, false, true);
    prove_all(&m, BEGUN_AT, DONE_AT);
    refused(&m, "the paper 'done': it is not signed by a key of the cell zurich");
    m = make();
    m.begun = sign(&begun, false, true);
    prove_all(&m, BEGUN_AT, DONE_AT);
    refused(&m, "the paper 'begun': it is not signed by a key of the cell zurich");
    m = make();
    m.both = m.done;
    refused(&m, "did not countersign");
    m.both = countersign(m.done, VT_P_VENDOR);
    refused(&m, "did not countersign");
    m.both = m.begun;
    refused(&m, "another end");
    m.both = (vt_slice){ 0 };
    refused(&m, "did not countersign");
}

/* One word of the end is another one, under good signatures. */
static void what_is_said_must_fit(void)
{
    struct made m = make();
    struct vt_relocation_words done = words_of(true), good;

    good = done;
    good.begun = payload_of(m.begun);
    done = good;
    done.begun.bytes[0] ^= 1;
    m.done = sign(&done, true, true);
    prove_all(&m, BEGUN_AT, DONE_AT);
    refused(&m, "another beginning");
    done = good;
    done.manifest.count++;
    m.done = sign(&done, true, true);
    prove_all(&m, BEGUN_AT, DONE_AT);
    refused(&m, "differ in 'manifest'");
    done = good;
    done.recipient.bytes[1] = 1;
    m.done = sign(&done, true, true);
    prove_all(&m, BEGUN_AT, DONE_AT);
    refused(&m, "differ in 'recipient'");
    done = good;
    done.read_back.root.bytes[31] ^= 1;
    m.done = sign(&done, true, true);
    prove_all(&m, BEGUN_AT, DONE_AT);
    refused(&m, "is not what the source had");
    m.done = sign(&good, true, true);
    prove_all(&m, DONE_AT, BEGUN_AT);
    refused(&m, "behind the end");
    prove_all(&m, BEGUN_AT, DONE_AT);
    m.done_proof = m.begun_proof;
    refused(&m, "the paper 'done'");
}

/* Whatever byte is changed: refused, or the answer is the same. */
static void mangled(const struct made *good, size_t offset_of_slice, size_t step)
{
    struct made m = *good;
    vt_slice *slice = (vt_slice *)(void *)((uint8_t *)&m + offset_of_slice);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), slice->len);
    struct vt_relocation first, out;
    struct vt_error err;

    VT_CHECK_OK(confirm(good, &first, &err));
    memcpy(bytes, slice->data, slice->len);
    *slice = vt_slice_of(bytes, slice->len);
    for (size_t i = 0; i < slice->len; i += step) {
        bytes[i] ^= 1;
        VT_CHECK_SAYING(!confirm(&m, &out, &err) ||
                            memcmp(&out.arrived, &first.arrived, sizeof out.arrived) == 0,
                        "byte %zu", i);
        bytes[i] ^= 1;
    }
}

static void no_byte_can_be_changed(void)
{
    struct made m = make();

    mangled(&m, offsetof(struct made, begun), 3);
    mangled(&m, offsetof(struct made, done), 3);
    mangled(&m, offsetof(struct made, both), 3);
    mangled(&m, offsetof(struct made, done_proof), 5);
}

static const struct vt_case cases[] = {
    { "they hold", they_hold },
    { "everybody signs", everybody_signs },
    { "what is said must fit", what_is_said_must_fit },
    { "no byte can be changed", no_byte_can_be_changed },
};

VT_TEST_MAIN("custody.relocation", cases)
