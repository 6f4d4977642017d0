/* Labels of other systems put into documents and beside them: ours is replaced, what others wrote stays (R63). */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/label_parts.h"

static const struct stanag_label secret = {.policy = "P",
					   .oid = "",
					   .classification = "SECRET",
					   .created = "2026-01-15T00:00:00Z",
					   .review = "2031-01-15T00:00:00Z",
					   .succession = "",
					   .successor = ""};
static const struct stanag_reference report = {"./report.pdf", ""};
static const struct stanag_references to = {&report, 1};

static int times(struct bytes b, const char *word)
{
	int n = 0;

	for (const uint8_t *at = b.at; at && (at = memmem(at, (size_t)(b.at + b.n - at), word, strlen(word))); at++)
		n++;
	return n;
}

static void test_ours_is_replaced(void **state)
{
	OWN_BUFFER struct buffer first = {0};
	OWN_BUFFER struct buffer second = {0};
	struct stanag_label other = secret;

	(void)state;
	assert_int_equal(label_bind(bytes_of(NULL, 0), &secret, to, &first), 0);
	other.classification = "CONFIDENTIAL";
	assert_int_equal(label_bind(buffer_bytes(&first), &other, to, &second), 0);
	assert_int_equal(times(buffer_bytes(&second), "SECRET"), 0);
	assert_int_equal(times(buffer_bytes(&second), ">CONFIDENTIAL<"), 1);
	assert_int_equal(times(buffer_bytes(&second), "<slab:originatorConfidentialityLabel"), 1);
	assert_int_equal(times(buffer_bytes(&second), "alternative"), 0);
}

#define BINDING(inside)                                                                                                \
	"<b:BindingInformation xmlns:b=\"" STANAG4778_SPACE "\">" inside "</b:BindingInformation>"
#define THEIRS                                                                                                         \
	"<b:MetadataBindingContainer><b:MetadataBinding><b:Metadata><s:originatorConfidentialityLabel xmlns:s=\""      \
	STANAG4774_SPACE "\"/></b:Metadata></b:MetadataBinding></b:MetadataBindingContainer>"

static void test_what_others_bound_stays(void **state)
{
	static const char theirs[] = BINDING(THEIRS);
	OWN_BUFFER struct buffer both = {0};
	OWN_BUFFER struct buffer again = {0};

	(void)state;
	assert_int_equal(label_bind(bytes_of_text(theirs), &secret, to, &both), 0);
	assert_int_equal(times(buffer_bytes(&both), "<s:originatorConfidentialityLabel"), 1);
	assert_int_equal(times(buffer_bytes(&both), "<slab:alternativeConfidentialityLabel"), 1);
	assert_int_equal(label_bind(buffer_bytes(&both), &secret, to, &again), 0);
	assert_true(bytes_equal(buffer_bytes(&both), buffer_bytes(&again)));
}

static void test_what_is_not_touched(void **state)
{
	static const struct {
		const char *old;
		int outcome;
	} cases[] = {
	    {BINDING("<d:Signature xmlns:d=\"d\"/>" THEIRS), LABEL_SIGNED},
	    {BINDING(""), LABEL_NO_PLACE},
	    {"<b:MetadataBindingContainer/>", LABEL_NO_PLACE},
	    {"no XML", LABEL_NO_PLACE},
	    {"<!DOCTYPE a [<!ENTITY b 'c'>]>" THEIRS, LABEL_NO_PLACE},
	    {"<?xml version=\"1.0\" encoding=\"UTF-16\"?>" THEIRS, LABEL_NO_PLACE},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		OWN_BUFFER struct buffer b = {0};

		assert_int_equal(label_bind(bytes_of_text(cases[i].old), &secret, to, &b), cases[i].outcome);
		assert_int_equal(b.n, 0);
	}
}

static void load(const char *fixture, struct parts *ret)
{
	OWN_MEM char *path = text_format("tests/fixtures/%s", fixture);
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	OWN_BUFFER struct buffer content = {0};
	uint8_t *room = buffer_reserve(&content, 1 << 20);
	ssize_t n = read(fd, room, 1 << 20);

	assert_true(n > 0);
	content.n = (size_t)n;
	assert_int_equal(parts_read(buffer_bytes(&content), ret), 0);
}

/* Into the bytes and out of them again. */
static void expect_read(const struct parts *parts, enum foreign_kind kind, const char *level)
{
	OWN_BUFFER struct buffer content = {0};
	struct foreign_labels labels = {.n = 0};

	assert_int_equal(parts_write(parts, &content), 0);
	assert_int_equal(label_read(buffer_bytes(&content), &labels), 0);
	foreign_settle(&labels);
	assert_int_equal(labels.n, 1);
	assert_int_equal(labels.at[0].kind, kind);
	assert_string_equal(labels.at[0].level, level);
}

static void test_a_part_is_bound_to_all_content(void **state)
{
	static const struct {
		const char *fixture, *reference, *relations;
	} cases[] = {
	    {"plain-en.docx", "pack:///word/document.xml", "word/_rels/document.xml.rels"},
	    {"table-en.xlsx", "pack:///xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		__attribute__((cleanup(parts_done))) struct parts parts = {0};

		load(cases[i].fixture, &parts);
		assert_int_equal(label_put_part(&parts, &secret), 0);
		assert_int_equal(label_put_part(&parts, &secret), 0); /* once */
		assert_int_equal(times(buffer_bytes(&parts_find(&parts, "customXml/classd-label.xml")->content),
				       cases[i].reference),
				 1);
		assert_int_equal(times(buffer_bytes(&parts_find(&parts, cases[i].relations)->content), "classd_label"), 1);
		expect_read(&parts, FOREIGN_STANAG, "SECRET");
	}
	__attribute__((cleanup(parts_done))) struct parts odt = {0};
	load("plain-en.odt", &odt);
	assert_int_equal(label_put_part(&odt, &secret), LABEL_NO_PLACE);
}

static void test_one_label_of_a_system(void **state)
{
	static const struct label_properties ours = {
	    .kind = FOREIGN_BAILS,
	    .policy = "NationalSecurity",
	    .id = "urn:classd:",
	    .at = {{"urn:bails:NationalSecurity:BusinessAuthorizationCategory:Name", "SECRET"},
		   {"urn:bails:NationalSecurity:BusinessAuthorizationCategory:Identifier", "urn:classd:P:SECRET"}},
	    .n = 2};
	static const char *const fixtures[] = {"plain-en.docx", "plain-en.odt", "table-en.xlsx"};

	(void)state;
	for (size_t i = 0; i < array_n(fixtures); i++) {
		__attribute__((cleanup(parts_done))) struct parts parts = {0};
		struct label_properties theirs = ours;

		load(fixtures[i], &parts);
		assert_int_equal(label_put_properties(&parts, &ours), 0);
		assert_int_equal(label_put_properties(&parts, &ours), 0);
		expect_read(&parts, FOREIGN_BAILS, "SECRET");
		theirs.id = "urn:other:"; /* to others ours is of others */
		theirs.at[0].value = "PUBLIC";
		assert_int_equal(label_put_properties(&parts, &theirs), LABEL_OTHERS);
		expect_read(&parts, FOREIGN_BAILS, "SECRET");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ours_is_replaced),		   cmocka_unit_test(test_what_others_bound_stays),
	    cmocka_unit_test(test_what_is_not_touched),		   cmocka_unit_test(test_a_part_is_bound_to_all_content),
	    cmocka_unit_test(test_one_label_of_a_system),
	};

	return cmocka_run_group_tests_name("label", tests, NULL, NULL);
}
