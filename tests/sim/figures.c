#include "figures.h"

#include <inttypes.h>
#include <string.h>

#include "model.h"
#include "trace.h"

enum { AREAS_MAX = 64 };

/* What counts is what each event says of the order, at the area that held it then. */
struct sums {
	uint32_t area;
	uint64_t submitted, accepted, completed, closed, cancelled, reopened, declined, due, late, duplicate;
};

static struct {
	struct sums sums[AREAS_MAX];
	unsigned count;
} all;

static struct sums *sums_of(uint32_t area)
{
	unsigned i = 0;
	while (i < all.count && all.sums[i].area != area)
		i++;
	if (i == AREAS_MAX)
		trace_fail("more than %d areas", AREAS_MAX);
	if (i == all.count)
		all.sums[all.count++] = (struct sums){.area = area};
	return &all.sums[i];
}

static void add_first(const struct life *life)
{
	const struct version *first = &life->versions[0];
	struct sums *sums = sums_of(first->holder);
	sums->submitted++;
	sums->completed += first->state == PD_STATE_completed;
	sums->closed += first->state == PD_STATE_closed;
	sums->cancelled += first->state == PD_STATE_cancelled;
	sums->due += life->due;
	sums->duplicate += life->duplicate;
	sums->late += first->late;
}

static void add_move(const struct version *before, const struct version *after)
{
	struct sums *sums = sums_of(before->holder);
	sums->accepted += after->type == PD_MSG_accepted;
	sums->completed += after->type == PD_MSG_completed;
	sums->closed += after->type == PD_MSG_confirmed || after->type == PD_MSG_closed;
	sums->cancelled += after->type == PD_MSG_cancelled || after->type == PD_MSG_lapsed;
	sums->reopened += after->type == PD_MSG_reopened;
	sums->declined += after->type == PD_MSG_declined || after->type == PD_MSG_transferred;
	sums->late += after->late && !before->late;
}

static void compare(const struct sums *sums, const struct figures *f)
{
	const uint64_t wanted[] = {sums->submitted, sums->accepted, sums->completed, sums->closed, sums->cancelled,
				   sums->reopened,  sums->declined, sums->due,       sums->late,   sums->duplicate};
	const uint64_t found[] = {f->submitted, f->accepted, f->completed, f->closed, f->cancelled,
				  f->reopened,  f->declined, f->due,       f->late,   f->duplicate};
	static const char *const names[] = {"submitted", "accepted", "completed", "closed", "cancelled",
					    "reopened",  "declined", "due",       "late",   "duplicate"};
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		if (wanted[i] != found[i])
			trace_fail("area %" PRIu32 " counts %" PRIu64 " orders as %s, there were %" PRIu64, sums->area,
				   found[i], names[i], wanted[i]);
}

void figures_check(const struct core *core)
{
	static const struct figures none;
	size_t count;
	struct life *const *lives = model_lives(&count);
	all.count = 0;
	for (size_t i = 0; i < count; i++) {
		add_first(lives[i]);
		for (uint32_t v = 1; v < lives[i]->count; v++)
			add_move(&lives[i]->versions[v - 1], &lives[i]->versions[v]);
	}
	void *const *areas = registry_sorted(core_registry(core), REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++) {
		uint32_t area = ((const struct area *)areas[i])->id;
		const struct holder *holder = core_holder(core, area);
		compare(sums_of(area), holder ? &holder->figures : &none);
	}
}
