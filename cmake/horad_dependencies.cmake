# SPDX-License-Identifier: Apache-2.0
# Every library Horad links, each once, with its reason. All are Debian 12 packages; packaging/packages.txt installs them.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

function(horad_plain NAME)  # a Debian library without CMake or pkg-config files
  add_library(horad_ext_${NAME} INTERFACE)
  target_link_libraries(horad_ext_${NAME} INTERFACE ${ARGN})
  add_library(horad::${NAME} ALIAS horad_ext_${NAME})
endfunction()

find_package(fmt REQUIRED)                      # text formatting: libstdc++ 12 has no std::format
find_package(OpenSSL REQUIRED)                  # digests and TLS
find_package(simdjson REQUIRED)                 # JSON parsing at memory speed
find_package(absl REQUIRED)                     # S2 needs it
horad_plain(s2 s2 absl::base absl::btree absl::strings absl::hash absl::flat_hash_set)  # cells on the sphere: the geographic index
horad_plain(geos geos_c)                      # exact geometry predicates (LGPL, dynamic)
horad_plain(re2 re2)                            # patterns from outside, in linear time
horad_plain(icu icui18n icuuc)                  # collations: the order of texts in a language
horad_plain(date date-tz)                       # calendars and time zones: libstdc++ 12 has none
horad_plain(rocksdb rocksdb)                    # checkpoints and cold entities
horad_plain(roaring roaring)                    # postings
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)   # history columns that nothing else fits
pkg_check_modules(lz4 REQUIRED IMPORTED_TARGET liblz4)     # fast compression of checkpoints
find_package(Boost 1.81 REQUIRED)               # Asio and Beast: event loops, HTTP/1.1, WebSocket
add_library(horad_ext_asio INTERFACE)
target_link_libraries(horad_ext_asio INTERFACE Boost::headers Threads::Threads OpenSSL::SSL)
target_compile_definitions(horad_ext_asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
add_library(horad::asio ALIAS horad_ext_asio)
find_package(CURL REQUIRED)                     # HTTP client
pkg_check_modules(mosquitto REQUIRED IMPORTED_TARGET libmosquitto)  # MQTT client: notifications (EPL-2.0/EDL-1.0, dynamic)
find_package(SQLite3 REQUIRED)                  # MBTiles
find_package(ZLIB REQUIRED)                     # gzip of served files and tiles
find_package(prometheus-cpp REQUIRED)           # text format of /metrics
horad_plain(prometheus prometheus-cpp::core)
horad_plain(csv csv)                            # CSV as found in the wild (libcsv, LGPL, dynamic)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)  # GTFS archives
find_package(CLI11 REQUIRED)                    # command line
find_package(spdlog REQUIRED)                   # log lines
horad_plain(tomlplusplus)                       # configuration files (header only)
if(BUILD_TESTING)  # ./run installs and needs none of these
  find_package(GTest REQUIRED)                    # tests
  find_package(benchmark REQUIRED)                # benchmarks of cores
  find_library(HORAD_RAPIDCHECK rapidcheck REQUIRED)
  horad_plain(rapidcheck ${HORAD_RAPIDCHECK})     # property-based tests
endif()
