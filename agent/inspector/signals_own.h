/* What signals.c and marks.c share. */
#ifndef INSPECTOR_SIGNALS_OWN_H
#define INSPECTOR_SIGNALS_OWN_H

#include "inspector/fold.h"
#include "library/patterns.h"

struct level_name {
	char *code;
	char *name; /* folded */
	size_t n;
	bool is_regime; /* no level: the first line of the mark of another regime */
};

#define PORTIONS_MAX 16

struct phrase {
	size_t item;
	char *text; /* folded */
	size_t n;
};

struct signals {
	struct level_name *levels;
	size_t n_levels;
	char *portions[PORTIONS_MAX]; /* "S", lowest level first */
	size_t n_portions;
	struct phrase *phrases;
	size_t n_phrases;
	char **items;
	size_t n_items;
	struct patterns *patterns;
};

/* No letter or digit goes on before or behind: "secret" is not in "secretary". */
bool signals_stands_alone(const struct folded *f, size_t at, size_t n);

#endif
