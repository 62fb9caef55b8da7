/* Guests at the keeper's door. */
#include "cell/queue_guests.h"
#include "cell/queue_door.h"

void vt_queue_guests_init(struct vt_queue_guests *g, int door_fd)
{
    *g = (struct vt_queue_guests){ .door_fd = door_fd };
    for (size_t i = 0; i < VT_QUEUE_GUESTS_MAX; i++)
        g->guests[i] = vt_channel_init(-1);
}

void vt_queue_guests_clear(struct vt_queue_guests *g)
{
    for (size_t i = 0; i < VT_QUEUE_GUESTS_MAX; i++)
        vt_channel_clear(&g->guests[i]);
    vt_fd_close(&g->door_fd);
    g->scanner = NULL;
}

void vt_queue_guests_poll(const struct vt_queue_guests *g, struct pollfd *fds)
{
    fds[0] = (struct pollfd){ .fd = g->door_fd, .events = POLLIN };
    for (size_t i = 0; i < VT_QUEUE_GUESTS_MAX; i++)
        fds[1 + i] = (struct pollfd){ .fd = g->guests[i].fd, .events = POLLIN };
}

static bool answer(struct vt_queue_guests *g, struct vt_channel *guest,
                   struct vt_samples *samples, struct vt_error *err)
{
    bool scans = guest == g->scanner;

    if (vt_queue_answer(guest, samples, g->scanner != NULL && !scans, &scans, err)) {
        if (scans)
            g->scanner = guest;
        return true;
    }
    if (err->code == VT_IO)
        return false;
    if (err->code != VT_ABSENT)
        (void)fprintf(stderr, "vitrine cell-keeper: a guest is sent away: %s\n",
                      err->message);
    if (g->scanner == guest)
        g->scanner = NULL;
    vt_channel_clear(guest);
    *err = (struct vt_error){ 0 };
    return true;
}

static bool let_in(struct vt_queue_guests *g, struct vt_error *err)
{
    struct vt_channel guest;

    if (!vt_hatch_accept(g->door_fd, &guest, err)) {
        if (err->code == VT_IO)
            return false;
        if (err->code != VT_ABSENT)
            (void)fprintf(stderr, "vitrine cell-keeper: %s\n", err->message);
        *err = (struct vt_error){ 0 };
        return true;
    }
    for (size_t i = 0; i < VT_QUEUE_GUESTS_MAX; i++)
        if (g->guests[i].fd < 0) {
            g->guests[i] = guest;
            return true;
        }
    vt_channel_clear(&guest); /* he may come again */
    return true;
}

/* Those who are here first: a place may become free. */
bool vt_queue_guests_answer(struct vt_queue_guests *g, const struct pollfd *fds,
                            struct vt_samples *samples, struct vt_error *err)
{
    for (size_t i = 0; i < VT_QUEUE_GUESTS_MAX; i++)
        if (fds[1 + i].revents != 0 && !answer(g, &g->guests[i], samples, err))
            return false;
    return (fds[0].revents & POLLIN) == 0 || let_in(g, err);
}
