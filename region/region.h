/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config.h: the configuration as one immutable, reference-counted structure.  A
 * reload creates a new one; a request in progress keeps the one it started
 * with.  The file format is described in portvakt.conf(5). */
#ifndef REGION_REGION_H
#define REGION_REGION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/conf_check.h"
#include "lib/fault.h"

struct clause; /* region/policy/policy_parse.h */

/* Position of a statement, for audit events and policy explanations. */
struct place {
	const char *file;
	int line;
};

/* OpenID Connect issuer and SAML entity.  No issuer setting is global. */
struct issuer {
	const char *name; /* "region" or the municipality's name */
	const char *url;  /* https://host[:port] without a trailing slash */
	const char *host; /* host[:port] in the form of a Host header */
	const char *entity_id;            /* url + "/saml/metadata" */
	const struct municipality *owner; /* NULL: the region */
};

struct network {
	const char *name;
	const char *listener; /* listener of the reverse proxy, or NULL */
	struct net_range {
		struct in6_addr from, to; /* IPv4 as ::ffff:a.b.c.d */
	} * ranges;
	size_t range_count;
	struct place place;
};

enum directory_kind {
	DIRECTORY_OPENLDAP,
	DIRECTORY_389DS,
	DIRECTORY_AD,
	DIRECTORY_OTHER
};

struct directory_conf {
	const char *name;
	char **uris; /* ldaps:// or ldapi://, in order of preference;
	                NULL-terminated */
	enum directory_kind kind;
	const char *base;
	const char *bind_as;
	const char *secret; /* name of a credential */
	const char *trust; /* PEM file, absolute path; NULL: system CA bundle */
	int64_t compare;   /* seconds between full synchronisations */
	int64_t poll; /* seconds between polls without change notification */
	int brake_percent;
	int newcomers_percent;
	const char *canary; /* DN, or NULL */
	bool rehearse;      /* nothing is written to the catalogue */
	struct read_rule {
		const char *what; /* login, position, from, until, unit,
		                     title, mail, ... */
		const char *from; /* attribute of the source */
	} * reads;
	size_t read_count;
	/* Who may set passwords: the user, and teachers for their pupils. */
	bool own_passwords, teachers_passwords;
	struct place place;
};

enum kind {
	KIND_NONE = 0,
	KIND_EMPLOYEE,
	KIND_TEACHER,
	KIND_PUPIL,
	KIND_POLITICIAN,
	KIND_GUEST,
	KIND_VENDOR,
};

/* Returns "employee" and so on, the singular of the catalogue, and the reverse:
 * KIND_NONE for any other value. */
const char *kind_name(enum kind k);
enum kind kind_from(const char *name);

/* One line of people { }: how an entry is classified. */
struct people_rule {
	enum kind kind;    /* the affiliation type to assign ... */
	const char *role;  /* ... or the role to assign */
	const char *under; /* DN relative to the directory's base, or NULL */
	enum kind among;   /* with group: only members of this type */
	const char *group; /* DN relative to the base, or NULL */
	struct place place;
};

struct people_from {
	const struct directory_conf *directory;
	const char *under; /* relative to the directory's base; NULL: the whole
	                      directory */
	struct people_rule *rules;
	size_t rule_count;
	bool join_by_national_id;
	struct place place;
};

enum group_kind {
	GROUP_NONE = 0,
	GROUP_UNIT,
	GROUP_CLASS,
	GROUP_TEACHING,
	GROUP_ROLE,
};

/* Returns "unit" and so on as in the catalogue, and the reverse: GROUP_NONE for
 * any other value. */
const char *group_kind_name(enum group_kind k);
enum group_kind group_kind_from(const char *name);

/* One line of groups { }: entries below this DN are groups of that type. */
struct group_rule {
	enum group_kind kind;
	const char *under; /* DN relative to the directory's base */
	struct place place;
};

struct school {
	const char *code, *display, *number, *mail;
	char **under; /* DNs relative to the base; NULL-terminated */
	struct place place;
};

/* A municipality as a Feide host organisation. */
struct feide {
	const char *realm, *mail, *legal_name;
	bool national_id;
	struct school *schools;
	size_t school_count;
	struct place place;
};

/* Start of the school year, and how long members keep the groups of the
 * previous one. */
struct school_year {
	int month, day;
	int64_t overlap; /* seconds */
};

struct municipality {
	const char *name;    /* a-z, 0-9 and hyphens */
	const char *display; /* "Notodden kommune" */
	const char *number;  /* nine digits */
	const char *domain;
	const char *language; /* nb, nn, en */
	const char *contact;
	const char *mark;            /* file name of an SVG, or NULL */
	const char *colour;          /* #rrggbb, or NULL */
	const struct issuer *issuer; /* its own issuer, or NULL */
	char **plugins;              /* its own plugins; NULL-terminated */
	struct people_from *people;
	size_t people_count;
	struct group_rule *groups; /* its groups { } */
	size_t group_count;
	const struct feide *feide; /* or NULL */
	struct school_year school_year;
	const struct clause *clauses; /* its rules { } */
	size_t clause_count;
	int64_t leaves; /* logins are denied from this time on; 0: never */
	char **moved;   /* services already moved to another installation */
	struct place place;
};

