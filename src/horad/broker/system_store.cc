// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/system_store.h"

#include <utility>

namespace horad::broker {
namespace {

using model::Attribute;
using model::Change;
using model::DocumentView;
using model::NameId;

Attribute json_attribute(NameId name, std::string text) {
  Attribute out;
  out.name = name;
  out.kind = model::AttributeKind::kJsonProperty;
  out.value = model::JsonText{std::move(text)};
  return out;
}

/// What is stored of a definition.
void set_definition(Change& change, const SystemNames& names, const Definition& definition) {
  change.set.push_back(json_attribute(names.definition, to_text(definition.body)));
  const auto q_context = definition.q_context.empty() ? std::string{} : "," + definition.q_context;
  change.set.push_back(json_attribute(names.context, "[" + definition.context + q_context + "]"));
  json::array headers;
  for (const auto& [name, value] : definition.request_headers) {
    headers.emplace_back(name);
    headers.emplace_back(value);
  }
  change.set.push_back(json_attribute(names.headers, to_text(headers)));
}

/// The same back. Contexts are kept as texts, as they were given.
Result<void> read_contexts(std::string_view text, Definition& out) {
  auto contexts = parse_json(text);
  if (!contexts) return std::unexpected(std::move(contexts).error());
  const auto* const list = contexts->if_array();
  if (list == nullptr) return fail(ErrorCode::kDamaged, "The context of a stored document is no list.");
  if (list->empty()) return {};  // of a kind that has no words of its own
  out.context = to_text(list->front());
  if (list->size() > 1) out.q_context = to_text((*list)[1]);
  return {};
}

void read_headers(std::string_view text, Definition& out) {
  const auto headers = parse_json(text);
  if (!headers || !headers->is_array()) return;
  const auto& list = headers->get_array();
  for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
    if (!list[i].is_string() || !list[i + 1].is_string()) continue;
    out.request_headers.emplace_back(text_of(list[i].get_string()), text_of(list[i + 1].get_string()));
  }
}

std::optional<std::string_view> text_at(DocumentView document, NameId name) {
  const auto found = document.find(name);
  if (!found || found->value().type() != model::ValueType::kJson) return std::nullopt;
  return found->value().as_text();
}

json::array to_json(const store::Cursor& cursor) {
  json::array out;
  for (const auto position : cursor) out.emplace_back(position);
  return out;
}

std::string_view word_for(Kept kind) noexcept {
  switch (kind) {
    case Kept::kSubscription:
      return "subscription";
    case Kept::kRegistration:
      return "context source registration";
    case Kept::kSourceSubscription:
      return "context source registration subscription";
    case Kept::kContext:
      return "@context";
    case Kept::kSnapshot:
      return "snapshot";
    case Kept::kRemoteSubscription:
      return "subscription at a source";
    case Kept::kReceived:
      return "received entity";
  }
  return {};
}

}  // namespace

Result<SystemNames> SystemNames::make(model::Names& names) {
  SystemNames out;
  const std::pair<NameId*, std::string_view> wanted[] = {
      {&out.subscription, "https://uri.etsi.org/ngsi-ld/Subscription"},
      {&out.registration, "https://uri.etsi.org/ngsi-ld/ContextSourceRegistration"},
      {&out.source_subscription, "urn:horad:system:SourceSubscription"},
      {&out.jsonld_context, "urn:horad:system:Context"},
      {&out.snapshot, "https://uri.etsi.org/ngsi-ld/Snapshot"},
      {&out.remote_subscription, "urn:horad:system:RemoteSubscription"},
      {&out.received, "urn:horad:system:Received"},
      {&out.definition, "urn:horad:system:definition"},
      {&out.context, "urn:horad:system:context"},
      {&out.headers, "urn:horad:system:requestHeaders"},
      {&out.delivery, "urn:horad:system:delivery"},
      {&out.told, "urn:horad:system:told"},
      {&out.notifier, "urn:horad:system:Notifier"},
      {&out.cursor, "urn:horad:system:cursor"},
      {&out.identity, "urn:horad:system:Identity"},
      {&out.alias, "urn:horad:system:alias"},
      {&out.location, "https://uri.etsi.org/ngsi-ld/location"},
  };
  for (const auto& [slot, text] : wanted) {
    const auto id = names.intern(text);
    if (!id) return std::unexpected(id.error());
    *slot = *id;
  }
  return out;
}

