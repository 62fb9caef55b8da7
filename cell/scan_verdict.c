/* A verdict for machines and for people. */
#include "cell/scan.h"

static json_t *list_bits(unsigned bits, const char *(*name)(unsigned bit))
{
    json_t *list = json_array();

    for (unsigned bit = 1; bit <= bits; bit <<= 1)
        if ((bits & bit) != 0 && name(bit) != NULL)
            (void)json_array_append_new(list, json_string(name(bit)));
    return list;
}

static json_t *list_found(const struct vt_scan_outcome *outcome)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < outcome->name_count; i++)
        (void)json_array_append_new(list,
                                    json_pack("{s:s,s:s,s:b}", "engine",
                                              vt_scan_engine_name(outcome->names[i].engine),
                                              "name", outcome->names[i].text, "suspicious",
                                              outcome->names[i].is_suspicious));
    return list;
}

static json_t *list_lines(const char *text)
{
    vt_reader r = { vt_slice_from_cstr(text) };
    json_t *list = json_array();
    vt_slice line;

    while (vt_read_line(&r, &line))
        (void)json_array_append_new(list, json_stringn((const char *)line.data, line.len));
    return list;
}

static json_t *describe_limits(const struct vt_scan_limits *l)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "bytes", (json_int_t)l->bytes_max,
                     "file_bytes", (json_int_t)l->file_bytes_max, "ratio",
                     (json_int_t)l->ratio_max, "ratio_free",
                     (json_int_t)l->ratio_free_bytes, "members", (json_int_t)l->members_max,
                     "depth", (json_int_t)l->depth_max, "time_ms",
                     (json_int_t)l->time_ms_max, "memory", (json_int_t)l->memory_bytes_max);
}

static const char *end_name(enum vt_scan_end end)
{
    switch (end) {
    case VT_SCAN_ANSWERED:
        break;
    case VT_SCAN_ENDED_BY_SIGNAL:
        return "signal";
    case VT_SCAN_EXITED:
        return "exited";
    case VT_SCAN_TOO_SLOW:
        return "too-slow";
    case VT_SCAN_LIED:
        return "no-answer";
    }
    return NULL;
}

json_t *vt_scan_verdict_json(const struct vt_scan_verdict *v)
{
    const struct vt_scan_outcome *o = &v->outcome;
    char rules[65];
    json_t *json;

    vt_hash_text(&v->binding.rules, rules);
    json = json_pack("{s:s,s:o,s:I,s:o,s:o,s:I,s:I,s:I,s:s,s:o,s:o}", "state",
                     vt_scan_state_name(v->state), "found", list_found(o), "found_total",
                     (json_int_t)o->names_total, "limits_reached",
                     list_bits(o->limits, vt_scan_limit_name), "failed",
                     list_bits(o->failed, vt_scan_engine_name), "depth",
                     (json_int_t)o->depth, "members", (json_int_t)o->members,
                     "unpacked_bytes", (json_int_t)(o->unpacked_bytes & INT64_MAX), "rules",
                     rules, "engines", list_lines(v->binding.engines), "limits",
                     describe_limits(&v->binding.limits));
    if (v->end != VT_SCAN_ANSWERED)
        (void)json_object_set_new(json, "end", json_string(end_name(v->end)));
    if (v->end == VT_SCAN_ENDED_BY_SIGNAL)
        (void)json_object_set_new(json, "signal", json_integer(v->signal));
    return json;
}

static void put_bits(struct vt_buf *out, const char *before, unsigned bits,
                     const char *(*name)(unsigned bit))
{
    for (unsigned bit = 1; bit <= bits; bit <<= 1)
        if ((bits & bit) != 0 && name(bit) != NULL) {
            vt_buf_printf(out, "%s%s", before, name(bit));
            before = ", ";
        }
}

static void put_end(struct vt_buf *out, const struct vt_scan_verdict *v)
{
    switch (v->end) {
    case VT_SCAN_ANSWERED:
        break;
    case VT_SCAN_ENDED_BY_SIGNAL:
        vt_buf_printf(out, " (signal %d)", v->signal);
        break;
    case VT_SCAN_EXITED:
        vt_buf_put_text(out, " (it ended)");
        break;
    case VT_SCAN_TOO_SLOW:
        vt_buf_put_text(out, " (no answer in time)");
        break;
    case VT_SCAN_LIED:
        vt_buf_put_text(out, " (its answer was none)");
        break;
    }
}

void vt_scan_verdict_text(const struct vt_scan_verdict *v, struct vt_buf *out)
{
    const struct vt_scan_outcome *o = &v->outcome;
    const char *before = ": ";

    vt_buf_put_text(out, v->state == VT_SCAN_NOT_FULLY ? "not fully scanned"
                         : v->state == VT_SCAN_ENGINE_FAILED
                             ? "engine failed"
                             : vt_scan_state_name(v->state));
    for (uint32_t i = 0; i < o->name_count; i++) {
        vt_buf_printf(out, "%s%s (%s)", before, o->names[i].text,
                      vt_scan_engine_name(o->names[i].engine));
        before = ", ";
    }
    if (o->names_total > o->name_count)
        vt_buf_printf(out, " and %" PRIu32 " more", o->names_total - o->name_count);
    put_bits(out, v->state == VT_SCAN_ENGINE_FAILED ? ": " : "; failed: ", o->failed,
             vt_scan_engine_name);
    put_end(out, v);
    put_bits(out, v->state == VT_SCAN_NOT_FULLY ? ": " : "; not fully scanned: ", o->limits,
             vt_scan_limit_name);
}
