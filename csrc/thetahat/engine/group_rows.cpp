// Rows put together by group, in their order: a stable partition by the upper bits of the codes, then by the
// lower ones inside each bucket, in the cache.
#include "thetahat/isa/baseline.hpp"

#include <memory>
#include <type_traits>
#include "thetahat/engine/coded_rows.hpp"
#include "thetahat/engine/line_buffer.hpp"
#include "thetahat/engine/shares.hpp"

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

namespace {

constexpr int64_t few_groups = 1 << 11;  // each of these is a bucket of its own
constexpr int most_low_bits = 16;

int low_bits(int64_t groups) {
  int bits = 0;
  while (int64_t{1} << bits < groups) ++bits;
  return groups <= few_groups ? 0 : std::min(bits / 2, most_low_bits);
}

// By the signs of code + 1 and of groups - 1 - code.
template <class Code>
bool in_range(const Code* codes, int64_t n, int64_t groups) {
  using bits = std::make_unsigned_t<Code>;
  bits signs = 0;
  for (int64_t i = 0; i < n; ++i) signs |= (bits(codes[i]) + 1) | (bits(groups - 1) - bits(codes[i]));
  return signs >> (8 * sizeof(Code) - 1) == 0;
}

// Rows of each bucket, in tables that take turns: to count the same bucket twice in a row would have to wait.
class bucket_counts {
 public:
  explicit bucket_counts(int64_t buckets) : counts(n_tables * (buckets + 1)) {}
  template <class Code>
  void take(const coded_block<Code>& b, int shift) {
    int32_t* const count = counts.data() + n_tables;  // of bucket 0; before it, that of rows that are dropped
    const auto take_one = [&](int64_t i, int table) THETAHAT_INLINED {
      count[n_tables * int64_t(b.codes[i] >> shift) + table] += 1;
    };
    int64_t i = 0;
    for (; i + n_tables <= b.n; i += n_tables)
      for (int k = 0; k < n_tables; ++k) take_one(i + k, k);
    for (; i < b.n; ++i) take_one(i, 0);
  }
  void add_to(std::vector<int64_t>& sums) const {
    for (size_t b = 0; b < sums.size(); ++b)
      for (int k = 0; k < n_tables; ++k) sums[b] += counts[n_tables * (b + 1) + k];
  }

 private:
  static constexpr int n_tables = 4;
  std::vector<int32_t> counts;
};

// The rows of one bucket, by group: four rows at a time, whose groups are read before any of them is moved.
// Read one by one, each would wait for the row before to be written.
class bucket_sort {
 public:
  std::vector<int64_t> starts;  // of the groups

  void count(const uint16_t* low, int64_t n, int64_t groups) {
    counts.assign(at_once * groups, 0);
    starts.resize(groups);
    int64_t i = 0;
    for (; i + at_once <= n; i += at_once)
      for (int k = 0; k < at_once; ++k) counts[at_once * low[i + k] + k] += 1;
    for (; i < n; ++i) counts[at_once * low[i]] += 1;
    int64_t sum = 0;
    for (int64_t g = 0; g < groups; ++g) {
      starts[g] = sum;
      for (int k = 0; k < at_once; ++k) sum += counts[at_once * g + k];
    }
  }
  void move(const uint16_t* low, int64_t n, double* values) {
    next.assign(starts.begin(), starts.end());
    if (int64_t(room.size()) < n) room.resize(n);
    int64_t i = 0;
    for (; i + at_once <= n; i += at_once) {
      int64_t group[at_once];
      for (int k = 0; k < at_once; ++k) group[k] = low[i + k];
      for (int k = 0; k < at_once; ++k) room[next[group[k]]++] = values[i + k];
    }
    for (; i < n; ++i) room[next[low[i]]++] = values[i];
    std::copy(room.begin(), room.begin() + n, values);
  }

 private:
  static constexpr int at_once = 4;
  std::vector<int64_t> counts, next;
  std::vector<double> room;
};

}  // namespace

struct thetahat_partitioning {
  const coded_rows rows;
  const int64_t groups;
  const int shift;  // lower bits of a code
  const int64_t buckets;
  shares of_threads;
  std::vector<std::vector<int64_t>> at;  // by thread and bucket: how many rows, then where the next one goes
  std::vector<int64_t> starts;           // of the buckets
  std::atomic<bool> bad_code{false}, complete{true};
  bool scattered = false;

  struct buffers_of_thread {
    std::unique_ptr<line_buffer<double>> x, w;
    std::unique_ptr<line_buffer<uint16_t>> low;
    bucket_sort sort;
  };
  std::vector<buffers_of_thread> buffers;
  std::unique_ptr<aligned_array<uint16_t>> low;  // lower bits of the codes, by bucket
  turns sorting;
  double *x = nullptr, *w = nullptr;
  int64_t* offsets = nullptr;

  thetahat_partitioning(const thetahat_coded_rows& of, int threads)
      : rows(of),
        groups(of.n_groups),
        shift(low_bits(groups)),
        buckets((groups + (int64_t{1} << shift) - 1) >> shift),
        of_threads(rows.n(), threads),
        at(of_threads.size(), std::vector<int64_t>(buckets)),
        buffers(of_threads.size()),
        sorting(buckets) {}
  int64_t kept() const { return starts.back(); }

