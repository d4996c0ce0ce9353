# SPDX-License-Identifier: AGPL-3.0-or-later
# Portvakt: one Makefile, which calls itself only for the sanitized build.
#
#   make            every program, into build/
#   make demo       a whole region on this machine, until Ctrl-C
#   make check      every test; ends with how many passed
#   make help       the rest

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

VERSION := 0.1.0~dev

B   ?= build
CC  := gcc
AWK := mawk
PKG := libmicrohttpd libxml-2.0 xmlsec1-openssl cjose liboauth2 jansson openssl \
       hiredis sqlite3 zlib libseccomp libcap-ng libcurl libidn2 ldap

# ---- the programs and their rooms -------------------------------------------
# A room is a folder; its main.c is the program's. A process that must not do
# something is linked without the room that does it.

PROGRAMS := portvakt-idp portvakt-web portvakt-signer portvakt-ldap-auth \
            portvakt-plugin-host portvakt-audit portvakt-revocation \
            portvakt-admin portvakt-slapd-sock portvakt-sync \
            portvakt-connector portvakt-provisioner portvakt-feide portvaktctl

portvakt-idp_rooms         := idp
portvakt-web_rooms         := idp/web idp/http idp/page idp/session idp/logout \
                              idp/login idp/saml idp/oidc idp/oauth idp/jose \
                              idp/portal
portvakt-signer_rooms      := idp/signer
portvakt-ldap-auth_rooms   := idp/ldap_auth
portvakt-plugin-host_rooms := idp/plugin_host
portvakt-audit_rooms       := idp/audit
portvakt-revocation_rooms  := idp/revocation
portvakt-admin_rooms       := idp/admin idp/admin/offboard idp/admin/reload idp/admin/command
portvakt-slapd-sock_rooms  := idp/slapd_sock
portvakt-sync_rooms        := sync
portvakt-connector_rooms   := sync/connector
portvakt-provisioner_rooms := sync/engine $(addprefix sync/engine/,state \
                              catalogue source target correlation guard \
                              groups feide provision report)
portvakt-feide_rooms       := sync/feide
portvaktctl_rooms          := ctl

# Conditions that ship with Portvakt run inside the process that evaluates.
BUILT_IN_CONDITIONS := network hours weekday date validity position role unit \
    second-factor
