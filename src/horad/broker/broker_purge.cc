// SPDX-License-Identifier: Apache-2.0
// Purge (5.6.21): everything that matches a query goes, or some attributes of it.
#include <algorithm>
#include <memory>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/decide.h"

namespace horad::broker {
namespace {

constexpr std::size_t kPage = 1'000;        // entities found and written at a time
constexpr std::size_t kMostErrors = 1'000;  // a purge that the store refuses so often ends

struct Asked {
  model::Query query;
  PurgeWhat what;
};

/// One page of entities to be written. `still[i]` tells afterwards whether entity `i` matches as before.
struct Round {
  std::vector<std::string> ids;
  std::vector<store::Write> writes;
  std::vector<char> still;
};

/// Decides for one entity as it is when its turn comes: by then it may match no more.
Result<model::Change> decide(const Asked& asked, const model::DocumentView* current, Timestamp at, char& still) {
  still = 0;
  if (current == nullptr || !model::matches(asked.query, *current)) return model::Change{};
  auto change = decide_purge(*current, asked.what);
  if (change.kind == model::ChangeKind::kDeleted) return change;
  const auto after = model::apply_encoded(current, current->id(), change, at);
  still = model::matches(asked.query, model::DocumentView{after}) ? 1 : 0;
  return change;
}

std::shared_ptr<Round> round_of(const std::shared_ptr<const Asked>& asked, const std::string& tenant,
                                const std::vector<model::Document>& documents) {
  auto round = std::make_shared<Round>();
  round->still.resize(documents.size());
  for (std::size_t i = 0; i < documents.size(); ++i) {
    auto& id = round->ids.emplace_back(documents[i].view().id());
    round->writes.push_back(
        {city_address(tenant, id), [asked, round, i](const model::DocumentView* current, Timestamp at) {
           return decide(*asked, current, at, round->still[i]);
         }});
  }
  return round;
}

}  // namespace

/// Page by page, so that memory stays bounded: what no longer matches makes room for the next page, what still does is
/// stepped over.
Task<Result<BatchResult>> Broker::purge(std::string tenant, model::Query query, PurgeWhat what) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  query.limit = kPage;
  query.offset = 0;
  query.count = false;
  const auto asked = std::make_shared<const Asked>(Asked{std::move(query), std::move(what)});
  const store::Tenant whose{tenant, store::Space::kCity};
  BatchResult out;
  for (std::size_t offset = 0;;) {
    model::Query page_of = asked->query;
    page_of.offset = offset;
    auto page =
        co_await ask<Result<store::Page>>([&](auto done) { state_->store.query(whose, page_of, std::move(done)); });
    if (!page) co_return std::unexpected(std::move(page).error());
    if (page->documents.empty()) break;
    const auto round = round_of(asked, tenant, page->documents);
    const auto written = co_await ask<std::vector<Result<store::Written>>>(
        [&](auto done) { state_->store.write_all(std::move(round->writes), std::move(done)); });
    for (std::size_t i = 0; i < written.size(); ++i) {
      if (written[i]) {
        offset += static_cast<std::size_t>(round->still[i]);
        if (out.succeeded.size() < kMostErrors) out.succeeded.push_back(std::move(round->ids[i]));
        continue;
      }
      ++offset;
      out.errors.push_back({std::move(round->ids[i]), written[i].error()});
    }
    if (out.errors.size() >= kMostErrors) break;
  }
  co_return out;
}

}  // namespace horad::broker
