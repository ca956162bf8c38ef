import Conformance
import FoundationEssentials
import Testing

/// The kit passes for a function in Swift and for one in Python, and fails for what is no function.
struct ConformanceTests {
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [Programs.swift, Programs.python])
    func `a function in Swift and one in Python keep every rule`(path: String) async {
        let checks = await Conformance.run(path: path)
        for check in checks { #expect(check.outcome == .passed, "\(check.name): \(check.detail)") }
        #expect(checks.count > 25)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a program that prints in between is found out`() async throws {
        let path = try Programs.script(
            """
            import os, runpy, sys
            if os.environ.get("FUNCTION_PROTOCOL"): os.write(1, b"Loading model...\\n")
            runpy.run_path("\(Programs.python)", run_name="__main__")
            """)
        defer { Programs.remove(path) }
        let checks = await Conformance.run(path: path)
        let answer = checks.first { $0.name == "an invocation has one answer, under its id" }
        #expect(answer?.outcome == .failed)
        #expect(answer?.detail.contains("Loading model...") == true)
    }

    @Test(.timeLimit(.minutes(1)))
    func `what is no function fails at once`() async {
        let checks = await Conformance.run(path: "/bin/false")
        #expect(checks.first?.outcome == .failed)
        #expect(checks.dropFirst().allSatisfy { $0.outcome == .skipped })
    }
}
