#include "registrar/store/store_private.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct loaded {
	struct store_person person; /* first: that is what callers hold */
	struct arena arena;
};

const char *store_key_fault(const struct store_person *p, const char *fingerprint, const char *day)
{
	const size_t n = strlen("2026-03-01");

	for (size_t i = 0; i < p->n_keys; i++) {
		const struct store_key *k = &p->keys[i];

		if (!text_equal(k->fingerprint, fingerprint))
			continue;
		if (!k->is_confirmed)
			return "nobody has confirmed the key";
		if (text_is_empty(k->revoked))
			return NULL;
		return day && strlen(day) >= n && strncmp(day, k->revoked, n) <= 0
			   ? NULL
			   : "the key was revoked before that day";
	}
	return "it is no key of this person";
}

void store_person_free(struct store_person *p)
{
	struct loaded *l = (struct loaded *)(void *)p;

	if (!l)
		return;
	arena_done(&l->arena);
	free(l);
}

/* ---- the parts of a person ---- */

static const struct {
	const char *name;
	unsigned bit;
} role_bits[] = {
    {"secrecy-office", ACTOR_OFFICE},
    {"security-administrator", ACTOR_SECURITY_ADMIN},
    {"auditor", ACTOR_AUDITOR},
    {"system-administrator", ACTOR_SYSTEM_ADMIN},
    {"head", ACTOR_HEAD},
};

static const char *const categories[POST_N] = {"none", "general", "important", "core"};

unsigned store_role_bits(struct texts roles)
{
	unsigned bits = 0;

	for (size_t i = 0; i < array_n(role_bits); i++)
		if (texts_has(roles, role_bits[i].name))
			bits |= role_bits[i].bit;
	return bits;
}

const char *store_category_name(enum post post)
{
	return post < POST_N ? categories[post] : "none";
}

bool store_category_find(const char *name, enum post *ret)
{
	for (unsigned i = 0; name && i < POST_N; i++) {
		if (strcmp(name, categories[i]) != 0)
			continue;
		*ret = (enum post)i;
		return true;
	}
	return false;
}

static int add_appointment(struct store *s, struct statement *row, struct arena *unused, void *context)
{
	struct loaded *l = context;
	size_t n = l->person.n_appointments++;
	struct appointment *a = &l->person.appointments[n];
	char id[24];

	(void)unused;
	(void)snprintf(id, sizeof(id), "%lld", (long long)column_int(row, 0));
	*a = (struct appointment){
	    .id = arena_text(&l->arena, id),
	    .person = l->person.person.id,
	    .ceiling = store_column_text(row, 3, &l->arena),
	    .departments = store_column_lines(row, 4, &l->arena),
	    .matters = store_column_lines(row, 5, &l->arena),
	    .from = store_column_date(row, 6),
	    .until = store_column_date(row, 7),
	    .document =
		cell_text_of(&l->arena, s->meta, "appointment.document", l->person.person.id, column_bytes(row, 8)),
	    .entered_by = store_column_text(row, 9, &l->arena),
	    .confirmed_by = store_column_text(row, 10, &l->arena),
	    .stands_for = store_column_text(row, 11, &l->arena),
	};
	((struct texts *)(uintptr_t)l->person.levels)[n] = store_column_lines(row, 2, &l->arena);
	return appointment_kind_find(column_text(row, 1), &a->kind) ? 0 : FAULT(EBADMSG, "kind of appointment %s", id);
}

static int add_training(struct store *s, struct statement *row, struct arena *unused, void *context)
{
	struct loaded *l = context;
	size_t n = l->person.n_trainings++;
	struct store_training *t = &l->person.taught[n];

	(void)unused;
	*t = (struct store_training){
	    .training = {.person = l->person.person.id,
			 .hours = (uint16_t)column_int(row, 1),
			 .on = store_column_date(row, 2),
			 .valid_until = store_column_date(row, 3)},
	    .content = cell_text_of(&l->arena, s->meta, "training.content", l->person.person.id, column_bytes(row, 0)),
	    .entered = store_column_text(row, 4, &l->arena),
	};
	l->person.trainings[n] = t->training;
	return 0;
}

static int add_key(struct store *s, struct statement *row, struct arena *unused, void *context)
{
	struct loaded *l = context;

	(void)s;
	(void)unused;
	l->person.keys[l->person.n_keys++] = (struct store_key){
	    .fingerprint = store_column_text(row, 0, &l->arena),
	    .kind = store_column_text(row, 1, &l->arena),
	    .line = store_column_text(row, 2, &l->arena),
	    .registered = store_column_text(row, 3, &l->arena),
	    .revoked = store_column_text(row, 4, &l->arena),
	    .is_confirmed = column_int(row, 5) != 0,
	    .confirmed_by = store_column_text(row, 6, &l->arena),
	    .confirmed_on = store_column_date(row, 7),
	};
	return 0;
}

