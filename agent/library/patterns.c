#include "library/patterns.h"

#include <errno.h>
#include <hs/hs.h>
#include <limits.h>

struct patterns {
	hs_database_t *database; /* NULL: no phrase */
	hs_scratch_t *scratch;
	size_t *lengths; /* by index of the phrase */
};

void patterns_free(struct patterns *p)
{
	if (!p)
		return;
	(void)hs_free_scratch(p->scratch);
	(void)hs_free_database(p->database);
	free(p->lengths);
	free(p);
}

struct compile {
	const char **texts;
	unsigned *flags;
	unsigned *ids;
	size_t *lengths;
};

static void compile_done(struct compile *c)
{
	free(c->texts);
	free(c->flags);
	free(c->ids);
	free(c->lengths);
}

static int compile(struct patterns *p, const struct compile *c, unsigned n)
{
	hs_compile_error_t *error = NULL;
	int r = 0;

	if (n == 0)
		return 0;
	if (hs_compile_lit_multi(c->texts, c->flags, c->ids, c->lengths, n, HS_MODE_BLOCK, NULL, &p->database,
				 &error) != HS_SUCCESS) {
		r = FAULT(EINVAL, "compile phrases: %s", error ? error->message : "no reason");
		(void)hs_free_compile_error(error);
		return r;
	}
	return hs_alloc_scratch(p->database, &p->scratch) == HS_SUCCESS ? 0 : FAULT(ENOMEM, "match phrases");
}

int patterns_new(const struct bytes *phrases, size_t n, struct patterns **ret)
{
	__attribute__((cleanup(compile_done))) struct compile c = {0};
	OWNED(patterns) struct patterns *p = calloc(1, sizeof(*p));
	unsigned used = 0;

	c.texts = calloc(n + 1, sizeof(*c.texts));
	c.flags = calloc(n + 1, sizeof(*c.flags));
	c.ids = calloc(n + 1, sizeof(*c.ids));
	c.lengths = calloc(n + 1, sizeof(*c.lengths));
	if (p)
		p->lengths = calloc(n + 1, sizeof(*p->lengths));
	if (!p || !p->lengths || !c.texts || !c.flags || !c.ids || !c.lengths)
		return FAULT(ENOMEM, "take %zu phrases", n);
	for (size_t i = 0; i < n && used < PATTERNS_MAX; i++) {
		if (phrases[i].n == 0 || phrases[i].n > PATTERN_SIZE_MAX)
			continue;
		c.texts[used] = (const char *)phrases[i].at;
		c.lengths[used] = phrases[i].n;
		c.ids[used++] = (unsigned)i;
		p->lengths[i] = phrases[i].n;
	}
	TRY(compile(p, &c, used));
	*ret = steal(&p);
	return 0;
}

struct scan {
	const struct patterns *patterns;
	bool (*found)(void *own, size_t phrase, size_t at);
	void *own;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *own)
{
	const struct scan *scan = own;

	(void)from;
	(void)flags;
	return scan->found(scan->own, id, (size_t)to - scan->patterns->lengths[id]);
}

int patterns_scan(const struct patterns *p, struct bytes text, bool (*found)(void *own, size_t phrase, size_t at),
		  void *own)
{
	struct scan scan = {p, found, own};
	hs_error_t r;

	if (!p->database || text.n == 0 || text.n > UINT_MAX)
		return 0;
	r = hs_scan(p->database, (const char *)text.at, (unsigned)text.n, 0, p->scratch, on_match, &scan);
	return r == HS_SUCCESS || r == HS_SCAN_TERMINATED ? 0 : FAULT(EIO, "match phrases: %d", r);
}
