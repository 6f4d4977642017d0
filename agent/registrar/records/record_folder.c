/* A folder at once: every file of the caller below it, one reply each, one settle for many. */
#include "base/text.h"
#include "registrar/api/folder.h"
#include "registrar/records/record_methods.h"

#include <errno.h>

struct folder_file {
	uint64_t dev, ino;
	char *path;
};

struct folder {
	uint32_t root;
	struct folder_file *files;
	size_t n, room;
};

static int collect(const struct store_seen *seen, void *arg)
{
	struct folder *f = arg;

	if (seen->ours || seen->kind != SEEN_REGULAR)
		return 0;
	if (f->n == f->room) {
		size_t room = f->room ? 2 * f->room : 256;
		struct folder_file *grown = realloc(f->files, room * sizeof(*grown));

		if (!grown)
			return FAULT(ENOMEM, "list of %zu files", room);
		f->files = grown;
		f->room = room;
	}
	f->files[f->n++] = (struct folder_file){seen->dev, seen->ino, text_copy(seen->path)};
	return 0;
}

static void folder_done(struct folder *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->files[i].path);
	free(f->files);
}

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

/* So many in one turn of the loop, and one wait for the disk: sealing of the first begins while the last are drafted. */
#define SLICE ((size_t)500)

struct run {
	struct loop_timer timer;
	struct registrar *r;
	struct api_call *call;
	struct folder folder;
	struct fields fields; /* borrowed from the call */
	bool submit;
	size_t at;
};

static void run_free(struct run *run)
{
	if (!run)
		return;
	loop_disarm(&run->timer);
	folder_done(&run->folder);
	free(run);
}
DEFINE_OWNED(run, struct run, run_free);

static int next_file(const struct case_of *first, struct run *run)
{
	OWN_CASE struct case_of c = {
	    .r = run->r, .call = run->call, .today = first->today, .person = first->person, .borrows_person = true};
	const struct folder_file *file = &run->folder.files[run->at++];
	struct json *line = json_object();
	int status;

	json_set_text(line, "path", file->path);
	json_set_int(line, "done", (int64_t)run->at);
	json_set_int(line, "total", (int64_t)run->folder.n);
	api_hold_refusals(run->call, true);
	status = draft_one(&c, file, run->fields, run->submit, line);
	api_hold_refusals(run->call, false);
	if (status < 0) {
		json_free(line);
		return status;
	}
	if (run->r->n_changes >= CHANGES_MAX)
		TRY(registrar_settle(run->r));
	return run->at == run->folder.n ? api_reply(run->call, line) : api_more(run->call, line);
}

/* The caller is asked for anew in each turn: who was suspended meanwhile is refused the rest. */
static int on_slice(struct loop_timer *timer)
{
	OWNED(run) struct run *run = container_of(timer, struct run, timer);
	OWN_CASE struct case_of c = {0};
	int status = case_begin(run->r, run->call, &c);

	for (size_t n = 0; n < SLICE && run->at < run->folder.n && status == 0; n++)
		status = next_file(&c, run);
	if (status != 0 || run->at == run->folder.n)
		return status < 0 ? status : 0;
	return loop_arm(&steal(&run)->r->role.loop, timer, 0, on_slice);
}

static int start(struct case_of *c, struct json_view parameters)
{
	OWNED(run) struct run *run = calloc(1, sizeof(*run));
	struct fields_problem problem;
	OWN_MEM char *below = NULL;
	int status;

	if (!run)
		return FAULT(ENOMEM, "folder");
	*run = (struct run){.r = c->r, .call = c->call, .submit = json_get_bool(parameters, "submit")};
	if (fields_read(json_get(parameters, "fields"), &run->fields, &problem))
		return case_refuse_fields(c, &problem);
	if (!folder_of_call(c->r, c->call, json_get_int(parameters, "directory", -1), &run->folder.root, &below))
		return case_refuse(c, API_INPUT, "not-a-folder", "name a watched folder or one below it",
				   "the descriptor is not a directory of a watched folder");
	status = store_seen_list(c->r->store,
				 &(struct store_seen_filter){.root = run->folder.root,
							     .below = below,
							     .uid = (uint32_t)api_uid(c->call),
							     .by_uid = true,
							     .limit = STORE_NO_LIMIT},
				 collect, &run->folder);
	TRY(status);
	if (run->folder.n == 0)
		return case_refuse(c, API_NOT_FOUND, "no-files", "classctl status shows what is seen",
				   "no file of yours was seen below that folder");
	return on_slice(&steal(&run)->timer);
}

int record_method_tag_folder(struct registrar *r, struct api_call *call)
{
	OWN_CASE struct case_of c = {0};
	int status = case_begin(r, call, &c);

	if (status == 0)
		status = start(&c, api_parameters(call));
	return status < 0 ? status : 0;
}
