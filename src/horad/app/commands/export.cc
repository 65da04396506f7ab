// SPDX-License-Identifier: Apache-2.0
// `horad export`: everything, or one type, out of a running Horad.
#include <fmt/format.h>
#include <simdjson.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "horad/app/client/progress.h"
#include "horad/app/command.h"
#include "horad/base/text.h"
#include "horad/edge/http_client.h"

namespace horad::app {
namespace {

using simdjson::dom::element;

struct ExportOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string tenant, type, q, format = "ndjson", output = "-";
  bool json = false;
};

constexpr std::size_t kPage = 500;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdout) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Writes entities in one format as pages come in.
class Writer {
 public:
  Writer(std::FILE* file, std::string format) : file_(file), format_(std::move(format)) {}

  void take(const element& entity) {
    if (format_ == "csv") return take_row(entity);
    if (format_ == "geojson") text_ += count_ == 0 ? "{\"type\":\"FeatureCollection\",\"features\":[\n" : ",\n";
    text_ += simdjson::minify(entity);
    if (format_ == "ndjson") text_ += '\n';
    ++count_;
    if (text_.size() > (1u << 20)) flush();
  }
  Result<void> finish() {
    if (format_ == "geojson") text_ += count_ == 0 ? "{\"type\":\"FeatureCollection\",\"features\":[]}\n" : "\n]}\n";
    if (format_ == "csv") write_rows();
    flush();
    if (std::fflush(file_) != 0 || std::ferror(file_) != 0)
      return fail(ErrorCode::kIo, "the output could not be written whole; is the disk full?");
    return {};
  }
  std::uint64_t count() const { return count_; }

 private:
  /// Columns are known only at the end: rows are kept, a million at the most.
  void take_row(const element& entity) {
    std::vector<std::pair<std::string, std::string>> row;
    for (const auto field : simdjson::dom::object(entity)) {
      std::string_view text;
      auto value =
          field.value.get(text) == simdjson::SUCCESS ? std::string(text) : std::string(simdjson::minify(field.value));
      if (field.key != "id" && field.key != "type") columns_.insert(std::string(field.key));
      row.emplace_back(field.key, std::move(value));
    }
    rows_.push_back(std::move(row));
    ++count_;
  }
  void append_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
      text_ += text;
      return;
    }
    text_ += '"';
    for (const char c : text) {
      if (c == '"') text_ += '"';
      text_ += c;
    }
    text_ += '"';
  }
  void write_rows() {
    text_ += "id,type";
    for (const auto& column : columns_) {
      text_ += ',';
      append_field(column);
    }
    text_ += "\r\n";
    for (const auto& row : rows_) {
      const auto value = [&](std::string_view column) {
        for (const auto& [name, text] : row) {
          if (name == column) return std::string_view(text);
        }
        return std::string_view{};
      };
      append_field(value("id"));
      text_ += ',';
      append_field(value("type"));
      for (const auto& column : columns_) {
        text_ += ',';
        append_field(value(column));
      }
      text_ += "\r\n";
      if (text_.size() > (1u << 20)) flush();
    }
  }
  void flush() {
    std::fwrite(text_.data(), 1, text_.size(), file_);
    text_.clear();
  }

  std::FILE* file_;
  std::string format_;
  std::string text_;
  std::uint64_t count_ = 0;
  std::set<std::string> columns_;
  std::vector<std::vector<std::pair<std::string, std::string>>> rows_;
};

class Exporter {
 public:
  explicit Exporter(const ExportOptions& options) : options_(options) {}

  /// Types to export one after the other, with the number of their entities.
  Result<std::vector<std::string>> types() {
    if (!options_.type.empty()) return std::vector{options_.type};
    auto answer = get("/ngsi-ld/v1/types", "application/json");
    if (!answer) return std::unexpected(std::move(answer).error());
    simdjson::dom::parser parser;
    simdjson::dom::array list;
    std::vector<std::string> out;
    if (parser.parse(answer->body)["typeList"].get(list) != simdjson::SUCCESS)
      return fail(ErrorCode::kIo, "the list of types is not what it should be");
    for (const auto name : list) out.emplace_back(std::string_view(name));
    return out;
  }

