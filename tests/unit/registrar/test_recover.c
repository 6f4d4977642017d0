/* Records out of sealed records alone: the registrar's own form, the label when that is missing or lies, and garbage.
 */
#include "core_fixture.h"

#include "base/text.h"
#include "library/envelope.h"
#include "registrar/oversight/recover_private.h"
#include "registrar/records/labels.h"

static const uint8_t other_key[AEAD_KEY] = "another metadata key of 32 bytes";

struct sample {
	struct secret *meta;
	struct record record;
	struct label label;
	struct buffer label_text;
	struct json *form;
	char *form_text;
	struct buffer list;
	const char *issue;
};

static const char *const scope[] = {"dept:planning", "person:li"};

static void sample_make(struct sample *s)
{
	uint8_t key[AEAD_KEY] = "a metadata key of thirty-two b.";

	*s = (struct sample){.record = fixture_record("2026-000123", 4)};
	assert_int_equal(secret_new_from(key, sizeof(key), &s->meta), 0);
	s->record.id = "0192f0c4-1111-7222-8333-444455556666";
	s->record.state = RECORD_CLASSIFIED;
	s->record.decided = s->record.proposed;
	s->record.responsible = "wang";
	s->record.decided_on = (struct date){2026, 5, 5};
	s->label = (struct label){.record = s->record.id,
				  .version = 4,
				  .content = 2,
				  .state = "decided",
				  .regime = "state-secret",
				  .level = "SECRET",
				  .protection = "SECRET",
				  .term = "P10Y from issue",
				  .basis = "3.2@2026-01",
				  .responsible = "wang",
				  .role = "designated",
				  .drafter = "li",
				  .pack = "us@2026.1",
				  .decided = "2026-05-05",
				  .commit = "00000000000000000000000000000000000000000000000000000000000000aa"};
}

static void sample_write(struct sample *s, bool with_form)
{
	struct sealed_record sealed = {.length = 5,
				       .name = bytes_of_text("report.docx"),
				       .n_scope = 2,
				       .scope = {bytes_of_text(scope[0]), bytes_of_text(scope[1])},
				       .number = bytes_of_text("2026-000123"),
				       .title = bytes_of_text("a title")};

	buffer_clear(&s->label_text);
	buffer_clear(&s->list);
	json_free(s->form);
	free(s->form_text);
	assert_int_equal(label_format(&s->label, &s->label_text), 0);
	s->form = record_to_json(&s->record, s->meta);
	s->form_text = json_text(s->form);
	sealed.label = buffer_bytes(&s->label_text);
	sealed.issue = bytes_of_text(s->issue);
	if (with_form)
		sealed.meta = bytes_of_text(s->form_text);
	assert_int_equal(sealed_record_format(&sealed, &s->list), 0);
}

static void sample_done(struct sample *s)
{
	secret_free(s->meta);
	buffer_done(&s->label_text);
	buffer_done(&s->list);
	json_free(s->form);
	free(s->form_text);
}

static void test_own_form(void **state)
{
	struct sample s;
	struct arena a = {0};
	struct recovered v;

	(void)state;
	sample_make(&s);
	sample_write(&s, true);
	assert_int_equal(recover_rebuild(buffer_bytes(&s.list), s.meta, &a, &v), 0);
	assert_true(v.is_whole && !v.differs);
	assert_string_equal(v.record.title, s.record.title);
	assert_string_equal(v.record.proposed.reason, "because");
	assert_int_equal(v.record.state, RECORD_CLASSIFIED);
	assert_string_equal(v.name, "report.docx");
	assert_null(v.signature);
	recovered_done(&v);
	arena_done(&a);
	sample_done(&s);
}

