/* SPDX-License-Identifier: AGPL-3.0-or-later
 * http_client.c: outgoing HTTP requests with libcurl. http:// is allowed to
 * loopback only; this is checked for the address at connect time, because a
 * name may resolve to another address between two lookups. */
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

/* ---- destinations */

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

static curl_socket_t http_client_open_socket(void *data, curlsocktype purpose,
                                             struct curl_sockaddr *to)
{
	struct http_client_transfer *transfer = data;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    (http_client_is_http(transfer->request->url) &&
	     !http_client_is_loopback(&to->addr))) {
		transfer->blocked = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* Rejects a line break, which would inject a header or a second request. */
static bool http_client_is_one_line(const char *value)
{
	return !value || !value[strcspn(value, "\r\n")];
}

static bool http_client_check_url(const struct http_client_request *request,
                                  struct error *err)
{
	own(close_url) CURLU *parts = curl_url();
	own(free_text) char *user = NULL;
	own(free_text) char *host = NULL;

	if (!text_starts(request->url, "https://") &&
	    !http_client_is_http(request->url))
		return error_set(err, ERROR_INVALID, "URL scheme is not https");
	if (!parts ||
	    curl_url_set(parts, CURLUPART_URL, request->url, 0) != CURLUE_OK)
		return error_set(err, ERROR_INVALID, "URL is malformed");
	if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK)
		return error_set(err, ERROR_INVALID,
		                 "URL contains user information");
	if (curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return error_set(err, ERROR_INVALID, "URL has no host");
	return true;
}

/* ---- the request */

static size_t http_client_append_body(char *bytes, size_t size, size_t count,
                                      void *data)
{
	struct http_client_transfer *transfer = data;
	size_t length = size * count;

	if (transfer->body.length + length > HTTP_CLIENT_MAX_BODY) {
		transfer->too_large = true;
		return 0;
	}
	strbuf_append_bytes(&transfer->body, bytes, length);
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

	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https,http");
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
                                    struct http_client_transfer *transfer)
{
	curl_easy_setopt(c, CURLOPT_URL, request->url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "portvakt");
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, http_client_append_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION,
	                 http_client_open_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, transfer);
	if (request->form_body)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, request->form_body);
}

static bool http_client_set_error(const struct http_client_transfer *transfer,
                                  CURLcode code, struct error *err)
{
	if (transfer->blocked)
		return error_set(err, ERROR_INVALID,
		                 "http:// is for loopback only");
	if (transfer->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "response is larger than %d bytes",
		                 HTTP_CLIENT_MAX_BODY);
	return error_set(err, ERROR_UNAVAILABLE, "request failed: %s",
	                 curl_easy_strerror(code));
}

static void http_client_read_response(
    struct arena *a, CURL *c, const struct http_client_transfer *transfer,
    struct http_client_response *ret)
{
	char *type = NULL;

	*ret = (struct http_client_response){ .body = transfer->body.data,
		                              .length = transfer->body.length };
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &ret->status);
	(void)curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	ret->content_type = arena_strdup(a, type ? type : "");
}

bool http_client_send(struct arena *a,
                      const struct http_client_request *request,
                      struct http_client_response *ret, struct error *err)
{
	struct http_client_transfer transfer = { .request = request,
		                                 .body = strbuf_init(a) };

	if (!http_client_check_url(request, err))
		return false;
	if (!http_client_is_one_line(request->accept) ||
	    !http_client_is_one_line(request->authorization))
		return error_set(err, ERROR_INVALID,
		                 "request header contains a line break");
	own(close_curl) CURL *c = curl_easy_init();
	own(free_headers) struct curl_slist *headers =
	    http_client_build_headers(a, request);

	if (!c || !headers)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot initialize libcurl");
	http_client_set_limits(c, request);
	http_client_set_tls(c, request);
	http_client_set_request(c, request, headers, &transfer);
	CURLcode code = curl_easy_perform(c);

	if (code != CURLE_OK)
		return http_client_set_error(&transfer, code, err);
	http_client_read_response(a, c, &transfer, ret);
	return true;
}
