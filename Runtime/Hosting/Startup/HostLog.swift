import FunctionRuntime
import Glibc
import JSON
import Threads

/// Writes what happens as JSON lines to standard output, where a container platform collects them. A thread of its own
/// writes: a full pipe stops nobody else.
package final class HostLog: InvocationObserver {
    private let thread = ThreadExecutor(name: "log")

    package init() {}

    package func observe(_ event: HostingEvent) {
        guard let record = Self.record(event) else { return }
        var line = record.serialized
        line.append(0x0A)
        thread.submit { [line] in
            var rest = line[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
                if count < 0, errno != EINTR { return }
                rest = rest.dropFirst(max(0, count))
            }
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
