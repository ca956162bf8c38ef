import ArgumentParser

/// How a verb ends when something is wrong: one sentence on standard error, exit code 1.
enum Failing {
    /// Runs the body of a verb.
    static func withSentence<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as ExitCode {
            throw error
        } catch let error as ValidationError {
            throw error
        } catch {
            StandardStream.write("emulator: \(error)\n", to: 2)
            throw ExitCode.failure
        }
    }
}
