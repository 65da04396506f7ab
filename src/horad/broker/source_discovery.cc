// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/source_discovery.h"

#include <algorithm>

#include "horad/broker/json.h"
#include "horad/broker/source_answer.h"
#include "horad/model/context.h"
#include "horad/model/represent.h"

namespace horad::broker {
namespace {

constexpr std::size_t kMostNames = 10'000;  // of one answer

/// One answer being read, in the words of one object of it.
class Reader {
 public:
  explicit Reader(FoundNames& out) : out_(out) {}

  void read(const json::object& item, model::Context& words) {
    words_ = &words;
    if (const auto* const list = item.if_contains("typeList")) {
      for (const auto name : names_in(*list, &Reader::type)) out_.types.push_back({name, 0, {}});
    } else if (const auto* const attributes = item.if_contains("attributeList")) {
      for (const auto name : names_in(*attributes, &Reader::attribute)) out_.attributes.push_back({name, 0, {}, {}});
    } else if (const auto* const named = item.if_contains("typeName")) {
      if (auto one = type_info(item, *named)) out_.types.push_back(std::move(*one));
    } else if (auto attribute = attribute_info(item)) {
      out_.attributes.push_back(std::move(*attribute));
    }
  }
  void refuse(std::string why) { out_.trouble = std::move(why); }

 private:
  using Resolve = std::optional<model::NameId> (Reader::*)(const json::value&);

  std::optional<model::NameId> note(Result<model::NameId> name) {
    if (name) return *name;
    refuse("the answer is not valid: " + name.error().detail);
    return std::nullopt;
  }
  /// True when one more name may come in.
  bool text(const json::value& value) {
    if (!value.is_string()) refuse("the answer has something that is no name");
    if (value.is_string() && ++names_ > kMostNames) refuse("the answer has more names than are taken");
    return value.is_string() && names_ <= kMostNames;
  }
  std::optional<model::NameId> type(const json::value& value) {
    return text(value) ? note(words_->resolve_type(text_of(value.get_string()))) : std::nullopt;
  }
  std::optional<model::NameId> attribute(const json::value& value) {
    return text(value) ? note(words_->resolve_attribute(text_of(value.get_string()))) : std::nullopt;
  }

  std::vector<model::NameId> names_in(const json::value& list, Resolve resolve) {
    std::vector<model::NameId> out;
    if (!list.is_array()) refuse("the answer has no list where there should be one");
    for (const auto& one : list.is_array() ? list.get_array() : json::array{}) {
      if (const auto name = (this->*resolve)(one)) out.push_back(*name);
    }
    std::ranges::sort(out);
    const auto doubles = std::ranges::unique(out);
    out.erase(doubles.begin(), doubles.end());
    return out;
  }

  std::uint64_t count_in(const json::object& item, std::string_view member) {
    const auto* const value = item.if_contains(json::string_view{member.data(), member.size()});
    if (value == nullptr) return 0;
    json::error_code wrong;
    const auto number = value->to_number<std::uint32_t>(wrong);
    if (!wrong) return number;
    refuse("the answer has a number of entities that is none");
    return 0;
  }

  void take_kinds(const json::object& item, std::vector<model::AttributeKind>& to) {
    const auto* const list = item.if_contains("attributeTypes");
    if (list == nullptr || !list->is_array()) return;
    constexpr auto kLast = static_cast<std::uint8_t>(model::AttributeKind::kListRelationship);
    for (std::uint8_t i = 0; i <= kLast; ++i) {
      const auto kind = static_cast<model::AttributeKind>(i);
      const bool has = std::ranges::any_of(list->get_array(), [kind](const json::value& one) {
        return one.is_string() && text_of(one.get_string()) == model::kind_name(kind);
      });
      if (has) to.push_back(kind);
    }
  }

  std::optional<AttributeInfo> attribute_info(const json::object& item) {
    const auto* const named = item.if_contains("attributeName");
    if (named == nullptr) {
      refuse("the answer has something that is neither a type nor an attribute");
      return std::nullopt;
    }
    const auto name = attribute(*named);
    if (!name) return std::nullopt;
    AttributeInfo out{*name, count_in(item, "attributeCount"), {}, {}};
    take_kinds(item, out.kinds);
    if (const auto* const types = item.if_contains("typeNames")) out.types = names_in(*types, &Reader::type);
    return out;
  }

