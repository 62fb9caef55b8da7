/* release/v1: JSON to struct and back. */
#include "evidence/release.h"
#include "wire/hex.h"

static bool fail(struct vt_error *err, const char *what)
{
    return vt_fail(err, VT_MALFORMED, "release: %s", what);
}

/* The schema was checked when the statement was parsed, so these cannot fail; they are
 * asked all the same. */
static bool read_output(const json_t *row, struct vt_output *out, struct vt_error *err)
{
    return vt_json_get_text(row, "output", "name", &out->name, err) &&
           vt_json_get_number(row, "output", "size", &out->size_bytes, err) &&
           vt_json_get_sha256(row, "output", "sha256", out->hash.bytes, err);
}

/* A name that is one file's name: it may be joined to a folder. */
static bool is_file_name(vt_slice name)
{
    return !vt_slice_has_byte(name, '/') && !vt_slice_is(name, ".") &&
           !vt_slice_is(name, "..");
}

static bool read_outputs(const struct vt_statement *statement, struct vt_release *release,
                         struct vt_error *err)
{
    const json_t *list = json_object_get(statement->predicate, "outputs");
    size_t count = json_array_size(list);

    if (count == 0 || count != vt_statement_subject_count(statement))
        return fail(err, "its subjects are not its outputs");
    for (size_t i = 0; i < count; i++) {
        struct vt_output *at = &release->outputs[i];
        struct vt_subject subject = vt_statement_subject(statement, i);

        if (!read_output(json_array_get(list, i), at, err))
            return false;
        if (!vt_slice_is(at->name, subject.name) ||
            !vt_hash_equal(&subject.hash, &at->hash))
            return fail(err, "its subjects are not its outputs");
        if (!is_file_name(at->name))
            return fail(err, "an output's name is not the name of a file");
        for (size_t k = 0; k < i; k++)
            if (vt_slice_equal(release->outputs[k].name, at->name))
                return fail(err, "an output is named twice");
    }
    release->output_count = count;
    return true;
}

static bool read_attachment(const json_t *row, struct vt_attachment *out,
                            struct vt_error *err)
{
    vt_slice type, role;

    if (!vt_json_get_sha256(row, "release", "sha256", out->digest.bytes, err) ||
        !vt_json_get_text(row, "release", "predicateType", &type, err) ||
        !vt_json_get_text(row, "release", "role", &role, err))
        return false;
    if (!vt_predicate_of(type, &out->type) || !vt_trust_role_of(role, &out->role) ||
        !vt_trust_role_may_sign(out->role, out->type))
        return fail(err, "an envelope's type and role do not belong together");
    if (out->type == VT_RELEASE || out->type == VT_WITHDRAWALS || out->type == VT_TRUST)
        return fail(err, "it names an envelope that no release holds");
    return true;
}

static bool read_attachments(const json_t *list, struct vt_release *release,
                             struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct vt_attachment *at = &release->attachments[i];

        if (!read_attachment(json_array_get(list, i), at, err))
            return false;
        if (i > 0 && memcmp(at[-1].digest.bytes, at->digest.bytes, VT_SHA256_BYTES) >= 0)
            return fail(err, "its envelopes are not sorted by digest");
    }
    release->attachment_count = json_array_size(list);
    return true;
}

bool vt_release_read(const struct vt_statement *statement, struct vt_release *out,
                     struct vt_error *err)
{
    const json_t *row = statement->predicate;
    struct vt_release release;

    memset(&release, 0, sizeof release);
    if (statement->type != VT_RELEASE)
        return fail(err, "is another kind of statement");
    if (!vt_json_get_text(row, "release", "product", &release.product, err) ||
        !vt_json_get_text(row, "release", "version", &release.version, err) ||
        !vt_json_get_text(row, "release", "channel", &release.channel, err) ||
        !vt_json_get_text(row, "release", "site", &release.site, err) ||
        !vt_json_get_text(row, "release", "kind", &release.kind, err) ||
        !vt_json_get_number(row, "release", "sequence", &release.sequence, err) ||
        !vt_json_get_sha256(row, "release", "source", release.source.bytes, err) ||
        !vt_json_get_sha256(row, "release", "recipe", release.recipe.bytes, err) ||
        !vt_json_get_sha256(row, "release", "environment", release.environment.bytes,
                            err) ||
        !vt_json_get_time(row, "release", "created", &release.created_unix_s, err) ||
        !read_outputs(statement, &release, err) ||
        !read_attachments(json_object_get(row, "envelopes"), &release, err))
        return false;
    if (release.sequence == 0)
        return fail(err, "sequences begin at 1");
    *out = release;
    return true;
}

/* ---- writing ---------------------------------------------------------------------------
 */

