import Cryptography
import FoundationEssentials
import GRDB

/// The checksum of a row of metadata, at the end of its last column of bytes: readers of that column pass over it.
///
/// Five bytes, one of them fixed: no single bit that flips in a length makes them look like a part of what is before them.
enum RowSeal {
    static let length = 5
    private static let mark: UInt8 = 0xC3

    /// The column with a checksum of it and of `others`, which the row holds too.
    static func seal(_ column: [UInt8], _ others: [(any DatabaseValueConvertible)?]) -> Data {
        Data(column + checksum(column, others.map { $0?.databaseValue ?? .null }))
    }

    /// Whether the column and the others are what was sealed; also true for one that never was.
    /// - Parameter ends: where the column's own content ends.
    static func isIntact(_ column: Data, ends: Int, _ others: [DatabaseValue]) -> Bool {
        if ends == column.count { return true }
        guard ends + length == column.count else { return false }
        return Array(column.suffix(length)) == checksum(Array(column.prefix(ends)), others)
    }

    private static func checksum(_ column: [UInt8], _ others: [DatabaseValue]) -> [UInt8] {
        var hash = CRC32C()
        hash.update(column)
        for value in others {
            switch value.storage {
            case .int64(let number): withUnsafeBytes(of: number.littleEndian) { hash.update(raw: $0) }
            case .string(let text): hash.update(text.utf8)
            case .blob(let bytes): hash.update(bytes)
            case .null, .double: break
            }
            // So that no byte can move from one to the next.
            hash.update(CollectionOfOne(0xFF))
        }
        return [mark] + hash.finalize()
    }
}
