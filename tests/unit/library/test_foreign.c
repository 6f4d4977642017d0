/* What we write is read back, and what others write (right or with the errors that are known of them) is understood. */
#include "test.h"

#include <string.h>

#include "base/text.h"
#include "format/stanag4774.h"
#include "library/expat.h"
#include "library/foreign.h"

static const struct stanag_label secret = {
    .policy = "EXAMPLE & \"CO\"",
    .oid = "urn:oid:2.25.1",
    .classification = "SECRET",
    .created = "2026-01-15T00:00:00Z",
    .succession = "2036-01-15T00:00:00Z",
    .successor = "UNCLASSIFIED",
};
static const struct stanag_reference report = {"./report <1>.pdf", "application/pdf"};

static void look(const char *xml, struct foreign_labels *ret)
{
	*ret = (struct foreign_labels){.n = 0};
	assert_int_equal(foreign_read_xml(bytes_of_text(xml), ret), 0);
}

static void test_what_is_written_is_read(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct foreign_labels labels;
	struct stanag_label reviewed = secret;

	(void)state;
	assert_true(stanag_label_is_complete(&secret));
	stanag_write(&secret, (struct stanag_references){&report, 1}, &b);
	OWN_MEM char *xml = buffer_steal_text(&b);
	look(xml, &labels);
	assert_int_equal(labels.n, 1);
	assert_int_equal(labels.at[0].defects, 0);
	assert_string_equal(labels.at[0].policy, "EXAMPLE & \"CO\"");
	assert_string_equal(labels.at[0].level, "SECRET"); /* not that of the successor */
	assert_string_equal(labels.at[0].created, "2026-01-15T00:00:00Z");
	assert_string_equal(labels.at[0].until, "2036-01-15T00:00:00Z");
	assert_non_null(strstr(xml, "<mb:DataReference URI=\"./report &lt;1&gt;.pdf\" xmime:contentType=\"application/pdf\"/>"));
	assert_non_null(strstr(xml, "<slab:PolicyIdentifier URI=\"urn:oid:2.25.1\">"));
	reviewed.succession = "";
	assert_false(stanag_label_is_complete(&reviewed));
	reviewed.review = "2031-01-15T00:00:00Z";
	reviewed.alternative = true;
	assert_true(stanag_label_is_complete(&reviewed));
	stanag_write(&reviewed, (struct stanag_references){&report, 1}, &b);
	OWN_MEM char *other = buffer_steal_text(&b);
	look(other, &labels);
	assert_int_equal(labels.n, 1);
	assert_true(labels.at[0].is_alternative);
	assert_int_equal(labels.at[0].defects, 0);
	assert_string_equal(labels.at[0].until, "");
	assert_null(strstr(other, "Succession"));
}

#define SPACE "xmlns=\"" STANAG4774_SPACE "\""
#define INFO  "<ConfidentialityInformation><PolicyIdentifier>NATO</PolicyIdentifier><Classification>Secret</Classification></ConfidentialityInformation>"

