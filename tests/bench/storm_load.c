/* SPDX-License-Identifier: AGPL-3.0-or-later
 * storm_load.c: open-loop password logins by OpenID Connect at a fixed rate.
 * The latency of a login counts from the moment at which it was due, so a
 * server that falls behind shows it.  Every host is connected at 127.0.0.1.
 *
 *   storm_load AUTHORIZE TOKEN CLIENT SECRET REDIRECT CA PEOPLE RATE SECONDS
 *
 * PEOPLE has a line with login and password, separated by a tab, for each
 * login.  Prints one JSON object.  The form is the first one with a password
 * field; the ID token's nonce is compared, its signature is not verified. */
#include <curl/curl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

enum {
	MAX_OUTSTANDING = 4000,
	MAX_STEPS = 10,
	MAX_CAUSES = 64,
	ADDRESSES = 250,
	CACHED_CONNECTIONS = 1500,
	TIMEOUT_MS = 20000,
	TEXT = 4096,
	CAUSE_TEXT = 160,
	TICK_MS = 2,
};

static const char *authorize, *token, *client, *secret, *redirect, *ca;

struct person {
	char *login, *password;
};

struct text {
	char *at;
	size_t length;
};

/* A login in progress. */
struct visit {
	CURL *easy;
	const struct person *person;
	double due;
	int steps;
	bool posted, redeemed;
	char state[24];
	struct text body;
	char address[TEXT]; /* of the request in progress */
	char form[TEXT * 2];
};

static struct person *people;
static size_t people_count;
static struct visit visits[MAX_OUTSTANDING];
static struct visit *free_visits[MAX_OUTSTANDING];
static size_t free_count;
static CURLM *multi;
static int poller;
static struct curl_slist *resolve, *no_expect;
static double *latencies;
static size_t good, failed, skipped, peak;
static struct {
	char text[CAUSE_TEXT];
	size_t count;
} causes[MAX_CAUSES];

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void cause_count(const char *text)
{
	size_t i = 0;

	while (i < MAX_CAUSES - 1 && causes[i].count &&
	       strcmp(causes[i].text, text) != 0)
		i++;
	if (!causes[i].count)
		(void)snprintf(causes[i].text, CAUSE_TEXT, "%s", text);
	causes[i].count++;
}

/* ---- the end of a login ------------------------------------------------- */

static void visit_free(struct visit *v)
{
	(void)curl_easy_setopt(v->easy, CURLOPT_COOKIELIST, "ALL");
	free(v->body.at);
	v->body = (struct text){ 0 };
	free_visits[free_count++] = v;
}

static void visit_succeed(struct visit *v)
{
	latencies[good++] = now() - v->due;
	visit_free(v);
}

/* The path of an address, without its query. */
static int path_length(const char *address, const char **ret_path)
{
	const char *host = strstr(address, "://");
	const char *path = host ? strchr(host + 3, '/') : NULL;

	*ret_path = path ? path : "/";
	return (int)strcspn(*ret_path, "?#");
}

static void visit_fail(struct visit *v, const char *format, ...)
{
	char what[CAUSE_TEXT / 2], text[CAUSE_TEXT];
	const char *path;
	int length = path_length(v->address, &path);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	for (char *c = what; *c; c++)
		if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
			*c = '\'';
	(void)snprintf(text, sizeof(text), "%.*s: %s",
	               length > 24 ? 24 : length, path, what);
	cause_count(text);
	failed++;
	visit_free(v);
}

/* ---- text --------------------------------------------------------------- */

static size_t receive(char *bytes, size_t one, size_t count, void *data)
{
	struct text *t = data;
	char *grown = realloc(t->at, t->length + one * count + 1);

	if (!grown)
		return 0;
	(void)memcpy(grown + t->length, bytes, one * count);
	t->at = grown;
	t->length += one * count;
	t->at[t->length] = '\0';
	return one * count;
}

/* Copies the value of an attribute of a tag that ends at `>`; false if it has
 * none.  Only &amp; and numbers are written in values of forms. */
