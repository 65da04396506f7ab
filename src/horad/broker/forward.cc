// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/forward.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "horad/base/text.h"
#include "horad/broker/contexts.h"
#include "horad/model/id_pattern.h"
#include "horad/model/q.h"
#include "horad/model/type_selection.h"

namespace horad::broker {
namespace {

bool is_proxied(Mode mode) noexcept { return mode == Mode::kExclusive || mode == Mode::kRedirect; }

int rank(Mode mode) noexcept {
  switch (mode) {
    case Mode::kExclusive:
      return 0;
    case Mode::kRedirect:
      return 1;
    case Mode::kInclusive:
      return 2;
    case Mode::kAuxiliary:
      return 3;
  }
  return 3;
}

void insert_sorted(std::vector<model::NameId>& names, std::span<const model::NameId> more) {
  names.insert(names.end(), more.begin(), more.end());
  std::ranges::sort(names);
  const auto doubles = std::ranges::unique(names);
  names.erase(doubles.begin(), doubles.end());
}

/// What of the wanted attributes an offer has; none means all.
std::vector<model::NameId> wanted_of(const Offer& offer, std::span<const model::NameId> wanted) {
  if (wanted.empty()) return offer.attributes;
  std::vector<model::NameId> out;
  for (const auto name : wanted) {
    if (offer.attributes.empty() || std::ranges::binary_search(offer.attributes, name)) out.push_back(name);
  }
  std::ranges::sort(out);
  return out;
}

/// Gathers what the matching offers of one registration add up to.
class ShareMaker {
 public:
  explicit ShareMaker(const Wanted& wanted) : wanted_(wanted) {}

  void add(const Offer& offer) {
    if (!may_have(offer, wanted_)) return;
    const auto attributes = wanted_of(offer, wanted_.attributes);
    if (attributes.empty()) all_attributes_ = true;
    insert_sorted(share_.attributes, attributes);
    if (offer.entities.empty()) any_id_ = any_type_ = true;
    for (const auto& entity : offer.entities) {
      if (!may_have(entity, wanted_)) continue;
      insert_sorted(share_.types, entity.types);
      add_id(entity);
    }
  }

  Share take(std::shared_ptr<const Registration> source) && {
    share_.source = std::move(source);
    if (all_attributes_) share_.attributes.clear();
    if (any_type_) share_.types.clear();
    // Ids and patterns together cannot be said in one request: then nothing is narrowed and the answer is sifted.
    if (any_id_ || (!share_.ids.empty() && !share_.id_pattern.empty()) || several_patterns_) {
      share_.ids.clear();
      share_.id_pattern.clear();
    }
    return std::move(share_);
  }

 private:
  void add_id(const EntityInfo& entity) {
    if (!wanted_.ids.empty()) {
      any_id_ = any_id_ || (entity.id.empty() && !entity.pattern);
      for (const auto& id : wanted_.ids) {
        const bool fits = entity.id.empty() ? entity.pattern && entity.pattern->matches(id) : entity.id == id;
        if (fits && std::ranges::find(share_.ids, id) == share_.ids.end()) share_.ids.push_back(id);
      }
      return;
    }
    if (!entity.id.empty()) {
      if (std::ranges::find(share_.ids, entity.id) == share_.ids.end()) share_.ids.push_back(entity.id);
    } else if (!entity.pattern || wanted_.pattern != nullptr) {
      any_id_ = true;
    } else if (share_.id_pattern.empty() || share_.id_pattern == entity.pattern_text) {
      share_.id_pattern = entity.pattern_text;
    } else {
      several_patterns_ = true;
    }
  }

