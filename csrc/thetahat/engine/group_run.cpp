// Fits of all groups: long groups one after another by all threads, the others by threads that take some of
// them at a time, in slices between which signals are handled.
#include "thetahat/isa/baseline.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <vector>
#include "thetahat/engine/group_fit.hpp"
#include "thetahat/engine/slices.hpp"
#include "thetahat/engine/threads.hpp"

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

namespace {

using clock_type = std::chrono::steady_clock;

constexpr auto slice = std::chrono::milliseconds(40);
constexpr int64_t share_rows = 1 << 13, share_groups = 256;  // that a thread takes at a time

}  // namespace

struct thetahat_group_run {
  const thetahat_group_task task;
  const int64_t rows;
  std::vector<int64_t> is_long;  // groups that are worth several threads
  size_t next_long = 0;
  struct worker {
    group_fit fit;
    int64_t next = 0, last = 0;  // the groups of its share
    explicit worker(const thetahat_group_task& t) : fit(t) {}
  };
  std::vector<std::unique_ptr<worker>> workers;
  std::atomic<int64_t> next{0};
  std::atomic<bool> no_memory{false};
  clock_type::time_point deadline;

  explicit thetahat_group_run(const thetahat_group_task& t)
      : task(t), rows(t.groups.offsets[t.groups.n_groups] - t.groups.offsets[0]) {
    const int64_t G = t.groups.n_groups;
    for (int64_t g = 0; t.threads > 1 && g < G; ++g)
      if (worth_threads(size_of(g))) is_long.push_back(g);
    const int64_t shares = rows / share_rows + G / share_groups + 1;
    const int64_t team = t.threads < shares ? t.threads : shares;
    for (int64_t i = 0; i < team; ++i) workers.push_back(std::make_unique<worker>(task));
  }

  int64_t size_of(int64_t g) const { return task.groups.offsets[g + 1] - task.groups.offsets[g]; }
  bool worth_threads(int64_t size) const {
    return team_of(size, task.threads) > 1 && size > rows / (4 * task.threads);
  }
  bool late() const { return clock_type::now() >= deadline; }

  // The next groups, as many as make a share; false where none is left.
  bool take_share(worker& w) {
    const int64_t G = task.groups.n_groups, *offsets = task.groups.offsets;
    int64_t first = next.load(), last;
    do {
      if (first == G) return false;
      last = first + 1;
      while (last < G && last - first < share_groups && offsets[last + 1] - offsets[first] <= share_rows)
        ++last;
    } while (!next.compare_exchange_weak(first, last));
    w.next = first, w.last = last;
    return true;
  }
  // Goes on with a worker's group and share, and with further ones, until there is no time or none is left.
  void work(worker& w) {
    while (!late()) {
      if (w.fit.busy())
        w.fit.advance();
      else if (w.next < w.last || take_share(w))
        fit_share(w);
      else
        return;
    }
  }
  // The groups of a share, up to one that takes long.
  void fit_share(worker& w) {
    while (w.next < w.last && !w.fit.busy()) {
      if (const int64_t solved = w.fit.solve(w.next, w.last)) {
        w.next += solved;
        continue;
      }
      const int64_t g = w.next++;
      if (worth_threads(size_of(g))) continue;  // which has been done
      w.fit.begin(g, 1);
      do w.fit.advance();
      while (w.fit.busy() && size_of(g) <= block_rows);
    }
  }
  void work_on_long() {
    worker& w = *workers[0];
    while (!late() && has_long()) {
      if (!w.fit.busy()) w.fit.begin(is_long[next_long++], task.threads);
      w.fit.advance();
    }
  }
  bool has_long() const { return next_long < is_long.size() || (workers[0]->fit.busy() && next == 0); }
  // Groups that have been begun, less those that have not ended.
  int64_t done() const {
    int64_t count = next + (next == 0 ? int64_t(next_long) : 0);
    for (const auto& w : workers) count -= w->fit.busy() + (w->last - w->next);
    return count;
  }

  int go_on() {
    deadline = clock_type::now() + slice;
    auto job = [](void* context, int64_t i) {
      auto& run = *static_cast<thetahat_group_run*>(context);
      try {
        run.work(*run.workers[i]);
      } catch (const std::bad_alloc&) {
        run.no_memory = true;
      }
    };
    has_long() ? work_on_long() : run_jobs(task.threads, int64_t(workers.size()), job, this);
    if (no_memory) return thetahat_groups_no_memory;
    return done() == task.groups.n_groups ? thetahat_groups_done : thetahat_groups_slice;
  }
};

thetahat_group_run* thetahat_group_fit_begin(const thetahat_group_task* task) try {
  return new thetahat_group_run(*task);
} catch (const std::bad_alloc&) {
  return nullptr;
}

void thetahat_group_fit_end(thetahat_group_run* run) { delete run; }

int thetahat_group_fit_advance(thetahat_group_run* run, int64_t* done) try {
  const int answer = run->go_on();
  *done = run->done();
  return answer;
} catch (const std::bad_alloc&) {
  return thetahat_groups_no_memory;
}
