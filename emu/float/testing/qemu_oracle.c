/*
 * Executes one float instruction per line of input and prints what it did.
 *
 *     in:   name  rounding-mode  a  b  c     (registers in hexadecimal, 64 bits each)
 *     out:  result  fflags                   (the same)
 *
 * Float operands and results are whole registers, so NaN boxing shows. What an instruction does not
 * read is ignored. The rounding mode is the dynamic one.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct line {
    uint64_t mode, a, b, c;
    uint64_t result, flags;
};

/* Clears the flags and sets the mode, loads, executes, reads the flags, stores. */
#define INSTRUCTION(name, load, text, store)                          \
    static void name(struct line *line)                               \
    {                                                                 \
        __asm__ volatile("fscsr %[mode]\n\t" load "\n\t" text "\n\t"  \
                         "frflags %[flags]\n\t" store                 \
                         : [result] "=&r"(line->result),              \
                           [flags] "=&r"(line->flags)                 \
                         : [mode] "r"(line->mode << 5),               \
                           [a] "r"(line->a), [b] "r"(line->b),        \
                           [c] "r"(line->c)                           \
                         : "ft0", "ft1", "ft2", "ft3");               \
    }

#define LOAD "fmv.d.x ft0, %[a]\n\tfmv.d.x ft1, %[b]\n\tfmv.d.x ft2, %[c]"
#define STORE "fmv.x.d %[result], ft3"

#define FROM_1(name, text) INSTRUCTION(name, LOAD, text " ft3, ft0", STORE)
#define FROM_2(name, text) INSTRUCTION(name, LOAD, text " ft3, ft0, ft1", STORE)
#define FROM_3(name, text) INSTRUCTION(name, LOAD, text " ft3, ft0, ft1, ft2", STORE)
#define TO_INTEGER_1(name, text) INSTRUCTION(name, LOAD, text " %[result], ft0", "")
#define TO_INTEGER_2(name, text) INSTRUCTION(name, LOAD, text " %[result], ft0, ft1", "")
#define FROM_INTEGER(name, text) INSTRUCTION(name, LOAD, text " ft3, %[a]", STORE)

/* Every instruction of both formats: shape, name in C, name in assembly. */
#define EACH_FORMAT(X, s)                                       \
    X(FROM_2, fadd_##s, "fadd." #s)                             \
    X(FROM_2, fsub_##s, "fsub." #s)                             \
    X(FROM_2, fmul_##s, "fmul." #s)                             \
    X(FROM_2, fdiv_##s, "fdiv." #s)                             \
    X(FROM_1, fsqrt_##s, "fsqrt." #s)                           \
    X(FROM_3, fmadd_##s, "fmadd." #s)                           \
    X(FROM_3, fmsub_##s, "fmsub." #s)                           \
    X(FROM_3, fnmsub_##s, "fnmsub." #s)                         \
    X(FROM_3, fnmadd_##s, "fnmadd." #s)                         \
    X(FROM_2, fmin_##s, "fmin." #s)                             \
    X(FROM_2, fmax_##s, "fmax." #s)                             \
    X(TO_INTEGER_2, feq_##s, "feq." #s)                         \
    X(TO_INTEGER_2, flt_##s, "flt." #s)                         \
    X(TO_INTEGER_2, fle_##s, "fle." #s)                         \
    X(TO_INTEGER_1, fclass_##s, "fclass." #s)                   \
    X(TO_INTEGER_1, fcvt_w_##s, "fcvt.w." #s)                   \
    X(TO_INTEGER_1, fcvt_wu_##s, "fcvt.wu." #s)                 \
    X(TO_INTEGER_1, fcvt_l_##s, "fcvt.l." #s)                   \
    X(TO_INTEGER_1, fcvt_lu_##s, "fcvt.lu." #s)                 \
    X(FROM_INTEGER, fcvt_##s##_w, "fcvt." #s ".w")              \
    X(FROM_INTEGER, fcvt_##s##_wu, "fcvt." #s ".wu")            \
    X(FROM_INTEGER, fcvt_##s##_l, "fcvt." #s ".l")              \
    X(FROM_INTEGER, fcvt_##s##_lu, "fcvt." #s ".lu")

#define EACH_INSTRUCTION(X)                \
    EACH_FORMAT(X, s)                      \
    EACH_FORMAT(X, d)                      \
    X(FROM_1, fcvt_s_d, "fcvt.s.d")        \
    X(FROM_1, fcvt_d_s, "fcvt.d.s")

#define DEFINE(shape, name, text) shape(name, text)
EACH_INSTRUCTION(DEFINE)

static const struct {
    const char *name;
    void (*execute)(struct line *);
} table[] = {
#define ENTRY(shape, name, text) { text, name },
    EACH_INSTRUCTION(ENTRY)
};

int main(void)
{
    char name[16];
    struct line line;
    while (scanf("%15s %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64, name, &line.mode, &line.a,
                 &line.b, &line.c) == 5) {
        size_t i = 0;
        while (i < sizeof table / sizeof *table && strcmp(table[i].name, name) != 0) i++;
        if (i == sizeof table / sizeof *table) {
            fprintf(stderr, "Cannot execute \"%s\", it is not in the table\n", name);
            return 1;
        }
        table[i].execute(&line);
        printf("%" PRIx64 " %" PRIx64 "\n", line.result, line.flags);
    }
    return 0;
}
