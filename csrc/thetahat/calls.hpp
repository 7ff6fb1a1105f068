// Calls into the core from other code, in the floating-point mode that the core is written for: rounding to
// nearest, subnormal numbers kept, no traps. Another library may have set a mode of its own in this thread;
// it is restored when the call returns. The threads that a call starts begin in its mode.
#pragma once
#include <stdint.h>
#include "thetahat/censored_api.h"
#include "thetahat/formula_api.h"
#include "thetahat/groups_api.h"
#include "thetahat/pieces_api.h"
#include "thetahat/sgd_api.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#elif !(defined(__aarch64__) && defined(__GNUC__))
#include <fenv.h>
#endif

namespace thetahat {

#if defined(__x86_64__) || defined(_M_X64)
struct float_mode {  // MXCSR, whose six lowest bits tell of exceptions
  static constexpr unsigned usual = 0x1f80, flags = 0x3f;
  const unsigned before = _mm_getcsr();
  const bool other = (before & ~flags) != usual;

  float_mode() {
    if (other) _mm_setcsr(usual);
  }
  ~float_mode() {
    if (other) _mm_setcsr(before);
  }
};
#elif defined(__aarch64__) && defined(__GNUC__)
struct float_mode {  // FPCR
  uint64_t before;

  float_mode() {
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    if (before) set(0);
  }
  ~float_mode() {
    if (before) set(before);
  }
  static void set(uint64_t mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode) : "memory"); }
};
#else
struct float_mode {
  fenv_t before;

  float_mode() {
    fegetenv(&before);
    fesetenv(FE_DFL_ENV);
  }
  ~float_mode() { fesetenv(&before); }
};
#endif

// A function of the core, and a function that a model holds and takes the model first.
template <auto function>
struct usual_mode;

template <class Result, class... Arguments, Result (*function)(Arguments...)>
struct usual_mode<function> {
  static Result call(Arguments... arguments) {
    const float_mode usual;
    return function(arguments...);
  }
};

template <class Result, class... Arguments,
          Result (*thetahat_model::*member)(const thetahat_model*, Arguments...)>
struct usual_mode<member> {
  static Result call(const thetahat_model* model, Arguments... arguments) {
    const float_mode usual;
    return (model->*member)(model, arguments...);
  }
};

inline void log_density(const thetahat_model* model, const double* theta, const double* x, double* out,
                        int64_t n) {
  model->kernel->log_density(model, theta, x, out, n);
}
inline int has_log_hazard(const thetahat_model* model) { return model->log_hazard != nullptr; }
inline void apply(const thetahat_function* function, const double* x, double* out, int64_t n) {
  function->apply(x, out, n);
}

}  // namespace thetahat

#define THETAHAT_CALL(function) thetahat::usual_mode<&function>::call

namespace thetahat {

// The functions of censored_api.h as a table, filled where the core is linked.
struct censored_functions {
  thetahat_intervals* (*make)(const thetahat_interval_rows*);
  void (*free)(thetahat_intervals*);
  void (*attach)(const thetahat_model*, const thetahat_intervals*, thetahat_model*);
  void (*evaluate)(const thetahat_model*, const thetahat_intervals*, const double*, thetahat_values*);
  void (*scores)(const thetahat_model*, const double*, const double*, const double*, int64_t, double*,
                 double*);
};

inline censored_functions censored_functions_of_the_core() {
  return {THETAHAT_CALL(thetahat_new_intervals), THETAHAT_CALL(thetahat_free_intervals),
          THETAHAT_CALL(thetahat_attach), THETAHAT_CALL(thetahat_evaluate_intervals),
          THETAHAT_CALL(thetahat_interval_scores)};
}

}  // namespace thetahat
