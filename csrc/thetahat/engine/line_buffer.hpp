// Scattered values on their way to many places: four cache lines for each, which go to memory when they are
// full. Written one by one, each value would bring the line that it lies in into the cache, and out again;
// with one line for each, a processor would mispredict four times as often when it is full.
#pragma once
#include <stdint.h>
#include <string.h>
#include <memory>
#include <vector>
#include "thetahat/math/simd.hpp"
#ifdef __linux__
#include <sys/mman.h>
#endif
#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define THETAHAT_STREAMS 1
#else
#define THETAHAT_STREAMS 0
#endif

namespace thetahat {

constexpr int64_t line_bytes = 256;

// Writes such lines past the cache. The writes of a thread are seen by others after end_streams.
inline void stream_line([[maybe_unused]] void* out, [[maybe_unused]] const void* line) {
#if THETAHAT_STREAMS
  for (int i = 0; i < line_bytes / 16; ++i)
    _mm_stream_si128(static_cast<__m128i*>(out) + i, _mm_load_si128(static_cast<const __m128i*>(line) + i));
#else
  memcpy(out, line, line_bytes);
#endif
}
inline void end_streams() {
#if THETAHAT_STREAMS
  _mm_sfence();
#endif
}

inline void ask_for_large_pages([[maybe_unused]] void* at, [[maybe_unused]] size_t size) {
#ifdef MADV_HUGEPAGE
  constexpr uintptr_t page = 1 << 12, worth = 1 << 22;
  const uintptr_t start = reinterpret_cast<uintptr_t>(at), first = (start + page - 1) / page * page;
  if (size >= worth) madvise(reinterpret_cast<void*>(first), start + size - first, MADV_HUGEPAGE);
#endif
}

// An array that begins with such lines, in large pages of memory where it is large: of small ones, the first
// touch costs more than all that is done with what they hold.
template <class T>
class aligned_array {
 public:
  explicit aligned_array(int64_t n = 0) : bytes(new unsigned char[n * sizeof(T) + line_bytes]) {
    ask_for_large_pages(bytes.get(), n * sizeof(T));
  }
  T* data() const {
    const uintptr_t at = reinterpret_cast<uintptr_t>(bytes.get());
    return reinterpret_cast<T*>((at + line_bytes - 1) / line_bytes * line_bytes);
  }

 private:
  std::unique_ptr<unsigned char[]> bytes;  // not initialized
};

template <class T>
class line_buffer {
 public:
  // Of places from[i] .. to[i] - 1 of an array that begins with such lines.
  line_buffer(T* out, const int64_t* from, const int64_t* to, int64_t n)
      : out(out), lines(n * per_line), line(lines.data()), ends(2 * n) {
    for (int64_t i = 0; i < n; ++i) ends[2 * i] = from[i], ends[2 * i + 1] = to[i];
  }
  // Puts a value at the next place of i.
  THETAHAT_INLINE void put(int64_t i, int64_t place, T value) {
    const int64_t column = place & (per_line - 1);
    line[i * per_line + column] = value;
    if (column == per_line - 1) write(i, place + 1);
  }
  // Writes the lines that are not full, with the next place of each; whether all places are filled.
  bool finish(const int64_t* next) {
    bool full = true;
    for (int64_t i = 0; i < int64_t(ends.size()) / 2; ++i) {
      if (next[i] % per_line) write(i, next[i]);
      full &= next[i] == ends[2 * i + 1];
    }
    end_streams();
    return full;
  }

 private:
  static constexpr int64_t per_line = line_bytes / sizeof(T);
  T* const out;
  aligned_array<T> lines;
  T* const line;
  std::vector<int64_t> ends;

  // The line that ends before a place, as far as it lies within the places of i.
  THETAHAT_NOINLINE void write(int64_t i, int64_t stop) {
    int64_t start = (stop - 1) & -per_line;
    const T* from = line + i * per_line;
    if (start >= ends[2 * i] && stop <= ends[2 * i + 1] && stop == start + per_line)
      return stream_line(out + start, from);
    if (start < ends[2 * i]) from += ends[2 * i] - start, start = ends[2 * i];
    if (stop > ends[2 * i + 1]) stop = ends[2 * i + 1];
    if (start < stop) memcpy(out + start, from, (stop - start) * sizeof(T));
  }
};

}  // namespace thetahat
