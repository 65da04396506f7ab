// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/context_shelf.h"

#include <fmt/format.h>

#include <algorithm>

namespace horad::broker {
namespace {

constexpr std::size_t kMostFailures = 1'000;

ContextPtr visible(const ContextPtr& document, bool with_dropped) {
  return document && (with_dropped || !document->dropped) ? document : nullptr;
}

std::unexpected<Error> too_long() {
  return fail(ErrorCode::kTooLarge, "An @context document has at most 1 MiB.", "@context");
}

/// FNV-1a; two of them with different beginnings make an id.
std::uint64_t hash_of(std::string_view text, std::uint64_t hash) noexcept {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

ContextPtr dropped_copy(const ContextDocument& document) {
  auto copy = std::make_shared<ContextDocument>();
  copy->kind = document.kind;
  copy->tenant = document.tenant;
  copy->id = document.id;
  copy->url = document.url;
  copy->text = document.text;
  copy->created = document.created;
  copy->dropped = true;
  return copy;
}

}  // namespace

std::string_view kind_name(ContextKind kind) noexcept {
  switch (kind) {
    case ContextKind::kHosted:
      return "Hosted";
    case ContextKind::kImplicit:
      return "ImplicitlyCreated";
    case ContextKind::kCached:
      return "Cached";
  }
  return {};
}

std::string context_id_of(std::string_view text) {
  return fmt::format("urn:ngsi-ld:Context:{:016x}{:016x}", hash_of(text, 0xcbf29ce484222325u),
                     hash_of(text, 0x9ae16a3b2f90404fu));
}

ContextShelf::ContextShelf(const PinnedContexts& configured) {
  for (const auto& [url, text] : configured) pins_.emplace(url, Pin{text, true});
}

ContextPtr ContextShelf::at_url_locked(std::string_view url, bool with_dropped) const {
  const auto found = cached_.find(url);
  return found == cached_.end() ? nullptr : visible(found->second, with_dropped);
}

ContextPtr ContextShelf::at_url(std::string_view url, bool with_dropped) const {
  const std::shared_lock lock{mutex_};
  return at_url_locked(url, with_dropped);
}

ContextPtr ContextShelf::own(std::string_view tenant, std::string_view id, bool with_dropped) const {
  const std::shared_lock lock{mutex_};
  const auto found = own_.find({std::string{tenant}, std::string{id}});
  return found == own_.end() ? nullptr : visible(found->second, with_dropped);
}

ContextPtr ContextShelf::find(std::string_view tenant, std::string_view id_or_url) const {
  if (auto document = own(tenant, id_or_url)) return document;
  const std::shared_lock lock{mutex_};
  if (auto document = at_url_locked(id_or_url, false)) return document;
  for (const auto& [url, document] : cached_) {
    if (document->id == id_or_url) return visible(document, false);
  }
  return nullptr;
}

std::vector<ContextPtr> ContextShelf::list(std::string_view tenant, std::optional<ContextKind> kind) const {
  std::vector<ContextPtr> out;
  const auto add = [&](const ContextPtr& document) {
    if (!document->dropped && (!kind || document->kind == *kind)) out.push_back(document);
  };
  const std::shared_lock lock{mutex_};
  for (auto at = own_.lower_bound({std::string{tenant}, {}}); at != own_.end() && at->first.first == tenant; ++at)
    add(at->second);
  std::ranges::sort(
      out, {}, [](const ContextPtr& document) { return std::pair{document->kind, std::string_view{document->id}}; });
  for (const auto& [url, document] : cached_) add(document);
  return out;
}

ContextPtr ContextShelf::evict_cached() {
  const auto oldest = std::ranges::min_element(cached_, {}, [](const auto& entry) {
    const auto& document = *entry.second;  // one that was dropped goes before all that are in use
    return document.dropped ? 0 : std::max(document.last_usage.load(), document.created.time_since_epoch().count());
  });
  auto out = std::move(oldest->second);
  cached_.erase(oldest);
  return out;
}

Result<ContextPtr> ContextShelf::put(ContextPtr document) {
  if (document->text.size() > kMostBytes) return too_long();
  const std::unique_lock lock{mutex_};
  if (document->kind == ContextKind::kCached) {
    failures_.erase(document->url);
    ContextPtr gone;
    if (cached_.size() >= kMostCached && !cached_.contains(document->url)) gone = evict_cached();
    cached_.insert_or_assign(document->url, std::move(document));
    return gone;
  }
  const std::pair key{document->tenant, document->id};
  if (!own_.contains(key)) {
    const auto first = own_.lower_bound({document->tenant, {}});
    const auto last = std::find_if(first, own_.end(), [&](const auto& one) { return one.first.first != key.first; });
    if (static_cast<std::size_t>(std::distance(first, last)) >= kMostOfTenant) {
      const auto dropped = std::find_if(first, last, [](const auto& one) { return one.second->dropped; });
      if (dropped == last)
        return fail(ErrorCode::kTooLarge,
                    fmt::format("The tenant has {} @contexts, which is the limit.", kMostOfTenant));
      auto gone = std::move(dropped->second);
      own_.erase(dropped);
      own_.emplace(key, std::move(document));
      return gone;
    }
  }
  own_.insert_or_assign(key, std::move(document));
  return ContextPtr{};
}

ContextPtr ContextShelf::drop(const ContextDocument& document) {
  const std::unique_lock lock{mutex_};
  ContextPtr* place = nullptr;
  if (document.kind == ContextKind::kCached) {
    if (const auto found = cached_.find(document.url); found != cached_.end()) place = &found->second;
  } else if (const auto found = own_.find({document.tenant, document.id}); found != own_.end()) {
    place = &found->second;
  }
  if (place == nullptr || (*place)->dropped) return nullptr;
  *place = dropped_copy(**place);
  return *place;
}

void ContextShelf::erase(const ContextDocument& document) {
  const std::unique_lock lock{mutex_};
  if (document.kind == ContextKind::kCached) {
    cached_.erase(document.url);
  } else {
    own_.erase({document.tenant, document.id});
  }
}

std::map<std::string, Pin, std::less<>> ContextShelf::pins() const {
  const std::shared_lock lock{mutex_};
  return pins_;
}

std::optional<std::string> ContextShelf::pinned_text(std::string_view url) const {
  const std::shared_lock lock{mutex_};
  const auto found = pins_.find(url);
  if (found == pins_.end()) return std::nullopt;
  return found->second.text;
}

Result<void> ContextShelf::pin(const std::string& url, std::string text) {
  if (text.size() > kMostBytes) return too_long();
  const std::unique_lock lock{mutex_};
  const auto found = pins_.find(url);
  if (found != pins_.end() && found->second.configured)
    return fail(ErrorCode::kConflict, "The configuration pins this URL; change it there.", "url");
  if (found == pins_.end() && pins_.size() >= kMostPins)
    return fail(ErrorCode::kTooLarge, fmt::format("There are {} pins, which is the limit.", kMostPins));
  pins_.insert_or_assign(url, Pin{std::move(text), false});
  cached_.erase(url);
  failures_.erase(url);
  return {};
}

Result<void> ContextShelf::unpin(std::string_view url) {
  const std::unique_lock lock{mutex_};
  const auto found = pins_.find(url);
  if (found == pins_.end()) return fail(ErrorCode::kNotFound, "No document is pinned to this URL.", "url");
  if (found->second.configured)
    return fail(ErrorCode::kConflict, "The configuration pins this URL; change it there.", "url");
  pins_.erase(found);
  if (const auto cached = cached_.find(url); cached != cached_.end()) cached_.erase(cached);
  return {};
}

void ContextShelf::note_failure(const std::string& url, Error error, Timestamp until) {
  const std::unique_lock lock{mutex_};
  if (failures_.size() >= kMostFailures && !failures_.contains(url)) failures_.erase(failures_.begin());
  failures_.insert_or_assign(url, Failure{std::move(error), until});
}

std::optional<Error> ContextShelf::recent_failure(std::string_view url, Timestamp now) const {
  const std::shared_lock lock{mutex_};
  const auto found = failures_.find(url);
  if (found == failures_.end() || found->second.until <= now) return std::nullopt;
  return found->second.error;
}

void ContextShelf::forget_failure(std::string_view url) {
  const std::unique_lock lock{mutex_};
  if (const auto found = failures_.find(url); found != failures_.end()) failures_.erase(found);
}

}  // namespace horad::broker
