/* Rule databases on the desk. */
#include "release/packs.h"
#include "evidence/inquiry.h"
#include "line/rules.h"

static bool is_of_rules(const struct vt_docket *docket)
{
    return docket->draft != NULL && docket->provenance != NULL &&
           vt_slice_is(vt_field_text(docket->draft->envelope.statement.predicate, "kind"),
                       "rules");
}

static bool each_pack(struct vt_docket *docket,
                      bool (*take)(void *context, const char *name,
                                   const struct vt_rules_pack *pack, struct vt_error *err),
                      void *context, struct vt_error *err)
{
    const struct vt_statement *build = &docket->provenance->envelope.statement;
    struct vt_blobs *blobs;
    bool ok = true;

    if (!vt_docket_blobs(docket->desk, docket->product, docket->version, &blobs, err))
        return false;
    for (size_t i = 0; ok && i < vt_statement_subject_count(build); i++) {
        struct vt_subject subject = vt_statement_subject(build, i);
        VT_AUTO_BUF bytes = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
        VT_AUTO_RULES_PACK pack = { 0 };

        ok = (vt_blobs_get(blobs, &subject.hash, &bytes, err) &&
              vt_rules_pack_parse(vt_buf_slice(&bytes), &pack, err)) ||
             vt_within(err, "%s", subject.name);
        ok = ok && take(context, subject.name, &pack, err);
    }
    vt_blobs_close(blobs);
    return ok;
}

static bool take_names(void *context, const char *name, const struct vt_rules_pack *pack,
                       struct vt_error *err)
{
    (void)name;
    (void)err;
    vt_rules_pack_collecting(pack, context);
    return true;
}

bool vt_packs_collecting(struct vt_docket *docket, struct vt_buf *names,
                         struct vt_error *err)
{
    return !is_of_rules(docket) || each_pack(docket, take_names, names, err);
}

static bool compile_again(void *context, const char *name, const struct vt_rules_pack *pack,
                          struct vt_error *err)
{
    VT_AUTO_RULES_CHILD child = NULL;

    (void)context;
    return vt_rules_load(pack, &child, err) || vt_within(err, "%s", name);
}

bool vt_packs_verify(struct vt_docket *docket, struct vt_error *err)
{
    return !is_of_rules(docket) || each_pack(docket, compile_again, NULL, err);
}
