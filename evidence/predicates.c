/* The predicates of Vitrine's statements, as tables.  evidence/DESIGN.md says in words what
 * each field means. */
#include "evidence/statement.h"

#define END                                                                                \
    {                                                                                      \
        NULL, VT_FIELD_TEXT, false, 0, NULL, NULL                                          \
    }
#define TEXT(name)                                                                         \
    {                                                                                      \
        name, VT_FIELD_TEXT, false, 0, NULL, NULL                                          \
    }
#define TEXT_OPT(name)                                                                     \
    {                                                                                      \
        name, VT_FIELD_TEXT, true, 0, NULL, NULL                                           \
    }
#define PROSE(name)                                                                        \
    {                                                                                      \
        name, VT_FIELD_PROSE, false, 4096, NULL, NULL                                      \
    }
#define POLICY(name)                                                                       \
    {                                                                                      \
        name, VT_FIELD_PROSE, false, 32768, NULL, NULL                                     \
    }
#define NUMBER(name)                                                                       \
    {                                                                                      \
        name, VT_FIELD_NUMBER, false, 0, NULL, NULL                                        \
    }
#define NUMBER_OPT(name)                                                                   \
    {                                                                                      \
        name, VT_FIELD_NUMBER, true, 0, NULL, NULL                                         \
    }
#define SHA256(name)                                                                       \
    {                                                                                      \
        name, VT_FIELD_SHA256, false, 0, NULL, NULL                                        \
    }
#define SHA256_OPT(name)                                                                   \
    {                                                                                      \
        name, VT_FIELD_SHA256, true, 0, NULL, NULL                                         \
    }
#define TIME(name)                                                                         \
    {                                                                                      \
        name, VT_FIELD_TIME, false, 0, NULL, NULL                                          \
    }
#define TIME_OPT(name)                                                                     \
    {                                                                                      \
        name, VT_FIELD_TIME, true, 0, NULL, NULL                                           \
    }
#define BOOL(name)                                                                         \
    {                                                                                      \
        name, VT_FIELD_BOOL, false, 0, NULL, NULL                                          \
    }
#define OBJECTS_OPT(name, table, max)                                                      \
    {                                                                                      \
        name, VT_FIELD_OBJECTS, true, max, table, NULL                                     \
    }
#define WORD(name, list)                                                                   \
    {                                                                                      \
        name, VT_FIELD_WORD, false, 0, NULL, list                                          \
    }
#define WORD_OPT(name, list)                                                               \
    {                                                                                      \
        name, VT_FIELD_WORD, true, 0, NULL, list                                           \
    }
#define LONG_OPT(name)                                                                     \
    {                                                                                      \
        name, VT_FIELD_PROSE, true, 16384, NULL, NULL                                      \
    }
#define OBJECT(name, table)                                                                \
    {                                                                                      \
        name, VT_FIELD_OBJECT, false, 0, table, NULL                                       \
    }
#define OBJECT_OPT(name, table)                                                            \
    {                                                                                      \
        name, VT_FIELD_OBJECT, true, 0, table, NULL                                        \
    }
#define OBJECTS(name, table, max)                                                          \
    {                                                                                      \
        name, VT_FIELD_OBJECTS, false, max, table, NULL                                    \
    }
#define TEXTS_OPT(name, max)                                                               \
    {                                                                                      \
        name, VT_FIELD_TEXTS, true, max, NULL, NULL                                        \
    }
#define TEXTS(name, max)                                                                   \
    {                                                                                      \
        name, VT_FIELD_TEXTS, false, max, NULL, NULL                                       \
    }
#define MAP_OPT(name)                                                                      \
    {                                                                                      \
        name, VT_FIELD_MAP, true, 64, NULL, NULL                                           \
    }

static const char *const KINDS[] = { "program", "rules", "image", "deb", NULL };
static const char *const VERDICTS[] = { "accept", "refuse", NULL };
static const char *const RESULTS[] = { "PASSED", "FAILED", NULL };
static const char *const REBUILDS[] = { "equal", "equal-robust", "differs", NULL };
static const char *const USES[] = { "release", "channel", "head", "access", NULL };
static const char *const ROLES[] = { "root",     "foundation", "vendor",    "supervisor",
                                     "reviewer", "builder",    "residency", "cell",
                                     "reader",   "scanner",    "agent",     NULL };