static int add_change(struct store *s, struct statement *row, struct arena *unused, void *context)
{
	static const char *const names[] = {"departments", "roles",	    "category",
					    "until",	   "cleared_until", "undertaking"};
	struct loaded *l = context;
	OWN_BUFFER struct buffer b = {0};
	const char *name = cell_text_of(&l->arena, s->meta, "person.name", l->person.person.id, column_bytes(row, 1));

	(void)unused;
	l->person.has_change = true;
	l->person.change_by = store_column_text(row, 0, &l->arena);
	if (name)
		buffer_add_format(&b, "name=%s; ", name);
	for (size_t i = 0; i < array_n(names); i++)
		if (!column_is_null(row, 2 + (int)i))
			buffer_add_format(&b, "%s=%s; ", names[i], column_text(row, 2 + (int)i));
	for (size_t i = 0; i < b.n; i++)
		if (b.at[i] == '\n')
			b.at[i] = ',';
	l->person.change = arena_bytes(&l->arena, bytes_of(b.at, b.n > 2 ? b.n - 2 : 0));
	return buffer_check(&b);
}

/* One look for all: a sweep loads the decider of every record that is due. */
static int make_room(struct store *s, struct loaded *l)
{
	OWNED(statement) struct statement *row = NULL;
	struct store_person *p = &l->person;
	size_t appointments, trainings, keys;
	int result = database_query(s->db,
				    "SELECT (SELECT count(*) FROM appointments WHERE person=?1),"
				    "(SELECT count(*) FROM trainings WHERE person=?1),"
				    "(SELECT count(*) FROM keys WHERE person=?1)",
				    VALUES(value_text(p->person.id)), &row);

	if (result == 0)
		result = statement_next(row);
	if (result)
		return store_answer(result);
	appointments = (size_t)column_int(row, 0);
	trainings = (size_t)column_int(row, 1);
	keys = (size_t)column_int(row, 2);
	p->appointments = arena_alloc(&l->arena, appointments * sizeof(*p->appointments));
	p->levels = arena_alloc(&l->arena, appointments * sizeof(*p->levels));
	p->trainings = arena_alloc(&l->arena, trainings * sizeof(*p->trainings));
	p->taught = arena_alloc(&l->arena, trainings * sizeof(*p->taught));
	p->keys = arena_alloc(&l->arena, keys * sizeof(*p->keys));
	return arena_check(&l->arena);
}

static int load_parts(struct store *s, struct loaded *l)
{
	const struct value id = value_text(l->person.person.id);
	int result = make_room(s, l);

	if (result == 0)
		result = store_each(s,
				    "SELECT id,kind,levels,ceiling,departments,matters,since,until,document,entered_by,"
				    "confirmed_by,stands_for FROM appointments WHERE person=? ORDER BY id",
				    &id, 1, add_appointment, l);
	if (result == 0)
		result = store_each(
		    s, "SELECT content,hours,held,valid_until,entered FROM trainings WHERE person=? ORDER BY id", &id,
		    1, add_training, l);
	if (result == 0)
		result =
		    store_each(s,
			       "SELECT fingerprint,kind,line,registered,revoked,confirmed,confirmed_by,confirmed_on"
			       " FROM keys"
			       " WHERE person=? ORDER BY registered,fingerprint",
			       &id, 1, add_key, l);
	if (result == 0)
		result = store_each(s,
				    "SELECT entered_by,name,departments,roles,category,until,cleared_until,undertaking"
				    " FROM person_changes WHERE person=?",
				    &id, 1, add_change, l);
	return result;
}

/* ---- persons ---- */

#define PERSON                                                                                                         \
	"SELECT id,name,login,uid,departments,roles,category,since,until,cleared_until,undertaking,confirmed,"         \
	"entered_by,confirmed_by,suspended_from FROM persons "

static void read_person(struct store *s, struct statement *row, struct loaded *l)
{
	struct arena *a = &l->arena;
	struct store_person *p = &l->person;
	const char *id = store_column_text(row, 0, a);

	p->departments = store_column_lines(row, 4, a);
	p->roles = store_column_lines(row, 5, a);
	p->login = cell_text_of(a, s->meta, "person.login", id ? id : "", column_bytes(row, 2));
	p->is_confirmed = column_int(row, 11) != 0;
	p->entered_by = store_column_text(row, 12, a);
	p->confirmed_by = store_column_text(row, 13, a);
	p->person = (struct person){
	    .id = id,
	    .name = cell_text_of(a, s->meta, "person.name", id ? id : "", column_bytes(row, 1)),
	    .department = p->departments.n ? p->departments.at[0] : NULL,
	    .uid = (uint32_t)column_int(row, 3),
	    .from = store_column_date(row, 7),
	    .until = store_column_date(row, 8),
	    .cleared_until = store_column_date(row, 9),
	    .undertaking_on = store_column_date(row, 10),
	    .suspended_from = store_column_date(row, 14),
	    .roles = store_role_bits(p->roles),
	};
	(void)store_category_find(column_text(row, 6), &p->person.post); /* unknown is none */
}

