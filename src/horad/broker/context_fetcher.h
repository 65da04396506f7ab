// SPDX-License-Identifier: Apache-2.0
// Downloads of @context documents: bounded, one at a time for each URL, off every thread that serves requests.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "horad/base/result.h"
#include "horad/base/world.h"
#include "horad/broker/contexts.h"

namespace horad::broker {

class ContextFetcher {
 public:
  /// Puts a document where it is found. Called once for each download that came, before those who wait for it hear of
  /// it, on a thread of the network.   errors  kBadRequestData when it is no @context document
  using Accept = std::function<Result<void>(const std::string& url, std::string text)>;
  using Done = std::move_only_function<void(Result<void>)>;

  /// `net` and `clock` outlive it.
  ContextFetcher(base::Net& net, base::Clock& clock, const FetchLimits& limits, Accept accept);
  /// From here on nothing is accepted any more; who waits is answered when the network ends.
  ~ContextFetcher();
  ContextFetcher(const ContextFetcher&) = delete;
  ContextFetcher& operator=(const ContextFetcher&) = delete;

  /// Fetches the document at `url`; whoever asks for one that is under way waits for that one. Follows up to
  /// FetchLimits::redirects, never from https to http. Any thread; never blocks; `done` is called once, on any thread.
  ///   errors   kContextNotAvailable naming the URL and why; kBadRequestData when it is no @context document;
  ///            kOverloaded
  void fetch(const std::string& url, Done done);

 private:
  struct Core;
  std::shared_ptr<Core> core_;  // shared with the callbacks of exchanges under way
};

}  // namespace horad::broker
