/* The bill of materials: what was built, from which source, with which packages.  It names
 * no time, machine or user, so it is reproducible like the artefacts themselves: `created`
 * is the recipe's epoch, the namespace a hash of all that the document is about.
 *
 * Artefacts are packages without analysed files: SPDX 2.3 demands SHA-1 of files, and we
 * have no use for SHA-1.
 * Spec: SPDX 2.3 §6 (creation), §7 (packages), §11 (relationships); purl type deb */
#include "line/build_inside.h"

struct sbom {
    const struct vt_build_report *report;
    const struct vt_lock *lock;
    struct vt_arena *arena;
    json_t *packages, *relationships; /* borrowed from the document */
};

static const char *hex_of(struct sbom *s, const vt_hash *hash)
{
    char hex[65];

    vt_hash_text(hash, hex);
    return vt_arena_cstr(s->arena, vt_slice_of(hex, 64));
}

/* Percent-encoding of all that purl does not take plainly. */
static const char *encoded(struct sbom *s, const char *text)
{
    VT_AUTO_BUF out = vt_buf_init(VT_KIB(4));

    for (; *text != '\0'; text++) {
        char c = *text;
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
                        c == '~';

        if (is_plain)
            vt_buf_put_u8(&out, (uint8_t)c);
        else
            vt_buf_printf(&out, "%%%02X", (unsigned char)c);
    }
    return vt_arena_cstr(s->arena, vt_buf_slice(&out));
}

/* The namespace depends on everything that the document says. */
static vt_hash subject_of(const struct vt_build_report *r)
{
    struct vt_sha256 state;
    vt_hash hash;

    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("vitrine/sbom/v1\n"));
    vt_sha256_add(&state, vt_hash_slice(&r->source.digest));
    vt_sha256_add(&state, vt_hash_slice(&r->recipe_digest));
    vt_sha256_add(&state, vt_hash_slice(&r->lock_digest));
    for (size_t i = 0; i < r->artefact_count; i++)
        vt_sha256_add(&state, vt_hash_slice(&r->artefacts[i].hash));
    vt_sha256_end(&state, &hash);
    return hash;
}

static bool add_package(struct sbom *s, const char *id, const char *name,
                        const char *version, const vt_hash *hash, const char *file,
                        const char *purl)
{
    json_t *package =
        json_pack("{s:s, s:s, s:s, s:s, s:b, s:[{s:s, s:s}], s:s, s:s, s:s}", "SPDXID", id,
                  "name", name, "versionInfo", version, "downloadLocation", "NOASSERTION",
                  "filesAnalyzed", 0, "checksums", "algorithm", "SHA256", "checksumValue",
                  hex_of(s, hash), "copyrightText", "NOASSERTION", "licenseConcluded",
                  "NOASSERTION", "licenseDeclared", "NOASSERTION");

    if (package == NULL || json_array_append(s->packages, package) != 0) {
        json_decref(package);
        return false;
    }
    json_decref(package); /* the array holds it */
    if (file != NULL &&
        json_object_set_new(package, "packageFileName", json_string(file)) != 0)
        return false;
    return purl == NULL ||
           json_object_set_new(package, "externalRefs",
                               json_pack("[{s:s, s:s, s:s}]", "referenceCategory",
                                         "PACKAGE-MANAGER", "referenceType", "purl",
                                         "referenceLocator", purl)) == 0;
}

static bool relate(struct sbom *s, const char *from, const char *how, const char *to)
{
    return json_array_append_new(s->relationships,
                                 json_pack("{s:s, s:s, s:s}", "spdxElementId", from,
                                           "relationshipType", how, "relatedSpdxElement",
                                           to)) == 0;
}

static bool add_source(struct sbom *s)
{
    const struct vt_source *source = &s->report->source;
    const char *what = vt_arena_printf(s->arena, "%s source", s->report->product);

    return add_package(s, "SPDXRef-Source", what, s->report->version, &source->pack,
                       vt_arena_printf(s->arena, "%s.tar", hex_of(s, &source->digest)),
                       NULL);
}

static bool add_artefacts(struct sbom *s)
{
    for (size_t i = 0; i < s->report->artefact_count; i++) {
        const struct vt_artefact *artefact = &s->report->artefacts[i];
        const char *id = vt_arena_printf(s->arena, "SPDXRef-Artefact-%zu", i + 1);

        if (!add_package(s, id, artefact->name, s->report->version, &artefact->hash,
                         artefact->name, NULL) ||
            !relate(s, "SPDXRef-DOCUMENT", "DESCRIBES", id) ||
            !relate(s, id, "GENERATED_FROM", "SPDXRef-Source"))
            return false;
    }
    return true;
}

static bool add_environment(struct sbom *s)
{
    for (size_t i = 0; i < s->lock->package_count; i++) {
        const struct vt_lock_package *p = &s->lock->packages[i];
        const char *id = vt_arena_printf(s->arena, "SPDXRef-Package-%zu", i + 1);
        const char *purl = vt_arena_printf(
            s->arena, "pkg:deb/debian/%s@%s?arch=%s&distro=%s", encoded(s, p->name),
            encoded(s, p->version), p->architecture, s->lock->suite);

        if (!add_package(s, id, p->name, p->version, &p->hash, p->file, purl) ||
            !relate(s, id, "BUILD_DEPENDENCY_OF", "SPDXRef-Artefact-1"))
            return false;
    }
    return true;
}

static json_t *begin_document(struct sbom *s)
{
    vt_hash subject = subject_of(s->report);
    char created[VT_TIME_TEXT_BYTES];

    vt_time_write(s->report->epoch_unix_s, created);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:[s]}, s:[], s:[]}", "spdxVersion", "SPDX-2.3",
        "dataLicense", "CC0-1.0", "SPDXID", "SPDXRef-DOCUMENT", "name",
        vt_arena_printf(s->arena, "%s-%s", s->report->product, s->report->version),
        "documentNamespace",
        vt_arena_printf(s->arena, "urn:vitrine:sbom:%s", hex_of(s, &subject)),
        "creationInfo", "created", created, "creators", "Tool: vitrine", "packages",
        "relationships");
}

bool vt_build_sbom(const struct vt_build_report *report, const struct vt_lock *lock,
                   struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct sbom s = { .report = report, .lock = lock, .arena = arena };
    VT_AUTO_JSON document = begin_document(&s);

    s.packages = json_object_get(document, "packages");
    s.relationships = json_object_get(document, "relationships");
    if (document == NULL || !add_source(&s) || !add_artefacts(&s) || !add_environment(&s))
        return vt_fail(err, VT_LIMIT, "bill of materials: out of memory");
    return vt_json_write_canonical(document, out, err);
}
