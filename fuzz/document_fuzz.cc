// SPDX-License-Identifier: Apache-2.0
// room: model
// Any bytes as the disk form of a document or attribute: refused, or read in place without touching anything else.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "horad/model/change.h"
#include "horad/model/document.h"
#include "horad/model/represent.h"

namespace {

using namespace horad;  // NOLINT(google-build-using-namespace): a program of its own

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  model::Names names;
  const auto context = model::Context::core(names);
  if (const auto attribute = model::attribute_from_disk_form(bytes, names)) {
    std::string disk;
    model::append_disk_form(disk, *attribute, names);
    must(model::attribute_from_disk_form(disk, names).value() == *attribute);
  }
  const auto document = model::from_disk_form(bytes, names);
  if (!document) return 0;
  const model::DocumentView view(*document);
  const auto entity = view.to_entity();
  const auto canonical = model::encode(entity);
  must(model::DocumentView(canonical).to_entity() == entity);
  for (const auto attribute : view.attributes()) must(view.find(attribute.name(), attribute.dataset_id()).has_value());
  std::string json;
  model::append_entity(json, view, *context, {});
  model::Change change;
  if (!entity.attributes.empty()) change.set = {entity.attributes[0]};
  const auto at = entity.modified_at;
  const model::DocumentView before(canonical);
  must(model::apply_encoded(&before, entity.id, change, at) ==
       model::encode(model::apply(&entity, entity.id, change, at)));
  return 0;
}
