// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "horad/model/ordering.h"
#include "horad/store/table.h"

namespace horad::store {

/// A document and the bytes by which it is ordered.
struct Ordered {
  std::string key;
  model::Document document;
};

/// The first of many documents in an order, without sorting them all: a heap of at most `most`, of which the last is on
/// top. One thread.
class TopDocuments {
 public:
  TopDocuments(std::shared_ptr<const model::Ordering> order, std::size_t most)
      : order_(std::move(order)), most_(most) {}

  /// Cost: the key, and one comparison when the document is not among the first; nothing is allocated then.
  void offer(Number number, const model::Document& document);
  /// What was kept, in order; equal ones by number, which is why their keys end with it. Leaves nothing.
  std::vector<Ordered> take();

 private:
  std::shared_ptr<const model::Ordering> order_;
  std::size_t most_;
  std::vector<Ordered> heap_;
  std::string key_;  // kept for its memory
};

/// The first `most` of two lists in order.
std::vector<Ordered> merge_ordered(std::vector<Ordered> a, std::vector<Ordered> b, std::size_t most);

}  // namespace horad::store
