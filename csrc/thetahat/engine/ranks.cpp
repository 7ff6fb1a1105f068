// Rows by their ranks, for medians: beside an interval, whose rows are copied, and in buckets of the bits of
// doubles. Weights are added up as double-doubles, exact unless their bits spread very far; what differs by less
// than `negligible` of all weight is equal, so that no order of adding, which threads may change, decides.
#include "thetahat/isa/baseline.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <utility>
#include <vector>
#include "thetahat/data/rows.hpp"
#include "thetahat/engine/grid.hpp"
#include "thetahat/engine/slices.hpp"
#include "thetahat/engine/threads.hpp"
#include "thetahat/math/double_double.hpp"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr double negligible = 0x1p-80;
constexpr int last_bucket = thetahat_buckets - 1;
constexpr int64_t few = 256;  // rows that are sorted
constexpr int64_t most_spans = 256;

void add_weight(double* sum, const double* more) {
  const double_double all = double_double{sum[0], sum[1]} + double_double{more[0], more[1]};
  sum[0] = all.hi, sum[1] = all.lo;
}

// A share of all weight, and whether so much, or more, has been reached.
struct wanted {
  double_double weight;
  double margin;
  wanted(double_double all, double share) : weight(all * share), margin(all.hi * negligible) {}
  bool reached(double_double by, int more) const {
    const double over = (by - weight).hi;
    return more ? over > margin : over >= -margin;
  }
};

// ---- a pass beside an interval

struct partition_job {
  const thetahat_rows& rows;
  const int64_t first, n;
  const thetahat_partition& state;
  std::atomic<int64_t> copies;
  double weight[most_spans][thetahat_classes][2];
};

// The rows of a span; copies of each block go to where those of all blocks so far end.
void partition_span(void* context, int64_t i) {
  partition_job& job = *static_cast<partition_job*>(context);
  const int64_t start = i * span_rows, size = job.n - start < span_rows ? job.n - start : span_rows;
  aligned_buffers room, found;
  thetahat_partition own = {job.state.low, job.state.high, {}, 0, block_rows, found.x, found.w};
  each_block(job.first + start, size, [&](int64_t from, int64_t count) {
    const block b = load_counted(job.rows, from, count, room);
    level->partition(&b, &own);
    if (own.copies == 0) return;
    const int64_t at = job.copies.fetch_add(own.copies), free = job.state.room - at;
    const int64_t kept = free < own.copies ? (free > 0 ? free : 0) : own.copies;
    memcpy(job.state.x + at, found.x, kept * sizeof(double));
    if (b.w) memcpy(job.state.weights + at, found.w, kept * sizeof(double));
    own.copies = 0;
  });
  memcpy(job.weight[i], own.weight, sizeof own.weight);
}

// ---- buckets

// Doubles in the order of integers, -0.0 before 0.0.
int64_t key_of(double x) {
  const int64_t bits = int64_t(to_bits(x));
  return bits ^ int64_t(uint64_t(bits >> 63) >> 1);
}
double of_key(int64_t key) { return from_bits(uint64_t(key ^ int64_t(uint64_t(key >> 63) >> 1))); }

class bucket_grid {
 public:
  bucket_grid(double low, double high) : first(key_of(low)), width(uint64_t(key_of(high)) - uint64_t(first)) {
    while (width >> shift >> thetahat_bucket_bits) ++shift;
  }
  int of(double x) const {
    const int64_t key = key_of(x);
    const uint64_t off = uint64_t(key) - uint64_t(first);
    const int inside = 1 + int(off >> shift & (last_bucket - 2));
    return key < first && x == x ? 0 : off <= width && x == x ? inside : last_bucket;
  }
  double low_of(int bucket) const { return at(uint64_t(bucket - 1) << shift); }
  double high_of(int bucket) const {
    const uint64_t end = (uint64_t(bucket - 1) << shift) + ((uint64_t{1} << shift) - 1);
    return at(end < width ? end : width);
  }

 private:
  int64_t first;
  uint64_t width;
  int shift = 0;
  double at(uint64_t off) const { return of_key(int64_t(uint64_t(first) + off)); }
};

