import JSON
import NIOCore

/// Cuts a blob into records as its bytes come.
struct RecordSplitter {
    private enum Style {
        case delimited(DelimitedSplitter)
        case json(JSONSplitter)
    }

    /// Longer records are refused, as Azure does.
    static let recordLimit = 4 << 20

    private var style: Style

    init(_ format: QueryFormat) {
        switch format {
        case .delimited(let format): style = .delimited(DelimitedSplitter(format))
        case .json: style = .json(JSONSplitter())
        }
    }

    /// The records that are complete with these bytes; nil: there are no more.
    mutating func split(_ bytes: ByteBuffer?) throws(QueryProblem) -> [QueryRecord] {
        switch style {
        case .delimited(var splitter):
            style = .json(JSONSplitter())
            defer { style = .delimited(splitter) }
            return try splitter.split(bytes)
        case .json(var splitter):
            defer { style = .json(splitter) }
            return try splitter.split(bytes)
        }
    }

    /// The columns' names where the blob's first record is them.
    var header: [String] { if case .delimited(let splitter) = style { splitter.header } else { [] } }
}

/// Delimited text, with quotes around what contains a delimiter.
private struct DelimitedSplitter {
    private let format: QueryFormat.Delimited
    private(set) var header: [String] = []
    private var names: [String: Int] = [:]
    private var needsHeader: Bool
    private var fields: [String] = []
    private var field: [UInt8] = []
    private var isQuoted = false
    /// A quote inside a quoted field may end it, or be the first of two.
    private var sawQuote = false
    private var isEscaped = false
    private var recordSize = 0

    init(_ format: QueryFormat.Delimited) {
        self.format = format
        needsHeader = format.hasHeaders
    }

    mutating func split(_ bytes: ByteBuffer?) throws(QueryProblem) -> [QueryRecord] {
        var records: [QueryRecord] = []
        guard let bytes else {
            if !field.isEmpty || !fields.isEmpty { endRecord(&records) }
            return records
        }
        for byte in bytes.readableBytesView { take(byte, &records) }
        if recordSize > RecordSplitter.recordLimit {
            throw QueryProblem(isFatal: true, name: "RecordTooLarge", description: "A record is longer than 4 MiB.")
        }
        return records
    }

    private mutating func take(_ byte: UInt8, _ records: inout [QueryRecord]) {
        recordSize += 1
        if isEscaped {
            isEscaped = false
            field.append(byte)
        } else if byte == format.escape, byte != format.quote {
            isEscaped = true
        } else if isQuoted, !sawQuote {
            if byte == format.quote { sawQuote = true } else { field.append(byte) }
        } else if sawQuote, byte == format.quote {
            sawQuote = false
            field.append(byte)
        } else {
            if sawQuote { (isQuoted, sawQuote) = (false, false) }
            if byte == format.record {
                endRecord(&records)
            } else if byte == format.column {
                endField()
            } else if byte == format.quote, field.isEmpty {
                isQuoted = true
            } else {
                field.append(byte)
            }
        }
    }

    private mutating func endField() {
        fields.append(String(decoding: field, as: UTF8.self))
        field.removeAll(keepingCapacity: true)
    }

    private mutating func endRecord(_ records: inout [QueryRecord]) {
        if format.record == UInt8(ascii: "\n"), field.last == UInt8(ascii: "\r") { field.removeLast() }
        let isBlank = fields.isEmpty && field.isEmpty && !isQuoted
        endField()
        (isQuoted, sawQuote, recordSize) = (false, false, 0)
        defer { fields.removeAll(keepingCapacity: true) }
        if isBlank { return }
        guard needsHeader else {
            records.append(.delimited(fields, names: names))
            return
        }
        needsHeader = false
        header = fields
        names = Dictionary(
            fields.enumerated().map { ($1.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// JSON values with anything blank between them, or nothing.
private struct JSONSplitter {
    private var value: [UInt8] = []
    private var depth = 0
    private var isText = false
    private var isEscaped = false

    mutating func split(_ bytes: ByteBuffer?) throws(QueryProblem) -> [QueryRecord] {
        var records: [QueryRecord] = []
        guard let bytes else {
            if !value.isEmpty { records.append(try parse()) }
            return records
        }
        for byte in bytes.readableBytesView {
            let isBlank = byte == 0x20 || (0x09...0x0D).contains(byte)
            if depth == 0, !isText, isBlank {
                if !value.isEmpty { records.append(try parse()) }
                continue
            }
            value.append(byte)
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth <= 0 { records.append(try parse()) }
            default: break
            }
            if value.count > RecordSplitter.recordLimit {
                throw QueryProblem(isFatal: true, name: "RecordTooLarge", description: "A record is longer than 4 MiB.")
            }
        }
        return records
    }

    private mutating func parse() throws(QueryProblem) -> QueryRecord {
        defer { (value, depth, isText) = ([], 0, false) }
        do { return .json(try JSON(parsing: value)) } catch {
            throw QueryProblem(isFatal: true, name: "ParseError", description: "Unexpected token: \(error).")
        }
    }
}
