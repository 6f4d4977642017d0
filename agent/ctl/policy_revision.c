#include "ctl/policy_revision.h"

#include "base/text.h"
#include "ctl/client.h"
#include "ctl/words.h"

#include <stdio.h>
#include <string.h>

/* What speaks for a revision, and what it asks for. A row counts when there is one of its kind. */
static const struct ground {
	const char *count; /* of the item's use, or the kind of a suggestion … */
	bool is_suggestion;
	const char *one, *many; /* what is found, by the number of all */
	const char *wish;
} grounds[] = {
    {"corrected", false,
     N_n("%lld of %lld proposal was decided otherwise than proposed",
	 "%lld of %lld proposals were decided otherwise than proposed"),
     N_("say level and term of the item so that drafters propose what is decided")},
    {"returned", false,
     N_n("%lld of %lld proposal was returned to its drafter", "%lld of %lld proposals were returned to their drafters"),
     N_("say what a document must hold to fall under the item, with examples")},
    {"referred", false,
     N_n("%lld of %lld matter was sent on as unclear or for want of authority",
	 "%lld of %lld matters were sent on as unclear or for want of authority"),
     N_("say where the item ends, and who decides beyond it")},
    {"disputed", false, N_n("%lld of %lld decision was disputed", "%lld of %lld decisions were disputed"),
     N_("settle in the item what was disputed, so that the next decision does not depend on who makes it")},
    {"too-general", true,
     N_n("%lld of %lld suggestion says that it is too general", "%lld of %lld suggestions say that it is too general"),
     N_("divide the item, each part with its own level, term and scope")},
    {"disputed", true,
     N_n("%lld of %lld suggestion says that it is disputed", "%lld of %lld suggestions say that it is disputed"),
     N_("hear those who suggest it, and give the reason for the item")},
    {"outdated", true,
     N_n("%lld of %lld suggestion says that it is outdated", "%lld of %lld suggestions say that it is outdated"),
     N_("lower, shorten or strike out the item; what was decided by it is then reviewed")},
};

/* "outdated: the trials are over": the kind stands first. */
static long long of_kind(struct json_view suggestions, const char *kind)
{
	long long n = 0;

	for (size_t i = 0; i < json_n(suggestions); i++) {
		const char *text = json_get_text(json_at(suggestions, i), "text");
		size_t length = strlen(kind);

		n += text && strncmp(text, kind, length) == 0 && text[length] == ':';
	}
	return n;
}

static long long all_uses(struct json_view item)
{
	static const char *const keys[] = {"approved", "corrected", "returned", "referred", "disputed"};
	long long n = 0;

	for (size_t i = 0; i < array_n(keys); i++)
		n += (long long)json_get_int(item, keys[i], 0);
	return n;
}

static long long count_of(const struct ground *g, struct json_view item)
{
	return g->is_suggestion ? of_kind(json_get(item, "suggestions"), g->count)
				: (long long)json_get_int(item, g->count, 0);
}

static void write_grounds(struct json_view item, struct buffer *to)
{
	long long uses = all_uses(item), suggestions = (long long)json_n(json_get(item, "suggestions"));

	for (size_t i = 0; i < array_n(grounds); i++) {
		long long n = count_of(&grounds[i], item), all = grounds[i].is_suggestion ? suggestions : uses;
		OWN_MEM char *line = NULL;

		if (n == 0)
			continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		line = text_format(_n(grounds[i].one, grounds[i].many, all), n, all);
#pragma GCC diagnostic pop
		buffer_add_format(to, "  - %s\n", line ? line : "");
	}
}

/* Those that drafters heard most, first. */
static void write_reasons(struct json_view item, struct buffer *to)
{
	struct json_view list = json_get(item, "reasons");

	if (json_n(list))
		buffer_add_format(to, "%s\n", _("Why they were returned:"));
	for (size_t i = 0; i < json_n(list); i++) {
		struct json_view one = json_at(list, i);

		buffer_add_format(to, "  - %lld: %s\n", (long long)json_get_int(one, "count", 0), reply_text(one, "text"));
	}
}

static void write_suggestions(struct json_view item, struct buffer *to)
{
	struct json_view list = json_get(item, "suggestions");

	if (json_n(list))
		buffer_add_format(to, "%s\n", _("Suggestions:"));
	for (size_t i = 0; i < json_n(list); i++) {
		struct json_view one = json_at(list, i);

		buffer_add_format(to, "  - %s (%s, %s)\n", reply_text(one, "text"), reply_text(one, "by"),
				  reply_text(one, "since"));
	}
}

static void write_wishes(struct json_view item, struct buffer *to)
{
	size_t n = 0;

	for (size_t i = 0; i < array_n(grounds); i++)
		if (count_of(&grounds[i], item))
			buffer_add_format(to, "  %zu. %s\n", ++n, _(grounds[i].wish));
	if (n == 0)
		buffer_add_format(to, "  %s\n", _("nothing: so far nothing speaks against the item"));
}

void policy_revision_write(struct json_view item, struct json_view pack, struct buffer *to)
{
	buffer_add_format(to, _("Proposal to revise item %s, “%s”"), reply_text(item, "id"), reply_text(item, "title"));
	buffer_add_format(to, "\n%s %s %s\n\n", _("Catalogue:"), reply_text(pack, "pack"), reply_text(pack, "version"));
	buffer_add_format(to,
			  _n("It was used %lld time; %lld approved as proposed.",
			     "It was used %lld times; %lld were approved as proposed.", all_uses(item)),
			  all_uses(item), (long long)json_get_int(item, "approved", 0));
	buffer_add_text(to, "\n");
	write_grounds(item, to);
	write_reasons(item, to);
	write_suggestions(item, to);
	buffer_add_format(to, "\n%s\n", _("It is proposed:"));
	write_wishes(item, to);
}
