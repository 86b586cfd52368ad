/* What both programs share that run a kernel on another CPU: the model as pieces of a file, texts from stdin, answers to
 * stdout. A piece is its size as uint64 and its bytes; a text is uint32 how it is given, uint32 size, and its bytes. */
#ifndef SAME_BITS_KERNEL_H
#define SAME_BITS_KERNEL_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct piece {
    void *data;
    size_t size;
};

static void stop(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(1);
}

static void *exactly(FILE *from, size_t size)
{
    void *data = malloc(size ? size : 1);
    if (!data || fread(data, 1, size, from) != size) stop("a file that ends too early, or no memory");
    return data;
}

static struct piece next_piece(FILE *from)
{
    uint64_t size;
    if (fread(&size, 1, 8, from) != 8) stop("a model with too few pieces");
    struct piece piece = {NULL, (size_t)size};
    piece.data = exactly(from, piece.size);
    return piece;
}

/* 0 at the end of the texts. */
static int next_text(uint32_t *given, struct piece *text)
{
    uint32_t head[2];
    if (fread(head, 1, 8, stdin) != 8) return 0;
    *given = head[0];
    text->size = head[1];
    text->data = exactly(stdin, text->size);
    return 1;
}

static void answer(const float *logits, size_t n, uint8_t known)
{
    if (fwrite(logits, 4, n, stdout) != n || fputc(known, stdout) == EOF) stop("answers can't be written");
}

#endif
