/* Memory that ends the process when it runs out (sizes from outside are bounded before
 * we allocate), and arenas: what a request creates dies with it. */
#ifndef VT_BASE_MEMORY_H
#define VT_BASE_MEMORY_H

#define VT_AUTO_FREE __attribute__((cleanup(vt_free_pointer)))

/* Zeroed; returned, end with free().  Never NULL. */
void *vt_alloc(size_t bytes);
/* count * size with the product checked; zeroed; returned.  Never NULL. */
void *vt_alloc_array(size_t count, size_t size);
/* Grow to count * size, new part not zeroed; returned.  Never NULL. */
void *vt_grow_array(void *old, size_t count, size_t size);
/* A C string of the slice; a NUL inside ends it early.  Returned. */
char *vt_strdup_slice(vt_slice text);
void vt_free_pointer(void *pointer_to_pointer); /* for VT_AUTO_FREE */

struct vt_arena;

#define VT_AUTO_ARENA __attribute__((cleanup(vt_arena_free_pointer))) struct vt_arena *

struct vt_arena *vt_arena_new(void);
void vt_arena_free(struct vt_arena *arena); /* and all that was made in it */
void vt_arena_free_pointer(struct vt_arena **arena);
void *vt_arena_alloc(struct vt_arena *arena,
                     size_t bytes); /* zeroed, aligned, never NULL */
vt_slice vt_arena_copy(struct vt_arena *arena, vt_slice bytes);
char *vt_arena_cstr(struct vt_arena *arena, vt_slice text);
VT_PRINTF(2, 3)
char *vt_arena_printf(struct vt_arena *arena, const char *format, ...);

#endif
