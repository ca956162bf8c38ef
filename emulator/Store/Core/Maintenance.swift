import Dispatch
import GRDB
import Logging
import NIOPosix
import Synchronization

/// The work that follows acknowledgements: removing files and taking deleted buckets apart. It runs on a thread pool, a
/// little at a time, and goes on after a restart where it was.
final class Maintenance: Sendable {
    private let pool: DatabasePool
    private let contents: ContentFolder
    private let stopped = Mutex(false)
    private let running = DispatchGroup()
    private let logger = Logger(label: "object-store")

    init(pool: DatabasePool, contents: ContentFolder) {
        self.pool = pool
        self.contents = contents
    }

    /// Begins nothing new.
    func stop() { stopped.withLock { $0 = true } }

    /// Returns when nothing is under way any more.
    func drain() async {
        await withCheckedContinuation { continuation in
            running.notify(queue: .global()) { continuation.resume() }
        }
    }

    /// What one commit left to do.
    func perform(_ effects: CommitEffects) {
        let adopted = effects.adopted
        let unreferenced = effects.unreferenced
        let doomsBucket = effects.doomsBucket
        if adopted.isEmpty && unreferenced.isEmpty && !doomsBucket { return }
        background("after a commit") { maintenance in
            for content in adopted { try SystemCall.unlink(maintenance.contents.incomingPath(of: content)) }
            try maintenance.remove(unreferenced)
            if doomsBucket { try maintenance.takeApart() }
        }
    }

    func discard(_ content: Int64) {
        background("a failed write") { maintenance in
            try SystemCall.unlink(maintenance.contents.path(of: content))
            try SystemCall.unlink(maintenance.contents.incomingPath(of: content))
        }
    }

    /// After a start: removes what a crash left. `before` is the first content number of this start.
    func sweep(before: Int64) {
        background("after the start") { maintenance in
            try maintenance.contents.sweep(before: before) { content in
                try maintenance.pool.read {
                    try Int.fetchOne($0, sql: "SELECT 1 FROM content WHERE id = ?", arguments: [content]) != nil
                }
            }
            while true {
                let left = try maintenance.pool.read {
                    try Int64.fetchAll(
                        $0, sql: "SELECT id FROM content WHERE refs = 0 AND id < ? LIMIT 500", arguments: [before])
                }
                if left.isEmpty { break }
                try maintenance.remove(left)
            }
            try maintenance.takeApart()
        }
    }

    private func background(_ occasion: String, _ work: @escaping @Sendable (Maintenance) throws -> Void) {
        running.enter()
        NIOThreadPool.singleton.submit { [self] state in
            defer { running.leave() }
            guard case .active = state, !stopped.withLock({ $0 }) else { return }
            do { try work(self) } catch {
                // Nothing is lost: what could not be removed is found again at the next start.
                if !stopped.withLock({ $0 }) { logger.warning("cannot clean up \(occasion): \(error)") }
            }
        }
    }

    /// Files first, then the rows that remember them.
    private func remove(_ unreferenced: [Int64]) throws {
        if unreferenced.isEmpty { return }
        try contents.remove(unreferenced.filter { $0 & 1 == 1 })
        try pool.write { database in
            for content in unreferenced {
                try database.cachedStatement(sql: "DELETE FROM content WHERE id = ? AND refs = 0")
                    .execute(arguments: [content])
            }
        }
    }

    /// Deletes what doomed buckets still hold, 500 rows to a transaction.
    private func takeApart() throws {
        while let bucket = try pool.read({ try Int64.fetchOne($0, sql: "SELECT bucket FROM doomed LIMIT 1") }) {
            for table in ["object", "version", "block"] {
                try empty(table, "bucket", [bucket])
            }
            while let upload = try pool.read({
                try String.fetchOne($0, sql: "SELECT id FROM upload WHERE bucket = ? LIMIT 1", arguments: [bucket])
            }) {
                try empty("part", "upload", [upload])
                try pool.write { try $0.execute(sql: "DELETE FROM upload WHERE id = ?", arguments: [upload]) }
            }
            try pool.write { try $0.execute(sql: "DELETE FROM doomed WHERE bucket = ?", arguments: [bucket]) }
        }
    }

    private func empty(_ table: String, _ column: String, _ owner: StatementArguments) throws {
        let keys = ["object": "key", "version": "key, version", "block": "key, name", "part": "number"][table]!
        var more = true
        while more && !stopped.withLock({ $0 }) {
            let effects = CommitEffects(consumers: [])
            try pool.write { database in
                let transaction = Transaction(
                    database: database, effects: effects, sequence: SequenceSource(start: 0), now: 0)
                let rows = try Row.fetchAll(
                    database,
                    sql: """
                        DELETE FROM \(table) WHERE \(column) = ? AND (\(keys)) IN
                        (SELECT \(keys) FROM \(table) WHERE \(column) = ? LIMIT 500) RETURNING segments
                        """,
                    arguments: owner + owner)
                for row in rows { try transaction.release([Segment](row, 0)) }
                more = !rows.isEmpty
            }
            try remove(effects.unreferenced)
        }
    }
}
