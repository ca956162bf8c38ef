package import FoundationEssentials
package import FunctionRuntime

/// Where providers call back: this service's own address, with the job and the call in its query, so that a call whose answer was
/// lost is found when its end is told.
package struct WebhookAddress: Sendable {
    package static let publicURL = ConfigurationKey<String>(
        "PUBLIC_URL",
        summary: "where this service can be reached from outside; without it providers are not asked to call back",
        kind: "an address", want: "https://darkroom.example"
    ) { text in
        guard text.hasPrefix("https://") || text.hasPrefix("http://") else { return nil }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }.optional

    private let base: String

    /// Nil without `PUBLIC_URL`.
    ///
    /// - Throws: `ConfigurationProblem`.
    package init?(_ configuration: Configuration) throws {
        guard let base = try configuration[Self.publicURL] else { return nil }
        self.base = base
    }

    package init(base: String) {
        self.base = base
    }

    /// The address for one call.
    package func address(of provider: String, job: UUID, call: UUID) -> String {
        "\(base)/api/v1/webhooks/\(provider)?job=\(job.text)&call=\(call.text)"
    }
}
