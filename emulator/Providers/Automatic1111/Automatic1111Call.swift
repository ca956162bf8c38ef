import Cryptography
import HTTPTypes
import JSON

/// A call for pictures, checked as AUTOMATIC1111 checks it; keys it does not know are ignored, as by the real one.
struct Automatic1111Call: Sendable {
    let prompt: String
    let task: String?
    let sendsImages: Bool
    let pictures: [Picture]
    private let parameters: JSON

    static let samplers = ["DPM++ 2M", "DPM++ SDE", "Euler a", "Euler", "LMS", "Heun", "DDIM", "UniPC"]
    /// Of all batches of one call.
    private static let mostPictures = 16

    /// - Throws: ``Automatic1111Problem``.
    init(_ body: JSON, isImageToImage: Bool) throws {
        guard body.object != nil else { throw Automatic1111Problem.field("body", "value is not a valid dict") }
        func number(_ name: String, _ standard: Int, _ range: ClosedRange<Int> = .min ... .max) throws -> Int {
            guard let value = body[name], value != .null else { return standard }
            guard let number = value.int else {
                throw Automatic1111Problem.field(name, "value is not a valid integer", type: "type_error.integer")
            }
            guard range.contains(number) else { throw Automatic1111Problem.field(name, outside: range, number) }
            return number
        }
        let sampler = body["sampler_name"]?.string
        guard sampler.map(Self.samplers.contains) ?? true else {
            throw Automatic1111Problem(status: .notFound, detail: "Sampler not found")
        }
        prompt = body["prompt"]?.string ?? ""
        task = body["force_task_id"]?.string
        sendsImages = body["send_images"]?.bool ?? true
        parameters = body
        var input: [UInt8]?
        if isImageToImage {
            guard let image = body["init_images"]?[0]?.string else {
                throw Automatic1111Problem(status: .notFound, detail: "Init image not found")
            }
            guard let bytes = Base64.decode(String(image.split(separator: "," as Character).last ?? "")) else {
                throw Automatic1111Problem(status: .internalServerError, detail: "Invalid encoded image")
            }
            input = bytes
        }
        let wanted = try number("seed", -1)
        let seed = wanted == -1 ? Int(SecureRandom.bytes(4).reduce(0) { $0 << 8 | UInt32($1) }) : wanted
        let batch = try number("batch_size", 1, 1...Self.mostPictures)
        let count = batch * (try number("n_iter", 1, 1...Self.mostPictures / batch))
        let (width, height) = (try number("width", 512, 16...2048), try number("height", 512, 16...2048))
        pictures = (0..<count).map {
            Picture(
                prompt: body["prompt"]?.string ?? "", seed: seed &+ $0, width: width, height: height, input: input)
        }
    }

    /// The pictures, before them a contact sheet when there are several, and `info` as JSON in a text.
    func answer() -> JSON {
        var drawn = pictures.map { $0.png() }
        if drawn.count > 1 {
            var sheet = pictures[0]
            sheet.prompt = "contact sheet of \(prompt)"
            drawn.insert(sheet.png(), at: 0)
        }
        let info: JSON = [
            "prompt": .string(prompt), "seed": .integer(Int64(pictures[0].seed)),
            "all_seeds": .array(pictures.map { .integer(Int64($0.seed)) }),
            "width": .integer(Int64(pictures[0].width)), "height": .integer(Int64(pictures[0].height)),
            "index_of_first_image": .integer(drawn.count > pictures.count ? 1 : 0), "infotexts": [.string(prompt)],
        ]
        return [
            "images": .array(sendsImages ? drawn.map { .string(Base64.encode($0)) } : []), "parameters": parameters,
            "info": .string(String(decoding: info.serialized, as: UTF8.self)),
        ]
    }
}