static bool attribute(const char *tag, const char *name, char *ret, size_t size)
{
	char wanted[32];
	const char *end = strchr(tag, '>');
	size_t n = (size_t)snprintf(wanted, sizeof(wanted), " %s=\"", name);
	const char *at = strstr(tag, wanted);

	if (!at || !end || at > end)
		return false;
	at += n;
	for (n = 0; *at && *at != '"' && n < size - 1; n++) {
		const char *semicolon = *at == '&' ? strchr(at, ';') : NULL;

		if (!semicolon) {
			ret[n] = *at++;
			continue;
		}
		bool hex = at[1] == '#' && at[2] == 'x';

		ret[n] = at[1] == '#' ? (char)strtol(at + (hex ? 3 : 2), NULL,
		                                     hex ? 16 : 10)
		                      : '&';
		at = semicolon + 1;
	}
	ret[n] = '\0';
	return true;
}

static void form_add(struct visit *v, const char *name, const char *value)
{
	size_t used = strlen(v->form);
	char *n = curl_easy_escape(v->easy, name, 0);
	char *x = curl_easy_escape(v->easy, value, 0);

	(void)snprintf(v->form + used, sizeof(v->form) - used, "%s%s=%s",
	               used ? "&" : "", n, x);
	curl_free(n);
	curl_free(x);
}

/* Copies a parameter of an address. */
static bool parameter(const char *address, const char *name, char *ret,
                      size_t size)
{
	char wanted[16];
	size_t n = (size_t)snprintf(wanted, sizeof(wanted), "%s=", name);
	const char *at = address;

	while ((at = strstr(at, wanted)) && at[-1] != '?' && at[-1] != '&')
		at += n;
	if (!at)
		return false;
	size_t length = strcspn(at + n, "&#");

	if (length >= size)
		return false;
	(void)memcpy(ret, at + n, length);
	ret[length] = '\0';
	return true;
}

/* True if the ID token in a token response has this nonce. */
static bool has_nonce(const char *response, const char *nonce)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = strstr(response, "\"id_token\"");
	char claims[TEXT];
	size_t length = 0;
	unsigned bits = 0, held = 0;

	at = at ? strchr(at, '.') : NULL;
	if (!at)
		return false;
	for (at++; *at && *at != '.' && length < sizeof(claims) - 1; at++) {
		const char *letter = strchr(letters, *at);

		if (!letter)
			return false;
		held = held << 6 | (unsigned)(letter - letters);
		bits += 6;
		if (bits >= 8)
			claims[length++] = (char)(held >> (bits -= 8));
	}
	claims[length] = '\0';
	return strstr(claims, nonce) != NULL;
}

/* ---- steps of a login --------------------------------------------------- */

static void visit_request(struct visit *v, const char *address, bool post)
{
	if (address != v->address)
		(void)snprintf(v->address, sizeof(v->address), "%s", address);
	v->body.length = 0;
	(void)curl_easy_setopt(v->easy, CURLOPT_URL, v->address);
	if (post) {
		(void)curl_easy_setopt(v->easy, CURLOPT_POSTFIELDS, v->form);
		(void)curl_easy_setopt(v->easy, CURLOPT_HTTPHEADER, no_expect);
	} else {
		(void)curl_easy_setopt(v->easy, CURLOPT_HTTPHEADER, NULL);
		(void)curl_easy_setopt(v->easy, CURLOPT_HTTPGET, 1L);
	}
	(void)curl_multi_add_handle(multi, v->easy);
}

static void visit_redeem(struct visit *v, const char *back)
{
	char value[TEXT];

	if (!parameter(back, "state", value, sizeof(value)) ||
	    strcmp(value, v->state) != 0) {
		visit_fail(v, "state differs");
		return;
	}
	if (!parameter(back, "code", value, sizeof(value))) {
		if (!parameter(back, "error", value, sizeof(value)))
			value[0] = '\0';
		visit_fail(v, "error=%s", value);
		return;
	}
	v->form[0] = '\0';
	(void)snprintf(v->form, sizeof(v->form), "code=%s", value);
	form_add(v, "grant_type", "authorization_code");
	form_add(v, "redirect_uri", redirect);
	form_add(v, "code_verifier",
	         "a-verifier-that-is-as-long-as-rfc-7636-requires");
	v->redeemed = true;
	(void)curl_easy_setopt(v->easy, CURLOPT_USERNAME, client);
	(void)curl_easy_setopt(v->easy, CURLOPT_PASSWORD, secret);
	visit_request(v, token, true);
}

