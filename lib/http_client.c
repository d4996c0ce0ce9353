/* SPDX-License-Identifier: AGPL-3.0-or-later
 * http_client.c: outgoing HTTP requests through libcurl. To prevent SSRF a
 * destination is checked twice: the URL, and the resolved address at connect
 * time, because a name may resolve to another address between two lookups. */
#include "lib/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "lib/cleanup.h"
#include "lib/strbuf.h"

enum { DEFAULT_TIMEOUT_MS = 5000 };

DEFINE_CLEANUP(close_curl, CURL *, curl_easy_cleanup)
DEFINE_CLEANUP(close_url, CURLU *, curl_url_cleanup)
DEFINE_CLEANUP(free_headers, struct curl_slist *, curl_slist_free_all)
DEFINE_CLEANUP(free_text, char *, curl_free)

/* One request in progress. */
struct http_client_transfer {
	const struct http_client_request *request;
	struct strbuf body;
	bool too_large;
	bool blocked;
};

void http_client_init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

/* ---- forbidden destinations */

/* RFC 6890, IANA special-purpose addresses: not globally reachable. */
static const struct {
	uint32_t network;
	unsigned bits;
} special_purpose_ipv4[] = {
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

static bool is_special_purpose_ipv4(uint32_t address)
{
	for (size_t i = 0; i < LENGTH(special_purpose_ipv4); i++)
		if ((address ^ special_purpose_ipv4[i].network) >>
		        (32 - special_purpose_ipv4[i].bits) ==
		    0)
			return true;
	return false;
}

/* Only 2000::/3 is global unicast; in it 2001:db8::/32 is documentation, and
 * Teredo (2001::/32) and 6to4 (2002::/16) embed an IPv4 address. */
static bool is_special_purpose_ipv6(const unsigned char *b)
{
	if (b[0] >> 5 != 1)
		return true;
	if (b[0] == 0x20 && b[1] == 0x02)
		return true;
	return b[0] == 0x20 && b[1] == 0x01 &&
	       ((b[2] == 0x0D && b[3] == 0xB8) || (b[2] == 0 && b[3] == 0));
}

static bool is_special_purpose_address(const struct sockaddr *to)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (to->sa_family == AF_INET) {
		memcpy(&four, to, sizeof(four));
		return is_special_purpose_ipv4(ntohl(four.sin_addr.s_addr));
	}
	if (to->sa_family != AF_INET6)
		return true;
	memcpy(&six, to, sizeof(six));
	return is_special_purpose_ipv6(six.sin6_addr.s6_addr);
}

static bool http_client_is_loopback(const struct sockaddr *to)
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

static bool http_client_is_http(const char *url)
{
	return text_starts(url, "http://");
}

