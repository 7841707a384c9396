#include "tests/node/told.hpp"

#include <catch2/catch.hpp>

using namespace parley;

TEST_CASE("a node that is told nothing has the documented defaults", "[node][configuration]") {
  const auto r = told{}.read();
  CHECK(r.mistakes.empty());
  CHECK(r.command == command::serve);
  CHECK(r.options.node.listen == "127.0.0.1:8080");
  CHECK(r.options.node.shards == 256);
  CHECK(r.options.node.dedup_window == seconds{86'400});
  CHECK(r.options.node.is_embedded());
}

TEST_CASE("a flag wins over the environment, that over the file, that over the default", "[node][configuration]") {
  told all{{"--shards", "4"},
           {{"PARLEY_SHARDS", "3"}, {"PARLEY_NODE_NAME", "env"}},
           "shards = 2\nnode_name = \"file\"\nio_threads = 7\n"};
  const auto r = all.read();
  REQUIRE(r.mistakes.empty());
  CHECK(r.options.node.shards == 4);
  CHECK(r.options.node.node_name == "env");
  CHECK(r.options.node.io_threads == 7);
  CHECK(r.options.node.actor_threads == 0);
  CHECK(r.set_where.at("shards") == "--shards");
  CHECK(r.set_where.at("node_name") == "PARLEY_NODE_NAME");
  CHECK(r.set_where.at("io_threads") == "parleyd.toml:3");
  CHECK_FALSE(r.set_where.contains("actor_threads"));
}

TEST_CASE("every setting can be said in all three places and means the same there", "[node][configuration]") {
  for (const auto& s : settings()) {
    CAPTURE(s.key);
    const auto standard = s.show(configuration{});
    std::string text = standard;
    if (s.kind == setting_kind::flag) text = standard == "true" ? "false" : "true";
    if (s.kind == setting_kind::number) text = standard == "0" ? "1" : std::to_string(std::stoll(standard) - 1);
    if (s.kind == setting_kind::text) text = s.key == "log_level" ? "warn" : "[::1]:99";
    if (s.key == "node_name") text = "n-2.x";
    if (s.key == "origins") text = "https://a.example";
    if (s.key == "postgres") text = "postgresql://a/b";
    if (s.key == "redis") text = "redis://a:1";
    if (s.key == "dev_peers") text = "n2=http://127.0.0.1:8081";
    if (s.key == "fan_out.keys") text = std::string(64, 'a');

    std::string literal = text;
    if (s.kind == setting_kind::text) literal = toml_text(text);
    if (s.kind == setting_kind::list) literal = toml_list({text});
    const auto shown = s.key == "fan_out.keys" ? toml_list({"***"}) : literal;
    const auto table = s.table().empty() ? "" : "[" + s.table() + "]\n";
    const auto by_file = told{{}, {}, table + s.name() + " = " + literal + "\n"}.read();
    const auto by_environment = told{{}, {{s.environment_name(), text}}, ""}.read();
    const auto by_flag = told{{s.flag + "=" + text}, {}, ""}.read();
    for (const auto* r : {&by_file, &by_environment, &by_flag}) {
      CHECK(r->mistakes.empty());
      CHECK(s.show(r->options) == shown);
      CHECK(s.show(r->options) != standard);
    }
  }
}

TEST_CASE("a list is a repeated flag, a TOML array, or parted text in the environment", "[node][configuration]") {
  const std::vector<std::string> both{"redis://a:1", "redis://b:2"};
  CHECK(told{{"--redis", both[0], "--redis", both[1]}, {}, ""}.read().options.node.redis == both);
  CHECK(told{{}, {{"PARLEY_REDIS", "redis://a:1;redis://b:2"}}, ""}.read().options.node.redis == both);
  CHECK(told{{}, {{"PARLEY_REDIS", "redis://a:1\nredis://b:2\n"}}, ""}.read().options.node.redis == both);
  CHECK(told{{}, {}, "redis = [\"redis://a:1\", \"redis://b:2\"]"}.read().options.node.redis == both);
}

TEST_CASE("a libpq keyword string with blanks is one database", "[node][configuration]") {
  const std::string dsn = "host=/run/postgresql dbname=parley user=p";
  CHECK(told{{}, {{"PARLEY_POSTGRES", dsn}}, ""}.read().options.node.postgres == std::vector{dsn});
  CHECK(told{{"--postgres", dsn, "migrate"}, {}, ""}.read().options.node.postgres == std::vector{dsn});
}

TEST_CASE("every mistake is reported at once, each with where it came from", "[node][configuration]") {
  told all{{"--listen", "nowhere", "--shard", "9", "--io-threads", "many"},
           {{"PARLEY_SHARDS", "0"}, {"PARLEY_LOG_LEVL", "info"}, {"PARLEY_DEV", "maybe"}},
           "[limits]\ncontent_bytes = \"big\"\nframes = 1\n[limit]\nx = 1\n"};
  const auto m = all.read().mistakes;
  CHECK(m.size() == 9);
  CHECK(has(m, "--listen", "\"nowhere\" is no HOST:PORT"));
  CHECK(has(m, "--shard", "unknown flag, did you mean \"--shards\"?"));
  CHECK(has(m, "--io-threads", "\"many\" is not a whole number"));
  CHECK(has(m, "PARLEY_SHARDS", "0 is not within 1 to 65536"));
  CHECK(has(m, "PARLEY_LOG_LEVL", "did you mean \"PARLEY_LOG_LEVEL\"?"));
  CHECK(has(m, "PARLEY_DEV", "\"maybe\" is not true or false"));
  CHECK(has(m, "parleyd.toml:2", "limits.content_bytes takes a whole number"));
  CHECK(has(m, "parleyd.toml:3", "unknown key \"limits.frames\""));
  CHECK(has(m, "parleyd.toml:4", "unknown key \"limit\""));
  const auto text = report(m);
  for (const auto& one : m) CHECK(text.find(one.where + ": " + one.text) != std::string::npos);
}

TEST_CASE("a value that loses is judged all the same", "[node][configuration]") {
  const auto r = told{{"--shards", "4"}, {}, "shards = 0\n"}.read();
  CHECK(has(r.mistakes, "parleyd.toml:1", "0 is not within"));
  CHECK(r.options.node.shards == 4);
}

TEST_CASE("an unknown table, a wrong type and a file that is not TOML name their lines", "[node][configuration]") {
  CHECK(has(told{{}, {}, "\n[limts]\nx = 1\n"}.read().mistakes, "parleyd.toml:2", "unknown key \"limts\""));
  CHECK(has(told{{}, {}, "dev = 1\n"}.read().mistakes, "parleyd.toml:1", "dev takes true or false"));
  CHECK(has(told{{}, {}, "redis = \"redis://a:1\"\n"}.read().mistakes, "parleyd.toml:1", "redis takes a list"));
  CHECK(has(told{{}, {}, "redis = [1]\n"}.read().mistakes, "parleyd.toml:1", "redis takes a list"));
  CHECK(has(told{{}, {}, "a = 1\nb = = 2\n"}.read().mistakes, "parleyd.toml:2", "is not TOML"));
}

TEST_CASE("a configuration file that cannot be read is a mistake", "[node][configuration]") {
  const auto r = read_configuration({"--config", "gone.toml"}, {}, [](const std::string&) {
    return file_text{std::nullopt, "cannot be read: No such file or directory"};
  });
  CHECK(has(r.mistakes, "gone.toml", "No such file"));
}

TEST_CASE("the environment may name the file; the flag wins", "[node][configuration]") {
  std::vector<std::string> asked;
  const auto reader = [&](const std::string& path) { return asked.push_back(path), file_text{"shards = 9", ""}; };
  CHECK(read_configuration({}, {{"PARLEY_CONFIG", "a"}}, reader).options.node.shards == 9);
  read_configuration({"--config", "b"}, {{"PARLEY_CONFIG", "a"}}, reader);
  CHECK(asked == std::vector<std::string>{"a", "b"});
}

TEST_CASE("variables of others are left alone, Kubernetes' for a service of our name too", "[node][configuration]") {
  const environment others{{"HOME", "/"},
                           {"PARLEYD", "x"},
                           {"PARLEY_PORT", "tcp://10.0.0.1:80"},
                           {"PARLEY_PORT_80_TCP", "x"},
                           {"PARLEY_SERVICE_HOST", "10.0.0.1"}};
  CHECK(told{{}, others, ""}.read().mistakes.empty());
}

TEST_CASE("a flag given twice is a mistake where it takes one value", "[node][configuration]") {
  CHECK(has(told{{"--shards", "1", "--shards", "2"}, {}, ""}.read().mistakes, "--shards", "2 times"));
}

TEST_CASE("a command may stand before and after flags; another word is a mistake", "[node][configuration]") {
  CHECK(told{{"--shards", "1", "config"}, {}, ""}.read().command == command::config);
  CHECK(told{{"migrate", "--shards", "1"}, {}, ""}.read().command == command::migrate);
  CHECK(told{{"migrate", "--shards", "3"}, {}, ""}.read().options.node.shards == 3);
  CHECK(has(told{{"confg"}, {}, ""}.read().mistakes, "confg", "did you mean \"config\"?"));
}

TEST_CASE("a start outside development mode is refused, since this version has no tokens", "[node][configuration]") {
  CHECK(has(contradictions(told{}.read(), true), "", "say --dev"));
  CHECK(contradictions(told{}.read(), false).empty());
  CHECK(contradictions(told{{"--dev"}, {}, ""}.read(), true).empty());
}

TEST_CASE("development mode listens on loopback only, unless insisted on", "[node][configuration]") {
  const std::string open = GENERATE("0.0.0.0:80", "[::]:80", "192.0.2.1:80");
  CHECK(has(contradictions(told{{"--dev", "--listen", open}, {}, ""}.read(), true), "--listen", "--dev-allow-remote"));
  CHECK(contradictions(told{{"--dev", "--dev-allow-remote", "--listen", open}, {}, ""}.read(), true).empty());
  const std::string loopback = GENERATE("127.0.0.1:80", "127.8.0.1:0", "[::1]:80", "localhost:80");
  CHECK(contradictions(told{{"--dev", "--listen", loopback}, {}, ""}.read(), true).empty());
}

TEST_CASE("half a cluster and half an embedded node are contradictions", "[node][configuration]") {
  const std::vector<std::string> database{"--postgres", "postgresql://a/b"}, endpoint{"--redis", "redis://a:1"};
  CHECK(has(contradictions(told{database, {}, ""}.read(), false), "--postgres", "at least one Redis endpoint"));
  CHECK(has(contradictions(told{endpoint, {}, ""}.read(), false), "--redis", "at least one database"));
  auto both = database;
  both.insert(both.end(), endpoint.begin(), endpoint.end());
  CHECK(contradictions(told{both, {}, ""}.read(), false).empty());
  both.insert(both.end(), {"--data-dir", "x"});
  CHECK(has(contradictions(told{both, {}, ""}.read(), false), "--data-dir", "embedded"));
}
