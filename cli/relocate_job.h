/* A move as the operator describes it, in a folder that keeps what came of it.
 *
 *   JOB/job.json   who moves what, written by the operator
 *   JOB/manifest   rows of the source as they were at the beginning
 *   JOB/begun      relocation/v1, phase begun, as it is on the access ledger
 *   JOB/progress   of the pass under way;  JOB/pause  while there is one, it stops
 *   JOB/asked/     salt and statement of each question to the source's key agent
 *   JOB/given/     headers for the destination, of the stretch under way
 *   JOB/kept/      a header of each period, to see later that its key is gone
 *   JOB/cut-over   how long nobody took uploads
 *   JOB/done       relocation/v1, phase done, by both cells, for the supervisor
 *   JOB/erased     of what that says, the rows that were taken back at the source since */
#ifndef VT_CLI_RELOCATE_JOB_H
#define VT_CLI_RELOCATE_JOB_H

#include "cell/move.h"
#include "cell/recipient.h"
#include "cli/custody.h"
#include "custody/ask.h"
#include "custody/relocation.h"

enum { VT_JOB_PERIODS_MAX = 32, VT_JOB_APPROVERS_MAX = 8 };

struct vt_job {
    const char *dir;
    struct vt_arena *arena;
    struct vt_disk *disk; /* JOB, locked */
    json_t *words;        /* owned: job.json */
    struct vt_recipient destination, periods[VT_JOB_PERIODS_MAX];
    size_t period_count;
    struct vt_channel from, to; /* fd -1: not connected */
    struct vt_mover mover;
    /* As JOB/begun says it, once that is there; its signatures are checked by
     * vt_job_begun and vt_job_done, which fill in `move`. */
    struct vt_manifest_root manifest;
    struct vt_relocation move;
    /* of the agent */
    struct vt_cli_keyring *keyring; /* owned */
    struct vt_http_client *client;
    struct vt_asker asker;
    struct vt_key *person, *role, *cell;
    struct vt_key *approvers[VT_JOB_APPROVERS_MAX]; /* who sign each question too */
    size_t approver_count;
    uint64_t rewrapped; /* in this call */
};

/* Read and check job.json; is_writing takes the folder's lock, once that is there.
 * Errors: VT_IO missing, or another call works on it; VT_MALFORMED, VT_REJECTED, VT_LIMIT
 */
VT_CHECKED bool vt_job_open(struct vt_args *args, const char *dir, bool is_writing,
                            struct vt_job *out, struct vt_error *err);
void vt_job_close(struct vt_job *job);
#define VT_AUTO_JOB __attribute__((cleanup(vt_job_close))) struct vt_job

/* Connect to both keepers.  Errors: VT_IO nobody listens there */
VT_CHECKED bool vt_job_connect(struct vt_job *job, struct vt_error *err);
/* Open trust root, keys and client, to ask the source's agent. */
VT_CHECKED bool vt_job_open_agent(struct vt_args *args, struct vt_job *job,
                                  struct vt_error *err);
/* For vt_mover.rewrap, with the job as context: each stretch is one statement, logged,
 * proven, and answered by the source's key agent. */
bool vt_job_rewrap(void *context, const struct vt_move_sealed *objects, size_t count,
                   struct vt_arena *arena, vt_slice *headers_out, struct vt_error *err);

/* Ask for one header of that period once more.  answer: a fresh one, as the agent gave it.
 * Errors: VT_ABSENT none was kept; as rewrap */
VT_CHECKED bool vt_job_ask_again(struct vt_job *job, size_t period,
                                 struct vt_ask_answer *answer, struct vt_error *err);

/* What the next paper says of the move. */
struct vt_relocation_words vt_job_words(const struct vt_job *job, bool is_done);
/* Put a signed paper on the ledger, and keep it with its proof; the paper comes last, so
 * that it is there only if it was logged.  Errors: as vt_ask_log; VT_IO */
VT_CHECKED bool vt_job_log(struct vt_job *job, const char *name, vt_slice envelope,
                           struct vt_error *err);
/* JOB/begun, and JOB/done too: on the ledger, signed by whom they must be, of this move.
 * Errors: VT_REJECTED what does not hold; VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_job_begun(struct vt_job *job, const struct vt_trust *trust,
                             struct vt_error *err);
VT_CHECKED bool vt_job_done(struct vt_job *job, const struct vt_trust *trust,
                            struct vt_error *err);

/* A text of job.json. */
const char *vt_job_text(const struct vt_job *job, const char *name);

#endif
