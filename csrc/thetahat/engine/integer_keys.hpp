// Integer keys of any type, a block at a time.
#pragma once
#include <algorithm>
#include <limits>
#include "thetahat/api.h"

namespace thetahat {

constexpr int64_t block_keys = 2048;

template <class T>
void widen(const void* keys, int64_t first, int64_t n, int64_t* out) {
  const T* from = static_cast<const T*>(keys) + first;
  for (int64_t i = 0; i < n; ++i) out[i] = int64_t(from[i]);
}

// Keys first .. first + n - 1 as int64_t in the same order: unsigned ones of 64 bits less 2^63. Where they
// lie, or in the room for them.
inline const int64_t* keys_of(const void* keys, int type, int64_t first, int64_t n, int64_t* room) {
  switch (type) {
    case thetahat_int8:
      widen<int8_t>(keys, first, n, room);
      return room;
    case thetahat_int16:
      widen<int16_t>(keys, first, n, room);
      return room;
    case thetahat_int32:
      widen<int32_t>(keys, first, n, room);
      return room;
    case thetahat_uint8:
      widen<uint8_t>(keys, first, n, room);
      return room;
    case thetahat_uint16:
      widen<uint16_t>(keys, first, n, room);
      return room;
    case thetahat_uint32:
      widen<uint32_t>(keys, first, n, room);
      return room;
    case thetahat_uint64:
      widen<uint64_t>(keys, first, n, room);
      for (int64_t i = 0; i < n; ++i) room[i] ^= std::numeric_limits<int64_t>::min();
      return room;
  }
  return static_cast<const int64_t*>(keys) + first;
}

// Calls visit(keys, n, first) for keys first .. last - 1, a block at a time.
template <class Visit>
void each_keys(const void* keys, int type, int64_t first, int64_t last, Visit visit) {
  int64_t room[block_keys];
  for (; first < last; first += block_keys) {
    const int64_t n = std::min(last - first, block_keys);
    visit(keys_of(keys, type, first, n, room), n, first);
  }
}

}  // namespace thetahat
