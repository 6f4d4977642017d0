/* Runs cases: what the rules say is held against what is expected. */
#include "library/policy_cases.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "library/policy_case_facts.h"
#include "library/policy_files.h"

/* The numbers of the rules that a case is about. */
static void count_rules(struct case_facts *f, struct cases_count *count)
{
	const char *rules[CASE_LIST_MAX];
	size_t n = case_texts(f, "rule", rules, CASE_LIST_MAX);

	for (size_t i = 0; i < n; i++) {
		const char *digits = rules[i][0] == 'R' && strlen(rules[i]) == 3 ? rules[i] + 1 : "";
		uint64_t number;

		if (text_to_u64(digits + (digits[0] == '0'), CASE_RULES - 1, &number))
			count->rules[number]++;
		else
			case_wrong(f, "rule: %.80s is not a number like R07", rules[i]);
	}
}

static void expected(struct case_facts *f, struct buffer *ret)
{
	const struct yaml_node *v = yaml_get(f->given, "expect");

	if (v && v->kind == YAML_TEXT)
		case_say(ret, v->text);
	else if (v && v->kind == YAML_LIST)
		for (const struct yaml_node *child = v->child; child; child = child->next)
			case_say(ret, child->kind == YAML_TEXT ? child->text : "?");
	else
		case_wrong(f, "expect is missing: what must the rules say?");
}

static int fail(const struct policy_source *source, const struct yaml_node *at, struct buffer *report, const char *what)
{
	const struct yaml_node *name = yaml_get(at, "name");
	OWN_MEM char *safe = text_escape(bytes_of_text(what));
	OWN_MEM char *title = text_escape(bytes_of_text(name && name->kind == YAML_TEXT ? name->text : "(no name)"));

	if (!safe || !title)
		return FAULT(ENOMEM, "cases of a policy");
	buffer_add_format(report, "%s:%u:%u: %s: %s\n", source->name, at->line, at->column, title, safe);
	return 0;
}

static int run_case(const struct policy *p, const struct policy_source *source, struct case_facts *f,
		    struct cases_count *count, struct buffer *report)
{
	struct case_world w = {0};
	OWN_BUFFER struct buffer said = {0};
	OWN_BUFFER struct buffer should = {0};
	OWN_MEM char *what = NULL;
	OWN_MEM char *words = NULL;
	OWN_MEM char *wanted = NULL;

	count->n++;
	if (f->given->kind != YAML_MAP)
		case_wrong(f, "a case is a map of facts");
	else {
		case_check_keys(f);
		count_rules(f, count);
		expected(f, &should);
		case_make_world(p, f, &w);
		if (!f->wrong)
			case_ask(f, &w, &said);
	}
	words = buffer_steal_text(&said);
	wanted = buffer_steal_text(&should);
	if (!words || !wanted)
		return FAULT(ENOMEM, "cases of a policy");
	if (!f->wrong && strcmp(words, wanted) == 0)
		return 0;
	count->failed++;
	what = f->wrong ? text_copy(f->wrong) : text_format("expected [%s], the rules say [%s]", wanted, words);
	return fail(source, f->given, report, what ? what : "");
}

static int bad_file(const struct policy_source *source, const struct yaml_node *at, const char *what,
		    struct cases_count *count, struct buffer *report)
{
	count->n++;
	count->failed++;
	buffer_add_format(report, "%s:%u:%u: %s\n", source->name, at ? at->line : 1, at ? at->column : 1, what);
	return 0;
}

int policy_cases_run(const struct policy *p, const struct policy_source *source, struct cases_count *count,
		     struct buffer *report)
{
	OWNED(yaml) struct yaml_node *tree = NULL;
	struct yaml_error error = {0};
	const struct yaml_node *cases;
	int outcome = yaml_parse(source->text, &tree, &error);

	TRY(outcome);
	if (outcome)
		return bad_file(source, &(struct yaml_node){.line = error.line, .column = error.column}, error.reason,
				count, report);
	cases = yaml_get(tree, "cases");
	if (!cases || cases->kind != YAML_LIST || cases->n == 0)
		return bad_file(source, cases, "a list `cases` is expected here", count, report);
	for (const struct yaml_node *v = tree->child; v; v = v->next)
		if (strcmp(v->key->text, "cases") != 0 && strcmp(v->key->text, "defaults") != 0)
			TRY(bad_file(source, v->key, "only `defaults` and `cases` stand here", count, report));
	for (const struct yaml_node *c = cases->child; c; c = c->next) {
		struct case_facts f = {.given = c, .defaults = yaml_get(tree, "defaults")};
		int result = run_case(p, source, &f, count, report);

		case_facts_done(&f);
		TRY(result);
	}
	return buffer_check(report);
}

static int run_all(const struct policy *p, const struct policy_files *files, struct cases_count *count,
		   struct buffer *report)
{
	for (size_t i = 0; i < files->n; i++)
		TRY(policy_cases_run(p, &files->sources[i], count, report));
	return 0;
}

int policy_cases_of(const char *folder, struct cases_count *count, struct buffer *report)
{
	OWNED(policy) struct policy *p = NULL;
	OWN_MEM char *where = text_format("%s/cases", folder);
	OWN_MEM char *prefix = text_format("%s/cases/", folder);
	struct policy_files files = {.n = 0};
	OWN_FD int fd = -1;
	int outcome = where && prefix ? policy_load(folder, NULL, &p, report) : FAULT(ENOMEM, "cases of a policy");

	if (outcome)
		return outcome;
	fd = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return POLICY_MISSING;
	outcome = policy_files_add(&files, fd, prefix, false, report);
	if (!outcome)
		outcome = run_all(p, &files, count, report);
	policy_files_done(&files);
	return outcome;
}
