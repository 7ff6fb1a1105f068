// Numbers in order, or some of them in their places: without branches that depend on the numbers, each of
// which a processor would mispredict half the time.
#pragma once
#include <stdint.h>
#include <algorithm>

namespace thetahat {

class ordering {
 public:
  // Of n finite numbers, which are moved; room for as many.
  ordering(double* numbers, double* room, int64_t n) : numbers(numbers), room(room), n(n) {}

  void sort() { put_all(0, n, deepest(n)); }
  // Puts in their places those that belong to the given ones, which increase.
  void select(const int64_t* places, int count) { put(0, n, places, places + count, deepest(n)); }

 private:
  double* const numbers;
  double* const room;
  const int64_t n;
  static constexpr int64_t few = 12;

  // Little deeper than halves lead: what is cut worse, by bad pivots, is sorted as a heap.
  static int deepest(int64_t n) {
    int depth = 2;
    for (; n > 1; n /= 2) depth += 1;
    return depth;
  }
  static double middle_of(double a, double b, double c) {
    return std::max(std::min(a, b), std::min(std::max(a, b), c));
  }
  double pivot_of(int64_t from, int64_t to) const {
    const double* x = numbers + from;
    const int64_t size = to - from, step = size / 9;
    if (size < 64) return middle_of(x[0], x[size / 2], x[size - 1]);
    return middle_of(middle_of(x[0], x[step], x[2 * step]), middle_of(x[3 * step], x[4 * step], x[5 * step]),
                     middle_of(x[6 * step], x[7 * step], x[8 * step]));
  }
  // Puts those that are low before the others; returns where these begin.
  template <class Low>
  int64_t part(int64_t from, int64_t to, Low low) {
    int64_t lows = from, highs = to - 1;
    for (int64_t i = from; i < to; ++i) {
      const double x = numbers[i];
      const bool is_low = low(x);
      room[lows] = room[highs] = x;
      lows += is_low, highs -= !is_low;
    }
    std::copy(room + from, room + to, numbers + from);
    return lows;
  }
  // Cuts the numbers into two parts; where none is below the pivot, those equal to it are the first part,
  // which is in order then: true.
  bool cut(int64_t from, int64_t to, int64_t* at) {
    const double pivot = pivot_of(from, to);
    *at = part(from, to, [=](double x) { return x < pivot; });
    if (*at > from) return false;
    *at = part(from, to, [=](double x) { return x <= pivot; });
    return true;
  }
  // The place of each number is how many are smaller, or equal and before it.
  void put_few(int64_t from, int64_t to) {
    const double* x = numbers + from;
    const int64_t size = to - from;
    for (int64_t i = 0; i < size; ++i) {
      int64_t place = from;
      for (int64_t j = 0; j < i; ++j) place += x[j] <= x[i];
      for (int64_t j = i + 1; j < size; ++j) place += x[j] < x[i];
      room[place] = x[i];
    }
    std::copy(room + from, room + to, numbers + from);
  }
  void put_slowly(int64_t from, int64_t to) {
    std::make_heap(numbers + from, numbers + to);
    std::sort_heap(numbers + from, numbers + to);
  }
  void put_all(int64_t from, int64_t to, int depth) {
    while (to - from > few && depth > 0) {
      int64_t at;
      if (!cut(from, to, &at)) put_all(from, at, depth - 1);
      from = at, depth -= 1;
    }
    to - from > few ? put_slowly(from, to) : put_few(from, to);
  }
  void put(int64_t from, int64_t to, const int64_t* places, const int64_t* end, int depth) {
    while (places < end && to - from > few && depth > 0) {
      int64_t at;
      const bool in_order = cut(from, to, &at);
      const int64_t* const others = std::lower_bound(places, end, at);
      if (others == end) {
        if (in_order) return;
        to = at;
      } else {
        if (!in_order) put(from, at, places, others, depth - 1);
        from = at, places = others;
      }
      depth -= 1;
    }
    if (places < end) to - from > few ? put_slowly(from, to) : put_few(from, to);
  }
};

}  // namespace thetahat
