/* A registrar without loop and peers in a directory of its own: every change is settled by the test. */
#ifndef TESTS_UNIT_REGISTRAR_CORE_FIXTURE_H
#define TESTS_UNIT_REGISTRAR_CORE_FIXTURE_H

#include "test.h"

#include "registrar/journal/apply.h"
#include "registrar/journal/clock.h"
#include "registrar/journal/journal.h"
#include "registrar/registrar.h"
#include "registrar/store/cells.h"
#include "registrar/store/record_json.h"
#include "registrar/store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	struct registrar r;
	char dir[64];
	char clock[96];
	struct role_setting settings[3];
	struct loop_timer watch;
	struct registrar *watched;
};

static inline void fixture_path(const struct fixture *f, const char *name, char ret[160])
{
	(void)snprintf(ret, 160, "%s/%s", f->dir, name);
}

static inline void fixture_set_clock(const struct fixture *f, const char *day)
{
	char path[160];
	FILE *file;

	fixture_path(f, "clock", path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(day, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void fixture_close(struct fixture *f)
{
	registrar_core_close(&f->r);
	while (f->r.role.n_codes > 0)
		free(f->r.role.codes[--f->r.role.n_codes].code);
	free(f->r.role.codes);
	f->r.role.codes = NULL;
}

/* files: NULL is the real table. The key is the same at every opening. */
static inline void fixture_open(struct fixture *f, const struct files *files)
{
	uint8_t key[AEAD_KEY] = "a metadata key of thirty-two b.";
	struct secret *meta = NULL;

	f->r = (struct registrar){0};
	f->r.role.control.fd = -1;
	f->r.role.trial = true;
	f->r.role.state_dir = f->dir;
	f->r.role.settings = f->settings;
	f->r.role.n_settings = 3;
	for (size_t i = 0; i < array_n(f->r.role.resources); i++)
		f->r.role.resources[i] = -1;
	assert_int_equal(registrar_core_open(&f->r, files), 0);
	assert_int_equal(registrar_core_begin(&f->r), 0);
	assert_int_equal(secret_new_from(key, sizeof(key), &meta), 0);
	assert_int_equal(registrar_meta_key(&f->r, meta), 0);
	assert_int_equal(registrar_settle(&f->r), 0);
}

static inline void fixture_make(struct fixture *f)
{
	*f = (struct fixture){.dir = "/tmp/test-registrar-XXXXXX"};
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->clock, sizeof(f->clock), "file:%s/clock", f->dir);
	f->settings[0] = (struct role_setting){(char *)(uintptr_t) "clock", f->clock};
	f->settings[1] =
	    (struct role_setting){(char *)(uintptr_t) "security_administrator", (char *)(uintptr_t) "2001:sun"};
	f->settings[2] =
	    (struct role_setting){(char *)(uintptr_t) "security_administrator", (char *)(uintptr_t) "2002:moon"};
	fixture_set_clock(f, "2026-05-04");
}

static inline void fixture_remove(struct fixture *f)
{
	char command[160];

	fixture_close(f);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
	assert_int_equal(system(command), 0);
}

/* A draft with the usual fields. */
static inline struct record fixture_record(const char *number, uint32_t version)
{
	static const char *const scope[] = {"dept:planning", "person:li"};
	static const char *const points[] = {"place", "time\xe2\x98\x85"};
	struct record record = {
	    .number = number,
	    .id = number,
	    .version = version,
	    .state = RECORD_DRAFT,
	    .root = "1",
	    .path = "plans/report.docx",
	    .title = "机密 report",
	    .drafter = "li",
	    .drafter_uid = 1001,
	    .drafted = {2026, 5, 4},
	    .proposed = {.level = "SECRET",
			 .basis = BASIS_ITEM,
			 .item = "3.2",
			 .scope = {scope, 2},
			 .secret_points = {points, 2},
			 .reason = "because"},
	    .request = ACT_NEW,
	};

	assert_true(term_parse_cli("10y", &record.proposed.term));
	return record;
}

static inline void fixture_put(struct fixture *f, const struct record *record, enum act act, const char *note)
{
	struct json *entry = record_entry(&f->r, record, act, record->drafter, record->drafter_uid);

	cell_set_of(entry, "note", f->r.meta_key, "note", record->number, note);
	assert_int_equal(registrar_change(&f->r, entry), 0);
}

#endif
