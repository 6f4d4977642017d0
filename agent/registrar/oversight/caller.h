/* Who asks org.classd.Oversight, and its methods that stand in files of their own. */
#ifndef REGISTRAR_OVERSIGHT_CALLER_H
#define REGISTRAR_OVERSIGHT_CALLER_H

#include "registrar/api/api.h"
#include "registrar/oversight/sweep.h"
#include "registrar/store/store.h"

enum caller_outcome { CALLER_ANSWERED = 1 };

struct caller {
	struct store_person *person; /* NULL: no person, so the system administrator (uid 0): counts only */
};
/* 0, or CALLER_ANSWERED: the caller is suspended. */
int caller_of(struct registrar *r, struct api_call *call, struct caller *ret) MUST_CHECK;
void caller_done(struct caller *c);
#define OWN_CALLER __attribute__((cleanup(caller_done)))
bool caller_has(const struct caller *c, enum right right);
/* Refuses what is not this caller's. */
int caller_refuse(struct api_call *call) MUST_CHECK;

/* May he know of that record at all? */
bool oversight_sees(struct registrar *r, const struct caller *caller, const char *number);
struct json *oversight_line_json(const struct sweep_line *line);

int oversight_bell(struct registrar *r, struct api_call *call) MUST_CHECK;
int oversight_due(struct registrar *r, struct api_call *call) MUST_CHECK;
int oversight_findings(struct registrar *r, struct api_call *call) MUST_CHECK;
int oversight_dismiss(struct registrar *r, struct api_call *call) MUST_CHECK;

#endif
