/* addresses.c - households by address: where a place that is told in words lies. */
#include <string.h>

#include "registry_kinds.h"

/* A beginning that is shorter says nothing, and one that so many addresses share says too little to be worth a walk. */
enum { CHARS_MIN = 3, MATCHES_MAX = 4096 };

static int compare_texts(struct pd_slice a, struct pd_slice b)
{
	uint32_t shorter = a.bytes < b.bytes ? a.bytes : b.bytes;
	int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
	return order ? order : (a.bytes > b.bytes) - (a.bytes < b.bytes);
}

static int compare_households(const struct household *a, const struct household *b)
{
	int order = compare_texts(a->address, b->address);
	return order ? order : (a->id > b->id) - (a->id < b->id);
}

RB_PROTOTYPE(address_tree, household, by_address, compare_households)
RB_GENERATE(address_tree, household, by_address, compare_households)

static bool stands_in(const struct household *household)
{
	return household->area && !household->retired;
}

void addresses_remove(struct registry *registry, struct household *household)
{
	if (registry->addressed && stands_in(household))
		RB_REMOVE(address_tree, &registry->addresses, household);
}

void addresses_add(struct registry *registry, struct household *household)
{
	if (registry->addressed && stands_in(household))
		RB_INSERT(address_tree, &registry->addresses, household);
}

static void make_tree(struct registry *registry)
{
	size_t at = 0;
	registry->addressed = true;
	for (struct household *household; (household = registry_next(registry, REGISTRY_HOUSEHOLDS, &at));)
		addresses_add(registry, household);
}

static struct household *first_from(struct registry *registry, struct pd_slice address)
{
	struct household key = {.address = address};
	return RB_NFIND(address_tree, &registry->addresses, &key);
}

/* ---- beginnings ---- */

static bool digit_at(struct pd_slice text, uint32_t at)
{
	return at < text.bytes && text.data[at] >= '0' && text.data[at] <= '9';
}

static bool begins_with(struct pd_slice text, struct pd_slice beginning)
{
	return text.bytes >= beginning.bytes && memcmp(text.data, beginning.data, beginning.bytes) == 0;
}

/* How many bytes the two have in common, in whole characters. */
static uint32_t shared_bytes(struct pd_slice a, struct pd_slice b)
{
	uint32_t bytes = 0;
	while (bytes < a.bytes && bytes < b.bytes && a.data[bytes] == b.data[bytes])
		bytes++;
	while (bytes && bytes < a.bytes && (a.data[bytes] & 0xc0) == 0x80)
		bytes--;
	return bytes;
}

static uint32_t characters(struct pd_slice text)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < text.bytes; i++)
		count += (text.data[i] & 0xc0) != 0x80;
	return count;
}

/* The longest beginning of place that some address has: that is one of its neighbours in the order of addresses. */
static uint32_t longest_beginning(struct registry *registry, struct pd_slice place)
{
	struct household *after = first_from(registry, place);
	struct household *before =
		after ? RB_PREV(address_tree, &registry->addresses, after) : RB_MAX(address_tree, &registry->addresses);
	uint32_t a = after ? shared_bytes(place, after->address) : 0;
	uint32_t b = before ? shared_bytes(place, before->address) : 0;
	return a > b ? a : b;
}

/* The lowest area of all whose addresses have the beginning, and do not go on with a number that it ends with. */
static const struct area *area_of_all(struct registry *registry, struct pd_slice beginning)
{
	const struct area *common = NULL;
	struct household *household = first_from(registry, beginning);
	bool number = digit_at(beginning, beginning.bytes - 1);
	for (unsigned i = 0; household && begins_with(household->address, beginning); i++) {
		if (i == MATCHES_MAX)
			return NULL;
		const struct area *area = registry_area(registry, household->area);
		if (!number || !digit_at(household->address, beginning.bytes))
			common = common ? area_common(common, area) : area;
		household = RB_NEXT(address_tree, &registry->addresses, household);
	}
	return common && common->parent ? common : NULL; /* that it is somewhere in the district was known */
}

const struct area *registry_match_address(const struct registry *constant, struct pd_slice place, uint32_t *bytes)
{
	struct registry *registry = (struct registry *)constant; /* the tree is a cache */
	*bytes = 0;
	if (characters(place) < CHARS_MIN)
		return NULL;
	if (!registry->addressed)
		make_tree(registry);
	struct pd_slice beginning = {place.data, longest_beginning(registry, place)};
	while (characters(beginning) >= CHARS_MIN) {
		const struct area *area = digit_at(place, beginning.bytes) && digit_at(beginning, beginning.bytes - 1)
						  ? NULL
						  : area_of_all(registry, beginning);
		*bytes = area ? beginning.bytes : 0;
		if (area || !digit_at(beginning, beginning.bytes - 1))
			return area;
		while (digit_at(beginning, beginning.bytes - 1))
			beginning.bytes--;
	}
	return NULL;
}
