#include "keeper/backup.h"

#include "base/text.h"
#include "keeper/store.h"
#include "library/machine_key.h"
#include "system/safe_open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define MARK_FILE    "journal.mark"
#define MACHINE_FILE "machine.key.age"
#define PACKED_MAX   ((size_t)65536) /* of one file */
#define FILES_MAX    16384

struct packing {
	const struct keeper *k;
	int to;
	uint64_t files;
};

static int pack(struct packing *p, const char *name, struct bytes content)
{
	OWN_BUFFER struct buffer head = {0};
	int r;

	buffer_add_format(&head, "%s %zu\n", name, content.n);
	TRY(buffer_check(&head));
	r = files_write_all(p->k->files, p->to, head.at, head.n);
	if (r == 0)
		r = files_write_all(p->k->files, p->to, content.at, content.n);
	p->files++;
	return r == 0 ? 0 : FAULT(-r, "pack the keys");
}

/* Temporary files have another form of name, and the mark is of this machine's time alone. */
static bool is_kept(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-' ||
		      *c == '_' || (*c == '.' && c != name)))
			return false;
	return name[0] && strlen(name) < KEEPER_TEXT * 2 && !text_equal(name, MARK_FILE) &&
	       !text_equal(name, MACHINE_FILE);
}

static int pack_file(const char *name, void *context)
{
	struct packing *p = context;
	const struct files *f = p->k->files;
	OWN_BUFFER struct buffer content = {0};
	struct stat stat;
	int fd, r;

	if (!is_kept(name))
		return 0;
	if (p->files >= FILES_MAX)
		return FAULT(EFBIG, "too many key files");
	r = safe_open_regular(f, p->k->store, name, O_RDONLY, &fd, &stat);
	if (r == SAFE_OPEN_GONE || r == SAFE_OPEN_REFUSED) /* it went since it was listed, or is no file */
		return 0;
	if (r != 0) /* a backup without it would look whole */
		return FAULT(errno, "open %s", name);
	r = files_read_rest(f, fd, PACKED_MAX, &content);
	(void)f->close(f, fd); /* only read */
	return r == 0 ? pack(p, name, buffer_bytes(&content)) : FAULT(-r, "read %s", name);
}

/* As the file of the machine key is written: one line of hexadecimal. Opened with escrow it can be put in its place. */
static int pack_machine_key(struct packing *p)
{
	OWNED(secret) struct secret *text = NULL;
	OWN_BUFFER struct buffer sealed = {0};
	int r;

	TRY(machine_key_to_text(p->k->machine, &text));
	r = agefile_seal(text, &p->k->wrap_to[1], 1, &sealed);
	if (r != 0)
		return r < 0 ? r : FAULT(EINVAL, "wrap the machine key");
	return pack(p, MACHINE_FILE, buffer_bytes(&sealed));
}

int backup_pack_keys(const struct keeper *k, int to, uint64_t *ret_files)
{
	struct packing p = {.k = k, .to = to};

	TRY(store_each_name(k->files, k->store, pack_file, &p));
	TRY(pack_machine_key(&p));
	*ret_files = p.files;
	return 0;
}

/* ---- the mark ---- */

#define MARK_PURPOSE "classd/v1/mark"
#define MARK_HEAD    "classd-mark/v1"
#define NUMBER_TEXT  ((size_t)20)
#define HASH_TEXT    (2 * SHA256_BYTES)
/* "classd-mark/v1 TURN ENTRIES LAST MAC" LF, numbers with leading zeros: every place has the same size. */
#define MARK_BODY  (sizeof(MARK_HEAD) + 2 * (NUMBER_TEXT + 1) + HASH_TEXT)
#define MARK_PLACE (MARK_BODY + 1 + HASH_TEXT + 1)

static int mac_of(const struct keeper *k, struct bytes body, uint8_t ret[SHA256_BYTES])
{
	OWNED(secret) struct secret *key = NULL;

	TRY(hkdf_sha256(k->machine, (struct bytes){0}, bytes_of_text(MARK_PURPOSE), SHA256_BYTES, &key));
	hmac_sha256(key, body, ret);
	return 0;
}

static bool take_number(const char *at, uint64_t *ret)
{
	char text[NUMBER_TEXT + 1];

	memcpy(text, at, NUMBER_TEXT);
	text[NUMBER_TEXT] = '\0';
	return text_to_u64(text + strspn(text, "0") - (text[strspn(text, "0")] == '\0'), UINT64_MAX, ret);
}

