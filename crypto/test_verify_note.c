/* Who signed a note: other people's cases, every byte mangled, and the rules that lenient
 * readers forget. */
#include "crypto/crypto.h"
#include "tests/known.h"

static bool accepts_note(const json_t *one)
{
    static struct vt_note note;
    struct vt_error err = { 0 };
    const json_t *texts = json_object_get(one, "vkeys"), *text;
    struct vt_vkey keys[16];
    struct vt_note_finding findings[16];
    size_t i, count = json_array_size(texts);

    VT_CHECK(count <= 16);
    json_array_foreach(texts, i, text)
    {
        vt_slice vkey = vt_slice_of(json_string_value(text), json_string_length(text));

        if (!vt_vkey_parse(vkey, &keys[i], &err))
            return false;
    }
    return vt_note_parse(vt_known_base64(one, "note_b64"), &note, &err) &&
           vt_note_verify(&note, keys, count, findings, &err);
}

static bool accepts_vkey(const json_t *one)
{
    struct vt_error err = { 0 };
    struct vt_vkey vkey;

    return vt_vkey_parse(vt_known_text(one, "vkey"), &vkey, &err);
}

static void other_peoples_cases(void)
{
    vt_test_known("note.jsonl", "note", 30, accepts_note);
    vt_test_known("note.jsonl", "vkey", 13, accepts_vkey);
}

#define ORIGIN "example.com/log"
#define TEXT   ORIGIN "\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"

enum { LOG, WITNESS, STRANGER, PARTIES };

/* A log, a witness and somebody whom nobody knows. */
struct parties {
    struct vt_key *keys[PARTIES];
    struct vt_vkey vkeys[PARTIES];
};

static struct parties parties(void)
{
    static const char *const names[] = { ORIGIN, "w.example", "stranger.example" };
    struct parties p;

    for (size_t i = 0; i < PARTIES; i++) {
        struct vt_error err = { 0 };
        uint8_t seed[32] = { (uint8_t)(i + 1) };

        VT_CHECK_OK(vt_key_from_seed(seed, &p.keys[i], &err));
        vt_test_keep(p.keys[i]);
        p.vkeys[i] = vt_vkey_of(vt_slice_from_cstr(names[i]),
                                i == WITNESS ? VT_NOTE_COSIGNATURE : VT_NOTE_ED25519,
                                vt_key_public(p.keys[i]));
    }
    return p;
}

static void put_line(struct vt_buf *out, const struct parties *p, size_t who,
                     int64_t time_unix_s)
{
    struct vt_error err = { 0 };
    vt_slice text = VT_LIT(TEXT), name = p->vkeys[who].name;

    if (who == WITNESS)
        VT_CHECK_OK(vt_note_cosign(p->keys[who], name, time_unix_s, text, out, &err));
    else
        VT_CHECK_OK(vt_note_sign(p->keys[who], name, text, out, &err));
}

/* What one note said to the log's and the witness's keys; empty if it was refused. */
struct said {
    bool is_accepted;
    enum vt_code code;
    struct vt_note_finding findings[2];
};

static struct said ask(const struct parties *p, vt_slice bytes)
{
    static struct vt_note note;
    struct vt_error err = { 0 };
    struct said said = { 0 };

    said.is_accepted = vt_note_parse(bytes, &note, &err) &&
                       vt_note_verify(&note, p->vkeys, 2, said.findings, &err);
    said.code = err.code;
    for (size_t i = 0; i < 2 && !said.is_accepted; i++)
        VT_CHECK(!said.findings[i].is_signed && said.findings[i].time_unix_s == 0);
    return said;
}

/* Lines of these parties in this order, 'L', 'W' with its time following, 'S'. */
static void compose(struct vt_buf *out, const struct parties *p, const char *order)
{
    int64_t time_unix_s = 1000;

    vt_buf_put(out, VT_LIT(TEXT "\n"));
    for (; *order != '\0'; order++) {
        put_line(out, p,
                 *order == 'L'   ? LOG
                 : *order == 'S' ? STRANGER
                                 : WITNESS,
                 *order == 'w' ? time_unix_s - 500 : time_unix_s);
        time_unix_s++;
    }
}