static const char *const CERTIFIED_USES[] = { "recipient", "statistics", "ohttp", "seal",
                                              NULL };
static const char *const ENROLLED[] = { "reviewer", "builder", "reader",
                                        "scanner",  "agent",   NULL };

/* ---- trust/v1 ---- */

static const struct vt_field MANDATE[] = { TEXT("accreditation"), TEXT("funding"),
                                           TIME("until"), END };
static const struct vt_field KEY[] = { SHA256("keyid"),
                                       SHA256("public"),
                                       TEXT("holder"),
                                       WORD("role", ROLES),
                                       TEXT("jurisdiction"),
                                       TEXT_OPT("site"),
                                       OBJECT("mandate", MANDATE),
                                       TIME("from"),
                                       TIME("until"),
                                       TIME_OPT("compromised_from"),
                                       TEXTS_OPT("products", 256),
                                       END };
static const struct vt_field THRESHOLD[] = { WORD("role", ROLES), NUMBER("keys"),
                                             NUMBER("holders"), NUMBER("jurisdictions"),
                                             END };
static const struct vt_field LEDGER[] = { TEXT("origin"), WORD("use", USES),
                                          TEXT_OPT("cell"), END };
/* What a cell's head may select: it cannot introduce anything; and whom a Centre seals to,
 * whose domain is the cell's name then. */
static const struct vt_field CERTIFIED[] = { WORD("use", CERTIFIED_USES),
                                             TEXT("cell"),
                                             SHA256("sha256"),
                                             TIME("from"),
                                             TIME("until"),
                                             END };
/* Who hides a client's address from a cell; not the cell's own holder. */
static const struct vt_field RELAY[] = { TEXT("cell"), TEXT("url"), TEXT("holder"),
                                         TEXT("jurisdiction"), END };
static const struct vt_field TRUST[] = { NUMBER("version"),
                                         TIME("created"),
                                         TIME("expires"),
                                         OBJECTS("keys", KEY, 256),
                                         OBJECTS("thresholds", THRESHOLD, 16),
                                         OBJECTS("ledgers", LEDGER, 64),
                                         OBJECTS_OPT("certified", CERTIFIED, 256),
                                         OBJECTS_OPT("relays", RELAY, 64),
                                         POLICY("policy"),
                                         END };

/* ---- release flow ---- */

static const struct vt_field FILE_OUT[] = { TEXT("name"), NUMBER("size"), SHA256("sha256"),
                                            END };
static const struct vt_field DRAFT[] = { TEXT("product"),
                                         TEXT("version"),
                                         NUMBER("sequence"),
                                         TEXT("channel"),
                                         WORD("kind", KINDS),
                                         SHA256("source"),
                                         SHA256("recipe"),
                                         SHA256("lock"),
                                         SHA256("environment"),
                                         OBJECTS("documents", FILE_OUT, 256),
                                         TIME("created"),
                                         MAP_OPT("source_identity"),
                                         END };
static const struct vt_field ENVELOPE_NAMED[] = { SHA256("sha256"), TEXT("predicateType"),
                                                  WORD("role", ROLES), END };
static const struct vt_field RELEASE[] = { TEXT("product"),
                                           TEXT("version"),
                                           NUMBER("sequence"),
                                           TEXT("channel"),
                                           WORD("kind", KINDS),
                                           OBJECTS("outputs", FILE_OUT, 64),
                                           SHA256("source"),
                                           SHA256("recipe"),
                                           SHA256("environment"),
                                           TEXT("site"),
                                           OBJECTS("envelopes", ENVELOPE_NAMED, 64),
                                           TIME("created"),
                                           END };
static const struct vt_field REJECTION[] = { TEXT("product"),
                                             TEXT("version"),
                                             NUMBER("sequence"),
                                             SHA256("draft"),
                                             PROSE("reason"),
                                             TIME("created"),
                                             END };
static const struct vt_field REVIEW[] = { TEXT("product"),      TEXT("version"),
                                          SHA256("source"),     WORD("verdict", VERDICTS),
                                          SHA256_OPT("report"), PROSE("scope"),
                                          TIME("created"),      END };
static const struct vt_field CURRENT[] = { TEXT("product"), TEXT("channel"),
                                           TEXT("version"), NUMBER("sequence"), END };
