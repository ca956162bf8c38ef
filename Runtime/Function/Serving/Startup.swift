/// What happens before the first invocation: the configuration is read and checked, then the function opens its clients.
enum Startup<F: Function> {
    /// Makes the function and what runs it.
    ///
    /// - Parameter sink: takes log lines from outside of invocations.
    /// - Throws: ``StartupProblem`` with everything that is wrong.
    static func function(
        _ sink: @escaping @Sendable (LogRecord) -> Void
    ) async throws(StartupProblem) -> (function: F, runner: Runner<F>) {
        let configuration: Configuration
        let level: LogLevel
        do {
            var read = try Configuration.process(keys: F.environment + [Log.levelKey])
            let problems = read.problems.map(\.message)
            guard problems.isEmpty else {
                throw StartupProblem(message: "\(F.name) is not configured", errors: problems)
            }
            level = try read[Log.levelKey]
            read.log = Log(minimum: level, sink)
            configuration = read
        } catch let problem as StartupProblem {
            throw problem
        } catch {
            throw StartupProblem(message: "\(F.name) is not configured", errors: ["\(error)"])
        }
        do {
            let function = try await F(configuration)
            return (function, Runner(function, configuration: configuration, logLevel: level))
        } catch {
            throw StartupProblem(message: "\(F.name) cannot start: \(error)")
        }
    }
}

/// Why a function cannot serve.
struct StartupProblem: Error {
    let message: String
    /// What is wrong in particular, where there is more to say than the message does.
    var errors: [String] = []
}
