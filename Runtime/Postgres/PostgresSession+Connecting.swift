internal import CPostgres
internal import Glibc

/// Connects with our settings around those of the URL, which libpq lets override what stands before it.
///
/// Notices are dropped: libpq would print them to stderr. Never nil but for lack of memory; ask `PQstatus`.
func connectToPostgres(_ url: String) -> OpaquePointer? {
    let handle = withConnectionParameters(url) { PQconnectdbParams($0, $1, 1) }
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
    return handle
}

/// Whether an attempt that failed may work later: nothing answers, or the server is starting or stopping. A server that
/// answers, and refuses only us (password, database, TLS), will go on to do so.
func isPostgresAway(_ url: String) -> Bool {
    // Without TLS: a server whose certificate is not trusted is there, and will not be trusted in a moment either.
    switch withConnectionParameters(url, [("sslmode", "disable")], { PQpingParams($0, $1, 1) }) {
    case PQPING_REJECT, PQPING_NO_RESPONSE: true
    default: false
    }
}

private func withConnectionParameters<Value>(
    _ url: String, _ overrides: [(String, String)] = [],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Value
) -> Value {
    let parameters =
        [
            ("connect_timeout", "5"), ("fallback_application_name", "darkroom"), ("dbname", url),
            ("client_encoding", "UTF8"),
        ] + overrides
    let keywords = parameters.map { strdup($0.0) }
    let values = parameters.map { strdup($0.1) }
    defer { (keywords + values).forEach { free($0) } }
    return body(keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil])
}