static const struct vt_field WITHDRAWN[] = { TEXT("product"), TEXT("channel"),
                                             TEXT("version"), NUMBER("sequence"),
                                             PROSE("reason"), END };
static const struct vt_field WITHDRAWALS[] = { NUMBER("version"),
                                               OBJECTS("current", CURRENT, 1024),
                                               OBJECTS("withdrawn", WITHDRAWN, 1024),
                                               TIME("created"), END };
static const struct vt_field ENROLMENT[] = { SHA256("keyid"),
                                             SHA256("public"),
                                             TEXT("holder"),
                                             WORD("role", ENROLLED),
                                             TEXT("jurisdiction"),
                                             TEXT("site"),
                                             OBJECT("mandate", MANDATE),
                                             TIME("from"),
                                             TIME("until"),
                                             TEXTS_OPT("products", 256),
                                             END };
static const struct vt_field ENVIRONMENT[] = { SHA256("environment"), SHA256("lock"),
                                               TEXT("suite"),         TEXT("architecture"),
                                               NUMBER("packages"),    PROSE("note"),
                                               TIME("created"),       END };
static const struct vt_field COLLECTION[] = {
    TEXT("product"),  TEXTS("rules", 1024), TEXTS_OPT("hashes", 1024),
    PROSE("purpose"), TIME("created"),      END
};

/* ---- the head of a data cell ---- */

static const struct vt_field BUCKETS[] = { SHA256("root"),         NUMBER("bits"),
                                           NUMBER("count"),        NUMBER("smallest"),
                                           NUMBER("bucket_bytes"), END };
static const struct vt_field BLOB[] = { SHA256("sha256"), NUMBER("size"), END };
static const struct vt_field COLLECTED[] = { SHA256("authorisation"), TEXTS("rules", 1024),
                                             TEXTS("hashes", 1024), END };
static const struct vt_field HEAD[] = { TEXT("cell"),
                                        TEXT("jurisdiction"),
                                        NUMBER("epoch"),
                                        TIME("from"),
                                        TIME("until"),
                                        OBJECT("buckets", BUCKETS),
                                        OBJECT("filter", BLOB),
                                        OBJECT_OPT("delta", BLOB),
                                        SHA256("rules"),
                                        OBJECTS("collections", COLLECTED, 64),
                                        TEXTS("recipients", 64),
                                        SHA256_OPT("statistics"),
                                        SHA256_OPT("ohttp"),
                                        END };

/* ---- residency/v1 ---- */

static const char *const STATES[] = { "here", "moving", "stays", "not moved yet", NULL };
static const struct vt_field CELL[] = { TEXT("name"), TEXT("jurisdiction"), TEXT("url"),
                                        END };
static const struct vt_field RULE[] = { TEXTS("countries", 256),
                                        TEXTS("classes", 4),
                                        TEXT("cell"),
                                        WORD("state", STATES),
                                        TIME("from"),
                                        TEXT_OPT("to"),
                                        TIME_OPT("fence"),
                                        END };
static const struct vt_field RESIDENCY[] = { NUMBER("version"),
                                             TIME("created"),
                                             SHA256_OPT("previous"),
                                             OBJECTS("cells", CELL, 64),
                                             OBJECTS("rules", RULE, 1024),
                                             END };

/* ---- what a cell says of itself ---- */

static const struct vt_field AGGREGATE_CELL[] = { TEXT("value"),
                                                  BOOL("suppressed"),
                                                  NUMBER_OPT("ones"),
                                                  NUMBER_OPT("estimate"),
                                                  NUMBER_OPT("low"),
                                                  NUMBER_OPT("high"),
                                                  END };
static const struct vt_field AGGREGATE_FIELD[] = { TEXT("name"),
                                                   TEXT("question"),
                                                   NUMBER("epsilon_milli"),
                                                   NUMBER("noise"),
                                                   OBJECTS("cells", AGGREGATE_CELL, 256),
                                                   END };
static const struct vt_field AGGREGATE[] = { TEXT("cell"),
                                             TEXT("name"),
                                             NUMBER("version"),
                                             SHA256("schema"),
                                             NUMBER("period"),
                                             TIME("from"),
                                             TIME("until"),
                                             NUMBER("least"),
                                             NUMBER("confidence_percent"),
                                             NUMBER_OPT("reports"),
                                             NUMBER("refused"),
                                             OBJECTS("fields", AGGREGATE_FIELD, 16),
                                             END };

