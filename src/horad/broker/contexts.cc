// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/contexts.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include "horad/base/text.h"
#include "horad/model/context.h"

namespace horad::broker {
namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

/// A compiled context and the documents in it.
struct Entry {
  std::shared_ptr<model::Context> context;
  std::vector<ContextPtr> documents;
  bool of_tenant = false;  // one of the documents is seen by one tenant only
};
using EntryPtr = std::shared_ptr<const Entry>;
using EntryMap = std::unordered_map<std::string, EntryPtr, TextHash, std::equal_to<>>;

/// What this thread used last, of one Contexts at one moment. It holds no data of requests, and every entry is checked
/// against the generation before it is used.
struct OfThread {
  static constexpr std::size_t kMost = 256;
  static constexpr std::size_t kMostText = 4'096;
  std::uint64_t owner = 0;
  std::uint64_t generation = 0;
  EntryMap entries;
};
OfThread& of_this_thread() {
  thread_local OfThread cache;
  return cache;
}

std::string key_of(std::string_view tenant, std::string_view json) {
  std::string key{tenant};
  return key.append("\n").append(json);  // no tenant has a line break in its name, and no JSON text begins with one
}

void count(const ContextDocument& document, std::int64_t at) {
  document.hits.fetch_add(1, std::memory_order_relaxed);
  document.last_usage.store(at, std::memory_order_relaxed);
}

std::uint64_t next_owner() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

struct Contexts::State {
  State(model::Names& all, ContextOptions given, const base::Clock* the_clock)
      : names(all),
        core(model::Context::core(all)),
        options(std::move(given)),
        clock(the_clock),
        shelf(options.pinned) {}

  model::Names& names;
  const std::shared_ptr<model::Context> core;
  const ContextOptions options;
  const base::Clock* const clock;  // null: usage has no time
  ContextShelf shelf;
  const Timestamp started = now();
  const std::uint64_t owner = next_owner();
  std::atomic<std::uint64_t> generation{1};
  std::shared_mutex mutex;  // guards by_text and kept_bytes
  EntryMap by_text;
  std::size_t kept_bytes = 0;

  Timestamp now() const { return clock == nullptr ? Timestamp{} : clock->now(); }
  EntryPtr find(std::string_view tenant, std::string_view json);
  EntryPtr find_shared(std::string_view tenant, std::string_view json);
  void remember(OfThread& cache, std::string key, EntryPtr entry) const;
  void keep(std::string_view tenant, std::string_view json, const EntryPtr& entry, std::uint64_t seen);
  void count_use(const Entry& entry) const;
  bool is_core(std::string_view json) const;
  Result<EntryPtr> obtain(const Contexts& self, std::string_view tenant, std::string_view json, std::string& missing,
                          bool stored);
};

namespace {

/// Where the documents of one compilation come from.
class Lookup final : public model::ContextSource {
 public:
  Lookup(const Contexts& contexts, ContextShelf& shelf, std::string_view tenant, Timestamp now, bool stored)
      : contexts_(contexts), shelf_(shelf), tenant_(tenant), now_(now), stored_(stored) {}

  Result<std::string> context_document(std::string_view url) override {
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
      return fail(ErrorCode::kBadRequestData,
                  fmt::format("The @context '{}' is not an absolute http or https URL.", url), "/@context");
    }
    if (const auto id = contexts_.id_in(url); !id.empty()) return own(url, id);
    if (auto document = shelf_.at_url(url, stored_)) return take(std::move(document));
    if (auto text = shelf_.pinned_text(url)) return take(from_pin(url, std::move(*text)));
    if (const auto failure = shelf_.recent_failure(url, now_)) return std::unexpected(*failure);
    if (contexts_.options().fetch.allowed) missing_ = url;
    return fail(ErrorCode::kContextNotAvailable, fmt::format("The @context {} is not available here.", url),
                "/@context");
  }

