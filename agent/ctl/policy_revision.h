/* The text that goes upward when an item of the catalogue causes work: a draft, made of counts and suggestions. */
#ifndef CTL_POLICY_REVISION_H
#define CTL_POLICY_REVISION_H

#include "base/bytes.h"
#include "library/json.h"

/* item: an ItemUse of Policy.Statistics; pack: the reply of Policy.Get. */
void policy_revision_write(struct json_view item, struct json_view pack, struct buffer *to);

#endif
