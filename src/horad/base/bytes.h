// SPDX-License-Identifier: Apache-2.0
// Little-endian and varint coding of bytes: the alphabet of every format in docs/formats.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "horad/base/result.h"

namespace horad::base {

inline std::span<const std::byte> as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr std::uint64_t zigzag(std::int64_t v) noexcept {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t v) noexcept {
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

/// Fixed-width little-endian.
template <class T>
  requires std::is_trivially_copyable_v<T>
void put_fixed(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little, "Horad's formats are little-endian; so are its machines");
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  out.append(raw, sizeof(T));
}
/// LEB128, 1 to 10 bytes.
inline void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}
inline void put_signed(std::string& out, std::int64_t value) { put_varint(out, zigzag(value)); }
inline void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out.append(text);
}

/// Reads what the put_ functions wrote, from bytes that may be damaged: after the first impossible read `ok()` is
/// false, every further read answers zero or empty, and nothing outside the bytes is touched. The bytes must outlive
/// the reader and its views.
class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  template <class T>
    requires std::is_trivially_copyable_v<T>
  T fixed() noexcept {
    T value{};
    if (static_cast<std::size_t>(end_ - at_) < sizeof(T)) return spoil(), value;
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  std::uint64_t varint() noexcept {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) return spoil(), 0;
      const auto byte = static_cast<std::uint8_t>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return spoil(), 0;
  }
  std::int64_t signed_varint() noexcept { return unzigzag(varint()); }
  std::string_view bytes(std::uint64_t size) noexcept {
    if (static_cast<std::uint64_t>(end_ - at_) < size) return spoil(), std::string_view{};
    const std::string_view view{at_, static_cast<std::size_t>(size)};
    at_ += size;
    return view;
  }
  std::string_view text() noexcept { return bytes(varint()); }
  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return at_ == end_; }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  const char* position() const noexcept { return at_; }

 private:
  void spoil() noexcept {
    ok_ = false;
    at_ = end_;
  }
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

/// CRC-32C (Castagnoli), as in RFC 3720; `seed` is the checksum of what came before.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0) noexcept;

}  // namespace horad::base
