/* Numbers of a witness.  Logs are named by the hash that stands in their paths, so no text
 * of others gets into a label. */
#include "ledger/witness_pages.h"
#include "wire/hex.h"
#include "wire/json.h"

static int64_t age_s(const struct vt_witness_numbers *numbers,
                     const struct vt_witness_known *known)
{
    int64_t age = numbers->now_unix_s - known->seen.time_unix_s;

    return age > 0 ? age : 0;
}

void vt_witness_write_health(const struct vt_witness_numbers *numbers,
                             const struct vt_witness_config *config,
                             const struct vt_witness_known *known, struct vt_buf *out)
{
    VT_AUTO_JSON logs = json_array();
    VT_AUTO_JSON answer = NULL;
    struct vt_error ignored = { 0 };
    char hex[65];

    for (size_t i = 0; i < config->log_count; i++) {
        json_t *row;

        vt_hash_text(&config->logs[i].id, hex);
        row = json_pack("{s:s}", "log", hex);
        if (known[i].is_seen) {
            (void)json_object_set_new(row, "size", vt_json_wide(known[i].seen.size));
            (void)json_object_set_new(row, "cosigned_ago_s",
                                      json_integer(age_s(numbers, &known[i])));
        }
        (void)json_array_append_new(logs, row);
    }
    answer = json_pack("{s:b,s:I,s:I,s:O}", "ok", 1, "up_ms", (json_int_t)numbers->up_ms,
                       "waiting", (json_int_t)numbers->waiting, "logs", logs);
    if (!vt_json_write_canonical(answer, out, &ignored))
        vt_buf_truncate(out, 0);
}

static void put(struct vt_buf *out, const char *name, const char *type, const char *help,
                uint64_t value)
{
    vt_buf_printf(out,
                  "# HELP vitrine_witness_%s %s\n# TYPE vitrine_witness_%s %s\n"
                  "vitrine_witness_%s %ju\n",
                  name, help, name, type, name, (uintmax_t)value);
}

static void put_logs(struct vt_buf *out, const struct vt_witness_numbers *numbers,
                     const struct vt_witness_config *config,
                     const struct vt_witness_known *known, bool is_age)
{
    const char *name = is_age ? "log_age_seconds" : "log_entries";
    char hex[65];

    vt_buf_printf(
        out, "# HELP vitrine_witness_%s %s\n# TYPE vitrine_witness_%s gauge\n", name,
        is_age ? "Since the last cosignature." : "Entries that were cosigned.", name);
    for (size_t i = 0; i < config->log_count; i++) {
        if (!known[i].is_seen)
            continue;
        vt_hash_text(&config->logs[i].id, hex);
        vt_buf_printf(out, "vitrine_witness_%s{log=\"%s\"} %ju\n", name, hex,
                      is_age ? (uintmax_t)age_s(numbers, &known[i])
                             : (uintmax_t)known[i].seen.size);
    }
}

void vt_witness_write_metrics(const struct vt_witness_numbers *numbers,
                              const struct vt_witness_config *config,
                              const struct vt_witness_known *known, struct vt_buf *out)
{
    put(out, "cosigned_total", "counter", "Checkpoints cosigned.", numbers->cosigned);
    put(out, "refused_total", "counter", "Checkpoints not cosigned.", numbers->refused);
    put(out, "too_many_total", "counter", "Requests told to come back.", numbers->too_many);
    put(out, "waiting", "gauge", "Requests that wait for the disk.", numbers->waiting);
    put(out, "connections", "gauge", "Connections now.", numbers->http.open);
    put(out, "cut_off_total", "counter", "Connections closed, too slow.",
        numbers->http.cut_off);
    put_logs(out, numbers, config, known, false);
    put_logs(out, numbers, config, known, true);
}
