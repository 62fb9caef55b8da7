/* Nodes live in one arena for the model's life; entries point to them by name, once as seen
 * and once as durable. */
#include "tests/disk_model.h"

#include "tests/disk_content.h"
#include "tests/harness.h"
#include "tests/stage_control.h"
#include <dirent.h>
#include <ftw.h>

enum {
    SECTOR = 512,
    ENTRIES_MAX = 4096,
    FILE_BYTES_MAX = 64 << 20
}; /* bytes, but for entries */

struct node;

struct entry {
    char *name;          /* owned */
    struct node *seen;   /* NULL: programs see no such name */
    struct node *stored; /* NULL: not on the platter */
};

struct node {
    struct node *next; /* all nodes of the model */
    bool is_folder;
    mode_t mode;
    uint64_t inode; /* of the real file, to find it by; 0 for folders */
    bool is_dirty;  /* seen and stored may differ */
    bool is_lost;   /* a sync of its bytes failed for good */
    struct vt_disk_content seen, stored;
    uint64_t written_end; /* end of the highest byte written since the last fsync */
    struct entry *entries;
    size_t entry_count, entry_room;
};

struct vt_disk_model {
    struct node *nodes; /* newest first: the right one where inode numbers came again */
    struct node *root;
};

/* ---- nodes --------------------------------------------------------------------------- */

static struct node *node_new(struct vt_disk_model *model, bool is_folder, mode_t mode,
                             uint64_t inode)
{
    struct node *node = vt_alloc(sizeof *node);

    node->is_folder = is_folder;
    node->mode = mode & 0777;
    node->inode = inode;
    node->next = model->nodes;
    model->nodes = node;
    return node;
}

static struct entry *entry_find(struct node *folder, vt_slice name)
{
    for (size_t i = 0; i < folder->entry_count; i++)
        if (vt_slice_is(name, folder->entries[i].name))
            return &folder->entries[i];
    return NULL;
}

static struct entry *entry_make(struct node *folder, vt_slice name)
{
    struct entry *found = entry_find(folder, name);

    if (found != NULL)
        return found;
    VT_CHECK(folder->entry_count < ENTRIES_MAX);
    if (folder->entry_count == folder->entry_room) {
        folder->entry_room = folder->entry_room != 0 ? folder->entry_room * 2 : 16;
        folder->entries =
            vt_grow_array(folder->entries, folder->entry_room, sizeof *folder->entries);
    }
    found = &folder->entries[folder->entry_count++];
    *found = (struct entry){ .name = vt_strdup_slice(name) };
    return found;
}

/* Walk what programs see.  Ends the case if a folder on the way is unknown. */
static struct node *folder_at(struct vt_disk_model *model, vt_slice path)
{
    vt_reader r = { path };
    struct node *at = model->root;
    struct entry *entry;
    vt_slice part;

    while (r.rest.len != 0) {
        if (!vt_read_until(&r, '/', &part)) {
            part = r.rest;
            r.rest.len = 0;
        }
        entry = entry_find(at, part);
        VT_CHECK_SAYING(entry != NULL && entry->seen != NULL && entry->seen->is_folder,
                        "trace: unknown folder %.*s", VT_SLICE_ARGS(path));
        at = entry->seen;
    }
    return at;
}

/* The folder of a path; *leaf_out is its last part. */
static struct node *folder_of(struct vt_disk_model *model, vt_slice path,
                              vt_slice *leaf_out)
{
    size_t cut = path.len;

    while (cut > 0 && path.data[cut - 1] != '/')
        cut--;
    *leaf_out = vt_slice_sub(path, cut, path.len - cut);
    return folder_at(model, vt_slice_sub(path, 0, cut > 0 ? cut - 1 : 0));
}

static struct node *file_of(const struct vt_disk_model *model, uint64_t inode,
                            vt_slice place)
{
    for (struct node *node = model->nodes; node != NULL; node = node->next)
        if (!node->is_folder && node->inode == inode)
            return node;
    vt_test_fail(__FILE__, __LINE__,
                 "trace: %.*s: a file that was not made through the gate",
                 VT_SLICE_ARGS(place));
}

/* ---- load ---------------------------------------------------------------------------- */

