import GRDB
import Glibc
import Synchronization

/// The files that hold contents, and the rule by which they come and go.
///
/// A content is written to `incoming/`, made durable, linked to its place in `contents/`, and only then named by a
/// metadata transaction; its name in `incoming/` goes last. So after a crash everything that may be an orphan still has
/// a name in `incoming/`, and finding it costs nothing that grows with the number of objects. What a transaction no
/// longer names is removed right after its commit; what a crash leaves of that is found by its count of zero.
final class ContentFolder: Sendable {
    let root: String
    let durability: StoreOptions.Durability
    private let sequence: SequenceSource
    private let pins = Mutex<[Int64: Int]>([:])
    /// Files that went away under a reader: their last reader removes them.
    private let doomed = Mutex<Set<Int64>>([])

    init(root: String, durability: StoreOptions.Durability, sequence: SequenceSource) throws(StoreError) {
        self.root = root
        self.durability = durability
        self.sequence = sequence
        try SystemCall.makeDirectory(root + "/incoming")
        try SystemCall.makeDirectory(root + "/contents")
        for shard in 0..<64 { try SystemCall.makeDirectory(root + "/contents/" + Self.shard(Int64(shard))) }
        guard durability == .synced else { return }
        // At every start: the one that made a folder may have ended before this. The root holds the database's name, too.
        try SystemCall.syncDirectory(root + "/contents")
        try SystemCall.syncDirectory(root)
    }

    private static func shard(_ number: Int64) -> String {
        let text = String(number & 63, radix: 16)
        return text.count == 1 ? "0" + text : text
    }

    func directory(of content: Int64) -> String { root + "/contents/" + Self.shard(content >> 1) }
    func path(of content: Int64) -> String { directory(of: content) + "/" + String(content, radix: 16) }
    func incomingPath(of content: Int64) -> String { root + "/incoming/" + String(content, radix: 16) }

    /// A new content's number: odd for a file, even for one inside the database.
    func draw(file: Bool) -> Int64 { sequence.draw() << 1 | (file ? 1 : 0) }

    // MARK: Readers

    /// Keeps the files of `segments` in place until ``unpin(_:)``, whatever happens to the object.
    func pin(_ segments: [Segment]) {
        pins.withLock { pins in for segment in segments where segment.isFile { pins[segment.content, default: 0] += 1 }
        }
    }

    func unpin(_ segments: [Segment]) {
        let free = pins.withLock { pins in
            segments.compactMap { segment -> Int64? in
                guard segment.isFile, let count = pins[segment.content] else { return nil }
                pins[segment.content] = count == 1 ? nil : count - 1
                return count == 1 ? segment.content : nil
            }
        }
        let going = doomed.withLock { doomed in free.filter { doomed.remove($0) != nil } }
        for content in going { Glibc.unlink(path(of: content)) }
    }

    /// Removes the files of contents that nothing names any more.
    func remove(_ contents: [Int64]) throws(StoreError) {
        for content in contents {
            let isRead = pins.withLock { pins in
                if pins[content] == nil { return false }
                doomed.withLock { _ = $0.insert(content) }
                return true
            }
            if !isRead { try SystemCall.unlink(path(of: content)) }
        }
    }

    // MARK: After a crash

    /// Removes what a crash left behind. Runs beside normal service: it touches only what earlier starts wrote.
    ///
    /// - Parameters:
    ///   - before: the first number of this start.
    ///   - isKnown: whether metadata names a content.
    func sweep(before: Int64, isKnown: (Int64) throws -> Bool) throws {
        for name in try SystemCall.names(in: root + "/incoming") {
            guard let content = Int64(name, radix: 16), content < before else { continue }
            if try !isKnown(content) { try SystemCall.unlink(path(of: content)) }
            try SystemCall.unlink(incomingPath(of: content))
        }
    }
}
