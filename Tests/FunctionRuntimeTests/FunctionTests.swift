import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import JSON
import Testing

/// Typed events and answers, in memory.
struct FunctionTests {
    struct Greet: Function {
        struct Body: Codable { var name: String; var times: Int }
        struct Greeting: Codable { var text: String; var at: Date; var id: UUID }
        enum Mood: String, CaseIterable, ParameterValue { case happy, sad }

        static let triggers = [Trigger.http(.post, "/greet/{id}"), .http(.get, "/files/{path...}")]
        static let summary = "Greets."
        static let limits = Limits(concurrency: 3, timeout: .seconds(5), body: 100)
        static let environment: [any ConfigurationKeyProtocol] = [word]
        static let word = ConfigurationKey<String>("WORD", summary: "what it says", default: "Hello")
        let word: String

        init(_ configuration: Configuration) throws { word = try configuration[Self.word] }

        func call(_ request: Request<Body>, _ context: Context) async throws -> Response<Greeting> {
            let mood = try request.query("mood", as: Mood.self)
            context.log.debug("greeting", ["name": request.body.name, "mood": mood?.rawValue ?? "none"])
            let text = String(repeating: "\(word), \(request.body.name)! ", count: request.body.times)
            return .created(
                Greeting(text: text, at: context.now, id: try request.parameter("id", as: UUID.self)),
                location: "/greet/1")
        }
    }

    struct Work: Function {
        struct Job: Decodable { var jobId: String }
        static let triggers = [Trigger.queue("generate", attempts: 3)]
        init(_ configuration: Configuration) {}
        func call(_ message: Message<Job>, _ context: Context) async throws -> Done {
            context.progress(0.5, "half of \(message.body.jobId)")
            if message.attempt == 1 { throw Failure.unavailable("not yet", retry: .after(.seconds(5))) }
            return .done
        }
    }

    private static let id = "6f1e2d3c-4b5a-4798-8899-aabbccddeeff"

    @Test func `a request is typed, and so is its answer`() async throws {
        let clock = ManualClock(Date(timeIntervalSince1970: 0))
        let function = try await TestedFunction(Greet.self, environment: ["WORD": "Hi"], clock: clock)
        clock.advance(by: .seconds(60))
        let answer = await function.request(
            .post, "/greet/\(Self.id)", query: ["mood": ["happy"]], json: ["name": "Ann", "times": 1])
        #expect(answer.status == 201)
        #expect(answer.head?.headers["location"] == "/greet/1")
        #expect(answer.head?.headers["content-type"] == "application/json")
        #expect(
            try answer.json() == ["text": "Hi, Ann! ", "at": "1970-01-01T00:01:00.000Z", "id": .string(Self.id)])
        #expect(function.logs.records.first?.fields == ["name": "Ann", "mood": "happy"])
    }

    @Test(
        arguments: [
            (["name": "Ann"], [FieldError("times", "is missing")]),
            (["times": "x"], [FieldError("name", "is missing"), FieldError("times", "must be a whole number")]),
            ([], [FieldError("", "must be an object")]),
        ] as [(JSON, [FieldError])])
    func `a wrong body names every field`(body: JSON, errors: [FieldError]) async throws {
        let answer = try await TestedFunction(Greet.self).request(.post, "/greet/\(Self.id)", json: body)
        #expect(answer.status == 400)
        #expect(answer.failure?.errors == errors)
    }

    @Test func `parameters and query are checked`() async throws {
        let function = try await TestedFunction(Greet.self)
        let body: JSON = ["name": "Ann", "times": 1]
        let wrongID = await function.request(.post, "/greet/17", json: body)
        #expect(wrongID.failure?.errors == [FieldError("id", "must be a UUID")])
        let wrongMood = await function.request(.post, "/greet/\(Self.id)", query: ["mood": ["odd"]], json: body)
        #expect(wrongMood.failure?.errors == [FieldError("mood", "must be one of happy, sad")])
    }

    @Test func `a body of another type or too long is refused`() async throws {
        let function = try await TestedFunction(Greet.self)
        let text = await function.request(
            .post, "/greet/\(Self.id)", headers: ["Content-Type": "text/plain"], json: ["name": "Ann", "times": 1])
        #expect(text.status == 415)
        let vendor = await function.request(
            .post, "/greet/\(Self.id)", headers: ["Content-Type": "application/vnd.x+json; charset=utf-8"],
            json: ["name": "Ann", "times": 1])
        #expect(vendor.status == 201)
        let long = await function.request(
            .post, "/greet/\(Self.id)", json: ["name": .string(String(repeating: "x", count: 100)), "times": 1])
        #expect(long.status == 413)
    }

    @Test func `a message is acknowledged, or tells when to come again`() async throws {
        let function = try await TestedFunction(Work.self)
        let first = await function.message(["jobId": "j"])
        #expect(first.failure?.retry == .after(.seconds(5)))
        #expect(first.progress == [.init(value: 0.5, message: "half of j")])
        let second = await function.message(["jobId": "j"], attempt: 2)
        #expect(second.failure == nil)
        #expect(await function.request(.get, "/").failure?.code == .invalid)
    }

    @Test func `the description survives its JSON and holds everything`() throws {
        let description = FunctionDescription(of: Greet.self, build: "b")
        #expect(try FunctionDescription(description.json) == description)
        #expect(try FunctionDescription(JSON(parsing: description.json.serialized)) == description)
        #expect(description.name == "Greet")
        #expect(description.input == Schema(of: Greet.Body.self))
        #expect(description.environment.map(\.name) == ["WORD", "LOG_LEVEL"])
        let work = FunctionDescription(of: Work.self)
        #expect(try FunctionDescription(work.json).triggers == [.queue("generate", attempts: 3, lease: .seconds(30))])
    }

    @Test(
        arguments: [
            ([:], "name"), (["name": "F"], "triggers"),
            (["name": "F", "triggers": [["type": "smoke"]]], "triggers.type"),
            (["name": "F", "triggers": [["type": "http", "method": "GET", "path": "x"]]], "triggers.path"),
            (["name": "F", "triggers": [], "concurrency": 0], "concurrency"),
        ] as [(JSON, String)])
    func `a wrong description says what is wrong`(json: JSON, field: String) {
        let failure = #expect(throws: Failure.self) { try FunctionDescription(json) }
        #expect(failure?.errors.first?.field == field)
    }

    @Test func `events of a stream have one form`() {
        let event = ServerSentEvent(name: "a\nb", id: "7", data: "x\ny\r\n\u{2028}z\n")
        #expect(event.text == "event: a b\nid: 7\ndata: x\ndata: y\ndata: \u{2028}z\ndata: \n\n")
    }
}
