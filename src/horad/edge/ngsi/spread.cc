// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/spread.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "horad/broker/distribute.h"
#include "horad/broker/json.h"
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/query_text.h"
#include "horad/edge/problem.h"
#include "horad/model/names.h"
#include "horad/model/query.h"

namespace horad::edge::ngsi {
namespace {

namespace json = broker::json;
using broker::PlaceResult;
using enum broker::SourceOp;

enum class Sort : std::uint8_t { kEntity, kAttributes, kAttribute, kBatch, kPurge };

struct Row {
  Method method;
  std::string_view pattern;
  broker::SourceOp op;
  Sort sort;
};

constexpr std::array kRows{
    Row{Method::kPost, "/ngsi-ld/v1/entities", kCreateEntity, Sort::kEntity},
    Row{Method::kPut, "/ngsi-ld/v1/entities/{id}", kReplaceEntity, Sort::kEntity},
    Row{Method::kPatch, "/ngsi-ld/v1/entities/{id}", kMergeEntity, Sort::kEntity},
    Row{Method::kDelete, "/ngsi-ld/v1/entities/{id}", kDeleteEntity, Sort::kEntity},
    Row{Method::kPost, "/ngsi-ld/v1/entities/{id}/attrs", kAppendAttrs, Sort::kAttributes},
    Row{Method::kPatch, "/ngsi-ld/v1/entities/{id}/attrs", kUpdateEntity, Sort::kAttributes},
    Row{Method::kPatch, "/ngsi-ld/v1/entities/{id}/attrs/{attr}", kUpdateAttrs, Sort::kAttribute},
    Row{Method::kPut, "/ngsi-ld/v1/entities/{id}/attrs/{attr}", kReplaceAttrs, Sort::kAttribute},
    Row{Method::kDelete, "/ngsi-ld/v1/entities/{id}/attrs/{attr}", kDeleteAttrs, Sort::kAttribute},
    Row{Method::kDelete, "/ngsi-ld/v1/entities", kPurgeEntity, Sort::kPurge},
    Row{Method::kPost, "/ngsi-ld/v1/temporal/entities", kUpsertTemporal, Sort::kEntity},
    Row{Method::kDelete, "/ngsi-ld/v1/temporal/entities/{id}", kDeleteTemporal, Sort::kEntity},
    Row{Method::kPost, "/ngsi-ld/v1/temporal/entities/{id}/attrs", kAppendAttrsTemporal, Sort::kAttributes},
    Row{Method::kDelete, "/ngsi-ld/v1/temporal/entities/{id}/attrs/{attr}", kDeleteAttrsTemporal, Sort::kAttribute},
    Row{Method::kPatch, "/ngsi-ld/v1/temporal/entities/{id}/attrs/{attr}/{instanceId}", kUpdateAttrInstanceTemporal,
        Sort::kAttribute},
    Row{Method::kDelete, "/ngsi-ld/v1/temporal/entities/{id}/attrs/{attr}/{instanceId}", kDeleteAttrInstanceTemporal,
        Sort::kAttribute},
    Row{Method::kPost, "/ngsi-ld/v1/entityOperations/create", kCreateBatch, Sort::kBatch},
    Row{Method::kPost, "/ngsi-ld/v1/entityOperations/upsert", kUpsertBatch, Sort::kBatch},
    Row{Method::kPost, "/ngsi-ld/v1/entityOperations/update", kUpdateBatch, Sort::kBatch},
    Row{Method::kPost, "/ngsi-ld/v1/entityOperations/merge", kMergeBatch, Sort::kBatch},
    Row{Method::kPost, "/ngsi-ld/v1/entityOperations/delete", kDeleteBatch, Sort::kBatch},
};

const Row* row_of(const Operation& operation) noexcept {
  const auto* const found = std::ranges::find_if(
      kRows, [&](const Row& row) { return row.method == operation.method && row.pattern == operation.pattern; });
  return found == kRows.end() ? nullptr : found;
}

std::string_view method_name(Method method) noexcept {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
    case Method::kOptions:
      return "OPTIONS";
  }
  return {};
}

/// The operation as it would be asked of a source, without what differs there.
Result<broker::WriteRequest> write_of(const Row& row, const Exchange& x) {
  broker::WriteRequest out;
  out.op = row.op;
  out.method = method_name(row.method);
  const auto& captures = x.request.captures;
  constexpr std::string_view kRoot = "/ngsi-ld/v1";
  constexpr std::string_view kId = "{id}";
  const auto pattern = row.pattern.substr(kRoot.size(), row.pattern.find("/{attr}") - kRoot.size());
  out.path = std::string{pattern};
  if (!captures.empty()) {
    auto target = target_of(x);
    if (!target) return std::unexpected(std::move(target).error());
    out.id = target->id;
    out.types = target->types;
    out.path.replace(out.path.find(kId), kId.size(), broker::path_part(out.id));
  }
  if (captures.size() > 1) out.attribute = captures[1];
  if (captures.size() > 2) out.path_end = "/" + broker::path_part(captures[2]);
  for (const auto& [name, value] : x.request.parameters) {
    if (name != "local" && name != "type") out.parameters.emplace_back(name, value);
  }
  if (row.method != Method::kDelete) out.body = x.request.body;
  out.simplified = has_option(x, "keyValues") || has_option(x, "simplified");
  return out;
}

json::value problem_json(const Response& response) {
  const auto parsed = broker::parse_json(response.body, broker::kMostBody);
  return parsed ? *parsed : json::value(json::object{{"status", response.status}});
}

/// What a place answers when it failed.
Response failure_of(const PlaceResult& place) {
  auto response = problem(place.error);
  if (place.status < 400) return response;
  response.status = place.status;  // as the source said it
  auto body = problem_json(response);
  if (auto* const object = body.if_object()) {
    (*object)["status"] = place.status;
    (*object)["detail"] = json::string(place.error.detail);
  }
  response.body = broker::to_text(body);
  return response;
}

bool well(const PlaceResult& place) noexcept { return place.status >= 200 && place.status < 300 && !place.partly; }

/// Everything that became of one write.
struct Outcome {
  std::string id;
  std::optional<Response> here;
  std::vector<PlaceResult> places;  // the sources, and those that cannot

