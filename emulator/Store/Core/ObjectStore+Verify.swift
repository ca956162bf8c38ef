import Cryptography
import FoundationEssentials
import GRDB
import Glibc
import NIOCore
import NIOPosix

/// A content that is not what was stored.
package struct DamagedContent: Sendable, CustomStringConvertible {
    /// What is wrong with it.
    package let reason: String
    /// Where it is: a file, or a row of the database.
    package let place: String

    package var description: String { "\(place): \(reason)" }
}

extension ObjectStore {
    /// Reads every content and every row of metadata and compares it with its checksum: a flipped bit anywhere shows.
    ///
    /// - Returns: how many contents were looked at, and what is damaged.
    package func verify() async throws -> (checked: Int, damaged: [DamagedContent]) {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            var checked = 0
            var damaged = try verifyRows()
            var last: Int64 = -1
            while true {
                // A page at a time: a snapshot that is held for long would keep the journal from being folded in.
                let page = try read { snapshot in
                    try Row.fetchAll(
                        snapshot.database,
                        sql: "SELECT id, size, md5, bytes FROM content WHERE id > ? AND refs > 0 ORDER BY id LIMIT 100",
                        arguments: [last])
                }
                guard let end = page.last else { return (checked, damaged) }
                for row in page {
                    checked += 1
                    if let finding = try check(row) { damaged.append(finding) }
                }
                last = end[0]
            }
        }
    }

    private func check(_ row: Row) throws -> DamagedContent? {
        let id: Int64 = row[0]
        let size: Int64 = row[1]
        let md5: Data = row[2]
        var hash = MD5()
        var length: Int64 = 0
        let place: String
        if let bytes: Data = row[3] {
            place = "metadata.sqlite, content \(String(id, radix: 16))"
            hash.update(bytes)
            length = Int64(bytes.count)
        } else {
            place = contents.path(of: id)
            do { length = try hashFile(place, &hash) } catch StoreError.system(_, _, ENOENT) {
                // It may have been deleted since the page was read.
                let isStillKnown = try read {
                    try $0.exists("SELECT 1 FROM content WHERE id = ? AND refs > 0", [id])
                }
                return isStillKnown ? DamagedContent(reason: "the file is missing", place: place) : nil
            }
        }
        if length != size {
            return DamagedContent(reason: "it has \(length) bytes instead of \(size)", place: place)
        }
        return hash.finalize() == Array(md5)
            ? nil : DamagedContent(reason: "its bytes do not have the checksum they were stored with", place: place)
    }

    private func hashFile(_ path: String, _ hash: inout MD5) throws -> Int64 {
        let descriptor = try SystemCall.open(path, O_RDONLY)
        var offset: Int64 = 0
        defer { Glibc.close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = try buffer.withUnsafeMutableBytes {
                try SystemCall.read(descriptor, into: $0, at: offset, path: path)
            }
            if count == 0 { return offset }
            buffer.withUnsafeBytes { hash.update(raw: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            offset += Int64(count)
        }
    }
}