/* Another machine key: what is sealed in the form does not read, the rest and the title beside it do. */
static void test_other_key(void **state)
{
	struct sample s;
	struct arena a = {0};
	struct secret *other = NULL;
	struct recovered v;
	uint8_t key[AEAD_KEY];

	(void)state;
	memcpy(key, other_key, sizeof(key));
	sample_make(&s);
	sample_write(&s, true);
	assert_int_equal(secret_new_from(key, sizeof(key), &other), 0);
	assert_int_equal(recover_rebuild(buffer_bytes(&s.list), other, &a, &v), 0);
	assert_true(v.is_whole);
	assert_string_equal(v.record.title, "a title");
	assert_null(v.record.proposed.reason);
	assert_string_equal(v.record.decided.level, "SECRET");
	recovered_done(&v);
	secret_free(other);
	arena_done(&a);
	sample_done(&s);
}

/* Every field that a record has, set to something. */
static struct record every_field(void)
{
	static const char *const lines[] = {"person:zhao", "dept:office"};
	struct record record = fixture_record("2026-000123", 4);
	const struct date day = {2026, 6, 7};

	record.id = "0192f0c4-1111-7222-8333-444455556666";
	record.state = RECORD_DISPUTED;
	record.regime = REGIME_STATE_SECRET;
	record.entry = ENTRY_ORDERED;
	record.pack = "us";
	record.pack_version = "2026.1";
	record.carrier = "file";
	record.type = "report";
	record.department = "planning";
	record.originator = "another unit";
	record.drafter_role = "drafter";
	record.drafter_key = "SHA256:a";
	record.proposed_on = day;
	record.is_prohibited = true;
	record.proposed.sources = (struct texts){lines, 2};
	record.proposed.categories = (struct texts){lines, 2};
	record.decided = record.proposed;
	record.decided.basis = BASIS_DERIVED;
	record.responsible = "wang";
	record.decider_role = "designated";
	record.decider_key = "SHA256:b";
	record.decider_uid = 1002;
	record.decided_on = record.entered_on = day;
	record.decided_as = APPOINTMENT_DESIGNATED;
	record.document_number = "PL 14/2026";
	record.issued_on = record.start = record.declassify_on = record.next_review = record.last_review = day;
	record.copies = 5;
	record.referred_on = record.disputed_on = record.requested_on = record.changed_on = record.reported_on = day;
	record.mark = "SECRET";
	record.request = ACT_RELEASE;
	record.requester = "li";
	record.requester_uid = 1003;
	record.claimed = "TOP-SECRET";
	record.floor = "CONFIDENTIAL";
	record.decision = ACT_CORRECT;
	record.referred_to = "the ministry";
	record.check_on = day;
	record.admissions = (struct texts){lines, 2};
	record.holder = "the archive";
	record.asked_regime = "work-secret";
	record.claims = (struct texts){lines, 2};
	assert_true(term_parse_cli("20y", &record.claimed_term));
	return record;
}

static void assert_same_field(struct json_view a, struct json_view b, size_t i, const struct secret *meta)
{
	const char *key = record_column(i);
	struct arena texts = {0};
	OWN_MEM char *x = json_view_text(json_get(a, key));
	OWN_MEM char *y = json_view_text(json_get(b, key));
	OWN_BUFFER struct buffer sealed_x = {0};
	OWN_BUFFER struct buffer sealed_y = {0};
	OWN_MEM char *place = text_format("record.%s/2026-000123", key);

	if (!json_is_present(json_get(a, key)))
		fail_msg("%s is not set here: a new field of the record?", key);
	if (!record_column_is_sealed(i)) {
		assert_string_equal(x, y);
		return;
	}
	assert_true(json_get_bytes(a, key, &sealed_x) && json_get_bytes(b, key, &sealed_y));
	assert_string_equal(cell_text(&texts, meta, place, buffer_bytes(&sealed_x)),
			    cell_text(&texts, meta, place, buffer_bytes(&sealed_y)));
	arena_done(&texts);
}

