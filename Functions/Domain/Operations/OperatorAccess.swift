internal import Cryptography
package import FunctionRuntime

/// Who may use the operators' functions: whoever has the token, and on a developer's machine everybody.
package struct OperatorAccess: Sendable {
    package static let token = ConfigurationKey<String>(
        "OPERATOR_TOKEN", summary: "token of operators; without it nobody is one but the local development user",
        secret: true, kind: "a token of at least 16 characters"
    ) { $0.utf8.count >= 16 ? $0 : nil }.optional

    /// The keys a function declares that is for operators.
    package static let environment: [any ConfigurationKeyProtocol] = [token, Identity.developmentUser]

    private let token: String?
    private let isLocal: Bool

    /// - Throws: `ConfigurationProblem`.
    package init(_ configuration: Configuration) throws {
        token = try configuration[Self.token]
        isLocal = try configuration[Identity.developmentUser] != nil
    }

    /// - Throws: `Failure.unauthenticated` for a request that is not an operator's.
    package func check(_ headers: Headers) throws {
        guard let authorization = headers["authorization"] else {
            if isLocal { return }
            throw Failure.unauthenticated("this is for operators: send Authorization: Bearer with the operators' token")
        }
        guard let token, ConstantTime.equal(authorization, "Bearer \(token)") else {
            throw Failure.unauthenticated("the token is not the operators'")
        }
    }
}
