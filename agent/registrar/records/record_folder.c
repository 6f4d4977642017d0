/* A folder at once: every file of the caller below it, one reply each, one settle for many. */
#include "base/text.h"
#include "registrar/api/folder.h"
#include "registrar/records/folder_files.h"
#include "registrar/records/record_methods.h"
#include "registrar/records/usual_term.h"

#include <errno.h>

/* A record that is there already: a version for each step. */
static int draft_then_submit(struct case_of *c, struct fields *given, bool submit, struct json *line)
{
	int status = record_draft(c, given, false);

	if (status == 0)
		json_set_text(line, "number", c->next.number);
	if (status == 0 && submit)
		status = case_again(c);
	return status || !submit ? status : record_submit(c, NULL);
}

/* One file as a case of its own whose refusal is kept in a line of the stream instead of ending the call. */
static int draft_one(struct case_of *c, const struct folder_file *file, struct fields given, bool submit,
		     struct json *line)
{
	OWN_MEM char *refused = NULL;
	int status = case_take_file(c, file->dev, file->ino);

	if (status == CASE_NO_RECORD && submit) {
		status = record_draft_submitted(c, &given);
		if (status == 0)
			json_set_text(line, "number", c->next.number);
	} else if (status == 0 || status == CASE_NO_RECORD) {
		status = draft_then_submit(c, &given, submit, line);
	}
	if (status > 0) {
		refused = api_take_refusal(c->call);
		json_set_text(line, "refused", refused ? refused : "refused");
	}
	return status < 0 ? status : 0;
}

/* So many in one turn of the loop, and one wait for the disk: sealing of the first begins while the last are drafted.
 */
#define SLICE	((size_t)500)
#define MOST	10000 /* files in one go, where the caller does not say */

struct run {
	struct folder_files folder;
	struct fields fields; /* borrowed from the call */
	bool submit, dry; /* dry: shows the set, and changes nothing */
	int64_t most;
	size_t at;
};

static void run_free(void *arg)
{
	struct run *run = arg;

	folder_files_done(&run->folder);
	free(run);
}

/* What the set has: a file without a record, or the number of the one it has. */
static int show_one(struct case_of *c, const struct folder_file *file, struct json *line)
{
	OWN_MEM char *refused = NULL;
	int status = case_take_file(c, file->dev, file->ino);

	if (status == 0)
		json_set_text(line, "number", c->record->number);
	if (status > 0 && status != CASE_NO_RECORD) {
		refused = api_take_refusal(c->call);
		json_set_text(line, "refused", refused ? refused : "refused");
	}
	return status < 0 ? status : 0;
}

static int check_size(struct case_of *c, const struct run *run)
{
	if (!run->folder.is_collected || (int64_t)run->folder.n <= run->most)
		return 0;
	TRY(api_refuse(c->call, API_INPUT, "too-many", "directory", "name a folder below it, or a larger --max",
		       "%zu files are more than are tagged in one go; nothing was changed", run->folder.n));
	return CASE_ANSWERED;
}

static int next_file(const struct case_of *first, struct run *run)
{
	OWN_CASE struct case_of c = {
	    .r = first->r, .call = first->call, .today = first->today, .person = first->person, .borrows_person = true,
	    .usual = first->usual};
	const struct folder_file *file = &run->folder.at[run->at++];
	struct json *line = json_object();
	int status;

	json_set_text(line, "path", file->path);
	json_set_int(line, "done", (int64_t)run->at);
	json_set_int(line, "total", (int64_t)run->folder.n);
	api_hold_refusals(c.call, true);
	status = run->dry ? show_one(&c, file, line) : draft_one(&c, file, run->fields, run->submit, line);
	api_hold_refusals(c.call, false);
	if (status < 0) {
		json_free(line);
		return status;
	}
	if (c.r->n_changes >= CHANGES_MAX)
		TRY(registrar_settle(c.r));
	return run->at == run->folder.n ? api_reply(c.call, line) : api_more(c.call, line);
}

/* The caller is asked for anew in each turn: who was suspended meanwhile is refused the rest. */
static int next_slice(struct registrar *r, struct api_call *call, void *arg)
{
	OWN_CASE struct case_of c = {0};
	struct run *run = arg;
	struct usual_memo usual = {0};
	int status = case_begin(r, call, &c);

	c.usual = &usual;
	if (status == 0 && !run->folder.is_collected)
		status = folder_files_collect(&c, &run->folder);
	if (status == 0 && run->at == 0)
		status = check_size(&c, run);
	for (size_t n = 0; n < SLICE && run->folder.is_collected && run->at < run->folder.n && status == 0; n++)
		status = next_file(&c, run);
	return status < 0 ? status : 0;
}

static int refuse_folder(struct case_of *c)
{
	return case_refuse(c, API_INPUT, "not-a-folder", "name a watched folder or one below it",
			   "the descriptor is not a directory of a watched folder");
}

int record_method_tag_folder(struct registrar *r, struct api_call *call)
{
	static const struct api_pages pages = {next_slice, run_free};
	OWN_CASE struct case_of c = {0};
	struct json_view parameters = api_parameters(call);
	struct run run = {.submit = json_get_bool(parameters, "submit"),
			  .dry = json_get_bool(parameters, "dry_run"),
			  .most = json_get_int(parameters, "max", MOST)},
		   *kept;
	struct fields_problem problem;
	int status = case_begin(r, call, &c);

	if (status == 0 && fields_read(json_get(parameters, "fields"), &run.fields, &problem))
		status = case_refuse_fields(&c, &problem);
	if (status == 0 &&
	    !folder_of_call(r, call, json_get_int(parameters, "directory", -1), &run.folder.root, &run.folder.below))
		status = refuse_folder(&c);
	if (status)
		return status < 0 ? status : 0;
	kept = calloc(1, sizeof(*kept));
	if (!kept) {
		folder_files_done(&run.folder);
		return FAULT(ENOMEM, "folder");
	}
	*kept = run;
	return api_stream(call, &pages, kept);
}
