/* Label and issue text: one table each says key, where the value lives and what rule it obeys. */
#include "format/label.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"

static bool is_token(const char *v)
{
	size_t n = strlen(v);

	for (size_t i = 0; i < n; i++)
		if (v[i] < 33 || v[i] > 126)
			return false;
	return n > 0 && n <= LABEL_TOKEN_MAX;
}

static bool is_line(const char *v)
{
	size_t n = strlen(v);

	return n > 0 && v[0] != ' ' && v[n - 1] != ' ' && text_is_line(v, LABEL_LINE_MAX);
}

static bool is_hash(const char *v)
{
	return strlen(v) == LABEL_HASH_HEX && strspn(v, "0123456789abcdef") == LABEL_HASH_HEX;
}

static bool is_uuid(const char *v)
{
	if (strlen(v) != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? v[i] != '-' : !strchr("0123456789abcdef", v[i]))
			return false;
	}
	return true;
}

static bool is_word_of(const char *v, const char *const *words)
{
	for (; *words; words++)
		if (text_equal(v, *words))
			return true;
	return false;
}

static bool is_state(const char *v)
{
	return is_word_of(v, (const char *const[]){"draft", "proposed", "decided", NULL});
}

static bool is_regime(const char *v)
{
	return is_word_of(v, (const char *const[]){"state-secret", "work-secret", "other-protected", "none", NULL});
}

static bool is_date(const char *v)
{
	struct date d;

	return date_parse(v, &d);
}

/* A date, or a date with a time of day in UTC. */
static bool is_moment(const char *v)
{
	char day[11];
	const char *t = v + 10;

	if (strlen(v) == 10)
		return is_date(v);
	if (strlen(v) != 20)
		return false;
	memcpy(day, v, 10);
	day[10] = '\0';
	for (size_t i = 1; i < 9; i++)
		if (i % 3 == 0 ? t[i] != ':' : !strchr("0123456789", t[i]))
			return false;
	return is_date(day) && t[0] == 'T' && t[9] == 'Z' && memcmp(t + 1, "23", 2) <= 0 &&
	       memcmp(t + 4, "59", 2) <= 0 && memcmp(t + 7, "59", 2) <= 0;
}

struct key {
	const char *name;
	size_t offset;
	bool (*is_good)(const char *value); /* NULL: a number from 1, without leading zeros */
	bool required;
};

#define TEXT_KEY(type, member, rule, need)                                                                             \
	{                                                                                                              \
#member, offsetof(struct type, member), rule, need                                                     \
	}
#define NUMBER_KEY(type, member)                                                                                       \
	{                                                                                                              \
#member, offsetof(struct type, member), NULL, true                                                     \
	}

static const struct key label_keys[] = {
    TEXT_KEY(label, record, is_uuid, true),
    NUMBER_KEY(label, version),
    NUMBER_KEY(label, content),
    TEXT_KEY(label, previous, is_hash, false),
    TEXT_KEY(label, state, is_state, true),
    TEXT_KEY(label, regime, is_regime, false),
    TEXT_KEY(label, level, is_token, false),
    TEXT_KEY(label, protection, is_token, true),
    TEXT_KEY(label, term, is_line, false),
    TEXT_KEY(label, basis, is_line, false),
    TEXT_KEY(label, scope, is_hash, false),
    TEXT_KEY(label, type, is_token, false),
    TEXT_KEY(label, responsible, is_token, false),
    TEXT_KEY(label, role, is_token, false),
    TEXT_KEY(label, drafter, is_token, false),
    TEXT_KEY(label, pack, is_token, false),
    TEXT_KEY(label, decided, is_moment, false),
    TEXT_KEY(label, commit, is_hash, true),
};

static const struct key issue_keys[] = {
    TEXT_KEY(issue_text, label, is_hash, true),
    TEXT_KEY(issue_text, number, is_line, true),
    TEXT_KEY(issue_text, date, is_date, true),
    NUMBER_KEY(issue_text, copies),
};

