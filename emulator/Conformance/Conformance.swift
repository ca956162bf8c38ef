internal import FoundationEssentials
internal import FunctionRuntime
internal import JSON

/// Puts an executable through every rule of the invocation protocol that a function must keep; behind
/// `emulator conform PATH`.
///
/// The function is called for real, by its first trigger. Three paths open further checks when it has HTTP triggers of
/// those names: `/echo` answers its body, `/stream` streams more than 64 KiB, and `/sleep` lasts until it is canceled.
package enum Conformance {
    /// Checks one executable; rules that need a description are skipped when it gives none.
    ///
    /// - Parameters:
    ///   - path: the executable.
    ///   - environment: its whole environment; that of this process unless said otherwise.
    ///   - report: is told each outcome as it is known.
    /// - Returns: every rule with its outcome, in a fixed order.
    package static func run(
        path: String, environment: [String: String] = ProcessInfo.processInfo.environment,
        report: @Sendable (ConformanceCheck) -> Void = { _ in }
    ) async -> [ConformanceCheck] {
        var environment = environment
        environment["FUNCTION_PROTOCOL"] = nil
        var checks: [ConformanceCheck] = []
        func add(_ check: ConformanceCheck) {
            report(check)
            checks.append(check)
        }
        let rules = Rule.launch + Rule.frames + Rule.bodies + Rule.ending
        do {
            let description = try await describe(path, environment)
            add(.init(name: describing, outcome: .passed, detail: "\(description.name), protocol 1"))
            let subject = Subject(path: path, environment: environment, description: description)
            for rule in rules { add(await check(rule, subject)) }
        } catch {
            add(.init(name: describing, outcome: .failed, detail: sentence(error)))
            for rule in rules { add(.init(name: rule.name, outcome: .skipped, detail: "there is no description")) }
        }
        return checks
    }

    private static let describing = "--describe prints one JSON object and exits 0"

    static func describe(_ path: String, _ environment: [String: String]) async throws -> FunctionDescription {
        let child = try ChildFunction(path, arguments: ["--describe"], environment: environment, frames: false)
        defer { child.kill() }
        await child.closeInput()
        let seen = try await child.end()
        guard seen.status == 0 else {
            throw Deviation("--describe exits with \(seen.status ?? 0): \(child.standardError)")
        }
        let json: JSON
        do { json = try JSON(parsing: seen.output) } catch { throw Deviation("the description is \(error)") }
        do { return try FunctionDescription(json) } catch { throw Deviation("the description is wrong: \(error)") }
    }

    private static func check(_ rule: Rule, _ subject: Subject) async -> ConformanceCheck {
        do {
            return ConformanceCheck(name: rule.name, outcome: .passed, detail: try await rule.check(subject))
        } catch let inapplicable as NotApplicable {
            return ConformanceCheck(name: rule.name, outcome: .skipped, detail: inapplicable.reason)
        } catch {
            return ConformanceCheck(name: rule.name, outcome: .failed, detail: sentence(error))
        }
    }

    private static func sentence(_ error: any Error) -> String {
        (error as? Deviation)?.detail ?? "\(error)"
    }
}