static void load_file(struct node *file, const char *path, size_t size)
{
    VT_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t bytes[1 << 16];
    off_t at = 0;
    ssize_t len;

    VT_CHECK_SAYING(fd >= 0, "%s: %s", path, strerror(errno));
    while ((at = lseek(fd, at, SEEK_DATA)) >= 0) { /* a hole holds nothing to read */
        len = pread(fd, bytes, sizeof bytes, at);
        VT_CHECK_SAYING(len >= 0, "%s: %s", path, strerror(errno));
        vt_disk_content_put(&file->seen, (size_t)at, bytes, (size_t)len);
        at += len;
    }
    VT_CHECK_SAYING(errno == ENXIO, "%s: %s", path, strerror(errno));
    if (size > file->seen.size)
        vt_disk_content_resize(&file->seen, size);
    vt_disk_content_copy(&file->stored, &file->seen);
}

static void load_folder(struct vt_disk_model *model, struct node *folder, const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *item;

    VT_CHECK_SAYING(dir != NULL, "%s: %s", path, strerror(errno));
    while ((item = readdir(dir)) != NULL) {
        char inner[4096];
        struct stat about;
        struct entry *entry;
        struct node *node;

        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
            continue;
        (void)snprintf(inner, sizeof inner, "%.3800s/%.255s", path, item->d_name);
        VT_CHECK(lstat(inner, &about) == 0);
        if (!S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode))
            continue; /* sockets and the like are no matter of a disk */
        node = node_new(model, S_ISDIR(about.st_mode), about.st_mode, about.st_ino);
        entry = entry_make(folder, vt_slice_from_cstr(item->d_name));
        entry->seen = entry->stored = node;
        if (node->is_folder) {
            node->inode = 0;
            load_folder(model, node, inner);
        } else {
            load_file(node, inner, (size_t)about.st_size);
        }
    }
    (void)closedir(dir);
}

struct vt_disk_model *vt_disk_model_load(const char *folder)
{
    struct vt_disk_model *model = vt_alloc(sizeof *model);

    model->root = node_new(model, true, 0755, 0);
    load_folder(model, model->root, folder);
    return model;
}

void vt_disk_model_free(struct vt_disk_model *model)
{
    struct node *next;

    if (model == NULL)
        return;
    for (struct node *node = model->nodes; node != NULL; node = next) {
        next = node->next;
        for (size_t i = 0; i < node->entry_count; i++)
            free(node->entries[i].name);
        free(node->entries);
        vt_disk_content_clear(&node->seen);
        vt_disk_content_clear(&node->stored);
        free(node);
    }
    free(model);
}

/* ---- play ---------------------------------------------------------------------------- */

static void sync_file(struct node *file)
{
    vt_disk_content_copy(&file->stored, &file->seen);
    file->written_end = 0;
    file->is_dirty = false;
}

/* Bytes become durable.  A size grows as far as written bytes need it, and never shrinks:
 * that is metadata, for which fdatasync is not asked. */
static void sync_data(struct node *file)
{
    size_t keep = file->stored.size;

    if (file->written_end > keep)
        keep = (size_t)file->written_end;
    if (keep > file->seen.size)
        keep = file->seen.size;
    vt_disk_content_put_from(&file->stored, &file->seen, 0, keep);
}

static void sync_folder(struct node *folder)
{
    for (size_t i = 0; i < folder->entry_count; i++)
        folder->entries[i].stored = folder->entries[i].seen;
    folder->is_dirty = false;
}

static void sync_all(struct vt_disk_model *model)
{
    for (struct node *node = model->nodes; node != NULL; node = node->next) {
        if (!node->is_dirty)
            continue;
        if (node->is_folder)
            sync_folder(node);
        else
            sync_file(node);
    }
}

static void move_entry(struct vt_disk_model *model, const struct vt_stage_event *e,
                       bool keep_old)
{
    vt_slice leaf, to_leaf;
    struct node *folder = folder_of(model, e->name, &leaf);
    struct node *to_folder = folder_of(model, e->to, &to_leaf);
    struct entry *from = entry_find(folder, leaf), *to;
    struct node *moved = from != NULL ? from->seen : NULL;

    VT_CHECK_SAYING(moved != NULL, "trace: %.*s was renamed and is unknown",
                    VT_SLICE_ARGS(e->name));
    if (!keep_old)
        from->seen = NULL;
    to = entry_make(to_folder, to_leaf);
    to->seen = moved;
    folder->is_dirty = to_folder->is_dirty = true;
}

