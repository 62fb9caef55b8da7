/* vitrine line: from audited source to artefacts, and again to the same artefacts. */
#include "cli/building.h"
#include "cli/files.h"
#include "cli/groups.h"
#include "cli/line_verbs.h"
#include "line/archive.h"
#include "release/compose.h"
#include "wire/hex.h"

#define OPTION_END                                                                         \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }
#define OPTION_RECIPE                                                                      \
    {                                                                                      \
        "recipe", "FILE", "the recipe: vitrine.recipe.json", true, false                   \
    }
#define OPTION_LOCK                                                                        \
    {                                                                                      \
        "lock", "FILE", "the lock file, from `vitrine line lock`", true, false             \
    }
#define OPTION_SOURCE                                                                      \
    {                                                                                      \
        "source", "WHERE",                                                                 \
            "git folder, folder, tar, .dsc, or a digest that the store has; a Debian "     \
            "source needs none: the lock names it",                                        \
            false, false                                                                   \
    }
#define OPTION_COMMIT                                                                      \
    {                                                                                      \
        "commit", "COMMIT", "of a git source; else HEAD", false, false                     \
    }

/* ---- lock -------------------------------------------------------------------------------
 */

static const struct vt_option lock_options[] = {
    OPTION_RECIPE,
    VT_OPTION_STORE,
    { "out", "FILE", "the lock file to write", true, false },
    { "source-package", "NAME[=VERSION]",
      "Debian source package; else the recipe's product, if it is made from one", false,
      false },
    { "sources", "FILE", "a sources.list to use in place of the machine's", false, false },
    OPTION_END,
};

static bool run_lock(struct vt_args *args, struct vt_error *err)
{
    const char *out = vt_args_get(args, "out");
    const char *package = vt_args_get(args, "source-package");
    struct vt_progress progress = vt_progress_init(vt_args_is_json(args));
    VT_AUTO_BUF text = vt_buf_init(VT_LOCK_BYTES_MAX);
    VT_AUTO_MATERIALS m = { .store = NULL };
    char digest[65], environment[65];

    if (!vt_recipe_read(vt_args_get(args, "recipe"), &m.recipe, err) ||
        !vt_line_store_open(vt_args_get(args, "store"), true, &m.store, err))
        return false;
    if (package == NULL && m.recipe->source_type == VT_SOURCE_DEBIAN)
        package = m.recipe->product;
    if (!vt_lock_make(&(struct vt_lock_request){ .store = m.store,
                                                 .suite = m.recipe->suite,
                                                 .packages = m.recipe->packages,
                                                 .package_count = m.recipe->package_count,
                                                 .source_package = package,
                                                 .sources = vt_args_get(args, "sources"),
                                                 .progress = vt_progress_line,
                                                 .context = &progress },
                      &text, err) ||
        !vt_lock_parse(vt_buf_slice(&text), out, &m.lock, err) ||
        !vt_cli_write(out, vt_buf_slice(&text), 0644, err))
        return false;
    vt_hash_text(&m.lock->digest, digest);
    vt_hash_text(&m.lock->environment, environment);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:s,s:s,s:I}", "ok", 1, "lock", out, "digest",
                                    digest, "environment", environment, "packages",
                                    (json_int_t)m.lock->package_count));
    else
        (void)printf("%s: %zu package%s\nenvironment %s\n", out, m.lock->package_count,
                     vt_plural(m.lock->package_count), environment);
    return true;
}

/* ---- build ------------------------------------------------------------------------------
 */

static const struct vt_option build_options[] = {
    OPTION_RECIPE,
    OPTION_LOCK,
    VT_OPTION_STORE,
    { "out", "DIR", "where artefacts, log.txt, sbom.spdx.json and build.json go", true,
      false },
    OPTION_SOURCE,
    OPTION_COMMIT,
    VT_OPTION_INPUT,
    { "authorised", "DIGEST", "build only in one of these environments", false, true },
    VT_OPTION_RUNNER,
    VT_OPTION_SCRATCH,
    { "key", "KEY", "a builder's private key: signs provenance.json", false, false },
    VT_OPTION_PASSPHRASE,
    { "site", "PLACE", "where the builder stands; goes with --key", false, false },
    OPTION_END,
};