/* Nothing that a record says is lost with the register: what is not in the label rides beside it. */
static void test_every_field(void **state)
{
	struct sample s;
	struct arena a = {0};
	struct recovered v;
	OWNED(json) struct json *back = NULL;

	(void)state;
	sample_make(&s);
	s.record = every_field();
	s.label.basis = "source person:zhao";
	sample_write(&s, true);
	assert_int_equal(recover_rebuild(buffer_bytes(&s.list), s.meta, &a, &v), 0);
	assert_true(v.is_whole && !v.differs);
	back = record_to_json(&v.record, s.meta);
	for (size_t i = 0; i < record_column_n(); i++)
		assert_same_field(json_look(s.form), json_look(back), i, s.meta);
	recovered_done(&v);
	arena_done(&a);
	sample_done(&s);
}

/* A newer agent's form has fields that this one does not know, an older one's lacks some. */
static void test_other_fields(void **state)
{
	struct sample s;
	struct arena a = {0};
	struct recovered v;
	char *with;

	(void)state;
	sample_make(&s);
	sample_write(&s, true);
	with = text_format("{\"of_later\":[1,{\"x\":2}],%s", s.form_text + 1);
	buffer_clear(&s.list);
	free(s.form_text);
	s.form_text = with;
	assert_int_equal(sealed_record_format(&(struct sealed_record){.label = buffer_bytes(&s.label_text),
								      .n_scope = 2,
								      .scope = {bytes_of_text(scope[0]),
										bytes_of_text(scope[1])},
								      .meta = bytes_of_text(with)},
					      &s.list),
			 0);
	assert_int_equal(recover_rebuild(buffer_bytes(&s.list), s.meta, &a, &v), 0);
	assert_true(v.is_whole && !v.differs);
	assert_false(date_is_set(v.record.check_on));
	assert_null(v.record.holder);
	recovered_done(&v);
	arena_done(&a);
	sample_done(&s);
}

static void assert_from_label(const struct recovered *v)
{
	assert_false(v->is_whole);
	assert_string_equal(v->record.id, "0192f0c4-1111-7222-8333-444455556666");
	assert_string_equal(v->record.number, "2026-000123");
	assert_int_equal(v->record.version, 4);
	assert_int_equal(v->record.state, RECORD_CLASSIFIED);
	assert_string_equal(v->record.decided.level, "SECRET");
	assert_int_equal(v->record.decided.basis, BASIS_ITEM);
	assert_string_equal(v->record.decided.item, "3.2");
	assert_int_equal(v->record.decided.scope.n, 2);
	assert_string_equal(v->record.decided.scope.at[1], "person:li");
	assert_int_equal(v->record.decided.term.kind, TERM_PERIOD);
	assert_string_equal(v->record.pack, "us");
	assert_string_equal(v->record.pack_version, "2026.1");
	assert_int_equal(v->record.decided_as, APPOINTMENT_DESIGNATED);
	assert_int_equal(date_compare(v->record.decided_on, (struct date){2026, 5, 5}), 0);
	assert_string_equal(v->record.title, "a title");
}

/* A dispute is in the form alone; when that is lost the document stays sealed as high as it was (I3). */
static void test_protection_alone(void **state)
{
	struct sample s;
	struct arena a = {0};
	struct recovered v;

	(void)state;
	sample_make(&s);
	s.label.protection = "TOP-SECRET";
	sample_write(&s, false);
	assert_int_equal(recover_rebuild(buffer_bytes(&s.list), s.meta, &a, &v), 0);
	assert_from_label(&v);
	assert_string_equal(v.record.floor, "TOP-SECRET");
	recovered_done(&v);
	arena_done(&a);
	sample_done(&s);
}

static void test_label_alone(void **state)
{
	struct sample s;
	struct arena a = {0};
	struct recovered v;

	(void)state;
	sample_make(&s);
	sample_write(&s, false);
	assert_int_equal(recover_rebuild(buffer_bytes(&s.list), s.meta, &a, &v), 0);
	assert_from_label(&v);
	assert_false(v.differs);
	recovered_done(&v);
	arena_done(&a);
	sample_done(&s);
}

