import JSON
import NIOCore

/// Writes the records of an answer in the format that was asked for.
struct QueryOutput {
    private let format: QueryFormat
    private var needsHeader: Bool

    init(_ format: QueryFormat) {
        self.format = format
        needsHeader = if case .delimited(let delimited) = format { delimited.hasHeaders } else { false }
    }

    /// - Parameter names: the columns' names; nil for those that have none.
    mutating func write(_ values: [QueryValue], _ names: [String?], into bytes: inout ByteBuffer) {
        switch format {
        case .delimited(let delimited):
            if needsHeader {
                needsHeader = false
                let header = names.enumerated().map { $1 ?? Self.placeName($0) }
                Self.write(header, delimited, into: &bytes)
            }
            Self.write(values.map(\.text), delimited, into: &bytes)
        case .json(let record):
            var object = JSONObject()
            for (index, value) in values.enumerated() {
                guard let json = value.json else { continue }
                object[(index < names.count ? names[index] : nil) ?? Self.placeName(index)] = json
            }
            bytes.writeBytes(JSON.object(object).serialized)
            bytes.writeString(record)
        }
    }

    /// Writes a JSON record as it stands, where that is what was asked for. False where it is not.
    func write(whole json: JSON, into bytes: inout ByteBuffer) -> Bool {
        guard case .json(let record) = format else { return false }
        bytes.writeBytes(json.serialized)
        bytes.writeString(record)
        return true
    }

    static func placeName(_ index: Int) -> String { "_\(index + 1)" }

    private static func write(_ fields: [String], _ format: QueryFormat.Delimited, into bytes: inout ByteBuffer) {
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.writeInteger(format.column) }
            guard let quote = format.quote, needsQuotes(field, format) else {
                bytes.writeString(field)
                continue
            }
            bytes.writeInteger(quote)
            for byte in field.utf8 {
                if byte == quote || byte == format.escape { bytes.writeInteger(format.escape ?? quote) }
                bytes.writeInteger(byte)
            }
            bytes.writeInteger(quote)
        }
        bytes.writeInteger(format.record)
    }

    private static func needsQuotes(_ field: String, _ format: QueryFormat.Delimited) -> Bool {
        field.utf8.contains { byte in
            byte == format.column || byte == format.quote || byte == format.record || byte == UInt8(ascii: "\r")
                || byte == UInt8(ascii: "\n")
        }
    }
}
