#include "registrar/store/look.h"

struct copy {
	struct arena *arena;
	void *ret;
};

static int take_document(const struct store_document *d, void *arg)
{
	struct copy *copy = arg;
	struct store_document *ret = copy->ret;

	*ret = *d;
	ret->number = arena_text(copy->arena, d->number);
	ret->path = arena_text(copy->arena, d->path);
	ret->sha256 = arena_text(copy->arena, d->sha256);
	ret->keep = arena_text(copy->arena, d->keep);
	ret->level = arena_text(copy->arena, d->level);
	ret->header_mac = arena_text(copy->arena, d->header_mac);
	ret->last_tag = arena_text(copy->arena, d->last_tag);
	ret->key_id = arena_text(copy->arena, d->key_id);
	ret->escrow = arena_text(copy->arena, d->escrow);
	return 0;
}

static int take_seen(const struct store_seen *s, void *arg)
{
	struct copy *copy = arg;
	struct store_seen *ret = copy->ret;

	*ret = *s;
	ret->path = arena_text(copy->arena, s->path);
	ret->sha256 = arena_text(copy->arena, s->sha256);
	ret->type = arena_text(copy->arena, s->type);
	ret->mark = arena_text(copy->arena, s->mark);
	ret->mark_level = arena_text(copy->arena, s->mark_level);
	ret->mark_term = arena_text(copy->arena, s->mark_term);
	ret->item = arena_text(copy->arena, s->item);
	ret->level = arena_text(copy->arena, s->level);
	ret->matches = arena_text(copy->arena, s->matches);
	ret->sealed_args = arena_text(copy->arena, s->sealed_args);
	ret->foreign = arena_text(copy->arena, s->foreign);
	ret->first_seen = arena_text(copy->arena, s->first_seen);
	ret->number = arena_text(copy->arena, s->number);
	return 0;
}

static int checked(int result, const struct arena *a)
{
	TRY(arena_check(a));
	return result;
}

int look_document(struct store *s, const char *number, struct arena *a, struct store_document *ret)
{
	return checked(store_document_of(s, number, take_document, &(struct copy){a, ret}), a);
}

int look_document_by_file(struct store *s, uint64_t dev, uint64_t ino, struct arena *a, struct store_document *ret)
{
	struct copy copy = {a, ret};
	int result = store_document_by_file(s, dev, ino, take_document, &copy);

	TRY(result);
	TRY(arena_check(a));
	return result;
}

int look_seen(struct store *s, uint32_t root, const char *path, struct arena *a, struct store_seen *ret)
{
	return checked(store_seen_find(s, root, path, take_seen, &(struct copy){a, ret}), a);
}

int look_seen_by_file(struct store *s, uint64_t dev, uint64_t ino, struct arena *a, struct store_seen *ret)
{
	return checked(store_seen_by_file(s, dev, ino, take_seen, &(struct copy){a, ret}), a);
}
