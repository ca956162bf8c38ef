import Conformance
import FoundationEssentials
import FunctionTesting
import JSON
import Testing

@testable import FunctionRuntime

/// A function that somebody runs by hand.
@Suite(.timeLimit(.minutes(1)))
struct CommandLineTests {
    struct Tidy: Function {
        static let triggers = [Trigger.timer("every 5s")]
        static let summary = "Tidies up"
        init(_ configuration: Configuration) {}
        func call(_ tick: Tick, _ context: Context) async throws -> Done { .done }
    }

    struct Work: Function {
        static let triggers = [Trigger.queue("generate")]
        init(_ configuration: Configuration) {}
        func call(_ message: Message<[String: String]>, _ context: Context) async throws -> Done { .done }
    }

    struct Look: Function {
        static let triggers = [Trigger.object(prefix: "uploads/", suffix: ".png", events: [.deleted])]
        init(_ configuration: Configuration) {}
        func call(_ object: StoredObject, _ context: Context) async throws -> Done { .done }
    }

    struct Change: Function {
        static let triggers = [Trigger.http(.put, "/things/{id}/{path...}")]
        init(_ configuration: Configuration) {}
        func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<NoBody> { .noContent }
    }

    @Test func `the example is an event that the function takes`() throws {
        func event<F: Function>(_: F.Type) throws -> Invocation.Event {
            try Invocation(CommandHelp<F>.event, id: "once").event
        }
        guard case .timer(let tick) = try event(Tidy.self) else { Issue.record("no timer event"); return }
        #expect(tick.schedule == "every 5s")
        guard case .queue(let message) = try event(Work.self) else { Issue.record("no queue event"); return }
        #expect(message.queue == "generate")
        guard case .object(let object) = try event(Look.self) else { Issue.record("no object event"); return }
        #expect(object.key == "uploads/example.png" && object.event == .deleted)
        guard case .http(let request) = try event(Change.self) else { Issue.record("no http event"); return }
        #expect(request.method == .put && request.parameters.keys.sorted() == ["id", "path"])
    }

    @Test func `the help says what it is, what calls it, and how it is run`() {
        let help = CommandHelp<Tidy>.text
        for part in ["Tidy: Tidies up", "the timer every 5s", "--describe", #"{"timer":{"schedule":"every 5s"}}"#] {
            #expect(help.contains(part))
        }
    }

    @Test(arguments: [
        ("", "standard input is empty\nTry: echo '{\"http\":"),
        (#"{"queue":{"data":{}}}"#, "standard input is no event: id is missing\nTry: "),
    ])
    func `what is no event is told once, with an example`(_ input: String, _ problem: String) async throws {
        let result = try await run([], input: input)
        #expect(result.status == 1)
        #expect(result.errors.hasPrefix(problem), "\(result.errors)")
    }

    @Test func `an unknown argument is an error that names it`() async throws {
        let result = try await run(["--bogus"], input: nil)
        #expect(result.status == 2)
        #expect(result.errors.hasPrefix("unknown: --bogus. EchoFunction takes --describe or --help"))
    }

    @Test(arguments: ["--help", "-h"])
    func `the help comes without an event`(_ argument: String) async throws {
        let result = try await run([argument], input: nil)
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("EchoFunction"))
    }

    @Test func `a problem at the start is told once`() async throws {
        struct Fails: Function {
            static let triggers = [Trigger.timer("every 5s")]
            init(_ configuration: Configuration) throws { throw Failure.unavailable("nobody is there") }
            func call(_ tick: Tick, _ context: Context) async throws -> Done { .done }
        }
        await #expect {
            _ = try await Startup<Fails>.function { _ in }
        } throws: { error in
            guard let problem = error as? StartupProblem else { return false }
            return problem.message == "Fails cannot start: unavailable: nobody is there" && problem.errors.isEmpty
        }
    }

    @Test func `an error that knows what a caller should hear ends as that`() async throws {
        struct Away: FailureConvertible { var failure: Failure? }
        struct Fails: Function {
            static let triggers = [Trigger.queue("work")]
            init(_ configuration: Configuration) {}
            func call(_ message: Message<Bool>, _ context: Context) async throws -> Done {
                throw Away(failure: message.body ? .unavailable("away") : nil)
            }
        }
        let function = try await TestedFunction(Fails.self)
        #expect(await function.message(true).failure == .unavailable("away"))
        #expect(await function.message(false).failure?.code == .internal)
    }

    /// Runs the function that the package builds beside the tests, without a host.
    /// - Parameter input: Nil: a standard input that never ends.
    private func run(
        _ arguments: [String], input: String?
    ) async throws -> (status: Int32?, output: String, errors: String) {
        let child = try ChildFunction(
            Program.path, arguments: arguments, environment: ProcessInfo.processInfo.environment, frames: false)
        defer { child.kill() }
        if let input {
            try child.send(Array(input.utf8))
            await child.closeInput()
        }
        let end = try await child.end()
        return (end.status, String(decoding: end.output, as: UTF8.self), end.standardError)
    }
}
