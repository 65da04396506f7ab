// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "horad/store/history/heads.h"
#include "horad/store/history/segment.h"

namespace horad::store {

/// Defined here for evaluate(); see history_store.h.
struct HistorySnapshot {
  struct Entity {
    std::string id;
    history::Head::Identity identity;
    std::vector<history::StoredBlock> stored;                   // oldest first, before `blocks`
    std::vector<std::shared_ptr<const history::Block>> blocks;  // sealed, then parts
    std::shared_ptr<const history::Edits> edits;                // null: none
    std::string log;                                            // open rows, newest
    std::uint64_t open_from = 0;
    std::uint64_t position = 0;
  };
  std::vector<Entity> entities;
  std::vector<std::shared_ptr<const history::Segment>> segments;  // by StoredBlock::segment
  const model::Names* names = nullptr;
};

}  // namespace horad::store