enum { AUTHORISED_MAX = 256 };

struct authorised {
    vt_hash hashes[AUTHORISED_MAX];
    size_t count;
};

static bool read_authorised(struct vt_args *args, struct authorised *out,
                            struct vt_error *err)
{
    const char *text;

    for (out->count = 0; (text = vt_args_get_at(args, "authorised", out->count)) != NULL;
         out->count++)
        if (out->count == AUTHORISED_MAX || strlen(text) != 64 ||
            !vt_hex_parse(vt_slice_from_cstr(text), out->hashes[out->count].bytes, 32))
            return vt_args_misuse(args, err,
                                  "--authorised: '%s' is no digest of 64 hex digits", text);
    return true;
}

/* The builder's word on it, beside the artefacts. */
static bool sign_provenance(struct vt_args *args, const struct vt_key *key,
                            const struct vt_build_report *report, struct vt_error *err)
{
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();

    return vt_compose_provenance(report, vt_args_get(args, "site"), key, &envelope, err) &&
           vt_cli_write(
               vt_arena_printf(arena, "%s/provenance.json", vt_args_get(args, "out")),
               vt_buf_slice(&envelope), 0644, err);
}

static void print_report(struct vt_args *args, const struct vt_build_report *report)
{
    char source[65], environment[65];

    vt_hash_text(&report->source.digest, source);
    vt_hash_text(&report->environment_digest, environment);
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack(
            "{s:b,s:s,s:s,s:s,s:s,s:o,s:I,s:I}", "ok", 1, "product", report->product,
            "version", report->version, "source", source, "environment", environment,
            "artefacts", vt_cli_artefacts_json(report), "wall_ms",
            (json_int_t)report->wall_ms, "cpu_ms", (json_int_t)report->cpu_ms));
        return;
    }
    vt_cli_print_artefacts(report);
    (void)printf("source %s\nbuilt in %jd.%jd s\n", source,
                 (intmax_t)(report->wall_ms / 1000),
                 (intmax_t)(report->wall_ms % 1000 / 100));
}

static bool build(struct vt_args *args, struct vt_materials *m,
                  const struct authorised *authorised, struct vt_build_report **report,
                  struct vt_error *err)
{
    struct vt_building building;

    if (!vt_building_init(args, m, vt_args_get(args, "out"), &building, err))
        return false;
    if (authorised->count > 0) {
        building.request.authorised = authorised->hashes;
        building.request.authorised_count = authorised->count;
    }
    return vt_building_run(&building, report, err);
}

static bool run_build(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_MATERIALS m = { .store = NULL };
    VT_AUTO_BUILD_REPORT report = NULL;
    VT_AUTO_FREE struct authorised *authorised = vt_alloc(sizeof *authorised);
    struct vt_error why = { 0 };
    VT_AUTO_KEY key = NULL;

    if (vt_args_has(args, "key") != vt_args_has(args, "site"))
        return vt_args_misuse(args, err, "--key and --site go together");
    if (vt_args_has(args, "site") && !vt_text_verify(vt_args_get(args, "site"), &why))
        return vt_args_misuse(args, err, "--site: %s", why.message);
    if (!read_authorised(args, authorised, err) ||
        (vt_args_has(args, "key") && !vt_cli_key_open(args, &key, err)) ||
        !vt_cli_materials_read(args, &m, err) || !vt_cli_source_take(args, &m, err) ||
        !build(args, &m, authorised, &report, err) ||
        (key != NULL && !sign_provenance(args, key, report, err)))
        return false;
    print_report(args, report);
    return true;
}

/* ---- rebuild ----------------------------------------------------------------------------
 */

