// Rows put together by group, in their order: a stable partition by the upper bits of the codes, then by the
// lower ones inside each bucket, in the cache.
#include "thetahat/isa/baseline.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>
#include "thetahat/engine/coded_rows.hpp"
#include "thetahat/engine/line_buffer.hpp"
#include "thetahat/engine/slices.hpp"
#include "thetahat/engine/threads.hpp"

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

namespace {

constexpr int64_t few_groups = 1 << 11;  // each of these is a bucket of its own
constexpr int most_low_bits = 16;

int low_bits(int64_t groups) {
  int bits = 0;
  while (int64_t{1} << bits < groups) ++bits;
  return groups <= few_groups ? 0 : std::min((bits + 1) / 2, most_low_bits);
}

// By the signs of code + 1 and of groups - 1 - code.
template <class Code>
bool all_in_range(const Code* codes, int64_t n, int64_t groups) {
  using bits = std::make_unsigned_t<Code>;
  bits signs = 0;
  for (int64_t i = 0; i < n; ++i) signs |= (bits(codes[i]) + 1) | (bits(groups - 1) - bits(codes[i]));
  return signs >> (8 * sizeof(Code) - 1) == 0;
}

// A thread's share of the rows: how many of each bucket, then where the next one goes.
struct share {
  int64_t next, last;
  std::vector<int64_t> at;
  std::unique_ptr<line_buffer<double>> x, w;
  std::unique_ptr<line_buffer<uint16_t>> low;
  share(int64_t from, int64_t to, int64_t buckets) : next(from), last(to), at(buckets) {}
};

// The rows of a bucket, by group.
class bucket_sort {
 public:
  // Where each group begins, from the lower bits of n codes.
  void count(const uint16_t* low, int64_t n, int64_t groups) {
    starts.assign(groups + 1, 0);
    for (int64_t i = 0; i < n; ++i) starts[low[i] + 1] += 1;
    for (int64_t g = 0; g < groups; ++g) starts[g + 1] += starts[g];
  }
  void move(const uint16_t* low, int64_t n, double* values) {
    next.assign(starts.begin(), starts.end());
    if (int64_t(room.size()) < n) room.resize(n);
    for (int64_t i = 0; i < n; ++i) room[next[low[i]]++] = values[i];
    memcpy(values, room.data(), n * sizeof(double));
  }
  std::vector<int64_t> starts;

 private:
  std::vector<int64_t> next;
  std::vector<double> room;
};

}  // namespace

struct thetahat_partitioning {
  const coded_rows rows;
  const int threads, shift;
  const int64_t groups, buckets;
  std::vector<share> shares;
  std::vector<int64_t> starts;  // of the buckets
  std::vector<bucket_sort> sorts;
  std::unique_ptr<aligned_array<uint16_t>> low;  // lower bits of the codes, by bucket
  std::atomic<int64_t> next_bucket{0};
  std::atomic<bool> bad_code{false};
  double *x = nullptr, *w = nullptr;
  int64_t* offsets = nullptr;

  thetahat_partitioning(const thetahat_coded_rows& of, int team)
      : rows(of),
        threads(team_of(rows.n(), team)),
        shift(low_bits(of.n_groups)),
        groups(of.n_groups),
        buckets((of.n_groups + (int64_t{1} << shift) - 1) >> shift),
        sorts(threads) {
    const int64_t size = rows.n() / threads;
    for (int64_t t = 0; t < threads; ++t)
      shares.emplace_back(size * t, t == threads - 1 ? rows.n() : size * (t + 1), buckets);
  }
  int64_t kept() const { return starts.back(); }

  // Runs job(t) on all threads.
  template <class Job>
  void each_thread(Job job) {
    struct context {
      Job& job;
      std::atomic<bool> no_memory;
    } shared{job, {false}};
    auto run = [](void* at, int64_t t) {
      auto& c = *static_cast<context*>(at);
      try {
        c.job(t);
      } catch (const std::bad_alloc&) {
        c.no_memory = true;
      }
    };
    run_jobs(threads, threads, run, &shared);
    if (shared.no_memory) throw std::bad_alloc();
  }
  // A slice of each share; whether more is left.
  template <class Visit>
  bool each_share(Visit visit) {
    each_thread([&](int64_t t) {
      share& s = shares[t];
      const int64_t to = std::min(s.next + slice_rows, s.last);
      visit(s, to);
      s.next = to;
    });
    return std::any_of(shares.begin(), shares.end(), [](const share& s) { return s.next < s.last; });
  }

  template <class Code>
  void count(share& s, int64_t to) {
    rows.visit<Code>(s.next, to, false, [&](const coded_block<Code>& b) {
      if (!all_in_range(b.codes, b.n, groups)) {
        bad_code = true;
        return;
      }
      for (int64_t i = 0; i < b.n; ++i)
        if (b.codes[i] >= 0) s.at[b.codes[i] >> shift] += 1;
    });
  }
  int go_on_counting() {
    const bool more = each_share(
        [this](share& s, int64_t to) { rows.wide() ? count<int64_t>(s, to) : count<int32_t>(s, to); });
    if (bad_code) return thetahat_groups_bad_code;
    if (more) return thetahat_groups_slice;
    int64_t sum = 0;
    for (int64_t b = 0; b < buckets; ++b) {
      starts.push_back(sum);
      for (share& s : shares) sum += std::exchange(s.at[b], sum);  // from how many to where the first goes
    }
    starts.push_back(sum);
    return thetahat_groups_done;
  }

