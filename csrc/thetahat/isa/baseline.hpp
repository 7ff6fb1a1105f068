// Names the instruction set of what is compiled once: what every processor of the architecture has, SSE2 on
// x86-64, NEON on arm64. To be included first.
#pragma once
#if defined(__GNUC__)
#define THETAHAT_WIDTH 2
#else
#define THETAHAT_WIDTH 1  // no vector types
#endif
#define THETAHAT_ISA baseline
