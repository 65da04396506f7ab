// SPDX-License-Identifier: Apache-2.0
#include "horad/app/server_app.h"

#include <fmt/format.h>

#include "horad/app/kill_switch.h"
#include "horad/app/metrics.h"
#include "horad/app/pinned_contexts.h"
#include "horad/base/real_world.h"
#include "horad/broker/broker.h"
#include "horad/edge/context_pins.h"
#include "horad/edge/http_client.h"
#include "horad/edge/live.h"
#include "horad/edge/mqtt_client.h"
#include "horad/edge/ngsi/routes.h"
#include "horad/edge/outbound.h"
#include "horad/edge/server.h"
#include "horad/edge/service_routes.h"
#include "horad/edge/static_files.h"
#include "horad/edge/tiles.h"
#include "horad/model/names.h"
#include "horad/store/store.h"

namespace horad::app {

/// In the order of making; stop() ends them in reverse. The server is made first, to fail early when the port is taken,
/// and freed last: an answer of the store may still be on its way to one of its loops.
struct ServerApp::State {
  base::SystemClock clock;
  base::SystemRandom random;
  base::PosixDisk disk;
  model::Names names;
  ProcessCounters process;
  edge::Router router;
  std::unique_ptr<edge::LiveFeed> live;  // its clients live on the loops of the server
  std::unique_ptr<edge::Server> server;
  std::unique_ptr<edge::HttpClient> client;
  std::unique_ptr<edge::MqttClient> mqtt;
  std::unique_ptr<edge::Outbound> outbound;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<broker::Broker> broker;
  std::shared_ptr<const edge::Tiles> tiles;
  std::shared_ptr<const edge::StaticFiles> web;
  broker::PinnedContexts pinned;
  std::vector<base::Metric> metrics;
  std::function<void(std::string_view)> report;

