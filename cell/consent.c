/* Two switches in a small file.  A file that cannot be read allows nothing. */
#include "cell/consent.h"
#include "evidence/schema.h"
#include "wire/json.h"

#define CONSENT_FILE "consent.json"

enum { CONSENT_BYTES_MAX = 4096 };

static const struct vt_field CHOICE[] = {
    { "on", VT_FIELD_BOOL, false, 0, NULL, NULL },
    { "since", VT_FIELD_TIME, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field CONSENT[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "ask", VT_FIELD_OBJECT, true, 0, CHOICE, NULL },
    { "submit", VT_FIELD_OBJECT, true, 0, CHOICE, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

static const char *const NAMES[VT_CONSENT_SWITCHES] = {
    [VT_CONSENT_ASK] = "ask",
    [VT_CONSENT_SUBMIT] = "submit",
};

const char *vt_consent_name(enum vt_consent_switch which)
{
    return NAMES[which];
}

bool vt_consent_of(vt_slice name, enum vt_consent_switch *out)
{
    for (unsigned i = 0; i < VT_CONSENT_SWITCHES; i++)
        if (vt_slice_is(name, NAMES[i])) {
            *out = (enum vt_consent_switch)i; /* below VT_CONSENT_SWITCHES */
            return true;
        }
    return false;
}

bool vt_consent_parse(vt_slice text, struct vt_consent *out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;
    struct vt_consent consent = { 0 };
    uint64_t version;

    if (!vt_json_parse_canonical(text, "consent", &json, err) ||
        !vt_schema_verify(json, "consent", CONSENT, err) ||
        !vt_json_get_number(json, "consent", "v", &version, err))
        return false;
    if (version != 1)
        return vt_fail(err, VT_MALFORMED, "consent: only 'v' 1 is known");
    for (unsigned i = 0; i < VT_CONSENT_SWITCHES; i++) {
        const json_t *choice = json_object_get(json, NAMES[i]);

        if (choice == NULL)
            continue;
        consent.switches[i].is_chosen = true;
        if (!vt_json_get_bool(choice, "consent", "on", &consent.switches[i].is_on, err) ||
            !vt_json_get_time(choice, "consent", "since", &consent.switches[i].since_unix_s,
                              err))
            return false;
    }
    *out = consent;
    return true;
}

bool vt_consent_write(const struct vt_consent *consent, struct vt_buf *out,
                      struct vt_error *err)
{
    VT_AUTO_JSON json = json_pack("{s:i}", "v", 1);

    for (unsigned i = 0; i < VT_CONSENT_SWITCHES; i++) {
        char since[VT_TIME_TEXT_BYTES];

        vt_time_write(consent->switches[i].since_unix_s, since);
        if (consent->switches[i].is_chosen)
            (void)json_object_set_new(
                json, NAMES[i],
                json_pack("{s:b,s:s}", "on", consent->switches[i].is_on, "since", since));
    }
    return vt_json_write_canonical(json, out, err);
}

bool vt_consent_read(struct vt_disk *home, struct vt_consent *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(CONSENT_BYTES_MAX);

    if (!vt_disk_has(home, CONSENT_FILE)) {
        *out = (struct vt_consent){ 0 };
        return true;
    }
    return vt_disk_read(home, CONSENT_FILE, &text, err) &&
           (vt_consent_parse(vt_buf_slice(&text), out, err) ||
            vt_within(err, "%s/%s", vt_disk_path(home), CONSENT_FILE));
}

bool vt_consent_turn(struct vt_disk *home, enum vt_consent_switch which, bool is_on,
                     int64_t now_unix_s, struct vt_error *err)
{
    struct vt_consent consent;
    VT_AUTO_BUF text = vt_buf_init(CONSENT_BYTES_MAX);

    if (!vt_consent_read(home, &consent, err))
        return false;
    if (consent.switches[which].is_chosen && consent.switches[which].is_on == is_on)
        return vt_disk_keep(home, CONSENT_FILE, err);
    consent.switches[which].is_chosen = true;
    consent.switches[which].is_on = is_on;
    consent.switches[which].since_unix_s = now_unix_s;
    return vt_consent_write(&consent, &text, err) &&
           vt_disk_write(home, CONSENT_FILE, vt_buf_slice(&text), 0600, err);
}

bool vt_consent_allows(const struct vt_consent *consent, enum vt_consent_switch which,
                       struct vt_error *err)
{
    return consent->switches[which].is_on ||
           vt_fail(err, VT_REJECTED,
                   "nobody has allowed this machine to %s; `vitrine client consent %s on` "
                   "does",
                   NAMES[which], NAMES[which]);
}
