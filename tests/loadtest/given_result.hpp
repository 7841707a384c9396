#pragma once

#include "loadtest/report/read_result.hpp"
#include "loadtest/report/wrong_file.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <string>

namespace parley::load::reporting {

inline const std::string before_path = PARLEY_TEST_DATA "/fanout_before.json";
inline const std::string after_path = PARLEY_TEST_DATA "/fanout_after.json";

/// A result file of three intervals and 100 deliveries, small enough to compute by hand.
inline boost::json::value small_result() {
  return boost::json::parse(R"({
    "format":"parley-load/1","scenario":{"name":"fanout","parameters":{"rooms":1,"mode":"open"}},
    "started":"2026-11-26T10:00:00Z","machine":{"cores":2,"cpu":"AMD EPYC","kernel":"6.18"},
    "version":"0.1.0","commit":"eddff98","partial":false,"measured_s":2.0,"targets":["ws://127.0.0.1:8080"],
    "connections":10,
    "totals":{"publishes":11,"acks":10,"errors":{"unavailable":1},"deliveries":100,"joins":0,"resumes":0,
      "bytes_in":4200,"bytes_out":300},
    "violations":[],
    "latency_us":{"publish_to_ack":{"count":10,"min":100,"max":950,"mean":300,"p50":200,"p90":400,"p99":950,"p99_9":950,
      "p99_99":950,"buckets":[[200,5],[400,4],[1000,1]]}},
    "series":{"interval_s":0.5,"t_s":[0.5,1.0,1.5],"acks":[2,4,4],"deliveries":[20,40,40],"joins":[0,0,0],
      "errors":[0,1,0],"p50_us":[200,200,210],"p99_us":[400,400,950]},
    "processes":[{"name":"parleyd","pid":7,"cpu_s":[1.0,1.25,1.75],"rss_bytes":[1000000,3000000,2000000]}],
    "generator":{"cpu_s":0.5,"ceiling_per_s":1000,"ceiling_what":"deliveries"}})");
}

inline run_result parsed(const boost::json::value& document) {
  return parse_result(boost::json::serialize(document), "small.json");
}

/// What the refusal says.
inline std::string refusal_of_text(const std::string& text) {
  try {
    parse_result(text, "small.json");
  } catch (const wrong_file& wrong) {
    return wrong.what();
  }
  return "it was taken";
}
inline std::string refusal_of(const boost::json::value& document) {
  return refusal_of_text(boost::json::serialize(document));
}

}  // namespace parley::load::reporting
