/* Where two files differ: containers, ELF sections, lines, bytes. */
#include "line/compare.h"
#include "line/compare_elf.h"
#include "tests/harness.h"

static struct vt_comparison *compare(const char *a, const char *b)
{
    struct vt_comparison *result = NULL;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_compare(vt_test_path(a), vt_test_path(b), &result, &err));
    vt_test_keep(result);
    return result;
}

static void write_both(vt_slice a, vt_slice b)
{
    vt_test_write(vt_test_path("a"), a);
    vt_test_write(vt_test_path("b"), b);
}

static void run(const char *script)
{
    (void)vt_test_run(
        0, VT_ARGV("sh", "-ec", vt_test_print("cd %s; %s", vt_test_dir(), script)));
}

static void check_place(const struct vt_comparison *c, const char *path,
                        const char *section, enum vt_difference_kind kind)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->differences[i].path, path) == 0 &&
            strcmp(c->differences[i].section, section) == 0 &&
            c->differences[i].kind == kind)
            return;
    vt_test_fail(__FILE__, __LINE__, "no %s in %s %s; first: %s %s",
                 vt_difference_kind_name(kind), path, section,
                 c->count > 0 ? vt_comparison_first(c)->path : "none",
                 c->count > 0 ? vt_comparison_first(c)->section : "");
}

static void equal_files_are_equal(void)
{
    write_both(VT_LIT("same\n"), VT_LIT("same\n"));
    VT_CHECK(compare("a", "b")->is_equal);
    VT_CHECK(vt_comparison_first(compare("a", "b")) == NULL);
    write_both(VT_LIT("same\n"), VT_LIT("same"));
    VT_CHECK(!compare("a", "b")->is_equal);
    write_both(VT_LIT(""), VT_LIT("x"));
    VT_CHECK(compare("a", "b")->total == 1);
}

static void a_line_is_named(void)
{
    const struct vt_difference *d;

    write_both(VT_LIT("one\ntwo at 10\nthree\n"), VT_LIT("one\ntwo at 19\nthree\n"));
    d = vt_comparison_first(compare("a", "b"));
    VT_CHECK(d->line == 2 && d->offset == 12 && vt_slice_is(d->a, "two at 10"));
    write_both(VT_LIT("x\na1\nb2\nc3\n"), VT_LIT("x\nc3\na1\nb2\n"));
    VT_CHECK(vt_comparison_first(compare("a", "b"))->kind == VT_DIFFERENCE_ORDER);
}

/* Lines that repeat move like others. */
static void another_order_is_one_difference(void)
{
    struct vt_comparison *c;

    write_both(VT_LIT("o\nzeta\nmid\nbeta\nzeta\n"), VT_LIT("zeta\nzeta\no\nmid\nbeta\n"));
    c = compare("a", "b");
    check_place(c, "a", "", VT_DIFFERENCE_ORDER);
    VT_CHECK(c->total == 1 && c->differences[0].line == 1);
    /* The twin: one more of them is a line more, in the same order. */
    write_both(VT_LIT("x\ny\nx\n"), VT_LIT("y\nx\n"));
    c = compare("a", "b");
    check_place(c, "a", "", VT_DIFFERENCE_CONTENT);
    VT_CHECK(c->total == 1);
}

static void a_byte_is_named(void)
{
    const struct vt_difference *d;

    write_both(VT_LIT("\0\1\2\3\4\5\6\7\0\0\0\0"), VT_LIT("\0\1\2\3\4\5\6\7\0\1\0\0"));
    d = vt_comparison_first(compare("a", "b"));
    VT_CHECK(d->offset == 9 && d->line == 0);
}

static void members_of_containers_are_named(void)
{
    run("mkdir p q; printf 'one\\n' >p/x; printf 'two\\n' >q/x; cp p/x p/y; cp p/x q/y;"
        "for c in gzip xz zstd bzip2; do for s in p q; do"
        " tar -C $s --mtime=@5 --sort=name -cf - x y | $c >$s.$c; done; done;"
        "for s in p q; do (cd $s; ar rcD ../$s.a x y); done");
    for (const char *const *c =
             (const char *const[]){ "gzip", "xz", "zstd", "bzip2", NULL };
         *c != NULL; c++) {
        const char *a = vt_test_print("p.%s", *c);

        check_place(compare(a, vt_test_print("q.%s", *c)), vt_test_print("%s!x", a), "",
                    VT_DIFFERENCE_CONTENT);
    }
    check_place(compare("p.a", "q.a"), "p.a!x", "", VT_DIFFERENCE_CONTENT);
}

static void what_a_container_notes_is_compared(void)
{
    run("mkdir p; printf 1 >p/x; printf 2 >p/y;"
        "tar -C p --mtime=@5 --owner=1 --mode=644 -cf a.tar x y;"
        "tar -C p --mtime=@6 --owner=2 --mode=600 -cf b.tar y x;"
        "tar -C p --mtime=@5 --owner=1 --mode=644 -cf c.tar x");
    check_place(compare("a.tar", "b.tar"), "a.tar", "tar members", VT_DIFFERENCE_ORDER);
    check_place(compare("a.tar", "b.tar"), "a.tar!x", "member header", VT_DIFFERENCE_TIME);
    check_place(compare("a.tar", "b.tar"), "a.tar!y", "member header", VT_DIFFERENCE_OWNER);
    check_place(compare("a.tar", "b.tar"), "a.tar!x", "member header", VT_DIFFERENCE_MODE);
    check_place(compare("a.tar", "c.tar"), "a.tar!y", "", VT_DIFFERENCE_ONLY_A);
    check_place(compare("c.tar", "a.tar"), "c.tar!y", "", VT_DIFFERENCE_ONLY_B);
    run("gzip -c <a.tar >a.gz; cp a.gz b.gz; printf '\\001' | dd of=b.gz bs=1 seek=4 "
        "conv=notrunc status=none");
    check_place(compare("a.gz", "b.gz"), "a.gz", "gzip header", VT_DIFFERENCE_TIME);
}