# Plugins of municipalities, each a shared object for its plugin host.
PLUGINS := $(patsubst plugins/%.c,%,$(filter-out \
             $(BUILT_IN_CONDITIONS:%=plugins/%.c),$(wildcard plugins/*.c)))

# ---- flags -------------------------------------------------------------------

WARN := -Wall -Wextra -Wformat=2 -Wconversion -Wsign-conversion -Wshadow \
        -Wimplicit-fallthrough -Wtrampolines -Wbidi-chars=any -Wvla \
        -Wstrict-prototypes -Wmissing-prototypes -Wredundant-decls \
        -Wundef -Wpointer-arith -Wwrite-strings -Werror
HARD := -fstack-protector-strong -fstack-clash-protection \
        -fcf-protection=full -ftrivial-auto-var-init=zero \
        -fzero-call-used-regs=used-gpr -fno-delete-null-pointer-checks \
        -fno-strict-overflow -fno-strict-aliasing
LINK := -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,--gc-sections

ifdef SAN
OPT := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
       -fno-omit-frame-pointer -DPORTVAKT_TESTING
else
OPT := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 $(HARD)
endif

CPPFLAGS += -I. -I$(B)/gen -D_GNU_SOURCE
ALLFLAGS  = -std=gnu17 $(OPT) $(WARN) -ffunction-sections -fdata-sections \
            -MMD -MP -ffile-prefix-map=$(CURDIR)=. $(CPPFLAGS)
LIBS      = $(shell pkg-config --libs $(PKG)) -llber -lpthread -ldl

# Only the doors see a foreign library's headers; -isystem keeps their
# warnings out of ours.
FOREIGN  := $(shell pkg-config --cflags $(PKG) 2>/dev/null | \
              sed 's/-I\//-isystem \//g')

# ---- build rules -------------------------------------------------------------

sources = $(filter-out %/main.c,$(wildcard $(1)/*.c))
objects = $(patsubst %.c,$(B)/%.o,$(1))

LIB_O    := $(call objects,$(wildcard lib/*.c lib/*/*.c))
REGION_O := $(call objects,$(wildcard region/*/*.c) \
              $(wildcard $(BUILT_IN_CONDITIONS:%=plugins/%.c)))
ROOMS    := $(sort $(foreach p,$(PROGRAMS),$($(p)_rooms)))
ROOM_O   := $(foreach r,$(ROOMS),$(call objects,$(call sources,$(r))))
GEN_O    := $(B)/gen/messages.o $(B)/gen/pages.o $(B)/gen/assets.o
IPC_O    := $(B)/gen/ipc_messages.o

EXES  := $(PROGRAMS:%=$(B)/%)
SHARED := $(PLUGINS:%=$(B)/plugins/%.so)
# Each municipality has a folder of its own; Tinn's of the demo has one plugin.
DEMO_SHARED := $(B)/plugins/tinn/consent.so $(B)/plugins/region/.folder

all: $(EXES) $(SHARED) $(DEMO_SHARED) man

$(B)/lib.a: $(LIB_O)
$(B)/region.a: $(REGION_O) $(IPC_O)
$(B)/rooms.a: $(ROOM_O) $(GEN_O)
$(B)/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	@ar rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(ALLFLAGS) -fPIE $(FOREIGN) -c -o $@ $<

$(B)/gen/%.o: $(B)/gen/%.c
	@echo "  CC    $<"
	@$(CC) $(ALLFLAGS) -fPIE -c -o $@ $<

define program
$(B)/$(1): $(call objects,$(foreach r,$($(1)_rooms),$(call sources,$(r)))) \
    $(B)/$(firstword $($(1)_rooms))/main.o \
    $(if $(findstring idp/page,$($(1)_rooms)),$(GEN_O)) \
    $(B)/region.a $(B)/lib.a
	@echo "  LD    $$@"
	@$(CC) $(OPT) -pie $(LINK) -o $$@ $$^ $$(LIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

# A plugin includes only the contract header.
$(B)/plugins/%.so: plugins/%.c plugins/portvakt-plugin.h
	@mkdir -p $(@D)
	@echo "  SO    $<"
	@$(CC) -std=gnu17 $(filter-out -fsanitize=% -fno-sanitize%,$(OPT)) $(WARN) \
	    -I. -fPIC -shared $(LINK) -o $@ $<

$(B)/plugins/tinn/%.so: $(B)/plugins/%.so
	@install -D -m 644 $< $@
$(B)/plugins/region/.folder:
	@install -D -m 644 /dev/null $@

# The two files that contain the version.
$(B)/ctl/main.o $(B)/lib/process/daemon.o: \
    CPPFLAGS += -DPORTVAKT_VERSION='"$(VERSION)"'

# ---- generated: messages between processes ----------------------------------------

$(B)/gen/ipc_messages.c $(B)/gen/ipc_messages.h &: region/ipc/make-ipc-messages.awk \
    region/ipc/ipc_messages.def
	@mkdir -p $(B)/gen
	@echo "  GEN   ipc_messages"
	@LC_ALL=C $(AWK) -v dir=$(B)/gen -f $< region/ipc/ipc_messages.def

# Everything above lib may include it.
$(REGION_O) $(IPC_O) $(ROOM_O) $(ROOMS:%=$(B)/%/main.o) \
    $(call objects,$(wildcard tests/fuzz/*.c) $(shell find tests/unit -name '*.c')): \
    | $(B)/gen/ipc_messages.h

# ---- generated: messages in three languages, pages, assets -----------------------

PAGE := idp/page

$(B)/gen/messages.c $(B)/gen/messages.h &: $(PAGE)/make-messages.awk \
    $(wildcard $(PAGE)/messages/*.po)
	@mkdir -p $(B)/gen
	@echo "  GEN   messages"
	@LC_ALL=C $(AWK) -v dir=$(B)/gen -f $< $(PAGE)/messages/nb.po \
	    $(PAGE)/messages/nn.po $(PAGE)/messages/en.po

$(B)/gen/pages.c $(B)/gen/pages.h &: $(PAGE)/make-pages.awk \
    $(wildcard $(PAGE)/templates/*.html) $(B)/gen/messages.h
	@mkdir -p $(B)/gen
	@echo "  GEN   pages"
	@LC_ALL=C $(AWK) -v dir=$(B)/gen -f $< $(sort $(wildcard $(PAGE)/templates/*.html))

$(B)/gen/assets.c: $(PAGE)/make-assets.sh $(wildcard $(PAGE)/*.css $(PAGE)/designsystemet/* $(PAGE)/icons/*)
	@mkdir -p $(B)/gen
	@echo "  GEN   assets"
	@$(PAGE)/make-assets.sh > $@

# Everything that includes a generated header depends on it.
$(call objects,$(foreach r,$(filter idp/%,$(ROOMS)),$(call sources,$(r))) \
    $(wildcard tests/unit/idp/*/*.c tests/unit/idp/*/*/*.c)) $(GEN_O): | $(B)/gen/messages.h $(B)/gen/pages.h

man: $(B)/man/portvakt.conf.5 $(B)/man/portvakt-log.7
$(B)/man/portvakt.conf.5: docs/man/portvakt.conf.5.in docs/man/reasons.awk \
    region/config/reasons.def $(PAGE)/messages/en.po $(B)/portvaktctl
	@mkdir -p $(@D)
	@awk '/^@KEYWORDS@$$/ { while ((w | getline l) > 0) print l; next } \
	    /^@REASONS@$$/ { while ((r | getline l) > 0) print l; next } { print }' \
	    w="$(B)/portvaktctl config keywords --mdoc" \
	    r="awk -f docs/man/reasons.awk $(PAGE)/messages/en.po region/config/reasons.def" $< > $@

$(B)/man/portvakt-log.7: docs/man/portvakt-log.7.in docs/man/log-events.awk \
    lib/log_events.def
	@mkdir -p $(@D)
	@awk '/^@EVENTS@$$/ { while ((e | getline l) > 0) print l; next } { print }' \
	    e="awk -f docs/man/log-events.awk lib/log_events.def" $< > $@

# ---- tests ----------------------------------------------------------------------

UNIT   := $(sort $(shell find tests/unit -name '*_test.c' 2>/dev/null))
UNIT_X := $(patsubst tests/unit/%_test.c,$(B)/unit/%_test,$(UNIT))

$(B)/unit/%_test: $(B)/tests/unit/%_test.o $(B)/rooms.a $(B)/region.a $(B)/lib.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $(OPT) -pie $(LINK) -o $@ $< $(B)/rooms.a $(B)/region.a \
	    $(B)/lib.a $(LIBS) -lcmocka

units: $(UNIT_X)

asan:
	@$(MAKE) --no-print-directory B=build/asan SAN=1 all units

# These tests need thousands of runs and not the sanitizers.
histories: $(B)/unit/sync/engine/history_test \
    $(B)/unit/sync/engine/simulation_test

check: packages-if-missing
	@$(MAKE) --no-print-directory -j$(shell nproc) all histories
	@$(MAKE) --no-print-directory -j$(shell nproc) asan
	@tests/check

unit: ; @$(MAKE) --no-print-directory -j$(shell nproc) asan && tests/check unit
floors: ; @tests/floors.sh
prose: all ; @tests/prose/check
story: all ; @tests/check story
long: packages-if-missing all histories ; @tests/long
bench: packages-if-missing all ; @tests/kit/with-users tests/bench/run && tests/bench/storm
measure: ; @tests/measure
fuzz: ; @tests/fuzz/run

format: ; @git ls-files '*.c' '*.h' | xargs clang-format -i
format-check: ; @git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror

# ---- the demo -------------------------------------------------------------------

demo: demo-packages
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	@tests/demo/demo run
demo-start: demo-packages
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	@tests/demo/demo start
demo-stop: ; @tests/demo/demo stop

# The two pictures of README.md, from a demo of their own.
pictures: packages-if-missing
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	@tests/demo/pictures.mjs

# Only this needs root and the network.
packages: ; @tests/packages check
packages-if-missing: ; @tests/packages --if-missing check
demo-packages: ; @tests/packages --if-missing demo

# ---- the rest -------------------------------------------------------------------

PREFIX ?= /usr
TO = $(DESTDIR)$(PREFIX)
UNITS ?= $(PREFIX)/lib/systemd/system
install: all
	install -d $(addprefix $(TO)/,sbin libexec/portvakt lib/portvakt/plugins/region \
	    include/portvakt/plugins share/doc/portvakt/plugins share/doc/portvakt/policies \
	    share/man/man3 share/man/man5 share/man/man7 share/man/man8 \
	    lib/sysusers.d lib/tmpfiles.d share/portvakt) $(DESTDIR)$(UNITS)
	install -m 755 $(filter-out %/portvaktctl %/portvakt-idp %/portvakt-sync,$(EXES)) \
	    $(TO)/libexec/portvakt
	install -m 755 $(B)/portvakt-idp $(B)/portvakt-sync $(B)/portvaktctl $(TO)/sbin
	install -m 755 $(wildcard deploy/portvakt-*) $(TO)/libexec/portvakt
	install -m 644 deploy/steps.sh $(TO)/share/portvakt
	install -m 644 $(SHARED) $(TO)/lib/portvakt/plugins
	install -m 644 plugins/portvakt-plugin.h $(TO)/include/portvakt/plugins
	install -m 644 SECURITY.md docs/INSTALL.md docs/OFFBOARDING.md docs/OPERATING.md docs/PLUGINS.md docs/POLICIES.md docs/RUNBOOK.md \
	    $(TO)/share/doc/portvakt
	install -m 644 tests/policies/* $(TO)/share/doc/portvakt/policies
	install -m 644 $(PLUGINS:%=plugins/%.c) $(TO)/share/doc/portvakt/plugins
	install -m 644 docs/man/*.3 $(TO)/share/man/man3
	install -m 644 $(B)/man/portvakt.conf.5 $(TO)/share/man/man5
	install -m 644 $(B)/man/portvakt-log.7 $(TO)/share/man/man7
	install -m 644 docs/man/*.8 $(TO)/share/man/man8
	install -m 644 deploy/systemd/*.* $(DESTDIR)$(UNITS)
	install -m 644 deploy/sysusers.d/*.conf $(TO)/lib/sysusers.d
	install -m 644 deploy/tmpfiles.d/portvakt.conf $(TO)/lib/tmpfiles.d
	cp -R deploy/example deploy/ldap deploy/redis deploy/haproxy deploy/prometheus \
	    deploy/grafana policies $(TO)/share/portvakt

# Debian packages, into build/deb.
deb:
	@tests/packages --if-missing deb
	@deploy/build-packages

clean: ; rm -rf $(filter-out build/npm,$(wildcard build/*))

help:
	@echo 'make          every program, into build/'
	@echo 'make demo     a whole region on this machine, until Ctrl-C'
	@echo 'make demo-start, make demo-stop   the same in the background'
	@echo 'make pictures the two pictures of README.md'
	@echo 'make check    every test: units, floors, prose, stories, faults'
	@echo 'make unit | floors | prose | story   a part of it'
	@echo 'make long     what does not fit into twenty minutes'
	@echo 'make bench    what things cost, as ratios'
	@echo 'make measure  how the code compares with its models'
	@echo 'make format   clang-format, in place'
	@echo 'make packages Debian and npm packages (root, network)'
	@echo 'make install  DESTDIR= PREFIX='
	@echo 'make deb      Debian packages, into build/deb'

.PHONY: all man units asan check unit floors prose story long bench measure \
    fuzz format format-check demo demo-start demo-stop pictures packages \
    packages-if-missing demo-packages install deb clean help

-include $(patsubst %.o,%.d,$(LIB_O) $(REGION_O) $(IPC_O) $(ROOM_O) $(GEN_O) \
    $(ROOMS:%=$(B)/%/main.o) $(UNIT:%.c=$(B)/%.o))
