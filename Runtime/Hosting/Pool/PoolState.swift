import NIOCore

/// Decides everything a pool of function processes does, and does nothing: every input returns the actions that follow
/// from it. No clock and no I/O, so that each rule has a synchronous test.
///
///     starting ──ready──> ready ──retire──> retiring ──empty──> ending ──ended──> (gone)
///         └─ startFailed ──> (gone, back-off)      └─ ended (crash) ──> (gone, back-off, suspects)
///
/// * Calls go to the fullest process that has room, so that the others can become idle and end.
/// * A crash with several calls in flight makes suspects of those that can run again: they run one at a time, alone in
///   their process, so that the poisonous one is found and the innocent lose only time.
/// * A restart in a row without a finished call in between waits; see `PoolLimits.backoff`.
/// * A replacement starts one process of the new generation and switches when that one is ready.
struct PoolState {
    let limits: PoolLimits
    var instances: [InstanceNumber: PoolInstance] = [:]
    /// The generation that serves.
    var generation = 1
    /// The generation that is being started to take over.
    var candidate: (generation: Int, instance: InstanceNumber)?
    var waiting: CircularBuffer<CallNumber> = []
    var suspects: CircularBuffer<CallNumber> = []
    /// The suspect that runs, or nil.
    var examined: CallNumber?
    /// Calls that may be run a second time after a crash.
    var repeatable: Set<CallNumber> = []
    /// Restarts in a row without a finished call.
    var failuresInARow = 0
    var backoffEpoch = 0
    var isBackingOff = false
    /// Why the last start failed; nil once one succeeded.
    var startFailure: String?
    var isStopping = false
    var lastInstance = 0
    private var lastGeneration = 1
    var didStop = false
    private(set) var restarts = 0
    /// How many calls the next process will take at once, as far as is known.
    private(set) var concurrency: Int

    /// - Parameter concurrency: how many calls a process takes at once, as its description says; until one has said so itself.
    init(limits: PoolLimits, concurrency: Int = 1) {
        self.limits = limits
        self.concurrency = max(1, concurrency)
    }

    // MARK: Calls

    /// Takes a call in.
    /// - Parameter repeatable: It may run again after a crash of its process, because its trigger delivers at least once.
    mutating func submit(_ call: CallNumber, repeatable isRepeatable: Bool) -> [PoolAction] {
        if isStopping { return [.fail(call, .stopping)] }
        if let instance = roomiest(generation) {
            if isRepeatable { repeatable.insert(call) }
            return [give(call, to: instance)]
        }
        if isBackingOff, let startFailure, !hasLiveInstance { return [.fail(call, .cannotStart(startFailure))] }
        guard waiting.count < limits.waiting else { return [.fail(call, .queueFull)] }
        if isRepeatable { repeatable.insert(call) }
        waiting.append(call)
        return startForWaiting() + [.schedule(.waiting(call), after: limits.waitingTimeout)]
    }

    /// The caller of a waiting call has gone. False when the call is with a process already.
    mutating func withdraw(_ call: CallNumber) -> Bool {
        if let index = waiting.firstIndex(of: call) {
            waiting.remove(at: index)
        } else if let index = suspects.firstIndex(of: call) {
            suspects.remove(at: index)
        } else {
            return false
        }
        repeatable.remove(call)
        return true
    }

    /// The process has answered the call.
    mutating func finished(_ call: CallNumber, on number: InstanceNumber) -> [PoolAction] {
        failuresInARow = 0
        leave(call, number)
        repeatable.remove(call)
        return settle(number)
    }

    /// Nobody waits for the call any more, but the process has not finished it: it keeps its place.
    mutating func abandoned(_ call: CallNumber, on number: InstanceNumber) {
        guard instances[number]?.calls.contains(call) == true else { return }
        instances[number]?.abandoned += 1
        instances[number]?.calls.removeAll { $0 == call }
        repeatable.remove(call)
    }

    /// The process has finished an abandoned call after all.
    mutating func abandonedEnded(on number: InstanceNumber) -> [PoolAction] {
        guard let instance = instances[number], instance.abandoned > 0 else { return [] }
        instances[number]?.abandoned -= 1
        if examinedIsGone { examined = nil }
        return settle(number)
    }

