import Cryptography
import FoundationEssentials
import JSON

/// A model's input as the stand-in understands it; keys it does not know are kept and ignored, as by a real model.
struct ReplicateInput: Sendable {
    let prompt: String
    let seed: Int
    let width: Int
    let height: Int
    let outputs: Int
    let format: PictureFormat
    /// Of a JPEG, 0...100.
    let quality: Int
    /// The input image's address: a `data:` URL or one to fetch.
    let image: String?

    /// Reads the `input` object of a call.
    ///
    /// - Throws: ``ReplicateProblem`` with status 422 that lists every field that is wrong, as Replicate words it.
    init(_ input: JSON?) throws {
        guard let input, input.object != nil else {
            throw ReplicateProblem.invalid([("input", "input is required")])
        }
        var problems: [(String, String)] = []
        func number(_ key: String, _ standard: Int, _ range: ClosedRange<Int>) -> Int {
            guard let value = input[key], value != .null else { return standard }
            guard let number = value.int else {
                problems.append(("input.\(key)", "Invalid type. Expected: integer, given: \(value.kind)"))
                return standard
            }
            if number < range.lowerBound {
                problems.append(("input.\(key)", "Must be greater than or equal to \(range.lowerBound)"))
            }
            if number > range.upperBound {
                problems.append(("input.\(key)", "Must be less than or equal to \(range.upperBound)"))
            }
            return number
        }
        func text(_ key: String) -> String? {
            guard let value = input[key], value != .null, value.string == nil else { return input[key]?.string }
            problems.append(("input.\(key)", "Invalid type. Expected: string, given: \(value.kind)"))
            return nil
        }
        prompt = text("prompt") ?? ""
        if input["prompt"] == nil { problems.append(("input", "prompt is required")) }
        seed = number("seed", Int(truncatingIfNeeded: RandomSource.digest(prompt.utf8) >> 33), 0...Int(UInt32.max))
        outputs = number("num_outputs", 1, 1...4)
        let shape = Self.size(aspectRatio: text("aspect_ratio") ?? "1:1")
        if shape == nil {
            problems.append(("input.aspect_ratio", "must be width:height between 1:4 and 4:1, such as \"16:9\""))
        }
        width = number("width", shape?.width ?? 768, 16...2048)
        height = number("height", shape?.height ?? 768, 16...2048)
        let wantsJPEG = ["jpg", "jpeg"].contains(text("output_format"))
        format = wantsJPEG ? .jpeg : .png
        quality = number("output_quality", 80, 0...100)
        image = ["image", "input_image", "image_prompt"].lazy.compactMap { input[$0]?.string }.first
        guard problems.isEmpty else { throw ReplicateProblem.invalid(problems) }
    }

    /// Width and height with the area of a 768 pixel square, in multiples of 16; nil when it is not `a:b`.
    private static func size(aspectRatio: String) -> (width: Int, height: Int)? {
        let parts = aspectRatio.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard parts.count == 2, parts[0] > 0, parts[1] > 0 else { return nil }
        let ratio = Double(parts[0]) / Double(parts[1])
        guard (0.25...4).contains(ratio) else { return nil }
        // 48 squares of 16 pixels are 768.
        return (Int((48 * ratio.squareRoot()).rounded()) * 16, Int((48 / ratio.squareRoot()).rounded()) * 16)
    }

    /// What is drawn for it, one picture an output.
    func pictures(image: [UInt8]?) -> [Picture] {
        (0..<outputs).map { Picture(prompt: prompt, seed: seed + $0, width: width, height: height, input: image) }
    }
}
