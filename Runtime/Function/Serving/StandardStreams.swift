internal import Glibc

/// The standard input and output that this process was started with, taken out of reach of everything else in it.
///
/// Afterwards descriptor 0 is empty and descriptor 1 is standard error: a `print` lands in the log, and neither a
/// `readLine()` nor a child process can eat a frame (the descriptors close on exec).
struct StandardStreams: Sendable {
    let input: Int32
    let output: Int32

    /// Takes descriptors 0 and 1; to be called before anything else. Ends the process when it cannot.
    static func claim() -> StandardStreams {
        signal(SIGPIPE, SIG_IGN)
        let streams = StandardStreams(input: duplicate(STDIN_FILENO), output: duplicate(STDOUT_FILENO))
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard streams.input >= 0, streams.output >= 0, null >= 0, dup2(null, STDIN_FILENO) >= 0,
            dup2(STDERR_FILENO, STDOUT_FILENO) >= 0
        else { fail("standard input and output cannot be claimed: \(String(cString: strerror(errno)))") }
        close(null)
        return streams
    }

    private static func duplicate(_ descriptor: Int32) -> Int32 {
        fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    }

    /// Writes a line to standard error.
    static func complain(_ message: String) {
        let line = Array("\(message)\n".utf8)
        var written = 0
        while written < line.count {
            let count = line[written...].withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            written += count
        }
    }

    /// Writes a line to standard error and ends the process with 1.
    static func fail(_ message: String) -> Never {
        complain(message)
        leave(1)
    }

    /// Ends the process at once; other threads may be anywhere.
    static func leave(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }
}
