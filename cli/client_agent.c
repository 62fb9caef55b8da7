/* What the verbs that speak to a key agent share. */
#include "cli/client_agent.h"
#include "cli/client.h"

bool vt_cli_client_keyring(struct vt_args *args, struct vt_disk *home,
                           struct vt_cli_keyring *out, struct vt_error *err)
{
    VT_AUTO_CLIENT_SETTINGS settings = { .values = { NULL } };
    const char *path = vt_args_get(args, "trust");

    if (!vt_cli_settings_read(home, &settings, err))
        return false;
    if (path == NULL)
        path = settings.values[VT_SETTING_TRUST];
    if (path == NULL)
        return vt_args_misuse(args, err,
                              "--trust is needed: `vitrine client init` keeps it for you");
    return vt_cli_keyring_read_at(args, path, out, err);
}

/* ---- what was kept ----------------------------------------------------------------------
 */

bool vt_client_bond_open(struct vt_disk *home, const vt_hash *object,
                         struct vt_client_bond *out, struct vt_error *err)
{
    out->bytes = vt_buf_init(VT_BOND_BYTES_MAX);
    if (!vt_bond_read(home, object, &out->bytes, &out->bond, err))
        return false;
    out->sealed =
        (struct vt_ask_sealed){ out->bond.recipient, out->bond.secret, out->bond.header };
    return true;
}

void vt_client_bond_close(struct vt_client_bond *bond)
{
    explicit_bzero(bond->bond.secret, sizeof bond->bond.secret);
    if (bond->bytes.data != NULL)
        explicit_bzero(bond->bytes.data, bond->bytes.capacity);
    vt_buf_clear(&bond->bytes);
}

/* ---- what was answered ------------------------------------------------------------------
 */

size_t vt_client_count_deeds(const struct vt_disclosure *list, enum vt_agent_deed deed)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        count += list->rows[i].deed == deed;
    return count;
}
