/* vitrine client sent: the record, in plain words. */
#include "cell/withdrawal.h"
#include "cli/client.h"
#include "cli/files.h"

const struct vt_option vt_cli_client_sent_options[] = {
    VT_OPTION_HOME,
    { NULL, NULL, NULL, false, false },
};

static bool has_receipt(struct vt_disk *home, const struct vt_sent_record *record)
{
    char hash[65], name[96];

    vt_hash_text(&record->sha256, hash);
    (void)snprintf(name, sizeof name, "receipts/%s", hash);
    return vt_disk_has(home, name);
}

/* " (erased, with a receipt)" or that none came yet. */
static const char *fate(struct vt_disk *home, const struct vt_sent_record *record)
{
    if (record->kind == VT_SENT_REPORT)
        return "; cannot be taken back";
    if (record->kind != VT_SENT_WITHDRAWAL)
        return "";
    return has_receipt(home, record) ? "; the receipt came" : "; no receipt yet";
}

static void print_record(struct vt_disk *home, const struct vt_sent_record *record)
{
    char at[VT_TIME_TEXT_BYTES], hash[65];

    vt_time_write(record->at_unix_s, at);
    vt_hash_text(&record->sha256, hash);
    (void)printf("%4ju  %s  %s to %.*s: %.*s, %ju bytes, sha256 %.16s...%s\n",
                 (uintmax_t)record->number, at, vt_sent_kind_name(record->kind),
                 VT_SLICE_ARGS(record->cell), VT_SLICE_ARGS(record->what),
                 (uintmax_t)record->bytes, hash, fate(home, record));
}

static json_t *pack_record(struct vt_disk *home, const struct vt_sent_record *record)
{
    char at[VT_TIME_TEXT_BYTES], hash[65];
    json_t *row;

    vt_time_write(record->at_unix_s, at);
    vt_hash_text(&record->sha256, hash);
    row = json_pack("{s:I,s:s,s:s,s:o,s:o,s:I,s:s}", "number", (json_int_t)record->number,
                    "at", at, "kind", vt_sent_kind_name(record->kind), "cell",
                    vt_cli_json_text(record->cell), "what", vt_cli_json_text(record->what),
                    "bytes", (json_int_t)record->bytes, "sha256", hash);
    if (record->kind == VT_SENT_WITHDRAWAL)
        (void)json_object_set_new(row, "receipt", json_boolean(has_receipt(home, record)));
    return row;
}

static void print_all(struct vt_args *args, struct vt_disk *home,
                      const struct vt_sent *sent)
{
    json_t *rows = vt_args_is_json(args) ? json_array() : NULL;
    size_t torn = vt_sent_torn_bytes(sent);

    for (size_t i = 0; i < vt_sent_count(sent); i++)
        if (rows == NULL)
            print_record(home, vt_sent_at(sent, i));
        else
            (void)json_array_append_new(rows, pack_record(home, vt_sent_at(sent, i)));
    if (rows != NULL) {
        vt_cli_print_json(json_pack("{s:b,s:o,s:I}", "ok", 1, "sent", rows, "torn_bytes",
                                    (json_int_t)torn));
        return;
    }
    if (vt_sent_count(sent) == 0)
        (void)printf("nothing was sent\n");
    if (torn != 0)
        (void)printf("the last %zu bytes are no whole line: the machine died while it was "
                     "written, so nothing of it was sent\n",
                     torn);
}

bool vt_cli_client_sent(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_HOME home = NULL;
    VT_AUTO_SENT sent = NULL;

    if (!vt_cli_home_read(args, &home, err) || !vt_sent_open(home, &sent, err))
        return false;
    print_all(args, home, sent);
    return true;
}