void rank(const bucket_grid& grid, const thetahat_rows& r, int64_t first, int64_t n, thetahat_ranks* ranks) {
  aligned_buffers room;
  each_block(first, n, [&](int64_t start, int64_t size) {
    const block b = load_counted(r, start, size, room);
    if (!b.w)
      for (int64_t i = 0; i < b.n; ++i) ranks->rows[grid.of(b.x[i])] += 1;
    else
      for (int64_t i = 0; i < b.n; ++i) {
        const int bucket = grid.of(b.x[i]);
        const double weight[2] = {b.w[i], 0.0};
        ranks->rows[bucket] += b.w[i] > 0;
        add_weight(ranks->weight[bucket], weight);
      }
  });
}

// Rows that have no weights weigh as many as they are.
void weigh(thetahat_ranks* ranks) {
  for (int k = 0; k < thetahat_buckets; ++k) ranks->weight[k][0] = double(ranks->rows[k]);
}

struct rank_job {
  const bucket_grid grid;
  const thetahat_rows& rows;
  const int64_t first, n, share;
  std::vector<thetahat_ranks> shares;
};

void rank_share(void* context, int64_t i) {
  rank_job& job = *static_cast<rank_job*>(context);
  const int64_t start = i * job.share, rest = job.n - start;
  if (rest > 0)
    rank(job.grid, job.rows, job.first + start, rest < job.share ? rest : job.share, &job.shares[i]);
}

// The first bucket up to which the weight is reached; before: that up to the one before it.
int bucket_of(const thetahat_ranks& ranks, const wanted& target, int more, double_double* before) {
  double_double sum = {};
  for (int k = 0; k < last_bucket; ++k) {
    *before = sum;
    sum = sum + double_double{ranks.weight[k][0], ranks.weight[k][1]};
    if (target.reached(sum, more)) return k;
  }
  return last_bucket;
}

// ---- copies

// Rows inside an interval, and the weight of those before them.
class selection {
 public:
  selection(const thetahat_partition& s, double_double up_to_low)
      : x(s.x, s.x + s.copies), low(s.low), high(s.high), before(up_to_low) {
    if (s.weights) w.assign(s.weights, s.weights + s.copies);
  }

  // The least row up to which there is the wanted weight, and the least up to which there is more, into row[0] and
  // row[1]; where it is not among these, none is written.
  void find(const wanted& target, double* row) {
    while (int64_t(x.size()) > few)
      if (!narrow(target, row)) return;
    std::vector<std::pair<int64_t, double>> sorted;
    for (size_t i = 0; i < x.size(); ++i) sorted.push_back({key_of(x[i]), w.empty() ? 1.0 : w[i]});
    std::sort(sorted.begin(), sorted.end());
    for (const auto& [key, weight] : sorted) {
      const double_double up_to = before + weight;
      for (int more : {0, 1})
        if (target.reached(up_to, more) && !target.reached(before, more)) row[more] = of_key(key);
      before = up_to;
    }
  }

 private:
  std::vector<double> x, w;
  double low, high;
  double_double before;

  // Keeps the rows of the bucket that holds both wanted ones; false: they are found. Where two buckets hold them,
  // they are neighbours: the last row of the one and the first of the other.
  bool narrow(const wanted& target, double* row) {
    const bucket_grid grid(low, high);
    const auto ranks = std::make_unique<thetahat_ranks>();
    const thetahat_rows weights = plain_rows(w.data(), int64_t(w.size()));
    thetahat_rows rows = plain_rows(x.data(), int64_t(x.size()));
    rows.weights = w.empty() ? nullptr : &weights;
    rank(grid, rows, 0, rows.n, ranks.get());
    if (w.empty()) weigh(ranks.get());
    ranks->weight[0][0] = before.hi, ranks->weight[0][1] = before.lo;
    const int upper = bucket_of(*ranks, target, 1, &before), lower = bucket_of(*ranks, target, 0, &before);
    low = grid.low_of(lower), high = grid.high_of(lower);
    if (lower == upper && key_of(low) < key_of(high)) return keep(grid, lower);
    int64_t last = key_of(-HUGE_VAL), next = key_of(HUGE_VAL);
    for (double value : x) {
      if (grid.of(value) == lower) last = std::max(last, key_of(value)), row[0] = of_key(last);
      if (grid.of(value) == upper) next = std::min(next, key_of(value)), row[1] = of_key(next);
    }
    return false;
  }

