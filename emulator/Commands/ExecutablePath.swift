import Glibc

/// Where this program itself is.
enum ExecutablePath {
    /// The absolute path of the running program, symbolic links resolved.
    static let own: String = {
        guard let path = realpath("/proc/self/exe", nil) ?? realpath(CommandLine.arguments[0], nil) else {
            return CommandLine.arguments[0]
        }
        defer { free(path) }
        return String(cString: path)
    }()

    /// The folder that holds it.
    static var folder: String {
        own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
    }
}