  Result<void> pages(const std::string& type, const std::function<void(const element&)>& on_entity) {
    simdjson::dom::parser parser;
    for (std::size_t offset = 0;; offset += kPage) {
      auto path =
          fmt::format("/ngsi-ld/v1/entities?type={}&limit={}&offset={}", base::percent_encode(type), kPage, offset);
      if (!options_.q.empty()) path += "&q=" + base::percent_encode(options_.q);
      if (options_.format == "csv") path += "&options=keyValues";
      auto answer = get(path, options_.format == "geojson" ? "application/geo+json" : "application/json");
      if (!answer) return std::unexpected(std::move(answer).error());
      element root;
      simdjson::dom::array page;
      auto parsed = parser.parse(answer->body).get(root);
      if (parsed == simdjson::SUCCESS)
        parsed = options_.format == "geojson" ? root["features"].get(page) : root.get(page);
      if (parsed != simdjson::SUCCESS) return fail(ErrorCode::kIo, "a page is not what it should be");
      for (const auto entity : page) on_entity(entity);
      if (page.size() < kPage) return {};
    }
  }

 private:
  Result<base::OutboundResponse> get(const std::string& path, const std::string& accept) {
    base::OutboundRequest request;
    request.method = "GET";
    request.url = options_.url + path;
    request.headers = {{"Accept", accept}};
    if (!options_.tenant.empty()) request.headers.emplace_back("NGSILD-Tenant", options_.tenant);
    request.timeout = std::chrono::seconds(60);
    auto answer = client_.request(std::move(request));
    if (answer && answer->status != 200)
      return fail(ErrorCode::kIo,
                  fmt::format("the server answered {}: {}", answer->status, answer->body.substr(0, 500)));
    return answer;
  }
  const ExportOptions& options_;
  edge::HttpClient client_;
};

Result<std::uint64_t> run_export(const ExportOptions& options) {
  const File file(options.output == "-" ? stdout : std::fopen(options.output.c_str(), "wb"));
  if (!file) return fail(ErrorCode::kIo, fmt::format("cannot write {}", options.output));
  Exporter exporter(options);
  const auto types = exporter.types();
  if (!types) return std::unexpected(types.error());
  client::Progress progress("entities", 0, options.json || options.output == "-");
  Writer writer(file.get(), options.format);
  std::set<std::string> seen;  // an entity of two types comes twice
  for (const auto& type : *types) {
    auto done = exporter.pages(type, [&](const element& entity) {
      if (types->size() > 1 && !seen.insert(std::string(std::string_view(entity["id"]))).second) return;
      writer.take(entity);
      progress.at(writer.count());
    });
    if (!done) return std::unexpected(std::move(done).error());
  }
  if (auto finished = writer.finish(); !finished) return std::unexpected(std::move(finished).error());
  return writer.count();
}

int run(const ExportOptions& options) {
  const auto count = run_export(options);
  if (!count) {
    fmt::print(stderr, "horad export: {}\n", count.error().detail);
    return kExitFailed;
  }
  if (options.json)
    fmt::print(stderr, "{{\"entities\":{}}}\n", *count);
  else
    fmt::print(stderr, "{} entities\n", *count);
  return kExitOk;
}

}  // namespace

void add_export(CLI::App& program, int& exit_code) {
  const auto options = std::make_shared<ExportOptions>();
  auto* command = program.add_subcommand("export", "Write entities of a running Horad to a file");
  command->add_option("--url", options->url, "The server")->capture_default_str();
  command->add_option("--tenant", options->tenant, "Tenant; default: the default one");
  command->add_option("--type", options->type, "Only this type");
  command->add_option("--q", options->q, "Only what meets this NGSI-LD query");
  command->add_option("--format", options->format, "ndjson: NGSI-LD, one a line; geojson; csv: current values")
      ->capture_default_str()
      ->check(CLI::IsMember({"ndjson", "geojson", "csv"}));
  command->add_option("-o,--output", options->output, "File; - is standard output")->capture_default_str();
  command->add_flag("--json", options->json, "The count as JSON on standard error");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace horad::app
