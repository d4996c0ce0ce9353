/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config.h: the configuration as one immutable, reference-counted structure.  A
 * reload creates a new one; a request in progress keeps the one it started
 * with.  The file format is described in portvakt.conf(5). */
#ifndef REGION_CONFIG_CONFIG_H
#define REGION_CONFIG_CONFIG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/conf/conf_schema.h"
#include "lib/error.h"

struct policy_rule; /* region/policy/policy_parse.h */

/* Position of a statement, for audit events and policy explanations. */
struct source_location {
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
	bool is_shared; /* several people use the same browser */
	struct source_location location;
};

enum directory_type {
	DIRECTORY_OPENLDAP,
	DIRECTORY_389DS,
	DIRECTORY_AD,
	DIRECTORY_OTHER
};

/* Limits of held changes: people of one municipality in a day. */
struct directory_limits {
	size_t deactivations, returns, kind_changes, upward_moves;
	size_t role_grants, role_losses, end_dates, changed_names, lost_values;
	size_t same_values;
	size_t share_percent;      /* of a kind, from two people */
	size_t unit_share_percent; /* of a unit or container, from three */
};
extern const struct directory_limits directory_default_limits;

struct directory_conf {
	const char *name;
	char **uris; /* ldaps:// or ldapi://, in order of preference;
	                NULL-terminated */
	enum directory_type type;
	const char *base;
	const char *bind_dn;
	const char *secret; /* name of a credential */
	const char
	    *tls_ca_file; /* PEM file, absolute path; NULL: system CA bundle */
	int64_t full_sync_interval; /* seconds between full synchronisations */
	int64_t poll_interval;      /* seconds between polls without change
	                               notification */
	int max_deactivations_percent;
	int max_creations_percent;
	const struct directory_limits *limits; /* NULL: the default ones */
	const char *canary;                    /* DN, or NULL */
	bool dry_run;         /* nothing is written to the catalogue */
	const char *replaces; /* directory whose people move here, or NULL */
	bool shared_mail;     /* several people may have one mail address */
	struct attribute_mapping {
		const char *field;     /* login, position, from, until, unit,
		                         title, mail, ... */
		const char *attribute; /* attribute of the source */
		struct attribute_conversion {
			bool trim, lower, first;
			/* Each NULL if not configured. */
			const char *default_value;
			const char *date_format;
			const char *where_attribute, *where_value;
		} conversion;
	} * attribute_map;
	size_t attribute_map_count;
	/* Who may set passwords: the user, and teachers for their pupils. */
	bool self_password_change, teacher_password_reset;
	struct source_location location;
};

