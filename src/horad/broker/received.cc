// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/received.h"

#include <algorithm>
#include <array>

#include "horad/broker/members.h"
#include "horad/broker/source_answer.h"
#include "horad/model/context.h"
#include "horad/model/represent.h"

namespace horad::broker {
namespace {

using model::AttributeKind;

struct ValueMember {
  std::string_view name;
  AttributeKind kind;
};
constexpr std::array<ValueMember, 7> kValues{{{"value", AttributeKind::kProperty},
                                              {"object", AttributeKind::kRelationship},
                                              {"languageMap", AttributeKind::kLanguageProperty},
                                              {"vocab", AttributeKind::kVocabProperty},
                                              {"json", AttributeKind::kJsonProperty},
                                              {"valueList", AttributeKind::kListProperty},
                                              {"objectList", AttributeKind::kListRelationship}}};

bool is_mark(const json::value& value) {
  if (value.is_string()) return text_of(value.get_string()) == kNull;
  if (const auto* const list = value.if_array()) return list->size() == 1 && is_mark(list->front());
  const auto* const object = value.if_object();
  return object != nullptr && object->size() == 1 && is_mark(object->begin()->value());
}

/// The kind of the attribute that this instance says has gone; none when it says no such thing.
std::optional<AttributeKind> gone_kind(const json::value& instance) {
  const auto* const object = instance.if_object();
  if (object == nullptr) return is_mark(instance) ? std::optional{AttributeKind::kProperty} : std::nullopt;
  for (const auto& [name, kind] : kValues) {
    const auto* const value = member(*object, name);
    if (value == nullptr || !is_mark(*value)) continue;
    const auto* const type = member(*object, "type");
    const bool geo = type != nullptr && type->is_string() && text_of(type->get_string()) == "GeoProperty";
    return geo ? AttributeKind::kGeoProperty : kind;
  }
  return std::nullopt;
}

std::string dataset_of(const json::value& instance) {
  const auto* const object = instance.if_object();
  const auto* const dataset = object == nullptr ? nullptr : member(*object, "datasetId");
  return dataset != nullptr && dataset->is_string() ? std::string{text_of(dataset->get_string())} : std::string{};
}

/// Members of notifications that are no data: what was before, and when it went.
void drop_notes(json::value& instance) {
  auto* const object = instance.if_object();
  if (object == nullptr) return;
  for (auto at = object->begin(); at != object->end();) {
    const std::string_view name{at->key().data(), at->key().size()};
    at = name == "deletedAt" || name.starts_with("previous") ? object->erase(at) : at + 1;
  }
}

bool is_member(std::string_view name) noexcept {
  return name == "id" || name == "type" || name == "@id" || name == "@type" || name == "@context" || name == "scope" ||
         name == "createdAt" || name == "modifiedAt" || name == "expiresAt" || name == "deletedAt";
}

/// Takes the marks out of the entity.
Result<std::vector<model::Attribute>> take_marks(json::object& entity, model::Context& context) {
  std::vector<model::Attribute> gone;
  const auto take = [&](std::string_view name, json::value& instance) -> Result<bool> {
    const auto kind = gone_kind(instance);
    drop_notes(instance);
    if (!kind) return false;
    const auto id = context.resolve_attribute(name);
    if (!id) return std::unexpected(id.error());
    model::Attribute mark;
    mark.name = *id;
    mark.kind = *kind;
    mark.dataset_id = dataset_of(instance);
    gone.push_back(std::move(mark));
    return true;
  };
  for (auto at = entity.begin(); at != entity.end();) {
    const std::string name{at->key().data(), at->key().size()};
    if (is_member(name)) {
      ++at;
      continue;
    }
    bool empty = false;
    if (auto* const list = at->value().if_array(); list != nullptr && !list->empty() && list->front().is_object()) {
      for (auto instance = list->begin(); instance != list->end();) {
        const auto taken = take(name, *instance);
        if (!taken) return std::unexpected(taken.error());
        instance = *taken ? list->erase(instance) : instance + 1;
      }
      empty = list->empty();
    } else {
      const auto taken = take(name, at->value());
      if (!taken) return std::unexpected(taken.error());
      empty = *taken;
    }
    at = empty ? entity.stable_erase(at) : at + 1;
  }
  return gone;
}

/// What begins in the store when the news go, at the latest when the process ends.
struct Receipt {
  std::weak_ptr<ReceivedStore> from;
  std::move_only_function<void(ReceivedStore&)> end;
  ~Receipt() {
    if (const auto alive = from.lock()) end(*alive);
  }
};

}  // namespace

Result<News> read_news(const json::value& item, const std::shared_ptr<model::Context>& words, Contexts& contexts,
                       const std::string& tenant, Timestamp now) {
  const auto* const given = item.if_object();
  if (given == nullptr) return fail(ErrorCode::kBadRequestData, "An entity of a notification is an object.", "/data");
  auto entity = *given;
  auto context = words;
  if (const auto* const own = entity.if_contains("@context")) {
    if (auto found = contexts.get(tenant, to_text(*own), nullptr)) context = std::move(*found);
  }
  News out;
  if (const auto* const deleted = entity.if_contains("deletedAt")) {
    const auto at = deleted->is_string() ? base::parse_time(text_of(deleted->get_string())) : Result<Timestamp>{now};
    out.deleted_at = at ? *at : now;
  }
  auto marks = take_marks(entity, *context);
  if (!marks) return std::unexpected(std::move(marks).error());
  out.gone = std::move(*marks);
  auto read = read_source_entities(to_text(entity), context, contexts, tenant, 1);
  if (read.entities.empty()) {
    return fail(ErrorCode::kBadRequestData, "An entity of the notification cannot be read: " + read.trouble, "/data");
  }
  out.entity = std::move(read.entities.front());
  // News of which nobody says when they happened have happened now.
  if (out.entity.created_at == Timestamp{}) out.entity.created_at = now;
  if (out.entity.modified_at == Timestamp{}) out.entity.modified_at = now;
  for (auto& attribute : out.entity.attributes) {
    if (attribute.created_at == Timestamp{}) attribute.created_at = now;
    if (attribute.modified_at == Timestamp{}) attribute.modified_at = now;
  }
  if (out.deleted_at) out.entity.attributes.clear();
  return out;
}

json::object to_json(const News& news, const model::Context& core, const model::Names& names) {
  std::string text;
  const model::Document document{model::encode(news.entity)};
  model::RepresentOptions whole;
  whole.sys_attrs = true;
  model::append_entity(text, document.view(), core, whole);
  json::object out;
  out["entity"] = parse_json(text, kMostBody).value_or(json::value{});
  if (news.deleted_at) out["deletedAt"] = news.deleted_at->time_since_epoch().count();
  json::array gone;
  for (const auto& mark : news.gone) {
    gone.push_back({{"name", json::string(names.text(mark.name))},
                    {"kind", static_cast<int>(mark.kind)},
                    {"datasetId", mark.dataset_id}});
  }
  out["gone"] = std::move(gone);
  return out;
}

Result<News> news_from_json(const json::object& stored, Contexts& contexts, model::Names& names) {
  const auto damaged = [] { return fail(ErrorCode::kDamaged, "A stored entity from a source cannot be read."); };
  const auto* const entity = member(stored, "entity");
  const auto* const gone = member(stored, "gone");
  if (entity == nullptr || gone == nullptr || !gone->is_array()) return damaged();
  auto read = read_source_entities(to_text(*entity), contexts.core(), contexts, "", 1);
  if (read.entities.empty()) return damaged();
  News out;
  out.entity = std::move(read.entities.front());
  json::error_code trouble;
  if (const auto* const at = member(stored, "deletedAt")) {
    out.deleted_at = Timestamp{Duration{at->to_number<std::int64_t>(trouble)}};
  }
  for (const auto& item : gone->get_array()) {
    const auto* const one = item.if_object();
    const auto* const name = one == nullptr ? nullptr : member(*one, "name");
    const auto* const kind = one == nullptr ? nullptr : member(*one, "kind");
    if (name == nullptr || kind == nullptr || !name->is_string()) return damaged();
    const auto id = names.intern(text_of(name->get_string()));
    const auto number = kind->to_number<int>(trouble);
    if (!id || trouble || number < 0 || number > static_cast<int>(AttributeKind::kListRelationship)) return damaged();
    model::Attribute mark;
    mark.name = *id;
    mark.kind = static_cast<AttributeKind>(number);
    mark.dataset_id = dataset_of(item);
    out.gone.push_back(std::move(mark));
  }
  return out;
}

Result<void> ReceivedStore::reserve(const std::string& tenant, const std::string& subscription, std::size_t count,
                                    std::size_t bytes) {
  const std::lock_guard lock{mutex_};
  auto& waiting = waiting_[{tenant, subscription}];
  if (waiting + count > kMostWaiting || bytes_ + bytes > kMostBytes) {
    if (waiting == 0) waiting_.erase({tenant, subscription});
    return fail(ErrorCode::kOverloaded, "The subscriber has not taken what came before.");
  }
  waiting += count;
  bytes_ += bytes;
  return {};
}

void ReceivedStore::admit(const std::string& tenant, const std::string& subscription, std::size_t bytes) {
  const std::lock_guard lock{mutex_};
  ++waiting_[{tenant, subscription}];
  bytes_ += bytes;
}

void ReceivedStore::release(const std::string& tenant, const std::string& subscription, std::size_t count,
                            std::size_t bytes) {
  const std::lock_guard lock{mutex_};
  bytes_ -= bytes;
  const auto waiting = waiting_.find({tenant, subscription});
  if (waiting == waiting_.end()) return;
  waiting->second -= std::min(count, waiting->second);
  if (waiting->second == 0) waiting_.erase(waiting);
}

void ReceivedStore::done(const std::string& tenant, const std::string& subscription, const std::string& id,
                         std::size_t bytes) {
  release(tenant, subscription, 1, bytes);
  store_.write(kept_address(Kept::kReceived, tenant, id), remove_stored(system_, Kept::kReceived),
               [](const Result<store::Written>&) {});
}

Job ReceivedStore::job_of(News news, std::string tenant, std::string subscription, std::string id, std::size_t bytes,
                          Timestamp now) {
  Job out;
  out.before = Job::kNoRecord;
  out.document = model::Document{model::encode(news.entity)};
  out.deleted_at = news.deleted_at;
  out.gone = std::move(news.gone);
  out.gone_at = news.deleted_at.value_or(now);
  out.at = now;
  out.receipt = std::make_shared<Receipt>(
      weak_from_this(), [tenant = std::move(tenant), subscription = std::move(subscription), id = std::move(id),
                         bytes](ReceivedStore& from) { from.done(tenant, subscription, id, bytes); });
  return out;
}

}  // namespace horad::broker
