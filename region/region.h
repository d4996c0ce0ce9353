/* SPDX-License-Identifier: AGPL-3.0-or-later
 * region.h: the whole configuration as one immutable snapshot.  A reload
 * makes a new one; whoever is in the middle of something keeps the old. */
#ifndef REGION_REGION_H
#define REGION_REGION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/conf_check.h"
#include "lib/fault.h"

struct clause; /* region/policy.h */

/* Where something was said, for receipts and explanations. */
struct place {
	const char *file;
	int line;
};

/* OIDC issuer and SAML entity.  Nothing about an issuer is global. */
struct issuer {
	const char *name;      /* "region", or the municipality's */
	const char *url;       /* https://host[:port], no slash behind */
	const char *host;      /* host[:port] as a Host header says it */
	const char *entity_id; /* url + /saml/metadata */
	const struct municipality *owner; /* NULL: the region's */
};

struct network {
	const char *name;
	const char *listener; /* of the front door, or NULL */
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
	char **uris; /* ldaps:// or ldapi://, tried in order; NULL-terminated */
	enum directory_kind kind;
	const char *base;
	const char *bind_as;
	const char *secret; /* credential's name */
	const char
	    *trust;      /* PEM file, path made absolute; NULL: the system's */
	int64_t compare; /* seconds between full compares */
	int64_t poll;    /* ... and between questions, where it cannot push */
	int brake_percent;
	int newcomers_percent;
	const char *canary; /* DN, or NULL */
	bool rehearse;      /* nothing of it is written */
	struct read_rule {
		const char *what; /* login, position, from, until, unit, title,
		                     mail, ... */
		const char *from; /* the attribute */
	} * reads;
	size_t read_count;
	/* Who may set passwords there: people their own, teachers pupils'. */
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

/* "employee" ... and back (the singular, as the catalogue has it);
 * KIND_NONE for anything else. */
const char *kind_name(enum kind k);
enum kind kind_from(const char *name);

/* One line of people { }: who an entry is. */
struct people_rule {
	enum kind kind;    /* what it makes of an entry ... */
	const char *role;  /* ... or the role it gives */
	const char *under; /* DN relative to the directory's base, or NULL */
	enum kind among;   /* with group: only among these */
	const char *group; /* DN relative to the base, or NULL */
	struct place place;
};

struct people_from {
	const struct directory_conf *directory;
	const char
	    *under; /* relative to the directory's base, or NULL: all of it */
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

/* "unit" ... and back, as the catalogue has it. */
const char *group_kind_name(enum group_kind k);
enum group_kind group_kind_from(const char *name);

/* One line of groups { }: what lies there is a group of that kind. */
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

/* A municipality as Feide's host organisation. */
struct feide {
	const char *realm, *mail, *legal_name;
	bool national_id;
	struct school *schools;
	size_t school_count;
	struct place place;
};

/* When it begins, and how long people are in the groups of both. */
struct school_year {
	int month, day;
	int64_t overlap; /* seconds */
};

struct municipality {
	const char *name;    /* one word, a-z 0-9 - */
	const char *display; /* "Notodden kommune" */
	const char *number;  /* organisation number */
	const char *domain;
	const char *language; /* nb, nn, en */
	const char *contact;
	const char *mark;            /* SVG's file name, or NULL */
	const char *colour;          /* #rrggbb, or NULL */
	const struct issuer *issuer; /* own, or NULL */
	char **plugins;              /* names of its own; NULL-terminated */
	struct people_from *people;
	size_t people_count;
	struct group_rule *groups; /* its groups { } */
	size_t group_count;
	const struct feide *feide; /* or NULL */
	struct school_year school_year;
	const struct clause *clauses; /* its rules { } */
	size_t clause_count;
	int64_t leaves; /* nobody of it is let in from then on; 0: it stays */
	char **moved;   /* services its people reach elsewhere by now */
	struct place place;
};

enum subject_of { SUBJECT_PERSON, SUBJECT_AFFILIATION };

struct oidc_client {
	const char *id;
	const char *secret; /* credential's name; NULL: public or by key */
	const char *keys; /* JWKS file for private_key_jwt, absolute; or NULL */
	const char *id_token_alg; /* "RS256" (default) or "ES256" */
	bool basic_allowed, post_allowed, key_only;
	char **redirects; /* exact; NULL-terminated */
	char **after_logout;
	const char *back_channel;  /* URL or NULL */
	bool back_channel_session; /* needs sid: true unless said otherwise */
	const char *sector;        /* host of the first redirect */
	bool code, refresh, client_credentials;
	bool public_client;
};

struct service {
	const char *name;
	const char *display;
	const char *address; /* where the portal leads, or NULL */
	const struct issuer *issuer;
	const struct oidc_client *oidc; /* one of the two */
	const char *saml;               /* metadata file, absolute */
	char **receives; /* words of attributes.def; NULL-terminated */
	enum subject_of subject;
	const struct clause *needs; /* every one must hold, whoever asks */
	size_t need_count;
	struct place place;
};

/* What directories may disagree about. */
enum prefer { PREFER_NAME = 0, PREFER_LANGUAGE };

struct region {
	char hash[65];    /* SHA-256 of every file read, hex */
	const char *file; /* the region's file, absolute */
	const char *name, *display, *contact;
	const char *node;
	const char
	    *trust; /* PEM for services' back channels; NULL: the system's */
	const char *login_url;  /* no slash behind */
	const char *login_host; /* as a Host header says it */
	char **languages;
	const char *run, *state, *credentials; /* folders, absolute */
	struct {
		const char *uri, *base, *trust;
		const char *reader, *reader_secret;
		const char *writer, *writer_secret;
		const char *admin, *admin_secret;
		const char *feide, *feide_secret; /* or NULL */
	} catalogue;
	struct {
		const char *address; /* unix:/path or redis+sentinel later */
		int64_t idle, longest;
		const char *user;   /* ACL user, default "portvakt" */
		const char *secret; /* credential's name or NULL */
	} sessions;
	int64_t grace;
	/* By what: names of directories, NULL-terminated; or NULL. */
	char **prefers[2];
	const struct issuer *issuers; /* the region's first */
	size_t issuer_count;
	const struct network *networks;
	size_t network_count;
	const struct directory_conf *directories;
	size_t directory_count;
	const struct municipality *municipalities;
	size_t municipality_count;
	const struct service *services;
	size_t service_count;
	char **plugins; /* the region's own, for judge@region */
};

/* Reads and checks the file and all it includes.  The snapshot lives until
 * region_release has been called once for every region_read and region_keep;
 * NULL where anything is wrong, and then ret_complaints, living in a, has
 * everything at once with file, line and column. */
struct region *region_read(struct arena *a, const char *file,
                           struct conf_complaints *ret_complaints);
/* The same, but credentials and other files that are named are not looked
 * for: to judge rules on a machine that has none of them. */
struct region *region_read_rules(struct arena *a, const char *file,
                                 struct conf_complaints *ret_complaints);
void region_keep(struct region *r);
void region_release(struct region *r);

/* The process's snapshots.  prepare reads a new one beside the active one;
 * activate makes it active if its hash is that one.  current returns the
 * active one, kept: release it.  region_with finds the active or the one
 * before by the first 16 digits of its hash, kept, or NULL. */
bool snapshot_open(const char *file, struct fault *why) must_check;
bool snapshot_prepare(const char *file, struct fault *why) must_check;
bool snapshot_activate(const char *hash, struct fault *why) must_check;
struct region *snapshot_current(void);
struct region *snapshot_with(const char *short_hash);

/* NULL where there is none of that name. */
const struct issuer *region_issuer(const struct region *r, const char *name);
const struct issuer *region_issuer_at(const struct region *r, const char *host);
const struct directory_conf *region_directory(const struct region *r,
                                              const char *name);
const struct municipality *region_municipality(const struct region *r,
                                               const char *name);
const struct municipality *region_municipality_by_domain(const struct region *r,
                                                         const char *domain);
/* Whether its people are let in nowhere any more, for it has left. */
bool municipality_has_left(const struct municipality *m, int64_t now);
const struct service *region_service(const struct region *r, const char *name);
const struct service *region_client(const struct region *r,
                                    const struct issuer *i,
                                    const char *client_id);
const struct network *region_network(const struct region *r, const char *name);

/* The credential called name of this region. */
bool region_secret(const struct region *r, struct arena *a, const char *name,
                   char **ret_secret, struct fault *why) must_check;

#endif
