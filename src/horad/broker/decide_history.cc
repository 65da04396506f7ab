// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/decide_history.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "horad/broker/decide.h"

namespace horad::broker {
namespace {

using model::Attribute;
using model::Change;
using model::ChangeKind;
using model::DocumentView;
using Addition = model::HistoryEdit::Addition;

using InstanceKey = std::tuple<std::uint32_t, std::string_view, std::optional<Timestamp>>;
InstanceKey key_of(const Attribute& attribute) {
  return {attribute.name.get(), attribute.dataset_id, attribute.observed_at};
}

Change edit_of(const store::EntityHistory& past, model::HistoryEdit edit) {
  Change out;
  out.kind = ChangeKind::kHistory;
  edit.made_for = past.version;
  out.history = std::make_shared<const model::HistoryEdit>(std::move(edit));
  return out;
}

void forget_times(Attribute& attribute) {
  attribute.created_at = attribute.modified_at = {};
  for (Attribute& sub : attribute.sub_attributes) forget_times(sub);
}

/// True when the instance says the same already.
bool says(const store::Instance& there, const Addition& addition) {
  if (there.deleted_at.has_value() != addition.deletion) return false;
  if (addition.deletion) return there.attribute.kind == addition.attribute.kind;
  Attribute old = there.attribute;
  forget_times(old);
  return old == addition.attribute;
}

/// Adds what is new, and puts what stands at its time already in its place. Of several there all but one go.
void add_or_correct(const store::EntityHistory& past, const std::vector<Addition>& instances,
                    model::HistoryEdit& edit) {
  std::map<InstanceKey, std::vector<const store::Instance*>> there;
  for (const auto& series : past.series) {
    for (const auto& one : series.instances) {
      if (one.attribute.observed_at) there[key_of(one.attribute)].push_back(&one);
    }
  }
  for (const Addition& addition : instances) {
    const auto found = addition.attribute.observed_at ? there.find(key_of(addition.attribute)) : there.end();
    if (found == there.end()) {
      edit.added.push_back(addition);
      continue;
    }
    const auto& same_time = found->second;
    for (std::size_t i = 0; i + 1 < same_time.size(); ++i)
      edit.erased.push_back({addition.attribute.name, addition.attribute.dataset_id, same_time[i]->place});
    if (says(*same_time.back(), addition)) continue;
    edit.added.push_back(addition);
    edit.added.back().instead_of = same_time.back()->place;
  }
}

/// The newest instance of each attribute and data set, as the present has them; deletions leave nothing.
void split_newest(const std::vector<Addition>& instances, Change& change, model::HistoryEdit& edit) {
  std::map<std::pair<std::uint32_t, std::string_view>, const Addition*> newest;
  for (const Addition& one : instances) {
    const Addition*& best = newest[{one.attribute.name.get(), one.attribute.dataset_id}];
    if (best == nullptr || !one.attribute.observed_at ||
        (best->attribute.observed_at && *best->attribute.observed_at <= *one.attribute.observed_at)) {
      best = &one;
    }
  }
  for (const Addition& one : instances) {
    const bool is_newest = newest[{one.attribute.name.get(), one.attribute.dataset_id}] == &one;
    if (!is_newest || one.deletion) {
      edit.added.push_back(one);
    } else if (one.attribute.name == model::kScopeName) {
      change.scopes = model::scopes_of(one.attribute.value);
      edit.added.push_back(one);  // the past has it at its own time
    } else {
      change.set.push_back(one.attribute);
    }
  }
}

Change create(const store::EntityHistory* past, const model::TemporalFragment& fragment) {
  Change out;
  out.kind = ChangeKind::kCreated;
  out.types = fragment.types;
  out.scopes = fragment.scopes;
  out.expires_at = fragment.expires_at;
  model::HistoryEdit edit;
  split_newest(fragment.instances, out, edit);
  edit.made_for = past == nullptr ? std::nullopt : std::optional{past->version};
  if (!edit.added.empty()) out.history = std::make_shared<const model::HistoryEdit>(std::move(edit));
  return out;
}

/// `known` with those of `given` that it lacks; none when it lacks none.
std::optional<std::vector<model::NameId>> united(const std::vector<model::NameId>& known,
                                                 const std::vector<model::NameId>& given) {
  std::vector<model::NameId> all = known;
  for (const auto type : given) note(all, type);
  return all.size() == known.size() ? std::nullopt : std::optional{std::move(all)};
}

}  // namespace

void keep_last(std::vector<Addition>& instances) {
  std::map<InstanceKey, std::size_t> last;
  for (std::size_t i = 0; i < instances.size(); ++i) last[key_of(instances[i].attribute)] = i;
  if (last.size() == instances.size()) return;
  std::vector<Addition> kept;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    if (last[key_of(instances[i].attribute)] == i) kept.push_back(instances[i]);
  }
  instances = std::move(kept);
}

