import HTTPTypes
import JSON

/// The parameters of a call, from JSON or from a form, where each is a part of its own and a text.
struct OpenAIParameters: Sendable {
    let values: JSON
    let images: [[UInt8]]

    /// - Throws: ``OpenAIProblem`` when the body is neither.
    init(_ request: StandInRequest) throws {
        let type = request.headers[.contentType] ?? ""
        if let form = MultipartForm(request.body, contentType: type) {
            var values: JSONObject = [:]
            for part in form.parts where part.filename == nil && !part.name.hasPrefix("image") {
                values[part.name] = Self.value(String(decoding: part.content, as: UTF8.self))
            }
            self.values = .object(values)
            images = form.parts.filter { $0.name == "image" || $0.name == "image[]" }.map(\.content)
        } else {
            guard let json = try? request.json(), json.object != nil else {
                throw OpenAIProblem(
                    status: .badRequest, message: "We could not parse the JSON body of your request.")
            }
            values = json
            images = []
        }
    }

    /// A form's text as what it would be in JSON: a number, a truth value or an object where it reads like one.
    private static func value(_ text: String) -> JSON {
        guard let json = try? JSON(parsing: Array(text.utf8)), json.string == nil, !json.isNull else {
            return .string(text)
        }
        return json
    }

    /// - Throws: ``OpenAIProblem`` for a parameter that is none of these.
    func check(known: Set<String>) throws {
        for name in values.object?.keys ?? [] where !known.contains(name) { throw OpenAIProblem.unknown(name) }
    }

    /// - Throws: ``OpenAIProblem`` when it is something else.
    func choice(_ name: String, _ choices: [String], default standard: String) throws -> String {
        guard let value = values[name], !value.isNull else { return standard }
        guard let text = value.string, choices.contains(text) else {
            throw OpenAIProblem.invalid(
                name, value.string ?? value.kind, want: choices.map { "'\($0)'" }.joined(separator: ", "))
        }
        return text
    }

    /// - Throws: ``OpenAIProblem`` when it is no whole number of the range.
    func integer(_ name: String, _ range: ClosedRange<Int>, default standard: Int) throws -> Int {
        guard let value = values[name], !value.isNull else { return standard }
        guard let number = value.int, range.contains(number) else {
            throw OpenAIProblem.invalid(
                name, String(decoding: value.serialized, as: UTF8.self),
                want: "\(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