enum subject_of { SUBJECT_PERSON, SUBJECT_AFFILIATION };

struct oidc_client {
	const char *id;
	const char *secret; /* name of a credential; NULL: public client or
	                       private_key_jwt */
	const char *keys;   /* JWKS file for private_key_jwt, absolute path; or
	                       NULL */
	const char *id_token_alg; /* "RS256" (default) or "ES256" */
	bool basic_allowed, post_allowed, key_only;
	char **redirects; /* compared exactly (RFC 3986 6.2.1);
	                     NULL-terminated */
	char **after_logout;
	const char *back_channel;  /* URL or NULL */
	bool back_channel_session; /* true unless the configuration disables
	                              it */
	const char *sector;        /* host of the first redirect URI */
	bool code, refresh, client_credentials;
	bool public_client;
};

struct service {
	const char *name;
	const char *display;
	const char *address; /* link target in the portal, or NULL */
	const struct issuer *issuer;
	const struct oidc_client *oidc; /* exactly one of the two is set */
	const char *saml;               /* SAML metadata file, absolute path */
	char **receives; /* names from attributes.def; NULL-terminated */
	enum subject_of subject;
	const struct clause *needs; /* conditions that apply to every rule of
	                               the service */
	size_t need_count;
	struct place place;
};

/* Attributes for which the configuration sets a precedence of sources. */
enum prefer { PREFER_NAME = 0, PREFER_LANGUAGE };

struct region {
	char hash[65]; /* hex SHA-256 of all statements and referenced files */
	const char *file; /* main configuration file, absolute path */
	const char *name, *display, *contact;
	const char *node;
	const char *trust; /* PEM file for back-channel requests to services;
	                      NULL: system CA bundle */
	const char *login_url;  /* without a trailing slash */
	const char *login_host; /* in the form of a Host header */
	char **languages;
	const char *run, *state, *credentials; /* absolute paths */
	struct {
		const char *uri, *base, *trust;
		const char *reader, *reader_secret;
		const char *writer, *writer_secret;
		const char *admin, *admin_secret;
		const char *feide, *feide_secret; /* or NULL */
	} catalogue;
	struct {
		const char *address; /* unix:/path */
		int64_t idle, longest;
		const char *user;   /* ACL user, default "portvakt" */
		const char *secret; /* name of a credential, or NULL */
	} sessions;
	int64_t grace;
	/* Per attribute: directory names by falling precedence,
	 * NULL-terminated; or NULL. */
	char **prefers[2];
	const struct issuer *issuers; /* the region's issuer first */
	size_t issuer_count;
	const struct network *networks;
	size_t network_count;
	const struct directory_conf *directories;
	size_t directory_count;
	const struct municipality *municipalities;
	size_t municipality_count;
	const struct service *services;
	size_t service_count;
	char **plugins; /* the region's own plugins, run by
	                   plugin-host@region */
};

/* Reads and checks the file and its includes.  Returns a configuration with one
 * reference; it is freed when config_unref() has been called once for each
 * config_load() and config_ref().  On error returns NULL, and ret_errors,
 * allocated in a, lists all errors with file, line and column. */
struct region *region_read(struct arena *a, const char *file,
                           struct conf_complaints *ret_complaints);
/* As config_load(), but does not check that credentials and referenced files
 * exist: for tests of policies on another machine. */
struct region *region_read_rules(struct arena *a, const char *file,
                                 struct conf_complaints *ret_complaints);
void region_keep(struct region *r);
void region_release(struct region *r);

/* The configurations of this process.  One is active; config_open() loads a
 * file and activates it. config_prepare() loads a new one beside the active
 * one; config_activate() activates it if its hash is equal, and returns an
 * error otherwise. config_current() returns the active one; config_by_hash()
 * returns the active, previous or prepared one whose hash starts with these 16
 * digits, or NULL. Both return a new reference, which the caller releases. */
bool snapshot_open(const char *file, struct fault *why) must_check;
bool snapshot_prepare(const char *file, struct fault *why) must_check;
bool snapshot_activate(const char *hash, struct fault *why) must_check;
struct region *snapshot_current(void);
struct region *snapshot_with(const char *short_hash);

/* Lookups by name.  Each returns a pointer into cfg, or NULL if there is no
 * match. */
const struct issuer *region_issuer(const struct region *r, const char *name);
const struct issuer *region_issuer_at(const struct region *r, const char *host);
const struct directory_conf *region_directory(const struct region *r,
                                              const char *name);
const struct municipality *region_municipality(const struct region *r,
                                               const char *name);
const struct municipality *region_municipality_by_domain(const struct region *r,
                                                         const char *domain);
/* Returns true once the municipality's offboarding date has been reached. */
bool municipality_has_left(const struct municipality *m, int64_t now);
const struct service *region_service(const struct region *r, const char *name);
const struct service *region_client(const struct region *r,
                                    const struct issuer *i,
                                    const char *client_id);
const struct network *region_network(const struct region *r, const char *name);

/* Reads the credential with this name; the value is allocated in a. */
bool region_secret(const struct region *r, struct arena *a, const char *name,
                   char **ret_secret, struct fault *why) must_check;

#endif
