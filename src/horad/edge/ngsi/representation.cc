// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/representation.h"

#include <algorithm>

#include "horad/base/text.h"
#include "horad/edge/ngsi/preferences.h"
#include "horad/model/projection.h"

namespace horad::edge::ngsi {
namespace {

constexpr std::string_view kOptions = "normalized concise keyValues simplified sysAttrs count";

bool names_form(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const auto end = list.find(',');
    if (list.substr(0, end) == name) return true;
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return false;
}

/// `format` wins over `options` (6.3.7).
Result<model::Form> read_form(const Exchange& exchange) {
  const auto format = exchange.parameter("format");
  const auto list = format.empty() ? exchange.parameter("options") : format;
  const bool simplified = names_form(list, "keyValues") || names_form(list, "simplified");
  const bool concise = names_form(list, "concise");
  const bool normalized = names_form(list, "normalized");
  if (simplified + concise + normalized > 1) {
    return fail(ErrorCode::kInvalidRequest, "The answer can have one format only: normalized, concise or keyValues.",
                "options");
  }
  return simplified ? model::Form::kSimplified : concise ? model::Form::kConcise : model::Form::kNormalized;
}

std::unexpected<Error> wrong(std::string what, std::string_view parameter) {
  return fail(ErrorCode::kBadRequestData, std::move(what), std::string{parameter});
}

std::optional<std::vector<std::string>> split(const std::optional<std::string>& list) {
  if (!list) return std::nullopt;
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= list->size();) {
    const auto end = std::min(list->find(',', at), list->size());
    out.emplace_back(base::trim(std::string_view{*list}.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

std::optional<std::vector<std::string>> one_text(const std::optional<std::string>& text) {
  return text ? std::optional{std::vector{*text}} : std::nullopt;
}

void follow_preferences(Exchange& exchange, Representation& out) {
  auto preferences = read_preferences(exchange.request.header("prefer"), exchange.media == Media::kGeoJson);
  if (preferences.version) out.options.entity.reader_version = *preferences.version;
  if (preferences.body_json) {
    exchange.context_in_link = true;
    out.options.entity.with_context = false;
  }
  out.applied = std::move(preferences.applied);
}

Result<void> read_geometry(Exchange& exchange, Representation& out) {
  const auto* const asked = exchange.request.find("geometryProperty");
  out.geo = exchange.media == Media::kGeoJson;
  if (!out.geo) {
    if (asked == nullptr) return {};
    return wrong("'geometryProperty' goes with application/geo+json only.", "geometryProperty");
  }
  const auto name = asked == nullptr ? model::location_name(exchange.broker.names())
                                     : exchange.caller.context->resolve_attribute(asked->value);
  if (!name) return std::unexpected(name.error());
  out.options.geometry_property = *name;
  return {};
}

}  // namespace

Result<std::vector<model::NameId>> read_names(Exchange& exchange, std::string_view list) {
  std::vector<model::NameId> out;
  while (!list.empty()) {
    const auto end = list.find(',');
    const auto id = exchange.caller.context->resolve_attribute(base::trim(list.substr(0, end)));
    if (!id) return std::unexpected(id.error());
    out.push_back(*id);
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return out;
}

Projection projection_of(const Exchange& exchange) {
  const auto given = [&](std::string_view name) {
    const auto* const found = exchange.request.find(name);
    return found == nullptr ? std::nullopt : std::optional{found->value};
  };
  return {.attrs = given("attrs"),
          .pick = given("pick"),
          .omit = given("omit"),
          .lang = given("lang"),
          .dataset_id = given("datasetId")};
}

Result<Representation> read_representation(Exchange& exchange, const Projection& projection) {
  Representation out;
  if (auto good = check_options(exchange, kOptions); !good) return std::unexpected(std::move(good).error());
  const auto form = read_form(exchange);
  if (!form) return std::unexpected(form.error());
  auto& entity = out.options.entity;
  entity.form = *form;
  entity.sys_attrs = has_option(exchange, "sysAttrs");
  entity.with_context = exchange.media != Media::kJson;
  follow_preferences(exchange, out);  // before the projection, which makes the forms of linked entities
  const model::Projection shown{.attrs = split(projection.attrs),
                                .pick = one_text(projection.pick),
                                .omit = one_text(projection.omit),
                                .dataset_ids = split(projection.dataset_id),
                                .lang = projection.lang,
                                .levels = projection.join.levels};
  if (auto done = model::read_projection(shown, *exchange.caller.context, entity); !done) {
    return std::unexpected(std::move(done).error());
  }
  out.join = projection.join;
  if (auto done = read_geometry(exchange, out); !done) return std::unexpected(std::move(done).error());
  return out;
}

void add_remains(const Representation& how, model::Query& query) {
  const auto& entity = how.options.entity;
  if (!entity.projected || entity.id || entity.type) return;
  model::Remains remains{.only_picked = entity.only_listed,
                         .picked = entity.listed,
                         .omitted = entity.omitted,
                         .dataset_ids = entity.dataset_ids,
                         .scope = entity.scope};
  std::ranges::sort(remains.picked);
  std::ranges::sort(remains.omitted);
  query.remains = std::move(remains);
}

std::string show_one(const Representation& how, model::DocumentView document, const model::Context& context,
                     const model::LinkedDocuments* inlined) {
  std::string out;
  out.reserve(document.bytes().size() * 3);
  if (how.geo) {
    model::append_feature(out, document, context, how.options, inlined);
  } else {
    model::append_entity(out, document, context, how.options.entity, inlined);
  }
  return out;
}

std::string show_all(const Representation& how, std::span<const model::Document> documents,
                     const model::Context& context, const model::LinkedDocuments* inlined,
                     std::span<const model::Linked> linked) {
  std::string out;
  std::size_t bytes = 64;
  for (const auto& document : documents) bytes += document.view().bytes().size() * 3;
  out.reserve(bytes);
  if (how.geo) {
    model::append_feature_collection(out, documents, context, how.options, inlined, linked);
  } else {
    model::append_entities(out, documents, context, how.options.entity, inlined, linked);
  }
  return out;
}

Response answer_shown(const Exchange& exchange, const Representation& how, std::span<const model::Document> documents,
                      std::string body) {
  const auto altered = [&](const model::Document& one) { return model::is_altered(one.view(), how.options.entity); };
  auto response = answer(exchange, std::ranges::any_of(documents, altered) ? 203 : 200, std::move(body));
  if (!how.applied.empty()) response.headers.emplace_back("Preference-Applied", how.applied);
  return response;
}

}  // namespace horad::edge::ngsi
