#include "storage/redis/map_question.hpp"

#include "storage/redis/resp_command.hpp"

#include <utility>

namespace parley {

map_question::map_question(redis_link::strand where, std::deque<redis_address> candidates, milliseconds timeout)
    : strand_(std::move(where)), candidates_(std::move(candidates)), timeout_(timeout), timer_(strand_) {}

void map_question::ask(std::function<void(result<slot_map>)> done) {
  done_ = std::move(done);
  ask_next();
}

void map_question::give_up() {
  done_ = nullptr;
  timer_.cancel();
  if (const auto link = std::exchange(link_, nullptr)) link->close();
}

void map_question::ask_next() {
  if (const auto former = std::exchange(link_, nullptr)) former->close();
  if (candidates_.empty()) return finish(why_not_);
  link_ = std::make_shared<redis_link>(strand_, candidates_.front(), timeout_, shared_from_this(), slot_map_limits);
  timer_.expires_after(timeout_);
  timer_.async_wait([self = shared_from_this(), link = link_](boost::system::error_code ec) {
    if (!ec && self->link_ == link) self->closed(*link, "no answer in time");
  });
  link_->open();
}

void map_question::opened(redis_link& link) {
  chunk_queue words;
  std::string command;
  append_command(command, {"CLUSTER", "SLOTS"});
  words.append(std::move(command));
  link.send(std::move(words));
}

void map_question::received(redis_link& link, resp_value value) {
  if (&link != link_.get()) return;
  const auto& asked = candidates_.front().where;
  auto told = slot_map::read(value, asked.host);
  // One that was reset, or never met the others, knows of no master at all.
  if (told && told->masters().empty()) told = error{errc::unavailable, "it knows no master of any slot"};
  if (told) return finish(std::move(told));
  was_answered_ = true;
  why_not_ = {told.error().code, asked.shown() + ": " + told.error().detail};
  candidates_.pop_front();
  ask_next();
}

void map_question::closed(redis_link& link, std::string reason) {
  if (&link != link_.get()) return;
  if (!was_answered_) why_not_ = {errc::unavailable, candidates_.front().shown() + ": " + std::move(reason)};
  candidates_.pop_front();
  ask_next();
}

void map_question::finish(result<slot_map> told) {
  const auto done = std::exchange(done_, nullptr);
  give_up();
  if (done) done(std::move(told));
}

}  // namespace parley
