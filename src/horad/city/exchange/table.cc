// SPDX-License-Identifier: Apache-2.0
#include "horad/city/exchange/table.h"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "horad/base/text.h"

namespace horad::city::exchange {
namespace {
constexpr std::size_t kMostFieldBytes = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
}  // namespace

std::string_view Row::operator[](std::string_view column) const {
  const auto at = std::find(header_.begin(), header_.end(), column);
  const auto index = static_cast<std::size_t>(at - header_.begin());
  return index < fields_.size() ? std::string_view(fields_[index]) : std::string_view{};
}

bool Row::has_column(std::string_view column) const {
  return std::find(header_.begin(), header_.end(), column) != header_.end();
}

struct TableReader::State {
  OnRow on_row;
  OnBadRow on_bad_row;
  csv_parser parser{};
  std::vector<std::string> header;
  std::vector<std::string> fields;
  std::uint64_t records = 0;
  bool started = false;

  static void take_field(void* data, std::size_t size, void* self) {
    static_cast<State*>(self)->fields.emplace_back(static_cast<const char*>(data), size);
  }
  static void take_record(int, void* self) { static_cast<State*>(self)->end_record(); }

  void end_record() {
    ++records;
    if (header.empty()) {
      header = std::exchange(fields, {});
      if (!header.empty() && header[0].starts_with(kByteOrderMark))
        header[0].erase(0, kByteOrderMark.size());  // cut by chunks
      return;
    }
    if (auto done = check_and_hand_on(); !done) on_bad_row(records, done.error());
    fields.clear();
  }
  Result<void> check_and_hand_on() {
    if (fields.size() > header.size()) {
      return fail(ErrorCode::kBadRequestData,
                  fmt::format("{} fields, but the header names {} columns", fields.size(), header.size()));
    }
    for (const auto& field : fields) {
      if (!base::is_utf8(field)) return fail(ErrorCode::kBadRequestData, "a field is not UTF-8");
    }
    return on_row(Row(header, fields, records));
  }
};

TableReader::TableReader(OnRow on_row, OnBadRow on_bad_row) : state_(std::make_unique<State>()) {
  state_->on_row = std::move(on_row);
  state_->on_bad_row = std::move(on_bad_row);
  csv_init(&state_->parser, 0);
}

TableReader::~TableReader() { csv_free(&state_->parser); }

Result<void> TableReader::feed(std::string_view bytes) {
  if (!std::exchange(state_->started, true) && bytes.starts_with(kByteOrderMark))
    bytes.remove_prefix(kByteOrderMark.size());
  constexpr std::size_t kSlice = 64 << 10;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kSlice, bytes.size()))) {
    const auto slice = bytes.substr(0, kSlice);
    if (csv_parse(&state_->parser, slice.data(), slice.size(), State::take_field, State::take_record, state_.get()) !=
        slice.size()) {
      return fail(ErrorCode::kInvalidRequest,
                  fmt::format("record {}: {}", state_->records + 1, csv_strerror(csv_error(&state_->parser))));
    }
    if (csv_get_buffer_size(&state_->parser) > kMostFieldBytes) {
      return fail(
          ErrorCode::kTooLarge,
          fmt::format("record {}: a field goes on for more than 1 MiB; is a quote missing?", state_->records + 1));
    }
  }
  return {};
}

Result<void> TableReader::finish() {
  csv_fini(&state_->parser, State::take_field, State::take_record, state_.get());
  return {};
}

std::uint64_t TableReader::rows() const { return state_->records == 0 ? 0 : state_->records - 1; }

}  // namespace horad::city::exchange