static const struct vt_field TOTAL[] = { TEXT("class"), TEXT("reason"), NUMBER("total"),
                                         END };
static const struct vt_field COUNT[] = { TEXT("cell"),
                                         NUMBER("number"),
                                         TIME("until"),
                                         SHA256_OPT("previous"),
                                         OBJECTS("totals", TOTAL, 64),
                                         END };

/* ---- who may read what a cell keeps, and who did ---- */

static const char *const REASONS[] = { "customer-support",
                                       "malware-analysis",
                                       "false-positive-complaint",
                                       "government-request",
                                       "maintenance",
                                       "automatic-scan",
                                       "emergency",
                                       "erasure",
                                       "relocation",
                                       NULL };
static const struct vt_field READER[] = { SHA256("person"),     TEXT("role"),
                                          SHA256("role_key"),   TEXT("place"),
                                          TEXT("jurisdiction"), END };
static const struct vt_field BATCH[] = { SHA256("root"), NUMBER("count"), END };
static const struct vt_field BACKUP[] = { TEXT("name"), TIME("dies"), END };
static const struct vt_field ACCESS[] = { TEXT("cell"),
                                          TEXT("ledger"),
                                          NUMBER("policy"),
                                          OBJECT("reader", READER),
                                          TEXTS_OPT("objects", 64),
                                          OBJECT_OPT("batch", BATCH),
                                          WORD("reason", REASONS),
                                          NUMBER_OPT("request"),
                                          SHA256_OPT("rules"),
                                          OBJECTS_OPT("backups", BACKUP, 16),
                                          TEXT("ticket"),
                                          TEXT("recipient"),
                                          TIME("created"),
                                          TIME("expires"),
                                          END };

static const struct vt_field CUSTODY_ROLE[] = { TEXT("name"), SHA256("public"), END };
static const struct vt_field CUSTODY_RULE[] = { WORD("reason", REASONS),
                                                TEXTS("roles", 32),
                                                TEXTS("countries", 256),
                                                TEXTS("classes", 4),
                                                TEXTS("jurisdictions", 64),
                                                NUMBER("approvals"),
                                                NUMBER("objects"),
                                                NUMBER("per_day"),
                                                NUMBER("valid_s"),
                                                NUMBER("delay_s"),
                                                END };
static const struct vt_field CUSTODY_RETENTION[] = { TEXTS("countries", 256),
                                                     TEXTS("classes", 4), NUMBER("days"),
                                                     END };
static const struct vt_field CUSTODY_HOLD[] = { TEXT("name"),
                                                TEXT("reason"),
                                                TEXTS("countries", 256),
                                                TEXTS("classes", 4),
                                                TEXTS_OPT("objects", 64),
                                                TIME("since"),
                                                END };
static const struct vt_field CUSTODY[] = { NUMBER("version"),
                                           TIME("created"),
                                           TEXT("cell"),
                                           TEXT("ledger"),
                                           NUMBER("fresh_s"),
                                           OBJECTS("roles", CUSTODY_ROLE, 32),
                                           OBJECTS("rules", CUSTODY_RULE, 64),
                                           TEXTS("published", 64),
                                           NUMBER("requests"),
                                           TEXTS_OPT("destinations", 64),
                                           OBJECTS_OPT("retention", CUSTODY_RETENTION, 64),
                                           OBJECTS_OPT("holds", CUSTODY_HOLD, 32),
                                           END };

static const struct vt_field TALLY[] = { TEXT("cell"),
                                         TEXT("ledger"),
                                         NUMBER("number"),
                                         NUMBER("releases"),
                                         NUMBER("keys"),
                                         NUMBER("refusals"),
                                         NUMBER("warnings"),
                                         TIME("until"),
                                         NUMBER("size"),
                                         SHA256("chain"),
                                         NUMBER_OPT("rewraps"),
                                         NUMBER_OPT("rewrapped"),
                                         END };

static const char *const EFFECTS[] = { "no further release", NULL };
static const struct vt_field ERASURE_ACCESS[] = { NUMBER("index"), NUMBER("objects"),
                                                  WORD("reason", REASONS), END };
static const struct vt_field ERASURE_OBJECTS[] = { NUMBER("order"),
                                                   OBJECT_OPT("erased", BATCH),
                                                   OBJECT_OPT("closed", BATCH),
                                                   OBJECTS("accesses", ERASURE_ACCESS, 384),
                                                   OBJECTS("backups", BACKUP, 16),
                                                   END };
