// The grid and the order of merging: the one place that decides the bits of a sum.
//
// Rows are cut into blocks of 2048, counted from the first row. Inside a block, row i belongs to lane i % 16,
// and lanes are added in sum_lanes' order. Blocks are leaves of one binary tree: two neighbouring nodes that
// hold 2^k blocks each merge, left with right, into a node of 2^(k+1); what has no partner at the end merges
// from the right end to the left. Threads compute whole subtrees ("spans"), so neither their number nor the
// sizes of the chunks that rows arrive in changes the result.
#pragma once
#include "thetahat/data/block.hpp"

namespace thetahat::THETAHAT_ISA {

constexpr int span_level = 6;  // a span is 2^6 blocks, 1 MiB of doubles
constexpr int64_t span_blocks = int64_t{1} << span_level;
constexpr int64_t span_rows = span_blocks * block_rows;
static_assert(span_rows == thetahat_span_rows);

}  // namespace thetahat::THETAHAT_ISA
