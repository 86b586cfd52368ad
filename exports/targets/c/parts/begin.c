#include "tp_.h"

#include <float.h>
#include <limits.h>
#include <string.h>

#if INT_MAX < 2147483647
#error "int must have 32 bits"
#endif
#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 1 && FLT_EVAL_METHOD != 16
#error "doubles must be computed as doubles: on 32-bit x86 compile with -msse2 -mfpmath=sse"
#endif
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) \
    || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__)
#error "compile without -ffast-math and what belongs to it: the answers would have other bits"
#endif

/* A product must be rounded before anything is added to it. Where a CPU does both at once, compilers may fuse them. */
#if defined(__SOFTFP__) || (defined(__GNUC__) && defined(__x86_64__) && !defined(__FMA__) && !defined(__FMA4__))
#define TP_ROUNDED
#else
#define TP_ROUNDED volatile
#endif

#if defined(__GNUC__)
#define TP_ALIGNED __attribute__((aligned(32)))
#else
#define TP_ALIGNED
#endif

static float tp_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
