/* From a record to the bytes that a person signs and a file carries. Nothing here decides anything. */
#include "registrar/records/labels.h"

#include "base/text.h"
#include "format/sshsig.h"
#include "library/envelope.h"
#include "registrar/store/record_json.h"
#include "registrar/store/store_decision_sets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *labels_state(enum record_state state)
{
	switch ((int)state) {
	case RECORD_NONE:
	case RECORD_DRAFT:
		return "draft";
	case RECORD_PROPOSED:
	case RECORD_PROVISIONAL: /* signed, and settled by nobody yet */
	case RECORD_REPORTED:
		return "proposed";
	default:
		return "decided";
	}
}

void labels_salt(const struct registrar *r, const struct record *record, const struct labels_content *content,
		 uint8_t ret[SEALED_SALT])
{
	char message[128 + 2 * SHA256_BYTES + 1];
	int n = snprintf(message, 128, "classd-salt-v1 %s %u ", record->id, content->version);

	text_hex(content->digest, SHA256_BYTES, message + n);
	hmac_sha256(r->meta_key, bytes_of_text(message), ret);
}

static void add_scope(const struct record *record, struct sealed_record *sealed)
{
	const struct texts scope = record_classification(record)->scope;

	for (size_t i = 0; i < scope.n && i < SEALED_SCOPE_MAX; i++)
		sealed->scope[sealed->n_scope++] = bytes_of_text(scope.at[i]);
}

/* Of another regime: what it is about, "category CTI, PRVCY". */
static char *categories_text(const struct classification *c)
{
	OWN_BUFFER struct buffer b = {0};

	for (size_t i = 0; i < c->categories.n; i++)
		buffer_add_format(&b, "%s%s", i ? ", " : "category ", c->categories.at[i]);
	return b.n ? buffer_steal_text(&b) : NULL;
}

static char *basis_text(const struct policy *p, const struct classification *c)
{
	switch ((int)c->basis) {
	case BASIS_ITEM:
		return text_format("%s@%s", c->item, p->catalogue.version);
	case BASIS_DERIVED:
		return c->sources.n ? text_format("source %s", c->sources.at[0]) : NULL;
	case BASIS_UNCLEAR:
		return text_copy("unclear matter");
	case BASIS_NO_AUTHORITY:
		return text_copy("no authority");
	default:
		return categories_text(c);
	}
}

static char *term_text(const struct term *term)
{
	char text[TERM_TEXT_MAX];

	term_format_rule(term, text);
	return term->kind == TERM_NONE ? NULL : text_copy(text);
}

/* The newest stored text of its kind. */
struct newest {
	char *text;
	char *signature;
	char *digest;
	uint32_t version;
	uint64_t seq;
};

/* What is stored of a record's labels, and what was before a version of it. */
struct stored {
	uint32_t below;			   /* that version */
	struct newest label;		   /* of any version */
	struct newest issue;		   /* likewise */
	size_t n_previous;		   /* labels before that version, the newest first … */
	uint8_t (*previous)[SHA256_BYTES]; /* … their hashes: room for SEALED_PREVIOUS_MAX */
};

static void keep_newest(const struct store_label *label, struct newest *n)
{
	if (n->text)
		return;
	n->version = label->version;
	n->seq = label->seq;
	n->text = text_copy(label->text);
	n->signature = text_copy(label->signature);
	n->digest = text_copy(label->digest);
}

/* From the newest on. */
static int take_stored(const struct store_label *label, void *arg)
{
	struct stored *s = arg;

	if (text_equal(label->kind, "issue"))
		keep_newest(label, &s->issue);
	if (!text_equal(label->kind, "label"))
		return 0;
	keep_newest(label, &s->label);
	if (label->version < s->below && s->n_previous < SEALED_PREVIOUS_MAX)
		envelope_label_hash(bytes_of_text(label->text), s->previous[s->n_previous++]);
	return 0;
}

static void newest_done(struct newest *n)
{
	free(n->text);
	free(n->signature);
	free(n->digest);
}

static void stored_done(struct stored *s)
{
	newest_done(&s->label);
	newest_done(&s->issue);
}

static int find_stored(struct registrar *r, const char *number, struct stored *s)
{
	int status = store_label_list(r->store, number, NULL, take_stored, s);

	return status < 0 ? status : 0;
}

static const char *unset_to_null(const char *text)
{
	return text_is_empty(text) ? NULL : text;
}