/* The form is not signed: where it says other than the label, it says nothing. */
static void test_a_form_that_lies(void **state)
{
	static const char *const alone[] = {"person:thief"};
	struct sample s;
	struct arena a = {0};
	struct recovered v;

	(void)state;
	for (int lie = 0; lie < 6; lie++) {
		sample_make(&s);
		s.record.decided.level = lie == 0 ? "CONFIDENTIAL" : s.record.decided.level;
		s.record.state = lie == 1 ? RECORD_DRAFT : s.record.state;
		s.record.responsible = lie == 2 ? "thief" : s.record.responsible;
		s.record.id = lie == 3 ? "0192f0c4-1111-7222-8333-444455556667" : s.record.id;
		s.record.version = lie == 4 ? 3 : s.record.version;
		if (lie == 5)
			s.record.decided.scope = (struct texts){alone, 1};
		sample_write(&s, true);
		assert_int_equal(recover_rebuild(buffer_bytes(&s.list), s.meta, &a, &v), 0);
		assert_true(v.differs);
		assert_from_label(&v);
		recovered_done(&v);
		arena_done(&a);
		a = (struct arena){0};
		sample_done(&s);
	}
}

static void test_issue(void **state)
{
	struct sample s;
	struct arena a = {0};
	struct recovered v;
	struct issue_text issue = {.label = "00000000000000000000000000000000000000000000000000000000000000aa",
				   .number = "PL 14/2026",
				   .date = "2026-06-01",
				   .copies = 3};
	struct buffer text = {0};

	(void)state;
	sample_make(&s);
	assert_int_equal(issue_format(&issue, &text), 0);
	buffer_u8(&text, 0);
	s.issue = (const char *)text.at;
	sample_write(&s, false);
	assert_int_equal(recover_rebuild(buffer_bytes(&s.list), s.meta, &a, &v), 0);
	assert_int_equal(v.record.state, RECORD_ISSUED);
	assert_string_equal(v.record.document_number, "PL 14/2026");
	assert_int_equal(v.record.copies, 3);
	assert_int_equal(date_compare(v.record.start, (struct date){2026, 6, 1}), 0);
	recovered_done(&v);
	arena_done(&a);
	buffer_done(&text);
	sample_done(&s);
}

static void test_garbage(void **state)
{
	struct sample s;
	struct recovered v;

	(void)state;
	sample_make(&s);
	sample_write(&s, true);
	for (size_t n = 0; n < s.list.n; n++) {
		struct arena a = {0};

		assert_true(recover_rebuild(bytes_of(s.list.at, n), s.meta, &a, &v) >= 0);
		recovered_done(&v);
		arena_done(&a);
	}
	for (size_t i = 0; i < s.list.n; i++) {
		struct arena a = {0};

		s.list.at[i] ^= 0x20;
		assert_true(recover_rebuild(buffer_bytes(&s.list), s.meta, &a, &v) >= 0);
		recovered_done(&v);
		arena_done(&a);
		s.list.at[i] ^= 0x20;
	}
	sample_done(&s);
}

static void test_args(void **state)
{
	struct recover_args args;

	(void)state;
	assert_true(recover_read_args("0192f0c4-1111-7222-8333-444455556666 7 SECRET us@1 0011aabb", &args));
	assert_int_equal(args.version, 7);
	assert_string_equal(args.level, "SECRET");
	assert_false(recover_read_args("", &args));
	assert_false(recover_read_args("0192f0c4-1111-7222-8333-444455556666 0 SECRET us@1 0011aabb", &args));
	assert_false(recover_read_args("0192f0c4-1111-7222-8333-444455556666 99999999999 SECRET a b", &args));
	assert_false(recover_read_args("short 7 SECRET us@1 0011aabb", &args));
}

#define ID_A "0192f0c4-1111-7222-8333-44445555666a"
#define ID_B "0192f0c4-1111-7222-8333-44445555666b"

static void add(struct recovery *rec, const char *path, const char *args, uint64_t ino)
{
	rec->is_listing_kept = text_starts(path, RECOVER_KEEP);
	assert_true(recover_add_file(rec, &(struct frame_found){.path = path, .args = args, .dev = 1, .ino = ino}));
}