  void begin_scatter(double* x_out, double* w_out, int64_t* offsets_out) {
    x = x_out, w = w_out, offsets = offsets_out;
    if (shift) low = std::make_unique<aligned_array<uint16_t>>(kept());
    for (int64_t t = 0; t < threads; ++t) {
      share& s = shares[t];
      const int64_t size = rows.n() / threads;
      const int64_t* end = t + 1 < threads ? shares[t + 1].at.data() : starts.data() + 1;
      s.next = size * t;
      s.x = std::make_unique<line_buffer<double>>(x, s.at.data(), end, buckets);
      if (w) s.w = std::make_unique<line_buffer<double>>(w, s.at.data(), end, buckets);
      if (low) s.low = std::make_unique<line_buffer<uint16_t>>(low->data(), s.at.data(), end, buckets);
    }
  }
  template <bool weighted, bool sorts_low, class Code>
  void scatter(share& s, int64_t to) {
    const Code mask = Code((int64_t{1} << shift) - 1);
    rows.visit<Code>(s.next, to, true, [&](const coded_block<Code>& b) {
      for (int64_t i = 0; i < b.n; ++i) {
        if (b.codes[i] < 0) continue;
        const int64_t bucket = b.codes[i] >> shift, place = s.at[bucket]++;
        s.x->put(bucket, place, b.x[i]);
        if constexpr (weighted) s.w->put(bucket, place, b.w[i]);
        if constexpr (sorts_low) s.low->put(bucket, place, uint16_t(b.codes[i] & mask));
      }
    });
  }
  template <class Code>
  void scatter_any(share& s, int64_t to) {
    if (w)
      low ? scatter<true, true, Code>(s, to) : scatter<true, false, Code>(s, to);
    else
      low ? scatter<false, true, Code>(s, to) : scatter<false, false, Code>(s, to);
  }
  int go_on_scattering() {
    if (each_share([this](share& s, int64_t to) {
          rows.wide() ? scatter_any<int64_t>(s, to) : scatter_any<int32_t>(s, to);
        }))
      return thetahat_groups_slice;
    // Another thread may have changed since the count which rows are left out.
    std::atomic<bool> complete{true};
    each_thread([&](int64_t t) {
      share& s = shares[t];
      bool full = s.x->finish(s.at.data());
      if (s.w) full &= s.w->finish(s.at.data());
      if (s.low) full &= s.low->finish(s.at.data());
      if (!full) complete = false;
    });
    shares.clear();
    offsets[groups] = kept();
    return complete ? go_on_sorting() : int(thetahat_groups_changed);
  }

  void sort_bucket(bucket_sort& sort, int64_t b) {
    const int64_t start = starts[b], n = starts[b + 1] - start, first = b << shift;
    const int64_t count = std::min(groups - first, int64_t{1} << shift);
    if (!low) {
      offsets[b] = start;
      return;
    }
    const uint16_t* of_rows = low->data() + start;
    sort.count(of_rows, n, count);
    for (int64_t g = 0; g < count; ++g) offsets[first + g] = start + sort.starts[g];
    sort.move(of_rows, n, x + start);
    if (w) sort.move(of_rows, n, w + start);
  }
  int go_on_sorting() {
    each_thread([this](int64_t t) {
      int64_t b;
      for (int64_t done = 0; done < slice_rows && (b = next_bucket++) < buckets;) {
        sort_bucket(sorts[t], b);
        done += starts[b + 1] - starts[b] + 1;
      }
    });
    return next_bucket < buckets ? thetahat_groups_slice : thetahat_groups_done;
  }
  int go_on() { return shares.empty() ? go_on_sorting() : go_on_scattering(); }
};

thetahat_partitioning* thetahat_partition_begin(const thetahat_coded_rows* rows, int threads) try {
  return new thetahat_partitioning(*rows, threads);
} catch (const std::bad_alloc&) {
  return nullptr;
}

void thetahat_partition_end(thetahat_partitioning* p) { delete p; }

int thetahat_partition_count(thetahat_partitioning* p) try {
  return p->go_on_counting();
} catch (const std::bad_alloc&) {
  return thetahat_groups_no_memory;
}

int64_t thetahat_partition_kept(const thetahat_partitioning* p) { return p->kept(); }

int thetahat_partition_scatter(thetahat_partitioning* p, double* x, double* w, int64_t* offsets) try {
  if (!p->offsets) p->begin_scatter(x, w, offsets);
  return p->go_on();
} catch (const std::bad_alloc&) {
  return thetahat_groups_no_memory;
}
