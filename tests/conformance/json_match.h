// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace conformance {

/// Compares `got` with `want`, in which these stand for more than themselves:
///   "<any>" "<string>" "<number>" "<time>" "<uri>"   any value of that sort
///   "<contains X>"                                   a text that has X in it
///   {"...": true, ...}                               an object that may have more members
///   ["<unordered>", ...]                             an array in any order
/// Numbers are equal by value.   returns  what differs and where; empty when nothing does
std::string difference(const boost::json::value& want, const boost::json::value& got, const std::string& at = "");

/// `*` in `pattern` stands for any run of characters.
bool glob(std::string_view pattern, std::string_view text);

}  // namespace conformance
