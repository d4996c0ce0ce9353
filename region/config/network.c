/* SPDX-License-Identifier: AGPL-3.0-or-later
 * network.c: builds the named networks, and returns those that contain a client
 * address. */
#include <arpa/inet.h>
#include <string.h>

#include "lib/strbuf.h"
#include "region/config/config_build.h"
#include "region/config/network.h"

enum { IPV4_MAPPED_PREFIX = 96 }; /* RFC 4291 2.5.5.2: ::ffff:0:0/96 */

/* Parses an IP address; IPv4 becomes ::ffff:a.b.c.d. */
static bool parse_ip_address(const char *text, struct in6_addr *ret_address)
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

static long long parse_prefix_length(const char *text, const char *slash)
{
	bool four = !strchr(text, ':');
	long long prefix = 0;

	if (!slash)
		return 128;
	if (!text_to_number(slash + 1, 0, four ? 32 : 128, &prefix))
		return -1;
	return four ? prefix + IPV4_MAPPED_PREFIX : prefix;
}

static bool parse_network_range(struct arena *a, const char *text,
                                struct net_range *ret_range)
{
	const char *slash = strchr(text, '/');
	long long prefix = parse_prefix_length(text, slash);
	struct net_range range;
	const char *address = arena_memdup(
	    a, text, slash ? (size_t)(slash - text) : strlen(text));

	if (prefix < 0 || !parse_ip_address(address, &range.from))
		return false;
	range.to = range.from;
	for (size_t bit = (size_t)prefix; bit < 128; bit++)
		range.to.s6_addr[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	*ret_range = range;
	return true;
}

static void config_build_network(struct config_builder *b,
                                 const struct conf_statement *s,
                                 struct network *n)
{
	size_t capacity = s->arg_count;

