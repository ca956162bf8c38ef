package import FunctionRuntime
internal import Redis
internal import Synchronization

/// Calls under way, from their permit to their outcome.
extension ProviderGate {
    /// Runs a call to its end under a permit, renews it meanwhile and gives it back with what the end shows of the provider's health.
    ///
    /// - Throws: what `call` throws.
    package func hold<Value: Sendable>(
        _ permit: Permit, log: Log, _ call: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let start = now()
        do {
            let value = try await renewing(permit, log: log, call)
            note(callTime: now() - start, of: permit)
            await finish(permit, .well, log: log)
            return value
        } catch {
            await finish(permit, CallOutcome(error), log: log)
            throw error
        }
    }

    /// A permit for a call that runs at the provider already: it counts as under way, whatever the limits say.
    package func resume(_ provider: String, log: Log) async -> Permit {
        let permit = Permit(provider: provider)
        lane(provider).state.withLock { $0.local.resume(permit.id) }
        await renew(permit, log: log)
        return permit
    }

    /// Gives a permit back.
    package func finish(_ permit: Permit, _ outcome: CallOutcome, log: Log) async {
        let lane = lane(permit.provider)
        let now = now()
        lane.state.withLock { $0.local.finish(permit.id, outcome, at: now) }
        let free = Self.freeSignal(permit.provider)
        let (name, wait) = outcome.arguments(rules)
        let arguments: [any RedisArgument] = [
            "", permit.id, name, wait.microseconds, lane.limits.concurrency, rules.window.microseconds,
            BreakerRules.parts, rules.failures, Int(rules.share * 1_000_000), rules.pause.microseconds,
            rules.longestPause.microseconds, ProviderSignals.channel, free,
        ]
        let change = await inRedis(log: log) { [redis] in
            try await redis.script(GateScripts.finish, keys: lane.keys.all, arguments: arguments, timeout: .seconds(1))
                .expect(\.string)
        }
        switch change {
        case "opened": log.warning("the provider is not called for a while", ["provider": permit.provider])
        case "closed": log.info("the provider is well again", ["provider": permit.provider])
        case nil: signals.signal(free)
        default: break
        }
    }

    private func renewing<Value: Sendable>(
        _ permit: Permit, log: Log, _ call: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await call() }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.life / 3)
                    await self.renew(permit, log: log)
                }
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    private func renew(_ permit: Permit, log: Log) async {
        let keys = lane(permit.provider).keys.all
        await inRedis(log: log) { [redis] in
            try await redis.script(
                GateScripts.renew, keys: keys, arguments: ["", permit.id, Self.life.microseconds],
                timeout: .seconds(1))
        }
    }

    private func note(callTime: Int64, of permit: Permit) {
        lane(permit.provider).state.withLock { $0.schedule.note(callTime: callTime) }
    }
}

extension CallOutcome {
    /// Its name and the wait it asks for, as the script takes them.
    func arguments(_ rules: BreakerRules) -> (name: String, wait: Duration) {
        switch self {
        case .well: ("well", .zero)
        case .unwell: ("unwell", .zero)
        case .untold: ("untold", .zero)
        case .limited(let wait): ("limited", min(wait ?? rules.unsaidWait, rules.longestWait))
        }
    }
}