  template <class Code>
  bool count_slice() {
    return of_threads.go_on([this](int64_t t, int64_t first, int64_t last) {
      bucket_counts counts(buckets);
      rows.visit<Code>(first, last, false, [&](const coded_block<Code>& b) {
        if (in_range(b.codes, b.n, groups))
          counts.take(b, shift);
        else
          bad_code = true;
      });
      counts.add_to(at[t]);
    });
  }
  int count() {
    const bool more = rows.wide() ? count_slice<int64_t>() : count_slice<int32_t>();
    if (bad_code) return thetahat_groups_bad_code;
    if (more) return thetahat_groups_slice;
    starts = sum_up(at, buckets);
    return rows.keyed() && kept() < rows.n() ? thetahat_groups_changed : thetahat_groups_done;
  }

  void begin(double* x_out, double* w_out, int64_t* offsets_out) {
    x = x_out, w = w_out, offsets = offsets_out;
    offsets[groups] = kept();
    if (shift) low = std::make_unique<aligned_array<uint16_t>>(kept());
    for (int64_t t = 0; t < of_threads.size(); ++t) {
      const int64_t *from = at[t].data(),
                    *to = t + 1 < of_threads.size() ? at[t + 1].data() : starts.data() + 1;
      buffers[t].x = std::make_unique<line_buffer<double>>(x, from, to, buckets);
      if (w) buffers[t].w = std::make_unique<line_buffer<double>>(w, from, to, buckets);
      if (low) buffers[t].low = std::make_unique<line_buffer<uint16_t>>(low->data(), from, to, buckets);
    }
    of_threads.restart();
  }
  template <bool weighted, bool sorts, class Code>
  bool scatter_slice() {
    return of_threads.go_on([this](int64_t t, int64_t first, int64_t last) {
      rows.visit<Code>(first, last, true, [&](const coded_block<Code>& b) {
        buffers_of_thread& to = buffers[t];
        line_buffer<double>&x_lines = *to.x, &w_lines = *(weighted ? to.w : to.x);
        line_buffer<uint16_t>* const low_lines = to.low.get();
        int64_t* const next = at[t].data();
        const int bits = shift;
        const Code mask = Code((int64_t{1} << bits) - 1);
        for (int64_t i = 0; i < b.n; ++i) {
          const Code code = b.codes[i];
          if (code < 0) continue;
          const int64_t bucket = code >> bits, place = next[bucket]++;
          x_lines.put(bucket, place, b.x[i]);
          if constexpr (weighted) w_lines.put(bucket, place, b.w[i]);
          if constexpr (sorts) low_lines->put(bucket, place, uint16_t(code & mask));
        }
      });
    });
  }
  template <class Code>
  bool scatter() {
    if (w) return low ? scatter_slice<true, true, Code>() : scatter_slice<true, false, Code>();
    return low ? scatter_slice<false, true, Code>() : scatter_slice<false, false, Code>();
  }
  // Writes what is left in the buffers. They are not full where another thread has changed since the count
  // which rows are left out.
  void end_scatter() {
    run_all(of_threads.size(), [this](int64_t t) {
      const int64_t* next = at[t].data();
      bool full = buffers[t].x->finish(next);
      if (w) full &= buffers[t].w->finish(next);
      if (low) full &= buffers[t].low->finish(next);
      if (!full) complete = false;
    });
    scattered = true;
  }

  // The rows of bucket b by group, and where each of its groups begins; returns how many rows.
  int64_t sort_bucket(bucket_sort& sort, int64_t b) {
    const int64_t start = starts[b], n = starts[b + 1] - start, first = b << shift;
    const int64_t count = std::min(groups - first, int64_t{1} << shift);
    if (!low) {
      offsets[b] = start;
      return 0;
    }
    const uint16_t* of_rows = low->data() + start;
    sort.count(of_rows, n, count);
    for (int64_t g = 0; g < count; ++g) offsets[first + g] = start + sort.starts[g];
    sort.move(of_rows, n, x + start);
    if (w) sort.move(of_rows, n, w + start);
    return n;
  }
  int scatter_and_sort() {
    if (!scattered) {
      if (rows.wide() ? scatter<int64_t>() : scatter<int32_t>()) return thetahat_groups_slice;
      end_scatter();
      if (!complete) return thetahat_groups_changed;
    }
    const bool more = sorting.go_on(of_threads.size(),
                                    [this](int64_t t, int64_t b) { return sort_bucket(buffers[t].sort, b); });
    return more ? thetahat_groups_slice : thetahat_groups_done;
  }
};

thetahat_partitioning* thetahat_partition_begin(const thetahat_coded_rows* rows, int threads) try {
  return new thetahat_partitioning(*rows, threads);
} catch (const std::bad_alloc&) {
  return nullptr;
}

void thetahat_partition_end(thetahat_partitioning* p) { delete p; }

int thetahat_partition_count(thetahat_partitioning* p) try {
  return p->count();
} catch (const std::bad_alloc&) {
  return thetahat_groups_no_memory;
}

int64_t thetahat_partition_kept(const thetahat_partitioning* p) { return p->kept(); }

int thetahat_partition_scatter(thetahat_partitioning* p, double* x, double* w, int64_t* offsets) try {
  if (!p->offsets) p->begin(x, w, offsets);
  return p->scatter_and_sort();
} catch (const std::bad_alloc&) {
  return thetahat_groups_no_memory;
}
