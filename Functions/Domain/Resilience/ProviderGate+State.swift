internal import FunctionRuntime
internal import Redis

/// What operators see and do.
extension ProviderGate {
    /// How providers do.
    ///
    /// - Throws: `RedisError`.
    package func states(of providers: [String]) async throws -> [String: ProviderState] {
        var states: [String: ProviderState] = [:]
        for provider in providers {
            let reply = try await redis.script(
                GateScripts.state, keys: GateKeys(provider).all,
                arguments: ["", rules.window.microseconds, BreakerRules.parts])
            states[provider] = try ProviderState(reply)
        }
        return states
    }

    /// Has nobody call a provider until `unpause`; calls under way go on.
    ///
    /// - Throws: `RedisError`.
    package func pause(_ provider: String) async throws {
        try await set(provider, isPaused: true)
    }

    /// Lets a paused provider be called again.
    ///
    /// - Throws: `RedisError`.
    package func unpause(_ provider: String) async throws {
        try await set(provider, isPaused: false)
    }

    private func set(_ provider: String, isPaused: Bool) async throws {
        try await redis.script(
            GateScripts.pause, keys: GateKeys(provider).all,
            arguments: ["", isPaused ? 1 : 0, ProviderSignals.channel, Self.freeSignal(provider)])
    }
}

extension ProviderState {
    /// Reads a reply of `GateScripts.state`.
    fileprivate init(_ reply: RedisValue) throws(RedisError) {
        let parts = try reply.expect(\.array)
        guard parts.count == 6, let phase = parts[0].string.flatMap(Phase.init) else {
            throw .unexpectedReply("\(reply) for the state of a provider")
        }
        breaker = phase
        opensForMs = try Int(parts[1].expect(\.integer)) / 1000
        calls = try Int(parts[2].expect(\.integer))
        well = try Int(parts[3].expect(\.integer))
        unwell = try Int(parts[4].expect(\.integer))
        heldForMs = try Int(parts[5].expect(\.integer)) / 1000
    }
}