  bool keep(const bucket_grid& grid, int bucket) {
    size_t kept = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      x[kept] = x[i];
      if (!w.empty()) w[kept] = w[i];
      kept += grid.of(x[i]) == bucket;
    }
    x.resize(kept);
    if (!w.empty()) w.resize(kept);
    return true;
  }
};

// The closed interval in which the class of a row puts it: rows are `low` and `high` where they are known.
int locate(const thetahat_partition& s, double share, double* ends) {
  double_double up_to[thetahat_classes], sum = {};
  for (int k = 0; k < thetahat_classes; ++k) {
    sum = sum + double_double{s.weight[k][0], s.weight[k][1]};
    up_to[k] = sum;
  }
  if (s.low == s.high) up_to[thetahat_at_high] = up_to[thetahat_inside];
  const double_double all = {s.weight[thetahat_all][0], s.weight[thetahat_all][1]};
  if (!(all.hi > 0 && all.hi < HUGE_VAL)) return 0;
  const wanted target(all, share);
  const double intervals[][2] = {
      {-HUGE_VAL, s.low}, {s.low, s.low}, {s.low, s.high}, {s.high, s.high}, {s.high, HUGE_VAL}};
  bool inside = false;
  for (int more : {0, 1}) {
    int k = thetahat_below;
    while (k < thetahat_all && !target.reached(up_to[k], more)) ++k;
    memcpy(ends + 2 * more, intervals[k], sizeof intervals[k]);
    inside |= k == thetahat_inside;
  }
  if (!inside || s.copies > s.room) return 1;
  double row[] = {NAN, NAN};
  selection(s, up_to[thetahat_at_low]).find(target, row);
  for (int more : {0, 1})
    if (row[more] == row[more]) ends[2 * more] = ends[2 * more + 1] = row[more];
  return 1;
}

}  // namespace

}  // namespace thetahat::THETAHAT_ISA

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

int64_t thetahat_partition_rows(const thetahat_rows* r, int64_t first, int threads, thetahat_partition* s) {
  const int64_t n = slice_of(r->n, first, threads), spans = (n + span_rows - 1) / span_rows;
  partition_job job = {*r, first, n, *s, {s->copies}, {}};
  run_jobs(team_of(r->n, threads), spans, partition_span, &job);
  s->copies = job.copies;
  for (int64_t i = 0; i < spans; ++i)
    for (int k = 0; k < thetahat_classes; ++k) add_weight(s->weight[k], job.weight[i][k]);
  return n;
}

int64_t thetahat_rank_rows(const thetahat_rows* r, int64_t first, int threads, thetahat_ranks* ranks) try {
  const int64_t n = slice_of(r->n, first, threads, cost_of_terms), team = team_of(r->n, threads);
  rank_job job = {bucket_grid(ranks->low, ranks->high), *r, first, n, (n + team - 1) / team, {}};
  job.shares.resize(team);
  run_jobs(int(team), team, rank_share, &job);
  for (const thetahat_ranks& share : job.shares)
    for (int k = 0; k < thetahat_buckets; ++k) {
      ranks->rows[k] += share.rows[k];
      add_weight(ranks->weight[k], share.weight[k]);
    }
  if (!r->weights) weigh(ranks);
  return n;
} catch (const std::bad_alloc&) {
  return -1;
}

int thetahat_locate(const thetahat_partition* s, double share, double* ends) try {
  return locate(*s, share, ends);
} catch (const std::bad_alloc&) {
  return -1;
}

int64_t thetahat_bucket(const thetahat_ranks* ranks, double share, int more, double* ends) {
  double_double all = {}, before;
  for (const double* weight : ranks->weight) all = all + double_double{weight[0], weight[1]};
  const int found = bucket_of(*ranks, wanted(all, share), more, &before);
  const int bucket = std::min(std::max(found, 1), last_bucket - 1);
  const bucket_grid grid(ranks->low, ranks->high);
  ends[0] = grid.low_of(bucket), ends[1] = grid.high_of(bucket);
  return ranks->rows[bucket];
}
