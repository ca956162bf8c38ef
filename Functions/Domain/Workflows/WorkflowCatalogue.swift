package import FunctionRuntime
internal import JSON
package import Redis
internal import Synchronization

/// The workflows, read through Redis: Postgres has the truth, Redis a copy for all processes, each process one for a second.
///
/// The copy in Redis carries the catalogue's generation, a number that every change counts up. A copy is filed under the generation
/// that was asked for before the truth was read, so that one that was read just before a change is never found after it. While Redis
/// is away, Postgres is asked; a change that could not be announced is seen once the copy has run out.
package final class WorkflowCatalogue: Sendable {
    private let store: WorkflowStore
    private let redis: Redis
    private let held = Mutex<(snapshot: WorkflowSnapshot, until: ContinuousClock.Instant)?>(nil)

    /// How long a process believes its own copy.
    private static let memory = Duration.seconds(1)
    /// How long Redis keeps a copy, in seconds.
    private static let life = 60
    private static let keys = ["workflows:{catalogue}:generation", "workflows:{catalogue}:copy"]

    package init(_ database: Database, _ redis: Redis) {
        store = WorkflowStore(database)
        self.redis = redis
    }

    /// The catalogue, at most a second old.
    package func snapshot(log: Log) async throws -> WorkflowSnapshot {
        if let held = held.withLock({ $0 }), held.until > .now { return held.snapshot }
        return try await current(log: log)
    }

    /// The catalogue as it is now.
    ///
    /// - Throws: `Failure.unavailable` when neither Redis nor Postgres has it.
    package func current(log: Log) async throws -> WorkflowSnapshot {
        let copy = await copy(log: log)
        let json: JSON
        if let known = copy?.json {
            json = known
        } else {
            json = try await store.all()
            if let copy { await file(json, under: copy.generation, log: log) }
        }
        let snapshot = WorkflowSnapshot(json: json)
        if copy?.json == nil {
            for problem in snapshot.problems { log.error("\(problem)", [:]) }
        }
        held.withLock { $0 = (snapshot, .now + Self.memory) }
        return snapshot
    }

    /// A workflow, where there is one: looked for once more when it is too new for this process's copy.
    package func find(_ id: String, log: Log) async throws -> Workflow? {
        if let workflow = try await snapshot(log: log)[id] { return workflow }
        return try await current(log: log)[id]
    }

    /// Says that the table has changed.
    package func invalidate(log: Log) async {
        held.withLock { $0 = nil }
        do {
            try await redis.send("INCR", Self.keys[0])
        } catch {
            log.warning("the change of the catalogue could not be announced", ["error": "\(error)"])
        }
    }

    // MARK: The copy in Redis

    private static let read = RedisScript(
        """
        local generation = redis.call('GET', KEYS[1]) or '0'
        local copy = redis.call('HMGET', KEYS[2], 'generation', 'workflows')
        if copy[1] == generation then return {generation, copy[2]} end
        return {generation, ''}
        """)

    private static let write = RedisScript(
        """
        if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[2], 'generation', ARGV[1], 'workflows', ARGV[2])
        redis.call('EXPIRE', KEYS[2], ARGV[3])
        return 1
        """)

    /// The current generation with its copy, where there is one; nil while Redis is away.
    private func copy(log: Log) async -> (generation: String, json: JSON?)? {
        do {
            let answer = try await redis.script(Self.read, keys: Self.keys, arguments: [], timeout: .seconds(1))
            guard let values = answer.array, let generation = values.first?.string, let text = values.last?.string
            else {
                return nil
            }
            return (generation, try? JSON(parsing: text.utf8))
        } catch {
            log.debug("the catalogue is read from the database", ["error": "\(error)"])
            return nil
        }
    }

    private func file(_ json: JSON, under generation: String, log: Log) async {
        do {
            _ = try await redis.script(
                Self.write, keys: Self.keys, arguments: [generation, json.text, Self.life], timeout: .seconds(1))
        } catch {
            log.debug("Redis keeps no copy of the catalogue", ["error": "\(error)"])
        }
    }
}
