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
