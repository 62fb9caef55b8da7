/* The reasons, each with one next step for a person. */
#include "evidence/verdict.h"

static const struct {
    const char *name, *next_step;
} REASONS[VT_REASONS] = {
    [VT_REASON_NONE] = { "yes", "nothing: the file may be used" },
    [VT_REASON_ALTERED] = { "altered", "delete the file and fetch it again; if it is "
                                       "altered again, tell the supervisor where it came "
                                       "from" },
    [VT_REASON_VENDOR_MISSING] = { "vendor-missing",
                                   "do not install; ask the vendor whether it released "
                                   "this" },
    [VT_REASON_SUPERVISOR_MISSING] = { "supervisor-missing",
                                       "do not install; send the evidence to the "
                                       "supervisor" },
    [VT_REASON_NOT_LOGGED] = { "not-logged", "do not install; send the evidence to the "
                                             "supervisor and to a monitor" },
    [VT_REASON_NO_QUORUM] = { "no-quorum",
                              "fetch the evidence again; if it stays so, treat "
                              "it as a split view and send it to the "
                              "witnesses" },
    [VT_REASON_FORK] = { "fork", "keep this evidence and your state file: together they "
                                 "prove that two histories were shown; send both to the "
                                 "witnesses" },
    [VT_REASON_SUPERSEDED] = { "superseded", "fetch the current release" },
    [VT_REASON_STALE] = { "stale",
                          "fetch newer evidence and the newest trust root; if there "
                          "is none, somebody may be withholding it" },
    [VT_REASON_WITHDRAWN] = { "withdrawn",
                              "do not install; remove it where it is installed, "
                              "and fetch the current release" },
    [VT_REASON_SITE] = { "site",
                         "ask the vendor for a release from an enrolled builder at a "
                         "site that your policy allows" },
    [VT_REASON_JURISDICTION] = { "jurisdiction",
                                 "ask the vendor for a release made and signed in the "
                                 "jurisdictions that your policy demands" },
    [VT_REASON_MANDATE_EXPIRED] = { "mandate-expired",
                                    "fetch the newest trust root; if the mandate was not "
                                    "renewed in it, ask the foundation" },
    [VT_REASON_UNREVIEWED] = { "unreviewed",
                               "wait for the reviews that your policy demands" },
    [VT_REASON_DIFFERS] = { "differs",
                            "do not install; ask the vendor for the diagnosis of the two "
                            "builds, or for a rebuild as thorough as your policy demands" },
    [VT_REASON_MIXED] = { "mixed",
                          "fetch the file and its evidence again, both of one release" },
    [VT_REASON_MALFORMED] = { "malformed", "get what the sentence names once more: it was "
                                           "damaged, or it is not what it should be" },
};

const char *vt_reason_name(enum vt_reason reason)
{
    return REASONS[reason].name;
}

const char *vt_reason_next_step(enum vt_reason reason)
{
    return REASONS[reason].next_step;
}
