import FunctionRuntime
import NIOCore
import Synchronization

/// How the pool does what its state wants.
extension ProcessPool {
    /// Changes the state and performs what follows. What touches only processes happens under the lock, so that it keeps its
    /// order; what may call back, or wakes a caller, happens after it.
    func perform(_ change: (inout Shared) -> [PoolAction]) {
        let later = shared.withLock { shared -> [Effect] in
            change(&shared).compactMap { action in perform(action, &shared) }
        }
        for effect in later { run(effect) }
    }

    /// What is left to do without the lock.
    enum Effect {
        case started(Call, Worker)
        case start(Worker)
        case failed(Call, InvocationFailure)
        case schedule(PoolTimer, Duration)
        case replaced(CheckedContinuation<Result<Void, ReplacementFailure>, Never>?, Result<String, ReplacementFailure>)
        case stopped([CheckedContinuation<Void, Never>])
        case drain(Worker)
        case kill(Worker)
    }

    private func perform(_ action: PoolAction, _ shared: inout Shared) -> Effect? {
        switch action {
        case .assign(let number, let instance):
            guard let call = shared.calls[number], let worker = shared.workers[instance] else { return nil }
            call.assign(worker)
            worker.send(call)
            return .started(call, worker)
        case .start(let instance, let generation):
            guard let build = shared.builds[generation] else { return nil }
            let worker = Worker(
                number: instance, function: build, limits: limits, environment: environment, loop: group.next(),
                owner: self)
            shared.workers[instance] = worker
            return .start(worker)
        case .fail(let number, let reason):
            return shared.calls.removeValue(forKey: number).map { .failed($0, .unavailable(reason)) }
        case .crash(let number, let instance, let started):
            guard let call = shared.calls.removeValue(forKey: number) else { return nil }
            let report =
                shared.workers[instance]?.crashReport ?? .unknown(function: name, instance: "\(name)-\(instance)")
            return .failed(call, .crashed(report, started: started))
        case .drain(let instance): return shared.workers[instance].map { .drain($0) }
        case .kill(let instance): return shared.workers[instance].map { .kill($0) }
        case .schedule(let timer, let after): return .schedule(timer, after)
        case .replaced(let generation):
            shared.builds = shared.builds.filter { $0.key >= generation }
            return .replaced(
                shared.replacements.removeValue(forKey: generation),
                .success(shared.builds[generation]!.description.build))
        case .replacementFailed(let generation, let message):
            shared.builds[generation] = nil
            return .replaced(
                shared.replacements.removeValue(forKey: generation), .failure(ReplacementFailure(message: message)))
        case .stopped:
            shared.isStopped = true
            defer { shared.stopped = [] }
            return .stopped(shared.stopped)
        }
    }

    private func run(_ effect: Effect) {
        switch effect {
        case .started(let call, let worker):
            observer.observe(.started(function: name, invocation: call.invocation, instance: worker.name))
            if let summary = call.announced() { observer.observe(.finished(summary)) }
        case .start(let worker): worker.start()
        case .failed(let call, let failure): conclude(call, failure)
        case .schedule(let timer, let after):
            group.next().scheduleTask(in: TimeAmount(after)) { [weak self] in
                self?.perform { $0.state.timer(timer) }
            }
        case .replaced(let waiter, .success(let build)):
            observer.observe(.replaced(function: name, build: build))
            waiter?.resume(returning: .success(()))
        case .replaced(let waiter, .failure(let failure)):
            observer.observe(.replacementFailed(function: name, message: failure.message))
            waiter?.resume(returning: .failure(failure))
        case .stopped(let waiters): for waiter in waiters { waiter.resume() }
        case .drain(let worker): worker.drain()
        case .kill(let worker): worker.kill(because: "it was replaced, or did not end a canceled call")
        }
    }

    /// The last word on a call.
    func conclude(_ call: Call, _ failure: InvocationFailure?) {
        guard let summary = call.finish(failure, function: name) else { return }
        observer.observe(.finished(summary))
    }
}

/// What workers tell their pool. Never called with a worker's lock held.
extension ProcessPool: WorkerOwner {
    func workerIsReady(_ worker: Worker, concurrency: Int) {
        observer.observe(
            .processReady(
                function: name, instance: worker.name, processIdentifier: worker.processIdentifier ?? 0,
                build: worker.build ?? "", startup: worker.startup))
        perform { $0.state.ready(worker.number, concurrency: concurrency) }
    }

    func worker(_ worker: Worker, didNotStart message: String) {
        observer.observe(.processFailed(function: name, instance: worker.name, message: message))
        perform { shared in
            shared.workers[worker.number] = nil
            return shared.state.startFailed(worker.number, message: message)
        }
    }

    func worker(_ worker: Worker, finished call: Call, _ failure: InvocationFailure?) {
        conclude(call, failure)
        perform { shared in
            // A cancel that came at the same moment has given the call up already: its place is free now.
            guard shared.calls.removeValue(forKey: call.number) != nil else {
                return shared.state.abandonedEnded(on: worker.number)
            }
            return shared.state.finished(call.number, on: worker.number)
        }
    }

    func workerFinishedAbandonedCall(_ worker: Worker) {
        perform { $0.state.abandonedEnded(on: worker.number) }
    }

    func worker(_ worker: Worker, passedDeadlineOf call: Call) {
        cancel(call, .deadline)
    }

    func workerIsStuck(_ worker: Worker) {
        perform { $0.state.stuck(worker.number) }
    }

    func worker(_ worker: Worker, ended report: CrashReport?, unsent: [Call]) {
        if let report {
            observer.observe(.processCrashed(report))
        } else {
            observer.observe(.processStopped(function: name, instance: worker.name))
        }
        for call in unsent { call.unassign() }
        perform { shared in
            shared.state.ended(worker.number, unsent: Set(unsent.map(\.number)))
        }
        shared.withLock { $0.workers[worker.number] = nil }
    }

    func worker(_ worker: Worker, said event: HostingEvent) {
        observer.observe(event)
    }
}
