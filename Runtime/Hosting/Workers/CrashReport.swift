/// How a function process ended and what it said last.
package struct CrashReport: Sendable, Hashable, CustomStringConvertible {
    /// How the process ended.
    package enum Ending: Sendable, Hashable {
        case exited(code: Int32)
        case signalled(Int32)
        /// It was killed by the host, for this reason: a broken protocol, an ignored cancel.
        case killed(because: String)
    }

    package var function: String
    package var instance: String
    package var processIdentifier: Int32
    package var ending: Ending
    /// The last lines of standard error, oldest first: the backtrace of a Swift function is among them.
    package var standardError: [String]
    /// The calls that were with the process, and those of them that may have begun.
    package var inFlight: [String]
    package var started: [String]

    /// What is said of a process nobody can say more of.
    static func unknown(function: String, instance: String) -> CrashReport {
        CrashReport(
            function: function, instance: instance, processIdentifier: 0, ending: .killed(because: "it is gone"),
            standardError: [], inFlight: [], started: [])
    }

    /// One sentence, without the standard error.
    package var reason: String {
        switch ending {
        case .exited(let code): "\(function) exited with code \(code) in the middle of a call"
        case .signalled(let number): "\(function) was ended by signal \(number) (\(Signal.name(number)))"
        case .killed(let reason): "\(function) was killed: \(reason)"
        }
    }

    package var description: String {
        ([reason] + standardError).joined(separator: "\n")
    }
}
