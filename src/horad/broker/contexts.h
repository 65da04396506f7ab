// SPDX-License-Identifier: Apache-2.0
// JSON-LD contexts as requests name them, compiled.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/base/world.h"
#include "horad/broker/context_shelf.h"
#include "horad/broker/types.h"
#include "horad/model/names.h"

namespace horad::model {
class Context;
}

namespace horad::broker {

inline constexpr std::string_view kContextsPath = "/ngsi-ld/v1/jsonldContexts/";

/// How documents of the internet are had.
struct FetchLimits {
  bool allowed = true;                        // false: only what is pinned or was downloaded before
  bool private_addresses = true;              // false: not from loopback and private networks
  Duration time = std::chrono::seconds(10);   // for one document, redirects included
  Duration pause = std::chrono::seconds(10);  // after a failure, before the same URL is asked again
  std::size_t redirects = 5;
  std::size_t at_once = 64;     // downloads under way; beyond: kOverloaded
  std::size_t waiting = 4'096;  // requests waiting for one of them; beyond: kOverloaded
};

struct ContextOptions {
  PinnedContexts pinned = {};
  std::vector<std::string> own_urls =
      {};  // "http://127.0.0.1:8080": how this server is reached; the first is told to others
  FetchLimits fetch = {};
};

/// Compiled contexts by their JSON text, so that each is parsed once and its names are looked up once. Any thread.
/// Documents are found in this order: the core context, built in; our own hosted ones (of the tenant that asks);
/// downloaded ones; pinned ones. What is not here is not waited for: the caller is told to have it fetched.
class Contexts {
 public:
  static constexpr std::size_t kMost = 1'000;  // kept; beyond, all but the core context are dropped and made again
  static constexpr std::size_t kMostBytes = 256 * 1024;     // of one context in a request; larger are kTooLarge
  static constexpr std::size_t kMostKeptBytes = 32u << 20;  // of the texts of those that are kept

  explicit Contexts(model::Names& names, ContextOptions options = {}, const base::Clock* clock = nullptr);
  ~Contexts();
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;

  /// The core context alone. No lock.
  const std::shared_ptr<model::Context>& core() const noexcept;

  /// The context of `json`: a JSON string (URL), object, or array of these; empty text is the core context. Counts as
  /// one use of every document in it. A context that this thread used before takes no lock.
  ///   errors   kBadRequestData, kTooLarge; kContextNotAvailable (names the URL) when a document is not here: then, if
  ///            it may be fetched, `caller.unknown_context` gets `json` (see Broker::obtain_context)
  Result<std::shared_ptr<model::Context>> get(const Caller& caller, std::string_view json);
  /// The same where nobody uses it yet: not counted. `missing`, unless null, gets the URL of a document that may be
  /// fetched. `stored`: for what was stored with its context, so documents that were deleted since are found, too.
  Result<std::shared_ptr<model::Context>> get(std::string_view tenant, std::string_view json, std::string* missing,
                                              bool stored = false);

  /// The one URL that stands for a context: its own, or of the hosted document that host() makes of it.
  std::string url_of(const model::Context& context) const;
  /// True when there is no such document yet, and so has to be one before the URL is told to anybody.
  bool needs_hosting(std::string_view tenant, const model::Context& context) const;
  /// The document for it, not put on the shelf.
  std::shared_ptr<ContextDocument> hosted(std::string_view tenant, const model::Context& context, Timestamp now) const;

  std::string own_url(std::string_view id) const;  // of a hosted document
  /// The id in a URL of ours, percent-decoded; empty for other URLs.
  std::string id_in(std::string_view url) const;

  /// A document by its id or URL, also one of ours, as `tenant` sees it; null when it is not here.
  ContextPtr find(std::string_view tenant, std::string_view id_or_url) const;

  void count_use(const ContextDocument& document) const;
  Timestamp started() const noexcept;

  const ContextOptions& options() const noexcept;
  ContextShelf& shelf() noexcept;
  /// To be called after a document on the shelf has changed: what was compiled is forgotten.
  void forget();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace horad::broker
