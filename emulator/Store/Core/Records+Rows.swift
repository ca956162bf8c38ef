import FoundationEssentials
import GRDB

extension FieldList {
    init(_ row: Row, _ column: Int) throws {
        self = try row.withUnsafeData(atIndex: column) { data in
            data?.withUnsafeBytes { FieldList(decoding: $0) } ?? FieldList()
        }
    }
}

extension [Segment] {
    init(_ row: Row, _ column: Int) throws {
        self = try row.withUnsafeData(atIndex: column) { data in
            data?.withUnsafeBytes { [Segment](decoding: $0) } ?? []
        }
    }

    var column: Data { Data(encoded) }
}

extension BucketRecord {
    init(_ row: Row) throws {
        self.init(
            id: row[0], account: row[1], name: row[2], owner: row[3], created: row[4], modified: row[5],
            revision: row[6], fields: try FieldList(row, 7))
    }
}

extension ObjectRecord {
    init(_ row: Row) throws {
        self.init(
            bucket: row[0], key: row[1], version: row[2], versionName: row[3], kind: Kind(rawValue: row[4]) ?? .object,
            size: row[5], etag: row[6], modified: row[7], revision: row[8], segments: try [Segment](row, 9),
            fields: try FieldList(row, 10))
    }
}

extension UploadRecord {
    init(_ row: Row) throws {
        self.init(id: row[0], bucket: row[1], key: row[2], created: row[3], fields: try FieldList(row, 4))
    }
}

extension PartRecord {
    /// From the columns of `part` as they are declared, the upload first.
    init(_ row: Row) throws {
        self.init(
            number: row[1], size: row[2], etag: row[3], modified: row[4], segments: try [Segment](row, 5),
            fields: try FieldList(row, 6))
    }
}

extension BlockRecord {
    /// From the columns of `block` as they are declared, bucket and key first.
    init(_ row: Row) throws {
        self.init(
            name: row[2], size: row[3], modified: row[4], etag: row[5], segments: try [Segment](row, 6))
    }
}