static const struct vt_option rebuild_options[] = {
    { "expect", "FILE", "build.json of the build to repeat", true, false },
    { "archive", "DIR", "archive that holds its materials (vitrine line archive)", true,
      false },
    { "store", "DIR", "the rebuilder's own store; else the archive itself", false, false },
    { "out", "DIR",
      "where artefacts, log.txt, sbom.spdx.json and build.json go; with --vary in "
      "DIR/fixed and DIR/varied",
      true, false },
    VT_OPTION_VARY,
    VT_OPTION_RUNNER,
    VT_OPTION_SCRATCH,
    OPTION_END,
};

static bool read_expected(const char *path, struct vt_build_report **out,
                          struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    return vt_file_read(path, &text, err) &&
           vt_build_report_parse(vt_buf_slice(&text), path, out, err);
}

/* The archive's materials, which must be those that the report names. */
static bool find_materials(struct vt_args *args, const struct vt_build_report *expected,
                           struct vt_materials *m, struct vt_error *err)
{
    const char *own = vt_args_get(args, "store");
    struct vt_archive_report copied = { 0 };
    VT_AUTO_LINE_STORE archive = NULL;
    bool ok;

    if (!vt_line_store_open(vt_args_get(args, "archive"), false, &archive, err) ||
        !vt_archive_find(archive, expected->product, expected->version, &m->recipe,
                         &m->lock, &m->source, err))
        return false;
    if (!vt_hash_equal(&m->recipe->digest, &expected->recipe_digest) ||
        !vt_hash_equal(&m->lock->digest, &expected->lock_digest) ||
        !vt_hash_equal(&m->source.digest, &expected->source.digest))
        return vt_fail(err, VT_REJECTED,
                       "the archive holds another source, recipe or lock of %s %s than was "
                       "built",
                       expected->product, expected->version);
    if (own == NULL) {
        m->store = archive;
        archive = NULL;
        return true;
    }
    ok =
        vt_line_store_open(own, true, &m->store, err) &&
        vt_archive_release(archive, m->store, m->recipe, m->lock, &m->source, &copied, err);
    return ok;
}

/* What a rebuild came to; of the two reports one is there. */
struct rebuilt {
    struct vt_build_report *plain;
    struct vt_vary_report *varied;
    const char *verdict;
    const char *difference; /* name of the first artefact that differs, or NULL */
};

static void rebuilt_clear(struct rebuilt *r)
{
    vt_build_report_free(r->plain);
    vt_vary_report_free(r->varied);
}

static const struct vt_build_report *report_of(const struct rebuilt *r)
{
    return r->plain != NULL ? r->plain : r->varied->fixed;
}

static bool print_rebuilt_json(const struct rebuilt *r, struct vt_error *err)
{
    const struct vt_build_report *report = report_of(r);
    json_t *terms = NULL;
    json_t *answer;

    if (r->varied != NULL && !vt_vary_json(r->varied, &terms, err))
        return false;
    answer = json_pack("{s:b,s:s,s:s,s:s,s:o}", "ok", r->difference == NULL, "product",
                       report->product, "version", report->version, "verdict", r->verdict,
                       "artefacts", vt_cli_artefacts_json(report));
    if (r->difference != NULL)
        (void)json_object_set_new(answer, "difference", json_string(r->difference));
    if (terms != NULL)
        (void)json_object_set_new(answer, "terms", terms);
    vt_cli_print_json(answer);
    return true;
}

static void print_rebuilt(const struct rebuilt *r)
{
    vt_cli_print_artefacts(report_of(r));
    if (r->varied != NULL)
        vt_cli_vary_print(r->varied);
    if (r->difference == NULL)
        (void)printf("%s: every artefact is the same, bit for bit\n", r->verdict);
    else
        (void)printf("%s: first difference in %s; see why with `vitrine line diagnose`\n",
                     r->verdict, r->difference);
}

static bool rebuild(struct vt_args *args, const struct vt_build_report *expected,
                    const struct vt_materials *m, struct rebuilt *r, struct vt_error *err)
{
    struct vt_building building;

    if (!vt_building_init(args, m, vt_args_get(args, "out"), &building, err))
        return false;
    if (vt_args_has(args, "vary")) {
        if (!vt_building_vary(&building, expected, &r->varied, err))
            return false;
        r->verdict = vt_vary_result_name(r->varied->result);
        r->difference = r->varied->first_difference;
        return true;
    }
    if (!vt_building_run(&building, &r->plain, err))
        return false;
    r->difference = vt_build_first_difference(expected, r->plain);
    r->verdict = r->difference == NULL ? "equal" : "differs";
    return true;
}

