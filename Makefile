# Vitrine.  One platform (Linux), one Makefile, no configure step.  `make help` lists all.
#
# Rooms are listed from the lowest to the highest: a room includes those before it, never
# those behind it (`make tidy` checks).  Within a room NAME.c is product code, test_NAME.c
# a test program, fuzz_NAME.c a fuzz target with its corpus in ROOM/corpus/NAME/.

ifneq ($(words $(CURDIR)),1)
$(error the path '$(CURDIR)' holds a space: make cannot work there, move the tree)
endif

ROOMS := base wire crypto store role http ledger evidence line release custody cell centre
VERSION := $(shell cat VERSION)

CC := gcc
OBJCOPY := objcopy
OBJDUMP := objdump
SAN :=
OPT := -O2
DEBUG := -g
PREFIX := /usr/local
DESTDIR :=

comma := ,
OUT := build$(if $(filter clang,$(CC)),/clang)$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))

WARN := -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow -Wvla \
        -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual \
        -Wwrite-strings -Wundef
# The sanitizers' own branches confuse gcc's flow analysis; the plain build keeps it honest.
WARN += $(if $(SAN),$(if $(filter gcc,$(CC)),-Wno-format-truncation -Wno-maybe-uninitialized))
HARDEN := -fstack-protector-strong $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fPIC
# The paths of the tree and of the build folder stay out of the bytes: Vitrine is a
# product of its own line and must come out equal everywhere.
REPRO := -ffile-prefix-map=$(CURDIR)=.
CFLAGS := -std=c17 -D_GNU_SOURCE -DVT_VERSION='"$(VERSION)"' $(OPT) $(DEBUG) $(WARN) $(HARDEN) \
          $(REPRO) $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
          -fno-omit-frame-pointer -DVT_SANITIZED) -I.
LDFLAGS := -Wl,-z,relro,-z,now,--as-needed $(if $(SAN),-fsanitize=$(SAN))
LIBS := -lsodium -lcrypto -ljansson -lseccomp -lsqlite3 -lpcre2-8 -lm -lz
VERIFY_LIBS := -lcrypto -lsodium -ljansson
# 260 programs are linked for the tests: by the quicker linker, where there is one.
GOLD := $(if $(shell command -v ld.gold),-fuse-ld=gold)
TEST_LIBS := $(LIBS) -larchive $(GOLD)
# Those that break the disk start thousands of processes: what maps few libraries starts and
# forks at a third of the cost.
STAGE_LIBS := -no-pie -Wl,-Bstatic $(filter-out -lm,$(LIBS)) -Wl,-Bdynamic -lm -larchive $(GOLD)

