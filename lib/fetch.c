/* SPDX-License-Identifier: AGPL-3.0-or-later
 * http_client.c: outgoing HTTP requests through libcurl. To prevent SSRF a
 * destination is checked twice: the URL, and the resolved address at connect
 * time, because a name may resolve to another address between two lookups. */
#include "lib/fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "lib/own.h"
#include "lib/text.h"

enum { USUAL_TIME = 5000 };

OWNER(close_curl, CURL *, curl_easy_cleanup)
OWNER(close_url, CURLU *, curl_url_cleanup)
OWNER(free_headers, struct curl_slist *, curl_slist_free_all)
OWNER(free_text, char *, curl_free)

/* One request in progress. */
struct call {
	const struct fetch *asked;
	struct text body;
	bool too_large;
	bool turned_inwards;
};

void fetch_begin(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

/* ---- forbidden destinations */

/* RFC 6890, IANA special-purpose addresses: not globally reachable. */
static const struct {
	uint32_t network;
	unsigned bits;
} inner[] = {
	{ 0x00000000, 8 },  /* this network */
	{ 0x0A000000, 8 },  /* private */
	{ 0x64400000, 10 }, /* shared by carriers */
	{ 0x7F000000, 8 },  /* loopback */
	{ 0xA9FE0000, 16 }, /* link-local */
	{ 0xAC100000, 12 }, /* private */
	{ 0xC0000000, 24 }, /* protocol assignments */
	{ 0xC0000200, 24 }, /* documentation */
	{ 0xC0A80000, 16 }, /* private */
	{ 0xC6120000, 15 }, /* benchmarks */
	{ 0xC6336400, 24 }, /* documentation */
	{ 0xCB007100, 24 }, /* documentation */
	{ 0xE0000000, 3 },  /* multicast, reserved, broadcast */
};

static bool is_inner_four(uint32_t address)
{
	for (size_t i = 0; i < LENGTH(inner); i++)
		if ((address ^ inner[i].network) >> (32 - inner[i].bits) == 0)
			return true;
	return false;
}

/* Only 2000::/3 is global unicast; in it 2001:db8::/32 is documentation, and
 * Teredo (2001::/32) and 6to4 (2002::/16) embed an IPv4 address. */
static bool is_inner_six(const unsigned char *b)
{
	if (b[0] >> 5 != 1)
		return true;
	if (b[0] == 0x20 && b[1] == 0x02)
		return true;
	return b[0] == 0x20 && b[1] == 0x01 &&
	       ((b[2] == 0x0D && b[3] == 0xB8) || (b[2] == 0 && b[3] == 0));
}

static bool is_inner(const struct sockaddr *to)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (to->sa_family == AF_INET) {
		memcpy(&four, to, sizeof(four));
		return is_inner_four(ntohl(four.sin_addr.s_addr));
	}
	if (to->sa_family != AF_INET6)
		return true;
	memcpy(&six, to, sizeof(six));
	return is_inner_six(six.sin6_addr.s6_addr);
}

static bool is_loopback(const struct sockaddr *to)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (to->sa_family == AF_INET) {
		memcpy(&four, to, sizeof(four));
		return ntohl(four.sin_addr.s_addr) >> 24 == 127;
	}
	if (to->sa_family != AF_INET6)
		return false;
	memcpy(&six, to, sizeof(six));
	return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
}

static bool is_plain(const char *url)
{
	return text_starts(url, "http://");
}

static curl_socket_t open_socket(void *given, curlsocktype purpose,
                                 struct curl_sockaddr *to)
{
	struct call *call = given;
	bool inside = is_inner(&to->addr);

