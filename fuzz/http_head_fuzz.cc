// SPDX-License-Identifier: Apache-2.0
// room: edge
// The first thing that outside bytes meet: heads, targets and chunked bodies. Feeding in pieces must mean the same as
// at once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "horad/edge/http_head.h"

namespace {

using horad::edge::ChunkDecoder;

void demand(bool holds) {
  if (!holds) std::abort();
}

void head_and_target(std::string_view bytes) {
  horad::edge::RequestHead head;
  std::size_t scanned = 0;
  const auto size = horad::edge::parse_head(bytes, {}, scanned, head);
  demand(scanned <= bytes.size());
  if (!size || *size == 0) return;
  demand(*size <= bytes.size() && bytes.substr(0, *size).ends_with("\r\n\r\n"));
  for (const auto& [name, value] : head.headers) {
    demand(!name.empty() && value.find_first_of("\r\n") == std::string_view::npos);
  }
  demand(!(head.chunked && head.content_length));
  horad::edge::Request request;
  (void)horad::edge::parse_target(head.target, request);
}

/// Decodes `bytes` in pieces of `piece`; what could not be decoded ends it.
std::string decode(std::string bytes, std::size_t piece) {
  ChunkDecoder decoder;
  std::string out;
  for (std::size_t at = 0; at < bytes.size() && !decoder.done();) {
    const std::size_t size = std::min(piece, bytes.size() - at);
    const auto step = decoder.feed(bytes.data() + at, size);
    if (!step) return out + "!";
    demand(step->used <= size && step->produced <= step->used && (step->used == size || decoder.done()));
    out.append(bytes.data() + at, step->produced);
    at += step->used;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  head_and_target(bytes);
  const auto in_ones = decode(std::string{bytes}, 1);
  const auto at_once = decode(std::string{bytes}, bytes.size() + 1);
  // An error ends a piece before its payload is counted, so only whole bodies are compared.
  if (!in_ones.ends_with('!') && !at_once.ends_with('!')) demand(in_ones == at_once);
  return 0;
}
