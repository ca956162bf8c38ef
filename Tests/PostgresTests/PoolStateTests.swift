import Testing

@testable import Postgres

@Suite struct PoolStateTests {
    typealias Pool = PoolState<String, Int>
    let now = ContinuousClock.now

    func member(_ name: String, lives: Duration = .seconds(60)) -> Pool.Member {
        Pool.Member(connection: name, expiry: now + lives)
    }

    /// "a", "-a" for a connection to be closed, "+": another is opened, "a>1" for a connection that goes to a waiter.
    func word(_ handover: Pool.Handover, _ name: String) -> String {
        switch handover {
        case .give(let member, let waiter): "\(member.connection)>\(waiter)"
        case .keep: name
        case .discard(let opensAnother): "-\(name)" + (opensAnother ? "+" : "")
        }
    }

    func leased(_ pool: inout Pool, at time: ContinuousClock.Instant? = nil, dead: Set<String> = []) -> String {
        let (leasing, dropped) = pool.lease(now: time ?? now) { !dead.contains($0) }
        let suffix = dropped.map { " -\($0)" }.joined()
        switch leasing {
        case .member(let member): return member.connection + suffix
        case .none: return "none" + suffix
        case .closed: return "closed"
        }
    }

    @Test func `opens a connection for each waiter up to the maximum`() {
        var pool = Pool(minimum: 0, maximum: 2)
        #expect(leased(&pool) == "none")
        #expect((1...4).map { pool.wait($0, id: $0) } == [true, true, false, false])
        #expect(pool.count == 2)
    }

    @Test func `serves waiters in the order they came`() {
        var pool = Pool(minimum: 0, maximum: 1)
        for id in 1...3 { _ = pool.wait(id, id: id) }
        #expect(word(pool.opened(member("a")), "a") == "a>1")
        #expect(word(pool.release(member("a"), isReusable: true, now: now), "a") == "a>2")
        #expect(word(pool.release(member("a"), isReusable: true, now: now), "a") == "a>3")
        #expect(word(pool.release(member("a"), isReusable: true, now: now), "a") == "a")
        #expect(pool.idleCount == 1)
    }

    @Test func `leases the most recently used connection`() {
        var pool = Pool(minimum: 2, maximum: 2)
        _ = pool.opened(member("a"))
        _ = pool.opened(member("b"))
        #expect(leased(&pool) == "b")
        #expect(leased(&pool) == "a")
        #expect(leased(&pool) == "none")
    }

    @Test func `drops dead and aged connections on the way`() {
        var pool = Pool(minimum: 3, maximum: 3)
        _ = pool.opened(member("good"))
        _ = pool.opened(member("dead"))
        _ = pool.opened(member("aged", lives: .seconds(1)))
        #expect(leased(&pool, at: now + .seconds(2), dead: ["dead"]) == "good -aged -dead")
        #expect(pool.count == 1)
    }

    @Test func `replaces a broken or aged connection when somebody waits`() {
        var pool = Pool(minimum: 0, maximum: 1)
        _ = pool.wait(1, id: 1)
        _ = pool.opened(member("a"))
        _ = pool.wait(2, id: 2)
        #expect(word(pool.release(member("a"), isReusable: false, now: now), "a") == "-a+")
        #expect(word(pool.opened(member("b")), "b") == "b>2")
        #expect(word(pool.release(member("b"), isReusable: true, now: now + .seconds(61)), "b") == "-b")
        #expect(pool.count == 0)
    }

    @Test func `a new connection is used at least once, however short its life`() {
        var pool = Pool(minimum: 0, maximum: 1)
        _ = pool.wait(1, id: 1)
        #expect(word(pool.opened(member("a", lives: .zero)), "a") == "a>1")
        #expect(word(pool.release(member("a", lives: .zero), isReusable: true, now: now), "a") == "-a")
    }

    @Test func `a waiter who gives up is not served`() {
        var pool = Pool(minimum: 0, maximum: 1)
        for id in 1...2 { _ = pool.wait(id, id: id) }
        #expect((1...2).map { _ in pool.abandon(id: 1) } == [1, nil])
        #expect(word(pool.opened(member("a")), "a") == "a>2")
        #expect(pool.abandon(id: 2) == nil)
    }

    @Test func `tries again to open while somebody waits and the server may come back`() {
        var pool = Pool(minimum: 0, maximum: 1)
        _ = pool.wait(1, id: 1)
        guard case .retry = pool.openingFailed(isTransient: true) else { return #expect(Bool(false), "must retry") }
        _ = pool.abandon(id: 1)
        guard case .fail(let told) = pool.openingFailed(isTransient: true) else {
            return #expect(Bool(false), "must stop")
        }
        #expect(told.isEmpty)
        #expect(pool.count == 0)
        let opens = pool.wait(2, id: 2)
        #expect(opens)
    }

    @Test func `a refusal for good is told to everyone who waits`() {
        var pool = Pool(minimum: 0, maximum: 1)
        for id in 1...3 { _ = pool.wait(id, id: id) }
        guard case .fail(let told) = pool.openingFailed(isTransient: false) else {
            return #expect(Bool(false), "must fail")
        }
        #expect(told == [1, 2, 3])
        #expect(pool.waiterCount == 0)
    }

    @Test func `a closed pool keeps nothing and serves nobody`() {
        var pool = Pool(minimum: 2, maximum: 2)
        _ = pool.opened(member("idle"))
        _ = pool.opened(member("leased"))
        #expect(leased(&pool) == "leased")
        let (idle, waiters) = pool.close()
        #expect(idle == ["idle"])
        #expect(waiters.isEmpty)
        #expect(leased(&pool) == "closed")
        #expect(word(pool.release(member("leased"), isReusable: true, now: now), "leased") == "-leased")
        #expect(pool.count == 0)
        var late = Pool(minimum: 1, maximum: 1)
        _ = late.close()
        #expect(word(late.opened(member("late")), "late") == "-late")
        #expect(late.count == 0)
    }

    @Test func `a connection that came back before the caller stood in line is taken`() {
        var pool = Pool(minimum: 0, maximum: 1)
        _ = pool.wait(1, id: 1)
        let given = pool.opened(member("a"))
        #expect(word(given, "a") == "a>1")
        #expect(leased(&pool) == "none")
        let released = pool.release(member("a"), isReusable: true, now: now)
        #expect(word(released, "a") == "a")
        guard case (.member(let taken), _) = pool.join(2, id: 2, now: now, isAlive: { _ in true }) else {
            Issue.record("it waits beside a free connection")
            return
        }
        #expect(taken.connection == "a")
        #expect(pool.waiterCount == 0)
    }
}
