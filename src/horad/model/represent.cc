// SPDX-License-Identifier: Apache-2.0
#include "horad/model/represent.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "horad/base/text.h"
#include "horad/model/represent_instance.h"

namespace horad::model {
namespace {

using Options = RepresentOptions;
using detail::append_instance;
using detail::Members;

/// The simplified form of one instance: the value alone, or an object that says its kind.
void append_simplified(std::string& out, const AttributeView& a, const Context& context, const Options& options) {
  if (const auto choice = detail::language_of(a, options)) {
    out += choice->value;
    return;
  }
  const auto kind = kind_for_reader(a.kind(), options.reader_version);
  const bool wrapped = kind == AttributeKind::kLanguageProperty || kind == AttributeKind::kVocabProperty ||
                       kind == AttributeKind::kJsonProperty;
  if (wrapped) {
    out += '{';
    out += detail::quoted_value_member(kind);
    out += ':';
  }
  append_value(out, a.kind(), a.value(), context, Form::kSimplified);
  if (wrapped) out += '}';
}

bool is_gone(const AttributeView& a, const ChangeNotes& notes) {
  return std::ranges::any_of(notes.gone,
                             [&](const auto& key) { return key.name == a.name() && key.dataset_id == a.dataset_id(); });
}

/// The instance as it was, when it was there and has changed since.
std::optional<AttributeView> previous_of(const AttributeView& a, const ChangeNotes& notes) {
  if (notes.before == nullptr) return std::nullopt;
  if (a.modified_at() < notes.since && !is_gone(a, notes)) return std::nullopt;
  return notes.before->find(a.name(), a.dataset_id());
}

/// previousValue and its kind, in the reader's language.
void append_previous(std::string& out, const AttributeView& previous, const Context& context, const Options& options) {
  const auto choice = detail::language_of(previous, options);
  std::string member{choice ? "value" : value_member(previous.kind())};
  member[0] = static_cast<char>(member[0] - 'a' + 'A');
  out.append(",\"previous").append(member).append("\":");
  if (choice) {
    out += choice->value;
  } else {
    append_value(out, previous.kind(), previous.value(), context, options.form);
  }
}

/// Adds to an instance that was written as an object what has become of it: previousValue, deletedAt.
void add_notes(std::string& out, const AttributeView& a, const Context& context, const Options& options) {
  const auto& notes = *options.changes;
  out.pop_back();  // the brace: an instance has a value at least, so that a comma can follow
  if (options.sys_attrs && notes.gone_at && is_gone(a, notes)) {
    out += ",\"deletedAt\":\"";
    base::append_time(out, *notes.gone_at);
    out += '"';
  }
  if (const auto previous = previous_of(a, notes)) append_previous(out, *previous, context, options);
  out += '}';
}

bool has_notes(const AttributeView& a, const Options& options) {
  if (options.changes == nullptr) return false;
  const auto& notes = *options.changes;
  return (options.sys_attrs && notes.gone_at && is_gone(a, notes)) || previous_of(a, notes);
}

/// Linked entities that may be shown inside of others, and those that are being written: from the outermost inwards.
struct Nest {
  const LinkedDocuments& documents;
  std::vector<std::string_view> path = {};
  const Document* find(std::string_view id) const {
    return std::ranges::find(path, id) == path.end() ? documents.find(id) : nullptr;
  }
};

void append_members(std::string& out, DocumentView document, const Context& context, const Options& options,
                    Nest* nest);

/// The entities behind a relationship: one, or an array when it leads to several. In the simplified form they stand for
/// the URIs, so the URI of one that is not there stays.
std::string linked_entities(const AttributeView& a, std::span<const std::string> targets, const Context& context,
                            const Options& options, Nest& nest) {
  const bool one = a.value().type() == ValueType::kString;
  std::string text;
  const char* comma = "";
  for (const auto& id : targets) {
    const auto* const target = nest.find(id);
    if (target == nullptr && options.form != Form::kSimplified) continue;
    text += std::exchange(comma, ",");
    if (target == nullptr) {
      base::append_json_string(text, id);
    } else {
      append_members(text, target->view(), context, options, &nest);
    }
  }
  return one ? text : "[" + text + "]";
}

/// True when the attribute was written, with the entities it leads to inside.
bool append_linking(std::string& out, const AttributeView& a, const Context& context, const Options& options,
                    Nest& nest) {
  const auto* const way = follow(options, a);
  if (way == nullptr) return false;
  const auto targets = targets_of(a);
  if (std::ranges::none_of(targets, [&](const auto& id) { return nest.find(id) != nullptr; })) return false;
  const auto text = linked_entities(a, targets, context, *way, nest);
  if (options.form == Form::kSimplified) {
    out += text;
  } else {
    const bool list = a.kind() == AttributeKind::kListRelationship;
    detail::append_object(out, a, context, options, {list ? "\"entityList\"" : "\"entity\"", text});
    if (has_notes(a, options)) add_notes(out, a, context, options);
  }
  return true;
}

void append_one(std::string& out, const AttributeView& a, const Context& context, const Options& options, Nest* nest) {
  if (nest != nullptr && append_linking(out, a, context, options, *nest)) return;
  if (options.form == Form::kSimplified) return append_simplified(out, a, context, options);
  if (!has_notes(a, options)) return append_instance(out, a, context, options);
  detail::append_object(out, a, context, options);
  add_notes(out, a, context, options);
}

/// Several instances of one attribute: an array, or in the simplified form {"dataset": {id: value}}.
void append_several(std::string& out, std::span<const AttributeView> instances, const Context& context,
                    const Options& options, Nest* nest) {
  if (options.form != Form::kSimplified) {
    out += '[';
    const char* comma = "";
    for (const auto& instance : instances) {
      out += std::exchange(comma, ",");
      if (nest != nullptr && append_linking(out, instance, context, options, *nest)) continue;
      detail::append_object(out, instance, context, options);  // a bare value would not be read back as an instance
      if (has_notes(instance, options)) add_notes(out, instance, context, options);
    }
    out += ']';
    return;
  }
  Members outer(out);
  outer.name("\"dataset\"");
  Members inner(out);
  for (const auto& instance : instances) {
    std::string name;
    const auto dataset = instance.dataset_id();
    base::append_json_string(name, dataset.empty() ? "@none" : dataset);
    inner.name(name);
    append_one(out, instance, context, options, nest);
  }
}

bool holds(const std::vector<NameId>& list, NameId name) { return std::ranges::find(list, name) != list.end(); }

/// By its name, whichever instance it is.
bool is_projected(const AttributeView& a, const Options& options) {
  if (options.only_listed && !holds(options.listed, a.name())) return false;
  return options.omitted.empty() || !holds(options.omitted, a.name());
}

/// For a reader of an older version, the sub-attributes included; their depth is bounded by the parser.
bool is_altered_attribute(const AttributeView& a, const Options& options) {
  if (kind_for_reader(a.kind(), options.reader_version) != a.kind()) return true;
  if (a.object_type() && options.reader_version < 8) return true;
  if (a.has_extras()) {
    auto extras = a.extras();
    if (!options.sys_attrs) extras.expires_at = kNoExpiry;
    if (extras != AttributeExtras{}) return true;
  }
  const auto subs = a.sub_attributes();
  return std::any_of(subs.begin(), subs.end(),
                     [&](const AttributeView& sub) { return is_altered_attribute(sub, options); });
}

/// A document with dataset ids: instances of one name are gathered where the first of them stands.
void append_gathered(Members& members, std::string& out, const std::vector<AttributeView>& shown,
                     const Context& context, const Options& options, Nest* nest) {
  std::unordered_map<NameId, std::vector<AttributeView>> groups;
  for (const auto& a : shown) groups[a.name()].push_back(a);
  for (const auto& a : shown) {
    auto& group = groups[a.name()];
    if (group.empty()) continue;
    members.name(context.quoted(a.name()));
    const bool one = group.size() == 1 && (options.form != Form::kSimplified || group[0].dataset_id().empty());
    if (one) {
      append_one(out, group[0], context, options, nest);
    } else {
      append_several(out, group, context, options, nest);
    }
    group.clear();
  }
}

void append_attributes(Members& members, std::string& out, DocumentView document, const Context& context,
                       const Options& options, Nest* nest) {
  const auto all = document.attributes();
  const bool datasets =
      std::any_of(all.begin(), all.end(), [](const AttributeView& a) { return !a.dataset_id().empty(); });
  if (datasets) {
    std::vector<AttributeView> shown;
    for (const auto a : all) {
      if (shows(a, options)) shown.push_back(a);
    }
    return append_gathered(members, out, shown, context, options, nest);
  }
  for (const auto a : all) {
    if (shows(a, options)) append_one(members.name(context.quoted(a.name())), a, context, options, nest);
  }
}

void append_members(std::string& out, DocumentView document, const Context& context, const Options& options,
                    Nest* nest) {
  if (nest != nullptr) nest->path.push_back(document.id());
  Members members(out);
  if (options.id) base::append_json_string(members.name("\"id\""), document.id());
  if (options.type) {
    if (document.type_count() == 1) {
      members.name("\"type\"") += context.quoted(document.type(0));
    } else {
      std::vector<NameId> types;
      for (std::size_t i = 0; i < document.type_count(); ++i) types.push_back(document.type(i));
      detail::append_types(members.name("\"type\""), types, context);
    }
  }
  if (options.scope) {
    if (const auto scopes = document.scopes(); !scopes.empty())
      detail::append_scopes(members.name("\"scope\""), scopes);
  }
  if (options.sys_attrs) {
    members.time("\"createdAt\"", document.created_at());
    members.time("\"modifiedAt\"", document.modified_at());
    if (const auto at = document.expires_at(); at != kNoExpiry) members.time("\"expiresAt\"", at);
  }
  if (options.changes != nullptr && options.changes->deleted_at) {
    members.time("\"deletedAt\"", *options.changes->deleted_at);
  }
  append_attributes(members, out, document, context, options, nest);
  const bool outermost = nest == nullptr || nest->path.size() == 1;
  if (options.with_context && outermost) members.name("\"@context\"") += context.json();
  if (nest != nullptr) nest->path.pop_back();
}

}  // namespace

namespace detail {

void append_types(std::string& out, std::span<const NameId> types, const Context& context) {
  if (types.size() == 1) {
    out += context.quoted(types[0]);
    return;
  }
  out += '[';
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) out += ',';
    out += context.quoted(types[i]);
  }
  out += ']';
}

