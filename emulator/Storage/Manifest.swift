import JSON
import ObjectStore

/// The list that an export leaves beside a bucket's folder: a line of JSON for the bucket, and one for each object.
struct Manifest: Sendable {
    /// An object, and the file with its bytes in the bucket's folder.
    struct Entry: Sendable {
        var object: CarriedObject
        var file: String
    }

    let bucket: CarriedBucket
    let objects: [Entry]

    /// - Throws: ``EmulatorError`` naming file and line when it is not what an export writes; nil without a file.
    init?(path: String) throws {
        guard let text = TextFile.read(path) else { return nil }
        var lines = text.split(separator: "\n").enumerated().makeIterator()
        func parsed(_ line: (offset: Int, element: Substring)) throws -> JSON {
            do { return try JSON(parsing: Array(line.element.utf8)) } catch {
                throw EmulatorError("\(path):\(line.offset + 1) is not JSON: \(error)")
            }
        }
        guard let first = try lines.next().map(parsed), let name = first["bucket"]?.string else {
            throw EmulatorError("\(path):1 does not describe a bucket: it is not what an export writes")
        }
        bucket = CarriedBucket(
            name: name, owner: first["owner"]?.string ?? "minioadmin", fields: Self.fields(first["fields"]))
        var objects: [Entry] = []
        while let line = lines.next() {
            let json = try parsed(line)
            guard let key = json["key"]?.string, let file = json["file"]?.string, ObjectFileName.isInside(file) else {
                throw EmulatorError(
                    "\(path):\(line.offset + 1) names no object and file: it is not what an export writes")
            }
            objects.append(
                Entry(
                    object: CarriedObject(key: key, etag: json["etag"]?.string, fields: Self.fields(json["fields"])),
                    file: file))
        }
        self.objects = objects
    }

    static func line(_ bucket: CarriedBucket) -> String {
        let json: JSON = [
            "bucket": .string(bucket.name), "owner": .string(bucket.owner), "fields": fields(bucket.fields),
        ]
        return json.text
    }

    static func line(_ entry: Entry) -> String {
        let json: JSON = [
            "key": .string(entry.object.key), "file": .string(entry.file),
            "etag": entry.object.etag.map(JSON.string) ?? .null, "fields": fields(entry.object.fields),
        ]
        return json.text
    }

    /// Names and values by pairs.
    private static func fields(_ fields: [CarriedObject.Field]) -> JSON {
        .array(fields.map { [.string($0.name), .string($0.value)] })
    }

    private static func fields(_ json: JSON?) -> [CarriedObject.Field] {
        (json?.array ?? []).compactMap { pair in
            guard let pair = pair.array, pair.count == 2, let name = pair[0].string, let value = pair[1].string else {
                return nil
            }
            return CarriedObject.Field(name, value)
        }
    }
}
