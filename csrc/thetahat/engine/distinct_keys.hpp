// Distinct integers: found among many that repeat, and put in order.
#pragma once
#include <stdint.h>
#include <vector>

namespace thetahat {

// Of a number with many bits in its upper and in its lower ones; no two numbers have the same.
inline uint64_t hash_of(int64_t key) {
  uint64_t bits = uint64_t(key);
  bits = (bits ^ bits >> 32) * 0x9e3779b97f4a7c15;
  return bits ^ bits >> 29;
}

// Distinct keys, numbered as they come.
class key_set {
 public:
  std::vector<int64_t> keys;

  key_set() : slots(1 << 8, empty) {}
  int64_t number_of(int64_t key) {
    slot& found = find(key);
    if (found.number >= 0) return found.number;
    found = {key, int64_t(keys.size())};
    keys.push_back(key);
    if (2 * keys.size() > slots.size()) grow();
    return int64_t(keys.size()) - 1;
  }

 private:
  struct slot {
    int64_t key, number;
  };
  static constexpr slot empty = {0, -1};
  std::vector<slot> slots;

  slot& find(int64_t key) {
    const uint64_t mask = slots.size() - 1;
    uint64_t i = hash_of(key) & mask;
    while (slots[i].number >= 0 && slots[i].key != key) i = (i + 1) & mask;
    return slots[i];
  }
  void grow() {
    slots.assign(4 * slots.size(), empty);
    for (size_t k = 0; k < keys.size(); ++k) find(keys[k]) = {keys[k], int64_t(k)};
  }
};

// Keys less the least of them, and where they come from, sorted digit by digit.
class digit_sort {
 public:
  struct item {
    uint64_t key;
    int64_t from;
  };
  std::vector<item> items;

  // Sorts by one more digit; whether more are left.
  bool go_on(uint64_t most) {
    constexpr int bits = 11;
    if (shift >= 64 || most >> shift == 0) return false;
    const uint64_t mask = (1 << bits) - 1;
    std::vector<int64_t> next(mask + 2);
    for (const item& i : items) next[(i.key >> shift & mask) + 1] += 1;
    for (size_t d = 1; d < next.size(); ++d) next[d] += next[d - 1];
    room.resize(items.size());
    for (const item& i : items) room[next[i.key >> shift & mask]++] = i;
    items.swap(room);
    shift += bits;
    return true;
  }

 private:
  std::vector<item> room;
  int shift = 0;
};

}  // namespace thetahat
