import Glibc

/// The operating system's own words for an error.
enum SystemMessage {
    /// What `errno` says right now: read it directly after the call that failed.
    static var last: String { text(errno) }

    /// The words for one error number.
    static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
