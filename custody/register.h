/* The register of services: where each one is, where it goes, and until when.
 *
 * A plan is one list of all services, numbered, signed by the vendor.  It has no date of
 * its own: each date is a promise (custody/promise.h), and turns late by the clock.  What
 * the plan says of a service is the vendor's word; that a service has come is believed when
 * its promise was kept.  A later plan leaves no service out, and gives none another
 * promise, so nothing drops off the list and no date is changed but where everybody sees
 * it. */
#ifndef VT_CUSTODY_REGISTER_H
#define VT_CUSTODY_REGISTER_H

#include "custody/promise.h"

#define VT_SERVICES_MAX 256

enum vt_service_state {
    VT_SERVICE_HERE,
    VT_SERVICE_MOVING,
    VT_SERVICE_STAYS,
    VT_SERVICE_NOT_MOVED,
    VT_SERVICE_STATES,
};

const char *vt_service_state_name(enum vt_service_state state); /* "not moved yet" */

struct vt_service {
    const json_t *row; /* of the plan; all below points into the story */
    vt_slice name;
    enum vt_service_state state;      /* as the plan says */
    bool is_outside;                  /* of the cells: build, accounts ... */
    const struct vt_promise *promise; /* NULL: none on the ledger */
    bool is_late;                     /* its promise is */
    bool is_only_said;                /* to be here, and no promise was ever made of it */
    bool is_unproven; /* said to be here, and its promise was not kept; or the promise that
                       * it names was not made */
};

struct vt_register {
    struct vt_promises promises; /* owned */
    const struct vt_said *plan;  /* the newest; NULL: there is none */
    struct vt_service *rows;     /* owned; in the plan's order */
    size_t count;
    size_t counts[VT_SERVICE_STATES];
    size_t late, unproven, only_said, outside;
    struct vt_strays strays; /* of plans; those of promises stand there */
};

void vt_register_clear(struct vt_register *register_);
#define VT_AUTO_REGISTER __attribute__((cleanup(vt_register_clear))) struct vt_register

/* What is true at that time.  Pure.  story: borrowed as long as the answer. */
void vt_register_reckon(const struct vt_story *story, int64_t at_unix_s,
                        struct vt_register *out);

/* Is it what a plan may say, beyond its schema?  Errors: VT_MALFORMED */
VT_CHECKED bool vt_relocation_plan_is_sound(const json_t *predicate, struct vt_error *err);
/* {"name":..,"state":..,"due":..,"late":..,...}; returned. */
json_t *vt_service_json(const struct vt_service *service);

#endif
