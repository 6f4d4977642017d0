/* Each level of each pack goes out in each form into each kind of document, and means the same level when it is read.
 */
#include "ctl/mark_files.h"

#include <errno.h>

#include "ctl/label_forms.h"
#include "domain/policy.h"
#include "library/policy_load.h"

static const char *const packs[] = {"basic", "cn", "us", "nato", "eu", "uk"};
#define SITE "7c7c7c7c-2222-4b4b-8d8d-000000000002"
#define GUID "2f11a5f1-1111-4a4a-9c9c-00000000000%zu"

/* A site that has a Microsoft label for each level. */
static void write_overlay(const struct policy *p)
{
	OWN_BUFFER struct buffer yaml = {0};

	buffer_add_text(&yaml, "labels:\n  equivalents:\n");
	for (size_t i = 1; i < p->n_levels; i++)
		buffer_add_format(&yaml, "    - {policy: " SITE ", id: " GUID ", label: Number %zu, level: %s}\n", i, i,
				  p->levels[i].code);
	assert_true(mkdirat(directory, "site", 0700) == 0 || errno == EEXIST);
	store("site/a.yaml", buffer_bytes(&yaml));
}

static void load_pack(const char *name, struct policy **ret)
{
	OWN_BUFFER struct buffer report = {0};
	OWN_MEM char *pack = text_format("policy/%s", name), *overlay = text_format("%s/site", path);
	struct policy *plain = NULL;

	assert_int_equal(policy_load(pack, NULL, &plain, &report), 0);
	write_overlay(plain);
	policy_free(plain);
	if (policy_load(pack, overlay, ret, &report))
		fail_msg("%s: %.*s", name, (int)report.n, (const char *)report.at);
}

/* What the labels of the document mean here: they are n, of that kind, and each that level. */
static void expect_read(const struct policy *p, struct bytes document, enum foreign_kind kind,
			const struct level *level)
{
	struct foreign_labels labels = {.n = 0};

	assert_int_equal(label_read(document, &labels), 0);
	foreign_settle(&labels);
	assert_int_equal(labels.n, 1);
	assert_int_equal(labels.at[0].kind, kind);
	assert_int_equal(labels.at[0].defects, 0);
	assert_ptr_equal(policy_equivalent(p, labels.at[0].policy, labels.at[0].level, labels.at[0].id), level);
	assert_string_equal(labels.at[0].created, "2026-01-15T00:00:00Z");
	if (kind != FOREIGN_MSIP)
		assert_string_equal(labels.at[0].until, "2036-01-16T00:00:00Z");
}

static void fixture(const char *name, struct buffer *ret)
{
	OWN_MEM char *at = text_format("tests/fixtures/%s", name);

	load(AT_FDCWD, at, ret);
}

/* The label in a copy of that fixture; put: which of the two it is. */
static void expect_put(const struct policy *p, const char *name, const struct stanag_label *binding,
		       const struct label_properties *properties, const struct level *level)
{
	__attribute__((cleanup(parts_done))) struct parts parts = {0};
	OWN_BUFFER struct buffer document = {0};
	OWN_BUFFER struct buffer labelled = {0};

	fixture(name, &document);
	assert_int_equal(parts_read(buffer_bytes(&document), &parts), 0);
	assert_int_equal(binding ? label_put_part(&parts, binding) : label_put_properties(&parts, properties), 0);
	assert_int_equal(parts_write(&parts, &labelled), 0);
	expect_read(p, buffer_bytes(&labelled), binding ? FOREIGN_STANAG : properties->kind, level);
}

static void expect_bindings(const struct policy *p, const struct stanag_label *l, const struct level *level)
{
	static const char *const documents[] = {"plain-zh.docx", "table-en.xlsx", "slides-en.pptx"};
	static const struct stanag_reference report = {"./report.pdf", ""};
	OWN_BUFFER struct buffer sidecar = {0};
	OWN_BUFFER struct buffer pdf = {0};
	OWN_BUFFER struct buffer labelled = {0};
	OWN_BUFFER struct buffer again = {0};

	assert_int_equal(label_bind(bytes_of(NULL, 0), l, (struct stanag_references){&report, 1}, &sidecar), 0);
	expect_read(p, buffer_bytes(&sidecar), FOREIGN_STANAG, level);
	for (size_t i = 0; i < array_n(documents); i++)
		expect_put(p, documents[i], l, NULL, level);
	fixture("report-en.pdf", &pdf);
	assert_int_equal(label_put_pdf(buffer_bytes(&pdf), l, "a & b.pdf", &labelled), 0);
	expect_read(p, buffer_bytes(&labelled), FOREIGN_STANAG, level);
	assert_int_equal(label_put_pdf(buffer_bytes(&labelled), l, "a & b.pdf", &again), MARK_WRITE_SAME);
}

static void expect_forms(const struct policy *p, const struct label_facts *facts, const struct level *level)
{
	static const char *const documents[] = {"plain-en.docx", "plain-zh.odt",  "table-en.ods",
						"table-en.xlsx", "slides-en.odp", "slides-en.pptx"};
	__attribute__((cleanup(label_form_done))) struct label_form bails = {.n = 0}, msip = {.n = 0};

	assert_int_equal(label_make_bails(facts, &bails), 0);
	assert_int_equal(label_make_msip(facts, &msip), 0);
	for (size_t i = 0; i < array_n(documents); i++) {
		expect_put(p, documents[i], NULL, &bails.properties, level);
		expect_put(p, documents[i], NULL, &msip.properties, level);
	}
}

static void expect_level(const struct policy *p, size_t i)
{
	const struct level *level = &p->levels[i];
	OWN_MEM char *guid = text_format(GUID, i), *name = text_format("Number %zu", i);
	char value[LEVEL_CODE_MAX + 1], successor[LEVEL_CODE_MAX + 1];

	policy_label_of(level, value);
	policy_label_of(level_unclassified(p), successor);
	const struct stanag_label label = {.policy = policy_label_name(p),
					   .oid = "",
					   .classification = value,
					   .created = "2026-01-15T00:00:00Z",
					   .review = "",
					   .succession = "2036-01-16T00:00:00Z",
					   .successor = successor};
	const struct label_facts facts = {
	    label.policy, value, level->name.official, "mark\nand more", label.created, label.succession, SITE,
	    guid,	  name};

	assert_true(stanag_label_is_complete(&label));
	expect_bindings(p, &label, level);
	expect_forms(p, &facts, level);
}

static void test_each_level_of_each_pack(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < array_n(packs); i++) {
		struct policy *p = NULL;

		load_pack(packs[i], &p);
		for (size_t k = 1; k < p->n_levels; k++, n++)
			expect_level(p, k);
		policy_free(p);
	}
	assert_in_range(n, 15, 40);
	(void)unlinkat(directory, "site/a.yaml", 0);
	(void)unlinkat(directory, "site", AT_REMOVEDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_level_of_each_pack),
	};

	return cmocka_run_group_tests_name("label_packs", tests, set_up, tear_down);
}