  const Wanted& wanted_;
  Share share_;
  bool all_attributes_ = false;
  bool any_id_ = false;
  bool any_type_ = false;
  bool several_patterns_ = false;
};

void append_encoded(std::string& out, std::string_view text, std::string_view also) {
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || also.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
}

/// The URL of a context that is one; empty when it is the core context alone or made of several parts.
std::string url_of(const model::Context& context) {
  auto json = context.json();
  if (json.starts_with('[') && json.ends_with(']')) json = base::trim(json.substr(1, json.size() - 2));
  const bool one = json.size() > 2 && json.starts_with('"') && json.find('"', 1) == json.size() - 1 &&
                   json.find('\\') == std::string_view::npos;
  return one ? std::string{json.substr(1, json.size() - 2)} : std::string{};
}

void add_registered_headers(base::Headers& headers, const Registration& source, const Forwarding& forwarding) {
  for (const auto& [name, value] : source.headers) {
    if (value != "urn:ngsi-ld:request") {
      headers.emplace_back(name, value);
      continue;
    }
    const auto copied = forwarding.header(base::to_lower(name));
    if (!copied.empty()) headers.emplace_back(name, copied);
  }
}

}  // namespace

bool names_proxy(std::string_view via, std::string_view name) {
  if (name.empty()) return false;
  while (!via.empty()) {
    const auto end = via.find(',');
    auto entry = base::trim(via.substr(0, end));
    via = end == std::string_view::npos ? std::string_view{} : via.substr(end + 1);
    const auto blank = entry.find(' ');
    if (blank == std::string_view::npos) continue;
    entry = base::trim(entry.substr(blank + 1));
    if (entry.substr(0, entry.find(' ')) == name) return true;
  }
  return false;
}

std::string warning_header(const Warning& warning) {
  std::string text;
  for (const char c : warning.text) {
    if (c == '"' || c == '\\') text += '\\';
    if (static_cast<unsigned char>(c) >= ' ' && c != '\x7f') text += c;
  }
  return fmt::format("{} {} \"{}\"", warning.code, warning.agent, text);
}

std::optional<Warning> read_warning(std::string_view header) {
  Warning out;
  const auto* const end = header.data() + header.size();
  const auto code = std::from_chars(header.data(), end, out.code);
  if (code.ec != std::errc{} || out.code < 100 || out.code > 999 || code.ptr == end || *code.ptr != ' ')
    return std::nullopt;
  const std::string_view rest{code.ptr + 1, static_cast<std::size_t>(end - code.ptr - 1)};
  const auto blank = rest.find(' ');
  if (blank == 0 || blank == std::string_view::npos) return std::nullopt;
  out.agent = rest.substr(0, blank);
  if (!std::ranges::all_of(out.agent, [](char c) { return c > ' ' && c != '\x7f'; })) return std::nullopt;
  const auto quoted = rest.substr(blank + 1);
  if (quoted.size() < 2 || !quoted.starts_with('"') || !quoted.ends_with('"')) return std::nullopt;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\' && i + 2 < quoted.size()) ++i;
    out.text += quoted[i];
  }
  return out;
}