/* Fills in the form with a password field and sends it. */
static void visit_post(struct visit *v)
{
	char name[64], value[TEXT], type[16], action[TEXT] = "";
	const char *form = v->body.at, *end;

	do {
		form = strstr(form + 1, "<form");
		end = form ? strstr(form, "</form>") : NULL;
	} while (end &&
	         !memmem(form, (size_t)(end - form), "\"password\"", 10));
	if (!end || v->posted) {
		const char *title = strstr(v->body.at, "<title>");

		visit_fail(v, v->posted ? "the form again: %.*s" : "%.*s",
		           title ? (int)strcspn(title + 7, "<") : 0,
		           title ? title + 7 : "");
		return;
	}
	v->form[0] = '\0';
	for (const char *at = form; (at = strstr(at, "<input")) && at < end;
	     at++) {
		if (!attribute(at, "name", name, sizeof(name)) ||
		    !attribute(at, "type", type, sizeof(type)))
			continue;
		if (strcmp(type, "password") == 0)
			form_add(v, name, v->person->password);
		else if (strcmp(type, "text") == 0)
			form_add(v, name, v->person->login);
		else if (attribute(at, "value", value, sizeof(value)))
			form_add(v, name, value);
	}
	(void)attribute(form, "action", action, sizeof(action));
	v->posted = true;
	const char *path;

	(void)path_length(v->address, &path);
	if (action[0] == '/')
		(void)snprintf(v->address + (path - v->address),
		               sizeof(v->address) - (size_t)(path - v->address),
		               "%s", action);
	else if (action[0])
		(void)snprintf(v->address, sizeof(v->address), "%s", action);
	visit_request(v, v->address, true);
}

static void visit_continue(struct visit *v, CURLcode result)
{
	long status = 0;
	char *to = NULL;

	(void)curl_easy_getinfo(v->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(v->easy, CURLINFO_REDIRECT_URL, &to);
	if (result != CURLE_OK)
		visit_fail(v, "%s", curl_easy_strerror(result));
	else if (status >= 400)
		visit_fail(v, "%ld", status);
	else if (v->redeemed &&
	         has_nonce(v->body.at ? v->body.at : "", v->state))
		visit_succeed(v);
	else if (v->redeemed)
		visit_fail(v, "no ID token with our nonce");
	else if (++v->steps > MAX_STEPS)
		visit_fail(v, "too many steps");
	else if (to && strncmp(to, redirect, strlen(redirect)) == 0)
		visit_redeem(v, to);
	else if (to)
		visit_request(v, to, false);
	else if (v->body.at)
		visit_post(v);
	else
		visit_fail(v, "%ld without a page", status);
}

/* base64url(SHA-256) of the verifier in visit_redeem(). */
static const char challenge[] = "-tCRMO060e3SFzliRBX-QI-du2Gn2x8PSRK6AuJvpyg";

static void visit_begin(size_t number, double due)
{
	struct visit *v = free_visits[--free_count];
	char from[32], address[TEXT];

	v->person = &people[number % people_count];
	v->due = due;
	v->steps = 0;
	v->posted = v->redeemed = false;
	(void)snprintf(v->state, sizeof(v->state), "storm-%08zx", number);
	(void)snprintf(from, sizeof(from), "host!127.10.7.%zu",
	               1 + number % ADDRESSES);
	char *back = curl_easy_escape(v->easy, redirect, 0);

	(void)snprintf(address, sizeof(address),
	               "%s?response_type=code&client_id=%s&redirect_uri=%s"
	               "&scope=openid&state=%s&nonce=%s&code_challenge=%s"
	               "&code_challenge_method=S256",
	               authorize, client, back, v->state, v->state, challenge);
	curl_free(back);
	(void)curl_easy_setopt(v->easy, CURLOPT_INTERFACE, from);
	(void)curl_easy_setopt(v->easy, CURLOPT_USERNAME, NULL);
	(void)curl_easy_setopt(v->easy, CURLOPT_PASSWORD, NULL);
	visit_request(v, address, false);
}

/* ---- the loop ----------------------------------------------------------- */

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *data,
                        void *known)
{
	struct epoll_event e = { .data.fd = fd };

	(void)easy, (void)data;
	if (what == CURL_POLL_REMOVE)
		return epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL), 0;
	e.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) |
	           (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	(void)epoll_ctl(poller, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e);
	(void)curl_multi_assign(multi, fd, &poller);
	return 0;
}

