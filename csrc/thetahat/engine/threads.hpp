// Threads, compiled once for all instruction sets.
#pragma once
#include <stdint.h>

namespace thetahat {

// Runs job(context, i) for i in [0, jobs) on so many threads, the caller's among them. Threads are started
// for this call and joined before it returns: nothing to configure, nothing that a fork could lose.
void run_jobs(int threads, int64_t jobs, void (*job)(void* context, int64_t i), void* context);

}  // namespace thetahat
