/*
 * Who knows a document and who holds it: what the methods of org.classd.Custody share. A handler answers its call in
 * every road that is not a fault.
 */
#ifndef REGISTRAR_CUSTODY_H
#define REGISTRAR_CUSTODY_H

#include "domain/scope.h"
#include "registrar/records/case.h"
#include "registrar/store/store_custody.h"

/* Does the caller answer for that department: by an appointment in force, or as the secrecy office? */
bool custody_answers_for(const struct case_of *c, const char *department);
/* May the caller see who knows and holds this record: a party to it, whoever answers for its department. */
bool custody_sees(const struct case_of *c);
/* The API's Scope. */
struct json *custody_scope_json(const struct case_of *c, const struct record *record);
/* NULL: that person may go on with what he has open of that record; else "scope". */
int custody_cut_why(struct registrar *r, const char *number, const char *person, const char **ret) MUST_CHECK;
/* Is it one line of at most max bytes, and not empty? */
bool custody_is_line(const char *text, size_t max);
/* Refused because the journal cannot be written. */
int custody_refuse_read_only(struct case_of *c) MUST_CHECK;
/* case_begin() and case_load() of parameter "number". */
int custody_begin(struct registrar *r, struct api_call *call, struct case_of *c) MUST_CHECK;

/* Has the record a copy of that number? */
int custody_has_copy(struct registrar *r, const char *number, int64_t n, bool *ret) MUST_CHECK;
/* The consent that this uses up (0: none is needed), or refused. The caller's entry names it. */
int custody_use_consent(struct case_of *c, const char *purpose, int64_t count, int64_t *ret) MUST_CHECK;
/* Before a reading for that purpose: printing has its copies registered, export its consent. Refused, or 0. */
int custody_check_reading(struct case_of *c, const char *purpose, int64_t *ret_consent) MUST_CHECK;

int custody_make_copies(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_move_copy(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_copies(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_consent(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_withdraw_consent(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_consents(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_new_carrier(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_get_carrier(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_move_carrier(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_import(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_get_scope(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_change_scope(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_told(struct registrar *r, struct api_call *call) MUST_CHECK;
int custody_knowers(struct registrar *r, struct api_call *call) MUST_CHECK;

#endif