static const struct vt_field ERASURE_PERIOD[] = { TEXT("country"), TEXT("class"),
                                                  TEXT("period"), TEXT("recipient"), END };
static const struct vt_field ERASURE[] = { TEXT("cell"),
                                           TEXT("ledger"),
                                           WORD("effect", EFFECTS),
                                           NUMBER("number"),
                                           SHA256("before"),
                                           TIME("at"),
                                           OBJECT_OPT("objects", ERASURE_OBJECTS),
                                           OBJECT_OPT("period", ERASURE_PERIOD),
                                           END };

/* ---- statements of supervision (custody/DESIGN-supervision.md) ---- */

static const char *const CLASSES[] = { "file", "lookup", "statistic", "account", NULL };
static const char *const PROOFS_OF_KEEPING[] = { "statement", "document", NULL };
static const struct vt_field JUDGED_BY[] = { WORD("kind", PROOFS_OF_KEEPING),
                                             TEXT("words"),
                                             TEXT_OPT("type"),
                                             WORD_OPT("role", ROLES),
                                             SHA256_OPT("subject"),
                                             TEXT_OPT("name"),
                                             END };
static const struct vt_field PROMISE[] = { TEXT("id"),
                                           TEXT("what"),
                                           TEXT("by"),
                                           OBJECT("evidence", JUDGED_BY),
                                           TIME("due"),
                                           TEXT_OPT("service"),
                                           TEXT_OPT("country"),
                                           WORD_OPT("class", CLASSES),
                                           SHA256_OPT("supersedes"),
                                           TIME("created"),
                                           END };
static const struct vt_field KEPT[] = { TEXT("id"),         SHA256("promise"),
                                        SHA256("evidence"), LONG_OPT("proof"),
                                        TIME("created"),    END };
static const char *const SEVERITIES[] = { "low", "medium", "high", "critical", NULL };
static const char *const FINDING_STATES[] = { "open", "accepted", "fixed", "declined",
                                              NULL };
static const struct vt_field FINDING[] = { TEXT("id"),
                                           WORD("severity", SEVERITIES),
                                           TEXT("owner"),
                                           TIME("due"),
                                           WORD("state", FINDING_STATES),
                                           SHA256_OPT("evidence"),
                                           PROSE("note"),
                                           SHA256("commitment"),
                                           LONG_OPT("text"),
                                           SHA256_OPT("salt"),
                                           TIME_OPT("embargo"),
                                           SHA256_OPT("supersedes"),
                                           TIME("created"),
                                           END };
/* Words and numbers only: a request has no field in which a person could be named. */
static const char *const REQUEST_KINDS[] = { "data", "removal", "assistance", "other",
                                             NULL };
static const char *const REQUEST_STATES[] = { "received", "answered", "refused",
                                              "withdrawn", NULL };
static const char *const GIVEN_KINDS[] = { "file",     "lookup", "statistic", "account",
                                           "document", "source", NULL };
static const struct vt_field GIVEN[] = { WORD("kind", GIVEN_KINDS), NUMBER("count"), END };
static const struct vt_field REQUEST[] = { NUMBER("number"),
                                           TEXT("country"),
                                           WORD("kind", REQUEST_KINDS),
                                           TIME("received"),
                                           WORD("state", REQUEST_STATES),
                                           OBJECTS("given", GIVEN, 6),
                                           SHA256_OPT("supersedes"),
                                           TIME("created"),
                                           END };
static const struct vt_field DENIAL[] = { TEXT("of"),       TEXT("asked"),
                                          TIME("asked_at"), TIME("refused_at"),
                                          PROSE("reason"),  TEXT_OPT("product"),
                                          TIME("created"),  END };

static const struct vt_field SEAL_HEAD[] = { TEXT("centre"), NUMBER("records"),
                                             SHA256("chain"), TIME("created"), END };

/* ---- where services are, and where they go (custody/DESIGN-supervision.md) ---- */

static const char *const WHERES[] = { "cell", "outside", NULL };
static const struct vt_field SERVICE[] = { TEXT("name"),
                                           TEXT("what"),
                                           WORD("where", WHERES),
                                           TEXTS_OPT("countries", 256),
                                           WORD_OPT("class", CLASSES),
                                           TEXT("from"),
                                           TEXT_OPT("to"),
                                           WORD("state", STATES),
                                           TEXT_OPT("promise"),
                                           PROSE("reason"),
                                           END };
