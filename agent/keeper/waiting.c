#include "keeper/waiting.h"

#include "base/own.h"
#include "base/text.h"

#include <string.h>

void waiting_request_done(struct waiting_request *request)
{
	buffer_done(&request->header);
	*request = (struct waiting_request){0};
}

static struct waiting_request take_at(struct waiting *w, size_t i)
{
	struct waiting_request taken = w->places[i];

	w->n--;
	memmove(&w->places[i], &w->places[i + 1], (w->n - i) * sizeof(w->places[0]));
	w->places[w->n] = (struct waiting_request){0};
	return taken;
}

bool waiting_add(struct waiting *w, struct waiting_request *request, struct waiting_request *ret_oldest)
{
	bool was_full = w->n == WAITING_MAX;

	*ret_oldest = was_full ? take_at(w, 0) : (struct waiting_request){0};
	w->places[w->n++] = *request;
	*request = (struct waiting_request){0};
	return was_full;
}

bool waiting_take_level(struct waiting *w, const char *level, struct waiting_request *ret)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->places[i].grant == 0 && bytes_equal_text(buffer_bytes(&w->places[i].header), level)) {
			*ret = take_at(w, i);
			return true;
		}
	return false;
}

bool waiting_take(struct waiting *w, uint64_t grant, uint64_t now_ms, struct waiting_request *ret)
{
	for (size_t i = 0; i < w->n; i++)
		if (grant ? w->places[i].grant == grant : w->places[i].until_ms <= now_ms) {
			*ret = take_at(w, i);
			return true;
		}
	return false;
}

uint64_t waiting_ms(const struct waiting *w, uint64_t now_ms)
{
	if (w->n == 0)
		return UINT64_MAX;
	return w->places[0].until_ms > now_ms ? w->places[0].until_ms - now_ms : 0;
}

void waiting_drop(struct waiting *w, uint8_t sealer)
{
	for (size_t i = w->n; i-- > 0;)
		if (w->places[i].sealer == sealer) {
			struct waiting_request gone = take_at(w, i);

			waiting_request_done(&gone);
		}
}
