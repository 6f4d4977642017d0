/*
 * In OOXML a workbook keeps the texts of its cells in one part, and its sheets name them by number: so where a text stands is
 * known when both were read, in whatever order. Damage gives less: a text without its sheet.
 */
#ifndef INSPECTOR_CELLS_H
#define INSPECTOR_CELLS_H

#include "inspector/extract.h"

struct cells {
	struct buffer sheets; /* uint32_t by number of the text: the first sheet that has it, 0 none */
	struct buffer value;  /* of the cell that is open */
	bool is_shared;	      /* it names a text */
	bool is_open;	      /* … here */
	uint32_t texts;	      /* so many began */
};

void cells_done(struct cells *c);
/* An element of a sheet begins (local name; type: its attribute t), holds text, ends. */
void cells_begin(struct cells *c, const char *local, const char *type);
void cells_text(struct cells *c, struct bytes text);
void cells_end(struct cells *c, const char *local, uint32_t sheet);
/* The next shared text begins; c->texts is its number, from 1. false: no more are told apart. */
bool cells_next(struct cells *c);
/* A place of that kind gets its sheet. */
void cells_settle(const struct cells *c, struct extract_place *place);

#endif