  std::optional<TypeInfo> type_info(const json::object& item, const json::value& named) {
    const auto name = type(named);
    if (!name) return std::nullopt;
    TypeInfo out{*name, count_in(item, "entityCount"), {}};
    if (const auto* const list = item.if_contains("attributeNames")) {
      for (const auto one : names_in(*list, &Reader::attribute)) out.attributes.push_back({one, 0, {}, {}});
    }
    const auto* const details = item.if_contains("attributeDetails");
    for (const auto& one : details != nullptr && details->is_array() ? details->get_array() : json::array{}) {
      auto info = one.is_object() ? attribute_info(one.get_object()) : std::nullopt;
      if (info) out.attributes.push_back(std::move(*info));
    }
    return out;
  }

  FoundNames& out_;
  model::Context* words_ = nullptr;
  std::size_t names_ = 0;
};

template <class T>
void insert_sorted(std::vector<T>& into, const std::vector<T>& from) {
  for (const auto one : from) {
    const auto at = std::ranges::lower_bound(into, one);
    if (at == into.end() || *at != one) into.insert(at, one);
  }
}

/// Leaves those with a name in `kept`, which is sorted; all when it is empty.
template <class Infos>
void keep_named(Infos& infos, const std::vector<model::NameId>& kept) {
  if (kept.empty()) return;
  std::erase_if(infos, [&kept](const auto& one) { return !std::ranges::binary_search(kept, one.name); });
}

}  // namespace

FoundNames read_found_names(std::string_view body, const std::shared_ptr<model::Context>& words, Contexts& contexts,
                            const std::string& tenant) {
  FoundNames out;
  Reader reader{out};
  const auto parsed = parse_json(body, kMostAnswerBytes);
  if (!parsed) {
    reader.refuse("the answer is not JSON");
    return out;
  }
  const auto take = [&](const json::value& item) {
    if (!item.is_object()) return reader.refuse("the answer has something that is neither a type nor an attribute");
    reader.read(item.get_object(), *words_of(item.get_object(), words, contexts, tenant));
  };
  if (!parsed->is_array()) {
    take(*parsed);
    return out;
  }
  for (const auto& item : parsed->get_array()) take(item);
  return out;
}

void keep_share(FoundNames& found, const Share& share) {
  keep_named(found.types, share.types);
  keep_named(found.attributes, share.attributes);
  for (auto& type : found.types) keep_named(type.attributes, share.attributes);
  if (share.types.empty()) return;
  for (auto& attribute : found.attributes) {
    std::erase_if(attribute.types,
                  [&share](model::NameId one) { return !std::ranges::binary_search(share.types, one); });
  }
}

void NameMerger::add(Attributes& to, const AttributeInfo& attribute) {
  auto& into = to[attribute.name];
  into.name = attribute.name;
  into.entities += attribute.entities;
  insert_sorted(into.kinds, attribute.kinds);
  insert_sorted(into.types, attribute.types);
}

void NameMerger::add(const AttributeInfo& attribute) { add(attributes_, attribute); }

void NameMerger::add(const TypeInfo& type) {
  auto& into = types_[type.name];
  into.entities += type.entities;
  for (const auto& one : type.attributes) add(into.attributes, one);
}

void NameMerger::add(const FoundNames& found) {
  for (const auto& one : found.types) add(one);
  for (const auto& one : found.attributes) add(one);
}

std::vector<AttributeInfo> NameMerger::by_text(Attributes from, const model::Names& names) {
  std::vector<AttributeInfo> out;
  out.reserve(from.size());
  for (auto& [name, info] : from) out.push_back(std::move(info));
  std::ranges::sort(out, {}, [&](const AttributeInfo& one) { return names.text(one.name); });
  return out;
}

std::vector<TypeInfo> NameMerger::types(const model::Names& names) && {
  std::vector<TypeInfo> out;
  out.reserve(types_.size());
  for (auto& [name, type] : types_) {
    out.push_back({name, type.entities, by_text(std::move(type.attributes), names)});
  }
  std::ranges::sort(out, {}, [&](const TypeInfo& one) { return names.text(one.name); });
  return out;
}

std::vector<AttributeInfo> NameMerger::attributes(const model::Names& names) && {
  return by_text(std::move(attributes_), names);
}

}  // namespace horad::broker