	n->name = conf_syntax_arg(s, 1);
	n->location = config_build_location(s);
	n->is_shared =
	    text_equal(conf_syntax_value(&s->block, "shared", "no"), "yes");
	if (text_equal(conf_syntax_arg(s, 2), "listener")) {
		n->listener = conf_syntax_arg(s, 3);
		return;
	}
	n->ranges = arena_array(b->arena, struct net_range, capacity);
	for (size_t i = 2; i < s->arg_count; i++)
		if (parse_network_range(b->arena, s->args[i],
		                        &n->ranges[n->range_count]))
			n->range_count++;
}

/* Builds the networks of a block; returns how many. */
static size_t config_build_network_list(struct config_builder *b,
                                        const struct conf_block *in,
                                        const struct network **ret)
{
	struct network *all = arena_array(b->arena, struct network, in->count);
	size_t count = 0;

	for (const struct conf_statement *s = conf_syntax_find(in, "network");
	     s; s = conf_syntax_next(in, s))
		config_build_network(b, s, &all[count++]);
	*ret = all;
	return count;
}

void config_build_networks(struct config_builder *b)
{
	b->cfg->network_count =
	    config_build_network_list(b, b->top, &b->cfg->networks);
}

/* A name means the same in every file: the region's cannot be changed. */
void config_build_municipality_networks(struct config_builder *b,
                                        const struct conf_block *in,
                                        struct municipality *m)
{
	m->network_count = config_build_network_list(b, in, &m->networks);
	for (const struct conf_statement *s = conf_syntax_find(in, "network");
	     s; s = conf_syntax_next(in, s))
		if (config_network(b->cfg, conf_syntax_arg(s, 1)))
			conf_error_add(b->errors, s, 1,
			               "the region has a network \"%s\"; give "
			               "this one another name",
			               s->args[1]);
}

/* ---- matching */

static bool network_range_contains(const struct net_range *range,
                                   const struct in6_addr *at)
{
	return memcmp(at, &range->from, sizeof(*at)) >= 0 &&
	       memcmp(at, &range->to, sizeof(*at)) <= 0;
}

static bool network_contains(const struct network *n, const struct in6_addr *at,
                             const char *listener)
{
	if (n->listener)
		return text_equal(n->listener, listener);
	for (size_t i = 0; at && i < n->range_count; i++)
		if (network_range_contains(&n->ranges[i], at))
			return true;
	return false;
}

static size_t network_matches(const struct network *list, size_t count,
                              const char *address, const char *listener,
                              const char **ret_names)
{
	struct in6_addr at;
	bool known = address && parse_ip_address(address, &at);
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		if (network_contains(&list[i], known ? &at : NULL, listener))
			ret_names[found++] = list[i].name;
	return found;
}

const char **networks_containing(struct arena *a, const struct config *cfg,
                                 const struct municipality *m,
                                 const char *address, const char *listener)
{
	const char **names =
	    arena_array(a, const char *,
	                cfg->network_count + (m ? m->network_count : 0) + 1);
	size_t count = network_matches(cfg->networks, cfg->network_count,
	                               address, listener, names);

	if (m)
		(void)network_matches(m->networks, m->network_count, address,
		                      listener, names + count);
	return names;
}

bool address_is_shared(struct arena *a, const struct config *cfg,
                       const char *address, const char *listener)
{
	const char **names =
	    networks_containing(a, cfg, NULL, address, listener);

	for (; *names; names++)
		if (config_network(cfg, *names)->is_shared)
			return true;
	return false;
}

/* An IPv4 address as such, not as ::ffff:a.b.c.d. */
static char *address_text(struct arena *a, const struct in6_addr *at)
{
	char text[INET6_ADDRSTRLEN];
	bool four = IN6_IS_ADDR_V4MAPPED(at);

	(void)inet_ntop(four ? AF_INET : AF_INET6,
	                four ? &at->s6_addr[12] : at->s6_addr, text,
	                sizeof(text));
	return arena_strdup(a, text);
}

static int range_prefix_length(const struct net_range *range)
{
	int bits = 0;

	for (int bit = 0; bit < 128; bit++)
		if (((range->from.s6_addr[bit / 8] ^
		      range->to.s6_addr[bit / 8]) &
		     0x80 >> bit % 8) == 0)
			bits++;
	return bits;
}

char *network_range_text(struct arena *a, const struct net_range *range)
{
	int prefix = range_prefix_length(range);

	if (IN6_IS_ADDR_V4MAPPED(&range->from))
		prefix -= IPV4_MAPPED_PREFIX;
	return arena_printf(a, "%s/%d", address_text(a, &range->from), prefix);
}

static char *address_share(struct arena *a, const char *address)
{
	struct in6_addr at;

	if (!address || !parse_ip_address(address, &at))
		return arena_strdup(a, "");
	if (IN6_IS_ADDR_V4MAPPED(&at))
		return address_text(a, &at);
	memset(&at.s6_addr[8], 0, 8);
	return arena_printf(a, "%s/64", address_text(a, &at));
}

char *network_limit_subject(struct arena *a, const struct config *cfg,
                            const char *address, const char *listener,
                            bool *ret_known)
{
	const char **names =
	    networks_containing(a, cfg, NULL, address, listener);

	*ret_known = names[0] != NULL;
	return names[0] ? arena_printf(a, "network %s", names[0])
	                : address_share(a, address);
}

char *network_limit_site(struct arena *a, const struct config *cfg,
                         const char *address, const char *listener)
{
	struct in6_addr at;

	if (networks_containing(a, cfg, NULL, address, listener)[0] ||
	    !address || !parse_ip_address(address, &at) ||
	    IN6_IS_ADDR_V4MAPPED(&at))
		return NULL;
	memset(&at.s6_addr[6], 0, 10);
	return arena_printf(a, "%s/48", address_text(a, &at));
}

const char *network_first_address(struct arena *a, const struct network *n)
{
	char text[INET6_ADDRSTRLEN];

	if (n->range_count == 0 ||
	    !inet_ntop(AF_INET6, &n->ranges[0].from, text, sizeof(text)))
		return "";
	return arena_strdup(a, text);
}