static void elf_sections_are_named(void)
{
    const struct vt_difference *d;

    run("for n in one three; do"
        " echo '#include <stdio.h>' >$n.c;"
        " echo \"int main(void){return puts(\\\"made in $n\\\") + puts(__func__);}\" "
        ">>$n.c;"
        " gcc -O1 -o $n $n.c; done");
    d = vt_comparison_first(compare("one", "three"));
    VT_CHECK_SAYING(strcmp(d->section, ".rodata") == 0, "%s", d->section);
    VT_CHECK(vt_slice_is(d->a, "made in one") && vt_slice_is(d->b, "made in three"));
}

static void damaged_files_differ_all_the_same(void)
{
    struct vt_comparison *c;

    write_both(VT_LIT("\x1f\x8b\x08"
                      "damaged"),
               VT_LIT("\x1f\x8b\x08"
                      "damageD"));
    c = compare("a", "b");
    VT_CHECK(c->total > 0 && c->note_count == 1);
    write_both(VT_LIT("\177ELF\2\1\1"), VT_LIT("\177ELF\2\1\2"));
    VT_CHECK(compare("a", "b")->total > 0);
}

static void folders_are_compared(void)
{
    struct vt_comparison *result = NULL;
    struct vt_error err = { 0 };

    run("mkdir -p p/d q/d; echo 1 >p/d/x; echo 2 >q/d/x; echo 3 >p/only; ln -s x p/d/l;"
        "ln -s y q/d/l; echo s >p/s; cp p/s q/s; chmod +x q/s");
    check_place(compare("p", "q"), "d/x", "", VT_DIFFERENCE_CONTENT);
    check_place(compare("p", "q"), "d/l", "link", VT_DIFFERENCE_CONTENT);
    check_place(compare("p", "q"), "only", "", VT_DIFFERENCE_ONLY_A);
    check_place(compare("q", "p"), "only", "", VT_DIFFERENCE_ONLY_B);
    check_place(compare("p", "q"), "s", "", VT_DIFFERENCE_MODE);
    VT_CHECK(compare("p", "p")->is_equal);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_compare(vt_test_path("p"), vt_test_path("p/s"), &result, &err));
    VT_CHECK_FAILS(VT_IO,
                   vt_compare(vt_test_path("p"), vt_test_path("none"), &result, &err));
}

/* A small file that unpacks to much is named, not unpacked. */
static void a_bomb_is_not_unpacked(void)
{
    struct vt_comparison *c;

    run("head -c 400000000 /dev/zero | xz -0 | gzip >a;"
        "(head -c 400000000 /dev/zero; echo) | xz -0 | gzip >b");
    c = compare("a", "b");
    VT_CHECK(c->total > 0 && c->note_count > 0);
    VT_CHECK(strstr(c->notes[0], "more than we hold") != NULL);
}

static void the_command_says_where(void)
{
    const char *said;

    write_both(VT_LIT("one\ntwo at 10\n"), VT_LIT("one\ntwo at 19\n"));
    said = vt_test_run(
        1, VT_ARGV("vitrine", "line", "compare", vt_test_path("a"), vt_test_path("b")));
    VT_CHECK_SAYING(strstr(said, "a, line 2: content") != NULL, "%s", said);
    VT_CHECK(strstr(said, "20 31 30") != NULL && strstr(said, "20 31 39") != NULL);
    said = vt_test_run(1, VT_ARGV("vitrine", "line", "compare", "--json", vt_test_path("a"),
                                  vt_test_path("b")));
    VT_CHECK(strstr(said, "\"line\"") != NULL);
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "line", "compare", vt_test_path("a"), vt_test_path("a")));
    run("mkdir p q r; ln -s here p/l; ln -s there q/l; ln -s here r/l");
    said = vt_test_run(
        1, VT_ARGV("vitrine", "line", "compare", vt_test_path("p"), vt_test_path("q")));
    VT_CHECK_SAYING(strstr(said, "l, link, offset 0x0: content") != NULL, "%s", said);
    said = vt_test_run(
        0, VT_ARGV("vitrine", "line", "compare", vt_test_path("p"), vt_test_path("r")));
    VT_CHECK_SAYING(strcmp(said, "equal: 1 file compared\n") == 0, "%s", said);
    (void)vt_test_run(
        3, VT_ARGV("vitrine", "line", "compare", vt_test_path("a"), vt_test_path("none")));
    (void)vt_test_run(2, VT_ARGV("vitrine", "line", "compare", vt_test_path("a")));
}

static const struct vt_case cases[] = {
    { "equal files are equal", equal_files_are_equal },
    { "a line is named", a_line_is_named },
    { "another order is one difference", another_order_is_one_difference },
    { "a byte is named", a_byte_is_named },
    { "members of containers are named", members_of_containers_are_named },
    { "what a container notes is compared", what_a_container_notes_is_compared },
    { "elf sections are named", elf_sections_are_named },
    { "damaged files differ all the same", damaged_files_differ_all_the_same },
    { "folders are compared", folders_are_compared },
    { "a bomb is not unpacked", a_bomb_is_not_unpacked },
    { "the command says where", the_command_says_where },
};

VT_TEST_MAIN("line.compare", cases)