/* L log, W witness, w witness five hundred seconds earlier, S stranger. */
static void who_signed(void)
{
    static const struct {
        const char *order;
        bool is_accepted, log, witness;
        int64_t time_unix_s;
    } rows[] = {
        { "L", true, true, false, 0 },    { "W", true, false, true, 1000 },
        { "LW", true, true, true, 1001 }, { "SLW", true, true, true, 1002 },
        { "LL", true, true, false, 0 },   { "LWw", true, true, true, 502 },
        { "LwW", true, true, true, 501 }, { "S", false, false, false, 0 },
        { "SS", false, false, false, 0 },
    };
    struct parties p = parties();

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_BUF bytes = vt_buf_init(10000);
        struct said said;

        compose(&bytes, &p, rows[i].order);
        said = ask(&p, vt_buf_slice(&bytes));
        VT_CHECK_SAYING(said.is_accepted == rows[i].is_accepted &&
                            said.findings[0].is_signed == rows[i].log &&
                            said.findings[1].is_signed == rows[i].witness &&
                            said.findings[1].time_unix_s == rows[i].time_unix_s,
                        "lines %s", rows[i].order);
        VT_CHECK(said.is_accepted || said.code == VT_REJECTED);
    }
}

/* A bad line of a known key condemns the note, however many good ones stand beside it. */
static void one_bad_line_condemns_the_note(void)
{
    static const uint8_t nothing[64] = { 0 };
    struct parties p = parties();

    for (size_t who = 0; who < PARTIES; who++) {
        VT_AUTO_BUF bytes = vt_buf_init(10000);

        compose(&bytes, &p, "LW");
        if (who == WITNESS)
            vt_note_write_cosignature(&bytes, p.vkeys[who].name, p.vkeys[who].id, 1,
                                      nothing);
        else
            vt_note_write_signature(&bytes, p.vkeys[who].name, p.vkeys[who].id,
                                    VT_BYTES(nothing));
        VT_CHECK(ask(&p, vt_buf_slice(&bytes)).is_accepted == (who == STRANGER));
    }
}

/* The time is signed, and a cosignature is no log's signature nor the other way round. */
static void a_signature_means_one_thing(void)
{
    struct parties p = parties();
    struct vt_error err = { 0 };
    uint8_t signature[64];

    for (int64_t time_unix_s = 998; time_unix_s < 1003; time_unix_s++) {
        VT_AUTO_BUF bytes = vt_buf_init(10000);

        vt_buf_put(&bytes, VT_LIT(TEXT "\n"));
        VT_CHECK_OK(
            vt_cosignature_sign(p.keys[WITNESS], 1000, VT_LIT(TEXT), signature, &err));
        vt_note_write_cosignature(&bytes, p.vkeys[WITNESS].name, p.vkeys[WITNESS].id,
                                  time_unix_s, signature);
        VT_CHECK(ask(&p, vt_buf_slice(&bytes)).is_accepted == (time_unix_s == 1000));
    }
    for (size_t who = 0; who < 2; who++) {
        VT_AUTO_BUF bytes = vt_buf_init(10000);

        vt_buf_put(&bytes, VT_LIT(TEXT "\n"));
        VT_CHECK_OK(vt_key_sign(p.keys[who], VT_LIT(TEXT), signature, &err));
        if (who == WITNESS) /* over the bare text, without its time */
            vt_note_write_cosignature(&bytes, p.vkeys[who].name, p.vkeys[who].id, 1000,
                                      signature);
        else
            vt_note_write_signature(&bytes, p.vkeys[who].name, p.vkeys[who].id,
                                    VT_BYTES(signature));
        VT_CHECK(ask(&p, vt_buf_slice(&bytes)).is_accepted == (who == LOG));
    }
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_cosignature_sign(p.keys[WITNESS], -1, VT_LIT(TEXT), signature, &err));
}

