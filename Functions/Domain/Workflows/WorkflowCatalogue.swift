internal import FoundationEssentials
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
    private let held = Mutex<Held?>(nil)

    /// A process's own copy.
    private struct Held {
        var snapshot: WorkflowSnapshot
        /// Which copy in Redis it is; nil: none.
        var stamp: String?
        var until: ContinuousClock.Instant
    }

    /// How long a process believes its own copy.
    private static let memory = Duration.seconds(1)
    /// How long Redis keeps a copy, in seconds.
    private static let life = 60
    private static let keys = ["workflows:{catalogue}:generation", "workflows:{catalogue}:copy"]

    package init(_ database: Database, _ redis: Redis) {
        store = WorkflowStore(database)
        self.redis = redis
    }

    /// The catalogue, about a second old at most. One of those who ask at the same moment looks whether it has changed.
    package func snapshot(log: Log) async throws -> WorkflowSnapshot {
        let fresh = held.withLock { held -> WorkflowSnapshot? in
            guard let copy = held else { return nil }
            if copy.until > .now { return copy.snapshot }
            held?.until = .now + Self.memory
            return nil
        }
        if let fresh { return fresh }
        return try await current(log: log)
    }

    /// The catalogue as it is now.
    ///
    /// - Throws: `Failure.unavailable` when neither Redis nor Postgres has it.
    package func current(log: Log) async throws -> WorkflowSnapshot {
        let mine = held.withLock { $0 }
        let copy = await copy(besides: mine?.stamp, log: log)
        if let mine, let copy, copy.stamp == mine.stamp, mine.stamp != nil {
            held.withLock { if $0?.stamp == mine.stamp { $0?.until = .now + Self.memory } }
            return mine.snapshot
        }
        var stamp = copy?.stamp
        let json: JSON
        if let known = copy?.json {
            json = known
        } else {
            json = try await store.all()
            stamp = if let copy { await file(json, under: copy.generation, log: log) } else { nil }
        }
        let snapshot = WorkflowSnapshot(json: json)
        if copy?.json == nil {
            for problem in snapshot.problems { log.error("\(problem)", [:]) }
        }
        held.withLock { $0 = Held(snapshot: snapshot, stamp: stamp, until: .now + Self.memory) }
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

    /// A copy that the caller has already is only named by its stamp.
    private static let read = RedisScript(
        """
        local generation = redis.call('GET', KEYS[1]) or '0'
        local copy = redis.call('HMGET', KEYS[2], 'generation', 'stamp', 'workflows')
        if copy[1] ~= generation then return {generation, '', ''} end
        if copy[2] == ARGV[1] then return {generation, copy[2], ''} end
        return {generation, copy[2], copy[3]}
        """)

    private static let write = RedisScript(
        """
        if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[2], 'generation', ARGV[1], 'stamp', ARGV[2], 'workflows', ARGV[3])
        redis.call('EXPIRE', KEYS[2], ARGV[4])
        return 1
        """)

    private struct Copy {
        var generation: String
        /// Which copy it is; nil: there is none of this generation.
        var stamp: String?
        /// Nil where the caller has it, or there is none.
        var json: JSON?
    }

    /// The copy of the current generation; nil while Redis is away.
    private func copy(besides stamp: String?, log: Log) async -> Copy? {
        do {
            let answer = try await redis.script(
                Self.read, keys: Self.keys, arguments: [stamp ?? "none"], timeout: .seconds(1))
            let values = (try answer.expect(\.array)).map { $0.string ?? "" }
            guard values.count == 3 else { return nil }
            return Copy(
                generation: values[0], stamp: values[1].isEmpty ? nil : values[1], json: try? JSON(parsing: values[2]))
        } catch {
            log.debug("the catalogue is read from the database", ["error": "\(error)"])
            return nil
        }
    }

    /// - Returns: the stamp of the copy; nil where none was filed.
    private func file(_ json: JSON, under generation: String, log: Log) async -> String? {
        let stamp = UUID().text
        do {
            let filed = try await redis.script(
                Self.write, keys: Self.keys, arguments: [generation, stamp, json.text, Self.life],
                timeout: .seconds(1))
            return filed.integer == 1 ? stamp : nil
        } catch {
            log.debug("Redis keeps no copy of the catalogue", ["error": "\(error)"])
            return nil
        }
    }
}
