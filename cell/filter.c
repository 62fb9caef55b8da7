/* A binary fuse filter.  The array is cut into segments of 2^k fingerprints; a key has one
 * place in each of three neighbouring segments, and is in the set if the three fingerprints
 * there give its own under exclusive or.
 *
 * Building is peeling: a place that only one key uses settles that key last, so take the
 * key away and look at its two other places; in the end all are gone, and going back each
 * key sets the one place that was its own.  If some stay, another seed is tried. */
#include "cell/filter.h"
#include <endian.h>

enum { PLACES = 3, SEGMENT_LOG_MAX = 18, SEEDS_MAX = 100 };

static const char MAGIC[] = "vitrine/filter/v1\n";

uint64_t vt_filter_key(const vt_hash *hash)
{
    uint64_t key;

    memcpy(&key, hash->bytes, sizeof key);
    return be64toh(key);
}

uint64_t *vt_filter_keys_of(const struct vt_verdicts *table, uint64_t *count_out)
{
    uint64_t *keys = NULL;
    uint64_t count = 0, room = 0;

    for (uint64_t i = 0; i < table->count; i++) {
        struct vt_cell_verdict verdict = vt_verdicts_at(table, i);
        uint64_t key = vt_filter_key(&verdict.hash);

        if (verdict.state < VT_STATE_SUSPICIOUS || (count != 0 && keys[count - 1] == key))
            continue;
        if (count == room) {
            room = room * 2 + 1024;
            keys = vt_grow_array(keys, room, sizeof *keys);
        }
        keys[count++] = key;
    }
    *count_out = count;
    return keys;
}

/* ---- sizes: whole numbers only, so that they are the same everywhere --------------------
 */

/* The least number of keys for segments of 2^3, 2^4 ...: 3.33^(k - 2.25), rounded up
 * (section 3.1 of the paper gives k as a logarithm). */
static const uint32_t SEGMENT_FROM[] = { 3,       9,        28,       92,
                                         304,     1010,     3362,     11193,
                                         37273,   124118,   413310,   1376322,
                                         4583150, 15261887, 50822082, 169237530 };

static unsigned segment_log(uint64_t count)
{
    unsigned k = 2;

    while (k < SEGMENT_LOG_MAX && count >= SEGMENT_FROM[k - 2])
        k++;
    return k;
}

static unsigned log2_of(uint64_t n)
{
    return 63 - (unsigned)__builtin_clzll(n);
}

/* Places for so many keys: 0.875 + 0.25 log(10^6) / log(n) of them, at least 1.125, in
 * parts of 1024, with the logarithm rounded down. */
static uint64_t places_for(uint64_t count)
{
    unsigned log = log2_of(count) > 0 ? log2_of(count) : 1;
    uint64_t factor = 896 + 5103 / log;

    return count * (factor > 1152 ? factor : 1152) / 1024 + 1;
}

/* Where there are no keys there are no fingerprints either. */
static void set_sizes(struct vt_filter *filter)
{
    uint64_t length = UINT64_C(1) << segment_log(filter->count), segments;

    filter->segment_mask = (uint32_t)(length - 1); /* at most 2^18 */
    if (filter->count == 0) {
        filter->segments_length = 0;
        return;
    }
    segments = (places_for(filter->count) + length - 1) / length;
    filter->segments_length =
        (segments > PLACES - 1 ? segments - (PLACES - 1) : 1) * length;
}

static uint64_t place_count(const struct vt_filter *filter)
{
    return filter->count == 0 ? 0
                              : filter->segments_length +
                                    (PLACES - 1) * ((uint64_t)filter->segment_mask + 1);
}

/* ---- hashing ----------------------------------------------------------------------------
 */

/* Every bit of the key comes to bear on every bit of the result. */
static uint64_t mix(uint64_t key, uint64_t seed)
{
    uint64_t h = key + seed;

    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ h >> 33;
}

static void places_of(const struct vt_filter *filter, uint64_t h, uint64_t out[PLACES])
{
    uint64_t length = (uint64_t)filter->segment_mask + 1;

    out[0] = (uint64_t)((unsigned __int128)h * filter->segments_length >> 64);
    out[1] = (out[0] + length) ^ (h >> 18 & filter->segment_mask);
    out[2] = (out[0] + 2 * length) ^ (h & filter->segment_mask);
}

static uint16_t fingerprint_of(const struct vt_filter *filter, uint64_t h)
{
    uint64_t f = h ^ h >> 32;

    return (uint16_t)(filter->width == 8 ? f & 0xff : f & 0xffff); /* masked */
}

