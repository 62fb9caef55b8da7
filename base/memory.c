/* Allocation that cannot fail visibly, and arenas as a chain of blocks. */
#include "base/base.h"

struct block {
    struct block *next;
    size_t used, capacity;
    alignas(max_align_t) uint8_t bytes[];
};

struct vt_arena {
    struct block *blocks; /* newest first */
};

VT_NORETURN static void out_of_memory(size_t bytes)
{
    (void)fprintf(stderr, "vitrine: out of memory (%zu bytes asked for)\n", bytes);
    abort();
}

void *vt_alloc(size_t bytes)
{
    void *got = calloc(1, bytes != 0 ? bytes : 1);

    if (got == NULL)
        out_of_memory(bytes);
    return got;
}

void *vt_alloc_array(size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        out_of_memory(SIZE_MAX);
    return vt_alloc(bytes);
}

void *vt_grow_array(void *old, size_t count, size_t size)
{
    size_t bytes;
    void *got;

    if (__builtin_mul_overflow(count, size, &bytes))
        out_of_memory(SIZE_MAX);
    got = realloc(old, bytes != 0 ? bytes : 1);
    if (got == NULL)
        out_of_memory(bytes);
    return got;
}

char *vt_strdup_slice(vt_slice text)
{
    char *copy = vt_alloc(text.len + 1);

    if (text.len != 0)
        memcpy(copy, text.data, text.len);
    return copy;
}

void vt_free_pointer(void *pointer_to_pointer)
{
    void *held;

    memcpy(&held, pointer_to_pointer, sizeof held);
    free(held);
}

struct vt_arena *vt_arena_new(void)
{
    return vt_alloc(sizeof(struct vt_arena));
}

void vt_arena_free(struct vt_arena *arena)
{
    struct block *at, *next;

    if (arena == NULL)
        return;
    for (at = arena->blocks; at != NULL; at = next) {
        next = at->next;
        free(at);
    }
    free(arena);
}

void vt_arena_free_pointer(struct vt_arena **arena)
{
    vt_arena_free(*arena);
}

void *vt_arena_alloc(struct vt_arena *arena, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    size_t rounded, capacity;
    struct block *top = arena->blocks;
    uint8_t *at;

    if (__builtin_add_overflow(bytes, align - 1, &rounded))
        out_of_memory(bytes);
    rounded &= ~(align - 1);
    if (top == NULL || rounded > top->capacity - top->used) {
        capacity = rounded > VT_KIB(16) ? rounded : VT_KIB(16);
        top = vt_alloc(sizeof *top + capacity);
        top->capacity = capacity;
        top->next = arena->blocks;
        arena->blocks = top;
    }
    at = top->bytes + top->used;
    top->used += rounded;
    return at;
}

vt_slice vt_arena_copy(struct vt_arena *arena, vt_slice bytes)
{
    uint8_t *copy = vt_arena_alloc(arena, bytes.len + 1);

    if (bytes.len != 0)
        memcpy(copy, bytes.data, bytes.len);
    return (vt_slice){ copy, bytes.len };
}

char *vt_arena_cstr(struct vt_arena *arena, vt_slice text)
{
    return (char *)(uintptr_t)vt_arena_copy(arena, text).data;
}

char *vt_arena_printf(struct vt_arena *arena, const char *format, ...)
{
    va_list args;
    int len;
    char *text;

    VT_ASSERT(format != NULL); /* without it gcc's sanitizer build warns of the case */
    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    VT_ASSERT(len >= 0);
    text = vt_arena_alloc(arena, (size_t)len + 1);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}
