/*
 * Blind re-review: of what was declared not secret a part is read once more by somebody else. Which part follows from the
 * journal, so that nobody who declares can choose or foresee it, and everybody can check it afterwards.
 */
#ifndef DOMAIN_REREAD_H
#define DOMAIN_REREAD_H

#include "base/bytes.h"

/* digest: of the journal's last entry and the record's number, at least 8 bytes. percent: 100 draws all. */
bool reread_is_drawn(struct bytes digest, uint16_t percent);
/* Which of n persons reads it, by the bytes after those. n at least 1. */
size_t reread_reader(struct bytes digest, size_t n);

#endif
