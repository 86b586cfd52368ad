/* Answers texts on a Cortex-M board without an operating system: from texts.bin to answers.bin in the protocol of the
 * comparison, by semihosting (ARM's calls to whatever runs the board). How much stack the model takes is found by paint:
 * the stack below is filled before each call, and looked through after it. facts.bin gets the most of both functions and
 * what the header promises, as three uint32. */
#include <stddef.h>
#include <stdint.h>

#include "tp.h"

enum { OPEN = 1, CLOSE = 2, WRITE = 5, READ = 6, EXIT = 32 };
enum { READ_BINARY = 1, WRITE_BINARY = 5, MOST_BYTES = 1 << 17, FINISHED = 0x20026 };
#define PAINT 0xA5C3F00Du
#define SLACK 64u /* bytes below the frame that paints, which the compiler may use while it does */

extern uint32_t stack_limit[], stack_top[];
static char text[MOST_BYTES];
static float probabilities[TP_CLASSES];
static tp_answer answer;

static uintptr_t call(unsigned operation, const void *arguments)
{
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static uintptr_t open_file(const char *name, size_t length, uintptr_t mode)
{
    const uintptr_t arguments[] = {(uintptr_t)name, mode, length};
    return call(OPEN, arguments);
}

static void leave(uintptr_t code)
{
    const uintptr_t arguments[] = {FINISHED, code};
    call(EXIT, arguments);
    for (;;) {}
}

/* Both buffer a few thousand bytes: a call takes as long as many texts. */
static char in[4096], out[4096];
static size_t in_at, in_size, out_size;
static uintptr_t in_file, out_file;

static int get(char *to, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (in_at == in_size) {
            const uintptr_t arguments[] = {in_file, (uintptr_t)in, sizeof in};
            in_size = sizeof in - call(READ, arguments);
            in_at = 0;
            if (!in_size || in_size > sizeof in) return 0;
        }
        to[i] = in[in_at++];
    }
    return 1;
}

static void flush(void)
{
    const uintptr_t arguments[] = {out_file, (uintptr_t)out, out_size};
    if (out_size && call(WRITE, arguments)) leave(3);
    out_size = 0;
}

static void put(const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (out_size == sizeof out) flush();
        out[out_size++] = ((const char *)from)[i];
    }
}

static uint32_t *stack_pointer(void)
{
    uint32_t *at;
    __asm__ volatile("mov %0, sp" : "=r"(at));
    return at;
}

static void paint(void)
{
    volatile uint32_t *end = stack_pointer() - SLACK / 4;
    for (volatile uint32_t *at = stack_limit; at < end; at++) *at = PAINT;
}

static uint32_t used(uint32_t most)
{
    const volatile uint32_t *at = stack_limit;
    const uint32_t *end = stack_pointer();
    while (at < end && *at == PAINT) at++;
    uint32_t bytes = (uint32_t)((const char *)end - (const char *)(uintptr_t)at);
    return bytes > most ? bytes : most;
}

static void run(void)
{
    uint32_t facts[3] = {0, 0, TP_STACK}, size;
    while (get((char *)&size, sizeof size)) {
        if (size > sizeof text || !get(text, size)) leave(2);
        paint();
        int32_t status = tp_classify(text, size, &answer);
        facts[0] = used(facts[0]);
        put(&status, sizeof status);
        if (status) continue;
        paint();
        tp_probabilities(&answer, probabilities);
        facts[1] = used(facts[1]);
        put(answer.logits, sizeof answer.logits);
        put(probabilities, sizeof probabilities);
        put(answer.decided, sizeof answer.decided);
        put(&answer.known, 1);
    }
    flush();
    const uintptr_t close[] = {out_file};
    call(CLOSE, close);
    out_file = open_file("facts.bin", 9, WRITE_BINARY);
    put(facts, sizeof facts);
    flush();
}

int main(void)
{
    in_file = open_file("texts.bin", 9, READ_BINARY);
    out_file = open_file("answers.bin", 11, WRITE_BINARY);
    if (in_file == (uintptr_t)-1 || out_file == (uintptr_t)-1) leave(4);
    if (TP_STACK > (size_t)((char *)stack_top - (char *)stack_limit) - 1024) leave(5); /* it has no room here */
    run();
    leave(0);
    return 0;
}
