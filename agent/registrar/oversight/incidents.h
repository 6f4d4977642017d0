/*
 * Leaks, what may be one, and losses (domain.md A.12, R74): entered by whoever discovers it, reported by the secrecy office
 * within the hours that the pack gives, closed with what came of it.
 */
#ifndef REGISTRAR_INCIDENTS_H
#define REGISTRAR_INCIDENTS_H

#include "registrar/api/api.h"
#include "registrar/store/store_incidents.h"

/* The finding of each that should have been reported by now: opened, or closed when it was. */
int incidents_follow(struct registrar *r) MUST_CHECK;

int oversight_incident(struct registrar *r, struct api_call *call) MUST_CHECK;
int oversight_incidents(struct registrar *r, struct api_call *call) MUST_CHECK;
int oversight_report_incident(struct registrar *r, struct api_call *call) MUST_CHECK;
int oversight_close_incident(struct registrar *r, struct api_call *call) MUST_CHECK;

#endif
