/*
 * label export, show, import: a record in the forms of other systems' labels, and what theirs say. A label of others is a
 * hint: it sets nothing, and what stands in a document stays there.
 */
#include "base/text.h"
#include "ctl/content.h"
#include "ctl/label_forms.h"
#include "ctl/mark_pdf.h"
#include "ctl/marking.h"
#include "ctl/record.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LABEL_FILE_MAX ((size_t)64 << 20)

/* ---- export ---- */

struct exporting {
	struct ctl *ctl;
	struct document document;
	struct reply shown, label;
	char *name; /* of the document, without folder and .age */
};

static void exporting_done(struct exporting *e)
{
	document_done(&e->document);
	reply_done(&e->shown);
	reply_done(&e->label);
	free(e->name);
}

static const char *said(const struct exporting *e, const char *key)
{
	const char *text = json_get_text(e->label.at, key);

	return text ? text : "";
}

static int ask(struct exporting *e)
{
	struct call call = {.method = "Records.Label"};
	const char *path, *slash;

	DO(document_find(ctl_word(e->ctl, 0), &e->document));
	DO(document_show(e->ctl, &e->document, &e->shown));
	call.parameters = json_object();
	json_set_text(call.parameters, "number", e->document.number);
	DO(ctl_call(e->ctl, &call, &e->label));
	path = json_get_text(json_get(e->shown.at, "record"), "path");
	slash = path ? strrchr(path, '/') : NULL;
	e->name = text_copy(slash ? slash + 1 : path ? path : "document");
	if (e->name && text_ends(e->name, ".age"))
		e->name[strlen(e->name) - strlen(".age")] = 0;
	return e->name ? 0 : FAULT(ENOMEM, "a name");
}

static struct stanag_label stanag_of(const struct exporting *e)
{
	return (struct stanag_label){
	    .policy = said(e, "policy"),
	    .oid = said(e, "oid"),
	    .classification = said(e, "level"),
	    .created = said(e, "created"),
	    .review = *said(e, "succession") ? "" : said(e, "review"),
	    .succession = said(e, "succession"),
	    .successor = said(e, "successor"),
	};
}

static struct label_facts facts_of(const struct exporting *e)
{
	return (struct label_facts){
	    .policy = said(e, "policy"),
	    .level = said(e, "level"),
	    .name = said(e, "name"),
	    .mark = said(e, "mark"),
	    .created = said(e, "created"),
	    .succession = said(e, "succession"),
	    .msip_site = said(e, "msip_site"),
	    .msip_id = said(e, "msip_id"),
	    .msip_name = said(e, "msip_name"),
	};
}

struct into {
	const struct stanag_label *binding;	    /* NULL: properties */
	const struct label_properties *properties;
	const char *name; /* of the file */
};

static int put_into(struct bytes document, const void *own, struct buffer *ret)
{
	__attribute__((cleanup(parts_done))) struct parts parts = {0};
	const struct into *into = own;
	int r;

	if (mark_is_pdf(document))
		return into->binding ? label_put_pdf(document, into->binding, into->name, ret) : LABEL_NO_PLACE;
	r = parts_read(document, &parts);

	if (r == 0)
		r = into->binding ? label_put_part(&parts, into->binding)
				  : label_put_properties(&parts, into->properties);
	return r ? r : parts_write(&parts, ret);
}

static int say_outcome(int outcome, const char *where)
{
	OWN_MEM char *safe = say_safe(where);

	if (outcome <= 0)
		return outcome;
	if (outcome == LABEL_OTHERS)
		return say_error(CLASSD_EXIT_STATE, safe, _("a label of others stays; write a sidecar: --to FOLDER"),
				 _("the document carries a label of that system already"));
	if (outcome == LABEL_SIGNED)
		return say_error(CLASSD_EXIT_STATE, safe, _("ask who signed it"),
				 _("a signature covers the labels that stand there"));
	return say_error(CLASSD_EXIT_INPUT, safe, _("write a sidecar: --to FOLDER"),
			 _("this kind of document cannot carry such a label"));
}

