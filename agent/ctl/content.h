/*
 * Content from the agent: through a pipe, hashed on the way. What is signed or
 * kept later is what was seen here, not what somebody said it was.
 */
#ifndef CTL_CONTENT_H
#define CTL_CONTENT_H

#include "ctl/document.h"

struct content_order {
	const char *purpose; /* open, cat, unseal, export, print */
	const char *reason;  /* NULL: none */
	int to;		     /* where the bytes go; -1: only hashed */
	struct buffer *keep; /* takes them, too, up to CONTENT_KEEP_MAX; of a larger one nothing stays. NULL: no */
};
#define CONTENT_KEEP_MAX ((size_t)64 << 20)

struct content {
	char *number;
	char *name; /* without folder and .age */
	int64_t version;
	uint8_t digest[32]; /* of the bytes that came, and as the record has it */
	mode_t mode;
	struct timespec modified; /* tv_sec 0: unknown */
	bool has_owner;
	uid_t uid;
	gid_t gid;
	char *acl;		 /* long text form; NULL: the mode says all */
	struct json *attributes; /* extended ones, as the agent told; NULL: none */
};

int content_read(struct ctl *ctl, const struct document *d, const struct content_order *order,
		 struct content *ret) MUST_CHECK;
void content_done(struct content *c);
#define OWN_CONTENT __attribute__((cleanup(content_done)))

/*
 * The file that was just written becomes what the document was: owner, mode, access list, extended attributes, time, as
 * far as the caller's rights and the file system go. Nobody is given more than he had: where the group does not come
 * back, it gets no rights, and set-user-ID bits never come back. What did not is added to `lost`: "owner" "group"
 * "access list" "attribute NAME" "time".
 */
int content_give_back(int fd, const struct content *c, struct json *lost) MUST_CHECK;
/* All of it, or a fault. */
int content_write(int fd, struct bytes b) MUST_CHECK;

#endif