/* Oldest first; a kept link belongs to its name; a copy is told from the document; other folders' kept ones stay out.
 */
static void test_order(void **state)
{
	struct recovery rec = {.folder = (char *)(uintptr_t) "sub"};

	(void)state;
	add(&rec, "sub/a.age", ID_A " 5 S p k", 10);
	add(&rec, "sub/copy.age", ID_A " 5 S p k", 11);
	add(&rec, "sub/foreign.age", "", 12);
	add(&rec, RECOVER_KEEP "/n.2.age", ID_A " 5 S p k", 10);
	add(&rec, RECOVER_KEEP "/n.1.age", ID_A " 2 S p k", 13);
	add(&rec, RECOVER_KEEP "/m.1.age", ID_B " 2 S p k", 14);
	add(&rec, RECOVER_KEEP "/bad.age", "", 15);
	recover_sort(&rec);
	assert_int_equal(rec.n_files, 4);
	assert_string_equal(rec.files[0].path, "sub/foreign.age");
	assert_string_equal(rec.files[1].keep, "n.1.age");
	assert_true(rec.files[1].is_kept_only && !recover_is_copy(&rec, 1) && !recover_is_newest(&rec, 1));
	assert_string_equal(rec.files[2].path, "sub/copy.age");
	assert_true(recover_is_copy(&rec, 2));
	assert_string_equal(rec.files[3].path, "sub/a.age");
	assert_string_equal(rec.files[3].keep, "n.2.age");
	assert_true(recover_is_newest(&rec, 3) && !rec.files[3].is_kept_only);
	free(rec.files);
	arena_done(&rec.texts);
}

/* A backup that broke the links: the name in the folder is the document, the kept file its kept one. */
static void test_broken_links(void **state)
{
	struct recovery rec = {.folder = (char *)(uintptr_t) ""};

	(void)state;
	add(&rec, "a.age", ID_A " 5 S p k", 10);
	add(&rec, RECOVER_KEEP "/n.2.age", ID_A " 5 S p k", 20);
	add(&rec, RECOVER_KEEP "/m.1.age", ID_B " 2 S p k", 21);
	recover_sort(&rec);
	assert_int_equal(rec.n_files, 3);
	assert_true(rec.files[0].is_kept_only && !recover_is_copy(&rec, 0));
	assert_string_equal(rec.files[1].path, "a.age");
	assert_string_equal(rec.files[1].keep, "n.2.age");
	assert_true(rec.files[2].is_kept_only);
	free(rec.files);
	arena_done(&rec.texts);
}

/* Whose number is taken comes again, behind the others, with all its files. */
static void test_defer(void **state)
{
	struct recovery rec = {.folder = (char *)(uintptr_t) ""};

	(void)state;
	add(&rec, "a1.age", ID_A " 1 S p k", 10);
	add(&rec, "a2.age", ID_A " 2 S p k", 11);
	add(&rec, "b.age", ID_B " 1 S p k", 12);
	recover_sort(&rec);
	assert_true(recover_defer(&rec));
	assert_int_equal(rec.at, 2);
	assert_int_equal(rec.n_files, 5);
	assert_true(recover_is_newest(&rec, 2) && !rec.files[2].is_deferred);
	assert_string_equal(rec.files[3].path, "a1.age");
	assert_true(rec.files[3].is_deferred && !recover_is_newest(&rec, 3) && recover_is_newest(&rec, 4));
	free(rec.files);
	arena_done(&rec.texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_own_form),	 cmocka_unit_test(test_other_key),
	    cmocka_unit_test(test_label_alone),	 cmocka_unit_test(test_a_form_that_lies),
	    cmocka_unit_test(test_issue),	 cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_args),	 cmocka_unit_test(test_order),
	    cmocka_unit_test(test_broken_links), cmocka_unit_test(test_defer),
	    cmocka_unit_test(test_every_field),	 cmocka_unit_test(test_other_fields),
	    cmocka_unit_test(test_protection_alone),
	};

	assert_int_equal(sodium_start(), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