  bool here_well() const noexcept { return !here || (here->status < 300 && here->status != 207); }
  bool all_well() const noexcept { return here_well() && std::ranges::all_of(places, well); }
};

Response multi_status(json::value body) {
  return {.status = 207, .content_type = "application/json", .headers = {}, .body = broker::to_text(body)};
}

json::object error_entry(const std::string& id, json::value error, const broker::Registration* source) {
  json::object out{{"entityId", json::string(id)}, {"error", std::move(error)}};
  if (source != nullptr) out["registrationId"] = json::string(source->id);
  return out;
}

/// BatchOperationResult (5.2.16) for one entity.
Response entity_result(const Outcome& outcome) {
  json::array success;
  json::array errors;
  const bool any = (outcome.here && outcome.here_well()) || std::ranges::any_of(outcome.places, well);
  if (any && !outcome.id.empty()) success.emplace_back(json::string(outcome.id));
  if (!outcome.here_well()) errors.push_back(error_entry(outcome.id, problem_json(*outcome.here), nullptr));
  for (const auto& place : outcome.places) {
    if (well(place)) continue;
    const auto& about = outcome.id.empty() ? place.source->id : outcome.id;  // a purge is about no one entity
    errors.push_back(error_entry(about, problem_json(failure_of(place)), place.source.get()));
  }
  return multi_status(json::object{{"success", std::move(success)}, {"errors", std::move(errors)}});
}

/// UpdateResult (5.2.18).
Response update_result(const Outcome& outcome, const model::Names& names) {
  json::array updated;
  json::array not_updated;
  if (outcome.here && outcome.here->status == 207) {
    const auto body = problem_json(*outcome.here);
    const auto take = [&body](const char* name, json::array& to) {
      const auto* const list = body.is_object() ? body.get_object().if_contains(name) : nullptr;
      if (list != nullptr && list->is_array()) to.insert(to.end(), list->get_array().begin(), list->get_array().end());
    };
    take("updated", updated);
    take("notUpdated", not_updated);
  }
  for (const auto& place : outcome.places) {
    for (const auto name : place.attributes) {
      const json::string shown{names.text(name)};
      if (well(place)) {
        updated.emplace_back(shown);
        continue;
      }
      const auto reason =
          place.partly ? "The source " + place.source->id + " did only part of it." : place.error.detail;
      not_updated.push_back(json::object{{"attributeName", shown},
                                         {"reason", json::string(reason)},
                                         {"registrationId", json::string(place.source->id)}});
    }
  }
  return multi_status(json::object{{"updated", std::move(updated)}, {"notUpdated", std::move(not_updated)}});
}

Response answer_of(const Row& row, Outcome outcome, const model::Names& names) {
  if (outcome.all_well()) {
    if (outcome.here) return std::move(*outcome.here);
    const bool made = row.op == kCreateEntity ||
                      (row.op == kUpsertTemporal &&
                       std::ranges::any_of(outcome.places, [](const PlaceResult& one) { return one.status == 201; }));
    return made ? created(std::string{row.pattern} + "/" + path_segment(outcome.id)) : no_content();
  }
  const auto taking_part = outcome.places.size() + (outcome.here ? 1 : 0);
  const bool nothing_but_unable = !outcome.here && std::ranges::all_of(outcome.places, [](const PlaceResult& one) {
    return one.error.code == ErrorCode::kConflict;
  });
  if (nothing_but_unable) return problem(outcome.places.front().error);
  if (taking_part == 1 && outcome.here) return std::move(*outcome.here);
  if (taking_part == 1 && !outcome.places.front().partly) return failure_of(outcome.places.front());
  const bool here_failed = outcome.here && outcome.here->status >= 300;
  if (row.sort == Sort::kAttributes && !here_failed) return update_result(outcome, names);
  return entity_result(outcome);
}

/// Which entities a purge is about, as far as finding sources needs it.
Result<model::Query> query_of(const Exchange& x) {
  auto text = query_text_of(x);
  if (!text) return std::unexpected(std::move(text).error());
  text->local = true;  // whether it is too wide is for the operation to say
  return model::parse_query(*text, *x.caller.context);
}

/// The operation alone, with another body; the request is as it was afterwards, for it may be tried again.
Reply run_with(const Operation& operation, Exchange& x, std::string_view body) {
  const auto whole = std::exchange(x.request.body, body);
  auto response = co_await operation.run(x);
  x.request.body = whole;
  co_return response;
}

Reply spread_one(const Row& row, const Operation& operation, Exchange& x) {
  auto write = write_of(row, x);
  if (!write) co_return problem(write.error());
  model::Query purge;
  if (row.sort == Sort::kPurge) {
    auto query = query_of(x);
    if (!query) co_return problem(query.error());
    purge = std::move(*query);
    write->purge = &purge;
  }
  const broker::Caller caller = x.caller;
  auto plan = x.broker.plan_write(caller, *write);
  if (!plan) co_return problem(plan.error());
  Outcome outcome{.id = plan->id, .here = {}, .places = {}};
  x.caller.forwarding = nullptr;
  if (plan->requests.empty() && plan->refused.empty()) co_return co_await operation.run(x);
  if (plan->here) {
    outcome.here = co_await run_with(operation, x, plan->local_body);
    // What is not valid is not passed on.
    if (outcome.here->status == 400 || outcome.here->status >= 410) co_return std::move(*outcome.here);
  }
  outcome.places = co_await x.broker.send_writes(std::move(plan->requests), std::move(plan->places));
  for (auto& one : plan->refused) outcome.places.push_back(std::move(one));
  co_return answer_of(row, std::move(outcome), x.broker.names());
}

/// What a batch has come to, entity by entity.
class BatchOutcome {
 public:
  void succeeded(const std::string& id) { state_.try_emplace(id, true); }
  void failed(const std::string& id, json::value error, const broker::Registration* source) {
    state_[id] = false;
    errors_.push_back(error_entry(id, std::move(error), source));
  }