/* One kind of text: its first line and its keys. */
struct layout {
	const char *title;  /* "classd-label/v1" */
	const char *family; /* the title without its version */
	const struct key *keys;
	size_t n;
};

static const struct layout label_layout = {"classd-label/v1", "classd-label/v", label_keys, array_n(label_keys)};
static const struct layout issue_layout = {"classd-issue/v1", "classd-issue/v", issue_keys, array_n(issue_keys)};

static const char *text_at(const void *object, const struct key *k)
{
	return *(const char *const *)((const char *)object + k->offset);
}

static uint64_t number_at(const void *object, const struct key *k)
{
	return *(const uint64_t *)(const void *)((const char *)object + k->offset);
}

static bool is_key_good(const void *object, const struct key *k)
{
	const char *v;

	if (!k->is_good)
		return number_at(object, k) > 0;
	v = text_at(object, k);
	if (!v)
		return !k->required;
	return strcmp(v, "-") != 0 && k->is_good(v);
}

static const struct key *first_wrong(const void *object, const struct layout *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!is_key_good(object, &l->keys[i]))
			return &l->keys[i];
	return NULL;
}

static int format(const void *object, const struct layout *l, struct buffer *ret)
{
	if (first_wrong(object, l))
		return LABEL_MALFORMED;
	buffer_add_format(ret, "%s\n", l->title);
	for (size_t i = 0; i < l->n; i++) {
		const struct key *k = &l->keys[i];

		if (!k->is_good)
			buffer_add_format(ret, "%s %" PRIu64 "\n", k->name, number_at(object, k));
		else
			buffer_add_format(ret, "%s %s\n", k->name, text_at(object, k) ? text_at(object, k) : "-");
	}
	return buffer_check(ret);
}

/* Takes "…LF" off the text, which is NUL-terminated; the LF becomes the line's NUL. NULL: no line is left. */
static char *next_line(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	*text = end + 1;
	return line;
}

static int parse_key(char *line, const struct key *k, void *object)
{
	size_t n = strlen(k->name);
	char *value;

	if (!line || strncmp(line, k->name, n) != 0 || line[n] != ' ')
		return LABEL_MALFORMED;
	value = line + n + 1;
	if (!k->is_good) {
		uint64_t *number = (uint64_t *)(void *)((char *)object + k->offset);

		return text_to_u64(value, UINT64_MAX, number) && *number > 0 ? 0 : LABEL_MALFORMED;
	}
	*(const char **)(void *)((char *)object + k->offset) = strcmp(value, "-") == 0 ? NULL : value;
	return is_key_good(object, k) ? 0 : LABEL_MALFORMED;
}

static int parse_title(char *line, const struct layout *l)
{
	if (!line)
		return LABEL_MALFORMED;
	if (strcmp(line, l->title) == 0)
		return 0;
	return text_starts(line, l->family) ? LABEL_NEWER : LABEL_MALFORMED;
}

/* text: NUL-terminated copy, cut into lines in place; object borrows from it. */
static int parse(char *text, const struct layout *l, void *object)
{
	int bad = parse_title(next_line(&text), l);

	for (size_t i = 0; !bad && i < l->n; i++)
		bad = parse_key(next_line(&text), &l->keys[i], object);
	if (bad)
		return bad;
	return *text ? LABEL_MALFORMED : 0;
}

/* A NUL-terminated copy, or an outcome when the bytes cannot be such a text at all. */
static int copy_text(struct bytes text, char **ret)
{
	char *copy;

	if (text.n > LABEL_TEXT_MAX)
		return LABEL_TOO_LARGE;
	if (!text_is_utf8(text))
		return LABEL_MALFORMED; /* also when it holds a NUL */
	copy = malloc(text.n + 1);
	if (!copy)
		return FAULT(ENOMEM, "label text");
	if (text.n)
		memcpy(copy, text.at, text.n);
	copy[text.n] = '\0';
	*ret = copy;
	return 0;
}

int label_format(const struct label *l, struct buffer *ret)
{
	return format(l, &label_layout, ret);
}

