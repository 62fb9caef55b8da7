/* How an updater uses libvitrine-verify: the answer is the exit code, as of `vitrine
 * verify`.
 *
 *   cc verify.c $(pkg-config --cflags --libs libvitrine-verify) -o verify
 *   ./verify FILE FILE.evidence trust.json [POLICY]
 *
 * A library that was installed just now is found after `ldconfig`; or link with
 * -Wl,-rpath,/usr/local/lib. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <vitrine/verify.h>

/* The whole file; the program ends if it cannot be read. */
static struct vitrine_bytes read_file(const char *path)
{
    struct vitrine_bytes bytes = { NULL, 0 };
    FILE *file = fopen(path, "r");
    char *data = NULL;
    long len;

    if (file == NULL || (getc(file) == EOF && ferror(file)) /* a folder */ ||
        fseek(file, 0, SEEK_END) != 0 || (len = ftell(file)) < 0 ||
        fseek(file, 0, SEEK_SET) != 0 || (data = malloc((size_t)len + 1)) == NULL ||
        fread(data, 1, (size_t)len, file) != (size_t)len) {
        perror(path);
        exit(VITRINE_TROUBLE);
    }
    (void)fclose(file);
    bytes.data = data;
    bytes.len = (size_t)len;
    return bytes;
}

int main(int argc, char **argv)
{
    struct vitrine_question question = { .size = sizeof question };
    struct vitrine_verdict *verdict = NULL;
    struct vitrine_bytes file, json;
    enum vitrine_answer answer;

    if (argc < 4 || argc > 5) {
        (void)fprintf(stderr, "usage: verify FILE FILE.evidence trust.json [POLICY]\n");
        return VITRINE_MISUSE;
    }
    file = read_file(argv[1]);
    question.evidence = read_file(argv[2]);
    question.trust = read_file(argv[3]);
    if (argc == 5)
        question.policy = read_file(argv[4]);
    question.now_unix_s = (int64_t)time(NULL);
    answer = vitrine_verify(&question, file.data, file.len, &verdict);
    json = vitrine_verdict_json(verdict);
    if (json.len != 0)
        (void)printf("%.*s\n", (int)json.len, (const char *)json.data);
    else
        (void)fprintf(stderr, "verify: %s\n", vitrine_verdict_sentence(verdict));
    vitrine_verdict_free(verdict);
    free((void *)file.data);
    free((void *)question.evidence.data);
    free((void *)question.trust.data);
    free((void *)question.policy.data);
    return (int)answer;
}
