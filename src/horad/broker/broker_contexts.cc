// SPDX-License-Identifier: Apache-2.0
// JSON-LD contexts (ETSI GS CIM 009 V1.9.1, 5.13): hosting, fetching, forgetting, pinning.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/model/context.h"

namespace horad::broker {
namespace {

constexpr std::size_t kMostFetched = 64;  // documents of one @context
constexpr std::string_view kPinned = "Pinned";

std::string_view member_text(const json::object& object, std::string_view name) {
  const auto* const value = object.if_contains(json::string_view{name.data(), name.size()});
  return value != nullptr && value->is_string() ? text_of(value->get_string()) : std::string_view{};
}

std::optional<ContextKind> kind_named(std::string_view name) {
  for (const auto kind : {ContextKind::kHosted, ContextKind::kImplicit, ContextKind::kCached}) {
    if (kind_name(kind) == name) return kind;
  }
  return std::nullopt;
}

store::Address pin_address(std::string_view url) {
  return kept_address(Kept::kContext, {}, "pin:" + context_id_of(url));
}

Task<Result<void>> write(store::Store& store, store::Address address, store::Mutation mutation) {
  const auto written = co_await ask<Result<store::Written>>(
      [&](auto done) { store.write(std::move(address), std::move(mutation), std::move(done)); });
  if (!written) co_return std::unexpected(written.error());
  co_return Result<void>{};
}

}  // namespace

store::Address context_address(const ContextDocument& document) {
  return kept_address(Kept::kContext, document.tenant, document.id);
}

store::Mutation store_context(const SystemNames& names, const ContextDocument& document) {
  json::object definition;
  const auto kind = kind_name(document.kind);
  definition["kind"] = json::string_view{kind.data(), kind.size()};
  definition["id"] = document.id;
  definition["url"] = document.url;
  definition["createdAt"] = base::format_time(document.created);
  definition["dropped"] = document.dropped;
  return put_stored(names, Kept::kContext, definition, document.text);
}

Result<void> load_context(const SystemNames& names, ContextShelf& shelf, const std::string& tenant,
                          model::DocumentView view) {
  auto stored = read_put(names, view);
  if (!stored) return std::unexpected(std::move(stored).error());
  const auto& definition = stored->definition;
  const std::string url{member_text(definition, "url")};
  if (member_text(definition, "kind") == kPinned) {
    auto pinned = shelf.pin(url, std::move(stored->context));
    if (!pinned && pinned.error().code != ErrorCode::kConflict) return pinned;  // the configuration goes before
    return {};
  }
  const auto kind = kind_named(member_text(definition, "kind"));
  const auto created = base::parse_time(member_text(definition, "createdAt"));
  if (!kind || !created)
    return fail(ErrorCode::kDamaged, fmt::format("The stored @context {} cannot be read.", view.id()));
  if (*kind == ContextKind::kCached && shelf.pinned_text(url)) return {};
  auto document = std::make_shared<ContextDocument>();
  document->kind = *kind;
  document->tenant = *kind == ContextKind::kCached ? std::string{} : tenant;
  document->id = member_text(definition, "id");
  document->url = url;
  document->text = std::move(stored->context);
  document->created = *created;
  const auto* const dropped = definition.if_contains("dropped");
  document->dropped = dropped != nullptr && dropped->is_bool() && dropped->get_bool();
  if (const auto put = shelf.put(std::move(document)); !put) return std::unexpected(put.error());
  return {};
}

void Broker::State::write_context(const ContextDocument& document) {
  store.write(context_address(document), store_context(system, document), [](const auto&) {});
}

void Broker::State::forget_context(const ContextDocument& document) {
  store.write(context_address(document), remove_stored(system, Kept::kContext), [](const auto&) {});
}

Result<void> Broker::State::accept_context(const std::string& url, std::string text) {
  if (auto good = model::Context::check_document(text); !good) return good;
  auto document = std::make_shared<ContextDocument>();
  document->kind = ContextKind::kCached;
  document->id = context_id_of(url);
  document->url = url;
  document->text = std::move(text);
  document->created = clock.now();
  const auto before = contexts.shelf().at_url(url);
  if (before) {
    document->hits = before->hits.load();
    document->last_usage = before->last_usage.load();
  }
  auto gone = contexts.shelf().put(document);
  if (!gone) return std::unexpected(std::move(gone).error());
  if (before) contexts.forget();  // of a document that was not here, nothing was compiled
  write_context(*document);  // should the write fail, it is fetched again after a restart
  if (*gone && !(*gone)->pinned) forget_context(**gone);
  std::vector<std::function<bool()>> waiting;
  {
    const std::lock_guard lock{waiting_mutex};
    waiting.swap(waiting_for_context);
  }
  std::erase_if(waiting, [](const auto& attempt) { return attempt(); });
  const std::lock_guard lock{waiting_mutex};
  std::ranges::move(waiting, std::back_inserter(waiting_for_context));
  return {};
}

Task<Result<void>> Broker::obtain_context(std::string tenant, std::string json) {
  auto& contexts = state_->contexts;
  for (std::size_t i = 0; i < kMostFetched; ++i) {
    std::string missing;
    if (contexts.get(tenant, json, &missing) || missing.empty()) break;
    const auto fetched =
        co_await ask<Result<void>>([&](auto done) { state_->fetcher->fetch(missing, std::move(done)); });
    if (fetched) continue;
    if (fetched.error().code == ErrorCode::kOverloaded) co_return fetched;
    contexts.shelf().note_failure(missing, fetched.error(), state_->clock.now() + contexts.options().fetch.pause);
    break;
  }
  co_return Result<void>{};
}

Task<Result<std::string>> Broker::add_context(Caller caller, std::string_view text) {
  state_->counters.operations.add();
  if (auto good = model::Context::check_document(text); !good) co_return std::unexpected(std::move(good).error());
  auto document = std::make_shared<ContextDocument>();
  document->kind = ContextKind::kHosted;
  document->tenant = std::move(caller.tenant);
  document->id = fmt::format("urn:ngsi-ld:Context:{:016x}{:016x}", state_->random.next(), state_->random.next());
  document->text = text;
  document->created = state_->clock.now();
  auto kept = co_await keep_context(document);
  if (!kept) co_return std::unexpected(std::move(kept).error());
  co_return document->id;
}

Task<Result<void>> Broker::keep_context(std::shared_ptr<ContextDocument> document) {
  auto& shelf = state_->contexts.shelf();
  auto gone = shelf.put(document);
  if (!gone) co_return std::unexpected(std::move(gone).error());
  if (*gone) state_->forget_context(**gone);
  auto written = co_await write(state_->store, context_address(*document), store_context(state_->system, *document));
  if (!written) shelf.erase(*document);
  co_return written;
}

Task<Result<void>> Broker::host_context(std::string tenant, std::shared_ptr<model::Context> context) {
  if (!state_->contexts.needs_hosting(tenant, *context)) co_return Result<void>{};
  co_return co_await keep_context(state_->contexts.hosted(tenant, *context, state_->clock.now()));
}

Task<Result<void>> Broker::remove_context(Caller caller, std::string_view id_or_url) {
  state_->counters.operations.add();
  if (model::is_core_context(id_or_url))
    co_return fail(ErrorCode::kBadRequestData, "The core @context is built in and cannot be deleted.");
  auto& contexts = state_->contexts;
  const auto found = contexts.find(caller.tenant, id_or_url);
  if (!found) co_return fail(ErrorCode::kNotFound, "There is no such @context here.");
  Result<void> done;
  if (found->pinned) {
    contexts.shelf().erase(*found);
  } else if (found->kind == ContextKind::kImplicit) {  // what was stored with it has its terms, too
    contexts.shelf().erase(*found);
    done = co_await write(state_->store, context_address(*found), remove_stored(state_->system, Kept::kContext));
  } else if (const auto dropped = contexts.shelf().drop(*found)) {
    done = co_await write(state_->store, context_address(*dropped), store_context(state_->system, *dropped));
  }
  contexts.forget();
  co_return done;
}

Task<Result<void>> Broker::reload_context(Caller caller, std::string_view id_or_url) {
  state_->counters.operations.add();
  if (model::is_core_context(id_or_url)) co_return Result<void>{};  // the one that is built in is the published one
  auto& contexts = state_->contexts;
  const auto found = contexts.find(caller.tenant, id_or_url);
  if (!found || found->kind != ContextKind::kCached) {
    co_return fail(ErrorCode::kBadRequestData, "'reload' is for an @context of kind Cached that is here.", "reload");
  }
  if (found->pinned) {  // read again from its pin when it is used next
    contexts.shelf().erase(*found);
    contexts.forget();
    co_return Result<void>{};
  }
  if (!contexts.options().fetch.allowed)
    co_return fail(ErrorCode::kContextNotAvailable, "Documents are not downloaded here.", "/@context");
  auto fetched = co_await ask<Result<void>>([&](auto done) { state_->fetcher->fetch(found->url, std::move(done)); });
  if (!fetched && fetched.error().code == ErrorCode::kBadRequestData)
    fetched.error().code = ErrorCode::kContextNotAvailable;  // 5.13.5.4: an invalid document is one that cannot be had
  co_return fetched;
}

Task<Result<void>> Broker::pin_context(std::string url, std::string document) {
  state_->counters.operations.add();
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    co_return fail(ErrorCode::kBadRequestData, "'url' is an absolute http or https URL.", "/url");
  if (model::is_core_context(url))
    co_return fail(ErrorCode::kBadRequestData, "The core @context is built in and stays what it is.", "/url");
  if (auto good = model::Context::check_document(document); !good) co_return good;
  if (auto pinned = state_->contexts.shelf().pin(url, document); !pinned) co_return pinned;
  state_->contexts.forget();
  json::object definition;
  definition["kind"] = json::string_view{kPinned.data(), kPinned.size()};
  definition["url"] = url;
  co_return co_await write(state_->store, pin_address(url),
                           put_stored(state_->system, Kept::kContext, definition, std::move(document)));
}

Task<Result<void>> Broker::unpin_context(std::string url) {
  state_->counters.operations.add();
  if (auto gone = state_->contexts.shelf().unpin(url); !gone) co_return gone;
  state_->contexts.forget();
  co_return co_await write(state_->store, pin_address(url), remove_stored(state_->system, Kept::kContext));
}

}  // namespace horad::broker
