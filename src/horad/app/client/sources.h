// SPDX-License-Identifier: Apache-2.0
// Where imports read from: files, members of archives, other programs' output. All streaming.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"

namespace horad::app::client {

/// Gets pieces of at most 256 KiB; what it answers ends the reading when it is an error.
using OnBytes = std::function<Result<void>(std::string_view)>;
/// Gets lines without their end; one above 64 MiB is kTooLarge.
using OnLine = std::function<Result<void>(std::string_view)>;

/// Reads a file; "-" is standard input. Errors: kNotFound, kIo, and what `on_bytes` answers.
Result<void> read_file(const std::string& path, const OnBytes& on_bytes);
Result<void> read_lines(const std::string& path, const OnLine& on_line);

/// Runs a program found on PATH, without a shell, and reads its standard output by lines. Errors: kNotFound when it is
/// not installed, kIo when it fails (its own words stand on standard error).
Result<void> read_program(const std::vector<std::string>& command, const OnLine& on_line);

struct ArchiveMember {
  std::string name;  // without folders
  std::uint64_t bytes = 0;
};
/// The files in a zip archive. Errors: kNotFound, kDamaged.
Result<std::vector<ArchiveMember>> list_archive(const std::string& path);
/// Reads one of them. Errors: kNotFound, kDamaged (checksum), and what `on_bytes` answers.
Result<void> read_archive(const std::string& path, const std::string& member, const OnBytes& on_bytes);

}  // namespace horad::app::client
