import NIOCore
import NIOHTTP1

/// Reads `multipart/form-data` (RFC 7578): fields first, then the file as it arrives.
struct FormReader {
    private static let fieldLimit = 20 << 10
    private static let fieldsLimit = 256 << 10

    private let body: HTTPRequestBody
    private let delimiter: [UInt8]
    private var buffer = ByteBuffer()
    private var isAtEnd = false
    /// The name the browser gave the file.
    private(set) var filename = ""

    init(_ request: HTTPRequest) throws(S3Error) {
        body = request.body
        let type = request.header("content-type") ?? ""
        guard let boundary = Self.parameter("boundary", in: type), !boundary.isEmpty, boundary.utf8.count <= 200 else {
            throw Self.malformed("The body of your POST request is not well-formed multipart/form-data.")
        }
        delimiter = Array("\r\n--\(boundary)".utf8)
        // The first boundary has no line before it.
        buffer.writeString("\r\n")
    }

    private static func malformed(_ message: String) -> S3Error { S3Error(400, "MalformedPOSTRequest", message) }

    /// Every field up to the file, names in lower case. The reader then stands at the file's content.
    mutating func readFields() async throws -> [String: String] {
        var fields: [String: String] = [:]
        var total = 0
        _ = try await text(limit: Self.fieldLimit)
        while true {
            guard let disposition = try await readHeaders() else {
                throw S3Error.invalidArgument(
                    "POST requires exactly one file upload per request.", name: "file", value: "0")
            }
            guard let name = Self.parameter("name", in: disposition.value)?.lowercased() else {
                throw Self.malformed("A part of the form has no name.")
            }
            if name == "file" {
                filename = Self.parameter("filename", in: disposition.value).map(Self.lastComponent) ?? ""
                if fields["content-type"] == nil, let type = disposition.type { fields["content-type"] = type }
                return fields
            }
            let value = try await text(limit: Self.fieldLimit)
            total += name.utf8.count + value.utf8.count
            guard total <= Self.fieldsLimit else {
                throw S3Error(
                    400, "MaxPostPreDataLengthExceededError",
                    "Your POST request fields preceeding the upload file was too large.")
            }
            fields[name] = value
        }
    }

    /// The file's next bytes; nil at its end.
    mutating func nextContent() async throws -> ByteBuffer? {
        while true {
            if isAtEnd { return nil }
            if let end = find(delimiter) {
                let bytes = buffer.readSlice(length: end)
                buffer.moveReaderIndex(forwardBy: delimiter.count)
                isAtEnd = true
                if let bytes, bytes.readableBytes > 0 { return bytes }
                return nil
            }
            // All but what may be the beginning of a boundary.
            let safe = buffer.readableBytes - delimiter.count
            if safe > 0 { return buffer.readSlice(length: safe) }
            try await fill()
        }
    }

    // MARK: Pieces

    /// Everything up to the next boundary.
    private mutating func text(limit: Int) async throws -> String {
        while true {
            if let end = find(delimiter) {
                let text = buffer.readString(length: end) ?? ""
                buffer.moveReaderIndex(forwardBy: delimiter.count)
                return text
            }
            guard buffer.readableBytes <= limit + delimiter.count else {
                throw Self.malformed("A field of the form is longer than \(limit) bytes.")
            }
            try await fill()
        }
    }

    /// The headers of the next part; nil after the last one.
    private mutating func readHeaders() async throws -> (value: String, type: String?)? {
        while buffer.readableBytes < 2 { try await fill() }
        if buffer.getBytes(at: buffer.readerIndex, length: 2) == Array("--".utf8) { return nil }
        while true {
            if let end = find(Array("\r\n\r\n".utf8)) {
                let text = buffer.readString(length: end) ?? ""
                buffer.moveReaderIndex(forwardBy: 4)
                var disposition = ""
                var type: String?
                for line in text.split(separator: "\r\n") {
                    guard let colon = line.firstIndex(of: ":") else { continue }
                    let value = String(line[line.index(after: colon)...]).trimmingSpaces
                    switch line[..<colon].lowercased() {
                    case "content-disposition": disposition = value
                    case "content-type": type = value
                    default: break
                    }
                }
                return (disposition, type)
            }
            guard buffer.readableBytes <= Self.fieldLimit else {
                throw Self.malformed("The headers of a part are too long.")
            }
            try await fill()
        }
    }

    private mutating func fill() async throws {
        let bytes: ByteBuffer?
        do { bytes = try await body.next() } catch is HTTPRequestBody.Failure { throw S3Error.incompleteBody }
        guard var bytes else {
            throw Self.malformed("The body of your POST request is not well-formed multipart/form-data.")
        }
        buffer.discardReadBytes()
        buffer.writeBuffer(&bytes)
    }

    private func find(_ wanted: [UInt8]) -> Int? {
        buffer.withUnsafeReadableBytes { bytes in
            var index = 0
            while index + wanted.count <= bytes.count {
                if bytes[index] == wanted[0], bytes[index..<(index + wanted.count)].elementsEqual(wanted) {
                    return index
                }
                index += 1
            }
            return nil
        }
    }

    private static func parameter(_ name: String, in text: String) -> String? {
        for part in text.split(separator: ";").dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, String(pair[0]).trimmingSpaces.lowercased() == name else { continue }
            let value = String(pair[1]).trimmingSpaces
            return value.hasPrefix("\"") && value.hasSuffix("\"") && value.count >= 2
                ? String(value.dropFirst().dropLast()) : value
        }
        return nil
    }

    private static func lastComponent(_ path: String) -> String {
        String(path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? "")
    }
}