product = $(filter-out $(1)/test_%.c $(1)/fuzz_%.c,$(wildcard $(1)/*.c))
LIB_SRC := $(foreach room,$(ROOMS),$(call product,$(room)))
CLI_SRC := $(call product,cli)
# Tests that break the disk are called test_crash*.c; they and the programs that they start
# live in $(OUT)/stage/, where store/gate.c has given way to tests/gate.c.
STAGE_SRC := $(wildcard $(addsuffix /test_crash*.c,$(ROOMS) cli tests) tests/test_stage.c)
TEST_SRC := $(filter-out $(STAGE_SRC),$(wildcard $(addsuffix /test_*.c,$(ROOMS) cli tests)))
FUZZ_SRC := $(wildcard $(addsuffix /fuzz_*.c,$(ROOMS)))
BENCH_SRC := $(wildcard bench/bench_*.c)
STAGE_HARNESS_SRC := tests/gate.c tests/stage.c tests/disk_model.c tests/disk_content.c tests/stage_program.c
HARNESS_SRC := $(filter-out tests/test_%.c tests/stage_roles.c $(STAGE_HARNESS_SRC),$(wildcard tests/*.c))

obj = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
TESTS := $(addprefix $(OUT)/,$(basename $(subst /,.,$(TEST_SRC))))
STAGE_TESTS := $(addprefix $(OUT)/stage/,$(basename $(subst /,.,$(STAGE_SRC))))
REPLAYS := $(addprefix $(OUT)/,$(basename $(subst /,.,$(FUZZ_SRC))))
BENCHES := $(addprefix $(OUT)/,$(notdir $(basename $(BENCH_SRC))))

# V=1 shows the whole commands; a line each otherwise, none with make -s.
Q := $(if $(V),,@)
say = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),@:,@echo '  $(1)  $(2)')

.DEFAULT_GOAL := all
.PHONY: all help centre-web deps check-deps check soak soak-cell soak-relocate soak-centre demo demo-programs bench fuzz tidy format install clean binaries
.SECONDARY:
.DELETE_ON_ERROR:

all: $(OUT)/vitrine $(OUT)/libvitrine-verify.so.0 $(OUT)/libvitrine-verify.a \
    $(if $(wildcard tools/conform.c),$(OUT)/conform)

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)
#: make                       build everything into build/
#: make deps                  install compiler and libraries that the build needs
#: make centre-web            build the Centre's pages into build/web (npm)
#: make check                 install what tests need, build, run all tests
#: make check SAN=address,undefined    the same under the sanitizers
#: make check CC=clang        the same with the other compiler
#: make check T=ledger        only the test programs whose name holds "ledger"
#: make soak FOR=600s [RATE=20000] [KILL=20]  a served ledger, and files that are shared, under load and kill -9
#: make soak-cell FOR=600s     a cell that scans, whose processes are killed at random
#: make soak-centre [N=500] [FOR=30s]  so many reviewers read in a Centre at once, each with a passkey
#: make soak-relocate [N=100000] [BYTES=5e9] [KILLS=10]  files move between two cells under load and kill -9
#: make demo [KEEP=1]         the whole main job and nine attacks, told as a story
#: make bench [B=NAME]        measurements against named peers, one JSON object a line
#: make fuzz T=NAME FOR=60s   fuzz one parser (clang)
#: make tidy                  format, banned calls, include order, orphan files, headers
#: make install DESTDIR=...   program, library, header, manual pages, completion

# ---- objects ---------------------------------------------------------------------------

OBJ_FOLDERS := $(addprefix $(OUT)/obj/,$(ROOMS) cli tests bench tools)
$(OBJ_FOLDERS):
	@mkdir -p $@

$(OUT)/obj/%.o: %.c VERSION | $(OBJ_FOLDERS)
	$(call say,cc,$<)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

# Tests run once: half an optimisation compiles them in half the time.
$(call obj,$(TEST_SRC) $(STAGE_SRC) $(HARNESS_SRC)): CFLAGS += -O1

# Libraries that are opened when they are first wanted (base/dynlib.h): by the soname of
# those that we compile against.
soname = $(shell $(OBJDUMP) -p "$$($(CC) -print-file-name=$(1).so)" | awk '/SONAME/ { print $$2 }')
define library_rule
$(OUT)/obj/$(1).o: CFLAGS += -DVT_SONAME='"$$(or $$(call soname,$(notdir $(1))),$$(error no $(notdir $(1)).so: run make deps))"'
endef
LIBRARIES := cell/libclamav crypto/libfido2 http/libcurl http/libmicrohttpd line/libarchive line/libgit2 line/libyara
$(foreach library,$(LIBRARIES),$(eval $(call library_rule,$(library))))

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)

$(OUT)/libvitrine.a: $(call obj,$(LIB_SRC))
	@rm -f $@
	$(call say,ar,$@)
	$(Q)$(AR) rcsD $@ $^

$(OUT)/vitrine: $(call obj,$(CLI_SRC)) $(OUT)/libvitrine.a
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# The same program with the gate of the crash tests in place of store/gate.c, and a small one
# with the roles that crash tests start.  Never installed.
$(OUT)/stage/vitrine-roles: $(call obj,tests/stage_roles.c tests/gate.c) $(OUT)/libvitrine.a
	@mkdir -p $(@D)
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(STAGE_LIBS)

$(OUT)/stage/vitrine: $(call obj,$(CLI_SRC) tests/gate.c) $(OUT)/libvitrine.a
	@mkdir -p $(@D)
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(STAGE_LIBS)

$(OUT)/conform: $(OUT)/obj/tools/conform.o $(OUT)/libvitrine.a
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(OUT)/forge: $(OUT)/obj/tools/forge.o $(OUT)/libvitrine.a
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# ---- the library for other people's updaters: nothing but what a verdict needs -----------

# Nothing of theirs may end the process: base/memory.c and base/assert.c are not among them,
# and the linker is told to miss nothing.
VERIFY_SRC := $(addprefix base/,error.c bytes.c time.c) \
    $(filter-out wire/bech32.c wire/binary_http.c,$(call product,wire)) \
    $(wildcard crypto/sha256.c crypto/ed25519.c crypto/keyid.c crypto/verify_*.c) \
    $(addprefix ledger/,tree_verify.c checkpoint.c tlog_proof.c policy.c) \
    $(filter-out evidence/paper.c evidence/sign.c evidence/trust_store.c,$(call product,evidence))

$(OUT)/libvitrine-verify.so.0: $(call obj,$(VERIFY_SRC)) evidence/libvitrine-verify.map
	$(call say,ld,$@)
	$(Q)$(CC) -shared $(LDFLAGS) -Wl,-soname,libvitrine-verify.so.0 \
	    -Wl,--version-script=evidence/libvitrine-verify.map $(if $(SAN),,-Wl$(comma)-z$(comma)defs) \
	    -o $@ $(filter %.o,$^) $(VERIFY_LIBS)

# One object whose inner names are its own: they cannot meet the host program's.
$(OUT)/libvitrine-verify.a: $(call obj,$(VERIFY_SRC))
	@rm -f $@
	$(call say,ar,$@)
	$(Q)$(LD) -r -o $(OUT)/obj/verify.o $^
	$(Q)$(OBJCOPY) -w --keep-global-symbol='vitrine_*' $(OUT)/obj/verify.o
	$(Q)$(AR) rcsD $@ $(OUT)/obj/verify.o

# ---- tests -----------------------------------------------------------------------------

$(OUT)/harness.a: $(call obj,$(HARNESS_SRC))
	@rm -f $@
	$(call say,ar,$@)
	$(Q)$(AR) rcsD $@ $^

# build/ROOM.test_NAME from ROOM/test_NAME.c; likewise fuzz targets, as corpus replayers.
define test_rule
$(OUT)/$(basename $(subst /,.,$(1))): $(call obj,$(1)) $(OUT)/harness.a $(OUT)/libvitrine.a
	$$(call say,ld,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(TEST_LIBS)
endef
$(foreach source,$(TEST_SRC),$(eval $(call test_rule,$(source))))
# Tests of cli/ run the command; this one looks at what has no command of its own.
$(OUT)/cli.test_progress: $(call obj,cli/progress.c)

define stage_rule
$(OUT)/stage/$(basename $(subst /,.,$(1))): $(call obj,$(1) \
	$(STAGE_HARNESS_SRC)) $(OUT)/harness.a $(OUT)/libvitrine.a $(OUT)/stage/vitrine $(OUT)/stage/vitrine-roles
	$$(call say,ld,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$(filter-out %/vitrine %/vitrine-roles,$$^) $$(STAGE_LIBS)
endef
$(foreach source,$(STAGE_SRC),$(eval $(call stage_rule,$(source))))

define replay_rule
$(OUT)/$(basename $(subst /,.,$(1))): $(call obj,$(1) tools/replay.c) $(OUT)/libvitrine.a
	$$(call say,ld,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(TEST_LIBS)
endef
$(foreach source,$(FUZZ_SRC),$(eval $(call replay_rule,$(source))))

deps:
	@tools/need.sh build $(if $(filter clang,$(CC)),clang)

check-deps: deps
	@tools/need.sh check $(if $(SAN),san)
	@tests/interop/peers.sh build/interop
	@! command -v npm >/dev/null || tools/need.sh pages
	@tools/centre-web.sh --if-possible

binaries: all $(OUT)/forge $(OUT)/stage/vitrine $(TESTS) $(STAGE_TESTS) $(REPLAYS)

check: check-deps
	@$(MAKE) --no-print-directory binaries
	@tools/run-tests.sh $(OUT) "$(T)"

soak: deps
	@tools/need.sh check
	@$(MAKE) --no-print-directory $(OUT)/vitrine $(OUT)/tests.test_soak $(OUT)/tests.test_strangers \
	    $(OUT)/tests.test_soak_samples $(OUT)/tests.test_soak_cell
	@VT_SOAK_SECONDS=$(patsubst %s,%,$(or $(FOR),60s)) $(OUT)/tests.test_soak_samples
	@VT_SOAK_SECONDS=$(patsubst %s,%,$(or $(FOR),60s)) $(OUT)/tests.test_soak_cell
	@VT_STRANGERS=10000 $(OUT)/tests.test_strangers
	@VT_SOAK_SECONDS=$(patsubst %s,%,$(or $(FOR),600s)) VT_SOAK_KILL=$(or $(KILL),20) \
	    VT_SOAK_RATE=$(or $(RATE),20000) $(OUT)/tests.test_soak

# The part about cells alone.
soak-cell: deps
	@tools/need.sh check
	@$(MAKE) --no-print-directory $(OUT)/vitrine $(OUT)/tests.test_soak_samples $(OUT)/tests.test_soak_cell
	@VT_SOAK_SECONDS=$(patsubst %s,%,$(or $(FOR),60s)) $(OUT)/tests.test_soak_samples
	@VT_SOAK_SECONDS=$(patsubst %s,%,$(or $(FOR),60s)) $(OUT)/tests.test_soak_cell

# Reviewers who read in a Centre at once.
soak-centre: deps
	@tools/need.sh check
	@$(MAKE) --no-print-directory $(OUT)/vitrine $(OUT)/tests.test_soak_reviewers
	@VT_SOAK_SECONDS=$(patsubst %s,%,$(or $(FOR),30s)) VT_CROWD=$(or $(N),500) $(OUT)/tests.test_soak_reviewers

# Files that move from one cell to another, both in service.
soak-relocate: deps
	@tools/need.sh check
	@$(MAKE) --no-print-directory $(OUT)/vitrine $(OUT)/tests.test_soak_relocate
	@VT_RELOCATE_FILES=$$(printf %.0f $(or $(N),100000)) VT_RELOCATE_BYTES=$$(printf %.0f $(or $(BYTES),5e9)) \
	    VT_RELOCATE_KILLS=$(or $(KILLS),10) $(OUT)/tests.test_soak_relocate

# ---- the Centre's pages ----------------------------------------------------------------

centre-web:
	@tools/centre-web.sh

# ---- demo, bench, fuzz -----------------------------------------------------------------

demo-programs: all $(OUT)/forge
	@:

demo: deps
	@tools/need.sh demo
	@$(MAKE) --no-print-directory demo-programs
	@tools/centre-web.sh --if-possible
	@tools/demo.sh $(OUT) "$(KEEP)"

# The world of the tests makes the evidence that is measured.
$(OUT)/bench_%: $(OUT)/obj/bench/bench_%.o \
	$(call obj,bench/bench.c bench/load.c bench/serving.c bench/world.c tests/world.c tests/known.c tests/small_log.c) $(OUT)/libvitrine.a
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)
$(OUT)/bench_custody: $(call obj,tests/custody_world.c)
$(OUT)/bench_relocate: $(call obj,tests/custody_world.c tests/moving.c)
$(OUT)/bench_ledger: $(call obj,bench/ledger_engine.c bench/ledger_grown.c bench/ledger_witness.c)

bench: all $(BENCHES)
	@tools/bench.sh $(OUT) "$(B)"

fuzz:
	@tools/need.sh check san >&2
	@tools/fuzz.sh "$(T)" "$(or $(FOR),60s)"

tidy:
	@tools/need.sh check >&2
	@tools/tidy.sh

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

install: all
	install -D -m 755 $(OUT)/vitrine $(DESTDIR)$(PREFIX)/bin/vitrine
	install -D -m 755 $(OUT)/libvitrine-verify.so.0 \
	    $(DESTDIR)$(PREFIX)/lib/libvitrine-verify.so.0
	ln -sf libvitrine-verify.so.0 $(DESTDIR)$(PREFIX)/lib/libvitrine-verify.so
	install -D -m 644 $(OUT)/libvitrine-verify.a $(DESTDIR)$(PREFIX)/lib/libvitrine-verify.a
	install -D -m 644 include/vitrine/verify.h $(DESTDIR)$(PREFIX)/include/vitrine/verify.h
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	if [ -e build/web/index.html ]; then \
	    install -d $(DESTDIR)$(PREFIX)/share/vitrine/centre/assets && \
	    install -m 644 build/web/*.* $(DESTDIR)$(PREFIX)/share/vitrine/centre/ && \
	    install -m 644 build/web/assets/* $(DESTDIR)$(PREFIX)/share/vitrine/centre/assets/; fi
	sed 's|@PREFIX@|$(PREFIX)|;s|@VERSION@|$(VERSION)|' evidence/libvitrine-verify.pc.in \
	    >$(DESTDIR)$(PREFIX)/lib/pkgconfig/libvitrine-verify.pc
	install -D -m 644 tools/completion.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/vitrine
	for page in $(wildcard man/*.[1-8]); do \
	    install -D -m 644 $$page \
	        $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; done

clean:
	rm -rf build
