/* Pages that are printed and signed by hand: what is known is filled in, the rest is a line to write on. */
#ifndef CTL_FORM_H
#define CTL_FORM_H

/* value NULL or "": a blank to write on. */
void form_line(const char *name, const char *value);
void form_blank(const char *name);

#endif
