import Cryptography
import FoundationEssentials
import HTTPTypes
import JSON

/// Files that were uploaded as input: by a token for the CDN, whole or in parts, or to a presigned address.
actor FalFiles {
    private struct File {
        var name: String
        var type: String
        var content: [UInt8]
        /// Parts of an upload that is not complete yet.
        var parts: [Int: [UInt8]]?
    }

    private var files: [String: File] = [:]
    private var order: [String] = []
    private static let capacity = 1000
    /// What uploads to the CDN are allowed with.
    let token = Hex.encode(SecureRandom.bytes(16))

    /// Makes room for a file.
    ///
    /// - Parameter inParts: whether its content comes in parts.
    /// - Returns: its id.
    func create(name: String, type: String, content: [UInt8] = [], inParts: Bool = false) -> String {
        let id = Hex.encode(SecureRandom.bytes(12))
        files[id] = File(name: name, type: type, content: content, parts: inParts ? [:] : nil)
        order.append(id)
        if order.count > Self.capacity { files[order.removeFirst()] = nil }
        return id
    }

    func put(_ content: [UInt8], at id: String) throws {
        guard files[id] != nil else { throw FalProblem.notFound }
        files[id]?.content = content
    }

    /// - Returns: the part's entity tag.
    func put(_ content: [UInt8], part: Int, of id: String) throws -> String {
        guard files[id]?.parts != nil else { throw FalProblem.notFound }
        files[id]?.parts?[part] = content
        return "\"\(Hex.encode(MD5.hash(content)))\""
    }

    /// Puts the parts together, in the order of their numbers.
    func complete(_ id: String) throws {
        guard let parts = files[id]?.parts else { throw FalProblem.notFound }
        files[id]?.content = parts.sorted { $0.key < $1.key }.flatMap(\.value)
        files[id]?.parts = nil
    }

    func name(of id: String) -> String {
        files[id]?.name ?? "file"
    }

    func response(_ id: String) throws -> StandInResponse {
        guard let file = files[id], file.parts == nil else { throw FalProblem.notFound }
        return .bytes(file.content, type: file.type)
    }

    func content(_ id: String) -> [UInt8]? {
        files[id].flatMap { $0.parts == nil ? $0.content : nil }
    }
}
