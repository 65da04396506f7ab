// SPDX-License-Identifier: Apache-2.0
// What writes of the temporal API mean (5.6.11 to 5.6.16): pure functions from what is known of the past, and what was
// sent, to a Change.
#pragma once

#include <optional>
#include <vector>

#include "horad/model/change.h"
#include "horad/model/document.h"
#include "horad/model/parse.h"
#include "horad/store/history.h"

namespace horad::broker {

/// Makes instances unique: of two of one attribute, data set and observedAt the later stands.
void keep_last(std::vector<model::HistoryEdit::Addition>& instances);

/// The times that `instances` speak of, ascending, each once.
std::vector<Timestamp> times_of(const std::vector<model::HistoryEdit::Addition>& instances);

/// Adds instances to the past of an entity. One that was observed when another of its attribute and data set was takes
/// its place (a correction, or the same import again: then nothing is written). An entity that has neither past nor
/// present is created: its present is the newest instance of each attribute. Types are added.
///   past   what stands at the times_of(the instances); null: the entity has no past
Result<model::Change> decide_add_history(const model::DocumentView* current, const store::EntityHistory* past,
                                         const model::TemporalFragment& fragment, Timestamp at);

/// Puts the members of a patch over one instance, which keeps its id. A null value makes it a deletion.
Result<model::Change> decide_modify_instance(const store::EntityHistory& past, const store::Instance& instance,
                                             const model::AttributePatch& patch);
model::Change decide_erase_instance(const store::EntityHistory& past, const store::Instance& instance);
model::Change decide_erase_attribute(const store::EntityHistory& past, model::HistoryEdit::Series series);
model::Change decide_erase_history(const store::EntityHistory& past);

}  // namespace horad::broker
