// Rows shared among threads, each share read slice by slice.
#pragma once
#include <algorithm>
#include <atomic>
#include <new>
#include <vector>
#include "thetahat/engine/slices.hpp"
#include "thetahat/engine/threads.hpp"

namespace thetahat {

constexpr int64_t share_slice = slice_rows / 4;  // rows that a thread moves between two checks for signals

// Runs job(i), i in [0, jobs), on as many threads; memory that is out on one of them is out here.
template <class Job>
void run_all(int64_t jobs, Job job) {
  struct context {
    Job& job;
    std::atomic<bool> no_memory;
  } shared{job, {false}};
  auto run = [](void* at, int64_t i) {
    auto& c = *static_cast<context*>(at);
    try {
      c.job(i);
    } catch (const std::bad_alloc&) {
      c.no_memory = true;
    }
  };
  run_jobs(int(jobs), jobs, run, &shared);
  if (shared.no_memory) throw std::bad_alloc();
}

// What a thread reads of n rows.
class shares {
 public:
  shares(int64_t n, int threads) : bounds(1, 0) {
    const int64_t team = team_of(n, threads);
    for (int64_t t = 1; t <= team; ++t) bounds.push_back(t == team ? n : n / team * t);
    restart();
  }
  int64_t size() const { return int64_t(next.size()); }
  void restart() { next.assign(bounds.begin(), bounds.end() - 1); }
  // Calls visit(t, first, last) for a slice of each share; whether more is left.
  template <class Visit>
  bool go_on(Visit visit) {
    run_all(size(), [&](int64_t t) {
      const int64_t first = next[t];
      next[t] = std::min(first + share_slice, bounds[t + 1]);
      visit(t, first, next[t]);
    });
    return !std::equal(next.begin(), next.end(), bounds.begin() + 1);
  }

 private:
  std::vector<int64_t> bounds, next;
};

// Numbers 0 .. n - 1, some at a time, each to one thread.
class turns {
 public:
  explicit turns(int64_t n) : n(n) {}
  // Calls visit(t, i), which returns what i has cost, until a slice is full; whether more is left.
  template <class Visit>
  bool go_on(int64_t threads, Visit visit) {
    run_all(threads, [&](int64_t t) {
      int64_t i;
      for (int64_t cost = 0; cost < share_slice && (i = next++) < n;) cost += visit(t, i) + 1;
    });
    return next < n;
  }

 private:
  const int64_t n;
  std::atomic<int64_t> next{0};
};

// Where each thread's part of each bucket begins: from how many rows each has, counts[t][b].
// Returns where the buckets begin, and how many rows they have.
inline std::vector<int64_t> sum_up(std::vector<std::vector<int64_t>>& counts, int64_t buckets) {
  std::vector<int64_t> starts;
  int64_t sum = 0;
  for (int64_t b = 0; b < buckets; ++b) {
    starts.push_back(sum);
    for (auto& of_thread : counts) {
      const int64_t count = of_thread[b];
      of_thread[b] = sum;
      sum += count;
    }
  }
  starts.push_back(sum);
  return starts;
}

}  // namespace thetahat
