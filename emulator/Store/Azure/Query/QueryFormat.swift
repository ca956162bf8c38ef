import XML

/// How records stand in a blob, or in an answer: delimited text, or JSON values one after the other.
enum QueryFormat: Sendable {
    struct Delimited: Sendable {
        var column = UInt8(ascii: ",")
        var quote: UInt8? = UInt8(ascii: "\"")
        var record = UInt8(ascii: "\n")
        var escape: UInt8?
        var hasHeaders = false
    }

    case delimited(Delimited)
    case json(record: String)

    /// - Parameter serialization: `InputSerialization` or `OutputSerialization`.
    init(_ serialization: XMLElement) throws(AzureError) {
        guard let format = serialization.first("Format"), let type = format["Type"] else { throw .invalidXML }
        switch type.lowercased() {
        case "delimited":
            self = .delimited(try Self.delimited(format.first("DelimitedTextConfiguration")))
        case "json":
            let record = format.first("JsonTextConfiguration")?["RecordSeparator"] ?? ""
            self = .json(record: record.isEmpty ? "\n" : record)
        default:
            throw AzureError(
                400, "InvalidInput",
                "One of the request inputs is not valid: the emulator queries delimited text and JSON, not \(type).")
        }
    }

    private static func delimited(_ element: XMLElement?) throws(AzureError) -> Delimited {
        var format = Delimited()
        guard let element else { return format }
        func character(_ name: String) throws(AzureError) -> UInt8?? {
            guard let text = element[name] else { return nil }
            // A record may end in a carriage return and a line feed; the latter ends it.
            guard text.utf8.count <= 1 || text == "\r\n" else { throw .invalidXML }
            return .some(text.utf8.last)
        }
        if let column = try character("ColumnSeparator") ?? nil { format.column = column }
        if let quote = try character("FieldQuote") { format.quote = quote }
        if let record = try character("RecordSeparator") ?? nil { format.record = record }
        format.escape = try character("EscapeChar") ?? nil
        format.hasHeaders = (element["HasHeaders"] ?? element["HeadersPresent"])?.lowercased() == "true"
        return format
    }
}