const char *label_first_wrong(const struct label *l)
{
	const struct key *k = first_wrong(l, &label_layout);

	return k ? k->name : NULL;
}

int label_parse(struct bytes text, struct label *ret)
{
	struct label l = {0};
	int bad = copy_text(text, &l.memory);

	if (!bad)
		bad = parse(l.memory, &label_layout, &l);
	if (bad)
		label_done(&l);
	*ret = l;
	return bad;
}

void label_done(struct label *l)
{
	free(l->memory);
	*l = (struct label){0};
}

int issue_format(const struct issue_text *i, struct buffer *ret)
{
	return format(i, &issue_layout, ret);
}

int issue_parse(struct bytes text, struct issue_text *ret)
{
	struct issue_text i = {0};
	int bad = copy_text(text, &i.memory);

	if (!bad)
		bad = parse(i.memory, &issue_layout, &i);
	if (bad)
		issue_done(&i);
	*ret = i;
	return bad;
}

void issue_done(struct issue_text *i)
{
	free(i->memory);
	*i = (struct issue_text){0};
}

static bool is_key_id(const char *v)
{
	return strlen(v) == 8 && strspn(v, "0123456789abcdef") == 8;
}

static bool are_args_good(const struct label_args *a)
{
	return is_uuid(a->record) && a->version > 0 && is_token(a->level) && is_token(a->policy) &&
	       is_key_id(a->key_id);
}

int label_args_format(const struct label_args *a, struct buffer *ret)
{
	if (!are_args_good(a))
		return LABEL_MALFORMED;
	buffer_add_format(ret, "-> " LABEL_STANZA " %s %" PRIu64 " %s %s %s " LABEL_SUITE "\n", a->record, a->version,
			  a->level, a->policy, a->key_id);
	return buffer_check(ret);
}

/* An argument as text into an array of that room; false when it does not fit. */
static bool take_arg(struct bytes arg, char *ret, size_t room)
{
	if (arg.n >= room)
		return false;
	memcpy(ret, arg.at, arg.n); /* arguments are visible ASCII: no NUL inside */
	ret[arg.n] = '\0';
	return true;
}

int label_args_parse(const struct age_stanza *s, struct label_args *ret)
{
	struct label_args a = {0};
	char version[21];

	if (s->n_args < 2 || !bytes_equal_text(s->args[0], LABEL_STANZA))
		return LABEL_MALFORMED;
	if (!bytes_equal_text(s->args[s->n_args - 1], LABEL_SUITE))
		return LABEL_NEWER;
	if (s->n_args != 7 || !take_arg(s->args[1], a.record, sizeof(a.record)) ||
	    !take_arg(s->args[2], version, sizeof(version)) || !take_arg(s->args[3], a.level, sizeof(a.level)) ||
	    !take_arg(s->args[4], a.policy, sizeof(a.policy)) || !take_arg(s->args[5], a.key_id, sizeof(a.key_id)) ||
	    !text_to_u64(version, UINT64_MAX, &a.version) || !are_args_good(&a))
		return LABEL_MALFORMED;
	*ret = a;
	return 0;
}

void label_args_from(const struct label *l, const char key_id[9], bool level_hidden, struct label_args *ret)
{
	*ret = (struct label_args){.version = l->version};
	(void)snprintf(ret->record, sizeof(ret->record), "%s", l->record); /* lengths: the label's rules */
	(void)snprintf(ret->level, sizeof(ret->level), "%s", level_hidden ? "-" : l->protection);
	(void)snprintf(ret->policy, sizeof(ret->policy), "%s", l->pack ? l->pack : "-");
	(void)snprintf(ret->key_id, sizeof(ret->key_id), "%s", key_id);
}

bool label_args_match(const struct label_args *a, const struct label *l)
{
	return text_equal(a->record, l->record) && a->version == l->version &&
	       (text_equal(a->level, "-") || text_equal(a->level, l->protection)) &&
	       text_equal(a->policy, l->pack ? l->pack : "-");
}