static bool run_rebuild(struct vt_args *args, struct vt_error *err)
{
    __attribute__((cleanup(rebuilt_clear))) struct rebuilt r = { .plain = NULL };
    VT_AUTO_BUILD_REPORT expected = NULL;
    VT_AUTO_MATERIALS m = { .store = NULL };

    if (!read_expected(vt_args_get(args, "expect"), &expected, err) ||
        !find_materials(args, expected, &m, err) || !rebuild(args, expected, &m, &r, err))
        return false;
    vt_args_exit(args, r.difference == NULL ? 0 : 1);
    if (vt_args_is_json(args))
        return print_rebuilt_json(&r, err);
    print_rebuilt(&r);
    return true;
}

/* ---- archive ----------------------------------------------------------------------------
 */

static const struct vt_option archive_options[] = {
    OPTION_RECIPE,
    OPTION_LOCK,
    VT_OPTION_STORE,
    OPTION_SOURCE,
    OPTION_COMMIT,
    VT_OPTION_INPUT,
    { "to", "DIR", "the archive, itself a store; made if missing", true, false },
    OPTION_END,
};

static bool run_archive(struct vt_args *args, struct vt_error *err)
{
    const char *to = vt_args_get(args, "to");
    struct vt_archive_report report = { 0 };
    VT_AUTO_MATERIALS m = { .store = NULL };
    VT_AUTO_LINE_STORE archive = NULL;

    if (!vt_cli_materials_read(args, &m, err) || !vt_cli_source_take(args, &m, err) ||
        !vt_line_store_open(to, true, &archive, err) ||
        !vt_archive_release(m.store, archive, m.recipe, m.lock, &m.source, &report, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:I,s:I,s:I}", "ok", 1, "archive", to,
                                    "files", (json_int_t)report.files, "bytes",
                                    (json_int_t)report.bytes, "held",
                                    (json_int_t)report.held));
    else
        (void)printf("%s: %s %s can be rebuilt from it (%ju file%s, %ju bytes added; %ju "
                     "were there)\n",
                     to, m.recipe->product, m.recipe->version, (uintmax_t)report.files,
                     vt_plural(report.files), (uintmax_t)report.bytes,
                     (uintmax_t)report.held);
    return true;
}

static const struct vt_verb verbs[] = {
    { "lock", NULL, 0, 0, "find and keep the packages that a recipe needs",
      "Resolves the recipe's packages with apt's own data in a private configuration, "
      "fetches\nthem into the store, and writes down which they are.",
      lock_options, run_lock },
    { "build", NULL, 0, 0, "build in the sealed sandbox",
      "Without network, under fixed terms, from the store alone.", build_options,
      run_build },
    { "rebuild", NULL, 0, 0, "build again from an archive, and compare",
      "Exit code 1 when an artefact differs.", rebuild_options, run_rebuild },
    { "compare", "A B", 2, 2, "find where two files or folders of artefacts differ",
      "Looks into ar, tar, zip, cpio, deb, gzip, xz, zstd, bzip2 and ELF.  Exit code 1 "
      "when\nthey differ.",
      NULL, vt_cli_line_compare },
    { "diagnose", "A B", 2, 2, "find why two builds differ, and what to change",
      "From the bytes alone a cause is suspected; with --recipe, --lock, --store and --out "
      "it is\nproved by building again, twice and in turn, with only that changed.  What "
      "differs between\ntwo builds under the same terms is told as time or randomness and "
      "proves no other cause.\nExit code 1 when they differ.",
      vt_cli_line_diagnose_options, vt_cli_line_diagnose },
    { "archive", NULL, 0, 0, "keep all that a rebuild needs, registries gone", NULL,
      archive_options, run_archive },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_line = {
    "line",
    "the assembly line: build, rebuild, compare, archive",
    verbs,
};
