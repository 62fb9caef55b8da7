/* The last step of a move: the source's keys are destroyed, and it is seen that its agent
 * opens nothing any more. */
#include "cli/relocate.h"
#include "cli/relocate_job.h"

const struct vt_option vt_cli_relocate_refused_options[] = { VT_OPTIONS_RELOCATE_AGENT,
                                                             VT_OPTION_RELOCATE_END };

/* ---- destroying -------------------------------------------------------------------------
 */

/* The claim is kept, and on the ledger, beside the move's other papers. */
static bool destroy_one(struct vt_job *job, struct vt_agent *agent, size_t period,
                        struct vt_error *err)
{
    const struct vt_agent_place place = { .country = job->mover.country,
                                          .data_class = "file" };
    VT_AUTO_BUF claim = vt_buf_init(VT_ENTRY_BYTES_MAX);
    char hex[65];

    vt_hash_text(&job->periods[period].digest, hex);
    return vt_agent_destroy_recipient(agent, &job->periods[period].key, &place, &claim,
                                      err) &&
           vt_job_log(job, vt_arena_printf(job->arena, "destroyed/%s", hex),
                      vt_buf_slice(&claim), err);
}

bool vt_cli_relocate_destroy(struct vt_args *args, struct vt_job *job, struct vt_error *err)
{
    VT_AUTO_BUF passphrase = vt_buf_init(VT_KIB(4));
    VT_AUTO_AGENT agent = NULL;
    bool is_ok;

    if (!vt_cli_passphrase_of(args, "agent-passphrase-file", &passphrase, err))
        return false;
    is_ok = vt_agent_open(vt_args_get(args, "agent"), vt_buf_slice(&passphrase),
                          vt_args_env(args), &agent, err);
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    for (size_t i = 0; is_ok && i < job->period_count; i++)
        is_ok = destroy_one(job, agent, i, err);
    return is_ok;
}

/* ---- refused ----------------------------------------------------------------------------
 */

/* Another refusal than this one says nothing of the key. */
static bool is_destroyed(const struct vt_ask_answer *answer)
{
    return answer->outcome == VT_ASK_REFUSED && answer->end == VT_AGENT_END_DESTROYED;
}

static bool ask_one(struct vt_job *job, size_t period, json_t *answers, bool *is_ok,
                    struct vt_error *err)
{
    VT_AUTO_ASK_ANSWER answer = { .message = "" };
    char hex[65];

    if (!vt_job_ask_again(job, period, &answer, err)) {
        if (err->code != VT_ABSENT)
            return false;
        *err = (struct vt_error){ 0 }; /* nothing of that period was moved */
        return true;
    }
    vt_hash_text(&job->periods[period].digest, hex);
    *is_ok = *is_ok && is_destroyed(&answer);
    (void)json_array_append_new(
        answers, json_pack("{s:s,s:b,s:s}", "recipient", hex, "destroyed",
                           is_destroyed(&answer), "agent",
                           answer.outcome == VT_ASK_RELEASED
                               ? "gave the file key to the destination, as before"
                               : answer.message));
    return true;
}

static bool ask_each(struct vt_job *job, json_t *answers, bool *is_ok, struct vt_error *err)
{
    for (size_t i = 0; i < job->period_count; i++)
        if (!ask_one(job, i, answers, is_ok, err))
            return false;
    return json_array_size(answers) != 0 ||
           vt_fail(err, VT_REJECTED, "%s: no header was kept: nothing was moved", job->dir);
}

bool vt_cli_relocate_refused(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_JOB job = { .arena = NULL };
    VT_AUTO_JSON answers = json_array();
    bool is_ok = true;

    if (!vt_job_open(args, vt_args_get(args, "job"), true, &job, err) ||
        !vt_job_open_agent(args, &job, err) || !ask_each(&job, answers, &is_ok, err))
        return false;
    if (!is_ok)
        vt_args_exit(args, VT_EXIT_REFUSED);
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack("{s:b,s:O}", "ok", is_ok, "periods", answers));
        return true;
    }
    for (size_t i = 0; i < json_array_size(answers); i++)
        (void)printf(
            "%s  %s\n",
            json_string_value(json_object_get(json_array_get(answers, i), "recipient")),
            json_string_value(json_object_get(json_array_get(answers, i), "agent")));
    (void)printf(is_ok ? "refused: the source's key is destroyed\n"
                       : "NOT refused as destroyed: `vitrine relocate finish --agent`\n");
    return true;
}
