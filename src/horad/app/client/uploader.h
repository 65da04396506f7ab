// SPDX-License-Identifier: Apache-2.0
// Brings entities into a running Horad through its public API.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/edge/http_client.h"

namespace horad::app::client {

struct UploadOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string tenant;                             // empty: the default one
  std::size_t batch = 300;                        // entities a request
  std::size_t batch_bytes = 4u << 20;             // and not more than this
  std::size_t in_flight = 4;                      // requests at once; 1 keeps the order between batches
  Duration retry_for = std::chrono::seconds(60);  // while the server is away or overloaded
  std::string resume;                             // file that remembers how many entities are safe; empty: none
  bool replace_all = false;                       // upsert options=replace instead of update
};

struct UploadReport {
  std::uint64_t given = 0;    // entities handed to the uploader
  std::uint64_t skipped = 0;  // safe already, by the resume file
  std::uint64_t created = 0;
  std::uint64_t updated = 0;
  std::uint64_t refused = 0;                // by the server, one by one
  std::vector<std::string> first_refusals;  // up to 20: "id: detail"
};

/// Sends entities in batches, a few at once. One thread uses it. A batch that meets 429, 503 or a broken connection is
/// sent again with growing pauses (or the server's Retry-After): upserts may safely be done twice. Any other refusal of
/// a whole batch ends the upload.
class Uploader {
 public:
  explicit Uploader(UploadOptions options);
  ~Uploader();

  /// Takes one entity as JSON. Waits while enough is under way. Errors: kUnavailable when the server stayed away for
  /// retry_for; what the server said when it refused a whole batch; kIo when the resume file cannot be written.
  Result<void> add(std::string_view entity);
  /// Sends what is left and waits for all answers.
  Result<void> finish();
  const UploadReport& report() const { return report_; }
  /// Entities acknowledged so far.
  std::uint64_t safe() const;

 private:
  struct Batch;
  Result<void> send_current();
  void dispatch(std::size_t number);
  void answered(std::size_t number, Result<base::OutboundResponse> answer);
  void settle(std::size_t number, const base::OutboundResponse& answer);
  void retry_due();
  Result<void> wait_until(std::size_t at_most_in_flight);
  Result<void> remember();

  UploadOptions options_;
  UploadReport report_;
  std::string body_;
  std::size_t in_body_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::map<std::size_t, Batch> batches_;  // not yet safe, by number
  std::size_t next_ = 0;
  std::uint64_t safe_ = 0;  // entities before the first batch that is not
  std::optional<Error> failed_;
  edge::HttpClient client_;  // last: its thread ends before the rest goes
};

}  // namespace horad::app::client
