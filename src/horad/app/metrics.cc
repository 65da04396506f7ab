// SPDX-License-Identifier: Apache-2.0
#include "horad/app/metrics.h"

#include <dirent.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace horad::app {
namespace {

std::int64_t entries_of(const char* directory) {
  DIR* const dir = ::opendir(directory);
  if (dir == nullptr) return 0;
  std::int64_t count = -2;  // "." and ".."
  while (::readdir(dir) != nullptr) ++count;
  ::closedir(dir);
  return count;
}

std::int64_t resident_pages() {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  long total = 0, resident = 0;
  const int got = std::fscanf(file, "%ld %ld", &total, &resident);  // NOLINT(cert-err34-c): the kernel writes numbers
  std::fclose(file);
  return got == 2 ? resident : 0;
}

}  // namespace

void ProcessCounters::update() noexcept {
  resident_bytes.set(resident_pages() * ::sysconf(_SC_PAGESIZE));
  open_files.set(entries_of("/proc/self/fd"));
  threads.set(entries_of("/proc/self/task"));
}

std::vector<base::Metric> server_metrics(const edge::ServerCounters& counters) {
  std::vector<base::Metric> out;
  static constexpr std::array kClasses = {"1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    out.push_back({"horad_http_responses_total",
                   "Answers sent, by class of status",
                   {{"status", kClasses[i]}},
                   &counters.responses[i]});
  }
  out.push_back({"horad_http_request_duration_seconds",
                 "From the whole request received to its answer made",
                 {},
                 &counters.request_seconds});
  out.push_back({"horad_http_connections", "Open connections", {}, &counters.connections});
  out.push_back({"horad_http_connections_accepted_total", "Connections accepted", {}, &counters.accepted});
  out.push_back({"horad_http_connections_refused_total",
                 "Connections turned away because there were too many",
                 {},
                 &counters.refused_connections});
  out.push_back({"horad_http_requests_refused_total",
                 "Requests that were malformed, too large or too slow",
                 {},
                 &counters.refused_requests});
  out.push_back({"horad_http_timeouts_total", "Requests that took too long to arrive", {}, &counters.timeouts});
  out.push_back({"horad_http_failures_total", "Requests that ended in a fault of ours", {}, &counters.failures});
  out.push_back({"horad_http_received_bytes_total", "Bytes of requests", {}, &counters.received_bytes});
  out.push_back({"horad_http_sent_bytes_total", "Bytes of answers", {}, &counters.sent_bytes});
  return out;
}

std::vector<base::Metric> live_metrics(const edge::LiveCounters& counters) {
  return {{"horad_live_clients", "Clients of the live feed", {}, &counters.clients},
          {"horad_live_messages_total", "Messages sent to them", {}, &counters.messages},
          {"horad_live_batches_total", "Batches of changes made for them", {}, &counters.batches},
          {"horad_live_records_total", "Log records read for them", {}, &counters.records},
          {"horad_live_resyncs_total", "Clients told to reload", {}, &counters.resyncs},
          {"horad_live_refused_total", "Clients refused because there were too many", {}, &counters.refused}};
}

std::vector<base::Metric> store_metrics(const store::StoreCounters& counters) {
  return {
      {"horad_store_writes_total", "Writes asked for", {}, &counters.writes},
      {"horad_store_reads_total", "Entities read by id", {}, &counters.reads},
      {"horad_store_queries_total", "Queries answered", {}, &counters.queries},
      {"horad_store_refused_total", "Calls refused because of overload or lack of space", {}, &counters.refused},
      {"horad_store_entities", "Entities there now", {}, &counters.entities},
      {"horad_store_memory_bytes", "Memory of entities, indexes and open history", {}, &counters.memory_bytes},
      {"horad_store_writes_stopped", "1 when writes are stopped after a disk failure", {}, &counters.writes_stopped},
      {"horad_store_checkpoints_total", "Checkpoints written", {}, &counters.checkpoints},
      {"horad_log_records_total", "Records appended to the change log", {}, &counters.records},
      {"horad_log_synced_bytes_total", "Bytes of the change log made durable", {}, &counters.synced_bytes},
      {"horad_log_syncs_total", "Times the change log was synced", {}, &counters.syncs},
      {"horad_log_bytes", "Size of the change log on disk", {}, &counters.log_bytes},
      {"horad_log_sync_duration_seconds", "One sync of the change log", {}, &counters.sync_seconds}};
}

std::vector<base::Metric> process_metrics(const ProcessCounters& counters) {
  return {{"process_resident_memory_bytes", "Resident memory", {}, &counters.resident_bytes},
          {"process_open_fds", "Open file descriptors", {}, &counters.open_files},
          {"process_threads", "Threads", {}, &counters.threads}};
}

}  // namespace horad::app
