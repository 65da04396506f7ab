// SPDX-License-Identifier: Apache-2.0
#include "horad/app/config.h"

#include <gtest/gtest.h>

namespace horad::app {
namespace {

Sources sources(std::string file, std::map<std::string, std::string> environment = {},
                std::map<std::string, std::string, std::less<>> flags = {}) {
  Sources out;
  out.file_name = "horad.toml";
  if (!file.empty()) out.file = std::move(file);
  out.environment = [environment](const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  };
  out.flags = std::move(flags);
  return out;
}

TEST(Config, LaterSourcesWin) {
  const std::string file = "data = \"/a\"\nshards = 3\n\nthreads = 2\nunsafe_fast = true\n";
  const auto config = resolve(sources(file, {{"HORAD_SHARDS", "4"}, {"HORAD_THREADS", "5"}}, {{"threads", "6"}}));
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->at("listen").origin, "default");
  EXPECT_EQ(config->at("data").origin, "horad.toml, line 1");
  EXPECT_EQ(config->at("shards").text, "4");
  EXPECT_EQ(config->at("shards").origin, "HORAD_SHARDS");
  EXPECT_EQ(config->at("threads").text, "6");
  EXPECT_EQ(config->at("threads").origin, "--threads");
  EXPECT_EQ(config->at("unsafe_fast").text, "true");
}

struct Bad {
  std::string_view name;
  std::string_view file;
  std::string_view says;
};
class BadFile : public testing::TestWithParam<Bad> {};

TEST_P(BadFile, IsRefusedNamingThePlace) {
  const auto config = resolve(sources(std::string{GetParam().file}));
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, ErrorCode::kInvalidRequest);
  EXPECT_NE(config.error().detail.find(GetParam().says), std::string::npos) << config.error().detail;
}

INSTANTIATE_TEST_SUITE_P(
    Files, BadFile,
    testing::Values(Bad{"UnknownKey", "data = \"x\"\nlisen = \"y\"\n", "line 2: there is no setting 'lisen'"},
                    Bad{"NotToml", "data = \n", "line 1"},
                    Bad{"WrongKind", "shards = \"many\"\n", "'many' is not a whole number"},
                    Bad{"NoSwitch", "unsafe_fast = \"perhaps\"\n", "neither true nor false"},
                    Bad{"List", "tiles = [\"a\"]\n", "'tiles' takes one value"},
                    Bad{"PinsAreATable", "pinned_contexts = 1\n", "line 1: 'pinned_contexts' is a"},
                    Bad{"PinToNoFile", "[pinned_contexts]\n\"http://a/c\" = 1\n",
                        "line 2: 'pinned_contexts': \"http://a/c\" takes the name of a file"},
                    Bad{"PinOfNoUrl", "[pinned_contexts]\nc = \"f\"\n", "\"c\" is not an http"},
                    Bad{"Table", "[tiles]\n", "takes one value"}),
    [](const auto& c) { return std::string{c.param.name}; });

Result<ServeOptions> options_with(std::map<std::string, std::string, std::less<>> flags) {
  flags.try_emplace("data", "/data");
  const auto config = resolve(sources("", {}, std::move(flags)));
  if (!config) return std::unexpected(config.error());
  return to_serve_options(*config);
}

TEST(ServeOptions, LoopbackIsAllThereIsWhileAccessIsOpen) {
  for (const std::string listen : {"127.0.0.1:0", "127.1.2.3:80", "[::1]:8080", "localhost:8080"})
    EXPECT_TRUE(options_with({{"listen", listen}})) << listen;
  for (const std::string listen : {"0.0.0.0:80", "[::]:80", "192.168.1.1:80", "10.0.0.1:0"}) {
    const auto options = options_with({{"listen", listen}});
    ASSERT_FALSE(options) << listen;
    EXPECT_NE(options.error().detail.find("only loopback"), std::string::npos);
  }
  EXPECT_EQ(options_with({{"listen", "[::1]:81"}})->host, "::1");
  EXPECT_EQ(options_with({{"listen", "localhost:81"}})->port, 81);
}

TEST(ServeOptions, RefusesWhatMakesNoSense) {
  for (const std::string listen : {"8080", "localhost", "example.org:80", "127.0.0.1:70000", "127.0.0.1:x", ""})
    EXPECT_FALSE(options_with({{"listen", listen}})) << listen;
  EXPECT_FALSE(options_with({{"data", ""}}));
  EXPECT_FALSE(options_with({{"access", "closed"}}));
  EXPECT_FALSE(options_with({{"shards", "257"}}));
}

TEST(ServeOptions, PinnedContextsAreFilesBesideTheConfiguration) {
  auto from = sources(
      "data = \"d\"\n[pinned_contexts]\n\"https://a.example/c\" = \"ctx/a.jsonld\"\n"
      "\"http://b.example/c\" = \"/b.jsonld\"\n");
  from.file_name = "/etc/horad/horad.toml";
  const auto config = resolve(from);
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->at("pinned_contexts.https://a.example/c").origin, "/etc/horad/horad.toml, line 3");
  const auto options = to_serve_options(*config);
  ASSERT_TRUE(options) << options.error().detail;
  EXPECT_EQ(options->pinned_contexts,
            (std::map<std::string, std::string, std::less<>>{{"https://a.example/c", "/etc/horad/ctx/a.jsonld"},
                                                             {"http://b.example/c", "/b.jsonld"}}));
}

TEST(ServeOptions, AcceptsItsOwnNamesAndThoseAdded) {
  const auto options = options_with({{"allow_host", "Horad.Local, town"}});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->hosts, (std::vector<std::string>{"localhost", "127.0.0.1", "[::1]", "horad.local", "town"}));
  EXPECT_GE(options->shards, 1u);
  EXPECT_GE(options->threads, 1u);
}

TEST(Settings, HaveOneNameInThreeSpellings) {
  for (const auto& setting : settings()) {
    EXPECT_TRUE(environment_of(setting).starts_with("HORAD_"));
    EXPECT_EQ(flag_of(setting).find('_'), std::string::npos);
    EXPECT_FALSE(setting.help.empty());
  }
}

}  // namespace
}  // namespace horad::app
