/* GET /about: which release runs here, with all that is needed to check it.
 *
 * The digest is that of the file which this process runs, read through the kernel before
 * the process gave up its rights: not of a file that happens to have the same name.  The
 * evidence and the very file can be fetched too, so that `vitrine verify` judges them.  We
 * say whether they belong together; whether the evidence is good is the reader's to ask. */
#include "cell/cell_front.h"
#include "evidence/bundle.h"
#include "evidence/field.h"

struct vt_front_about {
    int program_fd;
    vt_hash program;
    uint64_t program_bytes;
    vt_slice evidence; /* the file as it is; empty: none was given */
    struct vt_buf text;
};

/* ---- what we say ------------------------------------------------------------------------
 */

static const struct vt_output *find_output(const struct vt_release *release,
                                           const struct vt_front_about *about)
{
    for (size_t i = 0; i < release->output_count; i++)
        if (vt_hash_equal(&release->outputs[i].hash, &about->program) &&
            release->outputs[i].size_bytes == about->program_bytes)
            return &release->outputs[i];
    return NULL;
}

static json_t *text_of(vt_slice text)
{
    return json_stringn((const char *)text.data, text.len);
}

static json_t *release_words(const struct vt_release *release,
                             const struct vt_output *output)
{
    json_t *words = json_pack(
        "{s:o,s:o,s:o,s:I,s:o}", "product", text_of(release->product), "version",
        text_of(release->version), "channel", text_of(release->channel), "sequence",
        (json_int_t)release->sequence, "source", vt_field_of_hash(&release->source));

    if (words != NULL && output != NULL)
        (void)json_object_set_new(words, "output", text_of(output->name));
    return words;
}

static json_t *about_words(const struct vt_cell_front *f,
                           const struct vt_front_about *about, json_t *release,
                           bool is_same)
{
    json_t *words = json_pack(
        "{s:i,s:s,s:s,s:{s:o,s:I,s:s},s:b,s:s}", "v", 1, "cell", f->cell, "version",
        VT_VERSION, "program", "sha256", vt_field_of_hash(&about->program), "bytes",
        (json_int_t)about->program_bytes, "file", "/about/program", "is_released", is_same,
        "sentence",
        is_same           ? "the running file is an output of this release; ask `vitrine "
                            "verify` whether the evidence is good"
        : release != NULL ? "THE RUNNING FILE IS NOT THE ONE THAT THE EVIDENCE IS ABOUT"
                          : "no evidence was given for the running file");

    if (words != NULL && release != NULL) {
        (void)json_object_set(words, "release", release);
        (void)json_object_set_new(words, "evidence", json_string("/about/evidence"));
    }
    return words;
}

static bool read_release(struct vt_front_about *about, json_t **words_out, bool *is_same,
                         struct vt_error *err)
{
    VT_AUTO_EVIDENCE evidence = NULL;
    VT_AUTO_FREE struct vt_release *release = vt_alloc(sizeof *release);
    const struct vt_output *output;

    if (about->evidence.len == 0)
        return true;
    if (!vt_evidence_parse(about->evidence, &evidence, err) ||
        !vt_release_read(&evidence->release->statement, release, err))
        return vt_within(err, "the evidence");
    output = find_output(release, about);
    *is_same = output != NULL;
    *words_out = release_words(release, output);
    return true;
}

static bool write_about(struct vt_cell_front *f, struct vt_front_about *about,
                        bool may_differ, struct vt_error *err)
{
    VT_AUTO_JSON release = NULL;
    VT_AUTO_JSON words = NULL;
    bool is_same = false;

    if (!read_release(about, &release, &is_same, err))
        return false;
    if (release != NULL && !is_same && !may_differ)
        return vt_fail(err, VT_REJECTED,
                       "the running file is not the one that the evidence is about; "
                       "--unproven serves all the same, and says so");
    words = about_words(f, about, release, is_same);
    return vt_json_write_canonical(words, &about->text, err);
}

bool vt_cell_front_about_new(struct vt_cell_front *f, vt_slice evidence, bool may_differ,
                             struct vt_error *err)
{
    struct vt_front_about *about = f->about = vt_alloc(sizeof *about);

    about->evidence = evidence;
    about->text = vt_buf_init(VT_KIB(16));
    about->program_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (about->program_fd < 0)
        return vt_fail(err, VT_IO, "/proc/self/exe: %s", strerror(errno));
    return vt_sha256_fd(about->program_fd, "/proc/self/exe", &about->program,
                        &about->program_bytes, err) &&
           write_about(f, about, may_differ, err);
}

void vt_cell_front_about_free(struct vt_front_about *about)
{
    if (about == NULL)
        return;
    vt_fd_close(&about->program_fd);
    vt_buf_clear(&about->text);
    free(about);
}

/* ---- answers ----------------------------------------------------------------------------
 */

static void on_about(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;

    vt_http_set_header(exchange, "Cache-Control", "no-cache");
    vt_http_answer(exchange, VT_HTTP_OK, "application/json", vt_buf_slice(&f->about->text));
}

static void on_evidence(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;

    if (f->about->evidence.len == 0) {
        vt_cell_front_not_found(f, exchange);
        return;
    }
    vt_http_set_header(exchange, "Cache-Control", "no-cache");
    vt_http_answer(exchange, VT_HTTP_OK, "application/json", f->about->evidence);
}

/* The file that runs, whatever has the name of it by now. */
static void on_program(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;
    int fd = fcntl(f->about->program_fd, F_DUPFD_CLOEXEC, 0);

    if (fd < 0) {
        vt_http_answer_text(exchange, VT_HTTP_UNAVAILABLE, "too much is open, try again");
        return;
    }
    vt_http_set_header(exchange, "Cache-Control", "no-cache");
    vt_http_answer_fd(exchange, VT_HTTP_OK, "application/octet-stream", fd,
                      f->about->program_bytes);
}

const struct vt_http_route vt_cell_front_about_routes[] = {
    { "GET", "/about", 0, on_about, NULL },
    { "GET", "/about/evidence", 0, on_evidence, NULL },
    { "GET", "/about/program", 0, on_program, NULL },
    { NULL, NULL, 0, NULL, NULL },
};