    /// The grace of an abandoned call is over: the process takes no more calls and is killed when the others are done.
    mutating func stuck(_ number: InstanceNumber) -> [PoolAction] {
        guard let instance = instances[number], instance.phase == .ready || instance.phase == .retiring else {
            return []
        }
        instances[number]?.stuck = true
        instances[number]?.phase = .retiring
        return settle(number) + startForWaiting()
    }

    // MARK: Processes

    /// Starts what is kept running: call once, when the pool begins to run.
    mutating func begin() -> [PoolAction] { startMinimum() }

    /// The process said `ready`.
    mutating func ready(_ number: InstanceNumber, concurrency: Int) -> [PoolAction] {
        guard instances[number]?.phase == .starting else { return [] }
        instances[number]?.phase = .ready
        self.concurrency = max(1, concurrency)
        instances[number]?.concurrency = self.concurrency
        var actions: [PoolAction] = []
        if let candidate, candidate.instance == number {
            self.candidate = nil
            generation = candidate.generation
            failuresInARow = 0
            clearBackoff()
            actions.append(.replaced(generation: generation))
            for old in instances.keys.sorted() where instances[old]?.generation != generation {
                actions += retire(old)
            }
        }
        startFailure = nil
        return actions + dispatch() + startMinimum() + settle(number)
    }

    /// The process did not come to `ready`.
    mutating func startFailed(_ number: InstanceNumber, message: String) -> [PoolAction] {
        guard let instance = instances.removeValue(forKey: number) else { return [] }
        if let candidate, candidate.instance == number {
            self.candidate = nil
            return [.replacementFailed(generation: candidate.generation, message: message)] + stoppedIfDone()
        }
        guard instance.generation == generation, instance.phase == .starting else { return stoppedIfDone() }
        startFailure = message
        failuresInARow += 1
        var actions = backOff()
        if !hasLiveInstance {
            actions += giveUpWaiting(.cannotStart(message))
        }
        return actions + stoppedIfDone()
    }

    /// The process is gone.
    /// - Parameter unsent: Calls that were given to it but cannot have reached it.
    mutating func ended(_ number: InstanceNumber, unsent: Set<CallNumber> = []) -> [PoolAction] {
        guard let instance = instances[number] else { return [] }
        if instance.phase == .starting { return startFailed(number, message: "the process ended before it was ready") }
        instances.removeValue(forKey: number)
        let wasAsked = instance.phase == .ending && instance.calls.isEmpty
        var actions: [PoolAction] = []
        let several = instance.load - unsent.count > 1
        for call in instance.calls {
            let isExamined = examined == call
            if isExamined { examined = nil }
            if unsent.contains(call) {
                waiting.prepend(call)
            } else if repeatable.contains(call), several, !isExamined {
                suspects.append(call)
            } else {
                repeatable.remove(call)
                actions.append(.crash(call, number, started: true))
            }
        }
        if examinedIsGone { examined = nil }
        if !wasAsked, !instance.stuck, instance.generation == generation {
            failuresInARow += 1
            restarts += 1
            actions += backOff()
        }
        return actions + dispatch() + startMinimum() + startForWaiting() + stoppedIfDone()
    }

    /// Starts a new build beside the one that serves. Returns its generation.
    mutating func replace() -> (generation: Int, actions: [PoolAction]) {
        lastGeneration += 1
        guard !isStopping else { return (lastGeneration, []) }
        var actions: [PoolAction] = []
        if let candidate {
            instances[candidate.instance]?.phase = .ending
            actions = [
                .replacementFailed(
                    generation: candidate.generation, message: "A newer build came before it was ready."),
                .kill(candidate.instance),
            ]
        }
        let number = add(generation: lastGeneration)
        candidate = (lastGeneration, number)
        return (lastGeneration, actions + [.start(number, generation: lastGeneration)])
    }

    /// Takes no new calls, lets the accepted ones finish and ends every process; `stopped` says when that is done.
    mutating func shutdown() -> [PoolAction] {
        guard !isStopping else { return [] }
        isStopping = true
        var actions: [PoolAction] = []
        if let candidate {
            self.candidate = nil
            instances[candidate.instance]?.phase = .ending
            actions = [
                .replacementFailed(generation: candidate.generation, message: "The host is stopping."),
                .kill(candidate.instance),
            ]
        }
        if !hasLiveInstance { actions += giveUpWaiting(.stopping) }
        for number in instances.keys.sorted() { actions += settle(number) }
        return actions + stoppedIfDone()
    }