static void play_entry(struct vt_disk_model *model, const struct vt_stage_event *e)
{
    vt_slice leaf;
    struct node *folder;

    if (e->record.kind == VT_GATE_RENAME || e->record.kind == VT_GATE_LINK) {
        move_entry(model, e, e->record.kind == VT_GATE_LINK);
        return;
    }
    folder = folder_of(model, e->name, &leaf);
    folder->is_dirty = true;
    if (e->record.kind == VT_GATE_UNLINK)
        entry_make(folder, leaf)->seen = NULL;
    else
        entry_make(folder, leaf)->seen =
            node_new(model, e->record.kind == VT_GATE_MKDIR, (mode_t)e->record.mode,
                     e->record.kind == VT_GATE_MKDIR ? 0 : e->record.inode);
}

static void play_content(struct node *file, const struct vt_stage_event *e)
{
    size_t at = (size_t)e->record.at, len = (size_t)e->record.len;

    file->is_dirty = true;
    if (e->record.kind == VT_GATE_WRITE) {
        VT_CHECK(at <= FILE_BYTES_MAX && len <= FILE_BYTES_MAX);
        vt_disk_content_put(&file->seen, at, e->record.has_bytes ? e->bytes.data : NULL,
                            len);
        if (at + len > file->written_end)
            file->written_end = at + len;
    } else if (e->record.kind == VT_GATE_TRUNCATE || len > file->seen.size) {
        vt_disk_content_resize(&file->seen, len);
        if (file->written_end > len)
            file->written_end = len;
    }
}

/* At once, so that no later sync of the same bytes can bring them back. */
static void lose_for_good(struct node *file)
{
    if (!file->is_dirty)
        return;
    vt_disk_content_copy(&file->seen, &file->stored);
    file->written_end = 0;
    file->is_lost = true;
}

static void mark_lost(struct vt_disk_model *model, const struct vt_stage_event *e)
{
    if (e->record.kind != VT_GATE_SYNC_ALL)
        lose_for_good(file_of(model, e->record.inode, e->place));
    for (struct node *node = model->nodes;
         node != NULL && e->record.kind == VT_GATE_SYNC_ALL; node = node->next)
        if (!node->is_folder)
            lose_for_good(node);
}

static void play_one(struct vt_disk_model *model, const struct vt_stage_event *e)
{
    if (e->record.is_skipped)
        return;
    if (e->record.is_forgotten) {
        mark_lost(model, e);
        return;
    }
    switch ((enum vt_gate_kind)e->record.kind) {
    case VT_GATE_CREATE:
    case VT_GATE_MKDIR:
    case VT_GATE_UNLINK:
    case VT_GATE_RENAME:
    case VT_GATE_LINK:
        play_entry(model, e);
        break;
    case VT_GATE_WRITE:
    case VT_GATE_RESERVE:
    case VT_GATE_TRUNCATE:
        play_content(file_of(model, e->record.inode, e->place), e);
        break;
    case VT_GATE_SYNC:
        sync_file(file_of(model, e->record.inode, e->place));
        break;
    case VT_GATE_SYNC_DATA:
        sync_data(file_of(model, e->record.inode, e->place));
        break;
    case VT_GATE_SYNC_FOLDER:
        sync_folder(folder_at(model, e->name));
        break;
    case VT_GATE_SYNC_ALL:
        sync_all(model);
        break;
    }
}

void vt_disk_model_play(struct vt_disk_model *model, vt_slice trace)
{
    vt_reader r = { trace };
    struct vt_stage_event e;

    while (r.rest.len != 0) {
        VT_CHECK(vt_stage_event_read(&r, &e));
        play_one(model, &e);
    }
}

/* ---- losing power -------------------------------------------------------------------- */

