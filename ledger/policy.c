/* Reading a policy.  Lines become items, items become rows of the tables in policy.h; a
 * name is looked up once, when it is defined or used. */
#include "ledger/policy.h"
#include "crypto/verify_note.h"

/* What the parser carries from line to line. */
struct reading {
    struct vt_policy *policy;
    uint32_t line; /* counted from 1 */
    bool has_quorum;
};

/* A defined name: a witness, a group, or nothing. */
struct named {
    struct vt_policy_witness *witness;
    struct vt_policy_group *group;
    uint32_t index;
};

static bool fail_at(const struct reading *in, struct vt_error *err, const char *what,
                    vt_slice which)
{
    return vt_fail(err, VT_MALFORMED, "policy, line %u: %s%s%.*s", in->line, what,
                   which.len != 0 ? ": " : "", VT_SLICE_ARGS(which));
}

static bool fail_full(const struct reading *in, struct vt_error *err, const char *what,
                      unsigned most)
{
    return vt_fail(err, VT_LIMIT, "policy, line %u: more than %u %s", in->line, most, what);
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

/* The next item of a line; empty at its end. */
static vt_slice next_item(vt_slice *line)
{
    size_t at = 0, end;
    vt_slice item;

    while (at < line->len && is_space(line->data[at]))
        at++;
    for (end = at; end < line->len && !is_space(line->data[end]); end++)
        ;
    item = vt_slice_sub(*line, at, end - at);
    *line = vt_slice_sub(*line, end, line->len - end);
    return item;
}

static bool find_name(struct vt_policy *policy, vt_slice name, struct named *out)
{
    for (size_t i = 0; i < policy->witness_count; i++)
        if (vt_slice_equal(policy->witnesses[i].name, name)) {
            *out = (struct named){ .witness = &policy->witnesses[i], .index = (uint32_t)i };
            return true;
        }
    for (size_t i = 0; i < policy->group_count; i++)
        if (vt_slice_equal(policy->groups[i].name, name)) {
            *out = (struct named){ .group = &policy->groups[i], .index = (uint32_t)i };
            return true;
        }
    return false;
}

static bool check_new_name(struct reading *in, vt_slice name, struct vt_error *err)
{
    struct named taken;

    if (name.len == 0)
        return fail_at(in, err, "a name is missing", name);
    if (vt_slice_is(name, "none"))
        return fail_at(in, err, "the name 'none' is reserved", (vt_slice){ 0 });
    if (find_name(in->policy, name, &taken))
        return fail_at(in, err, "a name is defined twice", name);
    return true;
}

static bool is_same_key(const struct vt_vkey *a, const struct vt_vkey *b)
{
    return memcmp(a->key, b->key, sizeof a->key) == 0;
}

/* "<vkey> [<url>]" to the end of the line. */
static bool read_key(struct reading *in, vt_slice line, uint8_t type, struct vt_vkey *vkey,
                     vt_slice *url, struct vt_error *err)
{
    vt_slice text = next_item(&line);

    if (!vt_vkey_parse(text, vkey, err))
        return vt_within(err, "policy, line %u", in->line);
    if (vkey->type != type)
        return fail_at(in, err,
                       type == VT_NOTE_ED25519 ? "a log's key must be of type 1"
                                               : "a witness's key must be of type 4",
                       text);
    *url = next_item(&line);
    if (next_item(&line).len != 0)
        return fail_at(in, err, "something stands behind the url", *url);
    return true;
}

static bool read_log(struct reading *in, vt_slice line, struct vt_error *err)
{
    struct vt_policy *policy = in->policy;
    struct vt_policy_log *log = &policy->logs[policy->log_count];

    if (policy->log_count == VT_POLICY_LOGS_MAX)
        return fail_full(in, err, "logs", VT_POLICY_LOGS_MAX);
    if (!read_key(in, line, VT_NOTE_ED25519, &log->vkey, &log->url, err))
        return false;
    for (size_t i = 0; i < policy->log_count; i++)
        if (is_same_key(&policy->logs[i].vkey, &log->vkey))
            return fail_at(in, err, "two logs have one key", log->vkey.name);
    policy->log_count++;
    return true;
}

static bool read_witness(struct reading *in, vt_slice line, struct vt_error *err)
{
    struct vt_policy *policy = in->policy;
    struct vt_policy_witness *witness = &policy->witnesses[policy->witness_count];
    vt_slice name = next_item(&line);

    if (policy->witness_count == VT_POLICY_WITNESSES_MAX)
        return fail_full(in, err, "witnesses", VT_POLICY_WITNESSES_MAX);
    if (!check_new_name(in, name, err) ||
        !read_key(in, line, VT_NOTE_COSIGNATURE, &witness->vkey, &witness->url, err))
        return false;
    for (size_t i = 0; i < policy->witness_count; i++)
        if (is_same_key(&policy->witnesses[i].vkey, &witness->vkey))
            return fail_at(in, err, "two witnesses have one key", name);
    witness->name = name;
    witness->parent = VT_POLICY_NO_PARENT;
    policy->witness_count++;
    return true;
}

static bool add_member(struct reading *in, uint32_t group_index, vt_slice name,
                       struct vt_error *err)
{
    struct named member;
    uint32_t *parent;

    if (!find_name(in->policy, name, &member))
        return fail_at(in, err, "a member is not defined above", name);
    parent = member.witness != NULL ? &member.witness->parent : &member.group->parent;
    if (*parent != VT_POLICY_NO_PARENT)
        return fail_at(in, err, "a name is a member twice", name);
    *parent = group_index;
    in->policy->groups[group_index].members++;
    return true;
}

static bool read_threshold(struct reading *in, struct vt_policy_group *group,
                           vt_slice threshold, struct vt_error *err)
{
    uint64_t wanted;

    if (vt_slice_is(threshold, "any"))
        wanted = 1;
    else if (vt_slice_is(threshold, "all"))
        wanted = group->members;
    else if (!vt_decimal_parse(threshold, &wanted))
        return fail_at(in, err, "a group needs 'any', 'all' or a number", threshold);
    if (wanted < 1 || wanted > group->members)
        return fail_at(in, err, "the group can never have so many members", threshold);
    group->threshold = (uint32_t)wanted; /* at most group->members */
    return true;
}

static bool read_group(struct reading *in, vt_slice line, struct vt_error *err)
{
    struct vt_policy *policy = in->policy;
    uint32_t index = (uint32_t)policy->group_count; /* at most VT_POLICY_GROUPS_MAX */
    vt_slice name = next_item(&line), threshold = next_item(&line), member;

    if (policy->group_count == VT_POLICY_GROUPS_MAX)
        return fail_full(in, err, "groups", VT_POLICY_GROUPS_MAX);
    if (!check_new_name(in, name, err))
        return false;
    policy->groups[index] =
        (struct vt_policy_group){ .name = name, .parent = VT_POLICY_NO_PARENT };
    while ((member = next_item(&line)).len != 0)
        if (!add_member(in, index, member, err))
            return false;
    if (!read_threshold(in, &policy->groups[index], threshold, err))
        return false;
    policy->group_count++; /* only now: a group is no member of itself */
    return true;
}

static bool read_quorum(struct reading *in, vt_slice line, struct vt_error *err)
{
    vt_slice name = next_item(&line);
    struct named named;

    if (in->has_quorum)
        return fail_at(in, err, "a second quorum", name);
    if (next_item(&line).len != 0)
        return fail_at(in, err, "a quorum is one name", name);
    in->has_quorum = true;
    if (vt_slice_is(name, "none")) {
        in->policy->quorum = VT_POLICY_QUORUM_NONE;
        return true;
    }
    if (!find_name(in->policy, name, &named))
        return fail_at(in, err, "the quorum is not defined above", name);
    in->policy->quorum =
        named.witness != NULL ? VT_POLICY_QUORUM_WITNESS : VT_POLICY_QUORUM_GROUP;
    in->policy->quorum_index = named.index;
    return true;
}

static bool read_policy_line(struct reading *in, vt_slice line, struct vt_error *err)
{
    static const struct {
        const char *word;
        bool (*read)(struct reading *in, vt_slice line, struct vt_error *err);
    } kinds[] = {
        { "log", read_log },
        { "witness", read_witness },
        { "group", read_group },
        { "quorum", read_quorum },
    };
    vt_slice word = next_item(&line);

    if (word.len == 0 || word.data[0] == '#')
        return true;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (vt_slice_is(word, kinds[i].word))
            return kinds[i].read(in, line, err);
    return fail_at(in, err, "neither log, witness, group nor quorum", word);
}

static bool has_bad_byte(vt_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];

        if ((byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7f)
            return true;
    }
    return false;
}

