internal import FoundationEssentials

extension Function {
    /// The whole executable: `@main struct CreateJob: Function { … }`.
    ///
    /// With `--describe` it prints its description; with `FUNCTION_PROTOCOL=1` in the environment it serves the host
    /// that started it; otherwise it answers the one event on standard input.
    @concurrent public static func main() async {
        let streams = StandardStreams.claim()
        let status = await FunctionProcess<Self>(streams).run(
            arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
        StandardStreams.leave(status)
    }
}
