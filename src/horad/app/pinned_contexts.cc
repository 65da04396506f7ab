// SPDX-License-Identifier: Apache-2.0
#include "horad/app/pinned_contexts.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "horad/model/context.h"
#include "horad/model/names.h"

namespace horad::app {
namespace {

class Shelf final : public model::ContextSource {
 public:
  explicit Shelf(const broker::PinnedContexts& documents) : documents_(documents) {}
  Result<std::string> context_document(std::string_view url) override {
    if (const auto found = documents_.find(url); found != documents_.end()) return found->second;
    return fail(ErrorCode::kContextNotAvailable, fmt::format("{} is not pinned", url));
  }

 private:
  const broker::PinnedContexts& documents_;  // of the caller
};

Result<std::string> read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::kNotFound, "the file cannot be read");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return fail(ErrorCode::kIo, "the file cannot be read");
  if (text.size() > broker::ContextShelf::kMostBytes)
    return fail(ErrorCode::kTooLarge, "the file is larger than 1 MiB");
  return text;
}

std::unexpected<Error> bad_pin(std::string_view url, std::string_view path, std::string_view why) {
  return fail(ErrorCode::kInvalidRequest, fmt::format("pinned_contexts: \"{}\" = \"{}\": {}.", url, path, why),
              "pinned_contexts");
}

}  // namespace

Result<broker::PinnedContexts> read_pinned_contexts(const std::map<std::string, std::string, std::less<>>& files) {
  broker::PinnedContexts documents;
  for (const auto& [url, path] : files) {
    if (model::is_core_context(url)) return bad_pin(url, path, "the core @context is built in and stays what it is");
    auto text = read(path);
    if (!text) return bad_pin(url, path, text.error().detail);
    documents.emplace(url, std::move(*text));
  }
  Shelf shelf{documents};
  model::Names names;
  for (const auto& [url, path] : files) {
    const auto made = model::Context::from_url(names, url, &shelf);
    if (!made && made.error().code != ErrorCode::kContextNotAvailable) return bad_pin(url, path, made.error().detail);
  }
  return documents;
}

}  // namespace horad::app
