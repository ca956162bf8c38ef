package import FoundationEssentials
internal import JSON
internal import Postgres

/// A picture in the object store that has been measured.
package struct StoredImage: Sendable, Hashable {
    package var id: UUID
    package var storageKey: String
    package var format: ImageFormat
    package var width: Int
    package var height: Int
    /// Bytes.
    package var size: Int64

    package init(id: UUID, storageKey: String, format: ImageFormat, width: Int, height: Int, size: Int64) {
        self.id = id
        self.storageKey = storageKey
        self.format = format
        self.width = width
        self.height = height
        self.size = size
    }

    /// The object that `init(_:)` reads, built from a row of `source`.
    static func json(of source: String) -> SQL {
        SQL(
            raw: """
                jsonb_build_object('id', \(source).id, 'key', \(source).storage_key, 'type', \(source).mime_type, 
                    'width', \(source).width, 'height', \(source).height, 'size', \(source).file_size)
                """)
    }

    init(_ json: JSON) throws {
        guard let id = json["id"]?.string.flatMap(UUID.init), let key = json["key"]?.string,
            let format = json["type"]?.string.flatMap(ImageFormat.init(contentType:)), let width = json["width"]?.int,
            let height = json["height"]?.int, let size = json["size"]?.integer
        else { throw PostgresError.unreadableColumn("a result is not a measured picture: \(json.text)") }
        self.init(id: id, storageKey: key, format: format, width: width, height: height, size: size)
    }
}
