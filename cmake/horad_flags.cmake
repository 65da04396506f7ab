# SPDX-License-Identifier: Apache-2.0
# Compiler and linker flags, as targets only: link horad_flags and get them all.
set(HORAD_SANITIZE "" CACHE STRING "Sanitizers for every target: address,undefined or thread; empty for none")
option(HORAD_FUZZ "Build the fuzz targets with libFuzzer" OFF)

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Horad builds with clang 19 (GCC 12.2 miscompiles coroutines that take aggregates). "
                      "Use a preset: cmake --preset dev")
endif()

find_program(HORAD_CCACHE ccache)
if(HORAD_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${HORAD_CCACHE})
endif()

add_library(horad_flags INTERFACE)
target_compile_options(horad_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fno-omit-frame-pointer
  -Wno-gnu-zero-variadic-macro-arguments)
find_program(HORAD_MOLD mold)
if(HORAD_MOLD)
  target_link_options(horad_flags INTERFACE -fuse-ld=mold)
endif()
if(HORAD_SANITIZE)
  target_compile_options(horad_flags INTERFACE -fsanitize=${HORAD_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(horad_flags INTERFACE -fsanitize=${HORAD_SANITIZE})
endif()
if(HORAD_FUZZ)
  target_compile_options(horad_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Standard headers that nearly every file wants, compiled once for each room.
set(HORAD_PCH <algorithm> <array> <atomic> <chrono> <cstdint> <cstring> <expected> <functional> <map> <memory>
              <optional> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector> <fmt/format.h>)
set(HORAD_PCH_ASIO <boost/asio.hpp> <boost/beast.hpp>)
