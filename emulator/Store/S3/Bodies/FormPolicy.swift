import Cryptography
import JSON

/// What a form's signer allowed (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html).
struct FormPolicy {
    private enum Condition {
        case equals(String, String)
        case startsWith(String, String)
        case length(Int64, Int64)
    }

    private let conditions: [Condition]

    /// - Throws: `InvalidPolicyDocument`, or `AccessDenied` for one that has expired.
    init(base64 text: String) throws(S3Error) {
        func invalid(_ reason: String) -> S3Error {
            S3Error(400, "InvalidPolicyDocument", "Invalid Policy: \(reason)")
        }
        guard let bytes = Base64.decode(text.filter { !$0.isWhitespace }), let document = try? JSON(parsing: bytes)
        else { throw invalid("Invalid JSON.") }
        guard let expiration = document["expiration"]?.string else { throw invalid("Policy missing expiration.") }
        guard let moment = HTTPDate.parseISO8601(expiration) else {
            throw invalid("Invalid 'expiration' value: '\(expiration)'")
        }
        guard moment > Clock.milliseconds() else {
            throw S3Error(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        }
        guard let list = document["conditions"]?.array else { throw invalid("Policy missing conditions.") }
        var conditions: [Condition] = []
        for entry in list {
            if let object = entry.object {
                guard !object.isEmpty else { throw invalid("Invalid JSON.") }
                for member in object {
                    guard let value = member.value.string else {
                        throw invalid(
                            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
                    }
                    conditions.append(.equals(member.name.lowercased(), value))
                }
                continue
            }
            guard let parts = entry.array, parts.count == 3, let test = parts[0].string?.lowercased() else {
                throw invalid("Invalid JSON.")
            }
            switch test {
            case "eq", "starts-with":
                guard let name = parts[1].string, name.hasPrefix("$"), let value = parts[2].string else {
                    throw invalid("Invalid JSON.")
                }
                let field = name.dropFirst().lowercased()
                conditions.append(test == "eq" ? .equals(field, value) : .startsWith(field, value))
            case "content-length-range":
                guard let low = Self.number(parts[1]), let high = Self.number(parts[2]), low >= 0 else {
                    throw invalid("Invalid JSON.")
                }
                conditions.append(.length(low, high))
            default: throw invalid("Invalid JSON.")
            }
        }
        self.conditions = conditions
    }

    private static func number(_ value: JSON) -> Int64? { value.integer ?? value.string.flatMap { Int64($0) } }

    /// Every condition must hold, and every field must be named by one.
    func check(_ fields: [String: String]) throws(S3Error) {
        var named: Set<String> = [
            "policy", "x-amz-signature", "signature", "awsaccesskeyid", "file", "x-amz-algorithm", "x-amz-credential",
            "x-amz-date",
        ]
        for condition in conditions {
            switch condition {
            case .equals(let name, let value):
                named.insert(name)
                if fields[name] != value { throw Self.refused("[\"eq\", \"$\(name)\", \"\(value)\"]") }
            case .startsWith(let name, let value):
                named.insert(name)
                let actual = fields[name] ?? ""
                let isList = name == "content-type"
                let values =
                    isList ? actual.split(separator: ",", omittingEmptySubsequences: false).map(String.init) : [actual]
                if fields[name] == nil && !value.isEmpty || !values.allSatisfy({ $0.hasPrefix(value) }) {
                    throw Self.refused("[\"starts-with\", \"$\(name)\", \"\(value)\"]")
                }
            case .length: break
            }
        }
        if let extra = fields.keys.sorted().first(where: { !named.contains($0) && !Self.isFree($0) }) {
            throw S3Error(403, "AccessDenied", "Invalid according to Policy: Extra input fields: \(extra)")
        }
    }

    /// Whether a form may have a field that its policy does not name.
    private static func isFree(_ name: String) -> Bool {
        name.hasPrefix("x-ignore-") || name.hasPrefix("x-amz-checksum-")
    }

    /// Checks the size so far, or in the end.
    func check(size: Int64, isComplete: Bool) throws(S3Error) {
        for case .length(let low, let high) in conditions {
            if size > high {
                throw S3Error(
                    400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
                    ["ProposedSize": String(size), "MaxSizeAllowed": String(high)])
            }
            if isComplete && size < low {
                throw S3Error(
                    400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
                    ["ProposedSize": String(size), "MinSizeAllowed": String(low)])
            }
        }
    }

    private static func refused(_ condition: String) -> S3Error {
        S3Error(403, "AccessDenied", "Invalid according to Policy: Policy Condition failed: \(condition)")
    }
}
