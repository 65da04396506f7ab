// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/source_answer.h"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "horad/broker/forward.h"
#include "horad/model/context.h"
#include "horad/model/parse.h"

namespace horad::broker {
namespace {

/// Members that only answers have; they are not data of the entity.
constexpr std::string_view kAnswerOnly[] = {"deletedAt", "createdAt", "modifiedAt", "@context"};

std::optional<Timestamp> time_in(const json::object& object, json::string_view name) {
  const auto* const value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const auto at = base::parse_time(text_of(value->get_string()));
  return at ? std::optional{*at} : std::nullopt;
}

void take_times(model::Attribute& attribute, const json::value& instance) {
  const auto* const object = instance.if_object();
  if (object == nullptr) return;
  const auto* const dataset = object->if_contains("datasetId");
  const auto id = dataset != nullptr && dataset->is_string() ? text_of(dataset->get_string()) : std::string_view{};
  if (id != attribute.dataset_id) return;
  if (const auto at = time_in(*object, "createdAt")) attribute.created_at = *at;
  if (const auto at = time_in(*object, "modifiedAt")) attribute.modified_at = *at;
}

/// The parser leaves times of the system to the store; here they are the source's to say.
void take_times(model::Entity& entity, const json::object& item, model::Context& context) {
  if (const auto at = time_in(item, "createdAt")) entity.created_at = *at;
  if (const auto at = time_in(item, "modifiedAt")) entity.modified_at = *at;
  for (const auto& [key, value] : item) {
    if (!value.is_object() && !value.is_array()) continue;
    const auto name = context.resolve_attribute({key.data(), key.size()});
    if (!name) continue;
    for (auto& attribute : entity.attributes) {
      if (attribute.name != *name) continue;
      take_times(attribute, value);
      if (const auto* const list = value.if_array()) {
        for (const auto& instance : *list) take_times(attribute, instance);
      }
    }
  }
}

Result<model::Entity> read_one(json::object& item, const std::shared_ptr<model::Context>& words, Contexts& contexts,
                               const std::string& tenant, model::Parser& parser) {
  const auto context = words_of(item, words, contexts, tenant);
  const auto whole = item;
  for (const auto name : kAnswerOnly) item.erase(json::string_view{name.data(), name.size()});
  if (auto loaded = parser.load(to_text(json::value(item))); !loaded) return std::unexpected(loaded.error());
  auto entity = parser.entity(0, *context, {});
  if (!entity) return entity;
  take_times(*entity, whole, *context);
  return entity;
}

/// True when `a` is the newer instance of the two.
bool newer(const model::Attribute& a, const model::Attribute& b) noexcept {
  if (a.observed_at && b.observed_at && *a.observed_at != *b.observed_at) return *a.observed_at > *b.observed_at;
  return a.modified_at > b.modified_at;
}

template <class T>
void add_missing(std::vector<T>& into, std::vector<T> from) {
  for (auto& one : from) {
    if (std::ranges::find(into, one) == into.end()) into.push_back(std::move(one));
  }
}

}  // namespace

std::shared_ptr<model::Context> words_of(const json::object& item, const std::shared_ptr<model::Context>& words,
                                         Contexts& contexts, const std::string& tenant) {
  const auto* const given = item.if_contains("@context");
  if (given == nullptr) return words;
  auto own = contexts.get(tenant, to_text(*given), nullptr);
  return own ? std::move(*own) : words;  // a context that cannot be had is most likely the one we sent
}

SourceEntities read_source_entities(std::string_view body, const std::shared_ptr<model::Context>& words,
                                    Contexts& contexts, const std::string& tenant, std::size_t most) {
  SourceEntities out;
  json::error_code wrong;
  auto parsed = json::parse({body.data(), body.size()}, wrong);
  if (wrong) {
    out.trouble = "the answer is not JSON";
    return out;
  }
  json::array items;
  if (parsed.is_array()) {
    items = std::move(parsed.get_array());
  } else {
    items.push_back(std::move(parsed));
  }
  if (items.size() > most) {
    out.trouble = "the answer has more entities than were asked for";
    items.resize(most);
  }
  out.items = items.size();
  model::Parser parser;
  for (auto& item : items) {
    if (!item.is_object()) {
      out.trouble = "the answer has something that is no entity";
      continue;
    }
    auto entity = read_one(item.get_object(), words, contexts, tenant, parser);
    if (entity) {
      out.entities.push_back(std::move(*entity));
    } else {
      out.trouble = "the answer is not valid: " + entity.error().detail;
    }
  }
  return out;
}

Sieve::Sieve(const Registration* source, std::string_view id, std::span<const model::NameId> types,
             std::span<const std::shared_ptr<const Registration>> sources)
    : id_(id), types_(types) {
  const auto precedence = [](const Registration* one) {
    if (one == nullptr) return 2;
    return one->mode == Mode::kExclusive ? 0 : one->mode == Mode::kRedirect ? 1 : 2;
  };
  for (const auto& other : sources) {
    if (precedence(other.get()) < precedence(source)) above_.push_back(other.get());
  }
}

bool Sieve::takes_all() const {
  return std::ranges::any_of(above_, [this](const Registration* one) { return claims_all(*one, id_, types_); });
}

bool Sieve::takes(model::NameId attribute) const {
  return std::ranges::any_of(above_, [&](const Registration* one) { return claims(*one, id_, types_, attribute); });
}

bool sift(Piece& piece, std::span<const std::shared_ptr<const Registration>> sources) {
  auto& entity = piece.entity;
  const Sieve sieve{piece.source.get(), entity.id, entity.types, sources};
  if (sieve.takes_all()) return false;
  const bool had = !entity.attributes.empty();
  std::erase_if(entity.attributes, [&](const model::Attribute& one) { return sieve.takes(one.name); });
  return !had || !entity.attributes.empty() || piece.source == nullptr;
}

void Merger::add(Piece piece) {
  const bool auxiliary = piece.source && piece.source->mode == Mode::kAuxiliary;
  const auto known = index_.find(piece.entity.id);
  if (known != index_.end()) return merge(order_[known->second], std::move(piece.entity), auxiliary);
  index_.emplace(piece.entity.id, order_.size());
  std::vector<bool> marks(piece.entity.attributes.size(), auxiliary);
  order_.push_back({std::move(piece.entity), std::move(marks)});
}

void Merger::merge(Merged& into, model::Entity from, bool auxiliary) {
  auto& entity = into.entity;
  add_missing(entity.types, std::move(from.types));
  add_missing(entity.scopes, std::move(from.scopes));
  if (from.created_at != Timestamp{} && (entity.created_at == Timestamp{} || from.created_at < entity.created_at)) {
    entity.created_at = from.created_at;
  }
  entity.modified_at = std::max(entity.modified_at, from.modified_at);
  const auto known = entity.attributes.size();  // two instances of one answer never meet
  for (auto& attribute : from.attributes) {
    std::size_t at = 0;
    while (at < known &&
           (entity.attributes[at].name != attribute.name || entity.attributes[at].dataset_id != attribute.dataset_id)) {
      ++at;
    }
    if (at == known) {
      entity.attributes.push_back(std::move(attribute));
      into.auxiliary.push_back(auxiliary);
    } else if (!auxiliary && (into.auxiliary[at] || newer(attribute, entity.attributes[at]))) {
      entity.attributes[at] = std::move(attribute);
      into.auxiliary[at] = false;
    }
  }
}

std::vector<model::Entity> Merger::take() && {
  std::vector<model::Entity> out;
  out.reserve(order_.size());
  for (auto& one : order_) out.push_back(std::move(one.entity));
  return out;
}

}  // namespace horad::broker