/* MARK_NONE for a place that was never written, or only in part. */
static int read_place(const struct keeper *k, const uint8_t place[MARK_PLACE], struct mark *ret)
{
	static const char head[] = MARK_HEAD " ";
	const char *text = (const char *)place;
	uint8_t mac[SHA256_BYTES], said[SHA256_BYTES];
	char hex[HASH_TEXT + 1];

	*ret = (struct mark){.state = MARK_NONE};
	if (!bytes_equal_text(bytes_of(place, sizeof(head) - 1), head) || place[MARK_PLACE - 1] != '\n')
		return 0;
	memcpy(hex, text + MARK_BODY + 1, HASH_TEXT);
	hex[HASH_TEXT] = '\0';
	TRY(mac_of(k, bytes_of(place, MARK_BODY), mac));
	if (!text_from_hex(hex, said, sizeof(said)) || !bytes_equal_constant(mac, said, sizeof(mac)))
		return 0;
	memcpy(hex, text + MARK_BODY - HASH_TEXT, HASH_TEXT);
	if (take_number(text + sizeof(head) - 1, &ret->turn) &&
	    take_number(text + sizeof(head) + NUMBER_TEXT, &ret->entries) &&
	    text_from_hex(hex, ret->last, sizeof(ret->last)))
		ret->state = MARK_THERE;
	return 0;
}

static int open_mark(const struct keeper *k, bool to_write, int *ret)
{
	struct open_how how = {.flags = to_write ? O_RDWR | O_CREAT | O_NOFOLLOW : O_RDONLY | O_NOFOLLOW,
			       .mode = to_write ? 0600 : 0,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};

	*ret = k->files->open(k->files, k->store, MARK_FILE, &how);
	return *ret >= 0 ? 0 : *ret;
}

int mark_read(const struct keeper *k, struct mark *ret)
{
	uint8_t places[2][MARK_PLACE] = {0};
	struct mark found[2];
	ssize_t n;
	int fd, r = open_mark(k, false, &fd);

	*ret = (struct mark){.state = MARK_NONE};
	if (r == -ENOENT)
		return 0;
	if (r != 0)
		return FAULT(-r, "open %s", MARK_FILE);
	n = k->files->pread(k->files, fd, places, sizeof(places), 0);
	r = k->files->sync(k->files, fd);    /* a keeper may have been killed between write and sync */
	(void)k->files->close(k->files, fd); /* only read, and synced */
	if (r != 0)
		return FAULT(-r, "sync %s", MARK_FILE);
	if (n < 0)
		return FAULT((int)-n, "read %s", MARK_FILE);
	for (size_t i = 0; i < 2; i++)
		TRY(read_place(k, places[i], &found[i]));
	*ret = found[found[1].state == MARK_THERE && (found[0].state != MARK_THERE || found[1].turn > found[0].turn)];
	if (ret->state != MARK_THERE)
		ret->state = MARK_ALTERED; /* it was made whole once, and its older place is never touched */
	return 0;
}

static int format_place(const struct keeper *k, const struct mark *m, struct buffer *ret)
{
	char hex[HASH_TEXT + 1];
	uint8_t mac[SHA256_BYTES];

	text_hex(m->last, sizeof(m->last), hex);
	buffer_add_format(ret, MARK_HEAD " %020llu %020llu %s", (unsigned long long)m->turn,
			  (unsigned long long)m->entries, hex);
	TRY(mac_of(k, buffer_bytes(ret), mac));
	text_hex(mac, sizeof(mac), hex);
	buffer_add_format(ret, " %s\n", hex);
	return buffer_check(ret);
}

/* The first one comes whole, with its name: one that a power cut tore looks like one that somebody changed. */
static int create_mark(const struct keeper *k, const struct mark *m, struct bytes place)
{
	uint8_t places[2][MARK_PLACE] = {0};
	size_t at = m->turn & 1;
	int r;

	memcpy(places[at], place.at, place.n);
	r = files_create_whole(k->files, k->store, MARK_FILE, 0600, bytes_of(&places[0][0], at * MARK_PLACE + place.n));
	return r == 0 ? 0 : FAULT(-r, "write %s", MARK_FILE);
}

static int write_place(const struct keeper *k, const struct mark *m, struct bytes place)
{
	int fd, r = open_mark(k, true, &fd);

	if (r == 0) {
		r = files_pwrite_all(k->files, fd, place.at, place.n, (m->turn & 1) * MARK_PLACE);
		if (r == 0)
			r = k->files->sync(k->files, fd);
		(void)k->files->close(k->files, fd); /* it was synced */
	}
	return r == 0 ? 0 : FAULT(-r, "write %s", MARK_FILE);
}

int mark_write(const struct keeper *k, struct mark *m, const struct frame_mark *now, bool may_go_back)
{
	struct mark next = {.state = MARK_THERE, .entries = now->entries, .turn = m->turn + 1};
	OWN_BUFFER struct buffer place = {0};
	bool is_new = m->state == MARK_THERE;

	if (!may_go_back && (m->state == MARK_ALTERED || (is_new && now->entries < m->entries)))
		return 0;
	if (is_new && now->entries == m->entries && bytes_equal_constant(now->last, m->last, sizeof(m->last)))
		return 0;
	memcpy(next.last, now->last, sizeof(next.last));
	TRY(format_place(k, &next, &place));
	TRY(m->state == MARK_NONE ? create_mark(k, &next, buffer_bytes(&place))
				  : write_place(k, &next, buffer_bytes(&place)));
	*m = next;
	return 0;
}