void append_scopes(std::string& out, std::span<const std::string_view> scopes) {
  if (scopes.size() == 1) return base::append_json_string(out, scopes[0]);
  out += '[';
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    if (i > 0) out += ',';
    base::append_json_string(out, scopes[i]);
  }
  out += ']';
}

void append_extras(Members& members, const AttributeExtras& extras, const Context& context,
                   const RepresentOptions& options) {
  if (extras.value_type) members.name("\"valueType\"") += context.quoted(*extras.value_type);
  if (!extras.entity_id_sealed.empty()) {
    base::append_json_string(members.name("\"entityIdSealed\""), extras.entity_id_sealed);
  }
  if (!extras.entity_types_sealed.empty()) {
    append_types(members.name("\"entityTypeSealed\""), extras.entity_types_sealed, context);
  }
  if (options.sys_attrs && extras.expires_at != kNoExpiry) members.time("\"expiresAt\"", extras.expires_at);
}

}  // namespace detail

bool shows(const AttributeView& a, const RepresentOptions& options) {
  if (!is_projected(a, options)) return false;
  if (options.dataset_ids.empty()) return true;
  return std::ranges::find(options.dataset_ids, a.dataset_id()) != options.dataset_ids.end();
}

void append_entity(std::string& out, DocumentView document, const Context& context, const RepresentOptions& options,
                   const LinkedDocuments* inlined) {
  if (inlined == nullptr) return append_members(out, document, context, options, nullptr);
  Nest nest{*inlined};
  append_members(out, document, context, options, &nest);
}

