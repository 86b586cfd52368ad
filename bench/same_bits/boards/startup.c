/* What a Cortex-M does from reset to main: data copied from flash to RAM, the rest of it zeroed, the FPU switched on where
 * there is one. Any fault ends in the same place, which tells whatever runs the board. */
#include <stdint.h>

extern uint32_t data_from[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];
int main(void);
void reset(void);
void fault(void);

void reset(void)
{
    const uint32_t *from = data_from;
    for (uint32_t *to = data_start; to < data_end; to++) *to = *from++;
    for (uint32_t *to = bss_start; to < bss_end; to++) *to = 0;
#ifdef __ARM_FP
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
    __asm__ volatile("dsb\n isb");
#endif
    main();
    for (;;) {}
}

void fault(void)
{
    static const uint32_t arguments[] = {0x20026, 99};
    register uint32_t r0 __asm__("r0") = 32;
    register const uint32_t *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    for (;;) {}
}

__attribute__((section(".vectors"), used)) void (*const vectors[])(void) = {
    (void (*)(void))(uintptr_t)stack_top, reset, fault, fault, fault, fault, fault};
