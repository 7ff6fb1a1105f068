// Which rows a pilot is taken from: a function of how many rows count and of the place of each among them, so
// that the same rows have the same pilot in an array, in chunks, in a file and in the parts of a cluster.
//
// Rows are taken in runs. At level k one run is taken of each 2^k neighbours, one of the two that level k - 1
// takes there: rows may be thinned while they arrive, before their number is known.
#pragma once
#include <vector>
#include "thetahat/data/rows.hpp"

namespace thetahat::THETAHAT_ISA {

class subsample {
 public:
  std::vector<double> x, w;

  // `thins`: whether it is to be thinned, which needs to know the run of each row.
  // `before`: how many rows count before the first that it is to see.
  subsample(int level, bool thins, int64_t before = 0) : seen_(before), level_(level), thins_(thins) {}
  void reserve(int64_t rows, bool weighted);
  // Takes in rows first .. first + n - 1 of r, which come after those that it has seen.
  void add(const thetahat_rows& r, int64_t first, int64_t n);
  // Takes in what its level takes of so many rows, taken before; false: it is not as much.
  bool join(int64_t rows, const block& taken);
  // What a level takes that is no lower; and to leave no more than that.
  subsample at(int level) const;
  void thin(int level);
  // Drops rows of weight 0; returns how many are left, or -1 where a weight is negative or not finite.
  int64_t drop_unweighted();
  int64_t seen() const { return seen_; }  // rows that count
  int level() const { return level_; }
  bool thins() const { return thins_; }

 private:
  std::vector<int64_t> run_of_;  // of each row in x
  int64_t seen_;
  int level_;
  bool thins_;

  void keep(int64_t place, const block& b);
};

// The level at which so many of n rows are taken, or up to twice as many.
int level_of(int64_t n, int64_t wanted);

}  // namespace thetahat::THETAHAT_ISA
