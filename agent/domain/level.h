/*
 * Levels: the ordered rungs of one pack. A higher rank protects more. Rank 0 is "unclassified": a decided level too.
 * Lookups answer NULL for an unknown name, and the caller treats that as a refusal (DESIGN 6: unknown = held, never
 * public).
 */
#ifndef DOMAIN_LEVEL_H
#define DOMAIN_LEVEL_H

#include "domain/names.h"
#include "domain/term.h"

#include <stdint.h>

struct policy;

#define LEVEL_CODE_MAX 24

/* How long a draft of this level may lie in clear (DESIGN 8). */
enum draft_rule { DRAFT_UNTIL_IDLE, DRAFT_UNTIL_SUBMIT, DRAFT_NEVER };

/* What must happen before its sealed documents can be read (security.md 2.2). */
enum unlock_mode { UNLOCK_MACHINE, UNLOCK_PERSON };

/* What post a person holds; in packs without posts the pack names what each rung means (clearance for it). Ordered. */
enum post { POST_NONE, POST_GENERAL, POST_IMPORTANT, POST_CORE, POST_N };

/* What kind of key signs a decision. Ordered: each asks for more. */
enum signed_with {
	SIGNED_WITH_ANY,	    /* a key file, an agent, a card */
	SIGNED_WITH_TOKEN,	    /* a security token that was touched */
	SIGNED_WITH_VERIFIED_TOKEN, /* one that also verified its person, by PIN or finger */
};

struct level {
	const char *code; /* [A-Z0-9-]{1,24} */
	uint8_t rank;	  /* 0 = unclassified */
	struct names name;
	const char *portion;	       /* "S" in "(S)"; NULL: no portion marks */
	struct period max_term;	       /* longest period of this level; unset: no cap */
	struct period default_term;    /* taken when neither item nor drafter says one; unset: none */
	bool term_kinds[TERM_KINDS];   /* of this level; none of them: those of the pack */
	struct period review_interval; /* of this level; unset: that of the pack */
	struct period missing_term;    /* assumed for a legacy document without a term (R33); unset: none */
	bool opaque_name;	       /* sealed as NUMBER.age */
	enum draft_rule draft_in_clear;
	uint32_t draft_idle_minutes;  /* DRAFT_UNTIL_IDLE: minutes without a change */
	enum post needs_post;	      /* to open and to decide */
	bool needs_clearance;	      /* a clearance in force on that date */
	bool needs_undertaking;	      /* a signed undertaking */
	enum unlock_mode unlock;      /* the machine key is enough, or a person who may read unlocks it */
	bool needs_signature;	      /* a decision at this level is signed */
	enum signed_with signed_with; /* … with this kind of key */
	bool decides_alone;	      /* declaring this level needs no second person where nothing speaks against it */
};

bool level_code_is_valid(const char *code);
/* By code without case, or by official or English name. */
const struct level *level_find(const struct policy *p, const char *name);
const struct level *level_unclassified(const struct policy *p);
const struct level *level_highest(const struct policy *p);
/* The higher of two; NULL is lower than everything. */
const struct level *level_max(const struct level *a, const struct level *b);
static inline bool level_is_classified(const struct level *l)
{
	return l && l->rank > 0;
}
/* May a draft of this level still lie in clear (DESIGN 8)? idle_minutes: since its last change. */
bool level_draft_stays_clear(const struct level *l, bool submitted, uint32_t idle_minutes);
/*
 * The level that protects while names may be unknown: an unknown, non-empty name counts as the highest level of the
 * pack; NULL or "" or "-" counts as nothing (NULL).
 */
const struct level *level_for_protection(const struct policy *p, const char *name);

#endif
