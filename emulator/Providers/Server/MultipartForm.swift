/// The parts of a multipart/form-data body (RFC 7578).
struct MultipartForm: Sendable {
    struct Part: Sendable {
        let name: String
        let filename: String?
        let contentType: String?
        let content: [UInt8]
    }

    let parts: [Part]

    subscript(name: String) -> Part? {
        parts.first { $0.name == name }
    }

    /// Reads `body`; nil when the type is not multipart/form-data with a boundary or the body does not keep to it.
    init?(_ body: [UInt8], contentType: String) {
        guard contentType.lowercased().hasPrefix("multipart/form-data"),
            let boundary = Self.parameter("boundary", of: contentType), !boundary.isEmpty
        else { return nil }
        let delimiter = Array("--\(boundary)".utf8)
        var parts: [Part] = []
        var sections = body.split(separator: delimiter, maxSplits: .max, omittingEmptySubsequences: false)[...]
        guard sections.count >= 2, sections.removeFirst().isEmpty || body.starts(with: [13, 10]) else { return nil }
        guard let end = sections.popLast(), end.starts(with: Array("--".utf8)) else { return nil }
        for section in sections {
            guard let part = Self.part(section) else { return nil }
            parts.append(part)
        }
        self.parts = parts
    }

    private static func part(_ section: ArraySlice<UInt8>) -> Part? {
        let line: [UInt8] = [13, 10]
        guard section.starts(with: line), section.suffix(2).elementsEqual(line),
            let gap = section.dropFirst(2).firstRange(of: line + line), gap.upperBound <= section.endIndex - 2
        else { return nil }
        var headers: [String: String] = [:]
        for header in String(decoding: section[section.startIndex + 2..<gap.lowerBound], as: UTF8.self).split(
            separator: "\r\n")
        {
            guard let colon = header.firstIndex(of: ":") else { return nil }
            headers[header[..<colon].lowercased()] = String(header[header.index(after: colon)...].drop { $0 == " " })
        }
        guard let disposition = headers["content-disposition"], let name = parameter("name", of: disposition) else {
            return nil
        }
        return Part(
            name: name, filename: parameter("filename", of: disposition), contentType: headers["content-type"],
            content: Array(section[gap.upperBound..<section.endIndex - 2]))
    }

    /// The value of `; name=value` or `; name="value"` in a header.
    private static func parameter(_ name: String, of header: String) -> String? {
        for piece in header.split(separator: ";").dropFirst() {
            let pair = piece.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " || piece.contains("\"") } }
            guard pair.count == 2, pair[0].filter({ $0 != " " }) == name else { continue }
            return pair[1].hasPrefix("\"") ? String(pair[1].dropFirst().prefix { $0 != "\"" }) : pair[1]
        }
        return nil
    }
}
