// SPDX-License-Identifier: Apache-2.0
// room: broker
// Any bytes as what a registered source answers: never trouble for us, and what comes in of entities is whole. It can
// be put together with another place's, encoded, and shown as JSON that reads as the same entity again; so can what it
// says of the past, whose order and number of instances then are as asked.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "horad/broker/contexts.h"
#include "horad/broker/source_answer.h"
#include "horad/broker/source_discovery.h"
#include "horad/broker/source_history.h"
#include "horad/model/context.h"
#include "horad/model/represent.h"

namespace {

using namespace horad;  // NOLINT(google-build-using-namespace): a program of its own

constexpr std::size_t kMost = 100;

void check_entities(std::string_view text, broker::Contexts& contexts) {
  auto read = broker::read_source_entities(text, contexts.core(), contexts, "", kMost);
  if (read.entities.size() > kMost) std::abort();
  model::RepresentOptions options;
  options.sys_attrs = true;
  broker::Merger merger;
  for (int place = 0; place < 2; ++place) {
    for (const auto& entity : read.entities) merger.add({nullptr, entity});
  }
  for (const auto& entity : std::move(merger).take()) {
    const model::Document document{model::encode(entity)};
    std::string shown;
    model::append_entity(shown, document.view(), *contexts.core(), options);
    const auto again = broker::read_source_entities(shown, contexts.core(), contexts, "", 1);
    if (again.entities.size() != 1 || again.entities.front().id != entity.id) std::abort();
  }
}

void check_names(std::string_view text, broker::Contexts& contexts, const model::Names& names) {
  const auto found = broker::read_found_names(text, contexts.core(), contexts, "");
  broker::NameMerger merger;
  merger.add(found);
  merger.add(found);
  if (std::move(merger).types(names).size() > found.types.size()) std::abort();
}

void check_histories(std::string_view text, broker::Contexts& contexts, const model::Names& names) {
  auto read = broker::read_source_histories(text, contexts.core(), contexts, "", kMost);
  broker::HistoryMerger merger;
  for (int place = 0; place < 2; ++place) {
    for (const auto& history : read.entities) merger.add({nullptr, history});
  }
  store::HistoryQuery query;
  query.last_n = 2;
  const auto ids = merger.ids();
  const auto merged = std::move(merger).take(ids, query, names);
  if (merged.size() != ids.size()) std::abort();
  for (const auto& history : merged) {
    for (const auto& series : history.series) {
      if (series.instances.size() > query.last_n) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  model::Names names;
  broker::Contexts contexts{names};
  check_entities(text, contexts);
  check_names(text, contexts, names);
  check_histories(text, contexts, names);
  (void)broker::cut_of({{"content-range", std::string{text}}});
  return 0;
}
