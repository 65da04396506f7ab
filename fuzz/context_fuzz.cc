// SPDX-License-Identifier: Apache-2.0
// room: model
// Any bytes as an @context: refused, or its compaction never lies.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "horad/model/context.h"

namespace {

using namespace horad;  // NOLINT(google-build-using-namespace): a program of its own

/// Every URL has the same document: the input, so that documents name each other.
class Mirror : public model::ContextSource {
 public:
  explicit Mirror(std::string_view text) : text_(text) {}
  Result<std::string> context_document(std::string_view) override { return std::string(text_); }

 private:
  std::string_view text_;  // of the fuzzer, which outlives this
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  model::Names names;
  Mirror mirror(text);
  (void)model::Context::from_url(names, "https://example.org/c", &mirror);
  const auto made = model::Context::make(names, text, &mirror);
  if (!made) return 0;
  for (const std::string_view term : {"a", "b", "a:b", "ex:x", "location", "https://example.org/x", "urn:x:y"}) {
    const auto iri = (*made)->expand(term);
    if ((*made)->expand((*made)->compact(iri)) != iri) std::abort();
    if (const auto id = (*made)->resolve_attribute(term)) (void)(*made)->quoted(*id);
  }
  return 0;
}
