#pragma once

#include "actors/run_queue.hpp"

#include <caf/policy/unprofiled.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <utility>

namespace parley {

/// CAF's scheduler with our run queue: a policy as CAF's own `work_sharing` is one, which wakes a worker for each job.
/// Measured with joins of a hot room, each a dozen hops: half of the node's CPU went into those calls.
class lean_sharing : public caf::policy::unprofiled {
public:
  struct coordinator_data {
    explicit coordinator_data(caf::scheduler::abstract_coordinator*) {}
    run_queue<caf::resumable*> jobs;
  };
  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator*) {}
    bool has_entered = false;
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
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

}  // namespace parley