std::vector<Timestamp> times_of(const std::vector<Addition>& instances) {
  std::vector<Timestamp> out;
  for (const Addition& one : instances) {
    if (one.attribute.observed_at) out.push_back(*one.attribute.observed_at);
  }
  std::ranges::sort(out);
  const auto doubles = std::ranges::unique(out);
  out.erase(doubles.begin(), doubles.end());
  return out;
}

Result<Change> decide_add_history(const DocumentView* current, const store::EntityHistory* past,
                                  const model::TemporalFragment& fragment, Timestamp at) {
  if (current == nullptr && past == nullptr) return create(past, fragment);
  Change out;
  out.kind = ChangeKind::kHistory;
  model::HistoryEdit edit;
  if (past != nullptr) {
    add_or_correct(*past, fragment.instances, edit);
    edit.made_for = past->version;
    if (current == nullptr) out.types = united(past->types, fragment.types);
  } else {
    edit.added = fragment.instances;
  }
  if (current != nullptr) {
    out.types = added_types(*current, fragment.types);
    if (fragment.expires_at && *fragment.expires_at != current->expires_at()) out.expires_at = fragment.expires_at;
    if (out.types || out.expires_at) out.kind = ChangeKind::kUpdated;
  }
  if (fragment.scopes) {  // a scope without a time holds from now on
    Addition scope;
    scope.attribute.name = model::kScopeName;
    scope.attribute.value = model::scope_value(*fragment.scopes);
    scope.attribute.observed_at = at;
    edit.added.push_back(std::move(scope));
  }
  if (!edit.added.empty() || !edit.erased.empty())
    out.history = std::make_shared<const model::HistoryEdit>(std::move(edit));
  return out;
}

Result<Change> decide_modify_instance(const store::EntityHistory& past, const store::Instance& instance,
                                      const model::AttributePatch& patch) {
  Addition changed;
  changed.instead_of = instance.place;
  changed.deletion = patch.remove_all;
  if (patch.remove_all) {
    changed.attribute = instance.attribute;
    changed.attribute.value = std::string{};
    changed.attribute.sub_attributes.clear();
    if (patch.given & model::AttributePatch::kObservedAt) changed.attribute.observed_at = patch.attribute.observed_at;
  } else {
    auto attribute = instance.deleted_at ? model::attribute_of(patch)
                                         : model::patched(instance.attribute, patch, model::PatchValue::kReplace);
    if (!attribute) return std::unexpected(std::move(attribute).error());
    changed.attribute = std::move(*attribute);
  }
  changed.attribute.name = instance.attribute.name;
  changed.attribute.dataset_id = instance.attribute.dataset_id;
  forget_times(changed.attribute);
  model::HistoryEdit edit;
  edit.added.push_back(std::move(changed));
  return edit_of(past, std::move(edit));
}

Change decide_erase_instance(const store::EntityHistory& past, const store::Instance& instance) {
  model::HistoryEdit edit;
  edit.erased.push_back({instance.attribute.name, instance.attribute.dataset_id, instance.place});
  return edit_of(past, std::move(edit));
}

Change decide_erase_attribute(const store::EntityHistory& past, model::HistoryEdit::Series series) {
  model::HistoryEdit edit;
  edit.erased_series.push_back(std::move(series));
  return edit_of(past, std::move(edit));
}

Change decide_erase_history(const store::EntityHistory& past) {
  model::HistoryEdit edit;
  edit.erase_all = true;
  return edit_of(past, std::move(edit));
}

}  // namespace horad::broker