model::NameId SystemNames::type_of(Kept kind) const noexcept {
  switch (kind) {
    case Kept::kSubscription:
      return subscription;
    case Kept::kRegistration:
      return registration;
    case Kept::kSourceSubscription:
      return source_subscription;
    case Kept::kContext:
      return jsonld_context;
    case Kept::kSnapshot:
      return snapshot;
    case Kept::kRemoteSubscription:
      return remote_subscription;
    case Kept::kReceived:
      return received;
  }
  return subscription;
}

std::unexpected<Error> no_such(Kept kind) {
  return fail(ErrorCode::kNotFound, "There is no " + std::string{word_for(kind)} + " with this id.");
}

store::Address kept_address(Kept kind, std::string tenant, std::string_view id) {
  std::string_view prefix;  // ids of subscriptions do not begin with urn:horad:system:, so nothing meets
  if (kind == Kept::kRegistration) prefix = "urn:horad:system:registration:";
  if (kind == Kept::kSourceSubscription) prefix = "urn:horad:system:source-subscription:";
  if (kind == Kept::kContext) prefix = "urn:horad:system:context:";
  if (kind == Kept::kSnapshot) prefix = "urn:horad:system:snapshot:";
  if (kind == Kept::kRemoteSubscription) prefix = "urn:horad:system:remote-subscription:";
  if (kind == Kept::kReceived) prefix = "urn:horad:system:received:";
  return {{std::move(tenant), store::Space::kSystem}, std::string{prefix}.append(id)};
}

store::Address notifier_address() { return {{"", store::Space::kSystem}, "urn:horad:system:notifier"}; }

store::Mutation create_stored(const SystemNames& names, Kept kind, Definition definition,
                              const DeliveryState& delivery) {
  return [names, kind, definition = std::move(definition), delivery](const DocumentView* current,
                                                                     Timestamp) -> Result<Change> {
    if (current != nullptr) {
      return fail(ErrorCode::kAlreadyExists, "A " + std::string{word_for(kind)} + " with this id exists already.");
    }
    Change change;
    change.kind = model::ChangeKind::kCreated;
    change.types = {names.type_of(kind)};
    change.scopes.emplace();
    set_definition(change, names, definition);
    change.set.push_back(json_attribute(names.delivery, to_text(broker::to_json(delivery))));
    return change;
  };
}

store::Mutation update_stored(const SystemNames& names, Kept kind, Definition definition, Timestamp version) {
  return [names, kind, definition = std::move(definition), version](const DocumentView* current,
                                                                    Timestamp) -> Result<Change> {
    if (current == nullptr) return no_such(kind);
    const auto stored = current->find(names.definition);
    if (!stored || stored->modified_at() != version) {
      return fail(ErrorCode::kConflict,
                  "The " + std::string{word_for(kind)} + " was changed by somebody else meanwhile.");
    }
    Change change;
    set_definition(change, names, definition);
    return change;
  };
}

store::Mutation put_stored(const SystemNames& names, Kept kind, const json::object& definition, std::string context) {
  return [names, kind, text = to_text(definition), context = std::move(context)](const DocumentView* current,
                                                                                 Timestamp) -> Result<Change> {
    Change change;
    if (current == nullptr) {
      change.kind = model::ChangeKind::kCreated;
      change.types = {names.type_of(kind)};
      change.scopes.emplace();
    }
    change.set.push_back(json_attribute(names.definition, text));
    change.set.push_back(json_attribute(names.context, context));
    return change;
  };
}