/* splitmix64: small, and good enough to toss coins. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static bool coin(uint64_t *state)
{
    return *state != 0 && (next_random(state) & 1) != 0;
}

static void lose_content(struct node *file, uint64_t *dice)
{
    size_t size = coin(dice) ? file->seen.size : file->stored.size;

    if (*dice != 0) {
        size_t both = file->seen.size < size ? file->seen.size : size;

        vt_disk_content_resize(&file->stored, size);
        for (size_t at = 0; at < both; at += SECTOR) {
            size_t len = both - at < SECTOR ? both - at : SECTOR;

            if (coin(dice))
                vt_disk_content_put_from(&file->stored, &file->seen, at, len);
        }
    }
    vt_disk_content_copy(&file->seen, &file->stored);
    file->written_end = 0;
    file->is_dirty = false;
}

static void lose_entries(struct node *folder, uint64_t *dice)
{
    for (size_t i = 0; i < folder->entry_count; i++) {
        struct entry *entry = &folder->entries[i];

        if (coin(dice))
            entry->stored = entry->seen;
        entry->seen = entry->stored;
    }
    folder->is_dirty = false;
}

void vt_disk_model_lose_power(struct vt_disk_model *model, uint64_t seed)
{
    uint64_t dice = seed;

    for (struct node *node = model->nodes; node != NULL; node = node->next) {
        if (!node->is_dirty)
            continue;
        if (node->is_folder)
            lose_entries(node, &dice);
        else
            lose_content(node, &dice);
    }
}

/* ---- store and compare --------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *ftw)
{
    (void)about;
    (void)kind;
    return ftw->level == 0 ? 0 : remove(path);
}

/* In place, if it is there: processes may hold it open. */
static void store_file(const struct node *file, const char *path)
{
    VT_AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, file->mode);

    VT_CHECK_SAYING(fd >= 0, "%s: %s", path, strerror(errno));
    vt_disk_content_store(&file->seen, fd);
}

static void store_folder(const struct node *folder, const char *path)
{
    for (size_t i = 0; i < folder->entry_count; i++) {
        const struct entry *entry = &folder->entries[i];
        char inner[4096];

        if (entry->seen == NULL)
            continue;
        (void)snprintf(inner, sizeof inner, "%.3800s/%.255s", path, entry->name);
        if (!entry->seen->is_folder) {
            store_file(entry->seen, inner);
            continue;
        }
        VT_CHECK_SAYING(mkdir(inner, 0755) == 0, "%s: %s", inner, strerror(errno));
        store_folder(entry->seen, inner);
    }
}

void vt_disk_model_store(const struct vt_disk_model *model, const char *folder)
{
    VT_CHECK(nftw(folder, remove_one, 32, FTW_DEPTH | FTW_PHYS) == 0);
    store_folder(model->root, folder);
}

static void forget_below(struct node *folder, const char *path)
{
    for (size_t i = 0; i < folder->entry_count; i++) {
        struct node *node = folder->entries[i].seen;
        char inner[4096];

        (void)snprintf(inner, sizeof inner, "%.3800s/%.255s", path,
                       folder->entries[i].name);
        if (node != NULL && node->is_folder) {
            forget_below(node, inner);
        } else if (node != NULL && node->is_lost) {
            store_file(node, inner);
            node->is_lost = false;
        }
    }
}

void vt_disk_model_forget(struct vt_disk_model *model, const char *folder)
{
    forget_below(model->root, folder);
}

static bool folders_equal(struct node *a, struct node *b, const char *path,
                          struct vt_error *err);

static bool entry_equals(const struct entry *entry, struct node *other, const char *path,
                         struct vt_error *err)
{
    struct entry *twin = entry_find(other, vt_slice_from_cstr(entry->name));
    struct node *a = entry->seen, *b = twin != NULL ? twin->seen : NULL;
    char inner[4096];

    (void)snprintf(inner, sizeof inner, "%.3800s%s%.255s", path, path[0] != '\0' ? "/" : "",
                   entry->name);
    if (a == NULL)
        return true;
    if (b == NULL || a->is_folder != b->is_folder)
        return vt_fail(err, VT_REJECTED, "%s is on one side only", inner);
    if (a->is_folder)
        return folders_equal(a, b, inner, err);
    if (!vt_disk_content_equals(&a->seen, &b->seen))
        return vt_fail(err, VT_REJECTED, "%s has other bytes", inner);
    return true;
}

static bool folders_equal(struct node *a, struct node *b, const char *path,
                          struct vt_error *err)
{
    for (size_t i = 0; i < a->entry_count; i++)
        if (!entry_equals(&a->entries[i], b, path, err))
            return false;
    for (size_t i = 0; i < b->entry_count; i++)
        if (!entry_equals(&b->entries[i], a, path, err))
            return false;
    return true;
}

bool vt_disk_model_equals(const struct vt_disk_model *model, const char *folder,
                          struct vt_error *err)
{
    struct vt_disk_model *real = vt_disk_model_load(folder);
    bool is_equal = folders_equal(model->root, real->root, "", err);

    vt_disk_model_free(real);
    return is_equal;
}