static int open_folder_of(const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	OWN_MEM char *folder =
	    slash ? text_format("%.*s", slash == path ? 1 : (int)(slash - path), path) : text_copy(".");

	*ret_name = slash ? slash + 1 : path;
	return folder ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

static int put_into_file(const char *path, const struct into *into)
{
	const char *name;
	OWN_FD int folder = open_folder_of(path, &name);

	if (folder < 0 || faccessat(folder, name, R_OK, 0) != 0)
		return say_error(CLASSD_EXIT_INPUT, path, _("name a copy that you took out"), "%s", strerror(errno));
	const struct into named = {into->binding, into->properties, name};
	DO(say_outcome(document_edit(folder, name, put_into, &named), path));
	say("%s", path);
	return 0;
}

/* ---- sidecar ---- */

static int read_file(int folder, const char *name, struct buffer *ret)
{
	OWN_FD int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat s;
	int r;

	if (fd < 0 || fstat(fd, &s) < 0 || !S_ISREG(s.st_mode))
		return say_error(CLASSD_EXIT_INPUT, name, NULL, "%s", fd < 0 ? strerror(errno) : _("no regular file"));
	r = files_read_rest(&files_linux, fd, LABEL_FILE_MAX, ret);
	return r < 0 ? say_error(CLASSD_EXIT_INPUT, name, NULL, "%s", strerror(-r)) : 0;
}

struct sidecar {
	const struct stanag_label *label;
	struct stanag_references to;
};

static int bind_old(struct bytes old, const void *own, struct buffer *ret)
{
	const struct sidecar *s = own;

	return label_bind(old, s->label, s->to, ret);
}

static int write_sidecar(int folder, const char *name, const struct sidecar *s)
{
	OWN_BUFFER struct buffer xml = {0};
	OWN_FD int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 && errno == EEXIST)
		return document_edit(folder, name, bind_old, s);
	if (fd < 0)
		return say_error(CLASSD_EXIT_INPUT, name, _("choose a folder that you may write to"), "%s",
				 strerror(errno));
	TRY(label_bind(bytes_of(NULL, 0), s->label, s->to, &xml));
	return content_write(fd, buffer_bytes(&xml));
}

/* NAME.bdo beside the document, which it names. */
static int export_sidecar(struct exporting *e, const struct stanag_label *label)
{
	const char *folder_name = ctl_text(e->ctl, "to");
	OWN_MEM char *uri = text_format("./%s", e->name);
	OWN_MEM char *file = text_format("%s.bdo", e->name);
	struct stanag_reference reference = {uri, ""};
	struct sidecar sidecar = {label, {&reference, 1}};
	OWN_BUFFER struct buffer xml = {0};
	OWN_FD int folder = -1;

	if (!uri || !file)
		return FAULT(ENOMEM, "a name");
	if (!folder_name) {
		TRY(label_bind(bytes_of(NULL, 0), label, sidecar.to, &xml));
		return content_write(STDOUT_FILENO, buffer_bytes(&xml));
	}
	DO(document_folder(folder_name, &folder));
	DO(say_outcome(write_sidecar(folder, file, &sidecar), file));
	say("%s/%s", folder_name, file);
	return 0;
}

static int export_stanag(struct exporting *e)
{
	struct stanag_label label = stanag_of(e);

	if (!stanag_label_is_complete(&label))
		return say_error(CLASSD_EXIT_STATE, e->document.number,
				 _("a review of the record gives it its next day: classctl review"),
				 _("the record has no day on which it ends or is reviewed, and a label must say one"));
	return ctl_text(e->ctl, "file") ? put_into_file(ctl_text(e->ctl, "file"), &(struct into){.binding = &label})
					: export_sidecar(e, &label);
}

static int export_properties(struct exporting *e, int (*make)(const struct label_facts *, struct label_form *))
{
	__attribute__((cleanup(label_form_done))) struct label_form form = {.n = 0};
	const struct label_facts facts = facts_of(e);

	TRY(make(&facts, &form));
	if (ctl_text(e->ctl, "file"))
		return put_into_file(ctl_text(e->ctl, "file"), &(struct into){.properties = &form.properties});
	for (size_t i = 0; i < form.properties.n; i++) {
		OWN_MEM char *value = say_safe(form.properties.at[i].value);

		say("%s=%s", form.properties.at[i].name, value ? value : "");
	}
	return 0;
}

static int export_msip(struct exporting *e)
{
	if (*said(e, "msip_id"))
		return export_properties(e, label_make_msip);
	return say_error(CLASSD_EXIT_STATE, said(e, "level"),
			 _("labels.equivalents in the site's part of the policy says which one it is, with its id"),
			 _("the site has no Microsoft label for this level"));
}

