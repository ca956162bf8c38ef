import Cryptography
import NIOCore

/// The frame around a query's answer: an Avro object container of four kinds of records
/// (https://learn.microsoft.com/rest/api/storageservices/query-blob-contents#response-body,
/// https://avro.apache.org/docs/1.11.1/specification/#object-container-files).
struct QueryAnswer {
    private static let schema = """
        [{"type":"record","name":"com.microsoft.azure.storage.queryBlobContents.resultData",\
        "doc":"Holds result data in the format specified for this query (CSV, JSON, etc.).",\
        "fields":[{"name":"data","type":"bytes"}]},\
        {"type":"record","name":"com.microsoft.azure.storage.queryBlobContents.error",\
        "doc":"An error that occurred while processing the query.",\
        "fields":[{"name":"fatal","type":"boolean"},{"name":"name","type":"string"},\
        {"name":"description","type":"string"},{"name":"position","type":"long"}]},\
        {"type":"record","name":"com.microsoft.azure.storage.queryBlobContents.progress",\
        "doc":"Information about the progress of the query",\
        "fields":[{"name":"bytesScanned","type":"long"},{"name":"totalBytes","type":"long"}]},\
        {"type":"record","name":"com.microsoft.azure.storage.queryBlobContents.end",\
        "doc":"Sent as the final message of the response, indicating that all results have been sent.",\
        "fields":[{"name":"totalBytes","type":"long"}]}]
        """

    private let sync = SecureRandom.bytes(16)
    let totalBytes: Int64

    init(totalBytes: Int64) { self.totalBytes = totalBytes }

    var header: ByteBuffer {
        var bytes = ByteBuffer(string: "Obj\u{1}")
        Self.write(2, &bytes)
        for (name, value) in [("avro.schema", Self.schema), ("avro.codec", "null")] {
            Self.write(Array(name.utf8), &bytes)
            Self.write(Array(value.utf8), &bytes)
        }
        Self.write(0, &bytes)
        bytes.writeBytes(sync)
        return bytes
    }

    func data(_ data: ByteBuffer) -> ByteBuffer {
        block(0) { bytes in
            Self.write(Int64(data.readableBytes), &bytes)
            bytes.writeImmutableBuffer(data)
        }
    }

    func problem(_ problem: QueryProblem, at position: Int64) -> ByteBuffer {
        block(1) { bytes in
            bytes.writeInteger(UInt8(problem.isFatal ? 1 : 0))
            Self.write(Array(problem.name.utf8), &bytes)
            Self.write(Array(problem.description.utf8), &bytes)
            Self.write(position, &bytes)
        }
    }

    func progress(_ scanned: Int64) -> ByteBuffer {
        block(2) { bytes in
            Self.write(scanned, &bytes)
            Self.write(totalBytes, &bytes)
        }
    }

    var end: ByteBuffer { block(3) { Self.write(totalBytes, &$0) } }

    /// A block of one record: which kind it is, and its fields.
    private func block(_ kind: Int64, _ fields: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var record = ByteBuffer()
        Self.write(kind, &record)
        fields(&record)
        var bytes = ByteBuffer()
        Self.write(1, &bytes)
        Self.write(Int64(record.readableBytes), &bytes)
        bytes.writeImmutableBuffer(record)
        bytes.writeBytes(sync)
        return bytes
    }

    /// A number in zig-zag coding, seven bits a byte.
    private static func write(_ number: Int64, _ bytes: inout ByteBuffer) {
        var rest = UInt64(bitPattern: number << 1 ^ number >> 63)
        while rest > 0x7F {
            bytes.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.writeInteger(UInt8(rest))
    }

    private static func write(_ text: [UInt8], _ bytes: inout ByteBuffer) {
        write(Int64(text.count), &bytes)
        bytes.writeBytes(text)
    }
}
