/* SPDX-License-Identifier: AGPL-3.0-or-later
 * binding.c: receives SAML messages by the HTTP Redirect and POST bindings
 * (SAML Bindings 3.4 and 3.5).  A Redirect signature covers the URL-encoded
 * octets as sent, so they are kept unchanged and never re-encoded. */
#include "idp/saml/binding.h"

#include <string.h>

#include "idp/saml/gate.h"
#include "idp/saml/names.h"
#include "lib/base64.h"
#include "lib/inflate.h"
#include "lib/text.h"

/* A repeated parameter would be ambiguous. */
static bool nothing_comes_twice(const struct request *r, struct fault *why)
{
	static const char *const words[] = { "SAMLRequest", "SAMLResponse",
		                             "RelayState",  "SAMLEncoding",
		                             "SigAlg",      "Signature" };

	for (size_t i = 0; i < LENGTH(words); i++)
		if (request_twice(r, words[i]))
			return gate_refuse(why, "%s comes twice", words[i]);
	return true;
}

static bool read_message(struct arena *a, const struct request *r,
                         struct envelope *e, const char **ret_word,
                         struct fault *why)
{
	const char *asked = request_word(r, "SAMLRequest");
	const char *answer = request_word(r, "SAMLResponse");
	unsigned char *bytes;

	if (!asked == !answer)
		return gate_refuse(why, "not exactly one message");
	e->is_answer = answer != NULL;
	*ret_word = answer ? answer : asked;
	if (!base64_read(a, *ret_word, strlen(*ret_word), &bytes, &e->length))
		return gate_refuse(why, "the message is not base64");
	e->xml = (const char *)bytes;
	return true;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static bool read_relay(const struct request *r, struct envelope *e,
                       struct fault *why)
{
	e->relay = request_word(r, "RelayState");
	if (!e->relay)
		return true;
	if (strlen(e->relay) > BINDING_RELAY_MOST)
		return gate_refuse(why, "RelayState is over %d bytes",
		                   BINDING_RELAY_MOST);
	return !has_control(e->relay) ||
	       gate_refuse(why, "a control character in RelayState");
}

/* Returns the encoded value of a parameter as sent, owned by a; NULL if the
 * name is absent or itself contains escapes. */
static const char *raw(struct arena *a, const char *query, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = query; at; at = strchr(at, '&')) {
		at += *at == '&';
		if (strncmp(at, name, length) == 0 && at[length] == '=')
			return arena_bytes(a, at + length + 1,
			                   strcspn(at + length + 1, "&"));
	}
	return NULL;
}

/* Bindings 3.4.4.1: SAMLRequest=value&RelayState=value&SigAlg=value. */
static bool read_octets(struct arena *a, const struct request *r,
                        struct envelope *e, struct fault *why)
{
	const char *word = e->is_answer ? "SAMLResponse" : "SAMLRequest";
	const char *message = raw(a, r->query, word);
	const char *relay = raw(a, r->query, "RelayState");
	const char *algorithm = raw(a, r->query, "SigAlg");
	struct text octets = text_in(a);

	if (!message || !algorithm || !relay != !e->relay)
		return gate_refuse(why, "a name is spelled with escapes");
	text_addf(&octets, "%s=%s", word, message);
	if (relay)
		text_addf(&octets, "&RelayState=%s", relay);
	text_addf(&octets, "&SigAlg=%s", algorithm);
	e->octets = octets.at;
	return true;
}

static bool read_signature(struct arena *a, const struct request *r,
                           struct envelope *e, struct fault *why)
{
	const char *signature = request_query(r, "Signature");
	unsigned char *bytes;

	e->algorithm = request_query(r, "SigAlg");
	if (!e->algorithm && !signature)
		return true;
	if (!e->algorithm || !signature)
		return gate_refuse(why, "half a signature");
	if (!base64_read(a, signature, strlen(signature), &bytes,
	                 &e->signature_length))
		return gate_refuse(why, "the Signature is not base64");
	e->signature = bytes;
	return read_octets(a, r, e, why);
}

static bool open_redirect(struct arena *a, const struct request *r,
                          struct envelope *e, struct fault *why)
{
	const char *encoding = request_query(r, "SAMLEncoding");
	struct fault inflate = { 0 };
	char *xml;

	if (encoding && !text_equal(encoding, ENCODING_DEFLATE))
		return gate_refuse(why, "an encoding that is not DEFLATE");
	if (!inflate_raw(a, e->xml, e->length, BINDING_XML_MOST, &xml,
	                 &e->length, &inflate))
		return gate_refuse(why, "%s", inflate.text);
	e->xml = xml;
	e->binding = BINDING_REDIRECT;
	return read_signature(a, r, e, why);
}

bool binding_open(struct arena *a, const struct request *r,
                  struct envelope *ret_envelope, struct fault *why)
{
	struct envelope e = { 0 };
	const char *word;

	if (r->method != METHOD_GET && r->method != METHOD_POST)
		return fault_for(why, FAULT_INVALID, "wrong-method",
		                 "SAML comes by GET or POST");
	if (!nothing_comes_twice(r, why) ||
	    !read_message(a, r, &e, &word, why) || !read_relay(r, &e, why))
		return false;
	if (r->method == METHOD_GET && !open_redirect(a, r, &e, why))
		return false;
	if (r->method == METHOD_POST)
		e.binding = BINDING_POST;
	*ret_envelope = e;
	return true;
}

bool binding_check(const struct envelope *e, struct sign_key *const *keys,
                   size_t count, struct fault *why)
{
	if (!e->octets)
		return gate_refuse(why, "it is not signed");
	return sign_check_octets(e->octets, e->algorithm, e->signature,
	                         e->signature_length, keys, count, why);
}
