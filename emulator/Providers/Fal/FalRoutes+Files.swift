import FoundationEssentials
import HTTPTypes
import JSON

/// `rest.fal.ai` and `v3.fal.media`: uploads, and everything that is downloaded.
extension FalStandIn {
    /// Where to upload to, for those who have a key.
    nonisolated func storage(_ request: StandInRequest, _ path: [String]) async throws -> StandInResponse {
        switch path {
        case ["storage", "auth", "token"]:
            return .json([
                "token": .string(files.token), "token_type": "Bearer", "base_url": .string("\(request.base)/cdn"),
                "expires_at": .string(Date.now.addingTimeInterval(3600).formatted(.iso8601)),
            ])
        case ["storage", "upload", "initiate"]:
            let wanted = try? request.json()
            let name = wanted?["file_name"]?.string ?? "file"
            let id = await files.create(
                name: name, type: wanted?["content_type"]?.string ?? "application/octet-stream")
            return .json([
                "upload_url": .string("\(request.base)/storage/\(id)?signature=stand-in"),
                "file_url": .string("\(request.base)/cdn/files/\(id)/\(name)"),
            ])
        default: throw FalProblem.notFound
        }
    }

    /// Takes a file: with the CDN's token, or at a presigned address.
    nonisolated func upload(_ request: StandInRequest, _ path: [String]) async throws -> StandInResponse {
        if request.path.first == "storage" {
            guard request.method == .put, path.count == 1 else { throw FalProblem.notFound }
            try await files.put(request.body, at: path[0])
            record("upload", path[0])
            return .empty(.ok)
        }
        guard request.headers[.authorization] == "Bearer \(files.token)" else { throw FalProblem.unauthenticated }
        let name = request.headers[.falFileName] ?? "file"
        let type = request.headers[.contentType] ?? "application/octet-stream"
        switch (request.method, path.count) {
        case (.post, 2) where path == ["files", "upload"]:
            let id = await files.create(name: name, type: type, content: request.body)
            record("upload", id, reference: name)
            return .json(["access_url": .string("\(request.base)/cdn/files/\(id)/\(name)")])
        case (.post, 3) where path == ["files", "upload", "multipart"]:
            let id = await files.create(name: name, type: type, inParts: true)
            return .json([
                "access_url": .string("\(request.base)/cdn/files/\(id)/\(name)"), "uploadId": .string(id),
            ])
        case (.put, 6) where path[3] == "multipart":
            guard let part = Int(path[5]) else { throw FalProblem.notFound }
            var response = StandInResponse.empty(.ok)
            response.headers[.eTag] = try await files.put(request.body, part: part, of: path[1])
            return response
        case (.post, 6) where path[3] == "multipart" && path[5] == "complete":
            try await files.complete(path[1])
            record("upload", path[1], reference: path[2])
            return .json(["access_url": .string("\(request.base)/cdn/files/\(path[1])/\(path[2])")])
        default: throw FalProblem.notFound
        }
    }

    /// A picture that was drawn, or a file that was uploaded.
    nonisolated func file(_ path: [String]) async throws -> StandInResponse {
        guard path.first == "files", path.count >= 3 else { throw FalProblem.notFound }
        guard path[1] == "out", path.count == 4 else { return try await files.response(path[1]) }
        let generation = try await generation(path[2])
        guard generation.status(at: .now) == .completed, let file = generation.file(path[3]) else {
            throw FalProblem.notFound
        }
        record("output", path[2], reference: path[3])
        return .bytes(file, type: generation.mediaType)
    }
}

extension HTTPField.Name {
    fileprivate static let falFileName = Self("X-Fal-File-Name")!
}