static int format_label(struct registrar *r, const struct record *record, const struct labels_content *content,
			const char *previous, struct buffer *ret)
{
	const struct classification *c = record_classification(record);
	const struct level *protection = record_protection(r->policy, record);
	struct sealed_record scope = {0};
	uint8_t hash[SHA256_BYTES];
	char commit[2 * SHA256_BYTES + 1], scope_hash[2 * SHA256_BYTES + 1], decided[11];
	OWN_MEM char *basis = basis_text(r->policy, c);
	OWN_MEM char *term = term_text(&c->term);
	OWN_MEM char *pack = text_format("%s@%s", r->policy->id, r->policy->version);
	bool is_decided = strcmp(labels_state(record->state), "decided") == 0;
	int status;

	labels_salt(r, record, content, scope.salt);
	envelope_commitment(scope.salt, content->digest, hash);
	text_hex(hash, sizeof(hash), commit);
	add_scope(record, &scope);
	TRY(status = envelope_scope_hash(&scope, hash));
	text_hex(hash, sizeof(hash), scope_hash);
	date_format(record->decided_on, decided);
	status = label_format(&(struct label){.record = record->id,
					      .version = record->version,
					      .content = content->version,
					      .previous = previous,
					      .state = labels_state(record->state),
					      .regime = regime_name(record->regime),
					      .level = unset_to_null(c->level),
					      .protection = protection->code,
					      .term = term,
					      .basis = basis,
					      .scope = scope.n_scope ? scope_hash : NULL,
					      .type = unset_to_null(record->type),
					      .responsible = unset_to_null(record->responsible),
					      .role = is_decided ? unset_to_null(record->decider_role) : NULL,
					      .drafter = unset_to_null(record->drafter),
					      .pack = pack,
					      .decided = is_decided ? unset_to_null(decided) : NULL,
					      .commit = commit},
			      ret);
	return status > 0 ? FAULT(EPROTO, "label of record %s cannot be written", record->number) : status;
}

static int text_after(struct registrar *r, const struct record *record, const struct labels_content *content,
		      const struct stored *before, struct buffer *ret)
{
	char hash[2 * SHA256_BYTES + 1];

	if (!r->meta_key)
		return FAULT(ENOKEY, "no metadata key: no label can be made");
	if (before->n_previous)
		text_hex(before->previous[0], SHA256_BYTES, hash);
	return format_label(r, record, content, before->n_previous ? hash : NULL, ret);
}

int labels_text(struct registrar *r, const struct record *record, const struct labels_content *content,
		struct buffer *ret)
{
	uint8_t previous[SEALED_PREVIOUS_MAX][SHA256_BYTES];
	struct stored before = {.below = record->version, .previous = previous};
	int status = record->version > 1 ? find_stored(r, record->number, &before) : 0;

	if (status == 0)
		status = text_after(r, record, content, &before, ret);
	stored_done(&before);
	return status;
}

/* The journal keeps signatures as armor, for ssh-keygen; the file carries the blob. */
static struct bytes signature_blob(const char *armor, struct buffer *storage)
{
	struct sshsig signature;

	if (armor && sshsig_parse(bytes_of_text(armor), &signature) == 0)
		sshsig_write_blob(&signature, storage);
	return buffer_bytes(storage);
}

/* What was decided is asked to be raised, or disputed: until that is settled the file is protected higher than its
 * signed label says, and carries one that says so. */
static bool protects_like(const char *text, const struct level *level)
{
	struct label label = {0};
	bool same = label_parse(bytes_of_text(text), &label) == 0 && text_equal(label.protection, level->code);

	label_done(&label);
	return same;
}

/* The stored label still holds: it was decided over exactly this content. Issuing does not touch it. */
static bool still_holds(const struct registrar *r, const struct newest *label, const struct record *record,
			const struct labels_content *content)
{
	char hex[2 * SHA256_BYTES + 1];
	bool is_signed = text_equal(labels_state(record->state), "decided") || record->state == RECORD_PROVISIONAL;

	text_hex(content->digest, SHA256_BYTES, hex);
	return is_signed && label->text && text_equal(label->digest, hex) &&
	       protects_like(label->text, record_protection(r->policy, record));
}

/* The decision was made in one go with others: what names them all, and its signature. */
struct set_of {
	struct sealed_record *sealed;
	struct buffer text, blob;
};

static int take_set(const char *text, const char *signature, void *arg)
{
	struct set_of *set = arg;

	buffer_add_text(&set->text, text);
	set->sealed->set = buffer_bytes(&set->text);
	set->sealed->set_signature = signature_blob(signature, &set->blob);
	return 0;
}

static int add_set(struct registrar *r, const struct newest *label, struct set_of *set)
{
	int status = store_decision_set(r->store, label->seq, take_set, set);

	return status < 0 ? status : 0;
}

static void put_args(const struct registrar *r, const struct record *record, uint32_t version, struct buffer *ret)
{
	buffer_add_format(ret, "%s %u %s %s@%s", record->id, version, record_protection(r->policy, record)->code,
			  r->policy->id, r->policy->version);
}

static int add_facts(struct bytes facts, struct sealed_record *sealed)
{
	struct sealed_record file;
	int status = facts.n ? sealed_record_parse_file(facts, &file) : 1;

	TRY(status);
	if (status)
		return 0; /* not known */
	sealed->has_facts = file.has_facts;
	sealed->facts = file.facts;
	sealed->acl = file.acl;
	sealed->attributes = file.attributes;
	return 0;
}