std::string_view Forwarding::header(std::string_view lower_case_name) const noexcept {
  const auto found = std::ranges::find(headers, lower_case_name, [](const auto& one) { return one.first; });
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

std::string agent_of(const Registration& source) { return source.alias.empty() ? source.id : source.alias; }

void warn(Forwarding& forwarding, Warning warning) {
  if (forwarding.warnings.size() >= kMostWarnings) return;
  const auto same = [&](const Warning& one) { return one.code == warning.code && one.agent == warning.agent; };
  if (std::ranges::none_of(forwarding.warnings, same)) forwarding.warnings.push_back(std::move(warning));
}

Plan plan_forward(const Sources& sources, const Wanted& wanted, SourceOps ops, Forwarding& forwarding,
                  std::string_view alias, Timestamp now) {
  Plan out;
  const auto via = forwarding.header("via");
  const bool been_here = names_proxy(via, alias);
  for (auto& source : sources.matching(wanted)) {
    if (source->expired(now) || source->id == forwarding.leave_out) continue;
    if (forwarding.csf && !forwarding.csf->matches(source->properties.view())) continue;
    if (been_here || names_proxy(via, source->alias)) {
      if (is_proxied(source->mode)) {
        out.looped = true;
      } else {
        warn(forwarding, {199, agent_of(*source), "not asked: the registrations form a loop"});
      }
      continue;
    }
    if (!source->operations.meets(ops)) {
      if (is_proxied(source->mode)) out.unable.push_back(std::move(source));
      continue;
    }
    ShareMaker share{wanted};
    for (const auto& offer : source->offers) share.add(offer);
    out.shares.push_back(std::move(share).take(std::move(source)));
  }
  std::ranges::sort(out.shares, {}, [](const Share& one) {
    return std::tuple{rank(one.source->mode), one.source->version, std::string_view{one.source->id}};
  });
  return out;
}

bool claims(const Registration& source, std::string_view id, std::span<const model::NameId> types,
            model::NameId attribute) {
  if (!is_proxied(source.mode)) return false;
  const std::string key{id};
  const Wanted wanted{
      .ids = {&key, 1}, .pattern = nullptr, .types = nullptr, .has_types = types, .attributes = {&attribute, 1}};
  return std::ranges::any_of(source.offers, [&](const Offer& one) { return may_have(one, wanted); });
}

bool claims_all(const Registration& source, std::string_view id, std::span<const model::NameId> types) {
  if (source.mode != Mode::kRedirect) return false;
  const std::string key{id};
  const Wanted wanted{.ids = {&key, 1}, .pattern = nullptr, .types = nullptr, .has_types = types, .attributes = {}};
  return std::ranges::any_of(source.offers,
                             [&](const Offer& one) { return one.attributes.empty() && may_have(one, wanted); });
}

Result<Words> words_for(const Registration& source, const std::shared_ptr<model::Context>& spoken, const Caller& caller,
                        Contexts& contexts) {
  if (!source.jsonld_context.empty()) {
    std::string json;
    base::append_json_string(json, source.jsonld_context);
    auto registered = contexts.get(caller, json);
    if (registered) return Words{std::move(*registered), source.jsonld_context, spoken->json() == json};
    const bool coming = caller.unknown_context != nullptr && !caller.unknown_context->empty();
    if (coming) return std::unexpected(std::move(registered).error());
    return Words{contexts.core(), {}, spoken->is_core_only()};
  }
  if (spoken->is_core_only()) return Words{spoken, {}, true};
  if (auto url = url_of(*spoken); !url.empty()) return Words{spoken, std::move(url), true};
  return Words{contexts.core(), {}, false};
}

void add_parameter(std::string& url, std::string_view name, std::string_view value) {
  url += url.find('?') == std::string::npos ? '?' : '&';
  url.append(name).append("=");
  append_encoded(url, value, "-._~!$'()*,;:@/");
}

std::string path_part(std::string_view id) {
  std::string out;
  append_encoded(out, id, "-._~!$&'()*+,;=:@");
  return out;
}

std::string name_list(const std::vector<model::NameId>& names, const model::Context& words, char separator) {
  std::string out;
  for (const auto name : names) {
    if (!out.empty()) out += separator;
    out += words.compact(name);
  }
  return out;
}

std::string type_text(const model::TypeSelection& types, const model::Context& words) {
  if (types.any()) return "*";
  std::string out;
  const bool several = types.alternatives().size() > 1;
  for (const auto& all : types.alternatives()) {
    if (!out.empty()) out += ',';
    const bool grouped = several && all.size() > 1;
    if (grouped) out += '(';
    out += name_list(all, words, ';');
    if (grouped) out += ')';
  }
  return out;
}

Outgoing outgoing(const Share& share, std::string method, std::string_view path, const Words& words,
                  const Forwarding& forwarding, std::string_view alias) {
  const auto& source = *share.source;
  Outgoing out{.source = share.source, .request = {}};
  auto& request = out.request;
  request.method = std::move(method);
  request.url = source.endpoint + "/ngsi-ld/v1";
  request.url += path;
  if (source.local_only) add_parameter(request.url, "local", "true");
  request.timeout = source.timeout;
  request.body_limit = kMostAnswerBytes;
  const auto via = forwarding.header("via");
  request.headers.emplace_back("Via", (via.empty() ? "" : std::string{via} + ", ") + "1.1 " + std::string{alias});
  if (!source.tenant.empty()) request.headers.emplace_back("NGSILD-Tenant", source.tenant);
  request.headers.emplace_back("Accept", source.accept.empty() ? "application/json" : source.accept);
  add_registered_headers(request.headers, source, forwarding);
  if (!words.url.empty() && source.content_type != "application/ld+json") {
    request.headers.emplace_back(
        "Link",
        fmt::format("<{}>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\"", words.url));
  }
  return out;
}

void set_body(Outgoing& out, json::value body, const Words& words) {
  const bool ld = out.source->content_type == "application/ld+json";
  const auto put_context = [&](json::object& object) {
    object.erase("@context");
    if (ld) object["@context"] = json::string(words.url.empty() ? std::string_view{model::kCoreContextUrl} : words.url);
  };
  if (auto* const object = body.if_object()) put_context(*object);
  if (auto* const list = body.if_array()) {
    for (auto& item : *list) {
      if (auto* const object = item.if_object()) put_context(*object);
    }
  }
  out.request.headers.emplace_back("Content-Type", ld ? "application/ld+json" : "application/json");
  out.request.body = to_text(body);
}

}  // namespace horad::broker
