// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/representation.h"

#include <algorithm>
#include <map>

#include "horad/base/text.h"
#include "horad/edge/ngsi/projection.h"
#include "horad/edge/ngsi/preferences.h"

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

/// One name of pick or omit: the members every entity has, or an attribute.
Result<void> read_member(Exchange& exchange, std::string_view name, bool value, model::RepresentOptions& entity,
                         std::vector<model::NameId>& names) {
  if (name == "id" || name == "@id") {
    entity.id = value;
  } else if (name == "type" || name == "@type") {
    entity.type = value;
  } else if (name == "scope") {
    entity.scope = value;
  } else {
    const auto id = exchange.caller.context->resolve_attribute(name);
    if (!id) return std::unexpected(id.error());
    names.push_back(*id);
  }
  return {};
}

std::unexpected<Error> wrong(std::string what, std::string_view parameter) {
  return fail(ErrorCode::kBadRequestData, std::move(what), std::string{parameter});
}

Result<void> read_members(Exchange& exchange, const Projected& terms, bool value, model::RepresentOptions& entity,
                          std::vector<model::NameId>& names) {
  for (const auto& term : terms) {
    if (!value && !term.linked.empty()) continue;  // it leaves out something of what is linked, not the relationship
    if (auto done = read_member(exchange, term.name, value, entity, names); !done) return done;
  }
  return {};
}

/// What braces say of the entities behind one relationship.
struct LinkedProjection {
  Projected pick;
  Projected omit;
};

/// The forms of linked entities, for as many levels as are joined.
class FormsMaker {
 public:
  FormsMaker(Exchange& exchange, const model::RepresentOptions& plain) : exchange_(exchange), plain_(plain) {}

  Result<void> make(const LinkedProjection& projection, std::size_t levels, model::RepresentOptions& out) {
    if (!projection.pick.empty()) {
      out.only_listed = true;
      out.id = out.type = out.scope = false;
    }
    if (auto done = read_members(exchange_, projection.pick, true, out, out.listed); !done) return done;
    if (auto done = read_members(exchange_, projection.omit, false, out, out.omitted); !done) return done;
    return link(projection, levels, out);
  }

  Result<void> link(const LinkedProjection& projection, std::size_t levels, model::RepresentOptions& out) {
    if (levels == 0) return {};
    auto forms = std::make_shared<model::LinkedForms>();
    forms->others = plain_;
    if (auto done = make({}, levels - 1, forms->others); !done) return done;
    std::map<model::NameId, LinkedProjection> named;
    if (auto done = gather(projection.pick, named, &LinkedProjection::pick); !done) return done;
    if (auto done = gather(projection.omit, named, &LinkedProjection::omit); !done) return done;
    for (const auto& [name, below] : named) {
      auto form = plain_;
      if (auto done = make(below, levels - 1, form); !done) return done;
      forms->named.emplace_back(name, std::move(form));
    }
    out.linked = std::move(forms);
    return {};
  }

 private:
  Result<void> gather(const Projected& terms, std::map<model::NameId, LinkedProjection>& named,
                      Projected LinkedProjection::* which) {
    for (const auto& term : terms) {
      if (term.linked.empty()) continue;
      const auto name = exchange_.caller.context->resolve_attribute(term.name);
      if (!name) return std::unexpected(name.error());
      auto& all = named[*name].*which;
      all.insert(all.end(), term.linked.begin(), term.linked.end());
    }
    return {};
  }

  Exchange& exchange_;
  const model::RepresentOptions plain_;  // of an entity that nothing is said of
};

/// The terms of pick or omit, which go no deeper than entities are joined.
Result<Projected> read_terms(const std::optional<std::string>& list, const Join& join, std::string_view parameter) {
  if (!list) return Projected{};
  if (list->empty()) return wrong("'" + std::string{parameter} + "' has an empty name.", parameter);
  auto terms = parse_projection(*list, parameter);
  if (!terms) return terms;
  const auto depth = depth_of(*terms);
  if (depth <= join.levels) return terms;
  const auto* const why =
      join.form == Join::Form::kNone ? "needs join=flat or join=inline." : "goes deeper than joinLevel.";
  return fail(ErrorCode::kBadRequestData, "'" + std::string{parameter} + "' speaks of linked entities, which " + why,
              std::string{parameter});
}

Result<void> read_projection(Exchange& exchange, const Projection& projection, model::RepresentOptions& entity) {
  if (projection.attrs && (projection.pick || projection.omit)) {
    return wrong("Give 'attrs', or 'pick' and 'omit', not both.", projection.pick ? "pick" : "omit");
  }
  auto pick = read_terms(projection.pick, projection.join, "pick");
  if (!pick) return std::unexpected(std::move(pick).error());
  auto omit = read_terms(projection.omit, projection.join, "omit");
  if (!omit) return std::unexpected(std::move(omit).error());
  FormsMaker maker{exchange, entity};
  if (projection.attrs) {
    if (projection.attrs->empty()) return wrong("'attrs' has an empty name.", "attrs");
    auto names = read_names(exchange, *projection.attrs);
    if (!names) return std::unexpected(std::move(names).error());
    entity.only_listed = true;
    entity.listed = std::move(*names);
  }
  entity.projected = projection.pick || projection.omit;
  if (auto done = maker.make({*pick, *omit}, projection.join.levels, entity); !done) return done;
  const auto in_both = [&](const ProjectionTerm& left_out) {
    return left_out.linked.empty() && std::ranges::find(*pick, left_out.name, &ProjectionTerm::name) != pick->end();
  };
  if (std::ranges::any_of(*omit, in_both) ||
      std::ranges::find_first_of(entity.listed, entity.omitted) != entity.listed.end()) {
    return wrong("A member stands in 'pick' and in 'omit'.", "omit");
  }
  return {};
}

/// `@none` is the default instance.
Result<void> read_dataset_ids(std::string_view list, model::RepresentOptions& entity) {
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    const auto id = list.substr(at, end - at);
    at = end + 1;
    if (id != "@none") {
      if (auto good = model::check_entity_id(id); !good) return wrong(good.error().detail, "datasetId");
    }
    entity.dataset_ids.emplace_back(id == "@none" ? std::string_view{} : id);
  }
  return {};
}

Result<void> read_instances(const Projection& projection, model::RepresentOptions& entity) {
  if (projection.dataset_id) {
    if (auto done = read_dataset_ids(*projection.dataset_id, entity); !done) return done;
  }
  if (!projection.lang) return {};
  auto language = model::LanguageFilter::parse(*projection.lang);
  if (!language) return std::unexpected(std::move(language).error());
  entity.language = std::move(*language);
  return {};
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
  // What holds for linked entities, too, comes before the projection, which makes their forms.
  if (auto done = read_instances(projection, entity); !done) return std::unexpected(std::move(done).error());
  follow_preferences(exchange, out);
  if (auto done = read_projection(exchange, projection, entity); !done) return std::unexpected(std::move(done).error());
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
