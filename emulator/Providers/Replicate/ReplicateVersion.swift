import JSON

/// What a call to `/v1/predictions` names to be run: `owner/name` of an official model, `owner/name:version`, or a version alone.
struct ReplicateVersion: Sendable, Hashable {
    /// `owner/name`.
    let model: String
    /// 64 hexadecimal digits, or `hidden` as Replicate has it for official models.
    let hash: String

    private static let hidden = "hidden"

    /// The official model of that name.
    init(model: String) {
        self.model = model
        hash = Self.hidden
    }

    /// Reads the `version` of a call.
    ///
    /// - Throws: ``ReplicateProblem`` with status 422.
    init(_ version: JSON?) throws {
        guard let version, version != .null else {
            throw ReplicateProblem.invalid([("version", "version is required")])
        }
        guard let text = version.string else {
            throw ReplicateProblem.invalid([("version", "Invalid type. Expected: string, given: \(version.kind)")])
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch parts.count {
        case 1 where Self.isHash(parts[0]):
            model = "stand-in/model"
            hash = text
        case 1 where Self.isModel(parts[0]):
            model = text
            hash = Self.hidden
        case 2 where Self.isModel(parts[0]) && Self.isHash(parts[1]):
            model = String(parts[0])
            hash = String(parts[1])
        default: throw ReplicateProblem.unknownVersion
        }
    }

    private static func isHash(_ text: Substring) -> Bool {
        text.utf8.count == 64 && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    private static func isModel(_ text: Substring) -> Bool {
        let names = text.split(separator: "/", omittingEmptySubsequences: false)
        return names.count == 2
            && names.allSatisfy { name in
                !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
            }
    }
}