static curl_socket_t http_client_open_socket(void *transfer,
                                             curlsocktype purpose,
                                             struct curl_sockaddr *to)
{
	struct http_client_transfer *call = transfer;
	bool is_private = is_special_purpose_address(&to->addr);

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    (is_private && !call->request->allow_private) ||
	    (http_client_is_http(call->request->url) &&
	     !http_client_is_loopback(&to->addr))) {
		call->blocked = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* Returns whether the host is an IP address in any form inet_aton() accepts:
 * 127.1, 0x7f000001, 2130706433. */
static bool http_client_is_ip_literal(const char *host)
{
	struct in_addr unused;

	return host[0] == '[' || inet_aton(host, &unused) != 0;
}

static bool http_client_check_host(const struct http_client_request *request,
                                   CURLU *parts, struct error *err)
{
	own(free_text) char *host = NULL;

	if (curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return error_set(err, ERROR_INVALID, "the address has no host");
	if (!request->allow_private && http_client_is_ip_literal(host))
		return error_set(err, ERROR_INVALID,
		                 "the address names no host but a number");
	return true;
}

/* A line break would inject a header or a second request. */
static bool http_client_is_one_line(const char *value)
{
	return !value || !value[strcspn(value, "\r\n")];
}

static bool http_client_check_url(const struct http_client_request *request,
                                  struct error *err)
{
	own(close_url) CURLU *parts = curl_url();
	own(free_text) char *user = NULL;
	bool is_http = request->allow_private && request->allow_http &&
	               http_client_is_http(request->url);

	if (!text_starts(request->url, "https://") && !is_http)
		return error_set(err, ERROR_INVALID,
		                 "the address is not an https:// one");
	if (!parts ||
	    curl_url_set(parts, CURLUPART_URL, request->url, 0) != CURLUE_OK)
		return error_set(err, ERROR_INVALID,
		                 "the address is malformed");
	if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK)
		return error_set(err, ERROR_INVALID,
		                 "the address has a user in it");
	return http_client_check_host(request, parts, err);
}

/* ---- the request */

static size_t http_client_append_body(char *bytes, size_t size, size_t count,
                                      void *transfer)
{
	struct http_client_transfer *call = transfer;
	size_t length = size * count;

	if (call->body.length + length > HTTP_CLIENT_MAX_BODY) {
		call->too_large = true;
		return 0;
	}
	strbuf_append_bytes(&call->body, bytes, length);
	return length;
}

static struct curl_slist *http_client_build_headers(
    struct arena *a, const struct http_client_request *request)
{
	struct curl_slist *headers = NULL;

	if (request->accept)
		headers = curl_slist_append(
		    headers, arena_printf(a, "Accept: %s", request->accept));
	if (request->authorization)
		headers = curl_slist_append(
		    headers, arena_printf(a, "Authorization: %s",
		                          request->authorization));
	/* Disable "Expect: 100-continue": it costs a second with servers that
	 * ignore it. */
	return curl_slist_append(headers, "Expect:");
}

static void http_client_set_limits(CURL *c,
                                   const struct http_client_request *request)
{
	long timeout_ms = request->timeout_ms > 0 ? (long)request->timeout_ms
	                                          : DEFAULT_TIMEOUT_MS;

	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR,
	                 request->allow_http ? "https,http" : "https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(c, CURLOPT_MAXFILESIZE, (long)HTTP_CLIENT_MAX_BODY);
	/* Required with threads: no SIGALRM. */
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	/* Ignore http_proxy and ~/.netrc. */
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void http_client_set_tls(CURL *c,
                                const struct http_client_request *request)
{
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (!request->ca_file)
		return;
	curl_easy_setopt(c, CURLOPT_CAINFO, request->ca_file);
	curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
}

static void http_client_set_request(CURL *c,
                                    const struct http_client_request *request,
                                    struct curl_slist *headers,
                                    struct http_client_transfer *call)
{
	curl_easy_setopt(c, CURLOPT_URL, request->url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "portvakt");
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, http_client_append_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION,
	                 http_client_open_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, call);
	if (request->form_body)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, request->form_body);
}

static bool http_client_set_error(const struct http_client_transfer *call,
                                  CURLcode code, struct error *err)
{
	if (call->blocked)
		return error_set(
		    err, ERROR_INVALID,
		    "the address leads inwards, where it may not go");
	if (call->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the answer is over %d bytes",
		                 HTTP_CLIENT_MAX_BODY);
	return error_set(err, ERROR_UNAVAILABLE, "no answer: %s",
	                 curl_easy_strerror(code));
}

static void http_client_read_response(struct arena *a, CURL *c,
                                      const struct http_client_transfer *call,
                                      struct http_client_response *ret)
{
	char *type = NULL;

	*ret = (struct http_client_response){ .body = call->body.data,
		                              .length = call->body.length };
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &ret->status);
	(void)curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	ret->content_type = arena_strdup(a, type ? type : "");
}

bool http_client_send(struct arena *a,
                      const struct http_client_request *request,
                      struct http_client_response *ret, struct error *err)
{
	struct http_client_transfer call = { .request = request,
		                             .body = strbuf_init(a) };

	if (!http_client_check_url(request, err))
		return false;
	if (!http_client_is_one_line(request->accept) ||
	    !http_client_is_one_line(request->authorization))
		return error_set(err, ERROR_INVALID,
		                 "a header has a line break");
	own(close_curl) CURL *c = curl_easy_init();
	own(free_headers) struct curl_slist *headers =
	    http_client_build_headers(a, request);

	if (!c || !headers)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "libcurl does not start");
	http_client_set_limits(c, request);
	http_client_set_tls(c, request);
	http_client_set_request(c, request, headers, &call);
	CURLcode code = curl_easy_perform(c);

	if (code != CURLE_OK)
		return http_client_set_error(&call, code, err);
	http_client_read_response(a, c, &call, ret);
	return true;
}
