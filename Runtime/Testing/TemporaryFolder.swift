import CLinux
import Glibc

/// A folder under /tmp that is gone when the test process is, however that ends.
///
/// A small shell waits for the end of a pipe that only this object holds open, and then removes the folder.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// The user and group that own the folder, when this process is root and servers refuse to be.
    let account: (user: uid_t, group: gid_t)?
    private let watched: Int32
    private let watchdog: pid_t

    /// - Parameter name: part of the folder's name, so that a person knows what it is.
    package init(name: String) throws {
        var template = Array("/tmp/darkroom-\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw TemporaryServerError("cannot make a folder in /tmp: \(lastError())")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        account = Self.unprivilegedAccount()
        if let account, chown(path, account.user, account.group) != 0 {
            throw TemporaryServerError("cannot give \(path) to an unprivileged user: \(lastError())")
        }
        var ends: [Int32] = [-1, -1]
        // Close-on-exec from the beginning: a server that another test starts in this moment would keep the folder for ever.
        guard linux_pipe(&ends, 0) == 0 else { throw TemporaryServerError("cannot make a pipe: \(lastError())") }
        defer { close(ends[0]) }
        watched = ends[1]
        // A server that is just being killed may still write: again, until nothing is left.
        let script = "cat; until rm -rf \"$0\"; do sleep 0.1; done"
        watchdog = withArguments(["/bin/sh", "-c", script, path], ["PATH=/usr/bin:/bin"]) { arguments, environment in
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            defer { close(null) }
            return linux_spawn("/bin/sh", arguments, environment, ends[0], null, null, 0, 0)
        }
        guard watchdog > 0 else {
            close(watched)
            throw TemporaryServerError("cannot start /bin/sh: \(lastError())")
        }
    }

    deinit {
        close(watched)
        // The shell ends by itself; where it already has, nothing of it stays behind.
        waitpid(watchdog, nil, WNOHANG)
    }

    /// `postgres` or `nobody` when this process is root.
    private static func unprivilegedAccount() -> (user: uid_t, group: gid_t)? {
        guard geteuid() == 0 else { return nil }
        guard let entry = getpwnam("postgres") ?? getpwnam("nobody") else { return nil }
        return (entry.pointee.pw_uid, entry.pointee.pw_gid)
    }
}

/// The system's words for `errno`.
func lastError() -> String {
    String(cString: strerror(errno))
}

/// Passes arguments and environment as `execve` takes them.
func withArguments<Value>(
    _ arguments: [String], _ environment: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>, UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
) -> Value {
    let arguments = arguments.map { strdup($0) }
    let environment = environment.map { strdup($0) }
    defer { for pointer in arguments + environment { free(pointer) } }
    return body(arguments + [nil], environment + [nil])
}
