// SPDX-License-Identifier: Apache-2.0
#include "horad/store/top_documents.h"

#include <algorithm>
#include <utility>

namespace horad::store {
namespace {

/// std::string compares as unsigned bytes.
bool before(const Ordered& a, const Ordered& b) { return a.key < b.key; }

}  // namespace

void TopDocuments::offer(Number number, const model::Document& document) {
  if (most_ == 0) return;
  key_.clear();
  order_->append_key(key_, document.view());
  for (int shift = 24; shift >= 0; shift -= 8) key_.push_back(static_cast<char>((number >> shift) & 0xFF));
  if (heap_.size() == most_) {
    if (key_ >= heap_.front().key) return;
    std::ranges::pop_heap(heap_, before);
    heap_.back().key.swap(key_);
    heap_.back().document = document;
  } else {
    heap_.push_back({key_, document});
  }
  std::ranges::push_heap(heap_, before);
}

std::vector<Ordered> TopDocuments::take() {
  std::ranges::sort_heap(heap_, before);
  return std::exchange(heap_, {});
}

std::vector<Ordered> merge_ordered(std::vector<Ordered> a, std::vector<Ordered> b, std::size_t most) {
  if (a.empty()) std::swap(a, b);
  if (!b.empty()) {
    std::vector<Ordered> both;
    both.reserve(a.size() + b.size());
    std::ranges::merge(std::make_move_iterator(a.begin()), std::make_move_iterator(a.end()),
                       std::make_move_iterator(b.begin()), std::make_move_iterator(b.end()), std::back_inserter(both),
                       before);
    a = std::move(both);
  }
  if (a.size() > most) a.resize(most);
  return a;
}

}  // namespace horad::store