static int keep_person(struct store *s, struct statement *row, struct arena *unused, void *context)
{
	struct store_person **ret = context;
	struct loaded *l = calloc(1, sizeof(*l));
	int result;

	(void)unused;
	if (!l)
		return FAULT(ENOMEM, "person");
	read_person(s, row, l);
	result = arena_check(&l->arena);
	if (result == 0)
		result = load_parts(s, l);
	if (result) {
		store_person_free(&l->person);
		return result;
	}
	*ret = &l->person;
	return 0;
}

int store_person_load(struct store *s, const char *id, struct store_person **ret)
{
	return store_first(s, PERSON "WHERE id=?", VALUES(value_text(id)), keep_person, ret);
}

int store_person_by_uid(struct store *s, uint32_t uid, struct date on, struct store_person **ret)
{
	char day[11];

	date_format(on, day);
	return store_first(s,
			   PERSON "WHERE uid=?1 AND confirmed AND since<=?2 AND (coalesce(until,'')='' OR until>=?2)",
			   VALUES(value_int(uid), value_text(day)), keep_person, ret);
}

int store_person_of_uid(struct store *s, uint32_t uid, struct store_person **ret)
{
	return store_first(s, PERSON "WHERE uid=?1 AND confirmed ORDER BY since DESC, id LIMIT 1",
			   VALUES(value_int(uid)), keep_person, ret);
}

int store_person_by_login(struct store *s, const char *login, struct store_person **ret)
{
	char hash[2 * CELL_HASH + 1];

	if (!cell_hash(s->meta, "login", login, hash))
		return STORE_NOT_FOUND;
	return store_first(s, PERSON "WHERE login_hash=?", VALUES(value_text(hash)), keep_person, ret);
}

int store_person_by_key(struct store *s, const char *fingerprint, struct store_person **ret)
{
	return store_first(s, PERSON "WHERE id=(SELECT person FROM keys WHERE fingerprint=?)",
			   VALUES(value_text(fingerprint)), keep_person, ret);
}

struct listing {
	store_person_fn each;
	void *arg;
};

static int pass_person(struct store *s, struct statement *row, struct arena *a, void *context)
{
	OWNED(store_person) struct store_person *p = NULL;
	struct listing *l = context;
	int result = keep_person(s, row, a, &p);

	return result ? result : store_from_callback(l->each(p, l->arg));
}

int store_person_page(struct store *s, const struct store_person_filter *f, store_person_fn each, void *arg)
{
	struct listing l = {each, arg};

	return store_each(s,
			  PERSON
			  "WHERE id>?2 AND (NOT ?1 OR NOT confirmed OR id IN (SELECT person FROM person_changes)"
			  " OR id IN (SELECT person FROM appointments WHERE confirmed_by IS NULL AND ended_by IS NULL)"
			  " OR id IN (SELECT person FROM keys WHERE NOT confirmed AND revoked IS NULL))"
			  " ORDER BY id LIMIT ?3",
			  VALUES(value_int(f->pending), value_text(f->after ? f->after : ""),
				 value_int(f->limit ? f->limit : 100)),
			  pass_person, &l);
}

int store_person_list(struct store *s, bool pending, store_person_fn each, void *arg)
{
	return store_person_page(s, &(struct store_person_filter){.pending = pending, .limit = STORE_NO_LIMIT}, each,
				 arg);
}

int store_person_exists(struct store *s, const char *id)
{
	int64_t n = 0;
	int result = store_answer(
	    database_int(s->db, "SELECT count(*) FROM persons WHERE id=?", VALUES(value_text(id)), 0, &n));

	return result ? result : n > 0 ? 0 : STORE_NOT_FOUND;
}

int store_department_exists(struct store *s, const char *department)
{
	int64_t n = 0;
	int result = store_answer(database_int(
	    s->db, "SELECT count(*) FROM persons WHERE instr(char(10)||departments||char(10),char(10)||?||char(10))",
	    VALUES(value_text(department)), 0, &n));

	return result ? result : n > 0 ? 0 : STORE_NOT_FOUND;
}

struct standing {
	store_stand_in_fn each;
	void *arg;
};

static int pass_stand_in(struct store *s, struct statement *row, struct arena *a, void *context)
{
	const struct standing *p = context;

	(void)s;
	(void)a;
	return store_from_callback(p->each(column_text(row, 0), column_int(row, 1), p->arg));
}

int store_stand_in_list(struct store *s, const char *principal, store_stand_in_fn each, void *arg)
{
	struct standing p = {each, arg};

	return store_each(s, "SELECT person,id FROM appointments WHERE stands_for=? AND ended_by IS NULL ORDER BY id",
			  VALUES(value_text(principal)), pass_stand_in, &p);
}