/* domain.md D.2: defects to tolerate when reading. */
static void test_labels_with_known_errors(void **state)
{
	static const struct {
		const char *xml;
		size_t n;
		unsigned defects;
	} cases[] = {
	    {"<originatorConfidentialityLabel " SPACE " ReviewDateTime=\"2031-01-01T00:00:00Z\">" INFO
	     "<CreationDateTime>2026-01-01T00:00:00Z</CreationDateTime></originatorConfidentialityLabel>", 1, 0},
	    {"<OriginatorConfidentialityLabel " SPACE " ReviewDateTime=\"x\">" INFO
	     "<CreationDateTime>2026-01-01T00:00:00Z</CreationDateTime></OriginatorConfidentialityLabel>", 1, FOREIGN_ODD_NAME},
	    {"<originatorConfidentialityLabel>" INFO "</originatorConfidentialityLabel>", 1,
	     FOREIGN_NO_SPACE | FOREIGN_NO_DATE | FOREIGN_NO_REVIEW},
	    {"<a " SPACE "><alternateConfidentialityLabel ReviewDateTime=\"x\">" INFO
	     "<creationdatetime>2026</creationdatetime></alternateConfidentialityLabel></a>", 1, FOREIGN_ODD_NAME},
	    {"<m " SPACE "><originatorConfidentialityLabel>" INFO "</originatorConfidentialityLabel>"
	     "<alternativeConfidentialityLabel>" INFO "</alternativeConfidentialityLabel></m>", 2,
	     FOREIGN_NO_DATE | FOREIGN_NO_REVIEW},
	    {"<originatorConfidentialityLabel " SPACE ">" INFO, 1, FOREIGN_NO_DATE | FOREIGN_NO_REVIEW}, /* cut off */
	    {"<a><b/></a>", 0, 0},
	    {"", 0, 0},
	    {"no XML", 0, 0},
	    {"<!DOCTYPE a [<!ENTITY b 'c'>]><originatorConfidentialityLabel/>", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		struct foreign_labels labels;

		look(cases[i].xml, &labels);
		assert_int_equal(labels.n, cases[i].n);
		if (!labels.n)
			continue;
		if (labels.at[0].defects != cases[i].defects)
			fail_msg("%zu: defects %u", i, labels.at[0].defects);
		assert_string_equal(labels.at[0].policy, "NATO");
		assert_string_equal(labels.at[0].level, "Secret");
	}
}

#define ISM "xmlns:ism=\"urn:us:gov:ic:ism\""

/* domain.md D.3, D.4: the resource and not its portions; what is shown and not how it is encoded. */
static void test_attributes_and_chat(void **state)
{
	static const struct {
		const char *xml;
		size_t n;
		enum foreign_kind kind;
		unsigned defects;
		const char *policy, *level, *until;
	} cases[] = {
	    {"<doc " ISM " ism:resourceElement=\"true\" ism:createDate=\"2026-01-15\" ism:ownerProducer=\"USA\" "
	     "ism:classification=\"S\" ism:declassDate=\"2036-01-15\"><p ism:ownerProducer=\"USA\" ism:classification=\"TS\"/></doc>",
	     1, FOREIGN_ISM, 0, "USA", "S", "2036-01-15"},
	    {"<a><doc " ISM " ism:resourceElement=\"true\" ism:ownerProducer=\"USA\" ism:classification=\"U\"/></a>", 1,
	     FOREIGN_ISM, FOREIGN_NO_DATE, "USA", "U", ""},
	    {"<doc ownerProducer=\"USA\" classification=\"C\" createDate=\"2026-01-15\"/>", 1, FOREIGN_ISM,
	     FOREIGN_NO_SPACE, "USA", "C", ""},
	    {"<a><p " ISM " ism:ownerProducer=\"USA\" ism:classification=\"S\"/></a>", 0, FOREIGN_ISM, 0, "", "", ""},
	    {"<message><securitylabel xmlns=\"urn:xmpp:sec-label:0\"><displaymarking fgcolor=\"black\">NATO SECRET</displaymarking>"
	     "<label><esssecuritylabel xmlns=\"urn:xmpp:sec-label:ess:0\">MQYCAQIGASk=</esssecuritylabel></label></securitylabel></message>",
	     1, FOREIGN_XMPP, 0, "XMPP", "NATO SECRET", ""},
	    {"<securitylabel><displaymarking>x", 1, FOREIGN_XMPP, FOREIGN_NO_SPACE, "XMPP", "", ""}, /* cut off */
	};

	(void)state;
	for (size_t i = 0; i < array_n(cases); i++) {
		struct foreign_labels labels;

		look(cases[i].xml, &labels);
		assert_int_equal(labels.n, cases[i].n);
		if (!labels.n)
			continue;
		assert_int_equal(labels.at[0].kind, cases[i].kind);
		assert_int_equal(labels.at[0].defects, cases[i].defects);
		assert_string_equal(labels.at[0].policy, cases[i].policy);
		assert_string_equal(labels.at[0].level, cases[i].level);
		assert_string_equal(labels.at[0].until, cases[i].until);
	}
	assert_true(foreign_is_likely(bytes_of_text(cases[0].xml)) && foreign_is_likely(bytes_of_text(cases[4].xml)));
	assert_false(foreign_is_likely(bytes_of_text(cases[2].xml)));
}

static void test_more_than_there_is_room_for(void **state)
{
	OWN_BUFFER struct buffer b = {0};
	struct foreign_labels labels;

	(void)state;
	buffer_add_text(&b, "<a " SPACE ">");
	for (int i = 0; i < 20; i++)
		buffer_add_text(&b, "<originatorConfidentialityLabel>" INFO "</originatorConfidentialityLabel>");
	buffer_add_text(&b, "</a>");
	OWN_MEM char *xml = buffer_steal_text(&b);
	look(xml, &labels);
	assert_int_equal(labels.n, FOREIGN_MAX);
}

#define GUID "2f11a5f1-1111-4a4a-9c9c-000000000001"
#define SITE "7c7c7c7c-2222-4b4b-8d8d-000000000002"
#define PROPERTY(name, value) "<property name=\"" name "\"><v:lpwstr>" value "</v:lpwstr></property>"

static void test_microsoft_labels(void **state)
{
	static const char properties[] =
	    "<Properties xmlns:v=\"v\">" PROPERTY("MSIP_Label_" GUID "_Enabled", "true")
		PROPERTY("MSIP_Label_" GUID "_SiteId", SITE) PROPERTY("MSIP_Label_" GUID "_Name", "Confidential")
		    PROPERTY("MSIP_Label_" GUID "_SetDate", "2026-01-15T09:00:00Z") PROPERTY("MSIP_Label_", "x")
			PROPERTY("MSIP_Label_x", "x") "</Properties>";
	static const char info[] = "<clbl:labelList xmlns:clbl=\"http://schemas.microsoft.com/office/2020/mipLabelMetadata\">"
				   "<clbl:label id=\"" GUID "\" enabled=\"1\" method=\"Privileged\" siteId=\"" SITE
				   "\" contentBits=\"3\" removed=\"0\"/></clbl:labelList>";
	static const char removed[] = "<labelList><label id=\"" GUID "\" enabled=\"1\" siteId=\"" SITE "\" removed=\"1\"/></labelList>";
	struct foreign_labels labels = {.n = 0};

	(void)state;
	assert_int_equal(foreign_read_properties(bytes_of_text(properties), &labels), 0);
	foreign_settle(&labels);
	assert_int_equal(labels.n, 1);
	assert_int_equal(labels.at[0].kind, FOREIGN_MSIP);
	assert_string_equal(labels.at[0].id, GUID);
	assert_string_equal(labels.at[0].policy, SITE);
	assert_string_equal(labels.at[0].level, "Confidential");
	/* LabelInfo is the newer word; the properties give the name. */
	labels.n = 0;
	assert_int_equal(foreign_read_properties(bytes_of_text(properties), &labels), 0);
	assert_int_equal(foreign_read_xml(bytes_of_text(info), &labels), 0);
	foreign_settle(&labels);
	assert_int_equal(labels.n, 1);
	assert_string_equal(labels.at[0].level, "Confidential");
	/* Removed there: the properties do not bring it back. */
	labels.n = 0;
	assert_int_equal(foreign_read_xml(bytes_of_text(removed), &labels), 0);
	assert_int_equal(foreign_read_properties(bytes_of_text(properties), &labels), 0);
	foreign_settle(&labels);
	assert_int_equal(labels.n, 0);
}

static void test_bails_properties(void **state)
{
	static const char properties[] =
	    "<m:meta xmlns:m=\"m\"><m:user-defined m:name=\"urn:bails:NationalSecurity:BusinessAuthorizationCategory:Name\"> SECRET \n</m:user-defined>"
	    "<m:user-defined m:name=\"urn:bails:NationalSecurity:Authorization:StopValidity\">2036-01-15</m:user-defined>"
	    "<m:user-defined m:name=\"urn:bails:IntellectualProperty:BusinessAuthorizationCategory:Name\">Internal</m:user-defined>"
	    "<m:user-defined m:name=\"urn:bails:IntellectualProperty:Authorization:StopValidity\">None</m:user-defined></m:meta>";
	struct foreign_labels labels = {.n = 0};

	(void)state;
	assert_int_equal(foreign_read_properties(bytes_of_text(properties), &labels), 0);
	foreign_settle(&labels);
	assert_int_equal(labels.n, 2);
	assert_string_equal(labels.at[0].policy, "NationalSecurity");
	assert_string_equal(labels.at[0].level, "SECRET");
	assert_string_equal(labels.at[0].until, "2036-01-15");
	assert_string_equal(labels.at[1].level, "Internal");
	assert_string_equal(labels.at[1].until, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_written_is_read),	cmocka_unit_test(test_labels_with_known_errors),
	    cmocka_unit_test(test_attributes_and_chat),
	    cmocka_unit_test(test_more_than_there_is_room_for), cmocka_unit_test(test_microsoft_labels),
	    cmocka_unit_test(test_bails_properties),
	};

	return cmocka_run_group_tests_name("foreign", tests, NULL, NULL);
}
