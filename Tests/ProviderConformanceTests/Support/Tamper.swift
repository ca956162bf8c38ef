import FunctionTesting
import Glibc
import JSON
import Synchronization

/// Stands between an adapter and a stand-in, and spoils what the stand-in answers: the same seed spoils the same way.
final class Tamper: Sendable {
    /// How an answer is spoiled.
    enum Kind: String, CaseIterable, Sendable {
        case missingKey, extraKeys, otherType, unknownWord, hugeNumber, emptyBody, noJSON, truncated, otherStatus,
            broken
    }

    private let server: LocalServer
    /// What was done to the answers so far.
    var deeds: [String] { done.withLock { $0 } }
    private let done: Shared<[String]>

    /// - Parameter target: the stand-in's port.
    init(target: Int, kind: Kind, seed: UInt64) throws {
        let done = Shared<[String]>([])
        self.done = done
        let random = Shared(RandomNumbers(seed: seed))
        server = try LocalServer { request in
            guard let answer = try? Forwarding.forward(request, to: target) else { return .init(breaks: true) }
            return random.withLock { random in
                // Some answers pass, or nothing would ever be reached behind the first.
                guard UInt8.random(in: 0..<3, using: &random) > 0 else { return answer }
                done.withLock { $0.append("\(kind) \(request.method) \(request.path)") }
                return Self.spoil(answer, kind, using: &random)
            }
        }
    }

    var port: Int { Int(server.port) }

    private static func spoil(
        _ answer: LocalServer.Answer, _ kind: Kind, using random: inout RandomNumbers
    ) -> LocalServer.Answer {
        var answer = answer
        let json = try? JSON(parsing: answer.body)
        switch kind {
        case .missingKey, .extraKeys, .otherType, .unknownWord, .hugeNumber:
            guard let json else { return answer }
            answer.body = json.spoiled(kind, using: &random).serialized
        case .emptyBody: answer.body = []
        case .noJSON: answer.body = Array("<html><body>Bad gateway</body></html>".utf8)
        case .truncated: answer.kept = Int.random(in: 0...max(0, answer.body.count - 1), using: &random)
        case .otherStatus:
            answer.status = [200, 202, 204, 301, 302, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 504, 599]
                .randomElement(using: &random)!
        case .broken: answer.breaks = true
        }
        return answer
    }
}

/// A value behind a lock, for closures that share it.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        value.withLock { value in body(&value) }
    }
}

/// SplitMix64.
struct RandomNumbers: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension JSON {
    /// The same document with one place changed.
    fileprivate func spoiled(_ kind: Tamper.Kind, using random: inout RandomNumbers) -> JSON {
        switch self {
        case .object(var members) where !members.isEmpty:
            let member = members.randomElement(using: &random)!
            if kind == .extraKeys {
                members["a_key_of_tomorrow"] = ["status": "succeeded", "list": [nil, 7, "x"]]
                return .object(members)
            }
            let goesDeeper = member.value.isContainer && Bool.random(using: &random)
            members[member.name] =
                goesDeeper
                ? member.value.spoiled(kind, using: &random) : member.value.replaced(kind, using: &random)
            return .object(members)
        case .array(var elements) where !elements.isEmpty:
            let index = elements.indices.randomElement(using: &random)!
            elements[index] = elements[index].spoiled(kind, using: &random)
            return .array(elements)
        default: return replaced(kind, using: &random) ?? .null
        }
    }

    private var isContainer: Bool { object != nil || array != nil }

    private func replaced(_ kind: Tamper.Kind, using random: inout RandomNumbers) -> JSON? {
        switch kind {
        case .missingKey: return nil
        case .unknownWord:
            return ["a word of tomorrow", "", "../../etc/passwd", "file:///etc/passwd", "😀"].randomElement(
                using: &random)
        case .hugeNumber:
            return [.number(1e308), .integer(.max), .integer(.min), .number(-1)].randomElement(using: &random)
        default: return [nil, true, 7, "text", [], [nil], [:], ["a": 1]].randomElement(using: &random)
        }
    }
}