static const struct vt_field RELOCATION_PLAN[] = { NUMBER("version"),
                                                   OBJECTS("services", SERVICE, 256),
                                                   SHA256_OPT("supersedes"),
                                                   TIME("created"), END };

/* ---- a move, begun or done (custody/DESIGN-relocation.md) ---- */

static const char *const PHASES[] = { "begun", "done", NULL };
static const struct vt_field MANIFEST[] = { NUMBER("count"), NUMBER("bytes"),
                                            SHA256("root"), END };
static const struct vt_field CANARY[] = { SHA256("object"), SHA256("here"), END };
static const struct vt_field RELOCATION[] = { WORD("phase", PHASES),
                                              TEXT("from"),
                                              TEXT("to"),
                                              TEXT("country"),
                                              WORD("class", CLASSES),
                                              TEXT("recipient"),
                                              TIME("at"),
                                              OBJECT("manifest", MANIFEST),
                                              SHA256_OPT("begun"),
                                              OBJECT_OPT("settled", MANIFEST),
                                              OBJECT_OPT("read_back", MANIFEST),
                                              OBJECTS_OPT("canaries", CANARY, 16),
                                              END };
/* ---- who may read a vendor's source in a Centre (centre/invitation.h) ---- */

static const struct vt_field INVITATION[] = { TEXT("id"),
                                              TEXT("reviewer"),
                                              TEXT("jurisdiction"),
                                              TEXTS("products", 64),
                                              SHA256("code"),
                                              TIME("from"),
                                              TIME("until"),
                                              TIME("created"),
                                              END };
static const struct vt_field INVITATION_END[] = { SHA256("invitation"), PROSE("reason"),
                                                  TIME("created"), END };

/* ---- SLSA provenance v1, as our builders write it; an unknown parameter is refused ----
 */

static const struct vt_field DIGEST[] = { SHA256_OPT("sha256"), TEXT_OPT("gitCommit"),
                                          TEXT_OPT("gitTree"), END };
static const struct vt_field MATERIAL[] = { TEXT("name"), OBJECT("digest", DIGEST), END };
static const struct vt_field EXTERNAL[] = { TEXT("product"),
                                            TEXT("version"),
                                            SHA256("source"),
                                            SHA256("recipe"),
                                            SHA256("lock"),
                                            SHA256("environment"),
                                            END };
static const struct vt_field DEFINITION[] = {
    TEXT("buildType"), OBJECT("externalParameters", EXTERNAL),
    MAP_OPT("internalParameters"), OBJECTS("resolvedDependencies", MATERIAL, 64), END
};
static const struct vt_field BUILDER[] = { TEXT("id"), MAP_OPT("version"), END };
static const struct vt_field METADATA[] = { TEXT_OPT("invocationId"), TIME("startedOn"),
                                            TIME("finishedOn"), END };
static const struct vt_field RUN[] = { OBJECT("builder", BUILDER),
                                       OBJECT("metadata", METADATA),
                                       OBJECTS("byproducts", MATERIAL, 16), END };
static const struct vt_field PROVENANCE[] = { OBJECT("buildDefinition", DEFINITION),
                                              OBJECT("runDetails", RUN), END };

/* ---- SLSA verification summary v1: the supervisor's rebuild ---- */

static const struct vt_field VERIFIER[] = { TEXT("id"), END };
static const struct vt_field ATTESTATION[] = { OBJECT("digest", DIGEST), TEXT_OPT("uri"),
                                               END };
static const struct vt_field VSA_POLICY[] = { TEXT("uri"), OBJECT("digest", DIGEST), END };
static const struct vt_field REBUILD[] = {
    WORD("verdict", REBUILDS), SHA256("source"),
    SHA256("recipe"),          SHA256("environment"),
    TEXTS("varied", 32),       TEXTS("not_varied", 32),
    PROSE("difference"),       END
};
static const struct vt_field VSA[] = { OBJECT("verifier", VERIFIER),
                                       TIME("timeVerified"),
                                       TEXT("resourceUri"),
                                       OBJECT("policy", VSA_POLICY),
                                       OBJECTS("inputAttestations", ATTESTATION, 64),
                                       WORD("verificationResult", RESULTS),
                                       TEXTS("verifiedLevels", 16),
                                       OBJECT("vitrineRebuild", REBUILD),
                                       END };

