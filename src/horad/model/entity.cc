// SPDX-License-Identifier: Apache-2.0
#include "horad/model/entity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "horad/base/text.h"

namespace horad::model {
namespace {

constexpr std::size_t kMostIdBytes = 512;

constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x21; c < 0x7f; ++c) plain[c] = true;
  for (const char c : {'<', '>', '"', '\'', '\\', '^', '`', '{', '|', '}'}) {
    plain[static_cast<unsigned char>(c)] = false;
  }
  return plain;
}
constexpr auto kPlain = make_plain();  // ASCII that may stand in an id

/// The length of the scheme, or 0 when there is none.
std::size_t scheme_length(std::string_view text) noexcept {
  if (text.empty() || !is_letter(text[0])) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':') return i;
    if (!is_letter(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

/// Blanks, controls and marks that a reader cannot see, and those that turn the direction of text.
constexpr bool is_hidden(char32_t c) noexcept {
  return (c >= 0x80 && c <= 0xa0) || c == 0xad || c == 0x61c || c == 0x115f || c == 0x1160 || c == 0x1680 ||
         c == 0x17b4 || c == 0x17b5 || (c >= 0x180b && c <= 0x180f) || (c >= 0x2000 && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) || c == 0x2800 || c == 0x3000 || c == 0x3164 ||
         (c >= 0xe000 && c <= 0xf8ff) || (c >= 0xfdd0 && c <= 0xfdef) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff ||
         c == 0xffa0 || (c >= 0xfff0 && c <= 0xffff) || (c & 0xfffe) == 0xfffe || c >= 0xe0000;
}

/// The code point at `i`, which moves behind it. `text` is valid UTF-8.
char32_t next_code_point(std::string_view text, std::size_t& i) noexcept {
  const auto byte = [&] { return static_cast<unsigned char>(text[i++]); };
  const char32_t first = byte();
  if (first < 0x80) return first;
  const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  char32_t c = first & (0x3fu >> more);
  for (int k = 0; k < more && i < text.size(); ++k) c = (c << 6) | (byte() & 0x3fu);
  return c;
}

bool has_hidden(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    if (is_hidden(next_code_point(text, i))) return true;
  }
  return false;
}

}  // namespace

Timestamp soonest_expiry(const Attribute& attribute) noexcept {
  auto soonest = expires_at(attribute);
  for (const auto& sub : attribute.sub_attributes) soonest = std::min(soonest, soonest_expiry(sub));
  return soonest;
}

void tidy(Attribute& attribute) noexcept {
  if (!attribute.extras) return;
  const auto& e = *attribute.extras;
  const bool some = e.expires_at != kNoExpiry || e.value_type || !e.more_object_types.empty() ||
                    !e.entity_id_sealed.empty() || !e.entity_types_sealed.empty();
  if (!some) attribute.extras.reset();
}

Result<void> check_entity_id(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::kBadRequestData, fmt::format("an identifier is a URI such as urn:ngsi-ld:Lamp:17: {}", why));
  };
  if (text.empty()) return refuse("this one is empty");
  if (text.size() > kMostIdBytes) return refuse(fmt::format("this one is longer than {} bytes", kMostIdBytes));
  const auto scheme = scheme_length(text);
  if (scheme == 0) return refuse("this one has no scheme");
  if (scheme + 1 == text.size()) return refuse("nothing stands behind the scheme of this one");
  bool ascii = true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) {
      ascii = false;
    } else if (!kPlain[byte]) {
      return refuse("this one has a blank, control, markup or quote character");
    }
  }
  if (ascii) return {};
  if (!base::is_utf8(text)) return refuse("this one is not UTF-8");
  if (has_hidden(text)) return refuse("this one has an invisible character");
  return {};
}

}  // namespace horad::model
