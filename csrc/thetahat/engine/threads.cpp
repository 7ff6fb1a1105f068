#include "thetahat/engine/threads.hpp"

#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

namespace thetahat {

void run_jobs(int threads, int64_t jobs, void (*job)(void* context, int64_t i), void* context) {
  std::atomic<int64_t> next{0};
  auto work = [&] {
    for (int64_t i = next++; i < jobs; i = next++) job(context, i);
  };
  std::vector<std::thread> others;
  try {
    for (int t = 1; t < threads && t < jobs; ++t) others.emplace_back(work);
  } catch (const std::system_error&) {
    // No further thread to be had: those that run share the jobs.
  } catch (const std::bad_alloc&) {
  }
  work();
  for (auto& other : others) other.join();
}

}  // namespace thetahat