void append_entities(std::string& out, std::span<const Document> documents, const Context& context,
                     const RepresentOptions& options, const LinkedDocuments* inlined, std::span<const Linked> linked) {
  out += '[';
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (i > 0) out += ',';
    append_entity(out, documents[i].view(), context, options, inlined);
  }
  for (const auto& [document, form] : linked) {
    out += ',';
    append_entity(out, document.view(), context, *form);
  }
  out += ']';
}

void append_attribute(std::string& out, AttributeView attribute, const Context& context,
                      const RepresentOptions& options) {
  append_one(out, attribute, context, options, nullptr);
}

bool shows_something(DocumentView document, const RepresentOptions& options) {
  if (!options.projected && !options.only_listed) return true;
  if (options.projected && (options.id || options.type || (options.scope && !document.scopes().empty()))) return true;
  const auto all = document.attributes();
  return std::any_of(all.begin(), all.end(), [&](const AttributeView& a) {
    return options.projected ? shows(a, options) : is_projected(a, options);
  });
}

bool is_altered(DocumentView document, const RepresentOptions& options) {
  if (options.reader_version >= Options::kOwnVersion) return false;
  const auto all = document.attributes();
  return std::any_of(all.begin(), all.end(),
                     [&](const AttributeView& a) { return shows(a, options) && is_altered_attribute(a, options); });
}

}  // namespace horad::model
