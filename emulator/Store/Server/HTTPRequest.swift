import NIOCore
import NIOHTTP1

/// A request as it came over the wire: signatures are made over exactly these bytes, so nothing is tidied up.
struct HTTPRequest {
    let method: String
    /// The target's path, still percent-encoded.
    let rawPath: String
    /// What stands after the question mark, still percent-encoded; nil without one.
    let rawQuery: String?
    let headers: HTTPHeaders
    let body: HTTPRequestBody
    /// The client's address without its port.
    let peer: String
    /// The query's names and values, decoded, in order. A name without `=` has an empty value.
    let query: [(name: String, value: String)]
    /// A new one for each request.
    let id: String

    init(head: HTTPRequestHead, body: HTTPRequestBody, peer: String, id: String) {
        method = head.method.rawValue
        var target = Substring(head.uri)
        // An absolute target, as proxies send it (RFC 9112, section 3.2.2).
        if !target.hasPrefix("/"), let scheme = target.range(of: "://") {
            let rest = target[scheme.upperBound...]
            target = rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
        }
        if let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) {
            rawPath = String(target[..<mark])
            rawQuery = String(target[target.utf8.index(after: mark)...])
        } else {
            rawPath = String(target)
            rawQuery = nil
        }
        headers = head.headers
        self.body = body
        self.peer = peer
        self.id = id
        query = rawQuery.map(Self.parse) ?? []
    }

    private static func parse(_ query: String) -> [(name: String, value: String)] {
        query.utf8.split(separator: UInt8(ascii: "&")).map { field in
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (
                PercentEncoding.decode(Substring(parts[0]), plusIsSpace: true),
                parts.count > 1 ? PercentEncoding.decode(Substring(parts[1]), plusIsSpace: true) : ""
            )
        }
    }

    /// The value of a query parameter; empty where it has none.
    func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

    func has(_ parameter: String) -> Bool { query.contains { $0.name == parameter } }

    /// The one value of a header, several joined by commas; nil without one.
    func header(_ name: String) -> String? {
        let values = headers[name]
        return values.count < 2 ? values.first : values.joined(separator: ",")
    }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<Substring.Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) { return index..<self.index(index, offsetBy: text.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