store::Mutation remove_stored(const SystemNames& names, Kept kind) {
  return [names, kind](const DocumentView* current, Timestamp) -> Result<Change> {
    if (current == nullptr || !current->has_type(names.type_of(kind))) return no_such(kind);
    Change change;
    change.kind = model::ChangeKind::kDeleted;
    return change;
  };
}

store::Mutation store_delivery(const SystemNames& names, const DeliveryState& delivery) {
  return [names, text = to_text(broker::to_json(delivery))](const DocumentView* current, Timestamp) -> Result<Change> {
    Change change;
    if (current != nullptr) change.set.push_back(json_attribute(names.delivery, text));
    return change;
  };
}

store::Mutation store_told(const SystemNames& names, const DeliveryState& delivery, const Told& told) {
  json::object versions;
  for (const auto& [id, version] : told) versions[id] = version.time_since_epoch().count();
  return [names, text = to_text(broker::to_json(delivery)), versions = to_text(json::value(std::move(versions)))](
             const DocumentView* current, Timestamp) -> Result<Change> {
    Change change;
    if (current == nullptr) return change;
    change.set.push_back(json_attribute(names.delivery, text));
    change.set.push_back(json_attribute(names.told, versions));
    return change;
  };
}

store::Mutation store_cursor(const SystemNames& names, const store::Cursor& cursor) {
  return [names, text = to_text(to_json(cursor))](const DocumentView* current, Timestamp) -> Result<Change> {
    Change change;
    if (current == nullptr) {
      change.kind = model::ChangeKind::kCreated;
      change.types = {names.notifier};
      change.scopes.emplace();
    }
    change.set.push_back(json_attribute(names.cursor, text));
    return change;
  };
}

Result<StoredDocument> read_stored(const SystemNames& names, DocumentView document) {
  const auto definition = text_at(document, names.definition);
  const auto context = text_at(document, names.context);
  if (!definition || !context || context->size() < 2) {
    return fail(ErrorCode::kDamaged, "The stored document " + std::string{document.id()} + " lacks its definition.");
  }
  auto body = parse_json_object(*definition);
  if (!body) return std::unexpected(std::move(body).error());
  StoredDocument out;
  out.definition.body = std::move(*body);
  if (auto done = read_contexts(*context, out.definition); !done) return std::unexpected(std::move(done).error());
  if (const auto headers = text_at(document, names.headers)) read_headers(*headers, out.definition);
  out.version = document.find(names.definition)->modified_at();
  if (const auto delivery = text_at(document, names.delivery)) {
    if (const auto value = parse_json(*delivery)) out.delivery = delivery_from_json(*value);
  }
  return out;
}

Result<PutDocument> read_put(const SystemNames& names, DocumentView document) {
  const auto definition = text_at(document, names.definition);
  const auto context = text_at(document, names.context);
  auto body = definition ? parse_json_object(*definition) : Result<json::object>{};
  if (!definition || !context || !body)
    return fail(ErrorCode::kDamaged, "The stored document " + std::string{document.id()} + " cannot be read.");
  return PutDocument{std::move(*body), std::string{*context}};
}

Told read_told(const SystemNames& names, DocumentView document) {
  Told out;
  const auto text = text_at(document, names.told);
  const auto value = text ? parse_json_object(*text) : Result<json::object>{};
  if (!value) return out;
  for (const auto& [id, version] : *value) {
    json::error_code trouble;
    const auto at = version.to_number<std::int64_t>(trouble);
    if (!trouble) out[std::string{id.data(), id.size()}] = Timestamp{Duration{at}};
  }
  return out;
}

std::optional<store::Cursor> read_cursor(const SystemNames& names, DocumentView document) {
  const auto text = text_at(document, names.cursor);
  if (!text) return std::nullopt;
  const auto value = parse_json(*text);
  if (!value || !value->is_array()) return std::nullopt;
  store::Cursor out;
  for (const auto& position : value->get_array()) {
    json::error_code trouble;
    out.push_back(position.to_number<std::uint64_t>(trouble));
  }
  return out;
}

}  // namespace horad::broker
