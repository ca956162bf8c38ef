/// The rules of a connection pool, as values: it decides, `PostgresPool` acts.
///
///     opening ──opened──> leased <──lease/release──> idle
///        │ failed            │ broken, or too old      │ dead, or too old
///        └──> again or gone  └──> gone                 └──> gone
///
/// Waiters are served first come, first served. The most recently used connection is leased first, so that the others
/// age and leave.
struct PoolState<Connection, Waiter> {
    typealias Member = PoolMember<Connection>

    enum Leasing {
        case member(Member)
        case none
        case closed
    }

    /// What becomes of a caller that found no connection free.
    enum Joining {
        /// One has come back since.
        case member(Member)
        case waits(opensAnother: Bool)
        case closed
    }

    /// What is to be done with a connection that has become free.
    enum Handover {
        case give(Member, Waiter)
        case keep
        /// Close it, and open another one for those who wait, if asked to.
        case discard(opensAnother: Bool)
    }

    /// What is to be done when a connection could not be opened.
    enum Failure {
        /// Somebody waits, and the server may be back soon.
        case retry
        /// Tell these; nobody is left who waits.
        case fail([Waiter])
    }

    let minimum: Int
    let maximum: Int
    private var idle: [Member] = []
    private var waiters: [(id: Int, waiter: Waiter)] = []
    private var lastID = 0
    private(set) var opening: Int
    /// Connections in all: opening, leased or idle.
    private(set) var count: Int
    private(set) var isClosed = false

    /// - Parameter minimum: this many are to be opened at once.
    init(minimum: Int, maximum: Int) {
        self.minimum = min(minimum, maximum)
        self.maximum = maximum
        opening = self.minimum
        count = self.minimum
    }

    var idleCount: Int { idle.count }
    var waiterCount: Int { waiters.count }

    /// An idle connection that works; those that do not are dropped, and returned to be closed.
    mutating func lease(now: ContinuousClock.Instant, isAlive: (Connection) -> Bool) -> (Leasing, dropped: [Connection])
    {
        guard !isClosed else { return (.closed, []) }
        var dropped: [Connection] = []
        while let member = idle.popLast() {
            if member.expiry > now, isAlive(member.connection) { return (.member(member), dropped) }
            dropped.append(member.connection)
            count -= 1
        }
        return (.none, dropped)
    }

    /// An identity for a waiter-to-be.
    mutating func nextID() -> Int {
        lastID += 1
        return lastID
    }

    /// Puts a waiter at the end of the line, unless a connection came back after it had found none: nobody waits beside one.
    mutating func join(
        _ waiter: Waiter, id: Int, now: ContinuousClock.Instant, isAlive: (Connection) -> Bool
    ) -> (Joining, dropped: [Connection]) {
        let (leasing, dropped) = lease(now: now, isAlive: isAlive)
        switch leasing {
        case .member(let member): return (.member(member), dropped)
        case .closed: return (.closed, dropped)
        case .none: return (.waits(opensAnother: wait(waiter, id: id)), dropped)
        }
    }

    /// Puts a waiter at the end of the line.
    ///
    /// - Returns: whether a connection is to be opened.
    mutating func wait(_ waiter: Waiter, id: Int) -> Bool {
        waiters.append((id, waiter))
        return opensAnother()
    }

    /// Takes a waiter who gives up out of the line; nil when it has been served.
    mutating func abandon(id: Int) -> Waiter? {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return waiters.remove(at: index).waiter
    }

    /// A leased connection comes back.
    mutating func release(_ member: Member, isReusable: Bool, now: ContinuousClock.Instant) -> Handover {
        guard isReusable, !isClosed, member.expiry > now else {
            count -= 1
            return .discard(opensAnother: opensAnother())
        }
        return hand(over: member)
    }

    /// A connection has been opened.
    mutating func opened(_ member: Member) -> Handover {
        opening -= 1
        guard !isClosed else {
            count -= 1
            return .discard(opensAnother: false)
        }
        return hand(over: member)
    }

    /// A connection could not be opened.
    mutating func openingFailed(isTransient: Bool) -> Failure {
        if isTransient, !isClosed, !waiters.isEmpty { return .retry }
        opening -= 1
        count -= 1
        defer { waiters = [] }
        return .fail(waiters.map(\.waiter))
    }

    /// Ends the pool: returns the idle connections to close, and the waiters to tell.
    mutating func close() -> (idle: [Connection], waiters: [Waiter]) {
        isClosed = true
        defer {
            count -= idle.count
            idle = []
            waiters = []
        }
        return (idle.map(\.connection), waiters.map(\.waiter))
    }

    private mutating func hand(over member: Member) -> Handover {
        guard !waiters.isEmpty else {
            idle.append(member)
            return .keep
        }
        return .give(member, waiters.removeFirst().waiter)
    }

    private mutating func opensAnother() -> Bool {
        guard !isClosed, count < maximum, opening < waiters.count else { return false }
        opening += 1
        count += 1
        return true
    }
}
