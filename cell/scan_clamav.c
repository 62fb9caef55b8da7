/* libclamav, in a confined worker.  A machine may do without it. */
#include "cell/libclamav.h"
#include "cell/scan_engine.h"
#include <dirent.h>
#include <iconv.h>

/* Up to here one pass of Aho-Corasick over a file is cheaper than one each of Boyer-Moore
 * and Aho-Corasick, which has to run anyway: it tells what kind of file it is.  Measured:
 * 0.7 of the time with 2,000 body signatures, the same with 20,000 (1.9 MB), 1.3 times
 * with 50,000. */
enum { BODIES_FOR_ONE_PASS = 1 << 20 };

struct vt_scan_clamav {
    struct cl_engine *engine;
    char version[64];
};

/* ---- opening ---------------------------------------------------------------------------
 */

/* What it says of a hostile file is for nobody's log. */
static void hear_nothing(enum cl_msg severity, const char *full, const char *text,
                         void *context)
{
    (void)severity;
    (void)full;
    (void)text;
    (void)context;
}

/* Character sets are libraries that the C library loads when they are first used, which
 * behind the locks it cannot. */
static void load_character_sets(void)
{
    static const char *const names[] = {
        "UTF-16",       "UTF-16LE",     "UTF-16BE",     "UTF-32",       "UTF-32LE",
        "UTF-32BE",     "UTF-7",        "ISO-8859-1",   "ISO-8859-2",   "ISO-8859-5",
        "ISO-8859-6",   "ISO-8859-8",   "ISO-8859-9",   "ISO-8859-15",  "WINDOWS-1250",
        "WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255",
        "WINDOWS-1256", "WINDOWS-1257", "CP437",        "CP850",        "CP866",
        "KOI8-R",       "SHIFT_JIS",    "CP932",        "EUC-JP",       "CP936",
        "GBK",          "GB18030",      "BIG5",         "CP949",        "EUC-KR",
        "MACINTOSH",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)iconv_open("UTF-8", names[i]); /* for good, so that it stays loaded */
}

/* Lists of whole files' hashes are not looked for in a body. */
static bool is_hash_list(const char *name)
{
    static const char *const kinds[] = { ".hdb", ".hdu", ".hsb", ".hsu", ".mdb",
                                         ".mdu", ".msb", ".msu", ".fp",  ".sfp" };
    vt_slice s = vt_slice_from_cstr(name);

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (vt_slice_ends_with(s, vt_slice_from_cstr(kinds[i])))
            return true;
    return false;
}

/* Only the speed depends on it: what cannot be read is told when it is loaded. */
static bool is_one_pass_cheaper(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    struct stat about;
    uint64_t bytes = 0;

    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' && !is_hash_list(entry->d_name) &&
            fstatat(dirfd(folder), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0)
            bytes += (uint64_t)about.st_size;
    if (folder != NULL)
        (void)closedir(folder);
    return bytes <= BODIES_FOR_ONE_PASS;
}