    /// A timer has run out.
    mutating func timer(_ timer: PoolTimer) -> [PoolAction] {
        switch timer {
        case .idle(let number, let epoch): idleTimer(number, epoch)
        case .waiting(let call): withdraw(call) ? [.fail(call, .waitedTooLong)] : []
        case .backoff(let epoch): backoffTimer(epoch)
        }
    }

    // MARK: Rules

    var hasLiveInstance: Bool { instances.values.contains { $0.isLive && $0.generation == generation } }

    private var examinedIsGone: Bool {
        guard let examined else { return false }
        return !instances.values.contains { $0.calls.contains(examined) }
    }

    /// The fullest process with room: the emptier ones get a chance to become idle.
    private func roomiest(_ generation: Int) -> InstanceNumber? {
        guard waiting.isEmpty else { return nil }
        return fullestWithRoom(generation)
    }

    private func fullestWithRoom(_ generation: Int) -> InstanceNumber? {
        var best: (number: InstanceNumber, load: Int)?
        for (number, instance) in instances where instance.generation == generation && instance.hasRoom {
            guard let current = best else {
                best = (number, instance.load)
                continue
            }
            if (instance.load, -number) > (current.load, -current.number) { best = (number, instance.load) }
        }
        return best?.number
    }

    private mutating func give(_ call: CallNumber, to number: InstanceNumber) -> PoolAction {
        instances[number]!.calls.append(call)
        instances[number]!.epoch += 1
        return .assign(call, number)
    }

    private mutating func leave(_ call: CallNumber, _ number: InstanceNumber) {
        if examined == call { examined = nil }
        guard let index = instances[number]?.calls.firstIndex(of: call) else { return }
        instances[number]!.calls.remove(at: index)
    }

    /// What follows when a process has a place more, or has changed its phase.
    mutating func settle(_ number: InstanceNumber) -> [PoolAction] {
        guard let instance = instances[number] else { return dispatch() }
        if instance.phase == .retiring, instance.stuck, instance.calls.isEmpty {
            instances[number]!.phase = .ending
            return [.kill(number)] + dispatch()
        }
        if instance.phase == .retiring, instance.load == 0 {
            instances[number]!.phase = .ending
            return [.drain(number)] + dispatch()
        }
        if instance.isolated, instance.load == 0, suspects.isEmpty { instances[number]!.isolated = false }
        var actions = dispatch()
        guard let after = instances[number], after.phase == .ready, after.load == 0, !after.isolated else {
            return actions
        }
        if isStopping, waiting.isEmpty, suspects.isEmpty {
            instances[number]!.phase = .ending
            actions.append(.drain(number))
        } else if !after.idleTimerArmed, !isStopping, liveCount > limits.minimum {
            instances[number]!.idleTimerArmed = true
            actions.append(.schedule(.idle(number, epoch: after.epoch), after: limits.idleTimeout))
        }
        return actions
    }

    var liveCount: Int { instances.values.count { $0.isLive && $0.generation == generation } }

    /// Gives waiting calls to processes: suspects first, one at a time and alone.
    private mutating func dispatch() -> [PoolAction] {
        if waiting.isEmpty && suspects.isEmpty { return [] }
        var actions: [PoolAction] = []
        if examined == nil, let suspect = suspects.first, let number = processForSuspect() {
            instances[number]!.isolated = true
            if instances[number]!.load == 0 {
                suspects.removeFirst()
                examined = suspect
                actions.append(give(suspect, to: number))
            }
        }
        while let call = waiting.first, let number = fullestWithRoom(generation) {
            waiting.removeFirst()
            actions.append(give(call, to: number))
        }
        return actions
    }

    /// The process that is set apart for suspects, or the emptiest one.
    private func processForSuspect() -> InstanceNumber? {
        let ready = instances.filter { $0.value.phase == .ready && $0.value.generation == generation }
        if let apart = ready.first(where: { $0.value.isolated }) { return apart.key }
        return ready.min { ($0.value.load, $0.key) < ($1.value.load, $1.key) }?.key
    }
}
