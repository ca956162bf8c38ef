import NIOCore
import NIOHTTP1
import XML

extension S3Call {
    private static let listedLimit = 1000

    /// One document by its id, or all of them.
    func getListedSetting(_ setting: S3ListedSetting) throws -> HTTPReply {
        let bucket = try existingBucket()
        if let id = request.parameter("id") {
            guard let text = bucket.fields[setting.field + id] else { throw Self.noSuchConfiguration }
            return HTTPReply(200, ["Content-Type": "application/xml"], body: .bytes(ByteBuffer(string: text)))
        }
        let documents = try bucket.fields.all(setting.field).sorted { $0.name.precedes($1.name) }
            .map { try XMLElement(parsing: $0.value.utf8) }
        var xml = XMLWriter()
        xml.element(setting.listRoot, s3Namespace) { xml in
            xml.element("IsTruncated", "false")
            for document in documents { S3Document.write(document, &xml) }
        }
        return .xml(xml)
    }

    func putListedSetting(_ setting: S3ListedSetting) async throws -> HTTPReply {
        let id = try listedID()
        let document = try await document()
        guard document.name == setting.root, document["Id"] == id else { throw S3Error.malformedXML }
        let text = S3Document.text(document)
        try await change { bucket in
            if bucket.fields[setting.field + id] == nil, bucket.fields.all(setting.field).count >= Self.listedLimit {
                throw S3Error(
                    400, "TooManyConfigurations",
                    "You are attempting to create a new configuration but have already reached the "
                        + "\(Self.listedLimit)-configuration limit.")
            }
            bucket.fields[setting.field + id] = text
        }
        return HTTPReply(200)
    }

    func deleteListedSetting(_ setting: S3ListedSetting) async throws -> HTTPReply {
        let id = try listedID()
        try await change { bucket in
            if bucket.fields[setting.field + id] == nil { throw Self.noSuchConfiguration }
            bucket.fields[setting.field + id] = nil
        }
        return HTTPReply(204)
    }

    private func listedID() throws(S3Error) -> String {
        guard let id = request.parameter("id"), !id.isEmpty, id.utf8.count <= 64 else {
            throw .invalidArgument(
                "Missing or invalid configuration id.", name: "id", value: request.parameter("id") ?? "")
        }
        return id
    }

    private static let noSuchConfiguration = S3Error(
        404, "NoSuchConfiguration", "The specified configuration does not exist.")
}