  std::string take_missing() { return std::move(missing_); }
  std::vector<ContextPtr> take_documents() { return std::move(documents_); }
  bool of_tenant() const noexcept { return of_tenant_; }

 private:
  Result<std::string> own(std::string_view url, const std::string& id) {
    of_tenant_ = true;
    if (auto document = shelf_.own(tenant_, id, stored_)) return take(std::move(document));
    return fail(ErrorCode::kContextNotAvailable, fmt::format("There is no @context {} here.", url), "/@context");
  }
  std::string take(ContextPtr document) {
    auto text = document->text;
    documents_.push_back(std::move(document));
    return text;
  }
  ContextPtr from_pin(std::string_view url, std::string text) const {
    auto document = std::make_shared<ContextDocument>();
    document->kind = ContextKind::kCached;
    document->id = context_id_of(url);
    document->url = url;
    document->text = std::move(text);
    document->created = now_;
    document->pinned = true;
    (void)shelf_.put(document);  // pinned texts were checked when they were pinned
    return document;
  }

  const Contexts& contexts_;
  ContextShelf& shelf_;
  std::string_view tenant_;
  Timestamp now_;
  bool stored_;
  bool of_tenant_ = false;
  std::string missing_;
  std::vector<ContextPtr> documents_;
};

}  // namespace

Contexts::Contexts(model::Names& names, ContextOptions options, const base::Clock* clock)
    : state_(std::make_unique<State>(names, std::move(options), clock)) {}
Contexts::~Contexts() = default;

const std::shared_ptr<model::Context>& Contexts::core() const noexcept { return state_->core; }
void Contexts::count_use(const ContextDocument& document) const {
  count(document, state_->now().time_since_epoch().count());
}
Timestamp Contexts::started() const noexcept { return state_->started; }
const ContextOptions& Contexts::options() const noexcept { return state_->options; }
ContextShelf& Contexts::shelf() noexcept { return state_->shelf; }

void Contexts::forget() {
  state_->generation.fetch_add(1);
  const std::unique_lock lock{state_->mutex};
  state_->by_text.clear();  // those in use live on with their holders
  state_->kept_bytes = 0;
}

void Contexts::State::remember(OfThread& cache, std::string key, EntryPtr entry) const {
  if (key.size() > OfThread::kMostText) return;
  if (cache.entries.size() >= OfThread::kMost) cache.entries.clear();
  cache.entries.insert_or_assign(std::move(key), std::move(entry));
}

EntryPtr Contexts::State::find_shared(std::string_view tenant, std::string_view json) {
  const std::shared_lock lock{mutex};
  if (const auto found = by_text.find(json); found != by_text.end()) return found->second;
  const auto found = by_text.find(key_of(tenant, json));
  return found == by_text.end() ? nullptr : found->second;
}

EntryPtr Contexts::State::find(std::string_view tenant, std::string_view json) {
  auto& cache = of_this_thread();
  const auto current = generation.load(std::memory_order_acquire);
  if (cache.owner != owner || cache.generation != current) {
    cache.entries.clear();
    cache.owner = owner;
    cache.generation = current;
  }
  if (const auto found = cache.entries.find(json); found != cache.entries.end()) return found->second;
  const auto of_tenant = cache.entries.find(key_of(tenant, json));
  if (of_tenant != cache.entries.end()) return of_tenant->second;
  auto entry = find_shared(tenant, json);
  if (entry) remember(cache, entry->of_tenant ? key_of(tenant, json) : std::string{json}, entry);
  return entry;
}

void Contexts::State::keep(std::string_view tenant, std::string_view json, const EntryPtr& entry, std::uint64_t seen) {
  auto key = entry->of_tenant ? key_of(tenant, json) : std::string{json};
  const std::unique_lock lock{mutex};
  if (generation.load() != seen) return;  // a document changed while it was compiled
  if (by_text.size() >= kMost || kept_bytes + key.size() > kMostKeptBytes) {
    by_text.clear();
    kept_bytes = 0;
  }
  kept_bytes += key.size();
  by_text.insert_or_assign(std::move(key), entry);
}

