// SPDX-License-Identifier: Apache-2.0
#include "horad/model/projection.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "horad/base/text.h"

namespace horad::model {
namespace {

constexpr std::size_t kDeepest = 32;

class Parser {
 public:
  Parser(std::string_view text, std::string_view parameter) : text_(text), parameter_(parameter) {}

  Result<Projected> parse() {
    auto terms = parse_terms(0);
    if (terms && at_ < text_.size()) return wrong("has a closing brace too many");
    return terms;
  }

 private:
  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorCode::kBadRequestData, "'" + parameter_ + "' " + std::string{what} + ".", parameter_);
  }
  bool take(char c) noexcept {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Result<Projected> parse_terms(std::size_t depth) {
    Projected terms;
    do {
      auto term = parse_term(depth);
      if (!term) return std::unexpected(std::move(term).error());
      terms.push_back(std::move(*term));
    } while (take(',') || take('|'));
    return terms;
  }

  Result<ProjectionTerm> parse_term(std::size_t depth) {
    const auto end = std::min(text_.find_first_of(",|{}", at_), text_.size());
    ProjectionTerm term{std::string{base::trim(text_.substr(at_, end - at_))}, {}};
    at_ = end;
    if (term.name.empty()) return wrong("has an empty name");
    if (++names_ > kMostProjected) return wrong("has more than " + std::to_string(kMostProjected) + " names");
    if (!take('{')) return term;
    if (depth == kDeepest) return wrong("has more than " + std::to_string(kDeepest) + " levels");
    auto linked = parse_terms(depth + 1);
    if (!linked) return std::unexpected(std::move(linked).error());
    if (!take('}')) return wrong("lacks a closing brace");
    term.linked = std::move(*linked);
    return term;
  }

  std::string_view text_;
  std::string parameter_;
  std::size_t at_ = 0;
  std::size_t names_ = 0;
};

/// One name of pick or omit: the members every entity has, or an attribute.
Result<void> read_member(NameResolver& resolver, std::string_view name, bool value, RepresentOptions& entity,
                         std::vector<NameId>& names) {
  if (name == "id" || name == "@id") {
    entity.id = value;
  } else if (name == "type" || name == "@type") {
    entity.type = value;
  } else if (name == "scope") {
    entity.scope = value;
  } else {
    const auto id = resolver.resolve_attribute(name);
    if (!id) return std::unexpected(id.error());
    names.push_back(*id);
  }
  return {};
}

std::unexpected<Error> wrong(std::string what, std::string_view parameter) {
  return fail(ErrorCode::kBadRequestData, std::move(what), std::string{parameter});
}

Result<void> read_members(NameResolver& resolver, const Projected& terms, bool value, RepresentOptions& entity,
                          std::vector<NameId>& names) {
  for (const auto& term : terms) {
    if (!value && !term.linked.empty()) continue;  // it leaves out something of what is linked, not the relationship
    if (auto done = read_member(resolver, term.name, value, entity, names); !done) return done;
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
  FormsMaker(NameResolver& resolver, const RepresentOptions& plain) : resolver_(resolver), plain_(plain) {}

  Result<void> make(const LinkedProjection& projection, std::size_t levels, RepresentOptions& out) {
    if (!projection.pick.empty()) {
      out.only_listed = true;
      out.id = out.type = out.scope = false;
    }
    if (auto done = read_members(resolver_, projection.pick, true, out, out.listed); !done) return done;
    if (auto done = read_members(resolver_, projection.omit, false, out, out.omitted); !done) return done;
    return link(projection, levels, out);
  }

  Result<void> link(const LinkedProjection& projection, std::size_t levels, RepresentOptions& out) {
    if (levels == 0) return {};
    auto forms = std::make_shared<LinkedForms>();
    forms->others = plain_;
    if (auto done = make({}, levels - 1, forms->others); !done) return done;
    std::map<NameId, LinkedProjection> named;
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
  Result<void> gather(const Projected& terms, std::map<NameId, LinkedProjection>& named,
                      Projected LinkedProjection::* which) {
    for (const auto& term : terms) {
      if (term.linked.empty()) continue;
      const auto name = resolver_.resolve_attribute(term.name);
      if (!name) return std::unexpected(name.error());
      auto& all = named[*name].*which;
      all.insert(all.end(), term.linked.begin(), term.linked.end());
    }
    return {};
  }

  NameResolver& resolver_;
  const RepresentOptions plain_;  // of an entity that nothing is said of
};

/// The terms of pick or omit, which go no deeper than entities are joined.
Result<Projected> read_terms(const std::optional<std::vector<std::string>>& list, std::size_t levels,
                             std::string_view parameter) {
  Projected out;
  if (!list) return out;
  for (const auto& text : *list) {
    if (text.empty()) return wrong("'" + std::string{parameter} + "' has an empty name.", parameter);
    auto terms = parse_projection(text, parameter);
    if (!terms) return terms;
    std::ranges::move(*terms, std::back_inserter(out));
  }
  if (depth_of(out) <= levels) return out;
  const auto* const why = levels == 0 ? "needs join=flat or join=inline." : "goes deeper than joinLevel.";
  return wrong("'" + std::string{parameter} + "' speaks of linked entities, which " + why, parameter);
}

Result<void> read_attributes(const std::vector<std::string>& attrs, NameResolver& resolver, RepresentOptions& out) {
  out.only_listed = true;
  for (const auto& name : attrs) {
    if (name.empty()) return wrong("'attrs' has an empty name.", "attrs");
    const auto id = resolver.resolve_attribute(name);
    if (!id) return std::unexpected(id.error());
    out.listed.push_back(*id);
  }
  return {};
}

/// What holds for linked entities as well.
Result<void> read_instances(const Projection& projection, RepresentOptions& out) {
  for (const auto& id : projection.dataset_ids.value_or(std::vector<std::string>{})) {
    const bool none = id == "@none";
    if (const auto good = check_entity_id(id); !none && !good) return wrong(good.error().detail, "datasetId");
    out.dataset_ids.emplace_back(none ? std::string{} : id);
  }
  if (!projection.lang) return {};
  auto language = LanguageFilter::parse(*projection.lang);
  if (!language) return std::unexpected(std::move(language).error());
  out.language = std::move(*language);
  return {};
}

}  // namespace

Result<Projected> parse_projection(std::string_view text, std::string_view parameter) {
  if (text.empty()) return Projected{};
  return Parser{text, parameter}.parse();
}

std::size_t depth_of(const Projected& terms) noexcept {
  std::size_t deepest = 0;
  for (const auto& term : terms) {
    if (!term.linked.empty()) deepest = std::max(deepest, 1 + depth_of(term.linked));
  }
  return deepest;
}

Result<void> read_projection(const Projection& projection, NameResolver& names, RepresentOptions& out) {
  if (projection.attrs && (projection.pick || projection.omit)) {
    return wrong("Give 'attrs', or 'pick' and 'omit', not both.", projection.pick ? "pick" : "omit");
  }
  if (auto done = read_instances(projection, out); !done) return done;
  auto pick = read_terms(projection.pick, projection.levels, "pick");
  if (!pick) return std::unexpected(std::move(pick).error());
  auto omit = read_terms(projection.omit, projection.levels, "omit");
  if (!omit) return std::unexpected(std::move(omit).error());
  FormsMaker maker{names, out};
  if (projection.attrs) {
    if (auto done = read_attributes(*projection.attrs, names, out); !done) return done;
  }
  out.projected = projection.pick || projection.omit;
  if (auto done = maker.make({*pick, *omit}, projection.levels, out); !done) return done;
  const auto in_both = [&](const ProjectionTerm& left_out) {
    return left_out.linked.empty() && std::ranges::find(*pick, left_out.name, &ProjectionTerm::name) != pick->end();
  };
  if (std::ranges::any_of(*omit, in_both) || std::ranges::find_first_of(out.listed, out.omitted) != out.listed.end()) {
    return wrong("A member stands in 'pick' and in 'omit'.", "omit");
  }
  return {};
}

}  // namespace horad::model
