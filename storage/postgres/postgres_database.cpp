#include "storage/postgres/postgres_database.hpp"

#include "storage/postgres/database_links.hpp"
#include "storage/postgres/page_rows.hpp"
#include "storage/postgres/shard_map.hpp"

namespace parley {

using postgres::command;
using postgres::exchange_end;
using postgres::parameters;
using of = postgres::array::of;
namespace sql = postgres::sql;

namespace {

/// A completion for an exchange that reads: `read` makes the answer out of the rows of its one statement.
template <class T, class Read>
auto answering(completion<T> done, Read read) {
  return [done = std::move(done), read = std::move(read)](exchange_end end) {
    if (end.how != exchange_end::fate::done) return done(to_error(end));
    done(read(end.answers.front()));
  };
}

std::vector<cluster_node> nodes_of(const postgres::rows& r) {
  std::vector<cluster_node> nodes;
  for (int row = 0; row < r.count(); ++row)
    nodes.push_back({{std::string(r.bytes(row, 2)), std::string(r.bytes(row, 3))},
                     std::string(r.bytes(row, 4)),
                     r.flag(row, 5),
                     r.flag(row, 6),
                     static_cast<std::uint64_t>(r.int8(row, 7))});
  return nodes;
}

}  // namespace

postgres_database::postgres_database(boost::asio::io_context& io, postgres_options options, cluster_record cluster,
                                     log& log, postgres_probe& probe)
    : links_(std::make_shared<links>(io, std::move(options), cluster.id, log, probe)) {
  links_->post([](links& l) { l.start(); });
}

postgres_database::~postgres_database() { stop(); }

void postgres_database::stop() {
  links_->post([](links& l) { l.stop(); });
}

void postgres_database::append(append_batch batch, completion<append_outcome> done) {
  auto request = postgres::append_request::of(batch, links_->options().dedup_window, links_->options().checked,
                                              links_->options().trial_lock_timeout);
  links_->post(
      [request = std::move(request), is_empty = batch.shards.empty(), done = std::move(done)](links& l) mutable {
        if (!request) return done(request.error());
        if (is_empty) return done(append_outcome{});
        l.append(std::move(*request), std::move(done));
      });
}

void postgres_database::recover(recover_request request, completion<recovered> done) {
  auto shared = std::make_shared<const recover_request>(std::move(request));
  links_->post([shared = std::move(shared), done = std::move(done)](links& l) mutable {
    l.recover(std::move(shared), std::move(done));
  });
}

void postgres_database::range(range_query query, completion<range_page> done) {
  links_->post([query = std::move(query), done = std::move(done)](links& l) mutable {
    l.read(postgres::range_command(query),
           answering<range_page>(std::move(done), [query](const postgres::rows& r) { return read_range(query, r); }));
  });
}

void postgres_database::history(history_query query, completion<history_page> done) {
  links_->post([query = std::move(query), done = std::move(done)](links& l) mutable {
    if (query.where == history_query::side::newest && query.limit == 1 && !query.messages)
      return l.newest(std::move(query.room), std::move(done));
    l.read(postgres::history_command(query), answering<history_page>(std::move(done), [query](const postgres::rows& r) {
             return read_history(query, r);
           }));
  });
}

void postgres_database::heads(std::vector<room_ref> rooms, completion<std::vector<marked_head>> done) {
  links_->post([rooms = std::move(rooms), done = std::move(done)](links& l) mutable {
    l.read(postgres::heads_command(rooms),
           answering<std::vector<marked_head>>(std::move(done), [](const postgres::rows& r) { return read_heads(r); }));
  });
}

void postgres_database::marks(std::vector<shard_id> shards, completion<std::vector<shard_mark>> done) {
  postgres::array wanted(of::int4);
  for (auto shard : shards) wanted.add(shard);
  parameters p;
  p.add(wanted);
  const auto read = [](const postgres::rows& r) -> result<std::vector<shard_mark>> {
    std::vector<shard_mark> found;
    for (int row = 0; row < r.count(); ++row) {
      // One that moves must not keep the others' tails from being watched.
      found.push_back({r.id_or(row, 0, term{}), r.id_or(row, 1, attempt{})});
    }
    return found;
  };
  links_->post([p = std::move(p), read, done = std::move(done)](links& l) mutable {
    l.control({&sql::marks, std::move(p)}, answering<std::vector<shard_mark>>(std::move(done), read));
  });
}

void postgres_database::trim(std::string owner, shard_fence fence, room_ref room, position floor,
                             completion<shard_verdict> done) {
  parameters p;
  p.add(std::string_view(owner)).add(fence.shard).add(fence.term).add(fence.before).add(fence.own);
  p.add(room->key).add(std::string_view(room->instance)).add(std::string_view(room->room));
  p.add(floor.term).add(floor.seq);
  links_->post([p = std::move(p), done = std::move(done)](links& l) mutable {
    // On the writer's connection: its attempt id stands in the order of the batches.
    l.write({&sql::trim, std::move(p)}, [done = std::move(done)](exchange_end end) {
      if (!end.is_done()) return done(to_write_error(end));
      done(postgres::append_request::verdicts(end.answers.front()).front());
    });
  });
}

void postgres_database::renew(node_identity node, lease_wish wish, completion<lease_renewal> done) {
  parameters p;
  p.add(std::string_view(node.incarnation)).add(std::string_view(node.name));
  p.add(static_cast<std::int64_t>(wish.lease_time.count()));
  p.add(std::string_view(wish.peer_address)).add(wish.is_leaving);
  p.add(static_cast<std::int32_t>(wish.endpoints)).add(static_cast<std::int64_t>(wish.map));
  links_->post([p = std::move(p), done = std::move(done)](links& l) mutable {
    l.control({&sql::renew, std::move(p)}, [done = std::move(done), &l](exchange_end end) {
      if (!end.is_done()) return done(to_write_error(end));
      const auto& r = end.answers.front();
      l.newest().timeline = r.bytes(0, 1);
      done(lease_renewal{l.newest(), static_cast<std::uint64_t>(r.int8(0, 0)), nodes_of(r),
                         static_cast<std::uint64_t>(r.int8(0, 8))});
    });
  });
}

void postgres_database::survey(completion<std::vector<shard_row>> done) {
  links_->post([done = std::move(done)](links& l) mutable {
    l.control(
        {&sql::survey, {}}, answering<std::vector<shard_row>>(std::move(done), [](const postgres::rows& r) {
          std::vector<shard_row> found;
          for (int row = 0; row < r.count(); ++row)
            found.push_back({shard_id{static_cast<std::uint32_t>(r.int4(row, 0))}, std::string(r.bytes(row, 1)),
                             r.id<term>(row, 2), r.id<attempt>(row, 3), r.flag(row, 4),
                             static_cast<std::uint64_t>(r.int8(row, 5)), std::string(r.bytes(row, 6)), r.flag(row, 7)});
          return found;
        }));
  });
}

void postgres_database::departed(completion<std::vector<shard_id>> done) {
  links_->post([done = std::move(done)](links& l) mutable {
    l.control({&sql::departed, {}}, answering<std::vector<shard_id>>(std::move(done), [](const postgres::rows& r) {
                std::vector<shard_id> found;
                for (int row = 0; row < r.count(); ++row)
                  found.push_back(shard_id{static_cast<std::uint32_t>(r.int4(row, 0))});
                return found;
              }));
  });
}

void postgres_database::places(completion<shard_places> done) {
  links_->post([done = std::move(done)](links& l) mutable {
    l.control({&sql::places, {}}, answering<shard_places>(std::move(done), [](const postgres::rows& r) {
                return postgres::places_of(static_cast<std::uint64_t>(r.int8(0, 0)), r.bytes(0, 1), r.bytes(0, 2));
              }));
  });
}

void postgres_database::claim(node_identity node, std::vector<shard_claim> claims,
                              completion<std::vector<claimed_shard>> done) {
  postgres::array wanted(of::int4), owners(of::text), terms(of::int8), floors(of::int8);
  std::vector<shard_id> shards;
  for (const auto& c : claims) {
    shards.push_back(c.shard);
    wanted.add(c.shard);
    owners.add(std::string_view(c.owner_before));
    terms.add(c.term_before);
    floors.add(c.term_floor);
  }
  auto p = std::make_shared<parameters>();
  p->add(std::string_view(node.incarnation)).add(wanted).add(owners).add(terms).add(floors);
  links_->post([p = std::move(p), shards = std::move(shards), done = std::move(done)](links& l) mutable {
    l.claim(std::move(p), std::move(shards), true, std::move(done));
  });
}

void postgres_database::yield(node_identity node, std::vector<owned_shard> shards, completion<std::size_t> done) {
  postgres::array wanted(of::int4, shards.size()), terms(of::int8, shards.size());
  for (const auto& s : shards) {
    wanted.add(s.shard);
    terms.add(s.term);
  }
  parameters p;
  p.add(std::string_view(node.incarnation)).add(wanted).add(terms);
  links_->post([p = std::move(p), done = std::move(done)](links& l) mutable {
    l.write({&sql::yield, std::move(p)}, [done = std::move(done)](exchange_end end) {
      // Doubtful is an error here, unlike at a release: this node lives on, and a failover may name it the owner again.
      if (!end.is_done()) return done(to_write_error(end));
      done(end.answers.front().affected());
    });
  });
}

void postgres_database::release(node_identity node, completion<std::size_t> done) {
  parameters p;
  p.add(std::string_view(node.incarnation));
  links_->post([p = std::move(p), done = std::move(done)](links& l) mutable {
    l.write({&sql::release, std::move(p)}, [done = std::move(done)](exchange_end end) {
      if (end.how != exchange_end::fate::done) return done(to_write_error(end));
      done(end.answers.front().affected());
    });
  });
}

}  // namespace parley