void Contexts::State::count_use(const Entry& entry) const {
  if (entry.documents.empty()) return;
  const auto at = now().time_since_epoch().count();
  for (const auto& document : entry.documents) count(*document, at);
}

Result<EntryPtr> Contexts::State::obtain(const Contexts& self, std::string_view tenant, std::string_view json,
                                         std::string& missing, bool stored) {
  if (json.size() > kMostBytes) return fail(ErrorCode::kTooLarge, "The @context is larger than 256 KiB.", "/@context");
  if (auto entry = find(tenant, json)) return entry;
  const auto seen = generation.load();
  Lookup lookup{self, shelf, tenant, now(), stored};
  auto made = model::Context::make(names, json, &lookup);
  if (!made) {
    missing = lookup.take_missing();
    return std::unexpected(std::move(made).error());
  }
  auto entry = std::make_shared<Entry>();
  entry->context = std::move(*made);
  entry->documents = lookup.take_documents();
  entry->of_tenant = lookup.of_tenant();
  if (!stored) keep(tenant, json, entry, seen);
  return entry;
}

bool Contexts::State::is_core(std::string_view json) const { return json.empty() || json == core->json(); }

Result<std::shared_ptr<model::Context>> Contexts::get(const Caller& caller, std::string_view json) {
  if (state_->is_core(json)) return state_->core;
  std::string missing;
  auto entry = state_->obtain(*this, caller.tenant, json, missing, false);
  if (!entry) {
    if (!missing.empty() && caller.unknown_context != nullptr) *caller.unknown_context = json;
    return std::unexpected(std::move(entry).error());
  }
  state_->count_use(**entry);
  return (*entry)->context;
}

Result<std::shared_ptr<model::Context>> Contexts::get(std::string_view tenant, std::string_view json,
                                                      std::string* missing, bool stored) {
  if (state_->is_core(json)) return state_->core;
  std::string url;
  auto entry = state_->obtain(*this, tenant, json, url, stored);
  if (missing != nullptr) *missing = std::move(url);
  if (!entry) return std::unexpected(std::move(entry).error());
  return (*entry)->context;
}

std::string Contexts::url_of(const model::Context& context) const {
  const auto url = context.url();
  return url.empty() ? own_url(context_id_of(context.json())) : std::string{url};
}

bool Contexts::needs_hosting(std::string_view tenant, const model::Context& context) const {
  return context.url().empty() && state_->shelf.own(tenant, context_id_of(context.json())) == nullptr;
}

std::shared_ptr<ContextDocument> Contexts::hosted(std::string_view tenant, const model::Context& context,
                                                  Timestamp now) const {
  auto document = std::make_shared<ContextDocument>();
  document->kind = ContextKind::kImplicit;
  document->tenant = tenant;
  document->id = context_id_of(context.json());
  document->text = fmt::format("{{\"@context\":{}}}", context.json());
  document->created = now;
  return document;
}

ContextPtr Contexts::find(std::string_view tenant, std::string_view id_or_url) const {
  const auto id = id_in(id_or_url);
  return state_->shelf.find(tenant, id.empty() ? id_or_url : std::string_view{id});
}

std::string Contexts::own_url(std::string_view id) const {
  const auto& urls = state_->options.own_urls;
  return fmt::format("{}{}{}", urls.empty() ? std::string_view{} : std::string_view{urls.front()}, kContextsPath, id);
}

std::string Contexts::id_in(std::string_view url) const {
  for (const auto& own : state_->options.own_urls) {
    if (!url.starts_with(own)) continue;
    const auto path = url.substr(own.size());
    if (!path.starts_with(kContextsPath)) continue;
    const auto id = path.substr(kContextsPath.size());
    return base::percent_decode(id.substr(0, id.find_first_of("?#"))).value_or(std::string{});
  }
  return {};
}

}  // namespace horad::broker
