/* forge - what an attacker with other people's keys could make; for the demonstration.
 * Never installed.
 *
 *   forge extract EVIDENCE FOLDER        take an evidence file apart: NAME.json for each
 *                                        envelope, proof.txt, withdrawals-proof.txt
 *   forge restate IN OUT FILE NAME KEY   say the same of another artefact: FILE in place of
 *                                        NAME, signed by KEY alone
 *   forge join FOLDER OUT                put an evidence file together again */
#include "base/base.h"
#include "crypto/key.h"
#include "evidence/bundle.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static bool write_file(const char *path, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    return vt_fd_write_all(fd, path, bytes, err);
}

/* ---- extract ----------------------------------------------------------------------------
 */

static bool write_envelope(const char *folder, const json_t *json, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1));
    VT_AUTO_ENVELOPE envelope = { 0 };
    const char *name, *path;

    if (!vt_json_write_canonical(json, &bytes, err) ||
        !vt_envelope_parse(vt_buf_slice(&bytes), &envelope, err))
        return false;
    name = vt_predicate_name(envelope.statement.type);
    path = vt_arena_printf(arena, "%s/%s.json", folder, name);
    for (int i = 2; vt_path_exists(path); i++)
        path = vt_arena_printf(arena, "%s/%s-%d.json", folder, name, i);
    return write_file(path, vt_buf_slice(&bytes), err);
}

static bool write_text(const char *folder, const char *name, const json_t *text,
                       struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return write_file(vt_arena_printf(arena, "%s/%s", folder, name),
                      vt_slice_from_cstr(json_string_value(text)), err);
}

static bool extract(char **argv, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_EVIDENCE_BYTES_MAX);
    VT_AUTO_EVIDENCE evidence = NULL;
    const json_t *envelopes, *list;

    if (!vt_file_read(argv[0], &bytes, err) ||
        !vt_evidence_parse(vt_buf_slice(&bytes), &evidence, err))
        return false;
    if (mkdir(argv[1], 0755) != 0)
        return vt_fail(err, VT_IO, "%s: %s", argv[1], strerror(errno));
    envelopes = json_object_get(evidence->json, "envelopes");
    list = json_object_get(evidence->json, "withdrawals");
    for (size_t i = 0; i < json_array_size(envelopes); i++)
        if (!write_envelope(argv[1], json_array_get(envelopes, i), err))
            return false;
    return write_envelope(argv[1], json_object_get(list, "envelope"), err) &&
           write_text(argv[1], "proof.txt", json_object_get(evidence->json, "proof"),
                      err) &&
           write_text(argv[1], "withdrawals-proof.txt", json_object_get(list, "proof"),
                      err);
}

/* ---- restate ----------------------------------------------------------------------------
 */

static json_t *find_named(json_t *list, const char *name)
{
    size_t i;
    json_t *row;

    json_array_foreach(list, i, row)
    {
        const char *text = json_string_value(json_object_get(row, "name"));

        if (text != NULL && strcmp(text, name) == 0)
            return row;
    }
    return NULL;
}

/* The artefact's digest in the subjects, and, of a release, its row among the outputs. */
static bool change_artefact(json_t *statement, const char *name, const char *hex,
                            size_t size, struct vt_error *err)
{
    json_t *subject = find_named(json_object_get(statement, "subject"), name);
    json_t *output = find_named(
        json_object_get(json_object_get(statement, "predicate"), "outputs"), name);

    if (subject == NULL)
        return vt_fail(err, VT_REJECTED, "the statement does not speak of %s", name);
    (void)json_object_set_new(json_object_get(subject, "digest"), "sha256",
                              json_string(hex));
    if (output != NULL) {
        (void)json_object_set_new(output, "sha256", json_string(hex));
        (void)json_object_set_new(output, "size", json_integer((json_int_t)size));
    }
    return true;
}

static bool restate(char **argv, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1)), file = vt_buf_init(VT_MIB(256));
    VT_AUTO_BUF payload = vt_buf_init(VT_MIB(1)), out = vt_buf_init(VT_MIB(1));
    VT_AUTO_ENVELOPE envelope = { 0 };
    VT_AUTO_KEY key = NULL;
    const struct vt_key *keys[1];
    char hex[65];
    vt_hash hash;

    if (!vt_file_read(argv[0], &bytes, err) || !vt_file_read(argv[2], &file, err) ||
        !vt_key_open(argv[4], (vt_slice){ 0 }, &key, err) ||
        !vt_envelope_parse(vt_buf_slice(&bytes), &envelope, err))
        return false;
    hash = vt_sha256_of(vt_buf_slice(&file));
    vt_hash_text(&hash, hex);
    keys[0] = key;
    return change_artefact(envelope.statement.json, argv[3], hex, file.len, err) &&
           vt_json_write_canonical(envelope.statement.json, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, &out, err) &&
           write_file(argv[1], vt_buf_slice(&out), err);
}

/* ---- join -------------------------------------------------------------------------------
 */

static bool read_part(struct vt_arena *arena, const char *folder, const char *name,
                      vt_slice *out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1));

    if (!vt_file_read(vt_arena_printf(arena, "%s/%s", folder, name), &bytes, err))
        return false;
    *out = vt_arena_copy(arena, vt_buf_slice(&bytes));
    return true;
}

static bool is_part(const char *name)
{
    size_t len = strlen(name);

    return len > 5 && strcmp(name + len - 5, ".json") == 0 &&
           strcmp(name, "withdrawals.json") != 0;
}

static bool read_parts(struct vt_arena *arena, const char *folder, vt_slice *parts,
                       size_t *count, struct vt_error *err)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    bool ok = true;

    if (dir == NULL)
        return vt_fail(err, VT_IO, "%s: %s", folder, strerror(errno));
    while (ok && (entry = readdir(dir)) != NULL)
        if (is_part(entry->d_name) && *count < VT_EVIDENCE_ENVELOPES_MAX)
            ok = read_part(arena, folder, entry->d_name, &parts[(*count)++], err);
    (void)closedir(dir);
    return ok;
}

static bool join(char **argv, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF out = vt_buf_init(VT_EVIDENCE_BYTES_MAX);
    vt_slice parts[VT_EVIDENCE_ENVELOPES_MAX], proof, list, list_proof;
    size_t count = 0;

    return read_parts(arena, argv[0], parts, &count, err) &&
           read_part(arena, argv[0], "proof.txt", &proof, err) &&
           read_part(arena, argv[0], "withdrawals.json", &list, err) &&
           read_part(arena, argv[0], "withdrawals-proof.txt", &list_proof, err) &&
           vt_evidence_write(parts, count, proof, list, list_proof, &out, err) &&
           write_file(argv[1], vt_buf_slice(&out), err);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int operands;
        bool (*run)(char **argv, struct vt_error *err);
    } verbs[] = { { "extract", 2, extract },
                  { "restate", 5, restate },
                  { "join", 2, join } };
    struct vt_error err = { 0 };

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (argc < 2 || strcmp(argv[1], verbs[i].name) != 0 ||
            argc != 2 + verbs[i].operands)
            continue;
        if (verbs[i].run(argv + 2, &err))
            return 0;
        (void)fprintf(stderr, "forge %s: %s\n", argv[1], err.message);
        return 1;
    }
    (void)fprintf(stderr, "forge: extract EVIDENCE FOLDER | restate IN OUT FILE NAME KEY | "
                          "join FOLDER OUT\n");
    return 2;
}
