/* One conversation with a cell: what `vitrine client lookup` and `scan` share.
 *
 * Open it, and the trust root, the table of residency, the head and the filter have been
 * judged and fetched; nothing about any file has left the machine.  Then ask: first what is
 * here answers, and for the rest consent is asked for and the record is written before a
 * prefix leaves. */
#ifndef VT_CLI_CLIENT_SESSION_H
#define VT_CLI_CLIENT_SESSION_H

#include "cell/cache.h"
#include "cell/client_settings.h"
#include "cell/filter.h"
#include "cell/head_check.h"
#include "cell/source.h"
#include "cli/cell_policy.h"
#include "cli/client.h"

/* For the option tables; each but --home, --head, --ask-all and --direct can be a
 * setting. */
#define VT_CLIENT_SESSION_OPTIONS                                                          \
    VT_OPTION_HOME,                                                                        \
        { "trust", "PATH", "the trust root, a file or a pinned folder", false, false },    \
        { "country", "CC", "where you are: decides which cell is yours", false, false },   \
        { "policy", "FILE", "which cell is whose: a policy of residency, on the ledger",   \
          false, false },                                                                  \
        { "proof", "FILE", "its proof; else FILE.tlog-proof beside the policy", false,     \
          false },                                                                         \
        { "cell", "NAME", "the cell; else the one that the policy gives to your country",  \
          false, false },                                                                  \
        { "from", "URL",                                                                   \
          "where it publishes: a URL, or a folder that holds a copy; else as the policy "  \
          "says",                                                                          \
          false, false },                                                                  \
        { "jurisdiction", "CODE", "without a policy: where your data belongs", false,      \
          false },                                                                         \
        { "head", "FILE", "judge by this head file; else the newest is fetched", false,    \
          false },                                                                         \
        { "max-age", "TIME", "how old a head may be; else 24h", false, false },            \
        { "collection-delay", "TIME",                                                      \
          "how long what it asks for must have been public; else 24h", false, false },     \
        { "ask-all", NULL, "ask about files too that the filter knows to be not found",    \
          false, false },                                                                  \
    {                                                                                      \
        "direct", NULL, "ask the cell itself, although there is a relay", false, false     \
    }

/* What left the machine in this session. */
struct vt_client_asked {
    uint64_t hashes, buckets; /* buckets over the network, or read from a folder */
    uint64_t from_cache;      /* hashes that were answered by what is here, filter apart */
};

struct vt_client_session {
    struct vt_args *args;
    char home[VT_CLI_PATH_BYTES]; /* empty: there is none, so nothing is kept */
    struct vt_client_settings settings;
    struct vt_trust *trust;
    struct vt_policy_paper paper;
    const char *cell, *jurisdiction, *from; /* in the settings, options or arena */
    struct vt_arena *arena;
    json_t *seen; /* NULL: nothing */
    struct vt_cell_source *source;
    struct vt_cell_cache *cache;
    struct vt_trust_relay relay;
    bool has_relay; /* that is used */
    struct vt_ohttp_config key;
    struct vt_head_verdict head;
    struct vt_buf filter_bytes, delta_bytes;
    struct vt_filter filter;
    struct vt_delta delta;
    bool has_delta;
    struct vt_client_asked asked;
};

/* The caller zeroes it; end with vt_client_session_close also after a failure.
 * Errors: VT_REJECTED the cell, its head or what it publishes is refused, and why
 *         VT_IO       no answer; something of the person's own is missing or unfit
 *         misuse of options (exit code 2) */
VT_CHECKED bool vt_client_session_open(struct vt_args *args, struct vt_client_session *s,
                                       struct vt_error *err);
void vt_client_session_close(struct vt_client_session *s);
#define VT_AUTO_CLIENT_SESSION                                                             \
    __attribute__((cleanup(vt_client_session_close))) struct vt_client_session

/* The filter knows that the file was never found to be bad: no need to ask. */
bool vt_client_session_is_local(const struct vt_client_session *s, const vt_hash *hash);
/* Fill in the verdicts of these hashes, and sort them; each bucket is asked for once.
 * is_allowed_out NULL: nobody having allowed it is a failure.  Else it becomes false where
 * that left verdicts unanswered; these have the state VT_STATES.
 * Errors: VT_REJECTED nobody has allowed it, or an answer is refused; VT_IO */
VT_CHECKED bool vt_client_session_ask(struct vt_client_session *s,
                                      struct vt_cell_verdict *verdicts, size_t count,
                                      bool *is_allowed_out, struct vt_error *err);
/* The verdict of that hash among sorted ones; it must be there. */
const struct vt_cell_verdict *vt_cell_verdict_find(const struct vt_cell_verdict *sorted,
                                                   size_t count, const vt_hash *hash);

/* What left the machine: lines for a person, an object for machines (returned). */
void vt_client_session_print(const struct vt_client_session *s);
json_t *vt_client_session_pack(const struct vt_client_session *s);

/* The option, else the setting, else NULL. */
const char *vt_client_option(const struct vt_client_session *s,
                             enum vt_client_setting setting);

#endif
