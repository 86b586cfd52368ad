/* What the arithmetic asks of a compiler; where it can't be had, nothing is built and the NumPy twins serve the same bits.
 * Python's headers may not stand before it on Windows, whose own are asked for here. */
#ifndef TAGPRESS_EXACT_H
#define TAGPRESS_EXACT_H

#include <float.h>
#include <limits.h>
#include <stdint.h>

#if !defined(__GNUC__)
#error "vectors and built-in functions of GCC are needed: use GCC, Clang, clang-cl or MinGW; without them NumPy answers"
#endif
#ifdef __FAST_MATH__
#error "-ffast-math changes bits: leave it out"
#endif
#if FLT_EVAL_METHOD != 0
#error "sums must be rounded to their own type: on 32-bit x86, add -msse2 -mfpmath=sse"
#endif
#if INT_MAX != 2147483647
#error "int must have 32 bits"
#endif

#endif