/* The bill of materials itself is long; its bytes lie beside, under this digest. */
static const struct vt_field SBOM[] = { TEXT("format"), SHA256("sha256"), NUMBER("size"),
                                        NUMBER("packages"), END };

static const struct {
    const char *name, *type;
    const struct vt_field *schema;
} rows[VT_PREDICATES] = {
    [VT_TRUST] = { "trust", "urn:vitrine:trust:v1", TRUST },
    [VT_DRAFT] = { "draft", "urn:vitrine:draft:v1", DRAFT },
    [VT_RELEASE] = { "release", "urn:vitrine:release:v1", RELEASE },
    [VT_REJECTION] = { "rejection", "urn:vitrine:rejection:v1", REJECTION },
    [VT_REVIEW] = { "review", "urn:vitrine:review:v1", REVIEW },
    [VT_WITHDRAWALS] = { "withdrawals", "urn:vitrine:withdrawals:v1", WITHDRAWALS },
    [VT_ENROLMENT] = { "enrolment", "urn:vitrine:enrolment:v1", ENROLMENT },
    [VT_ENVIRONMENT_AUTHORISATION] = { "environment", "urn:vitrine:environment:v1",
                                       ENVIRONMENT },
    [VT_COLLECTION] = { "collection", "urn:vitrine:collection:v1", COLLECTION },
    [VT_HEAD] = { "head", "urn:vitrine:head:v1", HEAD },
    [VT_PROVENANCE] = { "provenance", "https://slsa.dev/provenance/v1", PROVENANCE },
    [VT_VSA] = { "vsa", "https://slsa.dev/verification_summary/v1", VSA },
    [VT_SBOM] = { "sbom", "https://spdx.dev/Document/v2.3", SBOM },
    [VT_RESIDENCY] = { "residency", "urn:vitrine:residency:v1", RESIDENCY },
    [VT_AGGREGATE] = { "aggregate", "urn:vitrine:aggregate:v1", AGGREGATE },
    [VT_COUNT] = { "count", "urn:vitrine:count:v1", COUNT },
    [VT_ACCESS] = { "access", "urn:vitrine:access:v1", ACCESS },
    [VT_CUSTODY] = { "custody", "urn:vitrine:custody:v1", CUSTODY },
    [VT_TALLY] = { "tally", "urn:vitrine:tally:v1", TALLY },
    [VT_ERASURE] = { "erasure", "urn:vitrine:erasure:v1", ERASURE },
    [VT_PROMISE] = { "promise", "urn:vitrine:promise:v1", PROMISE },
    [VT_KEPT] = { "kept", "urn:vitrine:kept:v1", KEPT },
    [VT_FINDING] = { "finding", "urn:vitrine:finding:v1", FINDING },
    [VT_REQUEST] = { "government-request", "urn:vitrine:government-request:v1", REQUEST },
    [VT_DENIAL] = { "denial", "urn:vitrine:denial:v1", DENIAL },
    [VT_RELOCATION_PLAN] = { "relocation-plan", "urn:vitrine:relocation-plan:v1",
                             RELOCATION_PLAN },
    [VT_RELOCATION] = { "relocation", "urn:vitrine:relocation:v1", RELOCATION },
    [VT_INVITATION] = { "invitation", "urn:vitrine:invitation:v1", INVITATION },
    [VT_INVITATION_END] = { "invitation-end", "urn:vitrine:invitation-end:v1",
                            INVITATION_END },
    [VT_SEAL_HEAD] = { "seal-head", "urn:vitrine:seal-head:v1", SEAL_HEAD },
};

const char *vt_predicate_type(enum vt_predicate predicate)
{
    return rows[predicate].type;
}

const char *vt_predicate_name(enum vt_predicate predicate)
{
    return rows[predicate].name;
}

const struct vt_field *vt_predicate_schema(enum vt_predicate predicate)
{
    return rows[predicate].schema;
}

bool vt_predicate_of(vt_slice type, enum vt_predicate *out)
{
    for (unsigned i = 0; i < VT_PREDICATES; i++)
        if (vt_slice_is(type, rows[i].type)) {
            *out = (enum vt_predicate)i;
            return true;
        }
    return false;
}