static char *meta_text(struct registrar *r, const struct record *record)
{
	OWNED(json) struct json *meta = record_to_json(record, r->meta_key);

	return json_text(meta);
}

int labels_seal(struct registrar *r, const struct record *record, const struct labels_content *content,
		struct buffer *ret_record, struct buffer *ret_args)
{
	OWN_BUFFER struct buffer text = {0};
	OWN_BUFFER struct buffer blob = {0};
	OWN_BUFFER struct buffer issue_blob = {0};
	struct sealed_record sealed = {.length = content->length, .name = bytes_of_text(content->name)};
	struct set_of set = {.sealed = &sealed};
	struct stored stored = {.below = record->version, .previous = sealed.previous};
	const struct newest *label = &stored.label, *issue = &stored.issue;
	OWN_MEM char *made = content->meta ? NULL : meta_text(r, record);
	int status = content->text ? 0 : find_stored(r, record->number, &stored);

	if (status == 0 && content->text)
		buffer_add_text(&text, content->text);
	else if (status == 0)
		status = text_after(r, record, content, &stored, &text);
	if (status == 0) {
		bool holds = still_holds(r, label, record, content);

		labels_salt(r, record, content, sealed.salt);
		memcpy(sealed.digest, content->digest, SHA256_BYTES);
		add_scope(record, &sealed);
		sealed.label = buffer_bytes(&text);
		if (holds)
			sealed.label = bytes_of_text(label->text);
		if (holds && label->signature)
			sealed.signatures[sealed.n_signatures++] = signature_blob(label->signature, &blob);
		sealed.issue = bytes_of_text(issue->text);
		sealed.issue_signature = signature_blob(issue->signature, &issue_blob);
		sealed.n_previous = stored.n_previous;
		sealed.number = bytes_of_text(record->number);
		sealed.title = bytes_of_text(record->title);
		sealed.meta = bytes_of_text(content->meta ? content->meta : made);
		status = add_facts(content->facts, &sealed);
		if (status == 0 && holds)
			status = add_set(r, label, &set);
		if (status == 0)
			status = sealed_record_format(&sealed, ret_record);
		put_args(r, record, holds ? label->version : record->version, ret_args);
	}
	stored_done(&stored);
	buffer_done(&set.text);
	buffer_done(&set.blob);
	return status;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int labels_name(struct registrar *r, const char *number, const char *path, char **ret)
{
	OWNED(record) struct record *record = NULL;
	OWN_MEM char *name = text_copy(last_part(path));
	int status = 0;

	if (name && text_ends(name, ".age"))
		name[strlen(name) - strlen(".age")] = 0;
	if (name && text_equal(name, number)) {
		status = store_record_load(r->store, number, &record);
		TRY(status);
		if (record && !text_is_empty(record->path)) {
			free(name);
			name = text_copy(last_part(record->path));
		}
	}
	*ret = steal(&name);
	return *ret ? 0 : FAULT(ENOMEM, "name");
}

struct content_of {
	struct registrar *r;
	struct labels_content *ret;
	char **ret_name;
	bool found;
};

static int take_content(const struct store_document *d, void *arg)
{
	struct content_of *of = arg;

	if (!d->sha256 || !text_from_hex(d->sha256, of->ret->digest, SHA256_BYTES))
		return 0;
	of->ret->length = d->size;
	of->ret->version = d->content ? d->content : 1;
	TRY(labels_name(of->r, d->number, d->path, of->ret_name));
	of->ret->name = *of->ret_name;
	of->found = true;
	return 0;
}

void labels_description(const struct record *record, struct buffer *ret)
{
	buffer_add_format(ret, "classd-carrier/v1\nrecord %s\ncarrier %s\nnumber %s\ntitle %s\n", record->id, record->carrier,
			  record->path ? record->path : "-", record->title ? record->title : "-");
}

/* There is no file: what is signed is what it is. */
static int describe(struct registrar *r, const char *number, struct labels_content *ret)
{
	OWNED(record) struct record *record = NULL;
	OWN_BUFFER struct buffer text = {0};
	int status = store_record_load(r->store, number, &record);

	TRY(status);
	if (status || !record_is_carrier(record))
		return STORE_NOT_FOUND;
	labels_description(record, &text);
	TRY(buffer_check(&text));
	sha256_of(buffer_bytes(&text), ret->digest);
	ret->length = text.n;
	ret->version = 1;
	return 0;
}

int labels_content_of(struct registrar *r, const char *number, struct labels_content *ret, char **ret_name)
{
	struct content_of of = {r, ret, ret_name, false};
	int status = store_document_of(r->store, number, take_content, &of);

	TRY(status);
	return of.found ? 0 : describe(r, number, ret);
}
