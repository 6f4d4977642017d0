/* The methods of org.classd.Policy that bring a set of rules in, and take one away again (adr/0031). */
#ifndef REGISTRAR_INSTALL_METHODS_H
#define REGISTRAR_INSTALL_METHODS_H

#include "registrar/api/api.h"

int policy_method_examine(struct registrar *r, struct api_call *call) MUST_CHECK;
int policy_method_install(struct registrar *r, struct api_call *call) MUST_CHECK;
int policy_method_drop(struct registrar *r, struct api_call *call) MUST_CHECK;
int policy_method_confirm(struct registrar *r, struct api_call *call) MUST_CHECK;
int policy_method_sets(struct registrar *r, struct api_call *call) MUST_CHECK;

#endif