/* Its own limits lie where ours do; scanning stops there and says so. */
static bool configure(struct vt_scan_clamav *c, const char *folder,
                      const struct vt_scan_limits *limits)
{
    const struct {
        enum cl_engine_field field;
        uint64_t value;
    } numbers[] = {
        { CL_ENGINE_MAX_SCANSIZE, limits->bytes_max + limits->file_bytes_max },
        { CL_ENGINE_MAX_FILESIZE, limits->file_bytes_max },
        { CL_ENGINE_MAX_RECURSION, limits->depth_max + 1 },
        { CL_ENGINE_MAX_FILES, limits->members_max + 1 },
        { CL_ENGINE_MAX_SCANTIME, limits->time_ms_max },
        { CL_ENGINE_AC_ONLY, is_one_pass_cheaper(folder) },
        /* No memory of earlier files: a verdict depends on the file alone. */
        { CL_ENGINE_DISABLE_CACHE, 1 },
        /* None is loaded; and what is never loaded needs no executable memory. */
        { CL_ENGINE_BYTECODE_MODE, CL_BYTECODE_MODE_INTERPRETER },
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (sym_cl_engine_set_num(c->engine, numbers[i].field,
                                  (long long)numbers[i].value) != CL_SUCCESS)
            return false;
    return sym_cl_engine_set_str(c->engine, CL_ENGINE_TMPDIR, "/") == CL_SUCCESS;
}

static bool load(struct vt_scan_clamav *c, const char *folder,
                 const struct vt_scan_limits *limits, struct vt_error *err)
{
    unsigned count = 0;
    cl_error_t status;

    if (!vt_dynlib_open(&vt_libclamav, err))
        return false;
    sym_cl_set_clcb_msg(hear_nothing);
    if (sym_cl_init(CL_INIT_DEFAULT) != CL_SUCCESS ||
        (c->engine = sym_cl_engine_new()) == NULL || !configure(c, folder, limits))
        return vt_fail(err, VT_IO, "libclamav does not start");
    status =
        sym_cl_load(folder, c->engine, &count, CL_DB_STDOPT & ~(unsigned)CL_DB_BYTECODE);
    if (status == CL_SUCCESS)
        status = sym_cl_engine_compile(c->engine);
    if (status != CL_SUCCESS)
        return vt_fail(err, VT_MALFORMED, "%s: libclamav cannot load it: %s", folder,
                       sym_cl_strerror(status));
    if (count == 0)
        return vt_fail(err, VT_MALFORMED, "%s: holds no ClamAV signature", folder);
    (void)snprintf(c->version, sizeof c->version, "clamav %s", sym_cl_retver());
    load_character_sets();
    return true;
}

bool vt_scan_clamav_open(const char *folder, const struct vt_scan_limits *limits,
                         struct vt_scan_clamav **out, struct vt_error *err)
{
    struct vt_scan_clamav *clamav = vt_alloc(sizeof *clamav);

    if (!load(clamav, folder, limits, err)) {
        vt_scan_clamav_close(clamav);
        return false;
    }
    *out = clamav;
    return true;
}

void vt_scan_clamav_close(struct vt_scan_clamav *clamav)
{
    if (clamav == NULL)
        return;
    if (clamav->engine != NULL)
        (void)sym_cl_engine_free(clamav->engine);
    free(clamav);
}

const char *vt_scan_clamav_version(const struct vt_scan_clamav *clamav)
{
    return clamav->version;
}

/* ---- looking ---------------------------------------------------------------------------
 */

/* What it says in the form of a name that is none. */
static const struct {
    const char *prefix;
    uint16_t limit;
} limits_as_names[] = {
    { "Heuristics.Limits.Exceeded.MaxFileSize", VT_SCAN_LIMIT_BYTES },
    { "Heuristics.Limits.Exceeded.MaxScanSize", VT_SCAN_LIMIT_BYTES },
    { "Heuristics.Limits.Exceeded.MaxFiles", VT_SCAN_LIMIT_MEMBERS },
    { "Heuristics.Limits.Exceeded.MaxRecursion", VT_SCAN_LIMIT_DEPTH },
    { "Heuristics.Limits.Exceeded.MaxScanTime", VT_SCAN_LIMIT_TIME },
    { "Heuristics.Limits.Exceeded", VT_SCAN_LIMIT_ENGINE },
    { "Heuristics.Encrypted", VT_SCAN_LIMIT_ENCRYPTED },
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void take_name(const char *name, struct vt_scan_outcome *outcome)
{
    for (size_t i = 0; i < sizeof limits_as_names / sizeof limits_as_names[0]; i++)
        if (starts_with(name, limits_as_names[i].prefix)) {
            outcome->limits |= limits_as_names[i].limit;
            return;
        }
    vt_scan_outcome_found(outcome, VT_SCAN_BY_CLAMAV, vt_slice_from_cstr(name),
                          starts_with(name, "Heuristics.") || starts_with(name, "PUA."));
}

static void take_status(cl_error_t status, struct vt_scan_outcome *outcome)
{
    switch (status) {
    case CL_SUCCESS:
    case CL_VIRUS:
        outcome->looked |= VT_SCAN_BY_CLAMAV;
        break;
    case CL_ETIMEOUT:
        outcome->limits |= VT_SCAN_LIMIT_TIME;
        break;
    case CL_EMEM:
        outcome->limits |= VT_SCAN_LIMIT_MEMORY;
        break;
    case CL_EMAXREC:
        outcome->limits |= VT_SCAN_LIMIT_DEPTH;
        break;
    case CL_EMAXSIZE:
        outcome->limits |= VT_SCAN_LIMIT_BYTES;
        break;
    case CL_EMAXFILES:
        outcome->limits |= VT_SCAN_LIMIT_MEMBERS;
        break;
    default:
        outcome->failed |= VT_SCAN_BY_CLAMAV;
    }
}

void vt_scan_clamav_look(struct vt_scan_clamav *c, vt_slice bytes, bool is_whole,
                         int64_t time_ms, struct vt_scan_outcome *outcome)
{
    struct cl_scan_options options = {
        .general = CL_SCAN_GENERAL_HEURISTICS,
        .parse = ~(is_whole ? 0u : (uint32_t)CL_SCAN_PARSE_ARCHIVE),
        .heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE |
                     CL_SCAN_HEURISTIC_ENCRYPTED_DOC,
    };
    const char *name = NULL;
    unsigned long scanned = 0;
    cl_fmap_t *map;
    cl_error_t status;

    if (bytes.len == 0) {
        outcome->looked |= VT_SCAN_BY_CLAMAV;
        return;
    }
    (void)sym_cl_engine_set_num(c->engine, CL_ENGINE_MAX_SCANTIME,
                                time_ms < 1000 ? 1000 : (long long)time_ms);
    map = sym_cl_fmap_open_memory(bytes.data, bytes.len);
    if (map == NULL) {
        outcome->limits |= VT_SCAN_LIMIT_MEMORY;
        return;
    }
    status = sym_cl_scanmap_callback(map, NULL, &name, &scanned, c->engine, &options, NULL);
    sym_cl_fmap_close(map);
    if (status == CL_VIRUS && name != NULL)
        take_name(name, outcome);
    take_status(status, outcome);
}
