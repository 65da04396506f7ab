// SPDX-License-Identifier: Apache-2.0
#include "case_file.h"

#include <cstdlib>

#include "horad/base/text.h"

namespace conformance {
namespace {

using horad::Result;
using horad::base::trim;

class FileReader {
 public:
  explicit FileReader(std::string_view text) : rest_(text) {}

  Result<CaseFile> read() {
    while (!rest_.empty()) {
      ++line_;
      const auto end = rest_.find('\n');
      const auto line = rest_.substr(0, end);
      rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
      if (auto done = take(line); !done) return std::unexpected(done.error());
    }
    return std::move(file_);
  }

 private:
  std::unexpected<horad::Error> wrong(const std::string& what) const {
    return horad::fail(horad::ErrorCode::kInvalidRequest, "line " + std::to_string(line_) + ": " + what);
  }

  Result<void> take(std::string_view line) {
    if (line.starts_with("# ") || line == "#") return {};
    if (line.starts_with("=== ")) return begin_case(trim(line.substr(4)));
    if (line.starts_with("<<! ")) return begin_silence(trim(line.substr(4)));
    if (line.starts_with("<< ")) return begin_notification(trim(line.substr(3)));
    if (line.starts_with("<= ")) return take_kept(trim(line.substr(3)));
    if (line.starts_with("<! "))
      return with_exchange(
          [&](Exchange& x) { x.absent_headers.push_back(horad::base::to_lower(trim(line.substr(3)))); });
    if (line.starts_with(">> ")) {
      if (auto done = take_sent(trim(line.substr(3))); !done) return done;
      return with_exchange([](Exchange& x) { x.until = true; });
    }
    if (line.starts_with("< ")) return take_expected(trim(line.substr(2)));
    if (line.starts_with("> ")) return take_sent(trim(line.substr(2)));
    if (trim(line).empty()) return {};
    return with_exchange([&](Exchange& x) { (answering_ ? x.expected_body : x.body).append(line).append("\n"); });
  }

  template <class Do>
  Result<void> with_exchange(Do run) {
    if (list_ == nullptr || list_->empty()) return wrong("this stands outside of an exchange");
    run(list_->back());
    return {};
  }

  Result<void> begin_case(std::string_view name) {
    if (name == "setup") {
      list_ = &file_.setup;
    } else {
      file_.cases.push_back({std::string{name}, {}});
      list_ = &file_.cases.back().exchanges;
    }
    return {};
  }

  Result<void> begin_notification(std::string_view path) {
    if (list_ == nullptr) return wrong("a notification outside of a case");
    list_->push_back({});
    list_->back().line = line_;
    list_->back().expects_notification = true;
    list_->back().target = path;
    answering_ = true;
    return {};
  }

  /// "PATH" or "PATH SECONDS".
  Result<void> begin_silence(std::string_view text) {
    const auto blank = text.find(' ');
    if (auto begun = begin_notification(text.substr(0, blank)); !begun) return begun;
    auto& exchange = list_->back();
    exchange.expects_notification = false;
    exchange.expects_silence = true;
    if (blank != std::string_view::npos) {
      exchange.silence_ms = static_cast<int>(1000 * std::strtod(std::string{text.substr(blank)}.c_str(), nullptr));
    }
    return {};
  }

  /// "METHOD TARGET" begins an exchange, "Name: value" is a header of it.
  Result<void> take_sent(std::string_view text) {
    const auto blank = text.find(' ');
    const auto first = text.substr(0, blank);
    if (first.ends_with(':')) {
      return with_exchange([&](Exchange& x) {
        x.headers.emplace_back(first.substr(0, first.size() - 1), trim(text.substr(first.size())));
      });
    }
    if (list_ == nullptr) return wrong("a request outside of a case");
    if (blank == std::string_view::npos) return wrong("a request is METHOD TARGET");
    list_->push_back({});
    list_->back().line = line_;
    list_->back().method = first;
    list_->back().target = trim(text.substr(blank));
    answering_ = false;
    return {};
  }

  /// "NAME /POINTER" keeps a text of the answer for the rest of the case, "NAME Header" that of a header.
  Result<void> take_kept(std::string_view text) {
    answering_ = true;
    const auto blank = text.find(' ');
    if (blank == std::string_view::npos) return wrong("what is kept is NAME /POINTER or NAME Header");
    return with_exchange([&](Exchange& x) { x.kept.emplace_back(text.substr(0, blank), trim(text.substr(blank))); });
  }

  Result<void> take_expected(std::string_view text) {
    answering_ = true;
    if (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      return with_exchange([&](Exchange& x) { x.status = std::stoi(std::string{text}); });
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return wrong("an expectation is a status or a header");
    return with_exchange([&](Exchange& x) {
      x.expected_headers.emplace_back(horad::base::to_lower(text.substr(0, colon)), trim(text.substr(colon + 1)));
    });
  }

  std::string_view rest_;
  std::size_t line_ = 0;
  CaseFile file_;
  std::vector<Exchange>* list_ = nullptr;
  bool answering_ = false;
};

}  // namespace

Result<CaseFile> read_cases(std::string_view text) { return FileReader{text}.read(); }

}  // namespace conformance
