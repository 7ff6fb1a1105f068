// Codes of integer keys: the place of each among the distinct ones, in increasing order. Keys of a narrow
// range by a table; others are spread by a hash over buckets, each of which finds its distinct keys in the
// cache, and these are sorted.
#include "thetahat/isa/baseline.hpp"

#include <limits>
#include <memory>
#include "thetahat/engine/distinct_keys.hpp"
#include "thetahat/engine/integer_keys.hpp"
#include "thetahat/engine/line_buffer.hpp"
#include "thetahat/engine/shares.hpp"
#include "thetahat/groups_api.h"

using namespace thetahat;

namespace {

constexpr int64_t bucket_keys = 1 << 13;
constexpr int most_bucket_bits = 11;

}  // namespace

struct thetahat_coding {
  const thetahat_keys keys;
  shares of_threads;
  std::vector<int64_t> uniques;
  std::atomic<bool> changed{false};  // keys were, by another thread, between two readings

  thetahat_coding(const thetahat_keys& k, int threads)
      : keys(k), of_threads(k.n, threads), ranges(of_threads.size()), plan(1, &thetahat_coding::find_range) {}

  // Goes on for a slice; whether more is left.
  bool go_on() {
    if (keys.n == 0) return false;
    if (!(this->*plan[step])()) {
      of_threads.restart();
      step += 1;
    }
    return step < plan.size();
  }

 private:
  using part = bool (thetahat_coding::*)();  // does a slice; whether more is left
  struct range {
    int64_t least = std::numeric_limits<int64_t>::max(), most = std::numeric_limits<int64_t>::min();
  };
  std::vector<range> ranges;  // by thread
  int64_t least = 0;
  uint64_t width = 0;  // the greatest key less the least
  std::vector<part> plan;
  size_t step = 0;

  // Of a narrow range.
  std::unique_ptr<std::atomic<uint8_t>[]> there;
  std::vector<int32_t> codes_of_keys;

  // Of any.
  int64_t buckets = 0;
  int unused_bits = 0;                   // of a hash, below those that choose a bucket
  std::vector<std::vector<int64_t>> at;  // by thread and bucket
  std::vector<std::vector<int64_t>> first_at;
  std::vector<int64_t> starts;
  std::unique_ptr<aligned_array<int64_t>> spread;
  std::vector<std::unique_ptr<line_buffer<int64_t>>> lines;
  std::vector<std::vector<int64_t>> distinct;  // of each bucket, and how many there are before it
  std::vector<int64_t> before;
  std::vector<int64_t> ranks;
  digit_sort sort;
  std::unique_ptr<turns> of_buckets;

  template <class Visit>
  bool each(Visit visit) {
    return of_threads.go_on([&](int64_t t, int64_t first, int64_t last) {
      each_keys(keys.keys, keys.type, first, last,
                [&](const int64_t* block, int64_t n, int64_t from) { visit(t, block, n, from); });
    });
  }
  bool find_range() {
    const bool more = each([this](int64_t t, const int64_t* k, int64_t n, int64_t) {
      range r = ranges[t];
      for (int64_t i = 0; i < n; ++i) {
        r.least = k[i] < r.least ? k[i] : r.least;
        r.most = k[i] > r.most ? k[i] : r.most;
      }
      ranges[t] = r;
    });
    if (!more) choose_plan();
    return more;
  }
  void choose_plan() {
    range all;
    for (const range& r : ranges) {
      all.least = std::min(all.least, r.least);
      all.most = std::max(all.most, r.most);
    }
    least = all.least, width = uint64_t(all.most) - uint64_t(least);
    if (!keys.codes)
      uniques = {all.least, all.most};
    else if (width <= uint64_t(2 * keys.n) + (1 << 16))
      begin_table();
    else
      begin_buckets();
  }

  void begin_table() {
    codes_of_keys.reserve(width + 1);
    there.reset(new std::atomic<uint8_t>[width + 1]());
    plan.insert(plan.end(),
                {&thetahat_coding::mark, &thetahat_coding::number_marks,
                 keys.wide ? &thetahat_coding::look_up<int64_t> : &thetahat_coding::look_up<int32_t>});
  }
  // The place of a key in the table.
  uint64_t place_of(int64_t key) {
    const uint64_t place = uint64_t(key) - uint64_t(least);
    if (place <= width) return place;
    changed = true;
    return 0;
  }
  bool mark() {
    return each([this](int64_t, const int64_t* k, int64_t n, int64_t) {
      for (int64_t i = 0; i < n; ++i) {
        std::atomic<uint8_t>& mark = there[place_of(k[i])];
        if (!mark.load(std::memory_order_relaxed)) mark.store(1, std::memory_order_relaxed);
      }
    });
  }
  bool number_marks() {
    const uint64_t end = std::min(uint64_t(codes_of_keys.size()) + slice_rows, width + 1);
    for (uint64_t k = codes_of_keys.size(); k < end; ++k) {
      codes_of_keys.push_back(int32_t(uniques.size()));
      if (there[k]) uniques.push_back(int64_t(uint64_t(least) + k));
    }
    return end <= width;
  }
  template <class Code>
  bool look_up() {
    return each([this](int64_t, const int64_t* k, int64_t n, int64_t first) {
      Code* out = static_cast<Code*>(keys.codes) + first;
      for (int64_t i = 0; i < n; ++i) out[i] = codes_of_keys[place_of(k[i])];
    });
  }

