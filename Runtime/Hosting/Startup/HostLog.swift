import FunctionRuntime
import Glibc
import JSON
import Synchronization
import Threads

/// Writes what happens as JSON lines to standard output, where a container platform collects them.
///
/// A thread of its own writes, many lines at once: a full pipe stops nobody else. What would not fit into a mebibyte of
/// waiting lines is dropped, and the log says how much was.
package final class HostLog: InvocationObserver {
    private struct Pending {
        var bytes: [UInt8] = []
        var dropped = 0
        var isWriting = false
    }

    private static let limit = 1 << 20

    private let thread = ThreadExecutor(name: "log")
    private let pending = Mutex(Pending())

    package init() {}

    package func observe(_ event: HostingEvent) {
        guard let record = Self.record(event) else { return }
        let mustWake = pending.withLock { pending in
            guard pending.bytes.count < Self.limit else {
                pending.dropped += 1
                return false
            }
            record.append(to: &pending.bytes)
            pending.bytes.append(0x0A)
            defer { pending.isWriting = true }
            return !pending.isWriting
        }
        if mustWake { thread.submit { self.writePending() } }
    }

    private func writePending() {
        while let bytes = takePending() {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
                // Nobody reads the log any more: there is nowhere left to say so.
                if count < 0, errno != EINTR { break }
                rest = rest.dropFirst(max(0, count))
            }
        }
    }

    private func takePending() -> [UInt8]? {
        pending.withLock { pending in
            var bytes: [UInt8] = []
            swap(&bytes, &pending.bytes)
            if pending.dropped > 0 {
                Self.line("warning", "Log lines were dropped.", [("lines", .integer(Int64(pending.dropped)))]).append(
                    to: &bytes)
                bytes.append(0x0A)
                pending.dropped = 0
            }
            pending.isWriting = !bytes.isEmpty
            return bytes.isEmpty ? nil : bytes
        }
    }

    static func record(_ event: HostingEvent) -> JSON? {
        switch event {
        case .started, .progress: nil
        case .finished(let summary): finished(summary)
        case .log(let function, _, let invocation, let record):
            line(
                record.level.rawValue, record.message,
                [("function", .string(function)), ("invocation", invocation.map(JSON.string) ?? .null)]
                    + record.fields.map { ($0.name, $0.value) })
        case .standardError(let function, let instance, let text):
            line("info", text, [("function", .string(function)), ("instance", .string(instance))])
        case .processReady(let function, let instance, _, let build, let startup):
            line(
                "info", "The process is ready.",
                [
                    ("function", .string(function)), ("instance", .string(instance)), ("build", .string(build)),
                    ("milliseconds", .number(startup / .milliseconds(1))),
                ])
        case .processFailed(let function, let instance, let message):
            line("error", message, [("function", .string(function)), ("instance", .string(instance))])
        case .processCrashed(let report):
            line(
                "error", report.description,
                [("function", .string(report.function)), ("inFlight", .array(report.inFlight.map(JSON.string)))])
        case .processStopped(let function, let instance):
            line("debug", "The process has ended.", [("function", .string(function)), ("instance", .string(instance))])
        case .replaced(let function, let build):
            line("info", "A new build serves.", [("function", .string(function)), ("build", .string(build))])
        case .replacementFailed(let function, let message): line("error", message, [("function", .string(function))])
        }
    }

    private static func finished(_ summary: InvocationSummary) -> JSON {
        var fields: [(String, JSON)] = [
            ("function", .string(summary.function)), ("invocation", .string(summary.id)),
            ("trigger", .string(summary.trigger)), ("milliseconds", .number(summary.timing.total / .milliseconds(1))),
        ]
        if let status = summary.status { fields.append(("status", .integer(Int64(status)))) }
        if let failure = summary.failure { fields.append(("failure", .string("\(failure)"))) }
        return line(summary.failure == nil ? "info" : "warning", "invocation", fields)
    }

    private static func line(_ level: String, _ message: String, _ fields: [(String, JSON)]) -> JSON {
        .object(
            JSONObject([("level", .string(level)), ("message", .string(message))] + fields.filter { !$0.1.isNull }))
    }
}
