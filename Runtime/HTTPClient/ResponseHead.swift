/// Status and header fields, collected from the lines that libcurl hands over.
struct ResponseHead: Sendable {
    private(set) var status = 0
    private(set) var headers = HTTPHeaders()
    /// Whether the blank line after a final status (not 1xx) was seen. What comes later are trailers.
    private(set) var isComplete = false

    /// - Returns: false for a line that has no place in a head.
    mutating func add(line: String) -> Bool {
        if isComplete { return true }
        if line.isEmpty {
            isComplete = status >= 200
            return true
        }
        if line.hasPrefix("HTTP/") {
            headers = HTTPHeaders()
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count >= 2, let status = Int(parts[1]) else { return false }
            self.status = status
            return true
        }
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let value = line[line.utf8.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        headers.add(String(line[..<colon]), String(value))
        return true
    }

    var contentLength: Int? { headers["content-length"].flatMap { Int($0) } }
}
