/// Who is told what happens beside the invocations: services that restart, ports that were taken, builds.
protocol Notices: Sendable {
    /// Something worth knowing.
    func info(_ message: String)
    /// Something that went wrong, or is not as asked for.
    func warning(_ message: String)
}