static uint16_t read_place(const struct vt_filter *filter, uint64_t place)
{
    uint16_t value;

    if (filter->width == 8)
        return filter->fingerprints[place];
    memcpy(&value, filter->fingerprints + 2 * place, sizeof value);
    return be16toh(value);
}

bool vt_filter_has(const struct vt_filter *filter, uint64_t key)
{
    uint64_t h = mix(key, filter->seed), places[PLACES];

    if (filter->count == 0)
        return false;
    places_of(filter, h, places);
    return fingerprint_of(filter, h) ==
           (read_place(filter, places[0]) ^ read_place(filter, places[1]) ^
            read_place(filter, places[2]));
}

/* ---- building ---------------------------------------------------------------------------
 */

struct place {
    uint64_t hashes; /* of all keys here, under exclusive or */
    uint32_t users;  /* how many keys, times four; the low bits: which of their places this
                        is, under exclusive or */
};

struct peel {
    const struct vt_filter *filter;
    struct place *places;
    uint64_t *alone; /* places with one user, to be looked at */
    uint64_t *order; /* hashes of the keys, as they were taken away ... */
    uint8_t *which;  /* ... and which of its places was each one's own */
    uint64_t taken;
};

static void add_key(struct peel *peel, uint64_t h)
{
    uint64_t places[PLACES];

    places_of(peel->filter, h, places);
    for (unsigned i = 0; i < PLACES; i++) {
        struct place *place = &peel->places[places[i]];

        place->hashes ^= h;
        place->users = (place->users + 4) ^ i;
    }
}

/* Take the key that is alone at this place away from its two others. */
static uint64_t take_key(struct peel *peel, uint64_t at, uint64_t alone)
{
    uint64_t h = peel->places[at].hashes, places[PLACES];
    unsigned own = peel->places[at].users & 3;

    peel->order[peel->taken] = h;
    peel->which[peel->taken++] = (uint8_t)own; /* 0 to 2 */
    places_of(peel->filter, h, places);
    for (unsigned i = 0; i < PLACES; i++) {
        struct place *place = &peel->places[places[i]];

        place->hashes ^= h;
        place->users = (place->users - 4) ^ i;
        if (i != own && place->users >> 2 == 1)
            peel->alone[alone++] = places[i];
    }
    return alone;
}

static bool take_all(struct peel *peel)
{
    uint64_t count = place_count(peel->filter), alone = 0;

    for (uint64_t i = 0; i < count; i++)
        if (peel->places[i].users >> 2 == 1)
            peel->alone[alone++] = i;
    while (alone != 0) {
        uint64_t at = peel->alone[--alone];

        if (peel->places[at].users >> 2 == 1)
            alone = take_key(peel, at, alone);
    }
    return peel->taken == peel->filter->count;
}

static void set_place(const struct vt_filter *filter, uint8_t *out, uint64_t place,
                      uint16_t value)
{
    uint16_t wide = htobe16(value);

    if (filter->width == 8)
        out[place] = (uint8_t)value; /* below 256 */
    else
        memcpy(out + 2 * place, &wide, sizeof wide);
}

static void set_fingerprints(const struct peel *peel, uint8_t *out)
{
    const struct vt_filter *filter = peel->filter;

    for (uint64_t i = peel->taken; i-- > 0;) {
        uint64_t h = peel->order[i], places[PLACES];
        uint16_t value = fingerprint_of(filter, h);

        places_of(filter, h, places);
        for (unsigned k = 0; k < PLACES; k++)
            if (k != peel->which[i])
                value ^= read_place(filter, places[k]);
        set_place(filter, out, places[peel->which[i]], value);
    }
}

/* Keys in the order of their segments, so that neighbours meet in the cache. */
static void add_all(struct peel *peel, const uint64_t *keys)
{
    const struct vt_filter *filter = peel->filter;
    uint64_t segments = filter->segments_length / ((uint64_t)filter->segment_mask + 1);
    uint64_t *ends = vt_alloc_array(segments + 1, sizeof *ends), places[PLACES];
    unsigned log = segment_log(filter->count);

    for (uint64_t i = 0; i < filter->count; i++) {
        places_of(filter, mix(keys[i], filter->seed), places);
        ends[(places[0] >> log) + 1]++;
    }
    for (uint64_t i = 1; i <= segments; i++)
        ends[i] += ends[i - 1];
    for (uint64_t i = 0; i < filter->count; i++) {
        uint64_t h = mix(keys[i], filter->seed);

        places_of(filter, h, places);
        peel->order[ends[places[0] >> log]++] = h;
    }
    for (uint64_t i = 0; i < filter->count; i++)
        add_key(peel, peel->order[i]);
    free(ends);
}