  Result<void> open_files(const ServeOptions& options);
  Result<void> open_engine(const ServeOptions& options);
  Result<void> open_server(const ServeOptions& options);
  broker::ContextOptions context_options(const ServeOptions& options);
  void add_routes();
};

Result<void> ServerApp::State::open_files(const ServeOptions& options) {
  if (!options.tiles.empty()) {
    auto opened = edge::Tiles::open(options.tiles);
    if (!opened) return std::unexpected(std::move(opened).error());
    tiles = std::move(*opened);
  }
  if (!options.web.empty()) {
    auto opened = edge::StaticFiles::open(options.web);
    if (!opened) return std::unexpected(std::move(opened).error());
    web = std::move(*opened);
  }
  auto documents = read_pinned_contexts(options.pinned_contexts);
  if (!documents) return std::unexpected(std::move(documents).error());
  pinned = std::move(*documents);
  return {};
}

Result<void> ServerApp::State::open_server(const ServeOptions& options) {
  edge::ServerOptions server_options;
  server_options.host = options.host;
  server_options.port = options.port;
  server_options.threads = options.threads;
  server_options.hosts = options.hosts;
  server_options.report = report;
  auto opened =
      edge::Server::open(std::move(server_options), [this](edge::Request& request) { return router.handle(request); });
  if (!opened) return std::unexpected(std::move(opened).error());
  server = std::move(*opened);
  return {};
}

Result<void> ServerApp::State::open_engine(const ServeOptions& options) {
  store::Options store_options;
  store_options.directory = options.data;
  store_options.shards = options.shards;
  store_options.unsafe_fast = options.unsafe_fast;
  store_options.segment_bytes = options.segment_bytes;
  store_options.checkpoint_every_bytes = options.checkpoint_bytes;
  auto kill_point = kill_point_of_environment();
  if (!kill_point) return std::unexpected(std::move(kill_point).error());
  store_options.kill_point = *std::move(kill_point);
  auto opened = store::Store::open(disk, clock, names, std::move(store_options));
  if (!opened) return std::unexpected(std::move(opened).error());
  store = std::move(*opened);
  edge::HttpClientOptions http_options;
  http_options.ca_file = options.ca_file;
  client = std::make_unique<edge::HttpClient>(std::move(http_options));
  edge::MqttClientOptions mqtt_options;
  mqtt_options.ca_file = options.ca_file;
  mqtt = std::make_unique<edge::MqttClient>(std::move(mqtt_options));
  outbound = std::make_unique<edge::Outbound>(*client, *mqtt);
  broker::Limits limits;
  limits.alias = options.alias;
  limits.notify_private = options.notify_private;
  limits.temporal_page_instances = options.temporal_page_instances;
  auto made = broker::Broker::open(*store, names, clock, random, *outbound, limits, context_options(options));
  if (!made) return std::unexpected(std::move(made).error());
  broker = std::move(*made);
  live = std::make_unique<edge::LiveFeed>(*store, names, clock);
  return {};
}

broker::ContextOptions ServerApp::State::context_options(const ServeOptions& options) {
  broker::ContextOptions out;
  out.pinned = std::move(pinned);
  out.fetch.allowed = options.fetch_contexts;
  out.fetch.private_addresses = options.fetch_from_private;
  const bool is_v6 = options.host.find(':') != std::string::npos;
  const auto listening =
      fmt::format("http://{}{}{}:{}", is_v6 ? "[" : "", options.host, is_v6 ? "]" : "", server->port());
  if (!options.public_url.empty()) out.own_urls.push_back(options.public_url);
  out.own_urls.push_back(listening);
  for (const auto& host : options.hosts) out.own_urls.push_back(fmt::format("http://{}:{}", host, server->port()));
  return out;
}

void ServerApp::State::add_routes() {
  for (auto&& part : {server_metrics(server->counters()), store_metrics(store->counters()), broker->metrics(),
                      live_metrics(live->counters()), process_metrics(process)}) {
    metrics.insert(metrics.end(), part.begin(), part.end());
  }
  edge::ngsi::add_routes(router, *broker);
  edge::add_context_pin_routes(router, *broker);
  edge::add_tile_routes(router, tiles);
  edge::add_service_routes(
      router,
      {.metrics = metrics, .troubles = {[this] { return store->trouble(); }}, .refresh = [this] { process.update(); }});
  if (web) edge::add_static_routes(router, "/", web);
  live->attach(*server);
}

ServerApp::ServerApp(std::unique_ptr<State> state) : state_(std::move(state)) {}
ServerApp::~ServerApp() { stop(); }
std::uint16_t ServerApp::port() const noexcept { return state_->server->port(); }
const std::vector<base::Metric>& ServerApp::metrics() const noexcept { return state_->metrics; }

Result<std::unique_ptr<ServerApp>> ServerApp::open(const ServeOptions& options,
                                                   std::function<void(std::string_view)> report) {
  auto state = std::make_unique<State>();
  state->report = std::move(report);
  const Duration start = state->clock.steady();
  if (auto opened = state->open_files(options); !opened) return std::unexpected(std::move(opened).error());
  if (auto opened = state->open_server(options); !opened) return std::unexpected(std::move(opened).error());
  if (auto opened = state->open_engine(options); !opened) return std::unexpected(std::move(opened).error());
  state->add_routes();
  state->server->start();
  if (state->report) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(state->clock.steady() - start);
    state->report(fmt::format("server.ready entities={} shards={} took_ms={}",
                              state->store->counters().entities.value(), state->store->shard_count(), took.count()));
  }
  return std::unique_ptr<ServerApp>(new ServerApp(std::move(state)));
}

void ServerApp::stop() {
  if (!state_->store) return;
  state_->server->stop();
  if (state_->live) state_->live->stop();
  state_->broker.reset();
  state_->outbound.reset();
  state_->mqtt.reset();
  state_->client.reset();
  state_->store.reset();
  if (state_->report) state_->report("server.stopped");
}

}  // namespace horad::app