bool vt_policy_parse(vt_slice text, struct vt_policy *out, struct vt_error *err)
{
    struct vt_policy policy;
    struct reading in = { .policy = &policy };
    vt_reader r = { text };
    vt_slice line;

    memset(&policy, 0, sizeof policy);
    if (text.len > VT_POLICY_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "policy: larger than %zu bytes", VT_POLICY_BYTES_MAX);
    if (has_bad_byte(text))
        return vt_fail(err, VT_MALFORMED, "policy: a control byte other than tab");
    while (vt_read_line(&r, &line)) {
        in.line++;
        if (!read_policy_line(&in, line, err))
            return false;
    }
    if (!vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "policy: the last line has no end");
    if (!in.has_quorum)
        return vt_fail(err, VT_MALFORMED, "policy: no quorum line ('quorum none' is one)");
    *out = policy;
    return true;
}

/* counts[g]: how many members of group g have signed. */
static bool is_met(const struct vt_policy *policy, const bool *has_signed, uint32_t *counts)
{
    memset(counts, 0, VT_POLICY_GROUPS_MAX * sizeof *counts);
    for (size_t i = 0; i < policy->witness_count; i++)
        if (has_signed[i] && policy->witnesses[i].parent != VT_POLICY_NO_PARENT)
            counts[policy->witnesses[i].parent]++;
    for (size_t g = 0; g < policy->group_count; g++)
        if (counts[g] >= policy->groups[g].threshold &&
            policy->groups[g].parent != VT_POLICY_NO_PARENT)
            counts[policy->groups[g].parent]++;
    return counts[policy->quorum_index] >= policy->groups[policy->quorum_index].threshold;
}

bool vt_policy_has_quorum(const struct vt_policy *policy, const bool *has_signed)
{
    uint32_t counts[VT_POLICY_GROUPS_MAX];

    switch (policy->quorum) {
    case VT_POLICY_QUORUM_NONE:
        return true;
    case VT_POLICY_QUORUM_WITNESS:
        return has_signed[policy->quorum_index];
    case VT_POLICY_QUORUM_GROUP:
        break;
    }
    return is_met(policy, has_signed, counts);
}
