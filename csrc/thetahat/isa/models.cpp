// The models of all families, compiled once, and the instruction set that their kernels are taken from.
#include "thetahat/isa/baseline.hpp"

#include <type_traits>
#include <utility>  // index_sequence: types alone, no code
#include "thetahat/engine/moments_model.hpp"
#include "thetahat/families.def"
#include "thetahat/isa/model.hpp"

namespace thetahat {

const thetahat_level* level = nullptr;
const thetahat_model* moments_model = nullptr;

namespace THETAHAT_ISA {

constexpr int n_families = __COUNTER__ - first_place;

template <class places>
struct models;

template <int... place>
struct models<std::integer_sequence<int, place...>> {
  static inline thetahat_model all[] = {
      model_of<typename family_at<place>::type>::table(family_at<place>::name)...};
  static constexpr int place_of_normal =
      (... + (std::is_same_v<typename family_at<place>::type, normal> ? place : 0));
};

using all_models = models<std::make_integer_sequence<int, n_families>>;

}  // namespace THETAHAT_ISA
}  // namespace thetahat

using namespace thetahat;
using namespace thetahat::THETAHAT_ISA;

int thetahat_use(const thetahat_level* level, const thetahat_model** models) {
  thetahat::level = level;
  for (int i = 0; i < n_families; ++i) all_models::all[i].kernel = level->kernels + i;
  thetahat::moments_model = all_models::all + all_models::place_of_normal;
  *models = all_models::all;
  return n_families;
}
