/* Safe means: it has a word of its own, and hides no usual name of a document, sealed or not. */
#include "domain/ignore_rule.h"

#include "base/own.h"
#include "base/text.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define LITERALS_MIN 2

static const char *const documents[] = {"odt", "ods", "odp", "odg", "doc", "docx", "xls", "xlsx", "ppt",  "pptx",
					"pdf", "rtf", "txt", "csv", "md",  "eml",  "msg", "htm",  "html", "xml",
					"wps", "et",  "dps", "ofd", "jpg", "png",  "tif", "zip",  "age"};
static const char *const stems[] = {"report", "Plan 2026", "\xe6\x96\x87\xe4\xbb\xb6", "2026-000123"};

bool ignore_rule_matches(const char *rule, const char *name, bool is_dir)
{
	char pattern[IGNORE_RULE_BYTES_MAX + 1];
	size_t n = strlen(rule);
	bool folders = n > 0 && rule[n - 1] == '/';

	if (folders != is_dir || n >= sizeof(pattern))
		return false;
	memcpy(pattern, rule, n + 1);
	if (folders)
		pattern[n - 1] = 0;
	return fnmatch(pattern, name, FNM_NOESCAPE) == 0;
}

/* Characters that stand for themselves; the dot of an ending says nothing. */
static size_t literals(const char *rule)
{
	size_t n = 0;
	bool in_set = false;

	for (; *rule; rule++) {
		in_set = (in_set || *rule == '[') && *rule != ']';
		n += !in_set && !strchr("*?[]./", *rule);
	}
	return n;
}

static bool hides_documents(const char *rule)
{
	char name[64];

	for (size_t i = 0; i < array_n(documents); i++)
		for (size_t k = 0; k < array_n(stems); k++) {
			(void)snprintf(name, sizeof(name), "%s.%s", stems[k], documents[i]);
			if (ignore_rule_matches(rule, name, false))
				return true;
		}
	return false;
}

static bool hides_folders(const char *rule)
{
	for (size_t k = 0; k < array_n(stems); k++)
		if (ignore_rule_matches(rule, stems[k], true))
			return true;
	return false;
}

const char *ignore_rule_refuse(const char *rule)
{
	const char *slash = strchr(rule, '/');

	if (!*rule || !text_is_line(rule, IGNORE_RULE_BYTES_MAX))
		return "is not one line of at most 100 bytes";
	if (slash && slash[1])
		return "names a path: a rule is about one name, anywhere";
	if (literals(rule) < LITERALS_MIN)
		return "needs two characters that stand for themselves";
	if (hides_documents(rule) || hides_folders(rule))
		return "would hide documents";
	return NULL;
}