	if (purpose != CURLSOCKTYPE_IPCXN || (inside && !call->asked->inside) ||
	    (is_plain(call->asked->url) && !is_loopback(&to->addr))) {
		call->turned_inwards = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* Returns whether the host is an IP address in any form inet_aton() accepts:
 * 127.1, 0x7f000001, 2130706433. */
static bool is_number(const char *host)
{
	struct in_addr unused;

	return host[0] == '[' || inet_aton(host, &unused) != 0;
}

static bool check_host(const struct fetch *f, CURLU *parts, struct fault *why)
{
	own(free_text) char *host = NULL;

	if (curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return fault(why, FAULT_INVALID, "the address has no host");
	if (!f->inside && is_number(host))
		return fault(why, FAULT_INVALID,
		             "the address names no host but a number");
	return true;
}

/* A line break would inject a header or a second request. */
static bool is_one_line(const char *value)
{
	return !value || !value[strcspn(value, "\r\n")];
}

static bool check_url(const struct fetch *f, struct fault *why)
{
	own(close_url) CURLU *parts = curl_url();
	own(free_text) char *user = NULL;
	bool plain = f->inside && f->plain && is_plain(f->url);

	if (!text_starts(f->url, "https://") && !plain)
		return fault(why, FAULT_INVALID,
		             "the address is not an https:// one");
	if (!parts ||
	    curl_url_set(parts, CURLUPART_URL, f->url, 0) != CURLUE_OK)
		return fault(why, FAULT_INVALID, "the address is malformed");
	if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK)
		return fault(why, FAULT_INVALID,
		             "the address has a user in it");
	return check_host(f, parts, why);
}

/* ---- the request */

static size_t take_body(char *bytes, size_t size, size_t count, void *given)
{
	struct call *call = given;
	size_t length = size * count;

	if (call->body.length + length > FETCH_MOST) {
		call->too_large = true;
		return 0;
	}
	text_add_bytes(&call->body, bytes, length);
	return length;
}

static struct curl_slist *make_headers(struct arena *a, const struct fetch *f)
{
	struct curl_slist *headers = NULL;

	if (f->accept)
		headers = curl_slist_append(
		    headers, arena_print(a, "Accept: %s", f->accept));
	if (f->authorization)
		headers = curl_slist_append(
		    headers,
		    arena_print(a, "Authorization: %s", f->authorization));
	/* Disable "Expect: 100-continue": it costs a second with servers that
	 * ignore it. */
	return curl_slist_append(headers, "Expect:");
}

static void set_limits(CURL *c, const struct fetch *f)
{
	long time = f->milliseconds > 0 ? (long)f->milliseconds : USUAL_TIME;

	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR,
	                 f->plain ? "https,http" : "https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, time);
	curl_easy_setopt(c, CURLOPT_MAXFILESIZE, (long)FETCH_MOST);
	/* Required with threads: no SIGALRM. */
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	/* Ignore http_proxy and ~/.netrc. */
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void set_trust(CURL *c, const struct fetch *f)
{
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (!f->ca_file)
		return;
	curl_easy_setopt(c, CURLOPT_CAINFO, f->ca_file);
	curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
}

static void set_request(CURL *c, const struct fetch *f,
                        struct curl_slist *headers, struct call *call)
{
	curl_easy_setopt(c, CURLOPT_URL, f->url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "portvakt");
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, call);
	if (f->form)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, f->form);
}

static bool tell_failure(const struct call *call, CURLcode code,
                         struct fault *why)
{
	if (call->turned_inwards)
		return fault(why, FAULT_INVALID,
		             "the address leads inwards, where it may not go");
	if (call->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return fault(why, FAULT_UNAVAILABLE,
		             "the answer is over %d bytes", FETCH_MOST);
	return fault(why, FAULT_UNAVAILABLE, "no answer: %s",
	             curl_easy_strerror(code));
}

static void take_answer(struct arena *a, CURL *c, const struct call *call,
                        struct fetched *ret)
{
	char *type = NULL;

	*ret = (struct fetched){ .body = call->body.at,
		                 .length = call->body.length };
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &ret->status);
	(void)curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	ret->type = arena_copy(a, type ? type : "");
}

bool fetch_do(struct arena *a, const struct fetch *f, struct fetched *ret,
              struct fault *why)
{
	struct call call = { .asked = f, .body = text_in(a) };

	if (!check_url(f, why))
		return false;
	if (!is_one_line(f->accept) || !is_one_line(f->authorization))
		return fault(why, FAULT_INVALID, "a header has a line break");
	own(close_curl) CURL *c = curl_easy_init();
	own(free_headers) struct curl_slist *headers = make_headers(a, f);

	if (!c || !headers)
		return fault(why, FAULT_UNAVAILABLE, "libcurl does not start");
	set_limits(c, f);
	set_trust(c, f);
	set_request(c, f, headers, &call);
	CURLcode code = curl_easy_perform(c);

	if (code != CURLE_OK)
		return tell_failure(&call, code, why);
	take_answer(a, c, &call, ret);
	return true;
}
