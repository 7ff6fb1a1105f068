// Rows by their ranks, for medians: beside an interval, whose rows are copied, and in buckets of the bits of
// doubles. Weights are added up as double-doubles, exact unless their bits spread very far; what differs by
// less than `negligible` of all weight is equal, so that no order of adding, which threads may change,
// decides.
#include "thetahat/isa/baseline.hpp"

#include <algorithm>
#include <atomic>
#include <new>
#include <utility>
#include <vector>
#include "thetahat/data/rows.hpp"
#include "thetahat/engine/grid.hpp"
#include "thetahat/engine/slices.hpp"
#include "thetahat/engine/threads.hpp"
#include "thetahat/math/double_double.hpp"
#include "thetahat/pieces_api.h"

namespace thetahat::THETAHAT_ISA {

namespace {

constexpr double negligible = 0x1p-80;
constexpr int64_t few = 256;                                 // rows that are sorted
constexpr int64_t most_spans = 16 * slice_rows / span_rows;  // of a slice

void add_weight(double* sum, const double* more) {
  const double_double all = double_double{sum[0], sum[1]} + double_double{more[0], more[1]};
  sum[0] = all.hi, sum[1] = all.lo;
}

// Half of all weight, and whether so much, or more, has been reached.
struct half_weight {
  double_double weight;
  double margin;
  explicit half_weight(double_double all) : weight{0.5 * all.hi, 0.5 * all.lo}, margin(all.hi * negligible) {}
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
    const int64_t at = job.copies.fetch_add(own.copies);
    if (at + own.copies <= job.state.room) {
      memcpy(job.state.x + at, found.x, own.copies * sizeof(double));
      if (b.w) memcpy(job.state.weights + at, found.w, own.copies * sizeof(double));
    }
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

// A closed interval, cut evenly into 2^bits buckets: 1, 2, ...; bucket 0 is for what is below, the last for
// the rest.
class bucket_grid {
 public:
  const int last;
  bucket_grid(double low, double high, int bits = thetahat_bucket_bits)
      : last((1 << bits) + 1), first(key_of(low)), width(uint64_t(key_of(high)) - uint64_t(first)) {
    while (width >> shift >> bits) ++shift;
  }
  int of(double x) const {
    const int64_t key = key_of(x);
    const uint64_t off = uint64_t(key) - uint64_t(first);
    const int rest = (key < first) & (x == x) ? 0 : last;
    return (key >= first) & (off <= width) ? 1 + int(off >> shift) : rest;
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

// The first bucket up to which the weight is reached, or the last. below: the weight of those before it.
template <class WeightOf>
int bucket_of(const bucket_grid& grid, const half_weight& half, int more, double_double* below,
              WeightOf weight_of) {
  const double near = 0.999 * half.weight.hi;
  double_double sum = {};
  int k = 0;
  for (; k < grid.last; ++k) {
    *below = sum;
    const double_double weight = weight_of(k), up_to = two_sum(sum.hi, weight.hi);
    sum = {up_to.hi, sum.lo + (up_to.lo + weight.lo)};
    if (sum.hi >= near && half.reached(sum, more)) break;
  }
  return k;
}

// ---- copies

// Rows inside an interval, and the weight of those before them.
class selection {
 public:
  selection(const thetahat_partition& s, double_double up_to_low)
      : x(s.x, s.x + s.copies), low(s.low), high(s.high), before(up_to_low) {
    if (s.weights) w.assign(s.weights, s.weights + s.copies);
  }

  // The least row up to which there is the wanted weight, and the least up to which there is more, into
  // row[0] and row[1]; where it is not among these, none is written.
  void find(const half_weight& half, double* row) {
    while (int64_t(x.size()) > few)
      if (!narrow(half, row)) return;
    std::vector<std::pair<int64_t, double>> sorted(x.size());
    for (size_t i = 0; i < x.size(); ++i) sorted[i] = {key_of(x[i]), w.empty() ? 1.0 : w[i]};
    std::sort(sorted.begin(), sorted.end());
    bool found[] = {half.reached(before, 0), half.reached(before, 1)};
    for (size_t i = 0; i < sorted.size() && !found[1]; ++i) {
      before = before + sorted[i].second;
      for (int more : {0, 1})
        if (!found[more] && half.reached(before, more))
          row[more] = of_key(sorted[i].first), found[more] = true;
    }
  }

 private:
  std::vector<double> x, w;
  double low, high;
  double_double before;

  // Keeps the rows of the bucket that holds both wanted ones; false: they are found. Where two buckets hold
  // them, they are neighbours: the last row of the one and the first of the other.
  bool narrow(const half_weight& half, double* row) {
    int bits = 1;
    while (bits < thetahat_bucket_bits && x.size() >> bits > 3) ++bits;
    const bucket_grid grid(low, high, bits);
    std::vector<double_double> weight(grid.last + 1);
    weight[0] = before;
    for (size_t i = 0; i < x.size(); ++i) {
      double_double& sum = weight[grid.of(x[i])];
      w.empty() ? void(sum.hi += 1) : void(sum = sum + w[i]);
    }
    auto weight_of = [&](int k) { return weight[k]; };
    const int upper = bucket_of(grid, half, 1, &before, weight_of);
    const int lower = bucket_of(grid, half, 0, &before, weight_of);
    low = grid.low_of(lower), high = grid.high_of(lower);
    if (lower == upper && key_of(low) < key_of(high)) return keep(grid, lower);
    int64_t greatest = key_of(-HUGE_VAL), least = key_of(HUGE_VAL);
    for (double value : x) {
      if (grid.of(value) == lower) greatest = std::max(greatest, key_of(value)), row[0] = of_key(greatest);
      if (grid.of(value) == upper) least = std::min(least, key_of(value)), row[1] = of_key(least);
    }
    return false;
  }

  bool keep(const bucket_grid& grid, int bucket) {
    size_t kept = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const bool here = grid.of(x[i]) == bucket;
      x[kept] = x[i];
      if (!w.empty()) w[kept] = w[i];
      kept += here;
    }
    x.resize(kept);
    if (!w.empty()) w.resize(kept);
    return true;
  }
};

// The closed interval in which the class of a row puts it: rows are `low` and `high` where they are known.
int locate(const thetahat_partition& s, double* ends) {
  double_double up_to[thetahat_classes], sum = {};
  for (int k = 0; k < thetahat_classes; ++k) {
    sum = sum + double_double{s.weight[k][0], s.weight[k][1]};
    up_to[k] = sum;
  }
  if (s.low == s.high) up_to[thetahat_at_high] = up_to[thetahat_inside];
  const double_double all = {s.weight[thetahat_all][0], s.weight[thetahat_all][1]};
  if (!(all.hi > 0 && all.hi < HUGE_VAL)) return 0;
  const half_weight half(all);
  const double intervals[][2] = {
      {-HUGE_VAL, s.low}, {s.low, s.low}, {s.low, s.high}, {s.high, s.high}, {s.high, HUGE_VAL}};
  bool inside = false;
  for (int more : {0, 1}) {
    int k = thetahat_below;
    while (k < thetahat_all && !half.reached(up_to[k], more)) ++k;
    memcpy(ends + 2 * more, intervals[k], sizeof intervals[k]);
    inside |= k == thetahat_inside;
  }
  if (!inside || s.copies > s.room) return 1;
  double row[] = {NAN, NAN};
  selection(s, up_to[thetahat_at_low]).find(half, row);
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

int thetahat_locate(const thetahat_partition* s, double* ends) try {
  return locate(*s, ends);
} catch (const std::bad_alloc&) {
  return -1;
}

int64_t thetahat_bucket(const thetahat_ranks* ranks, int more, double* ends) {
  auto weight_of = [&](int k) { return double_double{ranks->weight[k][0], ranks->weight[k][1]}; };
  double_double all = {}, below;
  for (int k = 0; k < thetahat_buckets; ++k) all = all + weight_of(k);
  const bucket_grid grid(ranks->low, ranks->high);
  const int found = bucket_of(grid, half_weight(all), more, &below, weight_of);
  const int bucket = std::min(std::max(found, 1), grid.last - 1);
  ends[0] = grid.low_of(bucket), ends[1] = grid.high_of(bucket);
  return ranks->rows[bucket];
}

void thetahat_merge_partitions(thetahat_partition* s, const thetahat_partition* other) {
  for (int k = 0; k < thetahat_classes; ++k) add_weight(s->weight[k], other->weight[k]);
  const int64_t before = s->copies;
  s->copies += other->copies;
  if (other->copies > other->room) s->copies = std::max(s->copies, s->room + 1);
  if (s->copies > s->room) return;
  std::copy(other->x, other->x + other->copies, s->x + before);
  if (s->weights) std::copy(other->weights, other->weights + other->copies, s->weights + before);
}

void thetahat_merge_ranks(thetahat_ranks* ranks, const thetahat_ranks* other) {
  for (int k = 0; k < thetahat_buckets; ++k) {
    ranks->rows[k] += other->rows[k];
    add_weight(ranks->weight[k], other->weight[k]);
  }
}
