/* What a drafter or a decider says of a document, from options. */
#ifndef CTL_FIELDS_H
#define CTL_FIELDS_H

#include "ctl/command.h"

/* clang-format off */
#define FIELD_VALUES \
	{"item", 'i', OPTION_TEXT, "ID", N_("matter of the catalogue; fills in level, term and scope")}, \
	{"level", 'l', OPTION_TEXT, "LEVEL", N_("level, by code or name")}, \
	{"term", 't', OPTION_TEXT, "TERM", N_("10y, 6m, 30d, 2030-06-30, event:TEXT or long-term")}, \
	{"scope", 's', OPTION_LIST, "WHO", N_("who may know: dept:NAME or person:ID")}, \
	{"reason", 0, OPTION_TEXT, "TEXT", N_("why; needed where the values depart from the catalogue")}
#define FIELD_REGIME \
	{"regime", 0, OPTION_TEXT, "REGIME", N_("state-secret, work-secret, other-protected or none")}, \
	{"category", 0, OPTION_LIST, "CODE", N_("what it is about, where the regime has categories")}
#define FIELD_DRAFTING \
	{"responsible", 'p', OPTION_TEXT, "PERSON", N_("who decides")}, \
	{"title", 0, OPTION_TEXT, "TEXT", N_("title of the record (else the name of the file)")}, \
	{"type", 0, OPTION_TEXT, "TYPE", N_("document type: report, minutes, plan and so on")}, \
	{"from", 0, OPTION_LIST, "NUMBER", N_("source records that this document is derived from")}, \
	{"points", 0, OPTION_TEXT, "TEXT", N_("the secret points of the document")}, \
	FIELD_REGIME, \
	{"originator", 0, OPTION_TEXT, "UNIT", N_("the unit that made it, when it was not this one")}
/* clang-format on */

/* The Fields object of the options given; owned. */
struct json *fields_of(const struct ctl *ctl);
/* Was any given that changes what is decided (item, level, term, scope, regime, category)? */
bool fields_correct(const struct ctl *ctl);

/* Is it said to be of another regime than state secrets? That has no item. */
bool fields_other_regime(const struct ctl *ctl);

#endif
