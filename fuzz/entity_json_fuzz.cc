// SPDX-License-Identifier: Apache-2.0
// room: model
// Any bytes as a body. What is accepted must survive: encoding, the disk form, and being printed and read again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "horad/model/change.h"
#include "horad/model/document.h"
#include "horad/model/parse.h"
#include "horad/model/represent.h"

namespace {

using namespace horad;  // NOLINT(google-build-using-namespace): a program of its own

void must(bool holds) {
  if (!holds) std::abort();
}

void check_entity(const model::Entity& entity, model::Names& names, model::Context& context) {
  const auto bytes = model::encode(entity);
  must(model::DocumentView(bytes).to_entity() == entity);
  std::string disk;
  model::append_disk_form(disk, model::DocumentView(bytes), names);
  must(model::from_disk_form(disk, names).value() == bytes);
  model::Parser again;
  for (const auto form : {model::Form::kNormalized, model::Form::kConcise}) {
    std::string json;
    model::RepresentOptions options;
    options.form = form;
    model::append_entity(json, model::DocumentView(bytes), context, options);
    must(again.load(json).has_value());
    const auto back = again.entity(0, context);
    must(back.has_value());
    must(back->attributes.size() == entity.attributes.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  model::Names names;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  model::Parser parser;
  if (!parser.load(body)) return 0;
  const auto own = model::Context::core(names);
  const auto attribute = *own->resolve_attribute("a");
  for (std::size_t i = 0; i < parser.size() && i < 4; ++i) {
    (void)parser.raw_id(i);
    if (const auto text = parser.context(i); text && *text) (void)model::Context::make(names, **text);
    for (const auto form : {model::InputForm::kNormalized, model::InputForm::kSimplified}) {
      const auto entity = parser.entity(i, *own, {form, true});
      if (entity) check_entity(*entity, names, *own);
    }
    (void)parser.entity_patch(i, *own);
  }
  (void)parser.fragment(*own);
  (void)parser.attribute(attribute, *own);
  if (const auto patch = parser.attribute_patch(attribute, *own); patch && !patch->remove_all) {
    model::Attribute current;
    current.name = attribute;
    current.value = model::JsonText{R"({"a":{"b":1}})"};
    (void)model::patched(current, *patch, model::PatchValue::kMerge);
    (void)model::attribute_of(*patch);
  }
  return 0;
}
