/// Starting, replacing and ending processes.
extension PoolState {
    mutating func startMinimum() -> [PoolAction] {
        var actions: [PoolAction] = []
        while !isStopping, !isBackingOff, liveCount < limits.minimum { actions.append(start()) }
        return actions
    }

    /// Starts as many processes as the waiting calls need, counting what the starting ones will take.
    mutating func startForWaiting() -> [PoolAction] {
        guard !isBackingOff else { return [] }
        let starting = instances.values.count { $0.phase == .starting && $0.generation == generation }
        var missing = waiting.count - starting * concurrency + (suspects.isEmpty || liveCount > 0 ? 0 : 1)
        var actions: [PoolAction] = []
        while missing > 0, liveCount < limits.maximum {
            actions.append(start())
            missing -= concurrency
        }
        return actions
    }

    mutating func start() -> PoolAction { .start(add(generation: generation), generation: generation) }

    mutating func add(generation: Int) -> InstanceNumber {
        lastInstance += 1
        instances[lastInstance] = PoolInstance(generation: generation)
        return lastInstance
    }

    mutating func retire(_ number: InstanceNumber) -> [PoolAction] {
        switch instances[number]?.phase {
        case .starting:
            instances[number]!.phase = .ending
            return [.kill(number)]
        case .ready:
            instances[number]!.phase = .retiring
            return settle(number)
        case .retiring, .ending, nil:
            return []
        }
    }

    mutating func giveUpWaiting(_ reason: InvocationFailure.Unavailability) -> [PoolAction] {
        let calls = Array(waiting) + Array(suspects)
        waiting.removeAll()
        suspects.removeAll()
        repeatable.subtract(calls)
        return calls.map { .fail($0, reason) }
    }

    mutating func backOff() -> [PoolAction] {
        guard failuresInARow > 1 || startFailure != nil, !isStopping else { return [] }
        guard !isBackingOff else { return [] }
        isBackingOff = true
        backoffEpoch += 1
        let doublings = min(max(0, failuresInARow - 2), 20)
        let delay = min(limits.backoff * (1 << doublings), limits.longestBackoff)
        return [.schedule(.backoff(epoch: backoffEpoch), after: delay)]
    }

    mutating func clearBackoff() {
        isBackingOff = false
        backoffEpoch += 1
    }

    mutating func backoffTimer(_ epoch: Int) -> [PoolAction] {
        guard isBackingOff, epoch == backoffEpoch else { return [] }
        isBackingOff = false
        if isStopping { return giveUpWaiting(.stopping) + stoppedIfDone() }
        return startMinimum() + startForWaiting()
    }

    mutating func idleTimer(_ number: InstanceNumber, _ epoch: Int) -> [PoolAction] {
        guard let instance = instances[number] else { return [] }
        instances[number]!.idleTimerArmed = false
        guard instance.phase == .ready, instance.load == 0, !isStopping, liveCount > limits.minimum else { return [] }
        guard instance.epoch == epoch else {
            instances[number]!.idleTimerArmed = true
            return [.schedule(.idle(number, epoch: instance.epoch), after: limits.idleTimeout)]
        }
        instances[number]!.phase = .ending
        return [.drain(number)]
    }

    mutating func stoppedIfDone() -> [PoolAction] {
        guard isStopping, instances.isEmpty, !didStop else { return [] }
        let left = giveUpWaiting(.stopping)
        didStop = true
        return left + [.stopped]
    }
}