static void a_key_given_twice_is_ambiguous(void)
{
    static struct vt_note note;
    struct vt_error err = { 0 };
    struct parties p = parties();
    VT_AUTO_BUF bytes = vt_buf_init(10000);
    struct vt_vkey twice[2] = { p.vkeys[LOG], p.vkeys[LOG] };
    struct vt_note_finding findings[2];

    compose(&bytes, &p, "L");
    VT_CHECK_OK(vt_note_parse(vt_buf_slice(&bytes), &note, &err));
    VT_CHECK_OK(vt_note_verify(&note, twice, 1, findings, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_note_verify(&note, twice, 2, findings, &err));
    twice[1] = p.vkeys[STRANGER]; /* nobody's name is given twice */
    VT_CHECK_OK(vt_note_verify(&note, twice, 2, findings, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_note_verify(&note, NULL, 0, findings, &err));
}

/* Refused, or what it says is unchanged: a line whose name or id was hurt is a stranger's,
 * so it may fall out, but nothing may come in. */
static bool says_no_more(const struct said *now, const struct said *before)
{
    for (size_t i = 0; i < 2; i++)
        if (now->findings[i].is_signed &&
            (!before->findings[i].is_signed ||
             now->findings[i].time_unix_s != before->findings[i].time_unix_s))
            return false;
    return true;
}

static void mangled_notes_say_nothing_new(void)
{
    struct parties p = parties();
    VT_AUTO_BUF bytes = vt_buf_init(10000);
    size_t text_len = sizeof TEXT - 1, kept = 0;
    struct said before;

    compose(&bytes, &p, "LW");
    before = ask(&p, vt_buf_slice(&bytes));
    VT_CHECK(before.is_accepted);
    for (size_t i = 0; i < bytes.len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            struct said now;

            bytes.data[i] ^= (uint8_t)(1U << bit);
            now = ask(&p, vt_buf_slice(&bytes));
            bytes.data[i] ^= (uint8_t)(1U << bit);
            VT_CHECK_SAYING(!(now.is_accepted && i < text_len), "text byte %zu", i);
            VT_CHECK_SAYING(says_no_more(&now, &before), "byte %zu, bit %u", i, bit);
            kept += now.is_accepted;
        }
    VT_CHECK(kept != 0); /* a stranger's line is passed over, the other still holds */
    for (size_t len = 0; len < bytes.len; len++) {
        struct said now = ask(&p, vt_slice_of(bytes.data, len));

        VT_CHECK_SAYING(says_no_more(&now, &before), "cut at %zu", len);
        VT_CHECK(!(now.is_accepted && now.findings[1].is_signed));
    }
}

/* The example of signed-note, and keys whose id does not fit. */
static void a_verifier_key_names_itself(void)
{
    static const char good[] =
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    char text[sizeof good];
    struct vt_error err = { 0 };
    struct vt_vkey vkey;

    VT_CHECK_OK(vt_vkey_parse(
        VT_LIT("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        &vkey, &err));
    VT_CHECK(vkey.id == 0x530d903a && vkey.type == VT_NOTE_ED25519);
    for (size_t i = 0; i < sizeof good - 1; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(text, good, sizeof text);
            text[i] = (char)(text[i] ^ (1 << bit));
            VT_CHECK_SAYING(!vt_vkey_parse(vt_slice_of(text, sizeof good - 1), &vkey, &err),
                            "byte %zu, bit %u", i, bit);
            VT_CHECK(err.code == VT_MALFORMED);
        }
}

static const struct vt_case cases[] = {
    { "other people's cases", other_peoples_cases },
    { "who signed", who_signed },
    { "one bad line condemns the note", one_bad_line_condemns_the_note },
    { "a signature means one thing", a_signature_means_one_thing },
    { "a key given twice is ambiguous", a_key_given_twice_is_ambiguous },
    { "mangled notes say nothing new", mangled_notes_say_nothing_new },
    { "a verifier key names itself", a_verifier_key_names_itself },
};

VT_TEST_MAIN("crypto.verify_note", cases)
