/*
 * Records without a file: paper, discs, other media. They are drafted, proposed, decided, reviewed and destroyed like any
 * other; what is signed is the digest of their description (labels.h). Where the carrier is and who has it is kept beside
 * the record, because it moves without a decision.
 */
#include "registrar/custody/custody.h"

#include "base/text.h"
#include "registrar/records/record_methods.h"

#include <stdio.h>
#include <string.h>

struct place {
	const char *place, *person, *name;
};

static int check_kind(struct case_of *c, const char *kind)
{
	if (kind && strlen(kind) <= 24 && kind[0] && strspn(kind, "abcdefghijklmnopqrstuvwxyz-") == strlen(kind) &&
	    !text_equal(kind, "file"))
		return 0;
	return case_refuse(c, API_INPUT, "unknown-carrier", "paper, disc, tape, film, equipment …",
			   "a carrier is one word of small letters, and not a file");
}

static int check_holder(struct case_of *c, struct place *p)
{
	int status;

	if (p->person && text_starts(p->person, "name:")) {
		p->name = p->person + 5;
		p->person = NULL;
	}
	if (!custody_is_line(p->place, 200) || (p->name && !custody_is_line(p->name, 200)))
		return case_refuse(c, API_INPUT, "no-place", "say in one line where it is", "a carrier is somewhere");
	if (!p->person)
		return 0;
	status = store_person_exists(c->r->store, p->person);
	TRY(status);
	return status ? case_refuse(c, API_INPUT, "unknown-person", "classctl person list; somebody else with name:TEXT",
				    "there is no such person in the register")
		      : 0;
}

static int write_place(struct case_of *c, const struct place *p, const char *reason)
{
	struct json *entry = registrar_entry("carrier", c->person->person.id, api_uid(c->call));
	const char *holder = p->person ? p->person : p->name;
	OWN_MEM char *note = text_format("%s%s%s%s%s", p->place, holder ? ", " : "", holder ? holder : "", reason ? ": " : "",
					 reason ? reason : "");

	json_set_text(entry, "number", c->next.number);
	json_set_int(entry, "version", c->next.version);
	cell_set_of(entry, "place", c->r->meta_key, "place", c->next.number, p->place);
	if (p->person)
		json_set_text(entry, "person", p->person);
	if (p->name)
		cell_set_of(entry, "name", c->r->meta_key, "holder", c->next.number, p->name);
	cell_set_of(entry, "note", c->r->meta_key, "note", c->next.number, note);
	return registrar_change(c->r, entry);
}

/* ---- new ---- */

static int begin_record(struct case_of *c, const char *kind, const char *mark)
{
	int status = store_next_number(c->r->store, c->today.year, c->number);

	TRY(status);
	record_new_id(c->id);
	c->next = record_of_file(c->r, &(struct record_file){.number = c->number,
							     .id = c->id,
							     .path = mark,
							     .uid = (uint32_t)api_uid(c->call),
							     .owner = &c->person->person});
	c->next.carrier = kind;
	c->is_begun = true;
	return 0;
}

static int make(struct case_of *c, struct json_view p)
{
	const char *kind = json_get_text(p, "carrier"), *mark = json_get_text(p, "mark");
	struct place place = {.place = json_get_text(p, "place"), .person = json_get_text(p, "holder")};
	struct fields_problem problem;
	struct fields fields = {0};
	int status = check_kind(c, kind);

	if (status == 0 && !custody_is_line(mark, 100))
		status = case_refuse(c, API_INPUT, "no-number", "give its own number: --mark TEXT", "a carrier has a number of its own");
	if (status == 0)
		status = check_holder(c, &place);
	if (status == 0 && fields_read(json_get(p, "fields"), &fields, &problem))
		status = case_refuse_fields(c, &problem);
	if (status == 0 && text_is_empty(fields.title))
		status = case_refuse(c, API_INPUT, "no-title", "give --title", "a record without a file has a title");
	if (status == 0)
		status = begin_record(c, kind, mark);
	if (status == 0)
		status = record_draft(c, &fields, false);
	if (status == 0)
		status = write_place(c, &place, NULL);
	return status == REGISTRAR_READ_ONLY && !c->record ? custody_refuse_read_only(c) : status;
}

int custody_new_carrier(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	struct json *reply;
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = make(&c, api_parameters(call));
	if (status)
		return status < 0 ? status : 0;
	reply = json_object();
	json_set_text(reply, "number", c.next.number);
	return api_reply(call, reply);
}

/* ---- where it is ---- */

static int take_carrier(const struct store_carrier *k, void *arg)
{
	struct json *to = arg;

	json_set_text(to, "place", k->place ? k->place : "");
	json_set_text(to, "person", k->person ? k->person : "");
	json_set_text(to, "name", k->name ? k->name : "");
	json_set_text(to, "since", k->since);
	return 0;
}

static int refuse_file(struct case_of *c)
{
	return case_refuse(c, API_STATE, "is-file", "classctl show NUMBER tells where it lies", "the document of this record is a file");
}

static int answer(struct case_of *c)
{
	struct json *to = json_object(), *reply;
	int status = store_carrier_of(c->r->store, c->record->number, take_carrier, to);

	if (status < 0) {
		json_free(to);
		return status;
	}
	json_set_text(to, "number", c->record->number);
	json_set_text(to, "carrier", c->record->carrier);
	json_set_text(to, "mark", c->record->path ? c->record->path : "");
	json_set_text(to, "title", c->record->title ? c->record->title : "");
	reply = json_object();
	json_set(reply, "carrier", to);
	return api_reply(c->call, reply);
}

int custody_get_carrier(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = custody_begin(r, call, &c);

	if (status == 0 && !record_is_carrier(c.record))
		status = refuse_file(&c);
	if (status)
		return status < 0 ? status : 0;
	return answer(&c);
}

/* Whoever answers for it, and its drafter. */
static int move(struct case_of *c, struct json_view p)
{
	struct place place = {.place = json_get_text(p, "place"), .person = json_get_text(p, "holder")};
	const char *reason = json_get_text(p, "reason");
	int status;

	if (!record_is_carrier(c->record))
		return refuse_file(c);
	if (!custody_sees(c))
		return case_refuse(c, API_AUTHORITY, "wrong-role", "ask whoever answers for the record, or the secrecy office",
				   "you do not answer for this record");
	if (c->record->state == RECORD_DESTROYED)
		return case_refuse(c, API_STATE, "destroyed", "classctl show NUMBER tells when and by whom", "the document is destroyed");
	if (!custody_is_line(reason, 1000))
		return case_refuse(c, API_INPUT, "no-reason", "say why, in one line, with --reason", "a carrier moves for a reason");
	status = check_holder(c, &place);
	if (status == 0)
		status = write_place(c, &place, reason);
	if (status == REGISTRAR_READ_ONLY)
		return custody_refuse_read_only(c);
	return status ? status : answer(c);
}

int custody_move_carrier(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = custody_begin(r, call, &c);

	if (status == 0)
		status = move(&c, api_parameters(call));
	return status < 0 ? status : 0;
}
