// SPDX-License-Identifier: Apache-2.0
// The @context documents that are here (ETSI GS CIM 009 V1.9.1, 5.13): hosted, implicitly created, downloaded, pinned.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/base/result.h"
#include "horad/base/time.h"

namespace horad::broker {

enum class ContextKind : std::uint8_t {
  kHosted,    // given to us by a client of one tenant
  kImplicit,  // made by us, to have a URL for terms that a client of one tenant gave inline
  kCached,    // a document of the internet, or the one pinned to its URL; for all tenants
};
std::string_view kind_name(ContextKind kind) noexcept;  // "Hosted", "ImplicitlyCreated", "Cached"

/// One document. All but its usage is fixed.
struct ContextDocument {
  ContextKind kind = ContextKind::kHosted;
  std::string tenant;  // empty for kCached
  std::string id;      // a URN, unique in its tenant
  std::string url;     // kCached: where it is from; else empty
  std::string text;    // JSON object with "@context"
  Timestamp created{};
  bool pinned = false;   // kCached: the text is the pinned one
  bool dropped = false;  // deleted by a client; kept to load what was stored with it, see ContextShelf::drop()
  mutable std::atomic<std::uint64_t> hits{0};       // uses since this process started
  mutable std::atomic<std::int64_t> last_usage{0};  // nanoseconds since 1970; 0: none
};
using ContextPtr = std::shared_ptr<const ContextDocument>;

/// The text of @context documents, by the URL they are pinned to.
using PinnedContexts = std::map<std::string, std::string, std::less<>>;

struct Pin {
  std::string text;
  bool configured = false;  // by the configuration, and so not to be changed while running
};

/// Local ids: the same for the same content (kImplicit) or URL (kCached).
std::string context_id_of(std::string_view text);

/// Keeps documents in memory and finds them; who stores them durably is the broker. Any thread.
class ContextShelf {
 public:
  static constexpr std::size_t kMostBytes = 1u << 20;  // of one document
  static constexpr std::size_t kMostOfTenant = 10'000;
  static constexpr std::size_t kMostCached = 1'000;  // beyond, the one that was not used for longest goes
  static constexpr std::size_t kMostPins = 1'000;

  explicit ContextShelf(const PinnedContexts& configured = {});

  /// A document by its id, or (kCached) by its URL, as `tenant` sees it; null when it is not here or was dropped.
  ContextPtr find(std::string_view tenant, std::string_view id_or_url) const;
  /// What was downloaded from this URL or taken from its pin; null when neither is here.
  ///   with_dropped   dropped ones, too: for what was stored with them
  ContextPtr at_url(std::string_view url, bool with_dropped = false) const;
  /// A hosted or implicitly created document; `with_dropped` as above.
  ContextPtr own(std::string_view tenant, std::string_view id, bool with_dropped = false) const;
  /// All of a tenant and all cached ones, by kind, then id or URL. Dropped ones are left out.
  std::vector<ContextPtr> list(std::string_view tenant, std::optional<ContextKind> kind) const;

  /// Takes a document in, instead of one of the same tenant and id, or URL.
  ///   returns  the document that had to make room, null when none
  ///   errors   kTooLarge when the tenant has kMostOfTenant, or the text is longer than kMostBytes
  Result<ContextPtr> put(ContextPtr document);
  /// As if it were not here any more, but for what was stored with it. Answers the dropped document, null when there
  /// was none.
  ContextPtr drop(const ContextDocument& document);
  /// Forgets it whole.
  void erase(const ContextDocument& document);

  std::map<std::string, Pin, std::less<>> pins() const;
  std::optional<std::string> pinned_text(std::string_view url) const;
  /// errors  kConflict when the configuration pins this URL, kTooLarge beyond kMostPins or kMostBytes
  Result<void> pin(const std::string& url, std::string text);
  /// errors  kNotFound, kConflict when the configuration pins it
  Result<void> unpin(std::string_view url);

  /// A document that could not be had shall not be asked for again before `until`.
  void note_failure(const std::string& url, Error error, Timestamp until);
  std::optional<Error> recent_failure(std::string_view url, Timestamp now) const;
  void forget_failure(std::string_view url);

 private:
  struct Failure {
    Error error;
    Timestamp until{};
  };
  ContextPtr at_url_locked(std::string_view url, bool with_dropped) const;
  ContextPtr evict_cached();

  mutable std::shared_mutex mutex_;                                // guards all that follows
  std::map<std::pair<std::string, std::string>, ContextPtr> own_;  // tenant and id
  std::map<std::string, ContextPtr, std::less<>> cached_;          // URL
  std::map<std::string, Pin, std::less<>> pins_;                   // URL
  std::map<std::string, Failure, std::less<>> failures_;           // URL
};

}  // namespace horad::broker
