internal import Synchronization

/// Does what `PoolState` decides.
final class PostgresPool: Sendable {
    typealias Member = PoolMember<PostgresConnection>
    typealias Waiter = CheckedContinuation<Member, any Error>

    private struct State {
        var pool: PoolState<PostgresConnection, Waiter>
        /// Why the last attempt to connect failed, until one succeeds.
        var lastFailure: PostgresError?
    }

    private let configuration: PostgresConfiguration
    private let canceler = PostgresCanceler()
    private let state: Mutex<State>

    init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
        state = Mutex(
            State(pool: PoolState(minimum: configuration.minimumPoolSize, maximum: configuration.poolSize)))
        for _ in 0..<min(configuration.minimumPoolSize, configuration.poolSize) { open() }
    }

    /// A connection for the caller alone, until it is released.
    ///
    /// - Throws: `PostgresError.poolExhausted`, `.cannotConnect` or `.poolClosed`; `CancellationError`.
    func lease() async throws -> Member {
        try Task.checkCancellation()
        let (leasing, dropped) = state.withLock { $0.pool.lease(now: .now) { $0.isAlive } }
        dropped.forEach { $0.close() }
        switch leasing {
        case .member(let member): return member
        case .closed: throw PostgresError.poolClosed
        case .none: return try await wait()
        }
    }

    /// Takes a connection back; one that is in the middle of something is closed.
    func release(_ member: Member) {
        let isReusable = member.connection.condition == .idle
        hand(over: member) { $0.release(member, isReusable: isReusable, now: .now) }
    }

    /// Closes what is idle now and what is released later, and sends those who wait away.
    func close() {
        let (idle, waiters) = state.withLock { $0.pool.close() }
        idle.forEach { $0.close() }
        waiters.forEach { $0.resume(throwing: PostgresError.poolClosed) }
    }

    // MARK: - Waiting

    private func wait() async throws -> Member {
        let id = state.withLock { $0.pool.nextID() }
        async let _: Void = expire(id)
        let member = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: Waiter) in
                // A task that was cancelled before this has had its handler run, and nothing would wake it again.
                guard !Task.isCancelled else { return waiter.resume(throwing: CancellationError()) }
                enqueue(waiter, id)
            }
        } onCancel: {
            abandon(id, CancellationError())
        }
        return member
    }

    /// Puts the waiter in line, unless a connection has come back since there was none.
    private func enqueue(_ waiter: Waiter, _ id: Int) {
        let (joining, dropped) = state.withLock { $0.pool.join(waiter, id: id, now: .now) { $0.isAlive } }
        dropped.forEach { $0.close() }
        switch joining {
        case .member(let member): waiter.resume(returning: member)
        case .waits(let opensAnother): if opensAnother { open() }
        case .closed: waiter.resume(throwing: PostgresError.poolClosed)
        }
    }

    /// Sends the waiter away once it has waited long enough.
    private func expire(_ id: Int) async {
        guard (try? await Task.sleep(for: configuration.waitLimit)) != nil else { return }
        let failure = state.withLock { $0.lastFailure }
        abandon(
            id, failure ?? .poolExhausted(poolSize: configuration.poolSize, waited: configuration.waitLimit))
    }

    private func abandon(_ id: Int, _ error: any Error) {
        state.withLock { $0.pool.abandon(id: id) }?.resume(throwing: error)
    }

    // MARK: - Opening

    private func open() {
        open(PostgresConnection(configuration, canceler: canceler), attempt: 0)
    }

    /// Connects on the connection's own thread; each attempt waits twice as long as the one before, up to a second.
    private func open(_ connection: PostgresConnection, attempt: Int) {
        let longest = min(0.05 * Double(1 << min(attempt, 8)), 1)
        let delay = attempt == 0 ? .zero : Duration.seconds(longest * .random(in: 0.5...1))
        connection.open(after: delay) { result in
            switch result {
            case .success: self.opened(connection)
            case .failure(let error): self.openingFailed(connection, attempt: attempt, error)
            }
        }
    }

    private func opened(_ connection: PostgresConnection) {
        state.withLock { $0.lastFailure = nil }
        // Spread, so that connections that were opened together are not all replaced together.
        let lifetime = configuration.connectionLifetime * .random(in: 0.9...1)
        let member = Member(connection: connection, expiry: .now + lifetime)
        hand(over: member) { $0.opened(member) }
    }

    private func openingFailed(_ connection: PostgresConnection, attempt: Int, _ error: PostgresError) {
        let isTransient = if case .cannotConnect(_, let isTransient) = error { isTransient } else { false }
        let failure = state.withLock { state in
            state.lastFailure = error
            return state.pool.openingFailed(isTransient: isTransient)
        }
        switch failure {
        case .retry: open(connection, attempt: attempt + 1)
        case .fail(let waiters): waiters.forEach { $0.resume(throwing: error) }
        }
    }

    private func hand(
        over member: Member,
        _ decide:
            @Sendable (inout PoolState<PostgresConnection, Waiter>) -> PoolState<PostgresConnection, Waiter>.Handover
    ) {
        switch state.withLock({ decide(&$0.pool) }) {
        case .give(let member, let waiter): waiter.resume(returning: member)
        case .keep: break
        case .discard(let opensAnother):
            member.connection.close()
            if opensAnother { open() }
        }
    }
}
