// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/gzip.h"

#include <zlib.h>

#include <new>

#include "horad/base/text.h"

namespace horad::edge {
namespace {

constexpr int kWindowOfGzip = 15 + 16;
constexpr std::size_t kStep = 64 * 1024;

Bytef* input(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}  // NOLINT: zlib reads only

}  // namespace

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, kWindowOfGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = input(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<std::string> gunzip(std::string_view bytes, std::size_t most) {
  z_stream stream{};
  if (inflateInit2(&stream, kWindowOfGzip) != Z_OK) throw std::bad_alloc();
  stream.next_in = input(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int state = Z_OK;
  while (state == Z_OK && out.size() <= most) {
    const std::size_t before = out.size();
    out.resize(before + kStep);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(kStep);
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (out.size() > most) return fail(ErrorCode::kTooLarge, "The unpacked content is too large.");
  if (state != Z_STREAM_END || stream.avail_in != 0)
    return fail(ErrorCode::kDamaged, "The content is not whole gzip data.");
  return out;
}

bool accepts_gzip(std::string_view accept_encoding) noexcept {
  while (!accept_encoding.empty()) {
    const auto comma = accept_encoding.find(',');
    const auto item = base::trim(accept_encoding.substr(0, comma));
    const auto semicolon = item.find(';');
    const auto coding = base::trim(item.substr(0, semicolon));
    const auto weight =
        semicolon == std::string_view::npos ? std::string_view{} : base::trim(item.substr(semicolon + 1));
    const bool forbidden = weight.starts_with("q=0") && weight.find_first_not_of("0.", 2) == std::string_view::npos;
    if ((coding == "gzip" || coding == "*") && !forbidden) return true;
    accept_encoding = comma == std::string_view::npos ? std::string_view{} : accept_encoding.substr(comma + 1);
  }
  return false;
}

}  // namespace horad::edge
