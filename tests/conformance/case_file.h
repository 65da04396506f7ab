// SPDX-License-Identifier: Apache-2.0
// The files of cases; their format is told in README.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/base/result.h"

namespace conformance {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Exchange {
  std::size_t line = 0;  // in the file, for messages
  std::string method;
  std::string target;
  Headers headers;
  std::string body;

  bool until = false;  // asked again for some seconds, until the answer fits

  bool expects_notification = false;  // then `target` is the path at the sink, and nothing is sent
  bool expects_silence = false;       // then no notification may come to `target` for `silence_ms`
  int silence_ms = 1000;
  int status = 0;            // expected; 0: any 2xx
  Headers expected_headers;  // values may have `*`
  std::vector<std::string> absent_headers;
  std::vector<std::pair<std::string, std::string>> kept;  // name in the case -> JSON Pointer into the answer, or header
  std::string expected_body;                              // JSON with wildcards, or "(empty)"; empty: not looked at
};

struct Case {
  std::string name;
  std::vector<Exchange> exchanges;
};

struct CaseFile {
  std::vector<Exchange> setup;  // before each case, in its tenant
  std::vector<Case> cases;
};

/// errors  kInvalidRequest with the line
horad::Result<CaseFile> read_cases(std::string_view text);

}  // namespace conformance
