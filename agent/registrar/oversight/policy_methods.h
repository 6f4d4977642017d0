/* What the methods of org.classd.Policy share. */
#ifndef REGISTRAR_POLICY_METHODS_H
#define REGISTRAR_POLICY_METHODS_H

#include "registrar/api/api.h"

int policy_method_explain(struct registrar *r, struct api_call *call) MUST_CHECK;
int policy_method_equivalent(struct registrar *r, struct api_call *call) MUST_CHECK;
int policy_method_suggest(struct registrar *r, struct api_call *call) MUST_CHECK;
int policy_method_statistics(struct registrar *r, struct api_call *call) MUST_CHECK;
/* No pack is loaded. */
int policy_refuse_none(struct api_call *call) MUST_CHECK;

#endif
