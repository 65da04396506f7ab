// SPDX-License-Identifier: Apache-2.0
// room: store
// Bytes of a log: the record header, the search for damage, and the payload. What is read must be written back the
// same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "horad/store/log_frame.h"
#include "horad/store/record.h"

using namespace horad;

namespace {

void payload_round_trip(std::string_view payload, model::Names& names) {
  const auto record = store::decode_record(payload, names);
  if (!record) return;
  std::string written;
  store::append_record(written, record->address, record->at, record->change, names);
  const auto again = store::decode_record(written, names);
  if (!again || again->address != record->address || again->at != record->at) std::abort();
  std::string twice;
  store::append_record(twice, again->address, again->at, again->change, names);
  if (twice != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static model::Names names;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  payload_round_trip(bytes, names);
  static_cast<void>(store::decode_segment_header(bytes));
  static_cast<void>(store::damaged_not_torn(bytes, 0));
  if (const auto frame = store::read_frame(bytes, 0)) {
    std::string written;
    store::append_frame(written, 0, frame->synced, frame->payload);
    if (written != bytes.substr(0, frame->size)) std::abort();
  }
  return 0;
}