  void add_here(const Response& response) {
    const auto body = broker::parse_json(response.body, broker::kMostBody);
    if (response.status == 201 && body && body->is_array()) take_ids(body->get_array(), &created_);
    if (response.status != 207 || !body || !body->is_object()) return;
    if (const auto* const list = body->get_object().if_contains("success"); list != nullptr && list->is_array()) {
      take_ids(list->get_array(), nullptr);
    }
    const auto* const errors = body->get_object().if_contains("errors");
    if (errors == nullptr || !errors->is_array()) return;
    for (const auto& one : errors->get_array()) {
      if (const auto* const id = one.is_object() ? one.get_object().if_contains("entityId") : nullptr;
          id != nullptr && id->is_string()) {
        state_[std::string{broker::text_of(id->get_string())}] = false;
      }
      errors_.push_back(one);
    }
  }

  /// An answer of 207 names those that failed; another failure is one of all.
  void add_source(const PlaceResult& place, const std::vector<std::string>& ids, std::string_view body) {
    std::map<std::string, json::value> named;
    if (place.partly) {
      const auto parsed = broker::parse_json(body, broker::kMostBody);
      const auto* const errors = parsed && parsed->is_object() ? parsed->get_object().if_contains("errors") : nullptr;
      for (const auto& one : errors != nullptr && errors->is_array() ? errors->get_array() : json::array{}) {
        const auto* const id = one.is_object() ? one.get_object().if_contains("entityId") : nullptr;
        const auto* const error = one.is_object() ? one.get_object().if_contains("error") : nullptr;
        if (id == nullptr || !id->is_string()) continue;
        named[std::string{broker::text_of(id->get_string())}] = error == nullptr ? json::value(json::object{}) : *error;
      }
    }
    for (const auto& id : ids) {
      const auto found = named.find(id);
      if (found != named.end()) {
        failed(id, found->second, place.source.get());
      } else if (well(place) || place.partly) {
        succeeded(id);
      } else {
        failed(id, problem_json(failure_of(place)), place.source.get());
      }
    }
  }

