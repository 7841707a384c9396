#pragma once

#include "actors/ports/thread_loop.hpp"
#include "actors/run_queue.hpp"

#include <caf/actor_system.hpp>
#include <caf/logger.hpp>
#include <caf/policy/unprofiled.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/scheduler/coordinator.hpp>
#include <caf/scoped_execution_unit.hpp>

#include <cstddef>
#include <utility>

namespace parley {

using actor_jobs = run_queue<caf::resumable*>;

/// A thread with an event loop that does actors' jobs where no worker is awake: a request then goes from the socket
/// through its actors, and an answer of storage through its own, without a sleeping thread to be woken on the way.
class job_guest {
public:
  /// @param job of this system, in this queue; added by the calling thread, which has a loop
  static void add(caf::actor_system& system, actor_jobs& jobs, caf::resumable* job) {
    auto& me = of_this_thread();
    const bool is_mine = me.jobs_ == nullptr || me.jobs_ == &jobs;  // a thread visits one system at a time
    if (!is_mine) return jobs.add(job);
    if (!jobs.add_as_guest(job, me.jobs_ != nullptr)) return;
    me.jobs_ = &jobs;
    me.system_ = &system;
    thread_loop::current()->run_behind([] { of_this_thread().visit(); });
  }

private:
  static constexpr std::size_t messages_max = 32;  ///< of an actor in its turn: sockets wait meanwhile

  static job_guest& of_this_thread() {
    thread_local job_guest guest;
    return guest;
  }

  void visit() {
    caf::scoped_execution_unit unit(system_);
    jobs_->visit([&](caf::resumable* job) {
      // As CAF's own workers do it (caf/scheduler/worker.hpp). Nobody ends a guest: the queue is closed to them before.
      if (job->resume(&unit, messages_max) == caf::resumable::resume_later)
        jobs_->add(job);
      else
        caf::intrusive_ptr_release(job);
    });
    jobs_ = nullptr;
    caf::logger::set_current_actor_system(nullptr);  // what a job left on this thread would keep its system from ending
  }

  actor_jobs* jobs_ = nullptr;  ///< while it is coming, or there
  caf::actor_system* system_ = nullptr;
};

/// CAF's scheduler with our run queue: a policy as CAF's own `work_sharing` is one, which wakes a worker for each job.
/// Measured with joins of a hot room, each a dozen hops: half of the node's CPU went into those calls.
class lean_sharing : public caf::policy::unprofiled {
public:
  struct coordinator_data {
    explicit coordinator_data(caf::scheduler::abstract_coordinator*) {}
    actor_jobs jobs;
  };
  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator*) {}
    bool has_entered = false;
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
    if (thread_loop::current() != nullptr)
      job_guest::add(self->system(), d(self).jobs, job);
    else
      d(self).jobs.add(job);
  }
  template <class Worker>
  void external_enqueue(Worker* self, caf::resumable* job) {
    d(self->parent()).jobs.add(job);
  }
  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    d(self->parent()).jobs.add(job);
  }
  template <class Worker>
  void resume_job_later(Worker* self, caf::resumable* job) {
    d(self->parent()).jobs.add(job);
  }
  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    auto& jobs = d(self->parent()).jobs;
    if (!std::exchange(d(self).has_entered, true)) jobs.enter();
    return jobs.take();
  }
  template <class Worker>
  void before_shutdown(Worker* self) {
    d(self->parent()).jobs.leave();
  }
  template <class Worker, class Deed>
  void foreach_resumable(Worker*, Deed) {}
  template <class Coordinator, class Deed>
  void foreach_central_resumable(Coordinator* self, Deed deed) {
    d(self).jobs.drain(deed);
  }
};

using lean_coordinator = caf::scheduler::coordinator<lean_sharing>;

}  // namespace parley
