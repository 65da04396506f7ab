// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/edits.h"

#include <algorithm>

namespace horad::store::history {

RowPlace row_place(const model::InstancePlace& place) noexcept {
  return {place.at.time_since_epoch().count(), place.ordinal};
}

void Edits::note_replaced(std::int64_t at) { first_replaced_ = std::min(first_replaced_.value_or(at), at); }

void Edits::erase_all(std::int64_t at, bool nothing_left) {
  all_before_ = at;
  emptied_at_ = nothing_left ? at : kNever;
  series_.clear();
  marks_.clear();
  first_replaced_.reset();
}

void Edits::erase(const model::HistoryEdit::Series& series, std::int64_t at) {
  const auto covered = [&](model::NameId name, const auto& dataset_id) {
    return name == series.name && (!series.dataset_id || dataset_id == *series.dataset_id);
  };
  std::erase_if(marks_, [&](const auto& mark) { return covered(mark.first.name, mark.first.dataset_id); });
  std::erase_if(series_, [&](const Erased& one) {
    return one.dataset_id ? covered(one.name, *one.dataset_id) : one.name == series.name && !series.dataset_id;
  });
  series_.push_back({series.name, series.dataset_id, at});
}

void Edits::erase(model::NameId name, std::string_view dataset_id, RowPlace place) {
  const RowPlace row = row_of(name, dataset_id, place);
  Mark& mark = marks_[{name, std::string{dataset_id}, row}];
  mark.hidden = true;
  if (row == place) mark.other = place;
}

void Edits::replace(model::NameId name, std::string_view dataset_id, RowPlace place, RowPlace by) {
  const RowPlace row = row_of(name, dataset_id, place);
  marks_[{name, std::string{dataset_id}, row}].hidden = true;
  marks_[{name, std::string{dataset_id}, place}] = {true, by};
  marks_[{name, std::string{dataset_id}, by}] = {false, place};
  note_replaced(place.at);
}

std::int64_t Edits::erased_before(model::NameId name, std::string_view dataset_id) const noexcept {
  std::int64_t out = all_before_;
  for (const Erased& one : series_) {
    if (one.name == name && (!one.dataset_id || *one.dataset_id == dataset_id)) out = std::max(out, one.before);
  }
  return out;
}

const Edits::Mark* Edits::find(model::NameId name, std::string_view dataset_id, RowPlace row) const {
  if (marks_.empty()) return nullptr;
  const auto found = marks_.find({name, std::string{dataset_id}, row});
  return found == marks_.end() ? nullptr : &found->second;
}

bool Edits::touches(model::NameId name, std::string_view dataset_id, std::int64_t first, std::int64_t last) const {
  if (marks_.empty()) return false;
  const auto next = marks_.lower_bound({name, std::string{dataset_id}, {first, 0}});
  return next != marks_.end() && next->first.name == name && next->first.dataset_id == dataset_id &&
         next->first.row.at <= last;
}

RowPlace Edits::row_of(model::NameId name, std::string_view dataset_id, RowPlace place) const {
  const Mark* const mark = find(name, dataset_id, place);
  return mark != nullptr && mark->hidden ? mark->other : place;
}

void Edits::append_arrivals(RowPlace place, std::vector<std::int64_t>& out) const {
  for (const auto& [key, mark] : marks_) {
    if (!mark.hidden && mark.other == place) out.push_back(key.row.at);
  }
}

std::size_t Edits::memory() const noexcept {
  return sizeof(Edits) + series_.capacity() * sizeof(Erased) + marks_.size() * (sizeof(Key) + sizeof(Mark) + 32);
}

void Edits::save(std::string& out, NameList& table) const {
  base::put_varint(out, version);
  base::put_signed(out, all_before_);
  base::put_signed(out, emptied_at_);
  base::put_varint(out, series_.size());
  for (const Erased& one : series_) {
    base::put_varint(out, table.index_of(one.name));
    out.push_back(static_cast<char>(one.dataset_id ? 1 : 0));
    if (one.dataset_id) base::put_text(out, *one.dataset_id);
    base::put_signed(out, one.before);
  }
  base::put_varint(out, marks_.size());
  for (const auto& [key, mark] : marks_) {
    base::put_varint(out, table.index_of(key.name));
    base::put_text(out, key.dataset_id);
    out.push_back(static_cast<char>(mark.hidden ? 1 : 0));
    for (const RowPlace& place : {key.row, mark.other}) {
      base::put_signed(out, place.at);
      base::put_varint(out, place.ordinal);
    }
  }
}

bool Edits::load(base::Reader& in, std::span<const model::NameId> table) {
  version = in.varint();
  all_before_ = in.signed_varint();
  emptied_at_ = in.signed_varint();
  const auto name = [&](model::NameId& out) {
    const std::uint64_t index = in.varint();
    if (index < table.size()) out = table[index];
    return index < table.size();
  };
  for (std::uint64_t n = in.varint(); n > 0 && in.ok(); --n) {
    Erased one;
    if (!name(one.name)) return false;
    if (in.fixed<std::uint8_t>() == 1) one.dataset_id = in.text();
    one.before = in.signed_varint();
    series_.push_back(std::move(one));
  }
  for (std::uint64_t n = in.varint(); n > 0 && in.ok(); --n) {
    Key key;
    Mark mark;
    if (!name(key.name)) return false;
    key.dataset_id = in.text();
    mark.hidden = in.fixed<std::uint8_t>() == 1;
    for (RowPlace* place : {&key.row, &mark.other}) {
      place->at = in.signed_varint();
      place->ordinal = static_cast<std::uint32_t>(in.varint());
    }
    if (!mark.hidden) note_replaced(mark.other.at);
    marks_.emplace(std::move(key), mark);
  }
  return in.ok();
}

}  // namespace horad::store::history