enum affiliation_type {
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
const char *affiliation_type_name(enum affiliation_type k);
enum affiliation_type affiliation_type_from_name(const char *name);

/* One line of people { }: how an entry is classified. */
struct people_rule {
	enum affiliation_type kind; /* the affiliation type to assign ... */
	const char *role;           /* ... or the role to assign */
	const char *subtree; /* DN relative to the directory's base, or NULL */
	enum affiliation_type
	    member_kind;   /* with group: only members of this type */
	const char *group; /* DN relative to the base, or NULL */
	struct source_location location;
};

struct source_mapping {
	const struct directory_conf *directory;
	const char *subtree; /* relative to the directory's base; NULL: the
	                      whole directory */
	struct people_rule *rules;
	size_t rule_count;
	bool join_by_national_id;
	struct source_location location;
};

enum group_type {
	GROUP_NONE = 0,
	GROUP_UNIT,
	GROUP_CLASS,
	GROUP_TEACHING,
	GROUP_ROLE,
};

/* Returns "unit" and so on as in the catalogue, and the reverse: GROUP_NONE for
 * any other value. */
const char *group_type_name(enum group_type k);
enum group_type group_type_from_name(const char *name);

/* One line of groups { }: entries below this DN are groups of that type. */
struct group_rule {
	enum group_type type;
	const char *subtree; /* DN relative to the directory's base */
	struct source_location location;
};

struct school {
	const char *code, *display, *organisation_number, *mail;
	char **subtrees; /* DNs relative to the base; NULL-terminated */
	struct source_location location;
};

/* A municipality as a Feide host organisation. */
struct feide {
	const char *realm, *mail, *legal_name;
	bool national_id;
	struct school *schools;
	size_t school_count;
	struct source_location location;
};

/* Start of the school year, and how long members keep the groups of the
 * previous one. */
struct school_year {
	int month, day;
	int64_t overlap; /* seconds */
};

/* A role that operators grant: `role NAME { }`. */
struct role_conf {
	const char *name;
	int64_t max_time;       /* seconds a grant can last; 0: unlimited */
	bool requires_ticket;   /* a grant has a ticket number */
	bool requires_approval; /* a second operator approves a grant */
	struct source_location location;
};

/* A name for several services in rules. */
struct service_group {
	const char *name;
	char **services;                  /* NULL-terminated */
	const struct municipality *owner; /* NULL: the region */
	struct source_location location;
};

/* Services that are closed for everyone during a time. */
struct maintenance {
	char **services; /* NULL-terminated; "any" is each one, not the
	                    portal */
	int64_t from, until;
	const char *message_nb, *message_nn, *message_en;
	struct source_location location;
};

/* A plugin of a municipality or of the region.  The hashes are of the files as
 * they were when the configuration was loaded, and part of its hash; "absent"
 * if a file cannot be read, which the check of plugins reports. */
struct plugin_conf {
	const char *name;
	const char *own_library; /* path of the shared object */
	const char *library;     /* the same, or that in a copy */
	const char *data;        /* likewise, or NULL */
	int workers;
	char hash[65], data_hash[65]; /* "-" without data */
	struct source_location location;
	int column;
};

struct municipality {
	const char *name;                /* a-z, 0-9 and hyphens */
	const char *display;             /* "Notodden kommune" */
	const char *organisation_number; /* nine digits */
	const char *domain;
	const char *language; /* nb, nn, en */
	const char *contact;
	const char *logo;                  /* file name of an SVG, or NULL */
	const char *colour;                /* #rrggbb, or NULL */
	const struct issuer *issuer;       /* its own issuer, or NULL */
	const struct plugin_conf *plugins; /* its own */
	size_t plugin_count;
	const struct network *networks; /* for its rules only */
	size_t network_count;
	bool shared_mail; /* several people may have one mail address */
	struct source_mapping *source_mappings;
	size_t source_mapping_count;
	struct group_rule *groups; /* its groups { } */
	size_t group_count;
	const struct feide *feide; /* or NULL */
	struct school_year school_year;
	const struct role_conf *roles; /* those that operators grant */
	size_t role_count;
	const struct policy_rule *rules; /* its rules { } */
	size_t rule_count;
	int64_t offboarding_date; /* logins are denied from this time on; 0:
	                             never */
	char **notify;            /* mail addresses; NULL-terminated */
	char **accept_login_from; /* municipalities whose logins it accepts
	                             across a proved link; NULL-terminated */
	char **migrated_services; /* services already moved to another
	                             installation */
	struct source_location location;
};

enum subject_scope { SUBJECT_PERSON, SUBJECT_AFFILIATION };

struct oidc_client {
	const char *id;
	const char *secret; /* name of a credential; NULL: public client or
	                       private_key_jwt */
	const char *jwks;   /* JWKS file for private_key_jwt, absolute path; or
	                       NULL */
	const char
	    *id_token_signed_response_alg; /* "RS256" (default) or "ES256" */
	bool auth_client_secret_basic, auth_client_secret_post,
	    auth_private_key_jwt_only;
	char **redirect_uris; /* compared exactly (RFC 3986 6.2.1);
	                     NULL-terminated */
	char **post_logout_redirect_uris;
	const char *backchannel_logout_uri;       /* URL or NULL */
	bool backchannel_logout_session_required; /* true unless the
	                              configuration disables it */
	const char *sector_identifier; /* host of the first redirect URI */
	bool grant_authorization_code, grant_refresh_token,
	    grant_client_credentials;
	bool public_client;
};

struct service {
	const char *name;
	const char *display;
	const char *launch_url;         /* link target in the portal, or NULL */
	const char *initiate_login_uri; /* starts a login there, or NULL */
	const struct issuer *issuer;
	const struct oidc_client *oidc; /* exactly one of the two is set */
	const char *saml_metadata;      /* SAML metadata file, absolute path */
	char **attributes; /* names from attributes.def; NULL-terminated */
	enum subject_scope subject;
	char **networks;   /* for `from service-networks`; NULL-terminated */
	char **units;      /* for `unit service-units`; NULL-terminated */
	char **offered_to; /* municipalities whose `any` covers it and whose
	                      rules can name it; empty: all */
	const struct policy_rule *requirements; /* conditions that apply to
	                               every rule of the service */
	size_t requirement_count;
	struct source_location location;
};

/* Attributes for which the configuration sets a precedence of sources. */
enum config_precedence { PRECEDENCE_NAME = 0, PRECEDENCE_LANGUAGE };

struct config {
	char hash[65]; /* hex SHA-256 of all statements and referenced files */
	const char *file;   /* main configuration file, absolute path */
	const char *source; /* that file, or the file of a copy that was read */
	/* The directories of all its files, ending in NULL. */
	const char *const *read_paths;
	const char *name, *display, *contact;
	const char *node_id;
	const char *backchannel_ca_file; /* PEM file for back-channel requests
	                      to services; NULL: system CA bundle */
	const char *login_url;           /* without a trailing slash */
	const char *login_host;          /* in the form of a Host header */
	char **languages;
	char **notify_command; /* program and arguments; empty: none */
	const char *runtime_directory, *state_directory,
	    *credentials_directory; /* absolute paths */
	struct {
		const char *uri, *base, *tls_ca_file;
		const char *reader_dn, *reader_secret;
		const char *writer_dn, *writer_secret;
		const char *admin_dn, *admin_secret;
		const char *feide_dn, *feide_secret; /* or NULL */
		int64_t max_staleness;               /* seconds */
	} catalogue;
	struct {
		const char *url; /* unix:/path */
		int64_t idle_timeout, max_lifetime;
		const char *user;   /* ACL user, default "portvakt" */
		const char *secret; /* name of a credential, or NULL */
	} session_store;
	int max_access_change; /* per cent, see policy_effects.h */
	int64_t delete_after;
	int64_t hold_released_names; /* seconds; 0: not held */
	int64_t remember_ids;        /* seconds; 0: not remembered */
	/* Per attribute: directory names by falling precedence,
	 * NULL-terminated; or NULL. */
	char **precedence[2];
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
	const struct service_group *service_groups;
	size_t service_group_count;
	const struct maintenance *maintenance;
	size_t maintenance_count;
	/* The region's own plugins, run by plugin-host@region. */
	const struct plugin_conf *plugins;
	size_t plugin_count;
};

/* Where a configuration is read. A copy has all files below root, under their
 * own paths, which all errors and locations have. */
struct config_place {
	const char *source; /* the main file, or the file of a copy */
	const char *root;   /* NULL: no copy */
	const char *file;   /* own path of the main file */
	const char *hash;   /* of the copy, or NULL: not checked */
	bool fill;          /* put files that it names into the copy */
	bool rules_only;    /* no credentials and referenced files */
};

/* Reads the file of a copy. Returns false if path is no such file. */
bool config_place_read(struct arena *a, const char *path,
                       struct config_place *ret) must_check;
/* Returns the content of the file of a copy: a copy NAME.files beside it. */
char *config_copy_text(struct arena *a, const char *main_file,
                       const char *hash);
/* Returns path without root, which may be NULL. */
const char *config_own_path(const char *root, const char *path);

/* The files of a configuration. */
struct config_files {
	struct conf_files all;
	VECTOR(const char *) municipalities; /* of municipality-files */
};

/* Parses the file, those that it includes, and those of municipality-files into
 * *ret_top, owned by a. Returns false if this call added errors. files has the
 * root of a copy, or none, and receives what was read. */
bool config_parse_files(struct arena *a, struct config_files *files,
                        const char *main_file, struct conf_block *ret_top,
                        struct conf_errors *errors) must_check;

/* As config_load(), from that place. */
struct config *config_load_place(struct arena *a,
                                 const struct config_place *place,
                                 struct conf_errors *ret_errors);

/* Reads and checks the file, its includes and its municipality-files, or a copy
 * of them by its file.  Returns
 * a configuration with one reference; it is freed when config_unref() has been
 * called once for each config_load() and config_ref().  On error returns NULL,
 * and ret_errors, allocated in a, lists all errors with file, line and column.
 */
struct config *config_load(struct arena *a, const char *file,
                           struct conf_errors *ret_errors);
/* As config_load(), but does not check that credentials and referenced files
 * exist: for tests of policies on another machine. */
struct config *config_load_rules(struct arena *a, const char *file,
                                 struct conf_errors *ret_errors);
void config_ref(struct config *cfg);
void config_unref(struct config *cfg);

/* The configurations of this process.  One is active; config_open() loads a
 * file and activates it. config_prepare() loads a new one beside the active
 * one; config_activate() activates it if its hash is equal, and returns an
 * error otherwise. config_current() returns the active one; config_by_hash()
 * returns the active, previous or prepared one whose hash starts with these 16
 * digits, or NULL. Both return a new reference, which the caller releases. */
bool config_open(const char *file, struct error *err) must_check;
bool config_prepare(const char *file, struct error *err) must_check;
bool config_activate(const char *hash, struct error *err) must_check;
struct config *config_current(void);
struct config *config_by_hash(const char *short_hash);

/* Lookups by name.  Each returns a pointer into cfg, or NULL if there is no
 * match. */
const struct issuer *config_issuer(const struct config *cfg, const char *name);
const struct issuer *config_issuer_by_host(const struct config *cfg,
                                           const char *host);
const struct directory_conf *config_directory(const struct config *cfg,
                                              const char *name);
/* Returns the configured mapping of a field, or NULL. */
const struct attribute_mapping *config_mapping(const struct directory_conf *d,
                                               const char *field);
/* Returns the name of the attribute with the national identity number; NULL if
 * this directory has none.  No other field is read from it. */
const char *config_national_id_attribute(const struct directory_conf *d);
const struct municipality *config_municipality(const struct config *cfg,
                                               const char *name);
const struct municipality *config_municipality_by_domain(
    const struct config *cfg, const char *domain);
/* Returns true once the municipality's offboarding date has been reached. */
bool municipality_is_offboarded(const struct municipality *m, int64_t now);
const struct service *config_service(const struct config *cfg,
                                     const char *name);
const struct service *config_service_by_client_id(const struct config *cfg,
                                                  const struct issuer *i,
                                                  const char *client_id);
const struct network *config_network(const struct config *cfg,
                                     const char *name);
/* Returns the network that a rule of the municipality names: its own, or the
 * region's; of the region if m is NULL. */
const struct network *config_network_for(const struct config *cfg,
                                         const struct municipality *m,
                                         const char *name);
/* Returns the group of the region or of the municipality, which may be NULL. */
const struct service_group *config_service_group(const struct config *cfg,
                                                 const struct municipality *m,
                                                 const char *name);
/* Returns whether the region or a municipality lists a plugin. */
bool config_has_plugins(const struct config *cfg);
/* Returns whether the region offers the service to the municipality. */
bool service_is_offered_to(const struct service *s, const char *municipality);
/* Returns whether people { } or a role { } of the municipality has this role;
 * the names of all of them, NULL-terminated, allocated in a. */
bool config_municipality_has_role(const struct municipality *m,
                                  const char *name);
const char *const *config_municipality_roles(struct arena *a,
                                             const struct municipality *m);
/* Returns the role that operators grant, or NULL. */
const struct role_conf *config_granted_role(const struct municipality *m,
                                            const char *name);

/* Reads the credential with this name; the value is allocated in a. */
bool config_read_secret(const struct config *cfg, struct arena *a,
                        const char *name, char **ret_secret,
                        struct error *err) must_check;

#endif
