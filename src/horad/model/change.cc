// SPDX-License-Identifier: Apache-2.0
#include "horad/model/change.h"

#include <algorithm>
#include <array>

#include "horad/base/bytes.h"
#include "horad/model/document_writer.h"
#include "horad/model/expiry.h"

namespace horad::model {
namespace {

void stamp(Attribute& attribute, Timestamp at, const Attribute* replaced) {
  attribute.modified_at = at;
  attribute.created_at = replaced == nullptr ? at : replaced->created_at;
  for (auto& sub : attribute.sub_attributes) {
    const Attribute* old = nullptr;
    if (replaced != nullptr) {
      const auto& olds = replaced->sub_attributes;
      const auto found = std::ranges::find_if(
          olds, [&](const Attribute& a) { return a.name == sub.name && a.dataset_id == sub.dataset_id; });
      if (found != olds.end()) old = &*found;
    }
    stamp(sub, at, old);
  }
}

/// Without `at` the attribute keeps its times.
void put(Entity& entity, const Attribute& set, std::optional<Timestamp> at) {
  Attribute fresh = set;
  const auto same = [&](const Attribute& a) { return a.name == set.name && a.dataset_id == set.dataset_id; };
  const auto place = std::ranges::find_if(entity.attributes, same);
  if (at) stamp(fresh, *at, place == entity.attributes.end() ? nullptr : &*place);
  if (place == entity.attributes.end()) {
    entity.attributes.push_back(std::move(fresh));
  } else {
    *place = std::move(fresh);
  }
}

constexpr std::size_t kMostInPlace = 8;  // instances one change may set on the quick path

/// Where each instance of `change.set` goes in a document: over an old instance, or behind the last.
struct Places {
  std::array<std::optional<AttributeView>, kMostInPlace> old{};
  std::size_t fresh = 0;  // how many have no old instance
};

/// True when `a` uses the same names in the same order as `old`: then the name table of the document stays as it is.
/// Extras are rare enough not to be looked into.
bool same_names(const Attribute& a, const AttributeView& old) {
  if (a.name != old.name() || a.object_type != old.object_type() || a.extras || old.has_extras()) return false;
  const auto olds = old.sub_attributes();
  auto it = olds.begin();
  for (const auto& sub : a.sub_attributes) {
    if (it == olds.end() || !same_names(sub, *it)) return false;
    ++it;
  }
  return it == olds.end();
}

bool names_twice(const std::vector<Attribute>& set) {
  for (std::size_t i = 0; i < set.size(); ++i) {
    for (std::size_t j = i + 1; j < set.size(); ++j) {
      if (set[i].name == set[j].name && set[i].dataset_id == set[j].dataset_id) return true;
    }
  }
  return false;
}

/// None when the change needs a new name table or is too wide: then the whole entity is rebuilt.
std::optional<Places> quick_places(DocumentView before, const Change& change) {
  if (change.types || change.scopes || !change.removed.empty()) return {};
  if (change.expires_at || change.expired || before.transient()) return {};
  if (change.set.size() > kMostInPlace || names_twice(change.set)) return {};
  Places places;
  for (std::size_t i = 0; i < change.set.size(); ++i) {
    places.old[i] = before.find(change.set[i].name, change.set[i].dataset_id);
    if (!places.old[i]) {
      if (soonest_expiry(change.set[i]) != kNoExpiry) return {};
      ++places.fresh;
    } else if (!same_names(change.set[i], *places.old[i])) {
      return {};
    }
  }
  return places;
}

/// The instance of `change.set` that replaces the attribute at `at`, or none.
std::optional<std::size_t> replacement(const Places& places, std::size_t count, const char* at) {
  for (std::size_t i = 0; i < count; ++i) {
    if (places.old[i] && places.old[i]->encoded().data() == at) return i;
  }
  return {};
}

std::string rebuild(DocumentView before, const Change& change, const Places& places, Timestamp at) {
  const auto layout = detail::layout_of(before.bytes());
  detail::NameTable names;
  for (std::size_t i = 0; i < layout.name_count; ++i) names.index(layout.name(i));
  for (std::size_t i = 0; i < change.set.size(); ++i) {
    if (!places.old[i]) names.add_all(change.set[i]);
  }
  std::string out;
  out.reserve(before.bytes().size() + 64 + 64 * change.set.size());
  detail::append_names(out, detail::kMemoryForm, layout.type_count, names.names());
  base::put_fixed(out, layout.created);
  base::put_signed(out, detail::wrapped_difference(detail::ticks(at), layout.created));
  out.append(layout.id_and_scopes, static_cast<std::size_t>(layout.attribute_count_at - layout.id_and_scopes));
  base::put_varint(out, layout.attribute_count + places.fresh);

  const char* copied = layout.attributes;  // everything before is in `out`
  for (const auto attribute : before.attributes()) {
    const auto bytes = attribute.encoded();
    const auto i = replacement(places, change.set.size(), bytes.data());
    if (!i) continue;
    out.append(copied, static_cast<std::size_t>(bytes.data() - copied));
    copied = bytes.data() + bytes.size();
    const detail::Stamp stamp{at, &attribute};
    detail::append_attribute(out, change.set[*i], names, layout.created, &stamp);
  }
  out.append(copied, static_cast<std::size_t>(layout.end - copied));
  const detail::Stamp fresh{at, nullptr};
  for (std::size_t i = 0; i < change.set.size(); ++i) {
    if (!places.old[i]) detail::append_attribute(out, change.set[i], names, layout.created, &fresh);
  }
  return out;
}

}  // namespace

Entity apply(const Entity* before, std::string_view id, const Change& change, Timestamp at) {
  Entity after;
  if (before != nullptr && change.kind != ChangeKind::kCreated) {
    after = *before;
  } else {
    after.id = id;
    after.created_at = at;
  }
  after.modified_at = at;
  if (change.types) after.types = *change.types;
  if (change.scopes) after.scopes = *change.scopes;
  if (change.expires_at) after.expires_at = *change.expires_at;
  for (const auto& key : change.removed) {
    std::erase_if(after.attributes,
                  [&](const Attribute& a) { return a.name == key.name && a.dataset_id == key.dataset_id; });
  }
  if (change.expired) take_expired(after.attributes, *change.expired);
  if (change.times) {
    after.created_at = change.times->created_at;
    after.modified_at = change.times->modified_at;
  }
  for (const auto& set : change.set) put(after, set, change.times ? std::nullopt : std::optional{at});
  return after;
}

std::string apply_encoded(const DocumentView* before, std::string_view id, const Change& change, Timestamp at) {
  if (before == nullptr || change.kind == ChangeKind::kCreated) {
    if (!change.times && change.set.size() <= 64 && !names_twice(change.set)) {
      const detail::Stamp fresh{at, nullptr};
      return detail::encode_parts(
          {id, change.types ? std::span<const NameId>(*change.types) : std::span<const NameId>{},
           change.scopes ? std::span<const std::string>(*change.scopes) : std::span<const std::string>{},
           change.expires_at.value_or(kNoExpiry), at, at, change.set},
          &fresh);
    }
    return encode(apply(nullptr, id, change, at));
  }
  if (const auto places = quick_places(*before, change)) return rebuild(*before, change, *places, at);
  const auto entity = before->to_entity();
  return encode(apply(&entity, id, change, at));
}

}  // namespace horad::model