static bool try_seed(const struct vt_filter *filter, const uint64_t *keys, uint8_t *out)
{
    struct peel peel = {
        .filter = filter,
        .places = vt_alloc_array(place_count(filter), sizeof *peel.places),
        /* Users only go down: a place is alone once, so it comes here once. */
        .alone = vt_alloc_array(place_count(filter), sizeof *peel.alone),
        .order = vt_alloc_array(filter->count, sizeof *peel.order),
        .which = vt_alloc_array(filter->count, sizeof *peel.which),
    };
    bool is_done;

    add_all(&peel, keys);
    is_done = take_all(&peel);
    if (is_done)
        set_fingerprints(&peel, out);
    free(peel.places);
    free(peel.alone);
    free(peel.order);
    free(peel.which);
    return is_done;
}

/* The n-th seed: of SHA-256 over the mark, the keys' digest and n. */
static uint64_t seed_of(const vt_hash *keys, uint8_t n)
{
    struct vt_sha256 state;
    vt_hash hash;

    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("vitrine/filter-seed/v1\n"));
    vt_sha256_add(&state, vt_hash_slice(keys));
    vt_sha256_add(&state, vt_slice_of(&n, 1));
    vt_sha256_end(&state, &hash);
    return vt_filter_key(&hash);
}

static vt_hash digest_of(const uint64_t *keys, uint64_t count)
{
    struct vt_sha256 state;
    vt_hash hash;

    vt_sha256_init(&state);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t key = htobe64(keys[i]);

        vt_sha256_add(&state, VT_BYTES(key));
    }
    vt_sha256_end(&state, &hash);
    return hash;
}

bool vt_filter_write(const uint64_t *keys, uint64_t count, unsigned width,
                     struct vt_buf *out, struct vt_error *err)
{
    struct vt_filter filter = { .width = width, .count = count };
    vt_hash digest = digest_of(keys, count);
    uint8_t *fingerprints, *seed_at;
    uint64_t bytes, seed;

    VT_ASSERT(width == 8 || width == 16);
    if (count > VT_FILTER_KEYS_MAX)
        return vt_fail(err, VT_LIMIT, "filter: more than 2^28 keys");
    set_sizes(&filter);
    bytes = place_count(&filter) * (width / 8);
    vt_buf_put_text(out, MAGIC);
    vt_buf_put_u16(out, (uint16_t)width); /* 8 or 16 */
    vt_buf_put_u64(out, count);
    seed_at = vt_buf_extend(out, sizeof seed + bytes);
    if (seed_at == NULL)
        return vt_buf_check(out, "filter", err);
    fingerprints = seed_at + sizeof seed;
    filter.fingerprints = fingerprints;
    for (uint8_t n = 0; n < SEEDS_MAX; n++) {
        filter.seed = seed_of(&digest, n);
        seed = htobe64(filter.seed);
        memcpy(seed_at, &seed, sizeof seed);
        memset(fingerprints, 0, bytes);
        if (count == 0 || try_seed(&filter, keys, fingerprints))
            return true;
    }
    return vt_fail(err, VT_REJECTED, "filter: no seed of %d does for these keys",
                   SEEDS_MAX);
}

bool vt_filter_parse(vt_slice bytes, struct vt_filter *out, struct vt_error *err)
{
    vt_reader r = { bytes };
    struct vt_filter filter = { 0 };
    vt_slice fingerprints;
    uint16_t width;

    if (!vt_read_literal(&r, vt_slice_from_cstr(MAGIC)) || !vt_read_u16(&r, &width) ||
        !vt_read_u64(&r, &filter.count) || !vt_read_u64(&r, &filter.seed) ||
        (width != 8 && width != 16))
        return vt_fail(err, VT_MALFORMED, "filter: no header of version 1");
    if (filter.count > VT_FILTER_KEYS_MAX)
        return vt_fail(err, VT_LIMIT, "filter: more than 2^28 keys");
    filter.width = width;
    set_sizes(&filter);
    if (!vt_read_bytes(&r, place_count(&filter) * (width / 8), &fingerprints) ||
        !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "filter: %zu bytes are not those of %ju keys",
                       bytes.len, (uintmax_t)filter.count);
    filter.fingerprints = fingerprints.data;
    *out = filter;
    return true;
}
