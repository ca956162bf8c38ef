/// Header fields that concern one connection, not the message (RFC 9110, section 7.6.1).
enum HopByHop {
    private static let names: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect",
    ]

    /// - Parameter name: In any case.
    static func contains(_ name: String) -> Bool {
        switch name.utf8.count {
        case 2, 6, 7, 10, 16, 17: names.contains(name.lowercased())
        default: false
        }
    }
}
