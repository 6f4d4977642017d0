/*
 * classd --protect, --unprotect, --protectors: makes and removes protectors of the machine key while the agent is
 * stopped. Nothing is removed before what stays has been opened in the same run; nothing is published before it has
 * been opened from the disk and gave the same key; a TPM, which can be cleared or die, is never left alone.
 */
#ifndef SUPERVISOR_ENROL_H
#define SUPERVISOR_ENROL_H

#include "supervisor/protectors.h"

#define ENROL_PARAMETERS 6

struct enrolment {
	const char *kind;			  /* as typed */
	const char *parameters[ENROL_PARAMETERS]; /* of act `make`: "tcti=…"; NULL-ended */
};

/* 0, or PLACE_REFUSED (said). */
int enrol_protect(const struct protectors *p, const struct enrolment *what) MUST_CHECK;
int enrol_unprotect(const struct protectors *p, const struct enrolment *what) MUST_CHECK;
/* The table, on standard output. *ret_all_work: none of those that need nobody's word failed. */
int enrol_show(const struct protectors *p, bool *ret_all_work) MUST_CHECK;

#endif
