// SPDX-License-Identifier: Apache-2.0
// How many durable appends a second this disk gives to one writer: see README.md.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: floor_sync FILE SECONDS [BYTES]\n", stderr);
    return 2;
  }
  const double seconds = std::min(std::atof(argv[2]), 60.0);
  const auto bytes = static_cast<std::size_t>(argc > 3 ? std::atoi(argv[3]) : 256);
  constexpr off_t kFile = 64 << 20;
  const int fd = ::open(argv[1], O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 || ::posix_fallocate(fd, 0, kFile) != 0 || ::fsync(fd) != 0) {
    std::perror(argv[1]);
    return 1;
  }
  using Clock = std::chrono::steady_clock;
  const std::string record(bytes, 'x');
  std::vector<double> micros;
  const auto start = Clock::now();
  off_t at = 0;
  for (auto now = start; std::chrono::duration<double>(now - start).count() < seconds;) {
    if (at + static_cast<off_t>(bytes) > kFile) at = 0;
    if (::pwrite(fd, record.data(), bytes, at) < 0 || ::fdatasync(fd) != 0) {
      std::perror("fdatasync");
      return 1;
    }
    at += static_cast<off_t>(bytes);
    const auto after = Clock::now();
    micros.push_back(std::chrono::duration<double, std::micro>(after - now).count());
    now = after;
  }
  std::sort(micros.begin(), micros.end());
  const auto at_share = [&](double share) {
    return micros[static_cast<std::size_t>(static_cast<double>(micros.size() - 1) * share)];
  };
  std::printf("%zu appends of %zu bytes, %.0f/s, p50 %.0f us, p99 %.0f us\n", micros.size(), bytes,
              static_cast<double>(micros.size()) / seconds, at_share(0.5), at_share(0.99));
  ::close(fd);
  ::unlink(argv[1]);
}
