package import FunctionRuntime
package import NIOCore
import ServiceLifecycle
import Synchronization

/// The processes of one function: the thin shell around `PoolState`. Every input goes through the state under one lock, and
/// what the state wants is done in that order.
package final class ProcessPool: Invoker, Service {
    struct Shared {
        var state: PoolState
        var calls: [CallNumber: Call] = [:]
        var workers: [InstanceNumber: Worker] = [:]
        var builds: [Int: LocatedFunction]
        var lastCall = 0
        var replacements: [Int: CheckedContinuation<Result<Void, ReplacementFailure>, Never>] = [:]
        var stopped: [CheckedContinuation<Void, Never>] = []
        var isStopped = false
    }

    package let name: String
    let limits: PoolLimits
    let environment: [String: String]
    let group: any EventLoopGroup
    let observer: any InvocationObserver
    let shared: Mutex<Shared>

    /// - Parameters:
    ///   - function: The executable and its description.
    ///   - environment: Everything the function's processes get; they inherit nothing else.
    ///   - group: Where their pipes are served.
    package init(
        function: LocatedFunction, limits: PoolLimits = PoolLimits(), environment: [String: String],
        group: any EventLoopGroup, observer: any InvocationObserver = NoObserver()
    ) {
        name = function.description.name
        self.limits = limits
        self.environment = environment
        self.group = group
        self.observer = observer
        let state = PoolState(limits: limits, concurrency: function.description.limits.concurrency)
        shared = Mutex(Shared(state: state, builds: [1: function]))
    }

    /// Keeps the processes running until the service group stops or the task is cancelled; then lets accepted calls finish,
    /// drains, and returns when the last process is gone.
    package func run() async throws {
        perform { $0.state.begin() }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await untilStopped()
            } onGracefulShutdown: {
                self.stop()
            }
        } onCancel: {
            self.kill()
        }
    }

    /// Begins to stop: new calls fail, accepted ones finish.
    package func stop() {
        perform { $0.state.shutdown() }
    }

    /// Ends every process at once.
    package func kill() {
        perform { $0.state.shutdown() }
        for worker in shared.withLock({ Array($0.workers.values) }) { worker.kill(because: "the host is stopping") }
    }

    private func untilStopped() async {
        await withCheckedContinuation { continuation in
            let isStopped = shared.withLock { shared in
                if !shared.isStopped { shared.stopped.append(continuation) }
                return shared.isStopped
            }
            if isStopped { continuation.resume() }
        }
    }

    package func invoke(
        _ invocation: Invocation, control: InvocationControl
    ) async throws(InvocationFailure) -> InvocationAnswer {
        let call = submit(invocation, control)
        // The call holds its cancellation: a strong reference back would keep both for ever.
        control.cancellation?.whenCanceled { [weak self, weak call] reason in
            if let call { self?.cancel(call, reason) }
        }
        return try await withTaskCancellationHandler {
            await call.result()
        } onCancel: {
            self.cancel(call, .user)
        }.get()
    }

    private func submit(_ invocation: Invocation, _ control: InvocationControl) -> Call {
        let isRepeatable = control.stream == nil && invocation.event.kind != "http"
        var call: Call!
        perform { shared in
            shared.lastCall += 1
            call = Call(number: shared.lastCall, invocation: invocation, control: control)
            shared.calls[call.number] = call
            return shared.state.submit(call.number, repeatable: isRepeatable)
        }
        return call
    }

    /// Ends a call from the caller's side: a waiting one leaves the queue, one with a process is canceled there and keeps its
    /// place until the process has finished it.
    func cancel(_ call: Call, _ reason: CancelReason) {
        let (isOpen, worker) = shared.withLock { shared -> (Bool, Worker?) in
            guard shared.calls.removeValue(forKey: call.number) != nil else { return (false, nil) }
            if shared.state.withdraw(call.number) { return (true, nil) }
            if let worker = call.worker { shared.state.abandoned(call.number, on: worker.number) }
            return (true, call.worker)
        }
        guard isOpen else { return }
        worker?.cancel(call, reason)
        conclude(call, reason == .deadline ? .deadline : .canceled(reason))
    }

    /// Tries a new build: it takes over once one of its processes is ready, and the old processes finish what they have.
    /// - Throws: `ReplacementFailure` when it does not come to `ready`; then the old build serves on.
    package func replace(with function: LocatedFunction) async throws(ReplacementFailure) {
        try await withCheckedContinuation { continuation in
            perform { shared in
                let (generation, actions) = shared.state.replace()
                shared.builds[generation] = function
                shared.replacements[generation] = continuation
                return actions
            }
        }.get()
    }

    /// Instances, their memory and the queue, now.
    package var status: PoolStatus {
        shared.withLock { shared in
            let instances = shared.state.instances.sorted { $0.key < $1.key }.map { number, instance in
                let worker = shared.workers[number]
                return PoolStatus.Instance(
                    name: worker?.name ?? "\(name)-\(number)", processIdentifier: worker?.processIdentifier,
                    build: worker?.build, phase: "\(instance.phase)", inFlight: instance.load,
                    concurrency: instance.concurrency, residentMemory: worker?.residentMemory)
            }
            return PoolStatus(
                function: name, path: shared.builds[shared.state.generation]?.path ?? "", instances: instances,
                waiting: shared.state.waiting.count + shared.state.suspects.count, restarts: shared.state.restarts,
                startFailure: shared.state.startFailure)
        }
    }
}
