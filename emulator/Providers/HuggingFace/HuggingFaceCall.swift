import Cryptography
import HTTPTypes
import JSON

/// A call for a picture: JSON, or the bytes of a picture to draw from.
struct HuggingFaceCall: Sendable {
    let prompt: String
    let image: [UInt8]?
    /// The model's parameters, `null` for bytes.
    let parameters: JSON
    private let width: Int
    private let height: Int
    private let seed: Int

    /// - Throws: ``HuggingFaceProblem`` with status 400.
    init(_ request: StandInRequest) throws {
        let type = request.headers[.contentType] ?? ""
        guard type.hasPrefix("application/json") || type.isEmpty && request.body.first == UInt8(ascii: "{") else {
            guard !request.body.isEmpty else { throw Self.invalid("The body is empty") }
            (prompt, image, parameters) = ("", request.body, .null)
            (width, height, seed) = (512, 512, 0)
            return
        }
        guard let body = try? request.json(), let inputs = body["inputs"]?.string else {
            throw Self.invalid("Field required: inputs")
        }
        let parameters = body["parameters"] ?? .null
        // A picture comes as Base64 with its prompt among the parameters.
        let picture = Base64.decode(inputs).flatMap { Self.isPicture($0) ? $0 : nil }
        prompt = picture == nil ? inputs : parameters["prompt"]?.string ?? ""
        image = picture
        self.parameters = parameters
        func number(_ name: String, _ standard: Int, _ range: ClosedRange<Int>) throws -> Int {
            guard let value = parameters[name] ?? parameters["target_size"]?[name], value != .null else {
                return standard
            }
            guard let number = value.int, range.contains(number) else {
                throw Self.invalid("\(name) must be from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        width = try number("width", 512, 16...2048)
        height = try number("height", 512, 16...2048)
        seed = try number(
            "seed", Int(truncatingIfNeeded: RandomSource.digest(prompt.utf8) >> 33), 0...Int(UInt32.max))
    }

    var picture: Picture {
        Picture(prompt: prompt, seed: seed, width: width, height: height, input: image)
    }

    /// PNG, JPEG, WebP and GIF by their first bytes.
    private static func isPicture(_ bytes: [UInt8]) -> Bool {
        [[0x89, 0x50, 0x4e, 0x47], [0xff, 0xd8, 0xff], Array("RIFF".utf8), Array("GIF8".utf8)].contains {
            bytes.starts(with: $0)
        }
    }

    private static func invalid(_ message: String) -> HuggingFaceProblem {
        HuggingFaceProblem(status: .badRequest, message: message)
    }
}