  void begin_buckets() {
    int bits = 0;
    while (bits < most_bucket_bits && bucket_keys << bits < keys.n) ++bits;
    unused_bits = 63 - bits, buckets = int64_t{1} << bits;
    at.assign(of_threads.size(), std::vector<int64_t>(buckets));
    distinct.resize(buckets), before.resize(buckets + 1);
    plan.insert(plan.end(),
                {&thetahat_coding::count, &thetahat_coding::spread_keys, &thetahat_coding::number_keys,
                 &thetahat_coding::sort_distinct, &thetahat_coding::translate,
                 keys.wide ? &thetahat_coding::gather<int64_t> : &thetahat_coding::gather<int32_t>});
  }
  int64_t bucket_of(int64_t key) const { return int64_t(hash_of(key) >> 1 >> unused_bits); }
  bool count() {
    const bool more = each([this](int64_t t, const int64_t* k, int64_t n, int64_t) {
      int64_t* counts = at[t].data();
      for (int64_t i = 0; i < n; ++i) counts[bucket_of(k[i])] += 1;
    });
    if (!more) begin_spread();
    return more;
  }
  void begin_spread() {
    starts = sum_up(at, buckets);
    first_at = at;
    spread = std::make_unique<aligned_array<int64_t>>(keys.n);
    for (size_t t = 0; t < at.size(); ++t) {
      const int64_t* end = t + 1 < at.size() ? at[t + 1].data() : starts.data() + 1;
      lines.push_back(std::make_unique<line_buffer<int64_t>>(spread->data(), at[t].data(), end, buckets));
    }
  }
  bool spread_keys() {
    const bool more = each([this](int64_t t, const int64_t* k, int64_t n, int64_t) {
      for (int64_t i = 0; i < n; ++i) {
        const int64_t bucket = bucket_of(k[i]);
        lines[t]->put(bucket, at[t][bucket]++, k[i]);
      }
    });
    if (more) return true;
    run_all(of_threads.size(), [this](int64_t t) {
      if (!lines[t]->finish(at[t].data())) changed = true;
    });
    lines.clear();
    of_buckets = std::make_unique<turns>(buckets);
    return false;
  }
  // Keys become their numbers in the bucket.
  bool number_keys() {
    const bool more = of_buckets->go_on(of_threads.size(), [this](int64_t, int64_t b) {
      key_set set;
      int64_t* of_bucket = spread->data();
      for (int64_t i = starts[b]; i < starts[b + 1]; ++i) of_bucket[i] = set.number_of(of_bucket[i]);
      distinct[b] = std::move(set.keys);
      return starts[b + 1] - starts[b];
    });
    if (!more) begin_sort();
    return more;
  }
  void begin_sort() {
    for (int64_t b = 0; b < buckets; ++b) before[b + 1] = before[b] + int64_t(distinct[b].size());
    sort.items.reserve(before.back());
    for (auto& of_bucket : distinct) {
      for (int64_t key : of_bucket)
        sort.items.push_back({uint64_t(key) - uint64_t(least), int64_t(sort.items.size())});
      of_bucket = {};
    }
  }
  bool sort_distinct() {
    if (sort.go_on(width)) return true;
    ranks.resize(sort.items.size());
    for (size_t rank = 0; rank < ranks.size(); ++rank) {
      ranks[sort.items[rank].from] = int64_t(rank);
      uniques.push_back(int64_t(sort.items[rank].key + uint64_t(least)));
    }
    sort = {};
    of_buckets = std::make_unique<turns>(buckets);
    return false;
  }
  // Numbers in the bucket become codes.
  bool translate() {
    return of_buckets->go_on(of_threads.size(), [this](int64_t, int64_t b) {
      const int64_t* of_bucket = ranks.data() + before[b];
      for (int64_t i = starts[b]; i < starts[b + 1]; ++i) spread->data()[i] = of_bucket[spread->data()[i]];
      return starts[b + 1] - starts[b];
    });
  }
  // The codes in the order of the keys, which each bucket has kept.
  template <class Code>
  bool gather() {
    return each([this](int64_t t, const int64_t* k, int64_t n, int64_t first) {
      Code* out = static_cast<Code*>(keys.codes) + first;
      int64_t* next = first_at[t].data();
      for (int64_t i = 0; i < n; ++i) {
        const int64_t place = next[bucket_of(k[i])]++;
        out[i] = place < keys.n ? Code(spread->data()[place]) : 0;
      }
    });
  }
};

thetahat_coding* thetahat_coding_begin(const thetahat_keys* keys, int threads) try {
  return new thetahat_coding(*keys, threads);
} catch (const std::bad_alloc&) {
  return nullptr;
}

void thetahat_coding_end(thetahat_coding* c) { delete c; }

int thetahat_coding_advance(thetahat_coding* c) try {
  const bool more = c->go_on();
  return c->changed ? thetahat_groups_changed : more ? thetahat_groups_slice : thetahat_groups_done;
} catch (const std::bad_alloc&) {
  return thetahat_groups_no_memory;
}

int64_t thetahat_coding_uniques(const thetahat_coding* c, const int64_t** uniques) {
  *uniques = c->uniques.data();
  return int64_t(c->uniques.size());
}