/* Both take what json_pack made; false if memory ran out. */
static bool append(json_t *array, json_t *row)
{
    return json_array_append_new(array, row) == 0;
}

static json_t *pack_outputs(const struct vt_release *release)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < release->output_count; i++) {
        const struct vt_output *at = &release->outputs[i];
        char hash[VT_HEX256_BYTES];

        vt_hash_text(&at->hash, hash);
        if (!append(list, json_pack("{s:s%,s:I,s:s}", "name", (const char *)at->name.data,
                                    at->name.len, "size", (json_int_t)at->size_bytes,
                                    "sha256", hash))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static int compare_attachments(const void *left, const void *right)
{
    const struct vt_attachment *a = left, *b = right;

    return memcmp(a->digest.bytes, b->digest.bytes, VT_SHA256_BYTES);
}

static json_t *pack_attachments(const struct vt_release *release)
{
    struct vt_attachment sorted[VT_RELEASE_ENVELOPES_MAX];
    json_t *list = json_array();

    memcpy(sorted, release->attachments, release->attachment_count * sizeof sorted[0]);
    qsort(sorted, release->attachment_count, sizeof sorted[0], compare_attachments);
    for (size_t i = 0; list != NULL && i < release->attachment_count; i++) {
        char hash[VT_HEX256_BYTES];

        vt_hash_text(&sorted[i].digest, hash);
        if (!append(list, json_pack("{s:s,s:s,s:s}", "sha256", hash, "predicateType",
                                    vt_predicate_type(sorted[i].type), "role",
                                    vt_trust_role_name(sorted[i].role)))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *pack_release(const struct vt_release *release, json_t *outputs,
                            json_t *envelopes)
{
    char source[VT_HEX256_BYTES], recipe[VT_HEX256_BYTES], environment[VT_HEX256_BYTES];
    char created[VT_TIME_TEXT_BYTES];

    vt_hash_text(&release->source, source);
    vt_hash_text(&release->recipe, recipe);
    vt_hash_text(&release->environment, environment);
    vt_time_write(release->created_unix_s, created);
    return json_pack("{s:s%,s:s%,s:I,s:s%,s:s%,s:O,s:s,s:s,s:s,s:s%,s:O,s:s}", "product",
                     (const char *)release->product.data, release->product.len, "version",
                     (const char *)release->version.data, release->version.len, "sequence",
                     (json_int_t)release->sequence, "channel",
                     (const char *)release->channel.data, release->channel.len, "kind",
                     (const char *)release->kind.data, release->kind.len, "outputs",
                     outputs, "source", source, "recipe", recipe, "environment",
                     environment, "site", (const char *)release->site.data,
                     release->site.len, "envelopes", envelopes, "created", created);
}

/* Written as text and read again, so that nothing leaves that a reader would refuse.  The
 * names of the subjects are those that `outputs` holds. */
static bool write_checked(const struct vt_release *release, const json_t *outputs,
                          const json_t *predicate, struct vt_buf *payload,
                          struct vt_error *err)
{
    struct vt_subject subjects[VT_RELEASE_OUTPUTS_MAX];
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_STATEMENT statement = { 0 };
    struct vt_release again;

    for (size_t i = 0; i < release->output_count; i++)
        subjects[i] = (struct vt_subject){ json_string_value(json_object_get(
                                               json_array_get(outputs, i), "name")),
                                           release->outputs[i].hash };
    if (!vt_statement_write(VT_RELEASE, subjects, release->output_count, predicate, &text,
                            err) ||
        !vt_statement_parse(vt_buf_slice(&text), &statement, err) ||
        !vt_release_read(&statement, &again, err))
        return false;
    vt_buf_put(payload, vt_buf_slice(&text));
    return vt_buf_check(payload, "release", err);
}

bool vt_release_write(const struct vt_release *release, struct vt_buf *payload,
                      struct vt_error *err)
{
    VT_AUTO_JSON outputs = NULL;
    VT_AUTO_JSON envelopes = NULL;
    VT_AUTO_JSON predicate = NULL;

    if (release->output_count > VT_RELEASE_OUTPUTS_MAX ||
        release->attachment_count > VT_RELEASE_ENVELOPES_MAX)
        return vt_fail(err, VT_LIMIT, "release: %zu outputs and %zu envelopes, at most %d",
                       release->output_count, release->attachment_count,
                       VT_RELEASE_OUTPUTS_MAX);
    outputs = pack_outputs(release);
    envelopes = pack_attachments(release);
    if (outputs != NULL && envelopes != NULL)
        predicate = pack_release(release, outputs, envelopes);
    if (predicate == NULL)
        return fail(err, "a text is not UTF-8, or out of memory");
    return write_checked(release, outputs, predicate, payload, err);
}
