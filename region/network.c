/* SPDX-License-Identifier: AGPL-3.0-or-later
 * network.c: builds the named networks, and returns those that contain a client
 * address. */
#include <arpa/inet.h>
#include <string.h>

#include "lib/text.h"
#include "region/build.h"
#include "region/decide.h"

enum { FOUR_IN_SIX = 96 }; /* RFC 4291 2.5.5.2: ::ffff:0:0/96 */

/* Parses an IP address; IPv4 becomes ::ffff:a.b.c.d. */
static bool read_address(const char *text, struct in6_addr *ret_address)
{
	struct in6_addr six = { 0 };
	struct in_addr four;

	if (inet_pton(AF_INET6, text, ret_address) == 1)
		return true;
	if (inet_pton(AF_INET, text, &four) != 1)
		return false;
	six.s6_addr[10] = six.s6_addr[11] = 0xff;
	memcpy(&six.s6_addr[12], &four, sizeof(four));
	*ret_address = six;
	return true;
}

/* ---- configuration */

static long long prefix_of(const char *said, const char *slash)
{
	bool four = !strchr(said, ':');
	long long prefix = 0;

	if (!slash)
		return 128;
	if (!text_to_number(slash + 1, 0, four ? 32 : 128, &prefix))
		return -1;
	return four ? prefix + FOUR_IN_SIX : prefix;
}

static bool read_range(struct arena *a, const char *said,
                       struct net_range *ret_range)
{
	const char *slash = strchr(said, '/');
	long long prefix = prefix_of(said, slash);
	struct net_range range;
	const char *address =
	    arena_bytes(a, said, slash ? (size_t)(slash - said) : strlen(said));

	if (prefix < 0 || !read_address(address, &range.from))
		return false;
	range.to = range.from;
	for (size_t bit = (size_t)prefix; bit < 128; bit++)
		range.to.s6_addr[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	*ret_range = range;
	return true;
}

static void build_network(struct build *b, const struct conf_statement *s,
                          struct network *n)
{
	size_t room = s->word_count;

	n->name = conf_word_at(s, 1);
	n->place = build_place(s);
	if (text_equal(conf_word_at(s, 2), "listener")) {
		n->listener = conf_word_at(s, 3);
		return;
	}
	n->ranges = arena_array(b->arena, struct net_range, room);
	for (size_t i = 2; i < s->word_count; i++)
		if (read_range(b->arena, s->words[i],
		               &n->ranges[n->range_count]))
			n->range_count++;
}

void build_networks(struct build *b)
{
	struct network *all =
	    arena_array(b->arena, struct network, build_count(b, "network"));
	size_t count = 0;

	for (const struct conf_statement *s = conf_find(b->top, "network"); s;
	     s = conf_next(b->top, s))
		build_network(b, s, &all[count++]);
	b->region->networks = all;
	b->region->network_count = count;
}

/* ---- matching */

static bool is_within(const struct net_range *range, const struct in6_addr *at)
{
	return memcmp(at, &range->from, sizeof(*at)) >= 0 &&
	       memcmp(at, &range->to, sizeof(*at)) <= 0;
}

static bool is_in(const struct network *n, const struct in6_addr *at,
                  const char *listener)
{
	if (n->listener)
		return text_equal(n->listener, listener);
	for (size_t i = 0; at && i < n->range_count; i++)
		if (is_within(&n->ranges[i], at))
			return true;
	return false;
}

const char **networks_of(struct arena *a, const struct region *r,
                         const char *address, const char *listener)
{
	LIST(const char *) names = { 0 };
	struct in6_addr at;
	bool known = address && read_address(address, &at);

	for (size_t i = 0; i < r->network_count; i++)
		if (is_in(&r->networks[i], known ? &at : NULL, listener))
			*list_add(a, &names) = r->networks[i].name;
	*list_add(a, &names) = NULL;
	return names.at;
}

const char *network_address(struct arena *a, const struct network *n)
{
	char text[INET6_ADDRSTRLEN];

	if (n->range_count == 0 ||
	    !inet_ntop(AF_INET6, &n->ranges[0].from, text, sizeof(text)))
		return "";
	return arena_copy(a, text);
}
