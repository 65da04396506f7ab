// SPDX-License-Identifier: Apache-2.0
#include "horad/app/client/uploader.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <utility>

namespace horad::app::client {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

struct Uploader::Batch {
  std::string body;
  std::size_t entities = 0;
  bool under_way = false;
  bool done = false;
  unsigned tries = 0;
  steady_clock::time_point first_try{};
  steady_clock::time_point due{};  // of the next try, when it is not under way
};

namespace {

/// Seconds of a Retry-After header, or the growing pause of our own: 0.2 s doubling to 5 s.
steady_clock::duration pause_before(unsigned tries, const base::OutboundResponse* answer) {
  if (answer != nullptr) {
    for (const auto& [name, value] : answer->headers) {
      int seconds = 0;
      if (name == "retry-after" &&
          std::from_chars(value.data(), value.data() + value.size(), seconds).ec == std::errc{}) {
        return std::chrono::seconds(std::clamp(seconds, 1, 30));
      }
    }
  }
  return std::min<steady_clock::duration>(200ms * (1 << std::min(tries, 5u)), 5s);
}

bool may_retry(const Error& error) {
  return error.code == ErrorCode::kIo || error.code == ErrorCode::kTimeout || error.code == ErrorCode::kUnavailable ||
         error.code == ErrorCode::kOverloaded;
}

std::uint64_t remembered(const std::string& file) {
  std::ifstream in(file);
  std::uint64_t safe = 0;
  in >> safe;
  return in ? safe : 0;
}

}  // namespace

Uploader::Uploader(UploadOptions options) : options_(std::move(options)) {
  if (!options_.resume.empty()) report_.skipped = remembered(options_.resume);
  safe_ = report_.skipped;
}

Uploader::~Uploader() = default;

Result<void> Uploader::add(std::string_view entity) {
  if (report_.given++ < report_.skipped) return {};
  body_ += in_body_ == 0 ? '[' : ',';
  body_ += entity;
  ++in_body_;
  if (in_body_ >= options_.batch || body_.size() >= options_.batch_bytes) return send_current();
  return {};
}

Result<void> Uploader::finish() {
  if (in_body_ > 0) {
    if (auto sent = send_current(); !sent) return sent;
  }
  if (auto done = wait_until(0); !done) return done;
  if (!options_.resume.empty()) std::remove(options_.resume.c_str());  // nothing is left to resume
  return {};
}

std::uint64_t Uploader::safe() const {
  const std::lock_guard lock(mutex_);
  return safe_;
}

Result<void> Uploader::send_current() {
  if (auto room = wait_until(options_.in_flight - 1); !room) return room;
  body_ += ']';
  std::size_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = next_++;
    auto& batch = batches_[number];
    batch.body = std::exchange(body_, {});
    batch.entities = std::exchange(in_body_, 0);
    batch.first_try = steady_clock::now();
  }
  dispatch(number);
  return options_.resume.empty() ? Result<void>{} : remember();
}

void Uploader::dispatch(std::size_t number) {
  base::OutboundRequest request;
  {
    const std::lock_guard lock(mutex_);
    auto& batch = batches_.at(number);
    batch.under_way = true;
    ++batch.tries;
    request.body = batch.body;
  }
  request.method = "POST";
  request.url =
      options_.url + "/ngsi-ld/v1/entityOperations/upsert?options=" + (options_.replace_all ? "replace" : "update");
  request.headers = {{"Content-Type", "application/json"}};
  if (!options_.tenant.empty()) request.headers.emplace_back("NGSILD-Tenant", options_.tenant);
  request.timeout = 60s;
  client_.exchange(std::move(request),
                   [this, number](Result<base::OutboundResponse> answer) { answered(number, std::move(answer)); });
}

void Uploader::answered(std::size_t number, Result<base::OutboundResponse> answer) {
  const std::lock_guard lock(mutex_);
  auto& batch = batches_.at(number);
  batch.under_way = false;
  const bool again = answer ? answer->status == 429 || answer->status == 503 : may_retry(answer.error());
  if (again && steady_clock::now() - batch.first_try < options_.retry_for) {
    batch.due = steady_clock::now() + pause_before(batch.tries, answer ? &*answer : nullptr);
  } else if (!answer) {
    failed_ = Error{answer.error().code, fmt::format("{}: {}", options_.url, answer.error().detail), {}};
  } else {
    settle(number, *answer);
  }
  changed_.notify_all();
}

/// Counts a whole answer. With the mutex held.
void Uploader::settle(std::size_t number, const base::OutboundResponse& answer) {
  auto& batch = batches_.at(number);
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const bool json = parser.parse(answer.body).get(root) == simdjson::SUCCESS;
  std::uint64_t created = 0, refused = 0;
  if (answer.status == 201 && json && root.is_array()) {
    created = root.get_array().value().size();
  } else if (answer.status == 207 && json) {
    simdjson::dom::array errors;
    if (root["errors"].get(errors) == simdjson::SUCCESS) {
      for (const auto error : errors) {
        ++refused;
        std::string_view id, detail;
        if (error["entityId"].get(id) != simdjson::SUCCESS) id = "?";
        if (error["error"]["detail"].get(detail) != simdjson::SUCCESS) detail = "no reason given";
        if (report_.first_refusals.size() < 20) report_.first_refusals.push_back(fmt::format("{}: {}", id, detail));
      }
    }
  } else if (answer.status != 204) {
    failed_ =
        Error{ErrorCode::kIo, fmt::format("the server answered {}: {}", answer.status, answer.body.substr(0, 500)), {}};
    return;
  }
  report_.created += created;
  report_.refused += refused;
  report_.updated += batch.entities - created - refused;
  batch.done = true;
  while (!batches_.empty() && batches_.begin()->second.done) {
    safe_ += batches_.begin()->second.entities;
    batches_.erase(batches_.begin());
  }
}

void Uploader::retry_due() {
  std::vector<std::size_t> due;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, batch] : batches_) {
      if (!batch.done && !batch.under_way && batch.tries > 0 && batch.due <= steady_clock::now()) due.push_back(number);
    }
  }
  for (const auto number : due) dispatch(number);
}

Result<void> Uploader::wait_until(std::size_t at_most) {
  for (;;) {
    retry_due();
    std::unique_lock lock(mutex_);
    if (failed_) return std::unexpected(*failed_);
    const auto waiting =
        std::count_if(batches_.begin(), batches_.end(), [](const auto& entry) { return !entry.second.done; });
    if (static_cast<std::size_t>(waiting) <= at_most) return {};
    changed_.wait_for(lock, 100ms);
  }
}

Result<void> Uploader::remember() {
  const auto safe_now = safe();
  const auto fresh = options_.resume + ".new";
  {
    std::ofstream out(fresh);
    out << safe_now << '\n';
    if (!out.flush()) return fail(ErrorCode::kIo, fmt::format("cannot write {}", fresh));
  }
  if (std::rename(fresh.c_str(), options_.resume.c_str()) != 0)
    return fail(ErrorCode::kIo, fmt::format("cannot write {}", options_.resume));
  return {};
}

}  // namespace horad::app::client
