// SPDX-License-Identifier: Apache-2.0
// What each write means (ETSI GS CIM 009 V1.9.1, 5.6): pure functions from the entity as it is and the checked input to
// the change to be made. They run on the writer of the store, so they are quick, and touch nothing but their arguments.
// `current` is null when there is no such entity.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/broker/types.h"
#include "horad/model/change.h"
#include "horad/model/document.h"
#include "horad/model/entity.h"
#include "horad/model/parse.h"

namespace horad::broker {

struct Decision {
  model::Change change;
  UpdateResult result;
};

/// What several decisions say when there is nothing to decide on.
std::unexpected<Error> no_such_entity();
std::unexpected<Error> no_such_attribute();

/// errors  kAlreadyExists
Result<model::Change> decide_create(const model::DocumentView* current, model::Entity entity);

/// All attributes and scopes are exchanged for those given; types given are added.   errors  kNotFound
Result<model::Change> decide_replace(const model::DocumentView* current, model::EntityFragment fragment);

/// errors  kNotFound
Result<model::Change> decide_remove(const model::DocumentView* current);

/// Adds instances; one that is there is replaced, or with `overwrite` false left and named as not updated. Types are
/// added, scopes replaced or with `overwrite` false added.   errors  kNotFound
Result<Decision> decide_append(const model::DocumentView* current, model::EntityFragment fragment, bool overwrite);

/// Replaces instances, and adds those that are not there; instances given as null are removed, or named as not updated
/// when they are not there. Types are added, scopes replaced when there are some.   errors  kNotFound
Result<Decision> decide_update(const model::DocumentView* current, model::EntityFragment fragment);

/// Replaces one instance of an attribute, which must be there; with `all` the given instances become its only ones.
/// errors  kNotFound (entity, attribute or instance)
Result<model::Change> decide_replace_attribute(const model::DocumentView* current, model::NameId name,
                                               std::vector<model::Attribute> instances, bool all);

/// errors  kNotFound (entity, or no such instance)
Result<model::Change> decide_remove_attribute(const model::DocumentView* current, model::NameId name,
                                              const DeleteAttribute& which);
Result<model::Change> decide_remove_scopes(const model::DocumentView* current);

/// Puts members of a patch over one instance, which must be there; its other members and sub-attributes stay. A null
/// value removes the instance. errors  kNotFound (entity, or no such instance); kBadRequestData when the value would go
Result<model::Change> decide_partial_update(const model::DocumentView* current, const model::AttributePatch& patch);

/// Merges a fragment into the entity (RFC 7396 in spirit): what is given replaces, what is null goes, new attributes
/// are added. errors  kNotFound; kBadRequestData
Result<Decision> decide_merge(const model::DocumentView* current, const model::EntityPatch& patch,
                              const MergeOptions& options);

/// What a purge does to one entity: nothing when it has none of what is to go.
model::Change decide_purge(const model::DocumentView& current, const PurgeWhat& what);

/// What a whole entity says as a fragment of one.
model::EntityFragment fragment_of(model::Entity entity);

/// Notes a name once.
void note(std::vector<model::NameId>& names, model::NameId name);
void note(std::vector<NotUpdated>& list, model::NameId name, std::string_view reason);

/// `given` as the new expiry of the entity; none when it has that already.
std::optional<Timestamp> changed_expiry(const model::DocumentView& current, Timestamp given) noexcept;

/// The types of the entity with those given added; none when that changes nothing.
std::optional<std::vector<model::NameId>> added_types(const model::DocumentView& current,
                                                      const std::vector<model::NameId>& given);

}  // namespace horad::broker
