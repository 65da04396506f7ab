// SPDX-License-Identifier: Apache-2.0
// Partial update of one attribute and merge of an entity.
#include <algorithm>
#include <utility>

#include "horad/broker/decide.h"
#include "horad/model/change_patch.h"

namespace horad::broker {
namespace {

using model::AttributePatch;
using model::Change;
using model::DocumentView;

/// What one attribute of a merge becomes; `change` and `result` take it in.
Result<void> merge_one(const DocumentView& current, const AttributePatch& patch, const MergeOptions& options,
                       Decision& out) {
  const auto& name = patch.attribute.name;
  const auto& dataset = patch.attribute.dataset_id;
  const auto there = current.find(name, dataset);
  if (patch.remove_all) {
    if (!there) {
      note(out.result.not_updated, name, "The entity has no such attribute.");
      return {};
    }
    out.change.removed.push_back({name, dataset});
    note(out.result.updated, name);
    return {};
  }
  auto merged = there ? model::patched(there->to_attribute(), patch, model::PatchValue::kMerge, options.lang)
                      : model::attribute_of(patch);
  if (!merged) return std::unexpected(std::move(merged).error());
  const bool timed = ((patch.given | patch.removed) & AttributePatch::kObservedAt) != 0;
  if (options.observed_at && !timed) merged->observed_at = options.observed_at;
  note(out.result.updated, name);
  out.change.set.push_back(std::move(*merged));
  return {};
}

}  // namespace

Result<Change> decide_partial_update(const DocumentView* current, const AttributePatch& patch) {
  if (current == nullptr) return no_such_entity();
  const auto there = current->find(patch.attribute.name, patch.attribute.dataset_id);
  if (!there) return no_such_attribute();
  Change change;
  if (patch.remove_all) {
    change.removed.push_back({patch.attribute.name, patch.attribute.dataset_id});
    return change;
  }
  auto patched = model::patched(there->to_attribute(), patch, model::PatchValue::kReplace);
  if (!patched) return std::unexpected(std::move(patched).error());
  change.set.push_back(std::move(*patched));
  return change;
}

Result<Decision> decide_merge(const DocumentView* current, const model::EntityPatch& patch,
                              const MergeOptions& options) {
  if (current == nullptr) return no_such_entity();
  Decision out;
  out.change.types = added_types(*current, patch.types);
  if (patch.scopes && !std::ranges::equal(current->scopes(), *patch.scopes)) out.change.scopes = patch.scopes;
  if (patch.expires_at) out.change.expires_at = changed_expiry(*current, *patch.expires_at);
  for (const auto& attribute : patch.attributes) {
    if (auto done = merge_one(*current, attribute, options, out); !done)
      return std::unexpected(std::move(done).error());
  }
  return out;
}

}  // namespace horad::broker
