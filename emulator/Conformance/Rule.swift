internal import FunctionRuntime

/// One rule of the protocol and how to see whether a function keeps it.
struct Rule: Sendable {
    let name: String
    /// - Returns: what was seen.
    /// - Throws: ``Deviation`` when the rule is broken, ``NotApplicable`` when it does not concern the function.
    let check: @Sendable (Subject) async throws -> String

    init(_ name: String, _ check: @escaping @Sendable (Subject) async throws -> String) {
        self.name = name
        self.check = check
    }

    /// A rule that is checked on a child that serves. The child must still be answering afterwards.
    static func serving(
        _ name: String, _ check: @escaping @Sendable (Subject, ChildFunction) async throws -> String
    ) -> Rule {
        Rule(name) { subject in
            try await onChild(try await subject.start()) { child in
                let seen = try await check(subject, child)
                try child.send(.invoke(subject.invocation("afterwards")))
                _ = try await child.reception("afterwards")
                return seen
            }
        }
    }

    /// Runs a check and ends the child; a deviation is told with the child's standard error.
    static func onChild(
        _ child: ChildFunction, _ check: (ChildFunction) async throws -> String
    ) async throws -> String {
        defer { child.kill() }
        do {
            return try await check(child)
        } catch let deviation as Deviation {
            let error = child.standardError
            throw Deviation(deviation.detail + (error.isEmpty ? "" : "; its standard error says: \(error)"))
        }
    }
}