static void visits_open(void)
{
	for (size_t i = 0; i < MAX_OUTSTANDING; i++) {
		CURL *easy = curl_easy_init();

		visits[i].easy = easy;
		(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, &visits[i]);
		(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
		(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA,
		                       &visits[i].body);
		(void)curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
		(void)curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve);
		(void)curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
		(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
		(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
		(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
		                       (long)TIMEOUT_MS);
		(void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
		                       (long)CURL_HTTP_VERSION_1_1);
		free_visits[free_count++] = &visits[i];
	}
}

static void visits_take_ended(void)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(multi, &left))) {
		struct visit *v;
		CURLcode result = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &v);
		(void)curl_multi_remove_handle(multi, m->easy_handle);
		visit_continue(v, result);
	}
}

static void serve_sockets(void)
{
	struct epoll_event ready[256];
	int running, n = epoll_wait(poller, ready, 256, TICK_MS);

	for (int i = 0; i < n; i++)
		(void)curl_multi_socket_action(
		    multi, ready[i].data.fd,
		    (ready[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
			(ready[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
			(ready[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0),
		    &running);
	(void)curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
	visits_take_ended();
}

static void run(double rate, double seconds)
{
	size_t all = (size_t)(rate * seconds), begun = 0;
	double start = now();

	while (begun < all || free_count < MAX_OUTSTANDING) {
		for (; begun < all && (double)begun / rate <= now() - start;
		     begun++) {
			if (free_count)
				visit_begin(begun,
				            start + (double)begun / rate);
			else
				skipped++;
		}
		if (MAX_OUTSTANDING - free_count > peak)
			peak = MAX_OUTSTANDING - free_count;
		serve_sockets();
	}
}

/* ---- start and report --------------------------------------------------- */

static void people_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512];

	for (; f && fgets(line, sizeof(line), f); people_count++) {
		char *tab = strchr(line, '\t');

		people = realloc(people, (people_count + 1) * sizeof(*people));
		if (!people || !tab)
			exit(2);
		*tab = '\0';
		tab[1 + strcspn(tab + 1, "\t\n")] = '\0';
		people[people_count] =
		    (struct person){ strdup(line), strdup(tab + 1) };
	}
	if (people_count == 0)
		exit(2);
	(void)fclose(f);
}

/* "host:port:127.0.0.1" of an address. */
static void resolve_add(const char *address)
{
	const char *host = strstr(address, "://") + 3;
	const char *colon = strchr(host, ':');
	char entry[256];

	(void)snprintf(entry, sizeof(entry), "%.*s:%d:127.0.0.1",
	               (int)strcspn(host, ":/"), host,
	               colon ? atoi(colon + 1) : 443);
	resolve = curl_slist_append(resolve, entry);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(double q)
{
	size_t at = (size_t)((double)good * q);

	return good ? latencies[at < good ? at : good - 1] * 1000 : 0;
}

static void report(double took)
{
	struct rusage used;

	(void)getrusage(RUSAGE_SELF, &used);
	qsort(latencies, good, sizeof(*latencies), by_size);
	printf("{\"good\":%zu,\"failed\":%zu,\"skipped\":%zu,\"took\":%.2f,"
	       "\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f,\"outstanding\":%zu,"
	       "\"client_cores\":%.2f,\"causes\":{",
	       good, failed, skipped, took, quantile(0.5), quantile(0.99),
	       quantile(1), peak,
	       ((double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	        (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6) /
	           took);
	for (size_t i = 0; i < MAX_CAUSES && causes[i].count; i++)
		printf("%s\"%s\":%zu", i ? "," : "", causes[i].text,
		       causes[i].count);
	printf("}}\n");
}

int main(int argc, char **argv)
{
	if (argc != 10)
		return 2;
	authorize = argv[1], token = argv[2], client = argv[3];
	secret = argv[4], redirect = argv[5], ca = argv[6];
	people_read(argv[7]);
	double rate = atof(argv[8]), seconds = atof(argv[9]), start;
	struct rlimit files = { 8192, 8192 };

	(void)setrlimit(RLIMIT_NOFILE, &files);
	latencies = calloc((size_t)(rate * seconds) + 1, sizeof(*latencies));
	(void)curl_global_init(CURL_GLOBAL_ALL);
	resolve_add(authorize);
	no_expect = curl_slist_append(NULL, "Expect:");
	multi = curl_multi_init();
	poller = epoll_create1(EPOLL_CLOEXEC);
	(void)curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	(void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
	                        (long)CACHED_CONNECTIONS);
	visits_open();
	start = now();
	run(rate, seconds);
	report(now() - start);
	return 0;
}