  Response answer(bool creates, const std::vector<std::string>& elsewhere) && {
    if (!errors_.empty()) {
      json::array success;
      for (const auto& [id, good] : state_) {
        if (good) success.emplace_back(json::string(id));
      }
      return multi_status(json::object{{"success", std::move(success)}, {"errors", std::move(errors_)}});
    }
    if (creates) created_.insert(created_.end(), elsewhere.begin(), elsewhere.end());
    if (created_.empty()) return no_content();
    json::array ids;
    for (const auto& id : created_) ids.emplace_back(json::string(id));
    return {.status = 201, .content_type = "application/json", .headers = {}, .body = broker::to_text(ids)};
  }

 private:
  void take_ids(const json::array& ids, std::vector<std::string>* also) {
    for (const auto& one : ids) {
      if (!one.is_string()) continue;
      const std::string id{broker::text_of(one.get_string())};
      succeeded(id);
      if (also != nullptr) also->push_back(id);
    }
  }

  std::map<std::string, bool> state_;
  std::vector<std::string> created_;
  json::array errors_;
};

Reply spread_batch(const Row& row, const Operation& operation, Exchange& x) {
  const auto write = write_of(row, x);
  if (!write) co_return problem(write.error());
  const broker::Caller caller = x.caller;
  auto plan = x.broker.plan_batch(caller, *write);
  if (!plan) co_return problem(plan.error());
  x.caller.forwarding = nullptr;
  if (plan->requests.empty() && plan->refused.empty()) co_return co_await operation.run(x);
  BatchOutcome outcome;
  if (!plan->local_body.empty()) {
    const auto here = co_await run_with(operation, x, plan->local_body);
    if (here.status >= 400) co_return here;  // the batch as a whole is refused
    outcome.add_here(here);
  }
  auto places = std::vector<PlaceResult>(plan->requests.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i].source = plan->requests[i].source;
  std::vector<std::string> bodies;
  const auto results = co_await x.broker.send_writes(std::move(plan->requests), std::move(places), &bodies);
  for (std::size_t i = 0; i < results.size(); ++i) outcome.add_source(results[i], plan->ids[i], bodies[i]);
  for (const auto& [id, place] : plan->refused) {
    outcome.failed(id, problem_json(problem(place.error)), place.source.get());
  }
  co_return std::move(outcome).answer(row.op == kCreateBatch, plan->elsewhere);
}

}  // namespace

bool spreads(const Operation& operation) noexcept { return row_of(operation) != nullptr; }

Reply spread(const Operation& operation, Exchange& x) {
  const auto& row = *row_of(operation);
  return row.sort == Sort::kBatch ? spread_batch(row, operation, x) : spread_one(row, operation, x);
}

}  // namespace horad::edge::ngsi