static int run_export_label(struct ctl *ctl)
{
	__attribute__((cleanup(exporting_done))) struct exporting e = {.ctl = ctl, .document = {.fd = -1}};
	const char *form = ctl_text(ctl, "form") ? ctl_text(ctl, "form") : "4774";

	DO(ask(&e));
	if (text_equal(form, "4774"))
		return export_stanag(&e);
	if (text_equal(form, "odf"))
		return export_properties(&e, label_make_bails);
	if (text_equal(form, "msip"))
		return export_msip(&e);
	return say_error(CLASSD_EXIT_USAGE, form, "4774, odf, msip", _("there is no such form"));
}

/* ---- show and import ---- */

/* The labels of a file and of its sidecar. */
static int read_labels(const char *path, struct foreign_labels *ret)
{
	const char *name;
	OWN_FD int folder = open_folder_of(path, &name);
	OWN_BUFFER struct buffer content = {0};
	OWN_BUFFER struct buffer beside = {0};
	OWN_MEM char *sidecar = text_format("%s.bdo", name);

	if (folder < 0)
		return say_error(CLASSD_EXIT_INPUT, path, NULL, "%s", strerror(errno));
	DO(read_file(folder, name, &content));
	TRY(label_read(buffer_bytes(&content), ret));
	if (sidecar && faccessat(folder, sidecar, R_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		DO(read_file(folder, sidecar, &beside));
		TRY(foreign_read_xml(buffer_bytes(&beside), ret));
	}
	foreign_settle(ret);
	return 0;
}

static int ask_equivalent(struct ctl *ctl, const struct foreign_label *l, struct reply *ret)
{
	struct call call = {.method = "Policy.Equivalent", .parameters = json_object()};

	json_set_text(call.parameters, "policy", l->policy);
	json_set_text(call.parameters, "label", l->level);
	json_set_text(call.parameters, "id", l->id);
	return ctl_call(ctl, &call, ret);
}

static struct json *label_json(const struct foreign_label *l, const char *likely)
{
	struct json *to = json_object();

	json_set_text(to, "kind", foreign_kind_name(l->kind));
	json_set_text(to, "policy", l->policy);
	json_set_text(to, "label", l->level);
	json_set_text(to, "id", l->id);
	json_set_text(to, "created", l->created);
	json_set_text(to, "until", l->until);
	json_set_bool(to, "alternative", l->is_alternative);
	json_set_text(to, "likely", likely);
	return to;
}

static void say_label(const struct foreign_label *l, const char *likely)
{
	OWN_MEM char *policy = say_safe(l->policy);
	OWN_MEM char *level = say_safe(l->level[0] ? l->level : l->id);
	OWN_MEM char *until = say_safe(l->until);

	say("%s  %s: %s%s%s%s", foreign_kind_name(l->kind), policy ? policy : "", level ? level : "",
	    l->until[0] ? _(", until ") : "", l->until[0] && until ? until : "",
	    l->is_alternative ? _(", beside the originator's") : "");
	if (*likely)
		say("  %s %s", _("likely means here:"), likely);
	for (unsigned bit = 1; bit <= FOREIGN_ODD_NAME; bit <<= 1)
		if (l->defects & bit)
			say("  %s", words_of(foreign_defect_text((enum foreign_defect)bit)));
}

static int run_show_label(struct ctl *ctl)
{
	struct foreign_labels labels = {.n = 0};
	OWNED(json) struct json *whole = json_object();
	OWNED(json) struct json *list = json_array();

	DO(read_labels(ctl_word(ctl, 0), &labels));
	for (size_t i = 0; i < labels.n; i++) {
		OWN_REPLY struct reply reply = {0};

		DO(ask_equivalent(ctl, &labels.at[i], &reply));
		const char *likely = json_get_text(reply.at, "level");
		if (ctl->json)
			json_append(list, label_json(&labels.at[i], likely ? likely : ""));
		else
			say_label(&labels.at[i], likely ? likely : "");
	}
	json_set(whole, "labels", steal(&list));
	if (ctl->json)
		return ctl_print_json(json_look(whole));
	if (labels.n == 0)
		say_note("%s", _("no label of another system"));
	return 0;
}

/* Of several the first that means something: the originator's stands before the alternatives. */
static int find_hint(struct ctl *ctl, const struct foreign_labels *labels, struct reply *ret, size_t *ret_which)
{
	for (int alternative = 0; alternative < 2; alternative++)
		for (size_t i = 0; i < labels->n; i++) {
			if (labels->at[i].is_alternative != (alternative == 1))
				continue;
			DO(ask_equivalent(ctl, &labels->at[i], ret));
			*ret_which = i;
			if (!text_is_empty(json_get_text(ret->at, "level")))
				return 0;
			reply_done(ret);
			*ret = (struct reply){0};
		}
	return say_error(CLASSD_EXIT_NOT_FOUND, ctl_word(ctl, 0), _("classctl tag says what it is"),
			 _("no label in it means anything here"));
}

/* A label of others changes nothing that somebody here has said. */
static int refuse_record(struct ctl *ctl, const struct document *d)
{
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Show", .quiet = "not-found"};
	int result;

	document_refer(d, &call, "document");
	result = ctl_call(ctl, &call, &reply);
	if (call.hushed)
		return 0;
	return result ? result
		      : say_error(CLASSD_EXIT_STATE, ctl_word(ctl, 0), _("classctl label show, then classctl tag or change"),
				  _("it has a record already, and a label of another system sets nothing"));
}

static int run_import_label(struct ctl *ctl)
{
	struct foreign_labels labels = {.n = 0};
	OWN_DOCUMENT struct document d = {.fd = -1};
	OWN_REPLY struct reply hint = {0};
	OWN_REPLY struct reply reply = {0};
	struct call call = {.method = "Records.Tag"};
	struct json *fields = json_object();
	size_t which = 0;

	DO(read_labels(ctl_text(ctl, "from") ? ctl_text(ctl, "from") : ctl_word(ctl, 0), &labels));
	DO(find_hint(ctl, &labels, &hint, &which));
	DO(document_find(ctl_word(ctl, 0), &d));
	DO(refuse_record(ctl, &d));
	OWN_MEM char *reason = text_format("label %s, %s: %s", foreign_kind_name(labels.at[which].kind),
					   labels.at[which].policy, labels.at[which].level);
	document_refer(&d, &call, "document");
	json_set_text(fields, "reason", reason);
	json_set(call.parameters, "fields", fields);
	json_set_text(call.parameters, "hint", json_get_text(hint.at, "level"));
	json_set_bool(call.parameters, "unsure", true); /* who decides says what it is */
	DO(ctl_call(ctl, &call, &reply));
	return record_print(ctl, &reply);
}

static const struct option_row export_options[] = {
    {"form", 0, OPTION_TEXT, "FORM", N_("4774 (ADatP-4774 bound by 4778), odf (urn:bails: properties) or msip (Microsoft)")},
    {"to", 0, OPTION_TEXT, "FOLDER", N_("write the sidecar NAME.bdo there (4774)")},
    {"file", 0, OPTION_TEXT, "COPY", N_("write it into this file of yours, a copy that was taken out")},
    {0},
};
static const struct option_row import_options[] = {
    {"from", 0, OPTION_TEXT, "FILE", N_("a sidecar, or another file that has the label")},
    {0},
};

const struct command label_commands[] = {
    {"label export", GROUP_DOCUMENT, 1, 1, N_("DOCUMENT"), N_("the record as a label of another system"), run_export_label,
     export_options,
     N_("What others wrote stays: beside a label of theirs ours is an alternative, and where only one has room it is\n"
	"refused. Without --to and --file it is printed."),
     "label export 2026-000123 --to ~/carry\nlabel export 2026-000123 --form odf --file ~/carry/report.odt"},
    {"label show", GROUP_DOCUMENT, 1, 1, N_("FILE"), N_("the labels of other systems in a file and its sidecar"), run_show_label,
     NULL, N_("What a label of theirs is likely to mean here is a hint: it sets nothing."), "label show report.docx"},
    {"label import", GROUP_DOCUMENT, 1, 1, N_("DOCUMENT"), N_("begin a record with what a label of another system hints at"),
     run_import_label, import_options,
     N_("For a document without a record: it is protected like any unsure one (tag --unsure), or higher where the label\n"
	"hints at more, and who decides says what it is. A record that is there already is not changed by a label."),
     "label import report.docx\nlabel import report.pdf --from report.pdf.bdo"},
    {0},
};
