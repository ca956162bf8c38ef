import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import JSON
import Testing

/// Parameters that a function declares: read by their declaration, named in its description.
struct RequestParameterTests {
    enum Mood: String, Codable, CaseIterable, ParameterValue { case happy, sad }

    struct Ask: Function {
        static let triggers = [Trigger.http(.get, "/ask/{id}")]
        static let id = RequestParameter.path("id", as: UUID.self, "whom")
        static let times = RequestParameter.query("times", as: Int.self, "how often")
        static let moods = RequestParameter.queryList("mood", as: Mood.self, "in which moods")
        static let last = RequestParameter.header("Last-Answer", "the last answer")
        static let parameters: [any RequestParameterProtocol] = [id, times, moods, last]

        init(_ configuration: Configuration) {}

        func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<JSON> {
            .ok([
                "id": .string(try request.parameter(Self.id).uuidString),
                "times": try request.value(of: Self.times).map { .integer(Int64($0)) } ?? .null,
                "moods": .array(try request.values(of: Self.moods).map { .string($0.rawValue) }),
                "last": try request.value(of: Self.last).map { .string($0) } ?? .null,
            ])
        }
    }

    private static let id = "6F1E2D3C-4B5A-4798-8899-AABBCCDDEEFF"

    @Test func `parameters are read by their declaration`() async throws {
        let function = try await TestedFunction(Ask.self)
        let full = await function.request(
            .get, "/ask/\(Self.id)", query: ["times": ["2", "3"], "mood": ["happy,sad", "sad"]],
            headers: ["last-answer": "no"])
        #expect(
            try full.json() == ["id": .string(Self.id), "times": 2, "moods": ["happy", "sad", "sad"], "last": "no"])
        let bare = await function.request(.get, "/ask/\(Self.id)")
        #expect(try bare.json() == ["id": .string(Self.id), "times": nil, "moods": [], "last": nil])
    }

    @Test(
        arguments: [
            ("x", [:], "id", "must be a UUID"), (id, ["times": ["two"]], "times", "must be a whole number"),
            (id, ["mood": ["happy,angry"]], "mood", "must be one of happy, sad"),
        ] as [(String, [String: [String]], String, String)])
    func `a value that does not fit names its parameter`(
        id: String, query: [String: [String]], field: String, message: String
    ) async throws {
        let answer = await (try TestedFunction(Ask.self)).request(.get, "/ask/\(id)", query: query)
        #expect(answer.failure?.errors == [FieldError(field, message)])
    }

    @Test func `the description names each parameter as OpenAPI does`() throws {
        let description = FunctionDescription(of: Ask.self)
        #expect(
            description.json["parameters"] == [
                [
                    "in": "path", "name": "id", "required": true, "description": "whom",
                    "schema": ["type": "string", "format": "uuid"],
                ],
                [
                    "in": "query", "name": "times", "required": false, "description": "how often",
                    "schema": ["type": "integer"],
                ],
                [
                    "in": "query", "name": "mood", "required": false, "description": "in which moods",
                    "schema": ["type": "array", "items": ["type": "string", "enum": ["happy", "sad"]]],
                ],
                [
                    "in": "header", "name": "Last-Answer", "required": false, "description": "the last answer",
                    "schema": ["type": "string"],
                ],
            ])
        #expect(try FunctionDescription(description.json) == description)
    }
}
