// Regions of a source file that are compiled for a wider instruction set than the rest of the program.
//
// Include every header before SALLYPORT_TARGET_BEGIN: the region then holds nothing but the kernel's own functions, all
// with internal linkage, and no inline function shared with other files can be emitted with instructions that only
// this kernel's CPUs know.
#pragma once

#define SALLYPORT_PRAGMA(text) _Pragma(#text)

#if defined(__clang__)
#define SALLYPORT_TARGET_BEGIN(isa) \
  SALLYPORT_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define SALLYPORT_TARGET_END _Pragma("clang attribute pop")
#define SALLYPORT_UNROLL _Pragma("unroll")
#else
#define SALLYPORT_TARGET_BEGIN(isa) _Pragma("GCC push_options") SALLYPORT_PRAGMA(GCC target(isa))
#define SALLYPORT_TARGET_END _Pragma("GCC pop_options")
#define SALLYPORT_UNROLL _Pragma("GCC unroll 32")
#endif

/// A step of a kernel that has to live in its caller's registers.
#define SALLYPORT_INLINE [[gnu::always_inline]] inline

/// Makes the compiler load anew from here on what memory holds, where it would keep more values than there are
/// registers.
#define SALLYPORT_FENCE __asm__ volatile("" ::: "memory")

/// Makes the compiler compute the vector `v` here. GCC would rearrange a long sum into a tree and put all its terms
/// aside until it has the last.
#if defined(__x86_64__)
#define SALLYPORT_SETTLE(v) __asm__("" : "+v"(v))
#elif defined(__aarch64__)
#define SALLYPORT_SETTLE(v) __asm__("" : "+w"(v))
#endif
